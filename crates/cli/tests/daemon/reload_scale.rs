//! Reloads of large files, of broken ones, and of every keyword; what goes on meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::kind;
use yottabgp_testkit::wait::until;

use crate::reload::{FAMILIES, changes, nothing_came, reload};
use crate::support::{Daemon, Helper, Lab, PATIENCE, Session, Site, Update, script};

/// Routes of a file, by number: what is announced, and with which MED.
type Table = BTreeMap<u32, u32>;

fn prefix(number: u32) -> String {
    let [_, a, b, c] = number.to_be_bytes();
    format!("10.{a}.{b}.{c}/32")
}

fn routes(table: &Table) -> String {
    let mut text = String::from("static {\n");
    for (number, med) in table {
        writeln!(text, "route {} next-hop 1.1.1.1 med {med};", prefix(*number)).unwrap();
    }
    text + "}\n"
}

/// A generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

#[test]
fn of_a_large_table_only_what_changed_is_sent_and_as_little_as_can_be() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let mut table: Table = (0..100_000).map(|number| (number, number % 50)).collect();
    let text = |table: &Table| {
        site.neighbor(&format!("{FAMILIES} {}", routes(table)))
            + &other
                .neighbor(&format!("{FAMILIES} static {{ route 10.250.0.0/24 next-hop 1.1.1.1; }}"))
    };
    let daemon = lab.start(&text(&table));
    let (mut session, mut bystander) = (site.session(), other.session());
    assert_eq!(session.until_eor().len(), 100_000);
    bystander.until_eor();

    let old = table.clone();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..400 {
        let number = u32::try_from(numbers.below(100_000)).unwrap();
        table.insert(number, 1000 + number % 10);
    }
    for _ in 0..300 {
        table.remove(&u32::try_from(numbers.below(100_000)).unwrap());
    }
    table.extend((0..300).map(|number| (200_000 + number, 7)));
    let announced: Table = table
        .iter()
        .filter(|(number, med)| old.get(number) != Some(med))
        .map(|(number, med)| (*number, *med))
        .collect();
    let withdrawn: BTreeSet<String> = old
        .keys()
        .filter(|number| !table.contains_key(number))
        .map(|number| prefix(*number))
        .collect();
    reload(&daemon, &text(&table));

    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    let mut gone = BTreeSet::new();
    let mut messages = 0;
    while told.len() + gone.len() < announced.len() + withdrawn.len() {
        let update = session.update();
        messages += usize::from(!update.announced.is_empty());
        for route in &update.announced {
            assert!(told.insert(route.clone(), update.med().unwrap()).is_none(), "{route} twice");
        }
        for route in update.withdrawn {
            assert!(gone.insert(route), "withdrawn twice");
        }
    }
    let expected: BTreeMap<String, u32> =
        announced.iter().map(|(number, med)| (prefix(*number), *med)).collect();
    assert_eq!((told, gone), (expected, withdrawn));
    // One UPDATE for each set of attributes: ten new ones, and that of what was added.
    assert_eq!(messages, 11);
    nothing_came(&daemon, &mut session, 1);
    nothing_came(&daemon, &mut bystander, 1);
    daemon.stop();
}

#[test]
fn a_reload_undoes_what_commands_did_to_routes_of_the_file() {
    let lab = Lab::new();
    let site = Site::new(2);
    let table: Table = (0..1000).map(|number| (number, number % 50)).collect();
    let text = |table: &Table, more: &str| {
        let routes = routes(table).replace("static {\n", &format!("static {{\n{more}"));
        site.neighbor(&format!("{FAMILIES} {routes}"))
    };
    let good = text(&table, "");
    let daemon = lab.start(&good);
    let mut session = site.session();
    assert_eq!(session.until_eor().len(), 1000);
    let mut rounds = 0u8;
    let mut told = |daemon: &Daemon, text: &str, count: usize| {
        reload(daemon, text);
        let changes = changes(&mut session, count);
        rounds += 1;
        nothing_came(daemon, &mut session, rounds);
        changes
    };
    assert_eq!(told(&daemon, &good, 0), (vec![], vec![]));
    let middle = prefix(500);
    for command in [
        format!("withdraw route {middle}"),
        format!("announce route {middle} next-hop 9.9.9.9"),
        format!("announce route {middle} next-hop 9.9.9.9 watchdog dog"),
    ] {
        daemon.ask(&format!("neighbor 127.0.0.2 {command}"));
        // The command's, and then that of the file.
        let (announced, withdrawn) = told(&daemon, &good, 2);
        assert_eq!(announced.last(), Some(&middle), "{command}");
        assert_eq!(announced.len() + withdrawn.len(), 2, "{command}");
        assert_eq!(told(&daemon, &good, 0), (vec![], vec![]));
    }
    // A route of the file, and one that it does not have: it is none of a reload's business.
    daemon.ask("neighbor 127.0.0.2 announce route 10.250.0.0/24 next-hop 9.9.9.9");
    assert_eq!(told(&daemon, &good, 1), (vec!["10.250.0.0/24".to_owned()], vec![]));
    // Once more in the file, above: the one below counts, with this one gone as with it there.
    let twice = text(&table, &format!("route {middle} next-hop 1.1.1.1 med 7;\n"));
    assert_eq!(told(&daemon, &twice, 0), (vec![], vec![]));
    assert_eq!(told(&daemon, &good, 0), (vec![], vec![]));
    let mut fewer = table.clone();
    fewer.remove(&500);
    assert_eq!(told(&daemon, &text(&fewer, ""), 1), (vec![], vec![middle.clone()]));
    assert_eq!(told(&daemon, &good, 1), (vec![middle.clone()], vec![]));
    // What all of them depend on.
    let other = good.replace("next-hop 1.1.1.1", "next-hop 2.2.2.2");
    assert_eq!(told(&daemon, &other, 1000).0.len(), 1000);
    daemon.ask("neighbor 127.0.0.2 clear adj-rib out");
    reload(&daemon, &other);
    let (announced, withdrawn) = changes(&mut session, 2001 + usize::from(rounds));
    assert_eq!((announced.len(), withdrawn.len()), (1000, 1001 + usize::from(rounds)));
    daemon.stop();
}

/// What must not change: peers, tables, helpers, counters, sockets.
fn state(daemon: &Daemon) -> Vec<String> {
    let mut state: Vec<String> = ["show adj-rib out extensive", "show neighbor json"]
        .map(|words| daemon.ask(words))
        .to_vec();
    // Time goes on, and so do KEEPALIVEs.
    let mut neighbors: serde_json::Value = serde_json::from_str(&state.pop().unwrap()).unwrap();
    for neighbor in neighbors.as_array_mut().unwrap() {
        neighbor.as_object_mut().unwrap().remove("duration");
        for way in ["sent", "received"] {
            let messages = neighbor["messages"][way].as_object_mut().unwrap();
            messages.retain(|kind, _| kind != "keepalive" && kind != "total");
        }
    }
    state.push(neighbors.to_string());
    state.push(listening(daemon.pid()));
    state.push(children(daemon.pid()));
    state
}

/// The sockets of a process that listen.
fn listening(pid: u32) -> String {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let own: BTreeSet<String> = links
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()?.to_str().map(str::to_owned))
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let listens = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(3) == Some(&"0A") && words.get(9).is_some_and(|inode| own.contains(*inode))
    };
    let addresses =
        table.lines().filter(listens).map(|line| line.split_whitespace().nth(1).unwrap());
    addresses.collect::<Vec<_>>().join(" ")
}

fn children(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap()
}

#[test]
fn a_file_broken_anywhere_changes_nothing() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let helper = Helper::new(&lab, "helper");
    let port = yottabgp_testkit::network::free_port([127, 0, 0, 1]);
    let text = |med: u32, hold: u32| {
        let table: Table = (0..30).map(|number| (number, med)).collect();
        let flow = "flow { route x { match { source 10.0.0.0/8; } then { discard; } } }";
        helper.section("helper", if med == 1 { "json" } else { "text" })
            + &site.neighbor(&format!(
                "hold-time {hold}; family {{ ipv4 unicast; ipv4 flow; }} api {{ processes [ helper ]; receive {{ parsed; update; }} }} {} {flow}",
                routes(&table)
            ))
            + &other.neighbor(&format!(
                "listen {port}; {FAMILIES} static {{ route 10.9.0.0/24 next-hop 1.1.1.1 watchdog dog; }}"
            ))
    };
    let good = text(1, 90);
    let daemon = lab.start(&good);
    let (mut session, mut bystander) = (site.session(), other.session());
    session.until_eor();
    bystander.until_eor();
    helper.line(0, "started");
    daemon.ask("withdraw watchdog dog");
    assert_eq!(bystander.update().withdrawn, ["10.9.0.0/24"]);
    daemon.ask("neighbor 127.0.0.2 announce route 10.50.0.0/24 next-hop 1.1.1.1");
    session.update();
    let before = state(&daemon);

    // A file in which everything is different, broken after one of its statements.
    let different = text(2, 60).replace(&format!("listen {port};"), "");
    let ends: Vec<usize> = different.match_indices([';', '{', '}']).map(|(at, _)| at + 1).collect();
    let mut numbers = Numbers(7);
    let refusals = || daemon.log().matches("the old one stays").count();
    for round in 0..200 {
        let at = ends[numbers.below(ends.len())];
        let (start, end) = different.split_at(at);
        let broken = match round % 3 {
            0 => format!("{start} garbage-{round} x; {end}"),
            1 => format!("{start} }} {end}"),
            _ => format!("{start} \"never closed {end}"),
        };
        let known = refusals();
        daemon.lab.configure(&broken);
        daemon.signal(Signal::SIGUSR1);
        until("the refusal", || refusals() > known);
        // However long this takes, it is within the hold time.
        session.send(kind::KEEPALIVE, &[]);
        bystander.send(kind::KEEPALIVE, &[]);
    }
    assert!(!daemon.log().contains("was reloaded"));
    assert_eq!(state(&daemon), before);
    nothing_came(&daemon, &mut session, 1);
    nothing_came(&daemon, &mut bystander, 1);
    let starts = helper.lines(0).iter().filter(|line| line.starts_with("started")).count();
    assert_eq!(starts, 1);
    // And the good one is still taken.
    reload(&daemon, &good);
    nothing_came(&daemon, &mut session, 2);
    daemon.stop();
}

/// A keyword, and whether another value of it makes a new session: as `crates/config/tests/reload.rs` has them all.
const KEYWORDS: &[(&str, &str, bool)] = &[
    ("", "description x;", false),
    ("", "rate-limit 1000;", false),
    ("", "auto-flush false;", false),
    ("", "api { processes [ p ]; receive { parsed; update; } }", false),
    (
        "capability { operational; }",
        r#"capability { operational; } operational { asm afi ipv4 safi unicast advisory "x"; }"#,
        false,
    ),
    ("md5-base64 false;", "md5-base64 true;", false),
    ("", "local-link-local fe80::1;", true),
    ("", "host-name x;", true),
    ("host-name x;", "host-name x; domain-name y;", true),
    ("hold-time 90;", "hold-time 60;", true),
    ("", "outgoing-ttl 64;", true),
    ("", "incoming-ttl 1;", true),
    ("", "source-interface lo;", true),
    ("", "md5-ip 127.0.0.9;", true),
    ("", "group-updates false;", true),
    ("", "adj-rib-in false;", true),
    ("", "adj-rib-out false;", true),
    ("", "manual-eor true;", true),
    ("", "capability { asn4 disable; }", true),
    ("", "capability { route-refresh; }", true),
    ("", "capability { graceful-restart 0; }", true),
    (
        "capability { graceful-restart; }",
        "capability { graceful-restart; graceful-restart-notification; }",
        true,
    ),
    ("", "capability { long-lived-graceful-restart 1; }", true),
    ("", "capability { add-path send; }", true),
    (
        "capability { add-path send; }",
        "capability { add-path send; } add-path { ipv4 unicast; }",
        true,
    ),
    ("", "capability { operational; }", true),
    ("", "capability { aigp; }", true),
    ("", "capability { extended-message disable; }", true),
    ("", "capability { software-version true; }", true),
    ("", "capability { link-local-nexthop true; }", true),
    ("", "capability { role peer; }", true),
    ("capability { role peer; }", "capability { role peer; role-strict true; }", true),
];

#[test]
fn each_keyword_keeps_or_resets_its_session_and_no_other() {
    let lab = Lab::new();
    let sites: Vec<Site> =
        (0..KEYWORDS.len()).map(|index| Site::new(10 + u8::try_from(index).unwrap())).collect();
    let process = format!(
        "process p {{ run {}; encoder json; }}\n",
        script(&lab, "p", "exec cat > /dev/null\n")
    );
    let text = |new: bool| {
        let mut text = process.clone();
        for (site, (before, after, _)) in sites.iter().zip(KEYWORDS) {
            let body = if new { after } else { before };
            text += &site.neighbor(&format!("{FAMILIES} {body}"));
        }
        text
    };
    let daemon = lab.start(&text(false));
    let mut sessions: Vec<Session> = sites.iter().map(Site::session).collect();
    for session in &mut sessions {
        session.until_eor();
    }
    reload(&daemon, &text(true));
    for ((session, site), (_, after, resets)) in sessions.iter_mut().zip(&sites).zip(KEYWORDS) {
        if *resets {
            // With graceful restart the connection is closed without a word.
            let next = session.0.receive_other(PATIENCE);
            match next.unwrap_or_else(|error| panic!("{after}: {error}")) {
                Some(message) => {
                    assert_eq!(
                        (message.kind, &message.body[..2]),
                        (kind::NOTIFICATION, &[6, 6][..]),
                        "{after}"
                    );
                }
                None => assert!(after.contains("graceful-restart"), "{after}"),
            }
            continue;
        }
        if after.contains("auto-flush") {
            daemon.ask(&format!(
                "neighbor {} announce route 10.77.0.0/24 next-hop 9.9.9.9",
                site.address
            ));
            daemon.ask(&format!("neighbor {} flush adj-rib out", site.address));
        } else {
            daemon.ask(&format!(
                "neighbor {} announce route 10.77.0.0/24 next-hop 9.9.9.9",
                site.address
            ));
        }
        assert_eq!(session.update().announced, ["10.77.0.0/24"], "{after}");
    }
    daemon.stop();
}

#[test]
fn routes_of_commands_and_what_watchdogs_did_survive() {
    let lab = Lab::new();
    let site = Site::new(2);
    let text = |hold: u32, med: u32, extra: &str| {
        site.neighbor(&format!(
            "{FAMILIES} hold-time {hold}; static {{ route 10.1.0.0/24 next-hop 1.1.1.1 med {med} watchdog dog withdraw; route 10.2.0.0/24 next-hop 1.1.1.1 med {med} watchdog cat; {extra} }}"
        ))
    };
    let daemon = lab.start(&text(90, 1, ""));
    let mut session = site.session();
    session.until_eor();
    daemon.ask("announce watchdog dog");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    daemon.ask("withdraw watchdog cat");
    assert_eq!(session.update().withdrawn, ["10.2.0.0/24"]);
    daemon.ask("announce route 10.3.0.0/24 next-hop 1.1.1.1 med 5");
    assert_eq!(session.update().announced, ["10.3.0.0/24"]);

    // Other attributes: the one that is announced is told, the other one waits with them.
    reload(&daemon, &text(90, 2, ""));
    let update = session.update();
    assert_eq!((update.med(), update.announced), (Some(2), vec!["10.1.0.0/24".to_owned()]));
    nothing_came(&daemon, &mut session, 1);
    daemon.ask("announce watchdog cat");
    let update = session.update();
    assert_eq!((update.med(), update.announced), (Some(2), vec!["10.2.0.0/24".to_owned()]));
    daemon.ask("withdraw watchdog cat");
    session.update();

    // A new session has what the old one had: also when it is made because the table is kept in another way.
    for (number, reset) in
        [(2, text(60, 2, "")), (3, text(60, 2, "").replace("static", "adj-rib-out false; static"))]
    {
        reload(&daemon, &reset);
        assert_eq!(session.notification().0, 6);
        session = site.session();
        let routes: BTreeSet<String> = session.until_eor().into_iter().collect();
        assert!(routes.contains("10.1.0.0/24") && routes.contains("10.3.0.0/24"), "{routes:?}");
        assert!(!routes.contains("10.2.0.0/24"), "{routes:?}");
        nothing_came(&daemon, &mut session, number);
    }

    // Without its watchdog it is a route as any other.
    let plain =
        text(60, 2, "").replace("watchdog cat", "").replace("static", "adj-rib-out false; static");
    reload(&daemon, &plain);
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    daemon.ask("withdraw watchdog cat");
    nothing_came(&daemon, &mut session, 4);
    daemon.stop();
}

#[test]
fn a_helper_and_other_peers_go_on_while_a_large_table_is_reloaded() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let mut helper = Helper::new(&lab, "helper");
    let section = helper.section("helper", "text");
    let api = "api { processes [ helper ]; }";
    let text = |med: u32| {
        let table: Table = (0..60_000).map(|number| (number, med)).collect();
        section.clone()
            + &site.neighbor(&format!("{FAMILIES} {api} {}", routes(&table)))
            + &other.neighbor(&format!("{FAMILIES} {api} hold-time 9;"))
    };
    let daemon = lab.start(&text(0));
    let (mut session, mut second) = (site.session(), other.session());
    assert_eq!(session.until_eor().len(), 60_000);
    second.until_eor();
    helper.line(0, "started");
    let count = 2000;
    // The second peer must hear of us within its hold time, to the end.
    let last_word = "10.99.1.0/24";
    let reader = std::thread::spawn(move || {
        let mut routes = BTreeSet::new();
        let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
        let mut said = Instant::now();
        while !routes.contains(last_word) {
            let message = second.0.receive(PATIENCE).unwrap().expect("the session goes on");
            longest = longest.max(last.elapsed());
            last = Instant::now();
            if message.kind == kind::UPDATE {
                routes.extend(Update::read(&message.body).announced);
            }
            if said.elapsed() > Duration::from_millis(500) {
                second.send(kind::KEEPALIVE, &[]);
                said = Instant::now();
            }
        }
        (routes, longest)
    });
    let reloads = || daemon.log().matches("was reloaded").count();
    let mut med = 0;
    for number in 0..count {
        if number % 500 == 100 {
            med += 1;
            daemon.lab.configure(&text(med));
            daemon.signal(Signal::SIGUSR1);
        }
        helper.tell(&format!(
            "neighbor 127.0.0.3 announce route 10.{}.{}.0/24 next-hop 1.1.1.1",
            100 + number / 250,
            number % 250
        ));
    }
    // The last file is the one that counts, however many signals became one.
    let mut last: BTreeMap<String, u32> = BTreeMap::new();
    while last.len() < 60_000 || last.values().any(|other| *other != med) {
        let update = session.update();
        assert_eq!(update.withdrawn, [""; 0]);
        for route in &update.announced {
            last.insert(route.clone(), update.med().unwrap());
        }
    }
    until("a reload", || reloads() >= 1);
    daemon.ask(&format!("announce route {last_word} next-hop 9.9.9.9"));
    // Nothing was lost, and it is the same session.
    let (routes, longest) = reader.join().unwrap();
    assert_eq!(routes.len(), count + 1);
    assert!(longest < Duration::from_secs(9), "{longest:?} without a word");
    daemon.stop();
}

#[test]
fn a_reload_that_comes_during_another_is_not_lost() {
    let lab = Lab::new();
    let site = Site::new(2);
    let text = |med: u32| {
        let table: Table = (0..30_000).map(|number| (number, med)).collect();
        site.neighbor(&format!("{FAMILIES} {}", routes(&table)))
    };
    let daemon = lab.start(&text(0));
    let mut session = site.session();
    assert_eq!(session.until_eor().len(), 30_000);
    daemon.lab.configure(&text(1));
    daemon.signal(Signal::SIGUSR1);
    daemon.await_log("SIGUSR1 received");
    daemon.lab.configure(&text(2));
    for _ in 0..5 {
        daemon.signal(Signal::SIGUSR1);
    }
    let mut last = BTreeMap::new();
    while last.len() < 30_000 || last.values().any(|med| *med != Some(2)) {
        let update = session.update();
        for route in &update.announced {
            last.insert(route.clone(), update.med());
        }
    }
    daemon.stop();
}

#[test]
fn what_a_helper_said_before_it_was_ended_is_done() {
    let lab = Lab::new();
    let site = Site::new(2);
    let ready = lab.path("ready");
    let parting = "trap 'echo announce route 10.8.0.0/24 next-hop 1.1.1.1; exit 0' TERM\n";
    let text = format!(
        "{parting} i=0\nwhile [ $i -lt 250 ]; do echo announce route 10.7.$i.0/24 next-hop 1.1.1.1; i=$((i+1)); done\n: > {}\nwhile :; do sleep 1; done\n",
        ready.display()
    );
    let process = format!("process p {{ run {}; encoder text; }}\n", script(&lab, "p", &text));
    let with = process + &site.neighbor(&format!("{FAMILIES} api {{ processes [ p ]; }}"));
    let daemon = lab.start(&with);
    let mut session = site.session();
    until("the helper to have spoken", || Path::new(&ready).exists());
    reload(&daemon, &site.neighbor(FAMILIES));
    let mut routes = BTreeSet::new();
    while routes.len() < 251 {
        routes.extend(session.update().announced);
    }
    assert!(routes.contains("10.8.0.0/24"));
    daemon.stop();
}

#[test]
fn an_old_and_a_new_helper_never_run_side_by_side() {
    let lab = Lab::new();
    let site = Site::new(2);
    let (lock, starts) = (lab.path("lock"), lab.path("starts"));
    // It takes its time to end.
    let text = format!(
        "mkdir {lock} || echo overlap >> {starts}\necho started >> {starts}\ntrap 'sleep 0.2; rmdir {lock}; exit 0' TERM\nwhile :; do sleep 1 & wait $!; done\n",
        lock = lock.display(),
        starts = starts.display()
    );
    let run = script(&lab, "p", &text);
    let config = |word: &str| {
        format!("process p {{ run {run} {word}; encoder text; }}\n") + &site.neighbor(FAMILIES)
    };
    let daemon = lab.start(&config("a"));
    let started = || fs::read_to_string(&starts).unwrap_or_default();
    until("the first start", || started().lines().count() == 1);
    for (count, word) in [(2, "b"), (3, "c")] {
        daemon.lab.configure(&config(word));
        daemon.signal(Signal::SIGUSR2);
        until("the next start", || started().lines().count() >= count);
    }
    assert_eq!(started(), "started\n".repeat(3));
    daemon.stop();
}

#[test]
fn sockets_are_opened_and_closed() {
    let lab = Lab::new();
    let (first, second) = {
        let port = yottabgp_testkit::network::free_port;
        (port([127, 0, 0, 1]), port([127, 0, 0, 1]))
    };
    let passive = |last: u8, more: &str| {
        format!(
            "neighbor 127.0.0.{last} {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; passive; {more} {FAMILIES} }}\n"
        )
    };
    let one = passive(2, &format!("listen {first};"));
    let daemon = lab.start(&one);
    let mut session = Session::call(2, first);
    session.establish(&crate::support::open());
    session.until_eor();
    let sockets = listening(daemon.pid());
    assert_eq!(sockets.split(' ').count(), 1, "{sockets}");

    let both = one.clone() + &passive(3, &format!("listen {second};"));
    daemon.lab.configure(&both);
    let told = daemon.run("reload --check text");
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains(&format!("listen 127.0.0.1:{first}: kept\n")), "{told}");
    assert!(told.contains(&format!("listen 127.0.0.1:{second}: opened\n")), "{told}");
    reload(&daemon, &both);
    let mut other = Session::call(3, second);
    other.establish(&crate::support::open());
    other.until_eor();

    reload(&daemon, &one);
    assert_eq!(other.notification().0, 6);
    assert_eq!(listening(daemon.pid()), sockets);
    nothing_came(&daemon, &mut session, 1);
    daemon.stop();
}

/// The most memory a process had, in MiB.
fn peak(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() / 1024
}

/// The processor time that a process took so far, in seconds.
fn processor(daemon: &Daemon) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    // User and system time, in hundredths of a second.
    let words: Vec<&str> = rest.split_whitespace().collect();
    words[11..13].iter().map(|word| word.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Asks again and again until told to stop. Returns the longest time without an answer.
fn pinging(path: &Path, stop: &std::sync::atomic::AtomicBool) -> Duration {
    use std::io::{BufRead as _, Write as _};
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    let mut lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines();
    let mut longest = Duration::ZERO;
    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
        let start = Instant::now();
        stream.write_all(b"ping\n").unwrap();
        while lines.next().unwrap().unwrap() != "done" {}
        longest = longest.max(start.elapsed());
        // So that it is not the asking that takes the time.
        std::thread::sleep(Duration::from_millis(1));
    }
    longest
}

/// `cargo test --release -p yottabgp --test daemon -- --ignored --nocapture cost_of_a_reload`
#[test]
#[ignore = "measures; needs a calm machine and a release build"]
#[allow(clippy::print_stdout, reason = "it measures")]
fn cost_of_a_reload() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut table: Table = (0..1_000_000).map(|number| (number, number % 100)).collect();
    let text = |table: &Table| site.neighbor(&format!("{FAMILIES} {}", routes(table)));
    let before = text(&table);
    for number in (0..400_000).step_by(100) {
        table.insert(number, 1000 + number % 10);
    }
    for number in (400_000..700_000).step_by(100) {
        table.remove(&number);
    }
    table.extend((0..3000).map(|number| (2_000_000 + number, 7)));
    let after = text(&table);
    let start = Instant::now();
    let daemon = lab.start(&before);
    let mut session = site.session();
    let mut count = 0;
    while count < 1_000_000 {
        count += session.update().announced.len();
    }
    println!(
        "start: {:.2?}, processor {:.2} s, at most {} MiB",
        start.elapsed(),
        processor(&daemon),
        peak(&daemon)
    );
    session.updates(Update::is_eor);
    for (what, text, changes) in
        [("the same file", &before, 0), ("one percent changed", &after, 10_000)]
    {
        daemon.lab.configure(text);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let control = daemon.lab.path("control");
        let done = daemon.log().matches("was reloaded").count();
        let busy = processor(&daemon);
        let (time, messages, longest) = std::thread::scope(|scope| {
            let pinger = scope.spawn(|| pinging(&control, &stop));
            let start = Instant::now();
            daemon.signal(Signal::SIGUSR1);
            let (mut seen, mut messages) = (0, 0);
            while seen < changes {
                let update = session.update();
                seen += update.announced.len() + update.withdrawn.len();
                messages += 1;
            }
            until("the reload", || daemon.log().matches("was reloaded").count() > done);
            let time = start.elapsed();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            (time, messages, pinger.join().unwrap())
        });
        println!(
            "reload, {what}: {time:.2?}, processor {:.2} s, {messages} UPDATEs, commands waited {longest:.1?} at most, at most {} MiB",
            processor(&daemon) - busy,
            peak(&daemon)
        );
    }
    let (start, busy) = (Instant::now(), processor(&daemon));
    let status = daemon.run("reload --check text").status;
    let busy = processor(&daemon) - busy;
    println!("reload --check: {:.2?}, processor {busy:.2} s, {status}", start.elapsed());
    daemon.stop();
}
