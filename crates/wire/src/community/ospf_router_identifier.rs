//! OSPF Router Identifier (RFC 4577 section 4.2.4): `address(4) zero(2)`.

use std::net::Ipv4Addr;

use super::extended::{ExtendedCommunityType, IPV4_ADDRESS, Usual, push_hex};
use crate::io::text::{push, push_ipv4};

const SUBTYPE: u8 = 0x07;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(IPV4_ADDRESS, SUBTYPE)],
    keywords: &["ospf-router-id"],
    text: |community, out| match community {
        [_, _, a, b, c, d, 0, 0] => {
            push(out, "ospf-router-id:");
            push_ipv4(out, Ipv4Addr::new(a, b, c, d));
        }
        _ => push_hex(community, out),
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| match value.parse::<Ipv4Addr>() {
        Ok(address) => {
            let [a, b, c, d] = address.octets();
            Ok([IPV4_ADDRESS, SUBTYPE, a, b, c, d, 0, 0])
        }
        Err(_) => Err("ospf-router-id:ADDRESS in dotted quads".into()),
    }),
};
