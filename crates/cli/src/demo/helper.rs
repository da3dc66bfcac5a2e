//! The helper processes of the demonstration: what the scripts of `examples/first` do, without a shell.

use std::io::BufRead as _;

use anyhow::Result;
use clap::Args;

use crate::out;

/// What `demo-helper` is told.
#[derive(Debug, Args)]
pub(crate) struct DemoHelperArgs {
    /// Which of the two
    pub(crate) name: String,
}

/// What the announcer adds to the routes of its configuration.
pub(crate) const COMMAND: &str = "announce route 203.0.113.0/24 next-hop self med 5";

/// What a helper says first, on standard error: its daemon listens by then.
pub(super) const READY: &str = "ready";

/// Repeats on standard error what it is told. The announcer also gives a command once the session is up.
pub(crate) fn run(name: &str) -> Result<bool> {
    out::warn(format!("{name} {READY}"));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        out::warn(format!("{name} {line}"));
        if name == super::ANNOUNCER && line.contains("\"state\": \"up\"") {
            out::line(COMMAND)?;
        }
    }
    Ok(true)
}
