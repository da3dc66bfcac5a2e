//! Where abuse happens: a daemon with the helper in question, a well-behaved one beside it, and a peer that answers each
//! KEEPALIVE and tears the session down when none comes for the hold time.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{Connection, kind};
use yottabgp_testkit::wait::{poll, until};

use crate::support::{Daemon, Helper, Lab, Site, Update, open, script};

/// Seconds: the shortest hold time there is (RFC 4271 section 4.2).
const HOLD_TIME: u16 = 3;
/// The longest that a well-behaved helper waits for an answer. On a calm machine it is a few milliseconds; the machine of a
/// test may have all of its processors busy, and runs a program that was not optimized.
const LATENCY: Duration = Duration::from_secs(5);
/// How long the end may take: a second is promised, the machine may be busy.
const END: Duration = Duration::from_secs(4);

/// What the peer saw, for whoever waits for it.
#[derive(Debug, Default)]
struct Seen {
    /// Routes announced to it, with each time that one was announced again.
    routes: AtomicU64,
    /// KEEPALIVEs it got.
    keepalives: AtomicU64,
    /// The last prefix of each of the last UPDATEs.
    last: Mutex<Vec<String>>,
    /// Why the session ended, if it did.
    end: Mutex<Option<String>>,
    over: AtomicBool,
}

/// A peer that runs on its own.
#[derive(Debug)]
pub(crate) struct Peer {
    seen: Arc<Seen>,
    /// What is to be sent.
    say: Sender<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    fn new(connection: Connection) -> Self {
        let seen = Arc::new(Seen::default());
        let (say, said): (Sender<Vec<u8>>, Receiver<Vec<u8>>) = channel();
        let (shared, answers) = (Arc::clone(&seen), say.clone());
        // A thread of its own writes, and ends with the connection: a daemon that does not read must not keep this peer from
        // listening.
        let mut writer = connection.stream().try_clone().unwrap();
        std::thread::spawn(move || {
            for octets in said {
                if writer.write_all(&octets).is_err() {
                    break;
                }
            }
        });
        let thread = std::thread::spawn(move || listen(connection, &shared, &answers));
        Self { seen, say, thread: Some(thread) }
    }

    /// Sends octets, in their turn, without waiting.
    pub(crate) fn say(&self, octets: Vec<u8>) {
        self.say.send(octets).unwrap();
    }

    pub(crate) fn routes(&self) -> u64 {
        self.seen.routes.load(Ordering::Relaxed)
    }

    #[track_caller]
    fn await_prefix(&self, prefix: &str) {
        until(prefix, || {
            self.alive();
            self.seen.last.lock().unwrap().iter().any(|last| last == prefix)
        });
    }

    /// Fails if the session ended.
    #[track_caller]
    pub(crate) fn alive(&self) {
        let end = self.seen.end.lock().unwrap();
        assert!(end.is_none(), "the session ended: {}", end.as_ref().unwrap());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.seen.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers KEEPALIVEs, counts routes, and watches the hold time.
fn listen(mut connection: Connection, seen: &Seen, answers: &Sender<Vec<u8>>) {
    let keepalive = yottabgp_testkit::bgp::frame(kind::KEEPALIVE, &[]);
    let mut heard = Instant::now();
    // Without KEEPALIVEs of its own it would be the peer that breaks the rules.
    let mut spoke = Instant::now();
    let end = |words: String| *seen.end.lock().unwrap() = Some(words);
    while !seen.over.load(Ordering::Relaxed) {
        if spoke.elapsed() > Duration::from_millis(900) {
            spoke = Instant::now();
            let _ = answers.send(keepalive.clone());
        }
        match connection.fill(Duration::from_millis(200)) {
            Ok(0) => return end("closed".to_owned()),
            Ok(_) => heard = Instant::now(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return end(error.to_string()),
        }
        // The slack is that of this thread, which may not run for a while either.
        if heard.elapsed() > Duration::from_secs(u64::from(HOLD_TIME)) + Duration::from_millis(500)
        {
            return end(format!("nothing for {:?}: the hold timer expired", heard.elapsed()));
        }
        loop {
            match connection.next_frame() {
                Ok(Some((kind::KEEPALIVE, _))) => {
                    seen.keepalives.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Some((kind::UPDATE, body))) => {
                    let update = Update::read(body);
                    seen.routes.fetch_add(update.announced.len() as u64, Ordering::Relaxed);
                    if let Some(prefix) = update.announced.last() {
                        let mut last = seen.last.lock().unwrap();
                        if last.len() > 100 {
                            last.drain(..50);
                        }
                        last.push(prefix.clone());
                    }
                }
                Ok(Some((kind::NOTIFICATION, body))) => {
                    return end(format!("NOTIFICATION {body:02X?}"));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return end(error.to_string()),
            }
        }
    }
}

/// Everything that is told to helpers.
pub(crate) const EVERYTHING: &str = "neighbor-changes; fsm; negotiated;
    receive { parsed; packets; open; update; keepalive; notification; refresh; }
    send { parsed; packets; open; update; keepalive; notification; refresh; }";

/// A daemon, its peer, the helper that behaves, and figures.
#[derive(Debug)]
pub(crate) struct Ring {
    name: &'static str,
    pub(crate) daemon: Daemon,
    pub(crate) peer: Peer,
    good: Helper,
    site: Site,
    /// The longest that the good helper waited for an answer.
    latency: Duration,
    asked: u32,
}

/// What a test's helper is: its program as a shell script, and what it is told of.
#[derive(Debug)]
pub(crate) struct Bad<'a> {
    /// Run by `/bin/sh`.
    pub(crate) script: &'a str,
    /// The rest of the neighbor's `api` section.
    pub(crate) told: &'a str,
}

impl Ring {
    /// Starts a daemon with such a helper, and waits for the session. `name` is that of the row of figures.
    pub(crate) fn new(name: &'static str, lab: Lab, bad: &Bad<'_>) -> Self {
        let site = Site::new(2);
        let run = script(&lab, "bad", bad.script);
        let good = Helper::new(&lab, "good");
        let text = format!("process bad {{ run {run}; encoder json; }}\n")
            + &good.section("good", "json")
            + &site.neighbor(&format!(
                "hold-time {HOLD_TIME}; family {{ ipv4 unicast; }}
                api bad {{ processes [ bad ]; {} }}
                api good {{ processes [ good ]; neighbor-changes; }}",
                bad.told
            ));
        let daemon = lab.start(&text);
        let mut open = open();
        open.hold_time = HOLD_TIME;
        let session = site.session_with(&open);
        let peer = Peer::new(session.0);
        good.state(0, "up");
        let (latency, asked) = (Duration::ZERO, 0);
        Self { name, daemon, peer, good, site, latency, asked }
    }

    /// The good helper asks and is answered; the session is up.
    #[track_caller]
    pub(crate) fn answers(&mut self) {
        let start = Instant::now();
        assert_eq!(self.good.tell("version").len(), 1);
        self.waited(start.elapsed());
    }

    /// The good helper announces a route, another one each time. Returns its prefix.
    #[track_caller]
    pub(crate) fn serves(&mut self) -> String {
        let start = Instant::now();
        self.asked += 1;
        let prefix = format!("198.51.{}.{}/32", self.asked >> 8 & 255, self.asked & 255);
        self.good.tell(&format!("announce route {prefix} next-hop 1.1.1.1"));
        self.waited(start.elapsed());
        prefix
    }

    #[track_caller]
    fn waited(&mut self, time: Duration) {
        assert!(time < LATENCY, "{}: a good helper waited {time:?}", self.name);
        self.latency = self.latency.max(time);
        self.peer.alive();
    }

    /// The same again and again until `done`.
    #[track_caller]
    pub(crate) fn serves_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + limit;
        while !done(self) {
            assert!(Instant::now() < end, "{}: in vain for {limit:?}", self.name);
            self.serves();
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Longer than the hold time, in which the good helper only asks: it is KEEPALIVEs that hold the session, unless the bad one
    /// announces. Then a route of the good one arrives.
    #[track_caller]
    pub(crate) fn serves_for_a_hold_time(&mut self) {
        let keepalives = |ring: &Self| ring.peer.seen.keepalives.load(Ordering::Relaxed);
        let (start, before) = (Instant::now(), (keepalives(self), self.peer.routes()));
        while start.elapsed() < Duration::from_millis(u64::from(HOLD_TIME) * 1000 + 700) {
            self.answers();
            std::thread::sleep(Duration::from_millis(20));
        }
        let after = (keepalives(self), self.peer.routes());
        assert!(after.0 >= before.0 + 2 || after.1 > before.1, "{}: {after:?}", self.name);
        let prefix = self.serves();
        self.peer.await_prefix(&prefix);
    }

    /// The most memory that the daemon ever had, in octets.
    pub(crate) fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.daemon.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Checks everything once more, ends the daemon, and prints the figures, a row of `docs/robustness.md`. `bound` is that of
    /// the memory, in MiB, `outcome` what becomes of the bad one.
    #[track_caller]
    pub(crate) fn end(mut self, bound: u64, outcome: &str) {
        let prefix = self.serves();
        self.peer.await_prefix(&prefix);
        let states = self.good.lines(0);
        assert!(
            !states.iter().any(|line| line.contains("\"down\"")),
            "{}: it went down",
            self.name
        );
        let children = descendants(self.daemon.pid());
        assert!(!children.is_empty());
        for (pid, state) in &children {
            assert_ne!(*state, 'Z', "{}: process {pid} is a zombie", self.name);
        }
        let peak = self.peak() >> 20;
        let (time, status) = self.daemon.terminate();
        println!(
            "\n| {} | {outcome} | {:.0} | {peak} | {bound} | {:.0} |",
            self.name,
            self.latency.as_secs_f64() * 1000.0,
            time.as_secs_f64() * 1000.0
        );
        assert!(status.success(), "{}: {status}", self.name);
        assert!(time < END, "{}: {time:?} from SIGTERM to the end", self.name);
        assert!(peak <= bound, "{}: {peak} MiB", self.name);
        // What was killed may take a moment to be gone.
        let left = || -> Vec<String> {
            let folder = self.daemon.lab.folder().display().to_string();
            children
                .iter()
                .map(|(pid, _)| {
                    fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default()
                })
                // Its number may be another's by now.
                .filter(|words| words.contains(&folder))
                .collect()
        };
        let gone = poll(END, || left().is_empty().then_some(()));
        assert!(gone.is_some(), "{}: left behind: {:?}", self.name, left());
        drop(self.site);
    }

    pub(crate) fn signal_bad(&self, pid: u32, signal: Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid.cast_signed()), signal).unwrap();
    }
}

/// The processes below one, with their states.
pub(crate) fn descendants(pid: u32) -> Vec<(u32, char)> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let mut fields = rest.split(' ');
        let state = fields.next().unwrap().chars().next().unwrap();
        let parent: u32 = fields.next().unwrap().parse().unwrap();
        all.push((pid, parent, state));
    }
    let mut found: BTreeSet<u32> = BTreeSet::from([pid]);
    loop {
        let before = found.len();
        found.extend(
            all.iter()
                .filter(|(_, parent, _)| found.contains(parent))
                .map(|row| row.0)
                .collect::<Vec<_>>(),
        );
        if found.len() == before {
            break;
        }
    }
    all.into_iter()
        .filter(|(other, _, _)| *other != pid && found.contains(other))
        .map(|(pid, _, state)| (pid, state))
        .collect()
}
