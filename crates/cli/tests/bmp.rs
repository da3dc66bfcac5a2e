//! `bmp`: a station, with routers that this test plays.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod router;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use router::{PATH, about, bgp, initiation, open, peer, routes, up, update};
use serde_json::Value;
use yottabgp_bmp::{
    Information, MessageType, PeerDown, PeerDownReason, PeerHeader, PeerType, Policy, RibView, push,
};

/// A station that writes to this test.
struct Station {
    child: Child,
    events: BufReader<ChildStdout>,
    /// Kept open, so that it can be written to.
    errors: BufReader<ChildStderr>,
    address: Option<SocketAddr>,
}

impl Station {
    fn start(words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yottabgp"))
            .arg("bmp")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let events = BufReader::new(child.stdout.take().unwrap());
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut address = None;
        if words.contains(&"--listen") {
            let mut line = String::new();
            errors.read_line(&mut line).unwrap();
            address = Some(line.trim().strip_prefix("listening on ").unwrap().parse().unwrap());
        }
        Self { child, events, errors, address }
    }

    fn listening() -> Self {
        Self::start(&["--listen", "127.0.0.1:0"])
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.unwrap()).unwrap()
    }

    /// The next event; the time and names of the system are not looked at.
    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.events.read_line(&mut line).unwrap(), 0, "the station ended");
        let _: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        line
    }

    /// The next event from its type on, with the port of the router left out.
    fn event(&mut self, router: &TcpStream) -> String {
        let line = self.line();
        let port = format!("\"port\": {}", router.local_addr().unwrap().port());
        line[line.find("\"type\"").unwrap()..].trim_end().replace(&port, "\"port\": P")
    }

    /// Ends it, and checks that nothing more was told.
    fn stop(mut self) {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM).unwrap();
        let mut rest = String::new();
        self.events.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert!(self.child.wait().unwrap().success());
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).unwrap();
        assert_eq!(errors, "");
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ROUTER: &str = r#""router": { "address": "127.0.0.1", "port": P, "name": "r1" }"#;
const PEER: &str = r#""peer": { "type": "global", "distinguisher": "0:0", "address": "192.0.2.1", "asn": 65001, "router-id": "10.0.0.1" }"#;
const NEIGHBOR: &str = r#""neighbor": { "address": { "local": "192.0.2.2", "peer": "192.0.2.1" }, "asn": { "local": 65002, "peer": 65001 }, "router-id": "10.0.0.234" "#;

#[test]
fn a_session_from_its_beginning_to_its_end() {
    let mut station = Station::listening();
    let mut router = station.connect();
    let peer = peer();
    router.write_all(&initiation()).unwrap();
    assert_eq!(
        station.event(&router),
        format!(
            r#""type": "bmp", "bmp": {{ "message": "initiation", {ROUTER}, "name": "r1", "description": "a \"router\"" }} }}"#
        )
    );
    router.write_all(&up(&peer, &open(65002, 0), &open(65001, 0))).unwrap();
    let line = station.event(&router);
    let start = format!(
        r#""type": "bmp", "bmp": {{ "message": "peer-up", {ROUTER}, {PEER}, "rib": "adj-rib-in", "policy": "pre", "timestamp": 1800000000.25, "local-address": "192.0.2.2", "local-port": 179, "remote-port": 40000, "open": {{ "sent": {{ "version": 4, "asn": 65002, "#
    );
    assert!(line.starts_with(&start), "{line}");
    assert!(line.ends_with(&format!(r#"}} }} }}, {NEIGHBOR}, "state": "up" }} }}"#)), "{line}");

    router.write_all(&routes(&peer, &update(&PATH, &[24, 10, 0, 0]))).unwrap();
    assert_eq!(
        station.event(&router),
        format!(
            r#""type": "bmp", "bmp": {{ "message": "route-monitoring", {ROUTER}, {PEER}, "rib": "adj-rib-in", "policy": "pre", "timestamp": 1800000000.25 }}, {NEIGHBOR}, "direction": "receive", "message": {{ "update": {{ "attribute": {{ "origin": "igp", "as-path": {{"0": {{"element": "as-sequence", "value": [65001]}}}} }}, "announce": {{ "ipv4 unicast": {{ "192.0.2.1": [ {{ "nlri": "10.0.0.0/24" }} ] }} }} }} }} }} }}"#
        )
    );
    // End-of-RIB.
    router.write_all(&routes(&peer, &bgp(2, &[0; 4]))).unwrap();
    let line = station.event(&router);
    assert!(
        line.contains(r#""message": { "eor": { "afi" : "ipv4", "safi" : "unicast" } }"#),
        "{line}"
    );

    let counts = [
        &[0, 0, 0, 2][..],
        &[0, 0, 0, 4, 0, 0, 0, 5],
        &[0, 9, 0, 11, 0, 1, 1],
        &7u64.to_be_bytes(),
    ];
    router.write_all(&about(MessageType::STATISTICS_REPORT, &peer, &counts.concat())).unwrap();
    let line = station.event(&router);
    let statistics = r#", "statistics": { "rejected-prefixes": 5, "adj-rib-in-routes-of-family": { "ipv4 unicast": 7 } } }, "neighbor": { "#;
    assert!(line.contains(statistics), "{line}");

    let notification = bgp(3, &[6, 2]);
    let down = PeerDown { reason: PeerDownReason::REMOTE_NOTIFICATION, data: &notification };
    let mut rest = Vec::new();
    down.push(&mut rest);
    router.write_all(&about(MessageType::PEER_DOWN, &peer, &rest)).unwrap();
    let line = station.event(&router);
    assert!(
        line.contains(
            r#""reason": "remote notification", "notification": { "code": 6, "subcode": 2, "#
        ),
        "{line}"
    );
    assert!(
        line.ends_with(&format!(
            r#"{NEIGHBOR}, "state": "down", "reason": "notification received (6,2)" }} }}"#
        )),
        "{line}"
    );

    let mut termination = Vec::new();
    push(MessageType::TERMINATION, &mut termination, |out| {
        Information { kind: 1, value: &[0, 0] }.push(out);
    });
    router.write_all(&termination).unwrap();
    assert_eq!(
        station.event(&router),
        format!(
            r#""type": "bmp", "bmp": {{ "message": "termination", {ROUTER}, "reason": "administratively closed" }} }}"#
        )
    );
    station.stop();
}

#[test]
fn messages_are_read_as_the_opens_and_the_header_say() {
    let mut station = Station::listening();
    let mut router = station.connect();
    // The router sends path identifiers, and does not take them.
    router.write_all(&up(&peer(), &open(65002, 2), &open(65001, 1))).unwrap();
    station.event(&router);
    let with_id = update(&PATH, &[0, 0, 0, 9, 24, 10, 0, 0]);
    let without = update(&PATH, &[24, 10, 0, 0]);
    let sent = PeerHeader { view: RibView::AdjRibOut, policy: Policy::Post, ..peer() };
    router.write_all(&routes(&peer(), &without)).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#"[ { "nlri": "10.0.0.0/24" } ]"#), "{line}");
    router.write_all(&routes(&sent, &with_id)).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""rib": "adj-rib-out", "policy": "post""#), "{line}");
    assert!(line.contains(r#""direction": "send""#), "{line}");
    assert!(line.contains(r#""path-information": "0.0.0.9""#), "{line}");
    let old = PeerHeader { has_two_octet_as_path: true, ..peer() };
    router.write_all(&routes(&old, &update(&[2, 1, 0xfd, 0xe9], &[24, 10, 0, 0]))).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""value": [65001]"#), "{line}");
    // The table of the router itself, without a Peer Up before.
    let own = PeerHeader {
        kind: PeerType::LOC_RIB,
        view: RibView::LocRib,
        policy: Policy::Post,
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        ..peer()
    };
    router.write_all(&routes(&own, &without)).unwrap();
    let line = station.event(&router);
    assert!(
        line.contains(r#""type": "loc-rib""#) && line.contains(r#""rib": "loc-rib", "timestamp""#),
        "{line}"
    );
    station.stop();
}

#[test]
fn what_is_malformed_is_shown_and_the_connection_goes_on() {
    let mut station = Station::listening();
    let mut router = station.connect();
    router.write_all(&up(&peer(), &open(65002, 0), &open(65001, 0))).unwrap();
    station.event(&router);
    // A header of a peer that ends too early; no UPDATE; an UPDATE with lengths that can not be; then a good one.
    router.write_all(&[3, 0, 0, 0, 8, 0, 1, 2]).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""error": "BMP peer distinguisher at octet 8 needs 8 octets, 0 left", "body": "0x0102""#), "{line}");
    router.write_all(&routes(&peer(), &[0xff; 7])).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""direction": "receive", "error": "it is not one BGP message", "header": "0x", "body": "0xFFFFFFFFFFFFFF""#), "{line}");
    router.write_all(&routes(&peer(), &bgp(2, &[0, 9, 0, 0]))).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""error": "#) && line.contains(r#""body": "0x00090000""#), "{line}");
    router.write_all(&about(MessageType(77), &peer(), &[])).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""message": "77""#), "{line}");
    router.write_all(&routes(&peer(), &update(&PATH, &[24, 10, 0, 0]))).unwrap();
    let line = station.event(&router);
    assert!(line.contains("10.0.0.0/24"), "{line}");
    // What can not be framed ends it, and the sessions with it; another router is not concerned.
    let mut other = station.connect();
    router.write_all(&[4, 0, 0, 0, 6, 4]).unwrap();
    let line = station.event(&router);
    assert!(line.contains(r#""message": "connection-lost""#), "{line}");
    assert!(
        line.contains(r#""state": "down", "reason": "the connection to the router was lost""#),
        "{line}"
    );
    assert_eq!(router.read(&mut [0; 1]).unwrap_or(0), 0);
    other.write_all(&initiation()).unwrap();
    let line = station.event(&other);
    assert!(line.contains(r#""message": "initiation""#), "{line}");
    station.stop();
}

#[test]
fn every_truncation_of_a_session_ends_it_and_nothing_else() {
    let mut station = Station::listening();
    let session = [
        initiation(),
        up(&peer(), &open(65002, 0), &open(65001, 0)),
        routes(&peer(), &update(&PATH, &[24, 10, 0, 0])),
    ];
    let whole = session.concat();
    let (first, second) = (session[0].len(), session[0].len() + session[1].len());
    for length in 0..whole.len() {
        let mut router = station.connect();
        router.write_all(&whole[..length]).unwrap();
        router.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(router.read(&mut [0; 1]).unwrap(), 0);
        if length >= first {
            assert!(station.event(&router).contains("initiation"), "{length}");
        }
        if length >= second {
            assert!(station.event(&router).contains(r#""state": "up""#), "{length}");
            assert!(station.event(&router).contains(r#""state": "down""#), "{length}");
        }
    }
    station.stop();
}

#[test]
fn nothing_is_lost_while_nobody_reads() {
    const COUNT: u32 = 200_000;
    let mut station = Station::listening();
    let mut router = station.connect();
    let (tell, told) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        let mut batch = up(&peer(), &open(65002, 0), &open(65001, 0));
        for number in 0..COUNT {
            let [_, a, b, c] = number.to_be_bytes();
            batch.extend(routes(&peer(), &update(&PATH, &[32, 10, a, b, c])));
            if batch.len() > 1 << 16 {
                router.write_all(&batch).unwrap();
                batch.clear();
                let _ = tell.send(number);
            }
        }
        router.write_all(&batch).unwrap();
        router
    });
    // It is held back: it writes no more for a while, and has not written all.
    let mut last = 0;
    while let Ok(number) = told.recv_timeout(Duration::from_millis(500)) {
        last = number;
    }
    assert!(last < COUNT - 1000, "{last} messages were taken though nobody reads");
    assert!(station.line().contains(r#""state": "up""#));
    for number in 0..COUNT {
        let [_, a, b, c] = number.to_be_bytes();
        let mut line = String::new();
        station.events.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("\"10.{a}.{b}.{c}/32\"")), "{number}: {line}");
    }
    let router = writer.join().unwrap();
    drop(router);
    assert!(station.line().contains(r#""state": "down""#));
    station.stop();
}

#[test]
fn it_connects_to_routers_that_wait_and_comes_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut station = Station::start(&["--connect", &address, "--packets"]);
    for _ in 0..2 {
        let (mut router, _) = listener.accept().unwrap();
        router.write_all(&routes(&peer(), &update(&PATH, &[24, 10, 0, 0]))).unwrap();
        let line = station.line();
        assert!(
            line.contains(
                r#""header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF002F02", "body": "0x00000014400101"#
            ),
            "{line}"
        );
    }
    station.stop();
}

#[test]
fn it_ends_when_nobody_reads_any_more() {
    let mut station = Station::listening();
    let mut router = station.connect();
    station.events = {
        // The other end of the pipe goes with the reader.
        let mut other = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
        other.wait().unwrap();
        BufReader::new(other.stdout.take().unwrap())
    };
    // The first write fails, the second finds nobody.
    while router.write_all(&initiation()).is_ok() {
        std::thread::yield_now();
    }
    assert!(station.child.wait().unwrap().success());
}

#[test]
fn it_ends_when_it_is_told_to_though_nobody_reads() {
    let mut station = Station::listening();
    let mut router = station.connect();
    let writer = std::thread::spawn(move || while router.write_all(&initiation()).is_ok() {});
    // Nothing is read but the first line: the pipe is full soon, and the router waits.
    station.line();
    let unread = || in_pipe(&station.events);
    let mut before = 0;
    while unread() == 0 || unread() != before {
        before = unread();
        std::thread::sleep(Duration::from_millis(50));
    }
    kill(Pid::from_raw(station.child.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert!(station.child.wait().unwrap().success());
    writer.join().unwrap();
}

/// Octets that wait in the pipe.
fn in_pipe(pipe: &BufReader<ChildStdout>) -> usize {
    yottabgp_os::socket::unread(pipe.get_ref()).unwrap()
}
