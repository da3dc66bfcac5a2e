//! `migrate api --exec`: a helper of an older version below a daemon of a newer one.
//!
//! Each direction has a thread of its own and waits for nothing but its own pipe, so that a helper that never reads holds up
//! what it is told, and never what it says.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;
use yottabgp_api::migrate::{self, Version};

use super::api::{pump, say};
use crate::out;

/// How long the helper has to end after it was asked to, and its output after it ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// The exit status after ^C, as shells have it.
const INTERRUPTED: i32 = 130;

/// Runs the helper until it ends. Returns the exit status for us.
pub(super) fn run(command: &[String], from: Version, to: Version, verbose: bool) -> Result<i32> {
    let Some((program, arguments)) = command.split_first() else { return Ok(1) };
    // In our own process group: whoever ends that ends the helper, too.
    let started =
        Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = match started {
        Ok(child) => child,
        Err(error) => {
            out::warn(format!("error: {program} can not be started: {error}"));
            return Ok(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 });
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the helper can not be watched")?;
    let status = runtime.block_on(watch(child, from, to, verbose));
    // A thread may still read standard input.
    runtime.shutdown_background();
    status
}

/// Starts both directions, and waits for the end of the helper or for a signal.
async fn watch(mut child: Child, from: Version, to: Version, verbose: bool) -> Result<i32> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let pid = Pid::from_raw(i32::try_from(child.id())?);
    if let Some(stdin) = child.stdin.take() {
        thread::spawn(move || {
            // The end of our input, and a helper that reads no more, end this direction alone.
            let told = |line: &str| say(verbose, line, migrate::event(line, from, to));
            let _ = pump(io::stdin().lock(), stdin, told);
        });
    }
    let (drained, mut output) = oneshot::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let said = |line: &str| say(verbose, line, migrate::command(line, from, to));
            // A reader that left is noticed by the helper: its pipe is closed.
            let _ = pump(stdout, io::stdout().lock(), said);
            let _ = drained.send(());
        });
    }
    let (ended, mut end) = oneshot::channel();
    thread::spawn(move || {
        let _ = ended.send(child.wait());
    });
    let asked = tokio::select! {
        status = &mut end => {
            // What it said last is still on its way. Whoever else holds its pipe is not waited for.
            let _ = timeout(PATIENCE, &mut output).await;
            return Ok(code(status??));
        }
        _ = interrupt.recv() => None,
        _ = terminate.recv() => Some(Signal::SIGTERM),
        _ = hangup.recv() => Some(Signal::SIGHUP),
    };
    // ^C at a terminal reached the helper as well.
    for signal in [asked, Some(Signal::SIGTERM), Some(Signal::SIGKILL)] {
        if let Some(signal) = signal {
            let _ = kill(pid, signal);
        }
        if let Ok(status) = timeout(PATIENCE, &mut end).await {
            let _ = timeout(PATIENCE, &mut output).await;
            return Ok(if asked.is_none() { INTERRUPTED } else { code(status??) });
        }
    }
    Ok(INTERRUPTED)
}

/// The exit status of a program, as shells have it.
fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}
