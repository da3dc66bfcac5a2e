//! TLVs of BGP-LS as text: `igp-metric 10 node-name r1 srv6-locators [ flags [ D ] algorithm 0 metric 1 ]`.
//!
//! Every TLV is a word and its value, in the order of the wire. What would not be read back to the same octets (bits that
//! are reserved, text that is not UTF-8, …) and what has no row is written as `tlv TYPE 0xHEX`.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::json::{counted, push_address, take_range};
use super::schema::{DEEPEST, Field, Kind, Schema, Tlv, Walk, cases, number, size, split};
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper};
use crate::io::tokens::{Span, Tokens, split_command};

/// Writes TLVs, each after a blank; `None` when they are cut.
pub fn push_tlvs(schema: &Schema, value: &[u8], depth: u8, out: &mut Vec<u8>) -> Option<()> {
    for tlv in Walk::new(value) {
        let (code, value) = tlv?;
        let start = out.len();
        let row = (schema.row)(code).filter(|_| depth < DEEPEST);
        let written = row.is_some_and(|row| push_row(schema, row, value, depth, out).is_some());
        let text = out.get(start..).unwrap_or_default();
        if !written || !is_read_back(schema, text, code, value, depth) {
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

fn is_read_back(schema: &Schema, text: &[u8], code: u16, value: &[u8], depth: u8) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let (mut words, mut octets) = (Vec::new(), Vec::new());
    split_command(text, &mut words);
    let mut tokens = Tokens::new(text, &words, Span::default());
    super::parse::tlv(schema, &mut tokens, depth, &mut octets).is_ok()
        && tokens.is_done()
        && Walk::new(&octets).next() == Some(Some((code, value)))
}

/// Writes a value after a blank.
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
        Kind::Label => push_decimal(out, number(value)? >> 12),
        Kind::Sid => {
            push(out, if value.len() == 3 { "label " } else { "index " });
            push_decimal(out, number(value)?);
        }
        Kind::Float => {
            let number = f32::from_be_bytes(value.try_into().ok()?);
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
        Kind::Prefix => push_prefix(value, out)?,
        Kind::AnyNumber(_) | Kind::Opaque | Kind::Hex => {
            push(out, "0x");
            push_hex_upper(out, value);
        }
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

/// A prefix of up to four octets is taken for one of IPv4 when its length allows it: reading it back tells whether it is.
fn push_prefix(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (bits, octets) = value.split_first()?;
    push_prefix_of(*bits, octets, false, out)
}

/// Writes `ADDRESS/BITS`; the octets that are not there are zero.
pub fn push_prefix_of(bits: u8, octets: &[u8], version_6: bool, out: &mut Vec<u8>) -> Option<()> {
    let mut all = [0; 16];
    let longest = if version_6 { 16 } else { 4 };
    all.get_mut(..octets.len().min(longest))?
        .copy_from_slice(octets.get(..octets.len().min(longest))?);
    let _ = if version_6 {
        write!(out, "{}/{bits}", Ipv6Addr::from(all))
    } else {
        let [a, b, c, d, ..] = all;
        write!(out, "{}/{bits}", Ipv4Addr::new(a, b, c, d))
    };
    Some(())
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
        let middle = if sid.len() == 3 { "" } else { "index:" };
        let _ = write!(out, " {range}:{middle}{}", number(sid)?);
        value = rest;
    }
    push(out, " ]");
    Some(())
}
