//! The Prometheus exporters: one runs `exabgpcli` at every scrape and reads what it prints by regular expressions, the other
//! is a helper that reads JSON.

use std::fs;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use serde_json::Value;
use yottabgp_testkit::bgp::{Connection, Open, kind};
use yottabgp_testkit::wait::until;

use crate::house::{House, accept};
use crate::support::{PATIENCE, Session, attributes, update};

const PEER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);

/// A scrape: its regular expressions, and the values in what they find.
const SCRAPE: &str = r#"
import json, re, subprocess, sys

def ask(*words):
    done = subprocess.run(["exabgpcli", "--root", sys.argv[1], *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s: %s" % (words, done))
    return done.stdout.splitlines()

HEADER = "Peer            AS        up/down state       |     #sent     #recvd"
ROW = re.compile(r"(?P<peer_ip>\S+)\s+(?P<peer_as>\d+)\s+(?P<status>.*)\s+(?P<state>idle|active|connect|opensent|openconfirm|established)\s+(?P<sent>\d+)\s+(?P<recvd>\d+)$")
RIB = re.compile(r"^neighbor (?P<peer_ip>\S+) local-ip (?P<local_ip>\S+) local-as (?P<local_as>\d+) peer-as (?P<peer_as>\d+) router-id (?P<router_id>\S+) family-allowed (?P<family_allowed>in-open) (?P<afi>\S+) (?P<safi>\S+) (?P<details>.*)$")
DETAILS = re.compile(r"^(?P<nlri>\S+) next-hop (?P<next_hop>\S+)(?P<attributes>| .*)$")

summary = ask("show", "neighbor", "summary")
if summary[0] != HEADER:
    sys.exit("header: %r" % summary[0])
peers = []
for line in summary[1:]:
    if line.strip():
        row = ROW.match(line)
        if not row:
            sys.exit("row: %r" % line)
        peers.append(row.groupdict())
routes = []
for line in ask("show", "adj-rib", "out", "extensive"):
    if line.strip():
        row = RIB.match(line)
        if not row:
            sys.exit("route: %r" % line)
        details = DETAILS.match(row.group("details"))
        if not details:
            sys.exit("details: %r" % line)
        routes.append({**row.groupdict(), **details.groupdict()})
print(json.dumps({"peers": peers, "routes": routes}))
"#;

#[test]
fn a_scrape_finds_the_header_the_peers_and_the_routes() {
    let Some(house) = House::new(&["192.168.1.1/24", "192.168.1.2/24"], &["python3"]) else {
        return;
    };
    let listener = house.listen(PEER);
    let file = house.file(
        "etc/exabgp.conf",
        "neighbor 192.168.1.2 {
    router-id 192.168.1.1;
    local-address 192.168.1.1;
    local-as 64496;
    peer-as 64497;
    family { ipv4 unicast; }
    static {
        route 192.168.88.0/29 next-hop 192.168.1.184 med 1000 community [ 65000:1 ];
        route 192.168.88.248/29 next-hop 192.168.1.184;
    }
}
neighbor 192.168.1.3 {
    router-id 192.168.1.1;
    local-address 192.168.1.1;
    local-as 64496;
    peer-as 64497;
    passive true;
}
",
    );
    let _daemon = house.supervise(house.command(&["exabgp", &file.display().to_string()]));
    let mut peer = accept(&listener, &Open::new(64497, PEER));
    assert_eq!(peer.until_eor().len(), 2);
    let scrape = house.file("scrape.py", SCRAPE).display().to_string();
    let root = house.name("");
    let mut found = Value::Null;
    until("the session in the summary", || {
        found = serde_json::from_str(&house.tell(&["python3", &scrape, &root])).unwrap();
        found["peers"][0]["state"] == "established"
    });
    let peers = found["peers"].as_array().unwrap();
    assert_eq!(peers.len(), 2, "{peers:?}");
    assert_eq!(peers[0]["peer_ip"], "192.168.1.2");
    assert_eq!(peers[0]["peer_as"], "64497");
    assert!(peers[0]["sent"].as_str().unwrap().parse::<u32>().unwrap() > 0);
    // One that is not there is down, whatever its state is.
    assert_eq!(peers[1]["status"].as_str().unwrap().trim(), "down");
    let routes = found["routes"].as_array().unwrap();
    // The second neighbor has no routes.
    assert_eq!(routes.len(), 2, "{routes:?}");
    assert_eq!(routes[0]["afi"], "ipv4");
    assert_eq!(routes[0]["safi"], "unicast");
    assert!(
        routes
            .iter()
            .any(|route| route["nlri"] == "192.168.88.248/29"
                && route["next_hop"] == "192.168.1.184")
    );
    let rich = routes.iter().find(|route| route["nlri"] == "192.168.88.0/29").unwrap();
    let words = rich["attributes"].as_str().unwrap();
    assert!(words.contains("med 1000") && words.contains("65000:1"), "{words}");
    // A scrape is quick: two commands, each with its end.
    let start = Instant::now();
    house.tell(&["exabgpcli", "--root", &root, "show", "neighbor", "summary"]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn the_helper_reads_every_event() {
    let Some(house) = House::new(&["192.168.1.1/24", "192.168.1.2/24"], &[]) else { return };
    let listener = house.network.enter(|| std::net::TcpListener::bind((PEER, 2179))).unwrap();
    for compact in [false, true] {
        let heard = house.path(&format!("log/heard-{compact}"));
        let exporter =
            house.script("exporter.sh", &format!("#!/bin/sh\nexec cat >> {}\n", heard.display()));
        let file = house.file(
            "etc/exabgp.conf",
            &format!(
                "process prometheus_exporter {{
    run {exporter};
    encoder json;
}}
neighbor 192.168.1.2 {{
    router-id 192.168.1.1;
    local-address 192.168.1.1;
    local-as 64496;
    peer-as 64497;
    connect 2179;
    family {{ ipv4 unicast; }}
    static {{ route 192.168.88.0/29 next-hop 192.168.1.184; }}
    api logging {{
        processes [ prometheus_exporter ];
        neighbor-changes;
        signal;
        receive {{ parsed; notification; update; refresh; }}
        send {{ parsed; notification; update; refresh; }}
    }}
}}
"
            )
            // The name that newer files use.
            .replace(
                "neighbor 192.168.1.2 {",
                "neighbor 192.168.1.2 {\n    peer-address 192.168.1.2;",
            ),
        );
        let compacting = format!("exabgp.api.compact={compact}");
        let words =
            ["env", &compacting, "exabgp.daemon.user=root", "exabgp", &file.display().to_string()];
        let daemon = house.supervise(house.command(&words));
        let mut peer = Session(Connection::accept(&listener, PATIENCE).unwrap());
        peer.establish(&Open::new(64497, PEER));
        peer.until_eor();
        peer.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24", "10.9.1.0/24"]));
        peer.send(kind::UPDATE, &update(&["10.9.0.0/24"], &[], &[]));
        nix::sys::signal::kill(daemon.id(), nix::sys::signal::Signal::SIGUSR1).unwrap();
        let read = || fs::read_to_string(&heard).unwrap_or_default();
        until("the signal and the withdrawal", || {
            let text = read();
            text.contains("\"signal\"") && text.contains("\"withdraw\"")
        });
        drop(daemon);
        let text = read();
        let events: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for event in &events {
            for name in ["pid", "ppid"] {
                assert!(event[name].is_number(), "{event}");
            }
            if event["neighbor"].is_object() {
                assert!(event["neighbor"]["asn"]["local"].is_number(), "{event}");
                assert!(event["neighbor"]["asn"]["peer"].is_number(), "{event}");
            }
        }
        let states: Vec<&str> =
            events.iter().filter_map(|event| event["neighbor"]["state"].as_str()).collect();
        assert_eq!(states, ["connected", "up", "down"]);
        let of = |direction: &str| {
            let mut announced = events.iter().filter_map(|event| {
                let neighbor = &event["neighbor"];
                let update = &neighbor["message"]["update"];
                (neighbor["direction"] == direction && update["announce"].is_object())
                    .then(|| update["announce"]["ipv4 unicast"].clone())
            });
            announced.next().unwrap()
        };
        let (received, sent) = if compact {
            (
                serde_json::json!({ "2.2.2.2": ["10.9.0.0/24", "10.9.1.0/24"] }),
                serde_json::json!({ "192.168.1.184": ["192.168.88.0/29"] }),
            )
        } else {
            (
                serde_json::json!({ "2.2.2.2": [{ "nlri": "10.9.0.0/24" }, { "nlri": "10.9.1.0/24" }] }),
                serde_json::json!({ "192.168.1.184": [{ "nlri": "192.168.88.0/29" }] }),
            )
        };
        assert_eq!(of("receive"), received);
        assert_eq!(of("send"), sent);
    }
}
