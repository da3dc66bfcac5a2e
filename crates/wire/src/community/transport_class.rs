//! Transport Class Route Target (RFC 9832 section 5): `reserved(2) class(4)`.

use super::extended::{ExtendedCommunityType, Usual, number, push_hex};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x0a;
const SUBTYPE: u8 = 0x02;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["transport-class"],
    text: |community, out| match community {
        [_, _, 0, 0, a, b, c, d] => {
            push(out, "transport-class:");
            push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let class = number(value).ok_or("transport-class:NUMBER of 32 bits")?;
        let [a, b, c, d] = class.to_be_bytes();
        Ok([TYPE, SUBTYPE, 0, 0, a, b, c, d])
    }),
};
