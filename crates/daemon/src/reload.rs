//! Reading the configuration again: it is parsed aside, compared with what there is, and applied as a whole. What is new
//! starts, what is gone ends, what changed is made again, and what did not change is left alone.
//!
//! - `plan`: what becomes of each neighbor.
//! - `table`: what becomes of the routes of one.
//! - `check`: both, told and not done.

pub(crate) mod check;
mod plan;
mod table;

use std::sync::Arc;
use std::time::Instant;

use tracing::{error, info};
use yottabgp_api::answer::ReloadSummary;
use yottabgp_config::{Configuration, Neighbor};
use yottabgp_rib::adj_rib_out::configuration::Effect;
use yottabgp_session::{Reset, StopReason};

use crate::bmp;
use crate::core::{Core, PeerId, Shared};
use crate::files::Loaded;
use crate::health::services;
use crate::helpers;
use crate::listen;
use crate::monitoring;
use crate::mrt;
use crate::peer::tables::TableId;
use crate::peer::{self, PeerState};
use crate::signals::Request as Asked;
use plan::{Plan, Step, Target};
use table::Statements;
pub(crate) use table::configure;

/// What happens to sessions whose neighbor did not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// They go on.
    Keep,
    /// They are made anew.
    Restart,
}

/// Whether others have their turn while the routes are put into the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turns {
    /// There is nobody yet.
    Alone,
    /// After every slice.
    Shared,
}

/// Reads the configuration again and applies it, if it is good.
pub(crate) async fn run(shared: Shared, asked: Asked, open_files: Option<u64>) {
    let loading = {
        let mut core = shared.borrow_mut();
        core.files.rotate();
        core.files.load_aside(None, &core.environment)
    };
    let loaded = loading.await.unwrap_or_else(|_| Err("it could not be read".to_owned()));
    let Loaded { configuration, superseded } = match loaded {
        Ok(loaded) => loaded,
        Err(reason) => {
            error!(
                target: "yottabgp::configuration",
                "the configuration was not reloaded, the old one stays: {reason}"
            );
            return;
        }
    };
    {
        let mut core = shared.borrow_mut();
        core.files.known.remember(&configuration);
        core.reloads.begin();
    }
    let changed = match asked {
        Asked::Reload => helpers::Changed::Keep,
        _ => helpers::Changed::Restart,
    };
    let sessions = match asked {
        Asked::Restart => Sessions::Restart,
        _ => Sessions::Keep,
    };
    let Configuration { dialect, processes, healthchecks, mut bmp, mrt: recording, neighbors } =
        configuration;
    let stations = bmp.as_mut().map(|bmp| std::mem::take(&mut bmp.stations)).unwrap_or_default();
    shared.borrow_mut().set_dialect(dialect);
    let count = neighbors.len();
    // What a helper that ends has said is done while its neighbors still know it.
    let mut summary = ReloadSummary {
        processes: helpers::changes(&shared.borrow(), &processes, changed),
        ..ReloadSummary::default()
    };
    // Nor does a router tell what a helper that is started again would miss.
    let hold = (summary.processes > 0).then(|| bmp::Hold::new(&shared));
    helpers::end(&shared, &processes, changed).await;
    summary.listeners = listen::changes(&shared.borrow(), &neighbors);
    summary.bmp = bmp::changes(&shared.borrow(), bmp.as_ref())
        + monitoring::changes(&shared.borrow(), &stations);
    let errors = listen::apply(&shared, &neighbors).into_iter();
    for error in errors.chain(bmp::apply(&shared, bmp).await) {
        error!(target: "yottabgp::network", "{error}");
    }
    let fate = shared.borrow().observers.recorder.fate(recording.as_ref());
    summary.recordings = u64::from(fate.is_some());
    mrt::begin(&shared, recording, &neighbors);
    apply(&shared, neighbors, superseded, sessions, Turns::Shared, &mut summary).await;
    mrt::settle(&shared);
    let fates = services::fates(&shared.borrow(), &healthchecks);
    summary.healthchecks = u64::try_from(fates.len()).unwrap_or(u64::MAX);
    services::apply(&shared, healthchecks);
    monitoring::apply(&shared, stations);
    // New ones find everything as it is to be.
    helpers::start(&shared, &processes, open_files);
    helpers::all_started(&shared).await;
    drop(hold);
    shared.borrow_mut().reloads.end();
    info!(
        target: "yottabgp::configuration",
        "the configuration was reloaded: {count} neighbors: {summary}"
    );
}

/// Brings the peers to these neighbors. Routes go to the Adj-RIBs-Out and are kept nowhere else, but for ranges, whose
/// peers are still to come.
///
/// Every peer is there at once. Its table is filled slice by slice while nothing of it is sent, so that the peer is told of
/// the change as a whole, in the order and the groups of a start.
pub(crate) async fn apply(
    shared: &Shared,
    neighbors: Vec<Neighbor>,
    superseded: Vec<Arc<[u32]>>,
    sessions: Sessions,
    turns: Turns,
    summary: &mut ReloadSummary,
) {
    let plan = Plan::new(&shared.borrow(), neighbors, superseded, sessions);
    plan.count(summary);
    let Plan { steps, ranges, .. } = plan;
    shared.borrow_mut().ranges = ranges;
    let mut tables = Vec::new();
    for step in steps {
        if let Some(table) = take(shared, step) {
            tables.push(table);
        }
    }
    for Table { statements, peers } in together(shared, tables) {
        let ids: Vec<PeerId> = peers.iter().map(|follower| follower.id).collect();
        for id in &ids {
            if let Some(peer) = shared.borrow_mut().peers.get_mut(id) {
                peer.configuring = true;
            }
        }
        table::fill(shared, &ids, statements, turns, summary).await;
        let mut core = shared.borrow_mut();
        let waiting = core.waiting;
        for Follower { id, reset, is_new } in peers {
            let Some(peer) = core.peers.get_mut(&id) else { continue };
            peer.configuring = false;
            peer.wake();
            // A command may have deleted it meanwhile.
            if peer.stopped {
                continue;
            }
            let now = Instant::now();
            if is_new && !waiting {
                core.with_session(id, |session, events| session.start(now, events));
            } else if let Some(reset) = reset {
                core.with_session(id, |session, events| session.reset(now, reset, events));
            }
        }
    }
}

/// Puts those together that have a table in common and the same statements: it is filled once. Others get one of their own.
fn together(shared: &Shared, tables: Vec<Table>) -> Vec<Table> {
    let mut core = shared.borrow_mut();
    let mut found: Vec<(TableId, Table)> = Vec::new();
    for table in tables {
        let first = table.peers.first();
        let Some(peer) = first.and_then(|first| core.peers.get(&first.id)) else { continue };
        let is_it = |(id, other): &&mut (TableId, Table)| {
            *id == peer.table && other.statements.are(&table.statements)
        };
        match found.iter_mut().find(is_it) {
            Some((_, other)) => other.peers.extend(table.peers),
            None => found.push((peer.table, table)),
        }
    }
    let tables: Vec<Table> = found.into_iter().map(|(_, table)| table).collect();
    for table in &tables {
        let ids: Vec<PeerId> = table.peers.iter().map(|follower| follower.id).collect();
        core.own_table(&ids);
    }
    tables
}

/// A table that is to be filled, and what follows.
struct Table {
    statements: Statements,
    peers: Vec<Follower>,
}

/// A peer whose table is to be filled.
struct Follower {
    id: PeerId,
    reset: Option<Reset>,
    is_new: bool,
}

impl Table {
    fn of(id: PeerId, statements: Statements, reset: Option<Reset>, is_new: bool) -> Self {
        Self { statements, peers: vec![Follower { id, reset, is_new }] }
    }
}

/// Does the first part of a step: the neighbor is there, or gone, with all but its routes.
fn take(shared: &Shared, step: Step) -> Option<Table> {
    let Step { target, differences, resets, .. } = step;
    match target {
        Target::Add { neighbor, statements } => {
            info!(target: "yottabgp::reactor", "{} is configured", neighbor.peer.address);
            let id = peer::start(shared, *neighbor, peer::Beginning::Configuring);
            Some(Table::of(id, statements, None, true))
        }
        Target::Keep { id, neighbor, statements, own } => {
            let mut core = shared.borrow_mut();
            let reset = update(&mut core, id, *neighbor, resets, &differences);
            let peer = core.peers.get_mut(&id)?;
            // One that a range let in stays from now on.
            peer.ephemeral &= !own;
            match (&mut peer.later, statements.of_range()) {
                (Some(later), Some(routes)) => {
                    // It has no session yet, and gets its routes with it.
                    *later = routes;
                    if let Some(reset) = reset {
                        core.with_session(id, |session, events| {
                            session.reset(Instant::now(), reset, events);
                        });
                    }
                    None
                }
                _ => {
                    peer.later = None;
                    Some(Table::of(id, statements, reset, false))
                }
            }
        }
        Target::Remove { id, name } => {
            info!(target: "yottabgp::reactor", "{name} is no longer configured");
            peer::stop(&mut shared.borrow_mut(), id, StopReason::Removed);
            None
        }
    }
}

/// Brings one peer to its new section, but for the routes. Returns how its session is to be made again, if it is.
fn update(
    core: &mut Core,
    id: PeerId,
    neighbor: Neighbor,
    resets: bool,
    differences: &[yottabgp_config::reload::Difference],
) -> Option<Reset> {
    let feeds = core.feeds();
    let peer = core.peers.get_mut(&id)?;
    peer.key = peer::key_of(&neighbor);
    if peer.neighbor.auto_flush != neighbor.auto_flush {
        peer.holding = !neighbor.auto_flush;
    }
    let settings = neighbor.settings.clone();
    peer.neighbor = neighbor;
    peer.subscribe(&feeds, &core.observers);
    core.selections.clear();
    core.settle_table(id);
    let peer = core.peers.get_mut(&id)?;
    if !resets {
        return None;
    }
    let reasons = plan::reasons(differences);
    if reasons.is_empty() {
        return Some(Reset::Administrative);
    }
    info!(target: "yottabgp::reactor", "{} is reset: {reasons}", peer.key.peer);
    Some(Reset::Configuration(settings.into()))
}

/// Counts what became of a route of so many peers.
fn count(summary: &mut ReloadSummary, effect: Effect, peers: u64) {
    match effect {
        Effect::Same => {}
        Effect::Unseen => summary.unseen += peers,
        Effect::Announce => summary.announced += peers,
        Effect::Withdraw => summary.withdrawn += peers,
    }
}

/// Which reload is the present one: a check that runs into one is of no use.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    number: u64,
    is_running: bool,
    /// Only one check at a time has a configuration in memory.
    pub(crate) is_checking: bool,
}

impl Reloads {
    fn begin(&mut self) {
        self.number += 1;
        self.is_running = true;
    }

    fn end(&mut self) {
        self.is_running = false;
    }
}

impl PeerState {
    /// Whether its table is only partly what it is to be: a reload fills it, or a group. Or it is to be heard before.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.configuring || self.groups > 0 || self.heard_first.is_some()
    }

    /// Whether what waits is held back: until the command `flush`, or until its table is complete.
    pub(crate) fn is_held(&self) -> bool {
        self.holding || self.is_incomplete()
    }
}
