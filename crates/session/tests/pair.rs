//! Two peers that talk to each other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::lab::Lab;
use common::*;
use yottabgp_session::{Reset, Settings, State, StopReason};
use yottabgp_wire::codes::{Family, MessageType};

fn established(settings: [Settings; 2]) -> Lab {
    let mut lab = Lab::new(settings, 1);
    lab.start_both();
    lab.pass(seconds(15));
    assert!(lab.is_one_session(), "{:?}", lab.states());
    lab
}

#[test]
fn routes_flow_both_ways() {
    let mut lab = Lab::new([settings(), mirrored()], 5);
    for (node, count) in [(0, 40_000), (1, 3)] {
        let octets = (0..count).map(|octet| withdraw(u8::try_from(octet % 200).unwrap()));
        lab.nodes[node].source.waiting = octets.collect();
    }
    lab.start_both();
    lab.pass(seconds(15));
    assert!(lab.is_one_session());
    // With the End-of-RIB.
    assert_eq!((lab.nodes[0].updates.len(), lab.nodes[1].updates.len()), (4, 40_001));
    assert_eq!(lab.nodes[1].updates[39_999], [0, 2, 8, 199, 0, 0]);
    assert_eq!(lab.nodes[1].updates[40_000], [0, 0, 0, 0]);
    let [a, b] = &lab.nodes;
    for kind in [MessageType::OPEN, MessageType::UPDATE, MessageType::KEEPALIVE] {
        let (sent, received) = (a.peer.statistics().sent, b.peer.statistics().received);
        assert_eq!(sent.of(kind), received.of(kind), "{kind:?}");
    }
}

#[test]
fn a_session_lasts() {
    let mut lab = established([settings(), Settings { hold_time: 9, ..mirrored() }]);
    lab.pass(seconds(24 * 3600));
    let [a, b] = &lab.nodes;
    assert_eq!((a.peer.statistics().established, b.peer.statistics().established), (1, 1));
    // Every 3 seconds, less up to a quarter.
    let keepalives = a.peer.statistics().sent.of(MessageType::KEEPALIVE);
    assert!((28_800..=38_400).contains(&keepalives), "{keepalives}");
}

#[test]
fn one_side_may_wait() {
    let mut lab = established([Settings { passive: true, ..settings() }, mirrored()]);
    assert_eq!(lab.events(0)[0], "connected");
    assert_eq!(lab.events(1)[..2], ["ACTIVE", "IDLE"]);
    // When both do, nothing happens.
    let passive = [settings(), mirrored()].map(|settings| Settings { passive: true, ..settings });
    let mut lab = Lab::new(passive, 1);
    lab.start_both();
    lab.pass(seconds(3600));
    assert_eq!(lab.states(), [State::Active, State::Active]);
}

#[test]
fn one_side_may_be_the_only_one_that_can_connect() {
    let mut lab = Lab::new([settings(), mirrored()], 1);
    lab.reachable = [false, true];
    lab.start_both();
    lab.pass(seconds(1));
    assert!(lab.is_one_session());
}

#[test]
fn a_peer_that_comes_back_is_found() {
    let mut lab = established([settings(), mirrored()]);
    lab.act(0, |peer, now, events| peer.stop(now, StopReason::Shutdown, events));
    lab.events(1);
    lab.pass(seconds(300));
    assert_eq!(
        lab.events(1)[..3],
        ["receive notification", "down - notification received (6,2)", "IDLE"]
    );
    assert_ne!(lab.states()[1], State::Established);
    lab.act(0, |peer, now, events| peer.start(now, events));
    lab.pass(seconds(60));
    assert!(lab.is_one_session());
}

#[test]
fn a_teardown_and_a_reset_are_over_in_a_moment() {
    let mut lab = established([settings(), mirrored()]);
    lab.act(0, |peer, now, events| peer.teardown(now, 4, None, events));
    lab.pass(seconds(2));
    assert!(lab.is_one_session());
    let changed = Reset::Configuration(Settings { hold_time: 30, ..settings() }.into());
    lab.act(0, |peer, now, events| peer.reset(now, changed, events));
    lab.pass(seconds(5));
    assert!(lab.is_one_session());
    assert_eq!(lab.nodes[1].peer.negotiated().unwrap().hold_time, 30);
}

#[test]
fn a_refresh_is_asked_for_and_heard() {
    let with = |settings| Settings { route_refresh: true, ..settings };
    let mut lab = established([with(settings()), with(mirrored())]);
    lab.events(1);
    let family = Family::IPV4_UNICAST;
    lab.act(0, |peer, now, events| peer.refresh(now, family, events)).unwrap();
    lab.settle();
    assert_eq!(lab.events(1), ["receive refresh", "refresh of ipv4 unicast requested"]);
}

#[test]
fn as_numbers_may_come_from_the_other_side() {
    let auto = Settings { local_as: None, peer_as: None, ..settings() };
    let auto = Settings { router_id: std::net::Ipv4Addr::new(10, 0, 0, 3), ..auto };
    let peer = Settings { peer_as: None, ..mirrored() };
    let lab = established([auto, peer]);
    assert_eq!(lab.nodes[0].peer.negotiated().unwrap().local_as.0, 65002);
}

#[test]
fn wrong_settings_are_tried_again_and_again_ever_slower() {
    let stranger = Settings { peer_as: Some(yottabgp_wire::asn::Asn(1)), ..mirrored() };
    let mut lab = Lab::new([settings(), stranger], 1);
    lab.start_both();
    lab.pass(seconds(3600));
    assert_ne!(lab.states()[0], State::Established);
    let opens = lab.nodes[1].peer.statistics().received.of(MessageType::OPEN);
    assert!((60..=400).contains(&opens), "{opens} in an hour");
    assert_eq!(
        lab.nodes[1].peer.ended().unwrap().explanation,
        "notification sent (2,2): the peer's AS is 65001, and 1 was expected"
    );
}
