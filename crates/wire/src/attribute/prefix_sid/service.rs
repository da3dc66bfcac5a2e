//! The SRv6 services of a Prefix-SID (RFC 9252 sections 2 and 3): `reserved(1)` and sub-TLVs, of which type 1 is a SID:
//! `reserved(1) SID(16) flags(1) behavior(2) reserved(1)` and sub-sub-TLVs, of which type 1 is its structure.

use std::net::Ipv6Addr;

use super::{Tlv, take, tlvs};
use crate::io::json::{Occurrences, push_separator};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper, push_ipv6};

pub(super) const SID_INFORMATION: u8 = 1;
pub(super) const SID_STRUCTURE: u8 = 1;

/// What the octets of a SID structure are, in their order.
const STRUCTURE: [&str; 6] = [
    "locator-block-length",
    "locator-node-length",
    "function-length",
    "argument-length",
    "transposition-length",
    "transposition-offset",
];

/// A SID information sub-TLV.
struct Sid<'a> {
    address: Ipv6Addr,
    flags: u8,
    behavior: u16,
    /// Its sub-sub-TLVs.
    rest: Reader<'a>,
}

fn sid(mut value: Reader<'_>) -> Result<Sid<'_>, WireError> {
    value.u8("SRv6 SID information")?;
    let address = value.ipv6("SRv6 SID")?;
    let flags = value.u8("SRv6 service SID flags")?;
    let behavior = value.u16("SRv6 endpoint behavior")?;
    value.u8("SRv6 SID information")?;
    Ok(Sid { address, flags, behavior, rest: value })
}

/// The octets of a sub-sub-TLV that is a SID structure.
fn structure(tlv: &Tlv<'_>) -> Option<[u8; 6]> {
    tlv.value.remaining().try_into().ok().filter(|_| tlv.kind == SID_STRUCTURE)
}

/// What RFC 9252 section 7 calls malformed: lengths alone; what is not known is not wrong.
pub(super) fn check(mut value: Reader<'_>) -> Result<(), WireError> {
    value.u8("SRv6 service TLV")?;
    while !value.is_empty() {
        let tlv = take(&mut value, "SRv6 service sub-TLV")?;
        if tlv.kind != SID_INFORMATION {
            continue;
        }
        let mut rest = sid(tlv.value)?.rest;
        while !rest.is_empty() {
            let tlv = take(&mut rest, "SRv6 service data sub-sub-TLV")?;
            if tlv.kind == SID_STRUCTURE && tlv.value.len() != 6 {
                return Err(tlv.value.error("SRv6 SID structure", Fault::Length(tlv.value.len())));
            }
        }
    }
    Ok(())
}

/// The sub-TLVs of a service.
fn sub_tlvs(mut value: Reader<'_>) -> impl Iterator<Item = Tlv<'_>> {
    let _ = value.u8("reserved");
    tlvs(value)
}

/// Writes the array of a service.
pub(super) fn json(value: Reader<'_>, out: &mut Vec<u8>) {
    let mut first = true;
    push(out, "[ ");
    for tlv in sub_tlvs(value) {
        push_separator(out, &mut first);
        match sid(tlv.value) {
            Ok(sid) if tlv.kind == SID_INFORMATION => sid_json(&sid, out),
            _ => {
                push(out, "{ \"type\": ");
                push_decimal(out, tlv.kind.into());
                push(out, ", \"raw\": \"");
                push_hex_lower(out, tlv.value.remaining());
                push(out, "\" }");
            }
        }
    }
    push(out, " ]");
}

fn sid_json(sid: &Sid<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"sid\": \"");
    push_ipv6(out, sid.address);
    push(out, "\", \"flags\": ");
    push_decimal(out, sid.flags.into());
    push(out, ", \"endpoint_behavior\": ");
    push_decimal(out, sid.behavior.into());
    let mut seen = Occurrences::default();
    for tlv in tlvs(sid.rest) {
        let number = seen.count(tlv.kind);
        if let Some(structure) = structure(&tlv) {
            push(out, ", \"structure");
            Occurrences::push(number, out);
            push(out, "\": { ");
            let mut first = true;
            for (name, octet) in STRUCTURE.iter().zip(structure) {
                push_separator(out, &mut first);
                crate::io::json::push_name(out, name);
                push_decimal(out, octet.into());
            }
            push(out, " }");
        } else {
            push(out, ", \"sub-sub-tlv-");
            push_decimal(out, tlv.kind.into());
            Occurrences::push(number, out);
            push(out, "\": \"0x");
            push_hex_upper(out, tlv.value.remaining());
            out.push(b'"');
        }
    }
    push(out, " }");
}

/// Writes what follows the name of the service in events. ExaBGP does not close the bracket of a SID.
pub(super) fn text(value: Reader<'_>, out: &mut Vec<u8>) {
    let mut first = true;
    push(out, " [ ");
    for tlv in sub_tlvs(value) {
        push_separator(out, &mut first);
        match sid(tlv.value) {
            Ok(sid) if tlv.kind == SID_INFORMATION => sid_text(&sid, out),
            _ => {
                push(out, "SRv6 Service Sub-TLV type ");
                push_decimal(out, tlv.kind.into());
                push(out, " not implemented");
            }
        }
    }
    push(out, " ]");
}

fn sid_text(sid: &Sid<'_>, out: &mut Vec<u8>) {
    push(out, "sid-information [ sid:");
    push_ipv6(out, sid.address);
    push(out, " flags:");
    push_decimal(out, sid.flags.into());
    push(out, " endpoint_behavior:0x");
    push_behavior(sid.behavior, out);
    out.push(b' ');
    let mut first = true;
    for tlv in tlvs(sid.rest) {
        push(out, if first { " [ " } else { ", " });
        first = false;
        if let Some(structure) = structure(&tlv) {
            push(out, "sid-structure [");
            push_structure(structure, out);
            out.push(b']');
        } else {
            push(out, "SRv6 Service Data Sub-Sub-TLV type ");
            push_decimal(out, tlv.kind.into());
            push(out, " not implemented");
        }
    }
    if !first {
        push(out, " ]");
    }
}

/// Writes what follows the name of the service in commands: ` SID 0x13 [64,32,16,0,0,0]`.
pub(super) fn command(value: Reader<'_>, out: &mut Vec<u8>) {
    for sid in sub_tlvs(value).filter_map(|tlv| sid(tlv.value).ok()) {
        out.push(b' ');
        push_ipv6(out, sid.address);
        push(out, " 0x");
        push_behavior(sid.behavior, out);
        if let Some(structure) = tlvs(sid.rest).find_map(|tlv| structure(&tlv)) {
            push(out, " [");
            push_structure(structure, out);
            out.push(b']');
        }
    }
}

fn push_behavior(behavior: u16, out: &mut Vec<u8>) {
    let digits = if behavior > 0xff { 4 } else { 2 };
    let _ = std::io::Write::write_fmt(out, format_args!("{behavior:0digits$x}"));
}

fn push_structure(structure: [u8; 6], out: &mut Vec<u8>) {
    for (index, octet) in structure.into_iter().enumerate() {
        push(out, if index == 0 { "" } else { "," });
        push_decimal(out, octet.into());
    }
}
