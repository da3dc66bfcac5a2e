//! Every state and every event: the next state, what is sent, and what the driver is told to do, beside the state that RFC
//! 4271 section 8.2.2 goes to.
//!
//! The table is in `matrix.txt`; a change of the machine shows in its diff. `UPDATE_MATRIX=1 cargo test -p yottabgp-session
//! --test matrix` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::fmt::Write;

use common::*;
use yottabgp_session::{ConnectionId, Reset, Settings, State, StopReason};
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::route_refresh::RouteRefresh;

const STATES: [State; 6] = [
    State::Idle,
    State::Connect,
    State::Active,
    State::OpenSent,
    State::OpenConfirm,
    State::Established,
];

fn speaking() -> Settings {
    Settings { route_refresh: true, operational: true, ..settings() }
}

/// A peer in this state; where it has a connection, that is 1.
fn in_state(state: State) -> Solo {
    let theirs = open_of(&Settings { route_refresh: true, operational: true, ..mirrored() });
    let mut solo = match state {
        State::Idle => Solo::new(speaking()),
        State::Connect => Solo::dialing(speaking()),
        State::Active => {
            let mut solo = Solo::dialing(speaking());
            for id in 1..5 {
                solo.act(|peer, now, _| peer.connect_failed(now, ConnectionId(id), "refused"));
                if id < 4 {
                    let at = solo.peer.poll_timeout().unwrap();
                    solo.pass(at - solo.now);
                }
            }
            solo
        }
        State::OpenSent => Solo::open_sent(speaking()),
        State::OpenConfirm => Solo::open_confirm(speaking(), &theirs),
        State::Established => {
            let mut solo = Solo::established_with(speaking(), &theirs);
            solo.pass(seconds(15));
            solo
        }
    };
    assert_eq!(solo.peer.state(), state);
    solo.actions();
    solo.sent();
    solo.events();
    solo
}

type Act = fn(&mut Solo);

/// An event: its number and name in RFC 4271 (or where else it is from), what happens, and the state that RFC goes to from
/// each state; `-` where it says nothing, `=` where the state stays.
struct Row {
    name: &'static str,
    act: Act,
    /// The states in which it can happen.
    states: std::ops::Range<usize>,
    rfc: [&'static str; 6],
}

/// All of [`STATES`].
const ALL: std::ops::Range<usize> = 0..6;

/// Those with a connection.
const CONNECTED: std::ops::Range<usize> = 3..6;

fn message(octets: Vec<u8>) -> impl Fn(&mut Solo) {
    move |solo| solo.receive(1, &octets)
}

/// Lets time pass until the peer's silence is noticed, or its next message is due.
fn silence(solo: &mut Solo) {
    for _ in 0..100 {
        let Some(at) = solo.peer.poll_timeout() else { return };
        if solo.done.is_empty() {
            solo.out.clear();
            solo.told.clear();
            solo.now = at;
            solo.act(|peer, now, events| peer.handle_timeout(now, events));
        }
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "1 ManualStart", act: |solo| solo.act(|peer, now, events| peer.start(now, events)),
        states: ALL, rfc: ["Connect", "=", "=", "=", "=", "="] },
    Row { name: "2 ManualStop (shutdown)", act: |solo| solo.act(|peer, now, events| peer.stop(now, StopReason::Shutdown, events)),
        states: ALL, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "2 ManualStop (removed)", act: |solo| solo.act(|peer, now, events| peer.stop(now, StopReason::Removed, events)),
        states: ALL, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "8 AutomaticStop (reset)", act: |solo| solo.act(|peer, now, events| peer.reset(now, Reset::Administrative, events)),
        states: ALL, rfc: ["-", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "8 AutomaticStop (teardown)", act: |solo| { solo.act(|peer, now, events| peer.teardown(now, 4, None, events)); },
        states: ALL, rfc: ["-", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "9 ConnectRetryTimer_Expires", act: |solo| silence(solo),
        states: 1..3, rfc: ["=", "Connect", "Connect", "Idle", "Idle", "Idle"] },
    Row { name: "10 HoldTimer_Expires", act: |solo| silence(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "11 KeepaliveTimer_Expires", act: |solo| solo.pass(seconds(30)),
        states: 4..6, rfc: ["=", "Idle", "Idle", "Idle", "=", "="] },
    Row { name: "16 Tcp_CR_Acked", act: |solo| solo.connected(1),
        states: 1..2, rfc: ["=", "OpenSent", "OpenSent", "track", "track", "track"] },
    Row { name: "17 TcpConnectionConfirmed", act: |solo| { solo.incoming(); },
        states: ALL, rfc: ["=", "OpenSent", "OpenSent", "track", "track", "track"] },
    Row { name: "18 TcpConnectionFails", act: |solo| solo.closed(1),
        states: 1..6, rfc: ["=", "Idle", "Idle", "Active", "Idle", "Idle"] },
    Row { name: "19 BGPOpen", act: |solo| message(octets(&open()))(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "OpenConfirm", "collision", "Idle"] },
    Row { name: "21 BGPHeaderErr", act: |solo| message(vec![0; 19])(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "22 BGPOpenMsgErr", act: |solo| message(octets(&Open { hold_time: 1, ..open() }))(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "24 NotifMsgVerErr", act: |solo| message(notification(2, 1))(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "25 NotifMsg", act: |solo| message(notification(6, 4))(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "26 KeepAliveMsg", act: |solo| message(keepalive())(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Established", "="] },
    Row { name: "27 UpdateMsg", act: |solo| message(withdraw(1))(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "="] },
    Row { name: "28 UpdateMsgErr", act: |solo| message(raw(2, &[0, 9, 0, 0]))(solo),
        states: CONNECTED, rfc: ["=", "Idle", "Idle", "Idle", "Idle", "Idle"] },
    Row { name: "RouteRefreshMsg (RFC 2918)", act: |solo| {
            let refresh = RouteRefresh { family: yottabgp_wire::codes::Family::IPV4_UNICAST, subtype: 0 };
            message(encoded(|out| refresh.encode(out)))(solo);
        }, states: CONNECTED, rfc: ["-", "-", "-", "-", "-", "="] },
    Row { name: "RouteRefreshMsgErr (RFC 7313)", act: |solo| message(raw(5, &[0, 1, 0]))(solo),
        states: CONNECTED, rfc: ["-", "-", "-", "-", "-", "Idle"] },
    Row { name: "OperationalMsg", act: |solo| message(raw(6, &[0, 1, 0, 4, 0, 1, 1, 65]))(solo),
        states: CONNECTED, rfc: ["-", "-", "-", "-", "-", "="] },
    Row { name: "SendHoldTimer_Expires (RFC 9687)", act: |solo| {
            solo.writable = false;
            solo.source.waiting.push(withdraw(1));
            solo.act(|_, _, _| ());
            while solo.done.is_empty() {
                solo.out.clear();
                solo.told.clear();
                solo.receive(1, &keepalive());
                solo.told.clear();
                solo.pass(seconds(10));
            }
        }, states: 5..6, rfc: ["-", "-", "-", "-", "-", "Idle"] },
];

fn table() -> String {
    let mut table = String::from(
        "# state, event: next state (that of RFC 4271 section 8.2.2), what is sent, what the driver does, what is told\n\
         # A session that ends is tried again after a wait, in which the peer may connect: Active, or Connect without a wait.\n\
         # '=' is the same state, '-' is not said; 'track' is a second connection, and 'collision' section 6.8.\n\
         # What can not happen in a state, such as a message without a connection, has no line.\n",
    );
    for (index, state) in STATES.into_iter().enumerate() {
        writeln!(table, "\n{}", state.name()).unwrap();
        for row in ROWS.iter().filter(|row| row.states.contains(&index)) {
            let mut solo = in_state(state);
            (row.act)(&mut solo);
            let next = solo.peer.state();
            let next = if next == state { "=".to_owned() } else { format!("{next:?}") };
            let rfc = row.rfc[index];
            write!(table, "  {:<33} {next:<12} ({rfc})", row.name).unwrap();
            for list in [solo.sent_on(), solo.actions(), solo.events()] {
                write!(table, "; {}", list.join(", ")).unwrap();
            }
            table.truncate(table.trim_end_matches([';', ' ']).len());
            table.push('\n');
        }
    }
    table
}

#[test]
fn the_machine_is_the_one_in_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/matrix.txt");
    let table = table();
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    for (line, (ours, expected)) in table.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, expected, "line {}", line + 1);
    }
    assert_eq!(table.lines().count(), expected.lines().count());
}
