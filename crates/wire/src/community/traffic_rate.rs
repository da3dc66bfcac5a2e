//! Rate limits of a flow (RFC 8955 sections 7.1 and 7.2): `AS(2) rate(4, IEEE 754)`, in octets or packets a second. What is below
//! zero means zero; what is no number is shown in hexadecimal.

use std::io::Write as _;

use super::extended::{ExtendedCommunityType, Usual, parse_float, push_hex};
use crate::io::text::push;

const TYPE: u8 = 0x80;
const OCTETS: u8 = 0x06;
const PACKETS: u8 = 0x0c;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, OCTETS), (TYPE, PACKETS)],
    keywords: &["rate-limit"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| {
        let help = "rate-limit:NUMBER, :bytes or :packets after it, both a second";
        let (rate, unit) = value.split_once(':').unwrap_or((value, "bytes"));
        let rate = parse_float(rate).ok_or(help)?;
        match unit {
            "bytes" => Ok(octets(0, rate)),
            "packets" => Ok(packets(0, rate)),
            _ => Err(help.into()),
        }
    }),
};

/// The limit in octets a second, set by an AS; 0 discards the traffic.
pub const fn octets(number: u16, rate: f32) -> [u8; 8] {
    community(OCTETS, number, rate)
}

/// The limit in packets a second, set by an AS; 0 discards the traffic.
pub const fn packets(number: u16, rate: f32) -> [u8; 8] {
    community(PACKETS, number, rate)
}

const fn community(subtype: u8, number: u16, rate: f32) -> [u8; 8] {
    let ([a, b], [c, d, e, f]) = (number.to_be_bytes(), rate.to_be_bytes());
    [TYPE, subtype, a, b, c, d, e, f]
}

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    let [_, subtype, _, _, a, b, c, d] = community;
    let rate = f32::from_be_bytes([a, b, c, d]);
    if !rate.is_finite() {
        return push_hex(community, out);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the fraction is not shown, and what is below zero means zero"
    )]
    let rate = rate as u128;
    let _ = write!(out, "rate-limit:{rate}");
    if subtype == PACKETS {
        push(out, ":packets");
    }
}
