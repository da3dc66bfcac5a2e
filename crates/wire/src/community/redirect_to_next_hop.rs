//! Redirection of a flow to the next hop of its route (draft-simpson-idr-flowspec-redirect): `reserved(5) flags(1)`, of which the
//! lowest bit has the traffic copied.

use super::extended::{ExtendedCommunityType, Usual};
use crate::io::text::push;

const TYPE: u8 = 0x08;
const SUBTYPE: u8 = 0x00;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["redirect-to-nexthop", "copy-to-nexthop"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|keyword, value| match value {
        "" => Ok(community(keyword == "copy-to-nexthop")),
        _ => Err(format!("{keyword} has no value: the next hop is that of the route").into()),
    }),
};

/// The community: the traffic goes to the next hop of the route, or a copy of it does.
pub const fn community(copy: bool) -> [u8; 8] {
    [TYPE, SUBTYPE, 0, 0, 0, 0, 0, copy as u8]
}

fn text([.., flags]: [u8; 8], out: &mut Vec<u8>) {
    push(out, if flags & 1 == 0 { "redirect-to-nexthop" } else { "copy-to-nexthop" });
}
