//! Attributes without a row: kept as they are, shown in hexadecimal.
//!
//! The flags are shown as they stand: whoever receives an unknown transitive attribute sets PARTIAL in them first
//! (RFC 4271 section 9), as [`accepted_flags`] does.

use super::{Attribute, flags};
use crate::io::text::{push, push_hex_lower, push_hex_upper};

/// The flags with which a received attribute without a row is kept, or none if it is to be dropped: one that is not
/// transitive (RFC 4271 section 9).
pub const fn accepted_flags(received: u8) -> Option<u8> {
    if received & flags::TRANSITIVE == 0 { None } else { Some(received | flags::PARTIAL) }
}

/// Writes `"attribute-0x63-0xE0": "0x0102"`.
pub fn json(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    push(out, "\"attribute-0x");
    push_hex_upper(out, &[attribute.code]);
    push(out, "-0x");
    push_hex_upper(out, &[attribute.flags]);
    push(out, "\": \"0x");
    push_hex_lower(out, attribute.value);
    out.push(b'"');
}

/// Writes ` attribute [ 0x63 0xE0 0x0102 ]`, which is also how one is read.
pub fn text(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    push(out, " attribute [ 0x");
    push_hex_upper(out, &[attribute.code]);
    push(out, " 0x");
    push_hex_upper(out, &[attribute.flags]);
    push(out, " 0x");
    push_hex_lower(out, attribute.value);
    push(out, " ]");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_faces() {
        let attribute = Attribute { flags: 0xe0, code: 0x63, value: &[1, 0xab] };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        json(&attribute, &mut a);
        text(&attribute, &mut b);
        assert_eq!(a, br#""attribute-0x63-0xE0": "0x01ab""#);
        assert_eq!(b, b" attribute [ 0x63 0xE0 0x01ab ]");
        assert_eq!(accepted_flags(0xc0), Some(0xe0));
        assert_eq!(accepted_flags(0x80), None);
    }
}
