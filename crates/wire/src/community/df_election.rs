//! DF Election (RFC 8584 section 2.2, RFC 9785 for the preference): `algorithm(1) capabilities(2) reserved(1) preference(2)`, of
//! which the algorithm has five bits.

use super::extended::{ExtendedCommunityType, Usual, parse_fields, push_hex};
use crate::io::text::{push, push_decimal, push_hex_lower};

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x06;
const ALGORITHM: u8 = 0x1f;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["df-election"],
    text: |community, out| match community {
        [_, _, algorithm @ ..=ALGORITHM, a, b, 0, c, d] => {
            push(out, "df-election:");
            push_decimal(out, algorithm.into());
            push(out, ":0x");
            push_hex_lower(out, &[a, b]);
            out.push(b':');
            push_decimal(out, u16::from_be_bytes([c, d]).into());
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "df-election:ALGORITHM:CAPABILITIES:PREFERENCE of 5, 16 and 16 bits";
        let fields = parse_fields(value, [ALGORITHM.into(), 0xffff, 0xffff], help)?;
        let [[.., algorithm], [_, _, a, b], [_, _, c, d]] = fields.map(u32::to_be_bytes);
        Ok([TYPE, SUBTYPE, algorithm, a, b, 0, c, d])
    }),
};
