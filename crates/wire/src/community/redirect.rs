//! Redirection of a flow to a VPN, by its route target (RFC 8955 section 7.4): `AS(2) number(4)`, `address(4) number(2)` or
//! `AS(4) number(2)`. That to an IPv6 route target is in [`super::ipv6`].

use std::borrow::Cow;

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, IPV4_ADDRESS, TWO_OCTET_AS, Usual, parse_administrator,
    push_exact_administrator,
};

/// The bit of "generic transitive experimental use": these are the types 0x80, 0x81 and 0x82.
const EXPERIMENTAL: u8 = 0x80;
const SUBTYPE: u8 = 0x08;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[
        (EXPERIMENTAL | TWO_OCTET_AS, SUBTYPE),
        (EXPERIMENTAL | IPV4_ADDRESS, SUBTYPE),
        (EXPERIMENTAL | FOUR_OCTET_AS, SUBTYPE),
    ],
    keywords: &["redirect"],
    text: |community, out| push_exact_administrator("redirect", community, out),
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| parse(value)),
};

/// Reads `65001:100`, `70000:100`, `70L:100` or `192.0.2.1:100`: the flow action `redirect`, and `redirect:` as a community.
pub fn parse(value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let [kind, rest @ ..] = parse_administrator(SUBTYPE, value)?;
    let [a, b, c, d, e, f, g] = rest;
    Ok([EXPERIMENTAL | kind, a, b, c, d, e, f, g])
}
