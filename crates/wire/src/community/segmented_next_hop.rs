//! Inter-Area P2MP Segmented Next-Hop (RFC 7524 section 4): the router that the next segment of a tunnel starts from. The
//! value is `address(4) number(2)`.

use super::extended::{
    ExtendedCommunityType, IPV4_ADDRESS, Usual, parse_administrator_of, push_exact_administrator,
};

const SUBTYPE: u8 = 0x12;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(IPV4_ADDRESS, SUBTYPE)],
    keywords: &["segmented-next-hop"],
    text: |community, out| push_exact_administrator("segmented-next-hop", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| parse_administrator_of(&[IPV4_ADDRESS], SUBTYPE, value)),
};
