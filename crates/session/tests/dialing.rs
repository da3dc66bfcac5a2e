//! When a peer connects, how often, and when it gives up.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use yottabgp_session::{ConnectionId, Reset, Settings, State, StopReason};

/// The times, in seconds since the start, at which the peer dials; each dial fails at once.
fn dials(solo: &mut Solo, count: usize) -> Vec<f64> {
    let mut times = Vec::new();
    for id in 1.. {
        times.push((solo.now - solo.start).as_secs_f64());
        if times.len() == count {
            break;
        }
        solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(id), "refused"));
        let at = solo.peer.poll_timeout().unwrap();
        solo.pass(at - solo.now);
        assert_eq!(solo.actions(), [format!("connect {}", id + 1)]);
    }
    times
}

#[test]
fn waits_grow_to_a_minute_less_a_quarter_at_most() {
    let mut solo = Solo::dialing(settings());
    let times = dials(&mut solo, 20);
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let whole = [0, 1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21, 26, 32, 39, 47, 57, 60, 60];
    for (wait, whole) in waits.iter().zip(whole.map(f64::from)) {
        assert!(*wait <= whole && *wait >= whole * 0.749, "{wait} for {whole}");
    }
    // The two waits of a minute differ.
    assert!((waits[17] - waits[18]).abs() > 1e-6);
}

#[test]
fn peers_with_other_seeds_wait_otherwise() {
    let wait = |seed| {
        let mut solo = Solo::new(settings());
        solo.peer = yottabgp_session::Peer::new(Arc::new(settings()), seed);
        solo.act(|peer, now, events| peer.start(now, events));
        solo.actions();
        dials(&mut solo, 10)[9]
    };
    assert!((wait(1) - wait(2)).abs() > 1e-6);
    assert!((wait(3) - wait(3)).abs() < 1e-9);
}

#[test]
fn a_connection_that_is_not_made_is_given_up() {
    let mut solo = Solo::dialing(settings());
    solo.pass(seconds(30));
    assert_eq!(solo.actions(), ["close 1", "connect 2"]);
    // The driver was late.
    solo.act(|peer, now, events| {
        peer.connected(now, ConnectionId(1), socket(1), socket(2), events);
    });
    assert_eq!(solo.sent(), Vec::<String>::new());
}

#[test]
fn after_a_good_session_the_next_comes_at_once() {
    let mut solo = Solo::dialing(settings());
    dials(&mut solo, 8);
    solo.connected(8);
    solo.receive(8, &[octets(&open()), keepalive()].concat());
    solo.pass(seconds(20));
    solo.closed(8);
    solo.pass(Duration::ZERO);
    assert_eq!(solo.actions(), ["connect 9"]);
}

#[test]
fn sessions_that_fail_as_soon_as_they_are_up_slow_down() {
    let mut solo = Solo::dialing(settings());
    for id in 1..=10 {
        solo.connected(id);
        solo.receive(id, &[octets(&open()), keepalive(), notification(6, 1)].concat());
        let at = solo.peer.poll_timeout().unwrap();
        solo.pass(at - solo.now);
    }
    assert!(solo.now - solo.start > seconds(30));
}

#[test]
fn attempts_are_counted_whether_they_succeed_or_not() {
    let mut solo = Solo::dialing(Settings { attempts: 3, ..settings() });
    solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(1), "refused"));
    solo.pass(seconds(5));
    solo.connected(2);
    solo.receive(2, &[octets(&open()), keepalive()].concat());
    solo.pass(seconds(20));
    solo.closed(2);
    solo.pass(Duration::ZERO);
    assert_eq!(solo.actions(), ["connect 2", "connect 3"]);
    solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(3), "refused"));
    assert_eq!(solo.actions(), ["finished"]);
    assert_eq!((solo.peer.poll_timeout(), solo.peer.state()), (None, State::Idle));
    // Started again, it counts again.
    solo.act(|peer, now, events| peer.start(now, events));
    assert_eq!(solo.actions(), ["connect 4"]);
}

#[test]
fn the_last_attempt_ends_with_its_session() {
    let mut solo = Solo::dialing(Settings { attempts: 1, ..settings() });
    solo.connected(1);
    solo.receive(1, &[octets(&open()), keepalive(), notification(6, 2)].concat());
    assert_eq!(solo.actions(), ["close 1", "finished"]);
}

#[test]
fn a_stop_ends_a_dial() {
    let mut solo = Solo::dialing(settings());
    solo.act(|peer, now, events| peer.stop(now, StopReason::Removed, events));
    assert_eq!(solo.actions(), ["close 1", "finished"]);
    assert_eq!(solo.events(), ["ACTIVE", "IDLE"]);
}

#[test]
fn a_reset_takes_new_settings_and_dials_at_once() {
    let mut solo = Solo::established(settings());
    let changed = Arc::new(Settings { hold_time: 30, attempts: 1, ..settings() });
    let reset = Reset::Configuration(Arc::clone(&changed));
    solo.act(|peer, now, events| peer.reset(now, reset, events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/6"]);
    assert_eq!(
        solo.events(),
        ["send notification", "down - notification sent (6,6)", "IDLE", "ACTIVE", "IDLE"]
    );
    assert_eq!(solo.actions(), ["close 1", "connect 2"]);
    solo.connected(2);
    solo.receive(2, &[octets(&open()), keepalive()].concat());
    assert_eq!(solo.peer.negotiated().unwrap().hold_time, 30);
    solo.sent();
    solo.act(|peer, now, events| peer.reset(now, Reset::Administrative, events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/4 1441646d696e697374726174697665205265736574"]);
    assert_eq!(solo.actions(), ["close 2", "connect 3"], "attempts are counted anew");
}

#[test]
fn a_peer_that_connects_ends_the_wait() {
    let mut solo = Solo::dialing(settings());
    dials(&mut solo, 6);
    solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(6), "refused"));
    assert_eq!(solo.peer.state(), State::Active);
    let id = solo.incoming();
    solo.receive(id, &[octets(&open()), keepalive()].concat());
    solo.events();
    for _ in 0..10 {
        solo.pass(seconds(60));
        solo.receive(id, &keepalive());
    }
    assert_eq!(solo.actions(), Vec::<String>::new());
    assert_eq!(solo.peer.state(), State::Established);
}

#[test]
fn a_flush_of_the_wait_dials_now() {
    let mut solo = Solo::dialing(settings());
    dials(&mut solo, 9);
    solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(9), "refused"));
    solo.act(|peer, now, events| peer.retry_now(now, events));
    assert_eq!(solo.actions(), ["connect 10"]);
    // Once is enough.
    solo.act(|peer, now, events| peer.retry_now(now, events));
    assert_eq!(solo.actions(), Vec::<String>::new());
}
