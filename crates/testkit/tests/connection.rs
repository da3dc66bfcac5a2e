//! The scripted peer over a real socket: framing, however the octets arrive.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use yottabgp_testkit::bgp::{Connection, Open, frame, kind};

const LIMIT: Duration = Duration::from_secs(10);

fn pair() -> (Connection, Connection) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to: SocketAddr = listener.local_addr().unwrap();
    let from = Ipv4Addr::LOCALHOST.into();
    let caller = std::thread::spawn(move || Connection::connect(from, to, LIMIT).unwrap());
    let called = Connection::accept(&listener, LIMIT).unwrap();
    (caller.join().unwrap(), called)
}

#[test]
fn two_scripted_peers_establish_a_session() {
    let (mut one, mut other) = pair();
    let mut open = Open::new(4_200_000_001, Ipv4Addr::new(192, 0, 2, 1));
    open.capabilities.push((2, Vec::new()));
    let theirs = open.clone();
    let thread = std::thread::spawn(move || one.establish(&theirs, LIMIT).unwrap());
    let got = other.establish(&open, LIMIT).unwrap();
    assert_eq!(got.body, open.body());
    // AS_TRANS in the two octets that cannot hold the number.
    assert_eq!(got.body[..3], [4, 0x5B, 0xA0]);
    assert_eq!(thread.join().unwrap(), got);
}

#[test]
fn messages_are_found_however_they_are_cut() {
    let (mut one, mut other) = pair();
    let stream = [frame(kind::UPDATE, &[0; 4]), frame(kind::KEEPALIVE, &[])].concat();
    for piece in stream.chunks(7) {
        one.send_bytes(piece).unwrap();
    }
    let update = other.receive_other(LIMIT).unwrap().unwrap();
    assert_eq!((update.kind, update.body), (kind::UPDATE, vec![0; 4]));
    assert!(other.expect(kind::KEEPALIVE, LIMIT).unwrap().body.is_empty());
    drop(one);
    assert_eq!(other.receive(LIMIT).unwrap(), None);
}

#[test]
fn silence_and_nonsense_are_told_apart() {
    let (mut one, mut other) = pair();
    let silence = other.receive(Duration::from_millis(20)).unwrap_err();
    assert_eq!(silence.kind(), ErrorKind::TimedOut);
    one.send_bytes(&[0; 19]).unwrap();
    assert_eq!(other.receive(LIMIT).unwrap_err().kind(), ErrorKind::InvalidData);
}
