//! OSPF Domain Identifier (RFC 4577 section 4.2.4): which OSPF domain a route of a VPN comes from. The value is `AS(2)
//! number(4)`, `address(4) number(2)` or `AS(4) number(2)`.

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, IPV4_ADDRESS, TWO_OCTET_AS, Usual,
    parse_administrator_of, push_exact_administrator,
};

const SUBTYPE: u8 = 0x05;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (IPV4_ADDRESS, SUBTYPE), (FOUR_OCTET_AS, SUBTYPE)],
    keywords: &["ospf-domain-id"],
    text: |community, out| push_exact_administrator("ospf-domain-id", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        parse_administrator_of(&[TWO_OCTET_AS, IPV4_ADDRESS, FOUR_OCTET_AS], SUBTYPE, value)
    }),
};
