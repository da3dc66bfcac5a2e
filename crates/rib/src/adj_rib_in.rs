//! The Adj-RIB-In: what the peer announced and did not withdraw.
//!
//! Prefixes of IPv4 and IPv6 have tables of their own ([`prefixes`]), each family one; everything else shares one.
//! UPDATEs may be put off ([`AdjRibIn::put_off`]): who is told of them first is not kept waiting for a table that nobody looks
//! at.

mod log;
mod prefixes;

use yottabgp_wire::attribute::set::push_received;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::{NextHop, wire_next_hop};
use yottabgp_wire::nlri::{Nlri, NlriIter, is_plain_prefix};

use crate::store::{AttributeStore, AttributesId};
use crate::table::Table;
use log::{Entry, Log};
use prefixes::Prefixes;

/// The octets of UPDATEs that may be put off: a full table of the Internet. What comes on top takes as much of them in.
pub const MOST_PUT_OFF: usize = 32 * 1024 * 1024;

/// A place in the tables of a peer, to walk them while they change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The number of the table.
    table: usize,
    /// The place in it.
    pub at: u32,
}

impl Place {
    /// Another place in the same table.
    #[must_use]
    pub const fn with(self, at: u32) -> Self {
        Self { table: self.table, at }
    }

    /// The one behind it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { table: self.table, at: self.at.saturating_add(1) }
    }
}

/// The routes from one peer.
#[derive(Debug, Default)]
pub struct AdjRibIn {
    /// In the order in which the families came.
    prefixes: Vec<Prefixes>,
    others: Table<Option<AttributesId>>,
    log: Log,
    set: Vec<u8>,
    nlri: Vec<u8>,
}

impl AdjRibIn {
    /// Takes an UPDATE, as RFC 7606 left it: withdrawals first, then announcements. Returns how many routes were
    /// announced and withdrawn.
    pub fn apply(&mut self, store: &mut AttributeStore, update: &Update<'_>) -> (u64, u64) {
        self.take_in_all(store);
        let mut withdrawn = 0;
        for nlri in update.withdrawn() {
            withdrawn += self.withdraw(store, nlri);
        }
        let mut announced = 0;
        let mut set_is_made = false;
        for (next_hop, nlri) in update.announced() {
            if !set_is_made {
                self.set.clear();
                push_set(update, &mut self.set);
                set_is_made = true;
            }
            let next_hop = wire_next_hop(next_hop).map_or(NextHop::Absent, NextHop::from);
            let attributes = store.intern(&self.set, next_hop);
            announced += self.announce(store, attributes, nlri);
            store.release(attributes);
        }
        (announced, withdrawn)
    }

    /// Remembers an UPDATE and takes it in later: by [`Self::take_in`], or when too many wait. The same as [`Self::apply`]
    /// for whoever looks at the tables after [`Self::take_in`] said that nothing is left.
    pub fn put_off(&mut self, store: &mut AttributeStore, update: &Update<'_>) -> (u64, u64) {
        let plain = |nlri: &NlriIter<'_>| is_plain_prefix(nlri.family());
        let all_plain = update.withdrawn().all(|nlri| plain(&nlri))
            && update.announced().all(|(_, nlri)| plain(&nlri));
        if !all_plain {
            return self.apply(store, update);
        }
        let (octets, counts) = self.log.push(update);
        if self.log.octets() > MOST_PUT_OFF {
            // Twice as much as came: it does not stay at its bound.
            self.take_in(store, 2 * octets);
        }
        counts
    }

    /// Takes in UPDATEs that were put off, the oldest first, as many as have so many octets. Returns whether more are left.
    pub fn take_in(&mut self, store: &mut AttributeStore, octets: usize) -> bool {
        let mut log = std::mem::take(&mut self.log);
        log.take(octets, |entry| match entry {
            Entry::Withdrawn(family, paths, octets) => {
                if let Some(table) = find(&mut self.prefixes, family, paths) {
                    withdraw(table, store, octets);
                }
            }
            Entry::Announced(family, paths, octets, next_hop, set) => {
                let next_hop = wire_next_hop(next_hop).map_or(NextHop::Absent, NextHop::from);
                let attributes = store.intern(set, next_hop);
                let table = find_or_make(&mut self.prefixes, family, paths);
                announce(table, store, attributes, octets);
                store.release(attributes);
            }
        });
        self.log = log;
        !self.log.is_empty()
    }

    /// Whether UPDATEs wait to be taken in.
    pub const fn has_put_off(&self) -> bool {
        !self.log.is_empty()
    }

    /// How many octets of UPDATEs were put off so far, and how many of those taken in: to see whether those up to a moment are.
    pub const fn progress(&self) -> [u64; 2] {
        self.log.progress()
    }

    fn take_in_all(&mut self, store: &mut AttributeStore) {
        if self.has_put_off() {
            self.take_in(store, usize::MAX);
        }
    }

    fn announce(
        &mut self,
        store: &mut AttributeStore,
        attributes: AttributesId,
        nlri: NlriIter<'_>,
    ) -> u64 {
        if is_plain_prefix(nlri.family()) {
            let table = find_or_make(&mut self.prefixes, nlri.family(), nlri.has_path_id());
            announce(table, store, attributes, nlri.octets());
            return count(&nlri);
        }
        let mut announced = 0;
        for nlri in nlri.flatten() {
            announced += 1;
            let nlri = nlri.canonical(&mut self.nlri);
            let (id, _) = self.others.find_or_insert(&nlri);
            if let Some(slot) = self.others.get_mut(id) {
                store.retain(attributes);
                if let Some(old) = slot.replace(attributes) {
                    store.release(old);
                }
            }
        }
        announced
    }

    fn withdraw(&mut self, store: &mut AttributeStore, nlri: NlriIter<'_>) -> u64 {
        if is_plain_prefix(nlri.family()) {
            if let Some(table) = find(&mut self.prefixes, nlri.family(), nlri.has_path_id()) {
                withdraw(table, store, nlri.octets());
            }
            return count(&nlri);
        }
        let mut withdrawn = 0;
        for nlri in nlri.flatten() {
            withdrawn += 1;
            let nlri = nlri.canonical(&mut self.nlri);
            if let Some(attributes) =
                self.others.find(&nlri).and_then(|id| self.others.remove(id)).flatten()
            {
                store.release(attributes);
            }
        }
        withdrawn
    }

    /// Forgets everything, what was put off as well. Returns how many routes were in the tables.
    pub fn clear(&mut self, store: &mut AttributeStore) -> usize {
        self.log = Log::default();
        let count = self.len();
        for table in std::mem::take(&mut self.prefixes) {
            forget(&table, store);
        }
        for (_, _, attributes) in self.others.iter() {
            if let Some(attributes) = attributes {
                store.release(*attributes);
            }
        }
        self.others.clear();
        count
    }

    /// Forgets the routes of a family.
    pub fn clear_family(&mut self, store: &mut AttributeStore, family: Family) {
        self.take_in_all(store);
        self.prefixes.retain(|table| {
            if table.family() == family {
                forget(table, store);
            }
            table.family() != family
        });
        let mut from = 0;
        while let Some(id) = self.others.next_from(from) {
            from = id + 1;
            if self.others.nlri(id).is_some_and(|nlri| nlri.family == family)
                && let Some(attributes) = self.others.remove(id).flatten()
            {
                store.release(attributes);
            }
        }
    }

    /// How many routes there are, without what is put off.
    pub fn len(&self) -> usize {
        self.prefixes.iter().map(Prefixes::len).sum::<usize>() + self.others.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first route at or after a place, of those that are taken in: prefixes first, family by family.
    pub fn next_route(&self, from: Place) -> Option<(Place, Nlri<'_>, AttributesId)> {
        let mut from = from;
        while let Some(table) = self.prefixes.get(from.table) {
            if let Some((at, nlri, attributes)) = table.next_from(from.at) {
                return Some((Place { at, ..from }, nlri, attributes));
            }
            from = Place { table: from.table + 1, at: 0 };
        }
        // Families that come during a walk do not move what is behind them into it again.
        loop {
            let id = self.others.next_from(from.at)?;
            if let (Some(nlri), Some(attributes)) =
                (self.others.nlri(id), self.others.get(id).copied().flatten())
            {
                return Some((Place { at: id, table: usize::MAX }, nlri, attributes));
            }
            from.at = id + 1;
        }
    }

    /// The routes that are taken in, in the order of [`Self::next_route`].
    pub fn routes(&self) -> impl Iterator<Item = (Nlri<'_>, AttributesId)> {
        let mut from = Place::default();
        std::iter::from_fn(move || {
            let (place, nlri, attributes) = self.next_route(from)?;
            from = place.next();
            Some((nlri, attributes))
        })
    }
}

fn find(tables: &mut [Prefixes], family: Family, paths: bool) -> Option<&mut Prefixes> {
    tables.iter_mut().find(|table| table.family() == family && table.has_paths() == paths)
}

fn find_or_make(tables: &mut Vec<Prefixes>, family: Family, paths: bool) -> &mut Prefixes {
    let found =
        tables.iter().position(|table| table.family() == family && table.has_paths() == paths);
    let at = found.unwrap_or(tables.len());
    if found.is_none() {
        tables.push(Prefixes::new(family, paths));
    }
    #[expect(clippy::indexing_slicing, reason = "it was found, or made behind the last")]
    &mut tables[at]
}

/// Announces the prefixes of a field; each holds a reference of the attributes then.
fn announce(
    table: &mut Prefixes,
    store: &mut AttributeStore,
    attributes: AttributesId,
    octets: &[u8],
) {
    let mut replaced = Released::default();
    let added = table.announce(octets, attributes, |old| {
        // Who has these keeps its reference.
        if old != attributes {
            replaced.add(store, old);
        }
    });
    store.retain_many(attributes, added.saturating_add(replaced.all));
    replaced.finish(store);
}

fn withdraw(table: &mut Prefixes, store: &mut AttributeStore, octets: &[u8]) {
    let mut removed = Released::default();
    table.withdraw(octets, |old| removed.add(store, old));
    removed.finish(store);
}

fn forget(table: &Prefixes, store: &mut AttributeStore) {
    let mut removed = Released::default();
    table.attributes(|old| removed.add(store, old));
    removed.finish(store);
}

/// References that are given back: neighbours mostly have the same attributes.
#[derive(Default)]
struct Released {
    last: Option<AttributesId>,
    count: u32,
    all: u32,
}

impl Released {
    fn add(&mut self, store: &mut AttributeStore, attributes: AttributesId) {
        self.all += 1;
        if self.last != Some(attributes) {
            self.finish(store);
            self.last = Some(attributes);
        }
        self.count += 1;
    }

    fn finish(&mut self, store: &mut AttributeStore) {
        if let Some(last) = self.last.take() {
            store.release_many(last, std::mem::take(&mut self.count));
        }
    }
}

/// How many prefixes a field has.
fn count(nlri: &NlriIter<'_>) -> u64 {
    log::count(nlri.octets(), nlri.has_path_id())
}

/// NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI say where and what, not how: they are not of the set.
const NOT_OF_THE_SET: [u8; 3] = [3, 14, 15];

/// Writes the set of an UPDATE.
fn push_set(update: &Update<'_>, out: &mut Vec<u8>) {
    for attribute in update.attributes() {
        if !NOT_OF_THE_SET.contains(&attribute.code) {
            push_received(&attribute, out);
        }
    }
}
