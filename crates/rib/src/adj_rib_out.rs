//! The Adj-RIB-Out: what peers are to have, and what each of them is still to be sent.
//!
//! One table serves all peers that are to have the same routes; what differs between them is a [`session`]. Each route that peers
//! are to have, or are to be told is gone, stands in one list ordered by its last change ([`list`]), and a session is a place in
//! that list: what comes after it is still to be sent. So a change costs the same for one peer and for a thousand, it is sent
//! once however often a route changed, a peer that does not read costs no memory, and a session that begins starts at the
//! beginning of the list, with nothing to queue.
//!
//! A route that is withdrawn stays in the list, as a grave, until every session has passed it ([`graves`]).

mod chunks;
pub mod configuration;
mod fill;
mod graves;
mod list;
mod refresh;
mod session;
mod split;
mod window;

use std::collections::VecDeque;

use hashbrown::HashMap;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::Negotiated;
use yottabgp_wire::nlri::Nlri;

use crate::store::{AttributeStore, AttributesId};
use crate::table::{Had, NONE, RouteId, Table};
use crate::watchdog::Watchdogs;
use chunks::Chunks;
use graves::Withdrawn;
use session::Session;
use window::Window;

pub use session::Member;

/// Who asked for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The configuration: comes back with every session, whatever is cached.
    Configuration,
    /// A command.
    Command,
}

/// What became of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    /// The peers will get it.
    Queued,
    /// The peers have it already, or will get it: nothing to do.
    Unchanged,
    /// It waits for its watchdog.
    Parked,
}

/// The peers are to have it.
const WANTED: u8 = 1;
/// It is in the list of changes.
const LISTED: u8 = 2;
/// Sessions that may have told it and have not come here yet have to say that it is gone, before its announcement if it is
/// wanted again.
const WITHDRAWN: u8 = 4;
/// Its watchdog holds it back.
const PARKED: u8 = 8;
/// The configuration has it.
const CONFIGURED: u8 = 16;
/// The configuration that is being read named it already.
const NAMED: u8 = 32;
/// The place of a session may be here.
const HELD: u8 = 64;
/// It is among the graves.
const BURIED: u8 = 128;

#[derive(Clone, Debug)]
struct Route {
    attributes: Option<AttributesId>,
    /// Its neighbors in the list of changes.
    previous: RouteId,
    next: RouteId,
    /// How often sessions had been sent something when it came to be wanted: those that were sent nothing since do not know it.
    born: u32,
    flags: u8,
}

impl Default for Route {
    fn default() -> Self {
        Self { attributes: None, previous: NONE, next: NONE, born: 0, flags: 0 }
    }
}

impl Route {
    const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// What is sent once a session and is no route of the table: attributes without NLRI, or with one that a later statement of
/// the configuration announces with others. ExaBGP sends both, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Once {
    attributes: AttributesId,
    nlri: Option<(Family, Option<u32>, Box<[u8]>)>,
}

impl Once {
    fn nlri(&self) -> Option<Nlri<'_>> {
        let (family, path_id, bytes) = self.nlri.as_ref()?;
        Some(Nlri { family: *family, path_id: *path_id, bytes })
    }
}

/// So many sets without NLRI may wait to be sent.
const MOST_ALONE: usize = 4096;

/// So many withdrawals, or routes of a table that is sent again, may go as one UPDATE each, as ExaBGP sends them; more than
/// that are packed.
const LONELY: usize = 1000;

/// How the messages of a session are made.
#[derive(Debug)]
pub struct Sending<'a> {
    /// Its buffers are used again.
    pub encoder: &'a mut UpdateEncoder,
    /// What the session agreed upon.
    pub negotiated: &'a Negotiated,
    /// Whether routes share UPDATEs (`group-updates`).
    pub group: bool,
    /// Whether changes wait: only what the peer has is sent again when it asks for it.
    pub holding: bool,
}

/// The routes to all peers that are to have the same.
#[derive(Debug)]
pub struct AdjRibOut {
    table: Table<Route>,
    /// The ends of the list of changes.
    first: RouteId,
    last: RouteId,
    /// Changes of the list so far.
    version: u64,
    /// How often a session was sent something.
    epoch: u32,
    sessions: Vec<Option<Session>>,
    /// How many sessions are established.
    established: usize,
    /// How many of them were sent a route: for the others there is nothing to withdraw.
    speaking: usize,
    /// Routes that were withdrawn, in that order, until every session has passed them.
    graves: VecDeque<RouteId>,
    /// How many graves there are when it is worth while to look at them again.
    dig_at: usize,
    /// What there is to know of a withdrawal beside that it is one.
    withdrawn: HashMap<RouteId, Withdrawn>,
    watchdogs: Watchdogs,
    /// What the configuration says beside routes of the table: sent with every session.
    standing: Vec<Once>,
    /// How often what the configuration had said of a route came to be something else.
    alterations: u64,
    /// Whether what was sent is kept (`adj-rib-out`). Without, there is one session at most.
    cache: bool,
    chunks: Chunks,
    window: Window,
}

impl AdjRibOut {
    /// An empty table; `cache` is the configuration's `adj-rib-out`.
    pub fn new(cache: bool) -> Self {
        Self {
            table: Table::default(),
            first: NONE,
            last: NONE,
            version: 0,
            epoch: 0,
            sessions: Vec::new(),
            established: 0,
            speaking: 0,
            graves: VecDeque::new(),
            dig_at: 0,
            withdrawn: HashMap::new(),
            watchdogs: Watchdogs::default(),
            standing: Vec::new(),
            alterations: 0,
            cache,
            chunks: Chunks::default(),
            window: Window::default(),
        }
    }

    /// Announces a route. The reference of `attributes` goes to the table. With `parked`, it waits until its watchdog
    /// announces it.
    pub fn announce(
        &mut self,
        store: &mut AttributeStore,
        nlri: &Nlri<'_>,
        attributes: AttributesId,
        origin: Origin,
        watchdog: Option<&str>,
        parked: bool,
    ) -> Announced {
        let (id, had) = self.table.find_or_insert(nlri);
        let same_watchdog = watchdog.is_some() && self.watchdogs.name(id) == watchdog;
        if watchdog.is_none() && origin == Origin::Configuration {
            self.watchdogs.remove(id);
        }
        if let Some(name) = watchdog
            && !same_watchdog
        {
            self.watchdogs.insert(name, id);
        }
        let Some(route) = self.table.get_mut(id) else { return Announced::Unchanged };
        let mut parked = parked;
        let repeated = origin == Origin::Configuration && route.is(NAMED);
        if origin == Origin::Configuration {
            if route.is(CONFIGURED) && same_watchdog {
                // A configuration that is read again does not undo what the watchdog has done.
                parked = route.is(PARKED);
            }
            route.flags |= CONFIGURED | NAMED;
        } else if route.is(CONFIGURED) {
            self.alterations += 1;
        }
        if repeated {
            // Who looks for what a configuration has no more would take it for gone with the first of them.
            self.alterations += 1;
        }
        let same = had == Had::Same && route.attributes == Some(attributes);
        if let Some(old) = route.attributes.replace(attributes) {
            if repeated && !same && had == Had::Same && self.standing.len() < MOST_ALONE {
                let nlri = Some((nlri.family, nlri.path_id, nlri.bytes.into()));
                self.standing.push(Once { attributes: old, nlri });
            } else {
                store.release(old);
            }
        }
        if parked {
            route.flags |= PARKED;
            self.unwant(id, false);
            return Announced::Parked;
        }
        route.flags &= !PARKED;
        // What is not kept is sent as often as it is said.
        if same && route.is(WANTED) && (self.cache || route.is(CONFIGURED)) {
            return Announced::Unchanged;
        }
        self.want(id);
        Announced::Queued
    }

    /// Announces attributes without NLRI to all peers of the table. The reference goes to the table. A command's are sent once
    /// and kept nowhere; those of the configuration are sent with every session. Returns whether they will be sent.
    pub fn announce_attributes(
        &mut self,
        store: &mut AttributeStore,
        attributes: AttributesId,
        origin: Origin,
    ) -> bool {
        let once = Once { attributes, nlri: None };
        let mut sent = origin == Origin::Configuration;
        if origin == Origin::Configuration && !self.standing.contains(&once) {
            store.retain(attributes);
            self.standing.push(once.clone());
        } else if origin == Origin::Configuration {
            store.release(attributes);
            return true;
        }
        for session in self.sessions.iter_mut().flatten() {
            sent |= session.once(store, &once);
        }
        store.release(attributes);
        sent
    }

    /// Announces attributes without NLRI once, to one peer: nothing keeps them, so that the others of the table need not know.
    /// The reference goes to the table. Returns whether they will be sent.
    pub fn announce_attributes_to(
        &mut self,
        store: &mut AttributeStore,
        member: Member,
        attributes: AttributesId,
    ) -> bool {
        let once = Once { attributes, nlri: None };
        let sent = self.session_mut(member).is_some_and(|session| session.once(store, &once));
        store.release(attributes);
        sent
    }

    /// Withdraws a route: an UPDATE says so whether or not a peer was told of it, as ExaBGP does, but only in sessions in which
    /// a route was sent. Returns whether the route was known.
    ///
    /// `attributes` are those that the withdrawal is to carry, for families whose withdrawals do; those of the route otherwise.
    /// Their reference goes to the table. Before the first route of a session they are sent alone, as ExaBGP does.
    pub fn withdraw(
        &mut self,
        store: &mut AttributeStore,
        nlri: &Nlri<'_>,
        attributes: Option<AttributesId>,
    ) -> bool {
        let found = self.table.find(nlri);
        if let (None, Some(attributes)) = (found, attributes) {
            let once = Once { attributes, nlri: None };
            for session in self.sessions.iter_mut().flatten().filter(|session| !session.spoke) {
                session.once_more(store, &once);
            }
        }
        let id = match found {
            Some(id) => id,
            None if self.speaking > 0 => self.table.find_or_insert(nlri).0,
            None => {
                if let Some(attributes) = attributes {
                    store.release(attributes);
                }
                return false;
            }
        };
        let Some(route) = self.table.get_mut(id) else { return false };
        let known = route.is(WANTED | PARKED);
        self.alterations += u64::from(route.is(CONFIGURED));
        route.flags &= !(PARKED | CONFIGURED);
        self.watchdogs.remove(id);
        self.unwant(id, true);
        if let Some(attributes) = attributes {
            let waits = self.table.get(id).is_some_and(|route| route.is(WITHDRAWN));
            let unused = if waits { self.carry(id, attributes) } else { Some(attributes) };
            if let Some(unused) = unused {
                store.release(unused);
            }
        }
        self.forget_if_idle(store, id);
        known
    }

    /// Announces (or parks) every route of a watchdog. Returns how many there are.
    pub fn watchdog(&mut self, store: &mut AttributeStore, name: &str, announce: bool) -> usize {
        let routes = self.watchdogs.routes(name);
        for id in &routes {
            let Some(route) = self.table.get_mut(*id) else { continue };
            if announce && route.is(PARKED) {
                route.flags &= !PARKED;
                self.want(*id);
            } else if !announce && !route.is(PARKED) {
                route.flags |= PARKED;
                self.unwant(*id, false);
                self.forget_if_idle(store, *id);
            }
        }
        routes.len()
    }

    /// Withdraws and forgets every route; what was not sent yet is just forgotten.
    pub fn clear(&mut self, store: &mut AttributeStore) -> usize {
        self.alterations += 1;
        let mut from = 0;
        let mut count = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            count += 1;
            self.give_up(store, id);
        }
        count
    }

    /// Withdraws a route that the peers may have, and forgets it.
    fn give_up(&mut self, store: &mut AttributeStore, id: RouteId) {
        if let Some(route) = self.table.get_mut(id) {
            route.flags &= !(PARKED | CONFIGURED);
        }
        self.watchdogs.remove(id);
        self.unwant(id, false);
        self.forget_if_idle(store, id);
    }

    /// Forgets everything without a word to any peer, and gives the references back.
    pub fn drop_all(&mut self, store: &mut AttributeStore) {
        for member in self.members().collect::<Vec<_>>() {
            self.session_down(store, member);
        }
        for once in self.standing.drain(..) {
            store.release(once.attributes);
        }
        for attributes in self.withdrawn.drain().filter_map(|(_, one)| one.attributes) {
            store.release(attributes);
        }
        let mut from = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            if let Some(attributes) = self.table.get(id).and_then(|route| route.attributes) {
                store.release(attributes);
            }
        }
        self.alterations += 1;
        self.table.clear();
        self.graves.clear();
        self.watchdogs = Watchdogs::default();
        (self.first, self.last) = (NONE, NONE);
        self.version += 1;
    }

    /// Whether what was sent is kept from now on (`adj-rib-out`).
    pub const fn set_cache(&mut self, cache: bool) {
        self.alterations += 1;
        self.cache = cache;
    }

    /// Whether there is a route to an NLRI, announced or waiting for its watchdog.
    pub fn has(&self, nlri: &Nlri<'_>) -> bool {
        let route = self.table.find(nlri).and_then(|id| self.table.get(id));
        route.is_some_and(|route| route.is(WANTED | PARKED))
    }

    /// How many routes the peers are to have.
    pub fn len(&self) -> usize {
        self.table.iter().filter(|(_, _, route)| route.is(WANTED)).count()
    }

    /// Whether there is none, and nothing else that a new session is told.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty() && self.standing.is_empty()
    }

    /// The routes that the peers are to have.
    pub fn routes(&self) -> impl Iterator<Item = (Nlri<'_>, AttributesId)> {
        self.table
            .iter()
            .filter(|(_, _, route)| route.is(WANTED))
            .filter_map(|(_, nlri, route)| Some((nlri, route.attributes?)))
    }

    /// The first route at or after a place of the table: to walk it while it changes.
    pub fn next_route(&self, mut from: RouteId) -> Option<(RouteId, Nlri<'_>, AttributesId)> {
        loop {
            let id = self.table.next_from(from)?;
            let route = self.table.get(id)?;
            if route.is(WANTED)
                && let (Some(nlri), Some(attributes)) = (self.table.nlri(id), route.attributes)
            {
                return Some((id, nlri, attributes));
            }
            from = id + 1;
        }
    }

    /// The first route at or after a place of the table, with what it is if a peer may have it: to tell somebody else what it was
    /// sent, while the table changes. Whatever it may have and is not true any more is withdrawn or sent anew later, and what it has not been sent
    /// yet and is not given here follows as well: who is told of all that is sent from then on ends with what the peer has.
    pub fn next_told(
        &self,
        member: Member,
        from: RouteId,
    ) -> Option<(RouteId, Option<(Nlri<'_>, AttributesId)>)> {
        let session = self.session(member).filter(|session| session.spoke)?;
        let (id, nlri, attributes) = self.next_route(from)?;
        let is_told = self.table.get(id).is_some_and(|route| route.born < session.heard);
        Some((id, is_told.then_some((nlri, attributes))))
    }

    /// The peers are to have the route, with the attributes that it has now: the last change.
    fn want(&mut self, id: RouteId) {
        let (epoch, version) = (self.epoch, self.version);
        let Some(route) = self.table.get_mut(id) else { return };
        if !route.is(WANTED) {
            route.flags |= WANTED;
            if route.is(WITHDRAWN) {
                // Sessions that have not said so yet still have to.
                self.withdrawn.entry(id).or_default().before = version + 1;
            } else {
                route.born = epoch;
            }
        }
        self.append(id);
    }

    /// The peers are not to have the route. Sessions that may have told it have to say that it is gone; with `always`, all that
    /// told anything.
    fn unwant(&mut self, id: RouteId, always: bool) {
        let (epoch, speaking) = (self.epoch, self.speaking > 0);
        let Some(route) = self.table.get_mut(id) else { return };
        let was_told = route.is(WANTED) && route.born < epoch;
        let is_new = route.is(WANTED) || always;
        route.flags &= !WANTED;
        if always && speaking {
            route.born = 0;
        }
        if speaking && (always || was_told || route.is(WITHDRAWN)) {
            route.flags |= WITHDRAWN;
            if is_new {
                self.append(id);
                self.dig(id);
            }
        } else {
            self.unlink(id);
        }
    }

    /// Forgets a route that nobody wants and nobody waits for.
    fn forget_if_idle(&mut self, store: &mut AttributeStore, id: RouteId) {
        let idle = self
            .table
            .get(id)
            .is_some_and(|route| !route.is(WANTED | WITHDRAWN | PARKED | CONFIGURED));
        if idle {
            self.forget_withdrawal(store, id);
            if let Some(attributes) = self.table.remove(id).and_then(|route| route.attributes) {
                store.release(attributes);
            }
        }
    }
}
