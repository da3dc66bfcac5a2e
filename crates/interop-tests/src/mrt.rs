//! A table in MRT (RFC 6396 §4.3, TABLE_DUMP_V2), to feed to programs that read such files.

use std::collections::BTreeSet;
use std::net::IpAddr;

use yottabgp_testkit::route::{Attributes, Route};

const TABLE_DUMP_V2: u16 = 13;
const PEER_INDEX_TABLE: u16 = 1;
const RIB_IPV4_UNICAST: u16 = 2;
const RIB_IPV6_UNICAST: u16 = 4;

const OPTIONAL: u8 = 0x80;
const TRANSITIVE: u8 = 0x40;
const EXTENDED_LENGTH: u8 = 0x10;

/// The file with one peer and its routes; `path` gives the AS path of a route.
pub fn dump(routes: &BTreeSet<Route>, path: impl Fn(&Attributes) -> Vec<u32>) -> Vec<u8> {
    let mut file = Vec::new();
    // Collector, no view name, one peer with a four-octet AS and an IPv4 address.
    let mut peers = vec![10, 0, 0, 2, 0, 0, 0, 1, 0b10];
    peers.extend_from_slice(&[10, 0, 0, 2, 10, 0, 0, 2]);
    peers.extend_from_slice(&64512_u32.to_be_bytes());
    record(&mut file, PEER_INDEX_TABLE, &peers);
    for (number, route) in routes.iter().enumerate() {
        let number = u32::try_from(number).expect("few routes");
        let mut body = number.to_be_bytes().to_vec();
        body.push(route.length);
        let octets = usize::from(route.length.div_ceil(8));
        match route.network {
            IpAddr::V4(network) => body.extend_from_slice(&network.octets()[..octets]),
            IpAddr::V6(network) => body.extend_from_slice(&network.octets()[..octets]),
        }
        // One entry, of peer 0, originated at time 0.
        body.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
        let attributes = attributes(route, &path(&route.attributes));
        body.extend_from_slice(&u16::try_from(attributes.len()).expect("short").to_be_bytes());
        body.extend_from_slice(&attributes);
        let kind = if route.network.is_ipv4() { RIB_IPV4_UNICAST } else { RIB_IPV6_UNICAST };
        record(&mut file, kind, &body);
    }
    file
}

fn record(file: &mut Vec<u8>, subtype: u16, body: &[u8]) {
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&TABLE_DUMP_V2.to_be_bytes());
    file.extend_from_slice(&subtype.to_be_bytes());
    file.extend_from_slice(&u32::try_from(body.len()).expect("short").to_be_bytes());
    file.extend_from_slice(body);
}

fn attributes(route: &Route, path: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let from = &route.attributes;
    add(&mut bytes, TRANSITIVE, 1, &[from.origin as u8]);
    let mut segment = Vec::new();
    if !path.is_empty() {
        segment.extend_from_slice(&[2, u8::try_from(path.len()).expect("a short path")]);
        segment.extend(path.iter().flat_map(|number| number.to_be_bytes()));
    }
    add(&mut bytes, TRANSITIVE, 2, &segment);
    if let IpAddr::V4(hop) = route.next_hop {
        add(&mut bytes, TRANSITIVE, 3, &hop.octets());
    }
    if let Some(med) = from.med {
        add(&mut bytes, OPTIONAL, 4, &med.to_be_bytes());
    }
    let communities: Vec<u8> = from
        .communities
        .iter()
        .flat_map(|(high, low)| [high.to_be_bytes(), low.to_be_bytes()].concat())
        .collect();
    if !communities.is_empty() {
        add(&mut bytes, OPTIONAL | TRANSITIVE, 8, &communities);
    }
    if let (IpAddr::V6(hop), IpAddr::V6(network)) = (route.next_hop, route.network) {
        // In full, and not cut down to the next hop as the RFC has it: GoBGP wants it so.
        let octets = usize::from(route.length.div_ceil(8));
        let mut value = vec![0, 2, 1, 16];
        value.extend_from_slice(&hop.octets());
        value.extend_from_slice(&[0, route.length]);
        value.extend_from_slice(&network.octets()[..octets]);
        add(&mut bytes, OPTIONAL, 14, &value);
    }
    let large: Vec<u8> = from
        .large_communities
        .iter()
        .flat_map(|(global, high, low)| {
            [global.to_be_bytes(), high.to_be_bytes(), low.to_be_bytes()].concat()
        })
        .collect();
    if !large.is_empty() {
        add(&mut bytes, OPTIONAL | TRANSITIVE, 32, &large);
    }
    bytes
}

fn add(bytes: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    let length = u16::try_from(value.len()).expect("a short attribute");
    bytes.extend_from_slice(&[flags | EXTENDED_LENGTH, code]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value);
}
