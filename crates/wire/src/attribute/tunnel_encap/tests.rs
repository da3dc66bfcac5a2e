//! The octets and faces of tunnels.

use super::*;
use crate::attribute::tests::{faces, parse_error, parse_value};
use proptest::prelude::*;

fn hex(digits: &str) -> Vec<u8> {
    parse_hex(digits).unwrap()
}

/// The value behind the words of its text.
fn again(value: &[u8]) -> (String, Vec<u8>) {
    let text = faces(&ROW, value).1;
    let words = text.strip_prefix(" tunnel-encap ").unwrap();
    (text.clone(), parse_value(&ROW, words))
}

#[test]
fn every_type_of_segment_is_said_in_words() {
    for (segment, octets) in [
        ("type-a mpls 16001", "01060000 03E81100"),
        ("type-a mpls 16001 tc 5 s 0 ttl 64 verification", "01068000 03E81A40"),
        ("type-b srv6 fc00::1", "0D120000 FC000000000000000000000000000001"),
        (
            "type-b srv6 fc00::1 endpoint-behavior 65 32 0 16 0",
            "0D1A1000 FC000000000000000000000000000001 0041000020001000",
        ),
        ("type-c ipv4 10.0.0.1 algorithm 0", "03060000 0A000001"),
        ("type-c ipv4 10.0.0.1 algorithm 128 sid 16001", "030A6080 0A000001 03E81100"),
        (
            "type-d ipv6 fc00::2 algorithm 0 sid 16002",
            "04162000 FC000000000000000000000000000002 03E82000",
        ),
        ("type-e local-if-id 2 ipv4 10.0.0.2 sid 16003", "050E2000 00000002 0A000002 03E83000"),
        ("type-f local 192.168.2.1 remote 192.168.2.2", "060A0000 C0A80201 C0A80202"),
        (
            "type-g local-if-id 3 local-ipv6 fc00::3 remote-if-id 4 remote-ipv6 fc00::4 sid 16005",
            "072E2000 00000003 FC000000000000000000000000000003 00000004 FC000000000000000000000000000004 03E85000",
        ),
        (
            "type-h local fc00::3 remote fc00::4",
            "08220000 FC000000000000000000000000000003 FC000000000000000000000000000004",
        ),
        (
            "type-i ipv6 fc00::3 algorithm 1 sid fc00::200 endpoint-behavior 65 32 0 16 0",
            "0E2A7001 FC000000000000000000000000000003 FC000000000000000000000000000200 0041000020001000",
        ),
        (
            "type-j local-if-id 3 local-ipv6 fc00::3 remote-if-id 4 remote-ipv6 fc00::4 algorithm 0",
            "0F2A0000 00000003 FC000000000000000000000000000003 00000004 FC000000000000000000000000000004",
        ),
        (
            "type-k local fc00::3 remote fc00::4 algorithm 0 endpoint-behavior 65 32 0 16 0",
            "102A1000 FC000000000000000000000000000003 FC000000000000000000000000000004 0041000020001000",
        ),
    ] {
        let octets = octets.replace(' ', "");
        let length = 1 + octets.len() / 2;
        let expected = format!("000F{:04X}80{length:04X}00{octets}", length + 3);
        let words = format!("[ sr-policy [ segment-list segment {segment} ] ]");
        assert_eq!(parse_value(&ROW, &words), hex(&expected), "{segment}");
        assert_eq!(faces(&ROW, &hex(&expected)).1, format!(" tunnel-encap {words}"));
    }
}

#[test]
fn the_last_label_is_the_bottom() {
    let list = "segment-list weight 1 segment type-a mpls 16000 segment type-c ipv4 10.0.0.1 algorithm 0 sid 16001 segment type-f local 192.168.1.1 remote 192.168.1.2 sid 16002";
    let value = parse_value(&ROW, &format!("[sr-policy[{list}]]"));
    let expected = "80002D0009060000000000010106000003E80000030A20000A00000103E81100060E2000C0A80101C0A8010203E82000";
    assert_eq!(value[4..], hex(expected));
    assert_eq!(again(&value).1, value);
}

#[test]
fn tunnels_of_one_type_do_not_hide_each_other() {
    let value = hex("000F00040F020100000F00040F02020000630001AA00630000");
    assert_eq!(
        faces(&ROW, &value).0,
        r#""tunnel-encap": {"sr-policy": {"priority": 1}, "sr-policy-2": {"priority": 2}, "tunnel-type-99": "0xAA", "tunnel-type-99-2": "0x"}"#
    );
    assert_eq!(again(&value).1, value);
    let value = hex("000800140408030B00000000000104080 30B400000000002".replace(' ', "").as_str());
    assert_eq!(
        faces(&ROW, &value).0,
        r#""tunnel-encap": {"vxlan": {"color": 1, "color-2": {"color": 2, "flags": 16384}}}"#
    );
}

#[test]
fn only_lengths_make_it_malformed() {
    let check =
        |digits: &str| check(&hex(digits), &ValueContext::STORED).map_err(|fault| fault.reason);
    for wrong in ["00", "000F0001", "000F000101", "000F00020C06", "000F00030C0200", "000F000280FF"]
    {
        assert!(check(wrong).is_err(), "{wrong}");
    }
    // A value that can not be read is as one that is not known, and so is a type.
    for right in ["000F00030C0100", "006300020C06", "000F000580000201FF"] {
        assert_eq!(check(right), Ok(()), "{right}");
        let value = hex(right);
        assert_eq!(again(&value).1, value);
    }
    assert_eq!(
        faces(&ROW, &hex("000F00030C0100")).0,
        r#""tunnel-encap": {"sr-policy": {"unknown-subtlv-12": "0x00"}}"#
    );
}

#[test]
fn what_is_wrong_is_named() {
    for (text, part) in [
        ("[ vxlam [ ] ]", "did you mean 'vxlan'"),
        ("[ vxlan [ colour 1 ] ]", "did you mean 'color'"),
        ("[ vxlan [ color 1 ]", "the list of tunnels is not closed"),
        ("[ vxlan [ color 4294967296 ] ]", "'4294967296' is not a valid color"),
        ("[ vxlan [ encapsulation vni 16777216 ] ]", "0 to 16777215"),
        ("[ vxlan [ encapsulation mac 1:2:3:4:5 ] ]", "'1:2:3:4:5' is not a valid MAC address"),
        ("[ bare [ encapsulation key 1 ] ]", "no encapsulation"),
        ("[ l2tpv3 [ encapsulation session-id 1 cookie 0x01 ] ]", "4 or 8 octets"),
        ("[ sr-policy [ binding-sid mpls 1048576 ] ]", "'1048576' is not a valid label"),
        ("[ sr-policy [ binding-sid ipv6 ::1 ] ]", "mpls LABEL, label LABEL, srv6 SID or null"),
        ("[ sr-policy [ priority 256 ] ]", "'256' is not a valid priority"),
        ("[ sr-policy [ segment-list segment type-l ] ]", "type-a to type-k"),
        ("[ sr-policy [ segment-list segment type-c ipv4 ::1 ] ]", "'::1' is not a valid address"),
        ("[ tlv 65536 0x ]", "'65536' is not a valid tunnel type"),
        ("[ tlv 1 0xabc ]", "even number"),
    ] {
        assert!(parse_error(&ROW, text).contains(part), "{}", parse_error(&ROW, text));
    }
}

/// The octets of a sub-TLV that is likely to be one of those that are known.
fn sub_tlv_octets() -> impl Strategy<Value = Vec<u8>> {
    let segment = (0u8..18, prop::collection::vec(any::<u8>(), 0..70));
    let list = prop::collection::vec(segment, 0..4).prop_map(|segments| {
        let mut out = vec![0, 9, 6, 0, 0, 0, 0, 0, 1];
        for (code, value) in segments {
            out.extend([code, value.len() as u8]);
            out.extend(value);
        }
        (128, out)
    });
    let other = (1u8..21, prop::collection::vec(any::<u8>(), 0..27));
    let zeros = (1u8..21, 0usize..27).prop_map(|(code, length)| (code, vec![0; length]));
    let name =
        (129u8..131, "[ -~é]{0,9}").prop_map(|(code, name)| (code, format!("\0{name}").into()));
    prop_oneof![list, other, zeros, name].prop_map(|(code, value): (u8, Vec<u8>)| {
        let mut out = vec![code];
        if code < 128 {
            out.push(value.len() as u8);
        } else {
            out.extend((value.len() as u16).to_be_bytes());
        }
        out.extend(value);
        out
    })
}

proptest! {
    #[test]
    fn what_text_says_is_read_back(
        tunnels in prop::collection::vec((0u16..22, prop::collection::vec(sub_tlv_octets(), 0..4)), 1..4),
    ) {
        let mut value = Vec::new();
        for (kind, parts) in tunnels {
            let parts = parts.concat();
            value.extend(kind.to_be_bytes());
            value.extend((parts.len() as u16).to_be_bytes());
            value.extend(parts);
        }
        prop_assert!(check(&value, &ValueContext::STORED).is_ok());
        let (text, read) = again(&value);
        prop_assert_eq!(read, value, "{}", text);
    }
}
