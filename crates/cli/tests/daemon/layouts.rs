//! Helpers of one neighbor that read the JSON and text of different releases of ExaBGP, and the commands of old ones.

use yottabgp_testkit::bgp::kind;

use crate::support::{Helper, Lab, PATIENCE, Site, attributes, update};

/// The section of a helper with a layout.
fn section(helper: &Helper, name: &str, encoder: &str, layout: &str) -> String {
    let section = helper.section(name, encoder);
    section.replace("encoder ", &format!("layout {layout}; encoder "))
}

/// An `api` section that asks for what all releases tell.
fn api(name: &str) -> String {
    let kinds = "parsed; open; update; notification; keepalive; refresh;";
    format!(
        "api {name} {{ processes [ {name} ]; neighbor-changes; fsm; receive {{ {kinds} }} send {{ {kinds} }} }}\n"
    )
}

/// From the type on: what is before it differs from run to run.
fn from_type(line: &str) -> &str {
    line.split_once("\"type\": ").map_or(line, |(_, rest)| rest)
}

#[test]
fn several_layouts_at_once() {
    let lab = Lab::new();
    let site = Site::new(2);
    let names = ["old", "four", "five", "six", "text"];
    let layouts = ["3.4", "4", "5", "6", "3.4"];
    let helpers = names.map(|name| Helper::new(&lab, name));
    let mut configuration = String::new();
    let mut sections = String::new();
    for ((name, layout), helper) in names.iter().zip(layouts).zip(&helpers) {
        let encoder = if *name == "text" { "text" } else { "json" };
        configuration += &section(helper, name, encoder, layout);
        sections += &api(name);
    }
    configuration +=
        &site.neighbor(&format!("family {{ ipv4 unicast; ipv6 unicast; }} {sections}"));
    let daemon = lab.start(&configuration);
    let mut session = site.session();
    session.settled();
    session.send(kind::UPDATE, &update(&["10.8.0.0/16"], &attributes(), &["10.9.0.0/24"]));
    session.send(kind::UPDATE, &update(&[], &[], &[]));
    let [old, four, five, six, text] = &helpers;
    let heard = |helper: &Helper, words: &str| from_type(&helper.line(0, words)).to_owned();

    let old_peer = r#""neighbor": { "ip": "127.0.0.2", "address": { "local": "127.0.0.1", "peer": "127.0.0.2"}, "asn": { "local": "65001", "peer": "65002"}"#;
    assert_eq!(
        heard(old, "10.9.0.0/24"),
        format!(
            r#""update", {old_peer}, "message": {{ "update": {{ "attribute": {{ "origin": "igp", "as-path": [ 65002 ], "confederation-path": [] }}, "announce": {{ "ipv4 unicast": {{ "2.2.2.2": {{ "10.9.0.0/24": {{  }} }} }} }}, "withdraw": {{ "ipv4 unicast": {{ "10.8.0.0/16": {{  }} }} }} }} }}}} }}"#
        )
    );
    assert_eq!(heard(old, "\"up\""), format!(r#""state", {old_peer}, "state": "up"}} }}"#));
    assert!(heard(old, "\"null\"").ends_with(
        r#"{ "update": { "announce": { "ipv4 unicast": { "null": { "eor": { "afi" : "ipv4", "safi" : "unicast" } } } } } }} }"#
    ));

    let peer = r#""neighbor": { "address": { "local": "127.0.0.1", "peer": "127.0.0.2" }, "asn": { "local": 65001, "peer": 65002 }"#;
    let routes = r#""announce": { "ipv4 unicast": { "2.2.2.2": [ { "nlri": "10.9.0.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.8.0.0/16" } ] } } } } }"#;
    assert_eq!(
        heard(four, "10.9.0.0/24"),
        format!(
            r#""update", {peer} , "direction": "receive", "message": {{ "update": {{ "attribute": {{ "origin": "igp", "as-path": [ 65002 ], "confederation-path": [] }}, {routes}"#
        )
    );
    let numbered = r#""as-path": {"0": {"element": "as-sequence", "value": [65002]}}"#;
    let with_id = format!(r#""update", {peer}, "router-id": "1.1.1.1" , "direction": "receive","#);
    assert_eq!(
        heard(five, "10.9.0.0/24"),
        format!(
            r#"{with_id} "message": {{ "update": {{ "attribute": {{ "origin": "igp", {numbered} }}, {routes}"#
        )
    );
    assert_eq!(
        heard(six, "10.9.0.0/24"),
        format!(
            r#"{with_id} "message": {{ "update": {{ "attribute": {{ "origin": "igp", {numbered}, "next-hop": "2.2.2.2" }}, {routes}"#
        )
    );
    for (helper, release) in [(old, "3.4.8"), (four, "4.0.1"), (five, "5.0.0"), (six, "6.0.0")] {
        let lines = helper.lines(0);
        for line in lines.iter().filter(|line| line.starts_with('{')) {
            let event: serde_json::Value = serde_json::from_str(line).expect(line);
            assert_eq!(event["exabgp"], release, "{line}");
        }
    }
    // 3.4 does not tell of the state machine, nor of what is sent but OPEN.
    let lines = old.lines(0).join("\n");
    assert!(!lines.contains("\"fsm\"") && lines.matches("\"sent\"").count() == 1, "{lines}");

    text.line(0, "eor 1/1");
    let lines = text.lines(0);
    let at = lines.iter().position(|line| line == "neighbor 127.0.0.2 update start").unwrap();
    assert_eq!(
        lines[at..at + 5],
        [
            "neighbor 127.0.0.2 update start",
            "neighbor 127.0.0.2 withdrawn route 10.8.0.0/16 next-hop 2.2.2.2",
            "neighbor 127.0.0.2 announced route 10.9.0.0/24 next-hop 2.2.2.2 origin igp as-path [ 65002 ]",
            "neighbor 127.0.0.2 update end",
            "",
        ]
    );
    daemon.stop();
}

#[test]
fn the_setting_is_for_helpers_that_choose_none() {
    let lab = Lab::new().with("api_json", "3.4");
    let site = Site::new(2);
    let (old, five) = (Helper::new(&lab, "old"), Helper::new(&lab, "five"));
    let configuration = old.section("old", "json")
        + &section(&five, "five", "json", "5")
        + &site.neighbor("api { processes [ old five ]; neighbor-changes; }");
    let daemon = lab.start(&configuration);
    let _session = site.session();
    assert!(old.line(0, "\"up\"").starts_with("{ \"exabgp\": \"3.4.8\""));
    assert!(five.line(0, "\"up\"").starts_with("{ \"exabgp\": \"5.0.0\""));
    daemon.stop();
}

#[test]
fn tables_of_routes_are_of_the_release_that_was_chosen() {
    const KEY: &str = "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open";
    for (release, rows) in [
        ("3.4", "neighbor 127.0.0.2 10.1.0.0/16 next-hop 1.2.3.4"),
        ("4", "neighbor 127.0.0.2 ipv4 unicast 10.1.0.0/16 next-hop 1.2.3.4"),
        ("5", "127.0.0.2 ipv4 unicast 10.1.0.0/16 next-hop 1.2.3.4"),
    ] {
        let lab = Lab::new().with("api_json", release);
        let daemon = lab.start(&Site::new(2).neighbor(""));
        daemon.ask("announce route 10.1.0.0/16 next-hop 1.2.3.4 med 5");
        assert_eq!(daemon.ask("show adj-rib out").trim_end(), rows, "{release}");
        let extensive = daemon.ask("show adj-rib out extensive");
        if release != "3.4" {
            let row = format!("{KEY} ipv4 unicast 10.1.0.0/16 next-hop 1.2.3.4 med 5");
            assert_eq!(extensive.trim_end(), row, "{release}");
        }
        daemon.stop();
    }
}

#[test]
fn commands_of_3_4() {
    let lab = Lab::new().with("api_json", "3.4").with("api_ack", "false");
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let configuration = helper.section("helper", "text")
        + &site.neighbor(
            "description \"a peer\"; family { ipv4 unicast; ipv6 unicast; } api { processes [ helper ]; neighbor-changes; }
             capability { route-refresh; operational; }",
        );
    let daemon = lab.start(&configuration);
    let mut session = site.session();
    session.settled();
    helper.line(0, "neighbor 127.0.0.2 up");
    // No line is answered but by what it asks for.
    let answered = |helper: &mut Helper, command: &str, last: &str| {
        let mark = helper.mark();
        helper.say(format!("{command}\n").as_bytes());
        helper.find(mark, PATIENCE, |line| line.contains(last).then_some(()));
        helper.lines(mark)
    };
    helper.say(b"announce route 10.1.0.0/16 next-hop 1.1.1.1 med 5\n");
    assert_eq!(session.update().announced, ["10.1.0.0/16"]);
    assert_eq!(
        answered(&mut helper, "show routes", "10.1"),
        ["neighbor 127.0.0.2 10.1.0.0/16 next-hop 1.1.1.1"]
    );
    let key = "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open";
    assert_eq!(
        answered(&mut helper, "show routes extensive 127.0.0.2", "10.1"),
        [format!("neighbor {key} 10.1.0.0/16 next-hop 1.1.1.1 med 5")]
    );
    assert_eq!(
        answered(&mut helper, "show neighbor status", "done"),
        [
            format!("{key} negotiated [ ipv4/unicast ipv6/unicast ] state Established"),
            "done".into()
        ]
    );
    let shown = answered(&mut helper, "show neighbors", "}").join("\n");
    assert!(shown.starts_with("neighbor 127.0.0.2 {\n  description \"a peer\";\n"), "{shown}");
    helper.say(b"flush route\n");
    assert_eq!(session.update().announced, ["10.1.0.0/16"]);
    assert_eq!(answered(&mut helper, "reload", "reload"), ["reload in progress"]);
    daemon.stop();
}
