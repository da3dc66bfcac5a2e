//! MVPN SA RP-address (RFC 9081 section 3): the rendezvous point of an active source. The value is `address(4)
//! number(2)`.

use super::extended::{
    ExtendedCommunityType, IPV4_ADDRESS, Usual, parse_administrator_of, push_exact_administrator,
};

const SUBTYPE: u8 = 0x20;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(IPV4_ADDRESS, SUBTYPE)],
    keywords: &["source-active-rp"],
    text: |community, out| push_exact_administrator("source-active-rp", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| parse_administrator_of(&[IPV4_ADDRESS], SUBTYPE, value)),
};
