//! Multicast Flags (RFC 9251 section 9.4): `flags(2) reserved(4)`.

use super::extended::{ExtendedCommunityType, Usual, parse_flags, push_flags, push_hex};
use crate::io::text::push;

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x09;
/// The flags I and M, from the lowest.
const FLAGS: &[&str] = &["igmp-proxy", "mld-proxy"];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["multicast-flags"],
    text: |community, out| match community {
        [_, _, a, b, 0, 0, 0, 0] => {
            push(out, "multicast-flags:");
            push_flags(FLAGS, u16::from_be_bytes([a, b]), out);
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let [a, b] = parse_flags(FLAGS, value)?.to_be_bytes();
        Ok([TYPE, SUBTYPE, a, b, 0, 0, 0, 0])
    }),
};
