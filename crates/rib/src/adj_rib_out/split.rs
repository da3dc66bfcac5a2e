//! Peers that are no longer to have the same routes: some of them take a copy of the table along.

use super::chunks::Chunks;
use super::window::Window;
use super::{AdjRibOut, Member};
use crate::store::AttributeStore;

impl AdjRibOut {
    /// Makes a table of their own for some of the peers, with the same routes. Each is still to be sent what it was before, and
    /// keeps its name. Takes time and memory for each route.
    pub fn split(&mut self, store: &mut AttributeStore, members: &[Member]) -> Self {
        let mut other = Self {
            table: self.table.clone(),
            first: self.first,
            last: self.last,
            version: self.version,
            epoch: self.epoch,
            sessions: self.sessions.iter().map(|_| None).collect(),
            established: 0,
            speaking: 0,
            graves: self.graves.clone(),
            dig_at: 0,
            withdrawn: self.withdrawn.clone(),
            watchdogs: self.watchdogs.clone(),
            standing: self.standing.clone(),
            alterations: self.alterations,
            cache: self.cache,
            chunks: Chunks::default(),
            window: Window::default(),
        };
        for (_, _, route) in other.table.iter() {
            if let Some(attributes) = route.attributes {
                store.retain(attributes);
            }
        }
        let withdrawn = other.withdrawn.values().filter_map(|one| one.attributes);
        for attributes in withdrawn.chain(other.standing.iter().map(|once| once.attributes)) {
            store.retain(attributes);
        }
        for member in members {
            if let (Some(from), Some(to)) = (self.slot(*member), other.slot(*member)) {
                *to = from.take();
            }
        }
        self.count_sessions();
        other.count_sessions();
        while self.bury(store) || other.bury(store) {}
        other
    }

    fn count_sessions(&mut self) {
        let sessions = || self.sessions.iter().flatten();
        let established = sessions().filter(|session| session.established).count();
        let speaking = sessions().filter(|session| session.spoke).count();
        (self.established, self.speaking) = (established, speaking);
    }
}
