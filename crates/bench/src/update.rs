//! A walk over an UPDATE: its routes, and what of its attributes a receiver checks. Not the codec of the speaker, so that what it
//! measures is not what it checks with.

use yottabgp_wire::codes::Family;

/// The octets behind the header of an UPDATE, in their three parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update<'a> {
    withdrawn: &'a [u8],
    attributes: &'a [u8],
    nlri: &'a [u8],
}

/// What is compared of a route's attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// MULTI_EXIT_DISC.
    pub(crate) med: Option<u32>,
    /// The rate of a FlowSpec rule, as it stands in traffic-rate.
    pub(crate) rate: Option<u32>,
    /// A digest of what speakers pass on as it is: ORIGIN, the last AS, communities of all kinds.
    pub(crate) digest: u64,
}

/// What FNV-1a starts with.
const DIGEST: u64 = 0xCBF2_9CE4_8422_2325;

fn digest(before: u64, octets: &[u8]) -> u64 {
    octets
        .iter()
        .fold(before, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x100_0000_01B3))
}

fn word(octets: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(octets.try_into().ok()?))
}

/// The parts of an octet string whose length, in two octets, comes first.
fn lengthy(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

impl<'a> Update<'a> {
    /// The parts of a body, if it has the lengths that it says.
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        let (withdrawn, rest) = lengthy(body)?;
        let (attributes, nlri) = lengthy(rest)?;
        Some(Self { withdrawn, attributes, nlri })
    }

    /// Code and value of each attribute.
    fn each_attribute(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let ([flags, code], behind) = rest.split_first_chunk()?;
            let (value, behind) = if flags & 0x10 == 0 {
                let (length, behind) = behind.split_first()?;
                behind.split_at_checked(usize::from(*length))?
            } else {
                lengthy(behind)?
            };
            rest = behind;
            Some((*code, value))
        })
    }

    /// What is compared of its attributes.
    pub(crate) fn attributes(&self) -> Attributes {
        let mut found = Attributes::default();
        for (code, value) in self.each_attribute() {
            let kept = match code {
                2 => value.last_chunk::<4>().map_or(value, |asn| asn),
                1 | 8 | 16 | 32 => value,
                _ => &[],
            };
            if !kept.is_empty() {
                // In any order: speakers have their own.
                found.digest ^= digest(digest(DIGEST, &[code]), kept);
            }
            if code == 4 {
                found.med = word(value);
            }
            if code == 16 {
                let rates = value.chunks_exact(8).find(|one| one.starts_with(&[0x80, 6]));
                found.rate = rates.and_then(|one| word(one.get(4..)?));
            }
        }
        found
    }

    /// Calls back for each route that is announced.
    pub(crate) fn announced(&self, mut each: impl FnMut(Family, &'a [u8])) {
        routes(Family::IPV4_UNICAST, self.nlri, &mut each);
        for (code, value) in self.each_attribute() {
            if code == 14
                && let Some((family, rest)) = family(value)
                && let Some((next_hop, rest)) = rest.split_first()
                // One octet is reserved.
                && let Some(nlri) = rest.get(usize::from(*next_hop) + 1..)
            {
                routes(family, nlri, &mut each);
            }
        }
    }

    /// Calls back for each route that is withdrawn.
    pub(crate) fn withdrawn(&self, mut each: impl FnMut(Family, &'a [u8])) {
        routes(Family::IPV4_UNICAST, self.withdrawn, &mut each);
        for (code, value) in self.each_attribute() {
            if code == 15
                && let Some((family, nlri)) = family(value)
            {
                routes(family, nlri, &mut each);
            }
        }
    }
}

fn family(value: &[u8]) -> Option<(Family, &[u8])> {
    use yottabgp_wire::codes::{Afi, Safi};
    let ([high, low, safi], rest) = value.split_first_chunk()?;
    Some((Family::new(Afi(u16::from_be_bytes([*high, *low])), Safi(*safi)), rest))
}

/// Calls back for each NLRI: with its length, in bits or, of FlowSpec, in octets.
fn routes<'a>(family: Family, mut nlri: &'a [u8], each: &mut impl FnMut(Family, &'a [u8])) {
    const FLOW: u8 = 133;
    while let Some(first) = nlri.first() {
        let length = match family.safi.0 {
            FLOW if *first >= 0xF0 => {
                let Some([high, low]) = nlri.first_chunk() else { return };
                2 + usize::from(u16::from_be_bytes([high & 0x0F, *low]))
            }
            FLOW => 1 + usize::from(*first),
            _ => 1 + usize::from(first.div_ceil(8)),
        };
        let Some((one, rest)) = nlri.split_at_checked(length) else { return };
        each(family, one);
        nlri = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Load, flat};

    #[test]
    fn every_kind_of_route_is_found() {
        for load in [Load::Route, Load::Ipv6, Load::Vpn, Load::Flow] {
            let mut message = Vec::new();
            flat::push_update(load, 123, 65_001, &mut message);
            let update = Update::read(&message[19..]).unwrap();
            let mut found = Vec::new();
            update.announced(|family, nlri| found.push((family, flat::number(load, nlri))));
            assert_eq!(found, [(flat::family(load), Some(123))]);
            let attributes = update.attributes();
            if load == Load::Flow {
                assert_eq!(attributes.rate, Some(9_623_f32.to_bits()));
            } else {
                assert_eq!(attributes.med, Some(23));
            }
        }
    }

    #[test]
    fn what_is_cut_is_not_walked_over() {
        let mut message = Vec::new();
        flat::push_update(Load::Ipv6, 1, 65_001, &mut message);
        let body = &message[19..];
        for length in 0..body.len() {
            if let Some(update) = Update::read(&body[..length]) {
                update.announced(|_, _| {});
                update.withdrawn(|_, _| {});
                let _ = update.attributes();
            }
        }
    }
}
