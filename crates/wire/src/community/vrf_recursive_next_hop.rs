//! VRF Recursive Next Hop (draft-dhrao-bess-vrf-recursive-next-hop): where the next hop of a route of a VRF is looked up.
//! The value is `address(4) number(2)`.

use super::extended::{
    ExtendedCommunityType, IPV4_ADDRESS, Usual, parse_administrator_of, push_exact_administrator,
};

const SUBTYPE: u8 = 0x14;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(IPV4_ADDRESS, SUBTYPE)],
    keywords: &["vrf-recursive-next-hop"],
    text: |community, out| push_exact_administrator("vrf-recursive-next-hop", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| parse_administrator_of(&[IPV4_ADDRESS], SUBTYPE, value)),
};
