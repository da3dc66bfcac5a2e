//! SONiC's testbeds: each neighbor of the device under test is one daemon below supervisord, with an HTTP helper that turns
//! POSTs into commands, and sometimes a second one that keeps what is received.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use yottabgp_testkit::bgp::{Open, kind};
use yottabgp_testkit::wait::until;

use crate::house::{Background, House, Supervised, accept, pid_in};
use crate::support::{Session, attributes, update};

/// The device under test.
const DEVICE: Ipv4Addr = Ipv4Addr::new(10, 10, 246, 1);
/// The daemon that stands in for its neighbor.
const NEIGHBOR: Ipv4Addr = Ipv4Addr::new(10, 10, 246, 254);
const PORT: u16 = 5000;

/// Writes commands out as they were posted and says OK to all of them.
const HTTP_API: &str = r#"#!/usr/bin/env python3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        for line in form.get("command", []):
            sys.stdout.write(line + "\n")
        for lines in form.get("commands", []):
            for line in lines.split(";"):
                sys.stdout.write(line + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"OK\n")

    def log_message(self, *args):
        pass

HTTPServer(("0.0.0.0", int(sys.argv[1])), Api).serve_forever()
"#;

/// Keeps each line of JSON, and the prefixes in it as the monitor of these testbeds finds them.
const DUMP: &str = r#"#!/usr/bin/env python3
import json, sys
with open(sys.argv[1], "a") as lines, open(sys.argv[2], "a") as prefixes:
    for line in sys.stdin:
        lines.write(line)
        lines.flush()
        obj = json.loads(line)
        try:
            announced = obj["neighbor"]["message"]["update"]["announce"]["ipv4 unicast"]
        except KeyError:
            continue
        for nexthop, routes in announced.items():
            if obj["exabgp"].startswith("4"):
                routes = [route["nlri"] for route in routes]
            for route in routes:
                prefixes.write("%s %s\n" % (route, nexthop))
        prefixes.flush()
"#;

/// A testbed's neighbor, with the files that its playbook writes.
struct Testbed {
    house: House,
}

impl Testbed {
    fn new() -> Option<Self> {
        let house = House::new(&["10.10.246.1/24", "10.10.246.254/24"], &["python3"])?;
        house.script("http_api.py", HTTP_API);
        house.script("dump.py", DUMP);
        house.file("etc/exabgp.env", "[exabgp.api]\nack = false\n");
        Some(Self { house })
    }

    /// What the template of today renders, a blank line first.
    fn configure(&self) {
        let text = format!(
            "
process http-api {{
   run {http} {PORT};
   encoder json;
}}
process dump {{
   run {dump} {lines} {prefixes};
   encoder json;
}}
neighbor {DEVICE} {{
   router-id {NEIGHBOR};
   local-address {NEIGHBOR};
   peer-as 65200;
   local-as 65100;
   auto-flush True;
   group-updates True;
   passive;
   listen 179;
   api http_api{{
       processes [ http-api ];
   }}
   api dumper {{
       processes [ dump ];
       receive {{
           parsed;
           update;
       }}
   }}
}}
",
            http = self.house.name("http_api.py"),
            dump = self.house.name("dump.py"),
            lines = self.house.name("log/dump.json"),
            prefixes = self.house.name("log/prefixes"),
        );
        self.house.file("etc/ARISTA01T1.conf", &text);
    }

    /// As supervisord starts it, and waits for the helper's port.
    #[track_caller]
    fn start(&self, more: &[&str]) -> Supervised {
        let (environment, file) =
            (self.house.name("etc/exabgp.env"), self.house.name("etc/ARISTA01T1.conf"));
        let program = self.house.name("bin/exabgp");
        let words =
            [&[program.as_str()], more, &["--env", environment.as_str(), file.as_str()]].concat();
        let daemon = self.house.supervise(self.house.command(&words));
        self.house.await_port(PORT);
        daemon
    }

    fn device(&self) -> Session {
        let mut open = Open::new(65200, DEVICE);
        open.families = vec![(1, 1)];
        self.house.call(DEVICE, NEIGHBOR, &open)
    }

    #[track_caller]
    fn command(&self, line: &str) {
        assert_eq!(self.house.post(PORT, &[("command", line)]), "OK\n");
    }
}

/// Reads UPDATEs until all of `prefixes` are announced, each once, by way of the neighbor and with this AS path.
#[track_caller]
fn announced(session: &mut Session, prefixes: &BTreeSet<String>, path: &[u8]) {
    let mut found = BTreeSet::new();
    while found.len() < prefixes.len() {
        let update = session.update();
        assert_eq!(update.attribute(2), Some(path), "{update:?}");
        assert_eq!(update.attribute(3), Some(&NEIGHBOR.octets()[..]), "{update:?}");
        for prefix in update.announced {
            assert!(found.insert(prefix.clone()), "{prefix} came twice");
        }
    }
    assert_eq!(&found, prefixes);
}

/// Reads UPDATEs until all of `prefixes` are withdrawn. None of them has attributes.
#[track_caller]
fn withdrawn(session: &mut Session, prefixes: &BTreeSet<String>) {
    let mut found = BTreeSet::new();
    while found.len() < prefixes.len() {
        let update = session.update();
        assert!(update.attributes.is_empty() && update.announced.is_empty(), "{update:?}");
        found.extend(update.withdrawn);
    }
    assert_eq!(&found, prefixes);
}

fn prefixes(first: u8, count: u16) -> Vec<String> {
    (0..count).map(|number| format!("{first}.{}.{}.0/24", number >> 8, number & 255)).collect()
}

#[test]
fn routes_posted_in_batches_and_in_bulk_arrive_and_go() {
    let Some(testbed) = Testbed::new() else { return };
    testbed.configure();
    let mut daemon = testbed.start(&[]);
    let mut device = testbed.device();
    device.until_eor();

    // Batches of 200, joined by semicolons, from several clients at once.
    let routes = prefixes(100, 2000);
    for (verb, tail) in [
        ("announce", "next-hop 10.10.246.254 as-path [ 65534 6543 ]"),
        ("withdraw", "next-hop 10.10.246.254 as-path [ 65534 6543 ]"),
    ] {
        std::thread::scope(|threads| {
            for batch in routes.chunks(200) {
                let lines: Vec<_> =
                    batch.iter().map(|prefix| format!("{verb} route {prefix} {tail}")).collect();
                let house = &testbed.house;
                threads.spawn(move || {
                    assert_eq!(house.post(PORT, &[("commands", &lines.join(";"))]), "OK\n");
                });
            }
        });
        let all = routes.iter().cloned().collect();
        if verb == "announce" {
            announced(&mut device, &all, &[2, 2, 0, 0, 0xFF, 0xFE, 0, 0, 0x19, 0x8F]);
        } else {
            withdrawn(&mut device, &all);
        }
    }

    // One long line, with either spelling of its word.
    let routes = prefixes(101, 5000);
    let all = routes.iter().cloned().collect();
    for word in ["attributes", "attribute"] {
        testbed.command(&format!("announce {word} next-hop self nlri {}", routes.join(" ")));
        announced(&mut device, &all, &[2, 1, 0, 0, 0xFE, 0x4C]);
        testbed.command(&format!("withdraw {word} next-hop self nlri {}", routes.join(" ")));
        withdrawn(&mut device, &all);
    }

    // Ten thousand in one POST: none is lost, and the last one is the last to arrive.
    let routes = prefixes(102, 10_000);
    let lines: Vec<_> = routes
        .iter()
        .map(|prefix| format!("announce route {prefix} next-hop 10.10.246.254"))
        .collect();
    assert_eq!(testbed.house.post(PORT, &[("commands", &lines.join(";"))]), "OK\n");
    let mut found = Vec::new();
    while found.len() < routes.len() {
        found.extend(device.update().announced);
    }
    assert_eq!(found.last(), routes.last());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), routes.into_iter().collect());
    let (time, well) = daemon.end(Signal::SIGTERM);
    assert!(well && time < Duration::from_secs(3), "{time:?}");
}

#[test]
fn commands_for_one_neighbor() {
    let Some(testbed) = Testbed::new() else { return };
    testbed.configure();
    let _daemon = testbed.start(&["--debug"]);
    let mut device = testbed.device();
    device.until_eor();
    let route =
        "route 10.1.0.0/24 next-hop 10.10.246.254 local-preference 10000 community [1010:1010]";
    testbed.command(&format!("neighbor 10.10.246.1 announce {route}"));
    let update = device.update();
    assert_eq!(update.announced, ["10.1.0.0/24"]);
    assert_eq!(update.attribute(8), Some(&[0x03, 0xF2, 0x03, 0xF2][..]));
    testbed.command(&format!("neighbor 10.10.246.1 withdraw {route}"));
    assert_eq!(device.update().withdrawn, ["10.1.0.0/24"]);
    testbed.command("neighbor 10.10.246.1 teardown 3");
    let (code, subcode, _) = device.notification();
    assert_eq!((code, subcode), (6, 3));
    device.closed();
    // It takes the next call.
    testbed.device().until_eor();
}

#[test]
fn the_monitor_finds_what_the_device_announces() {
    let Some(testbed) = Testbed::new() else { return };
    testbed.configure();
    let _daemon = testbed.start(&[]);
    let mut device = testbed.device();
    device.until_eor();
    let routes = prefixes(192, 3000);
    for some in routes.chunks(100) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        device.send(kind::UPDATE, &update(&[], &attributes(), &some));
    }
    let expected: BTreeSet<String> =
        routes.iter().map(|prefix| format!("{prefix} 2.2.2.2")).collect();
    let path = testbed.house.path("log/prefixes");
    let found = || -> BTreeSet<String> {
        std::fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect()
    };
    until("the prefixes", || found().len() >= expected.len());
    assert_eq!(found(), expected);
    let text = std::fs::read_to_string(testbed.house.path("log/dump.json")).unwrap();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["exabgp"], "4.0.1");
        assert_eq!(event["neighbor"]["address"]["peer"], "10.10.246.1", "{line}");
    }
}

#[test]
fn what_a_supervisor_kills_makes_way_for_the_next_one() {
    let Some(testbed) = Testbed::new() else { return };
    testbed.configure();
    for signal in [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGTERM] {
        let mut daemon = testbed.start(&[]);
        // What `pgrep exabgp` and `pkill exabgp` look for.
        let name = std::fs::read_to_string(format!("/proc/{}/comm", daemon.id())).unwrap();
        assert_eq!(name, "exabgp\n");
        let mut device = testbed.device();
        device.until_eor();
        // The helper that answers is that of this daemon, not one that an earlier one left behind.
        testbed.command("announce route 10.1.0.0/24 next-hop self");
        assert_eq!(device.update().announced, ["10.1.0.0/24"], "after {signal}");
        daemon.end(signal);
        until("the port is free", || {
            let free = || std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT));
            testbed.house.network.enter(free).is_ok()
        });
    }
}

#[test]
fn the_older_template_is_read_too() {
    let Some(testbed) = Testbed::new() else { return };
    let house = &testbed.house;
    // One that is called: the device listens.
    let text = format!(
        "
group exabgp {{
    process dump {{
        encoder json;
        receive {{
            parsed;
            update;
        }}
        run {dump} {lines} {prefixes};
    }}
    process http-api {{
        run {http} {PORT};
    }}
    neighbor {DEVICE} {{
        router-id {NEIGHBOR};
        local-address {NEIGHBOR};
        peer-as 65200;
        local-as 65100;
        auto-flush True;
        group-updates True;
    }}
}}
",
        http = house.name("http_api.py"),
        dump = house.name("dump.py"),
        lines = house.name("log/dump.json"),
        prefixes = house.name("log/prefixes"),
    );
    house.file("etc/ARISTA01T1.conf", &text);
    let listener = house.listen(DEVICE);
    let file = house.name("etc/ARISTA01T1.conf");
    let words = [house.name("bin/exabgp"), "--debug".to_owned(), file];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let _daemon = house.supervise(house.command(&words));
    house.await_port(PORT);
    let mut device = accept(&listener, &Open::new(65200, DEVICE));
    testbed.command("announce route 10.1.0.0/24 next-hop 10.10.246.254");
    while device.update().announced != ["10.1.0.0/24"] {}
    device.send(kind::UPDATE, &update(&[], &attributes(), &["10.2.0.0/24"]));
    let path = house.path("log/prefixes");
    until("the prefix", || {
        std::fs::read_to_string(&path).is_ok_and(|text| text.contains("10.2.0.0/24 2.2.2.2"))
    });
}

#[test]
fn the_speaker_of_the_vrf_tests() {
    let Some(testbed) = Testbed::new() else { return };
    let house = &testbed.house;
    let file = house.file(
        "config.ini",
        &format!(
            "neighbor {DEVICE} {{
    router-id {NEIGHBOR};
    local-address {NEIGHBOR};
    peer-as 65200;
    local-as 65100;
    auto-flush false;
    group-updates true;
    static {{
        route 192.168.10.0/24 next-hop {NEIGHBOR};
        route 192.168.11.0/24 next-hop {NEIGHBOR};
    }}
}}
"
        ),
    );
    let listener = house.listen(DEVICE);
    let file = file.display().to_string();
    let words = ["env", "exabgp.daemon.user=root", "nohup", "exabgp", &file];
    let daemon = house.supervise(house.command(&words));
    let mut device = accept(&listener, &Open::new(65200, DEVICE));
    let mut found = device.until_eor();
    found.sort();
    assert_eq!(found, ["192.168.10.0/24", "192.168.11.0/24"]);
    drop(daemon);
}

#[test]
fn the_daemon_of_spytest() {
    let Some(testbed) = Testbed::new() else { return };
    let house = &testbed.house;
    let (pid, log) = (house.path("run/ns1.pid"), house.path("log/ns1.log"));
    let environment = house.file(
        "exabgp.env",
        &format!(
            "[exabgp.api]
pipename = 'ns1'
cli = false
[exabgp.daemon]
pid = '{}'
daemonize = true
drop = false
user = root
[exabgp.log]
all = true
configuration = true
level = DEBUG
destination = '{}'
",
            pid.display(),
            log.display()
        ),
    );
    let file = house.file(
        "ns1.cfg",
        &format!(
            "process announce-routes {{
    run {} {PORT};
    encoder json;
}}
neighbor {DEVICE} {{
    router-id {NEIGHBOR};
    local-address {NEIGHBOR};
    peer-as 65200;
    local-as 65100;
    api {{
        processes [ announce-routes ];
    }}
}}
",
            house.name("http_api.py")
        ),
    );
    let listener = house.listen(DEVICE);
    let (environment, file) = (environment.display().to_string(), file.display().to_string());
    house.tell(&["exabgp", "--env", &environment, &file]);
    let daemon = Background(pid_in(&pid));
    house.await_port(PORT);
    let mut device = accept(&listener, &Open::new(65200, DEVICE));
    device.until_eor();
    // Nobody reads what is answered, and acknowledgements are on.
    for number in 0..100 {
        testbed.command(&format!("announce route 10.2.{number}.0/24 next-hop self"));
        while device.update().announced != [format!("10.2.{number}.0/24")] {}
    }
    assert!(std::fs::read_to_string(&log).unwrap().contains("10.10.246.1"));
    daemon.end();
    assert!(!pid.exists());
}
