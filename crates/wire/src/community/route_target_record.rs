//! Route target record (draft-ietf-bess-service-chaining): route targets that a route had.

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, IPV4_ADDRESS, TWO_OCTET_AS, Usual, parse_administrator,
    push_administrator,
};
use crate::io::text::push;

const SUBTYPE: u8 = 0x13;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (IPV4_ADDRESS, SUBTYPE), (FOUR_OCTET_AS, SUBTYPE)],
    keywords: &["rtrecord"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| parse_administrator(SUBTYPE, value)),
};

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    push(out, "rtrecord:");
    push_administrator(community, out);
}
