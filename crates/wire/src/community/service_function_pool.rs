//! SFIR Pool Identifier (RFC 9015 section 3.2.1.1): the pool that an instance of a service function is in.

use super::extended::{ExtendedCommunityType, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x0b;
const SUBTYPE: u8 = 0x01;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["sfir-pool"],
    text: |[_, _, a, b, c, d, e, f], out| {
        push(out, "sfir-pool:");
        push_decimal(out, u16::from_be_bytes([a, b]).into());
        out.push(b':');
        push_decimal(out, u32::from_be_bytes([c, d, e, f]).into());
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "sfir-pool:HIGH:LOW, the 48 bits of the identifier as 16 and 32";
        let fields = parse_fields(value, [0xffff, u32::MAX], help)?;
        let [[_, _, a, b], [c, d, e, f]] = fields.map(u32::to_be_bytes);
        Ok([TYPE, SUBTYPE, a, b, c, d, e, f])
    }),
};
