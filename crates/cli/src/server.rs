//! `server`: the daemon.

use std::io::IsTerminal as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use yottabgp_config::environment::Level;
use yottabgp_daemon::server::{Options, run as serve};

use crate::args::called;
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
pub(crate) fn run(mut arguments: ServerArgs, settings: Settings) -> Result<bool> {
    let files = &mut arguments.configurations;
    for file in files.iter_mut() {
        *file = root::place(file);
    }
    if files.iter().any(|file| file == Path::new("-")) {
        if files.len() > 1 {
            bail!("- is standard input, and can only be used alone");
        }
        if std::io::stdin().is_terminal() {
            bail!("- is standard input, and nothing is piped into it");
        }
    }
    if files.len() > 1 && !settings.environment.debug.rotate {
        return one_each(&arguments, &settings);
    }
    let Settings { mut environment, warnings, .. } = settings;
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
    name_process();
    let options = Options {
        environment,
        files: arguments.configurations,
        reload_after: arguments.signal.map(Duration::from_secs),
        root: root::folder(),
    };
    // The command line and the environment are read: their code is not needed any more.
    yottabgp_os::memory::release_program();
    serve(options).map_err(|error| anyhow!("{error}"))?;
    Ok(true)
}

/// Gives the process the name that it was called by: `pgrep exabgp` finds it however it was started, `python3 -m exabgp` included.
fn name_process() {
    let called = called(&std::env::args_os().collect::<Vec<_>>());
    if called.starts_with("exabgp") {
        // For people and scripts only.
        let _ = std::fs::write("/proc/self/comm", called);
    }
}

/// Several files are several daemons, as with ExaBGP: one process each, which get the signals that this one gets.
fn one_each(arguments: &ServerArgs, settings: &Settings) -> Result<bool> {
    let log = &settings.environment.log;
    let destination = log.destination.as_str();
    let shared = matches!(destination, "stdout" | "stderr" | "syslog" | "");
    if log.enable && !shared && !destination.starts_with("host:") {
        bail!(
            "can not log to a file with several configurations, each is a daemon of its own: set exabgp.log.destination to \
             stdout, stderr, syslog or host:NAME, not to {destination}"
        );
    }
    // What the daemon answers is held already, since the start of the program.
    let mut awaited = SigSet::thread_get_mask().context("signals")?;
    awaited.add(Signal::SIGCHLD);
    awaited.thread_block().context("signals")?;
    let mut daemons: Vec<Child> = Vec::with_capacity(arguments.configurations.len());
    let mut good = true;
    for file in &arguments.configurations {
        let command = command_for(file, arguments, settings.file.as_deref());
        match command.and_then(|mut command| Ok(command.spawn()?)) {
            Ok(daemon) => daemons.push(daemon),
            Err(error) => {
                // The others are not for nothing.
                out::warn(format!("error: starting a daemon for {}: {error:#}", file.display()));
                good = false;
            }
        }
    }
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

/// This program with one of the files, and all that was said beside the files.
fn command_for(file: &Path, arguments: &ServerArgs, env_file: Option<&Path>) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    // The name is what `ps` shows, and what scripts look for.
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    command.arg("server");
    for (said, flag) in [
        (arguments.verbose || arguments.debug, "--verbose"),
        (arguments.once, "--once"),
        (arguments.passive, "--passive"),
    ] {
        if said {
            command.arg(flag);
        }
    }
    if let Some(seconds) = arguments.signal {
        command.args(["--signal", &seconds.to_string()]);
    }
    if let Some(root) = root::chosen() {
        command.env("EXABGP_ROOT", root);
    }
    if let Some(file) = env_file {
        command.env("EXABGP_ENVFILE", file);
    }
    command.arg("--").arg(file);
    Ok(command)
}
