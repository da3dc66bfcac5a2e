//! Marking of a flow (RFC 8955 section 7.5): the code point is in the low six bits of the last octet.

use super::extended::ExtendedCommunityType;
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x80, 0x09)],
    keywords: &[],
    text,
    members: None,
    parse: None,
};

fn text([.., mark]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "mark ");
    push_decimal(out, (mark & 0x3f).into());
}
