//! Events as JSON: ExaBGP's members, order and spaces.

use std::time::Duration;

use yottabgp_session::event::{Decoded, State};
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_decimal, push_hex_upper, push_seconds};
use yottabgp_wire::negotiated::{Negotiated, Refresh};

use super::super::encoder::{Encoder, Moment, Way};
use super::super::label::Label;
use super::{Message, Packet, Writer, push_kind, reason};

/// The layouts of 4, 5 and later, and what differs between them outside of messages.
#[derive(Debug)]
pub(super) struct Modern {
    /// Whether events have our router identifier.
    router_id: bool,
    /// Whether reasons are shown as they are. Otherwise they say more, and round brackets stand for all others.
    brackets: bool,
    /// Whether what was agreed upon has blanks inside of brackets.
    spaced: bool,
    /// The name of the signal of a command, which has none.
    no_signal: &'static str,
}

/// ExaBGP 5 and later.
pub(super) const MODERN: Modern =
    Modern { router_id: true, brackets: true, spaced: false, no_signal: "none" };
/// ExaBGP 4.
pub(super) const V4: Modern =
    Modern { router_id: false, brackets: false, spaced: true, no_signal: "UNKNOWN" };

/// What a session agreed upon, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    plain: Vec<u8>,
    spaced: Vec<u8>,
}

impl Agreed {
    /// Nothing yet.
    pub const NONE: Self = Self { plain: Vec::new(), spaced: Vec::new() };

    /// Whether nothing is known.
    pub const fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    /// Forgets it.
    pub fn clear(&mut self) {
        self.plain.clear();
        self.spaced.clear();
    }

    /// Writes it.
    pub fn set(&mut self, negotiated: &Negotiated) {
        self.clear();
        push_negotiated(negotiated, PLAIN, &mut self.plain);
        push_negotiated(negotiated, SPACED, &mut self.spaced);
    }

    /// Of a session.
    pub fn of(negotiated: &Negotiated) -> Self {
        let mut agreed = Self::default();
        agreed.set(negotiated);
        agreed
    }
}

/// Everything up to the type and the comma after it.
#[inline]
fn open(encoder: &Encoder, at: Moment<'_>, kind: &str, out: &mut Vec<u8>) {
    let mut start = encoder.start.borrow_mut();
    let (time, start) = &mut *start;
    if *time != at.time || start.is_empty() {
        *time = at.time;
        start.clear();
        start.extend_from_slice(&encoder.head);
        push_seconds(start, at.time);
        start.extend_from_slice(&encoder.tail);
        push(start, ", \"counter\": ");
    }
    out.extend_from_slice(start);
    push_decimal(out, at.counter);
    push_kind(kind, at.told, out);
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

impl Modern {
    #[inline]
    fn label<'l>(&self, label: &'l Label) -> &'l [u8] {
        if self.router_id { &label.json } else { &label.json_4 }
    }

    #[inline]
    fn push_member(&self, agreed: Option<&Agreed>, out: &mut Vec<u8>) {
        if let Some(agreed) = agreed {
            push(out, ", \"negotiated\": ");
            out.extend_from_slice(if self.spaced { &agreed.spaced } else { &agreed.plain });
            out.push(b' ');
        }
    }
}

impl Writer for Modern {
    fn state(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        state: &str,
        reason: Option<&str>,
        out: &mut Vec<u8>,
    ) {
        open(encoder, at, "state", out);
        out.extend_from_slice(self.label(at.label));
        push(out, ", \"state\": \"");
        push(out, state);
        out.push(b'"');
        if let Some(reason) = reason {
            push(out, ", \"reason\": ");
            let from = out.len();
            if self.brackets {
                push_string(out, reason);
            } else {
                push_string(out, &reason::old(reason));
                for octet in out.get_mut(from..).unwrap_or_default() {
                    *octet = match *octet {
                        b'[' | b'{' => b'(',
                        b']' | b'}' => b')',
                        other => other,
                    };
                }
            }
        }
        close(out);
    }

    fn fsm(&self, encoder: &Encoder, at: Moment<'_>, state: State, out: &mut Vec<u8>) {
        open(encoder, at, "fsm", out);
        out.extend_from_slice(self.label(at.label));
        push(out, ", \"state\": \"");
        push(out, state.name());
        out.push(b'"');
        close(out);
    }

    fn negotiated(&self, encoder: &Encoder, at: Moment<'_>, agreed: &Agreed, out: &mut Vec<u8>) {
        open(encoder, at, "negotiated", out);
        out.extend_from_slice(self.label(at.label));
        self.push_member(Some(agreed), out);
        close(out);
    }

    fn signal(&self, encoder: &Encoder, at: Moment<'_>, code: i32, name: &str, out: &mut Vec<u8>) {
        open(encoder, at, "signal", out);
        out.extend_from_slice(self.label(at.label));
        push(out, ", \"code\": \"");
        push(out, itoa::Buffer::new().format(code));
        push(out, "\", \"name\": ");
        push_string(out, if code == 0 { self.no_signal } else { name });
        close(out);
    }

    fn packet(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        packet: Packet<'_>,
        agreed: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        let Packet { way, kind, raw } = packet;
        let name = match kind {
            MessageType::ROUTE_REFRESH => "route-refresh",
            kind => kind.name().unwrap_or("unknown"),
        };
        open(encoder, at, name, out);
        out.extend_from_slice(self.label(at.label));
        direction(way, out);
        push(out, ", \"message\": { \"category\": ");
        push_decimal(out, kind.0.into());
        push(out, ", \"header\": \"0x");
        push_hex_upper(out, raw.header);
        push(out, "\", \"body\": \"0x");
        push_hex_upper(out, raw.body);
        push(out, "\" } ");
        self.push_member(agreed, out);
        close(out);
    }

    fn message(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        message: Message<'_>,
        agreed: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        let Message { way, decoded, raw } = message;
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
        out.extend_from_slice(self.label(at.label));
        direction(way, out);
        match decoded {
            Decoded::Update(update) => {
                push(out, ", \"message\": ");
                update.json(encoder.form, out);
                self.push_member(agreed, out);
            }
            Decoded::Open(message) => {
                push(out, ", \"open\": ");
                message.json_in(encoder.form.layout, way == Way::Send, out);
            }
            Decoded::Notification(message) => {
                push(out, ", \"notification\": ");
                message.json_in(encoder.form.layout, out);
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

    fn healthcheck(&self, encoder: &Encoder, time: Duration, words: [&str; 3], out: &mut Vec<u8>) {
        out.extend_from_slice(&encoder.head);
        push_seconds(out, time);
        out.extend_from_slice(&encoder.tail);
        push_healthcheck(words, out);
    }

    fn shutdown(&self, encoder: &Encoder, time: Duration, out: &mut Vec<u8>) {
        out.extend_from_slice(&encoder.head);
        push_seconds(out, time);
        out.extend_from_slice(&encoder.tail);
        push(out, ", \"type\": \"notification\", \"notification\": \"shutdown\" }\n");
    }
}

/// The members of the event of a service, and the end of the line.
pub(super) fn push_healthcheck([name, state, step]: [&str; 3], out: &mut Vec<u8>) {
    push(out, ", \"type\": \"healthcheck\", \"healthcheck\": { \"name\": ");
    push_string(out, name);
    push(out, ", \"state\": ");
    push_string(out, state);
    push(out, ", \"step\": ");
    push_string(out, step);
    push(out, " } }\n");
}

/// The brackets of lists, and what is between members.
#[derive(Clone, Copy)]
struct Lists {
    open: &'static str,
    separator: &'static str,
    close: &'static str,
    /// Between the members of `add_path`, where ExaBGP 4 has an ordinary comma.
    add_path_separator: &'static str,
    add_path: [&'static str; 2],
}

const PLAIN: Lists = Lists {
    open: "[",
    separator: ", ",
    close: "]",
    add_path_separator: ", ",
    add_path: ["{", "}"],
};
const SPACED: Lists = Lists {
    open: "[ ",
    separator: " ,",
    close: " ]",
    add_path_separator: ", ",
    add_path: ["{ ", " }"],
};

/// Writes the JSON value of `"negotiated"`.
fn push_negotiated(negotiated: &Negotiated, lists: Lists, out: &mut Vec<u8>) {
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
    push_families(out, &negotiated.families, lists, lists.separator);
    push(out, ", \"nexthop\": ");
    push(out, lists.open);
    let mut separator = "";
    for (family, afi) in &negotiated.next_hop {
        push(out, separator);
        separator = lists.separator;
        push(out, &format!("\"{family} {afi}\""));
    }
    push(out, lists.close);
    let [open, close] = lists.add_path;
    push(out, ", \"add_path\": ");
    push(out, open);
    push(out, "\"send\": ");
    push_families(out, &negotiated.add_path.send, lists, lists.add_path_separator);
    push(out, ", \"receive\": ");
    push_families(out, &negotiated.add_path.receive, lists, lists.add_path_separator);
    push(out, close);
    push(out, " }");
}

fn push_bool(out: &mut Vec<u8>, value: bool) {
    push(out, if value { "true" } else { "false" });
}

fn push_families(out: &mut Vec<u8>, families: &[Family], lists: Lists, between: &str) {
    push(out, lists.open);
    let mut separator = "";
    for family in families {
        push(out, separator);
        separator = between;
        push(out, &format!("\"{family}\""));
    }
    push(out, lists.close);
}
