//! The Adj-RIB-In: what the peer announced and did not withdraw.

use yottabgp_wire::attribute::set::push_received;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::{NextHop, wire_next_hop};
use yottabgp_wire::nlri::Nlri;

use crate::store::{AttributeStore, AttributesId};
use crate::table::{RouteId, Table};

/// The routes from one peer.
#[derive(Debug, Default)]
pub struct AdjRibIn {
    table: Table<Option<AttributesId>>,
    set: Vec<u8>,
    nlri: Vec<u8>,
}

impl AdjRibIn {
    /// Takes an UPDATE, as RFC 7606 left it: withdrawals first, then announcements. Returns how many routes were
    /// announced and withdrawn.
    pub fn apply(&mut self, store: &mut AttributeStore, update: &Update<'_>) -> (u64, u64) {
        let mut withdrawn = 0;
        for nlri in update.withdrawn().flatten().flatten() {
            withdrawn += 1;
            let nlri = nlri.canonical(&mut self.nlri);
            if let Some(attributes) =
                self.table.find(&nlri).and_then(|id| self.table.remove(id)).flatten()
            {
                store.release(attributes);
            }
        }
        let mut announced = 0;
        let mut set_is_made = false;
        for (next_hop, nlri) in update.announced() {
            if !set_is_made {
                self.set.clear();
                for attribute in update.attributes() {
                    if !NOT_OF_THE_SET.contains(&attribute.code) {
                        push_received(&attribute, &mut self.set);
                    }
                }
                set_is_made = true;
            }
            let next_hop = wire_next_hop(next_hop).map_or(NextHop::Absent, NextHop::from);
            let attributes = store.intern(&self.set, next_hop);
            for nlri in nlri.flatten() {
                announced += 1;
                let nlri = nlri.canonical(&mut self.nlri);
                let (id, _) = self.table.find_or_insert(&nlri);
                if let Some(slot) = self.table.get_mut(id) {
                    store.retain(attributes);
                    if let Some(old) = slot.replace(attributes) {
                        store.release(old);
                    }
                }
            }
            store.release(attributes);
        }
        (announced, withdrawn)
    }

    /// Forgets everything.
    pub fn clear(&mut self, store: &mut AttributeStore) -> usize {
        let count = self.table.len();
        for (_, _, attributes) in self.table.iter() {
            if let Some(attributes) = attributes {
                store.release(*attributes);
            }
        }
        self.table.clear();
        count
    }

    /// Forgets the routes of a family.
    pub fn clear_family(&mut self, store: &mut AttributeStore, family: Family) {
        let mut from = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            if self.table.nlri(id).is_some_and(|nlri| nlri.family == family)
                && let Some(attributes) = self.table.remove(id).flatten()
            {
                store.release(attributes);
            }
        }
    }

    /// How many routes there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The first route at or after a place of the table: to walk it while it changes.
    pub fn next_route(&self, mut from: RouteId) -> Option<(RouteId, Nlri<'_>, AttributesId)> {
        loop {
            let id = self.table.next_from(from)?;
            if let (Some(nlri), Some(attributes)) =
                (self.table.nlri(id), self.table.get(id).copied().flatten())
            {
                return Some((id, nlri, attributes));
            }
            from = id + 1;
        }
    }

    /// The routes.
    pub fn routes(&self) -> impl Iterator<Item = (Nlri<'_>, AttributesId)> {
        self.table.iter().filter_map(|(_, nlri, attributes)| Some((nlri, (*attributes)?)))
    }
}

/// NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI say where and what, not how: they are not of the set.
const NOT_OF_THE_SET: [u8; 3] = [3, 14, 15];
