//! One event in one form.

use std::time::Duration;

use yottabgp_session::event::{Decoded, State};
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_decimal};
use yottabgp_wire::negotiated::Direction;
use yottabgp_wire::nlri::JsonForm;

use super::{Label, json, text};
use crate::{Encoding, Version};

/// Writes events. What never changes is written once, at the start.
#[derive(Clone, Debug)]
pub struct Encoder {
    pub(super) encoding: Encoding,
    pub(super) form: JsonForm,
    /// Up to the time.
    pub(super) head: Vec<u8>,
    /// From the time to the counter.
    pub(super) tail: Vec<u8>,
    pid: u32,
    ppid: u32,
}

/// The encoders of a daemon: one for each encoding.
#[derive(Clone, Debug)]
pub struct Encoders {
    text: Encoder,
    json: Encoder,
    version: Version,
}

/// When, and about whom.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Since 1970-01-01 00:00:00 UTC.
    pub time: Duration,
    /// The number of the event.
    pub counter: u64,
    /// The peer.
    pub label: &'a Label,
}

/// A message as octets.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// The 19 octets of the header.
    pub header: &'a [u8],
    /// What follows.
    pub body: &'a [u8],
}

/// What an event says of the way of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the peer.
    Receive,
    /// To the peer.
    Send,
    /// From the command line: `decode`.
    In,
}

impl From<Direction> for Way {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Receive => Self::Receive,
            Direction::Send => Self::Send,
        }
    }
}

impl Way {
    /// The word in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Send => "send",
            Self::In => "in",
        }
    }
}

impl Encoders {
    /// For a program: `compact` is `exabgp.api.compact`, the rest is what events say of the host and of the processes.
    pub fn new(version: Version, compact: bool, host: &str, pid: u32, ppid: u32) -> Self {
        let of = |encoding| Encoder::new(version, encoding, compact, host, pid, ppid);
        Self { text: of(Encoding::Text), json: of(Encoding::Json), version }
    }

    /// The encoder of a process. Version 6 knows only JSON.
    pub const fn of(&self, encoding: Encoding) -> &Encoder {
        match (self.version, encoding) {
            (Version::V4, Encoding::Text) => &self.text,
            _ => &self.json,
        }
    }
}

impl Encoder {
    /// For one version and encoding; see [`Encoders::new`].
    pub fn new(
        version: Version,
        encoding: Encoding,
        compact: bool,
        host: &str,
        pid: u32,
        ppid: u32,
    ) -> Self {
        let mut head = Vec::new();
        push(&mut head, "{ \"exabgp\": \"");
        push(&mut head, version.release());
        push(&mut head, "\", \"time\": ");
        let mut tail = Vec::new();
        push(&mut tail, ", \"host\" : ");
        push_string(&mut tail, host);
        push(&mut tail, ", \"pid\" : ");
        push_decimal(&mut tail, pid.into());
        push(&mut tail, ", \"ppid\" : ");
        push_decimal(&mut tail, ppid.into());
        let form = JsonForm { version_6: version == Version::V6, compact, generic: false };
        Self { encoding, form, head, tail, pid, ppid }
    }

    /// The same with unknown attributes in hexadecimal: `decode -g`.
    #[must_use]
    pub const fn generic(mut self) -> Self {
        self.form.generic = true;
        self
    }

    /// `connected`, `up`, or `down` with its reason. Writes a line, and returns whether it did: so do all of these.
    pub fn state(
        &self,
        at: Moment<'_>,
        state: &str,
        reason: Option<&str>,
        out: &mut Vec<u8>,
    ) -> bool {
        match self.encoding {
            Encoding::Json => json::state(self, at, state, reason, out),
            Encoding::Text => text::state(at, state, reason, out),
        }
        true
    }

    /// A change of the state machine. Text has none.
    pub fn fsm(&self, at: Moment<'_>, state: State, out: &mut Vec<u8>) -> bool {
        let has = self.encoding == Encoding::Json;
        if has {
            json::fsm(self, at, state, out);
        }
        has
    }

    /// What was agreed upon, as [`super::push_negotiated`] writes it. Text has none.
    pub fn negotiated(&self, at: Moment<'_>, negotiated: &[u8], out: &mut Vec<u8>) -> bool {
        let has = self.encoding == Encoding::Json;
        if has {
            json::negotiated(self, at, negotiated, out);
        }
        has
    }

    /// A signal that the daemon got: its number and name. Text has none.
    pub fn signal(&self, at: Moment<'_>, code: i32, name: &str, out: &mut Vec<u8>) -> bool {
        let has = self.encoding == Encoding::Json;
        if has {
            json::signal(self, at, code, name, out);
        }
        has
    }

    /// A message as octets; `negotiated` as [`super::push_negotiated`] writes it, if it is to be told.
    pub fn packet(
        &self,
        at: Moment<'_>,
        way: Way,
        kind: MessageType,
        raw: Raw<'_>,
        negotiated: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> bool {
        match self.encoding {
            Encoding::Json => json::packet(self, at, way, kind, raw, negotiated, out),
            Encoding::Text => text::packet(at, way, kind, raw, out),
        }
        true
    }

    /// A decoded message, with its octets if `raw`. Writes nothing when the content is not known.
    pub fn message(
        &self,
        at: Moment<'_>,
        way: Way,
        decoded: &Decoded<'_>,
        raw: Option<Raw<'_>>,
        negotiated: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> bool {
        if matches!(decoded, Decoded::None) {
            return false;
        }
        match self.encoding {
            Encoding::Json => json::message(self, at, way, decoded, raw, negotiated, out),
            Encoding::Text => text::message(at, way, decoded, raw, out),
        }
        true
    }

    /// A service that the daemon checks made a step: its name, its state, what was done.
    pub fn healthcheck(
        &self,
        time: Duration,
        name: &str,
        state: &str,
        step: &str,
        out: &mut Vec<u8>,
    ) {
        match self.encoding {
            Encoding::Json => json::healthcheck(self, time, [name, state, step], out),
            Encoding::Text => push(out, &format!("healthcheck {name} {step} {state}\n")),
        }
    }

    /// The daemon ends.
    pub fn shutdown(&self, time: Duration, out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Json => json::shutdown(self, time, out),
            Encoding::Text => text::shutdown(self.pid, self.ppid, out),
        }
    }
}
