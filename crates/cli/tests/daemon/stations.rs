//! Our own sessions told to BMP stations: what a station ends up with is what the sessions have, whatever happens to either.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use yottabgp_testkit::bgp::kind;

use crate::reload::reload;
use crate::support::{Lab, PATIENCE, Session, Site, attributes, open, update};

/// Prefixes, with what is told of them: the AS path and next hop.
type Routes = BTreeMap<String, String>;

/// What a station was told of a session that is up.
#[derive(Debug, Default, Clone)]
struct Tables {
    received: Routes,
    sent: Routes,
    /// End-of-RIB markers of each.
    ends: [usize; 2],
}

#[derive(Debug, Default)]
struct Told {
    lines: Vec<Value>,
    peers: BTreeMap<String, Tables>,
}

/// `yottabgp bmp`, and what it was told.
struct Watcher {
    child: Child,
    address: SocketAddr,
    told: Arc<(Mutex<Told>, Condvar)>,
}

impl Watcher {
    fn start() -> Self {
        Self::at("127.0.0.1:0")
    }

    fn at(address: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yottabgp"))
            .args(["bmp", "--listen", address])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        errors.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = Arc::new((Mutex::new(Told::default()), Condvar::new()));
        let shared = told.clone();
        std::thread::spawn(move || {
            let _kept_open = errors;
            for line in lines.map_while(Result::ok) {
                let event: Value = serde_json::from_str(&line).unwrap();
                shared.0.lock().unwrap().take(event);
                shared.1.notify_all();
            }
        });
        Self { child, address, told }
    }

    /// The statement that names it.
    fn station(&self, more: &str) -> String {
        format!("bmp {{ station {} {{ {more} }} }}\n", self.address)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits until what it was told satisfies.
    #[track_caller]
    fn until<T>(&self, what: &str, mut wanted: impl FnMut(&Told) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut told = self.told.0.lock().unwrap();
        loop {
            if let Some(answer) = wanted(&told) {
                return answer;
            }
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                let last: Vec<_> =
                    told.lines.iter().rev().take(20).map(ToString::to_string).collect();
                panic!("{what}: {:#?}\n{}", told.peers, last.join("\n"));
            };
            told = self.told.1.wait_timeout(told, left).unwrap().0;
        }
    }

    /// Waits until it knows exactly these prefixes of a peer, with End-of-RIB for both tables.
    #[track_caller]
    fn until_tables(&self, peer: &str, received: &BTreeSet<String>, sent: &BTreeSet<String>) {
        self.until("the tables", |told| {
            let tables = told.peers.get(peer)?;
            let are = |routes: &Routes, wanted: &BTreeSet<String>| routes.keys().eq(wanted);
            (are(&tables.received, received) && are(&tables.sent, sent)).then_some(())
        });
    }

    /// Waits for a message.
    #[track_caller]
    fn message(&self, message: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.until(message, |told| {
            let is_it = |line: &&Value| line["bmp"]["message"] == message && wanted(line);
            told.lines.iter().find(is_it).cloned()
        })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Told {
    fn take(&mut self, event: Value) {
        let bmp = &event["bmp"];
        let peer = bmp["peer"]["address"].as_str().unwrap_or_default().to_owned();
        match bmp["message"].as_str().unwrap() {
            "peer-up" => {
                let before = self.peers.insert(peer, Tables::default());
                assert!(before.is_none(), "up twice: {event}");
            }
            "peer-down" | "connection-lost" => {
                assert!(self.peers.remove(&peer).is_some(), "down without having been up: {event}");
            }
            "route-monitoring" => {
                let tables = self.peers.get_mut(&peer).expect("a Peer Up comes first");
                assert!(event["neighbor"]["message"]["error"].is_null(), "{event}");
                let (routes, view) =
                    match (bmp["rib"].as_str().unwrap(), bmp["policy"].as_str().unwrap()) {
                        ("adj-rib-in", "pre") => (&mut tables.received, 0),
                        ("adj-rib-out", "post") => (&mut tables.sent, 1),
                        _ => panic!("{event}"),
                    };
                let message = &event["neighbor"]["message"];
                if !message["eor"].is_null() {
                    tables.ends[view] += 1;
                }
                let update = &message["update"];
                let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
                for (_, list) in members(&update["withdraw"]) {
                    for nlri in list.as_array().unwrap() {
                        routes.remove(nlri["nlri"].as_str().unwrap());
                    }
                }
                for (_, hops) in members(&update["announce"]) {
                    for (hop, list) in members(&hops) {
                        for nlri in list.as_array().unwrap() {
                            let path = &update["attribute"]["as-path"];
                            let said = format!("{hop} {path}");
                            routes.insert(nlri["nlri"].as_str().unwrap().to_owned(), said);
                        }
                    }
                }
            }
            _ => {}
        }
        self.lines.push(event);
    }
}

fn set<T: ToString>(prefixes: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    prefixes.into_iter().map(|prefix| prefix.to_string()).collect()
}

const SECTION: &str = "family { ipv4 unicast; } static { route 10.1.0.0/24 next-hop 1.1.1.1; }";

#[track_caller]
fn announce(session: &mut Session, prefixes: &[&str]) {
    session.send(kind::UPDATE, &update(&[], &attributes(), prefixes));
}

#[test]
fn a_station_is_told_what_happens() {
    let watcher = Watcher::start();
    let (lab, site) = (Lab::new(), Site::new(2));
    let section = watcher.station("statistics-interval 1; name r1; description \"the lab\";");
    let mut daemon = lab.start(&(section + &site.neighbor(SECTION)));
    let initiation = watcher.message("initiation", |_| true);
    assert_eq!(initiation["bmp"]["name"], "r1");
    assert_eq!(initiation["bmp"]["description"], "the lab");
    let mut session = site.session();
    let up = watcher.message("peer-up", |_| true);
    assert_eq!(up["bmp"]["peer"]["asn"], 65002);
    assert_eq!(up["bmp"]["peer"]["router-id"], "2.2.2.2");
    assert_eq!(up["bmp"]["local-address"], "127.0.0.1");
    assert_eq!(up["bmp"]["remote-port"], site.port());
    assert_eq!(up["bmp"]["open"]["sent"]["asn"], 65001);
    assert_eq!(up["bmp"]["open"]["received"]["router_id"], "2.2.2.2");
    assert_eq!(session.until_eor(), ["10.1.0.0/24"]);
    announce(&mut session, &["10.9.0.0/24", "10.8.0.0/24"]);
    watcher.until_tables("127.0.0.2", &set(["10.8.0.0/24", "10.9.0.0/24"]), &set(["10.1.0.0/24"]));
    daemon.ask("announce route 10.2.0.0/24 next-hop 1.1.1.1");
    daemon.ask("withdraw route 10.1.0.0/24 next-hop 1.1.1.1");
    session.send(kind::UPDATE, &update(&["10.8.0.0/24"], &[], &[]));
    watcher.until_tables("127.0.0.2", &set(["10.9.0.0/24"]), &set(["10.2.0.0/24"]));
    let counts = |of: &str, counted: u64| {
        watcher.message("statistics", |line| line["bmp"]["statistics"][of] == counted)
    };
    counts("adj-rib-in-routes", 1);
    let report = counts("adj-rib-out-post-policy-routes", 1);
    assert_eq!(report["bmp"]["statistics"]["adj-rib-in-routes-of-family"]["ipv4 unicast"], 1);

    let shown = daemon.ask("show bmp stations");
    assert!(shown.contains("connected since ") && shown.contains(" sessions 1 "), "{shown}");
    let shown: Value = serde_json::from_str(&daemon.ask("show bmp stations json")).unwrap();
    assert_eq!(shown[0]["port"], watcher.address.port());
    assert_eq!((&shown[0]["sessions"], &shown[0]["octets-waiting"]), (&1.into(), &0.into()));

    // The peer says why it goes, the connection breaks, and the daemon ends.
    session.send(kind::NOTIFICATION, &[6, 4]);
    let down = watcher.message("peer-down", |_| true);
    assert_eq!(down["bmp"]["reason"], "remote notification");
    assert_eq!(down["bmp"]["notification"]["subcode"], 4);
    drop(site.session());
    let down = watcher.message("peer-down", |line| line["bmp"]["reason"] == "remote");
    assert_eq!(down["neighbor"]["state"], "down");
    let mut session = site.session();
    session.until_eor();
    daemon.terminate();
    let down = watcher.message("peer-down", |line| line["bmp"]["reason"] == "local notification");
    assert_eq!(down["bmp"]["notification"]["code"], 6);
    let last = watcher.message("termination", |_| true);
    assert_eq!(last["bmp"]["reason"], "administratively closed");
}

#[test]
fn a_station_that_comes_late_or_again_is_told_the_tables() {
    let watcher = Watcher::start();
    let address = watcher.address.to_string();
    let section = watcher.station("");
    drop(watcher);
    let (lab, sites) = (Lab::new(), [Site::new(2), Site::new(3)]);
    let more = "capability { add-path send/receive; } ";
    let plain = sites[0].neighbor(SECTION);
    let several = sites[1].neighbor(&format!("{more}{SECTION}"));
    let daemon = lab.start(&(section + &plain + &several));
    // One that speaks AS numbers of two octets, and one that sends several paths.
    let mut first = sites[0].accept();
    first.next().expect("an OPEN");
    first.send(kind::OPEN, &[4, 0xfd, 0xea, 0, 180, 2, 2, 2, 2, 8, 2, 6, 1, 4, 0, 1, 0, 1]);
    first.send(kind::KEEPALIVE, &[]);
    let mut able = open();
    able.capabilities.push((69, vec![0, 1, 1, 3]));
    let mut second = sites[1].session_with(&able);
    let mut short = attributes();
    // The path in two octets: AS 65002.
    let at = short.windows(3).position(|three| three == [0x40, 2, 6]).unwrap();
    short.splice(at..at + 9, [0x40, 2, 4, 2, 1, 0xfd, 0xea]);
    first.send(kind::UPDATE, &update(&[], &short, &["10.5.0.0/24", "10.6.0.0/24"]));
    first.send(kind::UPDATE, &update(&["10.6.0.0/24"], &[], &[]));
    let mut paths = update(&[], &attributes(), &[]);
    for path in [7, 8] {
        paths.extend([0, 0, 0, path, 24, 10, 7, 0]);
    }
    second.send(kind::UPDATE, &paths);
    daemon.ask("neighbor 127.0.0.2 announce route 10.2.0.0/24 next-hop 1.1.1.1 as-path [ 65001 4200000000 ]");
    daemon.until("show adj-rib in", |text| text.lines().count() == 3);
    first.updates(|update| update.announced == ["10.2.0.0/24"]);
    daemon.until("show bmp stations", |text| text.contains("waiting"));

    for _ in 0..2 {
        let watcher = Watcher::at(&address);
        let received = set(["10.5.0.0/24"]);
        watcher.until_tables("127.0.0.2", &received, &set(["10.1.0.0/24", "10.2.0.0/24"]));
        let tables = watcher.until("End-of-RIB of both tables", |told| {
            let ends = |peer| told.peers.get(peer).is_some_and(|tables| tables.ends == [1, 1]);
            (ends("127.0.0.2") && ends("127.0.0.3")).then(|| told.peers.clone())
        });
        let path = |routes: &Routes, prefix: &str| routes[prefix].clone();
        assert!(path(&tables["127.0.0.2"].received, "10.5.0.0/24").contains("[65002]"));
        assert!(path(&tables["127.0.0.2"].sent, "10.2.0.0/24").contains("[65001,4200000000]"));
        let several = watcher.message("route-monitoring", |line| {
            line["bmp"]["peer"]["address"] == "127.0.0.3" && line["bmp"]["rib"] == "adj-rib-in"
        });
        let several = several.to_string();
        assert!(several.contains("0.0.0.7") && several.contains("0.0.0.8"), "{several}");
    }
    daemon.stop();
}

/// UPDATEs of one prefix each, 11.0.0.0/32 and what follows.
fn flood(from: u32, to: u32, withdraw: bool) -> Vec<u8> {
    let mut octets = Vec::new();
    for number in from..to {
        let prefix = format!("{}/32", Ipv4Addr::from(0x0b00_0000 + number));
        let body = match withdraw {
            true => update(&[&prefix], &[], &[]),
            false => update(&[], &attributes(), &[&prefix]),
        };
        octets.extend(yottabgp_testkit::bgp::frame(kind::UPDATE, &body));
    }
    octets
}

#[test]
fn a_slow_station_is_told_anew_and_slows_nobody() {
    const MANY: u32 = 250_000;
    let watcher = Watcher::start();
    let (lab, site) = (Lab::new(), Site::new(2));
    let daemon = lab.start(&(watcher.station("queue 1;") + &site.neighbor(SECTION)));
    let mut session = site.session();
    session.until_eor();
    announce(&mut session, &["10.9.0.0/24"]);
    watcher.until_tables("127.0.0.2", &set(["10.9.0.0/24"]), &set(["10.1.0.0/24"]));
    watcher.signal(Signal::SIGSTOP);
    session.send_bytes(&flood(0, MANY, false));
    session.send_bytes(&flood(0, MANY - 10, true));
    // The session is served as ever.
    daemon.until("show adj-rib in", |text| text.lines().count() == 11);
    daemon.ask("announce route 10.2.0.0/24 next-hop 1.1.1.1");
    session.updates(|update| update.announced == ["10.2.0.0/24"]);
    let shown: Value = serde_json::from_str(&daemon.ask("show bmp stations json")).unwrap();
    let waiting = shown[0]["octets-waiting"].as_u64().unwrap();
    assert!(waiting <= 1024 * 1024, "{shown}");
    assert_eq!(shown[0]["sessions-to-tell"], 1);
    // The session ends and comes again meanwhile: the first end is what the station is told.
    watcher.signal(Signal::SIGCONT);
    let mut received = set(["10.9.0.0/24"]);
    received.extend((MANY - 10..MANY).map(|n| format!("{}/32", Ipv4Addr::from(0x0b00_0000 + n))));
    watcher.until_tables("127.0.0.2", &received, &set(["10.1.0.0/24", "10.2.0.0/24"]));
    watcher.message("peer-down", |line| line["bmp"]["reason"] == "no longer monitored");
    let shown: Value = serde_json::from_str(&daemon.ask("show bmp stations json")).unwrap();
    assert_ne!(shown[0]["resynchronised"], 0);
    assert_eq!((&shown[0]["connections"], &shown[0]["sessions-to-tell"]), (&1.into(), &0.into()));

    // While it does not read, the session ends and is made again: what it is told ends with what is.
    watcher.signal(Signal::SIGSTOP);
    session.send_bytes(&flood(0, MANY, false));
    daemon.until("show adj-rib in", |text| text.lines().count() > MANY as usize);
    session.send(kind::NOTIFICATION, &[6, 4]);
    let mut session = site.session();
    session.until_eor();
    announce(&mut session, &["10.10.0.0/24"]);
    daemon.until("show adj-rib in", |text| text.lines().count() == 1);
    watcher.signal(Signal::SIGCONT);
    watcher.until_tables("127.0.0.2", &set(["10.10.0.0/24"]), &set(["10.1.0.0/24", "10.2.0.0/24"]));
    let down = watcher.message("peer-down", |line| line["bmp"]["reason"] == "remote notification");
    assert_eq!(down["bmp"]["notification"]["subcode"], 4);
    daemon.stop();
}

#[test]
fn a_reload_adds_and_removes_stations_and_leaves_the_others_alone() {
    let watchers = [Watcher::start(), Watcher::start()];
    let (lab, sites) = (Lab::new(), [Site::new(2), Site::new(3)]);
    let stations = |which: &[(usize, &str)]| -> String {
        let stations = which
            .iter()
            .map(|(number, more)| format!("station {} {{ {more} }} ", watchers[*number].address));
        format!("bmp {{ {} }}\n", stations.collect::<String>())
    };
    // One of them keeps no Adj-RIB-In of its own accord.
    let neighbors = sites[0]
        .neighbor(&format!("capability {{ route-refresh; }} adj-rib-in false; {SECTION}"))
        + &sites[1].neighbor(SECTION);
    let daemon =
        lab.start(&(stations(&[(0, "adj-rib-in false; neighbors [ 127.0.0.3 ];")]) + &neighbors));
    let mut able = open();
    able.capabilities.push((2, vec![]));
    let mut first = sites[0].session_with(&able);
    first.until_eor();
    announce(&mut first, &["10.9.0.0/24"]);
    let mut second = sites[1].session();
    second.until_eor();
    announce(&mut second, &["10.8.0.0/24"]);
    watchers[0].until_tables("127.0.0.3", &set::<&str>([]), &set(["10.1.0.0/24"]));

    let both = stations(&[(0, "adj-rib-in false; neighbors [ 127.0.0.3 ];"), (1, "")]);
    reload(&daemon, &(both + &neighbors));
    // What was not kept is asked for.
    let refresh = first.next().unwrap();
    assert_eq!((refresh.kind, &refresh.body[..]), (kind::ROUTE_REFRESH, &[0, 1, 0, 1][..]));
    announce(&mut first, &["10.9.0.0/24"]);
    watchers[1].until_tables("127.0.0.2", &set(["10.9.0.0/24"]), &set(["10.1.0.0/24"]));
    watchers[1].until_tables("127.0.0.3", &set(["10.8.0.0/24"]), &set(["10.1.0.0/24"]));
    let shown: Value = serde_json::from_str(&daemon.ask("show bmp stations json")).unwrap();
    assert_eq!((&shown[0]["connections"], &shown[1]["connections"]), (&1.into(), &1.into()));

    reload(&daemon, &(stations(&[(1, "")]) + &neighbors));
    watchers[0].message("termination", |_| true);
    daemon.until("show bmp stations", |text| text.lines().count() == 1);
    announce(&mut second, &["10.7.0.0/24"]);
    watchers[1].until_tables(
        "127.0.0.3",
        &set(["10.7.0.0/24", "10.8.0.0/24"]),
        &set(["10.1.0.0/24"]),
    );
    watchers[0].until("only what it asked for", |told| {
        assert!(told.lines.iter().all(|line| line["bmp"]["peer"]["address"] != "127.0.0.2"));
        assert!(told.lines.iter().all(|line| line["bmp"]["rib"] != "adj-rib-in"
            || line["bmp"]["message"] != "route-monitoring"));
        Some(())
    });
    // What was kept for a station alone goes with it.
    assert!(daemon.ask("show adj-rib in").contains("10.9.0.0/24"));
    reload(&daemon, &neighbors);
    watchers[1].message("termination", |_| true);
    let shown = daemon.until("show adj-rib in", |text| !text.contains("10.9.0.0/24"));
    assert!(shown.contains("10.8.0.0/24"), "{shown}");
    daemon.stop();
}
