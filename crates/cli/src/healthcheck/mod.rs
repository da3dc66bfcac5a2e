//! `healthcheck`: checks a service, and tells the daemon whose helper process this is to announce or to withdraw its
//! addresses.
//!
//! Also `healthcheck drain NAME`, `undrain NAME` and `show`, for the checks that a running daemon does itself.

mod log;
mod options;
mod pipes;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use yottabgp_config::Environment;
use yottabgp_daemon::health::{Addresses, Order, drive};
use yottabgp_health::service::Level;
use yottabgp_health::{Grammar, Options};
use yottabgp_os::privilege;

pub(crate) use self::options::{HealthcheckArgs, spell_out};

use self::log::Log;
use self::pipes::Pipes;
use crate::out;
use crate::run::RunArgs;

/// The exit status of a command line that is wrong.
const USAGE: i32 = 2;

/// Runs until told to end, or until the daemon is gone. Says whether it went well.
pub(crate) fn run(arguments: &HealthcheckArgs, environment: &Environment) -> Result<bool> {
    if !arguments.words.is_empty() {
        let words = ["healthcheck".to_owned()].into_iter().chain(arguments.words.iter().cloned());
        let run = RunArgs { command: words.collect(), ..RunArgs::default() };
        return crate::run::run(&run, environment);
    }
    let grammar = if environment.api.version == 6 { Grammar::V6 } else { Grammar::V4 };
    let options = match arguments.options(grammar) {
        Ok(options) => options,
        Err(error) => {
            out::warn(format!("usage: healthcheck [OPTIONS] (see --help)\nerror: {error}"));
            std::process::exit(USAGE);
        }
    };
    let mut log = Log::new(&options);
    let result = serve(options, &mut log);
    if let Err(error) = &result {
        log.line(Level::Error, &format!("{error:#}"));
        if log.is_silent() {
            return Ok(false);
        }
    }
    Ok(result.is_ok())
}

fn serve(options: Options, log: &mut Log) -> Result<()> {
    if let Some(path) = &options.pid {
        let written = std::fs::File::create(Path::new(path))
            .and_then(|mut file| writeln!(file, "{}", std::process::id()));
        written.map_err(|error| anyhow!("pid file {path}: {error}"))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(attend(options, log));
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    done
}

/// Sets everything up and drives the service.
async fn attend(options: Options, log: &mut Log) -> Result<()> {
    // First of all: from here on a signal finds somebody who cleans up.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let networks = Addresses::find(&options).map_err(|error| anyhow!(error))?;
    if networks.is_empty() {
        bail!("No IP found");
    }
    let mut addresses = Addresses::new(&options, &networks)?;
    if let Err(error) = addresses.add() {
        // What was added goes again: nothing is announced.
        let _ = addresses.remove();
        bail!(error);
    }
    if let Some(group) = &options.group {
        privilege::become_group(group)?;
    }
    if let Some(user) = &options.user {
        privilege::become_user(user)?;
    }
    let (order, mut orders) = mpsc::unbounded_channel();
    let reads_answers = !options.no_ack && pipes::are_answered();
    let mut port = Pipes::new(log);
    {
        let driven = drive(options, &networks, addresses, reads_answers, &mut port, &mut orders);
        tokio::pin!(driven);
        loop {
            tokio::select! {
                () = &mut driven => break,
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
            let _ = order.send(Order::Stop);
        }
    }
    port.finish();
    Ok(())
}
