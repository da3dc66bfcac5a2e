//! Events as the text of ExaBGP 3.4: `received` and `sent` only where there are octets, hexadecimal without `0x`.

use std::time::Duration;

use yottabgp_session::event::Decoded;
use yottabgp_wire::io::text::{push, push_decimal, push_hex_upper};
use yottabgp_wire::message::keepalive;

use super::super::encoder::{Encoder, Moment, Raw, Way};
use super::text::{V4, insert_before_end};
use super::{Agreed, Message, Packet, Writer};

/// The layout.
#[derive(Debug)]
pub(super) struct Old;

/// ` header FFFF… body 04FD…`; an empty body is left out.
fn octets(raw: Raw<'_>, out: &mut Vec<u8>) {
    for (name, octets) in [(" header ", raw.header), (" body ", raw.body)] {
        if !octets.is_empty() {
            push(out, name);
            push_hex_upper(out, octets);
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
        V4.state(encoder, at, state, reason, out);
    }

    fn packet(
        &self,
        _: &Encoder,
        at: Moment<'_>,
        packet: Packet<'_>,
        _: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        let Packet { way, kind, raw } = packet;
        out.extend_from_slice(&at.label.text);
        push(out, if way == Way::Send { " sent " } else { " received " });
        push_decimal(out, kind.0.into());
        push(out, " header ");
        push_hex_upper(out, raw.header);
        push(out, " body ");
        push_hex_upper(out, raw.body);
        push(out, "\n\n");
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
        let sent = way == Way::Send;
        match decoded {
            Decoded::Open(message) => {
                out.extend_from_slice(&at.label.text);
                push(out, " open direction ");
                push(out, if sent { "sent" } else { "received" });
                message.text_after_name(out);
            }
            Decoded::None => return,
            _ if sent => return,
            Decoded::Update(update) => {
                update.text(&at.label.text, encoder.form, out);
                if let Some(raw) = raw {
                    insert_before_end(|out| octets(raw, out), out);
                }
                return out.push(b'\n');
            }
            Decoded::Notification(message) => {
                // Without the neighbor, as it was.
                message.push_text("", out);
                return push(out, "\n\n");
            }
            Decoded::Keepalive => {
                out.extend_from_slice(&at.label.text);
                out.push(b' ');
                keepalive::text(out);
            }
            Decoded::RouteRefresh(message) => {
                out.extend_from_slice(&at.label.text);
                out.push(b' ');
                message.text(out);
            }
            Decoded::Operational(message) => {
                out.extend_from_slice(&at.label.text);
                out.push(b' ');
                message.text(out);
                if let Some(raw) = raw {
                    octets(raw, out);
                }
                // The only event that no empty line follows.
                return out.push(b'\n');
            }
        }
        if let Some(raw) = raw {
            octets(raw, out);
        }
        push(out, "\n\n");
    }

    fn healthcheck(&self, encoder: &Encoder, time: Duration, words: [&str; 3], out: &mut Vec<u8>) {
        V4.healthcheck(encoder, time, words, out);
    }

    fn shutdown(&self, encoder: &Encoder, time: Duration, out: &mut Vec<u8>) {
        V4.shutdown(encoder, time, out);
    }
}
