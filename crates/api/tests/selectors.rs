//! Selections of peers as commands write them, against the peers they are to match, and against those they are not.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use yottabgp_api::Version;
use yottabgp_api::command::parse;
use yottabgp_api::select::{PeerKey, Selector};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::route::RouteBuffer;

fn select(selection: &str) -> Result<Selector, String> {
    let line = format!("{selection} withdraw route 10.0.0.0/24");
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    parse(&line, Version::V4, &mut tokens, &mut route)
        .map(|request| request.selector)
        .map_err(|refusal| refusal.to_string())
}

fn key(peer: &str, local: Option<&str>, local_as: u32) -> PeerKey {
    PeerKey {
        peer: peer.parse().unwrap(),
        local_address: local.map(|address| address.parse().unwrap()),
        local_as: Some(Asn(local_as)),
        peer_as: None,
        router_id: [1, 2, 3, 4].into(),
        families: None,
    }
}

#[test]
fn keys_print_as_exabgp_prints_them() {
    let mut key = key("10.0.0.2", Some("10.0.0.1"), 65001);
    assert_eq!(
        key.to_string(),
        "neighbor 10.0.0.2 local-ip 10.0.0.1 local-as 65001 peer-as auto router-id 1.2.3.4 family-allowed in-open"
    );
    key.local_address = None;
    key.families = Some(vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST]);
    assert!(key.to_string().contains(" local-ip auto "));
    assert!(key.to_string().ends_with(" family-allowed ipv4-unicast/ipv6-unicast"));
}

#[test]
fn values_are_compared_whole() {
    let near = key("10.0.0.10", Some("10.0.0.1"), 65001);
    let exact = key("10.0.0.1", None, 6500);
    for (selection, matches_near, matches_exact) in [
        ("neighbor *", true, true),
        ("peer *", true, true),
        ("neighbor 10.0.0.1", false, true),
        ("peer 10.0.0.1", false, true),
        ("neighbor * local-as 6500", false, true),
        ("peer * local-as 65001", true, false),
        ("peer * local-ip auto", false, true),
        ("peer * local-ip 10.0.0.1", true, false),
        ("peer * peer-as auto router-id 1.2.3.4 family-allowed in-open", true, true),
        ("peer * router-id 1.2.3.40", false, false),
        ("peer * family-allowed ipv4-unicast", false, false),
        ("peer 10.0.0.0/24", true, true),
        ("peer 10.0.0.0/29", false, true),
        ("neighbor 10.0.0.10 local-as 6500, neighbor 10.0.0.1 local-as 6500", false, true),
        ("peer 10.0.0.10, peer 10.0.0.1", true, true),
        ("peer 10.0.0.10, 10.0.0.2", true, false),
        ("peer [10.0.0.10 local-as 65001, 10.0.0.9]", true, false),
        ("peer [ 10.0.0.10 10.0.0.1 ]", true, true),
        ("peer [ 10.0.0.9, * ]", true, true),
        ("neighbor 10.0.0.1 neighbor 10.0.0.1", false, true),
    ] {
        let selector = select(selection).unwrap();
        let found = (selector.matches(&near), selector.matches(&exact));
        assert_eq!(found, (matches_near, matches_exact), "{selection}");
    }
}

#[test]
fn families_of_a_multi_session_peer_are_compared_in_order() {
    let mut key = key("10.0.0.1", None, 1);
    key.families = Some(vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST]);
    assert!(select("peer * family-allowed ipv4-unicast/ipv6-unicast").unwrap().matches(&key));
    assert!(!select("peer * family-allowed ipv4-unicast").unwrap().matches(&key));
    assert!(!select("peer * family-allowed in-open").unwrap().matches(&key));
}

#[test]
fn wrong_selections_are_refused() {
    for (selection, part) in [
        ("peer 999.999.999.999", "'999.999.999.999' is not the IP address of a peer"),
        ("neighbor router1", "'router1' is not the IP address of a peer"),
        ("peer [ 10.0.0.1", "'withdraw' can not be in a list of peers"),
        ("peer *  local-as one", "'one' is not a valid local-as"),
        ("peer * family-allowed ipv4", "'ipv4' is not a list of families"),
        ("neighbor 10.0.0.1 neighbor 10.0.0.2", "one selector can not name two peers"),
    ] {
        let message = select(selection).unwrap_err();
        assert!(message.starts_with(part), "{selection}: {message}");
    }
}

#[test]
fn selections_print_as_they_are_written() {
    for text in
        ["*", "10.0.0.1", "::1 local-as 1 peer-as auto", "10.0.0.1, 10.0.0.0/8 router-id 1.2.3.4"]
    {
        assert_eq!(select(&format!("peer {text}")).unwrap().to_string(), text);
    }
}
