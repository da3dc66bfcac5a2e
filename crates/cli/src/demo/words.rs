//! What crossed the wire, in words: from the octets that the listening helper was told.

use serde_json::Value;
use yottabgp_wire::attribute::render;
use yottabgp_wire::codes::{MessageType, error};
use yottabgp_wire::message::HEADER_LENGTH;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::push_wire_next_hop;
use yottabgp_wire::nlri::{JsonForm, NlriIter};

use crate::hex;

/// A message that crossed the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crossed {
    /// Whether the peer sent it; the speaker did otherwise.
    pub(super) by_peer: bool,
    /// `UPDATE`.
    pub(super) name: String,
    /// Octets, header included.
    pub(super) length: usize,
    /// What it says, a line each.
    pub(super) says: Vec<String>,
}

/// Reads an event of the peer's helper that has the octets of a message.
pub(super) fn of_event(event: &Value) -> Option<Crossed> {
    let octets = |name: &str| hex::parse(event.get(name)?.as_str()?).ok();
    let header = octets("header")?;
    // A KEEPALIVE has no body, and `0x` alone is no hexadecimal.
    let body = octets("body").unwrap_or_default();
    let kind = MessageType(*header.get(HEADER_LENGTH - 1)?);
    let way = event.get("neighbor")?.get("direction")?.as_str()?;
    Some(Crossed {
        by_peer: way == "send",
        name: kind.name().unwrap_or("message").to_ascii_uppercase(),
        length: header.len() + body.len(),
        says: says(kind, &body),
    })
}

fn says(kind: MessageType, body: &[u8]) -> Vec<String> {
    match kind {
        MessageType::OPEN => Open::decode(body).map_or_else(|error| vec![error.to_string()], open),
        MessageType::UPDATE => {
            let negotiated = Negotiated::permissive();
            match Update::decode(body, &negotiated, Direction::Send) {
                Ok(decoded) => update(&decoded),
                Err(error) => vec![error.to_string()],
            }
        }
        MessageType::NOTIFICATION => vec![notification(&Notification::decode(body))],
        _ => Vec::new(),
    }
}

fn open(open: Open) -> Vec<String> {
    let mut capabilities = Vec::new();
    open.capabilities.text(&mut capabilities);
    let asn = open.capabilities.asn4().map_or(u32::from(open.asn), |asn| asn.0);
    vec![
        format!("AS {asn}, hold time {} s, identifier {}", open.hold_time, open.router_id),
        format!("capabilities {}", String::from_utf8_lossy(&capabilities)),
    ]
}

fn update(update: &Update<'_>) -> Vec<String> {
    if let Some(family) = update.end_of_rib() {
        return vec![format!("End-of-RIB: that was all of {family}")];
    }
    let mut says = Vec::new();
    for nlri in update.withdrawn() {
        says.push(format!("withdraws {}", list(nlri)));
    }
    for (next_hop, nlri) in update.announced() {
        let mut with = Vec::new();
        push_wire_next_hop(&mut with, next_hop);
        let context = update.context(JsonForm::default());
        // NEXT_HOP is said already.
        for attribute in update.attributes().filter(|attribute| attribute.code != 3) {
            let mut text = Vec::new();
            render::push_text(&attribute, &context, &mut text);
            if !text.is_empty() {
                with.push(b',');
                with.extend_from_slice(&text);
            }
        }
        says.push(format!("announces {}", list(nlri)));
        says.push(format!("next-hop {}", String::from_utf8_lossy(&with)));
    }
    says
}

fn list(nlri: NlriIter<'_>) -> String {
    let mut text = Vec::new();
    for nlri in nlri.flatten() {
        if !text.is_empty() {
            text.push(b' ');
        }
        nlri.text(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn notification(notification: &Notification<'_>) -> String {
    let farewell = notification.code == error::CEASE;
    format!("{notification}{}", if farewell { ": the session ends" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_told() {
        let event = serde_json::json!({
            "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003002",
            "body": "0x0000001540010100400200400304C0A8010140050400000064180A0000",
            "neighbor": { "direction": "receive" }
        });
        let crossed = of_event(&event).unwrap();
        assert_eq!((crossed.name.as_str(), crossed.length, crossed.by_peer), ("UPDATE", 48, false));
        assert_eq!(
            crossed.says,
            ["announces 10.0.0.0/24", "next-hop 192.168.1.1, origin igp, local-preference 100"]
        );
    }

    #[test]
    fn what_has_no_octets_crossed_nothing() {
        assert_eq!(of_event(&serde_json::json!({ "type": "state" })), None);
    }
}
