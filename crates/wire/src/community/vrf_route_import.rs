//! VRF Route Import (RFC 6514 section 7): the PE and its VRF that a multicast join is to be sent to. The value is
//! `address(4) number(2)`.

use super::extended::{
    ExtendedCommunityType, IPV4_ADDRESS, Usual, parse_administrator_of, push_exact_administrator,
};

const SUBTYPE: u8 = 0x0b;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(IPV4_ADDRESS, SUBTYPE)],
    keywords: &["vrf-route-import"],
    text: |community, out| push_exact_administrator("vrf-route-import", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| parse_administrator_of(&[IPV4_ADDRESS], SUBTYPE, value)),
};
