//! TLVs of BGP-LS as text: `igp-metric 10 node-name r1 srv6-locators [ flags [ D ] algorithm 0 metric 1 ]`.
//!
//! Every TLV is a word and its value, in the order of the wire. What would not be read back to the same octets (bits that
//! are reserved, text that is not UTF-8, …) and what has no row is written as `tlv TYPE 0xHEX`.

use std::io::Write as _;

use super::json::{counted, push_address, take_range};
use super::schema::{DEEPEST, Field, Kind, Schema, Tlv, Walk, cases, fits, number, size, split};
use crate::codes::Afi;
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper};
use crate::prefix::{Prefix, push_prefix};

/// The type of the TLV in a range of labels.
const SID_LABEL: [u8; 2] = [0x04, 0x89];

/// Writes TLVs, each after a blank; `None` when they are cut.
pub fn push_tlvs(schema: &Schema, value: &[u8], depth: u8, out: &mut Vec<u8>) -> Option<()> {
    for tlv in Walk::new(value) {
        let (code, value) = tlv?;
        let start = out.len();
        let row = (schema.row)(code).filter(|_| depth < DEEPEST);
        // Those in others were looked at with them.
        let row = row.filter(|row| depth > 0 || fits(schema, row, value));
        if row.and_then(|row| push_row(schema, row, value, depth, out)).is_none() {
            out.truncate(start);
            push(out, " tlv ");
            push_decimal(out, u64::from(code));
            push(out, " 0x");
            push_hex_upper(out, value);
        }
    }
    Some(())
}

fn push_row(
    schema: &Schema,
    row: &'static Tlv,
    value: &[u8],
    depth: u8,
    out: &mut Vec<u8>,
) -> Option<()> {
    out.push(b' ');
    push(out, row.name);
    push_value(schema, &row.kind, value, depth, out)
}

/// Writes a value after a blank; `None` when the words would be read as other octets. The lengths in it are right.
pub fn push_value(
    schema: &Schema,
    kind: &'static Kind,
    value: &[u8],
    depth: u8,
    out: &mut Vec<u8>,
) -> Option<()> {
    out.push(b' ');
    match kind {
        Kind::Empty => {
            out.pop();
        }
        Kind::Number(_) => push_decimal(out, number(value)?),
        Kind::AnyNumber(lengths) if lengths.first() == Some(&value.len()) => {
            push_decimal(out, number(value)?);
        }
        Kind::Topology => push_decimal(out, number(value)?),
        Kind::Label => push_decimal(out, number(value).filter(|number| number & 0xfff == 0)? >> 12),
        Kind::Sid => {
            push(out, if value.len() == 3 { "label " } else { "index " });
            push_decimal(out, number(value)?);
        }
        Kind::Float => {
            let number = f32::from_be_bytes(value.try_into().ok()?);
            if !number.is_finite() {
                return None;
            }
            let _ = write!(out, "{number:?}");
        }
        Kind::Pair => {
            let [first, second] = value else { return None };
            let _ = write!(out, "{first}:{second}");
        }
        Kind::Ipv4 | Kind::Ipv6 | Kind::Ip => push_address(value, out)?,
        Kind::Name => push_name(value, out)?,
        Kind::RouterId => push_router_id(value, out)?,
        Kind::Neighbor if value.len() == 4 => push_address(value, out)?,
        Kind::SystemId | Kind::Neighbor => push_groups(value, out),
        Kind::Area => {
            let (first, rest) = value.split_at_checked(1)?;
            push_hex_lower(out, first);
            out.push(b'.');
            push_groups(rest, out);
        }
        Kind::Prefix(version_6) => {
            let (bits, octets) = value.split_first()?;
            let afi = if *version_6 { Afi::IPV6 } else { Afi::IPV4 };
            let prefix = Prefix::decode(afi, value)?;
            let start = out.len();
            push_prefix(out, afi, *bits, octets);
            // Bits below the length are shown by JSON, and refused in text.
            let text = std::str::from_utf8(out.get(start..)?).ok()?;
            if Prefix::parse(text) != Ok(prefix) {
                return None;
            }
        }
        Kind::AnyNumber(_) | Kind::Opaque | Kind::Hex => {
            push(out, "0x");
            push_hex_upper(out, value);
        }
        Kind::OpenFlags(_) if value.len() != 1 => return None,
        Kind::Flags(_, names) | Kind::OpenFlags(names) => push_flags(names, value, out)?,
        Kind::SidRanges => push_ranges(value, out)?,
        Kind::List(each) | Kind::Array(_, each) => {
            out.push(b'[');
            for part in value.chunks(size(each, &[], &[]).max(1)) {
                push_value(schema, each, part, depth, out)?;
            }
            push(out, " ]");
        }
        Kind::Struct(fields, _) => push_fields(schema, fields, value, depth, out)?,
        Kind::Switch(_) => push_fields(schema, cases(kind, value), value, depth, out)?,
        Kind::SubTlvs => {
            out.push(b'[');
            push_tlvs(schema, value, depth + 1, out)?;
            push(out, " ]");
        }
        Kind::Reserved(_) | Kind::Counted(..) | Kind::WideIf(..) => return None,
    }
    Some(())
}

fn push_fields(
    schema: &Schema,
    fields: &'static [Field],
    value: &[u8],
    depth: u8,
    out: &mut Vec<u8>,
) -> Option<()> {
    out.push(b'[');
    for (field, part) in fields.iter().zip(split(fields, value)?) {
        if matches!(field.kind, Kind::Reserved(_)) {
            if part.iter().any(|octet| *octet != 0) {
                return None;
            }
            continue;
        }
        if let Kind::Counted(names, unit, reserved) = &field.kind {
            push_counted(names, *unit, *reserved, part, out)?;
            continue;
        }
        if matches!(field.kind, Kind::SubTlvs) {
            push_tlvs(schema, part, depth + 1, out)?;
            continue;
        }
        if !matches!(field.kind, Kind::Sid) {
            out.push(b' ');
            push(out, field.name);
        }
        let kind = match &field.kind {
            Kind::WideIf(..) if part.len() == 16 => &Kind::Ipv6,
            Kind::WideIf(_, _, narrow) => narrow,
            kind => kind,
        };
        push_value(schema, kind, part, depth, out)?;
    }
    push(out, " ]");
    Some(())
}

fn push_counted(
    names: &'static [&'static str],
    unit: usize,
    reserved: usize,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Option<()> {
    if value.iter().skip(names.len()).take(reserved).any(|octet| *octet != 0) {
        return None;
    }
    for (name, part) in counted(names, unit, reserved, value)? {
        out.push(b' ');
        push(out, name);
        if unit == 1 {
            push(out, " 0x");
            push_hex_upper(out, part);
        } else {
            push(out, " [");
            for octets in part.chunks(unit) {
                out.push(b' ');
                push_decimal(out, number(octets)?);
            }
            push(out, " ]");
        }
    }
    Some(())
}

/// Text is quoted unless it is one plain word.
fn push_name(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let name = std::str::from_utf8(value).ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    if !name.is_empty() && name.chars().all(is_plain) {
        push(out, name);
        return Some(());
    }
    let quote = [b'"', b'\''].into_iter().find(|quote| !value.contains(quote))?;
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return None;
    }
    out.push(quote);
    push(out, name);
    out.push(quote);
    Some(())
}

/// `1.2.3.4`, with that of the designated router `1.2.3.4/1.2.3.5`; `0000.0000.0001`, of a pseudonode `0000.0000.0001.02`.
fn push_router_id(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match value.len() {
        4 => push_address(value, out)?,
        8 => {
            let (own, designated) = value.split_at_checked(4)?;
            push_address(own, out)?;
            out.push(b'/');
            push_address(designated, out)?;
        }
        _ => push_groups(value, out),
    }
    Some(())
}

/// Hexadecimal digits in groups of four.
fn push_groups(value: &[u8], out: &mut Vec<u8>) {
    for (index, group) in value.chunks(2).enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        push_hex_lower(out, group);
    }
}

/// The names of the bits that are set; `None` when one has no name.
fn push_flags(names: &[&str], value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.push(b'[');
    for (octet_index, octet) in value.iter().enumerate() {
        for bit in 0..8 {
            if octet >> (7 - bit) & 1 == 0 {
                continue;
            }
            let name = names.get(octet_index * 8 + bit).filter(|name| !name.is_empty())?;
            out.push(b' ');
            out.extend(name.bytes().map(|byte| if byte == b' ' { b'-' } else { byte }));
        }
    }
    push(out, " ]");
    Some(())
}

/// `[ 1000:16000 ]` is the size and the first label; `[ 1000:index:5 ]` that and an index.
fn push_ranges(mut value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.push(b'[');
    while !value.is_empty() {
        let (range, sid, rest) = take_range(value)?;
        if value.get(3..5) != Some(&SID_LABEL) {
            return None;
        }
        let middle = if sid.len() == 3 { "" } else { "index:" };
        let _ = write!(out, " {range}:{middle}{}", number(sid)?);
        value = rest;
    }
    push(out, " ]");
    Some(())
}
