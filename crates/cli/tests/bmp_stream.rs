//! Hours of what a router with full tables tells, to the command `bmp` and to the daemon: all of it comes, once, also when the
//! reader stops for a while, and memory stays bounded meanwhile.
//!
//! The router (`bench bmp`) never announces what a peer has, nor withdraws what it has not. So a reader that keeps the prefixes of
//! each peer notices each one that is lost or told twice.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "figures are for who asks for them")]

mod program;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use program::command;
use serde_json::Value;
use yottabgp_testkit::wait::until;

/// How much is told, and how long the reader stops.
#[derive(Clone, Copy)]
struct Size {
    peers: u32,
    routes: u32,
    bursts: u32,
    burst: u32,
    stall: Duration,
}

const SMALL: Size =
    Size { peers: 30, routes: 30_000, bursts: 60, burst: 300, stall: Duration::from_secs(1) };
const FULL: Size = Size {
    peers: 30,
    routes: 1_000_000,
    bursts: 1_440,
    burst: 1_000,
    stall: Duration::from_secs(60),
};

/// A process that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// A line of `/proc/PID/status`, in octets.
    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
    }
}

/// A router that waits to be told to go.
struct Router {
    _child: Running,
    control: UnixStream,
    told: BufReader<UnixStream>,
}

impl Router {
    fn start(size: Size, station: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let listener = UnixListener::bind(&path).unwrap();
        let Size { peers, routes, bursts, burst, .. } = size;
        let words = format!(
            "bench bmp --connect {station} --peers {peers} --routes {routes} --bursts {bursts} --burst {burst} --linger 3600 --timeout 600 --control {}",
            path.display()
        );
        let child = command(&words.split(' ').collect::<Vec<_>>()).spawn().unwrap();
        let control = listener.accept().unwrap().0;
        let told = BufReader::new(control.try_clone().unwrap());
        let mut router = Self { _child: Running(child), control, told };
        router.event("ready");
        router
    }

    fn go(&mut self) {
        self.control.write_all(b"go\n").unwrap();
    }

    /// What it says next.
    fn event(&mut self, name: &str) -> Value {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(event["event"], name, "{line}");
        event
    }

    /// Lets it take down its sessions and end.
    fn end(&mut self) -> Value {
        self.control.shutdown(Shutdown::Write).unwrap();
        self.event("done")
    }
}

/// What was read.
#[derive(Debug, Default)]
struct Heard {
    up: u32,
    down: u32,
    announced: u64,
    withdrawn: u64,
    end_of_rib: u32,
    tables: HashMap<String, HashSet<String>>,
}

/// The prefixes in a member of an UPDATE, with the next hop above them or without.
fn prefixes(families: &Value, each: &mut impl FnMut(&str)) {
    match families {
        Value::Object(members) => match members.get("nlri") {
            Some(nlri) => each(nlri.as_str().unwrap()),
            None => members.values().for_each(|value| prefixes(value, each)),
        },
        Value::Array(values) => values.iter().for_each(|value| prefixes(value, each)),
        _ => {}
    }
}

impl Heard {
    /// Takes in an event. Says whether it is one of routes.
    fn take(&mut self, event: &Value) -> bool {
        let peer = event["bmp"]["peer"]["address"].as_str().unwrap_or_default();
        match event["bmp"]["message"].as_str().unwrap() {
            "peer-up" => {
                self.up += 1;
                self.tables.insert(peer.to_owned(), HashSet::new());
                false
            }
            "peer-down" => {
                self.down += 1;
                false
            }
            "route-monitoring" => {
                let message = &event["neighbor"]["message"];
                let table = self.tables.get_mut(peer).unwrap();
                prefixes(&message["update"]["withdraw"], &mut |prefix| {
                    self.withdrawn += 1;
                    assert!(table.remove(prefix), "{peer} {prefix}: an announcement was lost");
                });
                prefixes(&message["update"]["announce"], &mut |prefix| {
                    self.announced += 1;
                    assert!(
                        table.insert(prefix.to_owned()),
                        "{peer} {prefix}: twice, or a withdrawal was lost"
                    );
                });
                self.end_of_rib += u32::from(message.get("eor").is_some());
                true
            }
            _ => false,
        }
    }
}

/// Reads events up to the Termination, counting those of routes, and stops for a while when it has read some.
fn read(
    from: impl Read + Send + 'static,
    size: Size,
    monitored: &Arc<AtomicU64>,
) -> JoinHandle<Heard> {
    let monitored = Arc::clone(monitored);
    std::thread::spawn(move || {
        let mut found = Heard::default();
        for line in BufReader::with_capacity(1 << 16, from).lines() {
            let line = line.unwrap();
            let event: Value = match serde_json::from_str(&line) {
                Ok(event) => event,
                Err(error) => panic!("{error}: {line}"),
            };
            if event["bmp"]["message"] == "termination" {
                return found;
            }
            if found.take(&event) && monitored.fetch_add(1, Ordering::Relaxed) == 1_000 {
                // Not to wait for anything: this is the reader that does not read.
                std::thread::sleep(size.stall);
            }
        }
        panic!("the station ended");
    })
}

/// What a station did with it.
struct Outcome {
    /// Octets that were resident when all was told and before the sessions went down, less those from before.
    grown: u64,
    /// The most octets that ever were.
    most: u64,
}

/// Tells a station all of it and checks what its reader reads.
fn told(size: Size, station: &Running, address: &str, from: impl Read + Send + 'static) -> Outcome {
    let mut router = Router::start(size, address);
    let before = station.memory("VmRSS:");
    let monitored = Arc::default();
    let reader = read(from, size, &monitored);
    router.go();
    let sent = router.event("sent");
    let messages = sent["route_monitoring"].as_u64().unwrap();
    // Nobody waits longer than the reader, which fails by itself.
    while monitored.load(Ordering::Relaxed) < messages && !reader.is_finished() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let grown = station.memory("VmRSS:").saturating_sub(before);
    let done = router.end();
    let found = reader.join().unwrap();
    assert_eq!(monitored.load(Ordering::Relaxed), messages);
    assert_eq!(done["ok"], true, "{done}");
    assert!(sent["withdrawn"].as_u64().unwrap() > 0, "{sent}");
    assert_eq!(sent["announced"], found.announced, "{sent}");
    assert_eq!(sent["withdrawn"], found.withdrawn, "{sent}");
    assert_eq!((found.up, found.down, found.end_of_rib), (size.peers, size.peers, 2 * size.peers));
    let kept: usize = found.tables.values().map(HashSet::len).sum();
    assert_eq!(kept, size.routes as usize);
    let most = station.memory("VmHWM:");
    println!(
        "{done}\nVmHWM {} KiB, {} octets more than before for each route",
        most >> 10,
        grown / u64::from(size.routes)
    );
    if size.stall >= FULL.stall {
        assert!(
            sent["seconds"].as_f64().unwrap() > size.stall.as_secs_f64(),
            "it did not wait: {sent}"
        );
    }
    Outcome { grown, most }
}

fn to_the_command(size: Size) -> Outcome {
    let mut station = Running(command(&["bmp", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let mut line = String::new();
    let mut errors = BufReader::new(station.0.stderr.take().unwrap());
    errors.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap();
    let output = station.0.stdout.take().unwrap();
    told(size, &station, address, output)
}

fn to_the_daemon(size: Size) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (fifo, script, conf) = (path("fifo"), path("helper"), path("conf"));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    fs::write(&script, format!("exec cat > {fifo}\n")).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    fs::write(
        &conf,
        format!(
            "process h {{ run /bin/sh {script}; encoder json; }}\n\
             bmp {{ listen {address}; table true; processes [ h ]; receive {{ parsed; peer-up; peer-down; route-monitoring; termination; }} }}\n"
        ),
    )
    .unwrap();
    let mut command = command(&[&conf]);
    command.env("exabgp_daemon_drop", "false").env("exabgp_log_enable", "false");
    command.env("exabgp_api_cli", "false").env("exabgp_api_ack", "false");
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut station = Running(command.spawn().unwrap());
    // It listens, so it has started, and its memory is that of a daemon without routes.
    until("the station listens", || {
        assert!(station.0.try_wait().unwrap().is_none(), "the daemon ended");
        fs::read_to_string("/proc/net/tcp").unwrap().contains(&format!("0100007F:{port:04X} "))
    });
    told(size, &station, &address, File::open(&fifo).unwrap())
}

#[test]
fn the_command_loses_nothing_while_its_reader_stalls() {
    let outcome = to_the_command(SMALL);
    assert!(outcome.most < 48 << 20, "{} octets", outcome.most);
}

#[test]
fn the_daemon_loses_nothing_while_a_helper_stalls() {
    let outcome = to_the_daemon(SMALL);
    assert!(outcome.most < 64 << 20, "{} octets", outcome.most);
}

#[test]
#[ignore = "two hours of a million routes, and a minute in which nobody reads"]
fn two_hours_to_the_command() {
    let outcome = to_the_command(FULL);
    assert!(outcome.most < 48 << 20, "{} octets", outcome.most);
}

#[test]
#[ignore = "two hours of a million routes, and a minute in which nobody reads"]
fn two_hours_to_the_daemon() {
    let outcome = to_the_daemon(FULL);
    let each = outcome.grown / u64::from(FULL.routes);
    assert!(each < 100, "{each} octets for each route");
    assert!(outcome.most < 160 << 20, "{} octets", outcome.most);
}
