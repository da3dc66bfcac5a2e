//! Direct segment identifier of the mobile user plane (draft-ietf-bess-mup-safi): `identifier(2) identifier(4)`.

use std::borrow::Cow;

use super::extended::{ExtendedCommunityType, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x0c;
const SUBTYPE: u8 = 0x00;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["mup"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(parse),
};

fn text([_, _, a, b, c, d, e, f]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "mup:");
    push_decimal(out, u16::from_be_bytes([a, b]).into());
    out.push(b':');
    push_decimal(out, u32::from_be_bytes([c, d, e, f]).into());
}

fn parse(_: &str, value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let fields = parse_fields(value, [0xffff, u32::MAX], "mup:A:B of 16 and 32 bits")?;
    let [[_, _, a, b], [c, d, e, f]] = fields.map(u32::to_be_bytes);
    Ok([TYPE, SUBTYPE, a, b, c, d, e, f])
}
