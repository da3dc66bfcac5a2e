//! Cost (draft-ietf-idr-custom-decision): `insertion-point(1) identifier(1) cost(4)`. Usually not transitive.

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE, OPAQUE, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const SUBTYPE: u8 = 0x01;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, SUBTYPE)],
    keywords: &["cost"],
    text: |[_, _, point, identifier, a, b, c, d], out| {
        push(out, "cost");
        for field in [point.into(), identifier.into(), u32::from_be_bytes([a, b, c, d]).into()] {
            out.push(b':');
            push_decimal(out, field);
        }
    },
    usual: Usual::NonTransitive,
    members: None,
    parse: Some(|_, value| {
        let help = "cost:INSERTION-POINT:IDENTIFIER:COST of 8, 8 and 32 bits (the point is 128 or 129 for what comes first or is compared as IGP metric)";
        let fields = parse_fields(value, [0xff, 0xff, u32::MAX], help)?;
        let [[.., point], [.., identifier], [a, b, c, d]] = fields.map(u32::to_be_bytes);
        Ok([NON_TRANSITIVE | OPAQUE, SUBTYPE, point, identifier, a, b, c, d])
    }),
};
