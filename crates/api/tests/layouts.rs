//! Every event in the layouts of ExaBGP 3.4, 4, 5 and 6, byte for byte but for what the daemon fills in: programs match these
//! lines with regular expressions.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::net::Ipv4Addr;
use std::time::Duration;

use yottabgp_api::event::{
    Agreed, Encoder, Encoders, Feed, Format, Label, MessageFlags, Moment, ProcessId, Raw,
    Subscriber, Subscription, Way,
};
use yottabgp_api::{Encoding, Version};
use yottabgp_session::event::{Decoded, Event, State};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated, Refresh};

const LAYOUTS: [Layout; 4] = [Layout::V3_4, Layout::V4, Layout::V5, Layout::V6];

fn label() -> Label {
    Label::new(
        Some(Ipv4Addr::new(192, 0, 2, 1).into()),
        Ipv4Addr::new(192, 0, 2, 2).into(),
        Some(Asn(64500)),
        Some(Asn(64501)),
        Ipv4Addr::new(10, 9, 8, 7),
    )
}

fn negotiated() -> Negotiated {
    let families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    let mut negotiated = Negotiated { hold_time: 30, families, ..Negotiated::permissive() };
    (negotiated.local_as, negotiated.peer_as) = (Asn(64500), Asn(64501));
    negotiated.operational = true;
    negotiated.next_hop.clear();
    negotiated.refresh = Refresh::Normal;
    negotiated.add_path.receive = vec![Family::IPV6_UNICAST];
    negotiated
}

/// What one layout makes of an event; JSON is read, and its counter is 9.
fn shown(
    layout: Layout,
    encoding: Encoding,
    event: impl Fn(&Encoder, Moment<'_>, &mut Vec<u8>),
) -> String {
    let encoder = Encoder::new(Format { encoding, layout }, false, "vm", 7, 6);
    let label = label();
    let at = Moment {
        time: Duration::new(1_795_403_747, 250_000_000),
        counter: 9,
        label: &label,
        told: None,
    };
    let mut out = Vec::new();
    event(&encoder, at, &mut out);
    let out = String::from_utf8(out).unwrap();
    if encoding == Encoding::Json {
        for line in out.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["exabgp"], layout.shape().release);
            assert_eq!(value["counter"], 9, "{line}");
        }
    }
    out
}

/// The JSON of the four layouts, with `HEAD` for what is before the type and `NBR` for the peer.
fn json(event: impl Fn(&Encoder, Moment<'_>, &mut Vec<u8>)) -> [String; 4] {
    LAYOUTS.map(|layout| {
        let line = shown(layout, Encoding::Json, &event);
        let (head, peer) = match layout {
            Layout::V3_4 => (
                r#"{ "exabgp": "3.4.8", "time": 1795403747, "host" : "vm", "pid" : "7", "ppid" : "6", "counter": 9, "type": "#,
                r#""neighbor": { "ip": "192.0.2.2", "address": { "local": "192.0.2.1", "peer": "192.0.2.2"}, "asn": { "local": "64500", "peer": "64501"}"#,
            ),
            Layout::V4 => (
                r#"{ "exabgp": "4.0.1", "time": 1795403747.25, "host" : "vm", "pid" : 7, "ppid" : 6, "counter": 9, "type": "#,
                r#""neighbor": { "address": { "local": "192.0.2.1", "peer": "192.0.2.2" }, "asn": { "local": 64500, "peer": 64501 } "#,
            ),
            Layout::V5 => (
                r#"{ "exabgp": "5.0.0", "time": 1795403747.25, "host" : "vm", "pid" : 7, "ppid" : 6, "counter": 9, "type": "#,
                r#""neighbor": { "address": { "local": "192.0.2.1", "peer": "192.0.2.2" }, "asn": { "local": 64500, "peer": 64501 }, "router-id": "10.9.8.7" "#,
            ),
            _ => (
                r#"{ "exabgp": "6.0.0", "time": 1795403747.25, "host" : "vm", "pid" : 7, "ppid" : 6, "counter": 9, "type": "#,
                r#""neighbor": { "address": { "local": "192.0.2.1", "peer": "192.0.2.2" }, "asn": { "local": 64500, "peer": 64501 }, "router-id": "10.9.8.7" "#,
            ),
        };
        let line = line.replace(head, "HEAD").replace(peer, "NBR");
        assert!(line.lines().all(|line| line.starts_with("HEAD") && line.contains("NBR")), "{line}");
        line
    })
}

fn text(layout: Layout, event: impl Fn(&Encoder, Moment<'_>, &mut Vec<u8>)) -> String {
    shown(layout, Encoding::Text, event)
}

#[test]
fn changes_of_state() {
    let up = json(|encoder, at, out| encoder.state(at, "up", None, out));
    assert_eq!(up[0], "HEAD\"state\", NBR, \"state\": \"up\"} }\n");
    assert_eq!(up[1], "HEAD\"state\", NBR, \"state\": \"up\" } }\n");
    assert_eq!([&up[1], &up[1]], [&up[2], &up[3]]);

    let told = |reason| json(move |encoder, at, out| encoder.state(at, "down", Some(reason), out));
    let down = told("notification received (6,4)");
    let start = "HEAD\"state\", NBR, \"state\": \"down\", \"reason\": ";
    assert_eq!(
        down[0],
        format!(
            "{start}\"peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]\"}} }}\n"
        )
    );
    assert_eq!(
        down[1],
        format!(
            "{start}\"peer reset, message (notification received (6,4)) error(Cease / Administrative Reset)\" }} }}\n"
        )
    );
    assert_eq!(down[2], format!("{start}\"notification received (6,4)\" }} }}\n"));
    let down = told("stop, [\"a\" {b}]");
    assert_eq!(down[0], format!("{start}\"stop, [\\\"a\\\" {{b}}]\"}} }}\n"));
    assert_eq!(down[1], format!("{start}\"stop, (\\\"a\\\" (b))\" }} }}\n"));
    assert_eq!(down[3], format!("{start}\"stop, [\\\"a\\\" {{b}}]\" }} }}\n"));
    let of = |layout, reason| {
        text(layout, move |encoder, at, out| encoder.state(at, "down", Some(reason), out))
    };
    for layout in [Layout::V3_4, Layout::V4] {
        assert_eq!(
            of(layout, "notification sent (3,1)"),
            "neighbor 192.0.2.2 down - peer reset, message [notification sent (3,1)] error[UPDATE message error / Malformed Attribute List]\n\n"
        );
    }
    assert_eq!(
        of(Layout::V5, "notification sent (3,1)"),
        "neighbor 192.0.2.2 down - notification sent (3,1)\n\n"
    );
    assert_eq!(of(Layout::V4, "[x]"), "neighbor 192.0.2.2 down - [x]\n\n");
}

#[test]
fn what_3_4_does_not_tell() {
    let agreed = Agreed::of(&negotiated());
    let fsm = json(|encoder, at, out| encoder.fsm(at, State::Connect, out));
    let signal = json(|encoder, at, out| encoder.signal(at, 0, "none", out));
    let told = json(|encoder, at, out| encoder.negotiated(at, &agreed, out));
    assert_eq!(fsm[0].len() + signal[0].len() + told[0].len(), 0);
    assert_eq!(fsm[1], "HEAD\"fsm\", NBR, \"state\": \"CONNECT\" } }\n");
    assert_eq!(signal[1], "HEAD\"signal\", NBR, \"code\": \"0\", \"name\": \"UNKNOWN\" } }\n");
    assert_eq!(signal[2], "HEAD\"signal\", NBR, \"code\": \"0\", \"name\": \"none\" } }\n");
    let start = "HEAD\"negotiated\", NBR, \"negotiated\": { \"message_size\": 65535, \"hold_time\": 30, \"asn4\": true, \
                 \"multisession\": false, \"operational\": true, \"refresh\": \"normal\", ";
    assert_eq!(
        told[1],
        format!(
            "{start}\"families\": [ \"ipv4 unicast\" ,\"ipv6 unicast\" ], \"nexthop\": [  ], \
             \"add_path\": {{ \"send\": [  ], \"receive\": [ \"ipv6 unicast\" ] }} }}  }} }}\n"
        )
    );
    assert_eq!(
        told[2],
        format!(
            "{start}\"families\": [\"ipv4 unicast\", \"ipv6 unicast\"], \"nexthop\": [], \
             \"add_path\": {{\"send\": [], \"receive\": [\"ipv6 unicast\"]}} }}  }} }}\n"
        )
    );
    assert_eq!(told[2], told[3]);
    let sent = |encoder: &Encoder, at: Moment<'_>, out: &mut Vec<u8>| {
        encoder.message(at, Way::Send, &Decoded::Keepalive, None, None, out);
    };
    assert_eq!(json(sent)[0], "");
    assert_eq!(json(sent)[1], "HEAD\"keepalive\", NBR, \"direction\": \"send\"  } }\n");
    assert_eq!(text(Layout::V3_4, sent), "");
}

/// 64500, hold time 30, 10.9.8.7; graceful restart (just restarted, 120 s, IPv4 forwarded), OPERATIONAL, unknown 200.
const OPEN: &[u8] = &[
    4, 0xfb, 0xf4, 0, 30, 10, 9, 8, 7, 16, 2, 14, 64, 6, 0x80, 120, 0, 1, 1, 0x80, 185, 0, 200, 2,
    0xab, 0xcd,
];

#[test]
fn opens() {
    let open = Open::decode(OPEN).unwrap();
    let of = |way| {
        let open = &open;
        move |encoder: &Encoder, at: Moment<'_>, out: &mut Vec<u8>| {
            encoder.message(at, way, &Decoded::Open(open), None, None, out);
        }
    };
    let sent = json(of(Way::Send));
    let received = json(of(Way::Receive));
    assert_eq!(
        received[0],
        "HEAD\"open\", NBR, \"direction\": \"received\", \"open\": { \"router_id\": \"10.9.8.7\", \"version\": 4, \"hold_time\": 30, \
         \"asn\": 64500, \"capabilities\": { \"64\": { \"restart flags\": [ \"forwarding\" ] ,\"address family flags\": \
         { \"ipv4/unicast\": [ \"restart\" ]} ,\"name\": \"graceful restart\",\"time\": 120} , \"185\": { \"name\": \"operational\" }, \
         \"200\": { \"name\": \"unknown\", \"iana\": \"reserved\", \"value\": 200, \"raw\": \"ABCD\" } } } } }\n"
    );
    assert_eq!(received[0].replace("\"received\"", "\"sent\""), sent[0]);
    assert!(sent[1].contains("\"restart-flags\": [ \"forwarding\" ] }"));
    assert!(sent[2].contains("\"restart-flags\": [ \"forwarding\" ]  }"));
    assert!(sent[1].contains("\"capabilities\": { \"graceful-restart\": { \"name\": \"graceful restart\", \"time\": 120, \"address-family-flags\""));
    assert!(sent[1].contains(
        "\"exabgp-experimental-operational\": { \"name\": \"operational\" }, \"200\": {"
    ));
    assert!(sent[2].contains("\"operational\": { \"name\": \"operational\" }, \"200\": {"));
    for modern in &received[1..] {
        assert!(modern.starts_with("HEAD\"open\", NBR, \"direction\": \"receive\", \"open\": { \"version\": 4, \"asn\": 64500,"));
        assert!(modern.contains("\"capabilities\": { \"64\": { \"name\""), "{modern}");
    }
    assert_eq!(
        text(Layout::V3_4, of(Way::Send)),
        "neighbor 192.0.2.2 open direction sent version 4 asn 64500 hold_time 30 router_id 10.9.8.7 capabilities [graceful restart flags 0x8 time 120 ipv4/unicast=0x80, operational, reserved 200]\n\n"
    );
    assert!(
        text(Layout::V4, of(Way::Send))
            .starts_with("neighbor 192.0.2.2 send open version 4 asn 64500")
    );
}

#[test]
fn short_messages() {
    let notification = Notification::decode(&[6, 4]);
    let operational = Operational::decode(&[0, 1, 0, 5, 0, 1, 1, b'h', b'i']).unwrap();
    let refresh = RouteRefresh::decode(&[0, 1, 0, 1]).unwrap();
    let told = |decoded: &Decoded<'_>, raw: Option<Raw<'_>>| {
        let event = |encoder: &Encoder, at: Moment<'_>, out: &mut Vec<u8>| {
            encoder.message(at, Way::Receive, decoded, raw, None, out);
        };
        (json(event), text(Layout::V3_4, event), text(Layout::V4, event))
    };

    let (lines, old, new) = told(&Decoded::Notification(&notification), None);
    assert_eq!(
        lines[0],
        "HEAD\"notification\", \"notification\": { \"subcode\": 4, \"code\": 6, \"data\": \"\" } , NBR, \
         \"notification\": { \"subcode\": 4, \"code\": 6, \"data\": \"\" } } }\n"
    );
    let start = "HEAD\"notification\", NBR, \"direction\": \"receive\", \"notification\": { \"code\": 6, \"subcode\": 4, \"data\": \"0x\"";
    assert_eq!(lines[1], format!("{start} }}  }} }}\n"));
    assert_eq!(lines[2], format!("{start}, \"message\": \"\" }}  }} }}\n"));
    assert_eq!(old, "notification code 6 subcode 4 data \n\n");
    assert_eq!(new, "neighbor 192.0.2.2 receive notification code 6 subcode 4 data 0x\n\n");

    let raw = Raw { header: &[0xff, 4], body: &[] };
    let (lines, old, _) = told(&Decoded::Keepalive, Some(raw));
    assert_eq!(lines[0], "HEAD\"keepalive\", \"header\": \"FF04\", NBR} }\n");
    assert_eq!(
        lines[1],
        "HEAD\"keepalive\", \"header\": \"0xFF04\", \"body\": \"0x\", NBR, \"direction\": \"receive\"  } }\n"
    );
    assert_eq!(old, "neighbor 192.0.2.2 keepalive header FF04\n\n");

    let (lines, old, new) = told(&Decoded::RouteRefresh(refresh), None);
    let content =
        "\"route-refresh\": { \"afi\": \"ipv4\", \"safi\": \"unicast\", \"subtype\": \"query\" }";
    assert_eq!(lines[0], format!("HEAD\"refresh\", NBR, {content}}} }}\n"));
    assert_eq!(
        lines[1],
        format!("HEAD\"refresh\", NBR, \"direction\": \"receive\", {content} }} }}\n")
    );
    assert_eq!(old, "neighbor 192.0.2.2 route-refresh afi ipv4 safi unicast query\n\n");
    assert_eq!(new, "neighbor 192.0.2.2 receive route-refresh afi ipv4 safi unicast query\n\n");

    let (lines, old, _) = told(&Decoded::Operational(&operational), None);
    assert_eq!(
        lines[0],
        "HEAD\"operational\", NBR, \"operational\": { \"name\": \"ADM\", \"afi\": \"ipv4\", \"safi\": \"unicast\", \"advisory\": \"hi\" }} }\n"
    );
    assert_eq!(old, "neighbor 192.0.2.2 operational ADM afi ipv4 safi unicast advisory \"hi\"\n");
}

#[test]
fn packets_and_the_end() {
    let raw = Raw { header: &[0xff, 2], body: &[0xab] };
    let agreed = Agreed::of(&negotiated());
    let of = |way| {
        let agreed = &agreed;
        move |encoder: &Encoder, at: Moment<'_>, out: &mut Vec<u8>| {
            encoder.packet(at, way, MessageType::UPDATE, raw, Some(agreed), out);
        }
    };
    assert_eq!(
        json(of(Way::Send))[0],
        "HEAD\"update\", NBR, \"message\": { \"body\": \"AB\", \"header\": \"FF02\", \"sent\": 2 } } }\n"
    );
    assert_eq!(
        json(of(Way::Receive))[0],
        "HEAD\"raw\", NBR, \"message\": { \"body\": \"AB\", \"received\": 2, \"header\": \"FF02\" } } }\n"
    );
    assert!(json(of(Way::Send))[1].starts_with(
        "HEAD\"update\", NBR, \"direction\": \"send\", \"message\": { \"category\": 2, \"header\": \"0xFF02\", \"body\": \"0xAB\" } , \"negotiated\": { "
    ));
    assert_eq!(
        text(Layout::V3_4, of(Way::Send)),
        "neighbor 192.0.2.2 sent 2 header FF02 body AB\n\n"
    );
    let mut out = Vec::new();
    let format = Format { encoding: Encoding::Json, layout: Layout::V3_4 };
    Encoder::new(format, false, "vm", 7, 6).shutdown(Duration::from_millis(2500), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{ \"exabgp\": \"3.4.8\", \"time\": 2, \"host\" : \"vm\", \"pid\" : \"7\", \"ppid\" : \"6\", \"counter\": 1, \
         \"type\": \"notification\", \"notification\": \"shutdown\"}\n"
    );
}

/// Two paths to one prefix, and one to another, by ADD-PATH: origin igp, next hop 192.0.2.9.
const PATHS: &[u8] = &[
    0, 0, 0, 14, 0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 9, 0, 0, 0, 1, 8, 10, 0, 0, 0,
    2, 8, 10, 0, 0, 0, 3, 8, 11,
];

#[test]
fn no_key_comes_twice() {
    let mut agreed = negotiated();
    agreed.add_path.receive = vec![Family::IPV4_UNICAST];
    let update = Update::decode(PATHS, &agreed, Direction::Receive).unwrap();
    let lines = json(|encoder, at, out| {
        encoder.message(at, Way::Receive, &Decoded::Update(&update), None, None, out);
    });
    let start = "HEAD\"update\", NBR, \"message\": { \"update\": { \"attribute\": { \"origin\": \"igp\" }, \"announce\": { \"ipv4 unicast\": { \"192.0.2.9\": {";
    assert_eq!(
        lines[0],
        format!(
            "{start} \"10.0.0.0/8\": {{ \"path-information\": \"0.0.0.1\" }}, \"11.0.0.0/8\": {{ \"path-information\": \"0.0.0.3\" }} }} }} }} }} }}}} }}\n\
             {start} \"10.0.0.0/8\": {{ \"path-information\": \"0.0.0.2\" }} }} }} }} }} }}}} }}\n"
        )
    );
    assert_eq!(lines[1].lines().count(), 1);
}

#[test]
fn the_form_of_a_process() {
    use Encoding::{Json, Text};
    for (encoding, chosen, version, expected) in [
        (Text, None, Version::V4, Format { encoding: Text, layout: Layout::Main4 }),
        (Text, None, Version::V6, Format { encoding: Json, layout: Layout::V6 }),
        (Text, Some(Layout::V3_4), Version::V6, Format { encoding: Text, layout: Layout::V3_4 }),
        (Json, Some(Layout::V5), Version::V4, Format { encoding: Json, layout: Layout::V5 }),
        (Text, Some(Layout::V6), Version::V4, Format { encoding: Json, layout: Layout::V6 }),
    ] {
        assert_eq!(Format::new(encoding, chosen, version), expected);
    }
}

#[test]
fn helpers_of_one_neighbor_have_layouts_of_their_own() {
    let receive = MessageFlags { parsed: true, update: true, ..MessageFlags::default() };
    let subscription = Subscription { receive, ..Subscription::default() };
    let subscriber = |process, encoding, layout| Subscriber {
        process: ProcessId(process),
        format: Format { encoding, layout },
        subscription,
    };
    let subscribers = vec![
        subscriber(1, Encoding::Json, Layout::V3_4),
        subscriber(2, Encoding::Json, Layout::V4),
        subscriber(3, Encoding::Text, Layout::V3_4),
        subscriber(4, Encoding::Json, Layout::V6),
        subscriber(5, Encoding::Text, Layout::V4),
        subscriber(6, Encoding::Json, Layout::V4),
    ];
    let agreed = negotiated();
    // 10.0.0.0/8, path 64501.
    let body = [
        0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 9,
        8, 10,
    ];
    let update = Update::decode(&body, &agreed, Direction::Receive).unwrap();
    let event = Event::Message {
        direction: Direction::Receive,
        kind: MessageType::UPDATE,
        header: &[0xff; 19],
        body: &body,
        negotiated: Some(&agreed),
        decoded: Decoded::Update(&update),
    };
    let encoders = Encoders::new(false, "vm", 7, 6);
    let mut feed = Feed::new(label(), subscribers);
    let mut told = Vec::new();
    feed.event(&encoders, Duration::from_secs(1), &event, |ProcessId(process), lines| {
        told.push((process, String::from_utf8(lines.to_vec()).unwrap()));
    });
    let parts = [
        "\"announce\": { \"ipv4 unicast\": { \"192.0.2.9\": { \"10.0.0.0/8\": {  } } } } } }} }\n",
        "\"as-path\": [ 64501 ], \"confederation-path\": [] }, \"announce\": { \"ipv4 unicast\": { \"192.0.2.9\": [ { \"nlri\": \"10.0.0.0/8\" } ] } } } } } }\n",
        "update start\nneighbor 192.0.2.2 announced route 10.0.0.0/8 next-hop 192.0.2.9 origin igp as-path [ 64501 ]\nneighbor 192.0.2.2 update end\n\n",
        "\"as-path\": {\"0\": {\"element\": \"as-sequence\", \"value\": [64501]}} }, \"announce\"",
        "receive update announced 10.0.0.0/8 next-hop 192.0.2.9 origin igp as-path [ 64501 ]\n",
        "\"as-path\": [ 64501 ], \"confederation-path\": [] }, \"announce\": { \"ipv4 unicast\": { \"192.0.2.9\": [ { \"nlri\": \"10.0.0.0/8\" } ] } } } } } }\n",
    ];
    assert_eq!(told.len(), parts.len());
    for ((process, line), part) in told.iter().zip(parts) {
        assert!(line.contains(part), "{process}: {line}");
    }
}
