//! From octets to what is shown of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use yottabgp_api::event::{Encoder, Format as EventFormat, Label, Moment};
use yottabgp_api::{Encoding, Version};
use yottabgp_config::Environment;
use yottabgp_session::event::Decoded;
use yottabgp_session::inspect;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::{JsonForm, NlriIter};
use yottabgp_wire::route;

use super::DecodeArgs;
use super::noted;
use super::output::Output;
use super::sessions::{Session, made_up, of_configuration};
use crate::as_command::LeftOut;
use crate::capture::{Captured, Noted};
use crate::messages::{Message, Messages};
use crate::{as_command, context, hex};

/// What is to be shown of each message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View {
    /// The events of a helper.
    Events,
    /// The commands that would send it.
    Commands,
    /// The payload is NLRI of a family.
    Nlri(Family),
    /// Lines of another form.
    Lines(&'static dyn Lines),
}

/// About so many octets of text are made of one message at the most: each of its routes is shown with all of its attributes, of which a
/// message may have 30,000 that together make gigabytes.
pub(crate) const MOST_TEXT: usize = 16 << 20;

/// Lines for what a file has.
pub(crate) trait Lines: std::fmt::Debug + Sync {
    /// Writes the lines of a message or route, and none behind [`MOST_TEXT`] octets. The error says why there are none.
    fn message(
        &self,
        captured: &Captured<'_>,
        decoded: &Decoded<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String>;

    /// Writes the lines of what is neither a message nor a route.
    fn noted(&self, noted: &Noted<'_>, out: &mut Vec<u8>);
}

/// Shows messages as the command line asks for it. Each thread has one of its own.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    view: View,
    /// NLRI alone are shown as words.
    as_words: bool,
    /// The families that were asked for.
    families: Option<Vec<Family>>,
    /// Whether NLRI have path identifiers, whatever was agreed.
    path_information: bool,
    /// What a payload without a header is.
    bare: MessageType,
    encoder: Encoder,
    form: JsonForm,
    sessions: Vec<Session>,
    /// Whether the sessions are those of a configuration.
    pub(super) sessions_of_file: bool,
    /// Whether the way of messages is told.
    pub(super) tells_way: bool,
    time: Duration,
}

impl Decoder {
    pub(super) fn new(arguments: &DecodeArgs, environment: &Environment) -> Result<Self> {
        let families = arguments.family.as_deref().map(context::families).transpose()?;
        let view = if arguments.nlri {
            let first = families.as_ref().and_then(|families| families.first().copied());
            View::Nlri(first.unwrap_or(Family::IPV4_UNICAST))
        } else if arguments.command {
            View::Commands
        } else {
            View::Events
        };
        let mut decoder = Self::of(view, environment, arguments.generic);
        decoder.as_words = arguments.command;
        decoder.families = families;
        decoder.path_information = arguments.path_information;
        if arguments.open {
            decoder.bare = MessageType::OPEN;
        }
        decoder.sessions_of_file = arguments.configuration.is_some();
        let mut sessions = match &arguments.configuration {
            Some(path) => of_configuration(path, environment)?,
            None => vec![made_up()],
        };
        for session in &mut sessions {
            decoder.adjust(&mut session.negotiated);
        }
        decoder.sessions = sessions;
        Ok(decoder)
    }

    /// Shows messages of a file as they are said to be there. `generic` is for unknown attributes in hexadecimal.
    pub(crate) fn of(view: View, environment: &Environment, generic: bool) -> Self {
        let version = Version::from_number(environment.api.version.into()).unwrap_or_default();
        let compact = environment.api.compact;
        let host = yottabgp_os::hostname::hostname();
        let (pid, ppid) = (std::process::id(), std::os::unix::process::parent_id());
        let format = EventFormat::new(Encoding::Json, environment.api.json, version);
        let encoder = Encoder::new(format, compact, &host, pid, ppid);
        Self {
            view,
            as_words: false,
            families: None,
            path_information: false,
            bare: MessageType::UPDATE,
            encoder: if generic { encoder.generic() } else { encoder },
            form: JsonForm { layout: format.layout, compact, generic },
            sessions: Vec::new(),
            sessions_of_file: false,
            tells_way: false,
            time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    /// Tells which way messages went between who wrote the file and a peer, and not only that they were read.
    pub(crate) const fn telling_way(mut self) -> Self {
        self.tells_way = true;
        self
    }

    /// What the command line says of how messages are read comes before what was agreed.
    pub(super) fn adjust(&self, negotiated: &mut Negotiated) {
        if let Some(families) = &self.families {
            negotiated.families.clone_from(families);
        }
        negotiated.add_path.everywhere |= self.path_information;
    }

    /// Shows what one text says. `place` is where it comes from. Says whether all could be read: so do all of these.
    pub(super) fn payload(&self, text: &str, place: &str, output: &mut Output) -> bool {
        let octets = match hex::parse(text) {
            Ok(octets) => octets,
            Err(error) => {
                output.warn(format!("{error}{place}"));
                return false;
            }
        };
        let mut good = true;
        for session in &self.sessions {
            good &= match self.view {
                View::Nlri(family) => self.nlri(session, family, &octets, place, output),
                _ => self.messages(session, (self.time, 0), &octets, &place, None, output),
            };
        }
        good
    }

    /// Shows what a file has for the sessions of the configuration.
    pub(super) fn for_sessions(&self, captured: &Captured<'_>, output: &mut Output) -> bool {
        // No session leaves out what another could not show.
        let shown = self.sessions.iter().map(|session| self.captured(session, captured, output));
        shown.fold(true, |good, shown| good & shown)
    }

    /// Shows what a file has.
    pub(super) fn captured(
        &self,
        session: &Session,
        captured: &Captured<'_>,
        output: &mut Output,
    ) -> bool {
        let at = (captured.time, captured.number);
        let place = format_args!(" ({})", captured.place);
        self.messages(session, at, captured.octets, &place, Some(captured), output)
    }

    /// Shows what is neither a message nor a route, where that is wanted. `label` is its session, if it is of one.
    pub(super) fn noted(&self, noted: &Noted<'_>, label: Option<&Label>, output: &mut Output) {
        match self.view {
            View::Events => noted::event(&self.encoder, noted, label, &mut output.text),
            View::Lines(lines) => lines.noted(noted, &mut output.text),
            View::Commands | View::Nlri(_) => {}
        }
    }

    /// Shows NLRI, one after the other, a line each.
    fn nlri(
        &self,
        session: &Session,
        family: Family,
        octets: &[u8],
        place: &str,
        output: &mut Output,
    ) -> bool {
        let path_id = session.negotiated.has_path_id(family, Direction::Receive);
        for nlri in NlriIter::new(family, path_id, Reader::new(octets)) {
            if let Some(error) = nlri.as_ref().ok().and_then(|nlri| nlri.check().err()) {
                output.warn(format!("warning{place}: NLRI of {family}: {error}"));
            }
            match nlri {
                Ok(nlri) if self.as_words => route::push_command(nlri, &mut output.text),
                Ok(nlri) => nlri.json(&self.form.into(), &mut output.text),
                Err(error) => {
                    output.warn(format!("invalid payload{place}: NLRI of {family}: {error}"));
                    return false;
                }
            }
            output.text.push(b'\n');
        }
        true
    }

    /// Shows the messages of `octets`; their counters follow the given one.
    fn messages(
        &self,
        session: &Session,
        (time, before): (Duration, u64),
        octets: &[u8],
        place: &dyn std::fmt::Display,
        captured: Option<&Captured<'_>>,
        output: &mut Output,
    ) -> bool {
        let maximum = usize::from(session.negotiated.message_size);
        let mut good = true;
        let mut counter = before;
        for message in Messages::new(octets, self.bare, maximum) {
            counter = counter.saturating_add(1);
            let shown = match message {
                Ok(message) => {
                    let at = (time, counter);
                    self.message(session, at, &message, place, captured, output)
                }
                Err(error) => Err(error.to_string()),
            };
            match shown {
                Ok(shown) => good &= shown,
                Err(why) => {
                    output.warn(format!("invalid payload{place}: {why}"));
                    return false;
                }
            }
        }
        good
    }

    /// Shows one message, and says whether it could be; the error is what is wrong with the message.
    fn message(
        &self,
        session: &Session,
        (time, counter): (Duration, u64),
        message: &Message<'_>,
        place: &dyn std::fmt::Display,
        captured: Option<&Captured<'_>>,
        output: &mut Output,
    ) -> Result<bool, String> {
        inspect(message.kind, message.body, &session.negotiated, |decoded| {
            let decoded = decoded.map_err(|why| format!("{message}: {why}"))?;
            if let Decoded::Update(update) = &decoded {
                for fault in update.faults() {
                    output.warn(format!("warning{place}: {message}: {fault}"));
                }
            }
            let before = output.text.len();
            let none = |output: &mut Output, what, why| {
                output.text.truncate(before);
                output.warn(format!("no {what}{place}: {message}: {why}"));
                Ok(false)
            };
            match (self.view, captured) {
                (View::Commands, _) => match as_command::write(&decoded, &mut output.text) {
                    Ok(LeftOut(None)) => {}
                    Ok(LeftOut(Some(what))) => {
                        output.warn_at(before, format!("warning{place}: {message}: {what}"));
                    }
                    Err(why) => return none(output, "command", why),
                },
                (View::Lines(lines), Some(captured)) => {
                    if let Err(why) = lines.message(captured, &decoded, &mut output.text) {
                        return none(output, "line", why);
                    }
                }
                (View::Events | View::Nlri(_), _) | (View::Lines(_), None) => {
                    let at = Moment { time, counter, label: &session.label, told: None };
                    self.encoder.message(at, session.way, &decoded, None, None, &mut output.text);
                    return Ok(true);
                }
            }
            let is_cut = output.text.len() - before > MOST_TEXT;
            if is_cut {
                let most = MOST_TEXT >> 20;
                output
                    .warn(format!("cut{place}: {message}: its first {most} MiB of text are shown"));
            }
            Ok(!is_cut)
        })
    }
}
