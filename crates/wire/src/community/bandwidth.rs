//! Link bandwidth (draft-ietf-idr-link-bandwidth): `AS(2) octets-per-second(4, IEEE 754)`. Read from text only: ExaBGP shows
//! it in hexadecimal.

use std::borrow::Cow;

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE, Usual, parse_fields};

const SUBTYPE: u8 = 4;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[],
    keywords: &["bandwidth"],
    text: |_, _| {},
    usual: Usual::Unsaid,
    members: None,
    parse: Some(parse),
};

fn parse(_: &str, value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let help = "bandwidth:AS:NUMBER with an AS of 16 bits and a number of 32, in octets a second";
    let [number, octets] = parse_fields(value, [0xffff, u32::MAX], help)?;
    let [_, _, a, b] = number.to_be_bytes();
    #[expect(clippy::cast_precision_loss, reason = "the wire has a float")]
    let [c, d, e, f] = (octets as f32).to_be_bytes();
    Ok([NON_TRANSITIVE, SUBTYPE, a, b, c, d, e, f])
}
