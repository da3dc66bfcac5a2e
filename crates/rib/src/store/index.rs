//! Sets by their hash: extendible hashing. Pages have the sets whose hashes begin with the same bits; one that is full is
//! split, and two that are nearly empty are joined again. So no set ever waits until all others have moved, and a look-up reads one line
//! of the cache, mostly.

use std::ops::Range;

/// Places of a page: a power of two.
const PLACES: usize = 1024;

/// A page with more is split: the more places are taken, the longer is the way to a free one.
const MOST: usize = PLACES / 4 * 3;

/// Two pages with fewer are joined.
const FEW: usize = PLACES / 4;

/// No more bits of the hash than these say which page it is; the last ones say where in it.
const MOST_BITS: u32 = u32::BITS - PLACES.ilog2();

/// No set.
const NONE: u32 = u32::MAX;

/// A set and its hash.
#[derive(Clone, Copy, Debug)]
struct Slot {
    id: u32,
    hash: u32,
}

impl Slot {
    const FREE: Self = Self { id: NONE, hash: 0 };
}

#[derive(Debug, Default)]
struct Page {
    /// Each set is at the place of its hash, or behind it and others without a gap; the first place is behind the last.
    slots: Box<[Slot]>,
    used: usize,
    /// With how many bits in common the hashes begin.
    bits: u32,
}

impl Page {
    fn new(bits: u32) -> Self {
        Self { slots: vec![Slot::FREE; PLACES].into(), used: 0, bits }
    }

    fn slots(&mut self) -> Option<&mut [Slot; PLACES]> {
        (&mut *self.slots).try_into().ok()
    }

    /// Where the set is that is the one, and which it is. There is always a place that is free.
    #[inline]
    fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<(usize, u32)> {
        let slots: &[Slot; PLACES] = (&*self.slots).try_into().ok()?;
        let mut at = hash as usize % PLACES;
        loop {
            let slot = slots.get(at)?;
            if slot.id == NONE {
                return None;
            }
            if slot.hash == hash && is_it(slot.id) {
                return Some((at, slot.id));
            }
            at = (at + 1) % PLACES;
        }
    }

    #[inline]
    fn insert(&mut self, new: Slot) {
        self.used += 1;
        let Some(slots) = self.slots() else { return };
        let mut at = new.hash as usize % PLACES;
        while let Some(slot) = slots.get_mut(at) {
            if slot.id == NONE {
                *slot = new;
                return;
            }
            at = (at + 1) % PLACES;
        }
    }

    /// Frees a place. What stands behind it moves up, as far as its hash lets it.
    fn free(&mut self, at: usize) {
        self.used -= 1;
        let Some(slots) = self.slots() else { return };
        let (mut free, mut at) = (at, at);
        loop {
            at = (at + 1) % PLACES;
            let Some(slot) = slots.get(at).copied().filter(|slot| slot.id != NONE) else { break };
            let way_from = |place: usize| at.wrapping_sub(place) % PLACES;
            if way_from(slot.hash as usize % PLACES) >= way_from(free)
                && let Some(place) = slots.get_mut(free)
            {
                *place = slot;
                free = at;
            }
        }
        if let Some(place) = slots.get_mut(free) {
            *place = Slot::FREE;
        }
    }

    fn used(&self) -> impl Iterator<Item = Slot> {
        self.slots.iter().copied().filter(|slot| slot.id != NONE)
    }
}

/// Sets by their hash.
#[derive(Debug, Default)]
pub(super) struct Index {
    pages: Vec<Page>,
    /// Those that are not used.
    vacant: Vec<u32>,
    /// The page of each beginning of a hash: a power of two, or none at all.
    directory: Vec<u32>,
}

impl Index {
    /// Which beginning of a hash this is.
    #[inline]
    fn beginning(&self, hash: u32) -> usize {
        (u64::from(hash) << self.directory.len().checked_ilog2().unwrap_or(0) >> u32::BITS) as usize
    }

    #[inline]
    fn page(&self, hash: u32) -> Option<&Page> {
        self.pages.get(*self.directory.get(self.beginning(hash))? as usize)
    }

    /// Lets the processor get what a look-up will need.
    #[inline]
    pub(super) fn fetch(&self, hash: u32) {
        let slot = self.page(hash).and_then(|page| page.slots.get(hash as usize % PLACES));
        std::hint::black_box(slot.map(|slot| slot.id));
    }

    /// The set with this hash that is the one.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        Some(self.page(hash)?.find(hash, is_it)?.1)
    }

    /// Adds one that is not there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u32, id: u32) {
        loop {
            let number = self.directory.get(self.beginning(hash)).copied();
            let page = number.and_then(|number| self.pages.get_mut(number as usize));
            match page {
                Some(page) if page.used < MOST => return page.insert(Slot { id, hash }),
                // It is not found by others then. There would have to be thousands of millions.
                Some(page) if page.bits == MOST_BITS => return,
                Some(_) => self.split(hash),
                None => {
                    self.pages = vec![Page::new(0)];
                    self.directory = vec![0];
                }
            }
        }
    }

    /// Parts the page of this hash in two.
    #[cold]
    fn split(&mut self, hash: u32) {
        let beginning = self.beginning(hash);
        let Some(number) = self.directory.get(beginning).copied() else { return };
        let Some(page) = self.pages.get_mut(number as usize) else { return };
        let bits = page.bits + 1;
        let (mut low, mut high) = (Page::new(bits), Page::new(bits));
        for slot in page.used() {
            let is_high = slot.hash >> (u32::BITS - bits) & 1 == 1;
            if is_high { &mut high } else { &mut low }.insert(slot);
        }
        *page = low;
        let new = self.vacant.pop().unwrap_or_else(|| {
            self.pages.push(Page::default());
            u32::try_from(self.pages.len() - 1).unwrap_or(NONE)
        });
        if let Some(page) = self.pages.get_mut(new as usize) {
            *page = high;
        }
        if self.directory.len() < 1 << bits {
            self.directory = self.directory.iter().flat_map(|page| [*page; 2]).collect();
        }
        let range = self.with_beginning(hash, bits - 1);
        let half = range.len() / 2;
        self.directory.get_mut(range).into_iter().flatten().skip(half).for_each(|page| *page = new);
    }

    /// Forgets a set.
    pub(super) fn remove(&mut self, hash: u32, id: u32) {
        let number = self.directory.get(self.beginning(hash)).copied();
        let page = number.and_then(|number| self.pages.get_mut(number as usize));
        let Some(page) = page else { return };
        if let Some((at, _)) = page.find(hash, |found| found == id) {
            page.free(at);
            if page.used < FEW {
                while self.join(hash) {}
            }
        }
    }

    /// Joins the page of this hash with the one that it was parted from, if they have few. Says whether
    /// there may be another one.
    fn join(&mut self, hash: u32) -> bool {
        let Some(page) = self.page(hash).filter(|page| page.bits > 0) else { return false };
        let (bits, used) = (page.bits, page.used);
        let other = self.beginning(hash ^ 1 << (u32::BITS - bits));
        let Some(other) = self.directory.get(other).copied() else { return false };
        let Some(page) = self.pages.get_mut(other as usize) else { return false };
        if page.bits != bits || page.used + used >= FEW {
            return false;
        }
        let other_page = std::mem::take(page);
        self.vacant.push(other);
        let number = self.directory.get(self.beginning(hash)).copied().unwrap_or(NONE);
        if let Some(page) = self.pages.get_mut(number as usize) {
            other_page.used().for_each(|slot| page.insert(slot));
            page.bits -= 1;
        }
        if bits == 1 {
            // It is the last one.
            let page = self.pages.get_mut(number as usize).map(std::mem::take);
            *self =
                Self { pages: page.into_iter().collect(), vacant: Vec::new(), directory: vec![0] };
            return false;
        }
        let range = self.with_beginning(hash, bits - 1);
        self.directory.get_mut(range).into_iter().flatten().for_each(|page| *page = number);
        true
    }

    /// The places of the directory for hashes that have so many bits in common with this one.
    fn with_beginning(&self, hash: u32, bits: u32) -> Range<usize> {
        let count = self.directory.len() >> bits;
        let start = self.beginning(hash) / count * count;
        start..start + count
    }

    /// Places that take memory, for tests.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.pages.iter().map(|page| page.slots.len()).sum()
    }
}
