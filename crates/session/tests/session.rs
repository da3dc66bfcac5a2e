//! One session as its driver and the peer see it: events, messages, timers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Instant;

use common::*;
use yottabgp_session::peer::CommandError;
use yottabgp_session::{ConnectionId, Event, Peer, Reset, Settings, State};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Family, OperationalType};
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;

const IPV4: Family = Family::IPV4_UNICAST;

fn refresh(subtype: u8) -> Vec<u8> {
    encoded(|out| RouteRefresh { family: IPV4, subtype }.encode(out))
}

#[test]
fn events_of_an_outgoing_session_come_in_exabgps_order() {
    let mut solo = Solo::dialing(settings());
    assert_eq!(solo.events(), ["ACTIVE", "IDLE"]);
    assert_eq!(solo.peer.state(), State::Connect);
    solo.connected(1);
    assert_eq!(solo.events(), ["connected", "CONNECT", "send open", "OPENSENT"]);
    solo.receive(1, &octets(&open()));
    assert_eq!(solo.events(), ["receive open", "negotiated", "OPENCONFIRM", "send keepalive"]);
    solo.receive(1, &keepalive());
    assert_eq!(solo.events(), ["receive keepalive", "ESTABLISHED", "up", "send update"]);
    assert_eq!(solo.sent(), ["OPEN", "KEEPALIVE", "UPDATE 00000000"]);
    assert_eq!(solo.peer.negotiated().unwrap().hold_time, 90);
    solo.closed(1);
    assert_eq!(solo.events(), ["down - the peer closed the connection", "IDLE"]);
    assert!(solo.peer.negotiated().is_none());
}

#[test]
fn events_of_an_incoming_session_begin_with_the_connection() {
    let mut solo = Solo::new(Settings { passive: true, ..settings() });
    solo.act(|peer, now, events| peer.start(now, events));
    assert_eq!((solo.actions(), solo.peer.state()), (vec![], State::Active));
    let id = solo.incoming();
    assert_eq!(solo.events(), ["connected", "ACTIVE", "IDLE", "CONNECT", "send open", "OPENSENT"]);
    solo.receive(id, &[octets(&open()), keepalive()].concat());
    assert_eq!(solo.peer.state(), State::Established);
    solo.closed(id);
    solo.pass(seconds(600));
    assert_eq!(solo.actions(), Vec::<String>::new(), "a passive peer never dials");
}

#[test]
fn messages_in_pieces_wait_for_their_end() {
    let mut solo = Solo::open_sent(settings());
    let messages = [octets(&open()), keepalive(), withdraw(10), keepalive()].concat();
    let mut buffer = Vec::new();
    for octet in messages {
        buffer.push(octet);
        let consumed =
            solo.act(|peer, now, events| peer.receive(now, ConnectionId(1), &buffer, events));
        buffer.drain(..consumed);
    }
    assert!(buffer.is_empty());
    assert_eq!(solo.peer.statistics().received.total(), 4);
    assert_eq!(solo.peer.state(), State::Established);
}

#[test]
fn what_the_source_has_precedes_the_ends_of_rib() {
    let families = vec![Family::IPV6_UNICAST, Family::IPV4_UNICAST];
    let mut solo = Solo::open_sent(Settings { families: families.clone(), ..settings() });
    solo.source.waiting = vec![withdraw(1), withdraw(2)];
    let theirs = open_of(&Settings { families, ..mirrored() });
    solo.receive(1, &[octets(&theirs), keepalive()].concat());
    assert_eq!(
        solo.sent(),
        [
            "OPEN",
            "KEEPALIVE",
            "UPDATE 000208010000",
            "UPDATE 000208020000",
            "UPDATE 00000007900f0003000201",
            "UPDATE 00000000"
        ]
    );
    assert_eq!(solo.peer.statistics().sent.total(), 6);
    // Later routes are not followed by another End-of-RIB.
    solo.source.waiting = vec![withdraw(3)];
    solo.act(|_, _, _| ());
    assert_eq!(solo.sent(), ["UPDATE 000208030000"]);
}

#[test]
fn what_the_source_sends_is_told_when_asked_for() {
    let mut solo = Solo::established(settings());
    solo.source.waiting = vec![withdraw(1), refresh(1)];
    solo.act(|_, _, _| ());
    assert_eq!(solo.events(), Vec::<String>::new());
    solo.peer.report_sent_updates(true);
    solo.source.waiting = vec![withdraw(1), refresh(1), withdraw(2)];
    solo.act(|_, _, _| ());
    assert_eq!(solo.events(), ["send update", "send refresh", "send update"]);
}

#[test]
fn a_manual_end_of_rib_waits_for_its_command() {
    let mut solo = Solo::open_confirm(Settings { manual_eor: true, ..settings() }, &open());
    solo.receive(1, &keepalive());
    assert_eq!(solo.sent(), ["OPEN", "KEEPALIVE"]);
    assert_eq!(
        solo.peer.end_of_rib(Family::IPV6_UNICAST),
        Err(CommandError::Family(Family::IPV6_UNICAST))
    );
    assert_eq!(solo.peer.end_of_rib(IPV4), Ok(()));
    solo.source.waiting = vec![withdraw(1)];
    solo.act(|_, _, _| ());
    assert_eq!(solo.sent(), ["UPDATE 000208010000", "UPDATE 00000000"]);
}

#[test]
fn without_a_common_family_a_keepalive_stands_for_the_end_of_rib() {
    let theirs = open_of(&Settings { families: vec![Family::IPV6_UNICAST], ..mirrored() });
    let mut solo = Solo::open_confirm(settings(), &theirs);
    solo.receive(1, &keepalive());
    assert_eq!(solo.sent(), ["OPEN", "KEEPALIVE", "KEEPALIVE"]);
}

#[test]
fn keepalives_keep_their_pace_beside_a_busy_source() {
    let mut solo = Solo::established(settings());
    // Each chunk is more than the source is asked for at once.
    solo.source.waiting = vec![withdraw(1); 30_000];
    solo.act(|_, _, _| ());
    assert!(solo.source.asked > 8, "{}", solo.source.asked);
    solo.out.clear();
    for _ in 0..20 {
        solo.receive(1, &keepalive());
        solo.pass(seconds(30));
    }
    let sent = solo.sent();
    assert!(sent.iter().all(|message| message == "KEEPALIVE"));
    // Every 30 seconds, less up to a quarter.
    assert!((20..=27).contains(&sent.len()), "{} in 600 seconds", sent.len());
}

#[test]
fn keepalives_are_not_heaped_on_a_socket_that_is_full() {
    let mut solo = Solo::established(settings());
    let connections = std::mem::take(&mut solo.connections);
    for _ in 0..10 {
        solo.receive(1, &keepalive());
        solo.pass(seconds(30));
    }
    solo.connections = connections;
    solo.act(|_, _, _| ());
    assert_eq!(solo.sent(), ["KEEPALIVE"]);
}

#[test]
fn silence_ends_the_session_after_the_hold_time() {
    let mut solo = Solo::established(settings());
    solo.pass(seconds(89));
    assert_eq!(solo.peer.state(), State::Established);
    solo.out.clear();
    solo.told.clear();
    solo.pass(seconds(1));
    assert_eq!(solo.sent(), ["NOTIFICATION 4/0"]);
    assert_eq!(
        solo.events(),
        ["send notification", "down - notification sent (4,0)", "IDLE", "ACTIVE", "IDLE"]
    );
    assert_eq!(solo.actions(), ["close 1", "connect 2"]);
}

#[test]
fn every_message_restarts_the_hold_timer() {
    let mut solo = Solo::established(Settings { route_refresh: true, ..settings() });
    for message in [keepalive(), withdraw(1), refresh(0), keepalive()] {
        solo.pass(seconds(80));
        solo.receive(1, &message);
    }
    assert_eq!(solo.peer.state(), State::Established);
}

#[test]
fn a_peer_whose_octets_wait_is_not_silent() {
    let mut solo = Solo::established(settings());
    solo.peer.unread(ConnectionId(1), true);
    solo.pass(seconds(3600));
    assert_eq!(solo.peer.state(), State::Established);
    solo.peer.unread(ConnectionId(1), false);
    solo.pass(seconds(10));
    assert_eq!(solo.peer.state(), State::Connect);
}

#[test]
fn without_a_hold_time_nobody_says_anything() {
    let mut solo = Solo::established(Settings { hold_time: 0, ..settings() });
    assert_eq!(solo.peer.poll_timeout(), None);
    solo.pass(seconds(1_000_000));
    assert_eq!((solo.sent(), solo.peer.state()), (vec![], State::Established));
    // A KEEPALIVE is taken all the same.
    solo.receive(1, &[keepalive(), keepalive()].concat());
    assert_eq!(solo.peer.state(), State::Established);
}

#[test]
fn the_first_keepalive_is_waited_for_even_without_a_hold_time() {
    let theirs = open_of(&Settings { hold_time: 0, ..mirrored() });
    let mut solo = Solo::open_confirm(settings(), &theirs);
    solo.sent();
    solo.pass(seconds(60));
    assert_eq!(solo.sent(), ["NOTIFICATION 4/0"]);
}

#[test]
fn the_open_is_waited_for_as_long_as_configured() {
    let mut solo = Solo::open_sent(Settings { open_wait: 7, ..settings() });
    solo.sent();
    solo.pass(seconds(6));
    assert_eq!(solo.sent(), Vec::<String>::new());
    solo.pass(seconds(1));
    assert_eq!(solo.sent(), ["NOTIFICATION 4/0"]);
}

#[test]
fn a_peer_that_takes_nothing_is_given_up() {
    // RFC 9687: eight minutes with a hold time of 90 seconds.
    let mut solo = Solo::established(settings());
    solo.writable = false;
    solo.source.waiting = vec![withdraw(1)];
    solo.act(|_, _, _| ());
    solo.out.clear();
    for _ in 0..8 {
        assert_eq!(solo.peer.state(), State::Established);
        solo.pass(seconds(59));
        solo.receive(1, &keepalive());
    }
    solo.pass(seconds(8));
    assert_eq!(solo.sent().last().map(String::as_str), Some("NOTIFICATION 8/0"));
}

#[test]
fn a_peer_that_stops_taking_is_given_up() {
    let mut solo = Solo::established(settings());
    solo.writable = false;
    solo.source.waiting = vec![withdraw(1); 100];
    solo.act(|_, _, _| ());
    solo.pass(seconds(60));
    solo.peer.written(solo.now, ConnectionId(1), 1);
    let stuck = solo.now;
    while solo.peer.state() == State::Established {
        solo.receive(1, &keepalive());
        solo.pass(seconds(10));
        assert!(solo.now - stuck <= seconds(490));
    }
    assert!(solo.now - stuck >= seconds(480));
}

#[test]
fn a_peer_that_takes_a_little_is_kept() {
    let mut solo = Solo::established(settings());
    solo.writable = false;
    solo.source.waiting = vec![withdraw(1); 100];
    solo.act(|_, _, _| ());
    for _ in 0..100 {
        solo.pass(seconds(60));
        solo.receive(1, &keepalive());
        solo.peer.written(solo.now, ConnectionId(1), 1);
    }
    assert_eq!(solo.peer.state(), State::Established);
}

#[test]
fn the_as_of_the_peer_is_mirrored() {
    let auto = Settings { local_as: None, peer_as: None, ..settings() };
    let mut solo = Solo::open_sent(auto);
    assert_eq!(solo.events(), ["ACTIVE", "IDLE", "connected", "CONNECT"]);
    assert_eq!(solo.sent(), Vec::<String>::new());
    let theirs = open_of(&Settings { local_as: Some(Asn(4_200_000_000)), ..mirrored() });
    solo.receive(1, &octets(&theirs));
    assert_eq!(
        solo.events(),
        ["receive open", "send open", "OPENSENT", "negotiated", "OPENCONFIRM", "send keepalive"]
    );
    solo.receive(1, &keepalive());
    let negotiated = solo.peer.negotiated().unwrap();
    assert_eq!(negotiated.local_as, Asn(4_200_000_000));
    assert!(negotiated.is_ibgp());
}

#[test]
fn notifications_of_the_peer_are_told_and_not_answered() {
    let mut solo = Solo::established(settings());
    solo.receive(1, &[notification(6, 2), keepalive()].concat());
    assert_eq!(
        solo.events(),
        ["receive notification", "down - notification received (6,2)", "IDLE"]
    );
    assert_eq!(solo.sent(), Vec::<String>::new());
    assert_eq!(solo.actions(), ["close 1"]);
    assert_eq!(
        solo.peer.ended().unwrap().explanation,
        "notification received (6,2): Cease / Administrative Shutdown"
    );
}

#[test]
fn a_malformed_notification_is_not_answered_either() {
    let mut solo = Solo::established(settings());
    solo.receive(1, &raw(3, &[6]));
    assert_eq!(solo.sent(), Vec::<String>::new());
    assert_eq!(solo.actions(), ["close 1"]);
}

#[test]
fn faults_of_the_header_are_answered_with_their_octets() {
    let mut wrong_marker = keepalive();
    wrong_marker[3] = 0;
    let mut short = keepalive();
    short[17] = 18;
    for (octets, answer) in [
        (wrong_marker, "NOTIFICATION 1/1"),
        (short, "NOTIFICATION 1/2 0012"),
        (raw(4, &[1]), "NOTIFICATION 1/2 0014"),
        (raw(2, &[0, 0]), "NOTIFICATION 1/2 0015"),
        (raw(7, &[]), "NOTIFICATION 1/3 07"),
        (raw(6, &[0, 1, 0, 0]), "NOTIFICATION 1/3 06"),
        (raw(2, &[0, 9, 0, 0]), "NOTIFICATION 3/1"),
    ] {
        let mut solo = Solo::established(settings());
        solo.receive(1, &octets);
        assert_eq!(solo.sent(), [answer]);
    }
}

#[test]
fn messages_out_of_place_are_answered_by_their_state() {
    let messages: [(&str, Vec<u8>); 3] =
        [("update", withdraw(1)), ("refresh", refresh(0)), ("keepalive", keepalive())];
    for (name, message) in &messages {
        let mut solo = Solo::open_sent(settings());
        solo.sent();
        solo.events();
        solo.receive(1, message);
        assert_eq!(solo.sent(), [format!("NOTIFICATION 5/1 {:02x}", message[18])]);
        assert_eq!(solo.events()[0], format!("receive {name} (undecoded)"));
    }
    for message in [withdraw(1), refresh(0), octets(&open())] {
        let mut solo = Solo::open_confirm(settings(), &open());
        solo.sent();
        solo.receive(1, &message);
        assert_eq!(solo.sent(), [format!("NOTIFICATION 5/2 {:02x}", message[18])]);
    }
    let mut solo = Solo::established(settings());
    solo.receive(1, &octets(&open()));
    assert_eq!(solo.sent(), ["NOTIFICATION 5/3 01"]);
    assert_eq!(
        solo.peer.ended().unwrap().explanation,
        "notification sent (5,3): the peer sent OPEN in Established State"
    );
}

#[test]
fn routes_are_sent_again_when_the_peer_may_ask() {
    let mut solo = Solo::established(Settings { route_refresh: true, ..settings() });
    solo.receive(1, &refresh(0));
    assert_eq!(solo.events(), ["receive refresh", "refresh of ipv4 unicast requested"]);
    // The markers, and what is not known, ask for nothing.
    for subtype in [1, 2, 3, 255] {
        solo.receive(1, &refresh(subtype));
        assert_eq!(solo.events(), ["receive refresh"]);
    }
    let other = RouteRefresh { family: Family::IPV6_UNICAST, subtype: 0 };
    solo.receive(1, &encoded(|out| other.encode(out)));
    assert_eq!(solo.events(), ["receive refresh"]);
    // We did not announce it.
    let mut solo = Solo::established(settings());
    solo.receive(1, &refresh(0));
    assert_eq!(solo.events(), ["receive refresh"]);
}

#[test]
fn the_routes_of_the_peer_are_asked_for() {
    let mut solo = Solo::established(Settings { route_refresh: true, ..settings() });
    let result = solo.act(|peer, now, events| peer.refresh(now, IPV4, events));
    assert_eq!((result, solo.sent()), (Ok(()), vec!["REFRESH 00010001".to_owned()]));
    assert_eq!(solo.events(), ["send refresh"]);
    let other = Family::IPV6_UNICAST;
    let result = solo.act(|peer, now, events| peer.refresh(now, other, events));
    assert_eq!(result, Err(CommandError::Family(other)));
    let mut solo = Solo::established(settings());
    let result = solo.act(|peer, now, events| peer.refresh(now, IPV4, events));
    assert_eq!(result, Err(CommandError::Capability("route refresh")));
    solo.closed(1);
    let result = solo.act(|peer, now, events| peer.refresh(now, IPV4, events));
    assert_eq!(result, Err(CommandError::NotEstablished));
}

#[test]
fn operational_messages_flow_both_ways() {
    let mut solo = Solo::established(Settings { operational: true, ..settings() });
    let query = Operational::Query {
        kind: OperationalType::RPCQ,
        family: IPV4,
        router_id: None,
        sequence: None,
    };
    for _ in 0..2 {
        let query = query.clone();
        solo.act(|peer, now, events| peer.operational(now, query, events)).unwrap();
    }
    assert_eq!(
        solo.sent(),
        [
            "OPERATIONAL 0003000b0001010a00000100000001",
            "OPERATIONAL 0003000b0001010a00000100000002"
        ]
    );
    solo.events();
    solo.receive(1, &encoded(|out| query.encode(out)));
    assert_eq!(solo.events(), ["receive operational"]);
}

#[test]
fn a_queue_that_nobody_empties_is_bounded() {
    let mut solo = Solo::established(Settings { route_refresh: true, ..settings() });
    solo.connections.clear();
    let mut taken = 0;
    while solo.act(|peer, now, events| peer.refresh(now, IPV4, events)) != Err(CommandError::Full) {
        taken += 1;
        assert!(taken < 10_000);
    }
}

#[test]
fn a_teardown_says_why_and_connects_again() {
    let mut solo = Solo::established(settings());
    assert!(solo.act(|peer, now, events| peer.teardown(now, 4, None, events)));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/4 1441646d696e697374726174697665205265736574"]);
    assert_eq!(solo.events(), ["send notification", "down - notification sent (6,4)", "IDLE"]);
    solo.pass(seconds(1));
    assert_eq!(solo.actions(), ["close 1", "connect 2"]);
    let mut solo = Solo::established(settings());
    solo.act(|peer, now, events| peer.teardown(now, 2, Some("bye"), events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/2 03627965"]);
    let mut solo = Solo::dialing(settings());
    assert!(!solo.act(|peer, now, events| peer.teardown(now, 4, None, events)));
}

#[test]
fn with_graceful_restart_a_session_ends_without_a_word() {
    let reason = "down - graceful restarted negotiated, closing without sending any notification";
    let graceful = Settings { graceful_restart: Some(120), ..settings() };
    let mut solo = Solo::established(graceful.clone());
    solo.act(|peer, now, events| peer.teardown(now, 4, None, events));
    assert_eq!((solo.sent(), solo.events()), (vec![], vec![reason.to_owned(), "IDLE".to_owned()]));
    // A text can not be told otherwise.
    let mut solo = Solo::established(graceful.clone());
    solo.act(|peer, now, events| peer.teardown(now, 4, Some("why"), events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/4 03776879"]);
    let mut solo = Solo::established(graceful.clone());
    solo.act(|peer, now, events| peer.stop(now, yottabgp_session::StopReason::Shutdown, events));
    assert_eq!((solo.sent(), solo.events()), (vec![], vec![reason.to_owned(), "IDLE".to_owned()]));
    assert_eq!(solo.actions(), ["close 1", "finished"]);
    // The peer is not to keep the routes of a neighbor that is gone.
    let mut solo = Solo::established(graceful.clone());
    solo.act(|peer, now, events| peer.stop(now, yottabgp_session::StopReason::Removed, events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/3"]);
    // Only one side knows it.
    let mut solo = Solo::established_with(graceful, &open());
    solo.act(|peer, now, events| peer.stop(now, yottabgp_session::StopReason::Shutdown, events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/2"]);
}

#[test]
fn where_the_peer_keeps_routes_after_a_notification_it_is_told() {
    use yottabgp_session::StopReason;
    type Act<'a> = &'a dyn Fn(&mut Peer, Instant, &mut dyn FnMut(Event<'_>));

    let notifying =
        Settings { graceful_restart: Some(120), graceful_restart_notification: true, ..settings() };
    let sent = |act: Act<'_>| {
        let mut solo = Solo::established(notifying.clone());
        solo.act(act);
        solo.sent()
    };
    let teardown = |subcode, text: Option<&'static str>| {
        sent(&move |peer, now, events| {
            peer.teardown(now, subcode, text, events);
        })
    };
    assert_eq!(teardown(4, Some("why")), ["NOTIFICATION 6/4 03776879"]);
    assert_eq!(teardown(4, None), ["NOTIFICATION 6/4 1441646d696e697374726174697665205265736574"]);
    let stop = |reason| sent(&move |peer, now, events| peer.stop(now, reason, events));
    assert_eq!(stop(StopReason::Shutdown), ["NOTIFICATION 6/2"]);
    assert_eq!(
        sent(&|peer, now, events| peer.reset(now, Reset::Administrative, events)),
        ["NOTIFICATION 6/4 1441646d696e697374726174697665205265736574"]
    );
    // The peer is to keep nothing: a hard reset with the code, the subcode and the data.
    assert_eq!(stop(StopReason::Removed), ["NOTIFICATION 6/9 0603"]);
    assert_eq!(teardown(9, Some("why")), ["NOTIFICATION 6/9 060403776879"]);
    // With a peer that does not know it, silence is what keeps the routes, and any word what ends them.
    let restarting = open_of(&Settings { graceful_restart: Some(120), ..mirrored() });
    let mut solo = Solo::established_with(notifying.clone(), &restarting);
    solo.act(|peer, now, events| peer.teardown(now, 4, None, events));
    assert_eq!(solo.sent(), [""; 0]);
    let mut solo = Solo::established_with(notifying.clone(), &restarting);
    solo.act(|peer, now, events| peer.teardown(now, 9, Some("why"), events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/9 060403776879"]);
    let mut solo = Solo::established_with(notifying.clone(), &restarting);
    solo.act(|peer, now, events| peer.stop(now, StopReason::Removed, events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/3"]);
}

#[test]
fn a_hard_reset_is_told_with_what_it_stands_for() {
    let mut solo = Solo::established(settings());
    solo.receive(1, &raw(3, &[6, 9, 6, 4, 3, b'w', b'h', b'y']));
    assert_eq!(solo.events()[1], "down - notification received (6,9)");
    assert_eq!(
        solo.peer.ended().unwrap().explanation,
        "notification received (6,9): Cease / Hard Reset / Cease / Administrative Reset / Shutdown Communication: \"why\""
    );
}

#[test]
fn a_shutdown_is_told_and_final() {
    let mut solo = Solo::established(settings());
    solo.act(|peer, now, events| peer.stop(now, yottabgp_session::StopReason::Shutdown, events));
    assert_eq!(solo.sent(), ["NOTIFICATION 6/2"]);
    assert_eq!(
        solo.events(),
        ["send notification", "down - stop, message [shutting down]", "IDLE"]
    );
    assert_eq!(solo.actions(), ["close 1", "finished"]);
    assert_eq!((solo.peer.state(), solo.peer.poll_timeout()), (State::Idle, None));
    // Nobody is let in any more.
    let id = solo.incoming();
    assert_eq!(solo.sent_on(), [format!("{id}: NOTIFICATION 6/5")]);
}

#[test]
fn the_restart_bit_is_set_until_a_session_was_established() {
    let graceful = Settings { graceful_restart: Some(0), ..settings() };
    let restarted = |solo: &mut Solo| {
        let (_, octets) = solo.out.remove(0);
        let open = yottabgp_wire::message::open::Open::decode(&octets[19..]).unwrap();
        let said = open.capabilities.graceful_restart().unwrap();
        assert_eq!((said.time, said.families), (90, vec![(IPV4, true)]));
        said.restarted
    };
    let mut solo = Solo::open_sent(graceful);
    assert!(restarted(&mut solo));
    solo.receive(1, &[octets(&open()), keepalive()].concat());
    solo.closed(1);
    solo.out.clear();
    solo.pass(seconds(1));
    solo.connected(2);
    assert!(!restarted(&mut solo));
}

#[test]
fn families_that_faults_disable_are_ignored_from_then_on() {
    let families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    let mut solo = Solo::open_confirm(
        Settings { families: families.clone(), ..settings() },
        &open_of(&Settings { families, ..mirrored() }),
    );
    solo.receive(1, &keepalive());
    let announced = |peer: &mut Solo, body: &[u8]| {
        let mut routes = 0;
        let message = raw(2, body);
        let now = peer.now;
        peer.peer.receive(now, ConnectionId(1), &message, &mut |event| {
            if let Event::Message { decoded: yottabgp_session::Decoded::Update(update), .. } = event
            {
                routes += update.announced().map(|(_, nlri)| nlri.count()).sum::<usize>();
            }
        });
        routes
    };
    let mut good = vec![0, 0, 0, 48, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xea];
    good.extend_from_slice(&[0x80, 14, 24, 0, 2, 1, 16]);
    good.extend_from_slice(&[0x20; 16]);
    good.extend_from_slice(&[0, 16, 0x20, 1]);
    let total = good.len() - 4;
    good[3] = u8::try_from(total).unwrap();
    assert_eq!(announced(&mut solo, &good), 1);
    // A prefix longer than an address can be.
    let mut wrong = good.clone();
    let at = wrong.len() - 3;
    wrong[at] = 129;
    announced(&mut solo, &wrong);
    assert_eq!(solo.peer.state(), State::Established);
    assert_eq!(announced(&mut solo, &good), 0);

    // The fields of IPv4 unicast are its routes as well as what MP_REACH_NLRI has of it.
    let mut classic = vec![0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xea];
    classic.extend_from_slice(&[0x40, 3, 4, 10, 0, 0, 2, 8, 10]);
    assert_eq!(announced(&mut solo, &classic), 1);
    // A next hop of 16 octets, which was not agreed upon.
    let mut wrong = good.clone();
    let at = wrong.len() - 24;
    assert_eq!(wrong[at..at + 4], [0, 2, 1, 16]);
    wrong[at + 1] = 1;
    announced(&mut solo, &wrong);
    assert_eq!(announced(&mut solo, &classic), 0);
    // A wrong attribute of routes that are ignored does not end the session either.
    classic[7] = 9;
    assert_eq!(announced(&mut solo, &classic), 0);
    assert_eq!(solo.peer.state(), State::Established);
}
