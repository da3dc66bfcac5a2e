//! One event in one form.

use std::cell::RefCell;
use std::time::Duration;

use yottabgp_session::event::{Decoded, State};
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::update::keyed::Keys;
use yottabgp_wire::negotiated::Direction;
use yottabgp_wire::nlri::JsonForm;

use super::Label;
use super::layout::{self, Agreed, Format, Message, Packet, Writer, Wrong};
use crate::Encoding;

/// Writes events. What never changes is written once, at the start.
#[derive(Clone, Debug)]
pub struct Encoder {
    pub(super) form: JsonForm,
    /// Up to the time.
    pub(super) head: Vec<u8>,
    /// From the time to the counter.
    pub(super) tail: Vec<u8>,
    pub(super) pid: u32,
    pub(super) ppid: u32,
    /// Which keys were used, where routes are the members of objects.
    pub(super) keys: RefCell<Keys>,
    /// What the last event began with, up to its counter, and when that was: most are told in the same moment as others.
    pub(super) start: RefCell<(Duration, Vec<u8>)>,
    writer: &'static dyn Writer,
}

/// The encoders of a daemon: one for each format.
#[derive(Clone, Debug)]
pub struct Encoders {
    json: [Encoder; Layout::ALL.len()],
    text: [Encoder; Layout::ALL.len()],
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
    /// The member that says who told it, with its name, where it was not the session itself: the type of the event is that name.
    pub told: Option<Source<'a>>,
}

/// Who told what an event says, where it is not a session of ours.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The type of its events: `bmp`.
    pub kind: &'a str,
    /// The member, written out: `"bmp": { … }`.
    pub member: &'a [u8],
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
    pub fn new(compact: bool, host: &str, pid: u32, ppid: u32) -> Self {
        let of = |encoding| {
            Layout::ALL
                .map(|layout| Encoder::new(Format { encoding, layout }, compact, host, pid, ppid))
        };
        Self { json: of(Encoding::Json), text: of(Encoding::Text) }
    }

    /// The encoder of a format.
    pub fn of(&self, format: Format) -> &Encoder {
        let [v3_4, v4, v5, main_4, v6] = match format.encoding {
            Encoding::Json => &self.json,
            Encoding::Text => &self.text,
        };
        match format.layout {
            Layout::V3_4 => v3_4,
            Layout::V4 => v4,
            Layout::V5 => v5,
            Layout::Main4 => main_4,
            Layout::V6 => v6,
        }
    }
}

impl Encoder {
    /// For one format; see [`Encoders::new`].
    pub fn new(format: Format, compact: bool, host: &str, pid: u32, ppid: u32) -> Self {
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        layout::head(format.layout, &mut head);
        layout::tail(format.layout, host, pid, ppid, &mut tail);
        let form = JsonForm { layout: format.layout, compact, generic: false };
        let writer = layout::writer(format);
        Self {
            form,
            head,
            tail,
            pid,
            ppid,
            keys: RefCell::default(),
            start: RefCell::default(),
            writer,
        }
    }

    /// The same with unknown attributes in hexadecimal: `decode -g`.
    #[must_use]
    pub const fn generic(mut self) -> Self {
        self.form.generic = true;
        self
    }

    /// `connected`, `up`, or `down` with its reason. Writes lines, or nothing where the format does not tell of it: so do all
    /// of these.
    pub fn state(&self, at: Moment<'_>, state: &str, reason: Option<&str>, out: &mut Vec<u8>) {
        self.writer.state(self, at, state, reason, out);
    }

    /// A change of the state machine.
    pub fn fsm(&self, at: Moment<'_>, state: State, out: &mut Vec<u8>) {
        self.writer.fsm(self, at, state, out);
    }

    /// What was agreed upon.
    pub fn negotiated(&self, at: Moment<'_>, agreed: &Agreed, out: &mut Vec<u8>) {
        self.writer.negotiated(self, at, agreed, out);
    }

    /// A signal that the daemon got: its number and name.
    pub fn signal(&self, at: Moment<'_>, code: i32, name: &str, out: &mut Vec<u8>) {
        self.writer.signal(self, at, code, name, out);
    }

    /// A message as octets, with what was agreed upon if that is to be told.
    pub fn packet(
        &self,
        at: Moment<'_>,
        way: Way,
        kind: MessageType,
        raw: Raw<'_>,
        agreed: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        self.writer.packet(self, at, Packet { way, kind, raw }, agreed, out);
    }

    /// A decoded message, with its octets if `raw`. Writes nothing when the content is not known.
    pub fn message(
        &self,
        at: Moment<'_>,
        way: Way,
        decoded: &Decoded<'_>,
        raw: Option<Raw<'_>>,
        agreed: Option<&Agreed>,
        out: &mut Vec<u8>,
    ) {
        if !matches!(decoded, Decoded::None) {
            self.writer.message(self, at, Message { way, decoded, raw }, agreed, out);
        }
    }

    /// What another tells that is about no session, as JSON in every format: so are the next two.
    pub fn told(&self, time: Duration, counter: u64, source: Source<'_>, out: &mut Vec<u8>) {
        layout::told(self, (time, counter), source, None, None, out);
    }

    /// What another tells of a session, all of which is in its member.
    pub fn told_of(&self, at: Moment<'_>, source: Source<'_>, out: &mut Vec<u8>) {
        layout::told(self, (at.time, at.counter), source, Some(at.label), None, out);
    }

    /// A message of a session that another tells of, and why it can not be read.
    pub fn unreadable(
        &self,
        at: Moment<'_>,
        source: Source<'_>,
        (way, raw): (Way, Raw<'_>),
        why: &str,
        out: &mut Vec<u8>,
    ) {
        let wrong = Wrong { way, why, raw };
        layout::told(self, (at.time, at.counter), source, Some(at.label), Some(wrong), out);
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
        self.writer.healthcheck(self, time, [name, state, step], out);
    }

    /// The daemon ends.
    pub fn shutdown(&self, time: Duration, out: &mut Vec<u8>) {
        self.writer.shutdown(self, time, out);
    }
}
