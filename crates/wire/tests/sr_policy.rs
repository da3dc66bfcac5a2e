//! SR policies on their way: a command, the UPDATE that it makes, and the command that this is shown as.
#![allow(clippy::unwrap_used, missing_docs, reason = "test code")]

use proptest::prelude::*;
use yottabgp_wire::attribute::{render, set};
use yottabgp_wire::io::tokens::{Span, TextError, Tokens, split_command};
use yottabgp_wire::route::{RouteBuffer, Verb, parse_statement, push_command};

fn read(words: &str) -> Result<RouteBuffer, TextError> {
    let (mut list, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut list);
    let mut tokens = Tokens::new(words, &list, Span::new(words.len(), words.len()));
    parse_statement(Verb::Announce, &mut tokens, &mut route).map(|()| route)
}

/// The words that a route is shown with.
fn shown(route: &RouteBuffer) -> String {
    let mut out = Vec::new();
    push_command(route.nlri().next().unwrap(), &mut out);
    for stored in set::iter(route.attributes()) {
        render::push_readable(&stored.attribute, &mut out);
    }
    String::from_utf8(out).unwrap() + " next-hop 192.0.2.1"
}

fn attribute(route: &RouteBuffer, code: u8) -> Option<&[u8]> {
    let mut all = set::iter(route.attributes()).map(|stored| stored.attribute);
    all.find(|attribute| attribute.code == code).map(|attribute| attribute.value)
}

#[test]
fn words_of_the_policy_and_of_the_attribute_make_one_tunnel() {
    let policy = "ipv4 sr-policy distinguisher 0 color 1 endpoint 10.0.0.1 next-hop 192.0.2.1";
    let words = read(&format!("{policy} preference 5 med 7 priority 1")).unwrap();
    let both = format!("{policy} tunnel-encap [ sr-policy [ preference 5 ] ] priority 1 med 7");
    let tunnel = [0, 15, 0, 12, 12, 6, 0, 0, 0, 0, 0, 5, 15, 2, 1, 0];
    assert_eq!(attribute(&words, 23), Some(&tunnel[..]));
    assert_eq!(read(&both).unwrap().attributes(), words.attributes());
    // Another tunnel behind it is not the policy's.
    let other = read(&format!("{policy} preference 5 tunnel-encap gre [ ] priority 1")).unwrap();
    let value = attribute(&other, 23).unwrap();
    assert_eq!(value.get(12..), Some(&[0, 2, 0, 0, 0, 15, 0, 4, 15, 2, 1, 0][..]));
}

#[test]
fn a_policy_that_an_attribute_can_not_hold_is_refused() {
    let lists = "segment-list segment type-a mpls 1 ".repeat(6000);
    let words =
        format!("sr-policy distinguisher 0 color 1 endpoint 10.0.0.1 next-hop self {lists}");
    let error = read(&words).unwrap_err().to_string();
    assert!(error.contains("can not be longer than 65535 octets"), "{error}");
}

fn segment() -> impl Strategy<Value = String> {
    let v6 = || any::<u128>().prop_map(|bits| std::net::Ipv6Addr::from(bits).to_string());
    let v4 = || any::<u32>().prop_map(|bits| std::net::Ipv4Addr::from(bits).to_string());
    let label = || 0u32..1 << 20;
    let behavior = || {
        prop_oneof![
            Just(String::new()),
            any::<(u16, [u8; 4])>().prop_map(|(behavior, [a, b, c, d])| format!(
                " endpoint-behavior {behavior} {a} {b} {c} {d}"
            )),
        ]
    };
    let mpls =
        || prop_oneof![Just(String::new()), label().prop_map(|label| format!(" sid {label}"))];
    let srv6 = || prop_oneof![Just(String::new()), v6().prop_map(|sid| format!(" sid {sid}"))];
    let ends = || (any::<u32>(), v6(), any::<u32>(), v6());
    let kind = prop_oneof![
        (label(), 0u8..8, any::<u8>())
            .prop_map(|(label, tc, ttl)| format!("type-a mpls {label} tc {tc} ttl {ttl}")),
        (v6(), behavior()).prop_map(|(sid, behavior)| format!("type-b srv6 {sid}{behavior}")),
        (v4(), any::<u8>(), mpls())
            .prop_map(|(node, number, sid)| format!("type-c ipv4 {node} algorithm {number}{sid}")),
        (v6(), any::<u8>(), mpls())
            .prop_map(|(node, number, sid)| format!("type-d ipv6 {node} algorithm {number}{sid}")),
        (any::<u32>(), v4(), mpls())
            .prop_map(|(id, node, sid)| format!("type-e local-if-id {id} ipv4 {node}{sid}")),
        (v4(), v4(), mpls()).prop_map(|(a, b, sid)| format!("type-f local {a} remote {b}{sid}")),
        (ends(), mpls()).prop_map(|((i, a, j, b), sid)| format!(
            "type-g local-if-id {i} local-ipv6 {a} remote-if-id {j} remote-ipv6 {b}{sid}"
        )),
        (v6(), v6(), mpls()).prop_map(|(a, b, sid)| format!("type-h local {a} remote {b}{sid}")),
        (v6(), any::<u8>(), srv6(), behavior()).prop_map(|(node, number, sid, behavior)| format!(
            "type-i ipv6 {node} algorithm {number}{sid}{behavior}"
        )),
        (ends(), any::<u8>(), srv6(), behavior()).prop_map(
            |((i, a, j, b), number, sid, behavior)| format!(
                "type-j local-if-id {i} local-ipv6 {a} remote-if-id {j} remote-ipv6 {b} algorithm {number}{sid}{behavior}"
            )
        ),
        (v6(), v6(), any::<u8>(), srv6(), behavior()).prop_map(|(a, b, number, sid, behavior)| {
            format!("type-k local {a} remote {b} algorithm {number}{sid}{behavior}")
        }),
    ];
    (
        kind,
        prop_oneof![
            Just(String::new()),
            Just(" verification".into()),
            any::<u8>().prop_map(|n| format!(" flags {n}"))
        ],
    )
        .prop_map(|(kind, flags)| format!(" segment {kind}{flags}"))
}

fn sub_tlv() -> impl Strategy<Value = String> {
    let list =
        (any::<u32>(), prop::collection::vec(segment(), 0..4)).prop_map(|(weight, segments)| {
            format!("segment-list weight {weight}{}", segments.concat())
        });
    let bits = prop_oneof![
        Just(""),
        Just(" specified-only"),
        Just(" drop-upon-invalid"),
        Just(" specified-only drop-upon-invalid")
    ];
    let binding = prop_oneof![
        Just("null".to_owned()),
        (0u32..1 << 20).prop_map(|label| format!("mpls {label}")),
        (0u32..1 << 20).prop_map(|label| format!("label {label}")),
        any::<u128>().prop_map(|bits| format!("srv6 {}", std::net::Ipv6Addr::from(bits))),
    ];
    prop_oneof![
        list,
        any::<u32>().prop_map(|number| format!("preference {number}")),
        any::<u8>().prop_map(|number| format!("priority {number}")),
        any::<u8>().prop_map(|number| format!("enlp {number}")),
        (binding, bits).prop_map(|(binding, bits)| format!("binding-sid {binding}{bits}")),
        "[a-z é]{0,9}".prop_map(|name| format!("policy-name \"{name}\"")),
        "[a-z é]{0,9}".prop_map(|name| format!("candidate-path-name '{name}'")),
    ]
}

proptest! {
    #[test]
    fn what_is_shown_is_the_route(
        distinguisher: u32,
        color: u32,
        endpoint: std::net::IpAddr,
        parts in prop::collection::vec(sub_tlv(), 1..5),
    ) {
        let words = format!(
            "sr-policy distinguisher {distinguisher} color {color} endpoint {endpoint} next-hop 192.0.2.1 {}",
            parts.join(" ")
        );
        let route = read(&words).unwrap();
        let shown = shown(&route);
        // All of it has words.
        prop_assert!(!shown.contains("0x"), "{}", shown);
        let again = read(&shown).unwrap();
        prop_assert_eq!(again.attributes(), route.attributes());
        prop_assert!(again.nlri().eq(route.nlri()));
    }
}
