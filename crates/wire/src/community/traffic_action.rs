//! Action on a flow (RFC 8955 section 7.3): six octets of bits, of which the two lowest have a meaning.

use super::extended::{ExtendedCommunityType, Usual};
use crate::io::text::push;

const TYPE: u8 = 0x80;
const SUBTYPE: u8 = 0x07;
/// The rules after this one are evaluated as well (the bit T).
const TERMINAL: u8 = 1;
/// Traffic is sampled (the bit S).
const SAMPLE: u8 = 2;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["action"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| match value {
        "" => Ok(community(false, false)),
        "sample" => Ok(community(true, false)),
        "terminal" => Ok(community(false, true)),
        "sample-terminal" => Ok(community(true, true)),
        _ => Err("sample, terminal or sample-terminal".into()),
    }),
};

/// The community with these bits.
pub const fn community(sample: bool, terminal: bool) -> [u8; 8] {
    let bits = if sample { SAMPLE } else { 0 } | if terminal { TERMINAL } else { 0 };
    [TYPE, SUBTYPE, 0, 0, 0, 0, 0, bits]
}

/// Without a bit there is a blank and no word: that is what ExaBGP writes.
fn text([.., bits]: [u8; 8], out: &mut Vec<u8>) {
    push(
        out,
        match (bits & SAMPLE != 0, bits & TERMINAL != 0) {
            (false, false) => "action ",
            (false, true) => "action terminal",
            (true, false) => "action sample",
            (true, true) => "action sample-terminal",
        },
    );
}
