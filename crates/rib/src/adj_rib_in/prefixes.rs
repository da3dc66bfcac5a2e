//! The prefixes of one family, as small as they can be: 12 octets a route for IPv4, 24 for IPv6, four more with path
//! identifiers, and an index of 5 octets a place.
//!
//! A full table is bound by cache misses. The index holds nothing but numbers of records; it is made anew, twice as large, in a
//! walk over the records, which stand in the order of their coming: some of them with each UPDATE ([`index`]), since the whole
//! walk would keep everybody waiting.

mod index;

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::prefix::{octets_for, take_ipv4, take_ipv6};

use crate::store::AttributesId;
use index::Index;

/// Records of one allocation: growing copies none, and costs no more than this many.
const CHUNK: usize = 4096;

/// So many prefixes are looked up at once.
const AHEAD: usize = 16;

/// A place that is free: no prefix is as long.
const FREE: u8 = u8::MAX;

/// `length(1) prefix`, zeros, and in the last four octets the path identifier where there are any.
type Key<const N: usize> = [u8; N];

#[derive(Clone, Copy, Debug)]
struct Record<const N: usize> {
    key: Key<N>,
    attributes: AttributesId,
}

/// The prefixes of one family of one session: with or without path identifiers.
#[derive(Debug)]
pub(super) struct Prefixes {
    family: Family,
    table: BySize,
}

/// By the octets of a key.
#[derive(Debug)]
enum BySize {
    V4(Table<8>),
    V4Paths(Table<12>),
    V6(Table<20>),
    V6Paths(Table<24>),
}

/// Does the same for a table of any size.
macro_rules! each {
    ($of:expr, $table:ident => $what:expr) => {
        match $of {
            BySize::V4($table) => $what,
            BySize::V4Paths($table) => $what,
            BySize::V6($table) => $what,
            BySize::V6Paths($table) => $what,
        }
    };
}

impl Prefixes {
    /// An empty one.
    pub(super) fn new(family: Family, paths: bool) -> Self {
        let table = match (family.afi, paths) {
            (Afi::IPV4, false) => BySize::V4(Table::default()),
            (Afi::IPV4, true) => BySize::V4Paths(Table::default()),
            (_, false) => BySize::V6(Table::default()),
            (_, true) => BySize::V6Paths(Table::default()),
        };
        Self { family, table }
    }

    pub(super) const fn family(&self) -> Family {
        self.family
    }

    pub(super) const fn has_paths(&self) -> bool {
        matches!(self.table, BySize::V4Paths(_) | BySize::V6Paths(_))
    }

    pub(super) fn len(&self) -> usize {
        each!(&self.table, table => table.index.len())
    }

    /// The hash of the first route of a field.
    #[inline]
    pub(super) fn hash_of_first(&self, octets: &[u8]) -> Option<u64> {
        each!(&self.table, table => table.hash_of_first(self.family.afi, octets))
    }

    /// What the first route of a field has, if it is there.
    pub(super) fn get(&self, octets: &[u8]) -> Option<AttributesId> {
        each!(&self.table, table => table.get(self.family.afi, octets))
    }

    /// Lets the processor get what a look-up of this hash will need.
    #[inline]
    pub(super) fn fetch(&self, hash: u64) {
        each!(&self.table, table => table.index.fetch(hash));
    }

    /// Takes the routes of a field. Tells of each that was there what it had; returns how many were not.
    pub(super) fn announce(
        &mut self,
        octets: &[u8],
        attributes: AttributesId,
        replaced: impl FnMut(AttributesId),
    ) -> u32 {
        each!(&mut self.table, table => table.announce(self.family.afi, octets, attributes, replaced))
    }

    /// Forgets the routes of a field. Tells of each what it had.
    pub(super) fn withdraw(&mut self, octets: &[u8], removed: impl FnMut(AttributesId)) {
        each!(&mut self.table, table => table.withdraw(self.family.afi, octets, removed));
    }

    /// The first route at or after a place.
    pub(super) fn next_from(&self, from: u32) -> Option<(u32, Nlri<'_>, AttributesId)> {
        each!(&self.table, table => {
            let (place, record) = table.next_from(from)?;
            Some((place, nlri(self.family, self.has_paths(), &record.key), record.attributes))
        })
    }

    /// Forgets some routes, the last ones: tells what each had. Returns whether there were any. No route is found any more then.
    pub(super) fn forget_some(&mut self, mut each: impl FnMut(AttributesId)) -> bool {
        each!(&mut self.table, table => {
            let Some(chunk) = table.chunks.pop() else { return false };
            chunk.iter().filter(|record| record.is_used()).for_each(|record| each(record.attributes));
            true
        })
    }

    /// What every route has.
    pub(super) fn attributes(&self, mut each: impl FnMut(AttributesId)) {
        each!(&self.table, table => {
            table.used().for_each(|(_, record)| each(record.attributes));
        });
    }
}

fn nlri(family: Family, paths: bool, key: &[u8]) -> Nlri<'_> {
    let length = key.first().map_or(0, |bits| octets_for(*bits));
    let path_id = key.last_chunk::<4>().filter(|_| paths).map(|id| u32::from_be_bytes(*id));
    Nlri { family, path_id, bytes: key.get(..=length).unwrap_or_default() }
}

/// A slab of records and an index.
#[derive(Debug)]
struct Table<const N: usize> {
    chunks: Vec<Vec<Record<N>>>,
    free: Vec<u32>,
    index: Index,
    hasher: foldhash::fast::RandomState,
}

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
            index: Index::default(),
            hasher: foldhash::fast::RandomState::default(),
        }
    }
}

impl<const N: usize> Table<N> {
    /// Whether keys have path identifiers.
    const PATHS: bool = N == 12 || N == 24;

    #[inline]
    fn hash_of_first(&self, afi: Afi, octets: &[u8]) -> Option<u64> {
        let mut octets = octets;
        Self::take(afi, &mut octets).map(|key| hash(&self.hasher, &key))
    }

    #[inline]
    fn announce(
        &mut self,
        afi: Afi,
        octets: &[u8],
        attributes: AttributesId,
        mut replaced: impl FnMut(AttributesId),
    ) -> u32 {
        let mut octets = octets;
        let mut added = 0;
        while let Some(first) = Self::take(afi, &mut octets) {
            let first = (first, hash(&self.hasher, &first));
            let (one, mut several);
            let keys = if octets.is_empty() {
                one = [first];
                one.as_slice()
            } else {
                self.index.fetch(first.1);
                several = [first; AHEAD];
                let mut count = 1;
                for next in several.iter_mut().skip(1) {
                    let Some(key) = Self::take(afi, &mut octets) else { break };
                    *next = (key, hash(&self.hasher, &key));
                    count += 1;
                    // All of them are fetched from memory at once.
                    self.index.fetch(next.1);
                }
                several.get(..count).unwrap_or_default()
            };
            for &(key, hash) in keys {
                if let Some(record) = self.find_mut(hash, &key) {
                    replaced(std::mem::replace(&mut record.attributes, attributes));
                } else {
                    added += 1;
                    self.insert(hash, Record { key, attributes });
                }
            }
            self.go_on();
        }
        added
    }

    fn get(&self, afi: Afi, octets: &[u8]) -> Option<AttributesId> {
        let mut octets = octets;
        let key = Self::take(afi, &mut octets)?;
        let is_it = |place| record(&self.chunks, place).is_some_and(|record| record.key == key);
        let place = self.index.find(hash(&self.hasher, &key), is_it)?;
        record(&self.chunks, place).map(|record| record.attributes)
    }

    #[inline]
    fn find_mut(&mut self, hash: u64, key: &Key<N>) -> Option<&mut Record<N>> {
        let chunks = &mut self.chunks;
        let place = self
            .index
            .find(hash, |place| record(chunks, place).is_some_and(|record| record.key == *key))?;
        record_mut(chunks, place)
    }

    #[inline]
    fn insert(&mut self, hash: u64, new: Record<N>) {
        if self.index.is_full() {
            self.grow();
        }
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(record) = record_mut(&mut self.chunks, place) {
                    *record = new;
                }
                place
            }
            None => self.push(new),
        };
        self.index.insert(hash, place);
    }

    /// Adds a record behind the last.
    #[inline]
    fn push(&mut self, new: Record<N>) -> u32 {
        let full = self.chunks.len();
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => {
                last.push(new);
                place_of(full - 1, last.len() - 1)
            }
            last => {
                let mut chunk = Vec::new();
                // The first one grows; a large table has chunks that do not.
                if last.is_some() {
                    chunk.reserve_exact(CHUNK);
                }
                chunk.push(new);
                self.chunks.push(chunk);
                place_of(full, 0)
            }
        }
    }

    /// Begins an index that is twice as large.
    #[cold]
    fn grow(&mut self) {
        // As many are moved for each that comes that this never has much to do.
        while self.index.is_growing() {
            self.go_on();
        }
        let end = self.chunks.last().map_or(0, |last| place_of(self.chunks.len() - 1, last.len()));
        self.index.grow(end);
    }

    /// Moves some more records to the index that is growing.
    #[inline]
    fn go_on(&mut self) {
        let Some(places) = self.index.next_places() else { return };
        for place in places {
            if let Some(record) = record(&self.chunks, place).filter(|record| record.is_used()) {
                self.index.moved(hash(&self.hasher, &record.key), place);
            }
        }
    }

    fn withdraw(&mut self, afi: Afi, octets: &[u8], mut removed: impl FnMut(AttributesId)) {
        let mut octets = octets;
        while let Some(key) = Self::take(afi, &mut octets) {
            let chunks = &mut self.chunks;
            let found = self.index.remove(hash(&self.hasher, &key), |place| {
                record(chunks, place).is_some_and(|record| record.key == key)
            });
            let Some(place) = found else { continue };
            if let Some(record) = record_mut(chunks, place) {
                removed(record.attributes);
                record.key = [FREE; N];
            }
            self.free.push(place);
        }
        if self.index.is_empty() {
            *self = Self::default();
        }
    }

    /// Takes the next prefix of a field.
    #[inline]
    fn take(afi: Afi, octets: &mut &[u8]) -> Option<Key<N>> {
        let mut key = [0; N];
        if Self::PATHS {
            let (path_id, rest) = octets.split_first_chunk::<4>()?;
            *key.last_chunk_mut::<4>()? = *path_id;
            *octets = rest;
        }
        let (length, prefix) = key.split_first_mut()?;
        if afi == Afi::IPV4 {
            let (bits, address) = take_ipv4(octets)?;
            *length = bits;
            *prefix.first_chunk_mut::<4>()? = address.to_be_bytes();
        } else {
            let (bits, address) = take_ipv6(octets)?;
            *length = bits;
            *prefix.first_chunk_mut::<16>()? = address.to_be_bytes();
        }
        Some(key)
    }

    fn next_from(&self, from: u32) -> Option<(u32, &Record<N>)> {
        let (chunk, mut at) = split(from);
        for (chunk, records) in (chunk..).zip(self.chunks.get(chunk..)?) {
            let rest = records.get(at..).unwrap_or_default();
            let mut used = (at..).zip(rest).filter(|(_, record)| record.is_used());
            if let Some((at, record)) = used.next() {
                return Some((place_of(chunk, at), record));
            }
            at = 0;
        }
        None
    }

    fn used(&self) -> impl Iterator<Item = (u32, &Record<N>)> {
        self.chunks.iter().enumerate().flat_map(|(chunk, records)| {
            let places = records.iter().enumerate();
            places
                .filter(|(_, record)| record.is_used())
                .map(move |(at, record)| (place_of(chunk, at), record))
        })
    }
}

impl<const N: usize> Record<N> {
    fn is_used(&self) -> bool {
        self.key.first() != Some(&FREE)
    }
}

/// The chunk of a place, and where in it.
const fn split(place: u32) -> (usize, usize) {
    (place as usize / CHUNK, place as usize % CHUNK)
}

fn place_of(chunk: usize, at: usize) -> u32 {
    u32::try_from(chunk * CHUNK + at).unwrap_or(u32::MAX)
}

#[inline]
fn record<const N: usize>(chunks: &[Vec<Record<N>>], place: u32) -> Option<&Record<N>> {
    let (chunk, at) = split(place);
    chunks.get(chunk)?.get(at)
}

#[inline]
fn record_mut<const N: usize>(chunks: &mut [Vec<Record<N>>], place: u32) -> Option<&mut Record<N>> {
    let (chunk, at) = split(place);
    chunks.get_mut(chunk)?.get_mut(at)
}

#[inline]
fn hash<const N: usize>(hasher: &foldhash::fast::RandomState, key: &Key<N>) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut state = hasher.build_hasher();
    let (eights, rest) = key.as_chunks::<8>();
    for eight in eights {
        state.write_u64(u64::from_ne_bytes(*eight));
    }
    if let Some(four) = rest.first_chunk::<4>() {
        state.write_u32(u32::from_ne_bytes(*four));
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::store::AttributeStore;
    use yottabgp_wire::next_hop::NextHop;

    /// The index grows many times, and is looked at while it does.
    #[test]
    fn a_large_table_is_what_was_said_of_it_while_it_grows() {
        let mut store = AttributeStore::default();
        let sets = [1, 2, 3, 4].map(|set| store.intern(&[set], NextHop::Absent));
        let mut prefixes = Prefixes::new(Family::IPV4_UNICAST, false);
        let mut model: HashMap<u32, AttributesId> = HashMap::new();
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |end: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            u32::try_from((random >> 20) % end).unwrap_or_default()
        };
        for round in 0..60_000_u32 {
            let count = next(20) + 1;
            let mut numbers: Vec<u32> = (0..count).map(|_| next(150_000)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let octets: Vec<u8> = numbers
                .iter()
                .flat_map(|number| {
                    let [_, a, b, c] = number.to_be_bytes();
                    [24, a, b, c]
                })
                .collect();
            let mut old = Vec::new();
            // Now and then more goes than comes.
            if next(10) < if round / 10_000 % 2 == 0 { 2 } else { 6 } {
                prefixes.withdraw(&octets, |attributes| old.push(attributes));
                let known = numbers.iter().filter_map(|number| model.remove(number));
                assert_eq!(old, known.collect::<Vec<_>>());
            } else {
                let set = sets[next(4) as usize];
                let added = prefixes.announce(&octets, set, |attributes| old.push(attributes));
                let known = numbers.iter().filter_map(|number| model.insert(*number, set));
                assert_eq!(old, known.collect::<Vec<_>>());
                assert_eq!(added as usize + old.len(), numbers.len());
            }
            assert_eq!(prefixes.len(), model.len());
        }
        let mut seen = 0;
        prefixes.attributes(|_| seen += 1);
        assert!(model.len() > 10_000 && seen == model.len());
    }
}
