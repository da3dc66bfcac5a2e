//! A case as an UPDATE that is otherwise plain, and an UPDATE taken apart again.

use std::collections::BTreeMap;

use yottabgp_testkit::cases::{Case, Subject};
use yottabgp_wire::attribute::registry;

/// Octets of the header of a message.
pub const HEADER: usize = 19;

/// The prefix whose attribute is looked at: 198.51.100.0/24.
const PREFIX: [u8; 4] = [24, 198, 51, 100];

/// The same behind label 100 and the route distinguisher 65000:7.
const VPN: [u8; 15] = [112, 0, 6, 0x41, 0, 0, 0xFD, 0xE8, 0, 0, 0, 7, 198, 51, 100];

/// The message of a case, with its header: from an internal peer with four-octet AS numbers.
pub fn message(case: &Case) -> Vec<u8> {
    let mut attributes = BTreeMap::from([
        (1, (0x40, vec![0])),
        (2, (0x40, vec![2, 1, 0xFA, 0x56, 0xEA, 0x2A])),
        (5, (0x40, 4_242_424_242u32.to_be_bytes().to_vec())),
    ]);
    let mut native: &[u8] = &[];
    match case.subject {
        Subject::Nlri { afi: 1, safi: 1 } => {
            attributes.insert(3, (0x40, vec![192, 0, 2, 1]));
            native = &case.octets;
        }
        Subject::Nlri { afi, safi } => {
            attributes.insert(14, (0x80, reachable(afi, safi, &case.octets)));
        }
        // D-PATH is of VPN routes (RFC 10039 section 4).
        Subject::Attribute(36) => {
            attributes.insert(14, (0x80, reachable(1, 128, &VPN)));
            attributes.insert(36, (0xC0, case.octets.clone()));
        }
        Subject::Attribute(code) => {
            attributes.insert(3, (0x40, vec![192, 0, 2, 1]));
            let flags = registry::row(code).map_or(0xC0, |row| row.flags);
            attributes.insert(code, (flags, case.octets.clone()));
            native = &PREFIX;
        }
    }
    let mut octets = Vec::new();
    for (code, (flags, value)) in attributes {
        match u8::try_from(value.len()) {
            Ok(length) => octets.extend([flags, code, length]),
            Err(_) => {
                octets.extend([flags | 0x10, code]);
                octets.extend((value.len() as u16).to_be_bytes());
            }
        }
        octets.extend(value);
    }
    let mut message = vec![0xFF; 16];
    message.extend(((HEADER + 4 + octets.len() + native.len()) as u16).to_be_bytes());
    message.extend([2, 0, 0]);
    message.extend((octets.len() as u16).to_be_bytes());
    message.extend(octets);
    message.extend(native);
    message
}

/// MP_REACH_NLRI (RFC 4760 section 3) with one NLRI.
fn reachable(afi: u16, safi: u8, nlri: &[u8]) -> Vec<u8> {
    let next_hop = next_hop(afi, safi);
    let mut value = afi.to_be_bytes().to_vec();
    value.extend([safi, next_hop.len() as u8]);
    value.extend(next_hop);
    value.push(0);
    value.extend(nlri);
    value
}

/// 192.0.2.1 or 2001:db8::1 in the form of the family: none for FlowSpec, with a route distinguisher of zero for VPN.
fn next_hop(afi: u16, safi: u8) -> Vec<u8> {
    let mut octets = match safi {
        133 | 134 => return Vec::new(),
        72 | 128 | 129 => vec![0; 8],
        _ => Vec::new(),
    };
    match afi {
        2 => octets.extend([0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        _ => octets.extend([192, 0, 2, 1]),
    }
    octets
}

/// Path attributes by type code: flags, without that of the extended length, and value.
type Attributes = BTreeMap<u8, (u8, Vec<u8>)>;

/// The path attributes of a message, and its NLRI.
fn parts(message: &[u8]) -> (Attributes, Vec<u8>) {
    let (_, rest) = field(&message[HEADER..]);
    let (mut octets, nlri) = field(rest);
    let mut attributes = BTreeMap::new();
    while let [flags, code, rest @ ..] = octets {
        let (length, rest) = if flags & 0x10 == 0 {
            (usize::from(rest[0]), &rest[1..])
        } else {
            (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..])
        };
        attributes.insert(*code, (flags & 0xE0, rest[..length].to_vec()));
        octets = &rest[length..];
    }
    (attributes, nlri.to_vec())
}

fn field(octets: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(u16::from_be_bytes([octets[0], octets[1]]));
    octets[2..].split_at(length)
}

/// How what a message says of the subject of a case differs in another message, if it does. The rest is the same in all cases.
pub fn difference(case: &Case, wanted: &[u8], is: &[u8]) -> Option<String> {
    let part = |message| {
        let (mut attributes, nlri) = parts(message);
        match case.subject {
            Subject::Nlri { .. } => (attributes.remove(&14), nlri),
            Subject::Attribute(code) => (attributes.remove(&code), Vec::new()),
        }
    };
    let (wanted, is) = (part(wanted), part(is));
    (wanted != is).then(|| format!("{wanted:02x?} became {is:02x?}"))
}
