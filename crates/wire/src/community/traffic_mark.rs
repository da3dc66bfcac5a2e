//! Marking of a flow (RFC 8955 section 7.5): the code point is in the low six bits of the last octet.

use super::extended::{ExtendedCommunityType, Usual};
use crate::attribute::decimal;
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x80;
const SUBTYPE: u8 = 0x09;
const MOST: u8 = 0x3f;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["mark"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| match decimal::<u8>(value) {
        Some(mark) if mark <= MOST => Ok(community(mark)),
        _ => Err("a DSCP is 0 to 63".into()),
    }),
};

/// The community that marks with a DSCP of 0 to 63.
pub const fn community(mark: u8) -> [u8; 8] {
    [TYPE, SUBTYPE, 0, 0, 0, 0, 0, mark & MOST]
}

fn text([.., mark]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "mark ");
    push_decimal(out, (mark & MOST).into());
}
