//! TLVs of BGP-LS as JSON.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::schema::{DEEPEST, Field, Kind, Schema, Tlv, Walk, cases, number, split};
use crate::io::json::{push_name, push_separator, push_string};
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper, push_ipv4, push_ipv6};

/// Which TLVs of a list are shown how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Those of the attribute, for version 4 of the API: what ExaBGP does not know is `generic-lsid-TYPE`.
    Attribute,
    /// Those of the attribute, for version 6: the same, and after it what they say.
    AttributeExtended,
    /// Those in another TLV: what is not known is `unknown-subtlv-TYPE`.
    Nested,
}

/// What is shown under one name.
struct Member<'a> {
    /// Arrays first, then the others, then what ExaBGP does not have.
    class: u8,
    row: Option<&'static Tlv>,
    /// The positions of its TLVs, ascending; the first decides the order.
    items: &'a [Item<'a>],
}

struct Item<'a> {
    key: u16,
    position: usize,
    row: Option<&'static Tlv>,
    code: u16,
    value: &'a [u8],
}

/// Writes the members that TLVs make; `None` when they are cut.
pub fn push_tlvs(
    schema: &Schema,
    value: &[u8],
    place: Place,
    depth: u8,
    first: &mut bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut items = Vec::new();
    for (position, tlv) in Walk::new(value).enumerate() {
        let (code, value) = tlv?;
        let row = if depth < DEEPEST { (schema.row)(code) } else { None };
        items.push(Item { key: row.map_or(code, |row| row.group), position, row, code, value });
    }
    items.sort_by_key(|item| (item.key, item.position));
    let mut members = Vec::new();
    for items in items.chunk_by(|a, b| a.key == b.key) {
        let row = items.first()?.row;
        let generic = place != Place::Nested && row.is_none_or(|row| !row.classic);
        if generic || row.is_none() {
            // In other TLVs ExaBGP shows what it does not know in its place.
            let class = if place == Place::Nested { 1 } else { 0 };
            for items in items.chunk_by(|a, b| a.code == b.code) {
                members.push(Member { class, row: None, items });
            }
        }
        if let Some(row) = row
            && !(generic && place == Place::Attribute)
        {
            let class = if generic { 2 } else { u8::from(!row.merged) };
            members.push(Member { class, row: Some(row), items });
        }
    }
    members.sort_by_key(|member| (member.class, member.items.first().map(|item| item.position)));
    for member in members {
        push_member(schema, &member, place, depth, first, out)?;
    }
    Some(())
}

fn push_member(
    schema: &Schema,
    member: &Member<'_>,
    place: Place,
    depth: u8,
    first: &mut bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    let (one, rest) = member.items.split_first()?;
    let Some(row) = member.row else {
        push_separator(out, first);
        let nested = place == Place::Nested;
        push(out, if nested { "\"unknown-subtlv-" } else { "\"generic-lsid-" });
        push_decimal(out, u64::from(one.code));
        push(out, "\": ");
        if nested && rest.is_empty() {
            push_hex(out, one.value);
        } else {
            push_array(out, member.items, |item, out| {
                push_hex(out, item.value);
                Some(())
            })?;
        }
        return Some(());
    };
    if let Kind::Struct(fields, _) = row.kind
        && row.spread
    {
        return push_fields(schema, fields, &[], one.value, depth, first, out);
    }
    push_separator(out, first);
    push_name(out, row.name);
    if row.merged {
        push_array(out, member.items, |item, out| push_row(schema, item, depth, out))
    } else {
        push_row(schema, one, depth, out)
    }
}

fn push_row(schema: &Schema, item: &Item<'_>, depth: u8, out: &mut Vec<u8>) -> Option<()> {
    let row = item.row?;
    match row.json {
        Some(json) => json(item.value, out),
        None => push_value(schema, &row.kind, item.value, depth, out),
    }
}

/// Writes `[a, b]`.
pub fn push_array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.push(b'[');
    let mut first = true;
    for item in items {
        push_separator(out, &mut first);
        write(item, out)?;
    }
    out.push(b']');
    Some(())
}

/// Writes `"0xABCD"`.
pub fn push_hex(out: &mut Vec<u8>, octets: &[u8]) {
    push(out, "\"0x");
    push_hex_upper(out, octets);
    out.push(b'"');
}

fn push_fields(
    schema: &Schema,
    fields: &'static [Field],
    order: &[usize],
    value: &[u8],
    depth: u8,
    first: &mut bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    let parts = split(fields, value)?;
    let as_they_are = 0..if order.is_empty() { fields.len() } else { 0 };
    for index in order.iter().copied().chain(as_they_are) {
        let (field, part) = (fields.get(index)?, parts.get(index)?);
        match &field.kind {
            Kind::Reserved(_) => {}
            Kind::SubTlvs => push_tlvs(schema, part, Place::Nested, depth + 1, first, out)?,
            Kind::Counted(names, unit, reserved) => {
                push_counted(names, *unit, *reserved, part, first, out)?;
            }
            kind => {
                push_separator(out, first);
                push_name(out, field.name);
                match (kind, part.len()) {
                    (Kind::WideIf(..), 16) => push_value(schema, &Kind::Ipv6, part, depth, out)?,
                    (Kind::WideIf(_, _, narrow), _) => {
                        push_value(schema, narrow, part, depth, out)?;
                    }
                    _ => push_value(schema, kind, part, depth, out)?,
                }
            }
        }
    }
    Some(())
}

/// The parts of a [`Kind::Counted`] with their names.
pub fn counted<'a>(
    names: &'static [&'static str],
    unit: usize,
    reserved: usize,
    value: &'a [u8],
) -> Option<Vec<(&'static str, &'a [u8])>> {
    let (counts, rest) = value.split_at_checked(names.len())?;
    let (_, mut rest) = rest.split_at_checked(reserved)?;
    let mut parts = Vec::with_capacity(names.len());
    for (name, count) in names.iter().zip(counts) {
        let (part, after) = rest.split_at_checked(usize::from(*count) * unit)?;
        parts.push((*name, part));
        rest = after;
    }
    Some(parts)
}

fn push_counted(
    names: &'static [&'static str],
    unit: usize,
    reserved: usize,
    value: &[u8],
    first: &mut bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    for (name, part) in counted(names, unit, reserved, value)? {
        push_separator(out, first);
        push_name(out, name);
        if unit == 1 {
            push_hex(out, part);
        } else {
            push_array(out, part.chunks(unit), |octets, out| {
                push_decimal(out, number(octets)?);
                Some(())
            })?;
        }
    }
    Some(())
}

/// Writes the JSON of one value.
pub fn push_value(
    schema: &Schema,
    kind: &'static Kind,
    value: &[u8],
    depth: u8,
    out: &mut Vec<u8>,
) -> Option<()> {
    match kind {
        Kind::Empty => push(out, "true"),
        Kind::Number(_) | Kind::AnyNumber(_) => push_decimal(out, number(value)?),
        Kind::Topology => push_decimal(out, number(value)? & 0xfff),
        Kind::Label => push_decimal(out, number(value)? >> 12),
        Kind::Sid if value.len() == 3 => push_decimal(out, number(value)? & 0xf_ffff),
        Kind::Sid => push_decimal(out, number(value)?),
        Kind::Float => push_float(f64::from(f32::from_be_bytes(value.try_into().ok()?)), out),
        Kind::Pair => push_array(out, value, |octet, out| {
            push_decimal(out, u64::from(*octet));
            Some(())
        })?,
        Kind::Ipv4 | Kind::Ipv6 | Kind::Ip => {
            out.push(b'"');
            push_address(value, out)?;
            out.push(b'"');
        }
        Kind::Name => push_string(out, &String::from_utf8_lossy(value)),
        Kind::SystemId | Kind::Neighbor | Kind::Opaque | Kind::RouterId => {
            out.push(b'"');
            push_hex_lower(out, value);
            out.push(b'"');
        }
        Kind::Area => push_long_decimal(value, out),
        Kind::Hex | Kind::Prefix(_) => push_hex(out, value),
        Kind::Flags(_, names) | Kind::OpenFlags(names) => push_flags(names, value, out),
        Kind::SidRanges => push_ranges(value, out)?,
        Kind::List(each) | Kind::Array(_, each) => {
            let size = super::schema::size(each, &[], &[]).max(1);
            push_array(out, value.chunks(size), |part, out| {
                push_value(schema, each, part, depth, out)
            })?;
        }
        Kind::Struct(fields, order) => {
            out.push(b'{');
            push_fields(schema, fields, order, value, depth, &mut true, out)?;
            out.push(b'}');
        }
        Kind::Switch(_) => {
            out.push(b'{');
            push_fields(schema, cases(kind, value), &[], value, depth, &mut true, out)?;
            out.push(b'}');
        }
        Kind::Reserved(_) | Kind::SubTlvs | Kind::Counted(..) | Kind::WideIf(..) => return None,
    }
    Some(())
}

/// Writes an address of either family, without quotes.
pub fn push_address(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        push_ipv4(out, Ipv4Addr::from(octets));
    } else {
        push_ipv6(out, Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?));
    }
    Some(())
}

/// Writes a bit for each name, the most significant first, and what is reserved as 0.
pub fn push_flags(names: &[&str], value: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, name) in names.iter().enumerate() {
        if !name.is_empty() {
            let octet = value.get(index / 8).copied().unwrap_or(0);
            push_name(out, name);
            out.push(b'0' + (octet >> (7 - index % 8) & 1));
            push(out, ", ");
        }
    }
    push(out, "\"RSV\": 0}");
}

fn push_ranges(mut value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut first = true;
    out.push(b'[');
    while !value.is_empty() {
        let (range, sid, rest) = take_range(value)?;
        push_separator(out, &mut first);
        out.push(b'[');
        push_decimal(out, range);
        push(out, ", ");
        push_decimal(out, if sid.len() == 3 { number(sid)? & 0xf_ffff } else { number(sid)? });
        out.push(b']');
        value = rest;
    }
    out.push(b']');
    Some(())
}

/// The first range of a [`Kind::SidRanges`]: its size, its first SID, and what follows.
pub fn take_range(value: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (range, rest) = value.split_at_checked(3)?;
    let (header, rest) = rest.split_at_checked(4)?;
    let (sid, rest) = rest.split_at_checked(usize::try_from(number(header)? & 0xffff).ok()?)?;
    Some((number(range)?, sid, rest))
}

/// Writes a number as Python does; one that JSON does not have as `null`.
pub fn push_float(number: f64, out: &mut Vec<u8>) {
    if !number.is_finite() {
        return push(out, "null");
    }
    let start = out.len();
    let _ = write!(out, "{number:?}");
    let Some(exponent) = out.iter().skip(start).position(|byte| *byte == b'e') else { return };
    let digits = out.split_off(start + exponent + 1);
    let (sign, digits) = match digits.strip_prefix(b"-") {
        Some(digits) => (b'-', digits),
        None => (b'+', digits.as_slice()),
    };
    out.push(sign);
    if digits.len() < 2 {
        out.push(b'0');
    }
    out.extend_from_slice(digits);
}

/// Writes octets as one decimal number in quotes: ExaBGP shows areas of IS-IS so. Areas have at most 13 octets; what is
/// longer than 16 is written in hexadecimal.
fn push_long_decimal(value: &[u8], out: &mut Vec<u8>) {
    if value.len() > 16 {
        return push_hex(out, value);
    }
    let number = value.iter().fold(0u128, |sum, octet| sum << 8 | u128::from(*octet));
    let _ = write!(out, "\"{number}\"");
}
