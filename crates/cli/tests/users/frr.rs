//! FRR's topotests: the version gate, a daemon in the background with an environment file that was written for old versions,
//! helpers that write and do not read, raw attributes, and a last route that proves that all before it were looked at.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::time::Duration;

use yottabgp_interop::peer::{End, Options, Peer};
use yottabgp_testkit::bgp::{Open, kind};
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::wait::{PATIENCE, poll, until};

use crate::house::{Background, House, accept, pid_in};
use crate::support::{Session, Update};

const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 101);

/// Settings of three major versions, with and without quotes, and comments.
const ENVIRONMENT: &str = "
[exabgp.api]
ack = true
encoder = text
highres = false
respawn = false
socket = ''

[exabgp.bgp]
openwait = 60

[exabgp.cache]
attributes = true
nexthops = true

[exabgp.daemon]
daemonize = true
pid = '/var/run/exabgp/exabgp.pid'
user = 'nobody'
##daemonize = false

[exabgp.log]
all = false
configuration = true
daemon = true
destination = '/var/log/exabgp.log'
enable = true
level = INFO
message = false
network = true
packets = false
parser = false
processes = true
reactor = true
rib = false
routes = false
short = false
timers = false

[exabgp.pdb]
enable = false

[exabgp.profile]
enable = false
file = ''

[exabgp.reactor]
speed = 1.0

[exabgp.tcp]
acl = false
bind = ''
delay = 0
once = false
port = 179
";

/// Sends routes, and then nothing more. It never reads.
const SEND: &str = r#"#!/usr/bin/env python3
from sys import stdout, argv
from time import sleep

peer, count = int(argv[1]), int(argv[2])
for number in range(count):
    stdout.write("announce route 10.20%d.%d.0/24 med 100 next-hop 10.0.1.101 origin igp as-path [ 99 %d ]\n" % (peer, number, number + 1))
    stdout.flush()
stdout.write("announce route 10.255.0.1/32 next-hop 10.0.1.101\n")
stdout.flush()
while True:
    sleep(1)
"#;

/// Takes commands out of a named pipe, which it opens again for each.
const READ_PIPE: &str = r#"#!/usr/bin/env python3
import sys
while True:
    with open(sys.argv[1]) as pipe:
        for line in pipe:
            sys.stdout.write(line)
            sys.stdout.flush()
"#;

/// Prepares what a topotest has on each node.
fn node(house: &House) {
    house.file("etc/exabgp.env", ENVIRONMENT);
    house.script("etc/exa-send.py", SEND);
    house.script("etc/exa_readpipe.py", READ_PIPE);
    for name in ["run/exabgp.in", "run/exabgp.out"] {
        house.pipe(name);
    }
    fs::create_dir(house.path("run/exabgp")).unwrap();
    chown(house.path("run/exabgp"), Some(65534), Some(65534)).unwrap();
}

/// Starts the daemon, waits until the command returns, and then for its PID file.
#[track_caller]
fn start(house: &House) -> Background {
    let log = format!("exabgp.log.destination={}", house.name("log/exabgp.log"));
    let (environment, file) = (house.name("etc/exabgp.env"), house.name("etc/exabgp.cfg"));
    house.tell(&["env", "exabgp.log.level=INFO", &log, "exabgp", "-e", &environment, &file]);
    Background(pid_in(&house.path("run/exabgp/exabgp.pid")))
}

#[test]
fn the_version_passes_the_gate() {
    let Some(house) = House::new(&[], &[]) else { return };
    let text = house.tell(&["exabgp", "--version"]);
    // `ExaBGP\s*:\s*((\d+)\.(\d+)(?:\.(\d+))?)`, which must be 4.2.11 or more.
    let (_, rest) = text.split_once("ExaBGP").unwrap();
    let rest = rest.trim_start().strip_prefix(':').unwrap().trim_start();
    let numbers: Vec<u32> = rest
        .lines()
        .next()
        .unwrap()
        .split('.')
        .map(|number| number.trim().parse().unwrap())
        .collect();
    assert!(numbers >= vec![4, 2, 11], "{text}");
}

#[test]
fn it_is_in_the_background_until_the_pid_in_its_file_is_killed() {
    let Some(house) = House::new(&["10.0.1.1/24", "10.0.1.101/24"], &["python3"]) else { return };
    node(&house);
    let send = house.name("etc/exa-send.py");
    let text = format!(
        "process announce-routes {{
  run {send} 1 250;
  encoder text;
}}

neighbor {ROUTER} {{
  router-id 10.0.1.101;
  description \"R1\";
  local-address {PEER};
  local-as 65001;
  peer-as 65000;
  hold-time 10;
  capability {{graceful-restart;}}
  api {{processes [ announce-routes ];}}
}}
",
    );
    house.file("etc/exabgp.cfg", &text);
    let listener = house.listen(ROUTER);
    let daemon = start(&house);
    let mut router = accept(&listener, &Open::new(65000, ROUTER));
    let mut found = Vec::new();
    let last = router.updates(|update| {
        found.extend(update.announced.iter().cloned());
        update.announced.contains(&"10.255.0.1/32".to_owned())
    });
    assert_eq!(found.len(), 251);
    assert_eq!(found.last().unwrap(), "10.255.0.1/32");
    let expected: BTreeSet<String> =
        (0..250).map(|number| format!("10.201.{number}.0/24")).collect();
    assert_eq!(found[..250].iter().cloned().collect::<BTreeSet<_>>(), expected);
    // What was not said has its default; what was said leaves as it was.
    let sentinel = last.last().unwrap();
    assert_eq!(sentinel.attribute(1), Some(&[0][..]));
    assert_eq!(sentinel.attribute(2), Some(&[2, 1, 0, 0, 0xFD, 0xE9][..]));
    assert!(sentinel.med().is_none());
    // The environment file asks for the log in one place, the variable in another: the variable counts.
    let log = fs::read_to_string(house.path("log/exabgp.log")).unwrap();
    assert!(log.contains("10.0.1.1"), "{log}");
    assert!(!log.contains("DEBUG"));
    let time = daemon.end();
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert!(!house.path("run/exabgp/exabgp.pid").exists());
    // It says so to the router.
    loop {
        match router.next() {
            Some(message) if message.kind == kind::NOTIFICATION => {
                assert_eq!(message.body[..2], [6, 2]);
                break;
            }
            Some(_) => {}
            None => panic!("it closed without a word"),
        }
    }
}

#[test]
fn the_pid_is_in_its_file_when_the_command_returns() {
    let Some(house) = House::new(&["10.0.1.1/24", "10.0.1.101/24"], &[]) else { return };
    node(&house);
    house.file(
        "etc/exabgp.cfg",
        "neighbor 10.0.1.1 { local-address 10.0.1.101; local-as 65001; peer-as 65000; }\n",
    );
    let log = format!("exabgp.log.destination={}", house.name("log/exabgp.log"));
    let (environment, file) = (house.name("etc/exabgp.env"), house.name("etc/exabgp.cfg"));
    house.tell(&["env", "exabgp.log.level=INFO", &log, "exabgp", "-e", &environment, &file]);
    let path = house.path("run/exabgp/exabgp.pid");
    let there = path.exists();
    let daemon = Background(pid_in(&path));
    assert!(there, "the command returned before its daemon was there");
    daemon.end();
}

/// A daemon whose helper reads a named pipe, and the router it talks to.
fn commanded(house: &House) -> (Background, Session, TcpListener) {
    node(house);
    house.pipe("run/exabgp_peer1.in");
    let text = format!(
        "process receive-routes {{
  run {} /var/run/exabgp_peer1.in;
  encoder text;
}}
neighbor {ROUTER}{{
  router-id 10.0.1.101;
  local-address {PEER};
  local-as 65001;
  peer-as 65000;
  api {{
    processes [ receive-routes ];
  }}
}}
",
        house.name("etc/exa_readpipe.py")
    );
    house.file("etc/exabgp.cfg", &text);
    let listener = house.listen(ROUTER);
    let daemon = start(house);
    let router = accept(&listener, &Open::new(65000, ROUTER));
    (daemon, router, listener)
}

/// The attributes of an UPDATE as they are on the wire: flags, type, value.
fn attributes(body: &[u8]) -> Vec<(u8, u8, Vec<u8>)> {
    let two = |at: usize| usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
    let start = 2 + two(0);
    let mut rest = &body[start + 2..start + 2 + two(start)];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (flags, code) = (rest[0], rest[1]);
        let (length, at) = match flags & 0x10 {
            0 => (usize::from(rest[2]), 3),
            _ => (usize::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
        };
        found.push((flags, code, rest[at..at + length].to_vec()));
        rest = &rest[at + length..];
    }
    found
}

#[test]
fn raw_attributes_leave_as_they_were_written() {
    let Some(house) = House::new(&["10.0.1.1/24", "10.0.1.101/24"], &["python3"]) else { return };
    let (daemon, mut router, _listener) = commanded(&house);
    router.settled();
    let mut pipe = fs::File::options().write(true).open(house.path("run/exabgp_peer1.in")).unwrap();
    let mut number = 0;
    let mut announce = |words: &str| {
        number += 1;
        let prefix = format!("192.168.{number}.0/24");
        pipe.write_all(format!("announce route {prefix} next-hop 10.0.1.101 {words}\n").as_bytes())
            .unwrap();
        let message = router.next().unwrap();
        assert_eq!(message.kind, kind::UPDATE);
        assert_eq!(Update::read(&message.body).announced, [prefix], "{words}");
        attributes(&message.body)
    };
    let plain = announce("");
    let codes: Vec<u8> = plain.iter().map(|(_, code, _)| *code).collect();
    assert_eq!(codes, [1, 2, 3], "the mandatory ones, without being asked for");

    // A tunnel encapsulation attribute with well-known flags, which no codec would write.
    let found = announce("attribute [0x17 0x40 0x00070000]");
    assert!(found.contains(&(0x40, 0x17, vec![0, 7, 0, 0])), "{found:02X?}");
    // No value, and every flag there is.
    for code in [0x63_u8, 0x99, 0xC8] {
        let found = announce(&format!("attribute [0x{code:02x} 0xFF 0x]"));
        assert!(found.contains(&(0xFF, code, Vec::new())), "{found:02X?}");
    }
    // One that is mandatory stands for the default.
    let found = announce("attribute [0x01 0x40 0x05]");
    let origins: Vec<_> = found.iter().filter(|(_, code, _)| *code == 1).collect();
    assert_eq!(origins, [&(0x40, 1, vec![5])]);
    let found = announce("attribute [0x02 0x40 0x02010000fde80201000000ff]");
    let paths: Vec<_> = found.iter().filter(|(_, code, _)| *code == 2).collect();
    assert_eq!(paths.len(), 1, "{found:02X?}");
    assert_eq!(paths[0].2, [2, 1, 0, 0, 0xFD, 0xE8, 2, 1, 0, 0, 0, 0xFF]);
    // Several in one route, the flags of each its own.
    let found = announce("attribute [0x1a 0xc0 0x00000064] attribute [0x80 0xe0 0x0102]");
    assert!(found.contains(&(0xC0, 0x1A, vec![0, 0, 0, 0x64])), "{found:02X?}");
    assert!(found.contains(&(0xE0, 0x80, vec![1, 2])), "{found:02X?}");
    daemon.end();
}

#[test]
fn attributes_of_commands_are_on_the_wire() {
    let Some(house) = House::new(&["10.0.1.1/24", "10.0.1.101/24"], &["python3"]) else { return };
    let (daemon, mut router, _listener) = commanded(&house);
    router.settled();
    let mut pipe = fs::File::options().write(true).open(house.path("run/exabgp_peer1.in")).unwrap();
    let mut tell = |line: &str| {
        pipe.write_all(format!("{line}\n").as_bytes()).unwrap();
        router.update()
    };
    let update = tell(
        "announce route 10.201.0.0/24 med 100 next-hop 10.0.1.101 origin igp as-path [ 99 200 ]",
    );
    assert_eq!(update.med(), Some(100));
    assert_eq!(update.attribute(2), Some(&[2, 2, 0, 0, 0, 99, 0, 0, 0, 200][..]));
    let update = tell("announce route 10.201.0.0/24 med 100 community 0:1 next-hop 10.0.1.101");
    assert_eq!(update.attribute(8), Some(&[0, 0, 0, 1][..]));
    let update = tell(
        "announce route 10.203.0.0/24 next-hop 10.0.1.101 as-path [65000 0 65001] atomic-aggregate aggregator (0:10.0.0.2)",
    );
    assert_eq!(update.attribute(6), Some(&[][..]));
    assert_eq!(update.attribute(7), Some(&[0, 0, 0, 0, 10, 0, 0, 2][..]));
    assert_eq!(
        update.attribute(2),
        Some(&[2, 3, 0, 0, 0xFD, 0xE8, 0, 0, 0, 0, 0, 0, 0xFD, 0xE9][..])
    );
    // As it was announced, but for what it says.
    let update =
        tell("withdraw route 10.201.0.0/24 next-hop 10.0.1.101 origin igp as-path [ 65001 ]");
    assert_eq!(update.withdrawn, ["10.201.0.0/24"]);
    assert!(update.attributes.is_empty());
    daemon.end();
}

/// What `bgpd` shows of a family, until it satisfies.
#[track_caller]
fn shows(peer: &mut dyn Peer, pair: &yottabgp_testkit::Namespace, family: &str, words: &[&str]) {
    let mut last = Vec::new();
    let found = poll(PATIENCE, || {
        last = peer.table(pair, family).unwrap();
        let text = last.concat();
        words.iter().all(|word| text.contains(word)).then_some(())
    });
    assert!(found.is_some(), "{family}: {words:?} in {:.2000}", last.concat());
}

/// Starts `bgpd` and a daemon with these families and sections, and waits until they have a session with TCP MD5 signatures.
/// `check` is given `bgpd`'s side.
fn with_bgpd(
    families: &[&str],
    sections: &str,
    check: impl FnOnce(&mut dyn Peer, &yottabgp_testkit::Namespace),
) {
    let Some((house, right, kind)) = House::beside("frr", &["python3"]) else { return };
    node(&house);
    let directory = house.path("frr");
    fs::create_dir(&directory).unwrap();
    let mut peer = (kind.make)(Options {
        directory,
        us: End { address: Pair::LEFT_IPV4.into(), asn: 65001 },
        them: End { address: Pair::RIGHT_IPV4.into(), asn: 65000 },
        passive: true,
        hold_time: 30,
        password: Some("test123".to_owned()),
        families: families.iter().map(|family| (*family).to_owned()).collect(),
        station: None,
        recorded: false,
    });
    let text = format!(
        "process announce-routes {{
  run {} 1 250;
  encoder text;
}}
neighbor 10.0.0.2{{
  router-id 10.0.0.1;
  local-address 10.0.0.1;
  local-as 65001;
  peer-as 65000;
  md5-password test123;
  capability {{graceful-restart;}}
  family {{ {}; }}
  api {{processes [ announce-routes ];}}
{sections}
}}
",
        house.name("etc/exa-send.py"),
        families.join("; ")
    );
    let file = house.file("etc/exabgp.cfg", &text).display().to_string();
    house.tell(&["exabgp", "validate", &file]);
    peer.start(&right).unwrap();
    let daemon = start(&house);
    until("bgpd has a session", || peer.established(&right) == Ok(true));
    check(&mut *peer, &right);
    daemon.end();
    until("bgpd has no session", || peer.established(&right) == Ok(false));
    peer.stop();
}

#[test]
fn routes_and_flows_reach_bgpd() {
    let sections = "
  static {
    route 2001:1::/64 { rd 2:10; next-hop 2001::2; extended-community [ target:2:10 ]; label 3; }
    route 2001:db8:200::/64 { next-hop 0.0.0.0; next-hop fc00::2; }
    route 192.168.100.0/24 next-hop 10.0.0.101 extended-community [0x4004fde84c20b1b2 0x4004fde84c20b1b3] originator-id 10.0.0.254;
    route 192.168.101.0/24 next-hop 10.0.0.101 extended-community [0x030900000a000002] atomic-aggregate aggregator (65001:10.0.0.2);
  }
  flow {
    route {
      match { source 1.1.1.0/24; destination 3.3.3.0/24; packet-length <200; }
      then { redirect 50.0.0.2; rate-limit 55; }
    }
    route {
      match { source 1::2/128/0; destination 3::3/128/0; packet-length <200; }
      then { redirect 50::2; rate-limit 55; }
    }
  }";
    let families = ["ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow", "ipv6 mpls-vpn"];
    with_bgpd(&families, sections, |peer, network| {
        shows(peer, network, "ipv6 mpls-vpn", &["2001:1::/64", "2:10"]);
        shows(peer, network, "ipv4 flow", &["1.1.1.0/24", "3.3.3.0/24", "FS:redirect", "50.0.0.2"]);
        shows(peer, network, "ipv6 flow", &["1::2/128", "3::3/128", "50::2"]);
        let mut found = BTreeSet::new();
        // The helper's 250, its last one, two of the configuration, and the one whose first next hop counts for nothing.
        let all = poll(PATIENCE, || {
            found = peer.routes(network).unwrap().into_iter().map(|route| route.prefix()).collect();
            (found.len() == 254).then_some(())
        });
        assert!(all.is_some(), "{} routes: {found:?}", found.len());
        for prefix in ["10.255.0.1/32", "192.168.100.0/24", "192.168.101.0/24", "2001:db8:200::/64"]
        {
            assert!(found.contains(prefix), "{prefix}: {found:?}");
        }
    });
}

#[test]
fn labels_reach_bgpd() {
    // It has these or plain unicast, not both; so the helper's routes find nobody.
    let sections = "
  static {
    route 3.0.0.1/32 next-hop 10.0.0.101 label [800001] attribute [0x28 0xc0 0x0100070000000000000103000800000c350000000a];
    route 2001:db8:100::/64 next-hop fc00::2 label [777 10006];
  }";
    with_bgpd(&["ipv4 nlri-mpls", "ipv6 nlri-mpls"], sections, |peer, network| {
        shows(peer, network, "ipv4 nlri-mpls", &["3.0.0.1/32", "800001"]);
        shows(peer, network, "ipv6 nlri-mpls", &["2001:db8:100::/64", "10006"]);
    });
}

#[test]
fn topotato_has_pipes_below_the_folder_that_the_program_is_called_in() {
    let Some(house) = House::new(&["10.0.1.1/24", "10.0.1.101/24"], &[]) else { return };
    for name in ["topotato", "topotato/bin", "topotato/run"] {
        fs::create_dir(house.path(name)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_yottabgp"), house.path("topotato/bin/exabgp"))
        .unwrap();
    let input = house.pipe("topotato/run/exabgp.in");
    let output = house.pipe("topotato/run/exabgp.out");
    let file = house.file(
        "topotato/exabgp.conf",
        "neighbor 10.0.1.1 { router-id 10.0.1.101; local-address 10.0.1.101; local-as 65001; peer-as 65000; }\n",
    );
    let listener = house.listen(ROUTER);
    let program = house.name("topotato/bin/exabgp");
    let words = [program.as_str(), &file.display().to_string()];
    let daemon = house.supervise(house.command(&words));
    let mut router = accept(&listener, &Open::new(65000, ROUTER));
    router.settled();
    // Opened for both, so that neither opening waits for the daemon.
    let both = |path| fs::File::options().read(true).write(true).open(path).unwrap();
    let (mut input, output) = (both(&input), both(&output));
    input.write_all(b"announce route 10.1.0.0/24 next-hop 10.0.1.101\n").unwrap();
    assert_eq!(router.update().announced, ["10.1.0.0/24"]);
    let mut answer = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut answer).unwrap();
    assert_eq!(answer, "done\n");
    drop(daemon);
}
