//! The Adj-RIB-In: what the peer announced and did not withdraw.
//!
//! Prefixes of IPv4 and IPv6 have tables of their own ([`prefixes`]), each family one; everything else shares one.
//! UPDATEs may be put off ([`AdjRibIn::put_off`]): who is told of them first is not kept waiting for a table that nobody looks
//! at.

mod block;
mod log;
mod prefixes;

use yottabgp_wire::attribute::set::push_received;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::{NextHop, wire_next_hop};
use yottabgp_wire::nlri::{Nlri, NlriIter, is_plain_prefix};

use crate::store::{AttributeStore, AttributesId, SetHash};
use crate::table::{Had, Table};
use log::{Entries, Entry, Log};
use prefixes::Prefixes;

/// The octets of UPDATEs that all tables of a store together may put off: a full table of the Internet, or a million UPDATEs with
/// attributes of their own. They are about as many as the tables will have of them, so that the most memory is that of the tables.
/// What comes on top takes as much in.
pub const MOST_PUT_OFF: usize = 128 * 1024 * 1024;

/// So many octets of them are taken in at once then: a millisecond or less.
const PIECE: usize = 64 * 1024;

/// So many UPDATEs are looked at before the first of them is taken in.
const AHEAD: usize = 16;

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
    /// How many of the others are of each family.
    others_of: Vec<(Family, usize)>,
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
        (self.announce_all(store, update, update.announced()), withdrawn)
    }

    /// Announces these fields of an UPDATE. Returns how many routes they have.
    fn announce_all<'a>(
        &mut self,
        store: &mut AttributeStore,
        update: &Update<'_>,
        fields: impl Iterator<Item = (&'a [u8], NlriIter<'a>)>,
    ) -> u64 {
        let mut announced = 0;
        let mut set_is_made = false;
        for (next_hop, nlri) in fields {
            if !set_is_made {
                self.set.clear();
                push_set(update, &mut self.set);
                set_is_made = true;
            }
            let next_hop = wire_next_hop(next_hop).map_or(NextHop::Absent, NextHop::from);
            let attributes = store.intern(&self.set, next_hop);
            announced += self.announce(store, attributes, nlri);
        }
        announced
    }

    /// Remembers the prefixes of an UPDATE and takes them in later: by [`Self::take_in`], or when too many wait. The same as
    /// [`Self::apply`] for whoever looks at the tables after [`Self::take_in`] said that nothing is left. Other routes are taken
    /// in at once: prefixes that wait are none of them.
    pub fn put_off(&mut self, store: &mut AttributeStore, update: &Update<'_>) -> (u64, u64) {
        if self.log.is_empty() && store.put_off > MOST_PUT_OFF - 2 * PIECE {
            // Others have all the room: they fill it up again and again, piece by piece.
            return self.apply(store, update);
        }
        let (mut announced, mut withdrawn) = (0, 0);
        if let Some((octets, counts)) = self.log.push(update) {
            (announced, withdrawn) = counts;
            store.put_off += octets;
            if store.put_off > MOST_PUT_OFF {
                // Twice as much as came: it does not stay at its bound. Several are taken in with less work than one by one.
                self.take_in(store, (2 * octets).max(PIECE));
            }
        }
        for nlri in update.withdrawn().filter(|nlri| !is_plain_prefix(nlri.family())) {
            withdrawn += self.withdraw(store, nlri);
        }
        let others = update.announced().filter(|(_, nlri)| !is_plain_prefix(nlri.family()));
        announced += self.announce_all(store, update, others);
        (announced, withdrawn)
    }

    /// Takes in UPDATEs that were put off, the oldest first, as many as have so many octets. Returns whether more are left.
    pub fn take_in(&mut self, store: &mut AttributeStore, octets: usize) -> bool {
        let mut log = std::mem::take(&mut self.log);
        let mut octets = octets;
        while octets > 0 && !log.is_empty() {
            let entries = log.oldest(octets);
            let ahead = self.fetch(store, entries.clone());
            let mut taken = 0;
            for (entry, hash) in entries.zip(ahead) {
                taken += entry.length;
                self.take(store, entry, hash);
            }
            let before = log.octets();
            log.forget(taken);
            store.put_off = store.put_off.saturating_sub(before - log.octets());
            octets = octets.saturating_sub(taken);
        }
        self.log = log;
        !self.log.is_empty()
    }

    /// Lets the processor get what some UPDATEs will need, all of it at once: mostly they have one prefix, and a set of attributes of
    /// their own. Returns the hash of each set.
    fn fetch(&self, store: &AttributeStore, entries: Entries<'_>) -> [Option<SetHash>; AHEAD] {
        let mut sets = [None; AHEAD];
        let mut prefixes = [None; AHEAD];
        for (mut entry, (set, prefix)) in entries.zip(sets.iter_mut().zip(&mut prefixes)) {
            let announced = entry.announced.next();
            *set = announced.map(|field| store.hash(entry.set, field.next_hop));
            *prefix = announced.or_else(|| entry.withdrawn.next()).and_then(|field| {
                let table =
                    self.prefixes.iter().find(|table| is_of(table, field.family, field.paths))?;
                Some((table, table.hash_of_first(field.octets)?))
            });
        }
        // Nothing is between them that would keep one from going on while another waits.
        sets.iter().flatten().for_each(|hash| store.fetch(*hash));
        prefixes.iter().flatten().for_each(|(table, hash)| table.fetch(*hash));
        sets
    }

    /// Takes in an UPDATE; the hash is that of its set with the first next hop.
    fn take(&mut self, store: &mut AttributeStore, entry: Entry<'_>, hash: Option<SetHash>) {
        for field in entry.withdrawn {
            if let Some(table) = find(&mut self.prefixes, field.family, field.paths) {
                withdraw(table, store, field.octets);
            }
        }
        let mut hash = hash;
        for field in entry.announced {
            let hash = hash.take().unwrap_or_else(|| store.hash(entry.set, field.next_hop));
            let attributes = store.intern_packed(hash, entry.set, field.next_hop);
            let table = find_or_make(&mut self.prefixes, field.family, field.paths);
            announce(table, store, attributes, field.octets);
        }
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

    /// Announces the routes of a field, and takes the reference of the attributes.
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
            let (id, had) = self.others.find_or_insert(&nlri);
            if had == Had::Nothing {
                add(&mut self.others_of, nlri.family, 1);
            }
            if let Some(slot) = self.others.get_mut(id) {
                store.retain(attributes);
                if let Some(old) = slot.replace(attributes) {
                    store.release(old);
                }
            }
        }
        store.release(attributes);
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
                take(&mut self.others_of, nlri.family);
                store.release(attributes);
            }
        }
        withdrawn
    }

    /// Forgets everything, what was put off as well, and at once: what is left to be done for each route, and with the memory of
    /// what waited, is done by [`Remains::release`].
    #[must_use]
    pub fn forget(&mut self) -> Remains {
        self.others_of.clear();
        Remains {
            put_off: self.log.octets(),
            log: std::mem::take(&mut self.log),
            prefixes: std::mem::take(&mut self.prefixes),
            others: std::mem::take(&mut self.others),
        }
    }

    /// Forgets everything, what was put off as well. Returns how many routes were in the tables.
    pub fn clear(&mut self, store: &mut AttributeStore) -> usize {
        let count = self.len();
        let mut remains = self.forget();
        while remains.release(store) {}
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
        self.others_of.retain(|(one, _)| *one != family);
    }

    /// Forgets the routes that an UPDATE names, whether it announces or withdraws them: another table has them from now on.
    pub fn forget_named(&mut self, store: &mut AttributeStore, update: &Update<'_>) {
        self.take_in_all(store);
        for nlri in update.withdrawn() {
            self.withdraw(store, nlri);
        }
        for (_, nlri) in update.announced() {
            self.withdraw(store, nlri);
        }
    }

    /// Forgets the routes of a family, and at once where they are prefixes: what is left to be done for each of these is done by
    /// [`Remains::release`].
    #[must_use]
    pub fn forget_family(&mut self, store: &mut AttributeStore, family: Family) -> Remains {
        self.take_in_all(store);
        let prefixes = self.prefixes.extract_if(.., |table| table.family() == family).collect();
        self.clear_family(store, family);
        Remains { put_off: 0, log: Log::default(), prefixes, others: Table::default() }
    }

    /// How many routes there are, without what is put off.
    pub fn len(&self) -> usize {
        self.prefixes.iter().map(Prefixes::len).sum::<usize>() + self.others.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many routes of each family there are, without what is put off.
    pub fn counts(&self) -> Vec<(Family, usize)> {
        let mut counts = Vec::new();
        for table in &self.prefixes {
            add(&mut counts, table.family(), table.len());
        }
        for (family, count) in &self.others_of {
            add(&mut counts, *family, *count);
        }
        counts
    }

    /// What the route with exactly these octets has, if it is taken in.
    pub fn get(&self, nlri: &Nlri<'_>) -> Option<AttributesId> {
        if is_plain_prefix(nlri.family) {
            let table = self.prefixes.iter();
            let mut table = table.filter(|table| is_of(table, nlri.family, nlri.path_id.is_some()));
            let Some(path_id) = nlri.path_id else { return table.next()?.get(nlri.bytes) };
            let mut octets = [0; 21];
            let length = 4 + nlri.bytes.len();
            let (first, rest) = octets.get_mut(..length)?.split_first_chunk_mut::<4>()?;
            *first = path_id.to_be_bytes();
            rest.copy_from_slice(nlri.bytes);
            return table.next()?.get(octets.get(..length)?);
        }
        let id = self.others.find(nlri)?;
        let is_it = self.others.nlri(id).is_some_and(|there| there == *nlri);
        self.others.get(id).copied().flatten().filter(|_| is_it)
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

/// Tables that were forgotten, and whose routes still hold references of their attributes.
#[derive(Debug)]
pub struct Remains {
    /// The octets that had been put off, and what holds them.
    put_off: usize,
    log: Log,
    prefixes: Vec<Prefixes>,
    others: Table<Option<AttributesId>>,
}

impl Remains {
    /// So many routes of the general table at once: as many as a family has in one allocation.
    const SOME: usize = 4096;

    /// Gives back some of the references: a millisecond or less. Returns whether there may be more.
    pub fn release(&mut self, store: &mut AttributeStore) -> bool {
        store.put_off = store.put_off.saturating_sub(std::mem::take(&mut self.put_off));
        if self.log.give_back() {
            return true;
        }
        let mut removed = Released::default();
        let more = match self.prefixes.last_mut() {
            Some(table) => {
                if !table.forget_some(|old| removed.add(store, old)) {
                    self.prefixes.pop();
                }
                true
            }
            None => {
                let some = (0..Self::SOME).map_while(|_| self.others.pop());
                let count = some.map(|old| old.map(|old| removed.add(store, old))).count();
                count == Self::SOME
            }
        };
        removed.finish(store);
        more
    }
}

fn is_of(table: &Prefixes, family: Family, paths: bool) -> bool {
    table.family() == family && table.has_paths() == paths
}

fn find(tables: &mut [Prefixes], family: Family, paths: bool) -> Option<&mut Prefixes> {
    tables.iter_mut().find(|table| is_of(table, family, paths))
}

fn find_or_make(tables: &mut Vec<Prefixes>, family: Family, paths: bool) -> &mut Prefixes {
    let found = tables.iter().position(|table| is_of(table, family, paths));
    let at = found.unwrap_or(tables.len());
    if found.is_none() {
        tables.push(Prefixes::new(family, paths));
    }
    #[expect(clippy::indexing_slicing, reason = "it was found, or made behind the last")]
    &mut tables[at]
}

/// Announces the prefixes of a field, and takes the reference of the attributes: each holds one then.
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
    match added.saturating_add(replaced.all) {
        0 => store.release(attributes),
        1 => {}
        more => store.retain_many(attributes, more - 1),
    }
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

/// So many more routes are of a family.
fn add(counts: &mut Vec<(Family, usize)>, family: Family, more: usize) {
    match counts.iter_mut().find(|(one, _)| *one == family) {
        Some((_, count)) => *count += more,
        None => counts.push((family, more)),
    }
}

/// One route less is of a family.
fn take(counts: &mut Vec<(Family, usize)>, family: Family) {
    let Some(at) = counts.iter().position(|(one, _)| *one == family) else { return };
    if let Some((_, count)) = counts.get_mut(at) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.swap_remove(at);
        }
    }
}

/// Whether an attribute is of the set. NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI say where and what, not how.
const fn is_of_the_set(code: u8) -> bool {
    !matches!(code, 3 | 14 | 15)
}

/// Writes the set of an UPDATE.
fn push_set(update: &Update<'_>, out: &mut Vec<u8>) {
    for attribute in update.attributes() {
        if is_of_the_set(attribute.code) {
            push_received(&attribute, out);
        }
    }
}
