//! E-Tree (RFC 8317 section 6.1): `flags(1) reserved(2) label(3)`. The lowest flag says that the MAC address is of a leaf.

use super::extended::{ExtendedCommunityType, Usual, parse_label, push_hex, push_label};
use crate::io::text::push;

const TYPE: u8 = 0x06;
const SUBTYPE: u8 = 0x05;
const LEAF: &str = "leaf";

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["e-tree"],
    text: |community, out| match community {
        [_, _, flags @ (0 | 1), 0, 0, label @ ..] => {
            push(out, "e-tree:");
            push_label(label, out);
            if flags != 0 {
                out.push(b':');
                push(out, LEAF);
            }
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let (label, flags) = match value.split_once(':') {
            Some((label, LEAF)) => (label, 1),
            Some(_) => return Err("e-tree:LABEL, or e-tree:LABEL:leaf".into()),
            None => (value, 0),
        };
        let [a, b, c] = parse_label(label)?;
        Ok([TYPE, SUBTYPE, flags, 0, 0, a, b, c])
    }),
};
