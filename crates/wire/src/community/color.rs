//! Color (RFC 9012 section 4.3): `flags(2) color(4)`. The two highest flags say how a route may be steered without a policy of its
//! color (RFC 9830 section 3): they are written before the color unless both are zero.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual, number, push_hex};
use crate::io::text::{push, push_decimal};

const SUBTYPE: u8 = 0x0b;
/// The values of the two flags, C and O.
const FLAGS: [&str; 4] = ["00", "01", "10", "11"];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, SUBTYPE)],
    keywords: &["color"],
    text,
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "color:NUMBER of 32 bits, or color:FLAGS:NUMBER with the flags 00, 01, 10 or 11";
        let (flags, color) = value.split_once(':').unwrap_or(("00", value));
        let (bits, _) = (0u8..).zip(FLAGS).find(|(_, name)| *name == flags).ok_or(help)?;
        let [a, b, c, d] = number(color).ok_or(help)?.to_be_bytes();
        Ok([OPAQUE, SUBTYPE, bits << 6, 0, a, b, c, d])
    }),
};

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    let [_, _, flags, rest, a, b, c, d] = community;
    let Some(name) = FLAGS.get(usize::from(flags >> 6)).filter(|_| flags & 0x3f == 0 && rest == 0)
    else {
        return push_hex(community, out);
    };
    push(out, "color:");
    if flags != 0 {
        push(out, name);
        out.push(b':');
    }
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
}
