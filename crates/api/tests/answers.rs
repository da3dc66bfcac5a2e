//! Answers against ExaBGP's, character by character where scripts cut them up.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::net::Ipv4Addr;
use std::time::Duration;

use yottabgp_api::answer::{
    self, CapabilityView, FamilyView, MessageCounts, NeighborView, QueueView, RouteFormat,
    RouteLook, RouteView, StatusView,
};
use yottabgp_api::command::{GroupSummary, NeighborForm, parse};
use yottabgp_api::select::PeerKey;
use yottabgp_api::{Encoding, Version};
use yottabgp_session::event::State;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::route::RouteBuffer;

use Encoding::{Json, Text};
use Version::{V4, V6};

fn write(answer: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    answer(&mut out);
    String::from_utf8(out).unwrap()
}

fn value(line: &str) -> serde_json::Value {
    assert_eq!(line.lines().count(), 1, "{line}");
    serde_json::from_str(line).unwrap()
}

fn key() -> PeerKey {
    PeerKey {
        peer: Ipv4Addr::new(127, 0, 0, 2).into(),
        local_address: Some(Ipv4Addr::new(127, 0, 0, 1).into()),
        local_as: Some(Asn(65001)),
        peer_as: Some(Asn(65002)),
        router_id: Ipv4Addr::new(1, 1, 1, 1),
        families: None,
    }
}

const KEY: &str = "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open";

fn up(key: &PeerKey) -> NeighborView<'_> {
    let can = CapabilityView { asn4: true, route_refresh: true, ..CapabilityView::default() };
    NeighborView {
        key,
        state: State::Established,
        duration: Duration::from_secs(37),
        local_address: key.local_address,
        local_as: key.local_as,
        peer_as: key.peer_as,
        local_router_id: key.router_id,
        peer_router_id: Some(Ipv4Addr::new(2, 2, 2, 2)),
        local_hold_time: 9,
        peer_hold_time: Some(9),
        local_capabilities: CapabilityView { add_path: true, ..can },
        peer_capabilities: Some(can),
        families: vec![
            FamilyView {
                family: Family::IPV4_UNICAST,
                negotiated: Some(true),
                add_path_send: Some(true),
                add_path_receive: Some(false),
            },
            FamilyView {
                family: Family::IPV6_UNICAST,
                negotiated: Some(false),
                add_path_send: Some(false),
                add_path_receive: Some(false),
            },
        ],
        sent: MessageCounts { open: 1, keepalive: 13, update: 5, ..MessageCounts::default() },
        received: MessageCounts { open: 1, update: 5, other: 2, ..MessageCounts::default() },
        prefixes_received: 3,
        prefixes_withdrawn: 1,
        configuration: "neighbor 127.0.0.2 {\n}\n",
    }
}

fn down(key: &PeerKey) -> NeighborView<'_> {
    let up = up(key);
    NeighborView {
        state: State::Active,
        peer_router_id: None,
        peer_hold_time: None,
        peer_capabilities: None,
        families: up
            .families
            .iter()
            .map(|row| FamilyView {
                negotiated: None,
                add_path_send: None,
                add_path_receive: None,
                ..*row
            })
            .collect(),
        ..up
    }
}

fn show(form: NeighborForm, version: Version, encoding: Encoding) -> String {
    let key = key();
    write(|out| answer::show_neighbors([up(&key), down(&key)], form, version, encoding, out))
}

#[test]
fn the_summary_is_a_table() {
    assert_eq!(
        show(NeighborForm::Summary, V4, Text),
        "Peer            AS        up/down state       |     #sent     #recvd\n\
         127.0.0.2       65002     0:00:37 established           5          5\n\
         127.0.0.2       65002        down active                5          5\n"
    );
    let with_prefixes = show(NeighborForm::Summary, V6, Text);
    assert!(with_prefixes.lines().next().unwrap().ends_with("#recvd    #pfx_in"));
    assert!(with_prefixes.contains("established           5          5          3\n"));
}

#[test]
fn the_extensive_view_has_columns() {
    let text = show(NeighborForm::Extensive, V4, Text);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..33],
        [
            "Neighbor 127.0.0.2",
            "",
            "    Session                       Local",
            "   local                      127.0.0.1                                ",
            "   state                    ESTABLISHED                                ",
            "   up for                       0:00:37                                ",
            "",
            "    Setup                         Local          Remote",
            "   AS                             65001           65002                ",
            "   ID                           1.1.1.1         2.2.2.2                ",
            "   hold-time                          9               9                ",
            "",
            "    Capability                    Local          Remote",
            "   asn4:                        enabled         enabled                ",
            "   route-refresh:               enabled         enabled                ",
            "   multi-session:              disabled        disabled                ",
            "   operational:                disabled        disabled                ",
            "   add-path:                    enabled        disabled                ",
            "   extended-message:           disabled        disabled                ",
            "   graceful-restart:           disabled        disabled                ",
            "",
            "    Families                      Local          Remote        Add-Path",
            "   ipv4 unicast:                enabled         enabled send           ",
            "   ipv6 unicast:                enabled        disabled disabled       ",
            "",
            "    Message Statistic              Sent        Received",
            "   open:                              1               1                ",
            "   notification:                      0               0                ",
            "   keepalive:                        13               0                ",
            "   update:                            5               5                ",
            "   refresh:                           0               0                ",
            "   total:                            19               8                ",
            "",
        ]
    );
    assert!(text.contains("\n   down for                     0:00:37"));
    assert!(text.contains("\n   asn4:                        enabled             n/a"));
    // Main has another column of blanks, and a section more.
    let text = show(NeighborForm::Extensive, V6, Text);
    for line in [
        "    Session                        Local",
        "    local                      127.0.0.1",
        "    Families                       Local          Remote        Add-Path",
        "    ipv4 unicast:                enabled         enabled            send",
        "    Message Statistic               Sent        Received",
        "    Prefix Statistic",
        "    received:                          3",
    ] {
        assert!(text.lines().any(|found| found.trim_end() == line), "{line}: {text}");
    }
}

#[test]
fn json_has_everything_in_one_line() {
    let line = show(NeighborForm::Summary, V4, Json);
    assert!(line.starts_with(
        "[{\"state\": \"up\", \"duration\": 37, \"fsm\": \"ESTABLISHED\", \"local\": {\"capabilities\": {\"asn4\": true, \
         \"route-refresh\": true, \"multi-session\": false, \"operational\": false, \"add-path\": true, \
         \"extended-message\": false, \"graceful-restart\": false}, \"families\": {\"ipv4 unicast\": true, \
         \"ipv6 unicast\": true}, \"add-path\": {\"ipv4 unicast\": true, \"ipv6 unicast\": false}, \
         \"address\": \"127.0.0.1\", \"as\": 65001, \"id\": \"1.1.1.1\", \"hold\": 9}, \"peer\": {"
    ), "{line}");
    let peers = value(&line);
    assert_eq!(peers[0]["peer"]["id"], "2.2.2.2");
    assert_eq!(peers[0]["messages"]["sent"]["total"], 19);
    assert_eq!(peers[0]["capabilities"], serde_json::json!(["asn4", "route-refresh"]));
    assert_eq!(peers[0]["families"], serde_json::json!(["ipv4 unicast"]));
    assert_eq!(peers[0]["add-path"]["ipv4 unicast"], "send");
    assert_eq!(peers[1]["state"], "down");
    assert_eq!(peers[1]["families"], serde_json::json!([]));
    assert_eq!(peers[1]["peer"]["add-path"]["ipv4 unicast"], false);
    assert!(peers[1]["peer"]["id"].is_null() && peers[1]["peer"]["capabilities"]["asn4"].is_null());

    let peers = value(&show(NeighborForm::Summary, V6, Json));
    assert_eq!(peers[0]["local"]["capabilities"]["add-path"], 1);
    assert_eq!(peers[1]["peer"]["capabilities"]["asn4"], -1);
    assert_eq!(peers[0]["prefixes"]["received"], 3);
    assert_eq!(write(|out| answer::neighbors_json([], V4, out)), "[]\n");
}

#[test]
fn other_forms_of_show_neighbor() {
    assert_eq!(
        show(NeighborForm::Configuration, V4, Text),
        "neighbor 127.0.0.2 {\n}\nneighbor 127.0.0.2 {\n}\n"
    );
    assert!(show(NeighborForm::Usage, V6, Text).contains("peer <ip> show"));
}

#[test]
fn peers_are_listed() {
    let key = key();
    let peers = [(&key, State::Established)];
    assert_eq!(
        write(|out| answer::list(peers, Json, out)),
        "[{\"peer-address\": \"127.0.0.2\", \"peer-as\": 65002, \"state\": \"ESTABLISHED\"}]\n"
    );
    assert_eq!(write(|out| answer::list(peers, Text, out)), "127.0.0.2 65002 ESTABLISHED\n");
}

#[test]
fn routes_are_one_line_each() {
    let key = key();
    let (mut tokens, mut buffer) = (Vec::new(), RouteBuffer::default());
    let line =
        "announce route 10.0.0.0/24 next-hop 1.1.1.1 med 5 community 65001:1 path-information 7";
    parse(line, V4, &mut tokens, &mut buffer).unwrap();
    let route = RouteView {
        key: &key,
        nlri: buffer.nlri().next().unwrap(),
        next_hop: buffer.next_hop.address(),
        attributes: buffer.attributes(),
    };
    let show = |extensive, version, encoding| {
        let look = RouteLook { extensive, version, encoding, ..RouteLook::default() };
        write(|out| answer::adj_rib(&route, look, out))
    };
    assert_eq!(
        show(false, V4, Text),
        "127.0.0.2 ipv4 unicast 10.0.0.0/24 path-information 0.0.0.7 next-hop 1.1.1.1\n"
    );
    assert_eq!(
        show(true, V4, Text),
        format!(
            "{KEY} ipv4 unicast 10.0.0.0/24 path-information 0.0.0.7 next-hop 1.1.1.1 med 5 community 65001:1\n"
        )
    );
    assert_eq!(
        show(false, V4, Json),
        "{\"127.0.0.2\": {\"routes\": [{\"prefix\": \"10.0.0.0/24\", \"family\": \"ipv4 unicast\", \
         \"path-information\": \"0.0.0.7\", \"next-hop\": \"1.1.1.1\"}]}}\n"
    );
    assert!(show(false, V6, Json).starts_with(
        "{\"127.0.0.2\": {\"routes\": [{\"family\": \"ipv4 unicast\", \"prefix\": \"10.0.0.0/24\", "
    ));
    let flat = |extensive| {
        let look = RouteLook {
            extensive,
            version: V4,
            encoding: Json,
            format: RouteFormat::V2,
            ..RouteLook::default()
        };
        write(|out| answer::adj_rib(&route, look, out))
    };
    assert_eq!(
        flat(false),
        "{\"peer\": {\"address\": \"127.0.0.2\"}, \"route\": {\"prefix\": \"10.0.0.0/24\", \
         \"family\": \"ipv4 unicast\", \"path-information\": \"0.0.0.7\", \"next-hop\": \"1.1.1.1\"}}\n"
    );
    assert_eq!(value(&flat(true))["route"]["attribute"]["med"], 5);
    let extensive = value(&show(true, V6, Json));
    assert_eq!(extensive["127.0.0.2"]["routes"][0]["attribute"]["med"], 5);
}

#[test]
fn the_daemon_tells_about_itself() {
    assert_eq!(write(|out| answer::version(None, V4, Text, out)), "exabgp 5.0.15\n");
    assert_eq!(
        write(|out| answer::version(None, V6, Json, out)),
        "{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\n"
    );
    assert_eq!(write(|out| answer::in_progress("shutdown", Text, out)), "shutdown in progress\n");
    assert_eq!(
        write(|out| answer::in_progress("reload", Json, out)),
        "{\"status\": \"reload in progress\"}\n"
    );
    assert_eq!(
        write(|out| answer::reset(Json, out)),
        "{\"status\": \"asynchronous queue cleared\"}\n"
    );
    assert_eq!(write(|out| answer::ping("3f2a", Text, out)), "pong 3f2a active=true\n");
    assert_eq!(
        write(|out| answer::ping("3f2a", Json, out)),
        "{\"pong\": \"3f2a\", \"active\": true}\n"
    );
    let key = key();
    let view = StatusView {
        version: "5.0.0",
        uuid: "3f2a",
        pid: 9,
        uptime: Duration::from_secs(3669),
        start: Duration::from_secs(1_795_398_101),
        peers: &[(&key, State::Established)],
    };
    assert_eq!(
        write(|out| answer::status(&view, Text, out)),
        format!(
            "ExaBGP Daemon Status\n====================\nVersion: 5.0.0\nUUID: 3f2a\nPID: 9\nUptime: 1h 1m 9s\nPeers: 1\n  - {KEY}: ESTABLISHED\n"
        )
    );
    let status = value(&write(|out| answer::status(&view, Json, out)));
    assert_eq!(status["peers"][KEY], "ESTABLISHED");
    assert_eq!((&status["uptime"], &status["start_time"]), (&3669.into(), &1_795_398_101.into()));
}

#[test]
fn queues_and_versions_of_the_api() {
    let queues = [
        QueueView { name: "rec", items: 0, bytes: 0 },
        QueueView { name: "app", items: 2, bytes: 91 },
    ];
    assert_eq!(write(|out| answer::queue_status(&queues, Text, out)), "app: 2 items (91 bytes)\n");
    assert_eq!(write(|out| answer::queue_status(&queues[..1], Text, out)), "no queued messages\n");
    assert_eq!(
        write(|out| answer::queue_status(&queues[..1], Json, out)),
        "{\"rec\": {\"items\": 0, \"bytes\": 0}}\n"
    );
    assert_eq!(
        write(|out| answer::api_version(V4, Text, out)),
        "API version: 4 (legacy (text/json))\n"
    );
    assert_eq!(
        write(|out| answer::api_version(V6, Json, out)),
        "{\"api_version\": 6, \"description\": \"json-only\"}\n"
    );
    assert_eq!(
        write(|out| answer::api_version_set(V6, Text, out)),
        "API version set to 6 (effective on next process restart)\n"
    );
    let set = value(&write(|out| answer::api_version_set(V4, Json, out)));
    assert_eq!((&set["version"], &set["status"]), (&4.into(), &"API version set".into()));
}

#[test]
fn groups_answer_in_json() {
    let summary = GroupSummary { announced: 2, withdrawn: 0 };
    assert_eq!(write(|out| answer::group_started(Json, out)), "{\"status\": \"group started\"}\n");
    assert_eq!(
        write(|out| answer::group_processed(summary, Json, out)),
        "{\"status\": \"group processed\", \"announced\": 2, \"withdrawn\": 0}\n"
    );
    assert_eq!(
        write(|out| answer::group_processed(GroupSummary::default(), Json, out)),
        "{\"status\": \"group ended\", \"commands\": 0}\n"
    );
    assert_eq!(write(|out| answer::group_processed(summary, Text, out)), "");
}

#[test]
fn help_lists_what_can_be_written() {
    let text = write(|out| answer::help(V4, Text, out));
    assert!(text.starts_with(
        "\navailable API commands are listed here:\n======================================="
    ));
    assert!(text.contains(
        "\n\nfilter can be: [local-ip <ip>][local-as <asn>][peer-as <asn>][router-id <router-id>]"
    ));
    assert!(text.contains("\n\ncommand are:\n------------\n\n"));
    assert!(text.contains("\n[neighbor <ip> [filters]] announce route PREFIX "));
    assert!(text.ends_with("\n\n"));

    let help = value(&write(|out| answer::help(V6, Json, out)));
    assert_eq!(help["description"], "Available API commands (v6 format)");
    let commands: Vec<&str> = help["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["command"].as_str().unwrap())
        .collect();
    assert!(commands.is_sorted() && commands.contains(&"daemon shutdown"));
    assert_eq!(commands[0], "#");
    assert!(
        help["commands"].as_array().unwrap().iter().all(|row| row["neighbor_support"].is_boolean())
    );
}
