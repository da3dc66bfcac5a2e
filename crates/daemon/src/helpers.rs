//! The helper processes of the configuration, and the clients of the control socket and pipes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};
use yottabgp_api::Encoding;
use yottabgp_api::event::ProcessId;
use yottabgp_config::{Encoder, Process};
use yottabgp_os::process::Program;

use crate::core::{Request, Shared};
use crate::execute;
use crate::helper::{self, Handler, Outcome};
use crate::lines::Lines;
use crate::outbox::Outbox;
use crate::pump::Commands;
use crate::sender::Sender;
use crate::server::since_epoch;

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
            sender.version = version;
        }
    }

    fn ended(&mut self, _: u32) {
        if let Some(sender) = self.core.borrow_mut().senders.get_mut(&self.id) {
            sender.group = Default::default();
        }
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

/// Starts helpers that are new, or that ended for good before; ends those that are gone, and does with changed ones what
/// `changed` says.
pub(crate) fn apply(
    shared: &Shared,
    processes: &[Process],
    open_files: Option<u64>,
    changed: Changed,
) {
    let running: Vec<(ProcessId, Arc<str>, Option<Process>)> = shared
        .borrow()
        .senders
        .iter()
        .filter(|(_, sender)| !sender.is_client)
        .map(|(id, sender)| (*id, sender.name.clone(), sender.process.clone()))
        .collect();
    for (id, name, process) in &running {
        let now = processes.iter().find(|process| process.name == *name);
        let over = shared.borrow().senders.get(id).is_some_and(Sender::is_over);
        let ended = match now {
            None => true,
            Some(now) => over || changed == Changed::Restart && Some(now) != process.as_ref(),
        };
        if ended && let Some(sender) = shared.borrow_mut().senders.remove(id) {
            if !over {
                info!(target: "yottabgp::processes", "helper {name} is ended: its configuration changed");
            }
            if let Some(handle) = sender.handle {
                handle.stop(b"");
            }
        }
    }
    for process in processes {
        let known = shared.borrow().senders.values().any(|sender| sender.name == process.name);
        if !known {
            start(shared, process, open_files);
        }
    }
}

fn start(shared: &Shared, process: &Process, open_files: Option<u64>) {
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
        encoding: match process.encoder {
            Encoder::Text => Encoding::Text,
            Encoder::Json => Encoding::Json,
        },
        version: core.version,
        ack: core.acknowledges(),
        sync: false,
        group: Default::default(),
        is_client: false,
        handle: Some(handle),
        task: None,
        pid: None,
        process: Some(process.clone()),
    };
    core.senders.insert(id, sender);
    drop(core);
    let core = shared.clone();
    let task = tokio::task::spawn_local(async move {
        let outcome = supervisor.await;
        if outcome != Outcome::Stopped {
            core.borrow().request(Request::HelperEnded(id));
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
        let all = shared.borrow().senders.values().all(|sender| sender.pid.is_some());
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

/// A client connected.
pub(crate) fn client(shared: &Shared, kind: &str, outbox: Outbox) -> Voice {
    let mut core = shared.borrow_mut();
    let id = ProcessId(u32::try_from(core.next_id()).unwrap_or(u32::MAX));
    let sender = Sender {
        name: format!("{kind} {}", id.0).into(),
        outbox,
        encoding: Encoding::Text,
        version: core.version,
        // Who asks through a socket waits for an answer, whatever helpers want.
        ack: true,
        sync: false,
        group: Default::default(),
        is_client: true,
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
            core.encoders.of(sender.encoding).shutdown(since_epoch(), &mut last);
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
