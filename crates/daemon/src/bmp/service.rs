//! The station of the daemon: its section, its routers, and the helpers that hear of them.
//!
//! Helpers that can not take more, and those that are told what there was before they began, hold the reading of all routers and nothing
//! else: what a router tells has its place in what each helper is told, once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::info;
use yottabgp_api::Encoding;
use yottabgp_api::event::{Encoders, Format, ProcessId};
use yottabgp_bmp::{Frame, MessageType, Router, TooManySessions, What};
use yottabgp_config::{Bmp, BmpFlags};
use yottabgp_os::{Error, socket};
use yottabgp_rib::store::AttributeStore;

use super::connection::{Audience, BATCH, Closed, Next, Taken, accept, dial};
use super::events::{Kept, Target, Writing};
use super::kept::KeptMessages;
use super::snapshot;
use super::tables::Tables;
use crate::core::{Core, Shared};
use crate::outbox::{Lent, Outbox};
use crate::remains::Remainder;
use crate::server::since_epoch;
use crate::turns::{self, Busy};

/// Messages that are taken between two looks at the clock.
const BETWEEN_LOOKS: u32 = 64;

/// Names the connection of a router; ascending in the order of their coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RouterId(u64);

/// The station. Without a section there are neither routers nor subscribers.
#[derive(Debug, Default)]
pub(crate) struct Service {
    section: Option<Bmp>,
    listeners: Vec<(SocketAddr, Work)>,
    dials: Vec<(SocketAddr, Work)>,
    subscribers: Vec<Subscriber>,
    pub(super) routers: BTreeMap<RouterId, RouterState>,
    last: u64,
    /// How many want that no router is read.
    holds: usize,
    /// What holds the reading changed.
    changed: Rc<Notify>,
    /// What several are told, by its form: kept for its memory.
    lines: Vec<(Format, Vec<u8>)>,
}

/// A task that ends when this goes.
#[derive(Debug)]
struct Work(JoinHandle<()>);

impl Work {
    /// Ends it, and waits until what it has is given back.
    async fn end(mut self) {
        self.0.abort();
        let _ = (&mut self.0).await;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A helper that hears of routers.
#[derive(Clone, Debug)]
struct Subscriber {
    process: ProcessId,
    outbox: Outbox,
    format: Format,
    /// Whether it runs: from then on it is told everything.
    is_attached: bool,
}

/// A router that is connected, or that was and has stale routes.
#[derive(Debug)]
pub(super) struct RouterState {
    pub(super) router: Router<Kept>,
    /// The number of the last event.
    pub(super) counter: u64,
    /// Since when it is connected, or not any more.
    pub(super) since: Instant,
    pub(super) is_lost: bool,
    /// Whether it is known which router it is: by its name, if its first message has one.
    is_identified: bool,
    pub(super) kept: KeptMessages,
    pub(super) tables: Tables,
    unwanted: Rc<Notify>,
}

impl RouterState {
    fn is_same(&self, other: &Self) -> bool {
        self.router.address() == other.router.address() && self.router.name() == other.router.name()
    }
}

/// The section in the core, as an audience of its connections.
struct Station {
    core: Shared,
}

/// The connection of a router.
struct Connection {
    core: Shared,
    id: RouterId,
    unwanted: Rc<Notify>,
    busy: Busy,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Ok(mut core) = self.core.try_borrow_mut() {
            self.busy.set(&mut core.load, false);
            if let Some(until) = core.router_lost(self.id) {
                expire(self.core.clone(), until);
            }
        }
    }
}

impl Audience for Station {
    type Connection = Connection;

    fn most_routers(&self) -> usize {
        let core = self.core.borrow();
        let routers = core.bmp.section.as_ref().map_or(0, |section| section.routers);
        usize::try_from(routers).unwrap_or(usize::MAX)
    }

    fn connected(&self, router: SocketAddr) -> Connection {
        let unwanted = Rc::new(Notify::new());
        let service = &mut self.core.borrow_mut().bmp;
        service.last += 1;
        let id = RouterId(service.last);
        let state = RouterState {
            router: Router::new(router.ip(), router.port()),
            counter: 0,
            since: Instant::now(),
            is_lost: false,
            is_identified: false,
            kept: KeptMessages::default(),
            tables: Tables::default(),
            unwanted: unwanted.clone(),
        };
        service.routers.insert(id, state);
        Connection { core: self.core.clone(), id, unwanted, busy: Busy::default() }
    }

    async fn ready(&self, _: &mut Connection) -> Result<(), Closed> {
        loop {
            let (changed, paused) = {
                let service = &self.core.borrow().bmp;
                let paused = service.paused();
                if service.holds == 0 && paused.is_empty() {
                    return Ok(());
                }
                (service.changed.clone(), paused)
            };
            tokio::select! {
                () = changed.notified() => {}
                () = released(paused) => {}
            }
        }
    }

    fn take(&self, connection: &mut Connection, octets: &[u8]) -> Taken {
        let mut core = self.core.borrow_mut();
        let taken = core.take_of_router(connection.id, octets);
        connection.busy.set(&mut core.load, matches!(taken.next, Next::More));
        taken
    }

    async fn unwanted(&self, connection: &Connection) {
        connection.unwanted.notified().await;
    }

    fn counts(&self, connection: &Connection) -> yottabgp_bmp::Counts {
        let core = self.core.borrow();
        core.bmp.routers.get(&connection.id).map(|state| state.router.counts()).unwrap_or_default()
    }

    async fn lost(&self, connection: Connection) -> Result<(), Closed> {
        drop(connection);
        Ok(())
    }
}

/// Waits until one of these has read enough; for ever when there is none.
async fn released(paused: Vec<watch::Receiver<bool>>) {
    let Some(mut first) = paused.into_iter().next() else {
        return std::future::pending().await;
    };
    // One that is gone asks for nothing.
    let _ = first.wait_for(|paused| !paused).await;
}

/// Forgets stale routes when their time is over.
fn expire(shared: Shared, until: Instant) {
    turns::spawn("stale routes", async move {
        tokio::time::sleep_until(until.into()).await;
        let mut core = shared.borrow_mut();
        let Core { bmp, remainder, .. } = &mut *core;
        for state in bmp.routers.values_mut() {
            state.tables.expire(remainder, Instant::now());
        }
        bmp.routers.retain(|_, state| !state.is_lost || !state.tables.is_empty());
    });
}

impl Service {
    /// Those who are told, and can not take more.
    fn paused(&self) -> Vec<watch::Receiver<bool>> {
        let attached = self.subscribers.iter().filter(|one| one.is_attached);
        let paused = attached.filter(|one| one.outbox.is_paused());
        paused.map(|one| one.outbox.paused()).collect()
    }

    /// Takes out what a section has no more.
    fn close(&mut self, section: Option<&Bmp>) -> Vec<Work> {
        let (listen, connect) = addresses(section);
        let listeners = self.listeners.extract_if(.., |(address, _)| !listen.contains(address));
        let dials = self.dials.extract_if(.., |(address, _)| !connect.contains(address));
        listeners.chain(dials).map(|(_, work)| work).collect()
    }

    /// The daemon ends: no router is read any more.
    pub(crate) fn stop(&mut self) {
        self.listeners.clear();
        self.dials.clear();
    }

    /// What subscribers are told.
    pub(super) fn flags(&self) -> BmpFlags {
        self.section.as_ref().map_or(BmpFlags::default(), |section| section.receive)
    }
}

/// That no router is read, as long as this is there.
#[derive(Debug)]
pub(crate) struct Hold(Shared);

impl Hold {
    /// From now on.
    pub(crate) fn new(shared: &Shared) -> Self {
        shared.borrow_mut().bmp.holds += 1;
        Self(shared.clone())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Ok(mut core) = self.0.try_borrow_mut() {
            core.bmp.holds = core.bmp.holds.saturating_sub(1);
            core.bmp.changed.notify_waiters();
        }
    }
}

/// What a section would make of the addresses that routers connect to, of the routers that are connected to, and of the rest.
pub(crate) fn fates(
    core: &Core,
    section: Option<&Bmp>,
) -> Vec<(&'static str, String, &'static str)> {
    fn addresses(section: Option<&Bmp>) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let listen = section.into_iter().flat_map(|section| &section.listen);
        let connect = section.into_iter().flat_map(|section| &section.connect);
        let listen = listen.map(|address| (LISTEN, *address));
        listen.chain(connect.map(|address| ("bmp connect", *address)))
    }
    let before = core.bmp.section.as_ref();
    // One that could not be opened is opened now.
    let is_open = |address: &SocketAddr| core.bmp.listeners.iter().any(|(one, _)| one == address);
    let is_there = |(kind, address): &(&str, SocketAddr)| *kind != LISTEN || is_open(address);
    let old: Vec<_> = addresses(before).filter(is_there).collect();
    let new: Vec<_> = addresses(section).collect();
    let fate = |one| if old.contains(one) { KEPT } else { "opened" };
    let mut fates: Vec<_> = new.iter().map(|one| (one.0, one.1.to_string(), fate(one))).collect();
    let gone = old.iter().filter(|one| !new.contains(one));
    fates.extend(gone.map(|one| (one.0, one.1.to_string(), "closed")));
    if let (Some(before), Some(now)) = (before, section) {
        let (listen, connect) = (now.listen.clone(), now.connect.clone());
        // Stations that are told of our own sessions are no part of this one.
        let stations = now.stations.clone();
        if *now != (Bmp { listen, connect, stations, ..before.clone() }) {
            fates.push(("bmp", "section".to_owned(), "changed in place"));
        }
    }
    fates
}

const LISTEN: &str = "bmp listen";
const KEPT: &str = "kept";

/// How many of these would change.
pub(crate) fn changes(core: &Core, section: Option<&Bmp>) -> u64 {
    fates(core, section).iter().filter(|(.., fate)| *fate != KEPT).count() as u64
}

/// Where routers connect to, and those that are connected to.
fn addresses(section: Option<&Bmp>) -> (&[SocketAddr], &[SocketAddr]) {
    section.map_or((&[], &[]), |section| (&section.listen, &section.connect))
}

/// Brings the station to its section: what is the same goes on. Returns what could not be done.
pub(crate) async fn apply(shared: &Shared, section: Option<Bmp>) -> Vec<Error> {
    let gone = shared.borrow_mut().bmp.close(section.as_ref());
    // Those that go leave their addresses to others.
    for work in gone {
        work.end().await;
    }
    open(shared, section)
}

fn open(shared: &Shared, section: Option<Bmp>) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut core = shared.borrow_mut();
    let Core { bmp, remainder, .. } = &mut *core;
    let (listen, connect) = addresses(section.as_ref());
    for address in listen {
        if bmp.listeners.iter().any(|(other, _)| other == address) {
            continue;
        }
        let listener = socket::listen(*address).and_then(|listener| {
            TcpListener::from_std(listener)
                .map_err(|source| Error::new("a listening socket", source))
        });
        match listener {
            Ok(listener) => {
                let address_of = listener.local_addr().unwrap_or(*address);
                info!(target: "yottabgp::bmp", "routers are listened for on {address_of}");
                let station = Rc::new(Station { core: shared.clone() });
                let name = format!("routers on {address_of}");
                bmp.listeners.push((*address, Work(turns::spawn(name, accept(station, listener)))));
            }
            Err(error) => errors.push(error),
        }
    }
    for address in connect {
        if bmp.dials.iter().any(|(other, _)| other == address) {
            continue;
        }
        let station = Rc::new(Station { core: shared.clone() });
        let name = format!("the router {address}");
        bmp.dials.push((*address, Work(turns::spawn(name, dial(station, *address)))));
    }
    let keeps = |section: Option<&Bmp>| section.is_some_and(|section| section.table);
    match (keeps(bmp.section.as_ref()), keeps(section.as_ref())) {
        (true, false) => {
            for state in bmp.routers.values_mut() {
                state.tables.forget(remainder);
            }
            bmp.routers.retain(|_, state| !state.is_lost);
        }
        (false, true) => {
            // What they told before can only be had by being told again.
            bmp.routers.values().for_each(|state| state.unwanted.notify_one());
        }
        _ => {}
    }
    bmp.section = section;
    bmp.changed.notify_waiters();
    errors
}

/// Finds the helpers that the section names. Those that run already and are new here are told what there was.
pub(crate) fn subscribe(shared: &Shared) {
    let mut running = Vec::new();
    {
        let mut core = shared.borrow_mut();
        let Core { bmp, senders, .. } = &mut *core;
        let names: &[Arc<str>] = bmp.section.as_ref().map_or(&[], |section| &section.processes);
        let mut subscribers = Vec::new();
        for (id, sender) in senders.iter().filter(|(_, sender)| !sender.is_client) {
            if !names.contains(&sender.name) {
                continue;
            }
            let known = bmp.subscribers.iter().find(|one| one.process == *id);
            if known.is_none() && sender.pid.is_some() && !sender.outbox.is_closed() {
                running.push(*id);
            }
            subscribers.push(Subscriber {
                process: *id,
                outbox: sender.outbox.clone(),
                format: sender.format,
                is_attached: known.is_some_and(|one| one.is_attached),
            });
        }
        bmp.subscribers = subscribers;
        bmp.changed.notify_waiters();
    }
    for id in running {
        attach(shared, id);
    }
}

/// A helper was started: it is told what there was, and then everything.
pub(crate) fn attach(shared: &Shared, process: ProcessId) {
    let (outbox, format) = {
        let service = &mut shared.borrow_mut().bmp;
        let mut subscribers = service.subscribers.iter_mut();
        let Some(subscriber) = subscribers.find(|one| one.process == process) else { return };
        subscriber.is_attached = true;
        if service.routers.is_empty() {
            return;
        }
        (subscriber.outbox.clone(), subscriber.format)
    };
    let hold = Hold::new(shared);
    let shared = shared.clone();
    turns::spawn("what routers told before", async move {
        snapshot::tell(&shared, &outbox, format).await;
        drop(hold);
    });
}

/// A helper ended: nothing is told to nobody.
pub(crate) fn detach(core: &mut Core, process: ProcessId) {
    for subscriber in core.bmp.subscribers.iter_mut().filter(|one| one.process == process) {
        subscriber.is_attached = false;
    }
}

/// What is written to helpers at once.
struct Told<'a> {
    attached: Vec<&'a Subscriber>,
    /// Where the only one's events go.
    lent: Option<Lent>,
    before: usize,
    /// Where those of several go.
    lines: &'a mut Vec<(Format, Vec<u8>)>,
}

impl<'a> Told<'a> {
    fn new(subscribers: &'a [Subscriber], lines: &'a mut Vec<(Format, Vec<u8>)>) -> Self {
        let attached: Vec<&Subscriber> = subscribers.iter().filter(|one| one.is_attached).collect();
        let mut lent = match attached.as_slice() {
            [only] => Some(only.outbox.lend()),
            _ => None,
        };
        let before = lent.as_mut().map_or(0, |lent| lent.buffer().len());
        if lent.is_none() {
            lines.iter_mut().for_each(|(_, lines)| lines.clear());
            for subscriber in &attached {
                if !lines.iter().any(|(format, _)| *format == subscriber.format) {
                    lines.push((subscriber.format, Vec::new()));
                }
            }
            lines.retain(|(format, _)| attached.iter().any(|one| one.format == *format));
        }
        Self { attached, lent, before, lines }
    }

    /// Where each form is written.
    fn targets<'t>(&'t mut self, encoders: &'t Encoders) -> Vec<Target<'t>> {
        let target = |format: Format, out: &'t mut Vec<u8>| Target {
            encoder: encoders.of(format),
            is_text: format.encoding == Encoding::Text,
            out,
        };
        match (&mut self.lent, self.attached.as_slice()) {
            (Some(lent), [only, ..]) => vec![target(only.format, lent.buffer())],
            _ => self.lines.iter_mut().map(|(format, out)| target(*format, out)).collect(),
        }
    }

    /// Octets that are written.
    fn written(targets: &[Target<'_>]) -> usize {
        targets.iter().map(|target| target.out.len()).sum()
    }

    /// Lets them know.
    fn finish(self) {
        let Self { attached, lent, before, lines } = self;
        if let (Some(mut lent), [only, ..]) = (lent, attached.as_slice()) {
            let some = lent.buffer().len() > before;
            drop(lent);
            if some {
                only.outbox.added_some();
            }
            return;
        }
        for subscriber in attached {
            let of_it = lines.iter().find(|(format, _)| *format == subscriber.format);
            if let Some((_, lines)) = of_it.filter(|(_, lines)| !lines.is_empty()) {
                subscriber.outbox.events(lines);
            }
        }
    }
}

impl Core {
    /// Takes some of the messages that octets begin with.
    fn take_of_router(&mut self, id: RouterId, octets: &[u8]) -> Taken {
        let turn = self.load.turn();
        let Self { bmp, encoders, store, remainder, .. } = self;
        let Some(mut state) = bmp.routers.remove(&id) else {
            return Taken { octets: 0, next: Next::End("it is not known any more".to_owned()) };
        };
        let (flags, keeps) =
            bmp.section.as_ref().map_or((BmpFlags::default(), false), |s| (s.receive, s.table));
        let mut told = Told::new(&bmp.subscribers, &mut bmp.lines);
        let mut targets = told.targets(encoders);
        let before = Told::written(&targets);
        let (mut used, time, began, mut count) = (0, since_epoch(), Instant::now(), 0u32);
        let next = loop {
            if Told::written(&targets) >= before + BATCH {
                break Next::More;
            }
            count += 1;
            if count.is_multiple_of(BETWEEN_LOOKS) && began.elapsed() >= turn {
                break Next::More;
            }
            let (frame, length) = match Frame::take(octets.get(used..).unwrap_or_default()) {
                Ok(Some(taken)) => taken,
                Ok(None) => break Next::Read,
                Err(error) => break Next::End(error.to_string()),
            };
            if !state.is_identified && frame.kind != MessageType::INITIATION {
                adopt(&mut bmp.routers, &mut state);
            }
            let RouterState { router, counter, tables, kept, .. } = &mut state;
            let writing =
                Writing { flags, router: router.address(), time, counter, targets: &mut targets };
            let keep = keeps.then_some((&mut *store, &mut *remainder));
            let taken = take((router, tables, kept), frame, writing, keep);
            if taken.is_err() {
                break Next::End("it tells of too many sessions".to_owned());
            }
            if frame.kind == MessageType::INITIATION {
                state.kept.initiation(frame.body);
                if !state.is_identified {
                    adopt(&mut bmp.routers, &mut state);
                }
            }
            used += length;
        };
        drop(targets);
        told.finish();
        state.tables.take_in(store);
        bmp.routers.insert(id, state);
        Taken { octets: used, next }
    }

    /// The connection to a router was lost. Returns until when its routes stay.
    fn router_lost(&mut self, id: RouterId) -> Option<Instant> {
        let Self { bmp, encoders, store, remainder, stopping, .. } = self;
        let mut state = bmp.routers.remove(&id)?;
        let flags = bmp.section.as_ref().map_or(BmpFlags::default(), |section| section.receive);
        let mut told = Told::new(&bmp.subscribers, &mut bmp.lines);
        let mut targets = told.targets(encoders);
        let mut writing = Writing {
            flags,
            router: state.router.address(),
            time: since_epoch(),
            counter: &mut state.counter,
            targets: &mut targets,
        };
        state.router.lost(&mut |told| writing.tell(told, None));
        state.kept.lost();
        drop(targets);
        told.finish();
        state.since = Instant::now();
        state.is_lost = true;
        let section =
            bmp.section.as_ref().filter(|section| section.table && section.stale_time > 0);
        // One that is connected again tells of everything there.
        let again = bmp.routers.values().any(|other| !other.is_lost && other.is_same(&state));
        if let Some(section) = section.filter(|_| !again && !*stopping) {
            let until = state.since + Duration::from_secs(section.stale_time.into());
            if state.tables.lost(store, remainder, until) {
                bmp.routers.insert(id, state);
                return Some(until);
            }
        }
        state.tables.forget(remainder);
        None
    }
}

/// Takes a message.
fn take(
    (router, tables, kept): (&mut Router<Kept>, &mut Tables, &mut KeptMessages),
    frame: Frame<'_>,
    mut writing: Writing<'_, '_>,
    mut keep: Option<(&mut AttributeStore, &mut Remainder)>,
) -> Result<(), TooManySessions> {
    router.take(frame, &mut |told| {
        match (&told.what, told.peer) {
            (What::Up, Some(peer)) => {
                let key = peer.session();
                kept.up(key, frame.body);
                if let Some((_, remainder)) = &mut keep {
                    tables.up(&key, remainder);
                }
            }
            (What::Down(_), Some(peer)) => {
                let key = peer.session();
                kept.down(&key);
                if let Some((_, remainder)) = &mut keep {
                    tables.down(&key, remainder);
                }
            }
            _ => {}
        }
        match &mut keep {
            Some((store, remainder)) => writing
                .tell(told, Some(&mut |peer, update| tables.apply(store, remainder, peer, update))),
            None => writing.tell(told, None),
        }
    })
}

/// It is known which router this is: if it was connected before, its routes are there, stale.
fn adopt(routers: &mut BTreeMap<RouterId, RouterState>, state: &mut RouterState) {
    state.is_identified = true;
    let found = routers.iter().find(|(_, other)| other.is_lost && other.is_same(state));
    let found = found.map(|(id, _)| *id);
    if let Some(before) = found.and_then(|id| routers.remove(&id)) {
        state.tables = before.tables;
    }
}
