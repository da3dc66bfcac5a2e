//! `server`: the daemon.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use yottabgp_config::environment::Level;
use yottabgp_daemon::server::{Options, run as serve};

use crate::env::Settings;
use crate::{out, root};

/// What `server` is told.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Log everything, in the long form
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// The same
    #[arg(short, long)]
    pub(crate) debug: bool,
    /// Send SIGUSR1 (reload) to itself after so many seconds
    #[arg(short, long, value_name = "SECONDS")]
    pub(crate) signal: Option<u64>,
    /// Only one connection for each peer
    #[arg(short = '1', long)]
    pub(crate) once: bool,
    /// Accepted and ignored: the Python debugger
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// Never dial: wait for the peers
    #[arg(short = 'P', long)]
    pub(crate) passive: bool,
    /// Accepted and ignored: Python's memory report
    #[arg(short, long, hide = true)]
    pub(crate) memory: bool,
    /// Accepted and ignored: Python's profiler
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Configuration files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) configurations: Vec<PathBuf>,
}

/// Runs until told to end. Says whether it went well.
pub(crate) fn run(arguments: ServerArgs, settings: Settings) -> Result<bool> {
    let Settings { mut environment, warnings } = settings;
    if arguments.configurations.len() > 1 && !environment.debug.rotate {
        return one_each(&arguments.configurations);
    }
    for warning in &warnings {
        out::warn(warning);
    }
    if arguments.verbose || arguments.debug {
        environment.log.enable = true;
        environment.log.all = true;
        environment.log.level = Level::Debug;
        environment.log.short = false;
    }
    if arguments.once {
        environment.tcp.attempts = 1;
    }
    environment.bgp.passive |= arguments.passive;
    let options = Options {
        environment,
        files: arguments.configurations,
        reload_after: arguments.signal.map(Duration::from_secs),
        root: root::folder(),
    };
    serve(options).map_err(|error| anyhow!("{error}"))?;
    Ok(true)
}

/// Several files are several daemons, as with ExaBGP: one process each, which get the signals that this one gets.
fn one_each(files: &[PathBuf]) -> Result<bool> {
    let program = std::env::current_exe().context("finding this program")?;
    // What the daemon answers is held already, since the start of the program.
    let mut awaited = SigSet::thread_get_mask().context("signals")?;
    awaited.add(Signal::SIGCHLD);
    awaited.thread_block().context("signals")?;
    let mut daemons: Vec<Child> = Vec::with_capacity(files.len());
    for file in files {
        // All that was said beside the files is said to each daemon too.
        let words =
            std::env::args_os().skip(1).filter(|word| !files.iter().any(|file| file == word));
        let daemon = Command::new(&program).args(words).arg(file).spawn();
        daemons.push(daemon.with_context(|| format!("starting a daemon for {}", file.display()))?);
    }
    let mut good = true;
    while !daemons.is_empty() {
        let signal = awaited.wait().context("signals")?;
        daemons.retain_mut(|daemon| match daemon.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) => {
                good &= status.success();
                false
            }
            Err(_) => false,
        });
        if signal != Signal::SIGCHLD {
            for daemon in &daemons {
                let id = i32::try_from(daemon.id()).map(Pid::from_raw);
                // Not yet waited for, so it still is our child.
                id.map(|id| kill(id, signal)).ok();
            }
        }
    }
    Ok(good)
}
