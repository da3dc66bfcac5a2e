//! What helpers are told, to the octet.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{frame, kind};

use crate::support::{Helper, Lab, PATIENCE, Site, attributes, open, update};

const ALL: &str = "open; update; notification; keepalive; refresh; operational;";

/// An `api` section that asks for everything in some form.
fn api(name: &str, form: &str) -> String {
    format!(
        "api {name} {{ processes [ {name} ]; neighbor-changes; negotiated; fsm; signal;
            receive {{ {form} {ALL} }} send {{ {form} {ALL} }} }}\n"
    )
}

/// What is the same in all events of the session of these tests.
const NEIGHBOR: &str = r#""neighbor": { "address": { "local": "127.0.0.1", "peer": "127.0.0.2" }, "asn": { "local": 65001, "peer": 65002 }, "router-id": "1.1.1.1" "#;
const NEGOTIATED: &str = r#""negotiated": { "message_size": 4096, "hold_time": 9, "asn4": true, "multisession": false, "operational": false, "refresh": "normal", "families": ["ipv4 unicast", "ipv6 unicast"], "nexthop": [], "add_path": {"send": [], "receive": []} }"#;

/// A line with what differs from run to run replaced.
fn masked(line: &str) -> String {
    let mut masked = line.to_owned();
    for name in ["\"time\": ", "\"host\" : ", "\"pid\" : ", "\"ppid\" : "] {
        let Some(at) = masked.find(name).map(|at| at + name.len()) else { continue };
        let end = at + masked[at..].find(", ").unwrap();
        masked.replace_range(at..end, "_");
    }
    masked.replace(NEIGHBOR, "NBR").replace(NEGOTIATED, "NEG")
}

struct Played {
    /// The lines of the helpers `json`, `text`, `packets`, `consolidated`.
    heard: [Vec<String>; 4],
}

/// One session, from start to end, with some of everything.
fn play() -> Played {
    let lab = Lab::new();
    let site = Site::new(2);
    let names = ["json", "text", "packets", "consolidated"];
    let mut helpers = names.map(|name| Helper::new(&lab, name));
    let forms = ["parsed;", "parsed;", "packets;", "parsed; packets; consolidate;"];
    let mut configuration = String::new();
    let mut sections = String::new();
    for ((name, form), helper) in names.iter().zip(forms).zip(&helpers) {
        let encoder = if *name == "text" { "text" } else { "json" };
        configuration += &helper.section(name, encoder);
        sections += &api(name, form);
    }
    configuration += &site.neighbor(&format!(
        "hold-time 9; family {{ ipv4 unicast; ipv6 unicast; }} capability {{ route-refresh; }} {sections}
         static {{ route 10.0.0.0/24 next-hop 1.1.1.1 med 5 community 65001:1; }}"
    ));
    let daemon = lab.start(&configuration);
    let mut able = open();
    able.hold_time = 9;
    able.capabilities.push((2, Vec::new()));
    let mut session = site.session_with(&able);
    session.settled();
    session.send(kind::UPDATE, &update(&["10.8.0.0/16"], &attributes(), &["10.9.0.0/24"]));
    session.send(kind::UPDATE, &update(&[], &[0x80, 15, 3, 0, 2, 1], &[]));
    session.send(kind::ROUTE_REFRESH, &[0, 1, 0, 1]);
    session.update();
    helpers[0].tell("teardown 4");
    session.notification();
    drop(session);
    let _next = site.accept();
    // The next attempt has begun: the first one is over.
    for helper in &helpers {
        helper.find(1, PATIENCE, {
            let mut connected = 0;
            move |line| {
                connected += u8::from(line.contains("connected"));
                (connected == 2).then_some(())
            }
        });
    }
    daemon.stop();
    let heard = helpers.map(|helper| {
        let last = masked(&helper.line(0, "shutdown"));
        let lines = helper.lines(1).into_iter().filter(|line| line != "done");
        // Up to the second attempt, which goes as far as it happens to go.
        let mut kept: Vec<String> = lines.map(|line| masked(&line)).collect();
        let end = kept.iter().position(|line| line.contains("notification sent (6,4)")).unwrap();
        kept.truncate(end + 1);
        // The text has process numbers.
        kept.push(last.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned());
        kept
    });
    Played { heard }
}

#[track_caller]
fn compare(found: &[String], expected: &str, before: impl Fn(&str) -> String) {
    let expected: Vec<String> = expected.lines().map(|line| before(line.trim_start())).collect();
    for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "line {number}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn a_whole_session() {
    let Played { heard: [json, text, packets, consolidated] } = play();
    // The counter counts what any helper is told.
    let mut last = 0;
    let unnumbered: Vec<String> = json
        .iter()
        .map(|line| {
            let Some((before, rest)) = line.split_once("\"counter\": ") else {
                return line.clone();
            };
            let (number, after) = rest.split_once(',').unwrap();
            let number: u32 = number.parse().unwrap();
            assert!(number > last, "{line}");
            last = number;
            serde_json::from_str::<serde_json::Value>(
                &line
                    .replace("_,", "0,")
                    .replace("NBR", "\"neighbor\": { \"a\": 0")
                    .replace("NEG", "\"n\": 0"),
            )
            .unwrap();
            format!("{before}\"counter\": N,{after}")
        })
        .collect();
    assert!(json[0].contains("\"counter\": 1,"), "{}", json[0]);
    let header = r#"{ "exabgp": "4.0.1", "time": _, "host" : _, "pid" : _, "ppid" : _, "#;
    compare(
        &unnumbered,
        r#""type": "fsm", NBR, "state": "ACTIVE" } }
        "type": "fsm", NBR, "state": "IDLE" } }
        "type": "state", NBR, "state": "connected" } }
        "type": "fsm", NBR, "state": "CONNECT" } }
        "type": "open", NBR, "direction": "send", "open": { "version": 4, "asn": 65001, "hold_time": 9, "router_id": "1.1.1.1", "capabilities": { "multiprotocol": { "name": "multiprotocol", "families": [ "ipv4/unicast", "ipv6/unicast" ] }, "asn4": { "name": "asn4", "asn4": 65001 }, "route-refresh": { "name": "route-refresh", "variant": "RFC" }, "enhanced-route-refresh": { "name": "enhanced-route-refresh" }, "extended-message": { "name": "extended-message", "size": 65535 } } } } }
        "type": "fsm", NBR, "state": "OPENSENT" } }
        "type": "open", NBR, "direction": "receive", "open": { "version": 4, "asn": 65002, "hold_time": 9, "router_id": "2.2.2.2", "capabilities": { "1": { "name": "multiprotocol", "families": [ "ipv4/unicast", "ipv6/unicast" ] }, "65": { "name": "asn4", "asn4": 65002 }, "2": { "name": "route-refresh", "variant": "RFC" } } } } }
        "type": "negotiated", NBR, NEG  } }
        "type": "fsm", NBR, "state": "OPENCONFIRM" } }
        "type": "keepalive", NBR, "direction": "send"  } }
        "type": "keepalive", NBR, "direction": "receive"  } }
        "type": "fsm", NBR, "state": "ESTABLISHED" } }
        "type": "state", NBR, "state": "up" } }
        "type": "update", NBR, "direction": "send", "message": { "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [65001]}}, "med": 5, "community": [ [ 65001, 1 ] ] }, "announce": { "ipv4 unicast": { "1.1.1.1": [ { "nlri": "10.0.0.0/24" } ] } } } }, NEG  } }
        "type": "update", NBR, "direction": "send", "message": { "eor": { "afi" : "ipv4", "safi" : "unicast" } }, NEG  } }
        "type": "update", NBR, "direction": "send", "message": { "eor": { "afi" : "ipv6", "safi" : "unicast" } }, NEG  } }
        "type": "update", NBR, "direction": "receive", "message": { "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [65002]}}, "next-hop": "2.2.2.2" }, "announce": { "ipv4 unicast": { "2.2.2.2": [ { "nlri": "10.9.0.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.8.0.0/16" } ] } } }, NEG  } }
        "type": "update", NBR, "direction": "receive", "message": { "eor": { "afi" : "ipv6", "safi" : "unicast" } }, NEG  } }
        "type": "refresh", NBR, "direction": "receive", "route-refresh": { "afi": "ipv4", "safi": "unicast", "subtype": "query" } } }
        "type": "update", NBR, "direction": "send", "message": { "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [65001]}}, "med": 5, "community": [ [ 65001, 1 ] ] }, "announce": { "ipv4 unicast": { "1.1.1.1": [ { "nlri": "10.0.0.0/24" } ] } } } }, NEG  } }
        "type": "notification", NBR, "direction": "send", "notification": { "code": 6, "subcode": 4, "data": "0x53687574646F776E20436F6D6D756E69636174696F6E3A202241646D696E69737472617469766520526573657422", "message": "Shutdown Communication: \"Administrative Reset\"" }  } }
        "type": "state", NBR, "state": "down", "reason": "notification sent (6,4)" } }
        "type": "notification", "notification": "shutdown" }"#,
        |line| {
            let counter = if line.contains("NBR") { "\"counter\": N, " } else { "" };
            format!("{header}{counter}{line}")
        },
    );
    compare(
        &text,
        "neighbor 127.0.0.2 connected

        neighbor 127.0.0.2 send open version 4 asn 65001 hold_time 9 router_id 1.1.1.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), asn4(65001), enhanced route refresh]

        neighbor 127.0.0.2 receive open version 4 asn 65002 hold_time 9 router_id 2.2.2.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, asn4(65002)]

        neighbor 127.0.0.2 send keepalive

        neighbor 127.0.0.2 receive keepalive

        neighbor 127.0.0.2 up

        neighbor 127.0.0.2 send update start
        neighbor 127.0.0.2 send update announced 10.0.0.0/24 next-hop 1.1.1.1 origin igp as-path ( 65001 ) med 5 community 65001:1
        neighbor 127.0.0.2 send update end

        neighbor 127.0.0.2 send update start
        neighbor 127.0.0.2 send update route eor 1/1 (ipv4 unicast)
        neighbor 127.0.0.2 send update end

        neighbor 127.0.0.2 send update start
        neighbor 127.0.0.2 send update route eor 2/1 (ipv6 unicast)
        neighbor 127.0.0.2 send update end

        neighbor 127.0.0.2 receive update start
        neighbor 127.0.0.2 receive update withdrawn 10.8.0.0/16
        neighbor 127.0.0.2 receive update announced 10.9.0.0/24 next-hop 2.2.2.2 origin igp as-path ( 65002 )
        neighbor 127.0.0.2 receive update end

        neighbor 127.0.0.2 receive update start
        neighbor 127.0.0.2 receive update route eor 2/1 (ipv6 unicast)
        neighbor 127.0.0.2 receive update end

        neighbor 127.0.0.2 receive route-refresh afi ipv4 safi unicast query

        neighbor 127.0.0.2 send update start
        neighbor 127.0.0.2 send update announced 10.0.0.0/24 next-hop 1.1.1.1 origin igp as-path ( 65001 ) med 5 community 65001:1
        neighbor 127.0.0.2 send update end

        neighbor 127.0.0.2 send notification code 6 subcode 4 data 0x53687574646F776E20436F6D6D756E69636174696F6E3A202241646D696E69737472617469766520526573657422

        neighbor 127.0.0.2 down - notification sent (6,4)
        shutdown",
        str::to_owned,
    );
    // Only the messages: what else there is was compared above.
    let only = |lines: &[String], with: &str| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line.contains(with))
            .map(|line| line[line.find("\"type\"").unwrap()..].to_owned())
            .collect()
    };
    compare(
        &only(&packets, "\"category\""),
        r#""type": "open", NBR, "direction": "send", "message": { "category": 1, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF004101", "body": "0x04FDE90009010101012402060104000100010206010400020001020641040000FDE9020202000202460002020600" }  } }
        "type": "open", NBR, "direction": "receive", "message": { "category": 1, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003301", "body": "0x04FDEA00090202020216021401040001000101040002000141040000FDEA0200" }  } }
        "type": "keepalive", NBR, "direction": "send", "message": { "category": 4, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304", "body": "0x" } , NEG  } }
        "type": "keepalive", NBR, "direction": "receive", "message": { "category": 4, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304", "body": "0x" } , NEG  } }
        "type": "update", NBR, "direction": "send", "message": { "category": 2, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003D02", "body": "0x000000224001010040020602010000FDE94003040101010180040400000005C00804FDE90001180A0000" } , NEG  } }
        "type": "update", NBR, "direction": "send", "message": { "category": 2, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702", "body": "0x00000000" } , NEG  } }
        "type": "update", NBR, "direction": "send", "message": { "category": 2, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001E02", "body": "0x00000007900F0003000201" } , NEG  } }
        "type": "update", NBR, "direction": "receive", "message": { "category": 2, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003202", "body": "0x0003100A0800144001010040020602010000FDEA40030402020202180A0900" } , NEG  } }
        "type": "update", NBR, "direction": "receive", "message": { "category": 2, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02", "body": "0x00000006800F03000201" } , NEG  } }
        "type": "route-refresh", NBR, "direction": "receive", "message": { "category": 5, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001705", "body": "0x00010001" } , NEG  } }
        "type": "update", NBR, "direction": "send", "message": { "category": 2, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003D02", "body": "0x000000224001010040020602010000FDE94003040101010180040400000005C00804FDE90001180A0000" } , NEG  } }
        "type": "notification", NBR, "direction": "send", "message": { "category": 3, "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF002A03", "body": "0x06041441646D696E697374726174697665205265736574" } , NEG  } }"#,
        str::to_owned,
    );
    let consolidated = only(&consolidated, "\"header\"");
    assert_eq!(consolidated.len(), 12, "{consolidated:#?}");
    assert_eq!(
        consolidated[7],
        r#""type": "update", "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003202", "body": "0x0003100A0800144001010040020602010000FDEA40030402020202180A0900", NBR, "direction": "receive", "message": { "update": { "attribute": { "origin": "igp", "as-path": {"0": {"element": "as-sequence", "value": [65002]}}, "next-hop": "2.2.2.2" }, "announce": { "ipv4 unicast": { "2.2.2.2": [ { "nlri": "10.9.0.0/24" } ] } }, "withdraw": { "ipv4 unicast": [ { "nlri": "10.8.0.0/16" } ] } } }, NEG  } }"#
    );
}

#[test]
fn signals_are_told() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut json = Helper::new(&lab, "json");
    let daemon = lab.start(
        &(json.section("json", "json")
            + &site.neighbor("api { processes [ json ]; signal; neighbor-changes; }")),
    );
    let _session = site.session();
    json.state(0, "up");
    daemon.signal(Signal::SIGUSR1);
    json.line(0, r#""type": "signal", "neighbor": { "address": { "local": "127.0.0.1", "peer": "127.0.0.2" }, "asn": { "local": 65001, "peer": 65002 }, "router-id": "1.1.1.1" , "code": "10", "name": "SIGUSR1" } }"#);
    json.tell("reload");
    json.line(0, r#""code": "0", "name": "none" } }"#);
    daemon.stop();
    json.line(0, r#""code": "15", "name": "SIGTERM" } }"#);
    json.line(0, r#""reason": "stop, message [shutting down]""#);
    json.line(0, r#""type": "notification", "notification": "shutdown" }"#);
}

#[test]
fn compact_nlri_and_version_6() {
    for (version, compact, name) in [(6, true, "6.0.0"), (4, true, "4.0.1"), (6, false, "6.0.0")] {
        let lab = Lab::new().with("api_version", version).with("api_compact", compact);
        let site = Site::new(2);
        let json = Helper::new(&lab, "json");
        let daemon = lab.start(
            &(json.section("json", "json")
                + &site.neighbor("api { processes [ json ]; receive { parsed; update; } }")),
        );
        let mut session = site.session();
        session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
        let line = json.line(0, "10.9.0.0/24");
        let list =
            if compact { r#"[ "10.9.0.0/24" ]"# } else { r#"[ { "nlri": "10.9.0.0/24" } ]"# };
        assert!(line.contains(list), "{line}");
        assert!(line.starts_with(&format!(r#"{{ "exabgp": "{name}", "#)), "{line}");
        daemon.stop();
    }
}

#[test]
fn what_comes_along_with_the_last_keepalive_is_told_before_what_is_sent() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let daemon = lab.start(
        &(helper.section("helper", "json")
            + &site.neighbor(
                "api { processes [ helper ]; neighbor-changes; receive { parsed; update; } send { parsed; update; } }
                 static { route 10.0.0.0/24 next-hop 1.1.1.1; }",
            )),
    );
    // Where this test itself was slow, it says nothing.
    let mut seen = 0;
    while seen < 3 {
        let mut session = site.accept();
        session.send(kind::OPEN, &open().body());
        let message = session.0.receive(PATIENCE).unwrap().unwrap();
        assert_eq!(message.kind, kind::OPEN);
        let mark = helper.mark();
        let start = Instant::now();
        session.send(kind::KEEPALIVE, &[]);
        helper.state(mark, "up");
        session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
        let soon = start.elapsed() < Duration::from_millis(8);
        helper.line(mark, "10.9.0.0/24");
        session.settled();
        helper.line(mark, r#""eor": { "afi" : "ipv6""#);
        let lines = helper.lines(mark);
        let place = |words| lines.iter().position(|line| line.contains(words)).unwrap();
        if soon {
            seen += 1;
            assert!(place("10.9.0.0/24") < place("10.0.0.0/24"), "{lines:#?}");
        }
        session.send(kind::NOTIFICATION, &[6, 4]);
        helper.state(mark, "down");
    }
    daemon.stop();
}

#[test]
fn a_peer_over_its_rate_limit_is_sent_its_table_all_the_same() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let daemon = lab.start(
        &(helper.section("helper", "json")
            + &site.neighbor(
                "rate-limit 5; family { ipv4 unicast; } api { processes [ helper ]; receive { parsed; update; } send { parsed; update; } }
                 static { route 10.0.0.0/24 next-hop 1.1.1.1; }",
            )),
    );
    let mut session = site.accept();
    session.send(kind::OPEN, &open().body());
    assert_eq!(session.0.receive(PATIENCE).unwrap().unwrap().kind, kind::OPEN);
    // More than is read at once comes along with the KEEPALIVE, and takes eight seconds.
    let prefixes: Vec<String> =
        (0..800).map(|number| format!("10.9.{}.{}/32", number >> 8, number & 255)).collect();
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let message = frame(kind::UPDATE, &update(&[], &attributes(), &prefixes));
    let mut octets = frame(kind::KEEPALIVE, &[]);
    (0..42).for_each(|_| octets.extend(&message));
    session.send_bytes(&octets);
    let start = Instant::now();
    assert_eq!(session.until_eor(), ["10.0.0.0/24"]);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    daemon.stop();
}

#[test]
fn the_last_message_of_one_that_does_not_read_is_heard() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let routes: String = (0..80_000_u32)
        .map(|number| {
            let [_, a, b, c] = number.to_be_bytes();
            format!("route 10.{a}.{b}.{c}/32 next-hop 1.1.1.1 med {number};\n")
        })
        .collect();
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!(
            "rate-limit 1; family {{ ipv4 unicast; }} static {{ {routes} }} api {{ processes [ helper ]; neighbor-changes; receive {{ parsed; notification; }} }}"
        ));
    // More is to be written than the sockets take; what comes in is not read for the rest of the second.
    socket2::SockRef::from(site.listener()).set_recv_buffer_size(4096).unwrap();
    let daemon = lab.start(&text);
    let mut session = site.session();
    helper.state(0, "up");
    session.send(kind::KEEPALIVE, &[]);
    session.send(kind::KEEPALIVE, &[]);
    session.send(kind::NOTIFICATION, &[6, 1]);
    // With octets that it has not read, this resets the connection.
    drop(session);
    let event = helper.event(0, |event| event["type"] == "notification");
    assert_eq!(event["neighbor"]["notification"]["subcode"], 1, "{event}");
    helper.state(0, "down");
    daemon.stop();
}
