//! Redirection of a flow to an address (draft-ietf-idr-flowspec-redirect-ip): `address(4) flags(2)`, of which the lowest bit has
//! the traffic copied. That to an IPv6 address is in [`super::ipv6`].

use std::net::Ipv4Addr;

use super::extended::{ExtendedCommunityType, IPV4_ADDRESS, Usual};
use crate::io::text::{push, push_ipv4};

const SUBTYPE: u8 = 0x0c;
/// The words of a redirection, and of a copy.
pub(super) const KEYWORDS: &[&str] = &["redirect-to-nexthop-ietf", "copy-to-nexthop-ietf"];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(IPV4_ADDRESS, SUBTYPE)],
    keywords: KEYWORDS,
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|keyword, value| match value.parse() {
        Ok(address) => Ok(community(address, is_copy(keyword))),
        Err(_) => Err("an IPv4 address; extended-community-ipv6 takes IPv6 ones".into()),
    }),
};

/// The community: the traffic goes to `address`, or a copy of it does.
pub const fn community(address: Ipv4Addr, copy: bool) -> [u8; 8] {
    let [a, b, c, d] = address.octets();
    [IPV4_ADDRESS, SUBTYPE, a, b, c, d, 0, copy as u8]
}

pub(super) fn is_copy(keyword: &str) -> bool {
    keyword.starts_with("copy")
}

/// Writes what stands before and after the address.
pub(super) fn push_around(copy: bool, address: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    push(out, if copy { "copy-to-nexthop-ietf " } else { "redirect-to-nexthop-ietf " });
    address(out);
    push(out, if copy { " (with copy)" } else { "" });
}

fn text([_, _, a, b, c, d, _, flags]: [u8; 8], out: &mut Vec<u8>) {
    push_around(flags & 1 != 0, |out| push_ipv4(out, Ipv4Addr::new(a, b, c, d)), out);
}
