//! Two connections between the same two speakers (RFC 4271 section 6.8, RFC 6286, RFC 4724 section 5).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::net::Ipv4Addr;

use common::lab::Lab;
use common::*;
use yottabgp_session::{Settings, State};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::message::open::Open;

/// Ours is 10.0.0.1 and lower, or 10.0.0.3 and higher than the peer's 10.0.0.2.
fn low() -> Settings {
    settings()
}

fn high() -> Settings {
    Settings { router_id: Ipv4Addr::new(10, 0, 0, 3), ..settings() }
}

/// Both connections in OpenSent: 1 is ours, 2 the peer's.
fn crossed(settings: Settings) -> Solo {
    let mut solo = Solo::open_sent(settings);
    assert_eq!(solo.incoming(), 2);
    assert_eq!(solo.sent_on(), ["1: OPEN", "2: OPEN"]);
    solo.events();
    solo
}

const LOST: &str =
    "down - closing outgoing connection as we have another incoming on with higher router-id";

#[test]
fn the_connection_of_the_higher_identifier_stays() {
    for (settings, first, second, loser) in
        [(low(), 1, 2, 1), (low(), 2, 1, 1), (high(), 1, 2, 2), (high(), 2, 1, 2)]
    {
        let mut solo = crossed(settings);
        solo.receive(first, &octets(&open()));
        assert_eq!(solo.sent_on(), [format!("{first}: KEEPALIVE")]);
        solo.receive(second, &octets(&open()));
        assert_eq!(solo.actions(), [format!("close {loser}")]);
        let winner = 3 - loser;
        let mut sent = solo.sent_on();
        sent.sort();
        let mut expected = vec![format!("{loser}: NOTIFICATION 6/7")];
        if winner == second {
            expected.push(format!("{winner}: KEEPALIVE"));
        }
        expected.sort();
        assert_eq!(sent, expected);
        solo.receive(winner, &keepalive());
        assert_eq!(solo.peer.connection().map(|id| id.0), Some(winner));
    }
}

#[test]
fn between_equal_identifiers_the_larger_as_counts() {
    for (local_as, loser) in [(Asn(65001), 1), (Asn(65003), 2)] {
        let shared = Settings {
            local_as: Some(local_as),
            router_id: Ipv4Addr::new(10, 0, 0, 2),
            ..settings()
        };
        let mut solo = crossed(shared);
        solo.receive(1, &octets(&open()));
        solo.receive(2, &octets(&open()));
        assert_eq!(solo.actions(), [format!("close {loser}")]);
    }
}

#[test]
fn identifiers_are_numbers_and_not_text() {
    let ours = Settings { router_id: Ipv4Addr::new(9, 0, 0, 200), ..settings() };
    let mut solo = crossed(ours);
    solo.receive(1, &octets(&open()));
    solo.receive(2, &octets(&open()));
    assert_eq!(solo.actions(), ["close 1"]);
}

#[test]
fn the_winner_takes_over_in_the_events() {
    let mut solo = crossed(low());
    solo.receive(1, &octets(&open()));
    solo.events();
    solo.receive(2, &octets(&open()));
    assert_eq!(
        solo.events(),
        [
            "receive open",
            "send notification",
            LOST,
            "IDLE",
            "connected",
            "ACTIVE",
            "IDLE",
            "CONNECT",
            "OPENSENT",
            "negotiated",
            "OPENCONFIRM",
            "send keepalive"
        ]
    );
    solo.receive(2, &keepalive());
    assert_eq!(solo.events(), ["receive keepalive", "ESTABLISHED", "up", "send update"]);
}

#[test]
fn a_loser_that_nobody_heard_of_goes_quietly() {
    let mut solo = crossed(high());
    solo.receive(1, &octets(&open()));
    solo.events();
    solo.receive(2, &octets(&open()));
    assert_eq!(solo.events(), ["receive open", "send notification"]);
    solo.receive(1, &keepalive());
    assert_eq!(solo.events(), ["receive keepalive", "ESTABLISHED", "up", "send update"]);
}

#[test]
fn a_connection_that_is_established_first_ends_the_other() {
    let mut solo = crossed(low());
    solo.receive(2, &[octets(&open()), keepalive()].concat());
    assert_eq!(solo.actions(), ["close 1"]);
    let events = solo.events();
    let position = |what: &str| events.iter().position(|event| event == what).unwrap();
    assert!(position(LOST) < position("connected"));
    assert!(position("connected") < position("ESTABLISHED"));
    assert_eq!(events.iter().filter(|event| *event == "negotiated").count(), 1);
    // The other way round, too.
    let mut solo = crossed(low());
    solo.receive(1, &[octets(&open()), keepalive()].concat());
    assert_eq!(solo.actions(), ["close 2"]);
    assert!(!solo.events().contains(&LOST.to_owned()));
}

#[test]
fn when_one_connection_breaks_the_other_goes_on() {
    let mut solo = crossed(low());
    solo.closed(1);
    assert_eq!(
        solo.events(),
        [
            "down - the peer closed the connection",
            "IDLE",
            "connected",
            "ACTIVE",
            "IDLE",
            "CONNECT",
            "OPENSENT"
        ]
    );
    assert_eq!(solo.peer.poll_timeout(), Some(solo.start + seconds(60)), "no dial meanwhile");
    solo.receive(2, &[octets(&open()), keepalive()].concat());
    assert_eq!(solo.peer.state(), State::Established);
    let mut solo = crossed(low());
    solo.closed(2);
    assert_eq!(solo.events(), Vec::<String>::new());
}

#[test]
fn in_open_confirm_the_identifiers_are_known_when_the_peer_connects() {
    let mut solo = Solo::open_confirm(high(), &open());
    solo.sent();
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: NOTIFICATION 6/7")]);
    let mut solo = Solo::open_confirm(low(), &open());
    solo.sent();
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: OPEN")]);
    solo.receive(id, &octets(&open()));
    assert_eq!(solo.actions(), ["close 1"]);
}

#[test]
fn an_established_session_is_not_disturbed() {
    let mut solo = Solo::established(low());
    solo.pass(seconds(60));
    solo.receive(1, &keepalive());
    solo.events();
    solo.sent();
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: NOTIFICATION 6/7")]);
    assert_eq!(solo.actions(), [format!("close {id}")]);
    assert_eq!(solo.events(), ["send notification"]);
    assert_eq!(solo.peer.connection().map(|id| id.0), Some(1));
}

#[test]
fn with_graceful_restart_a_new_connection_replaces_the_session() {
    let graceful = Settings { graceful_restart: Some(120), ..low() };
    let mut solo = Solo::established(graceful.clone());
    solo.pass(seconds(10));
    solo.sent();
    solo.events();
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: OPEN")], "nothing is said on the old connection");
    assert_eq!(
        solo.events()[..3],
        ["down - the peer restarted: it has made a new connection", "IDLE", "connected"]
    );
    // Right after the start it is a collision with the connection that we made.
    let mut solo = Solo::established(graceful.clone());
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: NOTIFICATION 6/7")]);
    // Not with one that the peer made: it would not make another.
    let mut solo = Solo::new(Settings { passive: true, ..graceful });
    solo.act(|peer, now, events| peer.start(now, events));
    let theirs = open_of(&Settings { graceful_restart: Some(120), ..mirrored() });
    let id = solo.incoming();
    solo.receive(id, &[octets(&theirs), keepalive()].concat());
    assert_eq!(solo.peer.state(), State::Established);
    solo.sent();
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: OPEN")]);
}

#[test]
fn a_later_connection_of_the_peer_replaces_one_that_said_nothing() {
    let mut solo = Solo::new(Settings { passive: true, ..low() });
    solo.act(|peer, now, events| peer.start(now, events));
    assert_eq!((solo.incoming(), solo.incoming()), (1, 2));
    assert_eq!(solo.sent_on(), ["1: OPEN", "1: NOTIFICATION 6/7", "2: OPEN"]);
    solo.receive(2, &octets(&open()));
    solo.sent();
    // One whose OPEN has come is kept.
    assert_eq!(solo.incoming(), 3);
    assert_eq!(solo.sent_on(), ["3: NOTIFICATION 6/7"]);
    solo.receive(2, &keepalive());
    assert_eq!(solo.peer.state(), State::Established);
}

#[test]
fn a_dial_ends_when_the_peer_is_there() {
    let mut solo = Solo::dialing(low());
    let id = solo.incoming();
    assert_eq!(solo.actions(), Vec::<String>::new());
    solo.receive(id, &octets(&open()));
    assert_eq!(solo.actions(), ["close 1"]);
    // A driver that had just connected is not heard.
    solo.connected(1);
    assert_eq!(solo.sent_on(), [format!("{id}: OPEN"), format!("{id}: KEEPALIVE")]);
}

#[test]
fn a_dial_that_is_up_first_collides_in_the_usual_way() {
    let mut solo = Solo::dialing(low());
    let id = solo.incoming();
    solo.connected(1);
    solo.receive(1, &octets(&open()));
    solo.receive(id, &octets(&open()));
    assert_eq!(solo.actions(), ["close 1"]);
}

#[test]
fn a_stop_ends_both_and_lets_neither_take_over() {
    let mut solo = crossed(low());
    let stop = yottabgp_session::StopReason::Removed;
    solo.act(|peer, now, events| peer.stop(now, stop, events));
    assert_eq!(
        solo.events(),
        ["send notification", "send notification", "down - stop, message [removed]", "IDLE"]
    );
    assert_eq!(solo.actions(), ["close 2", "close 1", "finished"]);
}

#[test]
fn an_open_that_is_refused_leaves_the_other_connection_alone() {
    let mut solo = crossed(low());
    solo.receive(1, &octets(&Open { hold_time: 1, ..open() }));
    assert_eq!(solo.actions(), ["close 1"]);
    solo.receive(2, &[octets(&open()), keepalive()].concat());
    assert_eq!(solo.peer.state(), State::Established);
}

/// Whatever the order in which things happen, one session comes out of it.
#[test]
fn every_order_leads_to_one_session() {
    let other = |settings: Settings| Settings {
        local_as: settings.peer_as,
        peer_as: settings.local_as,
        ..settings
    };
    let shared = Settings { router_id: Ipv4Addr::new(10, 0, 0, 9), ..settings() };
    let graceful = |settings| Settings { graceful_restart: Some(120), ..settings };
    let pairs = [
        [low(), mirrored()],
        [high(), mirrored()],
        [shared.clone(), other(shared)],
        [graceful(low()), graceful(mirrored())],
    ];
    let mut slowest = 0.0_f64;
    for pair in pairs {
        for seed in 0..1500 {
            let mut lab = Lab::new(pair.clone(), seed);
            lab.start_both();
            while !lab.is_one_session() {
                let elapsed = lab.now - lab.start;
                assert!(elapsed < seconds(20), "seed {seed}: {:?}", lab.states());
                lab.pass(std::time::Duration::from_millis(100));
            }
            slowest = slowest.max((lab.now - lab.start).as_secs_f64());
            // And it stays.
            let sessions = lab.nodes[0].peer.statistics().established;
            lab.pass(seconds(300));
            assert!(lab.is_one_session(), "seed {seed}");
            assert_eq!(lab.nodes[0].peer.statistics().established, sessions, "seed {seed}");
        }
    }
    assert!(slowest < 10.0, "{slowest} seconds");
}
