//! UPDATEs as a router with a full table sends them: few prefixes to a message, one attribute set each, in no order.
//!
//! The proportions are those of the public table, roughly: 85% IPv4, most of it /24; paths of two to eleven; communities on three
//! of four. Lists of communities are sorted and without repetition, because some speakers pass them on so.

use anyhow::{Result, bail};

use super::random::Random;
use super::{Stream, attribute, update};

/// The AS numbers that only fit four octets begin here.
const WIDE: u32 = 131_072;

/// IPv4 prefix lengths: weight, length.
const LENGTHS: &[(u32, u32)] =
    &[(620, 24), (105, 23), (110, 22), (50, 21), (45, 20), (30, 19), (15, 18), (10, 17), (15, 16)];

/// IPv6 prefix lengths: weight, length.
const LENGTHS_IPV6: &[(u32, u32)] = &[(48, 48), (15, 44), (14, 40), (8, 36), (15, 32)];

/// Prefixes of one message: weight, the fewest; up to twice as many less one.
const SIZES: &[(u32, u32)] = &[(58, 1), (18, 2), (12, 4), (7, 12), (4, 30), (1, 60)];

/// Makes the messages that announce `count` prefixes, `ipv6` percent of them IPv6; one prefix each if `single`.
pub(crate) fn stream(count: u32, ipv6: u32, seed: u64, asn: u32, single: bool) -> Result<Stream> {
    let mut random = Random::new(seed);
    let six = u32::try_from(u64::from(count) * u64::from(ipv6.min(100)) / 100).unwrap_or(count);
    let mut groups = Vec::new();
    ipv4_groups(count - six, single, &mut random, &mut groups)?;
    ipv6_groups(six, single, &mut random, &mut groups);
    for last in (1..groups.len()).rev() {
        let bound = u32::try_from(last + 1).unwrap_or(u32::MAX);
        groups.swap(last, random.below(bound) as usize);
    }
    let mut stream = Stream::default();
    for Group { ipv6, nlri, routes } in &groups {
        let mut attributes = attributes(&mut random, asn);
        if *ipv6 {
            let mut value = vec![0, 2, 1, 16, 0x20, 1, 0x0d, 0xb8];
            value.resize(19, 0);
            value.extend_from_slice(&[1, 0]);
            value.extend_from_slice(nlri);
            attribute(&mut attributes, 0x80, 14, &value);
            update(&mut stream.octets, &attributes, &[]);
        } else {
            attribute(&mut attributes, 0x40, 3, &[192, 0, 2, 1]);
            update(&mut stream.octets, &attributes, nlri);
        }
        stream.messages += 1;
        stream.routes += routes;
    }
    Ok(stream)
}

/// The prefixes of one message, encoded.
struct Group {
    ipv6: bool,
    nlri: Vec<u8>,
    routes: u32,
}

fn size(random: &mut Random, left: u32, single: bool) -> u32 {
    if single {
        return 1;
    }
    let least = random.weighted(SIZES);
    (least + random.below(least)).min(left)
}

fn ipv4_groups(
    count: u32,
    single: bool,
    random: &mut Random,
    groups: &mut Vec<Group>,
) -> Result<()> {
    let (mut left, mut next) = (count, 1_u64 << 24);
    while left > 0 {
        let routes = size(random, left, single);
        let mut nlri = Vec::new();
        for _ in 0..routes {
            let length = random.weighted(LENGTHS);
            let width = 1_u64 << (32 - length);
            next = next.next_multiple_of(width);
            // Speakers refuse loopback addresses.
            if next >> 24 == 127 {
                next = 128 << 24;
            }
            let Some(address) = u32::try_from(next).ok().filter(|address| address >> 24 < 224)
            else {
                bail!("{count} IPv4 prefixes are more than there is room for: ask for a million");
            };
            prefix(&mut nlri, length, &address.to_be_bytes());
            next += width;
        }
        groups.push(Group { ipv6: false, nlri, routes });
        left -= routes;
    }
    Ok(())
}

fn ipv6_groups(count: u32, single: bool, random: &mut Random, groups: &mut Vec<Group>) {
    // The first 48 bits; 2400:: and up.
    let (mut left, mut next) = (count, 0x2400_0000_0000_u64);
    while left > 0 {
        let routes = size(random, left, single);
        let mut nlri = Vec::new();
        for _ in 0..routes {
            let length = random.weighted(LENGTHS_IPV6);
            let width = 1_u64 << (48 - length);
            next = next.next_multiple_of(width);
            prefix(&mut nlri, length, &(next << 16).to_be_bytes());
            next += width;
        }
        groups.push(Group { ipv6: true, nlri, routes });
        left -= routes;
    }
}

fn prefix(nlri: &mut Vec<u8>, length: u32, address: &[u8]) {
    nlri.push(u8::try_from(length).unwrap_or(0));
    nlri.extend_from_slice(address.get(..length.div_ceil(8) as usize).unwrap_or_default());
}

/// All attributes but the next hop and MP_REACH_NLRI.
fn attributes(random: &mut Random, asn: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let origin = u8::try_from(random.weighted(&[(90, 0), (2, 1), (8, 2)])).unwrap_or(0);
    attribute(&mut out, 0x40, 1, &[origin]);
    let mut path = vec![asn];
    for _ in 0..1 + random.below(3) + random.below(3) + random.below(2) {
        let wide = random.percent(30);
        path.push(if wide { WIDE + random.below(270_000) } else { 1_000 + random.below(60_000) });
    }
    let origin_as = path.last().copied().unwrap_or(asn);
    if random.percent(15) {
        path.extend(std::iter::repeat_n(origin_as, 1 + random.below(4) as usize));
    }
    let mut value = vec![2, u8::try_from(path.len()).unwrap_or(0)];
    path.iter().for_each(|asn| value.extend_from_slice(&asn.to_be_bytes()));
    attribute(&mut out, 0x40, 2, &value);
    if random.percent(20) {
        attribute(&mut out, 0x80, 4, &random.below(1_000).to_be_bytes());
    }
    if random.percent(75) {
        let count = 1 + random.below(4) + random.below(5);
        let list = sorted(count, || {
            ((1_000 + random.below(60_000)) << 16 | random.below(10_000)).to_be_bytes()
        });
        attribute(&mut out, 0xC0, 8, &list);
    }
    if random.percent(10) {
        // Route targets of a two-octet AS (RFC 4360).
        let list = sorted(1 + random.below(2), || {
            let asn = 1_000 + random.below(60_000);
            let value = u64::from(asn) << 32 | u64::from(random.below(10_000));
            (0x0002_u64 << 48 | value).to_be_bytes()
        });
        attribute(&mut out, 0xC0, 16, &list);
    }
    if random.percent(15) {
        let list = sorted(1 + random.below(4), || {
            let parts = [WIDE + random.below(270_000), random.below(100), random.below(100_000)];
            let mut octets = [0; 12];
            for (place, part) in octets.chunks_exact_mut(4).zip(parts) {
                place.copy_from_slice(&part.to_be_bytes());
            }
            octets
        });
        attribute(&mut out, 0xC0, 32, &list);
    }
    out
}

fn sorted<const N: usize>(count: u32, mut one: impl FnMut() -> [u8; N]) -> Vec<u8> {
    let mut list: Vec<[u8; N]> = (0..count).map(|_| one()).collect();
    list.sort_unstable();
    list.dedup();
    list.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_a_function_of_its_seed() {
        let one = stream(5_000, 15, 42, 65_001, false).unwrap();
        let two = stream(5_000, 15, 42, 65_001, false).unwrap();
        assert_eq!(one.octets, two.octets);
        assert_ne!(one.octets, stream(5_000, 15, 43, 65_001, false).unwrap().octets);
        assert_eq!(one.routes, 5_000);
        let each = f64::from(one.routes) / one.messages as f64;
        assert!((4.0..8.0).contains(&each), "{each} prefixes a message");
    }

    #[test]
    fn single_is_one_prefix_to_a_message() {
        let stream = stream(2_000, 0, 1, 65_001, true).unwrap();
        assert_eq!((stream.messages, stream.routes), (2_000, 2_000));
    }

    #[test]
    fn more_prefixes_than_there_is_room_for_are_refused() {
        assert!(stream(4_000_000, 0, 1, 65_001, false).is_err());
    }
}
