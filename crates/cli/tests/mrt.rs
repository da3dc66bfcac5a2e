//! `mrt show` and `mrt replay`: files made here, pipes, compression, faults, and a peer that this test plays.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail"
)]

mod program;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use program::{Run, command, finish, run};
use serde_json::Value;
use yottabgp_testkit::bgp::{Connection, Message, Open, kind};
use yottabgp_testkit::process::find;
use yottabgp_testkit::updates::{self, Random, record};
use yottabgp_testkit::wait::PATIENCE;

const SECONDS: u32 = 1_700_000_000;

/// AS 65001 at 192.0.2.1 and AS 65002 at 192.0.2.2, who wrote the file; AS numbers of four octets.
const ENDS: [u8; 20] = [0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2];

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    yottabgp_testkit::bgp::frame(kind, body)
}

/// An attribute.
fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    [&[flags, code, u8::try_from(value.len()).unwrap()], value].concat()
}

/// ORIGIN, AS_PATH of these numbers in four octets, NEXT_HOP 192.0.2.1.
fn attributes(path: &[u32]) -> Vec<u8> {
    let numbers: Vec<u8> = path.iter().flat_map(|number| number.to_be_bytes()).collect();
    let path = [&[2, u8::try_from(path.len()).unwrap()][..], &numbers].concat();
    [attribute(0x40, 1, &[0]), attribute(0x40, 2, &path), attribute(0x40, 3, &[192, 0, 2, 1])]
        .concat()
}

/// The body of an UPDATE of IPv4 unicast.
fn update(withdrawn: &[u8], attributes: &[u8], announced: &[u8]) -> Vec<u8> {
    let length = |octets: &[u8]| u16::try_from(octets.len()).unwrap().to_be_bytes();
    [&length(withdrawn)[..], withdrawn, &length(attributes), attributes, announced].concat()
}

/// A session: it comes up, announces and withdraws, is sent something, and ends.
fn session() -> Vec<u8> {
    let mut file = Vec::new();
    let state = |old: u8, new: u8| [&ENDS[..], &[0, old, 0, new]].concat();
    let of = |message: Vec<u8>| [&ENDS[..], &message].concat();
    record(&mut file, SECONDS, 16, 5, &state(5, 6));
    let extra = [
        attribute(0x80, 4, &[0, 0, 0, 7]),
        attribute(0xc0, 8, &[0xfd, 0xe9, 0, 1, 0xff, 0xff, 0xff, 1]),
        attribute(0xc0, 7, &[0, 0, 0xfd, 0xe9, 10, 0, 0, 1]),
        attribute(0x40, 6, &[]),
    ];
    let announced = [24, 10, 0, 0, 24, 10, 0, 1, 16, 10, 9];
    let body = update(&[], &[attributes(&[65001, 64500]), extra.concat()].concat(), &announced);
    record(&mut file, SECONDS + 1, 16, 4, &of(message(kind::UPDATE, &body)));
    // With microseconds, and sent.
    let body = update(&[], &attributes(&[65002]), &[24, 172, 16, 0]);
    let sent = [&250_000_u32.to_be_bytes()[..], &of(message(kind::UPDATE, &body))].concat();
    record(&mut file, SECONDS + 2, 17, 7, &sent);
    // With path identifiers.
    let body = update(&[0, 0, 0, 9, 24, 10, 0, 0], &[], &[]);
    record(&mut file, SECONDS + 3, 16, 9, &of(message(kind::UPDATE, &body)));
    record(&mut file, SECONDS + 4, 16, 4, &of(message(kind::KEEPALIVE, &[])));
    record(&mut file, SECONDS + 5, 16, 4, &of(message(kind::NOTIFICATION, &[6, 2])));
    record(&mut file, SECONDS + 6, 16, 5, &state(6, 1));
    // OSPF, as routers of old wrote it.
    record(&mut file, SECONDS + 7, 11, 0, &[1, 2, 3]);
    file
}

/// A table of two peers: both have 10.0.0.0/24, the second one has the shorter path; each has another one of its own.
fn table() -> Vec<u8> {
    let mut file = Vec::new();
    let peers = [
        &[10, 0, 0, 9, 0, 0, 0, 2][..],
        &[2, 10, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0xfd, 0xe9],
        &[2, 10, 0, 0, 2, 192, 0, 2, 5, 0, 1, 0x11, 0x70],
    ];
    record(&mut file, SECONDS, 13, 1, &peers.concat());
    let entry = |peer: u8, path: &[u32]| {
        let attributes = attributes(path);
        let length = u8::try_from(attributes.len()).unwrap();
        [&[0, peer][..], &1_600_000_000u32.to_be_bytes(), &[0, length], &attributes].concat()
    };
    let both = [entry(0, &[65001, 64500, 64501]), entry(1, &[70000, 64501])].concat();
    record(&mut file, SECONDS, 13, 2, &[&[0, 0, 0, 0, 24, 10, 0, 0, 0, 2][..], &both].concat());
    let first = entry(0, &[65001]);
    record(&mut file, SECONDS, 13, 2, &[&[0, 0, 0, 1, 24, 10, 0, 1, 0, 1][..], &first].concat());
    let second = entry(1, &[70000]);
    record(&mut file, SECONDS, 13, 2, &[&[0, 0, 0, 2, 24, 10, 0, 2, 0, 1][..], &second].concat());
    file
}

fn show(words: &[&str], input: &[u8]) -> Run {
    let words = [&["mrt", "show"], words, &["-"]].concat();
    finish(command(&words), input)
}

fn good(words: &[&str], input: &[u8]) -> String {
    let run = show(words, input);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{words:?}");
    run.out
}

fn json(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file in a folder of its own.
fn file(name: &str, octets: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, octets).unwrap();
    (folder, path)
}

#[test]
fn every_record_is_an_event() {
    let lines = json(&good(&[], &session()));
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["mrt", "update", "update", "update", "keepalive", "notification", "mrt", "mrt"]
    );
    let ways: Vec<_> = lines.iter().map(|line| &line["neighbor"]["direction"]).collect();
    assert_eq!(ways[1..4], ["receive", "send", "receive"]);
    for line in &lines[..7] {
        assert_eq!(line["neighbor"]["address"]["peer"], "192.0.2.1", "{line}");
        assert_eq!(line["neighbor"]["asn"]["local"], 65002, "{line}");
    }
    assert_eq!(lines[0]["neighbor"]["state"], "up");
    assert_eq!(lines[0]["mrt"]["from"], "OPENCONFIRM");
    assert_eq!(lines[2]["time"], f64::from(SECONDS) + 2.25);
    let withdrawn = &lines[3]["neighbor"]["message"]["update"]["withdraw"]["ipv4 unicast"][0];
    assert_eq!(withdrawn["path-information"], "0.0.0.9");
    assert_eq!(lines[6]["neighbor"]["state"], "down");
    assert_eq!(lines[7]["mrt"]["type"], 11);
    let counters: Vec<_> = lines.iter().map(|line| line["counter"].as_u64().unwrap()).collect();
    assert_eq!(counters, [1, 2, 3, 4, 5, 6, 7, 8]);

    let lines = json(&good(&[], &table()));
    assert_eq!(lines[0]["mrt"]["record"], "peer-index-table");
    assert_eq!(lines[0]["mrt"]["peers"][1]["asn"], 70000);
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[1]["time"], 1_600_000_000.0);
    assert_eq!(lines[2]["neighbor"]["address"]["peer"], "192.0.2.5");
}

#[test]
fn text_has_a_line_for_each_route() {
    let rest = "next-hop 192.0.2.1 origin igp as-path [ 65001 64500 ] med 7 atomic-aggregate aggregator ( 65001:10.0.0.1 ) \
                community [ 65001:1 no-export ]";
    let expected = [
        "2023-11-14T22:13:20Z state 192.0.2.1 AS65001 OPENCONFIRM ESTABLISHED".to_owned(),
        format!("2023-11-14T22:13:21Z from 192.0.2.1 AS65001 announce route 10.0.0.0/24 {rest}"),
        format!("2023-11-14T22:13:21Z from 192.0.2.1 AS65001 announce route 10.0.1.0/24 {rest}"),
        format!("2023-11-14T22:13:21Z from 192.0.2.1 AS65001 announce route 10.9.0.0/16 {rest}"),
        "2023-11-14T22:13:22.250000Z to 192.0.2.1 AS65001 announce route 172.16.0.0/24 next-hop 192.0.2.1 origin igp as-path [ 65002 ]"
            .to_owned(),
        "2023-11-14T22:13:23Z from 192.0.2.1 AS65001 withdraw route 10.0.0.0/24 path-information 0.0.0.9"
            .to_owned(),
        "2023-11-14T22:13:24Z from 192.0.2.1 AS65001 keepalive".to_owned(),
        "2023-11-14T22:13:25Z from 192.0.2.1 AS65001 notification 6 2".to_owned(),
        "2023-11-14T22:13:26Z state 192.0.2.1 AS65001 ESTABLISHED IDLE".to_owned(),
        "2023-11-14T22:13:27Z unknown type 11 subtype 0 octets 3".to_owned(),
    ];
    assert_eq!(good(&["--text"], &session()).lines().collect::<Vec<_>>(), expected);
    let text = good(&["--text", "--peer", "70000"], &table());
    assert_eq!(
        text.lines().next().unwrap(),
        "2020-09-13T12:26:40Z table 192.0.2.5 AS70000 route 10.0.0.0/24 next-hop 192.0.2.1 origin igp as-path [ 70000 64501 ]"
    );
}

#[test]
fn commands_can_be_read_again() {
    let file = [session(), table()].concat();
    let commands = good(&["--commands", "--type", "update", "--type", "route"], &file);
    assert_eq!(commands.lines().count(), 7, "{commands}");
    let encoded = finish(command(&["encode"]), &commands);
    assert_eq!(encoded.status, 0, "{encoded:?}");
    // What no command says is no reason to say nothing of the rest.
    let run = show(&["--commands"], &session());
    assert_eq!(run.status, 1);
    assert!(run.err.contains("no command"), "{}", run.err);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
}

#[test]
fn what_bgpdump_says_is_said_alike() {
    let expected = "BGP4MP|1700000000|STATE|192.0.2.1|65001|5|6\n\
        BGP4MP|1700000001|A|192.0.2.1|65001|10.0.0.0/24|65001 64500|IGP|192.0.2.1|0|7|65001:1 no-export|AG|65001 10.0.0.1|\n\
        BGP4MP|1700000001|A|192.0.2.1|65001|10.0.1.0/24|65001 64500|IGP|192.0.2.1|0|7|65001:1 no-export|AG|65001 10.0.0.1|\n\
        BGP4MP|1700000001|A|192.0.2.1|65001|10.9.0.0/16|65001 64500|IGP|192.0.2.1|0|7|65001:1 no-export|AG|65001 10.0.0.1|\n\
        BGP4MP_ET_LOCAL|1700000002.250000|A|192.0.2.1|65001|172.16.0.0/24|65002|IGP|192.0.2.1|0|0||NAG||\n\
        BGP4MP_AP|1700000003|W|192.0.2.1|65001|10.0.0.0/24|9\n\
        BGP4MP|1700000006|STATE|192.0.2.1|65001|6|1\n";
    let (session, table) = (session(), table());
    assert_eq!(good(&["--bgpdump"], &session), expected);
    assert_eq!(
        good(&["--bgpdump", "--peer", "192.0.2.5"], &table).lines().next().unwrap(),
        "TABLE_DUMP2|1700000000|B|192.0.2.5|70000|10.0.0.0/24|70000 64501|IGP|192.0.2.1|0|0||NAG||"
    );
    if find("bgpdump").is_none() {
        println!("SKIPPED: bgpdump is not installed (apt-get install bgpdump)");
        return;
    }
    let (mut random, mut updates) = (Random::default(), Vec::new());
    for second in 0..2000 {
        let update = updates::of_a_table(&mut random);
        updates::heard(&mut random, second, &update, &mut updates);
    }
    let mut routes = Vec::new();
    updates::index(&mut routes);
    for sequence in 0..2000 {
        updates::routes(&mut random, sequence, 8, &mut routes);
    }
    for octets in [session, table, updates, routes] {
        let (_folder, path) = file("dump.mrt", &octets);
        let theirs = Command::new("bgpdump").args(["-q", "-v", "-m"]).arg(&path).output().unwrap();
        let theirs = String::from_utf8(theirs.stdout).unwrap();
        let ours = run(&["mrt", "show", "--bgpdump", path.to_str().unwrap()]);
        assert_eq!((ours.status, ours.err.as_str()), (0, ""));
        assert!(!theirs.is_empty());
        for (ours, theirs) in ours.out.lines().zip(theirs.lines()) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(ours.out.lines().count(), theirs.lines().count());
    }
}

#[test]
fn a_table_is_read_whatever_flags_its_recorder_left_out() {
    let mut file = Vec::new();
    let peers = [10, 0, 0, 9, 0, 0, 0, 1, 2, 10, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0xfd, 0xe9];
    record(&mut file, SECONDS, 13, 1, &peers);
    let path = attribute(0x40, 2, &[2, 1, 0, 0, 0xfd, 0xe9]);
    // As BIRD 2.0 has them.
    let rest = [attribute(0, 3, &[192, 0, 2, 1]), attribute(0, 5, &[0, 0, 0, 100])].concat();
    let attributes = [attribute(0x40, 1, &[0]), path, rest].concat();
    let head = [0, 0, 0, 0, 24, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let length = u8::try_from(attributes.len()).unwrap();
    record(&mut file, SECONDS, 13, 2, &[&head[..], &[length], &attributes].concat());
    assert_eq!(
        good(&["--bgpdump"], &file),
        "TABLE_DUMP2|1700000000|B|192.0.2.1|65001|10.0.0.0/24|65001|IGP|192.0.2.1|100|0||NAG||\n"
    );
}

#[test]
fn filters_leave_what_is_wanted() {
    let lines = |words: &[&str], file: &[u8]| -> Vec<String> {
        let words = [&["--text"], words].concat();
        let text = good(&words, file);
        // From the first word that is no time on, without attributes.
        let short = |line: &str| {
            let line = line.split_once(' ').unwrap().1;
            line.split(" next-hop").next().unwrap().replace(" AS65001", "").replace("192.0.2.", "")
        };
        text.lines().map(short).collect()
    };
    let (session, table) = (session(), table());
    for (words, expected) in [
        (
            &["--type", "withdraw"][..],
            &["from 1 withdraw route 10.0.0.0/24 path-information 0.0.0.9"][..],
        ),
        (&["--sent"], &["to 1 announce route 172.16.0.0/24"]),
        (
            &["--type", "keepalive", "--type", "notification"],
            &["from 1 keepalive", "from 1 notification 6 2"],
        ),
        (&["--type", "state"], &["state 1 OPENCONFIRM ESTABLISHED", "state 1 ESTABLISHED IDLE"]),
        (&["--prefix", "10.0.1.0/24"], &["from 1 announce route 10.0.1.0/24"]),
        (
            &["--prefix", "10.0.0.0/23+", "--type", "announce"],
            &["from 1 announce route 10.0.0.0/24", "from 1 announce route 10.0.1.0/24"],
        ),
        (&["--prefix", "10.9.8.0/24-"], &["from 1 announce route 10.9.0.0/16"]),
        (&["--origin", "AS65002"], &["to 1 announce route 172.16.0.0/24"]),
        (
            &["--from", "2023-11-14T22:13:22Z", "--until", "1700000004"],
            &[
                "to 1 announce route 172.16.0.0/24",
                "from 1 withdraw route 10.0.0.0/24 path-information 0.0.0.9",
            ],
        ),
        (&["--family", "ipv6 unicast"], &[]),
        (&["--peer", "192.0.2.9"], &[]),
    ] {
        assert_eq!(lines(words, &session), expected, "{words:?}");
    }
    assert_eq!(
        lines(&["--peer", "192.0.2.1"], &table),
        ["table 1 route 10.0.0.0/24", "table 1 route 10.0.1.0/24"]
    );
    assert_eq!(lines(&["--type", "peers"], &table).len(), 2);
    for (words, says) in [
        (["--peer", "nobody"], "no peer"),
        (["--prefix", "10.0.0.1/24"], "host bits"),
        (["--from", "soon"], "is not a time"),
        (["--family", "ipv4 uncast"], "did you mean 'ipv4 unicast'?"),
        (["--type", "everything"], "possible values"),
    ] {
        let run = show(&words, &session);
        assert!(run.status != 0 && run.err.contains(says), "{run:?}");
    }
}

#[test]
fn what_a_file_is_says_its_content_and_not_its_name() {
    let plain = session();
    let expected = good(&["--text"], &plain);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(&plain[..50]).unwrap();
    let mut gz = gz.finish().unwrap();
    // Files that were put one behind the other.
    let mut rest = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    rest.write_all(&plain[50..]).unwrap();
    gz.extend(rest.finish().unwrap());
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bz2.write_all(&plain).unwrap();
    let bz2 = bz2.finish().unwrap();
    let zst = zstd::encode_all(plain.as_slice(), 3).unwrap();
    for octets in [&plain, &gz, &bz2, &zst] {
        assert_eq!(good(&["--text"], octets), expected);
        let (_folder, path) = file("updates.txt", octets);
        let run = run(&["mrt", "show", "--text", path.to_str().unwrap()]);
        assert_eq!((run.status, run.out.as_str()), (0, expected.as_str()));
        // So does `decode`.
        let run = finish(command(&["decode", "--read", "-"]), octets);
        assert_eq!((run.status, run.out.lines().count()), (0, 5), "{run:?}");
    }
    // Of one that ends too early, all is shown that is there.
    let mut long = Vec::new();
    for _ in 0..2000 {
        long.extend(&plain);
    }
    for octets in [zstd::encode_all(long.as_slice(), 1).unwrap(), {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&long).unwrap();
        gz.finish().unwrap()
    }] {
        let (_folder, path) = file("long", &octets[..octets.len() - 9]);
        let run = run(&["mrt", "show", "--text", path.to_str().unwrap()]);
        assert_eq!(run.status, 1);
        assert!(run.err.starts_with("error: "), "{}", run.err);
        assert!(run.out.lines().count() > 10_000, "{} {}", run.out.lines().count(), run.err);
    }
}

#[test]
fn faults_are_told_with_their_place_and_passed_over() {
    let mut file = session();
    let mut wrong = Vec::new();
    record(&mut wrong, SECONDS, 16, 4, &ENDS[..7]);
    let at = file.len();
    file.extend(&wrong);
    file.extend(table());
    let run = show(&["--text"], &file);
    assert_eq!(run.status, 1);
    assert!(run.err.starts_with(&format!("record 9 at octet {at}: BGP4MP")), "{}", run.err);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert_eq!(run.out.lines().count(), 10 + 6);
    // Each length that it may have ends in a record or between two.
    let (whole, mut ends) = (session(), vec![0]);
    while *ends.last().unwrap() < whole.len() {
        let at = *ends.last().unwrap();
        let length: [u8; 4] = whole[at + 8..at + 12].try_into().unwrap();
        ends.push(at + 12 + u32::from_be_bytes(length) as usize);
    }
    for length in (1..whole.len()).filter(|length| length % 7 == 0).chain(ends.clone()) {
        let run = show(&["--text"], &whole[..length]);
        let says_nothing = ends.contains(&length);
        // What is too short for a record is no file of them.
        assert_eq!(run.status == 0, says_nothing, "{length}: {run:?}");
        assert_eq!(run.err.lines().count(), usize::from(!says_nothing), "{length}: {run:?}");
    }
    for (octets, says) in [
        (&b"{ \"exabgp\": \"4.0.1\" }\n"[..], "is not an MRT file"),
        (&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "decode --read"),
    ] {
        let run = show(&[], octets);
        assert!(run.status == 1 && run.err.contains(says), "{run:?}");
    }
    assert_eq!(good(&[], &[]), "");
    let (_folder, path) = self::file("first.mrt", &wrong);
    let path = path.to_str().unwrap();
    let run = program::run(&["mrt", "show", "/no/such/file", path]);
    let lines: Vec<_> = run.err.lines().collect();
    assert_eq!((run.status, lines.len()), (1, 2), "{run:?}");
    assert!(lines[0].contains("/no/such/file can not be read"), "{}", run.err);
    assert!(
        lines[1].starts_with("record 1 at octet 0 of ") && lines[1].contains(path),
        "{}",
        run.err
    );
}

/// A `mrt replay` that runs.
struct Player {
    child: Child,
    errors: BufReader<ChildStderr>,
}

impl Player {
    fn start(words: &[&str], path: &Path) -> Self {
        let mut child =
            command(&["mrt", "replay", "--local-as", "65010", "--router-id", "10.0.0.1"])
                .args(words)
                .arg(path)
                .spawn()
                .unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, errors }
    }

    /// The address that it waits at.
    fn address(&mut self) -> SocketAddr {
        let line = self.error();
        line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).parse().unwrap()
    }

    fn error(&mut self) -> String {
        let mut line = String::new();
        self.errors.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Waits until it ends: its status, and what it said on standard output and standard error.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.errors.read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code(), out, err)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A peer of AS 65020 that has connected or was connected to.
fn establish(mut connection: Connection, open: &[u8]) -> Connection {
    connection.send(kind::OPEN, open).unwrap();
    let theirs = connection.receive(PATIENCE).unwrap().unwrap();
    assert_eq!(theirs.kind, kind::OPEN);
    connection.send(kind::KEEPALIVE, &[]).unwrap();
    connection
}

/// The body of its OPEN, with these capabilities beside the usual ones.
fn open(capabilities: &[(u8, &[u8])]) -> Vec<u8> {
    let mut open = Open::new(65020, Ipv4Addr::new(10, 0, 0, 2));
    open.capabilities = capabilities.iter().map(|(code, value)| (*code, value.to_vec())).collect();
    open.body()
}

/// The bodies of all UPDATEs up to End-of-RIB for IPv4 unicast.
fn updates_of(connection: &mut Connection) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    loop {
        let message = connection.receive(PATIENCE).unwrap();
        let Some(Message { kind: code, body }) = message else { panic!("closed: {bodies:?}") };
        match code {
            kind::UPDATE if body == [0; 4] => return bodies,
            kind::UPDATE => bodies.push(body),
            kind::KEEPALIVE => {}
            other => panic!("message of type {other}: {body:?}"),
        }
    }
}

/// What `decode` says of UPDATEs: for each NLRI its attributes.
fn routes(bodies: &[Vec<u8>], path_id: bool) -> BTreeMap<String, String> {
    let hex = |body: &Vec<u8>| body.iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    let payload: Vec<String> = bodies.iter().map(|body| hex(body) + "\n").collect();
    let words = if path_id { &["decode", "-m", "-i"][..] } else { &["decode", "-m"] };
    let decoded = finish(command(words), payload.concat());
    assert_eq!(decoded.status, 0, "{decoded:?}");
    let mut routes = BTreeMap::new();
    for line in decoded.out.lines() {
        // `announce attributes … nlri …`, or `announce route PREFIX …`.
        if let Some((attributes, nlri)) = line.split_once(" nlri ") {
            let attributes = attributes.strip_prefix("announce attributes ").unwrap();
            routes.extend(nlri.split(' ').map(|nlri| (nlri.to_owned(), attributes.to_owned())));
        } else {
            let rest = line.strip_prefix("announce route ").unwrap_or_else(|| panic!("{line}"));
            let (nlri, attributes) = rest.split_once(" next-hop").unwrap();
            routes.insert(nlri.to_owned(), format!("next-hop{attributes}"));
        }
    }
    routes
}

fn expected(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(nlri, attributes)| ((*nlri).to_owned(), (*attributes).to_owned())).collect()
}

#[test]
fn the_best_routes_of_a_table_are_sent_again_whenever_the_session_is_new() {
    let (_folder, path) = file("table.mrt", &table());
    let mut player = Player::start(&["--listen", "127.0.0.1:0"], &path);
    let address = player.address();
    let here = Ipv4Addr::LOCALHOST.into();
    let best = expected(&[
        ("10.0.0.0/24", "next-hop 192.0.2.1 origin igp as-path [ 65010 70000 64501 ]"),
        ("10.0.1.0/24", "next-hop 192.0.2.1 origin igp as-path [ 65010 65001 ]"),
        ("10.0.2.0/24", "next-hop 192.0.2.1 origin igp as-path [ 65010 70000 ]"),
    ]);
    for _ in 0..2 {
        let connection = Connection::connect(here, address, PATIENCE).unwrap();
        let mut connection = establish(connection, &open(&[]));
        assert_eq!(routes(&updates_of(&mut connection), false), best);
    }
    let connection = Connection::connect(here, address, PATIENCE).unwrap();
    let mut connection = establish(connection, &open(&[]));
    updates_of(&mut connection);
    player.signal(Signal::SIGTERM);
    // The other families end as well, before it says goodbye.
    let last = std::iter::from_fn(|| connection.receive(PATIENCE).unwrap()).last().unwrap();
    assert_eq!((last.kind, &last.body[..2]), (kind::NOTIFICATION, &[6, 2][..]));
    let (status, out, err) = player.end();
    assert_eq!(status, Some(0), "{err}");
    let said: Vec<_> = out.lines().collect();
    assert_eq!(said.len(), 3, "{out}");
    assert!(said[0].starts_with("sent 3 routes and 0 withdrawals in 3 UPDATEs and "), "{out}");
    assert!(err.contains("1 routes were left out for better ones"), "{err}");
}

#[test]
fn what_is_sent_is_what_the_session_takes() {
    let (_folder, path) = file("table.mrt", &table());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let play = |words: &[&str], open: &[u8]| {
        let words = [&["--exit", "--connect", to.as_str()], words].concat();
        let player = Player::start(&words, &path);
        let connection = Connection::accept(&listener, PATIENCE).unwrap();
        let bodies = updates_of(&mut establish(connection, open));
        let (status, out, err) = player.end();
        assert_eq!(status, Some(0), "{out}{err}");
        bodies
    };
    // Both paths, where the peer takes several.
    let bodies = play(&["--paths", "all"], &open(&[(69, &[0, 1, 1, 1])]));
    assert_eq!(
        routes(&bodies, true),
        expected(&[
            (
                "10.0.0.0/24 path-information 0.0.0.1",
                "next-hop 192.0.2.1 origin igp as-path [ 65010 65001 64500 64501 ]"
            ),
            (
                "10.0.0.0/24 path-information 0.0.0.2",
                "next-hop 192.0.2.1 origin igp as-path [ 65010 70000 64501 ]"
            ),
            (
                "10.0.1.0/24 path-information 0.0.0.1",
                "next-hop 192.0.2.1 origin igp as-path [ 65010 65001 ]"
            ),
            (
                "10.0.2.0/24 path-information 0.0.0.2",
                "next-hop 192.0.2.1 origin igp as-path [ 65010 70000 ]"
            ),
        ])
    );
    // One peer, changed on the way.
    let words = [
        "--peer",
        "192.0.2.5",
        "--next-hop",
        "self",
        "--prepend",
        "64999",
        "--replace-as",
        "64501=1",
    ];
    assert_eq!(
        routes(&play(&words, &open(&[])), false),
        expected(&[
            ("10.0.0.0/24", "next-hop 127.0.0.1 origin igp as-path [ 65010 64999 70000 1 ]"),
            ("10.0.2.0/24", "next-hop 127.0.0.1 origin igp as-path [ 65010 64999 70000 ]"),
        ])
    );
    let words = ["--prefix", "10.0.2.0/24", "--next-hop", "192.0.2.77", "--keep-as-path"];
    assert_eq!(
        routes(&play(&words, &open(&[])), false),
        expected(&[("10.0.2.0/24", "next-hop 192.0.2.77 origin igp as-path [ 70000 ]")])
    );
    // AS numbers of two octets: AS_TRANS, and the path of four octets beside it.
    let old = [4, 0xfd, 0xfc, 0, 180, 10, 0, 0, 2, 8, 2, 6, 1, 4, 0, 1, 0, 1];
    let bodies = play(&["--prefix", "10.0.2.0/24"], &old);
    let path = [0x40, 2, 6, 2, 2, 0xfd, 0xf2, 0x5b, 0xa0];
    let path_of_four = [0xc0, 17, 10, 2, 2, 0, 0, 0xfd, 0xf2, 0, 1, 0x11, 0x70];
    let has = |octets: &[u8]| bodies[0].windows(octets.len()).any(|window| window == octets);
    assert!(bodies.len() == 1 && has(&path) && has(&path_of_four), "{bodies:?}");
}

#[test]
fn messages_are_sent_as_far_apart_as_they_were_recorded() {
    let mut recorded = Vec::new();
    for (seconds, micros, octet) in [(0_u32, 0_u32, 1), (0, 500_000, 2), (1, 0, 3)] {
        let body = update(&[], &attributes(&[65001]), &[24, 10, 0, octet]);
        let message = [&ENDS[..], &message(kind::UPDATE, &body)].concat();
        record(
            &mut recorded,
            SECONDS + seconds,
            17,
            4,
            &[&micros.to_be_bytes()[..], &message].concat(),
        );
    }
    // What was sent is not replayed, and what is no UPDATE neither.
    recorded.extend(session());
    let (_folder, path) = file("updates.mrt", &recorded);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let until = (SECONDS + 2).to_string();
    for (words, least, most) in [
        (&["--time", "--until", &until, "--prefix", "10.0.0.0/22+"][..], 900, 2500),
        (&["--speed", "10", "--until", &until, "--prefix", "10.0.0.0/22+"], 90, 600),
        (&["--rate", "10"], 300, 2500),
        (&[], 0, 600),
    ] {
        let words = [&["--exit", "--connect", to.as_str()], words].concat();
        let player = Player::start(&words, &path);
        let connection = Connection::accept(&listener, PATIENCE).unwrap();
        let mut connection = establish(connection, &open(&[]));
        let mut times = Vec::new();
        while let Some(Message { kind: code, body }) = connection.receive(PATIENCE).unwrap() {
            match code {
                kind::UPDATE if body == [0; 4] => break,
                kind::UPDATE => times.push(Instant::now()),
                _ => {}
            }
        }
        let lasted = times.last().unwrap().duration_since(times[0]);
        assert!(times.len() >= 4, "{times:?}");
        assert!(lasted >= Duration::from_millis(least), "{words:?} {lasted:?}");
        assert!(lasted <= Duration::from_millis(most), "{words:?} {lasted:?}");
        assert_eq!(player.end().0, Some(0));
    }
}

#[test]
fn a_session_that_is_lost_before_the_end_is_told() {
    let (_folder, path) = file("updates.mrt", &session());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let player = Player::start(&["--exit", "--rate", "0.5", "--connect", &to], &path);
    let connection = Connection::accept(&listener, PATIENCE).unwrap();
    let mut connection = establish(connection, &open(&[]));
    while connection.receive(PATIENCE).unwrap().unwrap().kind != kind::UPDATE {}
    drop(connection);
    let (status, _, err) = player.end();
    assert!(status == Some(1) && err.contains("error: the session was lost"), "{err}");
    // What is not there is no reason to speak with anybody.
    let words = ["--connect", &to, "--exit"];
    let player = Player::start(&words, Path::new("/no/such/file"));
    let (status, _, err) = player.end();
    assert!(status == Some(1) && err.contains("/no/such/file can not be read"), "{err}");
    for (words, says) in [
        (&["--connect", "nowhere"][..], "is no address"),
        (&["--connect", &to, "--speed", "0"], "--speed can not be 0"),
        (&["--connect", &to, "--next-hop", "there"], "is no next hop"),
        (&["--connect", &to, "--replace-as", "7"], "is no pair of AS numbers"),
        (&[], "required"),
    ] {
        let (status, _, err) = Player::start(words, &path).end();
        assert!(status != Some(0) && err.contains(says), "{words:?}: {err}");
    }
}

/// Plays a file as it is opened by this name to a peer, which gives what it was sent, with how that ended.
fn played(words: &[&str], path: &Path) -> (Vec<Vec<u8>>, (Option<i32>, String, String)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let player = Player::start(&[&["--exit", "--connect", to.as_str()], words].concat(), path);
    let connection = Connection::accept(&listener, PATIENCE).unwrap();
    let bodies = updates_of(&mut establish(connection, &open(&[])));
    (bodies, player.end())
}

#[test]
fn what_was_read_of_a_file_that_ends_too_early_is_sent() {
    // Octets that can not be compressed: they are there but for the last ones.
    let mut random = Random::default();
    let mut octets = table();
    updates::routes(&mut random, 9, 1, &mut octets);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(&octets).unwrap();
    let gz = gz.finish().unwrap();
    let (_folder, path) = file("table.mrt.gz", &gz[..gz.len() - 12]);
    let (bodies, (status, out, err)) = played(&["--prefix", "10.0.0.0/8+"], &path);
    assert!(routes(&bodies, false).len() >= 3, "{out}{err}");
    assert_eq!(status, Some(1), "{out}{err}");
    assert!(out.starts_with("sent "), "{out}{err}");
    assert!(err.contains("error: the rest of the file can not be read: "), "{err}");
}

#[test]
fn a_pipe_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let write = |path: PathBuf| std::thread::spawn(move || std::fs::write(path, table()).unwrap());
    let writer = write(path.clone());
    let (bodies, (status, out, err)) = played(&[], &path);
    writer.join().unwrap();
    assert_eq!((routes(&bodies, false).len(), status), (3, Some(0)), "{out}{err}");
    // Without --exit it ends when the session does: it could not send it again.
    let writer = write(path.clone());
    let mut player = Player::start(&["--listen", "127.0.0.1:0"], &path);
    let address = player.address();
    let here = Ipv4Addr::LOCALHOST.into();
    let connection = Connection::connect(here, address, PATIENCE).unwrap();
    let mut connection = establish(connection, &open(&[]));
    assert_eq!(routes(&updates_of(&mut connection), false).len(), 3);
    writer.join().unwrap();
    drop(connection);
    let (status, _, err) = player.end();
    assert!(status == Some(1) && err.contains("error: the session was lost"), "{err}");
}

#[test]
fn who_ends_before_all_was_sent_says_so() {
    let (_folder, path) = file("updates.mrt", &session());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    // The second UPDATE is due when no clock goes any more.
    let words = ["--exit", "--speed", "1e-300", "--connect", &to];
    let player = Player::start(&words, &path);
    let connection = Connection::accept(&listener, PATIENCE).unwrap();
    let mut connection = establish(connection, &open(&[]));
    while connection.receive(PATIENCE).unwrap().unwrap().kind != kind::UPDATE {}
    player.signal(Signal::SIGTERM);
    let last = std::iter::from_fn(|| connection.receive(PATIENCE).unwrap()).last().unwrap();
    assert_eq!((last.kind, &last.body[..2]), (kind::NOTIFICATION, &[6, 2][..]));
    let (status, out, err) = player.end();
    assert_eq!((status, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("error: it was told to end before all was sent"), "{err}");
}

#[test]
fn a_record_has_one_message() {
    let body = update(&[], &attributes(&[65001]), &[24, 10, 0, 0]);
    let whole = message(kind::UPDATE, &body);
    let more = [&ENDS[..], &whole, &[24, 10, 7, 7]].concat();
    let less = [&ENDS[..], &whole[..whole.len() - 1]].concat();
    for words in [&["--text"][..], &["--text", "--prefix", "10.0.0.0/8+"]] {
        let mut file = Vec::new();
        record(&mut file, SECONDS, 16, 4, &more);
        let run = show(words, &file);
        assert_eq!((run.status, run.out.lines().count()), (1, 1), "{run:?}");
        assert!(run.out.contains("announce route 10.0.0.0/24 "), "{run:?}");
        assert_eq!(run.err, "record 1 at octet 0: 4 octets behind its message are left out\n");
        let mut file = Vec::new();
        record(&mut file, SECONDS, 16, 4, &less);
        let run = show(words, &file);
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{run:?}");
        assert!(run.err.contains("the message needs "), "{run:?}");
    }
    let mut octets = Vec::new();
    record(&mut octets, SECONDS, 16, 4, &more);
    record(&mut octets, SECONDS, 16, 4, &less);
    let (_folder, path) = file("updates.mrt", &octets);
    let (bodies, (status, out, err)) = played(&[], &path);
    assert_eq!((bodies.len(), status), (1, Some(1)), "{out}{err}");
    assert!(err.contains("record 1 at octet 0: 4 octets behind its message"), "{err}");
    assert!(err.contains("the UPDATE is not as long as its header says"), "{err}");
}

/// UPDATEs of many routes with long attributes: a line for each would be more than a gigabyte.
fn long_lines() -> Vec<u8> {
    let mut file = Vec::new();
    for third in 0..4 {
        let communities =
            [&[0xd0, 8, 0x75, 0x30][..], &[0xfd, 0xe9, 0xff, 0xfe].repeat(7500)].concat();
        let nlri: Vec<u8> = (0..8000_u16)
            .flat_map(|number| {
                let [high, low] = number.to_be_bytes();
                [24, 10 + third, high, low]
            })
            .collect();
        let body = update(&[], &[attributes(&[65001]), communities].concat(), &nlri);
        record(&mut file, SECONDS, 16, 4, &[&ENDS[..], &message(kind::UPDATE, &body)].concat());
    }
    file
}

#[test]
fn a_message_makes_no_more_text_than_is_good() {
    let (_folder, path) = file("long.mrt", &long_lines());
    let path = path.to_str().unwrap();
    for form in ["--text", "--bgpdump", "--commands"] {
        let run = run(&["mrt", "show", form, "--threads", "1", path]);
        let several = program::run(&["mrt", "show", form, "--threads", "3", path]);
        assert_eq!(several.err, run.err);
        assert!(several.out == run.out, "{form}: the order is that of the file");
        if form == "--commands" {
            // One command names all of the prefixes.
            assert_eq!((run.status, run.out.lines().count()), (0, 4), "{}", run.err);
            continue;
        }
        assert_eq!((run.status, run.err.lines().count()), (1, 4), "{}", run.err);
        assert!(run.err.starts_with("cut (record 1 at octet 0): UPDATE"), "{}", run.err);
        assert!(run.err.contains(": its first 16 MiB of text are shown"), "{}", run.err);
        let most = 4 * (17 << 20);
        assert!(run.out.len() > most / 2 && run.out.len() < most, "{form}: {}", run.out.len());
        // What is there is whole.
        let lines: Vec<_> = run.out.lines().collect();
        for (message, lines) in lines.chunks(lines.len() / 4).enumerate() {
            for (number, line) in lines.iter().enumerate() {
                let prefix = format!("{}.{}.{}.0/24", 10 + message, number / 256, number % 256);
                assert!(line.contains(&prefix), "{prefix}: {}", &line[..100]);
                assert_eq!(line.len() - prefix.len(), lines[0].len() - "10.0.0.0/24".len());
            }
        }
    }
}
