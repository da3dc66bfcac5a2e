//! UPDATEs that are still to be taken in: what the tables need of them, in the order of their coming, in blocks.
//!
//! An entry is `length(4) announced-at(4) set-at(4) withdrawn-field… announced-field… set`; a field is `AFI(2) SAFI(1) paths(1)
//! next-hop-length(1) length(4) next-hop NLRI`.

use std::collections::VecDeque;
use std::ops::Range;

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::wire_next_hop;
use yottabgp_wire::nlri::{NlriIter, is_plain_prefix};
use yottabgp_wire::prefix::octets_for;

use super::block::{BLOCK, Block};
use super::push_set;
use crate::store::Packed;

/// Octets of the entry that is made that are kept when nothing waits.
const KEPT: usize = 256;

/// What stands before the fields of an entry.
const HEADER: usize = 12;

/// So many octets are got from memory ahead of what is read.
const AHEAD: usize = 2048;

/// A field of an UPDATE.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) family: Family,
    /// Whether there are path identifiers.
    pub(super) paths: bool,
    /// The next hop of what is announced, [packed](Packed).
    pub(super) next_hop: &'a [u8],
    /// The NLRI.
    pub(super) octets: &'a [u8],
}

/// An UPDATE.
pub(super) struct Entry<'a> {
    /// How many octets it has here.
    pub(super) length: usize,
    pub(super) withdrawn: Fields<'a>,
    pub(super) announced: Fields<'a>,
    /// The set of its attributes.
    pub(super) set: &'a [u8],
}

/// UPDATEs in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Log {
    blocks: VecDeque<Block>,
    /// One that was taken in.
    spare: Option<Block>,
    /// The entry that is made: it is pushed in one piece.
    entry: Vec<u8>,
    /// Where the oldest entry starts in the first block.
    start: usize,
    pushed: u64,
    taken: u64,
}

impl Log {
    /// The octets that wait.
    pub(super) fn octets(&self) -> usize {
        usize::try_from(self.pushed - self.taken).unwrap_or(usize::MAX)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.pushed == self.taken
    }

    /// The octets that came so far, and those of them that were taken.
    pub(super) const fn progress(&self) -> [u64; 2] {
        [self.pushed, self.taken]
    }

    /// Remembers the prefixes of an UPDATE, if it has any. Returns its octets here, and how many of them it announces and withdraws.
    pub(super) fn push(&mut self, update: &Update<'_>) -> Option<(usize, (u64, u64))> {
        let entry = &mut self.entry;
        entry.clear();
        entry.extend_from_slice(&[0; HEADER]);
        let (mut announced, mut withdrawn) = (0, 0);
        let push = |entry: &mut Vec<u8>, nlri: &NlriIter<'_>, next_hop: &[u8]| {
            if !is_plain_prefix(nlri.family()) {
                return 0;
            }
            push_field(entry, nlri, next_hop);
            count(nlri.octets(), nlri.has_path_id())
        };
        for nlri in update.withdrawn() {
            withdrawn += push(entry, &nlri, &[]);
        }
        let announced_at = entry.len();
        for (next_hop, nlri) in update.announced() {
            let next_hop = Packed::address(wire_next_hop(next_hop));
            announced += push(entry, &nlri, next_hop.octets());
        }
        let set_at = entry.len();
        if set_at == HEADER {
            return None;
        }
        if set_at > announced_at {
            push_set(update, entry);
        }
        let length = entry.len();
        if let Some(head) = entry.first_chunk_mut::<HEADER>() {
            let numbers = [length, announced_at, set_at];
            for (place, number) in head.as_chunks_mut::<4>().0.iter_mut().zip(numbers) {
                *place = u32::try_from(number).unwrap_or(u32::MAX).to_ne_bytes();
            }
        }
        if !self.blocks.back_mut().is_some_and(|block| block.push(&self.entry)) {
            let mut block = self.next_block(length);
            block.push(&self.entry);
            self.blocks.push_back(block);
        }
        self.pushed += length as u64;
        Some((length, (announced, withdrawn)))
    }

    /// An empty block that has room for so many octets.
    fn next_block(&mut self, length: usize) -> Block {
        match self.spare.take().filter(|block| block.room() >= length) {
            Some(block) => block,
            None if self.octets() < BLOCK => Block::small(),
            None => Block::mapped(length.max(BLOCK)),
        }
    }

    /// The oldest UPDATEs, as many as have so many octets, and one at least: those of one block. There is none only when none waits.
    pub(super) fn oldest(&mut self, octets: usize) -> Entries<'_> {
        while let Some(block) = self.blocks.front()
            && self.start >= block.octets().len()
        {
            self.start = 0;
            self.spare = self.blocks.pop_front();
            self.spare.iter_mut().for_each(Block::clear);
        }
        let rest = self.blocks.front().and_then(|block| block.octets().get(self.start..));
        let rest = rest.unwrap_or_default();
        // Where an entry begins is known when the one before it was read: the processor would wait for each.
        for line in rest.iter().skip(AHEAD).step_by(64).take(AHEAD / 64) {
            std::hint::black_box(*line);
        }
        Entries { rest, octets }
    }

    /// Gives back some memory of UPDATEs that nobody will take any more: a block, in less than a millisecond. Returns whether
    /// there was any.
    pub(super) fn give_back(&mut self) -> bool {
        self.spare = None;
        self.blocks.pop_front().is_some()
    }

    /// Forgets the oldest UPDATEs: those that were taken, which have so many octets.
    pub(super) fn forget(&mut self, octets: usize) {
        self.start += octets;
        self.taken += octets as u64;
        if self.is_empty() || octets == 0 {
            self.blocks.clear();
            self.spare = None;
            self.entry.shrink_to(KEPT);
            self.start = 0;
            self.taken = self.pushed;
        }
    }
}

/// UPDATEs, one behind the other.
#[derive(Clone)]
pub(super) struct Entries<'a> {
    rest: &'a [u8],
    /// How many octets are still asked for.
    octets: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.octets == 0 {
            return None;
        }
        let (head, _) = self.rest.split_first_chunk::<HEADER>()?;
        let (numbers, _) = head.as_chunks::<4>();
        let &[length, announced_at, set_at] = numbers.first_chunk::<3>()?;
        let number = |octets| u32::from_ne_bytes(octets) as usize;
        let (entry, rest) = self.rest.split_at_checked(number(length))?;
        let part = |range: Range<usize>| entry.get(range).map(Fields);
        self.rest = rest;
        self.octets = self.octets.saturating_sub(entry.len());
        Some(Entry {
            length: entry.len(),
            withdrawn: part(HEADER..number(announced_at))?,
            announced: part(number(announced_at)..number(set_at))?,
            set: entry.get(number(set_at)..)?,
        })
    }
}

/// Fields, one behind the other.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        field(&mut self.0)
    }
}

fn push_field(out: &mut Vec<u8>, nlri: &NlriIter<'_>, next_hop: &[u8]) {
    let octets = nlri.octets();
    let [high, low] = nlri.family().afi.0.to_be_bytes();
    let [a, b, c, d] = u32::try_from(octets.len()).unwrap_or(u32::MAX).to_be_bytes();
    let next_hop_length = u8::try_from(next_hop.len()).unwrap_or(u8::MAX);
    let paths = nlri.has_path_id().into();
    out.extend_from_slice(&[high, low, nlri.family().safi.0, paths, next_hop_length, a, b, c, d]);
    out.extend_from_slice(next_hop.get(..next_hop_length.into()).unwrap_or(next_hop));
    out.extend_from_slice(octets);
}

#[inline]
fn field<'a>(octets: &mut &'a [u8]) -> Option<Field<'a>> {
    let (&[high, low, safi, paths, next_hop, a, b, c, d], rest) = octets.split_first_chunk()?;
    let (next_hop, rest) = rest.split_at_checked(next_hop.into())?;
    let (nlri, rest) = rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
    *octets = rest;
    let family = Family::new(Afi(u16::from_be_bytes([high, low])), Safi(safi));
    Some(Field { family, paths: paths != 0, next_hop, octets: nlri })
}

/// How many prefixes a field has.
pub(super) fn count(octets: &[u8], paths: bool) -> u64 {
    let mut rest = octets;
    let mut count = 0;
    while let Some(prefix) = rest.get(if paths { 4 } else { 0 }..)
        && let Some((length, octets)) = prefix.split_first()
    {
        count += 1;
        rest = octets.get(octets_for(*length)..).unwrap_or_default();
    }
    count
}
