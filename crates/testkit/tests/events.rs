//! The table that a test makes of the JSON events of a helper.

use yottabgp_testkit::events::Table;

const NEIGHBOR: &str = r#""neighbor": { "address": { "local": "10.0.0.1", "peer": "10.0.0.2" }, "asn": { "local": 1, "peer": 2 }, "router-id": "1.1.1.1" "#;

fn event(kind: &str, rest: &str) -> String {
    format!(r#"{{ "exabgp": "4.0.1", "type": "{kind}", {NEIGHBOR}, {rest} }} }}"#)
}

#[test]
fn announcements_withdrawals_and_the_end_of_the_session_count() {
    let mut table = Table::default();
    let announce = event(
        "update",
        r#""direction": "receive", "message": { "update": { "attribute": { "origin": "egp", "as-path": {"0": {"element": "as-sequence", "value": [2, 4200000000]}}, "med": 7, "community": [ [ 1, 2 ] ], "large-community": [ [ 1, 2 , 3 ] ] }, "announce": { "ipv4 unicast": { "10.0.0.9": [ { "nlri": "20.0.0.0/24" }, "20.0.1.0/24" ] } } } }"#,
    );
    table.read(&announce).unwrap();
    let routes: Vec<_> = table.routes().iter().map(ToString::to_string).collect();
    let words = "next-hop 10.0.0.9 origin egp as-path [ 2 4200000000 ] med 7 community [ 1:2 ] large-community [ 1:2:3 ]";
    assert_eq!(
        routes,
        [format!("route 20.0.0.0/24 {words}"), format!("route 20.0.1.0/24 {words}")]
    );
    // What we sent is not what we have.
    table.read(&announce.replace("receive", "send").replace("20.0.", "30.0.")).unwrap();
    let withdraw = r#""direction": "receive", "message": { "update": { "withdraw": { "ipv4 unicast": [ { "nlri": "20.0.0.0/24" } ] } } }"#;
    table.read(&event("update", withdraw)).unwrap();
    table.read("done").unwrap();
    assert_eq!(table.routes().len(), 1);
    table.read(&event("state", r#""state": "down", "reason": """#)).unwrap();
    assert!(table.routes().is_empty());
}

#[test]
fn what_is_no_event_is_an_error() {
    let mut table = Table::default();
    assert!(table.read("{ \"exabgp\": ").is_err());
    let update = r#""direction": "receive", "message": { "update": { "announce": { "ipv4 unicast": { "10.0.0.9": [ { "nlri": "20.0.0.0/24" } ] } } } }"#;
    assert!(table.read(&event("update", update)).is_err());
}
