//! Routes that were withdrawn, as long as a session still has to say so.
//!
//! A grave that every session has passed is dug up, and so is one of a route that those who have not passed it were never told:
//! what a peer that does not read is kept for it is never more than what it was told.

use super::{AdjRibOut, BURIED, WANTED, WITHDRAWN};
use crate::store::{AttributeStore, AttributesId};
use crate::table::RouteId;

/// Graves that are dug up before others have their turn.
const AT_ONCE: usize = 16 * 1024;

/// So many graves more than were left the last time are worth another look while a session stays behind.
const SPARE: usize = 4096;

/// What there is to know of a withdrawal beside that it is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Withdrawn {
    /// For a route that is wanted again: who had nothing left to be sent at this version of the table, or later, has
    /// withdrawn it.
    pub(super) before: u64,
    /// The attributes that the withdrawal carries, where they are not those of the route.
    pub(super) attributes: Option<AttributesId>,
}

impl AdjRibOut {
    /// A route is withdrawn: remembers to look whether everybody knows.
    pub(super) fn dig(&mut self, id: RouteId) {
        if let Some(route) = self.table.get_mut(id).filter(|route| !route.is(BURIED)) {
            route.flags |= BURIED;
            self.graves.push_back(id);
        }
    }

    /// The withdrawal of a route carries these attributes. Returns others that it was to carry.
    pub(super) fn carry(&mut self, id: RouteId, attributes: AttributesId) -> Option<AttributesId> {
        self.withdrawn.entry(id).or_default().attributes.replace(attributes)
    }

    pub(super) fn forget_withdrawal(&mut self, store: &mut AttributeStore, id: RouteId) {
        // There are next to none.
        if !self.withdrawn.is_empty()
            && let Some(attributes) = self.withdrawn.remove(&id).and_then(|one| one.attributes)
        {
            store.release(attributes);
        }
    }

    /// Forgets withdrawn routes that no session has to speak of any more, if some session has just come to the end. Returns
    /// whether there may be more.
    pub(super) fn bury(&mut self, store: &mut AttributeStore) -> bool {
        if self.graves.is_empty() {
            return false;
        }
        let end = self.last;
        let behind = self.sessions.iter().flatten();
        let behind = behind.filter(|session| session.established && session.at != end);
        // What came to be wanted since then, those who are behind were never told.
        let Some(heard) = behind.map(|session| session.heard).max() else {
            self.dig_at = 0;
            for _ in 0..AT_ONCE {
                let Some(id) = self.graves.pop_front() else { return false };
                self.dig_up(store, id);
            }
            return !self.graves.is_empty();
        };
        if self.graves.len() < self.dig_at.max(SPARE) {
            return false;
        }
        for _ in 0..self.graves.len() {
            let Some(id) = self.graves.pop_front() else { break };
            let stays =
                self.table.get(id).is_some_and(|route| route.is(WANTED) || route.born < heard);
            if stays {
                self.graves.push_back(id);
            } else {
                self.dig_up(store, id);
            }
        }
        self.dig_at = 2 * self.graves.len() + SPARE;
        false
    }

    /// Everybody knows that the route was withdrawn.
    fn dig_up(&mut self, store: &mut AttributeStore, id: RouteId) {
        let Some(route) = self.table.get_mut(id) else { return };
        route.flags &= !(BURIED | WITHDRAWN);
        if route.is(WANTED) {
            self.forget_withdrawal(store, id);
            return;
        }
        self.unlink(id);
        self.forget_withdrawal(store, id);
        self.forget_if_idle(store, id);
    }
}
