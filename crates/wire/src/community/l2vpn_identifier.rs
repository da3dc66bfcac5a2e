//! L2VPN Identifier (RFC 6074 section 3.2.1): which layer-2 VPN an auto-discovery route is of. The value is `AS(2)
//! number(4)` or `address(4) number(2)`.

use super::extended::{
    ExtendedCommunityType, IPV4_ADDRESS, TWO_OCTET_AS, Usual, parse_administrator_of,
    push_exact_administrator,
};

const SUBTYPE: u8 = 0x0a;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (IPV4_ADDRESS, SUBTYPE)],
    keywords: &["l2vpn-id"],
    text: |community, out| push_exact_administrator("l2vpn-id", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| parse_administrator_of(&[TWO_OCTET_AS, IPV4_ADDRESS], SUBTYPE, value)),
};
