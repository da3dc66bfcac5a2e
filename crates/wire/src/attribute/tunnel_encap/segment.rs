//! Segment lists, sub-TLV 128 (RFC 9830 section 2.4.4): `reserved(1)` and sub-sub-TLVs of `type(1) length(1)`: a weight,
//! 9, and segments of the types A to K (RFC 9830 section 2.4.4.2, RFC 9831 section 2).
//!
//! A segment is `flags(1) algorithm-or-reserved(1)`, the fields of its row and its SID, which most may lack.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::policy::{Behavior, sid};
use super::sub_tlv::SubTlv;
use super::{label, number};
use crate::io::json::push_separator;
use crate::io::reader::Reader;
use crate::io::text::{push, push_decimal, push_hex_lower, push_ipv4, push_ipv6};
use crate::io::tokens::{TextError, Tokens};

pub(super) const LIST: SubTlv = SubTlv { code: 128, name: "segment-list", json, text, parse };

const WEIGHT: u8 = 9;

/// The SID is to be verified.
const VERIFICATION: u8 = 0x80;
/// The algorithm counts.
const ALGORITHM: u8 = 0x40;
/// The SID of a type that may lack it is there. ExaBGP does not set it (RFC 9831 section 2.10).
const PRESENT: u8 = 0x20;
/// Behavior and structure of the SRv6 SID are there.
const BEHAVIOR: u8 = 0x10;

/// A field of a segment: its word, its member of JSON, and what it is.
struct Field {
    word: &'static str,
    member: &'static str,
    kind: FieldKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Ipv4,
    Ipv6,
    /// An interface, in four octets.
    Interface,
}

impl FieldKind {
    const fn length(self) -> usize {
        match self {
            Self::Ipv4 | Self::Interface => 4,
            Self::Ipv6 => 16,
        }
    }
}

/// The SID at the end of a segment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sid {
    /// A label, after `mpls`.
    Label,
    /// An SRv6 SID, after `srv6`.
    Srv6,
    /// A label or none; whether JSON shows the rest of its stack entry.
    MaybeLabel(bool),
    /// An SRv6 SID or none.
    MaybeSrv6,
}

/// A type of segment.
struct SegmentType {
    code: u8,
    /// `A` to `K`.
    letter: u8,
    fields: &'static [Field],
    algorithm: bool,
    sid: Sid,
}

const fn field(word: &'static str, member: &'static str, kind: FieldKind) -> Field {
    Field { word, member, kind }
}

const TABLE: &[SegmentType] = {
    use FieldKind::{Interface, Ipv4, Ipv6};
    const fn segment(
        letter: u8,
        code: u8,
        fields: &'static [Field],
        algorithm: bool,
        sid: Sid,
    ) -> SegmentType {
        SegmentType { code, letter, fields, algorithm, sid }
    }
    const NODE4: &[Field] = &[field("ipv4", "ipv4_node", Ipv4)];
    const NODE6: &[Field] = &[field("ipv6", "ipv6_node", Ipv6)];
    const NODE_AND_INTERFACE: &[Field] =
        &[field("local-if-id", "local_if_id", Interface), field("ipv4", "ipv4_node", Ipv4)];
    const ENDS4: &[Field] =
        &[field("local", "local_ipv4", Ipv4), field("remote", "remote_ipv4", Ipv4)];
    const ENDS6: &[Field] =
        &[field("local", "local_ipv6", Ipv6), field("remote", "remote_ipv6", Ipv6)];
    const INTERFACES: &[Field] = &[
        field("local-if-id", "local_if_id", Interface),
        field("local-ipv6", "local_ipv6", Ipv6),
        field("remote-if-id", "remote_if_id", Interface),
        field("remote-ipv6", "remote_ipv6", Ipv6),
    ];
    &[
        segment(b'A', 1, &[], false, Sid::Label),
        segment(b'B', 13, &[], false, Sid::Srv6),
        segment(b'C', 3, NODE4, true, Sid::MaybeLabel(true)),
        segment(b'D', 4, NODE6, true, Sid::MaybeLabel(false)),
        segment(b'E', 5, NODE_AND_INTERFACE, false, Sid::MaybeLabel(false)),
        segment(b'F', 6, ENDS4, false, Sid::MaybeLabel(false)),
        segment(b'G', 7, INTERFACES, false, Sid::MaybeLabel(false)),
        segment(b'H', 8, ENDS6, false, Sid::MaybeLabel(false)),
        segment(b'I', 14, NODE6, true, Sid::MaybeSrv6),
        segment(b'J', 15, INTERFACES, true, Sid::MaybeSrv6),
        segment(b'K', 16, ENDS6, true, Sid::MaybeSrv6),
    ]
};

impl SegmentType {
    /// The flags that follow from what a segment has.
    fn flags(&self, algorithm: u8, sid: bool, behavior: bool) -> u8 {
        let maybe = matches!(self.sid, Sid::MaybeLabel(_) | Sid::MaybeSrv6);
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        flag(self.algorithm && algorithm != 0, ALGORITHM)
            | flag(maybe && sid, PRESENT)
            | flag(behavior, BEHAVIOR)
    }

    /// Whether the bottom of the stack is set in the label of the last such segment of a list, as ExaBGP does.
    fn may_be_bottom(&self) -> bool {
        matches!(self.sid, Sid::Label | Sid::MaybeLabel(true))
    }
}

/// A segment as it was received.
struct Segment<'a> {
    row: &'static SegmentType,
    flags: u8,
    algorithm: u8,
    fields: Reader<'a>,
    label: Option<u32>,
    srv6: Option<Ipv6Addr>,
    behavior: Option<Behavior>,
}

fn segment(code: u8, value: &[u8]) -> Option<Segment<'_>> {
    let row = TABLE.iter().find(|row| row.code == code)?;
    let mut reader = Reader::new(value);
    let flags = reader.u8("flags").ok()?;
    let algorithm = reader.u8("algorithm").ok()?;
    let length = row.fields.iter().map(|field| field.kind.length()).sum();
    let fields = reader.sub(length, "fields").ok()?;
    let mut found =
        Segment { row, flags, algorithm, fields, label: None, srv6: None, behavior: None };
    match (row.sid, reader.len()) {
        (Sid::MaybeLabel(_) | Sid::MaybeSrv6, 0) => {}
        (Sid::Label | Sid::MaybeLabel(_), 4) => found.label = reader.u32("label").ok(),
        (Sid::Srv6 | Sid::MaybeSrv6, 16 | 24) | (Sid::MaybeSrv6, Behavior::LENGTH) => {
            if reader.len() >= 16 {
                found.srv6 = reader.ipv6("SID").ok();
            }
            if !reader.is_empty() {
                found.behavior = Some(Behavior::of(reader.rest())?);
            }
        }
        _ => return None,
    }
    Some(found)
}

/// The sub-sub-TLVs of a list; nothing unless all are whole.
fn parts(value: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut reader = Reader::new(value);
    let mut parts = Vec::new();
    reader.u8("reserved").ok()?;
    while !reader.is_empty() {
        let code = reader.u8("type").ok()?;
        let length = reader.u8("length").ok()?;
        parts.push((code, reader.take(length.into(), "value").ok()?));
    }
    Some(parts)
}

fn weight(code: u8, value: &[u8]) -> Option<u32> {
    let &[_, _, ref weight @ ..] = <&[u8; 6]>::try_from(value).ok().filter(|_| code == WEIGHT)?;
    Some(u32::from_be_bytes(*weight))
}

fn json(_: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let parts = parts(value)?;
    let given = parts.iter().find_map(|(code, value)| weight(*code, value));
    push(out, "{\"weight\": ");
    push_decimal(out, given.unwrap_or(1).into());
    push(out, ", \"segments\": [");
    let mut first = true;
    for (code, value) in parts {
        if weight(code, value).is_some() {
            continue;
        }
        push_separator(out, &mut first);
        match segment(code, value) {
            Some(segment) => segment.json(out),
            None => {
                push(out, "{\"type\": ");
                push_decimal(out, code.into());
                push(out, ", \"raw\": \"");
                push_hex_lower(out, value);
                push(out, "\"}");
            }
        }
    }
    push(out, "]}");
    Some(())
}

impl Segment<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        push(out, "{\"type\": \"");
        out.push(self.row.letter);
        out.push(b'"');
        self.each_field(|field, octets| {
            push(out, ", \"");
            push(out, field.member);
            push(out, "\": ");
            let quote = if field.kind == FieldKind::Interface { "" } else { "\"" };
            push(out, quote);
            push_field(octets, field.kind, out);
            push(out, quote);
        });
        if self.row.algorithm {
            push(out, ", \"algorithm\": ");
            push_decimal(out, self.algorithm.into());
        }
        match (self.label, self.row.sid) {
            (Some(entry), Sid::Label | Sid::MaybeLabel(true)) => {
                let label = self.row.sid == Sid::Label;
                push(out, if label { ", \"label\": " } else { ", \"sid\": " });
                label::push_members(entry, out);
            }
            (Some(entry), _) => {
                push(out, ", \"sid\": ");
                push_decimal(out, label::value(entry).into());
            }
            (None, _) => {}
        }
        if let Some(sid) = self.srv6 {
            push(out, ", \"sid\": \"");
            push_ipv6(out, sid);
            out.push(b'"');
        }
        if let Some(behavior) = self.behavior {
            push(out, ", \"endpoint-behavior\": {");
            behavior.push_members(out);
            out.push(b'}');
        }
        out.push(b'}');
    }

    /// The octets of each field.
    fn each_field(&self, mut each: impl FnMut(&Field, &[u8])) {
        let mut reader = self.fields;
        for field in self.row.fields {
            if let Ok(octets) = reader.take(field.kind.length(), field.member) {
                each(field, octets);
            }
        }
    }

    /// Writes ` segment type-a mpls 16001`; `bottom` says whether that is usual here.
    fn words(&self, bottom: bool, out: &mut Vec<u8>) {
        push(out, " segment type-");
        out.push(self.row.letter.to_ascii_lowercase());
        self.each_field(|field, octets| {
            out.push(b' ');
            push(out, field.word);
            out.push(b' ');
            push_field(octets, field.kind, out);
        });
        if self.row.algorithm {
            push(out, " algorithm ");
            push_decimal(out, self.algorithm.into());
        }
        if let Some(entry) = self.label {
            push(out, if self.row.sid == Sid::Label { " mpls" } else { " sid" });
            label::push_words(entry, bottom, out);
        }
        if let Some(sid) = self.srv6 {
            push(out, if self.row.sid == Sid::Srv6 { " srv6 " } else { " sid " });
            push_ipv6(out, sid);
        }
        if let Some(behavior) = self.behavior {
            behavior.push_words(out);
        }
        let sid = self.label.is_some() || self.srv6.is_some();
        let usual = self.row.flags(self.algorithm, sid, self.behavior.is_some());
        if self.flags == usual | VERIFICATION {
            push(out, " verification");
        } else if self.flags != usual {
            push(out, " flags ");
            push_decimal(out, self.flags.into());
        }
    }
}

fn push_field(octets: &[u8], kind: FieldKind, out: &mut Vec<u8>) {
    if let Ok(octets) = <[u8; 16]>::try_from(octets) {
        push_ipv6(out, octets.into());
    } else if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        match kind {
            FieldKind::Ipv4 => push_ipv4(out, Ipv4Addr::from(octets)),
            _ => push_decimal(out, u32::from_be_bytes(octets).into()),
        }
    }
}

fn text(_: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let parts = parts(value)?;
    let mut segments = Vec::new();
    for (index, (code, value)) in parts.into_iter().enumerate() {
        match weight(code, value).filter(|_| index == 0) {
            Some(weight) => {
                push(out, " weight ");
                push_decimal(out, weight.into());
            }
            None => segments.push(segment(code, value)?),
        }
    }
    let bottom =
        segments.iter().rposition(|segment| segment.row.may_be_bottom() && segment.label.is_some());
    for (index, segment) in segments.iter().enumerate() {
        segment.words(bottom == Some(index), out);
    }
    Some(())
}

/// Reads `[weight N] {segment TYPE …}`.
fn parse(_: u16, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    out.push(0);
    if tokens.accept("weight") {
        let weight: u32 = number(tokens, "weight", "a number from 0 to 4294967295")?;
        out.extend([WEIGHT, 6, 0, 0]);
        out.extend(weight.to_be_bytes());
    }
    // The octet of the label that is the last, unless that one says what its bit is.
    let mut bottom = None;
    while tokens.accept("segment") {
        let word = tokens.expect("segment type")?;
        let row = TABLE.iter().find(|row| {
            word.strip_prefix("type-").map(str::as_bytes)
                == Some(&[row.letter.to_ascii_lowercase()])
        });
        let Some(row) = row else {
            return Err(tokens
                .last_error(format!("'{word}' is not a type of segment"))
                .help("type-a to type-k"));
        };
        let start = out.len();
        out.extend([row.code, 0]);
        if let Some(at) = parse_segment(row, tokens, out)? {
            bottom = at;
        }
        let length = out.len() - start - 2;
        if let Some(octet) = out.get_mut(start + 1) {
            *octet = u8::try_from(length).unwrap_or(u8::MAX);
        }
    }
    if let Some(octet) = bottom.and_then(|at: usize| out.get_mut(at)) {
        *octet |= 1;
    }
    Ok(())
}

/// Reads a segment; where the bottom of its label is, if it has one that may be the bottom of the list: nothing there if
/// the text says it.
fn parse_segment(
    row: &SegmentType,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<Option<Option<usize>>, TextError> {
    let start = out.len();
    out.extend([0, 0]);
    for field in row.fields {
        tokens.require(field.word)?;
        match field.kind {
            FieldKind::Ipv4 => {
                let address: Ipv4Addr = tokens.parse("address of a segment", "an IPv4 address")?;
                out.extend(address.octets());
            }
            FieldKind::Ipv6 => {
                let address: Ipv6Addr = tokens.parse("address of a segment", "an IPv6 address")?;
                out.extend(address.octets());
            }
            FieldKind::Interface => {
                let id: u32 = number(tokens, "interface", "a number from 0 to 4294967295")?;
                out.extend(id.to_be_bytes());
            }
        }
    }
    let (mut algorithm, mut behavior, mut bottom) = (0, None, None);
    if row.algorithm {
        tokens.require("algorithm")?;
        algorithm = number(tokens, "algorithm", "a number from 0 to 255")?;
    }
    let there = match row.sid {
        Sid::Label => tokens.require("mpls").map(|()| true)?,
        Sid::Srv6 => tokens.require("srv6").map(|()| true)?,
        Sid::MaybeLabel(_) | Sid::MaybeSrv6 => tokens.accept("sid"),
    };
    if matches!(row.sid, Sid::Label | Sid::MaybeLabel(_)) {
        if there {
            let (entry, said) = label::parse_entry(tokens)?;
            bottom = row.may_be_bottom().then_some((!said).then_some(out.len() + 2));
            out.extend(entry.to_be_bytes());
        }
    } else {
        if there {
            out.extend(sid(tokens)?.octets());
        }
        behavior = Behavior::parse(tokens)?;
        out.extend(behavior.into_iter().flat_map(Behavior::octets));
    }
    let mut flags = row.flags(algorithm, there, behavior.is_some());
    if tokens.accept("verification") {
        flags |= VERIFICATION;
    } else if tokens.accept("flags") {
        flags = number(tokens, "flags of a segment", "a number from 0 to 255")?;
    }
    if let Some(room) = out.get_mut(start..start + 2) {
        room.copy_from_slice(&[flags, algorithm]);
    }
    Ok(bottom)
}
