//! The helper processes of the configuration, and the clients of the control socket and pipes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};
use yottabgp_api::Encoding;
use yottabgp_api::event::{Format, ProcessId};
use yottabgp_config::{Encoder, Process};
use yottabgp_os::process::Program;

use crate::bmp;
use crate::core::{Core, Request, Shared};
use crate::execute;
use crate::helper::{self, Handler, Outcome};
use crate::lines::Lines;
use crate::outbox::Outbox;
use crate::pump::Commands;
use crate::sender::Sender;
use crate::server::since_epoch;
use crate::turns;

/// How long all helpers have to end.
const PATIENCE: Duration = Duration::from_millis(800);

/// What happens to a helper whose section changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// It goes on as it is.
    Keep,
    /// It is ended, and started as it is now.
    Restart,
}

/// Acts on the lines of one helper or client.
#[derive(Debug)]
pub(crate) struct Voice {
    core: Shared,
    id: ProcessId,
}

impl Commands for Voice {
    fn commands(&mut self, lines: Lines<'_>) -> impl Future<Output = ()> {
        execute::batch(&self.core, self.id, lines)
    }
}

impl Handler for Voice {
    fn started(&mut self, pid: u32) {
        let mut core = self.core.borrow_mut();
        let ack = core.acknowledges();
        let version = core.version;
        if let Some(sender) = core.senders.get_mut(&self.id) {
            sender.pid = Some(pid);
            // A new process starts with a clean slate.
            sender.ack = ack;
            sender.sync = false;
            sender.group = Default::default();
            sender.upload = None;
            sender.version = version;
        }
        drop(core);
        bmp::attach(&self.core, self.id);
    }

    fn ended(&mut self, _: u32) {
        let mut core = self.core.borrow_mut();
        if let Some(sender) = core.senders.get_mut(&self.id) {
            sender.group = Default::default();
        }
        bmp::detach(&mut core, self.id);
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        // A client is gone with its voice; a helper's entry stays as long as the configuration has it.
        if let Ok(mut core) = self.core.try_borrow_mut()
            && core.senders.get(&self.id).is_some_and(|sender| sender.is_client)
        {
            core.senders.remove(&self.id);
        }
    }
}

/// What a reload makes of a helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    /// Its section changed, and it goes on as it was started.
    KeptAsItWas,
    Started,
    Restarted,
    Stopped,
}

impl Fate {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::KeptAsItWas => "changed, and goes on as it was until SIGUSR2 or 'restart'",
            Self::Started => "started",
            Self::Restarted => "restarted",
            Self::Stopped => "stopped",
        }
    }
}

/// The form of the events of a helper: its own layout, or that of the environment, of the dialect of the configuration, or of
/// the version of the API.
fn format_of(process: &Process, core: &Core) -> Format {
    let encoding = match process.encoder {
        Encoder::Text => Encoding::Text,
        Encoder::Json => Encoding::Json,
    };
    Format::new(encoding, process.layout.or(core.environment.layout(core.dialect)), core.version)
}

/// What becomes of each helper when these are the processes: those of the configuration in its order, then those that go.
pub(crate) fn fates(core: &Core, processes: &[Process], changed: Changed) -> Vec<(Arc<str>, Fate)> {
    let running = || core.senders.values().filter(|sender| !sender.is_client);
    let fate = |process: &Process| {
        let fate = match running().find(|sender| sender.name == process.name) {
            None => Fate::Started,
            // It ended for good before.
            Some(sender) if sender.is_over() => Fate::Started,
            Some(sender) if sender.process.as_ref() == Some(process) => Fate::Kept,
            Some(_) if changed == Changed::Restart => Fate::Restarted,
            Some(_) => Fate::KeptAsItWas,
        };
        (process.name.clone(), fate)
    };
    let gone = running().filter(|sender| !processes.iter().any(|now| now.name == sender.name));
    let gone = gone.map(|sender| (sender.name.clone(), Fate::Stopped));
    processes.iter().map(fate).chain(gone).collect()
}

/// How many helpers would change.
pub(crate) fn changes(core: &Core, processes: &[Process], changed: Changed) -> u64 {
    let fates = fates(core, processes, changed);
    fates.iter().filter(|(_, fate)| *fate != Fate::Kept).count() as u64
}

/// Ends the helpers that are gone or that are to be started anew, and waits until they have: what they wrote before is done,
/// and no new one runs beside an old one.
pub(crate) async fn end(shared: &Shared, processes: &[Process], changed: Changed) {
    let mut ending = Vec::new();
    {
        let mut core = shared.borrow_mut();
        for (name, fate) in fates(&core, processes, changed) {
            if matches!(fate, Fate::Kept | Fate::KeptAsItWas) {
                continue;
            }
            let found = core.senders.iter_mut().find(|(_, s)| !s.is_client && s.name == name);
            let Some((id, sender)) = found else { continue };
            if !sender.is_over() {
                info!(target: "yottabgp::processes", "helper {name} is ended: its configuration changed");
            }
            if let Some(handle) = &sender.handle {
                handle.stop(b"");
            }
            ending.push((*id, sender.task.take()));
        }
    }
    for (id, task) in ending {
        if let Some(task) = task {
            let _ = task.await;
        }
        shared.borrow_mut().senders.remove(&id);
    }
}

/// Starts the helpers of the configuration that do not run, and lets every peer know of them.
pub(crate) fn start(shared: &Shared, processes: &[Process], open_files: Option<u64>) {
    for process in processes {
        let known = shared.borrow().senders.values().any(|sender| sender.name == process.name);
        if !known {
            launch(shared, process, open_files);
        }
    }
    shared.borrow_mut().subscribe_all();
    bmp::subscribe(shared);
}

fn launch(shared: &Shared, process: &Process, open_files: Option<u64>) {
    let Some((path, arguments)) = process.run.split_first() else { return };
    let mut core = shared.borrow_mut();
    let id = ProcessId(u32::try_from(core.next_id()).unwrap_or(u32::MAX));
    let program = arguments.iter().fold(Program::new(path), Program::argument);
    let settings = helper::Settings {
        name: process.name.to_string(),
        program,
        respawn: process.respawn && core.environment.api.respawn,
        open_files,
    };
    let voice = Voice { core: shared.clone(), id };
    let (handle, supervisor) = helper::supervise(settings, voice);
    let sender = Sender {
        name: process.name.clone(),
        outbox: handle.outbox.clone(),
        format: format_of(process, &core),
        version: core.version,
        ack: core.acknowledges(),
        sync: false,
        group: Default::default(),
        upload: None,
        is_client: false,
        is_shared: false,
        handle: Some(handle),
        task: None,
        pid: None,
        process: Some(process.clone()),
    };
    core.senders.insert(id, sender);
    drop(core);
    let core = shared.clone();
    let name = format!("helper {}", process.name);
    let task = turns::spawn(name, async move {
        let outcome = supervisor.await;
        if outcome != Outcome::Stopped {
            core.borrow_mut().request(Request::HelperEnded(id));
        }
    });
    if let Some(sender) = shared.borrow_mut().senders.get_mut(&id) {
        sender.task = Some(task);
    }
}

/// Waits until every helper was started: before privileges are dropped, for those that are to keep them.
pub(crate) async fn all_started(shared: &Shared) {
    // A supervisor starts its process when it first runs; one that can not is not waited for.
    for _ in 0..100 {
        let all = shared
            .borrow()
            .senders
            .values()
            .all(|sender| sender.is_client || sender.is_over() || sender.pid.is_some());
        if all {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A helper ended and is not started again.
pub(crate) fn ended(shared: &Shared, id: ProcessId) {
    let core = shared.borrow();
    if let Some(sender) = core.senders.get(&id) {
        info!(
            target: "yottabgp::processes",
            "helper {} is gone; the sessions that it had a say in go on", sender.name
        );
    }
}

/// The kind of client that named pipes have.
pub(crate) const PIPES: &str = "control pipes";

/// A client connected.
pub(crate) fn client(shared: &Shared, kind: &str, outbox: Outbox) -> Voice {
    let mut core = shared.borrow_mut();
    let id = ProcessId(u32::try_from(core.next_id()).unwrap_or(u32::MAX));
    let sender = Sender {
        name: format!("{kind} {}", id.0).into(),
        outbox,
        format: Format::new(Encoding::Text, core.environment.layout(core.dialect), core.version),
        version: core.version,
        // Who asks through a socket waits for an answer, whatever helpers want.
        ack: true,
        sync: false,
        group: Default::default(),
        upload: None,
        is_client: true,
        is_shared: kind == PIPES,
        handle: None,
        task: None,
        pid: None,
        process: None,
    };
    core.senders.insert(id, sender);
    drop(core);
    Voice { core: shared.clone(), id }
}

/// Tells every helper that the daemon ends, and ends them, all at once.
pub(crate) async fn stop_all(shared: &Shared) {
    let mut tasks = Vec::new();
    {
        let mut core = shared.borrow_mut();
        let core = &mut *core;
        let mut last = Vec::new();
        for sender in core.senders.values_mut() {
            let Some(handle) = &sender.handle else { continue };
            last.clear();
            core.encoders.of(sender.format).shutdown(since_epoch(), &mut last);
            handle.stop(&last);
            tasks.extend(sender.task.take());
        }
    }
    let all = async {
        for task in tasks {
            let _ = task.await;
        }
    };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        warn!(target: "yottabgp::processes", "a helper did not end in time");
    }
}
