//! AS paths as they arrive, are written and are read from text.

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
    use crate::io::tokens::{Span, Token, Tokens};
    let line = "[1] (2 3) ({4}) med";
    let mut tokens = Vec::new();
    for word in line.split(' ') {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        let span = Span::new(start, start + word.len());
        tokens.push(Token { text: span, source: span, quoted: false });
    }
    let mut cursor = Tokens::new(line, &tokens, Span::default());
    let mut out = Vec::new();
    parse::parse(&mut cursor, &mut out).unwrap();
    assert_eq!(out, path(&[(SEQUENCE, &[1]), (SET, &[2, 3]), (CONFED_SET, &[4])]));
    assert_eq!(cursor.peek(), Some("med"));
}

#[test]
fn wrong_paths_say_what_is_wrong() {
    for (text, error) in [
        ("[ 1 x ]", "'x' is not a valid AS number"),
        ("[ 1 )", "')' is out of place"),
        ("[ 1", "is not closed (add ']' at its end)"),
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
    assert_eq!(made(&negotiated), [0x40, 2, 4, 2, 1, 0x5b, 0xa0, 0xc0, 17, 6, 2, 1, 0, 1, 0, 0]);
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
    fn a_path_is_read_back_from_what_is_written(
        kinds in prop::collection::vec((1u8..=4, prop::collection::vec(any::<u32>(), 1..=255)), 0..4)
    ) {
        let segments: Vec<(u8, &[u32])> = kinds.iter().map(|(k, n)| (*k, n.as_slice())).collect();
        let value = path(&segments);
        let mut text = Vec::new();
        let attribute = Attribute { flags: ROW.flags, code: ROW.code, value: &value };
        crate::attribute::render::push_readable(&attribute, &mut text);
        let text = String::from_utf8(text).unwrap();
        let words = text.strip_prefix(" as-path ").expect("no octets are needed");
        prop_assert_eq!(parse_value(&ROW, words), value);
    }

    #[test]
    fn merging_never_panics(a: Vec<u8>, b: Vec<u8>) {
        let merged = merge(&a, &b);
        prop_assert!(segments(&merged, true).map(|s| 2 + s.octets.len()).sum::<usize>() == merged.len());
    }
}
