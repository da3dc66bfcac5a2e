//! Events as lines for people: each is followed by an empty line, as ExaBGP's are.

use std::time::Duration;

use yottabgp_session::event::Decoded;
use yottabgp_wire::io::text::{push, push_decimal, push_escaped, push_hex_upper};
use yottabgp_wire::message::keepalive;

use super::super::encoder::{Encoder, Moment, Raw, Way};
use super::{Agreed, Message, Packet, Writer, reason};

/// The layouts of 4, 5 and later: what else differs is inside of UPDATEs.
#[derive(Debug)]
pub(super) struct Modern {
    /// Whether reasons say what a NOTIFICATION means.
    long_reasons: bool,
}

/// ExaBGP 5 and later.
pub(super) const MODERN: Modern = Modern { long_reasons: false };
/// ExaBGP 4.
pub(super) const V4: Modern = Modern { long_reasons: true };

impl Writer for Modern {
    fn state(
        &self,
        _: &Encoder,
        at: Moment<'_>,
        state: &str,
        reason: Option<&str>,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(&at.label.text);
        out.push(b' ');
        push(out, state);
        if let Some(reason) = reason {
            push(out, " - ");
            let long = if self.long_reasons { reason::old(reason) } else { reason.into() };
            push_escaped(out, long.as_bytes());
        }
        push(out, "\n\n");
    }

    fn packet(
        &self,
        _: &Encoder,
        at: Moment<'_>,
        packet: Packet<'_>,
        _: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        prefix(at, packet.way, out);
        out.push(b' ');
        push_decimal(out, packet.kind.0.into());
        octets(packet.raw, out);
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
        if let Decoded::Update(update) = decoded {
            match way {
                Way::Receive => update.text(&at.label.receive, encoder.form, out),
                Way::Send => update.text(&at.label.send, encoder.form, out),
                Way::In => {
                    let prefix = [at.label.text.as_slice(), b" in"].concat();
                    update.text(&prefix, encoder.form, out);
                }
            }
            if let Some(raw) = raw {
                insert_before_end(|out| octets(raw, out), out);
            }
            out.push(b'\n');
            return;
        }
        prefix(at, way, out);
        out.push(b' ');
        match decoded {
            Decoded::Open(message) => message.text(out),
            Decoded::Notification(message) => message.text(out),
            Decoded::Keepalive => keepalive::text(out),
            Decoded::RouteRefresh(message) => message.text(out),
            Decoded::Operational(message) => message.text(out),
            Decoded::Update(_) | Decoded::None => {}
        }
        if let Some(raw) = raw {
            octets(raw, out);
        }
        push(out, "\n\n");
    }

    fn healthcheck(
        &self,
        _: &Encoder,
        _: Duration,
        [name, state, step]: [&str; 3],
        out: &mut Vec<u8>,
    ) {
        for word in ["healthcheck ", name, " ", step, " ", state, "\n\n"] {
            push(out, word);
        }
    }

    fn shutdown(&self, encoder: &Encoder, _: Duration, out: &mut Vec<u8>) {
        push(out, "shutdown ");
        push_decimal(out, encoder.pid.into());
        out.push(b' ');
        push_decimal(out, encoder.ppid.into());
        push(out, "\n\n");
    }
}

fn prefix(at: Moment<'_>, way: Way, out: &mut Vec<u8>) {
    match way {
        Way::Receive => out.extend_from_slice(&at.label.receive),
        Way::Send => out.extend_from_slice(&at.label.send),
        Way::In => {
            out.extend_from_slice(&at.label.text);
            push(out, " in");
        }
    }
}

fn octets(raw: Raw<'_>, out: &mut Vec<u8>) {
    push(out, " header 0x");
    push_hex_upper(out, raw.header);
    push(out, " body 0x");
    push_hex_upper(out, raw.body);
}

/// Writes the octets of an UPDATE as a line of their own before the last one, `… update end`.
pub(super) fn insert_before_end(write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    let before_end = out.len().saturating_sub(1);
    let last = out.get(..before_end).unwrap_or_default();
    let at = last.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
    let end = out.split_off(at);
    write(out);
    out.push(b'\n');
    out.extend_from_slice(&end);
}
