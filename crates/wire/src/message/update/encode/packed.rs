//! NLRI as they stand in UPDATEs: one behind the other, in their order.

use crate::nlri::{Nlri, WriteNlri};

/// Octets of a path identifier.
const PATH_ID: usize = 4;

/// Octets of room that are made at once.
const ROOM: usize = 4096;

/// NLRI of one family.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    /// The octets of all, and room behind them.
    octets: Vec<u8>,
    /// Where each ends in `octets`.
    ends: Vec<u32>,
    /// For sorting.
    places: Vec<Place>,
    spare: Vec<u8>,
}

/// Where an NLRI stands before they are sorted.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Its first octets, without the path identifier: they decide nearly always.
    key: u64,
    start: u32,
    end: u32,
}

impl Packed {
    pub(super) const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Takes the NLRI of a family, with `sorted` by their own octets, then by path identifier. `instead` may write others.
    pub(super) fn collect<'n>(
        &mut self,
        path_id: bool,
        sorted: bool,
        nlri: impl IntoIterator<Item = Nlri<'n>>,
        instead: Option<WriteNlri>,
    ) {
        let Self { octets, ends, spare, .. } = self;
        ends.clear();
        let identifier = if path_id { PATH_ID } else { 0 };
        let (mut in_order, mut before, mut end, mut last) = (true, 0, 0, 0);
        for nlri in nlri {
            let mut bytes = nlri.bytes;
            if let Some(instead) = instead {
                spare.clear();
                if instead(nlri.family, bytes, spare) {
                    bytes = spare;
                }
            }
            let start = end;
            if path_id {
                put(octets, start, &nlri.path_id.unwrap_or(0).to_be_bytes());
            }
            let key = key(bytes);
            match bytes.len() {
                // A known length is cheaper to write than the octets that there are.
                ..=8 => put(octets, start + identifier, &key.to_be_bytes()),
                _ => put(octets, start + identifier, bytes),
            }
            end = start + identifier + bytes.len();
            ends.push(clip(end));
            in_order &= key > last
                || key == last && {
                    let at = |start, end| {
                        let one = octets.get(start..end).unwrap_or_default();
                        one.split_at_checked(identifier).map(|(path_id, own)| (own, path_id))
                    };
                    ends.len() == 1 || at(before, start) <= at(start, end)
                };
            (before, last) = (start, key);
        }
        if sorted && !in_order {
            self.sort(identifier);
        }
    }

    /// Brings them into order.
    fn sort(&mut self, identifier: usize) {
        let Self { octets, ends, places, spare } = self;
        let between =
            |start: u32, end: u32| octets.get(start as usize..end as usize).unwrap_or_default();
        let parts = |place: &Place| {
            let one = between(place.start, place.end);
            one.split_at_checked(identifier).map(|(path_id, own)| (own, path_id))
        };
        places.clear();
        let mut start = 0;
        for end in ends.iter().copied() {
            let own = between(start, end).get(identifier..).unwrap_or_default();
            places.push(Place { key: key(own), start, end });
            start = end;
        }
        places.sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| parts(a).cmp(&parts(b))));
        spare.clear();
        ends.clear();
        for place in places.iter() {
            spare.extend_from_slice(between(place.start, place.end));
            ends.push(clip(spare.len()));
        }
        std::mem::swap(octets, spare);
    }

    /// The octets of one NLRI, or with `group` of as many as have room, but of one at least. They are those from `first` on;
    /// with them comes where the others begin.
    pub(super) fn take(&self, first: usize, room: usize, group: bool) -> Option<(&[u8], usize)> {
        let (done, rest) = self.ends.split_at_checked(first)?;
        let start = done.last().map_or(0, |end| *end as usize);
        let fit = |end: &u32| *end as usize - start <= room;
        let count = match rest.last()? {
            last if group && fit(last) => rest.len(),
            _ if group => rest.partition_point(fit).max(1),
            _ => 1,
        };
        let end = rest.get(count - 1).map_or(start, |end| *end as usize);
        Some((self.octets.get(start..end).unwrap_or_default(), first + count))
    }
}

/// Writes octets at a place, where there may be room already.
#[inline]
fn put(out: &mut Vec<u8>, at: usize, octets: &[u8]) {
    let end = at + octets.len();
    if out.len() < end {
        out.resize(end + ROOM, 0);
    }
    if let Some(room) = out.get_mut(at..end) {
        room.copy_from_slice(octets);
    }
}

/// The first eight octets as a number, zeros for those that are not there.
#[inline]
fn key(octets: &[u8]) -> u64 {
    if let Some(first) = octets.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    // The first and the last of them, which may be the same in part: IPv4 prefixes have two to four, IPv6 prefixes five to eight.
    let beyond = 8 * (8 - octets.len());
    if octets.len() > 4
        && let (Some(first), Some(last)) = (octets.first_chunk::<4>(), octets.last_chunk::<4>())
    {
        let [first, last] = [first, last].map(|four| u64::from(u32::from_be_bytes(*four)));
        return first << 32 | last << beyond;
    }
    if let (Some(first), Some(last)) = (octets.first_chunk::<2>(), octets.last_chunk::<2>()) {
        let [first, last] = [first, last].map(|two| u64::from(u16::from_be_bytes(*two)));
        return first << 48 | last << beyond;
    }
    octets.first().map_or(0, |octet| u64::from(*octet) << 56)
}

fn clip(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Family;

    fn packed(path_id: bool, sorted: bool, all: &[(u32, &[u8])]) -> Packed {
        let mut packed = Packed::default();
        let nlri = all.iter().map(|(path_id, bytes)| Nlri {
            family: Family::IPV4_UNICAST,
            path_id: Some(*path_id),
            bytes,
        });
        packed.collect(path_id, sorted, nlri, None);
        packed
    }

    #[test]
    fn a_key_orders_as_the_octets_do() {
        let mut all: Vec<Vec<u8>> = (0..12).map(|length| (1..=length).collect()).collect();
        all.extend((0..12).map(|length| (0..length).rev().collect()));
        for a in &all {
            let expected = (a.as_slice(), 1);
            assert_eq!(packed(false, true, &[(0, a)]).take(0, 99, true), Some(expected));
            for b in &all {
                if key(a) != key(b) {
                    assert_eq!(key(a) < key(b), a < b, "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn they_are_sorted_by_their_own_octets_then_by_path_identifier() {
        let long = [7; 9];
        let all: [(u32, &[u8]); 6] =
            [(9, &[1]), (2, &[1, 0]), (1, &[1, 0]), (5, &[0, 5]), (3, &long), (4, &long[..8])];
        let expected: &[u8] = &[&[0, 5][..], &[1], &[1, 0], &[1, 0], &long[..8], &long].concat();
        assert_eq!(packed(false, true, &all).take(0, 100, true), Some((expected, 6)));
        let with = packed(true, true, &all);
        let first = with.take(0, 6, true).unwrap();
        assert_eq!(first, (&[0, 0, 0, 5, 0, 5][..], 1));
        assert_eq!(with.take(2, 12, true).unwrap().0, [0, 0, 0, 1, 1, 0, 0, 0, 0, 2, 1, 0]);
        let kept = packed(false, false, &all);
        assert_eq!(kept.take(0, 100, false), Some((&[1][..], 1)));
        assert_eq!(kept.take(1, 4, true), Some((&[1, 0, 1, 0][..], 3)));
        assert_eq!(kept.take(4, 1, true).unwrap().0, long);
        assert_eq!(kept.take(6, 100, true), None);
    }
}
