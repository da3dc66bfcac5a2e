//! Redirection of a flow to an indirection identifier (draft-ietf-idr-flowspec-path-redirect): `flags(1) type(1) identifier(4)`.

use super::extended::{ExtendedCommunityType, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x09;
const SUBTYPE: u8 = 0x00;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["redirect-to-indirection-id"],
    text: |[_, _, flags, kind, a, b, c, d], out| {
        push(out, "redirect-to-indirection-id");
        for field in [flags.into(), kind.into(), u32::from_be_bytes([a, b, c, d]).into()] {
            out.push(b':');
            push_decimal(out, field);
        }
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "redirect-to-indirection-id:FLAGS:TYPE:IDENTIFIER of 8, 8 and 32 bits";
        let fields = parse_fields(value, [0xff, 0xff, u32::MAX], help)?;
        let [[.., flags], [.., kind], [a, b, c, d]] = fields.map(u32::to_be_bytes);
        Ok([TYPE, SUBTYPE, flags, kind, a, b, c, d])
    }),
};
