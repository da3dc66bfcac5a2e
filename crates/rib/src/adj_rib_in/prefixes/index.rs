//! A hash index that grows bit by bit: while it does, what was not moved yet is found in the old one.
//!
//! It keeps numbers of records only; who looks something up compares the records.

use std::ops::Range;

use hashbrown::HashTable;

/// Records that are moved at once: several for each that may come meanwhile, so that all are moved long before the new one is full.
const STEP: u32 = 128;

/// Numbers of records by their hash.
#[derive(Debug, Default)]
pub(super) struct Index {
    table: HashTable<u32>,
    len: usize,
    growing: Option<Growing>,
}

/// The index from before.
#[derive(Debug)]
struct Growing {
    old: HashTable<u32>,
    /// Records that are still to be moved; later ones came to the new index.
    places: Range<u32>,
    /// How many entries are in this one only: the new one has room for them.
    left: usize,
    /// Whether one of these places was given to another record meanwhile.
    is_reused: bool,
}

impl Index {
    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it has to [grow](Self::grow) before one more comes.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        let left = self.growing.as_ref().map_or(0, |growing| growing.left);
        self.table.len() + left >= self.table.capacity()
    }

    pub(super) const fn is_growing(&self) -> bool {
        self.growing.is_some()
    }

    /// Lets the processor get what a look-up will need.
    #[inline]
    pub(super) fn fetch(&self, hash: u64) {
        std::hint::black_box(self.table.find(hash, |_| false).is_some());
        if let Some(Growing { old, .. }) = &self.growing {
            std::hint::black_box(old.find(hash, |_| false).is_some());
        }
    }

    #[inline]
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let found = self.table.find(hash, |place| is_it(*place)).copied();
        found.or_else(|| self.growing.as_ref()?.old.find(hash, |place| is_it(*place)).copied())
    }

    /// Adds one that is not there. It must not be full.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, place: u32) {
        self.len += 1;
        if let Some(Growing { places, is_reused, .. }) = &mut self.growing {
            *is_reused |= places.contains(&place);
        }
        // There is room: nothing is hashed.
        self.table.insert_unique(hash, place, |_| 0);
    }

    #[inline]
    pub(super) fn remove(&mut self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut removed = take(&mut self.table, hash, &mut is_it);
        if let Some(Growing { old, left, .. }) = &mut self.growing
            && let Some(place) = take(old, hash, &mut is_it)
        {
            // It may be in both.
            *left -= usize::from(removed.is_none());
            removed = Some(place);
        }
        self.len -= usize::from(removed.is_some());
        removed
    }

    /// Begins an index that is twice as large; the records before `end` are to be [moved](Self::moved).
    pub(super) fn grow(&mut self, end: u32) {
        let larger = HashTable::with_capacity((self.table.capacity() * 2).max(7));
        let old = std::mem::replace(&mut self.table, larger);
        let left = old.len();
        self.growing =
            (left > 0).then_some(Growing { old, places: 0..end, left, is_reused: false });
    }

    /// The records that are to be moved next.
    #[inline]
    pub(super) fn next_places(&mut self) -> Option<Range<u32>> {
        let Growing { places, .. } = self.growing.as_mut()?;
        let next = places.start..places.start.saturating_add(STEP).min(places.end);
        places.start = next.end;
        if next.is_empty() {
            self.growing = None;
            return None;
        }
        Some(next)
    }

    /// Moves a record, unless it came to the new index by itself.
    #[inline]
    pub(super) fn moved(&mut self, hash: u64, place: u32) {
        if let Some(Growing { left, is_reused, .. }) = &mut self.growing
            && !(*is_reused && self.table.find(hash, |other| *other == place).is_some())
        {
            *left -= 1;
            self.table.insert_unique(hash, place, |_| 0);
        }
    }
}

fn take(table: &mut HashTable<u32>, hash: u64, is_it: &mut impl FnMut(u32) -> bool) -> Option<u32> {
    let entry = table.find_entry(hash, |place| is_it(*place)).ok()?;
    Some(entry.remove().0)
}
