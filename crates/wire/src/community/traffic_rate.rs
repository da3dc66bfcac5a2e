//! Rate limits of a flow (RFC 8955 sections 7.1 and 7.2): `AS(2) rate(4, IEEE 754)`, in octets or packets a second. What is below
//! zero means zero; what is no number is shown in hexadecimal.

use std::io::Write as _;

use super::extended::ExtendedCommunityType;
use crate::io::text::{push, push_hex_upper};

const OCTETS: u8 = 0x06;
const PACKETS: u8 = 0x0c;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x80, OCTETS), (0x80, PACKETS)],
    keywords: &[],
    text,
    members: None,
    parse: None,
};

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    let [_, subtype, _, _, a, b, c, d] = community;
    let rate = f32::from_be_bytes([a, b, c, d]);
    if !rate.is_finite() {
        push(out, "0x");
        push_hex_upper(out, &community);
        return;
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
