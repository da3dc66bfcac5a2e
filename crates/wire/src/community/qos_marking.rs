//! QoS Marking (draft-knoll-idr-qos-attribute): `flags(1) set(1) technology(1) original(2) active(1)` after a subtype of zero.

use super::extended::{ExtendedCommunityType, Usual, parse_fields};
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x04;
const SUBTYPE: u8 = 0x00;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["qos-marking"],
    text: |[_, _, flags, set, technology, a, b, active], out| {
        push(out, "qos-marking");
        let original = u16::from_be_bytes([a, b]);
        for field in [flags.into(), set.into(), technology.into(), original, active.into()] {
            out.push(b':');
            push_decimal(out, field.into());
        }
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "qos-marking:FLAGS:SET:TECHNOLOGY:ORIGINAL:ACTIVE of 8, 8, 8, 16 and 8 bits";
        let fields = parse_fields(value, [0xff, 0xff, 0xff, 0xffff, 0xff], help)?;
        let [[.., flags], [.., set], [.., technology], [_, _, a, b], [.., active]] =
            fields.map(u32::to_be_bytes);
        Ok([TYPE, SUBTYPE, flags, set, technology, a, b, active])
    }),
};
