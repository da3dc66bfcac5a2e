//! What is kept of the routes that a router tells: a table for each session, view and policy stage.
//!
//! When the connection to the router is lost, its routes become stale: they stay for a while, and go one by one when the router tells
//! of them again, all at once at its End-of-RIB, or when their time is over.

use std::collections::HashMap;
use std::time::Instant;

use yottabgp_bmp::{PeerHeader, Policy, RibView, SessionKey};
use yottabgp_rib::adj_rib_in::{AdjRibIn, Place};
use yottabgp_rib::store::{AttributeStore, AttributesId};
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::nlri::Nlri;

use crate::remains::Remainder;

/// So many sessions of a router have tables: more than any router has.
const MOST_SESSIONS: usize = 65_536;

/// So many losses of the connection are told apart: before that, the router tells of its routes again.
const MOST_LOSSES: usize = 4;

/// The tables of a router.
#[derive(Debug, Default)]
pub(super) struct Tables {
    sessions: HashMap<SessionKey, Vec<View>>,
    /// Tables into which not all is taken that came.
    behind: Vec<(SessionKey, RibView, Policy)>,
}

/// A table.
#[derive(Debug)]
pub(super) struct View {
    /// Of whom, and which.
    pub(super) peer: PeerHeader,
    routes: AdjRibIn,
    /// Stale routes, each with when its time is over.
    stale: Vec<(Instant, AdjRibIn)>,
    /// The families whose End-of-RIB came.
    pub(super) ended: Vec<Family>,
}

/// A route to show, and whether it is stale.
pub(super) type Shown<'a> = (Nlri<'a>, AttributesId, bool);

/// A place in a table: which of its parts, and where in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At {
    part: usize,
    place: Place,
}

impl View {
    fn is(&self, view: RibView, policy: Policy) -> bool {
        (self.peer.view, self.peer.policy) == (view, policy)
    }

    /// How many routes there are, and how many of them are stale.
    pub(super) fn count(&self) -> (usize, usize) {
        let stale = self.stale.iter().map(|(_, routes)| routes.len()).sum();
        (self.routes.len() + stale, stale)
    }

    /// The first route at or after a place.
    pub(super) fn next(&self, from: At) -> Option<(At, Shown<'_>)> {
        let mut from = from;
        loop {
            let part = match from.part.checked_sub(1) {
                None => &self.routes,
                Some(stale) => &self.stale.get(stale)?.1,
            };
            if let Some((place, nlri, attributes)) = part.next_route(from.place) {
                let next = At { place: place.next(), ..from };
                return Some((next, (nlri, attributes, from.part > 0)));
            }
            from = At { part: from.part + 1, place: Place::default() };
        }
    }

    /// The first route at or after a place that is not stale.
    pub(super) fn next_fresh(&self, from: Place) -> Option<(Place, Nlri<'_>, AttributesId)> {
        self.routes.next_route(from)
    }

    fn forget(mut self, remainder: &mut Remainder) {
        remainder.add(self.routes.forget());
        for (_, mut stale) in self.stale {
            remainder.add(stale.forget());
        }
    }
}

impl Tables {
    /// Takes an UPDATE.
    pub(super) fn apply(
        &mut self,
        store: &mut AttributeStore,
        remainder: &mut Remainder,
        peer: &PeerHeader,
        update: &Update<'_>,
    ) {
        let key = peer.session();
        if self.sessions.len() >= MOST_SESSIONS && !self.sessions.contains_key(&key) {
            return;
        }
        let views = self.sessions.entry(key).or_default();
        let found = views.iter().position(|view| view.is(peer.view, peer.policy));
        let at = found.unwrap_or(views.len());
        if found.is_none() {
            let (routes, stale, ended) = (AdjRibIn::default(), Vec::new(), Vec::new());
            views.push(View { peer: *peer, routes, stale, ended });
        }
        let Some(view) = views.get_mut(at) else { return };
        if let Some(family) = update.end_of_rib() {
            if !view.ended.contains(&family) {
                view.ended.push(family);
            }
            for (_, stale) in &mut view.stale {
                remainder.add(stale.forget_family(store, family));
            }
            view.stale.retain(|(_, stale)| !stale.is_empty());
            return;
        }
        for (_, stale) in &mut view.stale {
            stale.forget_named(store, update);
        }
        for family in update.disabled_families() {
            remainder.add(view.routes.forget_family(store, family));
        }
        let was_behind = view.routes.has_put_off();
        view.routes.put_off(store, update);
        if !was_behind && view.routes.has_put_off() {
            self.behind.push((key, peer.view, peer.policy));
        }
    }

    /// Takes in what came.
    pub(super) fn take_in(&mut self, store: &mut AttributeStore) {
        for (key, view, policy) in self.behind.drain(..) {
            let views = self.sessions.get_mut(&key).into_iter().flatten();
            for table in views.filter(|table| table.is(view, policy)) {
                table.routes.take_in(store, usize::MAX);
            }
        }
    }

    /// A session begins: what it had before is not true any more. What is stale stays until it is told again.
    pub(super) fn up(&mut self, key: &SessionKey, remainder: &mut Remainder) {
        for view in self.sessions.get_mut(key).into_iter().flatten() {
            remainder.add(view.routes.forget());
            view.ended.clear();
        }
    }

    /// A session ended.
    pub(super) fn down(&mut self, key: &SessionKey, remainder: &mut Remainder) {
        for view in self.sessions.remove(key).into_iter().flatten() {
            view.forget(remainder);
        }
    }

    /// The connection to the router was lost: all routes are stale, until then. Returns whether there are any.
    pub(super) fn lost(
        &mut self,
        store: &mut AttributeStore,
        remainder: &mut Remainder,
        until: Instant,
    ) -> bool {
        self.take_in(store);
        for view in self.sessions.values_mut().flatten() {
            view.ended.clear();
            if view.routes.is_empty() {
                continue;
            }
            if view.stale.len() >= MOST_LOSSES {
                let (_, mut oldest) = view.stale.remove(0);
                remainder.add(oldest.forget());
            }
            view.stale.push((until, std::mem::take(&mut view.routes)));
        }
        self.clean();
        !self.sessions.is_empty()
    }

    /// Forgets what is stale for too long.
    pub(super) fn expire(&mut self, remainder: &mut Remainder, now: Instant) {
        for view in self.sessions.values_mut().flatten() {
            for (_, mut stale) in view.stale.extract_if(.., |(until, _)| *until <= now) {
                remainder.add(stale.forget());
            }
        }
        self.clean();
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self, remainder: &mut Remainder) {
        self.behind.clear();
        for view in self.sessions.drain().flat_map(|(_, views)| views) {
            view.forget(remainder);
        }
    }

    /// Drops tables that have nothing.
    fn clean(&mut self) {
        self.sessions.retain(|_, views| {
            views.retain(|view| {
                !view.routes.is_empty() || !view.stale.is_empty() || !view.ended.is_empty()
            });
            !views.is_empty()
        });
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// How many routes there are, and how many of them are stale.
    pub(super) fn count(&self) -> (usize, usize) {
        let counts = self.sessions.values().flatten().map(View::count);
        counts.fold((0, 0), |(all, stale), (more, staler)| (all + more, stale + staler))
    }

    /// The sessions, in no order.
    pub(super) fn sessions(&self) -> impl Iterator<Item = (&SessionKey, &Vec<View>)> {
        self.sessions.iter()
    }

    /// The tables of a session.
    pub(super) fn of(&self, key: &SessionKey) -> &[View] {
        self.sessions.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// A table.
    pub(super) fn view(&self, key: &SessionKey, view: RibView, policy: Policy) -> Option<&View> {
        self.of(key).iter().find(|table| table.is(view, policy))
    }
}
