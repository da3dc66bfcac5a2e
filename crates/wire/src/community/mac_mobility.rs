//! MAC mobility (RFC 7432 section 7.7): `flags(1) reserved(1) sequence(4)`. The lowest flag says that the address does not move.

use super::extended::{ExtendedCommunityType, Usual};
use crate::attribute::decimal;
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x00;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["mac-mobility"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| {
        let (sequence, flags) = match value.strip_suffix(":sticky") {
            Some(sequence) => (sequence, 1),
            None => (value, 0),
        };
        let sequence: u32 = decimal(sequence)
            .ok_or("mac-mobility:NUMBER of 32 bits, or mac-mobility:NUMBER:sticky")?;
        let [a, b, c, d] = sequence.to_be_bytes();
        Ok([TYPE, SUBTYPE, flags, 0, a, b, c, d])
    }),
};

fn text([_, _, flags, _, a, b, c, d]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "mac-mobility:");
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
    if flags & 1 != 0 {
        push(out, ":sticky");
    }
}
