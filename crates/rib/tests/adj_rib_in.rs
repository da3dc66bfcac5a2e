//! What is kept of what the peer said.
#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use yottabgp_rib::adj_rib_in::AdjRibIn;
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};

/// Takes an UPDATE of these octets; returns how many routes there are then.
fn apply(rib: &mut AdjRibIn, store: &mut AttributeStore, body: &str) -> usize {
    let body = parse_hex(&body.replace(' ', "")).unwrap();
    let update = Update::decode(&body, &Negotiated::permissive(), Direction::Receive).unwrap();
    rib.apply(store, &update);
    rib.len()
}

#[test]
fn bits_after_a_prefix_do_not_make_another_route() {
    let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
    let attributes = "40010100 400200 40030401020304 40050400000064";
    let announce = |nlri| format!("0000 0015 {attributes} {nlri}");
    assert_eq!(apply(&mut rib, &mut store, &announce("14 0A001F")), 1);
    assert_eq!(apply(&mut rib, &mut store, &announce("14 0A0010")), 1);
    assert_eq!(apply(&mut rib, &mut store, "0004 14 0A001B 0000"), 0);
    assert!(store.is_empty());
}
