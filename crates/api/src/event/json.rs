//! Events as JSON: ExaBGP's members, order and spaces.

use std::time::Duration;

use yottabgp_session::event::{Decoded, State};
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::io::json::{push_separator, push_string};
use yottabgp_wire::io::text::{push, push_decimal, push_hex_upper};
use yottabgp_wire::negotiated::{Negotiated, Refresh};

use super::{Encoder, Moment, Raw, Way};

/// Writes seconds as Python prints them: `1795398101.79`.
pub(super) fn push_time(out: &mut Vec<u8>, time: Duration) {
    push_decimal(out, time.as_secs());
    let micros = time.subsec_micros();
    let mut digits = [0u8; 6];
    let mut rest = micros;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    let used = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    out.push(b'.');
    out.extend(digits.iter().take(used));
}

/// Everything up to the type and the comma after it.
#[inline]
fn open(encoder: &Encoder, at: Moment<'_>, kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&encoder.head);
    push_time(out, at.time);
    out.extend_from_slice(&encoder.tail);
    push(out, ", \"counter\": ");
    push_decimal(out, at.counter);
    push(out, ", \"type\": \"");
    push(out, kind);
    push(out, "\", ");
}

#[inline]
fn direction(way: Way, out: &mut Vec<u8>) {
    push(out, ", \"direction\": \"");
    push(out, way.name());
    out.push(b'"');
}

#[inline]
fn close(out: &mut Vec<u8>) {
    push(out, " } }\n");
}

pub(super) fn state(
    encoder: &Encoder,
    at: Moment<'_>,
    state: &str,
    reason: Option<&str>,
    out: &mut Vec<u8>,
) {
    open(encoder, at, "state", out);
    out.extend_from_slice(&at.label.json);
    push(out, ", \"state\": \"");
    push(out, state);
    out.push(b'"');
    if let Some(reason) = reason {
        push(out, ", \"reason\": ");
        push_string(out, reason);
    }
    close(out);
}

pub(super) fn fsm(encoder: &Encoder, at: Moment<'_>, state: State, out: &mut Vec<u8>) {
    open(encoder, at, "fsm", out);
    out.extend_from_slice(&at.label.json);
    push(out, ", \"state\": \"");
    push(out, state.name());
    out.push(b'"');
    close(out);
}

pub(super) fn negotiated(encoder: &Encoder, at: Moment<'_>, negotiated: &[u8], out: &mut Vec<u8>) {
    open(encoder, at, "negotiated", out);
    out.extend_from_slice(&at.label.json);
    push(out, ", \"negotiated\": ");
    out.extend_from_slice(negotiated);
    out.push(b' ');
    close(out);
}

pub(super) fn signal(encoder: &Encoder, at: Moment<'_>, code: i32, name: &str, out: &mut Vec<u8>) {
    open(encoder, at, "signal", out);
    out.extend_from_slice(&at.label.json);
    push(out, ", \"code\": \"");
    push(out, itoa::Buffer::new().format(code));
    push(out, "\", \"name\": ");
    push_string(out, name);
    close(out);
}

pub(super) fn packet(
    encoder: &Encoder,
    at: Moment<'_>,
    way: Way,
    kind: MessageType,
    raw: Raw<'_>,
    negotiated: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    let name = match kind {
        MessageType::ROUTE_REFRESH => "route-refresh",
        kind => kind.name().unwrap_or("unknown"),
    };
    open(encoder, at, name, out);
    out.extend_from_slice(&at.label.json);
    direction(way, out);
    push(out, ", \"message\": { \"category\": ");
    push_decimal(out, kind.0.into());
    push(out, ", \"header\": \"0x");
    push_hex_upper(out, raw.header);
    push(out, "\", \"body\": \"0x");
    push_hex_upper(out, raw.body);
    push(out, "\" } ");
    push_member(negotiated, out);
    close(out);
}

#[inline]
fn push_member(negotiated: Option<&[u8]>, out: &mut Vec<u8>) {
    if let Some(negotiated) = negotiated {
        push(out, ", \"negotiated\": ");
        out.extend_from_slice(negotiated);
        out.push(b' ');
    }
}

pub(super) fn message(
    encoder: &Encoder,
    at: Moment<'_>,
    way: Way,
    decoded: &Decoded<'_>,
    raw: Option<Raw<'_>>,
    negotiated: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    let kind = match decoded {
        Decoded::Open(_) => "open",
        Decoded::Update(_) => "update",
        Decoded::Notification(_) => "notification",
        Decoded::Keepalive => "keepalive",
        Decoded::RouteRefresh(_) => "refresh",
        Decoded::Operational(_) => "operational",
        Decoded::None => return,
    };
    open(encoder, at, kind, out);
    if let Some(raw) = raw {
        push(out, "\"header\": \"0x");
        push_hex_upper(out, raw.header);
        push(out, "\", \"body\": \"0x");
        push_hex_upper(out, raw.body);
        push(out, "\", ");
    }
    out.extend_from_slice(&at.label.json);
    direction(way, out);
    match decoded {
        Decoded::Update(update) => {
            push(out, ", \"message\": ");
            update.json(encoder.form, out);
            push_member(negotiated, out);
        }
        Decoded::Open(message) => {
            push(out, ", \"open\": ");
            message.json(out);
        }
        Decoded::Notification(message) => {
            push(out, ", \"notification\": ");
            message.json(out);
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
        Decoded::Keepalive | Decoded::None => out.push(b' '),
    }
    close(out);
}

pub(super) fn shutdown(encoder: &Encoder, time: Duration, out: &mut Vec<u8>) {
    out.extend_from_slice(&encoder.head);
    push_time(out, time);
    out.extend_from_slice(&encoder.tail);
    push(out, ", \"type\": \"notification\", \"notification\": \"shutdown\" }\n");
}

/// The name of the service, its state, the step.
pub(super) fn healthcheck(
    encoder: &Encoder,
    time: Duration,
    [name, state, step]: [&str; 3],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&encoder.head);
    push_time(out, time);
    out.extend_from_slice(&encoder.tail);
    push(out, ", \"type\": \"healthcheck\", \"healthcheck\": { \"name\": ");
    push_string(out, name);
    push(out, ", \"state\": ");
    push_string(out, state);
    push(out, ", \"step\": ");
    push_string(out, step);
    push(out, " } }\n");
}

/// Writes the JSON value of `"negotiated"`.
pub fn push_negotiated(negotiated: &Negotiated, out: &mut Vec<u8>) {
    push(out, "{ \"message_size\": ");
    push_decimal(out, negotiated.message_size.into());
    push(out, ", \"hold_time\": ");
    push_decimal(out, negotiated.hold_time.into());
    push(out, ", \"asn4\": ");
    push_bool(out, negotiated.asn4);
    push(out, ", \"multisession\": ");
    push_bool(out, negotiated.multisession);
    push(out, ", \"operational\": ");
    push_bool(out, negotiated.operational);
    push(out, ", \"refresh\": \"");
    push(
        out,
        match negotiated.refresh {
            Refresh::Absent => "absent",
            Refresh::Normal => "normal",
            Refresh::Enhanced => "enhanced",
        },
    );
    push(out, "\", \"families\": ");
    push_families(out, &negotiated.families);
    push(out, ", \"nexthop\": [");
    let mut first = true;
    for (family, afi) in &negotiated.next_hop {
        push_separator(out, &mut first);
        push(out, &format!("\"{family} {afi}\""));
    }
    push(out, "], \"add_path\": {\"send\": ");
    push_families(out, &negotiated.add_path.send);
    push(out, ", \"receive\": ");
    push_families(out, &negotiated.add_path.receive);
    push(out, "} }");
}

fn push_bool(out: &mut Vec<u8>, value: bool) {
    push(out, if value { "true" } else { "false" });
}

fn push_families(out: &mut Vec<u8>, families: &[Family]) {
    out.push(b'[');
    let mut first = true;
    for family in families {
        push_separator(out, &mut first);
        push(out, &format!("\"{family}\""));
    }
    out.push(b']');
}
