//! MAC mobility (RFC 7432 section 7.7): `flags(1) reserved(1) sequence(4)`.

use super::extended::{ExtendedCommunityType, Usual};
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x06, 0x00)],
    keywords: &[],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: None,
};

fn text([_, _, flags, _, a, b, c, d]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "mac-mobility:");
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
    if flags & 1 != 0 {
        push(out, ":sticky");
    }
}
