//! The prefixes of one family, as small as they can be: 12 octets a route for IPv4, 24 for IPv6, four more with path
//! identifiers, and an index of 5 octets a place.
//!
//! A full table is bound by cache misses. The index holds nothing but numbers of records; it is made anew, twice as large, in one
//! walk over the records, which stand in the order of their coming.

use hashbrown::HashTable;
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::prefix::{octets_for, take_ipv4, take_ipv6};

use crate::store::AttributesId;

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
    index: HashTable<u32>,
    hasher: foldhash::fast::RandomState,
}

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: foldhash::fast::RandomState::default(),
        }
    }
}

impl<const N: usize> Table<N> {
    /// Whether keys have path identifiers.
    const PATHS: bool = N == 12 || N == 24;

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
        let mut ahead = [([0; N], 0); AHEAD];
        loop {
            let mut count = 0;
            for next in &mut ahead {
                let Some(key) = Self::take(afi, &mut octets) else { break };
                *next = (key, hash(&self.hasher, &key));
                count += 1;
                // All of them are fetched from memory at once.
                std::hint::black_box(self.index.find(next.1, |_| false).is_some());
            }
            for &(key, hash) in ahead.iter().take(count) {
                let chunks = &mut self.chunks;
                let place = self.index.find(hash, |place| {
                    record(chunks, *place).is_some_and(|record| record.key == key)
                });
                if let Some(record) = place.and_then(|place| record_mut(chunks, *place)) {
                    replaced(std::mem::replace(&mut record.attributes, attributes));
                } else {
                    added += 1;
                    self.insert(hash, Record { key, attributes });
                }
            }
            if count < AHEAD {
                break;
            }
        }
        added
    }

    #[inline]
    fn insert(&mut self, hash: u64, new: Record<N>) {
        if self.index.len() == self.index.capacity() {
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
        // There is room: nothing is hashed.
        self.index.insert_unique(hash, place, |_| 0);
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

    /// Makes the index twice as large.
    #[cold]
    fn grow(&mut self) {
        let mut index = HashTable::with_capacity((self.index.capacity() * 2).max(7));
        self.index = HashTable::new();
        for (place, record) in self.used() {
            index.insert_unique(hash(&self.hasher, &record.key), place, |_| 0);
        }
        self.index = index;
    }

    fn withdraw(&mut self, afi: Afi, octets: &[u8], mut removed: impl FnMut(AttributesId)) {
        let mut octets = octets;
        while let Some(key) = Self::take(afi, &mut octets) {
            let chunks = &mut self.chunks;
            let found = self.index.find_entry(hash(&self.hasher, &key), |place| {
                record(chunks, *place).is_some_and(|record| record.key == key)
            });
            let Ok(entry) = found else { continue };
            let (place, _) = entry.remove();
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
