//! What a peer can do wrong, and what becomes of its UPDATE.

use proptest::prelude::*;

use super::fault::Kind;
use super::*;
use crate::asn::Asn;
use crate::codes::{Afi, Safi};
use crate::io::text::parse_hex;

const ORIGIN: &str = "40010100";
const AS_PATH: &str = "40020602010000FFFE";
const NEXT_HOP: &str = "40030401020304";
const LOCAL_PREF: &str = "40050400000064";
/// 10.0.0.0/24.
const ROUTE: &str = "180A0000";

fn session() -> Negotiated {
    let mut negotiated = Negotiated::permissive();
    negotiated.families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    negotiated.next_hop.clear();
    negotiated
}

fn body(withdrawn: &str, attributes: &[&str], nlri: &str) -> Vec<u8> {
    let bytes = |hex: &str| parse_hex(hex).unwrap();
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let (withdrawn, attributes) = (bytes(withdrawn), bytes(&attributes.concat()));
    [&length(&withdrawn), &withdrawn[..], &length(&attributes), &attributes, &bytes(nlri)].concat()
}

/// Attributes that are right, and `more`, with a route.
fn with(more: &str) -> Vec<u8> {
    body("", &[ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, more], ROUTE)
}

fn json(update: &Update<'_>) -> String {
    let mut out = Vec::new();
    update.json(JsonForm::default(), &mut out);
    let _: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    String::from_utf8(out).unwrap()
}

fn text(update: &Update<'_>) -> String {
    let mut out = Vec::new();
    update.text(b"neighbor 127.0.0.1 receive", JsonForm::default(), &mut out);
    String::from_utf8(out).unwrap()
}

/// What was done, and how many NLRI are announced and withdrawn.
fn outcome(body: &[u8], negotiated: &Negotiated) -> (Vec<(Kind, OnError)>, usize, usize) {
    let update = Update::decode(body, negotiated, Direction::Receive).expect("no reset");
    json(&update);
    let faults = update.faults().iter().map(|fault| (fault.kind, fault.action)).collect();
    let announced = update.announced().flat_map(|(_, nlri)| nlri).map(Result::unwrap).count();
    let withdrawn = update.withdrawn().flatten().map(Result::unwrap).count();
    (faults, announced, withdrawn)
}

/// Code, subcode and data of the NOTIFICATION.
fn reset(body: &[u8], negotiated: &Negotiated) -> (u8, u8, String) {
    let error = Update::decode(body, negotiated, Direction::Receive).unwrap_err();
    let mut data = Vec::new();
    crate::io::text::push_hex_upper(&mut data, &error.data);
    (error.code, error.subcode, String::from_utf8(data).unwrap())
}

#[test]
fn an_ordinary_update() {
    let body = body("180A0001", &[ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF], ROUTE);
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    assert!(update.faults().is_empty());
    assert_eq!(
        json(&update),
        r#"{ "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [65534]}}, "next-hop": "1.2.3.4", "local-preference": 100 }, "announce": { "ipv4 unicast": { "1.2.3.4": [ { "nlri": "10.0.0.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.0.1.0/24" } ] } } }"#
    );
    assert_eq!(
        text(&update),
        "neighbor 127.0.0.1 receive update start\n\
         neighbor 127.0.0.1 receive update withdrawn 10.0.1.0/24\n\
         neighbor 127.0.0.1 receive update announced 10.0.0.0/24 next-hop 1.2.3.4 origin igp as-path ( 65534 ) local-preference 100\n\
         neighbor 127.0.0.1 receive update end\n"
    );
}

#[test]
fn end_of_rib_in_all_its_forms() {
    for (hex, family) in [
        ("00000000", Some(Family::IPV4_UNICAST)),
        ("00000007900F0003000201", Some(Family::IPV6_UNICAST)),
        ("00000006800F03000201", Some(Family::IPV6_UNICAST)),
        ("00000006800F03000101", Some(Family::IPV4_UNICAST)),
        ("0000000440010100", None),
        ("0001000000", None),
    ] {
        let body = parse_hex(hex).unwrap();
        let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
        assert_eq!(update.end_of_rib(), family, "{hex}");
    }
    let body = parse_hex("00000006800F03000201").unwrap();
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    assert_eq!(json(&update), r#"{ "eor": { "afi" : "ipv6", "safi" : "unicast" } }"#);
    assert!(text(&update).contains(" update route eor 2/1 (ipv6 unicast)\n"));
}

#[test]
fn lengths_that_do_not_fit_end_the_session() {
    let session = session();
    assert_eq!(reset(&[0, 0, 0], &session), (1, 2, "0016".into()));
    assert_eq!(reset(&[0, 0xff, 0, 0], &session), (3, 1, String::new()));
    assert_eq!(reset(&[0, 0, 0, 1], &session), (3, 1, String::new()));
    assert_eq!(reset(&[0, 2, 8, 10, 0], &session), (3, 1, String::new()));
}

#[test]
fn faults_that_a_session_survives() {
    use Kind::{
        Empty, Flags, FourOctet, Header, Missing, MultiprotocolFlags, MultiprotocolNextHop,
        MultiprotocolNlri, Overrun, Repeated, Value,
    };
    use OnError::{DisableFamily, Discard, TreatAsWithdraw};
    let session = session();
    let withdraw = |kind| (vec![(kind, TreatAsWithdraw)], 0, 1);
    let discard = |kind| (vec![(kind, Discard)], 1, 0);
    let disable = |kind| (vec![(kind, DisableFamily)], 1, 0);
    for (more, expected) in [
        ("C0", withdraw(Header)),
        ("C008", withdraw(Header)),
        ("D00800", withdraw(Header)),
        ("C008080001", withdraw(Overrun)),
        ("D0080100FFFF", withdraw(Overrun)),
        ("C00404000000C8", withdraw(Flags)),
        // AGGREGATOR with wrong flags costs the routes, with a wrong value only itself.
        ("400708000000010A000001", withdraw(Flags)),
        ("C00706000000010A00", discard(Value)),
        ("800400", withdraw(Empty)),
        ("C00700", discard(Empty)),
        ("800403000001", withdraw(Value)),
        ("C00803FFFFFF", withdraw(Value)),
        ("C01003FFFFFF", withdraw(Value)),
        ("C02003FFFFFF", withdraw(Value)),
        ("40060101", discard(Value)),
        ("80040400000001800404000000028004040000000380040400000004", {
            (vec![(Repeated, Discard); 3], 1, 0)
        }),
        ("40010101", discard(Repeated)),
        ("C0110602010000FFFE", discard(FourOctet)),
        ("C012080000FFFE01020304", discard(FourOctet)),
        // MP_REACH_NLRI of IPv6: next hop of 4 octets; one that overruns; flags; a prefix of 129 bits; one cut short.
        ("800E09000201040102030400", disable(MultiprotocolNextHop)),
        ("800E06000201100000", disable(MultiprotocolNextHop)),
        ("C00E15000201100000000000000000000000000000000100", disable(MultiprotocolFlags)),
        ("800E1600020110000000000000000000000000000000010081", disable(MultiprotocolNlri)),
        ("800E1600020110000000000000000000000000000000010040", disable(MultiprotocolNlri)),
        ("800F0400020181", disable(MultiprotocolNlri)),
        ("800E09000142040102030400", (vec![(Kind::Family, Discard)], 1, 0)),
        ("800F03000142", (vec![(Kind::Family, Discard)], 1, 0)),
    ] {
        assert_eq!(outcome(&with(more), &session), expected, "{more}");
    }
    for (left_out, attributes) in [
        (1, [AS_PATH, NEXT_HOP, LOCAL_PREF]),
        (2, [ORIGIN, NEXT_HOP, LOCAL_PREF]),
        (3, [ORIGIN, AS_PATH, LOCAL_PREF]),
        (5, [ORIGIN, AS_PATH, NEXT_HOP]),
    ] {
        let body = body("", &attributes, ROUTE);
        assert_eq!(outcome(&body, &session), withdraw(Missing), "{left_out}");
        let update = Update::decode(&body, &session, Direction::Receive).unwrap();
        assert_eq!(*update.faults()[0].notification().data, [left_out]);
    }
}

#[test]
fn faults_that_end_the_session() {
    let session = session();
    // A well-known attribute that nobody knows; MP_REACH_NLRI twice; a multiprotocol attribute too short for a family.
    let known = |more: &str| reset(&with(more), &session);
    assert_eq!(known("406301AA"), (3, 2, "406301AA".into()));
    assert_eq!(known("800F03000201800F03000201"), (3, 1, String::new()));
    assert_eq!(known("800F020002"), (3, 9, "800F020002".into()));
    assert_eq!(known("800E0400020100"), (3, 9, "800E0400020100".into()));
    // NLRI that can not be parsed: 33 bits, too few octets.
    let attributes = &[ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF];
    for wrong in ["210A000001", "180A00", "20"] {
        assert_eq!(reset(&body("", attributes, wrong), &session), (3, 10, String::new()));
        assert_eq!(reset(&body(wrong, &[], ""), &session), (3, 10, String::new()));
    }
    // A malformed attribute and no reachable NLRI: whether there should be some can not be known (RFC 7606 section 5.2).
    assert_eq!(reset(&body("", &["40010105"], ""), &session), (3, 6, "40010105".into()));
    assert_eq!(reset(&body(ROUTE, &["40010105"], ""), &session), (3, 6, "40010105".into()));
    assert_eq!(reset(&body("", &["800403000001"], ""), &session), (3, 5, "800403000001".into()));
}

#[test]
fn a_withdrawal_for_a_fault_is_seen() {
    let body = body("180A0001", &["40010105", AS_PATH, NEXT_HOP, LOCAL_PREF], ROUTE);
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    let json = json(&update);
    assert!(json.contains(r#", "error": "treat-as-withdraw due to origin ("#), "{json}");
    assert!(!json.contains("announce"), "{json}");
    assert!(json.contains(
        r#""withdraw": { "ipv4 unicast": [ { "nlri": "10.0.1.0/24" }, { "nlri": "10.0.0.0/24" } ] }"#
    ));
    let text = text(&update);
    assert!(text.contains(" update withdrawn 10.0.1.0/24\n"), "{text}");
    assert!(
        text.contains(" update withdrawn 10.0.0.0/24 error \"treat-as-withdraw due to origin ("),
        "{text}"
    );
}

#[test]
fn the_gravest_fault_comes_first() {
    let body = with("C00706000000010A00800403000001");
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    let json = json(&update);
    let (error, withdraw, discard) =
        (json.find("error"), json.find("due to med"), json.find("; discard due to aggregator"));
    assert!(error < withdraw && withdraw < discard && discard.is_some(), "{json}");
}

#[test]
fn external_peers_have_no_internal_attributes() {
    let mut session = session();
    session.peer_as = Asn(65000);
    let attributes = &[ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, "80090401020304", "800A0401020304"];
    let body = body("", attributes, ROUTE);
    let internal = (Kind::Internal, OnError::Discard);
    assert_eq!(outcome(&body, &session), (vec![internal; 3], 1, 0));
    let update = Update::decode(&body, &session, Direction::Receive).unwrap();
    assert!(update.attribute(5).is_none());
    // A message that is only looked at shows them.
    let inspect = Scrutiny::Inspection;
    let update = Update::decode_with(&body, &session, Direction::Receive, inspect).unwrap();
    assert!(update.faults().is_empty() && update.attribute(5).is_some());
}

#[test]
fn unknown_attributes_are_kept_with_their_flags() {
    let body = with("C063020102806202010280610090640001AB");
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    let shown = json(&update);
    assert!(
        shown.contains(
            r#""attribute-0x61-0x80": "0x", "attribute-0x62-0x80": "0x0102", "attribute-0x63-0xE0": "0x0102", "attribute-0x64-0x90": "0xab""#
        ),
        "{shown}"
    );
    let line = text(&update);
    assert!(line.contains(" attribute [ 0x63 0xE0 0x0102 ]"), "{line}");
}

#[test]
fn inspection_shows_what_a_session_would_not_take() {
    let body = body("", &["406301AA"], ROUTE);
    let (context, receive) = (session(), Direction::Receive);
    let update = Update::decode_with(&body, &context, receive, Scrutiny::Inspection).unwrap();
    assert_eq!(
        json(&update),
        r#"{ "update": { "attribute": { "attribute-0x63-0x60": "0xaa" }, "announce": { "ipv4 unicast": { "no-nexthop": [ { "nlri": "10.0.0.0/24" } ] } } } }"#
    );
}

#[test]
fn path_identifiers_are_read_where_they_are_negotiated() {
    let mut session = session();
    session.add_path.receive = vec![Family::IPV4_UNICAST];
    let body =
        body("00000007180A0001", &[ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF], "00000001180A0000");
    let update = Update::decode(&body, &session, Direction::Receive).unwrap();
    let shown = json(&update);
    assert!(
        shown.contains(r#"{ "nlri": "10.0.0.0/24", "path-information": "0.0.0.1" }"#),
        "{shown}"
    );
    assert!(
        text(&update).contains("announced 10.0.0.0/24 path-information 0.0.0.1 next-hop 1.2.3.4 ")
    );
    // Four octets alone are a path identifier without a route.
    let cut = body_of(&["00000001"]);
    assert_eq!(reset(&cut, &session), (3, 10, String::new()));
}

fn body_of(nlri: &[&str]) -> Vec<u8> {
    body("", &[ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF], &nlri.concat())
}

#[test]
fn no_family_and_no_next_hop_is_named_twice() {
    // The same family in NLRI and MP_REACH_NLRI, in withdrawn routes and MP_UNREACH_NLRI.
    let reach = |next_hop: &str| format!("800E0D00010104{next_hop}00180A0002");
    let unreach = "800F07000101180A0003";
    for (next_hop, announced) in [
        ("01020304", r#"{ "1.2.3.4": [ { "nlri": "10.0.0.0/24" }, { "nlri": "10.0.2.0/24" } ] }"#),
        (
            "05060708",
            r#"{ "1.2.3.4": [ { "nlri": "10.0.0.0/24" } ], "5.6.7.8": [ { "nlri": "10.0.2.0/24" } ] }"#,
        ),
    ] {
        let attributes = [ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, &reach(next_hop), unreach];
        let body = body("180A0001", &attributes, ROUTE);
        let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
        let shown = json(&update);
        assert!(
            shown.contains(&format!(r#""announce": {{ "ipv4 unicast": {announced} }}"#)),
            "{shown}"
        );
        assert!(
            shown.contains(
                r#""withdraw": { "ipv4 unicast": [ { "nlri": "10.0.1.0/24" }, { "nlri": "10.0.3.0/24" } ] }"#
            ),
            "{shown}"
        );
    }
}

#[test]
fn a_link_local_address_beside_the_next_hop_is_not_a_second_one() {
    let reach = "800E2A0002012020010DB8000000000000000000000001FE8000000000000000000000000000010020FE800000";
    let body = body("", &[ORIGIN, AS_PATH, LOCAL_PREF, reach], "");
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    let shown = json(&update);
    assert!(
        shown.contains(r#"{ "ipv6 unicast": { "2001:db8::1": [ { "nlri": "fe80::/32" } ] } }"#),
        "{shown}"
    );
}

#[test]
fn next_hops_of_another_family_need_to_be_negotiated() {
    let reach = "800E1900010110000000000000000000000000000000010018010203";
    let body = body("", &[ORIGIN, AS_PATH, LOCAL_PREF, reach], "");
    let mut session = session();
    let disabled = Update::decode(&body, &session, Direction::Receive).unwrap();
    assert_eq!(disabled.disabled_family(), Some(Family::IPV4_UNICAST));
    session.next_hop = vec![(Family::IPV4_UNICAST, Afi::IPV6)];
    assert_eq!(outcome(&body, &session), (vec![], 1, 0));
}

#[test]
fn families_without_a_type_are_shown_raw() {
    let family = Family::new(Afi(7), Safi(77));
    let mut session = session();
    session.families.push(family);
    let body = body(
        "",
        &[
            ORIGIN,
            AS_PATH,
            LOCAL_PREF,
            "800E0B0007_4D_0401020304_00_ABCD".replace('_', "").as_str(),
        ],
        "",
    );
    let update = Update::decode(&body, &session, Direction::Receive).unwrap();
    let shown = json(&update);
    assert!(
        shown.contains(r#"{ "unknown-afi-0x0007 unknown safi 77": { "1.2.3.4": [ { "parsed": false, "raw": "ABCD" } ] } }"#),
        "{shown}"
    );
}

/// RFC 6793: an OLD speaker's two-octet path, completed by AS4_PATH.
#[test]
fn two_octet_peers_have_their_paths_completed() {
    let mut session = session();
    session.asn4 = false;
    // AS_PATH 65534 23456 65000, AS4_PATH 65536 65000, AGGREGATOR 23456, AS4_AGGREGATOR 65536.
    let path = "4002080203FFFE5BA0FDE8";
    let aggregator = "C007065BA001020304";
    let (path4, aggregator4) = ("C0110A0202000100000000FDE8", "C012080001000001020304");
    let shown = |attributes: &[&str]| {
        let all: Vec<&str> =
            [ORIGIN, path, NEXT_HOP, LOCAL_PREF].iter().chain(attributes).copied().collect();
        let body = body("", &all, ROUTE);
        let update = Update::decode(&body, &session, Direction::Receive).unwrap();
        (json(&update), update.faults().len())
    };
    let (json, faults) = shown(&[aggregator, path4, aggregator4]);
    assert!(json.contains(r#""value": [65534, 65536, 65000]"#), "{json}");
    assert!(json.contains(r#""aggregator": "65536:1.2.3.4""#), "{json}");
    assert_eq!((json.matches("aggregator").count(), faults), (1, 0));
    // An AGGREGATOR that is no AS_TRANS was not translated: both AS4 attributes say nothing.
    let (json, _) = shown(&["C00706FDE901020304", path4, aggregator4]);
    assert!(json.contains(r#""value": [65534, 23456, 65000]"#), "{json}");
    assert!(json.contains(r#""aggregator": "65001:1.2.3.4""#), "{json}");
    // Without AS4_PATH the numbers are only widened.
    let (json, faults) = shown(&[]);
    assert!(json.contains(r#""value": [65534, 23456, 65000]"#), "{json}");
    assert_eq!(faults, 0);
}

#[test]
fn every_rule_has_its_section() {
    let body = with("800403000001");
    let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
    assert_eq!(update.faults()[0].kind.reference(), "RFC 7606 section 7");
}

/// MP_UNREACH_NLRI alone, of an AFI and SAFI.
fn unreachable(family: &str, nlri: &str) -> Vec<u8> {
    let value = format!("{family}{nlri}").replace(' ', "");
    let attribute = format!("800F{:02X}{value}", value.len() / 2);
    body("", &[&attribute], "")
}

#[test]
fn a_withdrawn_nlri_that_is_wrong_inside_ends_no_session() {
    for (family, nlri) in [
        ("000185", "03FF0102"),
        ("000104", "100A00"),
        ("001946", "030100"),
        ("000184", "100001"),
        ("000105", "050100"),
    ] {
        let octets = unreachable(family, nlri);
        let update = Update::decode(&octets, &Negotiated::permissive(), Direction::Receive);
        let update = update.unwrap_or_else(|error| panic!("{family} {nlri}: {error}"));
        assert!(update.is_treated_as_withdraw(), "{family} {nlri}");
        assert_eq!(update.faults().len(), 1, "{family} {nlri}");
    }
}

#[test]
fn a_wrong_route_withdraws_the_one_that_it_replaces() {
    let route = |esi: &str, gateway: &str| {
        let hex = format!("05220000FDE800000001{esi}0000000018 0A010000{gateway}000641");
        parse_hex(&hex.replace(' ', "")).unwrap()
    };
    let family = Family::new(Afi::L2VPN, Safi::EVPN);
    let good = route("00000000000000000000", "00000000");
    let wrong = route("00112233445566778899", "0A000009");
    let nlri = |bytes| crate::nlri::Nlri { family, path_id: None, bytes };
    assert!(nlri(&good).check().is_ok() && nlri(&wrong).check().is_err());
    assert_eq!(nlri(&good).identity(), nlri(&wrong).identity());
}

#[test]
fn the_next_hop_of_a_flow_specification_is_not_looked_at() {
    let reach =
        "800E1B 000185 10 20010DB8000000000000000000000001 00 05 0118 0A0001".replace(' ', "");
    let octets = body("", &["40010100", "400200", "40050400000064", &reach], "");
    let mut session = Negotiated::permissive();
    session.next_hop.clear();
    let update = Update::decode(&octets, &session, Direction::Receive).unwrap();
    assert_eq!(update.faults(), []);
    assert_eq!(update.announced().count(), 1);
}

/// RFC 9552 section 8.2.2: descriptors in another order cost the NLRI that has them, and none beside it.
#[test]
fn a_bgp_ls_nlri_that_is_wrong_inside_costs_no_other() {
    let node = |asn: u8, wrong: bool| {
        let [first, second] = [format!("02000004000000{asn:02X}"), "0203000401010101".to_owned()];
        let node = if wrong { second + &first } else { first + &second };
        format!("0001001D 03 0000000000000000 01000010 {node}").replace(' ', "")
    };
    let (right, wrong, other) = (node(1, false), node(2, true), node(3, false));
    let octets = |text: &str| parse_hex(text).unwrap();
    for (nlri, expected) in [
        (format!("{right}{wrong}{other}"), vec![octets(&right), octets(&other)]),
        (format!("{wrong}{other}"), vec![octets(&other)]),
        (wrong, vec![]),
    ] {
        let value = format!("4004470401020304 00{nlri}").replace(' ', "");
        let reach = format!("800E{:02X}{value}", value.len() / 2);
        let body = body("", &[ORIGIN, AS_PATH, LOCAL_PREF, &reach], "");
        let update = Update::decode(&body, &Negotiated::permissive(), Direction::Receive).unwrap();
        let announced: Vec<_> = update
            .announced()
            .flat_map(|(_, nlri)| nlri)
            .map(|nlri| nlri.unwrap().bytes.to_vec())
            .collect();
        assert_eq!(announced, expected);
        assert_eq!(update.withdrawn().count(), 0);
        let shown = json(&update);
        assert!(
            shown.contains("discard due to mp-reach-nlri (order of node descriptors"),
            "{shown}"
        );
        assert_eq!(shown.contains("announce"), !expected.is_empty(), "{shown}");

        let octets = unreachable("400447", &nlri);
        let update =
            Update::decode(&octets, &Negotiated::permissive(), Direction::Receive).unwrap();
        let withdrawn: Vec<_> =
            update.withdrawn().flatten().map(|nlri| nlri.unwrap().bytes.to_vec()).collect();
        assert_eq!(withdrawn, expected);
        assert!(!update.is_treated_as_withdraw() && update.end_of_rib().is_none());
    }
}

proptest! {
    #[test]
    fn attributes_of_any_order_are_by_ascending_code(
        attributes in Just(vec![ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, "C00804FFFF0001", "E0630109"]).prop_shuffle(),
    ) {
        let body = body("", &attributes, ROUTE);
        let update = Update::decode(&body, &session(), Direction::Receive).unwrap();
        let held: Vec<_> = update.attributes().map(|attribute| (attribute.code, attribute.value.len())).collect();
        prop_assert_eq!(held, [(1, 1), (2, 6), (3, 4), (5, 4), (8, 4), (99, 1)]);
    }
}
