//! EVPN Layer 2 Attributes (RFC 8214 section 3.1): `flags(2) mtu(2) reserved(2)`.

use super::extended::{ExtendedCommunityType, Usual, parse_flags, push_flags, push_hex};
use crate::attribute::decimal;
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x04;
/// The flags B, P, C and F (RFC 9744 for the last), from the lowest.
const FLAGS: &[&str] = &["backup", "primary", "control-word", "flow-label"];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["layer2-attributes"],
    text: |community, out| match community {
        [_, _, a, b, c, d, 0, 0] => {
            push(out, "layer2-attributes:");
            push_flags(FLAGS, u16::from_be_bytes([a, b]), out);
            out.push(b':');
            push_decimal(out, u16::from_be_bytes([c, d]).into());
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "layer2-attributes:FLAGS:MTU with an MTU of 16 bits";
        let (flags, mtu) = value.split_once(':').ok_or(help)?;
        let [a, b] = parse_flags(FLAGS, flags)?.to_be_bytes();
        let [c, d] = decimal::<u16>(mtu).ok_or(help)?.to_be_bytes();
        Ok([TYPE, SUBTYPE, a, b, c, d, 0, 0])
    }),
};
