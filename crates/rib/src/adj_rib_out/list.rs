//! The list of changes: routes in the order in which they were changed last, doubly linked through their records, so that a
//! change costs no memory and constant time.

use super::{AdjRibOut, HELD, LISTED};
use crate::table::{NONE, RouteId};

impl AdjRibOut {
    /// Makes a route the last change, wherever it was.
    pub(super) fn append(&mut self, id: RouteId) {
        self.unlink(id);
        let last = self.last;
        let Some(route) = self.table.get_mut(id) else { return };
        route.flags |= LISTED;
        route.previous = last;
        route.next = NONE;
        self.last = id;
        match self.table.get_mut(last) {
            Some(before) => before.next = id,
            None => self.first = id,
        }
        self.version += 1;
    }

    /// Takes a route out of the list, if it is there. A session that had come as far as this has come as far as the one before.
    pub(super) fn unlink(&mut self, id: RouteId) {
        let Some(route) = self.table.get_mut(id).filter(|route| route.is(LISTED)) else { return };
        let (previous, next, held) = (route.previous, route.next, route.is(HELD));
        route.flags &= !(LISTED | HELD);
        (route.previous, route.next) = (NONE, NONE);
        match self.table.get_mut(previous) {
            Some(before) => before.next = next,
            None => self.first = next,
        }
        match self.table.get_mut(next) {
            Some(after) => after.previous = previous,
            None => self.last = previous,
        }
        self.version += 1;
        if held {
            let places = self.sessions.iter_mut().flatten().flat_map(|session| session.places());
            for place in places.filter(|place| **place == id) {
                *place = previous;
            }
            self.hold(previous);
        }
    }

    /// Remembers that the place of a session may be here.
    pub(super) fn hold(&mut self, id: RouteId) {
        if let Some(route) = self.table.get_mut(id) {
            route.flags |= HELD;
        }
    }

    /// The route after this place, which is `NONE` before the first one.
    pub(super) fn after(&self, place: RouteId) -> Option<RouteId> {
        let next = match self.table.get(place) {
            Some(route) => route.next,
            None => self.first,
        };
        Some(next).filter(|next| *next != NONE)
    }
}
