//! Encapsulation (RFC 9012 section 4.1): `reserved(4) tunnel-type(2)`.

use super::extended::{ExtendedCommunityType, Usual};
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x03, 0x0c)],
    keywords: &[],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: None,
};

fn text([.., a, b]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "encap:");
    let name = match u16::from_be_bytes([a, b]) {
        0 => "Default",
        1 => "L2TPv3",
        2 => "GRE",
        7 => "IP-in-IP",
        8 => "VXLAN",
        9 => "NVGRE",
        10 => "MPLS",
        12 => "VXLAN-GPE",
        13 => "MPLS-in-UDP",
        other => {
            push(out, "encap:UNKNOWN-");
            push_decimal(out, other.into());
            return;
        }
    };
    push(out, name);
}
