//! The octets and faces of Prefix-SIDs.

use super::*;
use crate::attribute::tests::{faces, parse_error, parse_value};
use crate::io::text::parse_hex;
use proptest::prelude::*;

const SRV6: &str = "0500220001001E0020010DB800010001000000000000000000004800010006401810000000";

#[test]
fn words_may_stand_close() {
    for text in [
        "[ 300, [ ( 800000,4096 ), ( 1000000,5000 ) ] ]",
        "[300,[(800000,4096),(1000000,5000)]]",
        "[300 [(800000 4096) (1000000 5000)]]",
    ] {
        assert_eq!(
            parse_value(&ROW, text),
            parse_hex("0100070000000000012C03000E00000C35000010000F4240001388").unwrap(),
            "{text}"
        );
    }
    for text in [
        "( l3-service 2001:db8:1:1:: 0x48 [64,24,16,0,0,0] )",
        "(l3-service 2001:db8:1:1:: 72 [64,24,16,0,0,0])",
        "(l3-service 2001:db8:1:1:: 0x48 [ 64 24 16 0 0 0 ])",
    ] {
        assert_eq!(parse_value(&ROW, text), parse_hex(SRV6).unwrap(), "{text}");
    }
    let opaque = parse_value(&ROW, "( l2-service 2001:db8::1 )");
    assert!(opaque.ends_with(&[0, 0xff, 0xff, 0]), "{opaque:?}");
}

#[test]
fn what_is_wrong_is_named() {
    for (text, part) in [
        ("100", "'100' is not a valid bgp-prefix-sid"),
        ("[ 4294967296 ]", "0 to 4294967295"),
        ("[ 1, [ ( 16777216,1 ) ] ]", "'16777216' is not a valid SRGB base"),
        ("[ 1, [ ( 1,x ) ] ]", "'x' is not a valid SRGB range"),
        ("[ 1, [ ( 1,2 ]", "expected ')'"),
        ("[ 1", "']' is missing"),
        ("( l3service 2001:db8::1 )", "did you mean 'l3-service'"),
        ("( l3vpn 2001:db8::1 )", "write ( l3-service SID )"),
        ("( l3-service 10.0.0.1 )", "'10.0.0.1' is not a valid SRv6 SID"),
        ("( l3-service ::1 65536 )", "'65536' is not a valid endpoint behavior"),
        ("( l3-service ::1 1 [1,2,3,4,5,256] )", "'256' is not a valid transposition offset"),
        ("( l3-service ::1 1 [1,2,3,4,5,6,7] )", "expected ']'"),
        ("( l3-service ::1 l3-service ::2 )", "given twice"),
    ] {
        assert!(parse_error(&ROW, text).contains(part), "{}", parse_error(&ROW, text));
    }
}

#[test]
fn a_wrong_index_costs_the_attribute_and_a_wrong_service_the_route() {
    let action = |hex: &str| {
        check(&parse_hex(&hex.replace(' ', "")).unwrap(), &ValueContext::STORED)
            .map_err(|fault| fault.action)
    };
    for hex in ["01000700", "010003000000", "030003000000", "01"] {
        assert_eq!(action(hex), Err(None), "{hex}");
    }
    // No reserved octet, a SID of no octets, a sub-TLV and a sub-sub-TLV that are cut off, a structure of five octets.
    for hex in [
        "050000",
        "05000400010000",
        "05000400090001",
        "05001C0001001900 20010DB8000100010000000000000000 00004800 010006",
        "05001D0001001A00 20010DB8000100010000000000000000 00004800 01000040",
    ] {
        assert_eq!(action(hex), Err(Some(OnError::TreatAsWithdraw)), "{hex}");
    }
    assert_eq!(action(SRV6), Ok(()));
    assert_eq!(action("630002ABCD"), Ok(()));
}

#[test]
fn no_name_is_twice_in_an_object() {
    let value = parse_hex("01000700000000000064010007000000000000C8630000630000").unwrap();
    assert_eq!(
        faces(&ROW, &value).0,
        r#""bgp-prefix-sid": { "sr-label-index": 100, "sr-label-index-2": 200, "attribute-not-implemented-99": "0x", "attribute-not-implemented-99-2": "0x" }"#
    );
}

proptest! {
    #[test]
    fn what_a_command_says_is_read_back(
        index: u32,
        blocks in prop::collection::vec((0u32..1 << 24, 0u32..1 << 24), 0..5),
        sid: u128, behavior: u16, structure: [u8; 6],
        l2: bool,
    ) {
        let blocks: String = blocks.iter().map(|(base, range)| format!("({base},{range})")).collect();
        let structure = structure.map(|octet| octet.to_string()).join(",");
        let sid = std::net::Ipv6Addr::from(sid);
        let second = if l2 { "l2-service ::1 7" } else { "" };
        for text in [
            format!("[{index},[{blocks}]]"),
            format!("(l3-service {sid} {behavior} [{structure}] {second})"),
        ] {
            let value = parse_value(&ROW, &text);
            prop_assert!(check(&value, &ValueContext::STORED).is_ok());
            let mut words = Vec::new();
            command(&value, &mut words);
            let words = String::from_utf8(words).unwrap();
            let (_, words) = words[1..].split_once(' ').unwrap();
            prop_assert_eq!(parse_value(&ROW, words), value);
        }
    }
}
