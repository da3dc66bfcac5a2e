//! Health checks: as a helper process, and in the daemon itself.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use yottabgp_testkit::Namespace;
use yottabgp_testkit::wait::until;

use crate::support::{Helper, Lab, Session, Site, Update};

const FAMILIES: &str = "family { ipv4 unicast; }";
const QUICK: &str =
    "rise 1; fall 1; interval 0.05; fast-interval 0.05; no-ip-setup; withdraw-on-down;";
const VIP: &str = "198.51.100.1/32";

/// The two ways to run a check with these options: as a section, and as a helper process.
fn both(options: &str) -> [(String, String); 2] {
    let section = format!("healthcheck web {{ {options} }}\n");
    let words: Vec<String> = options
        .split(';')
        .map(str::trim)
        .filter(|option| !option.is_empty())
        .map(|option| format!("--{option}"))
        .collect();
    // Where neither Python nor ExaBGP is, the daemon runs its own.
    let helper = format!(
        "process web {{ run python3.0 -m exabgp healthcheck --no-syslog {}; }}\n",
        words.join(" ")
    );
    [(section, String::new()), (helper, "api { processes [ web ]; }".to_owned())]
}

#[track_caller]
fn announced(session: &mut Session, med: u32) -> Update {
    let update = session.update();
    assert_eq!(
        (update.announced.as_slice(), update.med()),
        (&[VIP.to_owned()][..], Some(med)),
        "{update:?}"
    );
    update
}

#[track_caller]
fn withdrawn(session: &mut Session) {
    let update = session.update();
    assert_eq!(
        (update.withdrawn.as_slice(), update.announced.len()),
        (&[VIP.to_owned()][..], 0),
        "{update:?}"
    );
}

#[test]
fn a_route_is_there_while_the_service_is_well() {
    for withdraws in [true, false] {
        let lab = Lab::new();
        let file = lab.path("well");
        let quick =
            if withdraws { QUICK.to_owned() } else { QUICK.replace("withdraw-on-down;", "") };
        let options = format!("{quick} ip 198.51.100.1; check file:{}", file.display());
        for (head, api) in both(&options) {
            let lab = Lab::new();
            let site = Site::new(2);
            fs::write(&file, "").unwrap();
            let daemon =
                lab.start(&format!("{head}{}", site.neighbor(&format!("{FAMILIES} {api}"))));
            let mut session = site.session();
            // It may be announced before the session is up, or after.
            let mut updates = session.updates(|update| !update.announced.is_empty());
            assert_eq!(updates.pop().unwrap().med(), Some(100));
            let end = updates.iter().any(Update::is_eor);
            if !end {
                assert!(session.update().is_eor());
            }
            for _ in 0..5 {
                // Nothing but these: each state is one UPDATE, however often it is checked.
                fs::remove_file(&file).unwrap();
                if withdraws {
                    withdrawn(&mut session);
                } else {
                    announced(&mut session, 1000);
                }
                fs::write(&file, "").unwrap();
                announced(&mut session, 100);
            }
            daemon.stop();
        }
    }
}

#[test]
fn a_service_is_drained_by_a_command_and_everyone_is_told() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "ear");
    let text = format!(
        "healthcheck web {{ {QUICK} ip 198.51.100.1; community 65000:1; drain-time 0.2; }}\n{}{}",
        helper.section("ear", "json"),
        site.neighbor(&format!("{FAMILIES} api {{ processes [ ear ]; }}"))
    );
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    daemon.until("healthcheck show", |text| text == "web UP\n");
    let mark = helper.mark();
    daemon.ask("healthcheck drain web");
    let update = announced(&mut session, 500);
    // 65000:1 and GRACEFUL_SHUTDOWN.
    assert_eq!(update.attribute(8).unwrap(), [0xFD, 0xE8, 0, 1, 0xFF, 0xFF, 0, 0]);
    withdrawn(&mut session);
    for (state, step) in [("DRAINING", "state"), ("DRAINED", "state"), ("DRAINED", "withdrawn")] {
        let event = helper.event(mark, |event| {
            event["type"] == "healthcheck"
                && event["healthcheck"]["state"] == state
                && event["healthcheck"]["step"] == step
        });
        assert_eq!(event["healthcheck"]["name"], "web");
    }
    assert_eq!(
        daemon.ask("healthcheck show json"),
        "[{\"name\": \"web\", \"state\": \"DRAINED\"}]\n"
    );
    daemon.ask("healthcheck undrain web");
    announced(&mut session, 100);
    let refused = daemon.refused("healthcheck drain dns");
    assert!(refused.contains("there is no healthcheck 'dns' (known: web)"), "{refused}");
    daemon.stop();
}

#[test]
fn a_reload_keeps_what_did_not_change() {
    let lab = Lab::new();
    let (first, second) = (Site::new(2), Site::new(3));
    let neighbors = format!("{}{}", first.neighbor(FAMILIES), second.neighbor(FAMILIES));
    let section = |more: &str| format!("healthcheck web {{ {QUICK} ip 198.51.100.1; {more} }}\n");
    let daemon = lab.start(&format!("{}{neighbors}", section("")));
    let (mut one, mut two) = (first.session(), second.session());
    one.until_eor();
    two.until_eor();
    daemon.until("healthcheck show", |text| text == "web UP\n");
    let reload = |text: &str| {
        let before = daemon.log().matches("was reloaded").count();
        daemon.lab.configure(text);
        daemon.signal(Signal::SIGUSR1);
        until("the reload", || daemon.log().matches("was reloaded").count() > before);
    };
    // The same again, and then one more address: nothing but that is sent.
    reload(&format!("{}{neighbors}", section("")));
    reload(&format!("{}{neighbors}", section("ip 198.51.100.2; increase 0;")));
    for session in [&mut one, &mut two] {
        let update = session.update();
        assert_eq!(update.announced, ["198.51.100.2/32"], "{update:?}");
    }
    // Another metric: announced, not withdrawn.
    reload(&format!("{}{neighbors}", section("ip 198.51.100.2; up-metric 7; increase 0;")));
    let mut all: Vec<Update> =
        one.updates(|update| update.announced.contains(&"198.51.100.2/32".to_owned()));
    all.retain(|update| !update.withdrawn.is_empty() || update.med() != Some(7));
    assert!(all.is_empty(), "{all:?}");
    // A neighbor less for it, an address less for all.
    reload(&format!("{}{neighbors}", section("up-metric 7; neighbor 127.0.0.2;")));
    assert_eq!(one.update().withdrawn, ["198.51.100.2/32"]);
    // No section at all.
    reload(&neighbors);
    assert_eq!(one.update().withdrawn, [VIP]);
    daemon.stop();
}

#[test]
fn a_prefix_that_no_neighbor_takes_is_told_once_and_the_others_are_announced() {
    let site = Site::new(2);
    let options = format!("{QUICK} ip 2001:db8::1; ip 198.51.100.1");
    for (head, api) in both(&options) {
        let head = head.replace("--no-syslog", "--debug");
        let lab = Lab::new().with("log_level", "DEBUG");
        let daemon = lab.start(&format!("{head}{}", site.neighbor(&format!("{FAMILIES} {api}"))));
        let mut session = site.session();
        session.updates(|update| update.announced == [VIP]);
        daemon.await_log("tried again in 2 s");
        let log = daemon.log();
        let told = log.lines().filter(|line| {
            line.contains("tried again in")
                && line.contains("the family ipv6 unicast is not configured")
        });
        let told: Vec<&str> = told.collect();
        assert!(told[0].contains("in 1 s") && told[1].contains("in 2 s"), "{told:?}");
        // The daemon's own lines do not show their level.
        if told[0].contains("[healthcheck]") {
            assert!(told[0].starts_with("WARNING") && told[1].starts_with("DEBUG"), "{told:?}");
        }
        daemon.stop();
    }
}

/// Whether an address is on the loopback interface of a namespace.
fn has_address(namespace: &Namespace, address: &str) -> bool {
    let list = || Command::new("ip").args(["-o", "address", "show", "dev", "lo"]).output().unwrap();
    String::from_utf8(namespace.enter(list).stdout).unwrap().contains(&format!(" {address} "))
}

#[test]
fn a_daemon_that_gave_up_root_sets_up_addresses() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(reason) => return println!("SKIPPED: {reason}"),
    };
    let lab = Lab::new().with("daemon_user", "nobody").with("daemon_drop", true);
    // Reached by whoever the daemon becomes.
    std::os::unix::fs::chown(lab.folder(), Some(65534), None).unwrap();
    let options = "rise 1; interval 0.1; ip 198.51.100.1; drain-time 0.1; withdraw-on-down;";
    let (site, daemon) = namespace.enter(|| {
        let site = Site::new(2);
        let text = format!("healthcheck web {{ {options} }}\n{}", site.neighbor(FAMILIES));
        (site, lab.start(&text))
    });
    let mut session = site.session();
    session.updates(|update| update.announced == [VIP]);
    assert!(has_address(&namespace, VIP));
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    assert!(!status.contains("Uid:\t0"), "{status}");
    daemon.ask("healthcheck drain web");
    session.updates(|update| update.withdrawn == [VIP]);
    until("the address to be removed", || !has_address(&namespace, VIP));
    daemon.ask("healthcheck undrain web");
    session.updates(|update| update.announced == [VIP]);
    assert!(has_address(&namespace, VIP));
    // The end: withdrawn, removed.
    daemon.signal(Signal::SIGTERM);
    session.updates(|update| update.withdrawn == [VIP]);
    until("the address to be removed", || !has_address(&namespace, VIP));
}

/// Serves one page after the other.
fn serve(listener: TcpListener, pages: Vec<&'static str>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for page in pages {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while request.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            write!(stream, "{page}").unwrap();
        }
    })
}

#[test]
fn pages_are_looked_at() {
    let lab = Lab::new();
    let site = Site::new(2);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let good = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well";
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    let other = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nweak.";
    let server = serve(listener, vec![good, busy, good, other, good, "nonsense\r\n\r\n"]);
    let text = format!(
        "healthcheck web {{ {QUICK} ip 198.51.100.1; check http://127.0.0.1:{port}/health; http-body \"is well$\"; }}\n{}",
        site.neighbor(FAMILIES)
    );
    let daemon = lab.start(&text);
    let states = ["UP", "DOWN", "UP", "DOWN", "UP", "DOWN"];
    server.join().unwrap();
    daemon.await_log("http://127.0.0.1:");
    until("all states", || {
        let log = daemon.log();
        let seen: Vec<&str> =
            log.lines().filter_map(|line| line.split("the service is ").nth(1)).take(6).collect();
        seen == states
    });
    for words in ["the status is 503", "the page does not match 'is well$'"] {
        assert!(daemon.log().contains(words), "{words}: {}", daemon.log());
    }
    daemon.stop();
}

#[test]
fn nothing_waits_for_a_check_that_hangs() {
    let lab = Lab::new();
    let site = Site::new(2);
    // Accepts, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!(
        "healthcheck hung {{ {QUICK} ip 198.51.100.9; check http://127.0.0.1:{port}/; timeout 0; }}\n\
         healthcheck slow {{ {QUICK} ip 198.51.100.8; command \"sleep 1000\"; timeout 0; }}\n\
         healthcheck web {{ {QUICK} ip 198.51.100.1; }}\n{}",
        site.neighbor(FAMILIES)
    );
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.updates(|update| update.announced == [VIP]);
    daemon.stop();
}

/// From the answer of a failing check to the UPDATE that withdraws the route, as the peer sees it: a thousand times, with a check
/// that waits for a word in a named pipe. For the figures of docs/performance.md:
/// `cargo test --release -p yottabgp --test daemon -- --ignored --nocapture verdict`
#[test]
#[ignore = "a measurement, of a release build"]
fn from_the_verdict_to_the_withdrawal() {
    const ROUNDS: usize = 1000;
    for (which, (head, api)) in ["section", "helper process"].into_iter().zip(both(&format!(
        "{} ip 198.51.100.1; command \"sh FOLDER/check\"",
        QUICK.replace("0.05", "0.005")
    ))) {
        let lab = Lab::new();
        let site = Site::new(2);
        let fifo = lab.path("verdict");
        mkfifo(&fifo, Mode::from_bits_truncate(0o600)).unwrap();
        let check = format!("read -r word < {}\nexit $word\n", fifo.display());
        fs::write(lab.path("check"), check).unwrap();
        let head = head.replace("FOLDER", &lab.folder().display().to_string());
        let daemon = lab.start(&format!("{head}{}", site.neighbor(&format!("{FAMILIES} {api}"))));
        let mut session = site.session();
        say(&fifo, "0");
        session.updates(|update| update.announced == [VIP]);
        let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let started = say(&fifo, "1");
            session.updates(|update| update.withdrawn == [VIP]);
            times.push(started.elapsed());
            say(&fifo, "0");
            session.updates(|update| update.announced == [VIP]);
        }
        times.sort_unstable();
        let at = |share: usize| times[(ROUNDS * share / 1000).min(ROUNDS - 1)];
        println!("{which}: p50 {:?}, p99 {:?}, most {:?}", at(500), at(990), times[ROUNDS - 1]);
        assert!(at(990) < Duration::from_millis(5));
        drop(daemon);
    }
}

/// Gives a check its verdict, once it waits for one. Returns when that was.
fn say(fifo: &Path, word: &str) -> Instant {
    let mut pipe = File::options().write(true).open(fifo).unwrap();
    let started = Instant::now();
    pipe.write_all(format!("{word}\n").as_bytes()).unwrap();
    started
}
