//! Reading the text of TLVs of BGP-LS: what [`super::text`] writes, and shorter forms of it.
//!
//! The fields of a TLV may come in any order, and those that are left out are zero.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::schema::{DEEPEST, Field, Kind, Schema, Tlv, cases, check, push_number, size};
use crate::attribute::decimal;
use crate::codes::Afi;
use crate::io::reader::Reader;
use crate::io::text::parse_hex;
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::prefix::Prefix;

/// Reads `[ TLV… ]`.
pub fn tlvs(
    schema: &Schema,
    tokens: &mut Tokens<'_>,
    depth: u8,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    tokens.require("[")?;
    let open = tokens.last_span();
    while !tokens.accept("]") {
        if tokens.is_done() {
            return Err(
                TextError::new(open, "the list of TLVs is not closed").help("add ']' at its end")
            );
        }
        tlv(schema, tokens, depth, out)?;
    }
    Ok(())
}

/// Whether a word starts a TLV.
pub fn is_tlv(schema: &Schema, word: &str) -> bool {
    word == "tlv" || rows(schema, word).next().is_some()
}

fn rows<'a>(schema: &Schema, word: &'a str) -> impl Iterator<Item = &'static Tlv> + use<'a> {
    (schema.rows)().iter().copied().flatten().filter(move |row| row.name == word)
}

/// Reads one TLV: its word and its value, or `tlv TYPE 0xHEX`.
pub fn tlv(
    schema: &Schema,
    tokens: &mut Tokens<'_>,
    depth: u8,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let span = tokens.span();
    let word = tokens.expect("TLV")?;
    let start = out.len();
    if word == "tlv" {
        let what = "TLV type";
        let code = tokens.expect(what)?;
        let number = decimal::<u16>(code);
        let code = number.ok_or_else(|| wrong(tokens, code, what, "a number up to 65535"))?;
        begin(code, out);
        hex(tokens, "TLV value", out)?;
        return end(start, tokens, out);
    }
    let position = tokens.position();
    let mut error = None;
    if depth < DEEPEST {
        for row in rows(schema, word) {
            tokens.rewind(position);
            let read = one(schema, row, tokens, depth, out);
            let Err(problem) = read else { return Ok(()) };
            out.truncate(start);
            error = error.or(Some(problem));
        }
    }
    Err(error.unwrap_or_else(|| {
        let names = (schema.rows)().iter().copied().flatten().map(|row| row.name);
        let help = match did_you_mean(word, names) {
            Some(known) => format!("did you mean '{known}'?"),
            None => "a TLV that has no word is written as: tlv TYPE 0xHEX".into(),
        };
        TextError::new(span, format!("'{word}' is not a TLV of BGP-LS")).help(help)
    }))
}

fn begin(code: u16, out: &mut Vec<u8>) {
    out.extend(code.to_be_bytes());
    out.extend([0, 0]);
}

/// Writes the length of the TLV that starts at `start`.
fn end(start: usize, tokens: &Tokens<'_>, out: &mut [u8]) -> Result<(), TextError> {
    let length = out.len().saturating_sub(start + 4);
    let Ok(length) = u16::try_from(length) else {
        return Err(tokens.last_error(format!("a TLV can not have {length} octets")));
    };
    if let Some(field) = out.get_mut(start + 2..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn one(
    schema: &Schema,
    row: &'static Tlv,
    tokens: &mut Tokens<'_>,
    depth: u8,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let (start, span) = (out.len(), tokens.last_span());
    begin(row.code, out);
    value(schema, &row.kind, row.name, tokens, depth, out)?;
    end(start, tokens, out)?;
    let octets = out.get(start..).unwrap_or_default();
    check(schema, Reader::new(octets), depth)
        .map_err(|error| TextError::new(span, format!("'{}' is not right: {error}", row.name)))
}

/// Reads the words of one value.
pub fn value(
    schema: &Schema,
    kind: &'static Kind,
    what: &'static str,
    tokens: &mut Tokens<'_>,
    depth: u8,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    match kind {
        Kind::Empty => {}
        Kind::Number(octets) => push_number(unsigned(tokens, what, *octets)?, *octets, out),
        Kind::AnyNumber(lengths) => {
            if tokens.peek().is_some_and(|word| word.starts_with("0x")) {
                return hex(tokens, what, out);
            }
            let octets = lengths.first().copied().unwrap_or(4);
            push_number(unsigned(tokens, what, octets)?, octets, out);
        }
        Kind::Topology => push_number(unsigned(tokens, what, 2)?, 2, out),
        Kind::Label => {
            let word = tokens.expect(what)?;
            let label = decimal::<u32>(word).filter(|label| *label < 1 << 20);
            let label = label.ok_or_else(|| wrong(tokens, word, what, "0 to 1048575"))?;
            out.extend((label << 12).to_be_bytes());
        }
        Kind::Float => {
            let word = tokens.expect(what)?;
            let number = word.parse::<f32>().ok().filter(|number| number.is_finite());
            let number = number.ok_or_else(|| wrong(tokens, word, what, "a number, as 1.25e9"))?;
            out.extend(number.to_be_bytes());
        }
        Kind::Pair => {
            let word = tokens.expect(what)?;
            let pair = word
                .split_once(':')
                .and_then(|(a, b)| Some([decimal::<u8>(a)?, decimal::<u8>(b)?]));
            out.extend(pair.ok_or_else(|| wrong(tokens, word, what, "TYPE:VALUE, each to 255"))?);
        }
        Kind::Ipv4 => {
            let help = "an IPv4 address";
            out.extend(tokens.parse::<Ipv4Addr>(what, help)?.octets());
        }
        Kind::Ipv6 => {
            let help = "an IPv6 address";
            out.extend(tokens.parse::<Ipv6Addr>(what, help)?.octets());
        }
        Kind::Ip => match tokens.parse::<IpAddr>(what, "an IP address")? {
            IpAddr::V4(address) => out.extend(address.octets()),
            IpAddr::V6(address) => out.extend(address.octets()),
        },
        Kind::WideIf(_, _, narrow) => {
            if tokens.peek().is_some_and(|word| word.contains(':')) {
                return value(schema, &Kind::Ipv6, what, tokens, depth, out);
            }
            return value(schema, narrow, what, tokens, depth, out);
        }
        Kind::Name => {
            let word = tokens.expect(what)?;
            if word.len() > 255 {
                return Err(wrong(tokens, word, what, "at most 255 octets"));
            }
            out.extend_from_slice(word.as_bytes());
        }
        Kind::RouterId => router_id(tokens, what, out)?,
        Kind::SystemId | Kind::Neighbor => {
            let word = tokens.expect(what)?;
            if let (Kind::Neighbor, Ok(address)) = (kind, word.parse::<Ipv4Addr>()) {
                out.extend(address.octets());
                return Ok(());
            }
            let octets = groups(word).filter(|octets| octets.len() == 6);
            out.extend(octets.ok_or_else(|| wrong(tokens, word, what, "as 0000.0000.0001"))?);
        }
        Kind::Area => {
            let word = tokens.expect(what)?;
            let octets = parse_hex(&word.replace('.', "")).filter(|octets| !octets.is_empty());
            out.extend(octets.ok_or_else(|| wrong(tokens, word, what, "as 49.0001"))?);
        }
        Kind::Prefix(version_6) => {
            let word = tokens.expect(what)?;
            let afi = if *version_6 { Afi::IPV6 } else { Afi::IPV4 };
            let prefix = Prefix::parse(word).map_err(|error| {
                let message = format!("'{word}' is not a valid {what}");
                tokens.last_error(message).help(error.to_string())
            })?;
            if prefix.afi() != afi {
                return Err(tokens.last_error(format!("'{word}' is not an {afi} prefix")));
            }
            prefix.encode(out);
        }
        Kind::Opaque | Kind::Hex => hex(tokens, what, out)?,
        Kind::Reserved(octets) => out.extend(std::iter::repeat_n(0, *octets)),
        Kind::Flags(octets, names) => flags(tokens, what, names, *octets, out)?,
        Kind::OpenFlags(names) => flags(tokens, what, names, 1, out)?,
        Kind::Sid => {
            let form = tokens.expect(what)?;
            sid(form, tokens, out)?;
        }
        Kind::SidRanges => tokens.list(what, |tokens| range(tokens, out))?,
        Kind::List(each) => {
            tokens.list(what, |tokens| value(schema, each, what, tokens, depth, out))?;
        }
        Kind::Array(count, each) => {
            let start = out.len();
            tokens.list(what, |tokens| value(schema, each, what, tokens, depth, out))?;
            if out.len() - start != count * size(each, &[], &[]) {
                return Err(tokens.last_error(format!("{what} needs {count} values")));
            }
        }
        Kind::Struct(list, _) => {
            tokens.require("[")?;
            fields(schema, list, tokens, depth, out)?;
        }
        Kind::Switch(_) => {
            tokens.require("[")?;
            tokens.require("type")?;
            let number = u8::try_from(unsigned(tokens, "type", 1)?).unwrap_or(0);
            out.push(number);
            let [_, rest @ ..] = cases(kind, &[number]) else { return Ok(()) };
            fields(schema, rest, tokens, depth, out)?;
        }
        Kind::SubTlvs => tlvs(schema, tokens, depth + 1, out)?,
        Kind::Counted(..) => return Err(tokens.error(format!("{what} can not be written so"))),
    }
    Ok(())
}

/// Reads fields up to `]`, in any order.
fn fields(
    schema: &Schema,
    fields: &'static [Field],
    tokens: &mut Tokens<'_>,
    depth: u8,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let open = tokens.last_span();
    let mut values: Vec<Option<Vec<u8>>> = fields.iter().map(|_| None).collect();
    let mut counts: Vec<(&str, Vec<u8>)> = Vec::new();
    let sub_tlvs = fields.iter().position(|field| matches!(field.kind, Kind::SubTlvs));
    while !tokens.accept("]") {
        let Some(word) = tokens.peek() else {
            return Err(
                TextError::new(open, "the list of fields is not closed").help("add ']' at its end")
            );
        };
        if let Some(counted) = fields.iter().find_map(|field| counted_name(field, word)) {
            tokens.next();
            let mut part = Vec::new();
            match counted {
                1 => hex(tokens, "octets", &mut part)?,
                unit => tokens.list("numbers", |tokens| {
                    push_number(unsigned(tokens, "number", unit)?, unit, &mut part);
                    Ok(())
                })?,
            }
            counts.push((word, part));
            continue;
        }
        let found = fields.iter().zip(&mut values).find(|(field, _)| match field.kind {
            Kind::Sid => matches!(word, "label" | "index"),
            Kind::Reserved(_) | Kind::SubTlvs => false,
            _ => field.name == word,
        });
        if let Some((field, slot)) = found {
            if slot.is_some() {
                return Err(tokens.error(format!("'{word}' is there twice")));
            }
            if !matches!(field.kind, Kind::Sid) {
                tokens.next();
            }
            let octets = slot.insert(Vec::new());
            value(schema, &field.kind, field.name, tokens, depth, octets)?;
        } else if let Some(slot) = sub_tlvs.and_then(|at| values.get_mut(at))
            && is_tlv(schema, word)
        {
            tlv(schema, tokens, depth + 1, slot.get_or_insert_default())?;
        } else {
            let names: Vec<&str> = fields
                .iter()
                .filter(|field| !matches!(field.kind, Kind::Reserved(_) | Kind::SubTlvs))
                .map(|field| field.name)
                .collect();
            return Err(tokens
                .error(format!("'{word}' is not a field here"))
                .help(format!("it has {}", names.join(", "))));
        }
    }
    for (field, octets) in fields.iter().zip(values) {
        match (octets, &field.kind) {
            (Some(octets), _) => out.extend(octets),
            (None, Kind::Counted(names, unit, reserved)) => {
                push_counted(names, *unit, *reserved, &counts, tokens, out)?;
            }
            (None, Kind::SubTlvs | Kind::SidRanges | Kind::Hex | Kind::List(_)) => {}
            (None, Kind::Number(_) | Kind::Flags(..) | Kind::Reserved(_)) => {
                out.extend(std::iter::repeat_n(0, size(&field.kind, &[], &[])));
            }
            (None, Kind::Sid) => {
                return Err(tokens.last_error("the SID is missing").help("label N, or index N"));
            }
            (None, _) => {
                return Err(tokens.last_error(format!("{} is missing", field.name)));
            }
        }
    }
    Ok(())
}

/// The unit of what `word` names in a [`Kind::Counted`].
fn counted_name(field: &Field, word: &str) -> Option<usize> {
    match &field.kind {
        Kind::Counted(names, unit, _) => names.contains(&word).then_some(*unit),
        _ => None,
    }
}

fn push_counted(
    names: &'static [&'static str],
    unit: usize,
    reserved: usize,
    counts: &[(&str, Vec<u8>)],
    tokens: &Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let part = |name: &str| {
        let found = counts.iter().find(|(counted, _)| *counted == name);
        found.map_or(&[][..], |(_, part)| part.as_slice())
    };
    for name in names {
        let count = u8::try_from(part(name).len() / unit.max(1));
        out.push(count.map_err(|_| tokens.last_error(format!("{name} is too long")))?);
    }
    out.extend(std::iter::repeat_n(0, reserved));
    for name in names {
        out.extend_from_slice(part(name));
    }
    Ok(())
}

fn wrong(tokens: &Tokens<'_>, word: &str, what: &str, help: &'static str) -> TextError {
    tokens.last_error(format!("'{word}' is not a valid {what}")).help(help)
}

/// Reads a number of so many octets, in decimal or after `0x`.
fn unsigned(tokens: &mut Tokens<'_>, what: &'static str, octets: usize) -> Result<u64, TextError> {
    let word = tokens.expect(what)?;
    let number = match word.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => decimal(word),
    };
    let most = u64::MAX >> (64 - 8 * octets.clamp(1, 8));
    number.filter(|number| *number <= most).ok_or_else(|| {
        tokens
            .last_error(format!("'{word}' is not a valid {what}"))
            .help(format!("a number from 0 to {most}"))
    })
}

/// Reads `0xHEX`.
fn hex(tokens: &mut Tokens<'_>, what: &'static str, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect(what)?;
    let octets = parse_hex(word).filter(|_| word.starts_with("0x"));
    let help = "0x and an even number of hexadecimal digits";
    out.extend(octets.ok_or_else(|| wrong(tokens, word, what, help))?);
    Ok(())
}

/// Reads names of bits in brackets, or all bits as a number.
fn flags(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    names: &'static [&'static str],
    octets: usize,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    if tokens.peek().is_some_and(|word| word.starts_with("0x")) {
        return hex(tokens, what, out);
    }
    let start = out.len();
    out.extend(std::iter::repeat_n(0, octets));
    tokens.list(what, |tokens| {
        let word = tokens.expect(what)?;
        let is_named = |name: &&str| !name.is_empty() && name.replace(' ', "-") == word;
        let bit = names.iter().position(is_named);
        let octet = bit.and_then(|bit| out.get_mut(start + bit / 8).zip(Some(bit)));
        let Some((octet, bit)) = octet else {
            let names: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
            let known = names.join(", ").replace("Dedicated ", "Dedicated-");
            return Err(tokens.last_error(format!("'{word}' is not a flag of {what}")).help(
                if known.is_empty() { "it has none".into() } else { format!("one of {known}") },
            ));
        };
        *octet |= 0x80 >> (bit % 8);
        Ok(())
    })
}

/// Reads what follows `label` or `index`.
fn sid(form: &str, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    match form {
        "label" => push_number(unsigned(tokens, "label", 3)?, 3, out),
        "index" => push_number(unsigned(tokens, "index", 4)?, 4, out),
        _ => return Err(wrong(tokens, form, "SID", "label N, or index N")),
    }
    Ok(())
}

/// Reads `SIZE:LABEL` or `SIZE:index:N`.
fn range(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("range")?;
    let read = || {
        let (size, first) = word.split_once(':')?;
        let size = decimal::<u32>(size).filter(|size| *size < 1 << 24)?;
        match first.strip_prefix("index:") {
            Some(index) => Some((size, 4, decimal::<u32>(index)?)),
            None => Some((size, 3, decimal::<u32>(first).filter(|label| *label < 1 << 24)?)),
        }
    };
    let help = "SIZE:LABEL, or SIZE:index:N";
    let (size, octets, first) = read().ok_or_else(|| wrong(tokens, word, "range", help))?;
    push_number(u64::from(size), 3, out);
    out.extend([0x04, 0x89, 0]);
    push_number(octets, 1, out);
    push_number(u64::from(first), usize::try_from(octets).unwrap_or(4), out);
    Ok(())
}

/// The octets of `0000.0000.0001` or `000000000001`.
fn groups(word: &str) -> Option<Vec<u8>> {
    let whole = word.split('.').all(|group| matches!(group.len(), 2 | 4)) || !word.contains('.');
    parse_hex(&word.replace('.', "")).filter(|_| whole && !word.starts_with("0x"))
}

/// Reads an IGP Router-ID: see [`super::text`].
fn router_id(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect(what)?;
    if let Ok(address) = word.parse::<Ipv4Addr>() {
        out.extend(address.octets());
        return Ok(());
    }
    if let Some((own, designated)) = word.split_once('/')
        && let (Ok(own), Ok(designated)) = (own.parse::<Ipv4Addr>(), designated.parse::<Ipv4Addr>())
    {
        out.extend(own.octets());
        out.extend(designated.octets());
        return Ok(());
    }
    let octets = groups(word).filter(|octets| matches!(octets.len(), 6 | 7));
    let help = "1.2.3.4 or 1.2.3.4/1.2.3.5 (OSPF), 0000.0000.0001 or 0000.0000.0001.02 (IS-IS)";
    out.extend(octets.ok_or_else(|| wrong(tokens, word, what, help))?);
    Ok(())
}
