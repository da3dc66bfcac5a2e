//! Interned attribute sets: each distinct set with its next hop is kept once and counted.
//!
//! Where every UPDATE has its own, there are as many sets as routes. So one takes its octets and its next hop's, 22 for what is known of it
//! ([`entries`], [`arena`]) and 11 to 21 of an index ([`index`]); none is an allocation of its own, and nothing is made anew as a whole
//! when there are more.

mod arena;
mod entries;
mod index;

use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::next_hop::NextHop;

use arena::Arena;
use entries::{Entries, Entry};
use index::Index;

/// Names an interned attribute set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributesId(u32);

/// The hash of a set and its next hop: for who looks up several, and lets their misses of the cache overlap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetHash(u32);

/// The attribute sets of all tables of one worker.
///
/// Whoever stores an [`AttributesId`] holds one reference: [`Self::intern`] and [`Self::retain`] take it,
/// [`Self::release`] gives it back.
#[derive(Debug, Default)]
pub struct AttributeStore {
    entries: Entries,
    arena: Arena,
    index: Index,
    hasher: foldhash::fast::RandomState,
    /// The octets of UPDATEs that tables whose sets are here have put off: they have one bound.
    pub(crate) put_off: usize,
}

impl AttributeStore {
    /// The identifier of this set and next hop, with one more reference.
    pub fn intern(&mut self, set: &[u8], next_hop: NextHop) -> AttributesId {
        let next_hop = Packed::new(next_hop);
        self.intern_packed(self.hash(set, next_hop.octets()), set, next_hop.octets())
    }

    /// The hash of a set and its [packed](Packed) next hop.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "half of the hash is meant")]
    pub(crate) fn hash(&self, set: &[u8], next_hop: &[u8]) -> SetHash {
        let mut state = self.hasher.build_hasher();
        state.write(set);
        match *next_hop {
            [kind, a, b, c, d] => {
                state.write_u64(u64::from_ne_bytes([kind, a, b, c, d, 0, 0, 0]));
            }
            _ => state.write(next_hop),
        }
        SetHash(state.finish() as u32)
    }

    /// Lets the processor get what [`Self::intern_packed`] will need.
    #[inline]
    pub(crate) fn fetch(&self, hash: SetHash) {
        self.index.fetch(hash.0);
    }

    /// The same as [`Self::intern`], for who knows the hash and has the next hop [packed](Packed).
    #[inline]
    pub(crate) fn intern_packed(
        &mut self,
        hash: SetHash,
        set: &[u8],
        next_hop: &[u8],
    ) -> AttributesId {
        if let Some(id) = self.look_up(hash, set, next_hop) {
            self.retain_many(id, 1);
            return id;
        }
        self.add(hash, set, next_hop)
    }

    /// Adds a set that is not there. By itself, so that finding one is short.
    #[inline(never)]
    fn add(&mut self, hash: SetHash, set: &[u8], next_hop: &[u8]) -> AttributesId {
        let id = self.entries.next();
        let place = self.arena.push(id, next_hop, set);
        self.entries.insert(id, Entry { place, references: 1, hash: hash.0 });
        self.index.insert(hash.0, id);
        AttributesId(id)
    }

    /// The identifier of this set and next hop, if it is kept; without a reference.
    pub fn find(&self, set: &[u8], next_hop: NextHop) -> Option<AttributesId> {
        let next_hop = Packed::new(next_hop);
        self.look_up(self.hash(set, next_hop.octets()), set, next_hop.octets())
    }

    #[inline]
    fn look_up(&self, hash: SetHash, set: &[u8], next_hop: &[u8]) -> Option<AttributesId> {
        let is_it = |id| {
            let entry = self.entries.get(id);
            let octets = entry.map_or(&[][..], |entry| self.arena.get(entry.place));
            octets
                .split_at_checked(next_hop.len())
                .is_some_and(|(first, second)| second == set && is_same(first, next_hop))
        };
        self.index.find(hash.0, is_it).map(AttributesId)
    }

    /// One more reference.
    pub fn retain(&mut self, id: AttributesId) {
        self.retain_many(id, 1);
    }

    /// So many more references.
    pub fn retain_many(&mut self, id: AttributesId, count: u32) {
        if let Some(entry) = self.entries.get_mut(id.0) {
            entry.references += count;
        }
    }

    /// One reference less; the set is forgotten with the last.
    pub fn release(&mut self, id: AttributesId) {
        self.release_many(id, 1);
    }

    /// So many references less; the set is forgotten with the last.
    pub fn release_many(&mut self, id: AttributesId, count: u32) {
        let Some(entry) = self.entries.get_mut(id.0) else { return };
        if entry.references > count {
            entry.references -= count;
            return;
        }
        let Entry { place, hash, .. } = *entry;
        self.index.remove(hash, id.0);
        self.entries.remove(id.0);
        self.arena.remove(place, |id, place| {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.place = place;
            }
        });
    }

    /// The bytes of the set: see `yottabgp_wire::attribute::set`.
    pub fn set(&self, id: AttributesId) -> &[u8] {
        self.get(id).1
    }

    /// The next hop.
    pub fn next_hop(&self, id: AttributesId) -> NextHop {
        self.get(id).0
    }

    #[inline]
    fn get(&self, id: AttributesId) -> (NextHop, &[u8]) {
        let entry = self.entries.get(id.0);
        entry.map_or((NextHop::Absent, &[]), |entry| Packed::unpack(self.arena.get(entry.place)))
    }

    /// How many sets there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.entries.len() == 0
    }
}

/// Whether two packed next hops of one length are the same; mostly it is one address of four octets.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (one.as_array::<5>(), other.as_array::<5>()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// A next hop as it stands before the octets of a set: what it is, and the address.
pub(crate) struct Packed {
    octets: [u8; 17],
    length: usize,
}

const ABSENT: u8 = 0;
const SELF: u8 = 1;
const V4: u8 = 4;
const V6: u8 = 6;

impl Packed {
    #[inline]
    fn new(next_hop: NextHop) -> Self {
        match next_hop {
            NextHop::SelfAddress => Self::of(SELF, []),
            NextHop::Absent => Self::address(None),
            NextHop::V4(address) => Self::address(Some(address.into())),
            NextHop::V6(address) => Self::address(Some(address.into())),
        }
    }

    /// An address, or none.
    #[inline]
    pub(crate) fn address(address: Option<IpAddr>) -> Self {
        match address {
            None => Self::of(ABSENT, []),
            Some(IpAddr::V4(address)) => Self::of(V4, address.octets()),
            Some(IpAddr::V6(address)) => Self::of(V6, address.octets()),
        }
    }

    #[inline]
    fn of<const N: usize>(kind: u8, address: [u8; N]) -> Self {
        let mut octets = [0; 17];
        let [first, rest @ ..] = &mut octets;
        *first = kind;
        if let Some(rest) = rest.first_chunk_mut() {
            *rest = address;
        }
        Self { octets, length: 1 + N }
    }

    #[inline]
    pub(crate) fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }

    /// The next hop and what stands behind it.
    #[inline]
    fn unpack(octets: &[u8]) -> (NextHop, &[u8]) {
        match octets {
            [V4, a, b, c, d, rest @ ..] => (NextHop::V4(Ipv4Addr::new(*a, *b, *c, *d)), rest),
            [V6, rest @ ..] => match rest.split_first_chunk::<16>() {
                Some((address, rest)) => (NextHop::V6(Ipv6Addr::from(*address)), rest),
                None => (NextHop::Absent, rest),
            },
            [SELF, rest @ ..] => (NextHop::SelfAddress, rest),
            [_, rest @ ..] => (NextHop::Absent, rest),
            [] => (NextHop::Absent, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
