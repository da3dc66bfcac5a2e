//! ESI Label (RFC 7432 section 7.5): `flags(1) reserved(2) label(3)`. The lowest flag says that the segment is single-active.

use super::extended::{ExtendedCommunityType, Usual, parse_label, push_hex, push_label};
use crate::io::text::push;

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x01;
const SINGLE_ACTIVE: &str = "single-active";

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["esi-label"],
    text: |community, out| match community {
        [_, _, flags @ (0 | 1), 0, 0, label @ ..] => {
            push(out, "esi-label:");
            push_label(label, out);
            if flags != 0 {
                out.push(b':');
                push(out, SINGLE_ACTIVE);
            }
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let (label, flags) = match value.split_once(':') {
            Some((label, SINGLE_ACTIVE)) => (label, 1),
            Some(_) => return Err("esi-label:LABEL, or esi-label:LABEL:single-active".into()),
            None => (value, 0),
        };
        let [a, b, c] = parse_label(label)?;
        Ok([TYPE, SUBTYPE, flags, 0, 0, a, b, c])
    }),
};
