//! UPDATEs in the layouts of ExaBGP 3.4, 4, 5 and 6, byte for byte, and in the text of 3.4 and 4.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use yottabgp_wire::codes::Family;
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;

/// What a layout makes of a message.
fn shown(withdrawn: &str, attributes: &str, announced: &str, path_ids: bool) -> [String; 6] {
    let octets = |text: &str| parse_hex(&text.replace(' ', "")).unwrap();
    let mut body = Vec::new();
    for part in [octets(withdrawn), octets(attributes)] {
        body.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
        body.extend(part);
    }
    body.extend(octets(announced));
    let mut negotiated = Negotiated::permissive();
    negotiated.families = Family::ALL.to_vec();
    negotiated.add_path.everywhere = path_ids;
    let update =
        Update::decode_with(&body, &negotiated, Direction::Receive, Scrutiny::Inspection).unwrap();
    let json = |layout| {
        let mut out = Vec::new();
        update.json(JsonForm { layout, ..JsonForm::default() }, &mut out);
        let _: serde_json::Value = serde_json::from_slice(&out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let text = |layout| {
        let mut out = Vec::new();
        update.text(b"neighbor X", JsonForm { layout, ..JsonForm::default() }, &mut out);
        String::from_utf8(out).unwrap()
    };
    [
        json(Layout::V3_4),
        json(Layout::V4),
        json(Layout::V5),
        json(Layout::V6),
        text(Layout::V3_4),
        text(Layout::V4),
    ]
}

/// Compares what is shown with what is expected, in the order of [`shown`].
fn check(got: &[String; 6], expected: [&str; 6]) {
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!(got, expected);
    }
}

const ORIGIN: &str = "40010100";
/// 64501 64502, and the set 64510.
const PATH: &str = "40021002020000FBF50000FBF601010000FBFE";
const NEXT_HOP: &str = "400304C6336401";

#[test]
fn attributes_and_prefixes() {
    let attributes = format!(
        "{ORIGIN} {PATH} {NEXT_HOP} 80040400000007 40050400000096 400600 C007080000FBF5C6336407 C008080000FBF5FFFFFF01 80090409080706 800A0401020304 C010100002FBF5000000648006 FBF5461C4000"
    );
    check(
        &shown("", &attributes, "100AFE 180AFF01", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": [ 64501, 64502 ], "as-set": [ 64510 ], "confederation-path": [], "med": 7, "local-preference": 150, "atomic-aggregate": true, "aggregator": "64501:198.51.100.7", "community": [ [ 0, 64501 ], [ 65535, 65281 ] ], "originator-id": "9.8.7.6", "cluster-list": [ "1.2.3.4" ], "extended-community": [ 839979638980708, 9225337917576855552 ] }, "announce": { "ipv4 unicast": { "198.51.100.1": { "10.254.0.0/16": {  }, "10.255.1.0/24": {  } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": [ 64501, 64502 ], "as-set": [ 64510 ], "confederation-path": [], "med": 7, "local-preference": 150, "atomic-aggregate": true, "aggregator": "64501:198.51.100.7", "community": [ [ 0, 64501 ], [ 65535, 65281 ] ], "originator-id": "9.8.7.6", "cluster-list": [ "1.2.3.4" ], "extended-community": [ { "value": 839979638980708, "string": "target:64501:100" }, { "value": 9225337917576855552, "string": "rate-limit:10000" } ] }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16" }, { "nlri": "10.255.1.0/24" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [64501, 64502]}, "1": {"element": "as-set", "value": [64510]}}, "med": 7, "local-preference": 150, "atomic-aggregate": true, "aggregator": "64501:198.51.100.7", "community": [ [ 0, 64501 ], [ 65535, 65281 ] ], "originator-id": "9.8.7.6", "cluster-list": [ "1.2.3.4" ], "extended-community": [ { "value": 839979638980708, "string": "target:64501:100" }, { "value": 9225337917576855552, "string": "rate-limit:10000" } ] }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16" }, { "nlri": "10.255.1.0/24" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [64501, 64502]}, "1": {"element": "as-set", "value": [64510]}}, "med": 7, "local-preference": 150, "atomic-aggregate": true, "aggregator": "64501:198.51.100.7", "community": [ [ 0, 64501 ], [ 65535, 65281 ] ], "originator-id": "9.8.7.6", "cluster-list": [ "1.2.3.4" ], "extended-community": [ { "value": 839979638980708, "string": "target:64501:100" }, { "value": 9225337917576855552, "string": "rate-limit:10000" } ] }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16" }, { "nlri": "10.255.1.0/24" } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route 10.254.0.0/16 next-hop 198.51.100.1 origin igp as-path [ 64501 64502 ( 64510 ) ] med 7 local-preference 150 atomic-aggregate aggregator ( 64501:198.51.100.7 ) community [ 0:64501 no-export ] originator-id 9.8.7.6 cluster-list 1.2.3.4 extended-community [ target:64501:0.0.0.100 rate-limit 10000 ]\nneighbor X announced route 10.255.1.0/24 next-hop 198.51.100.1 origin igp as-path [ 64501 64502 ( 64510 ) ] med 7 local-preference 150 atomic-aggregate aggregator ( 64501:198.51.100.7 ) community [ 0:64501 no-export ] originator-id 9.8.7.6 cluster-list 1.2.3.4 extended-community [ target:64501:0.0.0.100 rate-limit 10000 ]\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced 10.254.0.0/16 next-hop 198.51.100.1 origin igp as-path [ 64501 64502 ( 64510 ) ] med 7 local-preference 150 atomic-aggregate aggregator ( 64501:198.51.100.7 ) community [ 0:64501 no-export ] originator-id 9.8.7.6 cluster-list 1.2.3.4 extended-community [ target:64501:100 rate-limit:10000 ]\nneighbor X update announced 10.255.1.0/24 next-hop 198.51.100.1 origin igp as-path [ 64501 64502 ( 64510 ) ] med 7 local-preference 150 atomic-aggregate aggregator ( 64501:198.51.100.7 ) community [ 0:64501 no-export ] originator-id 9.8.7.6 cluster-list 1.2.3.4 extended-community [ target:64501:100 rate-limit:10000 ]\nneighbor X update end\n",
        ],
    );
}

#[test]
fn withdrawals() {
    let attributes = format!("{ORIGIN} {PATH} {NEXT_HOP}");
    check(
        &shown("100AFE", &attributes, "180AFF01", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": [ 64501, 64502 ], "as-set": [ 64510 ], "confederation-path": [] }, "announce": { "ipv4 unicast": { "198.51.100.1": { "10.255.1.0/24": {  } } } }, "withdraw": { "ipv4 unicast": { "10.254.0.0/16": {  } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": [ 64501, 64502 ], "as-set": [ 64510 ], "confederation-path": [] }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.255.1.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.254.0.0/16" } ] } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [64501, 64502]}, "1": {"element": "as-set", "value": [64510]}} }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.255.1.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.254.0.0/16" } ] } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [64501, 64502]}, "1": {"element": "as-set", "value": [64510]}}, "next-hop": "198.51.100.1" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.255.1.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.254.0.0/16" } ] } } }"#,
            "neighbor X update start\nneighbor X withdrawn route 10.254.0.0/16 next-hop 198.51.100.1\nneighbor X announced route 10.255.1.0/24 next-hop 198.51.100.1 origin igp as-path [ 64501 64502 ( 64510 ) ]\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update withdrawn 10.254.0.0/16\nneighbor X update announced 10.255.1.0/24 next-hop 198.51.100.1 origin igp as-path [ 64501 64502 ( 64510 ) ]\nneighbor X update end\n",
        ],
    );
}

#[test]
fn confederations_and_unknown_attributes() {
    let attributes = format!(
        "{ORIGIN} 400216 03020000FC010000FC02 04010000FC03 02010000FBF5 {NEXT_HOP} C0200C0000FBF50000000100000002 E063020102"
    );
    check(
        &shown("", &attributes, "100AFE", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": [ 64501 ], "confederation-path": [ 64513, 64514 ], "confederation-set": [ 64515 ], "attribute-0x20-0xE0": "0x0000fbf50000000100000002", "attribute-0x63-0xE0": "0x0102" }, "announce": { "ipv4 unicast": { "198.51.100.1": { "10.254.0.0/16": {  } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": [ 64501 ], "confederation-path": [ 64513, 64514 ], "confederation-set": [ 64515 ], "large-community": [ [ 64501, 1 , 2 ] ], "attribute-0x63-0xE0": "0x0102" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-confed-sequence", "value": [64513, 64514]}, "1": {"element": "as-confed-set", "value": [64515]}, "2": {"element": "as-sequence", "value": [64501]}}, "large-community": [ [ 64501, 1 , 2 ] ], "attribute-0x63-0xE0": "0x0102" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-confed-sequence", "value": [64513, 64514]}, "1": {"element": "as-confed-set", "value": [64515]}, "2": {"element": "as-sequence", "value": [64501]}}, "large-community": [ [ 64501, 1 , 2 ] ], "attribute-0x63-0xE0": "0x0102" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16" } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route 10.254.0.0/16 next-hop 198.51.100.1 origin igp as-path [ 64501 ][ 64513 64514 ( 64515 ) ] attribute [ 0x20 0xE0 0x0000fbf50000000100000002 ] attribute [ 0x63 0xE0 0x0102 ]\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced 10.254.0.0/16 next-hop 198.51.100.1 origin igp as-path [ 64501 ][ 64513 64514 ( 64515 ) ] large-community 64501:1:2 attribute [ 0x63 0xE0 0x0102 ]\nneighbor X update end\n",
        ],
    );
}

#[test]
fn path_identifiers() {
    let attributes = format!("{ORIGIN} {NEXT_HOP}");
    check(
        &shown("", &attributes, "00000005 100AFE", true),
        [
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 unicast": { "198.51.100.1": { "10.254.0.0/16": { "path-information": "0.0.0.5" } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16", "path-information": "0.0.0.5" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16", "path-information": "0.0.0.5" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 unicast": { "198.51.100.1": [ { "nlri": "10.254.0.0/16", "path-information": "0.0.0.5" } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route 10.254.0.0/16 next-hop 198.51.100.1 path-information 0.0.0.5 origin igp\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced 10.254.0.0/16 path-information 0.0.0.5 next-hop 198.51.100.1 origin igp\nneighbor X update end\n",
        ],
    );
}

#[test]
fn labels() {
    let attributes =
        format!("{ORIGIN} 800E10 000104 04C6336401 00 30 000641 0A0900 C010080002 FBF5 00000064");
    check(
        &shown("", &attributes, "", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp", "extended-community": [ 839979638980708 ] }, "announce": { "ipv4 nlri-mpls": { "198.51.100.1": { "10.9.0.0/24": { "label": [ 100 ] } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "extended-community": [ { "value": 839979638980708, "string": "target:64501:100" } ] }, "announce": { "ipv4 nlri-mpls": { "198.51.100.1": [ { "nlri": "10.9.0.0/24", "label": [ [100] ] } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "extended-community": [ { "value": 839979638980708, "string": "target:64501:100" } ] }, "announce": { "ipv4 nlri-mpls": { "198.51.100.1": [ { "nlri": "10.9.0.0/24", "label": [ [100] ] } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp", "extended-community": [ { "value": 839979638980708, "string": "target:64501:100" } ] }, "announce": { "ipv4 nlri-mpls": { "198.51.100.1": [ { "nlri": "10.9.0.0/24", "label": [ [100, 1601] ] } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route 10.9.0.0/24 next-hop 198.51.100.1 label [ 100 ] origin igp extended-community target:64501:0.0.0.100\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced 10.9.0.0/24 label 100 next-hop 198.51.100.1 origin igp extended-community target:64501:100\nneighbor X update end\n",
        ],
    );
}

#[test]
fn vpn() {
    let attributes = format!(
        "{ORIGIN} 800E20 000180 0C 0000000000000000C6336401 00 70 000641 0000FBF500000064 0A0900"
    );
    check(
        &shown("", &attributes, "", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 mpls-vpn": { "198.51.100.1": { "10.9.0.0/24": { "label": [ 100 ], "route-distinguisher": "64501:100" } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 mpls-vpn": { "198.51.100.1": [ { "nlri": "10.9.0.0/24", "label": [ [100] ], "rd": "64501:100" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 mpls-vpn": { "198.51.100.1": [ { "nlri": "10.9.0.0/24", "label": [ [100] ], "rd": "64501:100" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 mpls-vpn": { "198.51.100.1": [ { "nlri": "10.9.0.0/24", "label": [ [100, 1601] ], "rd": "64501:100" } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route 10.9.0.0/24 next-hop 198.51.100.1 label [ 100 ] route-distinguisher 64501:100 origin igp\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced 10.9.0.0/24 label 100 next-hop 198.51.100.1 rd 64501:100 origin igp\nneighbor X update end\n",
        ],
    );
}

#[test]
fn flow() {
    let attributes =
        format!("{ORIGIN} 800E17 000185 00 00 11 01180A0100 02200A000001 038106 058150");
    check(
        &shown("", &attributes, "", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 flow": { "none": { "flow-0": { "destination": [ "10.1.0.0/24" ], "source": [ "10.0.0.1/32" ], "protocol": [ "=tcp" ], "destination-port": [ "=80" ], "string": "flow destination 10.1.0.0/24 source 10.0.0.1/32 protocol =tcp destination-port =80" } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 flow": { "no-nexthop": [ { "destination-ipv4": [ "10.1.0.0/24" ], "source-ipv4": [ "10.0.0.1/32" ], "protocol": [ "=tcp" ], "destination-port": [ "=80" ], "string": "flow destination-ipv4 10.1.0.0/24 source-ipv4 10.0.0.1/32 protocol =tcp destination-port =80" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 flow": { "no-nexthop": [ { "destination-ipv4": [ "10.1.0.0/24" ], "source-ipv4": [ "10.0.0.1/32" ], "protocol": [ "=tcp" ], "destination-port": [ "=80" ], "string": "flow destination-ipv4 10.1.0.0/24 source-ipv4 10.0.0.1/32 protocol =tcp destination-port =80" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "ipv4 flow": { "no-nexthop": [ { "destination-ipv4": [ "10.1.0.0/24" ], "source-ipv4": [ "10.0.0.1/32" ], "protocol": [ "=tcp" ], "destination-port": [ "=80" ], "string": "flow destination-ipv4 10.1.0.0/24 source-ipv4 10.0.0.1/32 protocol =tcp destination-port =80" } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route flow destination 10.1.0.0/24 source 10.0.0.1/32 protocol =tcp destination-port =80 origin igp\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced flow destination-ipv4 10.1.0.0/24 source-ipv4 10.0.0.1/32 protocol =tcp destination-port =80 origin igp\nneighbor X update end\n",
        ],
    );
}

#[test]
fn vpls() {
    let attributes = format!(
        "{ORIGIN} 800E1C 001941 04 C6336401 00 0011 0000FBF500000064 0005 0001 0008 0027F1"
    );
    check(
        &shown("", &attributes, "", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn vpls": { "198.51.100.1": { "vpls-0": { "route-distinguisher": "64501:100", "endpoint": "5", "base": "639", "offset": "1", "size": "8" } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn vpls": { "198.51.100.1": [ { "rd": "64501:100", "endpoint": 5, "base": 639, "offset": 1, "size": 8 } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn vpls": { "198.51.100.1": [ { "rd": "64501:100", "endpoint": 5, "base": 639, "offset": 1, "size": 8 } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn vpls": { "198.51.100.1": [ { "rd": "64501:100", "endpoint": 5, "base": 639, "offset": 1, "size": 8 } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route vpls route-distinguisher 64501:100 endpoint 5 base 639 offset 1 size 8 next-hop 198.51.100.1 origin igp\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced vpls rd 64501:100 endpoint 5 base 639 offset 1 size 8 next-hop 198.51.100.1 origin igp\nneighbor X update end\n",
        ],
    );
}

#[test]
fn evpn() {
    let attributes =
        format!("{ORIGIN} 800E1C 001946 04 C6336401 00 0311 0000FBF500000064 00000000 20 C6336401");
    check(
        &shown("", &attributes, "", false),
        [
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn evpn": { "198.51.100.1": { "evpn-0": { "code": 3, "parsed": true, "raw": "03110000FBF5000000640000000020C6336401", "name": "Inclusive Multicast Ethernet Tag", "rd": "64501:100", "ethernet-tag": 0, "ip": "198.51.100.1" } } } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn evpn": { "198.51.100.1": [ { "code": 3, "parsed": true, "raw": "03110000FBF5000000640000000020C6336401", "name": "Inclusive Multicast Ethernet Tag", "rd": "64501:100", "ethernet-tag": 0, "ip": "198.51.100.1" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn evpn": { "198.51.100.1": [ { "code": 3, "parsed": true, "raw": "03110000FBF5000000640000000020C6336401", "name": "Inclusive Multicast Ethernet Tag", "rd": "64501:100", "ethernet-tag": 0, "ip": "198.51.100.1" } ] } } } }"#,
            r#"{ "update": { "attribute": { "origin": "igp" }, "announce": { "l2vpn evpn": { "198.51.100.1": [ { "code": 3, "parsed": true, "raw": "03110000FBF5000000640000000020C6336401", "name": "Inclusive Multicast Ethernet Tag", "rd": "64501:100", "ethernet-tag": 0, "ip": "198.51.100.1" } ] } } } }"#,
            "neighbor X update start\nneighbor X announced route multicast rd 64501:100 ip 198.51.100.1 next-hop 198.51.100.1 origin igp\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update announced multicast rd 64501:100 ip 198.51.100.1 next-hop 198.51.100.1 origin igp\nneighbor X update end\n",
        ],
    );
}

#[test]
fn ends() {
    let attributes = "800F03000201";
    check(
        &shown("", attributes, "", false),
        [
            r#"{ "eor": { "afi" : "ipv6", "safi" : "unicast" }}"#,
            r#"{ "eor": { "afi" : "ipv6", "safi" : "unicast" } }"#,
            r#"{ "eor": { "afi" : "ipv6", "safi" : "unicast" } }"#,
            r#"{ "eor": { "afi" : "ipv6", "safi" : "unicast" } }"#,
            "neighbor X update start\nneighbor X announced route eor 2/1 (ipv6 unicast)\nneighbor X update end\n",
            "neighbor X update start\nneighbor X update route eor 2/1 (ipv6 unicast)\nneighbor X update end\n",
        ],
    );
}
