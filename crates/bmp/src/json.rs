//! The member `"bmp"` of events: which router told it, of which session and table.
//!
//! `"bmp": { "message": "route-monitoring", "router": { "address": "192.0.2.9", "port": 40001, "name": "r1" }, "peer": { "type":
//! "global", "distinguisher": "0:0", "address": "192.0.2.1", "asn": 65001, "router-id": "10.0.0.1" }, "rib": "adj-rib-in",
//! "policy": "pre", "timestamp": 1800000000.25 }`; what is special to a message follows the timestamp.

use std::net::IpAddr;

use yottabgp_wire::io::json::{push_name, push_separator, push_string};
use yottabgp_wire::io::reader::{Fault, Reader, WireError};
use yottabgp_wire::io::text::{
    push, push_decimal, push_hex_upper, push_ip, push_ipv4, push_seconds,
};
use yottabgp_wire::message::HEADER_LENGTH as BGP_HEADER_LENGTH;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::nlri::rd::RouteDistinguisher;

use crate::codes::{InformationType, MessageType, PeerDownReason, PeerType, StatisticType};
use crate::information::InformationIter;
use crate::peer_header::{PeerHeader, RibView, SessionKey};
use crate::statistics::{StatisticIter, StatisticValue};
use crate::{HEADER_LENGTH, PeerDown, PeerUp};

/// The name of a message, or its number.
pub(crate) fn message_name(kind: MessageType) -> String {
    kind.name().map_or_else(|| kind.0.to_string(), str::to_owned)
}

/// So many different counts or parts are told of one message: more than there are.
const MOST_KINDS: usize = 1024;

/// A message has more different counts or parts than are believed.
fn too_many(field: &'static str) -> WireError {
    WireError { field, offset: HEADER_LENGTH, fault: Fault::Length(MOST_KINDS) }
}

/// Opens the member.
pub(crate) fn start(message: &str, router: &[u8], out: &mut Vec<u8>) {
    push(out, "\"bmp\": { \"message\": \"");
    push(out, message);
    push(out, "\", ");
    out.extend_from_slice(router);
}

/// Closes it.
pub(crate) fn end(is_snapshot: bool, out: &mut Vec<u8>) {
    if is_snapshot {
        push(out, ", \"snapshot\": true");
    }
    push(out, " }");
}

/// The member of a router.
pub(crate) fn router(address: IpAddr, port: u16, name: Option<&str>, out: &mut Vec<u8>) {
    push(out, "\"router\": { \"address\": \"");
    push_ip(out, address);
    push(out, "\", \"port\": ");
    push_decimal(out, port.into());
    if let Some(name) = name {
        push(out, ", \"name\": ");
        push_string(out, name);
    }
    push(out, " }");
}

/// The member of a session: the same for as long as it is up.
pub(crate) fn session(peer: &PeerHeader, out: &mut Vec<u8>) {
    push(out, ", \"peer\": { \"type\": ");
    match peer.kind.name() {
        Some(name) => push_string(out, name),
        None => push_decimal(out, peer.kind.0.into()),
    }
    push(out, ", \"distinguisher\": \"");
    distinguisher(&peer.session(), out);
    out.push(b'"');
    push(out, ", \"address\": \"");
    push_ip(out, peer.address);
    push(out, "\", \"asn\": ");
    push_decimal(out, peer.asn.0.into());
    push(out, ", \"router-id\": \"");
    push_ipv4(out, peer.router_id);
    push(out, "\" }");
}

/// Only that of a VPN is known to be a route distinguisher; 0:0 is the global table.
fn distinguisher(key: &SessionKey, out: &mut Vec<u8>) {
    if key.kind == PeerType::RD || key.distinguisher == [0; 8] {
        RouteDistinguisher(key.distinguisher).push_text(out);
    } else {
        push(out, "0x");
        push_hex_upper(out, &key.distinguisher);
    }
}

impl SessionKey {
    /// What tells peers with the same address apart, as events have it; empty in the global table.
    pub fn distinguisher(&self) -> String {
        let mut text = Vec::new();
        if self.distinguisher != [0; 8] {
            distinguisher(self, &mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// What the header says of one message: its table, policy and time.
pub(crate) fn peer(peer: &PeerHeader, out: &mut Vec<u8>) {
    push(out, ", \"rib\": \"");
    push(out, peer.view.name());
    if peer.view != RibView::LocRib {
        push(out, "\", \"policy\": \"");
        push(out, peer.policy.name());
    }
    push(out, "\"");
    if peer.is_filtered {
        push(out, ", \"filtered\": true");
    }
    if !peer.time.is_zero() {
        push(out, ", \"timestamp\": ");
        push_seconds(out, peer.time);
    }
}

/// What can not be read, and why.
pub(crate) fn malformed(error: &WireError, octets: &[u8], out: &mut Vec<u8>) {
    push(out, ", \"error\": ");
    push_string(out, &error.to_string());
    push(out, ", \"body\": \"0x");
    push_hex_upper(out, octets);
    out.push(b'"');
}

/// What a router says of itself beside its name.
pub(crate) fn initiation(parts: InformationIter<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    information(parts, out)
}

/// Parts by their names. What may come several times is a list.
fn information(parts: InformationIter<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    let mut words = Vec::new();
    let mut known: Vec<(InformationType, &[u8])> = Vec::new();
    for part in parts {
        let part = part?;
        let kind = InformationType(part.kind);
        if known.len() > MOST_KINDS {
            return Err(too_many("BMP information"));
        }
        match known.iter_mut().find(|(other, _)| *other == kind) {
            _ if kind == InformationType::STRING => words.push(part.value),
            Some((_, value)) => *value = part.value,
            None => known.push((kind, part.value)),
        }
    }
    for (kind, value) in known {
        push(out, ", ");
        match kind.name() {
            Some(name) => {
                push_name(out, name);
                push_string(out, &String::from_utf8_lossy(value));
            }
            None => {
                push_name(out, &format!("information-{}", kind.0));
                push(out, "\"0x");
                push_hex_upper(out, value);
                out.push(b'"');
            }
        }
    }
    if !words.is_empty() {
        push(out, ", \"information\": [ ");
        let mut first = true;
        for word in words {
            push_separator(out, &mut first);
            push_string(out, &String::from_utf8_lossy(word));
        }
        push(out, " ]");
    }
    Ok(())
}

/// Why a router ends the connection.
pub(crate) fn termination(parts: InformationIter<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    let (mut words, mut reason) = (Vec::new(), None);
    for part in parts {
        let part = part?;
        match part.termination_reason()? {
            Some(told) => reason = Some(told),
            None => words.push(part.value),
        }
    }
    if let Some(reason) = reason {
        push(out, ", \"reason\": ");
        match reason.name() {
            Some(name) => push_string(out, name),
            None => push_string(out, &reason.0.to_string()),
        }
    }
    if let [first, ..] = words.as_slice() {
        push(out, ", \"information\": [ ");
        push_string(out, &String::from_utf8_lossy(first));
        for word in words.iter().skip(1) {
            push(out, ", ");
            push_string(out, &String::from_utf8_lossy(word));
        }
        push(out, " ]");
    }
    Ok(())
}

/// The ends of a session, and what both sides said.
pub(crate) fn peer_up(up: &PeerUp<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    push(out, ", \"local-address\": \"");
    push_ip(out, up.local_address);
    push(out, "\", \"local-port\": ");
    push_decimal(out, up.local_port.into());
    push(out, ", \"remote-port\": ");
    push_decimal(out, up.remote_port.into());
    information(up.information, out)?;
    push(out, ", \"open\": { \"sent\": ");
    open(up.sent_open, out);
    push(out, ", \"received\": ");
    open(up.received_open, out);
    push(out, " }");
    Ok(())
}

/// An OPEN, or its octets when it can not be read.
fn open(octets: &[u8], out: &mut Vec<u8>) {
    match Open::decode(octets.get(BGP_HEADER_LENGTH..).unwrap_or_default()) {
        Ok(open) => open.json(out),
        Err(_) => {
            push(out, "\"0x");
            push_hex_upper(out, octets);
            out.push(b'"');
        }
    }
}

/// Why a session ended.
pub(crate) fn peer_down(down: PeerDown<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    push(out, ", \"reason\": ");
    match down.reason.name() {
        Some(name) => push_string(out, name),
        None => push_string(out, &down.reason.0.to_string()),
    }
    if let Some(octets) = down.notification() {
        let body = octets.get(BGP_HEADER_LENGTH..).unwrap_or_default();
        push(out, ", \"notification\": ");
        Notification::decode(body).json(out);
    } else if let Some(event) = down.event() {
        push(out, ", \"event\": ");
        push_decimal(out, event.into());
    } else if down.reason == PeerDownReason::LOC_RIB {
        information(InformationIter::new(Reader::new(down.data)), out)?;
    }
    Ok(())
}

/// What happened to mirrored messages.
pub(crate) fn mirrored(words: &[&str], out: &mut Vec<u8>) {
    if words.is_empty() {
        return;
    }
    push(out, ", \"information\": [ ");
    let mut first = true;
    for word in words {
        push_separator(out, &mut first);
        push_string(out, word);
    }
    push(out, " ]");
}

/// Counts by their names; those by family are objects. Of a count that comes twice, the last is shown.
pub(crate) fn statistics(counts: StatisticIter<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    let mut kinds: Vec<(StatisticType, Vec<(String, StatisticValue<'_>)>)> = Vec::new();
    let mut different = 0;
    for count in counts {
        let count = count?;
        if different > MOST_KINDS {
            return Err(too_many("BMP statistics"));
        }
        let family = match count.value {
            StatisticValue::OfFamily(family, _) => family.to_string(),
            _ => String::new(),
        };
        let index = kinds.iter().position(|(kind, _)| *kind == count.kind);
        match index.and_then(|index| kinds.get_mut(index)) {
            Some((_, values)) => match values.iter_mut().find(|(of, _)| *of == family) {
                Some((_, value)) => *value = count.value,
                None => {
                    different += 1;
                    values.push((family, count.value));
                }
            },
            None => {
                different += 1;
                kinds.push((count.kind, vec![(family, count.value)]));
            }
        }
    }
    push(out, ", \"statistics\": { ");
    let mut first = true;
    for (kind, values) in kinds {
        push_separator(out, &mut first);
        match kind.name() {
            Some(name) => push_name(out, name),
            None => push_name(out, &kind.0.to_string()),
        }
        let mut first_family = true;
        for (family, value) in &values {
            match value {
                StatisticValue::Count(count) => push_decimal(out, *count),
                StatisticValue::Unknown(octets) => {
                    push(out, "\"0x");
                    push_hex_upper(out, octets);
                    out.push(b'"');
                }
                StatisticValue::OfFamily(_, count) => {
                    push(out, if first_family { "{ " } else { ", " });
                    first_family = false;
                    push_string(out, family);
                    push(out, ": ");
                    push_decimal(out, *count);
                }
            }
        }
        if !first_family {
            push(out, " }");
        }
    }
    push(out, " }");
    Ok(())
}
