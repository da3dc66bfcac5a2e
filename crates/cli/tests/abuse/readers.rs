//! Helpers that do not read, or hardly.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{frame, kind};
use yottabgp_testkit::wait::until;

use crate::ring::{Bad, EVERYTHING, Ring};
use crate::support::{Lab, attributes, update};

const ROUTES: u64 = 1_000_000;

/// Announces so many routes as fast as it is read, and says nothing more.
fn announcing(count: u64) -> String {
    format!(
        "awk 'BEGIN {{ for (i = 0; i < {count}; i++) printf \"announce route 10.%d.%d.%d/32 next-hop 1.1.1.1\\n\", i / 65536, i / 256 % 256, i % 256 }}'
exec sleep 1000"
    )
}

#[test]
fn a_million_routes_by_one_that_never_reads_its_acknowledgements() {
    let script = announcing(ROUTES);
    let bad = Bad { script: &script, told: "" };
    let mut ring = Ring::new("never reads, announces 1,000,000 routes", Lab::new(), &bad);
    ring.serves_until(Duration::from_secs(500), |ring| ring.peer.routes() >= ROUTES);
    ring.serves_for_a_hold_time();
    ring.end(150, "all are announced; acknowledgements are counted");
}

#[test]
fn one_that_never_reads_and_is_told_of_everything_it_does() {
    let script = announcing(ROUTES / 4);
    let bad = Bad { script: &script, told: EVERYTHING };
    let mut ring = Ring::new("never reads, is told of everything", Lab::new(), &bad);
    ring.serves_until(Duration::from_secs(500), |ring| ring.peer.routes() >= ROUTES / 4);
    ring.serves_for_a_hold_time();
    ring.end(150, "what it does is done; above 64 MiB it is not told");
}

#[test]
fn one_that_asks_for_tables_and_never_reads_them() {
    let script = announcing(20_000).replace(
        "exec sleep",
        "awk 'BEGIN { for (i = 0; i < 300; i++) print \"show adj-rib out extensive\\nversion\\nhelp\" }'
echo announce route 172.16.0.0/16 next-hop 1.1.1.1
exec sleep",
    );
    let bad = Bad { script: &script, told: "" };
    let mut ring = Ring::new("asks for tables, never reads them", Lab::new(), &bad);
    ring.serves_until(Duration::from_secs(200), |ring| ring.peer.routes() >= 20_000);
    ring.serves_for_a_hold_time();
    ring.end(60, "4 MiB of answers wait, other questions are refused");
}

/// As many UPDATEs as prefixes.
fn table(count: u32) -> Vec<u8> {
    let attributes = attributes();
    let message = |number: u32| {
        let [_, a, b, c] = number.to_be_bytes();
        let prefix = format!("{}.{b}.{c}.0/24", 20 + a);
        frame(kind::UPDATE, &update(&[], &attributes, &[&prefix]))
    };
    (0..count).flat_map(message).collect()
}

#[test]
fn a_full_table_for_one_that_reads_an_octet_a_second() {
    let script = "while :; do dd bs=1 count=1 of=/dev/null 2>/dev/null; sleep 1; done";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("reads one octet a second, 200,000 UPDATEs arrive", Lab::new(), &bad);
    for part in table(200_000).chunks(1 << 20) {
        ring.peer.say(part.to_vec());
    }
    for _ in 0..3 {
        ring.serves_for_a_hold_time();
    }
    // The peer that feeds it is not read any more, and is held by TCP.
    ring.end(60, "the peer is read no faster than the helper reads");
}

#[test]
fn one_that_is_stopped_has_missed_nothing_when_it_goes_on() {
    let lab = Lab::new();
    let (pid, heard) = (lab.path("pid"), lab.path("heard"));
    let script = format!("echo $$ > {}\nexec cat > {}", pid.display(), heard.display());
    let bad = Bad { script: &script, told: "receive { parsed; update; }" };
    let mut ring = Ring::new("is stopped (SIGSTOP) while 100,000 UPDATEs arrive", lab, &bad);
    let process = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    ring.signal_bad(process, Signal::SIGSTOP);
    for part in table(100_000).chunks(1 << 20) {
        ring.peer.say(part.to_vec());
    }
    for _ in 0..2 {
        ring.serves_for_a_hold_time();
    }
    ring.signal_bad(process, Signal::SIGCONT);
    let count =
        || fs::read_to_string(&heard).map_or(0, |text| text.matches("\"announce\"").count());
    ring.serves_until(Duration::from_secs(200), |_| count() >= 100_000);
    assert_eq!(count(), 100_000);
    ring.signal_bad(process, Signal::SIGSTOP);
    ring.end(60, "when it goes on, it is told all 100,000");
}

#[test]
fn one_that_reads_a_thousand_events_a_second_misses_none_and_catches_up() {
    const COUNT: u32 = 100_000;
    let lab = Lab::new();
    let heard = lab.path("heard");
    // So slow for longer than a hold time, then as fast as it can.
    let script = format!(
        "exec awk 'NR <= 6000 && NR % 1000 == 0 {{ system(\"sleep 1\") }}
{{ print > \"{0}\" }}
NR % 1000 == 0 {{ fflush(\"{0}\") }}'",
        heard.display()
    );
    let bad = Bad { script: &script, told: "receive { parsed; update; }" };
    let mut ring = Ring::new("reads 1,000 events a second, 100,000 UPDATEs arrive", lab, &bad);
    // Some more: awk keeps the last ones to itself.
    for part in table(COUNT + 1000).chunks(1 << 20) {
        ring.peer.say(part.to_vec());
    }
    ring.serves_for_a_hold_time();
    let lines = || fs::read_to_string(&heard).map_or(0, |text| text.lines().count());
    ring.serves_until(Duration::from_secs(200), |_| lines() >= COUNT as usize);
    ring.serves_for_a_hold_time();
    let text = fs::read_to_string(&heard).unwrap();
    let prefixes = text.lines().take(COUNT as usize).map(|line| {
        let (_, rest) = line.split_once("{ \"nlri\": \"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    });
    let sent = (0..COUNT).map(|number| {
        let [_, a, b, c] = number.to_be_bytes();
        format!("{}.{b}.{c}.0/24", 20 + a)
    });
    assert!(prefixes.eq(sent), "not each once, in their order");
    ring.end(60, "it is told all, as fast as it reads");
}

#[test]
fn a_stopped_one_does_not_delay_the_end() {
    let lab = Lab::new();
    let pid = lab.path("pid");
    let script = format!("echo $$ > {}\nexec cat > /dev/null", pid.display());
    let bad = Bad { script: &script, told: EVERYTHING };
    let ring = Ring::new("is stopped when the daemon ends", lab, &bad);
    until("its number", || fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    let process = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    ring.signal_bad(process, Signal::SIGSTOP);
    ring.end(40, "it is killed");
}
