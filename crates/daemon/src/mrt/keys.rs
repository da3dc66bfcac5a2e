//! What the routes of a dump are to: each NLRI once, in order, from the tables of all peers.

use std::collections::BTreeSet;

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::nlri::{Nlri, is_plain_prefix};

/// Of a prefix: `AFI(2) SAFI(1) prefix(16) length(1) has-path-id(1) path-id(4)`.
const PLAIN: usize = 25;
type Plain = [u8; PLAIN];

/// So many come before they are put in order.
const SOME: usize = 1 << 20;

/// An NLRI that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Plain(Plain),
    Other { family: [u8; 3], nlri: Box<[u8]>, path_id: Option<u32> },
}

impl Key {
    pub(super) fn of(nlri: Nlri<'_>) -> Self {
        let family = nlri.family.octets();
        let plain = is_plain_prefix(nlri.family).then(|| plain(family, nlri)).flatten();
        plain.map_or_else(
            || Self::Other { family, nlri: nlri.bytes.into(), path_id: nlri.path_id },
            Self::Plain,
        )
    }

    /// The NLRI; `buffer` has its octets.
    pub(super) fn nlri<'b>(&self, buffer: &'b mut Vec<u8>) -> Nlri<'b> {
        buffer.clear();
        let (family, path_id) = match self {
            Self::Plain(key) => {
                let [high, low, safi, ref prefix @ .., length, has_path, a, b, c, d] = *key;
                buffer.push(length);
                buffer.extend(prefix.iter().take(usize::from(length.div_ceil(8))));
                let path_id = (has_path != 0).then_some(u32::from_be_bytes([a, b, c, d]));
                ([high, low, safi], path_id)
            }
            Self::Other { family, nlri, path_id } => {
                buffer.extend_from_slice(nlri);
                (*family, *path_id)
            }
        };
        let [high, low, safi] = family;
        let family = Family::new(Afi(u16::from_be_bytes([high, low])), Safi(safi));
        Nlri { family, path_id, bytes: buffer }
    }
}

fn plain(family: [u8; 3], nlri: Nlri<'_>) -> Option<Plain> {
    let (length, prefix) = nlri.bytes.split_first()?;
    let mut key = [0; PLAIN];
    key.get_mut(..3)?.copy_from_slice(&family);
    key.get_mut(3..19)?.get_mut(..prefix.len())?.copy_from_slice(prefix);
    let rest = key.get_mut(19..)?;
    *rest.first_mut()? = *length;
    if let Some(path_id) = nlri.path_id {
        *rest.get_mut(1)? = 1;
        rest.get_mut(2..)?.copy_from_slice(&path_id.to_be_bytes());
    }
    Some(key)
}

/// Puts them in order. The same ones of many peers are kept once, and those that are not in order yet are few.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    plain: Vec<Plain>,
    fresh: Vec<Plain>,
    others: BTreeSet<Key>,
}

impl Sorter {
    pub(super) fn add(&mut self, keys: Vec<Key>) {
        for key in keys {
            match key {
                Key::Plain(key) => self.fresh.push(key),
                other @ Key::Other { .. } => drop(self.others.insert(other)),
            }
        }
        if self.fresh.len() >= SOME.max(self.plain.len()) {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.plain.append(&mut self.fresh);
        // Two runs, the first in order: which is what this sort is good at.
        self.plain.sort();
        self.plain.dedup();
    }

    pub(super) fn finish(mut self) -> Sorted {
        self.merge();
        Sorted { plain: self.plain.into_iter(), others: self.others.into_iter() }
    }
}

/// All of them, prefixes first.
#[derive(Debug)]
pub(super) struct Sorted {
    plain: std::vec::IntoIter<Plain>,
    others: std::collections::btree_set::IntoIter<Key>,
}

impl Iterator for Sorted {
    type Item = Key;

    fn next(&mut self) -> Option<Key> {
        self.plain.next().map(Key::Plain).or_else(|| self.others.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_in_order() {
        let nlri = |family, bytes: &'static [u8], path_id| Nlri { family, path_id, bytes };
        let v6 = nlri(Family::IPV6_UNICAST, &[32, 0x20, 1, 0x0D, 0xB8], None);
        let vpn = Family::new(Afi::IPV4, Safi(128));
        let all = [
            nlri(Family::IPV4_UNICAST, &[0], None),
            nlri(Family::IPV4_UNICAST, &[8, 10], None),
            nlri(Family::IPV4_UNICAST, &[8, 10], Some(0)),
            nlri(Family::IPV4_UNICAST, &[8, 10], Some(7)),
            nlri(Family::IPV4_UNICAST, &[16, 10, 0], None),
            v6,
            nlri(vpn, &[88, 0, 0, 0x11, 0, 0, 0, 1, 0, 0, 0, 1], None),
            nlri(vpn, &[88, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 1], None),
        ];
        let mut sorter = Sorter::default();
        for _ in 0..2 {
            sorter.add(all.iter().rev().map(|nlri| Key::of(*nlri)).collect());
        }
        let mut buffer = Vec::new();
        let mut read = Vec::new();
        for key in sorter.finish() {
            let nlri = key.nlri(&mut buffer);
            read.push((nlri.family, nlri.bytes.to_vec(), nlri.path_id));
        }
        let expected = all.map(|nlri| (nlri.family, nlri.bytes.to_vec(), nlri.path_id));
        assert_eq!(read, expected);
    }
}
