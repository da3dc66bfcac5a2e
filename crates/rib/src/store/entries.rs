//! What is known of each set but its octets: where these are, who holds it, its hash. In chunks: growing copies none, and
//! a chunk without a set gives its memory back.

use super::arena::Place;

/// Entries of one allocation.
const CHUNK: usize = 4096;

/// No entry.
const NONE: u32 = u32::MAX;

/// A set. Nobody holds a free one, and it has the place of the next free one of its chunk for a hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Where its octets are.
    pub(super) place: Place,
    /// How many references there are.
    pub(super) references: u32,
    /// Its hash.
    pub(super) hash: u32,
}

/// Entries by number.
#[derive(Debug, Default)]
pub(super) struct Entries {
    chunks: Vec<Chunk>,
    /// The chunks that have room for more.
    room: Vec<u32>,
    used: usize,
}

#[derive(Debug)]
struct Chunk {
    entries: Vec<Entry>,
    /// The first free one of those that were used.
    free: u32,
    used: usize,
}

impl Chunk {
    const EMPTY: Self = Self { entries: Vec::new(), free: NONE, used: 0 };

    const fn is_full(&self) -> bool {
        self.used == CHUNK
    }
}

impl Entries {
    /// The entry of a number, if it is used.
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&Entry> {
        let (chunk, at) = split(id);
        self.chunks.get(chunk)?.entries.get(at).filter(|entry| entry.references > 0)
    }

    /// The entry of a number, if it is used.
    #[inline]
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut Entry> {
        let (chunk, at) = split(id);
        self.chunks.get_mut(chunk)?.entries.get_mut(at).filter(|entry| entry.references > 0)
    }

    /// The number that the next one gets.
    #[inline]
    pub(super) fn next(&mut self) -> u32 {
        let room = self.room.last().copied().unwrap_or_else(|| {
            let new = u32::try_from(self.chunks.len()).unwrap_or(NONE);
            self.chunks.push(Chunk::EMPTY);
            self.room.push(new);
            new
        });
        match self.chunks.get(room as usize) {
            Some(chunk) if chunk.free != NONE => join(room as usize, chunk.free as usize),
            Some(chunk) => join(room as usize, chunk.entries.len()),
            None => NONE,
        }
    }

    /// Puts the [next](Self::next) one in.
    #[inline]
    pub(super) fn insert(&mut self, id: u32, entry: Entry) {
        let (chunk, at) = split(id);
        let Some(chunk) = self.chunks.get_mut(chunk) else { return };
        match chunk.entries.get_mut(at) {
            Some(free) => {
                chunk.free = free.hash;
                *free = entry;
            }
            None => chunk.entries.push(entry),
        }
        chunk.used += 1;
        self.used += 1;
        if chunk.is_full() {
            self.room.pop();
        }
    }

    /// Forgets one.
    pub(super) fn remove(&mut self, id: u32) {
        let (number, at) = split(id);
        let Some(chunk) = self.chunks.get_mut(number) else { return };
        let Some(entry) = chunk.entries.get_mut(at) else { return };
        if chunk.used == CHUNK {
            self.room.push(u32::try_from(number).unwrap_or(NONE));
        }
        chunk.used -= 1;
        self.used -= 1;
        entry.references = 0;
        entry.hash = chunk.free;
        chunk.free = u32::try_from(at).unwrap_or(NONE);
        if chunk.used == 0 {
            *chunk = Chunk::EMPTY;
        }
        if self.used == 0 && self.chunks.len() > 1 {
            *self = Self::default();
        }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.used
    }

    /// Places that take memory, for tests.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.entries.capacity()).sum()
    }
}

const fn split(id: u32) -> (usize, usize) {
    (id as usize / CHUNK, id as usize % CHUNK)
}

fn join(chunk: usize, at: usize) -> u32 {
    u32::try_from(chunk * CHUNK + at).unwrap_or(NONE)
}
