//! OPEN and its capabilities at the boundary: octets, JSON, text.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::net::Ipv4Addr;

use proptest::prelude::*;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::Capabilities;
use yottabgp_wire::capability::graceful_restart::GracefulRestartCapability;
use yottabgp_wire::capability::long_lived_graceful_restart::LongLivedFamily;
use yottabgp_wire::capability::registry;
use yottabgp_wire::codes::{Afi, CapabilityCode, Family, Safi, error};
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};

fn open(capabilities: Capabilities) -> Open {
    let router_id = Ipv4Addr::new(10, 0, 0, 2);
    Open { version: 4, asn: 65001, hold_time: 180, router_id, capabilities }
}

fn encode(open: &Open) -> Vec<u8> {
    let mut out = Vec::new();
    open.encode(&mut out);
    out
}

/// The body of an OPEN whose optional parameters are these octets, in hexadecimal.
fn body(parameters: &str) -> Vec<u8> {
    let mut body = vec![4, 0xfd, 0xe9, 0, 180, 10, 0, 0, 2];
    body.extend(parse_hex(&parameters.replace(' ', "")).unwrap());
    body
}

fn json(open: &Open) -> String {
    let mut out = Vec::new();
    open.json(&mut out);
    String::from_utf8(out).unwrap()
}

fn text(open: &Open) -> String {
    let mut out = Vec::new();
    open.text(&mut out);
    String::from_utf8(out).unwrap()
}

/// The JSON and the text of the capabilities in these octets, one parameter for all.
fn shown(capabilities: &str) -> (String, String) {
    let length = capabilities.replace(' ', "").len() / 2;
    let body = body(&format!("{:02x} 02 {length:02x} {capabilities}", length + 2));
    let open = Open::decode(&body).unwrap();
    let json = json(&open);
    let text = text(&open);
    let json = json.split_once("\"capabilities\": ").unwrap().1.strip_suffix(" }").unwrap();
    let text = text.split_once("capabilities ").unwrap().1;
    (json.to_owned(), text.to_owned())
}

fn refused(parameters: &str) -> (u8, u8) {
    let error = Open::decode(&body(parameters)).unwrap_err();
    (error.code, error.subcode)
}

fn every_capability() -> Capabilities {
    let ipv4 = Family::IPV4_UNICAST;
    let mut all = Capabilities::new();
    all.announce_multiprotocol([ipv4, Family::IPV6_UNICAST]);
    all.announce_asn4(Asn(70_000));
    all.announce_next_hop([(ipv4, Afi::IPV6)]);
    all.announce_add_path([(ipv4, 3), (Family::IPV6_UNICAST, 1)]);
    all.announce_paths_limit([(ipv4, 10)]);
    all.announce_graceful_restart(&GracefulRestartCapability {
        restarted: true,
        notification: true,
        time: 120,
        families: vec![(ipv4, true), (Family::IPV6_UNICAST, false)],
    });
    all.announce_long_lived_graceful_restart([LongLivedFamily {
        family: ipv4,
        forwarding: true,
        stale_time: 3600,
    }]);
    for code in [
        CapabilityCode::ROUTE_REFRESH,
        CapabilityCode::ENHANCED_ROUTE_REFRESH,
        CapabilityCode::OPERATIONAL,
        CapabilityCode::EXTENDED_MESSAGE,
        CapabilityCode::LINK_LOCAL_NEXT_HOP,
        CapabilityCode::ROUTE_REFRESH_CISCO,
        CapabilityCode::MULTISESSION_CISCO,
    ] {
        all.announce_flag(code);
    }
    all.announce_hostname("alpha", "example.org");
    all.announce_software_version("YottaBGP/1.0");
    all.announce_role(3);
    all.announce_multisession([CapabilityCode::MULTIPROTOCOL]);
    all.announce(CapabilityCode(200), &[1, 2, 3]);
    all
}

#[test]
fn every_row_is_announced_and_read_back() {
    let said = open(every_capability());
    for row in registry::TABLE {
        assert!(said.capabilities.has(row.code), "{:?}", row.code);
    }
    let octets = encode(&said);
    let Frame::Message { body, length, .. } = frame(&octets, 4096) else { panic!() };
    assert_eq!(length, octets.len());
    let read = Open::decode(body).unwrap();
    assert_eq!(read, said);
    let read = read.capabilities;
    assert_eq!(read.multiprotocol(), [Family::IPV4_UNICAST, Family::IPV6_UNICAST]);
    assert_eq!(read.asn4(), Some(Asn(70_000)));
    assert_eq!(read.next_hop(), [(Family::IPV4_UNICAST, Afi::IPV6)]);
    assert_eq!(read.add_path(), [(Family::IPV4_UNICAST, 3), (Family::IPV6_UNICAST, 1)]);
    assert_eq!(read.paths_limit(), [(Family::IPV4_UNICAST, 10)]);
    let restart = read.graceful_restart().unwrap();
    assert!(restart.restarted && restart.notification);
    assert_eq!(restart.time, 120);
    assert_eq!(restart.families, [(Family::IPV4_UNICAST, true), (Family::IPV6_UNICAST, false)]);
    assert_eq!(read.long_lived_graceful_restart()[0].stale_time, 3600);
    assert_eq!(read.hostname(), Some(("alpha".into(), "example.org".into())));
    assert_eq!(read.software_version().as_deref(), Some("YottaBGP/1.0"));
    assert_eq!(read.role(), Some(3));
    assert_eq!(read.multisession(), Some(vec![CapabilityCode::MULTIPROTOCOL]));
    serde_json::from_str::<serde_json::Value>(&json(&said)).unwrap();
}

#[test]
fn one_parameter_for_each_capability() {
    let mut capabilities = Capabilities::new();
    capabilities.announce_multiprotocol([Family::IPV6_UNICAST]);
    capabilities.announce_asn4(Asn(65001));
    capabilities.announce_flag(CapabilityCode::EXTENDED_MESSAGE);
    capabilities.announce_hostname("a", "b");
    let octets = encode(&open(capabilities));
    let parameters =
        "1c 02 06 01 04 0002 00 01 02 06 41 04 0000fde9 02 02 06 00 02 06 49 04 01 61 01 62";
    assert_eq!(octets[HEADER_LENGTH..], body(parameters));
}

#[test]
fn long_parameters_take_the_extended_form_and_are_read_back() {
    let with = |families: u8, last: usize| {
        let mut capabilities = Capabilities::new();
        let all = (0..families).map(|safi| Family::new(Afi::IPV4, Safi(safi)));
        capabilities.announce_multiprotocol(all);
        capabilities.announce(CapabilityCode(200), &vec![0; last]);
        open(capabilities)
    };
    // 30 families take 240 octets; the last capability takes 4 and its value: 254 is the most of the usual form.
    for (families, last, extended) in
        [(30, 10, false), (30, 11, true), (30, 12, true), (60, 0, true)]
    {
        let said = with(families, last);
        let octets = encode(&said);
        assert_eq!(octets[28..30] == [255, 255], extended, "{families} {last}");
        assert_eq!(Open::decode(&octets[HEADER_LENGTH..]).unwrap(), said);
    }
}

#[test]
fn the_longest_capability_needs_the_extended_form() {
    let mut capabilities = Capabilities::new();
    capabilities.announce(CapabilityCode(200), &[7; 300]);
    let said = open(capabilities);
    let octets = encode(&said);
    assert_eq!(octets[28..36], [255, 255, 1, 4, 2, 1, 1, 200]);
    assert_eq!(Open::decode(&octets[HEADER_LENGTH..]).unwrap(), said);
}

#[test]
fn parameters_are_read_in_every_shape() {
    let multiprotocol =
        |parameters: &str| Open::decode(&body(parameters)).unwrap().capabilities.multiprotocol();
    assert_eq!(multiprotocol("00"), []);
    let both = [Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    assert_eq!(multiprotocol("10 02 06 01 04 00010001 02 06 01 04 00020001"), both);
    assert_eq!(multiprotocol("0e 02 0c 01 04 00010001 01 04 00020001"), both);
    assert_eq!(multiprotocol("ff ff 000f 02 000c 01 04 00010001 01 04 00020001"), both);
    // RFC 9072 section 2: the first length does not matter unless it is 0.
    assert_eq!(multiprotocol("04 ff 0009 02 0006 01 04 00010001"), both[..1]);
    // The same family twice is the family once; what follows it is not understood.
    assert_eq!(multiprotocol("11 02 06 01 04 00010001 02 07 01 05 0001000199"), both[..1]);
}

#[test]
fn what_is_wrong_is_refused_with_the_code_of_the_rfc() {
    let short = Open::decode(&[4, 0, 1, 0, 180, 1, 1, 1, 1]).unwrap_err();
    assert_eq!(short, Notification::with_data(1, 2, vec![0, 28]));
    let mut version = body("00");
    version[0] = 3;
    let error = Open::decode(&version).unwrap_err();
    assert_eq!(error, Notification::with_data(2, 1, vec![0, 4]));
    assert_eq!(refused("03 01 01 00"), (2, 4), "authentication, which RFC 4271 removed");
    assert_eq!(refused("03 09 01 00"), (2, 4), "unknown parameter");
    assert_eq!(refused("01"), (2, 0), "no parameter where one octet is announced");
    assert_eq!(refused("00 02 00"), (2, 0), "octets after the parameters");
    assert_eq!(refused("04 02 02 01 04"), (2, 0), "value is cut off");
    assert_eq!(refused("05 02 03 41 01 00"), (2, 0), "an AS number of one octet");
    assert_eq!(refused("06 02 04 02 00 01 00"), (2, 0), "no multiprotocol family");
    assert_eq!(refused("08 02 06 09 01 01 09 01 02"), (2, error::open::ROLE_MISMATCH));
    assert!(Open::decode(&body("08 02 06 09 01 01 09 01 01")).is_ok(), "the same role twice");
}

#[test]
fn capabilities_are_shown_as_exabgp_shows_them() {
    for (octets, json, text) in [
        (
            "01 04 00010001 01 04 00020001",
            r#"{ "1": { "name": "multiprotocol", "families": [ "ipv4/unicast", "ipv6/unicast" ] } }"#,
            "[multiprotocol(ipv4 unicast,ipv6 unicast)]",
        ),
        (
            "41 04 0000fde8 80 00 02 00",
            r#"{ "65": { "name": "asn4", "asn4": 65000 }, "128": { "name": "route-refresh", "variant": "Cisco" }, "2": { "name": "route-refresh", "variant": "RFC" } }"#,
            "[route refresh, asn4(65000), cisco route refresh]",
        ),
        (
            "05 06 000100010002",
            r#"{ "5": { "name": "nexthop", "conversion": [ "ipv4/unicast/ipv6" ] } }"#,
            "[nexthop(ipv4 unicast ipv6)]",
        ),
        (
            "06 00 46 00 b9 00 4d 00",
            r#"{ "6": { "name": "extended-message", "size": 65535 }, "70": { "name": "enhanced-route-refresh" }, "185": { "name": "operational" }, "77": { "name": "link-local-nexthop" } }"#,
            "[extended message(65535), enhanced route refresh, link-local nexthop, operational]",
        ),
        (
            "40 0a 8078 00010180 00020100",
            r#"{ "64": { "name": "graceful restart", "time": 120, "address-family-flags": { "ipv4/unicast": [ "restart" ] , "ipv6/unicast": [ ] }, "restart-flags": [ "forwarding" ]  } }"#,
            "[graceful restart flags 0x8 time 120 ipv4/unicast=0x80 ipv6/unicast=0x0]",
        ),
        (
            "40 06 0001 00010180 40 02 0078",
            r#"{ "64": { "name": "graceful restart", "time": 120, "address-family-flags": { }, "restart-flags": [ ]  } }"#,
            "[graceful restart flags 0x0 time 120]",
        ),
        (
            "45 0c 00010103 00020102 0001020f",
            r#"{ "69": { "name": "addpath", "ipv4/unicast": "send/receive","ipv6/unicast": "send","ipv4/multicast": "invalid (15)" } }"#,
            "[addpath(send/receive ipv4 unicast,send ipv6 unicast,invalid (15) ipv4 multicast)]",
        ),
        (
            "49 09 02 6822 05 610a62635c",
            r#"{ "73": { "host-name": "h\"", "domain-name": "a\nbc\\" } }"#,
            r#"[hostname(h" a\nbc\\)]"#,
        ),
        (
            "49 00 4b 03 02 4142",
            r#"{ "73": { "host-name": "", "domain-name": "" }, "75": { "software": "AB" } }"#,
            "[hostname( ), software(ab)]",
        ),
        (
            "4c 0a 000101000a 0002010000",
            r#"{ "76": { "name": "paths-limit", "ipv4/unicast": 10 } }"#,
            "[pathslimit(ipv4 unicast 10)]",
        ),
        (
            "44 01 00 44 01 01 83 00",
            r#"{ "68": { "name": "multisession", "variant": "RFC", "capabilities": [ "multiprotocol" ] }, "131": { "name": "multisession", "variant": "Cisco", "capabilities": [ ] } }"#,
            "[multisession (rfc) multiprotocol, multisession (cisco)]",
        ),
        (
            "09 01 00 47 07 00010180000e10",
            r#"{ "9": { "name": "bgp-role", "role": "provider" }, "71": { "name": "long-lived-graceful-restart", "ipv4/unicast": { "stale-time": 3600, "forwarding": true } } }"#,
            "[role(provider), long-lived graceful restart ipv4/unicast=0x80:3600]",
        ),
        (
            "03 01 ab 7f 00 c0 02 0102",
            r#"{ "3": { "name": "unknown", "iana": "unknown", "value": 3, "raw": "AB" }, "127": { "name": "unknown", "iana": "unassigned", "value": 127, "raw": "" }, "192": { "name": "unknown", "iana": "reserved", "value": 192, "raw": "0102" } }"#,
            "[unknown 3, unassigned 127, reserved 192]",
        ),
    ] {
        assert_eq!(shown(octets), (json.to_owned(), text.to_owned()), "{octets}");
        serde_json::from_str::<serde_json::Value>(json).unwrap();
    }
}

#[test]
fn the_whole_of_an_open_is_shown() {
    let mut capabilities = Capabilities::new();
    capabilities.announce_asn4(Asn(70_000));
    let open = Open { asn: 23456, ..open(capabilities) };
    assert_eq!(
        json(&open),
        r#"{ "version": 4, "asn": 23456, "hold_time": 180, "router_id": "10.0.0.2", "capabilities": { "65": { "name": "asn4", "asn4": 70000 } } }"#
    );
    assert_eq!(
        text(&open),
        "open version 4 asn 23456 hold_time 180 router_id 10.0.0.2 capabilities [asn4(70000)]"
    );
}

#[test]
fn values_that_do_not_fit_are_cut_or_spread() {
    let mut capabilities = Capabilities::new();
    capabilities.announce_hostname(&"é".repeat(40), "");
    capabilities.announce_software_version(&"v".repeat(100));
    capabilities.announce_add_path((0..100).map(|safi| (Family::new(Afi::IPV6, Safi(safi)), 3)));
    assert_eq!(capabilities.hostname().unwrap().0, "é".repeat(32));
    let version = capabilities.software_version().unwrap();
    assert_eq!(version, format!("{}...", "v".repeat(61)));
    assert_eq!(capabilities.add_path().len(), 100);
    let said = open(capabilities);
    assert_eq!(Open::decode(&encode(&said)[HEADER_LENGTH..]).unwrap(), said);
}

#[test]
fn every_truncation_is_refused() {
    let octets = encode(&open(every_capability()));
    for end in HEADER_LENGTH..octets.len() {
        Open::decode(&octets[HEADER_LENGTH..end]).unwrap_err();
    }
}

proptest! {
    #[test]
    fn any_octets_are_read_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Open::decode(&octets);
    }

    /// Parameters of random capabilities, known codes more often than others.
    #[test]
    fn what_is_read_is_shown_in_json_and_written_so_that_it_is_read_again(
        list in proptest::collection::vec(
            (
                prop_oneof![
                    any::<u8>(),
                    proptest::sample::select(registry::TABLE).prop_map(|row| row.code.0),
                ],
                proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..24),
            ),
            0..20,
        )
    ) {
        let mut capabilities = Capabilities::new();
        for (code, value) in &list {
            capabilities.announce(CapabilityCode(*code), value);
        }
        let octets = encode(&open(capabilities));
        if let Ok(read) = Open::decode(&octets[HEADER_LENGTH..]) {
            let shown = json(&read);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "{}", shown);
            prop_assert!(!text(&read).contains('\n'));
            let again = encode(&read);
            prop_assert_eq!(&Open::decode(&again[HEADER_LENGTH..]).unwrap(), &read);
            let said = &read.capabilities;
            let _ = (said.multiprotocol(), said.asn4(), said.next_hop(), said.add_path());
            let _ = (said.paths_limit(), said.graceful_restart(), said.hostname(), said.role());
            let _ = (said.long_lived_graceful_restart(), said.software_version());
        }
    }
}
