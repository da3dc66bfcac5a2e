//! The life of the daemon: start, requests, reload, end.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tracing::{error, info, warn};
use yottabgp_api::answer::ReloadSummary;
use yottabgp_api::event::Encoders;
use yottabgp_config::{Configuration, Environment};
use yottabgp_os::daemonize::Starter;
use yottabgp_os::{Error, daemonize, hostname, limits, memory, pidfile::PidFile, privilege};

use crate::apart::Apart;
use crate::control::Control;
use crate::core::{Core, Request, Shared};
use crate::files::Files;
use crate::health::services;
use crate::listen::{self, Listeners};
use crate::log;
use crate::signals::{Received, Request as Asked, Signals};
use crate::{bmp, helpers, monitoring, mrt, peer, reload, remains, turns};

/// How long the peers have to take their last NOTIFICATION.
const FAREWELL: Duration = Duration::from_millis(150);

/// What the daemon is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The settings.
    pub environment: Environment,
    /// The configuration files. Only the first is used, but with `exabgp.debug.rotate` each reload takes the next.
    pub files: Vec<PathBuf>,
    /// Sends itself SIGUSR1 after this time.
    pub reload_after: Option<Duration>,
    /// Where the program is installed: folders for the control socket are looked for there too.
    pub root: PathBuf,
}

/// Why the daemon did not start, in words for standard error.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration has errors.
    #[error("{0}")]
    Configuration(String),
    /// The system refused something.
    #[error("{0}")]
    System(#[from] Error),
}

/// Runs until asked to end, or until there is nothing left to do. Blocks; makes its own runtime.
///
/// Returns the exit status.
pub fn run(options: Options) -> Result<(), StartError> {
    let background = options.environment.daemon.daemonize;
    // A log that can not be written must not be a silent one.
    let (destination, no_log) = match log::Destination::open(&options.environment.log.destination) {
        Ok(destination) => (destination, None),
        Err(error) => (log::Destination::Standard, Some(error)),
    };
    let writer = log::install(log_settings(&options.environment), destination)?;
    if let Some(error) = no_log {
        warn!(target: "yottabgp::daemon", "{error}: the log is written to standard error");
    }
    if options.environment.daemon.umask != 0 {
        daemonize::set_umask(options.environment.daemon.umask);
    }
    // Relative paths of the command line mean what they meant when it was typed.
    let options = absolute(options);
    let mut starter = None;
    if background {
        if writes_to_terminal(&options.environment) {
            error!(
                target: "yottabgp::daemon",
                critical = true,
                "not going to the background: the log is written to the terminal (set exabgp.log.destination)"
            );
        } else if !daemonize::is_child_of_init() {
            starter = Some(daemonize::daemonize()?);
        }
    }
    let result = live(options, &writer, &mut starter);
    if let (Err(error), Some(starter)) = (&result, starter) {
        // Standard error is nobody's by now.
        starter.failed(&format!("error: {error}\n"));
    }
    writer.flush(Duration::from_millis(200));
    result
}

/// The runtime, and the daemon in it.
fn live(
    options: Options,
    writer: &log::Writer,
    starter: &mut Option<Starter>,
) -> Result<(), StartError> {
    daemonize::change_directory(Path::new("/"))?;
    if let Err(error) = writer.in_background() {
        warn!(target: "yottabgp::daemon", "the log is written in the foreground: {error}");
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::new("the runtime", source).into())
        .and_then(|runtime| {
            let local = LocalSet::new();
            // It has something to do now and then, but would be polled before every task's turn.
            let life = Apart::new(turns::watched("the daemon", serve(options, writer, starter)));
            let result = local.block_on(&runtime, life);
            drop(local);
            // A name that a check is still looking up is not waited for.
            runtime.shutdown_background();
            result
        })
}

fn writes_to_terminal(environment: &Environment) -> bool {
    environment.log.enable && matches!(environment.log.destination.as_str(), "stdout" | "stderr")
}

fn absolute(mut options: Options) -> Options {
    for file in &mut options.files {
        if file.as_os_str() != "-"
            && let Ok(path) = std::path::absolute(&file)
        {
            *file = path;
        }
    }
    options
}

fn log_settings(environment: &Environment) -> log::Settings {
    let log = &environment.log;
    let mut topics = log::Topics::default();
    let switches = [
        ("configuration", log.configuration),
        ("reactor", log.reactor),
        ("daemon", log.daemon),
        ("processes", log.processes),
        ("network", log.network),
        ("statistics", log.statistics),
        ("packets", log.packets),
        ("rib", log.rib),
        ("message", log.message),
        ("timers", log.timers),
        ("routes", log.routes),
        ("parser", log.parser),
    ];
    for (name, on) in switches {
        topics.set(name, on || log.all);
    }
    let level = match log.level {
        yottabgp_config::environment::Level::Debug => log::Level::Debug,
        yottabgp_config::environment::Level::Info => log::Level::Info,
        yottabgp_config::environment::Level::Warning => log::Level::Warning,
        yottabgp_config::environment::Level::Error => log::Level::Error,
        yottabgp_config::environment::Level::Critical => log::Level::Critical,
    };
    log::Settings { enable: log.enable, level, topics, short: log.short }
}

async fn serve(
    options: Options,
    writer: &log::Writer,
    starter: &mut Option<Starter>,
) -> Result<(), StartError> {
    // The very first thing: from now on a signal is a request and not the end.
    let mut signals = Signals::install().map_err(|source| Error::new("signal handlers", source))?;
    let environment = options.environment.clone();
    let (requests, mut requested) = mpsc::unbounded_channel();
    let encoders = Encoders::new(
        environment.api.compact,
        &hostname::hostname(),
        std::process::id(),
        parent_id(),
    );
    let uuid = unique_name();
    let core: Shared = std::rc::Rc::new(std::cell::RefCell::new(Core::new(
        environment.clone(),
        encoders,
        uuid,
        requests,
    )));

    let mut files = Files {
        files: options.files.clone(),
        rotate: environment.debug.rotate,
        ..Files::default()
    };
    let configuration = files.load(&environment).map_err(StartError::Configuration)?;
    files.known.remember(&configuration);
    info!(
        target: "yottabgp::configuration",
        "{} loaded: {} neighbors, {} processes",
        files.files.first().map(|file| file.display().to_string()).unwrap_or_default(),
        configuration.neighbors.len(),
        configuration.processes.len()
    );

    let Configuration { dialect, processes, healthchecks, mut bmp, mrt: recording, neighbors } =
        configuration;
    let stations = bmp.as_mut().map(|bmp| std::mem::take(&mut bmp.stations)).unwrap_or_default();
    core.borrow_mut().set_dialect(dialect);
    core.borrow_mut().files = files;
    turns::spawn("what is left of tables", remains::give_back(core.clone()));

    let open_files = limits::raise_files().map(|files| files.before).ok();
    if let Some(error) = listen::apply(&core, &neighbors).into_iter().next() {
        return Err(error.into());
    }
    // Routers are read when those are there who are to hear of it.
    let hold = bmp::Hold::new(&core);
    if let Some(error) = bmp::apply(&core, bmp).await.into_iter().next() {
        return Err(error.into());
    }
    let control = Control::open(&environment, &options.root);
    if !environment.daemon.drop {
        helpers::start(&core, &processes, open_files);
        helpers::all_started(&core).await;
    }
    let sets_up_addresses = healthchecks.iter().any(|check| check.options.sets_up_addresses());
    let drop_to = match sets_up_addresses {
        true => privilege::drop_to_network_administrator,
        false => privilege::drop_to,
    };
    if drop_to(&environment.daemon.user)? {
        info!(target: "yottabgp::daemon", "{}", privilege::describe());
    }
    if let Err(error) = writer.reopen() {
        warn!(target: "yottabgp::daemon", "{error}");
    }
    let pid_file = match environment.daemon.pid.as_str() {
        "" => None,
        path => Some(PidFile::create(Path::new(path))?),
    };
    helpers::start(&core, &processes, open_files);
    let _control = control.map(|control| control.spawn(&core));
    let wait = wait_for_minute(environment.tcp.delay);
    tokio::pin!(wait);
    core.borrow_mut().waiting = environment.tcp.delay > 0;
    let (sessions, turns) = (reload::Sessions::Keep, reload::Turns::Alone);
    mrt::begin(&core, recording, &neighbors);
    let mut summary = ReloadSummary::default();
    reload::apply(&core, neighbors, Vec::new(), sessions, turns, &mut summary).await;
    mrt::settle(&core);
    mrt::start(&core);
    services::apply(&core, healthchecks);
    monitoring::apply(&core, stations);
    helpers::all_started(&core).await;
    drop(hold);
    // The start is over: what it alone needed of the program goes.
    memory::release_program();
    if let Some(starter) = starter.take() {
        starter.works();
    }
    if let Some(delay) = options.reload_after {
        tokio::task::spawn_local(async move {
            tokio::time::sleep(delay).await;
            let _ = yottabgp_os::signals::raise(10);
        });
    }

    // The reload that is under way, and what is wanted after it: those that come meanwhile are one.
    let mut reloading: Option<Pin<Box<dyn Future<Output = ()>>>> = None;
    let mut wanted: Option<Asked> = None;
    loop {
        if reloading.is_none()
            && let Some(asked) = wanted.take()
        {
            reloading = Some(Box::pin(reload::run(core.clone(), asked, open_files)));
        }
        let waiting = core.borrow().waiting;
        let request = tokio::select! {
            () = &mut wait, if waiting => {
                peer::start_all(&core);
                continue;
            }
            () = running(&mut reloading) => {
                reloading = None;
                continue;
            }
            signal = signals.next() => Request::Signal(signal),
            Some(request) = requested.recv() => {
                core.borrow_mut().taken(request);
                request
            }
        };
        match request {
            Request::Signal(received) => {
                match received.number {
                    0 => {
                        info!(target: "yottabgp::reactor", "{:?} asked for by a command", received.request)
                    }
                    _ => info!(target: "yottabgp::reactor", "{} received", received.name),
                }
                peer::tell_signal(&core, received);
                match received.request {
                    Asked::Shutdown => break,
                    asked => wanted = Some(wanted.map_or(asked, |other| other.with(asked))),
                }
            }
            Request::PeerEnded(id) => {
                peer::remove(&core, id);
                let core = core.borrow();
                // A range has peers that are still to come.
                if environment.tcp.attempts > 0 && core.peers.is_empty() && core.ranges.is_empty() {
                    info!(target: "yottabgp::reactor", "no peer left to connect to");
                    break;
                }
            }
            Request::Listen => {
                let neighbors = core.borrow().neighbors();
                for error in listen::apply(&core, &neighbors) {
                    error!(target: "yottabgp::network", "{error}");
                }
            }
            Request::HelperEnded(id) => {
                if environment.api.terminate {
                    error!(target: "yottabgp::processes", "a helper ended: so does the daemon");
                    break;
                }
                helpers::ended(&core, id);
            }
        }
    }

    core.borrow_mut().stopping = true;
    core.borrow_mut().listeners = Listeners::default();
    core.borrow_mut().bmp.stop();
    // While there is somebody to withdraw their routes from.
    services::stop_all(&core).await;
    peer::stop_all(&core, FAREWELL).await;
    monitoring::stop_all(&core).await;
    core.borrow_mut().observers.recorder.stop();
    helpers::stop_all(&core).await;
    drop(pid_file);
    Ok(())
}

/// Waits for the end of what is under way, if anything is.
async fn running(work: &mut Option<Pin<Box<dyn Future<Output = ()>>>>) {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

/// `exabgp.tcp.delay`: waits for the next multiple of so many minutes.
async fn wait_for_minute(minutes: u32) {
    let period = u64::from(minutes) * 60;
    if period == 0 {
        return;
    }
    let now = since_epoch().as_secs();
    let wait = Duration::from_secs(period - now % period);
    info!(target: "yottabgp::reactor", "waiting {} seconds (exabgp.tcp.delay)", wait.as_secs());
    tokio::time::sleep(wait).await;
}

/// The time of events.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// A name for this run, in the form of a UUID: unique as far as `ping` and `status` need it.
fn unique_name() -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = || std::hash::RandomState::new().build_hasher().finish();
    let (a, b) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        0x8000 | b >> 48 & 0x3fff,
        b & 0xffff_ffff_ffff
    )
}

fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// A request that a command makes of the loop, as the signal that means the same. Events then say code 0, name `none`.
pub(crate) const fn as_signal(request: Asked) -> Received {
    Received { request, number: 0, name: "none" }
}
