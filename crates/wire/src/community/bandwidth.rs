//! Link bandwidth (draft-ietf-idr-link-bandwidth): `AS(2) octets-per-second(4, IEEE 754)`. Usually not transitive.

use std::borrow::Cow;
use std::io::Write as _;

use super::extended::{
    ExtendedCommunityType, NON_TRANSITIVE, TWO_OCTET_AS, Usual, number, parse_float, push_hex,
};

const SUBTYPE: u8 = 0x04;

/// The row of the registry. `bandwidth` is ExaBGP's word.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE)],
    keywords: &["bandwidth", "link-bandwidth"],
    text,
    usual: Usual::NonTransitive,
    members: None,
    parse: Some(|_, value| parse(value)),
};

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    let [_, _, a, b, c, d, e, f] = community;
    let rate = f32::from_be_bytes([c, d, e, f]);
    if !rate.is_finite() || rate.is_sign_negative() {
        return push_hex(community, out);
    }
    let _ = write!(out, "bandwidth:{}:{rate}", u16::from_be_bytes([a, b]));
}

fn parse(value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let help = "bandwidth:AS:NUMBER with an AS of 16 bits and octets a second";
    let (system, rate) = value.split_once(':').ok_or(help)?;
    let system = number(system).ok_or(help)?;
    let Ok(system) = u16::try_from(system) else {
        return Err(format!("{system} is more than 65535; {help}").into());
    };
    #[expect(clippy::cast_precision_loss, reason = "the wire has a float")]
    let rate = parse_float(rate).or_else(|| number(rate).map(|rate| rate as f32)).ok_or(help)?;
    let ([a, b], [c, d, e, f]) = (system.to_be_bytes(), rate.to_be_bytes());
    Ok([NON_TRANSITIVE | TWO_OCTET_AS, SUBTYPE, a, b, c, d, e, f])
}
