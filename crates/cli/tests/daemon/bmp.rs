//! The station in the daemon: routers that these tests play tell of their sessions, and helpers hear of it.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use yottabgp_bmp::{Information, MessageType, PeerDown, PeerDownReason, PeerHeader, RibView, push};
use yottabgp_testkit::wait::until;

use crate::reload::reload;
use crate::router::{PATH, about, bgp, initiation, open, peer, routes, up, update};
use crate::support::{
    Daemon, Helper, Lab, PATIENCE, Site, attributes, script, update as bgp_update,
};

const LISTEN: &str = "listen 127.0.0.1:0;";

/// Where routers are listened for: the last place that the log tells of.
fn station(daemon: &Daemon) -> SocketAddr {
    let words = "routers are listened for on ";
    daemon.await_log(words);
    let log = daemon.log();
    let line = log.lines().rfind(|line| line.contains(words)).unwrap();
    line.split(words).nth(1).unwrap().trim().parse().unwrap()
}

fn connect(daemon: &Daemon) -> TcpStream {
    TcpStream::connect(station(daemon)).unwrap()
}

fn tell(router: &mut TcpStream, messages: &[Vec<u8>]) {
    router.write_all(&messages.concat()).unwrap();
}

/// The Peer Up of the usual session.
fn session() -> Vec<u8> {
    up(&peer(), &open(65002, 0), &open(65001, 0))
}

/// A route of the usual session to 10.NUMBER.0.0/16.
fn route(number: u8) -> Vec<u8> {
    routes(&peer(), &update(&PATH, &[16, 10, number]))
}

/// The End-of-RIB of IPv4 unicast.
fn end_of_rib() -> Vec<u8> {
    bgp(2, &[0; 4])
}

/// An UPDATE that withdraws.
fn withdraw(nlri: &[u8]) -> Vec<u8> {
    let length = u8::try_from(nlri.len()).unwrap();
    bgp(2, &[&[0, length][..], nlri, &[0, 0]].concat())
}

/// The prefixes of the kept routes, with `stale` before those that are.
fn kept(daemon: &Daemon, words: &str) -> Vec<String> {
    let text = daemon.ask(&format!("show bmp routes {words}"));
    let mut routes: Vec<String> = text
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let at = words.iter().position(|word| word.contains('/')).unwrap();
            let stale = if words.contains(&"stale") { "stale " } else { "" };
            format!("{stale}{}", words[at])
        })
        .collect();
    routes.sort();
    routes
}

fn message(event: &Value) -> &str {
    event["bmp"]["message"].as_str().unwrap_or_default()
}

/// What a helper was told by BMP, from a mark on.
fn told(helper: &Helper, mark: usize) -> Vec<Value> {
    let lines = helper.lines(mark);
    let events = lines.iter().filter(|line| line.starts_with('{'));
    let events = events.map(|line| serde_json::from_str(line).unwrap());
    events.filter(|event: &Value| event["type"] == "bmp").collect()
}

/// Waits until so many messages of a router are dealt with.
#[track_caller]
fn dealt_with(daemon: &Daemon, messages: usize) {
    daemon.until("show bmp routers", |text| text.contains(&format!(" messages {messages} ")));
}

#[test]
fn helpers_are_told_what_the_section_says() {
    let lab = Lab::new();
    let helper = Helper::new(&lab, "helper");
    let text = |receive: &str| {
        format!(
            "{}bmp {{ {LISTEN} processes [ one ]; {receive} }}\n",
            helper.section("one", "json")
        )
    };
    let daemon = lab.start(&text(""));
    let mut router = connect(&daemon);
    let mirrored = |kind: u8, body: &[u8]| {
        let mut rest = Vec::new();
        Information { kind: 0, value: &bgp(kind, body) }.push(&mut rest);
        about(MessageType::ROUTE_MIRRORING, &peer(), &rest)
    };
    let mut down = Vec::new();
    PeerDown { reason: PeerDownReason::REMOTE, data: &[] }.push(&mut down);
    let mut termination = Vec::new();
    push(MessageType::TERMINATION, &mut termination, |out| {
        Information { kind: 1, value: &[0, 0] }.push(out);
    });
    let counts = [0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5];
    let all = [
        initiation(),
        session(),
        route(1),
        mirrored(4, &[]),
        mirrored(2, &[0; 4]),
        about(MessageType::STATISTICS_REPORT, &peer(), &counts),
        about(MessageType(77), &peer(), &[]),
        about(MessageType::PEER_DOWN, &peer(), &down),
        termination,
    ];
    let everything = [
        "initiation",
        "peer-up",
        "route-monitoring",
        "route-mirroring",
        "route-mirroring",
        "statistics",
        "77",
        "peer-down",
        "termination",
    ];
    let of = |events: &[Value]| events.iter().map(|event| message(event).to_owned()).collect();
    let mut messages = 0;
    for (receive, expected) in [
        ("", &everything[..]),
        ("receive { parsed; }", &everything),
        ("receive { packets; }", &everything),
        ("receive { initiation; }", &["initiation"]),
        ("receive { termination; }", &["termination"]),
        ("receive { peer-up; }", &["peer-up"]),
        ("receive { peer-down; }", &["peer-down"]),
        ("receive { route-monitoring; }", &["route-monitoring"]),
        ("receive { route-mirroring; }", &["route-mirroring", "route-mirroring"]),
        ("receive { statistics; }", &["statistics"]),
        ("receive { unknown; }", &["77"]),
        ("receive { parsed; update; }", &["route-monitoring", "route-mirroring"]),
        ("receive { keepalive; }", &["route-mirroring"]),
        ("receive { open; notification; refresh; operational; }", &[]),
        (
            "receive { parsed; packets; update; peer-up; }",
            &[
                "peer-up",
                "route-monitoring",
                "route-monitoring",
                "route-mirroring",
                "route-mirroring",
            ],
        ),
        ("receive { packets; consolidate; route-monitoring; }", &["route-monitoring"]),
    ] {
        reload(&daemon, &text(receive));
        let mark = helper.mark();
        tell(&mut router, &all);
        messages += all.len();
        dealt_with(&daemon, messages);
        // What is behind it has come when its answer has.
        let events: Vec<Value> = {
            let count = expected.len();
            until("the events", || told(&helper, mark).len() >= count);
            told(&helper, mark)
        };
        let names: Vec<String> = of(&events);
        assert_eq!(names, expected, "{receive}");
        let with_octets = events.iter().find(|event| message(event) == "route-monitoring");
        match (receive.contains("packets"), receive.contains("consolidate"), with_octets) {
            (true, false, Some(event)) => {
                assert_eq!(event["neighbor"]["message"]["category"], 2, "{event}");
                assert!(event["neighbor"]["message"].get("update").is_none(), "{event}");
            }
            (true, true, Some(event)) => {
                assert!(event["body"].as_str().unwrap().starts_with("0x"), "{event}");
                assert!(event["neighbor"]["message"]["update"].is_object(), "{event}");
            }
            (false, _, Some(event)) => {
                assert!(event.get("body").is_none(), "{event}");
                assert!(event["neighbor"]["message"]["update"].is_object(), "{event}");
            }
            _ => {}
        }
    }
    daemon.stop();
}

#[test]
fn each_helper_has_its_own_form() {
    let lab = Lab::new();
    let [json, text] = ["json", "text"].map(|name| Helper::new(&lab, name));
    let old = Helper::new(&lab, "old");
    let old_section =
        old.section("old", "json").replace("encoder json;", "encoder json; layout 3.4;");
    let daemon = lab.start(&format!(
        "{}{}{old_section}bmp {{ {LISTEN} processes [ json text old ]; }}\n",
        json.section("json", "json"),
        text.section("text", "text"),
    ));
    let mut router = connect(&daemon);
    let mut down = Vec::new();
    PeerDown { reason: PeerDownReason::REMOTE, data: &[] }.push(&mut down);
    tell(
        &mut router,
        &[initiation(), session(), route(1), about(MessageType::PEER_DOWN, &peer(), &down)],
    );
    text.line(0, "bmp 127.0.0.1 neighbor 192.0.2.1 down - the peer closed the connection");
    let lines = text.lines(1);
    let lines: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[0], "bmp 127.0.0.1 neighbor 192.0.2.1 up");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("bmp 127.0.0.1 neighbor 192.0.2.1 receive update")
                && line.contains("10.1.0.0/16")),
        "{lines:#?}"
    );
    json.event(0, |event| message(event) == "peer-down");
    old.event(0, |event| message(event) == "peer-down");
    let events = told(&old, 0);
    assert_eq!(
        events.iter().map(message).collect::<Vec<_>>(),
        ["initiation", "peer-up", "route-monitoring", "peer-down"]
    );
    assert_eq!(events[2]["exabgp"], "3.4.8", "{}", events[2]);
    // The number of an event is the same to all.
    let numbers = |events: &[Value]| -> Vec<Value> {
        events.iter().map(|event| event["counter"].clone()).collect()
    };
    assert_eq!(numbers(&told(&json, 0)), [1, 2, 3, 4]);
    daemon.stop();
}

#[test]
fn a_helper_that_starts_again_is_told_what_there_is() {
    let lab = Lab::new();
    let helper = Helper::new(&lab, "helper");
    let daemon = lab.start(&format!(
        "{}bmp {{ {LISTEN} processes [ one ]; table true; }}\n",
        helper.section("one", "json")
    ));
    let started = helper.line(0, "started ");
    let mut router = connect(&daemon);
    let sent = PeerHeader { view: RibView::AdjRibOut, ..peer() };
    // An IPv6 route with a next hop of its own family.
    let next_hop = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let reach =
        [&[0x80, 14, 26, 0, 2, 1, 16][..], &next_hop, &[0, 32, 0x20, 1, 0x0d, 0xb8]].concat();
    let attributes = [&[0x40, 1, 1, 0, 0x40, 2, 6][..], &PATH, &reach].concat();
    let ipv6 =
        bgp(2, &[&[0, 0, 0, u8::try_from(attributes.len()).unwrap()][..], &attributes].concat());
    let mut messages = vec![initiation(), session()];
    messages.extend((0..100).map(route));
    messages.push(routes(&peer(), &withdraw(&[16, 10, 7])));
    messages.push(routes(&peer(), &ipv6));
    messages.push(routes(&sent, &update(&PATH, &[24, 192, 0, 2])));
    messages.push(routes(&peer(), &end_of_rib()));
    tell(&mut router, &messages);
    dealt_with(&daemon, messages.len());
    let all = kept(&daemon, "");
    assert_eq!(all.len(), 101);
    assert_eq!(kept(&daemon, "10.9.1.1"), ["10.9.0.0/16"]);
    assert_eq!(kept(&daemon, "10.8.0.0/15 ipv4 unicast"), ["10.8.0.0/16", "10.9.0.0/16"]);
    assert_eq!(kept(&daemon, "ipv6"), ["2001:db8::/32"]);
    assert_eq!(kept(&daemon, "rib adj-rib-out"), ["192.0.2.0/24"]);
    assert_eq!(kept(&daemon, "router r1 peer 192.0.2.1 rib adj-rib-in policy pre").len(), 100);
    assert_eq!(kept(&daemon, "policy post").len(), 0);
    assert_eq!(kept(&daemon, "router r2").len(), 0);
    assert_eq!(
        daemon.ask("show bmp routes 10.9.0.0/16 extensive"),
        "127.0.0.1 192.0.2.1 adj-rib-in pre ipv4 unicast 10.9.0.0/16 next-hop 192.0.2.1 origin igp as-path ( 65001 )\n"
    );
    let shown: Value =
        serde_json::from_str(&daemon.ask("show bmp routes ipv6 extensive json")).unwrap();
    assert_eq!(shown["router"]["name"], "r1");
    assert_eq!((&shown["rib"], &shown["policy"]), (&"adj-rib-in".into(), &"pre".into()));
    assert_eq!(shown["route"]["next-hop"], "2001:db8::1");
    assert_eq!(shown["route"]["prefix"], "2001:db8::/32");
    let peers: Value = serde_json::from_str(&daemon.ask("show bmp peers json")).unwrap();
    assert_eq!((&peers["state"], &peers["asn"]["peer"]), (&"up".into(), &65001.into()));
    assert_eq!(peers["tables"][0]["routes"], 100);

    // It is killed and started again: the same as events, then what comes.
    let mark = helper.mark();
    let pid: i32 = started.split(' ').nth(1).unwrap().parse().unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    helper.line(mark, "started ");
    tell(&mut router, &[route(200)]);
    helper.event(mark, |event| event.to_string().contains("10.200.0.0/16"));
    let events = told(&helper, mark);
    let (live, before) = events.split_last().unwrap();
    assert!(live["bmp"].get("snapshot").is_none(), "{live}");
    assert!(before.iter().all(|event| event["bmp"]["snapshot"] == true));
    assert_eq!(before.iter().take(2).map(message).collect::<Vec<_>>(), ["initiation", "peer-up"]);
    assert_eq!(before[0]["bmp"]["router"]["name"], "r1");
    let mut announced: Vec<String> = Vec::new();
    let mut ended = 0;
    for event in &before[2..] {
        let message = &event["neighbor"]["message"];
        if message.get("eor").is_some() {
            ended += 1;
            continue;
        }
        assert_eq!(message["update"]["attribute"]["as-path"]["0"]["value"][0], 65001, "{event}");
        for families in message["update"]["announce"].as_object().unwrap().values() {
            for routes in families.as_object().unwrap().values() {
                for route in routes.as_array().unwrap() {
                    announced.push(route["nlri"].as_str().unwrap().to_owned());
                }
            }
        }
    }
    announced.sort();
    assert_eq!((announced, ended), (all, 1));
    // The numbers of the connection go on.
    let numbers: Vec<u64> = events.iter().map(|event| event["counter"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
    daemon.stop();
}

#[test]
fn a_helper_that_does_not_read_stops_routers_and_nobody_else() {
    /// More than fits into the buffers on the way.
    const COUNT: u32 = 200_000;
    let lab = Lab::new();
    let (site, helper) = (Site::new(2), Helper::new(&lab, "helper"));
    let mute = script(
        &lab,
        "mute",
        &format!("echo $$ > {}\nexec sleep 1000\n", lab.path("mute.pid").display()),
    );
    let pid = lab.path("mute.pid");
    let daemon = lab.start(&format!(
        "{}process mute {{ run {mute}; encoder json; respawn false; }}\nbmp {{ {LISTEN} processes [ one mute ]; table true; }}\n{}",
        helper.section("one", "json"),
        site.neighbor("hold-time 3; family { ipv4 unicast; } api { processes [ one ]; receive { parsed; update; } }"),
    ));
    let mut session = site.session();
    session.until_eor();
    let mut router = connect(&daemon);
    let (tell, told_to) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        let mut count = 0_u32;
        let mut batch = [initiation(), super::bmp::session()].concat();
        while count < COUNT {
            let [_, a, b, c] = count.to_be_bytes();
            batch.extend(routes(&peer(), &update(&PATH, &[32, 10, a, b, c])));
            count += 1;
            if count.is_multiple_of(500) {
                router.write_all(&batch).unwrap();
                batch.clear();
                let _ = tell.send(count);
            }
        }
        router
    });
    // The router waits at last.
    let mut last = 0;
    while let Ok(count) = told_to.recv_timeout(Duration::from_secs(2)) {
        last = count;
    }
    assert!(last < COUNT, "all was taken though a helper does not read");
    // The session goes on, longer than its hold time, and so does what the other helper is told of it.
    let began = Instant::now();
    let mut number = 0;
    while began.elapsed() < Duration::from_secs(4) {
        let mark = helper.mark();
        let [theirs, ours] =
            [100, 150].map(|net| format!("10.{}.{}.0/24", net + number / 250, number % 250));
        session.send(2, &bgp_update(&[], &attributes(), &[&theirs]));
        helper.line(mark, &theirs);
        daemon.ask(&format!("announce route {ours} next-hop 1.1.1.1"));
        assert_eq!(session.update().announced, [ours]);
        number += 1;
    }
    assert!(daemon.ask("show bmp routers").contains(" connected "));
    // It goes: the router goes on, and the other helper misses nothing.
    let mute: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    kill(Pid::from_raw(mute), Signal::SIGKILL).unwrap();
    let router = writer.join().unwrap();
    helper.find(0, PATIENCE, |line| line.contains("10.3.13.63/32").then_some(())).unwrap();
    let monitored =
        told(&helper, 0).iter().filter(|event| message(event) == "route-monitoring").count();
    assert_eq!(monitored, usize::try_from(COUNT).unwrap());
    dealt_with(&daemon, usize::try_from(COUNT).unwrap() + 2);
    assert!(daemon.ask("show bmp routers").contains(&format!(" routes {COUNT} stale 0 ")));
    drop(router);
    daemon.stop();
}

#[test]
fn a_router_that_comes_again_finds_its_routes_stale() {
    let lab = Lab::new();
    let text = |time: u32| format!("bmp {{ {LISTEN} table true; stale-time {time}; }}\n");
    let daemon = lab.start(&text(300));
    let mut router = connect(&daemon);
    tell(&mut router, &[initiation(), session(), route(1), route(2), route(3)]);
    dealt_with(&daemon, 5);
    drop(router);
    daemon.until("show bmp routers", |text| text.contains(" r1 stale "));
    assert_eq!(kept(&daemon, ""), ["stale 10.1.0.0/16", "stale 10.2.0.0/16", "stale 10.3.0.0/16"]);
    assert!(daemon.ask("show bmp peers").contains(" down global adj-rib-in pre 3 stale 3"));
    // Another router with its address is not it.
    let mut other = connect(&daemon);
    tell(&mut other, &[session(), route(9)]);
    daemon.until("show bmp routes", |text| text.contains("10.9.0.0/16"));
    assert_eq!(kept(&daemon, "router r1").len(), 3);
    // It comes again: what it tells is true, the rest until its End-of-RIB, and its connection is lost in between.
    for _ in 0..2 {
        let mut router = connect(&daemon);
        tell(&mut router, &[initiation(), session(), route(1)]);
        daemon.until("show bmp routes router r1", |text| {
            text.lines().filter(|line| !line.contains("stale")).count() == 1
        });
        assert_eq!(
            kept(&daemon, "router r1"),
            ["10.1.0.0/16", "stale 10.2.0.0/16", "stale 10.3.0.0/16"]
        );
        drop(router);
        daemon.until("show bmp routers", |text| text.contains(" r1 stale "));
        assert_eq!(kept(&daemon, "router r1").len(), 3);
    }
    let mut router = connect(&daemon);
    tell(
        &mut router,
        &[initiation(), session(), route(1), routes(&peer(), &withdraw(&[16, 10, 2]))],
    );
    daemon.until("show bmp routes router r1", |text| text.lines().count() == 2);
    tell(&mut router, &[routes(&peer(), &end_of_rib())]);
    daemon.until("show bmp routes router r1", |text| text.lines().count() == 1);
    assert_eq!(kept(&daemon, "router r1"), ["10.1.0.0/16"]);
    assert!(!daemon.ask("show bmp routers").contains(" stale 1"));
    // A session that ends has no routes, nor one that begins.
    let mut down = Vec::new();
    PeerDown { reason: PeerDownReason::REMOTE, data: &[] }.push(&mut down);
    tell(&mut router, &[about(MessageType::PEER_DOWN, &peer(), &down)]);
    daemon.until("show bmp routes router r1", str::is_empty);
    tell(&mut router, &[session(), route(4), session(), route(5)]);
    daemon.until("show bmp routes router r1", |text| text.contains("10.5.0.0/16"));
    assert_eq!(kept(&daemon, "router r1"), ["10.5.0.0/16"]);
    // When their time is over they go.
    reload(&daemon, &text(1));
    let lost = Instant::now();
    drop(router);
    daemon.until("show bmp routers", |text| text.contains(" r1 stale "));
    daemon.until("show bmp routers", |text| !text.contains(" r1 "));
    assert!(lost.elapsed() >= Duration::from_millis(900), "{:?}", lost.elapsed());
    assert_eq!(kept(&daemon, ""), ["10.9.0.0/16"]);
    drop(other);
    daemon.stop();
}

#[test]
fn a_reload_changes_what_changed() {
    let lab = Lab::new();
    let [one, two] = ["one", "two"].map(|name| Helper::new(&lab, name));
    let waiting = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let router = waiting.local_addr().unwrap();
    let text = |section: &str| {
        format!("{}{}bmp {{ {section} }}\n", one.section("one", "json"), two.section("two", "json"))
    };
    let daemon =
        lab.start(&text(&format!("{LISTEN} connect {router}; processes [ one ]; table true;")));
    let (mut dialed, _) = waiting.accept().unwrap();
    let mut caller = connect(&daemon);
    tell(&mut dialed, &[initiation(), session(), route(1)]);
    tell(&mut caller, &[session(), route(2)]);
    one.event(0, |event| event.to_string().contains("10.1.0.0/16"));
    one.event(0, |event| event.to_string().contains("10.2.0.0/16"));
    // A second helper, a second place to listen: connections stay.
    let mark = two.mark();
    let more = text(&format!(
        "{LISTEN} listen 127.0.0.2:0; connect {router}; processes [ one two ]; table true;"
    ));
    daemon.lab.configure(&more);
    let fates = String::from_utf8(daemon.run("reload --check").stdout).unwrap();
    for fate in [
        "bmp listen 127.0.0.1:0: kept".to_owned(),
        "bmp listen 127.0.0.2:0: opened".to_owned(),
        format!("bmp connect {router}: kept"),
        "bmp section: changed in place".to_owned(),
        "summary: 2 changes of bmp".to_owned(),
    ] {
        assert!(fates.lines().any(|line| line == fate), "{fate}: {fates}");
    }
    reload(&daemon, &more);
    assert_eq!(station(&daemon).ip().to_string(), "127.0.0.2");
    two.event(mark, |event| event.to_string().contains("10.2.0.0/16"));
    two.event(mark, |event| event.to_string().contains("10.1.0.0/16"));
    assert!(told(&two, mark).iter().all(|event| event["bmp"]["snapshot"] == true));
    tell(&mut caller, &[route(3)]);
    let live = two.event(mark, |event| event.to_string().contains("10.3.0.0/16"));
    assert!(live["bmp"].get("snapshot").is_none());
    one.event(0, |event| event.to_string().contains("10.3.0.0/16"));
    // The first place is closed, with its router; the first helper hears no more.
    reload(
        &daemon,
        &text(&format!("listen 127.0.0.2:0; connect {router}; processes [ two ]; table true;")),
    );
    two.event(mark, |event| message(event) == "connection-lost");
    let mark = one.mark();
    tell(&mut dialed, &[route(4)]);
    two.event(0, |event| event.to_string().contains("10.4.0.0/16"));
    assert_eq!(told(&one, mark).len(), 0);
    // Nothing is kept any more; then it is, and what was told is told again.
    reload(&daemon, &text(&format!("connect {router}; processes [ two ];")));
    assert_eq!(daemon.ask("show bmp routes"), "");
    tell(&mut dialed, &[route(5)]);
    two.event(0, |event| event.to_string().contains("10.5.0.0/16"));
    assert_eq!(daemon.ask("show bmp routes"), "");
    reload(&daemon, &text(&format!("connect {router}; processes [ two ]; table;")));
    let (mut again, _) = waiting.accept().unwrap();
    tell(&mut again, &[initiation(), session(), route(6)]);
    daemon.until("show bmp routes", |text| text.contains("10.6.0.0/16"));
    assert_eq!(kept(&daemon, ""), ["10.6.0.0/16"]);
    // Without the section there is no router.
    reload(&daemon, &text("").replace("bmp {  }\n", ""));
    daemon.until("show bmp routers", str::is_empty);
    daemon.stop();
}

#[test]
fn a_reload_gives_an_address_to_a_listener_that_overlaps() {
    let lab = Lab::new();
    let text = |listen: SocketAddr| format!("bmp {{ listen {listen}; }}\n");
    let daemon = lab.start(&text("127.0.0.1:0".parse().unwrap()));
    let port = station(&daemon).port();
    let mut routers = Vec::new();
    for address in ["0.0.0.0", "127.0.0.1"] {
        let listen = SocketAddr::new(address.parse().unwrap(), port);
        reload(&daemon, &text(listen));
        assert_eq!(station(&daemon), listen, "{}", daemon.log());
        let mut router = TcpStream::connect(("127.0.0.1", port)).unwrap();
        tell(&mut router, &[initiation()]);
        // The listener before is gone, and so is its router.
        daemon.until("show bmp routers", |text| {
            text.lines().count() == 1 && text.contains(" messages 1 ")
        });
        routers.push(router);
    }
    daemon.stop();
}

#[test]
fn what_routers_tell_while_a_helper_is_exchanged_is_told_to_the_new_one() {
    let lab = Lab::new();
    let [log, go] = ["log", "go"].map(|name| lab.path(name));
    let text = format!(
        "import os, signal, sys, time\n\
         log = open({log:?}, 'a', buffering=1)\n\
         def end(*_):\n    \
             log.write('ending\\n')\n    \
             for _ in range(6000): os.path.exists({go:?}) and os._exit(0) or time.sleep(0.01)\n    \
             os._exit(0)\n\
         signal.signal(signal.SIGTERM, end)\n\
         log.write('started\\n')\n\
         for line in sys.stdin: log.write(line)\n\
         end()\n"
    );
    let program = lab.path("helper.py");
    std::fs::write(&program, text).unwrap();
    let configuration = |argument: &str| {
        format!(
            "process one {{ run /usr/bin/env python3 {} {argument}; encoder json; }}\n\
             bmp {{ {LISTEN} processes [ one ]; }}\n",
            program.display()
        )
    };
    let daemon = lab.start(&configuration(""));
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let mut router = connect(&daemon);
    tell(&mut router, &[initiation(), session(), route(1)]);
    until("the first route", || said().contains("10.1.0.0/16"));
    // It is started anew, with another argument; this one takes its time.
    daemon.lab.configure(&configuration("again"));
    daemon.signal(Signal::SIGUSR2);
    until("the end of the first", || said().contains("ending"));
    tell(&mut router, &[route(2)]);
    std::fs::write(&go, "").unwrap();
    until("the second route", || said().contains("10.2.0.0/16"));
    let said = said();
    let (_, second) = said.rsplit_once("started").unwrap();
    assert!(second.contains("10.2.0.0/16") && !second.contains("10.1.0.0/16"), "{said}");
    daemon.stop();
}

#[test]
fn a_router_that_goes_while_a_helper_is_told_of_it_is_gone_for_that_helper() {
    const MANY: u32 = 60_000;
    let lab = Lab::new();
    let helper = Helper::new(&lab, "helper");
    let daemon = lab.start(&format!(
        "{}bmp {{ {LISTEN} processes [ one ]; receive {{ parsed; initiation; peer-up; peer-down; }} table true; }}\n",
        helper.section("one", "json")
    ));
    let started = helper.line(0, "started ");
    let mut router = connect(&daemon);
    let mut messages = vec![initiation(), session()];
    // Each has attributes of its own: what there is to be told, and nobody wants to hear, takes a while.
    for number in 0..MANY {
        let mut path = PATH;
        path[2..].copy_from_slice(&(100_000 + number).to_be_bytes());
        let [_, a, b, c] = number.to_be_bytes();
        messages.push(routes(&peer(), &update(&path, &[32, 10, a, b, c])));
    }
    tell(&mut router, &messages);
    dealt_with(&daemon, messages.len());
    let mark = helper.mark();
    let pid: i32 = started.split(' ').nth(1).unwrap().parse().unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    helper.line(mark, "started ");
    drop(router);
    helper.event(mark, |event| message(event) == "connection-lost");
    // No router is read before the helper is told of all there was.
    tell(&mut connect(&daemon), &[session()]);
    helper
        .event(mark, |event| message(event) == "peer-up" && event["bmp"].get("snapshot").is_none());
    let told = told(&helper, mark);
    let before: Vec<&str> =
        told.iter().map(message).take_while(|message| *message != "connection-lost").collect();
    assert_eq!(before, ["initiation", "peer-up"]);
    assert_eq!(message(&told[3]), "peer-up");
    assert!(told[3]["bmp"].get("snapshot").is_none(), "{}", told[3]);
    daemon.stop();
}
