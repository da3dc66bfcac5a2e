//! BFD Discriminator (RFC 9026 section 3.1.6): the BFD session of the root of a multicast tunnel, `mode(1) discriminator(4)` and TLVs
//! of `type(1) length(1) value`, of which type 1 is the address that the root sends from.

use std::net::IpAddr;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, decimal, flags, send_as_is,
    subcode,
};
use crate::io::text::{parse_hex, push, push_decimal, push_hex_lower, push_ip};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 38,
    name: "bfd-discriminator",
    keywords: &["bfd-discriminator"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::Discard,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

/// The mode that has a word: point-to-multipoint (RFC 8562).
const P2MP: (u8, &str) = (1, "p2mp");
/// The TLV of the source's address.
const SOURCE: u8 = 1;

/// The type of a TLV and its value.
type Tlv<'a> = (u8, &'a [u8]);

/// Mode, discriminator and TLVs; none when they are not whole.
fn split(value: &[u8]) -> Option<(u8, u32, Vec<Tlv<'_>>)> {
    let (&[mode, a, b, c, d], mut rest) = value.split_first_chunk()?;
    let mut tlvs = Vec::new();
    while !rest.is_empty() {
        let (&[kind, length], after) = rest.split_first_chunk()?;
        let (value, after) = after.split_at_checked(length.into())?;
        tlvs.push((kind, value));
        rest = after;
    }
    Some((mode, u32::from_be_bytes([a, b, c, d]), tlvs))
}

fn address(kind: u8, value: &[u8]) -> Option<IpAddr> {
    match kind {
        SOURCE => <[u8; 4]>::try_from(value)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from))
            .ok(),
        _ => None,
    }
}

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    let fault = |reason: String| Err(ValueFault::new(subcode::OPTIONAL, reason));
    let Some((_, _, tlvs)) = split(value) else {
        let length = value.len();
        return fault(format!("BFD Discriminator of {length} octets is cut within a field or TLV"));
    };
    match tlvs.iter().find(|(kind, value)| *kind == SOURCE && address(*kind, value).is_none()) {
        Some((_, value)) => {
            fault(format!("BFD Discriminator has a source address of {} octets", value.len()))
        }
        None => Ok(()),
    }
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let Some((mode, discriminator, tlvs)) = split(value) else { return };
    push(out, "\"bfd-discriminator\": { \"mode\": ");
    push_decimal(out, mode.into());
    push(out, ", \"discriminator\": ");
    push_decimal(out, discriminator.into());
    push(out, ", \"tlvs\": [");
    let mut separator = " ";
    for (kind, value) in &tlvs {
        push(out, separator);
        separator = ", ";
        push(out, "{ \"type\": ");
        push_decimal(out, (*kind).into());
        match address(*kind, value) {
            Some(address) => {
                push(out, ", \"source\": \"");
                push_ip(out, address);
            }
            None => {
                push(out, ", \"value\": \"0x");
                push_hex_lower(out, value);
            }
        }
        push(out, "\" }");
    }
    push(out, if tlvs.is_empty() { "] }" } else { " ] }" });
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let Some((mode, discriminator, tlvs)) = split(value) else { return };
    push(out, " bfd-discriminator ( ");
    if mode == P2MP.0 {
        push(out, P2MP.1);
    } else {
        push_decimal(out, mode.into());
    }
    out.push(b' ');
    push_decimal(out, discriminator.into());
    for (kind, value) in tlvs {
        if let Some(address) = address(kind, value) {
            push(out, " source ");
            push_ip(out, address);
        } else {
            push(out, " tlv ");
            push_decimal(out, kind.into());
            push(out, " 0x");
            push_hex_lower(out, value);
        }
    }
    push(out, " )");
}

/// Reads `( p2mp 5 )`, with `source ADDRESS` or `tlv TYPE 0xDATA` after the discriminator.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.require("(")?;
    let word = tokens.expect("BFD mode")?;
    let mode = if word == P2MP.1 { Some(P2MP.0) } else { decimal(word) };
    let wrong = |tokens: &Tokens<'_>, word: &str, what: &str, help: &'static str| {
        tokens.last_error(format!("'{word}' is not a valid {what}")).help(help)
    };
    out.push(mode.ok_or_else(|| wrong(tokens, word, "BFD mode", "p2mp or a number of 8 bits"))?);
    let word = tokens.expect("BFD discriminator")?;
    let number: u32 = decimal(word)
        .ok_or_else(|| wrong(tokens, word, "BFD discriminator", "a number of 32 bits"))?;
    out.extend(number.to_be_bytes());
    loop {
        match tokens.expect("')'")? {
            ")" => return Ok(()),
            "source" => {
                let word = tokens.expect("source address")?;
                match word.parse() {
                    Ok(IpAddr::V4(address)) => {
                        out.extend([SOURCE, 4]);
                        out.extend(address.octets());
                    }
                    Ok(IpAddr::V6(address)) => {
                        out.extend([SOURCE, 16]);
                        out.extend(address.octets());
                    }
                    Err(_) => {
                        return Err(wrong(
                            tokens,
                            word,
                            "source address",
                            "an IPv4 or IPv6 address",
                        ));
                    }
                }
            }
            "tlv" => {
                let word = tokens.expect("TLV type")?;
                let kind: u8 = decimal(word)
                    .ok_or_else(|| wrong(tokens, word, "TLV type", "a number of 8 bits"))?;
                let word = tokens.expect("TLV value")?;
                let help = "0x and up to 255 octets in hexadecimal";
                let data = parse_hex(word).filter(|_| word.starts_with("0x"));
                let data = data.ok_or_else(|| wrong(tokens, word, "TLV value", help))?;
                let length = u8::try_from(data.len());
                out.extend([kind, length.map_err(|_| wrong(tokens, word, "TLV value", help))?]);
                out.extend(data);
            }
            word => {
                return Err(wrong(
                    tokens,
                    word,
                    "part of bfd-discriminator",
                    "source ADDRESS, tlv TYPE 0xDATA or ')'",
                ));
            }
        }
    }
}
