//! What keeps others from having their turn: work on a million routes, while other peers wait for their KEEPALIVEs.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{frame, kind};
use yottabgp_testkit::crowd::{Crowd, Way};
use yottabgp_testkit::wait::poll;

use crate::cost::number;
use crate::field::{Kind, neighbors, open};
use crate::support::{Daemon, Lab};
use crate::usage::{memory, processor};

/// UPDATEs that announce so many routes, six or seven with each set of attributes.
pub(crate) fn updates(routes: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut number = 0;
    let mut set = 0u32;
    while number < routes {
        set += 1;
        let [_, a, b, c] = set.to_be_bytes();
        // ORIGIN, AS_PATH of three, NEXT_HOP, COMMUNITIES.
        let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2, 14, 2, 3, 0, 0, 0xFD, 0xEA, 0, 0, a, b];
        attributes.extend_from_slice(&[0, 0, 0x10, c, 0x40, 3, 4, 127, 1, 0, 1]);
        attributes.extend_from_slice(&[0xC0, 8, 4, 0xFD, 0xEA, b, c]);
        let mut body = vec![0, 0, 0, u8::try_from(attributes.len()).unwrap()];
        body.extend_from_slice(&attributes);
        for _ in 0..(6 + set % 2).min(routes - number) {
            let [_, a, b, c] = number.to_be_bytes();
            body.extend_from_slice(&[24, a + 1, b, c]);
            number += 1;
        }
        out.extend_from_slice(&frame(kind::UPDATE, &body));
    }
    out
}

fn routes(count: u32) -> String {
    let mut text = String::from("static {\n");
    for number in 0..count {
        let [_, a, b, c] = number.to_be_bytes();
        writeln!(text, "route {}.{b}.{c}.0/24 next-hop 1.1.1.1 med {};", a + 20, number % 100)
            .unwrap();
    }
    text + "}\n"
}

/// A daemon with a peer that has much to do, and others that watch.
struct Scene {
    daemon: Daemon,
    heavy: Crowd,
    others: Crowd,
    routes: u32,
    log: usize,
    since: Instant,
    spent: Duration,
}

const OTHERS: usize = 20;

impl Scene {
    fn start(count: u32) -> Self {
        let heavy = Crowd::start(0..1, &open(180), Way::Wait);
        let others = Crowd::start(1..1 + OTHERS, &open(3), Way::Wait);
        let families = "family { ipv4 unicast; }";
        let text = neighbors(
            Kind::Called,
            1..1 + OTHERS,
            others.port(),
            &format!("hold-time 3; {families}"),
        ) + &neighbors(
            Kind::Called,
            0..1,
            heavy.port(),
            &format!("{families} {}", routes(count)),
        );
        let daemon = Lab::new().with("log_level", "DEBUG").start(&text);
        let since = Instant::now();
        let scene =
            Self { daemon, heavy, others, routes: count, log: 0, since, spent: Duration::ZERO };
        scene.await_table(0);
        scene
    }

    /// Waits until the peer has the table, after so many End-of-RIB markers.
    fn await_table(&self, before: u64) {
        let done = poll(Duration::from_secs(120), || {
            (self.heavy.story(0).ends_of_rib > before).then_some(())
        });
        assert!(done.is_some(), "{:?}", self.heavy.story(0));
    }

    /// What was noticed since the last time.
    fn tell(&mut self, what: &str) {
        // KEEPALIVEs that are late come now.
        std::thread::sleep(Duration::from_millis(1500));
        let spent = processor(self.daemon.pid());
        let silence =
            self.others.stories().iter().map(|story| story.longest_silence).max().unwrap();
        let ended: u32 = self.others.stories().iter().map(|story| story.ended).sum();
        println!(
            "{what}: {:.1} s, {:.2} s of processor time, {} MiB; longest silence {} ms, {ended} ended",
            self.since.elapsed().as_secs_f64(),
            (spent - self.spent).as_secs_f64(),
            memory(self.daemon.pid()).now >> 20,
            silence.as_millis()
        );
        let log = self.daemon.log();
        let long = log[self.log..]
            .lines()
            .filter(|line| line.contains("long turn") || line.contains(" ms late"));
        let lines: Vec<&str> =
            long.map(|line| line.split_once("reactor").unwrap().1.trim()).collect();
        for kind in ["long turn", "late"] {
            let mut lines: Vec<&str> =
                lines.iter().copied().filter(|line| line.contains(kind)).collect();
            lines.sort_by_key(|line| {
                let (before, _) = line.rsplit_once(" ms").unwrap();
                std::cmp::Reverse(before.rsplit_once(' ').unwrap().1.parse::<u32>().unwrap_or(0))
            });
            for line in lines.iter().take(3) {
                println!("    {line} ({} of these)", lines.len());
            }
        }
        self.log = log.len();
        self.since = Instant::now();
        self.spent = processor(self.daemon.pid());
        self.others.forget_silence();
    }

    /// Asks through the control socket, and reads all of the answer.
    fn ask(&self, lines: &str, ends: usize) -> usize {
        let mut stream = UnixStream::connect(self.daemon.lab.path("control")).unwrap();
        let text = lines.to_owned();
        let mut writer = stream.try_clone().unwrap();
        let writing = std::thread::spawn(move || writer.write_all(text.as_bytes()).unwrap());
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut buffer = vec![0; 1 << 20];
        let (mut total, mut seen, mut tail) = (0, 0, Vec::new());
        while seen < ends {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0);
            total += count;
            tail.extend_from_slice(&buffer[..count]);
            let whole = tail.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
            seen += tail[..whole]
                .split(|octet| *octet == b'\n')
                .filter(|line| *line == b"done" || *line == b"error")
                .count();
            tail.drain(..whole);
        }
        writing.join().unwrap();
        total
    }
}

#[test]
#[ignore = "a measurement"]
fn stalls() {
    let count = u32::try_from(number("ROUTES", 1_000_000)).unwrap();
    let mut scene = Scene::start(count);
    scene.tell("started with its routes");
    let before = scene.heavy.story(0).ends_of_rib;
    scene.heavy.close(0);
    scene.await_table(before);
    scene.tell("bounced");
    scene.heavy.send(0, updates(scene.routes));
    let read = poll(Duration::from_secs(120), || (scene.heavy.story(0).unsent == 0).then_some(()));
    assert!(read.is_some());
    scene.tell("announced as many");
    println!("{} octets", scene.ask("show adj-rib out\n", 1));
    scene.tell("shown, out");
    println!("{} octets", scene.ask("show adj-rib in\n", 1));
    scene.tell("shown, in");
    println!("{} octets", scene.ask("show adj-rib in ipv6 unicast\n", 1));
    scene.tell("shown, of a family without routes");
    println!(
        "{} octets",
        scene.ask("show neighbor summary\nshow neighbor extensive\nshow neighbor json\n", 3)
    );
    scene.tell("neighbors shown");
    scene.daemon.signal(Signal::SIGUSR1);
    let done = poll(Duration::from_secs(60), || {
        scene.daemon.log()[scene.log..].contains("was reloaded").then_some(())
    });
    assert!(done.is_some());
    scene.tell("reloaded, the same");
    scene.ask("flush adj-rib out\n", 1);
    scene.tell("flushed");
    let mut group = String::from("group start\n");
    for number in 0..100_000u32 {
        let [_, a, b, c] = number.to_be_bytes();
        writeln!(
            group,
            "announce route {}.{b}.{c}.0/24 next-hop 1.1.1.1 med {}",
            a + 100,
            number % 100
        )
        .unwrap();
    }
    group += "group end\n";
    scene.ask(&group, 1);
    scene.tell("a group of 100,000");
    scene.ask("clear adj-rib in\n", 1);
    scene.tell("received routes cleared");
    scene.heavy.send(0, updates(scene.routes));
    poll(Duration::from_secs(120), || (scene.heavy.story(0).unsent == 0).then_some(()));
    scene.tell("announced again");
    scene.heavy.close(0);
    scene.tell("down with routes in both tables");
    scene.ask("clear adj-rib out\n", 1);
    scene.tell("cleared");
    scene.daemon.signal(Signal::SIGUSR1);
    let done = poll(Duration::from_secs(60), || {
        scene.daemon.log()[scene.log..].contains("was reloaded").then_some(())
    });
    assert!(done.is_some());
    scene.tell("reloaded, all new");
    scene.heavy.send(0, updates(scene.routes));
    poll(Duration::from_secs(120), || (scene.heavy.story(0).unsent == 0).then_some(()));
    let (time, status) = scene.daemon.terminate();
    println!("the end: {} ms, {status}", time.as_millis());
}
