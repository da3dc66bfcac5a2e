//! Redirection of a flow to a VPN (RFC 8955 section 7.4): `AS(2) number(4)`. The forms with an address or a four-octet AS number
//! are hexadecimal, as ExaBGP shows them.

use std::borrow::Cow;

use super::extended::{ExtendedCommunityType, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x80;
const SUBTYPE: u8 = 0x08;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["redirect"],
    text,
    members: None,
    parse: Some(parse),
};

fn text([_, _, a, b, c, d, e, f]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "redirect:");
    push_decimal(out, u16::from_be_bytes([a, b]).into());
    out.push(b':');
    push_decimal(out, u32::from_be_bytes([c, d, e, f]).into());
}

fn parse(_: &str, value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let help = "redirect:AS:NUMBER with an AS of 16 bits and a number of 32";
    let fields = parse_fields(value, [0xffff, u32::MAX], help)?;
    let [[_, _, a, b], [c, d, e, f]] = fields.map(u32::to_be_bytes);
    Ok([TYPE, SUBTYPE, a, b, c, d, e, f])
}
