//! Redirection of a flow to the next hop of its route (draft-simpson-idr-flowspec-redirect): `reserved(5) flags(1)`, of which the
//! lowest bit has the traffic copied.

use std::borrow::Cow;

use super::extended::ExtendedCommunityType;
use crate::io::text::push;

const TYPE: u8 = 0x08;
const SUBTYPE: u8 = 0x00;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["redirect-to-nexthop"],
    text,
    members: None,
    parse: Some(parse),
};

fn text([.., flags]: [u8; 8], out: &mut Vec<u8>) {
    push(out, if flags & 1 == 0 { "redirect-to-nexthop" } else { "copy-to-nexthop" });
}

fn parse(_: &str, value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    match value {
        "" => Ok([TYPE, SUBTYPE, 0, 0, 0, 0, 0, 0]),
        _ => Err("redirect-to-nexthop has no value".into()),
    }
}
