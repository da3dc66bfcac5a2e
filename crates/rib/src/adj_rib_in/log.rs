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

use super::push_set;
use crate::store::Packed;

/// Octets of one allocation. A block that is taken in is used again for what comes, or given back.
const BLOCK: usize = 256 * 1024;

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
    blocks: VecDeque<Vec<u8>>,
    /// One that was taken in.
    spare: Option<Vec<u8>>,
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

    /// Remembers an UPDATE, if it has prefixes alone. Returns its octets here, and how many routes it announces and withdraws.
    pub(super) fn push(&mut self, update: &Update<'_>) -> Option<(usize, (u64, u64))> {
        let full = self.blocks.back().is_none_or(|block| block.len() >= BLOCK);
        if full {
            // An UPDATE is one piece: the last one may make a block longer. The first block is small: mostly few wait.
            let room = if self.blocks.is_empty() { 0 } else { BLOCK + 8 * 1024 };
            self.blocks.push_back(self.spare.take().unwrap_or_else(|| Vec::with_capacity(room)));
        }
        let block = self.blocks.back_mut()?;
        let before = block.len();
        block.extend_from_slice(&[0; HEADER]);
        let (mut announced, mut withdrawn) = (0, 0);
        let mut are_plain = true;
        let mut push = |block: &mut Vec<u8>, nlri: &NlriIter<'_>, next_hop: &[u8]| {
            are_plain &= is_plain_prefix(nlri.family());
            push_field(block, nlri, next_hop);
            count(nlri.octets(), nlri.has_path_id())
        };
        for nlri in update.withdrawn() {
            withdrawn += push(block, &nlri, &[]);
        }
        let announced_at = block.len() - before;
        for (next_hop, nlri) in update.announced() {
            let next_hop = Packed::address(wire_next_hop(next_hop));
            announced += push(block, &nlri, next_hop.octets());
        }
        if !are_plain {
            block.truncate(before);
            return None;
        }
        let set_at = block.len() - before;
        if set_at > announced_at {
            push_set(update, block);
        }
        let length = block.len() - before;
        let head = block.get_mut(before..).and_then(|entry| entry.first_chunk_mut::<HEADER>());
        if let Some(head) = head {
            let numbers = [length, announced_at, set_at];
            for (place, number) in head.as_chunks_mut::<4>().0.iter_mut().zip(numbers) {
                *place = u32::try_from(number).unwrap_or(u32::MAX).to_ne_bytes();
            }
        }
        self.pushed += length as u64;
        Some((length, (announced, withdrawn)))
    }

    /// The oldest UPDATEs, as many as have so many octets, and one at least: those of one block. There is none only when none waits.
    pub(super) fn oldest(&mut self, octets: usize) -> Entries<'_> {
        while let Some(block) = self.blocks.front()
            && self.start >= block.len()
        {
            self.start = 0;
            self.spare = self.blocks.pop_front();
            self.spare.iter_mut().for_each(Vec::clear);
        }
        let rest = self.blocks.front().and_then(|block| block.get(self.start..));
        let rest = rest.unwrap_or_default();
        // Where an entry begins is known when the one before it was read: the processor would wait for each.
        for line in rest.iter().skip(AHEAD).step_by(64).take(AHEAD / 64) {
            std::hint::black_box(*line);
        }
        Entries { rest, octets }
    }

    /// Forgets the oldest UPDATEs: those that were taken, which have so many octets.
    pub(super) fn forget(&mut self, octets: usize) {
        self.start += octets;
        self.taken += octets as u64;
        if self.is_empty() || octets == 0 {
            self.blocks.clear();
            self.spare = None;
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
