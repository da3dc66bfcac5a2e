//! AS_PATH (RFC 4271 section 5.1.2, RFC 5065, RFC 6793): segments of AS numbers, in two or four octets.
//!
//! Wire form of a segment: `type(1) count(1) number(2 or 4)…`.

use super::{
    Attribute, AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, as4_path, flags,
    push_attribute, subcode,
};
use crate::asn::Asn;
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};
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
    parse: Some(parse),
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

/// The most numbers that a segment can have.
const MOST: usize = 255;

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
    json_segments(ROW.name, value, context.asn4, out);
}

/// Writes the member `name`; none for an empty path.
pub(super) fn json_segments(name: &str, value: &[u8], asn4: bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    push(out, name);
    push(out, "\": {");
    let mut position = 0;
    for segment in segments(value, asn4) {
        push(out, if position == 0 { "\"" } else { ", \"" });
        push_decimal(out, position);
        position += 1;
        push(out, "\": {\"element\": \"");
        push(
            out,
            match segment.kind {
                SET => "as-set",
                CONFED_SEQUENCE => "as-confed-sequence",
                CONFED_SET => "as-confed-set",
                _ => "as-sequence",
            },
        );
        push(out, "\", \"value\": [");
        let mut separator = "";
        for number in segment.numbers() {
            push(out, separator);
            separator = ", ";
            push_decimal(out, number.into());
        }
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
    text_segments(ROW.name, value, context.asn4, out);
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

/// The words of a path cut at brackets, however they are glued: files keep `(65001` as one word, commands do not.
struct Pieces<'t, 'a> {
    tokens: &'t mut Tokens<'a>,
    rest: &'a str,
}

const BRACKETS: [char; 7] = ['[', ']', '(', ')', '{', '}', ','];

impl<'a> Pieces<'_, 'a> {
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            self.rest = self.tokens.next()?;
        }
        let end = match self.rest.find(BRACKETS) {
            Some(0) => 1,
            Some(end) => end,
            None => self.rest.len(),
        };
        let (piece, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(piece)
    }

    /// Whether the next piece opens a segment.
    fn opens(&self) -> bool {
        let next = if self.rest.is_empty() { self.tokens.peek() } else { Some(self.rest) };
        next.is_some_and(|next| next.starts_with(['[', '(']))
    }
}

/// Reads `65001`, or segments: `[ 1 2 ]` a sequence, `( 3 4 )` a set, `[ { 5 } ]` and `( { 6 } )` those of a
/// confederation. Commas are optional.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut pieces = Pieces { tokens, rest: "" };
    if !pieces.opens() {
        let word = pieces.tokens.expect("as-path")?;
        let number = number(word, pieces.tokens)?;
        out.extend([SEQUENCE, 1]);
        out.extend(number.to_be_bytes());
        return Ok(());
    }
    while pieces.opens() {
        parse_segment(&mut pieces, out)?;
    }
    match pieces.rest {
        "" => Ok(()),
        rest => Err(pieces
            .tokens
            .last_error(format!("'{rest}' follows the as-path without a blank between them"))),
    }
}

fn parse_segment(pieces: &mut Pieces<'_, '_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let (close, plain, confederation) = match pieces.next() {
        Some("(") => (")", SET, CONFED_SET),
        _ => ("]", SEQUENCE, CONFED_SEQUENCE),
    };
    let open = pieces.tokens.last_span();
    let mut kind = plain;
    let (mut header, mut count, mut braced) = (out.len(), 0, false);
    out.extend([kind, 0]);
    loop {
        match pieces.next() {
            Some(",") => {}
            Some("{") if count == 0 && kind == plain => {
                (kind, braced) = (confederation, true);
                if let Some(octet) = out.get_mut(header) {
                    *octet = kind;
                }
            }
            Some("}") if braced => braced = false,
            Some(piece) if piece == close && !braced => break,
            Some(piece) if !piece.starts_with(BRACKETS) && (braced || kind == plain) => {
                let number = number(piece, pieces.tokens)?;
                if count == MOST {
                    (header, count) = (out.len(), 0);
                    out.extend([kind, 0]);
                }
                count += 1;
                out.extend(number.to_be_bytes());
                if let Some(octet) = out.get_mut(header + 1) {
                    *octet = u8::try_from(count).unwrap_or(u8::MAX);
                }
            }
            Some(piece) => {
                let expected = if braced { "}" } else { close };
                return Err(pieces
                    .tokens
                    .last_error(format!("'{piece}' is out of place in an as-path"))
                    .help(format!("AS numbers, then '{expected}'")));
            }
            None => {
                return Err(TextError::new(open, "the as-path is not closed")
                    .help(format!("add '{close}' at its end")));
            }
        }
    }
    if count == 0 {
        out.truncate(header);
    }
    Ok(())
}

fn number(word: &str, tokens: &Tokens<'_>) -> Result<u32, TextError> {
    match word.parse() {
        Ok(Asn(0)) => Err(tokens
            .last_error("AS 0 can not be in a path")
            .help("RFC 7607 has it refused by every peer")),
        Ok(Asn(number)) => Ok(number),
        Err(error) => Err(tokens
            .last_error(format!("'{word}' is not a valid AS number"))
            .help(error.to_string())),
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
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value, sent};
    use proptest::prelude::*;

    /// A path of four-octet numbers from `(type, numbers)`.
    fn path(segments: &[(u8, &[u32])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (kind, numbers) in segments {
            out.extend([*kind, numbers.len() as u8]);
            out.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        }
        out
    }

    /// The same in two octets.
    fn narrow(segments: &[(u8, &[u16])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (kind, numbers) in segments {
            out.extend([*kind, numbers.len() as u8]);
            out.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        }
        out
    }

    #[test]
    fn every_way_to_write_a_path() {
        let sequence = path(&[(SEQUENCE, &[65001, 65537])]);
        for text in ["[ 65001 1.1 ]", "[65001,65537]", "[ 65001 , 65537, ]"] {
            assert_eq!(parse_value(&ROW, text), sequence, "{text}");
        }
        assert_eq!(parse_value(&ROW, "65001"), path(&[(SEQUENCE, &[65001])]));
        assert_eq!(
            parse_value(&ROW, "[ 1 ] ( 2 3 ) [ { 4 } ] ( { 5 } )"),
            path(&[(SEQUENCE, &[1]), (SET, &[2, 3]), (CONFED_SEQUENCE, &[4]), (CONFED_SET, &[5])])
        );
        assert_eq!(parse_value(&ROW, "[ ] ( )"), [0u8; 0]);
    }

    #[test]
    fn brackets_may_be_glued_to_words() {
        use crate::io::tokens::{Span, Token};
        let line = "[1] (2 3) ({4}) med";
        let mut tokens = Vec::new();
        for word in line.split(' ') {
            let start = word.as_ptr() as usize - line.as_ptr() as usize;
            let span = Span::new(start, start + word.len());
            tokens.push(Token { text: span, source: span, quoted: false });
        }
        let mut cursor = Tokens::new(line, &tokens, Span::default());
        let mut out = Vec::new();
        parse(&mut cursor, &mut out).unwrap();
        assert_eq!(out, path(&[(SEQUENCE, &[1]), (SET, &[2, 3]), (CONFED_SET, &[4])]));
        assert_eq!(cursor.peek(), Some("med"));
    }

    #[test]
    fn wrong_paths_say_what_is_wrong() {
        for (text, error) in [
            ("[ 1 x ]", "'x' is not a valid AS number"),
            ("[ 1 )", "')' is out of place"),
            ("[ 1", "is not closed (add ']' at its end)"),
            ("[ 0 ]", "AS 0 can not be in a path"),
            ("[ { 1 ]", "']' is out of place in an as-path (AS numbers, then '}')"),
            ("[ 1 { 2 } ]", "'{' is out of place"),
            ("", "as-path is missing"),
        ] {
            let found = parse_error(&ROW, text);
            assert!(found.contains(error), "{text}: {found}");
        }
    }

    #[test]
    fn long_segments_are_split() {
        let text = format!("[ {} ]", "7 ".repeat(256));
        let value = parse_value(&ROW, &text);
        assert_eq!(value, path(&[(SEQUENCE, &[7; 255]), (SEQUENCE, &[7])]));
        assert!(check(&value, &ValueContext::STORED).is_ok());
    }

    #[test]
    fn json_and_text() {
        let value = path(&[
            (SEQUENCE, &[65001, 65537]),
            (SET, &[3]),
            (CONFED_SEQUENCE, &[4]),
            (CONFED_SET, &[5]),
        ]);
        let (json, text) = faces(&ROW, &value);
        assert_eq!(
            json,
            r#""as-path": {"0": {"element": "as-sequence", "value": [65001, 65537]}, "1": {"element": "as-set", "value": [3]}, "2": {"element": "as-confed-sequence", "value": [4]}, "3": {"element": "as-confed-set", "value": [5]}}"#
        );
        assert_eq!(text, " as-path ( 65001 65537 ) [ 3 ] {( 4 )} {[ 5 ]}");
        assert_eq!(faces(&ROW, &[]), (String::new(), String::new()));
    }

    #[test]
    fn malformed_segments() {
        let two = ValueContext { asn4: false, ..ValueContext::STORED };
        assert!(check(&[2, 1, 0, 1], &two).is_ok());
        for wrong in [&[2, 2, 0, 1][..], &[2], &[2, 0], &[5, 1, 0, 1], &[2, 1, 0, 0]] {
            assert_eq!(check(wrong, &two).unwrap_err().subcode, 11, "{wrong:?}");
        }
    }

    #[test]
    fn two_octet_peers_get_as_trans_and_as4_path() {
        let mut negotiated = Negotiated::permissive();
        let value = path(&[(CONFED_SEQUENCE, &[70000]), (SEQUENCE, &[65001, 65536])]);
        assert_eq!(sent(&ROW, &value, &negotiated)[..3], [0x40, 2, 16]);
        negotiated.asn4 = false;
        let out = sent(&ROW, &value, &negotiated);
        assert_eq!(out[..3], [0x40, 2, 10]);
        assert_eq!(out[3..13], narrow(&[(CONFED_SEQUENCE, &[23456]), (SEQUENCE, &[65001, 23456])]));
        assert_eq!(out[13..16], [0xc0, 17, 10]);
        assert_eq!(out[16..], path(&[(SEQUENCE, &[65001, 65536])]));
        let fits = path(&[(SEQUENCE, &[65001])]);
        assert_eq!(sent(&ROW, &fits, &negotiated), [0x40, 2, 4, 2, 1, 0xfd, 0xe9]);
        let confederation = path(&[(CONFED_SEQUENCE, &[70000])]);
        assert_eq!(sent(&ROW, &confederation, &negotiated).len(), 7);
    }

    #[test]
    fn the_default_is_our_as_outside_of_it() {
        let mut negotiated = Negotiated::permissive();
        let made = |negotiated: &Negotiated| {
            let mut out = Vec::new();
            default(negotiated, &mut out);
            out
        };
        assert_eq!(made(&negotiated), [0x40, 2, 0]);
        negotiated.local_as = Asn(65536);
        assert_eq!(made(&negotiated), [0x40, 2, 6, 2, 1, 0, 1, 0, 0]);
        negotiated.asn4 = false;
        assert_eq!(
            made(&negotiated),
            [0x40, 2, 4, 2, 1, 0x5b, 0xa0, 0xc0, 17, 6, 2, 1, 0, 1, 0, 0]
        );
    }

    #[test]
    fn merging_as_rfc_6793_says() {
        // The same length: AS4_PATH alone.
        let old = narrow(&[(SEQUENCE, &[65534, 23456])]);
        let new = path(&[(SEQUENCE, &[65534, 70000])]);
        assert_eq!(merge(&old, &new), new);
        // AS_PATH is longer: its first numbers lead, in one sequence with the others.
        let old = narrow(&[(SEQUENCE, &[1, 2, 23456])]);
        let new = path(&[(SEQUENCE, &[70000])]);
        assert_eq!(merge(&old, &new), path(&[(SEQUENCE, &[1, 2, 70000])]));
        // A set counts as one.
        let old = narrow(&[(SEQUENCE, &[1, 2]), (SET, &[3, 23456])]);
        let new = path(&[(SEQUENCE, &[2]), (SET, &[3, 70000])]);
        assert_eq!(merge(&old, &new), path(&[(SEQUENCE, &[1, 2]), (SET, &[3, 70000])]));
        // AS4_PATH is longer, or empty: ignored.
        let old = narrow(&[(SEQUENCE, &[1])]);
        assert_eq!(merge(&old, &path(&[(SEQUENCE, &[1, 70000])])), path(&[(SEQUENCE, &[1])]));
        assert_eq!(merge(&old, &[]), path(&[(SEQUENCE, &[1])]));
        // A confederation leads, and none can be in AS4_PATH.
        let old = narrow(&[(CONFED_SEQUENCE, &[9, 8]), (SEQUENCE, &[1, 23456])]);
        let new = path(&[(CONFED_SEQUENCE, &[7]), (SEQUENCE, &[70000])]);
        assert_eq!(merge(&old, &new), path(&[(CONFED_SEQUENCE, &[9, 8]), (SEQUENCE, &[1, 70000])]));
    }

    proptest! {
        #[test]
        fn a_path_survives_two_octet_peers(
            kinds in prop::collection::vec((1u8..=2, prop::collection::vec(1u32.., 1..20)), 1..4)
        ) {
            let segments: Vec<(u8, &[u32])> = kinds.iter().map(|(k, n)| (*k, n.as_slice())).collect();
            let value = path(&segments);
            let mut negotiated = Negotiated::permissive();
            negotiated.asn4 = false;
            let out = sent(&ROW, &value, &negotiated);
            let length = usize::from(out[2]);
            let (narrow, rest) = out[3..].split_at(length);
            let merged = if rest.is_empty() {
                widen(narrow)
            } else {
                let header = if rest[0] & 0x10 == 0 { 3 } else { 4 };
                merge(narrow, &rest[header..])
            };
            prop_assert_eq!(merged, value);
        }

        #[test]
        fn merging_never_panics(a: Vec<u8>, b: Vec<u8>) {
            let merged = merge(&a, &b);
            prop_assert!(segments(&merged, true).map(|s| 2 + s.octets.len()).sum::<usize>() == merged.len());
        }
    }
}
