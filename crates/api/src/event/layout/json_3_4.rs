//! Events as JSON of ExaBGP 3.4: whole seconds, numbers as strings, hexadecimal without `0x`, no direction but in OPENs. It does
//! not tell of negotiation, states of the machine and signals, nor of messages to the peer but OPEN and packets.

use std::time::Duration;

use yottabgp_session::event::Decoded;
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_decimal, push_hex_upper};
use yottabgp_wire::layout::Layout;

use super::super::encoder::{Encoder, Moment, Raw, Way};
use super::json::push_healthcheck;
use super::{Agreed, Message, Packet, Writer, push_kind, reason};

/// The layout.
#[derive(Debug)]
pub(super) struct Old;

/// Everything up to the type and the comma after it.
fn open(encoder: &Encoder, at: Moment<'_>, kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&encoder.head);
    push_decimal(out, at.time.as_secs());
    out.extend_from_slice(&encoder.tail);
    push(out, ", \"counter\": ");
    push_decimal(out, at.counter);
    push_kind(kind, at.told, out);
}

fn close(out: &mut Vec<u8>) {
    push(out, "} }\n");
}

/// Writes the octets; an empty body is left out.
fn octets(raw: Raw<'_>, out: &mut Vec<u8>) {
    for (name, octets) in [("\"header\": \"", raw.header), ("\"body\": \"", raw.body)] {
        if !octets.is_empty() {
            push(out, name);
            push_hex_upper(out, octets);
            push(out, "\", ");
        }
    }
}

impl Writer for Old {
    fn state(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        state: &str,
        reason: Option<&str>,
        out: &mut Vec<u8>,
    ) {
        open(encoder, at, "state", out);
        out.extend_from_slice(&at.label.json_3_4);
        push(out, ", \"state\": \"");
        push(out, state);
        out.push(b'"');
        if let Some(reason) = reason {
            push(out, ", \"reason\": ");
            push_string(out, &reason::old(reason));
        }
        close(out);
    }

    fn packet(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        packet: Packet<'_>,
        _: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        let Packet { way, kind, raw } = packet;
        // What is received is always of the type "raw".
        let sent = way == Way::Send;
        let name = match kind {
            _ if !sent => "raw",
            MessageType::ROUTE_REFRESH => "route-refresh",
            kind => kind.name().unwrap_or("unknown"),
        };
        open(encoder, at, name, out);
        out.extend_from_slice(&at.label.json_3_4);
        push(out, ", \"message\": { \"body\": \"");
        push_hex_upper(out, raw.body);
        push(out, "\", ");
        let number = |out: &mut Vec<u8>| push_decimal(out, kind.0.into());
        let header = |out: &mut Vec<u8>| {
            push(out, "\"header\": \"");
            push_hex_upper(out, raw.header);
            out.push(b'"');
        };
        if sent {
            header(out);
            push(out, ", \"sent\": ");
            number(out);
        } else {
            push(out, "\"received\": ");
            number(out);
            push(out, ", ");
            header(out);
        }
        push(out, " } ");
        close(out);
    }

    fn message(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        message: Message<'_>,
        _: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        let Message { way, decoded, raw } = message;
        let kind = match decoded {
            Decoded::Open(_) => "open",
            _ if way == Way::Send => return,
            Decoded::Update(_) => "update",
            Decoded::Notification(_) => "notification",
            Decoded::Keepalive => "keepalive",
            Decoded::RouteRefresh(_) => "refresh",
            Decoded::Operational(_) => "operational",
            Decoded::None => return,
        };
        let start = |out: &mut Vec<u8>| {
            open(encoder, at, kind, out);
            if let Some(raw) = raw {
                octets(raw, out);
            }
            out.extend_from_slice(&at.label.json_3_4);
        };
        match decoded {
            Decoded::Update(update) => {
                // Nobody else has it: what is called here writes octets.
                let Ok(mut keys) = encoder.keys.try_borrow_mut() else { return };
                loop {
                    start(out);
                    push(out, ", \"message\": ");
                    let more = update.json_part(encoder.form, &mut keys, out);
                    close(out);
                    if !more {
                        break;
                    }
                }
                return;
            }
            Decoded::Notification(message) => {
                // Releases before 3.4.26 had it beside the neighbor only, later ones in both places.
                let content = |out: &mut Vec<u8>| {
                    push(out, "\"notification\": ");
                    message.json_in(Layout::V3_4, out);
                    out.push(b' ');
                };
                open(encoder, at, kind, out);
                content(out);
                push(out, ", ");
                out.extend_from_slice(&at.label.json_3_4);
                push(out, ", ");
                content(out);
                return close(out);
            }
            _ => start(out),
        }
        match decoded {
            Decoded::Open(message) => {
                push(out, ", \"direction\": \"");
                push(out, if way == Way::Send { "sent" } else { "received" });
                push(out, "\", \"open\": ");
                message.json_in(Layout::V3_4, way == Way::Send, out);
                out.push(b' ');
            }
            Decoded::RouteRefresh(message) => {
                push(out, ", \"route-refresh\": ");
                message.json(out);
            }
            Decoded::Operational(message) => {
                push(out, ", \"operational\": ");
                message.json(out);
            }
            _ => {}
        }
        close(out);
    }

    fn healthcheck(&self, encoder: &Encoder, time: Duration, words: [&str; 3], out: &mut Vec<u8>) {
        out.extend_from_slice(&encoder.head);
        push_decimal(out, time.as_secs());
        out.extend_from_slice(&encoder.tail);
        push(out, ", \"counter\": 1");
        push_healthcheck(words, out);
    }

    fn shutdown(&self, encoder: &Encoder, time: Duration, out: &mut Vec<u8>) {
        out.extend_from_slice(&encoder.head);
        push_decimal(out, time.as_secs());
        out.extend_from_slice(&encoder.tail);
        push(
            out,
            ", \"counter\": 1, \"type\": \"notification\", \"notification\": \"shutdown\"}\n",
        );
    }
}
