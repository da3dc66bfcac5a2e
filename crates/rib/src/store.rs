//! Interned attribute sets: each distinct set with its next hop is kept once and counted.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use yottabgp_wire::next_hop::NextHop;

use crate::table::Slot;

/// Names an interned attribute set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttributesId(u32);

/// A set and what it is used with.
#[derive(Debug)]
struct Entry {
    set: Box<[u8]>,
    next_hop: NextHop,
    references: u32,
}

/// The attribute sets of all tables of one worker.
///
/// Whoever stores an [`AttributesId`] holds one reference: [`Self::intern`] and [`Self::retain`] take it,
/// [`Self::release`] gives it back.
#[derive(Debug, Default)]
pub struct AttributeStore {
    entries: Vec<Entry>,
    free: Vec<u32>,
    index: HashTable<Slot>,
    hasher: foldhash::fast::RandomState,
}

impl AttributeStore {
    /// The identifier of this set and next hop, with one more reference.
    pub fn intern(&mut self, set: &[u8], next_hop: NextHop) -> AttributesId {
        let wanted = Slot::new(u32::MAX, hash(&self.hasher, set, next_hop));
        let entries = &self.entries;
        let found = self.index.find(wanted.spread(), |slot| {
            slot.hash == wanted.hash
                && entries
                    .get(slot.id as usize)
                    .is_some_and(|entry| &*entry.set == set && entry.next_hop == next_hop)
        });
        if let Some(slot) = found {
            let id = AttributesId(slot.id);
            self.retain(id);
            return id;
        }
        let entry = Entry { set: set.into(), next_hop, references: 1 };
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(slot) = self.entries.get_mut(id as usize) {
                    *slot = entry;
                }
                id
            }
            None => {
                let id = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
                self.entries.push(entry);
                id
            }
        };
        let slot = Slot { id, ..wanted };
        self.index.insert_unique(slot.spread(), slot, |slot| slot.spread());
        AttributesId(id)
    }

    /// The identifier of this set and next hop, if it is kept; without a reference.
    pub fn find(&self, set: &[u8], next_hop: NextHop) -> Option<AttributesId> {
        let wanted = Slot::new(u32::MAX, hash(&self.hasher, set, next_hop));
        let same = |entry: &Entry| &*entry.set == set && entry.next_hop == next_hop;
        let found = self.index.find(wanted.spread(), |slot| {
            slot.hash == wanted.hash && self.entries.get(slot.id as usize).is_some_and(same)
        });
        found.map(|slot| AttributesId(slot.id))
    }

    /// One more reference.
    pub fn retain(&mut self, id: AttributesId) {
        self.retain_many(id, 1);
    }

    /// So many more references.
    pub fn retain_many(&mut self, id: AttributesId, count: u32) {
        if let Some(entry) = self.entries.get_mut(id.0 as usize) {
            entry.references += count;
        }
    }

    /// One reference less; the set is forgotten with the last.
    pub fn release(&mut self, id: AttributesId) {
        self.release_many(id, 1);
    }

    /// So many references less; the set is forgotten with the last.
    pub fn release_many(&mut self, id: AttributesId, count: u32) {
        let Some(entry) = self.entries.get_mut(id.0 as usize) else { return };
        entry.references = entry.references.saturating_sub(count);
        if entry.references > 0 {
            return;
        }
        let slot = Slot::new(id.0, hash(&self.hasher, &entry.set, entry.next_hop));
        if let Ok(found) = self.index.find_entry(slot.spread(), |found| found.id == id.0) {
            found.remove();
            entry.set = Box::default();
            self.free.push(id.0);
        }
    }

    /// The bytes of the set: see `yottabgp_wire::attribute::set`.
    pub fn set(&self, id: AttributesId) -> &[u8] {
        self.entries.get(id.0 as usize).map_or(&[], |entry| &entry.set)
    }

    /// The next hop.
    pub fn next_hop(&self, id: AttributesId) -> NextHop {
        self.entries.get(id.0 as usize).map_or(NextHop::Absent, |entry| entry.next_hop)
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
}

fn hash(hasher: &foldhash::fast::RandomState, set: &[u8], next_hop: NextHop) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(set);
    next_hop.hash(&mut state);
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_are_one_and_go_with_the_last_reference() {
        let mut store = AttributeStore::default();
        let a = store.intern(b"abc", NextHop::Absent);
        let b = store.intern(b"abc", NextHop::Absent);
        let c = store.intern(b"abc", NextHop::V4([1, 2, 3, 4].into()));
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(store.len(), 2);
        store.release(a);
        assert_eq!(store.set(b), b"abc");
        store.release(b);
        assert_eq!(store.len(), 1);
        let d = store.intern(b"xyz", NextHop::Absent);
        assert_eq!((store.set(d), store.set(c)), (&b"xyz"[..], &b"abc"[..]));
    }
}
