//! Additional PMSI Tunnel Attribute Flags (RFC 7902): 48 bits.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual};
use crate::io::text::{parse_hex, push, push_hex_lower};

const SUBTYPE: u8 = 0x07;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, SUBTYPE)],
    keywords: &["pmsi-flags"],
    text: |[_, _, flags @ ..], out| {
        push(out, "pmsi-flags:0x");
        push_hex_lower(out, &flags);
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| match parse_hex(value).as_deref() {
        Some(&[a, b, c, d, e, f]) => Ok([OPAQUE, SUBTYPE, a, b, c, d, e, f]),
        _ => Err("pmsi-flags:0x and 12 hexadecimal digits".into()),
    }),
};
