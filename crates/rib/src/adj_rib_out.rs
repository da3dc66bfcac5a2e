//! The Adj-RIB-Out: what the peer is to have, what it was sent, and what is still to be sent.

pub mod configuration;
mod fill;

use std::collections::VecDeque;

use hashbrown::HashMap;
use yottabgp_wire::codes::Family;
use yottabgp_wire::nlri::Nlri;

use crate::pending::{Joins, Link, Links, Pending};
use crate::store::{AttributeStore, AttributesId};
use crate::table::{Had, RouteId, Table};
use crate::watchdog::Watchdogs;

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
    /// The peer will get it.
    Queued,
    /// The peer has it already, or will get it: nothing to do.
    Unchanged,
    /// It waits for its watchdog.
    Parked,
}

/// The peer is to have it.
const WANTED: u8 = 1;
/// The peer has it, maybe with older attributes.
const SENT: u8 = 2;
/// Its withdrawal is to be sent.
const WITHDRAWING: u8 = 4;
/// Its watchdog holds it back.
const PARKED: u8 = 8;
/// The configuration has it.
const CONFIGURED: u8 = 16;
/// The configuration that is being read named it already.
const NAMED: u8 = 32;

#[derive(Debug, Default)]
struct Route {
    attributes: Option<AttributesId>,
    link: Link,
    flags: u8,
}

impl Route {
    const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl Links for Table<Route> {
    fn link(&mut self, id: RouteId) -> Option<&mut Link> {
        self.get_mut(id).map(|route| &mut route.link)
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

/// A family that is sent again.
#[derive(Clone, Copy, Debug)]
struct Refresh {
    family: Family,
    /// The next route to look at.
    from: RouteId,
    started: bool,
}

/// How many routes of a group go to the encoder at once.
const CHUNK: usize = 8192;

/// So many sets without NLRI may wait to be sent.
const MOST_ALONE: usize = 4096;

/// So many reasons wait for the log.
const MOST_REFUSED: usize = 100;

/// So many withdrawals may wait as one UPDATE each, as ExaBGP sends them; more than that are packed.
const LONELY_WITHDRAWALS: usize = 1000;

/// The routes to one peer.
#[derive(Debug)]
pub struct AdjRibOut {
    table: Table<Route>,
    pending: Pending,
    withdrawals: VecDeque<RouteId>,
    /// The attributes that withdrawals carry, where they are not those of the route: it may be announced anew before they go.
    carried: HashMap<RouteId, AttributesId>,
    refreshes: VecDeque<Refresh>,
    watchdogs: Watchdogs,
    /// What is no route of the table, still to be sent.
    alone: VecDeque<Once>,
    /// That of the configuration: sent with every session.
    standing: Vec<Once>,
    /// Whether what was sent is kept (`adj-rib-out`).
    cache: bool,
    established: bool,
    /// Whether a route was sent in this session: before that there is nothing to withdraw.
    spoke: bool,
    chunk: Vec<RouteId>,
    /// Why routes could not be sent: bounded, for the log.
    refused: Vec<String>,
}

impl AdjRibOut {
    /// An empty table; `cache` is the configuration's `adj-rib-out`.
    pub fn new(cache: bool) -> Self {
        Self {
            table: Table::default(),
            pending: Pending::default(),
            withdrawals: VecDeque::new(),
            carried: HashMap::new(),
            refreshes: VecDeque::new(),
            watchdogs: Watchdogs::default(),
            alone: VecDeque::new(),
            standing: Vec::new(),
            cache,
            established: false,
            spoke: false,
            chunk: Vec::new(),
            refused: Vec::new(),
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
        if origin == Origin::Configuration {
            if route.is(CONFIGURED) && same_watchdog {
                // A configuration that is read again does not undo what the watchdog has done.
                parked = route.is(PARKED);
            }
            route.flags |= CONFIGURED;
        }
        let same = had == Had::Same && route.attributes == Some(attributes);
        let repeated = origin == Origin::Configuration && route.is(NAMED);
        if origin == Origin::Configuration {
            route.flags |= NAMED;
        }
        if let Some(old) = route.attributes.replace(attributes) {
            if repeated && !same && had == Had::Same && self.standing.len() < MOST_ALONE {
                let nlri = Some((nlri.family, nlri.path_id, nlri.bytes.into()));
                self.standing.push(Once { attributes: old, nlri });
            } else {
                store.release(old);
            }
        }
        let Some(route) = self.table.get_mut(id) else { return Announced::Unchanged };
        if parked {
            route.flags |= PARKED;
            self.unwant(id);
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

    /// Announces attributes without NLRI. The reference goes to the table. A command's are sent once and kept nowhere;
    /// those of the configuration are sent with every session. Returns whether they will be sent.
    pub fn announce_attributes(
        &mut self,
        store: &mut AttributeStore,
        attributes: AttributesId,
        origin: Origin,
    ) -> bool {
        let once = Once { attributes, nlri: None };
        if origin == Origin::Configuration {
            if self.standing.contains(&once) {
                store.release(attributes);
                return true;
            }
            store.retain(attributes);
            self.standing.push(once.clone());
        }
        if self.established && self.alone.len() < MOST_ALONE {
            self.alone.push_back(once);
            return true;
        }
        store.release(attributes);
        origin == Origin::Configuration
    }

    /// Sends attributes without NLRI once, unless the same wait already.
    fn send_alone(&mut self, store: &mut AttributeStore, attributes: AttributesId) {
        let once = Once { attributes, nlri: None };
        if self.established && self.alone.len() < MOST_ALONE && !self.alone.contains(&once) {
            self.alone.push_back(once);
        } else {
            store.release(attributes);
        }
    }

    /// Withdraws a route: an UPDATE says so whether or not the peer was told of it, as ExaBGP does, but only while
    /// there is a session in which a route was sent. Returns whether the route was known.
    ///
    /// `attributes` are those that the withdrawal is to carry, for families whose withdrawals do; those of the route otherwise.
    /// Their reference goes to the table. Before the first route of a session they are sent alone, as ExaBGP does.
    pub fn withdraw(
        &mut self,
        store: &mut AttributeStore,
        nlri: &Nlri<'_>,
        attributes: Option<AttributesId>,
    ) -> bool {
        let id = if self.spoke {
            let (id, _) = self.table.find_or_insert(nlri);
            id
        } else {
            match self.table.find(nlri) {
                Some(id) => id,
                None => {
                    if let Some(attributes) = attributes {
                        self.send_alone(store, attributes);
                    }
                    return false;
                }
            }
        };
        let known = self.table.get(id).is_some_and(|route| route.is(WANTED | PARKED));
        if let Some(route) = self.table.get_mut(id) {
            route.flags &= !(PARKED | CONFIGURED);
            if self.spoke {
                route.flags |= SENT;
            }
        }
        self.watchdogs.remove(id);
        self.unwant(id);
        if let Some(attributes) = attributes {
            let waits = self.table.get(id).is_some_and(|route| route.is(WITHDRAWING));
            let unused = if waits { self.carried.insert(id, attributes) } else { Some(attributes) };
            if let Some(unused) = unused {
                store.release(unused);
            }
        }
        self.forget_if_idle(store, id);
        known
    }

    /// Announces (or parks) every route of a watchdog. Returns how many there are.
    pub fn watchdog(&mut self, name: &str, announce: bool) -> usize {
        let routes = self.watchdogs.routes(name);
        for id in &routes {
            let Some(route) = self.table.get_mut(*id) else { continue };
            if announce && route.is(PARKED) {
                route.flags &= !PARKED;
                self.want(*id);
            } else if !announce && !route.is(PARKED) {
                route.flags |= PARKED;
                self.unwant(*id);
            }
        }
        routes.len()
    }

    /// Withdraws and forgets every route; what was not sent yet is just forgotten.
    pub fn clear(&mut self, store: &mut AttributeStore) -> usize {
        let mut from = 0;
        let mut count = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            count += 1;
            if let Some(route) = self.table.get_mut(id) {
                route.flags &= !(PARKED | CONFIGURED);
            }
            self.watchdogs.remove(id);
            self.unwant(id);
            self.forget_if_idle(store, id);
        }
        count
    }

    /// Sends the routes of a family again, or those of every negotiated family: with the markers of RFC 7313 where they
    /// were negotiated.
    pub fn refresh(&mut self, families: &[Family]) {
        if !self.established {
            return;
        }
        for family in families {
            // A refresh that has not begun answers the second request too.
            if !self.refreshes.iter().any(|r| r.family == *family && !r.started) {
                self.refreshes.push_back(Refresh { family: *family, from: 0, started: false });
            }
        }
    }

    /// A session begins: the peer has nothing, everything wanted is queued.
    pub fn session_up(&mut self, store: &mut AttributeStore) {
        self.session_down(store);
        self.established = true;
        for once in &self.standing {
            store.retain(once.attributes);
            self.alone.push_back(once.clone());
        }
        let mut from = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            if self.table.get(id).is_some_and(|route| route.is(WANTED)) {
                // Which command came first does not matter any more: as few messages as can be.
                self.want_in(id, Joins::Any);
            }
        }
    }

    /// The session ended: what was to be sent is dropped, but not what the peer is to have.
    pub fn session_down(&mut self, store: &mut AttributeStore) {
        // A try to connect that failed has changed nothing.
        if !self.established {
            return;
        }
        self.established = false;
        self.spoke = false;
        self.pending.clear();
        self.withdrawals.clear();
        self.refreshes.clear();
        for attributes in self.alone.drain(..).map(|once| once.attributes) {
            store.release(attributes);
        }
        for (_, attributes) in self.carried.drain() {
            store.release(attributes);
        }
        let mut from = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            if let Some(route) = self.table.get_mut(id) {
                route.link = Link::default();
                route.flags &= !(SENT | WITHDRAWING);
            }
            self.forget_if_idle(store, id);
        }
    }

    /// Forgets everything without a word to the peer, and gives the references back.
    pub fn drop_all(&mut self, store: &mut AttributeStore) {
        self.session_down(store);
        self.forget_standing(store);
        let mut from = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            self.watchdogs.remove(id);
            if let Some(attributes) = self.table.remove(id).and_then(|route| route.attributes) {
                store.release(attributes);
            }
        }
    }

    /// Forgets what the configuration had sent once a session: a new one brings its own.
    fn forget_standing(&mut self, store: &mut AttributeStore) {
        for once in self.standing.drain(..) {
            store.release(once.attributes);
        }
    }

    /// Whether what was sent is kept from now on (`adj-rib-out`).
    pub const fn set_cache(&mut self, cache: bool) {
        self.cache = cache;
    }

    /// Whether something is to be sent.
    pub fn is_pending(&self) -> bool {
        self.pending.len() > 0
            || !self.withdrawals.is_empty()
            || !self.refreshes.is_empty()
            || !self.alone.is_empty()
    }

    /// Whether there is a route to an NLRI, announced or waiting for its watchdog.
    pub fn has(&self, nlri: &Nlri<'_>) -> bool {
        let route = self.table.find(nlri).and_then(|id| self.table.get(id));
        route.is_some_and(|route| route.is(WANTED | PARKED))
    }

    /// How many routes the peer is to have.
    pub fn len(&self) -> usize {
        self.table.iter().filter(|(_, _, route)| route.is(WANTED)).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The routes that the peer is to have.
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

    /// Takes what could not be sent, and why.
    pub fn take_refused(&mut self) -> Vec<String> {
        std::mem::take(&mut self.refused)
    }

    /// The peer is to have the route: queues it, last of its group.
    fn want(&mut self, id: RouteId) {
        let configured = self.table.get(id).is_some_and(|route| route.is(CONFIGURED));
        self.want_in(id, if configured { Joins::Any } else { Joins::Last });
    }

    fn want_in(&mut self, id: RouteId, joins: Joins) {
        let Some(family) = self.table.nlri(id).map(|nlri| nlri.family) else { return };
        let Some(route) = self.table.get_mut(id) else { return };
        route.flags |= WANTED;
        let configured = route.is(CONFIGURED);
        let Some(attributes) = route.attributes.filter(|_| self.established) else { return };
        self.pending.remove(&mut self.table, id);
        self.pending.push(&mut self.table, id, attributes, family, configured, joins);
    }

    /// The peer is not to have the route: what waits to be sent is dropped; if it was sent, its withdrawal is queued.
    fn unwant(&mut self, id: RouteId) {
        self.pending.remove(&mut self.table, id);
        let Some(route) = self.table.get_mut(id) else { return };
        route.flags &= !WANTED;
        if self.established && route.is(SENT) && !route.is(WITHDRAWING) {
            route.flags |= WITHDRAWING;
            self.withdrawals.push_back(id);
        }
    }

    /// Forgets a route that nobody wants and nobody waits for.
    fn forget_if_idle(&mut self, store: &mut AttributeStore, id: RouteId) {
        let idle = self
            .table
            .get(id)
            .is_some_and(|route| !route.is(WANTED | WITHDRAWING | PARKED | CONFIGURED));
        if idle && let Some(attributes) = self.table.remove(id).and_then(|route| route.attributes) {
            store.release(attributes);
        }
    }
}
