//! Tunnel Encapsulation (RFC 9012): a TLV for each tunnel, `type(2) length(2)` and sub-TLVs, whose table is
//! `tunnel_encap/sub_tlv.rs`. SR policies are tunnels of type 15 (RFC 9830).

mod encapsulation;
mod label;
mod policy;
mod segment;
pub(crate) mod sub_tlv;

use std::collections::BTreeMap;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, send_as_is, subcode,
};
use crate::io::json::{Occurrences, push_separator};
use crate::io::reader::{Reader, WireError};
use crate::io::text::{
    parse_hex, parse_unsigned, push, push_decimal, push_hex_lower, push_hex_upper,
};
use crate::io::tokens::{TextError, Tokens, did_you_mean};

/// The row of the registry. SR policy routes add to it, and text may name it twice: the tunnels are joined.
pub const ROW: AttributeType = AttributeType {
    code: 23,
    name: "tunnel-encap",
    keywords: &["tunnel-encap"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::Join,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

/// The tunnel type of an SR policy.
pub(crate) const SR_POLICY: u16 = 15;

/// The tunnel types whose sub-TLVs are read (IANA "BGP Tunnel Encapsulation Attribute Tunnel Types"): all that are not
/// deprecated, nor only for one vendor.
const TYPES: &[(u16, &str)] = &[
    (1, "l2tpv3"),
    (2, "gre"),
    (7, "ip-in-ip"),
    (8, "vxlan"),
    (9, "nvgre"),
    (10, "mpls"),
    (11, "mpls-in-gre"),
    (12, "vxlan-gpe"),
    (13, "mpls-in-udp"),
    (14, "ipv6"),
    (SR_POLICY, "sr-policy"),
    (16, "bare"),
    (19, "geneve"),
    (20, "any"),
    (21, "gtp"),
];

fn type_name(kind: u16) -> Option<&'static str> {
    TYPES.iter().find(|(code, _)| *code == kind).map(|(_, name)| *name)
}

/// One tunnel: its type and its sub-TLVs.
struct Tunnel<'a> {
    kind: u16,
    value: Reader<'a>,
}

fn take<'a>(reader: &mut Reader<'a>) -> Result<Tunnel<'a>, WireError> {
    let kind = reader.u16("tunnel type")?;
    let length = reader.u16("tunnel length")?;
    Ok(Tunnel { kind, value: reader.sub(length.into(), "tunnel TLV")? })
}

/// The tunnels up to the first that is cut off.
fn tunnels(value: &[u8]) -> impl Iterator<Item = Tunnel<'_>> {
    let mut reader = Reader::new(value);
    std::iter::from_fn(move || if reader.is_empty() { None } else { take(&mut reader).ok() })
}

/// A TLV must end where its last sub-TLV ends (RFC 9012 section 13). What is in a sub-TLV makes nothing malformed: one
/// that can not be read is as one that is not known.
fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    let walk = || {
        let mut reader = Reader::new(value);
        while !reader.is_empty() {
            let Tunnel { kind, value } = take(&mut reader)?;
            if type_name(kind).is_some() {
                sub_tlv::check(value)?;
            }
        }
        Ok(())
    };
    walk().map_err(|error: WireError| ValueFault::new(subcode::OPTIONAL, error.to_string()))
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let (mut first, mut seen) = (true, BTreeMap::new());
    push(out, "\"tunnel-encap\": {");
    for Tunnel { kind, value } in tunnels(value) {
        push_separator(out, &mut first);
        let count = seen.entry(kind).or_insert(0u16);
        *count = count.saturating_add(1);
        let name = type_name(kind).filter(|_| sub_tlv::check(value).is_ok());
        out.push(b'"');
        match name {
            Some(name) => push(out, name),
            None => {
                push(out, "tunnel-type-");
                push_decimal(out, kind.into());
            }
        }
        Occurrences::push(*count, out);
        push(out, "\": ");
        match name {
            Some(_) => sub_tlv::json(kind, value, out),
            None => {
                push(out, "\"0x");
                push_hex_upper(out, value.remaining());
                out.push(b'"');
            }
        }
    }
    out.push(b'}');
}

/// The text of events and commands: ` tunnel-encap [ vxlan [ … ] tlv 99 0x01 ]`.
fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, " tunnel-encap [");
    for Tunnel { kind, value } in tunnels(value) {
        out.push(b' ');
        match type_name(kind).filter(|_| sub_tlv::check(value).is_ok()) {
            Some(name) => {
                push(out, name);
                push(out, " [");
                sub_tlv::text(kind, value, out);
                push(out, " ]");
            }
            None => {
                push(out, "tlv ");
                push_decimal(out, kind.into());
                push(out, " 0x");
                push_hex_lower(out, value.remaining());
            }
        }
    }
    push(out, " ]");
}

/// Reads `[ TUNNEL … ]` or one `TUNNEL`, each `NAME [ SUB-TLV … ]` or `tlv TYPE 0xHEX`.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.list("tunnels", |tokens| {
        let word = tokens.expect("tunnel type")?;
        if word == "tlv" {
            let kind = number(tokens, "tunnel type", "a number from 0 to 65535")?;
            return push_tunnel(kind, tokens, out, octets);
        }
        let Some((kind, _)) = TYPES.iter().find(|(_, name)| *name == word) else {
            let words = || TYPES.iter().map(|(_, name)| *name).chain(["tlv"]);
            let error = tokens.last_error(format!("'{word}' is not a tunnel type"));
            return Err(match did_you_mean(word, words()) {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error.help(words().collect::<Vec<_>>().join(", ")),
            });
        };
        push_tunnel(*kind, tokens, out, |tokens, out| {
            tokens.require("[")?;
            while !tokens.accept("]") {
                if !tokens.accept(",") {
                    sub_tlv::parse(*kind, tokens, out)?;
                }
            }
            Ok(())
        })
    })
}

/// Appends a tunnel whose sub-TLVs `write` appends.
fn push_tunnel(
    kind: u16,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let start = out.len();
    out.extend(kind.to_be_bytes());
    out.extend([0, 0]);
    write(tokens, out)?;
    set_length(start, tokens, out)
}

/// Writes the length of the tunnel that starts at `start` and ends with `out`.
fn set_length(start: usize, tokens: &Tokens<'_>, out: &mut [u8]) -> Result<(), TextError> {
    let length = out.len().saturating_sub(start + 4);
    let Ok(length) = u16::try_from(length) else {
        return Err(tokens.last_error(format!("a tunnel of {length} octets is too long")));
    };
    if let Some(room) = out.get_mut(start + 2..start + 4) {
        room.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Reads what follows the word of a sub-TLV and appends it to the last tunnel, if that is an SR policy, else to a new
/// one: what the words of an SR policy route do.
pub(crate) fn parse_policy_word(
    code: u8,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let last = tunnels(out).last().filter(|tunnel| tunnel.kind == SR_POLICY);
    let start = last.map(|tunnel| tunnel.value.offset().saturating_sub(4));
    let start = start.unwrap_or_else(|| {
        let start = out.len();
        out.extend(SR_POLICY.to_be_bytes());
        out.extend([0, 0]);
        start
    });
    sub_tlv::parse_value(SR_POLICY, code, tokens, out)?;
    set_length(start, tokens, out)
}

/// Takes the next word as a number, in decimal or after `0x` in hexadecimal.
fn number<T: TryFrom<u64>>(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    range: &'static str,
) -> Result<T, TextError> {
    let word = tokens.expect(what)?;
    parse_unsigned(word)
        .ok_or_else(|| tokens.last_error(format!("'{word}' is not a valid {what}")).help(range))
}

/// Takes the next word as `0x` and digits, and appends the octets.
fn octets(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("octets")?;
    match parse_hex(word).filter(|_| word.starts_with("0x")) {
        Some(octets) => {
            out.extend(octets);
            Ok(())
        }
        None => Err(tokens
            .last_error(format!("'{word}' are not octets"))
            .help("0x and an even number of hexadecimal digits")),
    }
}

#[cfg(test)]
mod tests;
