//! UPDATEs that are still to be taken in: what the tables need of them, in the order of their coming, in blocks.
//!
//! An entry is `length(4) withdrawn(1) announced(1) field… set`; a field is `AFI(2) SAFI(1) paths(1) next-hop-length(1) length(4)
//! next-hop NLRI`.

use std::collections::VecDeque;

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::nlri::NlriIter;
use yottabgp_wire::prefix::octets_for;

use super::push_set;

/// Octets of one allocation. A block that is taken in is given back.
const BLOCK: usize = 256 * 1024;

/// A field of an UPDATE, its family and whether there are path identifiers; what is announced with its next hop and the set of
/// its attributes.
pub(super) enum Entry<'a> {
    Withdrawn(Family, bool, &'a [u8]),
    Announced(Family, bool, &'a [u8], &'a [u8], &'a [u8]),
}

/// UPDATEs in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Log {
    blocks: VecDeque<Vec<u8>>,
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

    /// Remembers an UPDATE that has prefixes alone. Returns its octets here, and how many routes it announces and withdraws.
    pub(super) fn push(&mut self, update: &Update<'_>) -> (usize, (u64, u64)) {
        let full = self.blocks.back().is_none_or(|block| block.len() >= BLOCK);
        if full {
            // An UPDATE is one piece: the last one may make a block longer. The first block is small: mostly few wait.
            let room = if self.blocks.is_empty() { 0 } else { BLOCK + 8 * 1024 };
            self.blocks.push_back(Vec::with_capacity(room));
        }
        let Some(block) = self.blocks.back_mut() else { return (0, (0, 0)) };
        let before = block.len();
        block.extend_from_slice(&[0; 6]);
        let (mut announced, mut withdrawn) = (0, 0);
        let (mut announced_fields, mut withdrawn_fields) = (0, 0);
        for nlri in update.withdrawn() {
            withdrawn += count(nlri.octets(), nlri.has_path_id());
            withdrawn_fields += 1;
            push_field(block, &nlri, &[]);
        }
        for (next_hop, nlri) in update.announced() {
            announced += count(nlri.octets(), nlri.has_path_id());
            announced_fields += 1;
            push_field(block, &nlri, next_hop);
        }
        if announced_fields > 0 {
            push_set(update, block);
        }
        let length = block.len() - before;
        let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(head) = block.get_mut(before..before + 6) {
            head.copy_from_slice(&[a, b, c, d, withdrawn_fields, announced_fields]);
        }
        self.pushed += length as u64;
        (length, (announced, withdrawn))
    }

    /// Takes the oldest UPDATEs, as many as have so many octets, and one at least.
    pub(super) fn take(&mut self, octets: usize, mut each: impl FnMut(Entry<'_>)) {
        let mut octets = octets;
        while octets > 0
            && let Some(block) = self.blocks.front()
        {
            let Some(length) = entry(block.get(self.start..).unwrap_or_default(), &mut each) else {
                self.start = 0;
                self.blocks.pop_front();
                continue;
            };
            self.start += length;
            self.taken += length as u64;
            octets = octets.saturating_sub(length);
        }
        if self.is_empty() || self.blocks.is_empty() {
            self.blocks.clear();
            self.start = 0;
            self.taken = self.pushed;
        }
    }
}

fn push_field(out: &mut Vec<u8>, nlri: &NlriIter<'_>, next_hop: &[u8]) {
    let family = nlri.family();
    let octets = nlri.octets();
    out.extend_from_slice(&family.afi.0.to_be_bytes());
    let next_hop_length = u8::try_from(next_hop.len()).unwrap_or(u8::MAX);
    out.extend_from_slice(&[family.safi.0, nlri.has_path_id().into(), next_hop_length]);
    out.extend_from_slice(&u32::try_from(octets.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(next_hop.get(..next_hop_length.into()).unwrap_or(next_hop));
    out.extend_from_slice(octets);
}

/// Tells the first UPDATE of these octets, field by field. Returns how many octets it has; [`None`] when there is none.
fn entry(octets: &[u8], each: &mut impl FnMut(Entry<'_>)) -> Option<usize> {
    let length = u32::from_be_bytes(*octets.first_chunk()?) as usize;
    let mut reader = Reader::new(octets.get(4..length)?);
    let [withdrawn, announced] = reader.array("fields").ok()?;
    for _ in 0..withdrawn {
        let (family, paths, _, octets) = field(&mut reader)?;
        each(Entry::Withdrawn(family, paths, octets));
    }
    let mut fields = reader;
    for _ in 0..announced {
        field(&mut reader)?;
    }
    let set = reader.rest();
    for _ in 0..announced {
        let (family, paths, next_hop, octets) = field(&mut fields)?;
        each(Entry::Announced(family, paths, octets, next_hop, set));
    }
    Some(length)
}

type Field<'a> = (Family, bool, &'a [u8], &'a [u8]);

fn field<'a>(reader: &mut Reader<'a>) -> Option<Field<'a>> {
    let [high, low, safi, paths, next_hop] = reader.array("field").ok()?;
    let length = reader.u32("length").ok()?;
    let next_hop = reader.take(next_hop.into(), "next hop").ok()?;
    let octets = reader.take(length as usize, "NLRI").ok()?;
    let family = Family::new(Afi(u16::from_be_bytes([high, low])), Safi(safi));
    Some((family, paths != 0, next_hop, octets))
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
