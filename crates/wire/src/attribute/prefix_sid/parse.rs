//! Reading a Prefix-SID: `[ INDEX, [ ( BASE,RANGE ) … ] ]` and `( l3-service SID BEHAVIOR [LBL,LNL,FL,AL,TL,TO] )`.
//! Commas may be left out.

use std::net::Ipv6Addr;

use super::service::{SID_INFORMATION, SID_STRUCTURE};
use super::{LABEL_INDEX, SERVICES, SRGB};
use crate::attribute::decimal;
use crate::io::text::parse_unsigned;
use crate::io::tokens::{TextError, Tokens, did_you_mean};

/// The endpoint behavior of a SID when none is given: opaque (RFC 8986 section 10.2.2).
const OPAQUE: u16 = 0xffff;

/// Reads what follows `bgp-prefix-sid` or `bgp-prefix-sid-srv6`.
pub(in crate::attribute) fn parse(
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    match tokens.peek() {
        Some("(") => services(tokens, out),
        Some("[") => index_and_blocks(tokens, out),
        _ => {
            let word = tokens.expect("bgp-prefix-sid")?;
            Err(tokens
                .last_error(format!("'{word}' is not a valid bgp-prefix-sid"))
                .help("[ INDEX ], [ INDEX, [ ( BASE,RANGE ) ] ] or ( l3-service SID BEHAVIOR [LBL,LNL,FL,AL,TL,TO] )"))
        }
    }
}

/// Appends a TLV whose value `write` appends.
fn tlv(
    kind: u8,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let start = out.len();
    out.extend([kind, 0, 0]);
    write(out)?;
    let length = u16::try_from(out.len() - start - 3).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(room) = out.get_mut(start + 1..start + 3) {
        room.copy_from_slice(&length);
    }
    Ok(())
}

fn index_and_blocks(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.require("[")?;
    if tokens.peek() != Some("[") {
        let word = tokens.expect("label index")?;
        let index: u32 = decimal(word).ok_or_else(|| {
            tokens
                .last_error(format!("'{word}' is not a valid label index"))
                .help("a number from 0 to 4294967295")
        })?;
        tlv(LABEL_INDEX, out, |out| {
            out.extend([0, 0, 0]);
            out.extend(index.to_be_bytes());
            Ok(())
        })?;
        tokens.accept(",");
    }
    if tokens.accept("[") {
        // The length of an attribute has 16 bits: so many blocks fit.
        let mut left = 10_000;
        tlv(SRGB, out, |out| {
            out.extend([0, 0]);
            while !tokens.accept("]") {
                if left == 0 {
                    return Err(tokens.error("more SRGBs than an attribute can hold"));
                }
                left -= 1;
                tokens.require("(")?;
                number_of_24_bits(tokens, "SRGB base", out)?;
                tokens.accept(",");
                number_of_24_bits(tokens, "SRGB range", out)?;
                tokens.require(")")?;
                tokens.accept(",");
            }
            Ok(())
        })?;
    }
    tokens.require("]")
}

fn number_of_24_bits(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect(what)?;
    match decimal::<u32>(word).map(u32::to_be_bytes) {
        Some([0, number @ ..]) => {
            out.extend(number);
            Ok(())
        }
        _ => Err(tokens
            .last_error(format!("'{word}' is not a valid {what}"))
            .help("a number from 0 to 16777215")),
    }
}

fn services(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.require("(")?;
    let mut given = Vec::new();
    loop {
        let word = tokens.expect("l3-service or l2-service")?;
        let Some((kind, _)) = SERVICES.iter().find(|(_, name)| *name == word) else {
            return Err(unknown_service(word, tokens));
        };
        if given.contains(kind) {
            return Err(tokens
                .last_error(format!("{word} is given twice"))
                .help("only the first one of a kind counts (RFC 9252 section 7)"));
        }
        given.push(*kind);
        tlv(*kind, out, |out| {
            out.push(0);
            tlv(SID_INFORMATION, out, |out| sid(tokens, out))
        })?;
        if tokens.accept(")") {
            return Ok(());
        }
        tokens.accept(",");
    }
}

fn unknown_service(word: &str, tokens: &Tokens<'_>) -> TextError {
    let error = tokens.last_error(format!("'{word}' is not an SRv6 service"));
    match (word, did_you_mean(word, SERVICES.map(|(_, name)| name))) {
        ("ipv6" | "l3vpn" | "vpn", _) => {
            error.help("the form of 4.2 is of an old draft: write ( l3-service SID )")
        }
        (_, Some(near)) => error.help(format!("did you mean '{near}'?")),
        _ => error.help("l3-service or l2-service"),
    }
}

/// Reads `SID [BEHAVIOR [ '[' LBL,LNL,FL,AL,TL,TO ']' ]]`.
fn sid(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let address: Ipv6Addr = tokens.parse("SRv6 SID", "an IPv6 address")?;
    let mut behavior = OPAQUE;
    if let Some(word) = tokens.peek()
        && word.starts_with(|character: char| character.is_ascii_digit())
    {
        behavior = parse_unsigned(word).ok_or_else(|| {
            tokens
                .error(format!("'{word}' is not a valid endpoint behavior"))
                .help("0 to 65535, in decimal or after 0x in hexadecimal")
        })?;
        tokens.next();
    }
    out.push(0);
    out.extend(address.octets());
    out.push(0);
    out.extend(behavior.to_be_bytes());
    out.push(0);
    if !tokens.accept("[") {
        return Ok(());
    }
    tlv(SID_STRUCTURE, out, |out| {
        for what in [
            "locator block length",
            "locator node length",
            "function length",
            "argument length",
            "transposition length",
            "transposition offset",
        ] {
            let word = tokens.expect(what)?;
            out.push(decimal(word).ok_or_else(|| {
                tokens
                    .last_error(format!("'{word}' is not a valid {what}"))
                    .help("a number of bits: six of them, from 0 to 255")
            })?);
            tokens.accept(",");
        }
        tokens.require("]")
    })
}
