//! Routes that are a function of their number alone, in every form that a helper can write and in the octets of an NLRI.

use std::io::Write as _;

use yottabgp_wire::codes::{Afi, Family, Safi};

use super::{Load, attribute, update};

/// Where 20.0.0.0 begins, in /24.
const FIRST: u32 = 20 << 16;

/// How many there are up to 127.0.0.0.
pub(crate) const MOST: u32 = (127 - 20) << 16;

/// The MED of a route: its number modulo this.
const MEDS: u32 = 100;

/// What is added to the MED of a route that changes.
pub(crate) const CHANGE: u32 = 1_000;

/// Every which route changes where one percent does.
pub(crate) const CHANGED: u32 = 100;

/// The rate of a FlowSpec route, beside its MED, in octets a second.
const RATE: u32 = 9_600;

/// The route distinguisher 65000:1 and the label 100, the last of its stack.
const LABEL_AND_DISTINGUISHER: [u8; 11] = [0, 6, 0x41, 0, 0, 0xFD, 0xE8, 0, 0, 0, 1];

/// The MED of a route.
pub(crate) const fn med(number: u32) -> u32 {
    number % MEDS
}

/// The rate of a FlowSpec route, as traffic-rate (RFC 8955 section 7.1) has it.
pub(crate) fn rate(number: u32) -> u32 {
    ((RATE + med(number)) as f32).to_bits()
}

/// The family of these routes.
pub(crate) fn family(load: Load) -> Family {
    match load {
        Load::Ipv6 => Family::IPV6_UNICAST,
        Load::Vpn => Family::new(Afi::IPV4, Safi::MPLS_VPN),
        Load::Flow => Family::new(Afi::IPV4, Safi::FLOW),
        Load::Table | Load::Single | Load::Route => Family::IPV4_UNICAST,
    }
}

/// The three octets of the IPv4 prefix.
fn ipv4(number: u32) -> [u8; 3] {
    let [_, a, b, c] = (FIRST + number).to_be_bytes();
    [a, b, c]
}

/// The text of the prefix.
pub(crate) fn prefix(load: Load, number: u32) -> String {
    let mut text = Vec::new();
    push_prefix(load, number, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

fn push_prefix(load: Load, number: u32, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    let _ = if load == Load::Ipv6 {
        write!(out, "2a00:{:x}:{:x}::/48", number >> 16, number & 0xFFFF)
    } else {
        let [a, b, c] = ipv4(number);
        write!(out, "{a}.{b}.{c}.0/24")
    };
}

/// Writes what follows `announce`, without the line's end. The MED has `more` added.
pub(crate) fn push_route(load: Load, number: u32, more: u32, out: &mut Vec<u8>) {
    let med = med(number) + more;
    out.extend_from_slice(if load == Load::Flow { b"flow route destination " } else { b"route " });
    push_prefix(load, number, out);
    let _ = match load {
        Load::Ipv6 => write!(out, " next-hop 2001:db8::1 med {med}"),
        Load::Vpn => write!(out, " rd 65000:1 label 100 next-hop 192.0.2.1 med {med}"),
        Load::Flow => write!(out, " rate-limit {}", RATE + med),
        _ => write!(out, " next-hop 192.0.2.1 med {med}"),
    };
}

/// Writes what follows `announce` for several routes in one line: those from `first`, each with the MED of the first.
pub(crate) fn push_group(load: Load, first: u32, count: u32, out: &mut Vec<u8>) {
    let next_hop = if load == Load::Ipv6 { "2001:db8::1" } else { "192.0.2.1" };
    let _ = write!(out, "attributes next-hop {next_hop} med {} nlri", med(first));
    for number in first..first + count {
        out.push(b' ');
        push_prefix(load, number, out);
    }
}

/// The octets of the NLRI.
pub(crate) fn push_nlri(load: Load, number: u32, out: &mut Vec<u8>) {
    match load {
        Load::Ipv6 => {
            out.extend_from_slice(&[48, 0x2a, 0]);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Load::Vpn => {
            out.push(112);
            out.extend_from_slice(&LABEL_AND_DISTINGUISHER);
            out.extend_from_slice(&ipv4(number));
        }
        Load::Flow => {
            out.extend_from_slice(&[5, 1, 24]);
            out.extend_from_slice(&ipv4(number));
        }
        _ => {
            out.push(24);
            out.extend_from_slice(&ipv4(number));
        }
    }
}

/// Which route these octets of an NLRI are, of those from 0 up.
pub(crate) fn number(load: Load, nlri: &[u8]) -> Option<u32> {
    let rest: &[u8] = match (load, nlri) {
        (Load::Ipv6, [48, 0x2a, 0, number @ ..]) => {
            return Some(u32::from_be_bytes(number.try_into().ok()?));
        }
        (Load::Vpn, [112, rest @ ..]) => rest.strip_prefix(&LABEL_AND_DISTINGUISHER)?,
        (Load::Flow, [5, 1, 24, rest @ ..]) | (Load::Route, [24, rest @ ..]) => rest,
        _ => return None,
    };
    let [a, b, c] = *rest.first_chunk()?;
    u32::from_be_bytes([0, a, b, c]).checked_sub(FIRST)
}

/// Writes the UPDATE that announces one route.
pub(crate) fn push_update(load: Load, number: u32, asn: u32, out: &mut Vec<u8>) {
    let mut attributes = Vec::with_capacity(64);
    let [a, b, c, d] = asn.to_be_bytes();
    attribute(&mut attributes, 0x40, 1, &[0]);
    attribute(&mut attributes, 0x40, 2, &[2, 1, a, b, c, d]);
    let mut nlri = Vec::with_capacity(16);
    push_nlri(load, number, &mut nlri);
    if load == Load::Route {
        attribute(&mut attributes, 0x40, 3, &[192, 0, 2, 1]);
    }
    if load == Load::Flow {
        let mut rate_limit = vec![0x80, 6, 0, 0];
        rate_limit.extend_from_slice(&rate(number).to_be_bytes());
        attribute(&mut attributes, 0xC0, 16, &rate_limit);
    } else {
        attribute(&mut attributes, 0x80, 4, &med(number).to_be_bytes());
    }
    let next_hop: &[u8] = match load {
        Load::Route => return update(out, &attributes, &nlri),
        Load::Ipv6 => &[16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        Load::Vpn => &[12, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1],
        _ => &[0],
    };
    let family = family(load);
    let mut value = family.afi.0.to_be_bytes().to_vec();
    value.push(family.safi.0);
    value.extend_from_slice(next_hop);
    value.push(0);
    value.extend_from_slice(&nlri);
    attribute(&mut attributes, 0x80, 14, &value);
    update(out, &attributes, &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_and_numbers_agree() {
        for load in [Load::Route, Load::Ipv6, Load::Vpn, Load::Flow] {
            for expected in [0, 1, 255, 256, 65_536, 1_000_000, MOST - 1] {
                let mut nlri = Vec::new();
                push_nlri(load, expected, &mut nlri);
                assert_eq!(number(load, &nlri), Some(expected), "{load:?}");
            }
            assert_eq!(number(load, &[8, 10]), None);
            assert_eq!(number(load, &[]), None);
        }
    }

    #[test]
    fn routes_are_spelled_as_commands_spell_them() {
        let mut text = Vec::new();
        push_route(Load::Route, 257, 0, &mut text);
        text.push(b'\n');
        push_group(Load::Ipv6, 65_536, 2, &mut text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "route 20.1.1.0/24 next-hop 192.0.2.1 med 57\n\
             attributes next-hop 2001:db8::1 med 36 nlri 2a00:1:0::/48 2a00:1:1::/48"
        );
    }
}
