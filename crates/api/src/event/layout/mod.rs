//! The layouts: how each release of ExaBGP wrote an event. A layout is a line of [`writer`]; what is inside of an UPDATE and of
//! an OPEN differs by the rows of [`yottabgp_wire::layout`].

mod json;
mod json_3_4;
mod reason;
mod text;
mod text_3_4;

use std::time::Duration;

use yottabgp_session::event::{Decoded, State};
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::layout::Layout;

use super::encoder::{Encoder, Moment, Raw, Source, Way};
use super::label::Label;
use crate::{Encoding, Version};

pub use self::json::Agreed;

/// The form of the events that a process is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Format {
    /// Text or JSON.
    pub encoding: Encoding,
    /// Which release they look like.
    pub layout: Layout,
}

impl Format {
    /// For a process: `layout` is what was chosen for it, if anything was. Version 6 of the API knows only JSON.
    pub fn new(encoding: Encoding, layout: Option<Layout>, version: Version) -> Self {
        let layout = layout.unwrap_or(version.layout());
        let encoding = if layout == Layout::V6 { Encoding::Json } else { encoding };
        Self { encoding, layout }
    }
}

/// Writes the events of one format. Each writes lines, line ends included, or nothing where the format does not have the event.
pub(super) trait Writer: std::fmt::Debug + Sync {
    /// `connected`, `up`, or `down` with its reason.
    fn state(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        state: &str,
        reason: Option<&str>,
        out: &mut Vec<u8>,
    );

    /// A change of the state machine.
    fn fsm(&self, _: &Encoder, _: Moment<'_>, _: State, _: &mut Vec<u8>) {}

    /// What was agreed upon.
    fn negotiated(&self, _: &Encoder, _: Moment<'_>, _: &Agreed, _: &mut Vec<u8>) {}

    /// A signal that the daemon got.
    fn signal(&self, _: &Encoder, _: Moment<'_>, _code: i32, _name: &str, _: &mut Vec<u8>) {}

    /// A message as octets.
    fn packet(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        packet: Packet<'_>,
        agreed: Option<&Agreed>,
        out: &mut Vec<u8>,
    );

    /// A decoded message, with its octets if `raw`.
    fn message(
        &self,
        encoder: &Encoder,
        at: Moment<'_>,
        message: Message<'_>,
        agreed: Option<&Agreed>,
        out: &mut Vec<u8>,
    );

    /// A service that the daemon checks made a step: its name, its state, the step. No release of ExaBGP has this event.
    fn healthcheck(&self, encoder: &Encoder, time: Duration, words: [&str; 3], out: &mut Vec<u8>);

    /// The daemon ends.
    fn shutdown(&self, encoder: &Encoder, time: Duration, out: &mut Vec<u8>);
}

/// A message as octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) way: Way,
    pub(super) kind: MessageType,
    pub(super) raw: Raw<'a>,
}

/// A decoded message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) way: Way,
    pub(super) decoded: &'a Decoded<'a>,
    pub(super) raw: Option<Raw<'a>>,
}

/// Who writes a format.
pub(super) fn writer(format: Format) -> &'static dyn Writer {
    match (format.encoding, format.layout) {
        (Encoding::Text, Layout::V3_4) => &text_3_4::Old,
        (Encoding::Text, Layout::V4) => &text::V4,
        (Encoding::Text, _) => &text::MODERN,
        (Encoding::Json, Layout::V3_4) => &json_3_4::Old,
        (Encoding::Json, Layout::V4) => &json::V4,
        (Encoding::Json, Layout::V5 | Layout::Main4 | Layout::V6) => &json::MODERN,
    }
}

/// A line of what another tells that is no event of a session: about a session or none, with what is wrong if something is. Only as
/// JSON; no release of ExaBGP has it.
pub(super) fn told(
    encoder: &Encoder,
    (time, counter): (Duration, u64),
    source: Source<'_>,
    label: Option<&Label>,
    wrong: Option<Wrong<'_>>,
    out: &mut Vec<u8>,
) {
    use yottabgp_wire::io::json::push_string;
    use yottabgp_wire::io::text::{push, push_decimal, push_hex_upper, push_seconds};
    out.extend_from_slice(&encoder.head);
    push_seconds(out, time);
    out.extend_from_slice(&encoder.tail);
    push(out, ", \"counter\": ");
    push_decimal(out, counter);
    push_kind("", Some(source), out);
    match label {
        Some(label) => out.extend_from_slice(&label.json),
        // The comma of the member before.
        None => out.truncate(out.len() - 2),
    }
    if let Some(Wrong { way, why, raw }) = wrong {
        push(out, ", \"direction\": \"");
        push(out, way.name());
        push(out, "\", \"error\": ");
        push_string(out, why);
        push(out, ", \"header\": \"0x");
        push_hex_upper(out, raw.header);
        push(out, "\", \"body\": \"0x");
        push_hex_upper(out, raw.body);
        out.push(b'"');
    }
    push(out, if label.is_some() { " } }\n" } else { " }\n" });
}

/// A message that can not be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong<'a> {
    pub(super) way: Way,
    pub(super) why: &'a str,
    pub(super) raw: Raw<'a>,
}

/// The type of an event and the member of who told it, each with a comma behind it.
#[inline]
fn push_kind(kind: &str, source: Option<Source<'_>>, out: &mut Vec<u8>) {
    use yottabgp_wire::io::text::push;
    push(out, ", \"type\": \"");
    push(out, source.map_or(kind, |source| source.kind));
    push(out, "\", ");
    if let Some(source) = source {
        out.extend_from_slice(source.member);
        push(out, ", ");
    }
}

/// Everything up to the time, as JSON.
pub(super) fn head(layout: Layout, out: &mut Vec<u8>) {
    use yottabgp_wire::io::text::push;
    push(out, "{ \"exabgp\": \"");
    push(out, layout.shape().release);
    push(out, "\", \"time\": ");
}

/// From the time to the counter, as JSON.
pub(super) fn tail(layout: Layout, host: &str, pid: u32, ppid: u32, out: &mut Vec<u8>) {
    use yottabgp_wire::io::json::push_string;
    use yottabgp_wire::io::text::{push, push_decimal};
    let quote = if layout == Layout::V3_4 { "\"" } else { "" };
    push(out, ", \"host\" : ");
    push_string(out, host);
    for (name, number) in [(", \"pid\" : ", pid), (", \"ppid\" : ", ppid)] {
        push(out, name);
        push(out, quote);
        push_decimal(out, number.into());
        push(out, quote);
    }
}
