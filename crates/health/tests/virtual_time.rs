//! Services in virtual time: days of flapping pass in a moment, with a daemon that takes their commands into a table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use yottabgp_health::service::Step;
use yottabgp_health::{Action, Files, Options, Service, State, table};
use yottabgp_wire::prefix::Prefix;

/// The world of a service: its clock, its daemon, its addresses.
struct World {
    now: Duration,
    service: Service,
    /// What is announced.
    routes: BTreeMap<String, String>,
    /// Commands that were sent, with their time.
    sent: Vec<(Duration, String)>,
    /// How long the daemon takes to answer; `None` if it never does.
    answers_in: Option<Duration>,
    /// Answers under way.
    answers: Vec<(Duration, &'static str)>,
    addresses: bool,
    states: Vec<(Duration, State)>,
    steps: Vec<String>,
    /// When checks were started.
    checks: Vec<Duration>,
    /// The check that runs: its number, its end, its result.
    running: Option<(u64, Duration, bool)>,
    files: Files,
    ended: bool,
}

fn options(words: &str) -> Options {
    let mut options = Options::default();
    for word in words.split(';').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, value) = match word.split_once(' ') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        table::find(name).unwrap().set(&mut options, value).unwrap();
    }
    options.check().unwrap();
    options
}

impl World {
    fn new(words: &str) -> Self {
        let options = options(words);
        let prefixes: Vec<Prefix> = options.prefixes(&options.ips).unwrap();
        Self {
            now: Duration::ZERO,
            addresses: options.sets_up_addresses(),
            service: Service::new(options, &prefixes, true, 1, Duration::ZERO),
            routes: BTreeMap::new(),
            sent: Vec::new(),
            answers_in: Some(Duration::ZERO),
            answers: Vec::new(),
            states: Vec::new(),
            steps: Vec::new(),
            checks: Vec::new(),
            running: None,
            files: Files::default(),
            ended: false,
        }
    }

    /// Does what is to be done. `check` says how long a check that starts now takes, and its result.
    fn act(&mut self, check: &mut dyn FnMut(Duration) -> (Duration, bool)) {
        loop {
            let actions = self.service.actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                assert!(!self.ended, "{action:?} after the end");
                match action {
                    Action::Check(id) => {
                        assert_eq!(self.running, None, "two checks at once");
                        self.checks.push(self.now);
                        let (takes, healthy) = check(self.now);
                        self.running = Some((id, self.now + takes, healthy));
                    }
                    Action::Kill(id) => {
                        assert_eq!(self.running.take().map(|(running, ..)| running), Some(id));
                    }
                    Action::Send(line) => self.take(line),
                    Action::AddAddresses => self.addresses = true,
                    Action::RemoveAddresses => {
                        assert!(self.addresses, "removed twice");
                        self.addresses = false;
                    }
                    Action::Step(step) => {
                        if let Step::Entered(state) = step {
                            self.states.push((self.now, state));
                        }
                        self.steps.push(format!("{} {}", step.state(), step.name()));
                    }
                    Action::End => self.ended = true,
                    Action::Execute { .. } | Action::Log(..) => {}
                }
            }
        }
    }

    fn take(&mut self, line: String) {
        let command = line.strip_prefix("neighbor * ").unwrap().to_owned();
        let words: Vec<&str> = command.split(' ').collect();
        match words[0] {
            "announce" => {
                let Options { dynamic_ip_setup: dynamic, withdraw_on_down: withdraw, .. } =
                    *self.service.options();
                // Announced although they are gone: as with ExaBGP, if both is asked for.
                let gone = dynamic && !withdraw && self.service.state() != State::Up;
                let setup = self.service.options().sets_up_addresses();
                assert!(self.addresses || gone || !setup, "{line}");
                self.routes.insert(words[2].to_owned(), command.clone());
            }
            "withdraw" => _ = self.routes.remove(words[2]),
            other => panic!("{other}"),
        }
        if let Some(delay) = self.answers_in {
            self.answers.push((self.now + delay, "done"));
        }
        self.sent.push((self.now, line));
    }

    /// Lets time go by.
    fn run(&mut self, until: Duration, check: &mut dyn FnMut(Duration) -> (Duration, bool)) {
        loop {
            self.act(check);
            let wake = self.service.wake();
            let running = self.running.map(|(_, end, _)| end);
            let answer = self.answers.first().map(|(at, _)| *at);
            let next = [wake, running, answer].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            if answer.is_some_and(|at| at <= self.now) {
                let (_, line) = self.answers.remove(0);
                self.service.heard(self.now, line);
            } else if running.is_some_and(|end| end <= self.now) {
                let (id, _, healthy) = self.running.take().unwrap();
                self.service.checked(self.now, id, healthy);
            } else {
                self.service.advance(self.now, self.files);
            }
        }
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A small generator, so that every run is the same.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn two_days_of_flapping_leave_nothing_behind() {
    let mut world = World::new(
        "command true; interval 5; fast-interval 1; rise 3; fall 3; debounce; withdraw-on-down; \
         ip 192.0.2.1; ip 192.0.2.2; ip 2001:db8::1; dynamic-ip-setup",
    );
    let two_days = seconds(48 * 3600);
    let mut dice = 42;
    let (mut healthy, mut left) = (true, 20);
    let mut check = |_: Duration| {
        left -= 1;
        if left <= 0 {
            healthy = !healthy;
            left = i64::try_from(random(&mut dice) % 12).unwrap() + 1;
        }
        (Duration::from_millis(random(&mut dice) % 900), healthy)
    };
    world.run(two_days, &mut check);

    // No drift: checks start at full seconds, one or five after the one before.
    assert!(world.checks.iter().all(|at| at.subsec_nanos() == 0));
    let gaps = world.checks.windows(2).map(|pair| (pair[1] - pair[0]).as_secs());
    assert!(gaps.into_iter().all(|gap| gap == 1 || gap == 5));
    assert!(world.checks.len() > 48 * 3600 / 5, "{}", world.checks.len());

    // Nothing is said twice in a row, and the states alternate.
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for (at, line) in &world.sent {
        let prefix = line.split(' ').nth(4).unwrap().to_owned();
        let before = last.insert(prefix, line.clone());
        assert_ne!(before.as_ref(), Some(line), "{at:?}");
    }
    let told: Vec<State> =
        world.states.iter().map(|(_, state)| *state).filter(|state| state.is_told()).collect();
    // A service that fell and got up again before it was down is up once more, and nothing is said of it.
    let mut changes = told.clone();
    changes.dedup();
    assert!(changes.len() > 1000, "{}", changes.len());
    assert_eq!(world.sent.len(), 3 * changes.len());

    // Nothing piles up.
    assert_eq!((world.service.targets().len(), world.service.targets().awaited()), (3, 0));
    let is_up = told.last() == Some(&State::Up);
    assert_eq!(world.routes.len(), if is_up { 3 } else { 0 });
    assert_eq!(world.addresses, is_up);

    world.service.stop(world.now);
    world.run(two_days + seconds(5), &mut check);
    assert!(world.ended && world.routes.is_empty() && !world.addresses);
}

#[test]
fn a_check_that_takes_longer_than_its_interval_skips_turns_and_does_not_drift() {
    let mut world = World::new("command slow; interval 5; ip 192.0.2.1; no-ip-setup; rise 1");
    world.run(seconds(100), &mut |_| (Duration::from_millis(5300), true));
    assert!(world.states.iter().all(|(_, state)| *state != State::Up), "the timeout is 5 s");
    let mut world =
        World::new("command slow; interval 5; timeout 0; ip 192.0.2.1; no-ip-setup; rise 1");
    world.run(seconds(100), &mut |_| (Duration::from_millis(7300), true));
    let starts: Vec<u64> = world.checks.iter().map(Duration::as_secs).collect();
    assert_eq!(starts, (0..=10).map(|turn| turn * 10).collect::<Vec<_>>());
}

#[test]
fn a_check_that_hangs_is_killed_and_counts_as_failed() {
    let mut world =
        World::new("command hang; ip 192.0.2.1; no-ip-setup; fall 2; timeout 2; withdraw-on-down");
    world.run(seconds(10), &mut |_| (seconds(1_000_000), true));
    // Killed at 2 s, the next one started at once at 2 s (the turn of 1 s is over), killed at 4 s.
    assert_eq!(world.states[..2], [(seconds(2), State::Falling), (seconds(5), State::Down)]);
}

#[test]
fn a_service_is_drained_step_by_step() {
    let mut world =
        World::new("command true; ip 192.0.2.1; rise 1; drain-time 30; drain /run/drain");
    let mut well = |_: Duration| (Duration::ZERO, true);
    world.run(seconds(12), &mut well);
    assert_eq!(world.routes["192.0.2.1/32"], "announce route 192.0.2.1/32 next-hop self med 100");
    world.steps.clear();
    world.files.drain = true;
    world.run(seconds(16), &mut well);
    assert_eq!(
        world.routes["192.0.2.1/32"],
        "announce route 192.0.2.1/32 next-hop self med 500 community [ 65535:0 ]"
    );
    assert!(world.addresses);
    world.answers_in = Some(Duration::from_millis(300));
    world.run(Duration::from_millis(45_200), &mut well);
    assert!(world.routes.is_empty() && world.addresses, "withdrawn, not acknowledged yet");
    world.run(seconds(100), &mut well);
    assert!(!world.addresses);
    assert_eq!(
        world.steps,
        ["DRAINING state", "DRAINED state", "DRAINED withdrawn", "DRAINED addresses-removed"]
    );
    world.files.drain = false;
    world.run(seconds(110), &mut well);
    assert!(world.addresses);
    assert_eq!(world.routes["192.0.2.1/32"], "announce route 192.0.2.1/32 next-hop self med 100");
}

#[test]
fn one_that_dies_while_it_is_drained_is_withdrawn_at_once() {
    let mut world = World::new("command true; ip 192.0.2.1; rise 1; fall 1; drain-time 1000");
    world.run(seconds(2), &mut |_| (Duration::ZERO, true));
    world.service.ask_drain(world.now, true);
    world.run(seconds(20), &mut |_| (Duration::ZERO, false));
    assert!(world.routes.is_empty() && !world.addresses);
    assert_eq!(world.service.state(), State::Drained);
    world.service.ask_drain(world.now, false);
    world.run(seconds(30), &mut |_| (Duration::ZERO, true));
    assert_eq!(world.service.state(), State::Up);
}

#[test]
fn flaps_are_damped_if_they_are_to_be() {
    let mut world = World::new(
        "command true; ip 192.0.2.1; no-ip-setup; rise 1; fall 1; interval 1; withdraw-on-down; \
         flap-limit 3; flap-window 600",
    );
    let mut turn = 0;
    world.run(seconds(3600), &mut |_| {
        turn += 1;
        (Duration::ZERO, turn % 2 == 1)
    });
    let downs: Vec<Duration> =
        world.states.iter().filter(|(_, state)| *state == State::Down).map(|(at, _)| *at).collect();
    let ups = world.states.iter().filter(|(_, state)| *state == State::Up).count();
    assert!((15..=20).contains(&ups), "{ups}: three in ten minutes");
    assert!(!downs.is_empty());
}

#[test]
fn addresses_go_when_the_daemon_does() {
    let mut world = World::new("command true; ip 192.0.2.1; rise 1");
    world.run(seconds(2), &mut |_| (Duration::ZERO, true));
    world.service.hang_up();
    world.act(&mut |_| panic!("no more checks"));
    assert!(world.ended && !world.addresses);
    assert_eq!(world.service.wake(), None);
}

#[test]
fn the_end_does_not_wait_for_a_daemon_that_hangs() {
    let mut world = World::new("command hang; ip 192.0.2.1; rise 1; fall 1");
    world.run(seconds(2), &mut |_| (Duration::ZERO, true));
    world.answers_in = None;
    world.service.stop(world.now);
    world.run(seconds(3), &mut |_| panic!("no more checks"));
    assert!(!world.ended && world.addresses, "the withdrawal may still be acknowledged");
    world.run(seconds(5), &mut |_| panic!("no more checks"));
    assert!(world.ended && !world.addresses);
}

#[test]
fn an_interval_of_zero_ends_after_the_announcement_and_leaves_it() {
    let mut world = World::new("command true; ip 192.0.2.1; interval 0; rise 2");
    world.run(seconds(10), &mut |_| (Duration::ZERO, true));
    assert!(world.ended && world.addresses);
    assert_eq!(world.routes.len(), 1);
}

#[test]
fn a_change_of_options_touches_only_what_changed() {
    let mut world =
        World::new("command true; ip 192.0.2.1; ip 192.0.2.2; no-ip-setup; rise 1; increase 0");
    let mut well = |_: Duration| (Duration::ZERO, true);
    world.run(seconds(2), &mut well);
    world.sent.clear();
    let new = options("command true; ip 192.0.2.2; ip 192.0.2.3; no-ip-setup; rise 1; increase 0");
    let prefixes = new.prefixes(&new.ips).unwrap();
    world.service.change(world.now, new, &prefixes);
    world.run(seconds(3), &mut well);
    let lines: Vec<&str> = world.sent.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "neighbor * announce route 192.0.2.3/32 next-hop self med 100",
            "neighbor * withdraw route 192.0.2.1/32 next-hop self",
        ]
    );
}

#[test]
fn the_last_withdrawal_waits_for_no_answer() {
    let mut world = World::new("command true; ip 192.0.2.1; no-ip-setup; rise 1");
    world.answers_in = None;
    let mut well = |_: Duration| (Duration::ZERO, true);
    world.run(seconds(2), &mut well);
    world.service.ask_drain(world.now, true);
    world.run(seconds(4), &mut well);
    world.service.ask_drain(world.now, false);
    world.run(seconds(30), &mut well);
    world.service.stop(world.now);
    world.run(seconds(60), &mut well);
    assert!(world.ended && world.routes.is_empty(), "{:?}", world.sent);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: routes are there only when the addresses are, no check runs beside another, the
    /// withdrawn stay withdrawn, and in the end nothing is left.
    #[test]
    fn whatever_happens_nothing_is_left(
        events in proptest::collection::vec((0_u8..8, 0_u64..20_000, any::<bool>()), 1..80),
        withdraw in any::<bool>(),
        dynamic in any::<bool>(),
    ) {
        let words = format!(
            "command x; ip 192.0.2.1; ip 2001:db8::/127; rise 2; fall 2; drain-time 7; jitter 0.5; {} {}",
            if withdraw { "withdraw-on-down;" } else { "" },
            if dynamic { "dynamic-ip-setup;" } else { "" },
        );
        let mut world = World::new(&words);
        let mut until = Duration::ZERO;
        for (event, length, flag) in events {
            match event {
                0 => world.files.disable = flag,
                1 => world.files.drain = flag,
                2 => world.service.ask_drain(world.now, flag),
                3 => world.answers_in = flag.then_some(Duration::from_millis(length)),
                4 => world.service.block(world.now, flag),
                5 => world.service.announce_again(world.now),
                6 => world.service.heard(world.now, "error: of something else"),
                _ => {}
            }
            until += Duration::from_millis(length);
            world.run(until, &mut |_| (Duration::from_millis(length), flag));
            prop_assert!(world.service.targets().awaited() <= 2);
            prop_assert_eq!(world.service.targets().len(), 2);
        }
        world.service.stop(world.now);
        world.run(until + seconds(10), &mut |_| (Duration::ZERO, true));
        prop_assert!(world.ended);
        prop_assert!(!world.addresses);
        if !world.service.targets().blocked && world.answers_in.is_some() && world.service.targets().awaited() == 0 {
            prop_assert!(world.routes.is_empty(), "{:?}", world.routes);
        }
    }
}
