//! BGP Prefix-SID (RFC 8669), with the SRv6 services of RFC 9252: TLVs of `type(1) length(2) value`.
//!
//! | type | value |
//! |---|---|
//! | 1 label-index | `reserved(1) flags(2) index(4)` |
//! | 3 originator SRGB | `flags(2)` and `base(3) range(3)` each |
//! | 5, 6 SRv6 L3 and L2 service | `reserved(1)` and sub-TLVs: `prefix_sid/service.rs` |

mod parse;
mod service;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, send_as_is, subcode,
};
use crate::io::json::{Occurrences, push_separator};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper};

pub(super) use parse::parse;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 40,
    name: "bgp-prefix-sid",
    keywords: &["bgp-prefix-sid", "bgp-prefix-sid-srv6"],
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

const LABEL_INDEX: u8 = 1;
const SRGB: u8 = 3;
const L3_SERVICE: u8 = 5;
const L2_SERVICE: u8 = 6;

/// The words of the services, in text and JSON.
const SERVICES: [(u8, &str); 2] = [(L3_SERVICE, "l3-service"), (L2_SERVICE, "l2-service")];

fn service_name(kind: u8) -> Option<&'static str> {
    SERVICES.iter().find(|(code, _)| *code == kind).map(|(_, name)| *name)
}

/// A TLV of the attribute, a sub-TLV of a service or a sub-sub-TLV of a SID: all have the same header.
struct Tlv<'a> {
    kind: u8,
    value: Reader<'a>,
}

/// Takes the next TLV; `field` names it in errors.
fn take<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Tlv<'a>, WireError> {
    let kind = reader.u8(field)?;
    let length = reader.u16(field)?;
    Ok(Tlv { kind, value: reader.sub(length.into(), field)? })
}

/// The TLVs up to the first that is cut off.
fn tlvs(mut reader: Reader<'_>) -> impl Iterator<Item = Tlv<'_>> {
    std::iter::from_fn(move || if reader.is_empty() { None } else { take(&mut reader, "TLV").ok() })
}

fn index(mut value: Reader<'_>) -> Result<u32, WireError> {
    let wrong = value.error("label-index TLV", Fault::Length(value.len()));
    if value.len() != 7 {
        return Err(wrong);
    }
    value.take(3, "label-index TLV")?;
    value.u32("label index")
}

/// The base and the range of each block.
fn blocks(mut value: Reader<'_>) -> Result<impl Iterator<Item = (u32, u32)> + use<'_>, WireError> {
    let length = value.error("originator SRGB TLV", Fault::Length(value.len()));
    value.take(2, "originator SRGB TLV")?;
    let (blocks, rest) = value.rest().as_chunks::<6>();
    if !rest.is_empty() {
        return Err(length);
    }
    Ok(blocks.iter().map(|&[a, b, c, d, e, f]| {
        (u32::from_be_bytes([0, a, b, c]), u32::from_be_bytes([0, d, e, f]))
    }))
}

/// A wrong label-index or SRGB costs the attribute (RFC 8669 section 6), a wrong service the route (RFC 9252 section 7):
/// the packets would have nowhere to go.
fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    let wrong = |error: WireError| ValueFault::new(subcode::OPTIONAL, error.to_string());
    let mut reader = Reader::new(value);
    while !reader.is_empty() {
        let tlv = take(&mut reader, "Prefix-SID TLV").map_err(wrong)?;
        match tlv.kind {
            LABEL_INDEX => drop(index(tlv.value).map_err(wrong)?),
            SRGB => drop(blocks(tlv.value).map_err(wrong)?),
            L3_SERVICE | L2_SERVICE => service::check(tlv.value)
                .map_err(|error| wrong(error).with_action(OnError::TreatAsWithdraw))?,
            _ => {}
        }
    }
    Ok(())
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"bgp-prefix-sid\": ");
    push_json_value(value, out);
}

/// Writes the object of a value.
pub(super) fn push_json_value(value: &[u8], out: &mut Vec<u8>) {
    let (mut first, mut seen) = (true, Occurrences::default());
    push(out, "{ ");
    for Tlv { kind, value } in tlvs(Reader::new(value)) {
        push_separator(out, &mut first);
        let number = seen.count(kind);
        let name = |name: &str, out: &mut Vec<u8>| {
            out.push(b'"');
            push(out, name);
            Occurrences::push(number, out);
            push(out, "\": ");
        };
        match (kind, service_name(kind)) {
            (LABEL_INDEX, _) if let Ok(index) = index(value) => {
                name("sr-label-index", out);
                push_decimal(out, index.into());
            }
            (SRGB, _) if let Ok(blocks) = blocks(value) => {
                name("sr-srgbs", out);
                let mut first = true;
                out.push(b'[');
                for (base, range) in blocks {
                    push_separator(out, &mut first);
                    out.push(b'[');
                    push_decimal(out, base.into());
                    push(out, ", ");
                    push_decimal(out, range.into());
                    out.push(b']');
                }
                out.push(b']');
            }
            (_, Some(service)) => {
                name(service, out);
                service::json(value, out);
            }
            _ => {
                push(out, "\"attribute-not-implemented-");
                push_decimal(out, kind.into());
                Occurrences::push(number, out);
                push(out, "\": \"0x");
                push_hex_upper(out, value.remaining());
                out.push(b'"');
            }
        }
    }
    push(out, " }");
}

/// The text of events, as ExaBGP writes it: of SRv6 services it can not be read back, see [`command`].
fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let mut first = true;
    push(out, " bgp-prefix-sid [ ");
    for Tlv { kind, value } in tlvs(Reader::new(value)) {
        push_separator(out, &mut first);
        match (kind, service_name(kind)) {
            (LABEL_INDEX, _) if let Ok(index) = index(value) => push_decimal(out, index.into()),
            (SRGB, _) if let Ok(blocks) = blocks(value) => {
                let mut first = true;
                push(out, "[ ");
                for (base, range) in blocks {
                    push_separator(out, &mut first);
                    push(out, "( ");
                    push_decimal(out, base.into());
                    out.push(b',');
                    push_decimal(out, range.into());
                    push(out, " )");
                }
                push(out, " ]");
            }
            (_, Some(name)) => {
                push(out, name);
                service::text(value, out);
            }
            _ => {
                push(out, "Attribute with code [ ");
                push_decimal(out, kind.into());
                push(out, " ] not implemented");
            }
        }
    }
    push(out, " ]");
}

/// Writes ` bgp-prefix-sid …` or ` bgp-prefix-sid-srv6 …` as it is read.
pub(super) fn command(value: &[u8], out: &mut Vec<u8>) {
    let mut services = tlvs(Reader::new(value)).filter(|tlv| service_name(tlv.kind).is_some());
    if services.next().is_none() {
        return text(value, &ValueContext::STORED, out);
    }
    push(out, " bgp-prefix-sid-srv6 (");
    for Tlv { kind, value } in tlvs(Reader::new(value)) {
        out.push(b' ');
        push(out, service_name(kind).unwrap_or("?"));
        service::command(value, out);
    }
    push(out, " )");
}

#[cfg(test)]
mod tests;
