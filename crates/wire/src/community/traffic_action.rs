//! Action on a flow (RFC 8955 section 7.3): six octets of bits, of which the two lowest have a meaning.

use super::extended::ExtendedCommunityType;
use crate::io::text::push;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x80, 0x07)],
    keywords: &[],
    text,
    members: None,
    parse: None,
};

/// Without a bit there is a blank and no word: that is what ExaBGP writes.
fn text([.., bits]: [u8; 8], out: &mut Vec<u8>) {
    push(
        out,
        match bits & 3 {
            0 => "action ",
            1 => "action terminal",
            2 => "action sample",
            _ => "action sample-terminal",
        },
    );
}
