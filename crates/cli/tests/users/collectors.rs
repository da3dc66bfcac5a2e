//! Route collectors: many peers, all that they send as JSON for a program that reads it strictly.

use std::fs;
use std::net::Ipv4Addr;

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{Connection, Open, kind};
use yottabgp_testkit::wait::until;

use crate::house::House;
use crate::support::{PATIENCE, Session, attributes, update};

const US: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const PEERS: u8 = 8;

/// Reads each line as JSON that has no member twice, and counts: messages by peer and type, prefixes by peer. Octets of each
/// message must be there in full, as `header` and `body`.
const QUEUER: &str = r#"#!/usr/bin/env python3
import json, sys, time

def once(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("twice: %s" % names)
    return dict(pairs)

counts, prefixes, octets, last = {}, {}, 0, {}
for line in sys.stdin:
    msg = json.loads(line, object_pairs_hook=once)
    if "neighbor" not in msg:
        if msg["type"] == "notification" and msg.get("notification") == "shutdown":
            break
        continue
    peer = msg["neighbor"]["address"]["peer"]
    key = "%s %s" % (peer, msg["type"])
    counts[key] = counts.get(key, 0) + 1
    number = msg["counter"]
    if number <= last.get(peer, 0):
        raise ValueError("counter of %s: %d after %d" % (peer, number, last[peer]))
    last[peer] = number
    message = msg["neighbor"].get("message", {})
    if "header" in msg or "header" in message or "body" in msg:
        body = msg.get("body", message.get("body", "")) or ""
        octets += len(body) // 2
    if "update" in message:
        for family, hops in message["update"].get("announce", {}).items():
            for hop, routes in hops.items():
                prefixes[peer] = prefixes.get(peer, 0) + len(routes)
    with open(sys.argv[1] + ".new", "w") as out:
        json.dump({"counts": counts, "prefixes": prefixes, "octets": octets}, out)
    if msg["type"] == "update" and prefixes.get(peer, 0) % 1000 == 0:
        import os
        os.replace(sys.argv[1] + ".new", sys.argv[1])
"#;

#[test]
fn every_message_of_every_peer_is_read_strictly() {
    let addresses: Vec<String> = (1..=PEERS + 1).map(|last| format!("10.0.0.{last}/24")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let Some(house) = House::new(&addresses, &["python3"]) else { return };
    let queuer = house.script("queuer.py", QUEUER);
    let state = house.path("log/state");
    let mut neighbors = String::new();
    for last in 2..PEERS + 2 {
        neighbors += &format!(
            "    neighbor 10.0.0.{last} {{
        description \"peer {last}\";
        peer-as {};
        passive;
        listen 179;
    }}
",
            65000 + u32::from(last)
        );
    }
    let file = house.file(
        "exabgp.conf",
        &format!(
            "group multi_neighbor {{
    process receive-routes {{
        encoder json;
        run {queuer} {};
        neighbor-changes;
        receive {{
            update;
            parsed;
            packets;
            consolidate;
            open;
            keepalive;
            notification;
        }}
    }}
    local-as 65001;
    local-address {US};
    router-id {US};
    hold-time 180;
    family {{
        ipv4 unicast;
        ipv6 unicast;
    }}
{neighbors}}}
",
            state.display()
        ),
    );
    let mut daemon = house.supervise(house.command(&["exabgp", &file.display().to_string()]));
    let mut sessions = Vec::new();
    for last in 2..PEERS + 2 {
        let address = Ipv4Addr::new(10, 0, 0, last);
        let open = Open::new(65000 + u32::from(last), address);
        let connection = house
            .network
            .enter(|| Connection::connect(address.into(), (US, 179).into(), PATIENCE).unwrap());
        let mut session = Session(connection);
        session.establish(&open);
        sessions.push(session);
    }
    for round in 0..10_u8 {
        for (number, session) in sessions.iter_mut().enumerate() {
            let prefixes: Vec<String> = (0..100)
                .map(|last| format!("20.{}.{last}.0/24", usize::from(round) + number * 10))
                .collect();
            let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
            session.send(kind::UPDATE, &update(&[], &attributes(), &prefixes));
        }
    }
    // An attribute that is wrong costs the route, and stays JSON; so does text that is not UTF-8.
    let mut wrong = attributes();
    wrong.extend_from_slice(&[0xC0, 0x63, 2, 0xFF, 0x22]);
    wrong.extend_from_slice(&[0x80, 4, 3, 1, 2, 3]);
    for session in &mut sessions {
        session.send(kind::UPDATE, &update(&[], &wrong, &["30.0.0.0/24"]));
    }
    let mut ended = sessions.pop().unwrap();
    ended.send(kind::NOTIFICATION, &[6, 2, 4, 0xFF, b'"', b'\\', 0x07]);
    while let Ok(Some(_)) = ended.0.receive_other(PATIENCE) {}
    let wanted = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let prefixes = value["prefixes"].as_object().cloned().unwrap_or_default();
        prefixes.len() == usize::from(PEERS) && prefixes.values().all(|count| count == 1000)
    };
    until("all prefixes of all peers", || {
        fs::read_to_string(&state).is_ok_and(|text| wanted(&text))
    });
    daemon.end(Signal::SIGTERM);
    // The helper read to the end: nothing that it was told made it give up.
    assert!(!daemon.log().contains("Traceback"), "{}", daemon.log());
    assert!(!daemon.log().contains("started 5 times"));
    assert_eq!(daemon.log().matches("helper receive-routes started").count(), 1);
    let last: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(house.path("log/state.new")).unwrap()).unwrap();
    for peer in 2..PEERS + 2 {
        let count =
            |kind: &str| last["counts"][format!("10.0.0.{peer} {kind}")].as_u64().unwrap_or(0);
        assert!(count("open") >= 1 && count("keepalive") >= 1, "{last}");
        // Those with routes, and the one that was wrong.
        assert!(count("update") >= 11, "{last}");
        assert!(count("state") >= 2, "{last}");
    }
    assert!(last["octets"].as_u64().unwrap() > 10 * 100 * 4, "{last}");
}
