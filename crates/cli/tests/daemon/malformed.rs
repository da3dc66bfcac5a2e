//! Malformed BGP: what each error is answered, and that nobody else notices. Odd but good BGP: that it is taken.

use std::net::Ipv4Addr;

use yottabgp_testkit::bgp::{Open, frame, kind};
use yottabgp_testkit::network::free_port;

use crate::support::{Helper, Lab, Session, Site, Update, attributes, open, update};

/// When an octet string is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// In place of the OPEN.
    Connected,
    /// In place of the first KEEPALIVE.
    Opened,
    /// With the session up.
    Up,
}

/// What, when, the octets; code, subcode, and the data where a standard says what it is.
type Case = (&'static str, Stage, Vec<u8>, u8, u8, Option<Vec<u8>>);

/// A neighbor on 127.0.0.LAST that calls the daemon on a port.
fn passive(last: u8, port: u16, more: &str) -> String {
    format!(
        "neighbor 127.0.0.{last} {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; passive; listen {port}; {more} }}\n"
    )
}

fn open_body(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = open().body();
    change(&mut body);
    frame(kind::OPEN, &body)
}

/// An OPEN with these optional parameters.
fn open_with(parameters: &[u8]) -> Vec<u8> {
    let mut body = open().body()[..9].to_vec();
    body.push(u8::try_from(parameters.len()).unwrap());
    body.extend_from_slice(parameters);
    frame(kind::OPEN, &body)
}

/// A message whose header says another length.
fn with_length(kind: u8, body: &[u8], length: u16) -> Vec<u8> {
    let mut message = frame(kind, body);
    message[16..18].copy_from_slice(&length.to_be_bytes());
    message
}

/// An UPDATE that announces 10.9.0.0/24 with these attributes.
fn with_attributes(list: &[u8]) -> Vec<u8> {
    frame(kind::UPDATE, &update(&[], list, &["10.9.0.0/24"]))
}

#[test]
fn every_error_has_its_notification() {
    let mut wrong_marker = frame(kind::KEEPALIVE, &[]);
    wrong_marker[3] = 0;
    let unknown_well_known = [attributes(), vec![0x40, 99, 1, 7]].concat();
    let multiprotocol_twice: Vec<u8> = [attributes(), [0x80, 15, 3, 0, 2, 1].repeat(2)].concat();
    let (any, none) = (None, Some(Vec::new()));
    let cases: Vec<Case> = vec![
        ("marker", Stage::Up, wrong_marker.clone(), 1, 1, none.clone()),
        ("marker of the first message", Stage::Connected, wrong_marker, 1, 1, none.clone()),
        (
            "rubbish",
            Stage::Connected,
            b"GET / HTTP/1.1\r\nHost: example\r\n\r\n".to_vec(),
            1,
            1,
            none.clone(),
        ),
        ("length below 19", Stage::Up, with_length(4, &[], 18), 1, 2, Some(vec![0, 18])),
        ("length of KEEPALIVE", Stage::Up, frame(4, &[0]), 1, 2, Some(vec![0, 20])),
        ("length of UPDATE", Stage::Up, frame(2, &[0, 0, 0]), 1, 2, Some(vec![0, 22])),
        ("length of OPEN", Stage::Connected, frame(1, &[4; 9]), 1, 2, Some(vec![0, 28])),
        (
            "length above 4096",
            Stage::Connected,
            with_length(1, &[0; 30], 4097),
            1,
            2,
            Some(vec![16, 1]),
        ),
        ("type 0", Stage::Up, frame(0, &[]), 1, 3, Some(vec![0])),
        ("type 99", Stage::Up, frame(99, &[]), 1, 3, Some(vec![99])),
        ("version 3", Stage::Connected, open_body(|body| body[0] = 3), 2, 1, Some(vec![0, 4])),
        (
            "another AS",
            Stage::Connected,
            frame(1, &Open::new(65009, Ipv4Addr::new(2, 2, 2, 2)).body()),
            2,
            2,
            any.clone(),
        ),
        ("identifier 0", Stage::Connected, open_body(|body| body[5..9].fill(0)), 2, 3, any.clone()),
        ("parameter 9", Stage::Connected, open_with(&[9, 0]), 2, 4, any.clone()),
        (
            "hold time 1",
            Stage::Connected,
            open_body(|body| body[3..5].copy_from_slice(&[0, 1])),
            2,
            6,
            any.clone(),
        ),
        (
            "hold time 2",
            Stage::Connected,
            open_body(|body| body[3..5].copy_from_slice(&[0, 2])),
            2,
            6,
            any.clone(),
        ),
        ("parameters cut short", Stage::Connected, open_with(&[2, 200, 1]), 2, 0, any.clone()),
        ("KEEPALIVE before OPEN", Stage::Connected, frame(4, &[]), 5, 1, Some(vec![4])),
        ("UPDATE before OPEN", Stage::Connected, frame(2, &[0; 4]), 5, 1, Some(vec![2])),
        ("UPDATE before KEEPALIVE", Stage::Opened, frame(2, &[0; 4]), 5, 2, Some(vec![2])),
        ("OPEN twice", Stage::Opened, frame(1, &open().body()), 5, 2, Some(vec![1])),
        ("OPEN in a session", Stage::Up, frame(1, &open().body()), 5, 3, Some(vec![1])),
        ("withdrawn length", Stage::Up, frame(2, &[0, 9, 0, 0]), 3, 1, none.clone()),
        ("attributes length", Stage::Up, frame(2, &[0, 0, 0, 9]), 3, 1, none.clone()),
        (
            "unknown well-known",
            Stage::Up,
            with_attributes(&unknown_well_known),
            3,
            2,
            Some(vec![0x40, 99, 1, 7]),
        ),
        (
            "MP_UNREACH_NLRI twice",
            Stage::Up,
            with_attributes(&multiprotocol_twice),
            3,
            1,
            none.clone(),
        ),
        (
            "prefix of 33 bits",
            Stage::Up,
            frame(2, &[0, 6, 33, 1, 2, 3, 4, 5, 0, 0]),
            3,
            10,
            none.clone(),
        ),
        (
            "prefix cut short",
            Stage::Up,
            frame(2, &[&[0, 0][..], &[0, 20], &attributes(), &[24, 10]].concat()),
            3,
            10,
            none,
        ),
        (
            "length of ROUTE-REFRESH",
            Stage::Up,
            frame(5, &[0, 1, 0]),
            7,
            1,
            Some(frame(5, &[0, 1, 0])),
        ),
    ];

    let lab = Lab::new();
    let (port, other) = (free_port([127, 0, 0, 1]), Site::new(3));
    let mut helper = Helper::new(&lab, "helper");
    let api = "api { processes [ helper ]; neighbor-changes; }";
    let text = helper.section("helper", "json")
        + &passive(2, port, &format!("capability {{ route-refresh; }} {api}"))
        + &other.neighbor(api);
    let daemon = lab.start(&text);
    let mut bystander = other.session();
    bystander.settled();
    helper.state(0, "up");

    for (name, stage, octets, code, subcode, data) in cases {
        let mark = helper.mark();
        let mut session = Session::call(2, port);
        match stage {
            Stage::Connected => {}
            Stage::Opened => {
                session.send(kind::OPEN, &open().body());
                session.0.expect(kind::OPEN, crate::support::PATIENCE).unwrap();
            }
            Stage::Up => {
                session.establish(&open());
                helper.event(mark, |event| {
                    event["neighbor"]["state"] == "up"
                        && event["neighbor"]["address"]["peer"] == "127.0.0.2"
                });
            }
        }
        session.send_bytes(&octets);
        if stage == Stage::Connected {
            session.0.expect(kind::OPEN, crate::support::PATIENCE).unwrap();
        }
        let told = session.notification();
        assert_eq!((told.0, told.1), (code, subcode), "{name}: {:02X?}", told.2);
        if let Some(data) = data {
            assert_eq!(told.2, data, "{name}");
        }
        session.closed();
        let reason = format!("notification sent ({code},{subcode})");
        helper.event(mark, |event| event["neighbor"]["reason"] == reason.as_str());
    }

    // The other session has been left alone, and works.
    helper.tell("neighbor 127.0.0.3 announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(bystander.update().announced, ["10.1.0.0/24"]);
    let others = helper.lines(0);
    assert!(!others.iter().any(|line| line.contains("\"127.0.0.3\"") && line.contains("\"down\"")));
    daemon.stop();
}

#[test]
fn malformed_attributes_withdraw_the_routes() {
    let cases: &[(&str, &[u8])] = &[
        ("origin", &[0x40, 1, 1, 9, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x40, 3, 4, 2, 2, 2, 2]),
        ("as-path", &[0x40, 1, 1, 0, 0x40, 2, 5, 2, 1, 0, 0, 0xFD, 0x40, 3, 4, 2, 2, 2, 2]),
        ("next-hop", &[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x40, 3, 3, 2, 2, 2]),
        ("origin missing", &[0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x40, 3, 4, 2, 2, 2, 2]),
        ("flags", &[0xC0, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x40, 3, 4, 2, 2, 2, 2]),
        (
            "overrun",
            &[
                0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x40, 3, 4, 2, 2, 2, 2, 0x80, 4,
                9, 1,
            ],
        ),
        (
            "med",
            &[
                0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x40, 3, 4, 2, 2, 2, 2, 0x80, 4,
                3, 1, 2, 3,
            ],
        ),
    ];
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor("api { processes [ helper ]; receive { parsed; update; } }");
    let daemon = lab.start(&text);
    let mut session = site.session();
    for (name, list) in cases {
        session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
        daemon.until("show adj-rib in", |text| text.contains("10.9.0.0/24"));
        let mark = helper.mark();
        session.send_bytes(&with_attributes(list));
        let event = helper.event(mark, |event| {
            event["type"] == "update"
                && !event["neighbor"]["message"]["update"]["withdraw"].is_null()
        });
        let told = &event["neighbor"]["message"]["update"];
        assert_eq!(told["withdraw"]["ipv4 unicast"][0]["nlri"], "10.9.0.0/24", "{name}: {event}");
        assert!(told["announce"].is_null(), "{name}: {event}");
        daemon.until("show adj-rib in", |text| !text.contains("10.9.0.0/24"));
    }
    daemon.stop();
}

#[test]
fn segments_make_no_difference() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor("api { processes [ helper ]; receive { parsed; update; keepalive; } }");
    let daemon = lab.start(&text);
    let mut session = site.accept();
    // Octet by octet, OPEN included.
    let mut octets = frame(kind::OPEN, &open().body());
    octets.extend(frame(kind::KEEPALIVE, &[]));
    octets
        .extend(frame(kind::UPDATE, &update(&[], &attributes(), &["10.1.0.0/24", "10.2.0.0/24"])));
    for octet in &octets {
        session.send_bytes(&[*octet]);
    }
    session.0.expect(kind::OPEN, crate::support::PATIENCE).unwrap();
    let routes = |event: &serde_json::Value| {
        let told = &event["neighbor"]["message"]["update"]["announce"]["ipv4 unicast"]["2.2.2.2"];
        told.as_array().map(|list| list.iter().map(|route| route["nlri"].to_string()).collect())
    };
    let event = helper.event(0, |event| event["type"] == "update");
    let list: Vec<String> = routes(&event).unwrap();
    assert_eq!(list, ["\"10.1.0.0/24\"", "\"10.2.0.0/24\""]);
    // Many in one segment, and the last one cut in two.
    let mark = helper.mark();
    let mut octets = Vec::new();
    for number in 0..100 {
        octets.extend(frame(
            kind::UPDATE,
            &update(&[], &attributes(), &[&format!("10.3.{number}.0/24")]),
        ));
    }
    let (first, second) = octets.split_at(octets.len() - 10);
    session.send_bytes(first);
    helper.line(mark, "10.3.98.0/24");
    assert!(!helper.lines(mark).iter().any(|line| line.contains("10.3.99.0/24")));
    session.send_bytes(second);
    helper.line(mark, "10.3.99.0/24");
    assert_eq!(helper.lines(mark).len(), 100);
    daemon.stop();
}

#[test]
fn an_end_of_rib_is_told() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor("api { processes [ helper ]; receive { parsed; update; } }");
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.send(kind::UPDATE, &[0; 4]);
    let line = helper.line(0, "\"eor\"");
    assert!(
        line.ends_with(r#""direction": "receive", "message": { "eor": { "afi" : "ipv4", "safi" : "unicast" } } } }"#),
        "{line}"
    );
    // MP_UNREACH_NLRI of IPv6 unicast without routes.
    let mark = helper.mark();
    session.send(kind::UPDATE, &update(&[], &[0x80, 15, 3, 0, 2, 1], &[]));
    helper.line(mark, r#""eor": { "afi" : "ipv6", "safi" : "unicast" }"#);
    daemon.stop();
}

#[test]
fn operational_messages_are_told() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(
            "capability { operational; } api { processes [ helper ]; receive { parsed; operational; } }",
        );
    let daemon = lab.start(&text);
    let mut able = open();
    able.capabilities.push((185, Vec::new()));
    let mut session = site.session_with(&able);
    session.until_eor();
    let advisory = [&[0, 1, 0, 9, 0, 1, 1][..], b"hello!"].concat();
    session.send(6, &advisory);
    let line = helper.line(0, "operational");
    assert!(
        line.contains(r#""operational": { "name": "ADM", "afi": "ipv4", "safi": "unicast", "advisory": "hello!" }"#),
        "{line}"
    );
    helper.tell("announce operational adm afi ipv4 safi unicast advisory \"good day\"");
    // The End-of-RIB of IPv6 may come first.
    let message = loop {
        match session.next() {
            Some(message) if message.kind == kind::UPDATE => {}
            other => break other.unwrap(),
        }
    };
    assert_eq!(message.kind, 6);
    assert_eq!(message.body, [&[0, 1, 0, 11, 0, 1, 1][..], b"good day"].concat());
    // A type that nobody knows is no reason to end.
    session.send(6, &[0, 99, 0, 2, 1, 2]);
    helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    daemon.stop();
}

#[test]
fn a_refresh_brings_the_routes_again() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(
            "capability { route-refresh; } api { processes [ helper ]; receive { parsed; refresh; } send { parsed; refresh; update; } }
             static { route 10.1.0.0/24 next-hop 1.2.3.4; route 10.2.0.0/24 next-hop 1.2.3.4 med 5; route 2001:db8::/32 next-hop 2001:db8::1; }",
        );
    let daemon = lab.start(&text);
    // Without the capability of enhanced refresh: the routes alone.
    let mut able = open();
    able.capabilities.push((2, Vec::new()));
    let mut session = site.session_with(&able);
    session.settled();
    session.send(kind::ROUTE_REFRESH, &[0, 1, 0, 1]);
    let mut again: Vec<String> = Vec::new();
    while again.len() < 2 {
        again.extend(session.update().announced);
    }
    again.sort();
    assert_eq!(again, ["10.1.0.0/24", "10.2.0.0/24"]);
    helper.line(0, r#""route-refresh": { "afi": "ipv4", "safi": "unicast", "subtype": "query" }"#);
    // A subtype that means nothing, and a family that was not agreed upon, are ignored.
    session.send(kind::ROUTE_REFRESH, &[0, 1, 7, 1]);
    session.send(kind::ROUTE_REFRESH, &[0, 1, 0, 128]);
    drop(session);

    // With it: between two marks.
    able.capabilities.push((70, Vec::new()));
    let mut session = site.session_with(&able);
    session.settled();
    let mark = helper.mark();
    session.send(kind::ROUTE_REFRESH, &[0, 1, 0, 1]);
    let first = session.next().unwrap();
    assert_eq!((first.kind, first.body), (kind::ROUTE_REFRESH, vec![0, 1, 1, 1]));
    let mut again = Vec::new();
    let last = loop {
        let message = session.next().unwrap();
        if message.kind != kind::UPDATE {
            break message;
        }
        again.extend(Update::read(&message.body).announced);
    };
    assert_eq!((last.kind, last.body), (kind::ROUTE_REFRESH, vec![0, 1, 2, 1]));
    again.sort();
    assert_eq!(again, ["10.1.0.0/24", "10.2.0.0/24"]);
    helper.line(mark, r#""direction": "send", "route-refresh": { "afi": "ipv4", "safi": "unicast", "subtype": "begin" }"#);
    helper.line(mark, r#""subtype": "end""#);
    daemon.stop();
}

#[test]
fn noise_harms_nobody() {
    let lab = Lab::new();
    let (port, other) = (free_port([127, 0, 0, 1]), Site::new(3));
    let text = passive(2, port, "") + &other.neighbor("");
    let daemon = lab.start(&text);
    let mut bystander = other.session();
    bystander.settled();
    let mut state = 7_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for round in 0..150 {
        let mut session = Session::call(2, port);
        // As far as a session gets, and then octets of any kind in messages of any kind.
        if round % 3 > 0 {
            session.send(kind::OPEN, &open().body());
        }
        if round % 3 > 1 {
            session.send(kind::KEEPALIVE, &[]);
        }
        let mut octets = Vec::new();
        for _ in 0..20 {
            let length = random() % 60;
            let body: Vec<u8> =
                (0..length).map(|_| (random() & random()).to_le_bytes()[0]).collect();
            let kind = (random() % 8).to_le_bytes()[0];
            octets.extend(if random() % 9 == 0 { body } else { frame(kind, &body) });
        }
        // The daemon may have closed it by now.
        let _ = session.0.send_bytes(&octets);
    }
    daemon.ask("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(bystander.update().announced, ["10.1.0.0/24"]);
    // And this address may still come for a session.
    let announced = yottabgp_testkit::wait::poll(crate::support::PATIENCE, || {
        let mut session = Session::call(2, port);
        session.0.establish(&open(), crate::support::PATIENCE).ok()?;
        Some(session.until_eor())
    });
    assert_eq!(announced.unwrap(), ["10.1.0.0/24"]);
    assert!(!daemon.log().contains("panic"), "{}", daemon.log());
    daemon.stop();
}
