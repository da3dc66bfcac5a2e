//! A slab of routes with a hash index: the same for every family and both directions.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::nlri::{Identity, Nlri};

/// Names a route of one table.
pub type RouteId = u32;

/// No route.
pub const NONE: RouteId = RouteId::MAX;

/// NLRI bytes that live in the record when they are short, as those of prefixes always are.
#[derive(Clone, Debug)]
enum Bytes {
    Inline(u8, [u8; 22]),
    Boxed(Box<[u8]>),
}

impl Bytes {
    fn new(bytes: &[u8]) -> Self {
        let mut inline = [0; 22];
        match (inline.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(bytes);
                Self::Inline(length, inline)
            }
            _ => Self::Boxed(bytes.into()),
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Inline(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Boxed(bytes) => bytes,
        }
    }
}

/// One record: an NLRI and what its table keeps with it.
#[derive(Clone, Debug)]
struct Record<T> {
    bytes: Bytes,
    path_id: u32,
    afi: u16,
    safi: u8,
    /// Bit 0: a path identifier was given. Bit 1: the record is used.
    flags: u8,
    data: T,
}

const HAS_PATH_ID: u8 = 1;
const USED: u8 = 2;

impl<T> Record<T> {
    fn nlri(&self) -> Nlri<'_> {
        Nlri {
            family: Family::new(Afi(self.afi), Safi(self.safi)),
            path_id: (self.flags & HAS_PATH_ID != 0).then_some(self.path_id),
            bytes: self.bytes.as_slice(),
        }
    }
}

/// An entry of a hash index: what it names, with half of its hash. Growing the index then reads nothing else, and few
/// strangers are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// What is found.
    pub(crate) id: u32,
    /// The lower half of its hash.
    pub(crate) hash: u32,
}

impl Slot {
    #[expect(clippy::cast_possible_truncation, reason = "half of the hash is meant")]
    pub(crate) const fn new(id: u32, hash: u64) -> Self {
        Self { id, hash: hash as u32 }
    }

    /// The hash that the index uses: spread from the half that is kept.
    pub(crate) const fn spread(self) -> u64 {
        (self.hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// What a table had of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Had {
    /// Nothing: the route is new.
    Nothing,
    /// The route, with the same bytes.
    Same,
    /// The route, with other bytes: a label changed, say.
    OtherBytes,
}

/// Routes by NLRI: family, path identifier and the bytes that identify it.
#[derive(Clone, Debug)]
pub struct Table<T> {
    records: Vec<Record<T>>,
    free: Vec<RouteId>,
    index: HashTable<Slot>,
    hasher: foldhash::fast::RandomState,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: foldhash::fast::RandomState::default(),
        }
    }
}

impl<T> Table<T> {
    /// Takes what the last record keeps. For tables that are to be forgotten: no route is found any more then.
    pub(crate) fn pop(&mut self) -> Option<T> {
        loop {
            let record = self.records.pop()?;
            if record.flags & USED != 0 {
                return Some(record.data);
            }
        }
    }
}

impl<T: Default> Table<T> {
    /// How many routes there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The first identifier that was never given to a route.
    pub fn end(&self) -> RouteId {
        RouteId::try_from(self.records.len()).unwrap_or(NONE)
    }

    /// The route to this NLRI.
    pub fn find(&self, nlri: &Nlri<'_>) -> Option<RouteId> {
        let wanted = Slot::new(NONE, hash(&self.hasher, nlri));
        self.index
            .find(wanted.spread(), |slot| {
                slot.hash == wanted.hash
                    && self
                        .records
                        .get(slot.id as usize)
                        .is_some_and(|record| same(&record.nlri(), nlri))
            })
            .map(|slot| slot.id)
    }

    /// The same, for who knows where it probably is: nothing is hashed then.
    pub fn find_near(&self, nlri: &Nlri<'_>, guess: RouteId) -> Option<RouteId> {
        match self.nlri(guess) {
            // To have the same bytes is to be the same, and quickly found out.
            Some(there) if there == *nlri || same(&there, nlri) => Some(guess),
            _ => self.find(nlri),
        }
    }

    /// The route to this NLRI, made if there is none, and what was there. The bytes of an old one are replaced: what does
    /// not identify a route (labels) may differ.
    pub fn find_or_insert(&mut self, nlri: &Nlri<'_>) -> (RouteId, Had) {
        let wanted = Slot::new(NONE, hash(&self.hasher, nlri));
        let records = &mut self.records;
        let found = self.index.find(wanted.spread(), |slot| {
            slot.hash == wanted.hash
                && records.get(slot.id as usize).is_some_and(|record| same(&record.nlri(), nlri))
        });
        if let Some(&Slot { id, .. }) = found {
            if let Some(record) = records.get_mut(id as usize)
                && record.bytes.as_slice() != nlri.bytes
            {
                record.bytes = Bytes::new(nlri.bytes);
                return (id, Had::OtherBytes);
            }
            return (id, Had::Same);
        }
        let record = Record {
            bytes: Bytes::new(nlri.bytes),
            path_id: nlri.path_id.unwrap_or(0),
            afi: nlri.family.afi.0,
            safi: nlri.family.safi.0,
            flags: USED | if nlri.path_id.is_some() { HAS_PATH_ID } else { 0 },
            data: T::default(),
        };
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(slot) = self.records.get_mut(id as usize) {
                    *slot = record;
                }
                id
            }
            None => {
                let id = RouteId::try_from(self.records.len()).unwrap_or(NONE);
                self.records.push(record);
                id
            }
        };
        let slot = Slot { id, ..wanted };
        self.index.insert_unique(slot.spread(), slot, |slot| slot.spread());
        (id, Had::Nothing)
    }

    /// Forgets a route and gives what was kept with it.
    pub fn remove(&mut self, id: RouteId) -> Option<T> {
        let record = self.records.get(id as usize).filter(|record| record.flags & USED != 0)?;
        let slot = Slot::new(id, hash(&self.hasher, &record.nlri()));
        if let Ok(entry) = self.index.find_entry(slot.spread(), |found| found.id == id) {
            entry.remove();
        }
        let record = self.records.get_mut(id as usize)?;
        record.flags = 0;
        record.bytes = Bytes::Inline(0, [0; 22]);
        self.free.push(id);
        Some(std::mem::take(&mut record.data))
    }

    /// Forgets every route, and the memory they took.
    pub fn clear(&mut self) {
        self.records = Vec::new();
        self.free = Vec::new();
        self.index = HashTable::new();
    }

    /// The NLRI of a route.
    pub fn nlri(&self, id: RouteId) -> Option<Nlri<'_>> {
        self.records.get(id as usize).filter(|record| record.flags & USED != 0).map(Record::nlri)
    }

    /// What is kept with a route.
    pub fn get(&self, id: RouteId) -> Option<&T> {
        self.records.get(id as usize).map(|record| &record.data)
    }

    /// What is kept with a route, to change it.
    pub fn get_mut(&mut self, id: RouteId) -> Option<&mut T> {
        self.records.get_mut(id as usize).map(|record| &mut record.data)
    }

    /// The first used route at or after `from`, to walk the table while it changes.
    pub fn next_from(&self, from: RouteId) -> Option<RouteId> {
        let rest = self.records.get(from as usize..)?;
        let ahead = rest.iter().position(|record| record.flags & USED != 0)?;
        Some(from + RouteId::try_from(ahead).ok()?)
    }

    /// Every route, in the order of the slab.
    pub fn iter(&self) -> impl Iterator<Item = (RouteId, Nlri<'_>, &T)> {
        self.records.iter().enumerate().filter(|(_, record)| record.flags & USED != 0).map(
            |(id, record)| (RouteId::try_from(id).unwrap_or(NONE), record.nlri(), &record.data),
        )
    }
}

fn same(a: &Nlri<'_>, b: &Nlri<'_>) -> bool {
    a.family == b.family && a.path_id == b.path_id && a.identity() == b.identity()
}

fn hash(hasher: &foldhash::fast::RandomState, nlri: &Nlri<'_>) -> u64 {
    let mut state = hasher.build_hasher();
    nlri.family.hash(&mut state);
    nlri.path_id.hash(&mut state);
    let Identity { number, parts: [first, second] } = nlri.identity();
    state.write(first);
    // Most have one part and no number.
    if !second.is_empty() || number != 0 {
        state.write(second);
        state.write_u32(number);
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn nlri(bytes: &[u8], path_id: Option<u32>) -> Nlri<'_> {
        Nlri { family: Family::IPV6_UNICAST, path_id, bytes }
    }

    proptest! {
        #[test]
        fn behaves_as_a_map(steps in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(0u8..3, 0..30), prop::option::of(0u32..2)), 0..200)) {
            let mut table = Table::<u32>::default();
            let mut model = HashMap::new();
            for (step, (insert, bytes, path_id)) in steps.into_iter().enumerate() {
                let step = u32::try_from(step).unwrap();
                if insert {
                    let (id, had) = table.find_or_insert(&nlri(&bytes, path_id));
                    *table.get_mut(id).unwrap() = step;
                    prop_assert_eq!(model.insert((bytes, path_id), step).is_none(), had == Had::Nothing);
                } else {
                    let removed = table.find(&nlri(&bytes, path_id)).and_then(|id| table.remove(id));
                    prop_assert_eq!(removed, model.remove(&(bytes, path_id)));
                }
                prop_assert_eq!(table.len(), model.len());
            }
            let all: HashMap<_, _> =
                table.iter().map(|(_, n, data)| ((n.bytes.to_vec(), n.path_id), *data)).collect();
            prop_assert_eq!(all, model);
        }
    }
}
