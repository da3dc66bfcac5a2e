//! Layer2 info (RFC 4761 section 3.2.4): `encapsulation(1) control(1) mtu(2) preference(2)`.

use std::borrow::Cow;

use super::extended::{ExtendedCommunityType, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x80;
const SUBTYPE: u8 = 0x0a;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["l2info"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(parse),
};

fn text([_, _, encapsulation, control, a, b, c, d]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "l2info");
    let (mtu, preference) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    for field in [encapsulation.into(), control.into(), mtu.into(), preference.into()] {
        out.push(b':');
        push_decimal(out, field);
    }
}

fn parse(_: &str, value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let help = "l2info:ENCAPSULATION:CONTROL:MTU:PREFERENCE of 8, 8, 16 and 16 bits";
    let fields = parse_fields(value, [0xff, 0xff, 0xffff, 0xffff], help)?;
    let [[.., encapsulation], [.., control], [_, _, a, b], [_, _, c, d]] =
        fields.map(u32::to_be_bytes);
    Ok([TYPE, SUBTYPE, encapsulation, control, a, b, c, d])
}
