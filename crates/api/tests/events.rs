//! Events against ExaBGP's lines, as users match them with regular expressions: every space counts.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use yottabgp_api::event::{
    Agreed, Encoder, Encoders, Feed, Form, Format, Label, MessageFlags, Moment, ProcessId, Raw,
    Subscriber, Subscription, Way,
};
use yottabgp_api::{Encoding, Version};
use yottabgp_session::event::{Decoded, Event, State, Up};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::Capabilities;
use yottabgp_wire::codes::{Afi, Family, MessageType};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated, Refresh};

/// 10.0.0.0/24 with origin igp, next hop 2.2.2.2, MED 7.
const ANNOUNCE: &[u8] = &[
    0, 0, 0, 21, 0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 2, 2, 2, 2, 0x80, 4, 4, 0, 0, 0, 7, 24, 10,
    0, 0,
];

const HEAD: &str = r#"{ "exabgp": "4.0.1", "time": 1795398101.79, "host" : "vm", "pid" : 2, "ppid" : 1, "counter": 3, "type": "#;
const NEIGHBOR: &str = r#""neighbor": { "address": { "local": "127.0.0.1", "peer": "127.0.0.2" }, "asn": { "local": 65001, "peer": 65002 }, "router-id": "1.1.1.1" "#;

fn label() -> Label {
    Label::new(
        Some(Ipv4Addr::new(127, 0, 0, 1).into()),
        Ipv4Addr::new(127, 0, 0, 2).into(),
        Some(Asn(65001)),
        Some(Asn(65002)),
        Ipv4Addr::new(1, 1, 1, 1),
    )
}

fn time() -> Duration {
    Duration::new(1_795_398_101, 790_000_000)
}

fn negotiated() -> Negotiated {
    Negotiated {
        hold_time: 9,
        families: vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST],
        next_hop: vec![(Family::IPV4_UNICAST, Afi::IPV6)],
        refresh: Refresh::Enhanced,
        ..Negotiated::permissive()
    }
}

fn format(encoding: Encoding) -> Format {
    Format::new(encoding, None, Version::V4)
}

fn encoder(version: Version, encoding: Encoding, host: &str) -> Encoder {
    Encoder::new(Format::new(encoding, None, version), false, host, 2, 1)
}

/// Writes an event of a peer with counter 3 and checks that JSON is JSON.
fn write(
    version: Version,
    encoding: Encoding,
    event: impl FnOnce(&Encoder, Moment<'_>, &mut Vec<u8>),
) -> String {
    let label = label();
    let encoder = encoder(version, encoding, "vm");
    let mut out = Vec::new();
    event(&encoder, Moment { time: time(), counter: 3, label: &label, told: None }, &mut out);
    if encoding == Encoding::Json && !out.is_empty() {
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["exabgp"], if version == Version::V4 { "4.0.1" } else { "6.0.0" });
    }
    String::from_utf8(out).unwrap()
}

fn json(event: impl FnOnce(&Encoder, Moment<'_>, &mut Vec<u8>)) -> String {
    write(Version::V4, Encoding::Json, event)
}

fn text(event: impl FnOnce(&Encoder, Moment<'_>, &mut Vec<u8>)) -> String {
    write(Version::V4, Encoding::Text, event)
}

/// A decoded message, as JSON and as text, without octets.
fn message(way: Way, decoded: &Decoded<'_>) -> (String, String) {
    (
        json(|encoder, at, out| encoder.message(at, way, decoded, None, None, out)),
        text(|encoder, at, out| encoder.message(at, way, decoded, None, None, out)),
    )
}

#[test]
fn changes_of_state() {
    assert_eq!(
        json(|encoder, at, out| encoder.state(at, "up", None, out)),
        format!("{HEAD}\"state\", {NEIGHBOR}, \"state\": \"up\" }} }}\n")
    );
    let reason = Some("notification received (6,2)");
    assert_eq!(
        json(|encoder, at, out| encoder.state(at, "down", reason, out)),
        format!(
            "{HEAD}\"state\", {NEIGHBOR}, \"state\": \"down\", \"reason\": \"notification received (6,2)\" }} }}\n"
        )
    );
    assert_eq!(
        text(|encoder, at, out| encoder.state(at, "down", reason, out)),
        "neighbor 127.0.0.2 down - notification received (6,2)\n\n"
    );
    assert_eq!(
        text(|encoder, at, out| encoder.state(at, "connected", None, out)),
        "neighbor 127.0.0.2 connected\n\n"
    );
    assert_eq!(
        json(|encoder, at, out| encoder.fsm(at, State::OpenConfirm, out)),
        format!("{HEAD}\"fsm\", {NEIGHBOR}, \"state\": \"OPENCONFIRM\" }} }}\n")
    );
    assert_eq!(text(|encoder, at, out| encoder.fsm(at, State::Idle, out)), "");
}

#[test]
fn what_was_agreed_upon() {
    let agreed = Agreed::of(&negotiated());
    assert_eq!(
        json(|encoder, at, out| encoder.negotiated(at, &agreed, out)),
        format!(
            "{HEAD}\"negotiated\", {NEIGHBOR}, \"negotiated\": {{ \"message_size\": 65535, \"hold_time\": 9, \
             \"asn4\": true, \"multisession\": false, \"operational\": true, \"refresh\": \"enhanced\", \
             \"families\": [\"ipv4 unicast\", \"ipv6 unicast\"], \"nexthop\": [\"ipv4 unicast ipv6\"], \
             \"add_path\": {{\"send\": [], \"receive\": []}} }}  }} }}\n"
        )
    );
}

#[test]
fn signals_and_the_end() {
    assert_eq!(
        json(|encoder, at, out| encoder.signal(at, 10, "SIGUSR1", out)),
        format!("{HEAD}\"signal\", {NEIGHBOR}, \"code\": \"10\", \"name\": \"SIGUSR1\" }} }}\n")
    );
    let mut out = Vec::new();
    encoder(Version::V6, Encoding::Json, "vm").shutdown(time(), &mut out);
    encoder(Version::V4, Encoding::Text, "vm").shutdown(time(), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{ \"exabgp\": \"6.0.0\", \"time\": 1795398101.79, \"host\" : \"vm\", \"pid\" : 2, \"ppid\" : 1, \
         \"type\": \"notification\", \"notification\": \"shutdown\" }\nshutdown 2 1\n\n"
    );
}

#[test]
fn short_messages() {
    assert_eq!(
        message(Way::Receive, &Decoded::Keepalive),
        (
            format!("{HEAD}\"keepalive\", {NEIGHBOR}, \"direction\": \"receive\"  }} }}\n"),
            "neighbor 127.0.0.2 receive keepalive\n\n".to_owned()
        )
    );
    let refresh = RouteRefresh { family: Family::IPV4_UNICAST, subtype: 0 };
    assert_eq!(
        message(Way::Send, &Decoded::RouteRefresh(refresh)),
        (
            format!(
                "{HEAD}\"refresh\", {NEIGHBOR}, \"direction\": \"send\", \"route-refresh\": \
                 {{ \"afi\": \"ipv4\", \"safi\": \"unicast\", \"subtype\": \"query\" }} }} }}\n"
            ),
            "neighbor 127.0.0.2 send route-refresh afi ipv4 safi unicast query\n\n".to_owned()
        )
    );
    let (json, text) =
        message(Way::Receive, &Decoded::Notification(&Notification::decode(&[6, 4])));
    assert!(json.starts_with(&format!(
        "{HEAD}\"notification\", {NEIGHBOR}, \"direction\": \"receive\", \"notification\": {{ \"code\": 6, \"subcode\": 4, \"data\": \"0x"
    )));
    assert!(json.ends_with("\" }  } }\n"), "{json}");
    assert_eq!(text, "neighbor 127.0.0.2 receive notification code 6 subcode 4 data 0x\n\n");

    let body = [&[0, 1, 0, 8, 0, 1, 1][..], b"hello"].concat();
    let advisory = Operational::decode(&body).unwrap();
    assert_eq!(
        message(Way::Receive, &Decoded::Operational(&advisory)),
        (
            format!(
                "{HEAD}\"operational\", {NEIGHBOR}, \"direction\": \"receive\", \"operational\": {{ \"name\": \"ADM\", \
                 \"afi\": \"ipv4\", \"safi\": \"unicast\", \"advisory\": \"hello\" }} }} }}\n"
            ),
            "neighbor 127.0.0.2 receive operational ADM afi ipv4 safi unicast advisory \"hello\"\n\n"
                .to_owned()
        )
    );
}

#[test]
fn opens_have_no_blank_at_their_end() {
    let body = [4, 0xfd, 0xea, 0, 9, 2, 2, 2, 2, 0];
    let open = Open::decode(&body).unwrap();
    let (json, text) = message(Way::Receive, &Decoded::Open(&open));
    assert!(json.starts_with(&format!(
        "{HEAD}\"open\", {NEIGHBOR}, \"direction\": \"receive\", \"open\": {{ \"version\": 4, \"asn\": 65002, \"hold_time\": 9, \"router_id\": \"2.2.2.2\", \"capabilities\": {{"
    )));
    assert!(json.ends_with("} } } }\n") && !json.contains("}  }"), "{json}");
    assert!(text.starts_with("neighbor 127.0.0.2 receive open version 4 asn 65002 hold_time 9 "));
    assert!(text.ends_with("\n\n"));
}

const UPDATE: &str = r#""message": { "update": { "attribute": { "origin": "igp", "med": 7 }, "announce": { "ipv4 unicast": { "2.2.2.2": [ { "nlri": "10.0.0.0/24" } ] } } } }"#;

#[test]
fn updates() {
    let agreed = negotiated();
    let update = Update::decode(ANNOUNCE, &agreed, Direction::Send).unwrap();
    let decoded = Decoded::Update(&update);
    let (json_line, text_lines) = message(Way::Receive, &decoded);
    assert_eq!(
        json_line,
        format!("{HEAD}\"update\", {NEIGHBOR}, \"direction\": \"receive\", {UPDATE} }} }}\n")
    );
    assert_eq!(
        text_lines,
        "neighbor 127.0.0.2 receive update start\n\
         neighbor 127.0.0.2 receive update announced 10.0.0.0/24 next-hop 2.2.2.2 origin igp med 7\n\
         neighbor 127.0.0.2 receive update end\n\n"
    );
    assert!(message(Way::In, &decoded).0.contains("\"direction\": \"in\", \"message\""));
    assert!(message(Way::In, &decoded).1.starts_with("neighbor 127.0.0.2 in update start\n"));

    let member = Agreed::of(&agreed);
    let raw = Raw { header: &[0xff, 2], body: &[0, 0xab] };
    let line = json(|encoder, at, out| {
        encoder.message(at, Way::Send, &decoded, Some(raw), Some(&member), out)
    });
    let event = json(|encoder, at, out| encoder.negotiated(at, &member, out));
    let member = event.split_once("\"negotiated\": ").unwrap().1.strip_suffix("  } }\n").unwrap();
    assert_eq!(
        line,
        format!(
            "{HEAD}\"update\", \"header\": \"0xFF02\", \"body\": \"0x00AB\", {NEIGHBOR}, \"direction\": \"send\", \
             {UPDATE}, \"negotiated\": {member}  }} }}\n"
        )
    );
    let lines =
        text(|encoder, at, out| encoder.message(at, Way::Send, &decoded, Some(raw), None, out));
    assert!(
        lines
            .ends_with("med 7\n header 0xFF02 body 0x00AB\nneighbor 127.0.0.2 send update end\n\n"),
        "{lines}"
    );
}

#[test]
fn end_of_rib_is_json() {
    let update = Update::decode(&[0, 0, 0, 0], &negotiated(), Direction::Receive).unwrap();
    let (json, text) = message(Way::Receive, &Decoded::Update(&update));
    assert!(
        json.ends_with("\"direction\": \"receive\", \"message\": { \"eor\": { \"afi\" : \"ipv4\", \"safi\" : \"unicast\" } } } }\n"),
        "{json}"
    );
    assert_eq!(
        text.lines().nth(1),
        Some("neighbor 127.0.0.2 receive update route eor 1/1 (ipv4 unicast)")
    );
}

#[test]
fn packets() {
    let raw = Raw { header: &[0xff, 5], body: &[] };
    let kind = MessageType::ROUTE_REFRESH;
    let write = |encoder: &Encoder, at: Moment<'_>, out: &mut Vec<u8>, agreed| {
        encoder.packet(at, Way::Send, kind, raw, agreed, out)
    };
    assert_eq!(
        json(|encoder, at, out| write(encoder, at, out, None)),
        format!(
            "{HEAD}\"route-refresh\", {NEIGHBOR}, \"direction\": \"send\", \"message\": {{ \"category\": 5, \
             \"header\": \"0xFF05\", \"body\": \"0x\" }}  }} }}\n"
        )
    );
    let agreed = Agreed::of(&negotiated());
    assert!(
        json(|encoder, at, out| write(encoder, at, out, Some(&agreed)))
            .contains("\"body\": \"0x\" } , \"negotiated\": { \"message_size\"")
    );
    assert_eq!(
        text(|encoder, at, out| write(encoder, at, out, None)),
        "neighbor 127.0.0.2 send 5 header 0xFF05 body 0x\n\n"
    );
}

#[test]
fn octets_follow_short_messages_in_text() {
    let raw = Some(Raw { header: &[0xff, 4], body: &[] });
    assert_eq!(
        text(|encoder, at, out| encoder.message(
            at,
            Way::Receive,
            &Decoded::Keepalive,
            raw,
            None,
            out
        )),
        "neighbor 127.0.0.2 receive keepalive header 0xFF04 body 0x\n\n"
    );
}

#[test]
fn what_is_not_known_is_left_out() {
    let label = Label::new(None, Ipv4Addr::LOCALHOST.into(), None, None, Ipv4Addr::UNSPECIFIED);
    let encoder = encoder(Version::V6, Encoding::Json, "a \"host\"");
    let mut out = Vec::new();
    let at = Moment { time: Duration::from_secs(5), counter: 1, label: &label, told: None };
    encoder.state(at, "up", None, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{ \"exabgp\": \"6.0.0\", \"time\": 5.0, \"host\" : \"a \\\"host\\\"\", \"pid\" : 2, \"ppid\" : 1, \"counter\": 1, \
         \"type\": \"state\", \"neighbor\": { \"address\": { \"local\": \"auto\", \"peer\": \"127.0.0.1\" }, \
         \"asn\": { \"local\": 0, \"peer\": 0 } , \"state\": \"up\" } }\n"
    );
}

#[test]
fn a_line_is_never_broken_by_what_a_peer_says() {
    let reason = Some("bad\nneighbor 1.1.1.1 up");
    let lines = text(|encoder, at, out| encoder.state(at, "down", reason, out));
    assert_eq!(lines.lines().count(), 2, "{lines}");
    let line = json(|encoder, at, out| encoder.state(at, "down", reason, out));
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn forms_need_a_type_and_types_need_a_form() {
    let updates = MessageFlags { update: true, ..MessageFlags::default() };
    let forms = |flags: MessageFlags| {
        let subscription = Subscription { receive: flags, ..Subscription::default() };
        assert_eq!(subscription.forms(Direction::Send, MessageType::UPDATE), [None, None]);
        assert_eq!(subscription.forms(Direction::Receive, MessageType::OPEN), [None, None]);
        subscription.forms(Direction::Receive, MessageType::UPDATE)
    };
    assert_eq!(forms(updates), [None, None]);
    let parsed = Some(Form::Parsed { raw: false });
    assert_eq!(forms(MessageFlags { parsed: true, ..updates }), [None, parsed]);
    let packets = MessageFlags { packets: true, ..updates };
    assert_eq!(forms(packets), [Some(Form::Packet), None]);
    assert_eq!(forms(MessageFlags { parsed: true, ..packets }), [Some(Form::Packet), parsed]);
    let consolidated = [None, Some(Form::Parsed { raw: true })];
    assert_eq!(forms(MessageFlags { consolidate: true, ..packets }), consolidated);
    assert_eq!(forms(MessageFlags { consolidate: true, ..updates }), [None, parsed]);
    assert_eq!(forms(MessageFlags { parsed: true, ..MessageFlags::default() }), [None, None]);
}

/// Runs events through a feed; returns what each process got.
fn tell(subscribers: &[Subscriber], events: &[Event<'_>]) -> Vec<(u32, String)> {
    let encoders = Encoders::new(false, "vm", 2, 1);
    let mut feed = Feed::new(label(), subscribers.to_vec());
    let mut told = Vec::new();
    for event in events {
        feed.event(&encoders, time(), event, |ProcessId(process), lines| {
            told.push((process, String::from_utf8(lines.to_vec()).unwrap()));
        });
    }
    told
}

fn subscriber(process: u32, encoding: Encoding, subscription: Subscription) -> Subscriber {
    Subscriber { process: ProcessId(process), format: format(encoding), subscription }
}

#[test]
fn each_process_gets_what_it_asked_for_itself() {
    let agreed = negotiated();
    let update = Update::decode(ANNOUNCE, &agreed, Direction::Send).unwrap();
    let parsed = MessageFlags { parsed: true, update: true, ..MessageFlags::default() };
    let raw = MessageFlags { packets: true, consolidate: true, ..parsed };
    let packets = MessageFlags { packets: true, parsed: false, ..parsed };
    let receive = |receive| Subscription { receive, ..Subscription::default() };
    let subscribers = [
        subscriber(1, Encoding::Json, receive(parsed)),
        subscriber(2, Encoding::Json, receive(raw)),
        subscriber(3, Encoding::Text, receive(packets)),
        subscriber(4, Encoding::Json, Subscription { negotiated: true, ..receive(parsed) }),
        subscriber(5, Encoding::Json, receive(parsed)),
        subscriber(
            6,
            Encoding::Json,
            Subscription { neighbor_changes: true, ..Subscription::default() },
        ),
    ];
    let event = Event::Message {
        direction: Direction::Receive,
        kind: MessageType::UPDATE,
        header: &[0xff; 19],
        body: ANNOUNCE,
        negotiated: Some(&agreed),
        decoded: Decoded::Update(&update),
    };
    let told = tell(&subscribers, &[Event::Connected, event]);
    let processes: Vec<u32> = told.iter().map(|(process, _)| *process).collect();
    assert_eq!(processes, [6, 3, 1, 2, 4, 5]);
    let of = |wanted: u32| &told.iter().find(|(process, _)| *process == wanted).unwrap().1;
    assert!(!of(1).contains("\"header\"") && !of(1).contains("negotiated"));
    assert!(of(2).contains("\"type\": \"update\", \"header\": \"0xFF"));
    assert!(of(3).starts_with("neighbor 127.0.0.2 receive 2 header 0xFF"));
    assert!(of(4).contains("}, \"negotiated\": { \"message_size\""));
    assert_eq!(of(1), of(5));
    // Numbered in order: connected, packet, decoded.
    assert!(of(6).contains("\"counter\": 1,") && of(1).contains("\"counter\": 3,"));
}

#[test]
fn an_event_that_nobody_wants_is_not_counted_nor_decoded() {
    let fsm = Subscription { fsm: true, negotiated: true, ..Subscription::default() };
    let subscribers = [subscriber(1, Encoding::Json, fsm), subscriber(2, Encoding::Text, fsm)];
    let agreed = negotiated();
    let open = Open {
        version: 4,
        asn: 65001,
        hold_time: 9,
        router_id: Ipv4Addr::new(10, 0, 0, 1),
        capabilities: Capabilities::default(),
    };
    let end = SocketAddr::from((Ipv4Addr::LOCALHOST, 179));
    let up =
        Up { negotiated: &agreed, local: end, remote: end, sent_open: &open, received_open: &[] };
    let events = [
        Event::Connected,
        Event::Fsm(State::Connect),
        Event::Negotiated(&agreed),
        Event::Up(up),
        Event::RefreshRequested(Family::IPV4_UNICAST),
    ];
    let told = tell(&subscribers, &events);
    assert_eq!(told.len(), 2);
    assert!(told[0].1.contains("\"counter\": 1,") && told[1].1.contains("\"counter\": 2,"));
    let feed = Feed::new(label(), subscribers.to_vec());
    let wants = feed.wants(Direction::Receive, MessageType::UPDATE);
    assert!(!wants.parsed && !wants.raw);
}

#[test]
fn version_6_is_json_whatever_the_encoder() {
    let encoders = Encoders::new(false, "vm", 2, 1);
    let mut out = Vec::new();
    encoders.of(Format::new(Encoding::Text, None, Version::V6)).shutdown(time(), &mut out);
    assert!(out.starts_with(b"{ \"exabgp\": \"6.0.0\""));
}

#[test]
fn api_blocks_of_one_process_add_up() {
    let mut subscription = Subscription { fsm: true, ..Subscription::default() };
    let parsed = MessageFlags { parsed: true, ..MessageFlags::default() };
    let updates = MessageFlags { update: true, ..MessageFlags::default() };
    subscription.merge(&Subscription { receive: parsed, ..Subscription::default() });
    subscription.merge(&Subscription { receive: updates, signal: true, ..Subscription::default() });
    assert!(subscription.fsm && subscription.signal && !subscription.negotiated);
    assert!(subscription.wants(Direction::Receive, MessageType::UPDATE).parsed);
}
