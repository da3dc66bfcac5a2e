//! The routes the tests announce: many attribute sets, all lengths, both families.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_testkit::route::{Attributes, Origin, Route};

/// How many attribute sets there are.
const SETS: u32 = 24;

/// The `number`th attribute set of an AS. They vary in everything, up to the largest values.
pub fn attributes(asn: u32, number: u32) -> Attributes {
    let set = number % SETS;
    let mut as_path = vec![asn];
    as_path.extend((0..set % 4).map(|hop| match hop {
        1 => 4_200_000_000 + set,
        _ => 64_500 + set * 4 + hop,
    }));
    let short = u16::try_from(set).unwrap_or(0);
    Attributes {
        origin: [Origin::Igp, Origin::Egp, Origin::Incomplete][set as usize % 3],
        as_path,
        med: match set % 5 {
            0 => None,
            1 => Some(0),
            2 => Some(u32::MAX),
            _ => Some(100 * set),
        },
        communities: (0..short % 4).map(|item| (64_000 + item, 65_000 + short)).collect(),
        large_communities: (0..set % 3).map(|item| (4_100_000_000 + item, set, u32::MAX)).collect(),
    }
}

/// `count` routes of each family. `block` keeps those of different speakers apart; `adapt` makes
/// of attributes what the speaker can announce, and `next_hop` gives a next hop by family
/// (`true` for IPv4) and attribute set.
pub fn table(
    asn: u32,
    block: u8,
    count: u32,
    adapt: impl Fn(Attributes) -> Attributes,
    next_hop: impl Fn(bool, u32) -> IpAddr,
) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for number in 0..count {
        let attributes = adapt(attributes(asn, number));
        let step = u8::try_from(number % 9).unwrap_or(0);
        let base = (u32::from(block) << 24) + (number << 8);
        routes.insert(Route {
            network: Ipv4Addr::from(base).into(),
            length: 24 + step,
            next_hop: next_hop(true, number % SETS),
            attributes: attributes.clone(),
        });
        let group = u16::try_from(number).unwrap_or(0);
        let network = Ipv6Addr::new(0x2001, 0xdb8, u16::from(block), group, 0, 0, 0, 0);
        routes.insert(Route {
            network: network.into(),
            length: 64 + 8 * step,
            next_hop: next_hop(false, number % SETS),
            attributes,
        });
    }
    routes
}

/// Every other route, of each family and of each attribute set.
pub fn half(routes: &BTreeSet<Route>) -> BTreeSet<Route> {
    let keep = |route: &&Route| match route.network {
        IpAddr::V4(network) => {
            network.octets()[2].is_multiple_of(2) ^ (network.octets()[1] & 1 == 1)
        }
        IpAddr::V6(network) => (network.segments()[3] / 24).is_multiple_of(2),
    };
    routes.iter().filter(keep).cloned().collect()
}
