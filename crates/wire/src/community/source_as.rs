//! Source AS (RFC 6514 section 6): the AS of the source of a VPN route, `AS(2) number(4)` or `AS(4) number(2)`. The number is zero,
//! and not written then.

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, TWO_OCTET_AS, Usual, parse_administrator_of,
    push_exact_administrator,
};

const SUBTYPE: u8 = 0x09;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (FOUR_OCTET_AS, SUBTYPE)],
    keywords: &["source-as"],
    text: |community, out| {
        push_exact_administrator("source-as", community, out);
        if out.ends_with(b":0") {
            out.truncate(out.len() - 2);
        }
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let kinds = &[TWO_OCTET_AS, FOUR_OCTET_AS];
        match value.contains(':') {
            true => parse_administrator_of(kinds, SUBTYPE, value),
            false => parse_administrator_of(kinds, SUBTYPE, &format!("{value}:0")),
        }
    }),
};
