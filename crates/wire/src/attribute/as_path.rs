//! AS_PATH (RFC 4271 section 5.1.2, RFC 5065, RFC 6793): segments of AS numbers, in two or four octets.
//!
//! Wire form of a segment: `type(1) count(1) number(2 or 4)…`.

mod flat;
mod parse;

use super::{
    Attribute, AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, as4_path, flags,
    push_attribute, subcode,
};
use crate::asn::Asn;
use crate::io::text::{push, push_decimal, push_line};
use crate::layout::Paths;
use crate::negotiated::Negotiated;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 2,
    name: "as-path",
    keywords: &["as-path"],
    flags: flags::WELL_KNOWN,
    may_be_empty: true,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse::parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send,
    default: Some(default),
};

/// AS_SET: numbers in no order.
pub const SET: u8 = 1;
/// AS_SEQUENCE: the numbers of a path, the nearest first.
pub const SEQUENCE: u8 = 2;
/// AS_CONFED_SEQUENCE: as a sequence, inside of a confederation (RFC 5065).
pub const CONFED_SEQUENCE: u8 = 3;
/// AS_CONFED_SET: as a set, inside of a confederation (RFC 5065).
pub const CONFED_SET: u8 = 4;

/// One segment: a view over its numbers.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// [`SET`], [`SEQUENCE`], [`CONFED_SEQUENCE`] or [`CONFED_SET`]; others as received.
    pub kind: u8,
    /// The octets of its numbers.
    pub octets: &'a [u8],
    asn4: bool,
}

impl<'a> Segment<'a> {
    /// The AS numbers.
    pub fn numbers(self) -> impl Iterator<Item = u32> + use<'a> {
        let size = if self.asn4 { 4 } else { 2 };
        self.octets
            .chunks_exact(size)
            .map(|octets| octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
    }

    /// How many AS numbers it has.
    pub const fn count(self) -> usize {
        self.octets.len() / if self.asn4 { 4 } else { 2 }
    }

    /// Whether it is of a confederation.
    pub const fn is_confederation(self) -> bool {
        matches!(self.kind, CONFED_SEQUENCE | CONFED_SET)
    }

    /// How much it counts in the length of a path: a set is one step, a confederation none (RFC 5065 section 5.3).
    const fn hops(self) -> usize {
        match self.kind {
            SET => 1,
            SEQUENCE => self.count(),
            _ => 0,
        }
    }
}

/// The segments of a path; stops where one is not whole.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    rest: &'a [u8],
    asn4: bool,
}

/// Iterates over the segments of a path whose numbers have four octets (`asn4`) or two.
pub const fn segments(value: &[u8], asn4: bool) -> Segments<'_> {
    Segments { rest: value, asn4 }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let (&[kind, count], rest) = self.rest.split_first_chunk::<2>()?;
        let size = if self.asn4 { 4 } else { 2 };
        let (octets, rest) = rest.split_at_checked(usize::from(count) * size)?;
        self.rest = rest;
        Some(Segment { kind, octets, asn4: self.asn4 })
    }
}

/// The faults of RFC 7606 section 7.2 and RFC 7607, for AS_PATH and AS4_PATH.
pub(super) fn check_segments(name: &str, value: &[u8], asn4: bool) -> Result<(), ValueFault> {
    let fault = |reason: String| Err(ValueFault::new(subcode::AS_PATH, reason));
    let mut segments = segments(value, asn4);
    for segment in segments.by_ref() {
        if !(SET..=CONFED_SET).contains(&segment.kind) {
            return fault(format!("{name} has a segment of unknown type {}", segment.kind));
        }
        if segment.octets.is_empty() {
            return fault(format!("{name} has an empty segment"));
        }
        if segment.numbers().any(|number| number == 0) {
            return fault(format!("{name} has AS 0"));
        }
    }
    match segments.rest.len() {
        0 => Ok(()),
        left => fault(format!("{name} has a segment of which only {left} octets are there")),
    }
}

fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    check_segments("AS_PATH", value, context.asn4)
}

fn json(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    match context.form.layout.shape().paths {
        Paths::Numbered => json_segments(ROW.name, value, context.asn4, out),
        Paths::Flat => flat::json(value, context.asn4, out),
    }
}

/// Writes the member `name`; none for an empty path.
pub(super) fn json_segments(name: &str, value: &[u8], asn4: bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    push(out, name);
    push(out, "\": {");
    let mut position = 0;
    for segment in segments(value, asn4) {
        let element = match segment.kind {
            SET => "as-set",
            CONFED_SEQUENCE => "as-confed-sequence",
            CONFED_SET => "as-confed-set",
            _ => "as-sequence",
        };
        if position == 0 && segment.kind == SEQUENCE {
            // Nearly always: a text that is known here is written in one piece.
            push(out, "\"0\": {\"element\": \"as-sequence\", \"value\": [");
        } else {
            push(out, if position == 0 { "\"" } else { ", \"" });
            push_decimal(out, position);
            push(out, "\": {\"element\": \"");
            push(out, element);
            push(out, "\", \"value\": [");
        }
        position += 1;
        let before = out.len();
        for number in segment.numbers() {
            push_line::<16>(out, |line| {
                line.push_decimal(number.into());
                line.push(b", ");
            });
        }
        out.truncate(before.max(out.len().saturating_sub(2)));
        push(out, "]}");
    }
    if position == 0 {
        out.truncate(start);
    } else {
        out.push(b'}');
    }
}

/// The text of events has `( )` around sequences and `[ ]` around sets, the contrary of what is read: that is what
/// ExaBGP writes.
fn text(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    match context.form.layout.shape().paths {
        Paths::Numbered => text_segments(ROW.name, value, context.asn4, out),
        Paths::Flat => flat::text(value, context.asn4, out),
    }
}

pub(super) fn text_segments(name: &str, value: &[u8], asn4: bool, out: &mut Vec<u8>) {
    let mut first = true;
    for segment in segments(value, asn4) {
        if first {
            out.push(b' ');
            push(out, name);
            first = false;
        }
        let (open, close) = match segment.kind {
            SET => (" [ ", " ]"),
            CONFED_SEQUENCE => (" {( ", " )}"),
            CONFED_SET => (" {[ ", " ]}"),
            _ => (" ( ", " )"),
        };
        push(out, open);
        let mut separator = "";
        for number in segment.numbers() {
            push(out, separator);
            separator = " ";
            push_decimal(out, number.into());
        }
        push(out, close);
    }
}

/// To a peer of two-octet numbers: AS_TRANS for what does not fit, and then AS4_PATH right after, without the
/// segments of a confederation (RFC 6793 section 4.2.2).
fn send(attribute: &Attribute<'_>, negotiated: &Negotiated, out: &mut Vec<u8>) {
    let value = attribute.value;
    if negotiated.asn4 {
        push_attribute(out, attribute.flags, attribute.code, value);
        return;
    }
    let length: usize = segments(value, true).map(|segment| 2 + 2 * segment.count()).sum();
    push_header(out, attribute.flags, attribute.code, length);
    let mut wide = false;
    for segment in segments(value, true) {
        out.extend([segment.kind, u8::try_from(segment.count()).unwrap_or(u8::MAX)]);
        for number in segment.numbers() {
            wide |= !Asn(number).is_two_octets();
            out.extend(Asn(number).two_octets().to_be_bytes());
        }
    }
    if !wide {
        return;
    }
    let outside = || segments(value, true).filter(|segment| !segment.is_confederation());
    let length: usize = outside().map(|segment| 2 + segment.octets.len()).sum();
    if length > 0 {
        push_header(out, as4_path::ROW.flags, as4_path::ROW.code, length);
        outside().for_each(|segment| push_segment(out, segment.kind, segment.octets));
    }
}

fn push_header(out: &mut Vec<u8>, flags: u8, code: u8, length: usize) {
    match u8::try_from(length) {
        Ok(length) => out.extend([flags, code, length]),
        Err(_) => {
            out.extend([flags | flags::EXTENDED_LENGTH, code]);
            out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
}

/// Empty inside of an AS, else our AS.
fn default(negotiated: &Negotiated, out: &mut Vec<u8>) {
    let [a, b, c, d] = negotiated.local_as.0.to_be_bytes();
    let ours = [SEQUENCE, 1, a, b, c, d];
    let value: &[u8] = if negotiated.is_ibgp() { &[] } else { &ours };
    send(&Attribute { flags: ROW.flags, code: ROW.code, value }, negotiated, out);
}

/// Writes a segment whose numbers have four octets.
fn push_segment(out: &mut Vec<u8>, kind: u8, octets: &[u8]) {
    out.extend([kind, u8::try_from(octets.len() / 4).unwrap_or(u8::MAX)]);
    out.extend_from_slice(octets);
}

/// The path with its numbers in four octets instead of two.
pub fn widen(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() * 2);
    for segment in segments(value, false) {
        out.extend([segment.kind, u8::try_from(segment.count()).unwrap_or(u8::MAX)]);
        out.extend(segment.numbers().flat_map(u32::to_be_bytes));
    }
    out
}

/// The path of four-octet numbers behind the AS_PATH (two octets) and AS4_PATH (four) of an UPDATE of a peer of
/// two-octet numbers (RFC 6793 section 4.2.3): what AS_PATH has more, in front, and then AS4_PATH. AS4_PATH is ignored
/// when it is the longer one; its segments of a confederation always (section 6).
pub fn merge(as_path: &[u8], as4_path: &[u8]) -> Vec<u8> {
    let outside = || segments(as4_path, true).filter(|segment| !segment.is_confederation());
    let length: usize = segments(as_path, false).map(Segment::hops).sum();
    let length4: usize = outside().map(Segment::hops).sum();
    let Some(mut lead) = length.checked_sub(length4).filter(|_| length4 > 0) else {
        return widen(as_path);
    };
    let mut out: Vec<u8> = Vec::with_capacity(as_path.len() * 2 + as4_path.len());
    // Where the last leading sequence starts, should the first of AS4_PATH go on with it.
    let mut last = None;
    for segment in segments(as_path, false) {
        // Segments of a confederation count for nothing, and stay with what is in front of them.
        let take = match segment.kind {
            _ if segment.is_confederation() => segment.count(),
            _ if lead == 0 => break,
            SEQUENCE => segment.count().min(lead),
            _ => segment.count(),
        };
        lead -= segment.hops().min(lead);
        last = Some((out.len(), segment.kind, take));
        out.extend([segment.kind, u8::try_from(take).unwrap_or(u8::MAX)]);
        out.extend(segment.numbers().take(take).flat_map(u32::to_be_bytes));
        if take < segment.count() {
            break;
        }
    }
    for (index, segment) in outside().enumerate() {
        if let (0, SEQUENCE, Some((start, SEQUENCE, count))) = (index, segment.kind, last)
            && let Ok(sum) = u8::try_from(count + segment.count())
        {
            if let Some(octet) = out.get_mut(start + 1) {
                *octet = sum;
            }
            out.extend_from_slice(segment.octets);
        } else {
            push_segment(&mut out, segment.kind, segment.octets);
        }
    }
    out
}

#[cfg(test)]
mod tests;
