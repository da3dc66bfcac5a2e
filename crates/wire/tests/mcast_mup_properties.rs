//! Generated routes of multicast VPN and the mobile user plane: words → octets → words, octets → words → octets, and streams
//! of them with and without path identifiers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::io::tokens::{Span, Tokens, split_command};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{JsonForm, Nlri, NlriIter};
use yottabgp_wire::route::{self, RouteBuffer, Verb};

const FAMILIES: [Family; 4] = [
    Family::new(Afi::IPV4, Safi::MCAST_VPN),
    Family::new(Afi::IPV6, Safi::MCAST_VPN),
    Family::new(Afi::IPV4, Safi::MUP),
    Family::new(Afi::IPV6, Safi::MUP),
];

/// What was read of a statement.
fn read(words: &str) -> Result<RouteBuffer, String> {
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut tokens);
    let mut tokens = Tokens::new(words, &tokens, Span::new(words.len(), words.len()));
    route::parse_statement(Verb::Withdraw, &mut tokens, &mut route).map_err(|e| e.to_string())?;
    assert!(tokens.is_done(), "{words}");
    Ok(route)
}

fn octets(words: &str) -> Vec<u8> {
    let route = read(words).unwrap_or_else(|error| panic!("{words}: {error}"));
    route.nlri().next().unwrap().bytes.to_vec()
}

fn command(family: Family, bytes: &[u8]) -> String {
    let mut out = Vec::new();
    route::push_command(Nlri { family, path_id: None, bytes }, &mut out);
    String::from_utf8(out).unwrap()
}

fn v4() -> impl Strategy<Value = IpAddr> {
    any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).into())
}

fn v6() -> impl Strategy<Value = IpAddr> {
    any::<(u128, u128)>().prop_map(|(bits, mask)| Ipv6Addr::from(bits & mask).into())
}

fn ip(afi: Afi) -> BoxedStrategy<IpAddr> {
    if afi == Afi::IPV4 { v4().boxed() } else { v6().boxed() }
}

fn any_ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![v4(), v6()]
}

fn prefix(afi: Afi) -> impl Strategy<Value = String> {
    let longest: u8 = if afi == Afi::IPV4 { 32 } else { 128 };
    (ip(afi), 0..=longest).prop_map(move |(address, length)| match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            format!("{}/{length}", Ipv4Addr::from(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            format!("{}/{length}", Ipv6Addr::from(address.to_bits() & mask))
        }
    })
}

fn rd() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<(u16, u32)>().prop_map(|(a, b)| format!("{a}:{b}")),
        any::<(u32, u16)>().prop_map(|(a, b)| format!("{}:{b}", Ipv4Addr::from(a))),
        (65536..=u32::MAX, any::<u16>()).prop_map(|(a, b)| format!("{a}:{b}")),
        any::<u16>().prop_map(|b| format!("65000L:{b}")),
    ]
}

fn tlvs() -> impl Strategy<Value = String> {
    let one =
        (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, value)| {
            let digits: String = value.iter().map(|octet| format!("{octet:02X}")).collect();
            format!(" tlv {kind} 0x{digits}")
        });
    proptest::collection::vec(one, 0..4).prop_map(|all| all.concat())
}

/// A source or group that may be a wildcard.
fn or_any(afi: Afi) -> impl Strategy<Value = String> {
    prop_oneof![ip(afi).prop_map(|ip| ip.to_string()), Just("*".to_owned())]
}

/// The words of a route as they are written out.
fn words(family: Family) -> BoxedStrategy<String> {
    let afi = family.afi;
    let route = if family.safi == Safi::MCAST_VPN {
        let key = proptest::collection::vec(any::<u8>(), 0..20);
        prop_oneof![
            (any_ip(), rd()).prop_map(|(o, rd)| format!("intra-as originator {o} rd {rd}")),
            (rd(), any::<u32>()).prop_map(|(rd, asn)| format!("inter-as rd {rd} source-as {asn}")),
            (or_any(afi), or_any(afi), any_ip(), rd()).prop_map(|(s, g, o, rd)| {
                format!("s-pmsi source {s} group {g} originator {o} rd {rd}")
            }),
            (key, any_ip()).prop_map(|(key, o)| {
                let digits: String = key.iter().map(|octet| format!("{octet:02X}")).collect();
                format!("leaf-ad route-key 0x03{:02X}{digits} originator {o}", key.len())
            }),
            (ip(afi), ip(afi), rd())
                .prop_map(|(s, g, rd)| format!("source-ad source {s} group {g} rd {rd}")),
            (ip(afi), ip(afi), rd(), any::<u32>()).prop_map(|(s, g, rd, asn)| {
                format!("shared-join rp {s} group {g} rd {rd} source-as {asn}")
            }),
            (ip(afi), ip(afi), rd(), any::<u32>()).prop_map(|(s, g, rd, asn)| {
                format!("source-join source {s} group {g} rd {rd} source-as {asn}")
            }),
        ]
        .boxed()
    } else {
        let source = prop_oneof![
            Just(String::new()),
            Just(" source none".to_owned()),
            any_ip().prop_map(|source| format!(" source {source}")),
        ];
        let teid = (1..=u32::MAX, 1..=32u32).prop_map(|(teid, bits)| {
            let teid = (teid >> (32 - bits)).max(1);
            format!("{teid}/{bits}")
        });
        let teid = prop_oneof![teid, Just("0/0".to_owned())];
        prop_oneof![
            (prefix(afi), rd()).prop_map(|(prefix, rd)| format!("mup-isd {prefix} rd {rd}")),
            (ip(afi), rd()).prop_map(|(address, rd)| format!("mup-dsd {address} rd {rd}")),
            (prefix(afi), rd(), 1..=u32::MAX, 0..=63u8, any_ip(), source, tlvs()).prop_map(
                |(prefix, rd, teid, qfi, endpoint, source, tlvs)| {
                    // TLVs need the length of the source before them.
                    let none = if source.is_empty() && !tlvs.is_empty() { " source none" } else { "" };
                    format!("mup-t1st {prefix} rd {rd} teid {teid} qfi {qfi} endpoint {endpoint}{source}{none}{tlvs}")
                }
            ),
            (ip(afi), rd(), teid, tlvs()).prop_map(|(endpoint, rd, teid, tlvs)| {
                format!("mup-t2st {endpoint} rd {rd} teid {teid}{tlvs}")
            }),
        ]
        .boxed()
    };
    route.prop_map(move |route| format!("{family} {route}")).boxed()
}

fn family() -> impl Strategy<Value = Family> {
    proptest::sample::select(&FAMILIES[..])
}

fn family_and_words() -> impl Strategy<Value = (Family, String)> {
    family().prop_flat_map(|family| words(family).prop_map(move |words| (family, words)))
}

/// A header whose length is right and a body that is anything, mostly with parts that look right.
fn body(family: Family) -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        Just(vec![0]),
        any::<[u8; 4]>().prop_map(|address| [&[32][..], &address].concat()),
        any::<[u8; 16]>().prop_map(|address| [&[128][..], &address].concat()),
        any::<[u8; 8]>().prop_map(|rd| rd.to_vec()),
    ];
    let parts = proptest::collection::vec(part, 0..6);
    (0..9u8, parts).prop_map(move |(code, parts)| {
        let body = parts.concat();
        let length = u8::try_from(body.len()).unwrap();
        let head =
            if family.safi == Safi::MUP { vec![1, 0, code, length] } else { vec![code, length] };
        [head, body].concat()
    })
}

proptest! {
    #[test]
    fn words_survive_the_octets((family, words) in family_and_words()) {
        let bytes = octets(&words);
        let nlri = Nlri { family, path_id: None, bytes: &bytes };
        prop_assert_eq!(nlri.check(), Ok(()), "{}", words);
        prop_assert_eq!(command(family, &bytes), words);
    }

    #[test]
    fn octets_survive_the_words((family, bytes) in family().prop_flat_map(|f| body(f).prop_map(move |b| (f, b)))) {
        let nlri = Nlri { family, path_id: Some(7), bytes: &bytes };
        let words = command(family, &bytes);
        prop_assert_eq!(octets(&words), &bytes[..], "{}", words);
        let mut json = Vec::new();
        nlri.json(&JsonForm { layout: yottabgp_wire::layout::Layout::V6, ..JsonForm::default() }.into(), &mut json);
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(&json["path-information"], "0.0.0.7");
        let mut text = Vec::new();
        nlri.text(&mut text);
        prop_assert!(std::str::from_utf8(&text).is_ok());
        // What means nothing changes nothing: canonical bytes are canonical, and as right as they were.
        let mut buffer = Vec::new();
        let canonical = nlri.canonical(&mut buffer);
        prop_assert_eq!(canonical.check().is_ok(), nlri.check().is_ok());
        let mut again = Vec::new();
        prop_assert_eq!(canonical.canonical(&mut again), canonical);
    }

    #[test]
    fn streams_are_taken_apart_again(
        family in family(),
        path_id: bool,
        seed in proptest::collection::vec((any::<u32>(), body(FAMILIES[0]), body(FAMILIES[2])), 0..5),
    ) {
        let routes: Vec<(Option<u32>, &[u8])> = seed
            .iter()
            .map(|(id, mcast, mup)| {
                let bytes = if family.safi == Safi::MUP { mup } else { mcast };
                (path_id.then_some(*id), bytes.as_slice())
            })
            .collect();
        let mut field = Vec::new();
        for (path_id, bytes) in &routes {
            Nlri { family, path_id: *path_id, bytes }.encode(path_id.is_some(), &mut field);
        }
        let taken: Result<Vec<_>, _> =
            NlriIter::new(family, path_id, Reader::new(&field)).collect();
        let taken: Vec<_> = taken.unwrap().iter().map(|nlri| (nlri.path_id, nlri.bytes)).collect();
        prop_assert_eq!(taken, routes);
    }
}

/// Whether two statements are about the same route.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (read(one).unwrap(), read(other).unwrap());
    let (one, other) = (one.nlri().next().unwrap(), other.nlri().next().unwrap());
    one.family == other.family && one.identity() == other.identity()
}

#[test]
fn the_route_keys_of_mup_are_those_of_the_draft() {
    let first = "ipv4 mup mup-t1st 10.0.0.0/24 rd 1:1 teid 5 qfi 1 endpoint 10.0.0.1";
    for (same, other) in [
        (
            true,
            "ipv4 mup mup-t1st 10.0.0.0/24 rd 1:1 teid 6 qfi 2 endpoint ::1 source ::2 tlv 1 0x",
        ),
        (false, "ipv4 mup mup-t1st 10.0.0.0/25 rd 1:1 teid 5 qfi 1 endpoint 10.0.0.1"),
        (false, "ipv4 mup mup-t1st 10.0.0.0/24 rd 1:2 teid 5 qfi 1 endpoint 10.0.0.1"),
        (false, "ipv4 mup mup-isd 10.0.0.0/24 rd 1:1"),
    ] {
        assert_eq!(is_same(first, other), same, "{other}");
    }
    let second = "ipv6 mup mup-t2st ::1 rd 1:1 teid 5/16";
    for (same, other) in [
        (true, "ipv6 mup mup-t2st ::1 rd 1:1 teid 5/16 tlv 1 0x02"),
        (false, "ipv6 mup mup-t2st ::1 rd 1:1 teid 6/16"),
        (false, "ipv6 mup mup-t2st ::1 rd 1:1 teid 5/15"),
        (false, "ipv6 mup mup-t2st ::2 rd 1:1 teid 5/16"),
    ] {
        assert_eq!(is_same(second, other), same, "{other}");
    }
}

#[test]
fn an_ipv4_next_hop_of_ipv6_mup_is_mapped() {
    let next_hop = |words: &str| read(words).unwrap().next_hop;
    let mapped = Ipv4Addr::new(10, 0, 0, 2).to_ipv6_mapped();
    assert_eq!(next_hop("ipv6 mup mup-dsd ::1 rd 1:1 next-hop 10.0.0.2"), NextHop::V6(mapped));
    assert_eq!(
        next_hop("ipv4 mup mup-dsd 1.1.1.1 rd 1:1 next-hop 10.0.0.2"),
        NextHop::V4(Ipv4Addr::new(10, 0, 0, 2))
    );
    assert_eq!(next_hop("ipv6 mup mup-dsd ::1 rd 1:1 next-hop self"), NextHop::SelfAddress);
}
