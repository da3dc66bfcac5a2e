//! Encapsulation (RFC 9012 section 4.1): `reserved(4) tunnel-type(2)`.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual};
use crate::attribute::decimal;
use crate::io::text::{push, push_decimal};

const SUBTYPE: u8 = 0x0c;
/// Tunnel types (IANA "BGP Tunnel Encapsulation Attribute Tunnel Types").
const TUNNELS: &[(u16, &str)] = &[
    (0, "Default"),
    (1, "L2TPv3"),
    (2, "GRE"),
    (7, "IP-in-IP"),
    (8, "VXLAN"),
    (9, "NVGRE"),
    (10, "MPLS"),
    (11, "MPLS-in-GRE"),
    (12, "VXLAN-GPE"),
    (13, "MPLS-in-UDP"),
    (14, "IPv6"),
    (15, "SR-Policy"),
    (16, "Bare"),
    (19, "Geneve"),
];
/// What ExaBGP writes before the number of another tunnel type.
const UNKNOWN: &str = "encap:UNKNOWN-";

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, SUBTYPE)],
    keywords: &["encap", "encapsulation"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| {
        let named = TUNNELS.iter().find(|(_, name)| name.eq_ignore_ascii_case(value));
        let number = value.strip_prefix(UNKNOWN).unwrap_or(value);
        let Some(tunnel) = named.map(|(tunnel, _)| *tunnel).or_else(|| decimal(number)) else {
            let names: Vec<_> = TUNNELS.iter().map(|(_, name)| *name).collect();
            return Err(format!("a tunnel type of 16 bits, or {}", names.join(", ")).into());
        };
        let [a, b] = tunnel.to_be_bytes();
        Ok([OPAQUE, SUBTYPE, 0, 0, 0, 0, a, b])
    }),
};

fn text([.., a, b]: [u8; 8], out: &mut Vec<u8>) {
    let tunnel = u16::from_be_bytes([a, b]);
    push(out, "encap:");
    match TUNNELS.iter().find(|(of, _)| *of == tunnel) {
        Some((_, name)) => push(out, name),
        None => {
            push(out, UNKNOWN);
            push_decimal(out, tunnel.into());
        }
    }
}
