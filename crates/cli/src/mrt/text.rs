//! `mrt show --text`: a line for each route, message or change of state, for people and for `grep`.
//!
//! `TIME from|to|table PEER AS …`: behind these a route stands in the words of commands.

use yottabgp_session::event::Decoded;
use yottabgp_wire::io::text::{push, push_decimal, push_escaped, push_ip, push_ipv4};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::{push_wire_next_hop, wire_next_hop};
use yottabgp_wire::nlri::NlriIter;

use super::time;
use crate::as_command;
use crate::capture::{Captured, Note, Noted, Side, Within};
use crate::decode::{Lines, MOST_TEXT, noted};

/// The lines of `--text`.
#[derive(Debug)]
pub(super) struct Text;

impl Lines for Text {
    fn message(
        &self,
        captured: &Captured<'_>,
        decoded: &Decoded<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let start = out.len();
        time::push(out, captured.time);
        let (way, peer) = match captured.within {
            Within::Table { .. } => (" table ", captured.sender),
            Within::Message { sent: true, .. } => (" to ", captured.receiver),
            _ => (" from ", captured.sender),
        };
        push(out, way);
        push_peer(out, peer);
        let Decoded::Update(update) = decoded else {
            other(decoded, out);
            out.push(b'\n');
            return Ok(());
        };
        let head = out.split_off(start);
        let verb = match captured.within {
            Within::Table { .. } => "",
            _ => " announce",
        };
        routes(update, &head, verb, out)
    }

    fn noted(&self, noted: &Noted<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        time::push(out, noted.time);
        match &noted.note {
            Note::State { peer, old, new, .. } => {
                push(out, " state ");
                push_peer(out, peer);
                out.push(b' ');
                noted::state(*old, out);
                out.push(b' ');
                noted::state(*new, out);
                out.push(b'\n');
            }
            Note::Peers(peers) => {
                let head = out.split_off(start);
                for (index, peer) in peers.peers.iter().enumerate() {
                    out.extend_from_slice(&head);
                    push(out, " peer ");
                    push_ip(out, peer.address);
                    push(out, " AS");
                    push_decimal(out, peer.asn.0.into());
                    push(out, " router-id ");
                    push_ipv4(out, peer.router_id);
                    push(out, " index ");
                    push_decimal(out, index as u64);
                    out.push(b'\n');
                }
            }
            Note::Unknown { kind, subtype, octets } => {
                push(out, " unknown type ");
                push_decimal(out, (*kind).into());
                push(out, " subtype ");
                push_decimal(out, (*subtype).into());
                push(out, " octets ");
                push_decimal(out, *octets as u64);
                out.push(b'\n');
            }
        }
    }
}

fn push_peer(out: &mut Vec<u8>, peer: &Side) {
    push_ip(out, peer.address);
    if let Some(asn) = peer.asn {
        push(out, " AS");
        push_decimal(out, asn.0.into());
    }
}

/// A line for each route, withdrawn ones first; `head` is what each begins with.
fn routes(update: &Update<'_>, head: &[u8], verb: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let most = out.len() + MOST_TEXT;
    if let Some(family) = update.end_of_rib() {
        out.extend_from_slice(head);
        push(out, " end-of-rib ");
        push(out, &family.to_string());
        out.push(b'\n');
        return Ok(());
    }
    let mut any = false;
    for nlri in update.withdrawn() {
        any |= lines(nlri, head, " withdraw", &[], most, out)?;
    }
    let attributes = as_command::attributes(update);
    for (next_hop, nlri) in update.announced() {
        let mut rest = Vec::with_capacity(attributes.len() + 48);
        if wire_next_hop(next_hop).is_some() {
            push(&mut rest, " next-hop ");
            push_wire_next_hop(&mut rest, next_hop);
        }
        rest.extend_from_slice(&attributes);
        any |= lines(nlri, head, verb, &rest, most, out)?;
    }
    if !any {
        out.extend_from_slice(head);
        push(out, " attributes");
        out.extend_from_slice(&attributes);
        out.push(b'\n');
    }
    Ok(())
}

/// Writes the lines of a field, and none behind `most` octets. Says whether there is one.
fn lines(
    field: NlriIter<'_>,
    head: &[u8],
    verb: &str,
    rest: &[u8],
    most: usize,
    out: &mut Vec<u8>,
) -> Result<bool, String> {
    let mut any = false;
    for nlri in field {
        let nlri = nlri.map_err(|error| error.to_string())?;
        out.extend_from_slice(head);
        push(out, verb);
        out.push(b' ');
        as_command::push_route(nlri, out);
        out.extend_from_slice(rest);
        out.push(b'\n');
        any = true;
        if out.len() > most {
            break;
        }
    }
    Ok(any)
}

/// A message that is no UPDATE.
fn other(decoded: &Decoded<'_>, out: &mut Vec<u8>) {
    match decoded {
        Decoded::Open(open) => {
            push(out, " open AS");
            let asn = open.capabilities.asn4().map_or(open.asn.into(), |asn| asn.0);
            push_decimal(out, asn.into());
            push(out, " router-id ");
            push_ipv4(out, open.router_id);
            push(out, " hold-time ");
            push_decimal(out, open.hold_time.into());
        }
        Decoded::Notification(notification) => {
            push(out, " notification ");
            push_decimal(out, notification.code.into());
            out.push(b' ');
            push_decimal(out, notification.subcode.into());
            if !notification.data.is_empty() {
                push(out, " \"");
                push_escaped(out, &notification.data);
                push(out, "\"");
            }
        }
        Decoded::Keepalive => push(out, " keepalive"),
        Decoded::RouteRefresh(refresh) => {
            push(out, " route-refresh ");
            push(out, &refresh.family.to_string());
            push(out, " subtype ");
            push_decimal(out, refresh.subtype.into());
        }
        Decoded::Operational(_) => push(out, " operational"),
        Decoded::Update(_) | Decoded::None => {}
    }
}
