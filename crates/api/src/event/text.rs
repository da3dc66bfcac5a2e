//! Events as lines for people: each is followed by an empty line, as ExaBGP's are.

use yottabgp_session::event::Decoded;
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::io::text::{push, push_decimal, push_escaped, push_hex_upper};
use yottabgp_wire::message::keepalive;

use super::{Moment, Raw, Way};

pub(super) fn state(at: Moment<'_>, state: &str, reason: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(&at.label.text);
    out.push(b' ');
    push(out, state);
    if let Some(reason) = reason {
        push(out, " - ");
        push_escaped(out, reason.as_bytes());
    }
    push(out, "\n\n");
}

pub(super) fn packet(at: Moment<'_>, way: Way, kind: MessageType, raw: Raw<'_>, out: &mut Vec<u8>) {
    prefix(at, way, out);
    out.push(b' ');
    push_decimal(out, kind.0.into());
    octets(raw, out);
    push(out, "\n\n");
}

pub(super) fn message(
    at: Moment<'_>,
    way: Way,
    decoded: &Decoded<'_>,
    raw: Option<Raw<'_>>,
    out: &mut Vec<u8>,
) {
    if let Decoded::Update(update) = decoded {
        match way {
            Way::Receive => update.text(&at.label.receive, out),
            Way::Send => update.text(&at.label.send, out),
            Way::In => update.text(&[at.label.text.as_slice(), b" in"].concat(), out),
        }
        if let Some(raw) = raw {
            insert_octets(raw, out);
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
fn insert_octets(raw: Raw<'_>, out: &mut Vec<u8>) {
    let before_end = out.len().saturating_sub(1);
    let last = out.get(..before_end).unwrap_or_default();
    let at = last.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
    let end = out.split_off(at);
    octets(raw, out);
    out.push(b'\n');
    out.extend_from_slice(&end);
}

pub(super) fn shutdown(pid: u32, ppid: u32, out: &mut Vec<u8>) {
    push(out, "shutdown ");
    push_decimal(out, pid.into());
    out.push(b' ');
    push_decimal(out, ppid.into());
    push(out, "\n\n");
}
