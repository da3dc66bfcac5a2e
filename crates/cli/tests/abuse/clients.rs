//! Clients of the control socket.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::ring::{Bad, Ring};
use crate::support::Lab;

/// A helper that gives the table a size, and is no trouble.
const TABLE: Bad<'_> = Bad {
    script: "awk 'BEGIN { for (i = 0; i < 50000; i++) printf \"announce route 10.%d.%d.%d/32 next-hop 1.1.1.1\\n\", i / 65536, i / 256 % 256, i % 256 }'
exec cat > /dev/null",
    told: "",
};

fn connect(ring: &Ring) -> UnixStream {
    UnixStream::connect(ring.daemon.lab.path("control")).unwrap()
}

#[test]
fn one_that_asks_for_the_table_and_never_reads() {
    let mut ring = Ring::new("a client asks for tables, never reads", Lab::new(), &TABLE);
    ring.serves_until(Duration::from_secs(100), |ring| ring.peer.routes() >= 50_000);
    let mut deaf = connect(&ring);
    deaf.set_nonblocking(true).unwrap();
    // As much as the daemon takes of its questions.
    let mut asked = 0;
    while asked < 100 && deaf.write(b"show adj-rib out extensive json\nshow neighbor\n").is_ok() {
        asked += 1;
    }
    for _ in 0..2 {
        ring.serves_for_a_hold_time();
        let start = Instant::now();
        assert_eq!(ring.daemon.ask("version").lines().count(), 1);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    ring.end(60, "others are answered; it is written what it reads");
}

#[test]
fn one_that_announces_and_never_reads() {
    let mut ring = Ring::new("a client announces 200,000 routes, never reads", Lab::new(), &TABLE);
    let mut deaf = connect(&ring);
    let writer = std::thread::spawn(move || {
        for number in 0..200_000_u32 {
            let [_, a, b, c] = number.to_be_bytes();
            let line = format!("announce route 11.{a}.{b}.{c}/32 next-hop 1.1.1.1\n");
            if deaf.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
        deaf
    });
    ring.serves_until(Duration::from_secs(200), |ring| ring.peer.routes() >= 250_000);
    let deaf = writer.join().unwrap();
    ring.serves_for_a_hold_time();
    ring.end(80, "all are announced");
    drop(deaf);
}

#[test]
fn many_that_say_nothing_or_rubbish_or_leave_in_the_middle() {
    let mut ring = Ring::new("clients that say nothing, noise, or half a line", Lab::new(), &TABLE);
    ring.serves_until(Duration::from_secs(100), |ring| ring.peer.routes() >= 50_000);
    let silent: Vec<UnixStream> = (0..5).map(|_| connect(&ring)).collect();
    let noise: Vec<u8> =
        (0..1_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for round in 0..200 {
        let mut client = connect(&ring);
        client.set_nonblocking(true).unwrap();
        // It may be refused, or gone, which is its own trouble.
        let _ = match round % 3 {
            0 => client.write(&noise),
            1 => client.write(b"announce route 10.66.0.0/24 next-"),
            _ => client.write(b"show adj-rib out extensive\nshow adj-rib out json\n"),
        };
    }
    ring.serves_for_a_hold_time();
    // There is room for one more.
    assert_eq!(ring.daemon.ask("version").lines().count(), 1);
    assert!(!ring.daemon.ask("show adj-rib out").contains("10.66.0.0/24"));
    drop(silent);
    ring.end(60, "others are answered; half a line is no command");
}

#[test]
fn more_than_there_is_room_for_are_told_so() {
    let mut ring = Ring::new("more clients than there is room for", Lab::new(), &TABLE);
    let held: Vec<UnixStream> = (0..60).map(|_| connect(&ring)).collect();
    ring.serves_for_a_hold_time();
    let mut told = String::new();
    let mut last = held.into_iter().next_back().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    last.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("error: too many clients"), "{told}");
    ring.end(40, "32 are served; others are told so, until one is idle");
}
