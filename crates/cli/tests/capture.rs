//! `decode` of packet captures and MRT files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use etherparse::PacketBuilder;
use yottabgp_testkit::updates::{self, Random};

const MARKER: [u8; 16] = [0xff; 16];

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(19 + body.len()).unwrap().to_be_bytes();
    [&MARKER[..], &length, &[kind], body].concat()
}

/// An OPEN of AS 65001 or 65002: multiprotocol IPv4 unicast, four-octet AS, ADD-PATH both ways.
fn open(asn: u16) -> Vec<u8> {
    let [high, low] = asn.to_be_bytes();
    let capabilities = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, high, low, 69, 4, 0, 1, 1, 3];
    let mut body = vec![4, high, low, 0, 180, 10, 0, 0, low, 20, 2, 18];
    body.extend(capabilities);
    message(1, &body)
}

/// 10.0.0.0/24 with path identifier 1, from AS 65001.
fn update() -> Vec<u8> {
    let attributes =
        [&[0x40, 1, 1, 0][..], &[0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9], &[0x40, 3, 4, 192, 0, 2, 1]]
            .concat();
    let body = [
        &[0, 0, 0, u8::try_from(attributes.len()).unwrap()][..],
        &attributes,
        &[0, 0, 0, 1, 24, 10, 0, 0],
    ]
    .concat();
    message(2, &body)
}

/// A capture in the old format of packets in Ethernet.
fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend(65535u32.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    for (number, packet) in packets.iter().enumerate() {
        out.extend((1_700_000_000 + u32::try_from(number).unwrap()).to_le_bytes());
        out.extend(250_000u32.to_le_bytes());
        let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
        out.extend(length);
        out.extend(length);
        out.extend(packet);
    }
    out
}

fn segment(from_server: bool, sequence: u32, syn: bool, octets: &[u8]) -> Vec<u8> {
    let (client, server) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let (from, to) = if from_server { (server, client) } else { (client, server) };
    let (source, destination) = if from_server { (179, 40_000) } else { (40_000, 179) };
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(from, to, 64).tcp(
        source,
        destination,
        sequence,
        65535,
    );
    let builder = if syn { builder.syn() } else { builder };
    let mut out = Vec::new();
    builder.write(&mut out, octets).unwrap();
    out
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yottabgp"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // The program may have seen enough.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_capture_is_read_as_its_opens_agreed() {
    let update = update();
    let packets = [
        segment(false, 100, true, &[]),
        segment(true, 500, true, &[]),
        segment(false, 101, false, &open(65001)),
        segment(true, 501, false, &open(65002)),
        // The second half comes first, and the first half twice.
        segment(false, 101 + 49 + 20, false, &update[20..]),
        segment(false, 101 + 49, false, &update[..20]),
        segment(false, 101 + 49, false, &update[..20]),
    ];
    assert_eq!(open(65001).len(), 49);
    let output = run(&["--read", "-"], &pcap(&packets));
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["open", "open", "update"]);
    let neighbor = &lines[2]["neighbor"];
    assert_eq!(neighbor["address"]["peer"], "192.0.2.1");
    assert_eq!(neighbor["address"]["local"], "192.0.2.2");
    assert_eq!(neighbor["asn"]["peer"], 65001);
    let route = &neighbor["message"]["update"]["announce"]["ipv4 unicast"]["192.0.2.1"][0];
    assert_eq!(route["nlri"], "10.0.0.0/24");
    assert_eq!(route["path-information"], "0.0.0.1");
    assert_eq!(lines[2]["time"].as_f64().unwrap().trunc(), 1_700_000_005.0);
}

#[test]
fn a_file_can_be_named_and_shown_as_commands() {
    let packets = [segment(false, 7, false, &update())];
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&pcap(&packets)).unwrap();
    let path = file.path().to_str().unwrap();
    let output = run(&["-m", "-i", "-r", path], b"");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "announce route 10.0.0.0/24 path-information 0.0.0.1 next-hop 192.0.2.1 origin igp as-path [ 65001 ]\n"
    );
}

#[test]
fn what_is_missing_in_a_capture_is_said_and_the_rest_is_shown() {
    let update = update();
    let packets = [segment(false, 7, false, &update[5..]), segment(false, 7 + 50, false, &update)];
    let whole = pcap(&packets);
    let output = run(&["-i"], &whole);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("packet 1: "), "{output:?}");
    let output = run(&["-i"], &whole[..whole.len() - 3]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("packet 2: the file ends in it"),
        "{output:?}"
    );
    assert!(!output.status.success());
}

fn record(kind: u16, subtype: u16, body: &[u8]) -> Vec<u8> {
    let mut out = 1_700_000_000u32.to_be_bytes().to_vec();
    out.extend(kind.to_be_bytes());
    out.extend(subtype.to_be_bytes());
    out.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    out.extend(body);
    out
}

#[test]
fn messages_of_an_mrt_file_are_shown_with_their_time_and_peer() {
    // AS 65001 at 192.0.2.1 to AS 65002 at 192.0.2.2, four-octet AS numbers.
    let ends = [0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2];
    let mut file = record(16, 5, &[&ends[..], &[0, 5, 0, 6]].concat());
    // BGP4MP_ET, MESSAGE_AS4_ADDPATH.
    file.extend(record(17, 9, &[&[0, 3, 0xd0, 0x90][..], &ends, &update()].concat()));
    let output = run(&[], &file);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["time"], 1_700_000_000.25);
    assert_eq!(lines[0]["neighbor"]["address"]["peer"], "192.0.2.1");
    assert_eq!(lines[0]["neighbor"]["asn"]["local"], 65002);
    let update = &lines[0]["neighbor"]["message"]["update"];
    assert_eq!(update["announce"]["ipv4 unicast"]["192.0.2.1"][0]["path-information"], "0.0.0.1");
}

#[test]
fn routes_of_a_table_dump_are_shown_as_updates() {
    let peers = [
        &[10, 0, 0, 9, 0, 0, 0, 2][..],
        &[2, 10, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0xfd, 0xe9],
        &[3, 10, 0, 0, 2],
        &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
        &[0, 1, 0x11, 0x70],
    ]
    .concat();
    let path = [0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 1, 0x11, 0x70];
    let next_hop = [0x40, 3, 4, 192, 0, 2, 1];
    // In a table dump, MP_REACH_NLRI is a next hop with its length.
    let reach =
        [&[0x80, 14, 17, 16][..], &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]
            .concat();
    let entry = |peer: u8, attributes: &[u8]| {
        [
            &[0, peer][..],
            &1_600_000_000u32.to_be_bytes(),
            &[0, u8::try_from(attributes.len()).unwrap()],
            attributes,
        ]
        .concat()
    };
    let v4 = [
        &[0, 0, 0, 0, 24, 10, 0, 0, 0, 2][..],
        &entry(0, &[&path[..], &next_hop].concat()),
        &entry(7, &[]),
    ]
    .concat();
    let v6 =
        [&[0, 0, 0, 1, 32, 0x20, 1, 0xd, 0xb8, 0, 1][..], &entry(1, &[&path[..], &reach].concat())]
            .concat();
    let file = [record(13, 1, &peers), record(13, 2, &v4), record(13, 4, &v6)].concat();
    let output = run(&[], &file);
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["time"], 1_600_000_000.0);
    assert_eq!(lines[0]["neighbor"]["asn"]["peer"], 65001);
    let announce =
        |line: &serde_json::Value| line["neighbor"]["message"]["update"]["announce"].clone();
    assert_eq!(announce(&lines[0])["ipv4 unicast"]["192.0.2.1"][0]["nlri"], "10.0.0.0/24");
    assert_eq!(announce(&lines[1])["ipv6 unicast"]["2001:db8::1"][0]["nlri"], "2001:db8::/32");
    assert_eq!(lines[1]["neighbor"]["address"]["peer"], "2001:db8::2");
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("record 2 entry 2 at octet 58: its peer is in no index")
    );
}

#[test]
fn a_record_that_lies_about_its_length_is_refused_with_its_place() {
    let mut file = record(16, 5, &[]);
    file[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
    file.extend([0; 4096]);
    // Its type is believed where a file is named so: the first record is right.
    let first = record(13, 1, &[10, 0, 0, 9, 0, 0, 0, 0]);
    let output = run(&["--read", "-"], &[first, file].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && errors.contains("record 2 at octet 20: MRT length"),
        "{errors}"
    );
}

/// A file of several blocks: UPDATEs, two table dumps with an index each, records that are wrong inside, and half of one at
/// the end.
fn long_file() -> Vec<u8> {
    let (mut random, mut file) = (Random::default(), Vec::new());
    for second in 0..6000 {
        let update = updates::of_a_table(&mut random);
        updates::heard(&mut random, second, &update, &mut file);
        if second % 1000 == 500 {
            file.extend(record(16, 4, &[0; 3]));
            // An UPDATE that ends too early, a table dump of more entries than it has.
            updates::heard(&mut random, second, &[0, 0, 0, 9, 1], &mut file);
            file.extend(record(13, 2, &[0, 0, 0, 0, 8, 10, 0, 9, 0, 1]));
        }
        if second % 3000 == 1000 {
            updates::index(&mut file);
        }
        if second % 20 == 0 {
            updates::routes(&mut random, second, 8, &mut file);
        }
    }
    file.truncate(file.len() - 7);
    file
}

#[test]
fn threads_show_a_file_as_one_does() {
    let file = long_file();
    assert!(file.len() > 1 << 20, "{} octets", file.len());
    let one = run(&["--threads", "1", "--read", "-"], &file);
    // Routes of a table before the first index, the records that are wrong, the end.
    let errors = String::from_utf8_lossy(&one.stderr).into_owned();
    assert!(errors.contains(": its peer is in no index"), "{errors}");
    assert!(errors.contains(": the file ends in it"), "{errors}");
    assert_eq!(errors.matches("invalid payload (record ").count(), 6, "{errors}");
    let counters: Vec<_> =
        lines(&one).iter().map(|line| line["counter"].as_u64().unwrap()).collect();
    assert!(counters.is_sorted() && counters.len() > 6000, "{}", counters.len());
    for threads in ["2", "3", "16"] {
        let several = run(&["--threads", threads, "--read", "-"], &file);
        assert_eq!(several.status.code(), one.status.code());
        assert_eq!(several.stderr, one.stderr, "{threads} threads");
        // The number of the process is of its own.
        assert_eq!(without_pid(&several), without_pid(&one), "{threads} threads");
    }
}

/// What was shown, without the number of the process.
fn without_pid(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let pid = text.split_once("\"pid\" : ").and_then(|(_, rest)| rest.split_once(','));
    text.replace(&format!("\"pid\" : {},", pid.unwrap().0), "")
}

#[test]
fn nobody_is_waited_for_who_does_not_read_any_more() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yottabgp"))
        .args(["decode", "--threads", "2", "--read", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // It ends before it has read all of it.
    let file = long_file();
    let mut stdin = child.stdin.take().unwrap();
    while stdin.write_all(&file).is_ok() {}
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_record_is_shown_before_the_next_one_comes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yottabgp"))
        .args(["decode", "--threads", "2", "--read", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut shown = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut random = Random::default();
    for second in 0..3 {
        let mut file = Vec::new();
        let update = updates::update(&mut random, 1, false);
        updates::heard(&mut random, second, &update, &mut file);
        stdin.write_all(&file).unwrap();
        let line = shown.next().unwrap().unwrap();
        assert!(line.contains(&format!("\"counter\": {}", second + 1)), "{line}");
    }
    drop(stdin);
    assert!(shown.next().is_none() && child.wait().unwrap().success());
}
