//! BGP Data Collection (RFC 4384): the kind of route, for those who study them. The value is `AS(2) number(4)` or `AS(4)
//! number(2)`.

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, TWO_OCTET_AS, Usual, parse_administrator_of,
    push_exact_administrator,
};

const SUBTYPE: u8 = 0x08;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (FOUR_OCTET_AS, SUBTYPE)],
    keywords: &["data-collection"],
    text: |community, out| push_exact_administrator("data-collection", community, out),
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| parse_administrator_of(&[TWO_OCTET_AS, FOUR_OCTET_AS], SUBTYPE, value)),
};
