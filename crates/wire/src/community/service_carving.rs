//! Service Carving Timestamp (RFC 9722 section 3): when a designated forwarder takes over, `seconds(4) fraction(2)` of NTP.

use super::extended::{ExtendedCommunityType, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x0f;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["service-carving"],
    text: |[_, _, a, b, c, d, e, f], out| {
        push(out, "service-carving:");
        push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
        out.push(b':');
        push_decimal(out, u16::from_be_bytes([e, f]).into());
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "service-carving:SECONDS:FRACTION of 32 and 16 bits";
        let fields = parse_fields(value, [u32::MAX, 0xffff], help)?;
        let [[a, b, c, d], [_, _, e, f]] = fields.map(u32::to_be_bytes);
        Ok([TYPE, SUBTYPE, a, b, c, d, e, f])
    }),
};
