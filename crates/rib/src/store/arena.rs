//! The octets of the sets, one behind the other in chunks.
//!
//! A record is `id(4) length(2) octets`, and that of a set that was removed has no identifier. A chunk in which all were removed is
//! given back. While more is removed than there is, chunks that have more of it than of anything else are emptied: what is left
//! in them moves on. So the chunks have never more than twice the octets of their records, and one chunk more; what
//! has to be moved is no more than what was removed.

/// Octets of one allocation.
const CHUNK: usize = 64 * 1024;

/// A record that is longer has an allocation of its own.
const LONG: usize = CHUNK / 4;

/// The identifier of a record that was removed.
const REMOVED: u32 = u32::MAX;

/// What stands before the octets of a record.
const HEADER: usize = 6;

/// The length of a record that has its chunk to itself: to its end.
const TO_THE_END: u16 = u16::MAX;

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    chunk: u32,
    start: u32,
}

#[derive(Debug, Default)]
struct Chunk {
    octets: Vec<u8>,
    /// How many of them are of records that were removed.
    removed: usize,
}

/// Records.
#[derive(Debug, Default)]
pub(super) struct Arena {
    chunks: Vec<Chunk>,
    /// Those without memory.
    vacant: Vec<u32>,
    /// The one that is being filled.
    open: Option<u32>,
    /// The octets of all, records that were removed included.
    octets: usize,
    /// Those of records that were removed.
    removed: usize,
    /// Where to look for the next chunk to empty.
    next: usize,
}

impl Arena {
    /// Adds a record: its octets in two parts.
    #[inline]
    pub(super) fn push(&mut self, id: u32, first: &[u8], second: &[u8]) -> Place {
        let length = first.len() + second.len();
        let (chunk, field) = match u16::try_from(length) {
            Ok(field) if length <= LONG => (self.with_room(HEADER + length), field),
            _ => (self.add(HEADER + length), TO_THE_END),
        };
        self.octets += HEADER + length;
        let octets = match self.chunks.get_mut(chunk as usize) {
            Some(chunk) => &mut chunk.octets,
            None => return Place { chunk, start: 0 },
        };
        let start = octets.len();
        octets.extend_from_slice(&id.to_be_bytes());
        octets.extend_from_slice(&field.to_be_bytes());
        octets.extend_from_slice(first);
        octets.extend_from_slice(second);
        Place { chunk, start: u32::try_from(start).unwrap_or(REMOVED) }
    }

    /// The chunk that is being filled, or a new one where that has no room for so many octets.
    #[inline]
    fn with_room(&mut self, octets: usize) -> u32 {
        let open = self.open.and_then(|open| Some((open, self.chunks.get(open as usize)?)));
        if let Some((open, _)) = open.filter(|(_, chunk)| chunk.octets.len() + octets <= CHUNK) {
            return open;
        }
        // The first one grows: mostly there are few sets.
        let new = self.add(if self.octets == 0 { 0 } else { CHUNK });
        self.open = Some(new);
        new
    }

    /// A new chunk.
    #[cold]
    fn add(&mut self, capacity: usize) -> u32 {
        let chunk = Chunk { octets: Vec::with_capacity(capacity), removed: 0 };
        if let Some(vacant) = self.vacant.pop() {
            if let Some(place) = self.chunks.get_mut(vacant as usize) {
                *place = chunk;
            }
            return vacant;
        }
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(u32::MAX)
    }

    /// The octets of a record.
    #[inline]
    pub(super) fn get(&self, place: Place) -> &[u8] {
        let record = || {
            let rest = self.chunks.get(place.chunk as usize)?.octets.get(place.start as usize..)?;
            Some(record(rest)?.1)
        };
        record().unwrap_or_default()
    }

    /// Removes a record. Tells of each other one that moves where it is then.
    pub(super) fn remove(&mut self, place: Place, moved: impl FnMut(u32, Place)) {
        let Some(chunk) = self.chunks.get_mut(place.chunk as usize) else { return };
        let Some(rest) = chunk.octets.get_mut(place.start as usize..) else { return };
        let Some((_, octets)) = record(rest) else { return };
        let length = HEADER + octets.len();
        if let Some(id) = rest.first_chunk_mut::<4>() {
            *id = REMOVED.to_be_bytes();
        }
        chunk.removed += length;
        self.removed += length;
        if chunk.removed == chunk.octets.len() {
            self.give_back(place.chunk);
        } else if self.removed > self.octets - self.removed + CHUNK {
            self.empty_one(moved);
        }
    }

    /// Gives back the memory of a chunk whose records were removed.
    #[cold]
    fn give_back(&mut self, number: u32) {
        let Some(chunk) = self.chunks.get_mut(number as usize) else { return };
        self.octets -= chunk.octets.len();
        self.removed -= chunk.removed;
        *chunk = Chunk::default();
        self.vacant.push(number);
        if self.open == Some(number) {
            self.open = None;
        }
        if self.octets == 0 && self.chunks.len() > 1 {
            *self = Self::default();
        }
    }

    /// Empties a chunk that has more that was removed than was not. There is one: the chunk that is being filled can not have all
    /// of what is too much.
    #[cold]
    fn empty_one(&mut self, mut moved: impl FnMut(u32, Place)) {
        let count = self.chunks.len();
        let is_one = |at: &usize| {
            let chunk = self.chunks.get(*at);
            chunk.is_some_and(|chunk| chunk.removed * 2 > chunk.octets.len())
                && self.open.is_none_or(|open| open as usize != *at)
        };
        let Some(at) = (self.next..count).chain(0..self.next.min(count)).find(is_one) else {
            return;
        };
        self.next = at + 1;
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        let octets = std::mem::take(&mut chunk.octets);
        self.octets -= octets.len();
        self.removed -= std::mem::take(&mut chunk.removed);
        let mut rest = octets.as_slice();
        while let Some((id, octets)) = record(rest) {
            if id != REMOVED {
                moved(id, self.push(id, octets, &[]));
            }
            rest = rest.get(HEADER + octets.len()..).unwrap_or_default();
        }
        self.vacant.push(u32::try_from(at).unwrap_or(u32::MAX));
    }

    /// Octets that take memory, and those of records that were not removed, for tests.
    #[cfg(test)]
    pub(super) fn memory(&self) -> (usize, usize) {
        let capacity = self.chunks.iter().map(|chunk| chunk.octets.capacity()).sum();
        (capacity, self.octets - self.removed)
    }
}

/// The first record: its identifier and octets.
#[inline]
fn record(octets: &[u8]) -> Option<(u32, &[u8])> {
    let (&[a, b, c, d, high, low], rest) = octets.split_first_chunk::<HEADER>()?;
    let octets = match u16::from_be_bytes([high, low]) {
        TO_THE_END => rest,
        length => rest.get(..usize::from(length))?,
    };
    Some((u32::from_be_bytes([a, b, c, d]), octets))
}
