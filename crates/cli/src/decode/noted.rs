//! What an MRT file says beside messages and routes, as events of the type `mrt`.

use yottabgp_api::event::{Encoder, Label, Moment, Source};
use yottabgp_session::State;
use yottabgp_wire::io::text::{push, push_decimal, push_ip, push_ipv4};

use crate::capture::{Note, Noted};

/// The type of these events, and the name of their member.
const KIND: &str = "mrt";

/// Writes the event. `label` is the session of a change of state.
pub(super) fn event(
    encoder: &Encoder,
    noted: &Noted<'_>,
    label: Option<&Label>,
    out: &mut Vec<u8>,
) {
    let mut member = Vec::new();
    push(&mut member, "\"mrt\": { \"record\": \"");
    match &noted.note {
        Note::State { old, new, .. } => {
            push(&mut member, "state-change\", \"from\": \"");
            state(*old, &mut member);
            push(&mut member, "\", \"to\": \"");
            state(*new, &mut member);
            push(&mut member, "\" }");
        }
        Note::Peers(peers) => {
            push(&mut member, "peer-index-table\", \"collector\": \"");
            push_ipv4(&mut member, peers.collector);
            push(&mut member, "\", \"peers\": [");
            for (index, peer) in peers.peers.iter().enumerate() {
                push(&mut member, if index == 0 { " " } else { ", " });
                push(&mut member, "{ \"address\": \"");
                push_ip(&mut member, peer.address);
                push(&mut member, "\", \"asn\": ");
                push_decimal(&mut member, peer.asn.0.into());
                push(&mut member, ", \"router-id\": \"");
                push_ipv4(&mut member, peer.router_id);
                push(&mut member, "\" }");
            }
            push(&mut member, " ] }");
        }
        Note::Unknown { kind, subtype, octets } => {
            push(&mut member, "unknown\", \"type\": ");
            push_decimal(&mut member, (*kind).into());
            push(&mut member, ", \"subtype\": ");
            push_decimal(&mut member, (*subtype).into());
            push(&mut member, ", \"length\": ");
            push_decimal(&mut member, *octets as u64);
            push(&mut member, " }");
        }
    }
    let source = Source { kind: KIND, member: &member };
    let (time, counter) = (noted.time, noted.number.saturating_add(1));
    let Some(label) = label else { return encoder.told(time, counter, source, out) };
    let at = Moment { time, counter, label, told: Some(source) };
    match noted.note {
        Note::State { new: ESTABLISHED, .. } => encoder.state(at, "up", None, out),
        Note::State { old: ESTABLISHED, .. } => encoder.state(at, "down", None, out),
        _ => encoder.told_of(at, source, out),
    }
}

/// The number of Established (RFC 6396 section 4.4.1).
const ESTABLISHED: u16 = 6;

/// Writes the name of a state, as the events of the state machine have it.
pub(crate) fn state(number: u16, out: &mut Vec<u8>) {
    const STATES: [State; 6] = [
        State::Idle,
        State::Connect,
        State::Active,
        State::OpenSent,
        State::OpenConfirm,
        State::Established,
    ];
    match usize::from(number).checked_sub(1).and_then(|index| STATES.get(index)) {
        Some(state) => push(out, state.name()),
        None => push_decimal(out, number.into()),
    }
}
