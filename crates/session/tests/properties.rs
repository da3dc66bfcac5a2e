//! Whatever happens in whatever order: no panic, nothing illegal is sent, events make sense, time goes on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::HashMap;
use std::sync::Arc;

use common::*;
use proptest::prelude::*;
use yottabgp_session::{Action, ConnectionId, Reset, Settings, State, StopReason};
use yottabgp_wire::codes::{Family, OperationalType};
use yottabgp_wire::message::operational::Operational;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Start,
    Stop(bool),
    Reset(bool),
    Teardown(u8, Option<String>),
    Connected,
    ConnectFailed,
    Incoming,
    Closed(usize),
    /// Octets on one of the connections.
    Octets(usize, Vec<u8>),
    Message(usize, usize),
    Pass(u64),
    Routes(u16),
    Refresh,
    Operational,
    EndOfRib,
    Unread(usize, bool),
    Writable(bool),
    Retry,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Start),
        1 => any::<bool>().prop_map(Step::Stop),
        1 => any::<bool>().prop_map(Step::Reset),
        1 => (any::<u8>(), proptest::option::of(".{0,300}")).prop_map(|(code, text)| Step::Teardown(code, text)),
        6 => Just(Step::Connected),
        2 => Just(Step::ConnectFailed),
        3 => Just(Step::Incoming),
        2 => (0..2_usize).prop_map(Step::Closed),
        1 => (0..2_usize, proptest::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(at, octets)| Step::Octets(at, octets)),
        1 => (0..2_usize, any::<u8>(), proptest::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(at, kind, body)| Step::Octets(at, raw(kind, &body))),
        30 => (0..2_usize, 0..24_usize).prop_map(|(at, message)| Step::Message(at, message)),
        4 => (0..200_000_u64).prop_map(Step::Pass),
        2 => (0..5000_u16).prop_map(Step::Routes),
        1 => Just(Step::Refresh),
        1 => Just(Step::Operational),
        1 => Just(Step::EndOfRib),
        1 => (0..2_usize, any::<bool>()).prop_map(|(at, unread)| Step::Unread(at, unread)),
        1 => any::<bool>().prop_map(Step::Writable),
        1 => Just(Step::Retry),
    ]
}

fn configured() -> impl Strategy<Value = Settings> {
    (any::<[bool; 8]>(), 0..4_u32, prop_oneof![Just(0), 3..200_u16], 0..20_u16).prop_map(
        |(
            [passive, auto, graceful, refresh, operational, manual, extended, high],
            attempts,
            hold_time,
            open_wait,
        )| {
            Settings {
                passive,
                local_as: if auto { None } else { settings().local_as },
                graceful_restart: graceful.then_some(120),
                route_refresh: refresh,
                operational,
                manual_eor: manual,
                extended_message: extended,
                router_id: if high { [10, 0, 0, 3].into() } else { [10, 0, 0, 1].into() },
                attempts,
                hold_time,
                open_wait,
                ..settings()
            }
        },
    )
}

/// Messages of a peer, good ones more often.
fn message(which: usize) -> Vec<u8> {
    let rich = Settings {
        route_refresh: true,
        operational: true,
        graceful_restart: Some(60),
        ..mirrored()
    };
    match which {
        0..=3 => octets(&open()),
        4..=6 => octets(&open_of(&rich)),
        7..=12 => keepalive(),
        13..=15 => withdraw(9),
        16 => raw(5, &[0, 1, 0, 1]),
        17 => raw(6, &[0, 1, 0, 4, 0, 1, 1, 65]),
        18 => notification(6, 2),
        19 => octets(&yottabgp_wire::message::open::Open { hold_time: 1, ..open() }),
        20 => raw(2, &[0, 0, 0, 0]),
        21 => raw(2, &[0, 0, 0, 4, 0x40, 1, 1, 9]),
        22 => raw(2, &[0, 9]),
        _ => octets(&open_with(7, |_| ())),
    }
}

/// What was sent on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Open,
    Keepalive,
    Notification,
}

/// Follows what comes out, and objects.
#[derive(Default)]
struct Judge {
    said: HashMap<u64, Said>,
    connected: bool,
    up: bool,
}

impl Judge {
    fn messages(&mut self, sent: Vec<(u64, Vec<u8>)>) {
        for (id, message) in sent {
            let legal = match (self.said.get(&id), message[18]) {
                (None, 1) => Some(Said::Open),
                (Some(Said::Open | Said::Keepalive), 4) => Some(Said::Keepalive),
                (Some(Said::Keepalive), 2 | 5 | 6) => Some(Said::Keepalive),
                (None | Some(Said::Open | Said::Keepalive), 3) => Some(Said::Notification),
                _ => None,
            };
            let said = self.said.get(&id);
            let legal = legal.unwrap_or_else(|| panic!("{} after {said:?}", describe(&message)));
            self.said.insert(id, legal);
        }
    }

    fn events(&mut self, told: Vec<String>) {
        for event in told {
            match event.as_str() {
                "connected" => {
                    assert!(!self.connected, "connected twice");
                    self.connected = true;
                }
                "up" => {
                    assert!(self.connected && !self.up);
                    self.up = true;
                }
                down if down.starts_with("down") => {
                    assert!(self.connected);
                    (self.connected, self.up) = (false, false);
                }
                _ => {}
            }
        }
    }
}

fn run(settings: Settings, steps: Vec<Step>) {
    let mut solo = Solo::new(settings.clone());
    let mut judge = Judge::default();
    let mut dialing: Option<u64> = None;
    let mut used = std::collections::HashSet::new();
    let at = |solo: &Solo, at: usize| solo.connections.get(at).map(|id| id.0);
    for step in steps {
        match step {
            Step::Start => solo.act(|peer, now, events| peer.start(now, events)),
            Step::Stop(removed) => {
                let reason = if removed { StopReason::Removed } else { StopReason::Shutdown };
                solo.act(|peer, now, events| peer.stop(now, reason, events));
                assert_eq!(solo.peer.state(), State::Idle);
                assert!(solo.connections.is_empty());
            }
            Step::Reset(changed) => {
                let reset = if changed {
                    Reset::Configuration(Arc::new(Settings { hold_time: 60, ..settings.clone() }))
                } else {
                    Reset::Administrative
                };
                solo.act(|peer, now, events| peer.reset(now, reset, events));
            }
            Step::Teardown(subcode, text) => {
                solo.act(|peer, now, events| peer.teardown(now, subcode, text.as_deref(), events));
            }
            Step::Connected => {
                if let Some(id) = dialing.take() {
                    solo.connected(id);
                }
            }
            Step::ConnectFailed => {
                if let Some(id) = dialing.take() {
                    solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(id), "refused"));
                }
            }
            Step::Incoming => {
                let id = solo.incoming();
                assert!(used.insert(id));
            }
            Step::Closed(which) => {
                if let Some(id) = at(&solo, which) {
                    solo.closed(id);
                }
            }
            Step::Octets(which, octets) => {
                if let Some(id) = at(&solo, which) {
                    let id = ConnectionId(id);
                    let consumed =
                        solo.act(|peer, now, events| peer.receive(now, id, &octets, events));
                    assert!(consumed <= octets.len());
                }
            }
            Step::Message(which, message_number) => {
                if let Some(id) = at(&solo, which) {
                    solo.receive(id, &message(message_number));
                }
            }
            Step::Pass(milliseconds) => {
                let end = solo.now + std::time::Duration::from_millis(milliseconds);
                while let Some(due) = solo.peer.poll_timeout().filter(|due| *due <= end) {
                    solo.now = solo.now.max(due);
                    solo.act(|peer, now, events| peer.handle_timeout(now, events));
                    assert!(
                        solo.peer.poll_timeout().is_none_or(|next| next > solo.now)
                            || !solo.done.is_empty(),
                        "time stands still"
                    );
                    judge.messages(std::mem::take(&mut solo.out));
                    let told = solo.events();
                    judge.events(told);
                }
                solo.now = end;
            }
            Step::Routes(count) => {
                solo.source.waiting.extend((0..count).map(|_| withdraw(1)));
                solo.act(|_, _, _| ());
            }
            Step::Refresh => {
                let family = Family::IPV4_UNICAST;
                let _ = solo.act(|peer, now, events| peer.refresh(now, family, events));
            }
            Step::Operational => {
                let message = Operational::Query {
                    kind: OperationalType::RPCQ,
                    family: Family::IPV4_UNICAST,
                    router_id: None,
                    sequence: None,
                };
                let _ = solo.act(|peer, now, events| peer.operational(now, message, events));
            }
            Step::EndOfRib => {
                let _ = solo.peer.end_of_rib(Family::IPV4_UNICAST);
                solo.act(|_, _, _| ());
            }
            Step::Unread(which, unread) => {
                if let Some(id) = at(&solo, which) {
                    solo.peer.unread(ConnectionId(id), unread);
                }
            }
            Step::Writable(writable) => solo.writable = writable,
            Step::Retry => solo.act(|peer, now, events| peer.retry_now(now, events)),
        }
        judge.messages(std::mem::take(&mut solo.out));
        let told = solo.events();
        judge.events(told);
        for action in std::mem::take(&mut solo.done) {
            match action {
                Action::Connect(ConnectionId(id)) => {
                    assert_eq!(dialing, None, "two dials at once");
                    assert!(used.insert(id));
                    dialing = Some(id);
                }
                Action::Close(ConnectionId(id)) if dialing == Some(id) => dialing = None,
                Action::Close(_) | Action::Finished => {}
            }
        }
        assert!(solo.connections.len() <= 2, "{:?}", solo.connections);
        assert_eq!(solo.peer.state() == State::Established, judge.up);
        assert_eq!(judge.connected, !solo.connections.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_confuses_a_peer(
        settings in configured(),
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        run(settings, steps);
    }
}
