//! From octets to what is shown of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use yottabgp_api::event::{Encoder, Format as EventFormat, Moment, Way};
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
use super::output::Output;
use super::sessions::{Session, made_up, of_configuration};
use crate::as_command::LeftOut;
use crate::capture::Captured;
use crate::messages::{Message, Messages};
use crate::{as_command, context, hex};

/// What is to be shown of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Events,
    Commands,
    Nlri(Family),
}

/// Shows messages as the command line asks for it. Each thread has one of its own.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
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
        let version = Version::from_number(environment.api.version.into()).unwrap_or_default();
        let compact = environment.api.compact;
        let host = yottabgp_os::hostname::hostname();
        let (pid, ppid) = (std::process::id(), std::os::unix::process::parent_id());
        let format = EventFormat::new(Encoding::Json, environment.api.json, version);
        let encoder = Encoder::new(format, compact, &host, pid, ppid);
        let generic = arguments.generic;
        let mut decoder = Self {
            view,
            as_words: arguments.command,
            families,
            path_information: arguments.path_information,
            bare: if arguments.open { MessageType::OPEN } else { MessageType::UPDATE },
            encoder: if generic { encoder.generic() } else { encoder },
            form: JsonForm { layout: format.layout, compact, generic },
            sessions: Vec::new(),
            sessions_of_file: arguments.configuration.is_some(),
            time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        };
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
                _ => self.messages(session, (self.time, 0), &octets, &place, output),
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
        self.messages(session, at, captured.octets, &place, output)
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
        output: &mut Output,
    ) -> bool {
        let maximum = usize::from(session.negotiated.message_size);
        let mut good = true;
        let mut counter = before;
        for message in Messages::new(octets, self.bare, maximum) {
            counter = counter.saturating_add(1);
            let shown = match message {
                Ok(message) => self.message(session, (time, counter), &message, place, output),
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
        output: &mut Output,
    ) -> Result<bool, String> {
        inspect(message.kind, message.body, &session.negotiated, |decoded| {
            let decoded = decoded.map_err(|why| format!("{message}: {why}"))?;
            if let Decoded::Update(update) = &decoded {
                for fault in update.faults() {
                    output.warn(format!("warning{place}: {message}: {fault}"));
                }
            }
            if self.view == View::Commands {
                let before = output.text.len();
                match as_command::write(&decoded, &mut output.text) {
                    Ok(LeftOut(None)) => {}
                    Ok(LeftOut(Some(what))) => {
                        output.warn_at(before, format!("warning{place}: {message}: {what}"));
                    }
                    Err(why) => {
                        output.text.truncate(before);
                        output.warn(format!("no command{place}: {message}: {why}"));
                        return Ok(false);
                    }
                }
            } else {
                let at = Moment { time, counter, label: &session.label, told: None };
                self.encoder.message(at, Way::In, &decoded, None, None, &mut output.text);
            }
            Ok(true)
        })
    }
}
