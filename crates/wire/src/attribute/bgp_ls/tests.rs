//! The octets and faces of BGP-LS attributes.

use super::schema::Kind;
use super::*;
use crate::attribute::tests::{faces, parse_error, parse_value};
use crate::io::text::parse_hex;
use crate::nlri::JsonForm;
use proptest::prelude::*;

fn json_6(value: &[u8]) -> String {
    let form = JsonForm { layout: crate::layout::Layout::V6, ..JsonForm::default() };
    let mut out = Vec::new();
    push_json(value, &ValueContext { form, ..ValueContext::STORED }, &mut out);
    String::from_utf8(out).unwrap()
}

fn is_discarded(hex: &str) -> String {
    check(&parse_hex(hex).unwrap(), &ValueContext::STORED).unwrap_err().reason
}

#[test]
fn arrays_come_first() {
    let value = parse_hex("040200016104030003490001044700030003e804030003490002").unwrap();
    let (json, text) = faces(&ROW, &value);
    assert_eq!(
        json,
        r#""bgp-ls": { "area-ids": ["4784129", "4784130"], "node-name": "a", "igp-metric": 1000 }"#
    );
    assert_eq!(text, " bgp-ls [ node-name a area-ids 49.0001 igp-metric 1000 area-ids 49.0002 ]");
    assert_eq!(parse_value(&ROW, text.strip_prefix(" bgp-ls ").unwrap()), value);
}

#[test]
fn what_exabgp_does_not_know_is_generic_and_then_said() {
    let value = parse_hex("010a0002010a050000020102").unwrap();
    let generic = r#""generic-lsid-266": ["0x010A"], "generic-lsid-1280": ["0x0102"]"#;
    let (json, text) = faces(&ROW, &value);
    assert_eq!(json, format!(r#""bgp-ls": {{ {generic} }}"#));
    assert_eq!(json_6(&value), format!(r#""bgp-ls": {{ {generic}, "node-msd": [[1, 10]] }}"#));
    assert_eq!(text, " bgp-ls [ node-msd [ 1:10 ] tlv 1280 0x0102 ]");
}

#[test]
fn wrong_lengths_discard_the_attribute() {
    assert!(is_discarded("0447000412345678").contains("igp-metric at octet 4 can not be 4"));
    assert!(is_discarded("0402").contains("TLV length"));
    assert!(is_discarded("0402000561").contains("TLV value at octet 4 needs 5 octets, 1 left"));
    assert!(is_discarded("04430004000000ff").contains("unreserved-bandwidth"));
    assert!(
        is_discarded("044b0006300000000102").contains("sid at octet 8 can not be 2 octets long")
    );
    assert!(is_discarded("0452000200ff").contains("flags at octet 6 needs 1 octets, 0 left"));
}

#[test]
fn texts_that_are_wrong_say_what_is_right() {
    for (text, message) in [
        ("[ igp-metrik 5 ]", "did you mean 'igp-metric'?"),
        ("[ igp-metric 16777216 ]", "0 to 16777215"),
        ("[ igp-metric 5", "not closed"),
        ("igp-metric 5", "expected '['"),
        ("[ node-flags [ X ] ]", "one of O, T, E, B, R, V"),
        ("[ srv6-endx [ sid 1.2.3.4 ] ]", "an IPv6 address"),
        ("[ srv6-endx [ weight 1 weight 2 ] ]", "twice"),
        ("[ srv6-endx [ wait 1 ] ]", "it has behavior, flags, algorithm, weight, sid"),
        ("[ sr-adjs [ weight 1 ] ]", "the SID is missing"),
        ("[ sr-binding-sids [ binding-sid 2001:db8::1 specified-sid :: ] ]", "is not right"),
        ("[ tlv 70000 0x ]", "a number up to 65535"),
        ("[ unreserved-bandwidth [ 1 2 ] ]", "needs 8 values"),
    ] {
        let error = parse_error(&ROW, text);
        assert!(error.contains(message), "{text}: {error}");
    }
}

/// A TLV of a row with octets that are likely to fit.
fn tlvs() -> impl Strategy<Value = Vec<u8>> {
    let rows: Vec<u16> =
        registry::TABLES.iter().copied().flatten().map(|row| row.code).chain([1, 9999]).collect();
    let lengths = prop_oneof![Just(1), Just(2), Just(3), Just(4), Just(7), Just(8), 0..60usize];
    let octet = prop_oneof![Just(0u8), Just(0xff), 0..8u8, any::<u8>()];
    let value = lengths.prop_flat_map(move |length| prop::collection::vec(octet.clone(), length));
    let one = (prop::sample::select(rows), value).prop_map(|(code, value)| {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&code.to_be_bytes()[..], &length, &value].concat()
    });
    prop::collection::vec(one, 1..4).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn text_is_read_back_and_json_is_json(value in tlvs()) {
        let (json, text) = faces(&ROW, &value);
        let text = text.strip_prefix(" bgp-ls ").unwrap();
        prop_assert_eq!(parse_value(&ROW, text), &value[..], "{}", text);
        if check(&value, &ValueContext::STORED).is_ok() {
            for json in [json, json_6(&value)] {
                let json = format!("{{{json}}}");
                let read = serde_json::from_str::<serde_json::Value>(&json);
                prop_assert!(read.is_ok_and(|json| json["bgp-ls"].is_object()), "{}", json);
            }
        }
    }

    #[test]
    fn every_row_has_words_for_what_fits(seed: u64) {
        let mut dice = Dice(seed);
        for row in registry::TABLES.iter().copied().flatten() {
            let mut value = Vec::new();
            dice.push(&row.kind, &mut value, 0);
            let length = u16::try_from(value.len()).unwrap().to_be_bytes();
            let tlv = [&row.code.to_be_bytes()[..], &length, &value].concat();
            prop_assert_eq!(check(&tlv, &ValueContext::STORED), Ok(()), "{}", row.name);
            let (json, text) = faces(&ROW, &tlv);
            let words = text.strip_prefix(" bgp-ls ").unwrap();
            prop_assert_eq!(parse_value(&ROW, words), &tlv[..], "{}", words);
            prop_assert!(words.starts_with(&format!("[ {}", row.name)), "{}: {}", row.name, words);
            for json in [format!("{{{json}}}"), format!("{{{}}}", json_6(&tlv))] {
                let read: serde_json::Value = serde_json::from_str(&json).unwrap();
                prop_assert!(read["bgp-ls"].is_object(), "{}", json);
                let shown = row.spread || !row.classic || read["bgp-ls"].get(row.name).is_some();
                prop_assert!(shown, "{}", json);
            }
        }
    }
}

/// Octets that fit a kind and mean something.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn octets(&mut self, count: usize, out: &mut Vec<u8>) {
        out.extend((0..count).map(|_| u8::try_from(self.roll(256)).unwrap()));
    }

    fn push(&mut self, kind: &'static Kind, out: &mut Vec<u8>, depth: u8) {
        match kind {
            Kind::Empty => {}
            Kind::Number(octets) => self.octets(*octets, out),
            Kind::AnyNumber(lengths) => {
                let length = lengths[self.roll(lengths.len())];
                self.octets(length, out);
            }
            Kind::Float => {
                let number = f32::from(u16::try_from(self.roll(60_000)).unwrap()) * 1.5e7;
                out.extend(number.to_be_bytes());
            }
            Kind::Topology => push_octets(out, &[0, 2]),
            Kind::Pair => self.octets(2, out),
            Kind::Label => {
                out.extend((u32::try_from(self.roll(1 << 20)).unwrap() << 12).to_be_bytes())
            }
            Kind::Ipv4 => self.octets(4, out),
            Kind::Ipv6 => self.octets(16, out),
            Kind::Ip => {
                let length = [4, 16][self.roll(2)];
                self.octets(length, out);
            }
            // The bits that make it wide are in the flags, which come before it.
            Kind::WideIf(octet, bits, narrow) => {
                let kind = if out[*octet] & bits == 0 { narrow } else { &Kind::Ipv6 };
                self.push(kind, out, depth);
            }
            Kind::Name => push_octets(out, [&b"a b"[..], b"r1", b"\xc3\xa9", b""][self.roll(4)]),
            Kind::RouterId => {
                let length = [4, 6, 7, 8][self.roll(4)];
                self.octets(length, out);
            }
            Kind::SystemId | Kind::Neighbor => self.octets(6, out),
            Kind::Area => {
                let length = 1 + self.roll(13);
                self.octets(length, out);
            }
            Kind::Opaque | Kind::Hex => {
                let length = self.roll(9);
                self.octets(length, out);
            }
            Kind::Prefix(_) => push_octets(out, &[24, 10, 0, 1]),
            Kind::Reserved(octets) => out.extend(std::iter::repeat_n(0, *octets)),
            Kind::Flags(octets, names) => {
                let start = out.len();
                out.extend(std::iter::repeat_n(0, *octets));
                for (bit, name) in names.iter().enumerate() {
                    if !name.is_empty() && self.roll(2) == 1 {
                        out[start + bit / 8] |= 0x80 >> (bit % 8);
                    }
                }
            }
            Kind::OpenFlags(_) => out.push([0x80, 0][self.roll(2)]),
            Kind::Sid => {
                let length = [3, 4][self.roll(2)];
                self.octets(length, out);
            }
            Kind::SidRanges => {
                for _ in 0..self.roll(3) {
                    let length = [3, 4][self.roll(2)];
                    self.octets(3, out);
                    push_octets(out, &[4, 0x89, 0, u8::try_from(length).unwrap()]);
                    self.octets(length, out);
                }
            }
            Kind::List(each) => {
                for _ in 0..self.roll(4) {
                    self.push(each, out, depth);
                }
            }
            Kind::Array(count, each) => {
                for _ in 0..*count {
                    self.push(each, out, depth);
                }
            }
            Kind::Struct(fields, _) => self.fields(fields, out, depth),
            Kind::Switch(_) => {
                let number = u8::try_from(1 + self.roll(12)).unwrap();
                let mut value = vec![number];
                let [_, rest @ ..] = schema::cases(kind, &[number]) else { return };
                self.fields(rest, &mut value, depth);
                out.extend(value);
            }
            Kind::Counted(names, unit, reserved) => {
                let counts: Vec<usize> = names.iter().map(|_| self.roll(3)).collect();
                out.extend(counts.iter().map(|count| u8::try_from(*count).unwrap()));
                out.extend(std::iter::repeat_n(0, *reserved));
                self.octets(counts.iter().sum::<usize>() * unit, out);
            }
            Kind::SubTlvs => {
                for _ in 0..self.roll(if depth > 1 { 1 } else { 3 }) {
                    let table = registry::TABLES[self.roll(registry::TABLES.len())];
                    let row = &table[self.roll(table.len())];
                    let mut value = Vec::new();
                    self.push(&row.kind, &mut value, depth + 1);
                    out.extend(row.code.to_be_bytes());
                    out.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
                    out.extend(value);
                }
            }
        }
    }

    fn fields(&mut self, fields: &'static [schema::Field], out: &mut Vec<u8>, depth: u8) {
        for field in fields {
            self.push(&field.kind, out, depth);
        }
    }
}

fn push_octets(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(octets);
}

#[test]
fn nesting_has_an_end() {
    let mut value = Vec::new();
    for _ in 0..8000 {
        let length = u16::try_from(value.len() + 4).unwrap().to_be_bytes();
        value = [&[0x04, 0x94][..], &length, &[0; 4], &value].concat();
    }
    assert!(check(&value, &ValueContext::STORED).is_ok());
    let text = faces(&ROW, &value).1;
    assert_eq!(parse_value(&ROW, text.strip_prefix(" bgp-ls ").unwrap()), value);
}
