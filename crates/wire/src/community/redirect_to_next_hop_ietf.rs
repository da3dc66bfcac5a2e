//! Redirection of a flow to an address (draft-ietf-idr-flowspec-redirect-ip): `address(4) flags(2)`, of which the lowest bit has
//! the traffic copied.

use std::net::Ipv4Addr;

use super::extended::ExtendedCommunityType;
use crate::io::text::{push, push_ipv4};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x01, 0x0c)],
    keywords: &[],
    text,
    members: None,
    parse: None,
};

fn text([_, _, a, b, c, d, _, flags]: [u8; 8], out: &mut Vec<u8>) {
    let copy = flags & 1 != 0;
    push(out, if copy { "copy-to-nexthop-ietf " } else { "redirect-to-nexthop-ietf " });
    push_ipv4(out, Ipv4Addr::new(a, b, c, d));
    push(out, if copy { " (with copy)" } else { "" });
}
