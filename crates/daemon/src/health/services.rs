//! The sections `healthcheck NAME { … }`: services that the daemon checks itself, without a process.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};
use yottabgp_api::command::{self, HealthVerb, Refusal};
use yottabgp_config::Healthcheck;
use yottabgp_health::service::{Level, Step};
use yottabgp_health::{Options, State};

use super::{Addresses, Heard, Order, Port, drive};
use crate::core::{Core, PeerId, Shared};
use crate::execute::{self, Scratch};
use crate::outbox::Offered;
use crate::server::since_epoch;
use crate::turns;

/// How long the acknowledgement of a command waits for the peers: one that does not read is not to hold up the others.
const WRITTEN: Duration = Duration::from_secs(1);
/// How long all services have to withdraw what they announce when the daemon ends.
const FAREWELL: Duration = Duration::from_secs(3);

/// A service, as the core knows it.
#[derive(Debug)]
pub(crate) struct Running {
    options: Options,
    state: State,
    /// What is announced: the command of each prefix.
    announced: BTreeMap<String, String>,
    orders: mpsc::UnboundedSender<Order>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Running {
    fn order(&self, order: Order) {
        // One that ended by itself takes no orders.
        let _ = self.orders.send(order);
    }
}

/// What a reload does to services that do not go on as they are.
pub(crate) fn fates(core: &Core, sections: &[Healthcheck]) -> Vec<(Arc<str>, &'static str)> {
    let mut fates = Vec::new();
    for section in sections {
        match core.services.get(&section.name) {
            Some(running) if running.options == section.options => {}
            Some(_) => fates.push((section.name.clone(), "changed")),
            None => fates.push((section.name.clone(), "started")),
        }
    }
    let gone = core.services.keys();
    let gone = gone.filter(|name| !sections.iter().any(|section| section.name == **name));
    fates.extend(gone.map(|name| (name.clone(), "ended")));
    fates
}

/// Brings the services to those of the configuration: one whose section did not change goes on, one whose section changed
/// goes on from its state and withdraws only what it has no more, one that is gone withdraws everything.
pub(crate) fn apply(shared: &Shared, sections: Vec<Healthcheck>) {
    let mut core = shared.borrow_mut();
    core.services.retain(|name, running| {
        let stays = sections.iter().any(|section| section.name == *name);
        if !stays {
            info!(target: "yottabgp::processes", "healthcheck {name} is no longer configured");
            running.order(Order::Stop);
        }
        stays
    });
    let mut new = Vec::new();
    for section in sections {
        match core.services.get_mut(&section.name) {
            Some(running) if running.options == section.options => {
                // The peers may be others.
                running.order(Order::Again);
            }
            Some(running) => {
                info!(target: "yottabgp::processes", "healthcheck {} changed", section.name);
                running.options = section.options.clone();
                running.order(Order::Change(Box::new(section.options)));
            }
            None => new.push(section),
        }
    }
    drop(core);
    for section in new {
        start(shared, section);
    }
}

fn start(shared: &Shared, section: Healthcheck) {
    let Healthcheck { name, options, .. } = section;
    let (orders, ordered) = mpsc::unbounded_channel();
    let running = Running {
        options: options.clone(),
        state: State::Init,
        announced: BTreeMap::new(),
        orders,
        task: None,
    };
    shared.borrow_mut().services.insert(name.clone(), running);
    let work = attend(shared.clone(), name.clone(), options, ordered);
    let task = turns::spawn(format!("health check {name}"), work);
    if let Some(running) = shared.borrow_mut().services.get_mut(&name) {
        running.task = Some(task);
    }
}

async fn attend(
    shared: Shared,
    name: Arc<str>,
    options: Options,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let found = Addresses::find(&options).and_then(|networks| {
        let addresses = Addresses::new(&options, &networks).map_err(|error| error.to_string())?;
        Ok((networks, addresses))
    });
    let (networks, mut addresses) = match found {
        Ok((networks, _)) if networks.is_empty() => {
            error!(target: "yottabgp::processes", "healthcheck {name}: no address found to announce");
            return;
        }
        Ok(found) => found,
        Err(why) => {
            error!(target: "yottabgp::processes", "healthcheck {name}: {why}");
            return;
        }
    };
    if let Err(why) = addresses.add() {
        error!(target: "yottabgp::processes", "healthcheck {name}: {why}");
    }
    let neighbors = options.neighbors.clone();
    let mut port = Own { shared, name, neighbors, answers: VecDeque::new() };
    drive(options, &networks, addresses, true, &mut port, &mut orders).await;
    debug!(target: "yottabgp::processes", "healthcheck {} ended", port.name);
}

/// Ends all services, and waits until they withdrew what they announced.
pub(crate) async fn stop_all(shared: &Shared) {
    let mut tasks = Vec::new();
    for running in shared.borrow_mut().services.values_mut() {
        running.order(Order::Stop);
        tasks.extend(running.task.take());
    }
    let all = async {
        for task in tasks {
            let _ = task.await;
        }
    };
    if tokio::time::timeout(FAREWELL, all).await.is_err() {
        warn!(target: "yottabgp::processes", "a healthcheck did not end in time");
    }
}

impl Core {
    /// Gives a new peer what the services announce.
    pub(crate) fn announce_services(&mut self, id: PeerId) {
        let Some(address) = self.peers.get(&id).map(|peer| peer.key.peer) else { return };
        let services = std::mem::take(&mut self.services);
        for (name, running) in &services {
            if is_for(&running.options.neighbors, address) {
                for line in running.announced.values() {
                    if let Err(refusal) = self.service_change(name, &[id], line) {
                        debug!(target: "yottabgp::routes", "healthcheck {name}: {refusal}");
                    }
                }
            }
        }
        self.services = services;
    }

    /// Drains a service, or does not any more.
    pub(crate) fn drain(&self, verb: HealthVerb, name: &str) -> Result<(), Refusal> {
        let Some(running) = self.services.get(name) else {
            let names: Vec<&str> = self.services.keys().map(|name| &**name).collect();
            let known =
                if names.is_empty() { "there are none".to_owned() } else { names.join(", ") };
            let text = format!("there is no healthcheck '{name}' (known: {known})");
            return Err(Refusal::Other(text));
        };
        running.order(Order::Drain(verb == HealthVerb::Drain));
        Ok(())
    }

    /// The names and states of the services.
    pub(crate) fn service_states(&self) -> impl Iterator<Item = (&str, &str)> {
        self.services.iter().map(|(name, running)| (&**name, running.state.name()))
    }

    /// Executes a command of a service. Returns the peers that it was for.
    fn service_command(
        &mut self,
        name: &str,
        neighbors: &[IpAddr],
        line: &str,
    ) -> Result<Vec<PeerId>, Refusal> {
        let selected: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.stopped)
            .filter(|(_, peer)| is_for(neighbors, peer.key.peer))
            .map(|(id, _)| *id)
            .collect();
        let mut words = line.split(' ');
        let (verb, prefix) = (words.next(), words.nth(1).unwrap_or_default().to_owned());
        if let Some(running) = self.services.get_mut(name) {
            match verb {
                Some("announce") => _ = running.announced.insert(prefix, line.to_owned()),
                _ => _ = running.announced.remove(&prefix),
            }
        }
        // The peers of ranges are still to come, and are told when they do.
        if !selected.is_empty() {
            self.service_change(name, &selected, line)?;
        }
        Ok(selected)
    }

    fn service_change(&mut self, name: &str, peers: &[PeerId], line: &str) -> Result<(), Refusal> {
        let mut scratch = self.take_scratch();
        let Scratch { tokens, route, .. } = &mut *scratch;
        let result = command::parse(line, self.version, tokens, route).and_then(|parsed| {
            let selected = self.selection(peers.to_vec());
            self.change(name, &selected, &parsed.command, route)
        });
        self.scratch = Some(scratch);
        result
    }

    fn tell_step(&mut self, name: &str, step: Step) {
        let mut line = Vec::new();
        for sender in self.senders.values().filter(|sender| !sender.is_client) {
            line.clear();
            let encoder = self.encoders.of(sender.format);
            encoder.healthcheck(since_epoch(), name, step.state().name(), step.name(), &mut line);
            if sender.outbox.offer(&line) == Offered::LeftOutFirst {
                warn!(target: "yottabgp::processes", "{} does not read its events", sender.name);
            }
        }
    }
}

/// Whether a service is announced to a peer.
fn is_for(neighbors: &[IpAddr], peer: IpAddr) -> bool {
    neighbors.is_empty() || neighbors.contains(&peer)
}

/// The core as a port: commands are executed at once, and acknowledged once the peers were written what they changed.
struct Own {
    shared: Shared,
    name: Arc<str>,
    neighbors: Vec<IpAddr>,
    answers: VecDeque<Result<Vec<PeerId>, String>>,
}

impl Port for Own {
    fn send(&mut self, line: &str) {
        let mut core = self.shared.borrow_mut();
        let result = core.service_command(&self.name, &self.neighbors, line);
        self.answers.push_back(result.map_err(|refusal| refusal.to_string()));
    }

    async fn heard(&mut self) -> Heard {
        match self.answers.front_mut() {
            None => std::future::pending().await,
            Some(Ok(peers)) => {
                let _ = tokio::time::timeout(WRITTEN, execute::written(&self.shared, peers)).await;
                self.answers.pop_front();
                Heard::Line("done".to_owned())
            }
            Some(Err(reason)) => {
                // In two parts, as helpers are told.
                if reason.is_empty() {
                    self.answers.pop_front();
                    return Heard::Line("error".to_owned());
                }
                Heard::Line(format!("error: {}", std::mem::take(reason)))
            }
        }
    }

    fn step(&mut self, step: Step) {
        let name = &self.name;
        match step {
            Step::Entered(state) => {
                info!(target: "yottabgp::processes", "healthcheck {name}: the service is {state}");
            }
            Step::Withdrawn(_) => {
                info!(target: "yottabgp::processes", "healthcheck {name}: the routes are withdrawn");
            }
            Step::AddressesRemoved(_) => {
                info!(target: "yottabgp::processes", "healthcheck {name}: the addresses are removed");
            }
        }
        let mut core = self.shared.borrow_mut();
        if let Step::Entered(state) = step
            && let Some(running) = core.services.get_mut(name)
        {
            running.state = state;
        }
        core.tell_step(name, step);
    }

    fn log(&mut self, level: Level, text: &str) {
        let name = &self.name;
        match level {
            Level::Debug => debug!(target: "yottabgp::processes", "healthcheck {name}: {text}"),
            Level::Info => info!(target: "yottabgp::processes", "healthcheck {name}: {text}"),
            Level::Warning => warn!(target: "yottabgp::processes", "healthcheck {name}: {text}"),
            Level::Error => error!(target: "yottabgp::processes", "healthcheck {name}: {text}"),
        }
    }

    fn changed(&mut self, options: &Options) {
        self.neighbors.clone_from(&options.neighbors);
    }
}
