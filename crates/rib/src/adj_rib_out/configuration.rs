//! A configuration that is read again: what it changes of the routes, done or only told. Both take the same decision, in
//! `AdjRibOut::effect`.
//!
//! [`AdjRibOut::begin_configuration`], then [`AdjRibOut::configure`] for each route of the file in its order, then
//! [`AdjRibOut::end_configuration`] for what the file does not have any more. Commands may change the table between.
//!
//! Who knows which routes the file before had, and that the table still has them as they were ([`AdjRibOut::stands`]), can do
//! with less: [`AdjRibOut::configure`] for each route that is not in both, then [`AdjRibOut::end_route`] for each that only the file
//! before may have, then [`AdjRibOut::end_name`] for each that was configured.

use std::ops::Range;

use yottabgp_wire::nlri::Nlri;

use super::{AdjRibOut, Announced, CONFIGURED, MOST_ALONE, NAMED, Once, Origin, PARKED, WANTED};
use crate::store::{AttributeStore, AttributesId};
use crate::table::RouteId;

/// A route of the file.
#[derive(Clone, Copy, Debug)]
pub struct Configured<'a> {
    /// What it is to; `None` for attributes alone.
    pub nlri: Option<Nlri<'a>>,
    /// Its watchdog.
    pub watchdog: Option<&'a str>,
    /// Whether it waits for its watchdog, unless that was heard already.
    pub parked: bool,
    /// Whether a later statement of the same file is to the same: then only a new session is told this one, before that.
    pub superseded: bool,
}

/// What a route of the file changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Same,
    /// Something that the peer does not see now: it waits for a watchdog, or has another one.
    Unseen,
    /// The peer is told the route.
    Announce,
    /// The peer is told that the route is gone.
    Withdraw,
}

/// What there was before.
#[derive(Debug)]
pub struct Before {
    /// What the configuration before had sent once a session.
    standing: Vec<Once>,
    /// There was no route: what the file has is all new, and a look at the table would only take time.
    fresh: bool,
    next: Next,
}

/// Where the next route of the file probably is in the table: behind that of the route before, where the configuration before
/// had both in this order.
#[derive(Clone, Copy, Debug, Default)]
struct Next(RouteId);

/// The routes that a file names while it is only looked at: one bit for each route of the table.
#[derive(Debug, Default)]
pub struct Marks {
    words: Vec<u64>,
    next: Next,
}

impl Marks {
    fn set(&mut self, id: RouteId) {
        let word = id as usize / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(bits) = self.words.get_mut(word) {
            *bits |= 1 << (id % 64);
        }
    }

    fn has(&self, id: RouteId) -> bool {
        self.words.get(id as usize / 64).is_some_and(|bits| bits & 1 << (id % 64) != 0)
    }
}

/// A moment of a table: see [`AdjRibOut::stands`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(u64);

impl Before {
    /// So many routes are left out that stand in the table one behind the other, as they do in the file.
    pub const fn leave_out(&mut self, count: u32) {
        self.next.0 = self.next.0.saturating_add(count);
    }

    /// The next route is probably the first of the table.
    pub const fn rewind(&mut self) {
        self.next.0 = 0;
    }
}

impl AdjRibOut {
    /// When a configuration begins to be read; to be compared with when the next one does.
    pub const fn moment(&self) -> Moment {
        Moment(self.alterations)
    }

    /// Whether each route of the configuration that began then is still what the configuration said, and there once. What
    /// watchdogs do is no change of that: a configuration that is read again does not undo it.
    pub const fn stands(&self, since: Moment) -> bool {
        self.alterations == since.0 && self.cache && self.standing.is_empty()
    }

    /// Withdraws a route of the configuration before, unless the present one named it. Tells whether the peer is told.
    pub fn end_route(
        &mut self,
        store: &mut AttributeStore,
        before: &mut Before,
        nlri: &Nlri<'_>,
    ) -> Option<Effect> {
        let id = self.find_next(before, nlri)?;
        let route = self.table.get(id).filter(|route| route.is(CONFIGURED) && !route.is(NAMED))?;
        let effect = if route.is(WANTED) { Effect::Withdraw } else { Effect::Unseen };
        self.give_up(store, id);
        Some(effect)
    }

    /// The present configuration has named all its routes, this one among them.
    pub fn end_name(&mut self, before: &mut Before, nlri: &Nlri<'_>) {
        if let Some(id) = self.find_next(before, nlri)
            && let Some(route) = self.table.get_mut(id)
        {
            route.flags &= !NAMED;
        }
    }

    fn find_next(&self, before: &mut Before, nlri: &Nlri<'_>) -> Option<RouteId> {
        let id = self.table.find_near(nlri, before.next.0)?;
        before.next.0 = id.saturating_add(1);
        Some(id)
    }

    /// A configuration is about to be read: what its predecessor had sent once a session is put aside.
    pub fn begin_configuration(&mut self) -> Before {
        let standing = std::mem::take(&mut self.standing);
        Before { standing, fresh: self.table.is_empty(), next: Next::default() }
    }

    /// The peer is to have this route of the file, with these attributes: the reference to them stays the caller's.
    pub fn configure(
        &mut self,
        store: &mut AttributeStore,
        before: &mut Before,
        route: &Configured<'_>,
        attributes: AttributesId,
    ) -> Effect {
        let Some(nlri) = &route.nlri else {
            return self.configure_alone(store, before, attributes);
        };
        if route.superseded {
            if self.standing.len() < MOST_ALONE {
                store.retain(attributes);
                let nlri = Some((nlri.family, nlri.path_id, nlri.bytes.into()));
                self.standing.push(Once { attributes, nlri });
            }
            return Effect::Same;
        }
        let (known, effect) = match before.fresh {
            true => (None, Effect::Announce),
            false => self.effect(&mut before.next, nlri, route, Some(attributes)),
        };
        if effect == Effect::Same
            && let Some(route) = known.and_then(|id| self.table.get_mut(id))
        {
            self.alterations += u64::from(route.is(NAMED));
            route.flags |= CONFIGURED | NAMED;
            return effect;
        }
        store.retain(attributes);
        let origin = Origin::Configuration;
        match self.announce(store, nlri, attributes, origin, route.watchdog, route.parked) {
            Announced::Parked if effect == Effect::Announce => Effect::Unseen,
            _ => effect,
        }
    }

    fn configure_alone(
        &mut self,
        store: &mut AttributeStore,
        before: &Before,
        attributes: AttributesId,
    ) -> Effect {
        let once = Once { attributes, nlri: None };
        if self.standing.contains(&once) {
            return Effect::Same;
        }
        store.retain(attributes);
        if before.standing.contains(&once) {
            self.standing.push(once);
            return Effect::Same;
        }
        self.announce_attributes(store, attributes, Origin::Configuration);
        Effect::Announce
    }

    /// What [`Self::configure`] would do; `attributes` are `None` when no table has them.
    pub fn would_configure(
        &self,
        marks: &mut Marks,
        route: &Configured<'_>,
        attributes: Option<AttributesId>,
    ) -> Effect {
        if route.superseded {
            return Effect::Same;
        }
        let Some(nlri) = &route.nlri else {
            let same = |once: &Once| once.nlri.is_none() && Some(once.attributes) == attributes;
            return if self.standing.iter().any(same) { Effect::Same } else { Effect::Announce };
        };
        let (known, effect) = self.effect(&mut marks.next, nlri, route, attributes);
        if let Some(id) = known {
            marks.set(id);
        }
        effect
    }

    /// The one decision: what becomes of a route when the file has it.
    fn effect(
        &self,
        next: &mut Next,
        nlri: &Nlri<'_>,
        route: &Configured<'_>,
        attributes: Option<AttributesId>,
    ) -> (Option<RouteId>, Effect) {
        let known = self.table.find_near(nlri, next.0);
        if let Some(id) = known {
            next.0 = id.saturating_add(1);
        }
        let found = known.and_then(|id| Some((id, self.table.get(id)?, self.table.nlri(id)?)));
        let Some((id, old, old_nlri)) = found else {
            return (None, if route.parked { Effect::Unseen } else { Effect::Announce });
        };
        let watchdog = self.watchdogs.name(id);
        let same_watchdog = watchdog == route.watchdog;
        // A configuration that is read again does not undo what the watchdog has done.
        let parked = if old.is(CONFIGURED) && watchdog.is_some() && same_watchdog {
            old.is(PARKED)
        } else {
            route.parked
        };
        let same = old_nlri.bytes == nlri.bytes
            && old.attributes.is_some()
            && old.attributes == attributes;
        let effect = match (parked, old.is(WANTED)) {
            (true, true) => Effect::Withdraw,
            (true, false) if same && same_watchdog && old.is(PARKED) => Effect::Same,
            (true, false) => Effect::Unseen,
            (false, true) if same && same_watchdog => Effect::Same,
            (false, true) if same => Effect::Unseen,
            (false, _) => Effect::Announce,
        };
        (known, effect)
    }

    /// The first place of the table that was never used: [`Self::end_configuration`] has to see all before it.
    pub fn end(&self) -> RouteId {
        self.table.end()
    }

    /// The file has been read: withdraws those of its routes in these places that it does not have any more. Tells each
    /// route, and whether the peer is told.
    pub fn end_configuration(
        &mut self,
        store: &mut AttributeStore,
        places: Range<RouteId>,
        mut gone: impl FnMut(Effect),
    ) {
        for id in places {
            let Some(route) = self.table.get_mut(id) else { break };
            let named = route.is(NAMED);
            route.flags &= !NAMED;
            if route.is(CONFIGURED) && !named {
                gone(if route.is(WANTED) { Effect::Withdraw } else { Effect::Unseen });
                self.give_up(store, id);
            }
        }
    }

    /// What [`Self::end_configuration`] would withdraw: the routes, and whether the peer would be told.
    pub fn would_withdraw(
        &self,
        marks: &Marks,
        places: Range<RouteId>,
    ) -> impl Iterator<Item = (Nlri<'_>, Effect)> {
        places.filter_map(|id| {
            let route =
                self.table.get(id).filter(|route| route.is(CONFIGURED) && !marks.has(id))?;
            let effect = if route.is(WANTED) { Effect::Withdraw } else { Effect::Unseen };
            Some((self.table.nlri(id)?, effect))
        })
    }
}

impl Before {
    /// Gives the references back.
    pub fn forget(self, store: &mut AttributeStore) {
        for once in self.standing {
            store.release(once.attributes);
        }
    }
}
