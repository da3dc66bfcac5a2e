//! Helper processes: one supervisor each, which starts it, reads its commands, writes its events,
//! starts it again when it dies, and ends it when asked.
//!
//! Nothing a helper does or fails to do holds up anything else: reading its commands does not wait
//! for it to read its answers, and its death is its own. A supervisor is one future, made to be
//! spawned on the local runtime.

use std::fs::File;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::{debug, error, info, warn};

use yottabgp_os::process::{self, Program};

use crate::apart::Apart;
use crate::outbox::Outbox;
use crate::pump::{Commands, Progress, read_commands, write_lines};
use crate::respawn::{Respawn, STARTS, WINDOW};

/// How long a helper has for reading its last event before it is asked to end.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How long it then has to end by itself.
const GRACE: Duration = Duration::from_millis(500);
/// How long the last commands of one that was ended may take.
const LAST_COMMANDS: Duration = Duration::from_secs(2);
/// How long a dead helper's pipe must be silent to be taken for empty.
const SILENCE: Duration = Duration::from_millis(50);

/// How to run one helper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name in the configuration and in the log.
    pub name: String,
    /// What to run.
    pub program: Program,
    /// Whether to start it again when it ends.
    pub respawn: bool,
    /// The soft limit on open files it gets; `None` for the daemon's.
    pub open_files: Option<u64>,
}

/// Whoever acts on what a helper says, and needs to know when one begins and ends.
pub trait Handler: Commands {
    /// A process was started, with an empty outbox.
    fn started(&mut self, pid: u32);
    /// The process is gone.
    fn ended(&mut self, pid: u32);
}

/// Why a supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked to.
    Stopped,
    /// The helper ended and is not to be started again.
    Finished,
    /// The helper was started too often.
    GaveUp,
}

/// The daemon's end of a supervisor.
#[derive(Clone, Debug)]
pub struct Handle {
    /// Where events and answers go.
    pub outbox: Outbox,
    stop: watch::Sender<Option<Arc<[u8]>>>,
}

impl Handle {
    /// Asks the helper to end, with a last event (whole lines, may be empty).
    ///
    /// The supervisor then ends within a second, and what the helper wrote before takes two more at most.
    pub fn stop(&self, last_event: &[u8]) {
        self.stop.send_replace(Some(last_event.into()));
    }
}

/// A handle and the future to spawn.
pub fn supervise(
    settings: Settings,
    handler: impl Handler,
) -> (Handle, impl Future<Output = Outcome>) {
    let (stop, stopped) = watch::channel(None);
    let handle = Handle { outbox: Outbox::new(), stop };
    let supervisor = Supervisor { settings, handler, outbox: handle.outbox.clone(), stop: stopped };
    (handle, supervisor.run())
}

struct Supervisor<H> {
    settings: Settings,
    handler: H,
    outbox: Outbox,
    stop: watch::Receiver<Option<Arc<[u8]>>>,
}

impl<H: Handler> Supervisor<H> {
    async fn run(mut self) -> Outcome {
        let mut respawn = Respawn::default();
        let name = self.settings.name.clone();
        let outcome = loop {
            if self.stop.borrow().is_some() {
                break Outcome::Stopped;
            }
            if !respawn.start(Instant::now().into_std()) {
                error!(
                    target: "yottabgp::processes",
                    critical = true,
                    "helper {name} was started {STARTS} times within {} seconds: not started \
                     again until the next reload",
                    WINDOW.as_secs()
                );
                break Outcome::GaveUp;
            }
            self.run_once().await;
            if self.stop.borrow().is_some() {
                break Outcome::Stopped;
            }
            if !self.settings.respawn {
                break Outcome::Finished;
            }
        };
        self.outbox.close();
        debug!(target: "yottabgp::processes", "helper {name}: supervisor ended ({outcome:?})");
        outcome
    }

    /// One life of the helper.
    async fn run_once(&mut self) {
        let name = self.settings.name.clone();
        let mut child = match self.start() {
            Ok(child) => child,
            Err(error) => {
                error!(target: "yottabgp::processes", "helper {name}: {error}");
                // The next try is at once: let others run in between.
                tokio::task::yield_now().await;
                return;
            }
        };
        let pid = child.id().unwrap_or_default();
        info!(target: "yottabgp::processes", "helper {name} started, pid {pid}");
        self.outbox.open();
        self.handler.started(pid);
        let status = self.attend(&mut child, pid).await;
        self.outbox.close();
        self.handler.ended(pid);
        match status {
            Ok(status) if status.success() => {
                info!(target: "yottabgp::processes", "helper {name} (pid {pid}) ended");
            }
            Ok(status) => {
                warn!(target: "yottabgp::processes", "helper {name} (pid {pid}) ended: {status}");
            }
            Err(error) => {
                error!(target: "yottabgp::processes", "helper {name} (pid {pid}) was lost: {error}");
            }
        }
    }

    fn start(&self) -> Result<Child, yottabgp_os::Error> {
        let program = &self.settings.program;
        let mut command = Command::from(program.command());
        command.kill_on_drop(true);
        let child = command.spawn().map_err(|source| program.start_error(source))?;
        if let (Some(files), Some(pid)) = (self.settings.open_files, child.id()) {
            // Only a courtesy to it: a refusal changes nothing for us.
            let _ =
                i32::try_from(pid).map(|pid| yottabgp_os::limits::restore_files(pid, files).ok());
        }
        Ok(child)
    }

    /// Reads and writes until the process is gone and all it said is dealt with.
    async fn attend(&mut self, child: &mut Child, pid: u32) -> io::Result<ExitStatus> {
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        process::enlarge_pipe(&stdin);
        process::enlarge_pipe(&stdout);
        let progress = Progress::default();
        // Only to see what is left in it: the reader has the other.
        let pipe = stdout.as_fd().try_clone_to_owned()?;
        let input = stdin.as_fd().try_clone_to_owned().ok().map(File::from);
        let mut writer = Apart::new(write_lines(stdin, &self.outbox, input));
        // A helper that closes its output has said all it will say, but may go on listening.
        let mut reader = Apart::new(read_commands(stdout, &mut self.handler, &progress));
        let stop = self.stop.clone();
        let mut life = Apart::new(live(child, pid, &self.outbox, stop, &progress, &pipe));
        let mut reading = true;
        let mut writing = true;
        loop {
            // The reader is last: what a command says to peers is on its way to them before its acknowledgement is written.
            tokio::select! {
                biased;
                status = &mut life => return status,
                () = &mut writer, if writing => {
                    writing = false;
                    debug!(target: "yottabgp::processes", "pid {pid} no longer listens");
                }
                () = &mut reader, if reading => reading = false,
            }
        }
    }
}

/// From start to end: returns once the process is reaped and its last commands are read.
async fn live(
    child: &mut Child,
    pid: u32,
    outbox: &Outbox,
    mut stop: watch::Receiver<Option<Arc<[u8]>>>,
    progress: &Progress,
    pipe: &OwnedFd,
) -> io::Result<ExitStatus> {
    let unread = || yottabgp_os::socket::unread(pipe).unwrap_or_default();
    let asked = tokio::select! {
        status = child.wait() => Err(status),
        Ok(last_event) = stop.wait_for(Option::is_some) => Ok(last_event.clone()),
    };
    let last_event = match asked {
        Ok(last_event) => last_event.unwrap_or_default(),
        Err(status) => {
            let silent = tokio::select! {
                silent = progress.drained(unread(), SILENCE) => silent,
                Ok(_) = stop.wait_for(Option::is_some) => false,
            };
            // A child of it that goes on talking is not the helper: it makes way for the next one.
            return if silent { status } else { end(child, pid, progress, pipe).await };
        }
    };
    if !last_event.is_empty() {
        outbox.events(&last_event);
        // Time to read it, which some do before they end by themselves.
        if let Ok(status) = timeout(LAST_WORDS, child.wait()).await {
            progress.drained(unread(), SILENCE).await;
            if !progress.is_over() {
                // Others of its group hold its pipe: it was not alone.
                signal(pid, process::Signal::Terminate);
            }
            return status;
        }
    }
    end(child, pid, progress, pipe).await
}

/// Asks the helper's whole group to end, and after a while does not ask. What it wrote before is dealt with.
async fn end(
    child: &mut Child,
    pid: u32,
    progress: &Progress,
    pipe: &OwnedFd,
) -> io::Result<ExitStatus> {
    signal(pid, process::Signal::Terminate);
    let gone = timeout(GRACE, async {
        let status = child.wait().await;
        // Its own children may still be cleaning up; they share its pipe.
        progress.ended().await;
        status
    });
    if let Ok(status) = gone.await {
        return status;
    }
    signal(pid, process::Signal::Kill);
    let status = child.wait().await;
    let unread = yottabgp_os::socket::unread(pipe).unwrap_or_default();
    let _ = timeout(LAST_COMMANDS, progress.drained(unread, SILENCE)).await;
    status
}

fn signal(pid: u32, signal: process::Signal) {
    if let Err(error) = process::signal_group(pid, signal) {
        warn!(target: "yottabgp::processes", "{error}");
    }
}
