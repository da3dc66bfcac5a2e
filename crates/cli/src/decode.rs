//! `decode`: messages in hexadecimal, shown as the JSON that a helper process would get, or as commands.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal as _};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use yottabgp_api::event::{Encoder, Format as EventFormat, Label, Moment, Way};
use yottabgp_api::{Encoding, Version};
use yottabgp_config::Environment;
use yottabgp_session::event::Decoded;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::{JsonForm, NlriIter};
use yottabgp_wire::route;

use crate::as_command::LeftOut;
use crate::capture::{Captured, Format, Sink};
use crate::messages::{Message, Messages};
use crate::{as_command, context, hex, out, validate};

/// What `decode` is told.
#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The payload is an NLRI alone
    #[arg(short, long)]
    pub(crate) nlri: bool,
    /// The payload is an UPDATE (found out by itself)
    #[arg(short, long)]
    pub(crate) update: bool,
    /// The payload is an OPEN (found out by itself)
    #[arg(short, long)]
    pub(crate) open: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) debug: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// Decode as the neighbors of this file would: one line for each
    #[arg(short, long, value_name = "FILE")]
    pub(crate) configuration: Option<PathBuf>,
    /// The families of the session: "ipv4 unicast" …
    #[arg(short, long, value_name = "FAMILIES")]
    pub(crate) family: Option<String>,
    /// NLRI have path identifiers (ADD-PATH)
    #[arg(short = 'i', long)]
    pub(crate) path_information: bool,
    /// Unknown attributes in hexadecimal
    #[arg(short, long)]
    pub(crate) generic: bool,
    /// JSON (it always is)
    #[arg(short, long)]
    pub(crate) json: bool,
    /// Show the command that announces it
    #[arg(short = 'm', long)]
    pub(crate) command: bool,
    /// Read the messages of a packet capture (pcap, pcapng) or of an MRT file; `-` is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "payload")]
    pub(crate) read: Option<PathBuf>,
    /// Hexadecimal, with or without colons and blanks; standard input, a message a line, when absent
    #[arg(value_name = "HEX")]
    pub(crate) payload: Vec<String>,
}

/// Shows every message. Says whether all of them could be read.
pub(crate) fn run(arguments: &DecodeArgs, environment: &Environment) -> Result<bool> {
    let decoder = Decoder::new(arguments, environment)?;
    if !arguments.payload.is_empty() {
        return decoder.payload(&arguments.payload.join(" "), "");
    }
    if let Some(path) = arguments.read.as_ref().filter(|path| path.as_os_str() != "-") {
        let file =
            File::open(path).with_context(|| format!("{} can not be read", path.display()))?;
        return decoder.input(&mut BufReader::with_capacity(1 << 18, file));
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        bail!("no payload: give hexadecimal as argument, or a message a line on standard input");
    }
    decoder.input(&mut BufReader::with_capacity(1 << 18, stdin))
}

/// What is to be shown of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Events,
    Commands,
    Nlri(Family),
}

struct Decoder {
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
    sessions_of_file: bool,
    time: Duration,
}

/// A session that messages are read for: each shows them once.
struct Session {
    label: Label,
    negotiated: Negotiated,
}

impl Decoder {
    fn new(arguments: &DecodeArgs, environment: &Environment) -> Result<Self> {
        let families = arguments.family.as_deref().map(context::families).transpose()?;
        let mut sessions = match &arguments.configuration {
            Some(path) => of_configuration(path, environment)?,
            None => vec![made_up()],
        };
        for session in &mut sessions {
            let negotiated = &mut session.negotiated;
            if let Some(families) = &families {
                negotiated.families.clone_from(families);
            }
            if arguments.path_information {
                negotiated.add_path.everywhere = true;
            }
        }
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
        Ok(Self {
            view,
            as_words: arguments.command,
            families,
            path_information: arguments.path_information,
            bare: if arguments.open { MessageType::OPEN } else { MessageType::UPDATE },
            encoder: if generic { encoder.generic() } else { encoder },
            form: JsonForm { layout: format.layout, compact, generic },
            sessions,
            sessions_of_file: arguments.configuration.is_some(),
            time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        })
    }

    /// Shows the messages of a capture or an MRT file, or of lines of hexadecimal digits.
    fn input(&self, input: &mut (dyn BufRead + Send)) -> Result<bool> {
        if let Some(format) = Format::of(input.fill_buf()?) {
            let mut shown = Shown { decoder: self, good: true, counter: 0 };
            format.read(input, &mut shown)?;
            return Ok(shown.good);
        }
        let mut good = true;
        for (number, line) in input.split(b'\n').enumerate() {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                good &= self.payload(line, &format!(" (line {})", number + 1))?;
            }
        }
        Ok(good)
    }

    /// Shows what one text says. `place` is where it comes from.
    fn payload(&self, text: &str, place: &str) -> Result<bool> {
        let octets = match hex::parse(text) {
            Ok(octets) => octets,
            Err(error) => {
                out::warn(format!("{error}{place}"));
                return Ok(false);
            }
        };
        let mut good = true;
        for session in &self.sessions {
            good &= match self.view {
                View::Nlri(family) => self.nlri(session, family, &octets, place)?,
                _ => self.messages(session, self.time, 0, &octets, place)?,
            };
        }
        Ok(good)
    }

    /// Shows NLRI, one after the other, a line each.
    fn nlri(&self, session: &Session, family: Family, octets: &[u8], place: &str) -> Result<bool> {
        let path_id = session.negotiated.has_path_id(family, Direction::Receive);
        let mut line = Vec::new();
        for nlri in NlriIter::new(family, path_id, Reader::new(octets)) {
            line.clear();
            if let Some(error) = nlri.as_ref().ok().and_then(|nlri| nlri.check().err()) {
                out::warn(format!("warning{place}: NLRI of {family}: {error}"));
            }
            match nlri {
                Ok(nlri) if self.as_words => route::push_command(nlri, &mut line),
                Ok(nlri) => nlri.json(&self.form.into(), &mut line),
                Err(error) => {
                    out::warn(format!("invalid payload{place}: NLRI of {family}: {error}"));
                    return Ok(false);
                }
            }
            out::line(&line)?;
        }
        Ok(true)
    }

    /// Shows the messages of `octets`; their counters follow `before`.
    fn messages(
        &self,
        session: &Session,
        time: Duration,
        before: u64,
        octets: &[u8],
        place: &str,
    ) -> Result<bool> {
        let maximum = usize::from(session.negotiated.message_size);
        let mut good = true;
        for (number, message) in Messages::new(octets, self.bare, maximum).enumerate() {
            let number = u64::try_from(number).unwrap_or(u64::MAX).saturating_add(before);
            let shown = match message {
                Ok(message) => {
                    let at = (time, number.saturating_add(1));
                    self.message(session, at, &message, place)?
                }
                Err(error) => Err(error.to_string()),
            };
            match shown {
                Ok(shown) => good &= shown,
                Err(why) => {
                    out::warn(format!("invalid payload{place}: {why}"));
                    return Ok(false);
                }
            }
        }
        Ok(good)
    }

    /// Shows one message, and says whether it could be; the inner error is what is wrong with the message.
    fn message(
        &self,
        session: &Session,
        (time, counter): (Duration, u64),
        message: &Message<'_>,
        place: &str,
    ) -> Result<Result<bool, String>> {
        let body = message.body;
        let wrong = |why: String| Ok(Err(format!("{message}: {why}")));
        let open;
        let update;
        let notification;
        let operational;
        let decoded = match message.kind {
            MessageType::OPEN => match Open::decode(body) {
                Ok(decoded) => {
                    open = decoded;
                    Decoded::Open(&open)
                }
                Err(error) => return wrong(error.to_string()),
            },
            MessageType::UPDATE => {
                let scrutiny = Scrutiny::Inspection;
                let decoded =
                    Update::decode_with(body, &session.negotiated, Direction::Receive, scrutiny);
                match decoded {
                    Ok(decoded) => {
                        update = decoded;
                        for fault in update.faults() {
                            out::warn(format!("warning{place}: {message}: {fault}"));
                        }
                        Decoded::Update(&update)
                    }
                    Err(fault) => return wrong(fault.to_string()),
                }
            }
            MessageType::NOTIFICATION => {
                notification = Notification::decode(body);
                Decoded::Notification(&notification)
            }
            MessageType::KEEPALIVE => Decoded::Keepalive,
            MessageType::ROUTE_REFRESH => match RouteRefresh::decode(body) {
                Ok(decoded) => Decoded::RouteRefresh(decoded),
                Err(_) => {
                    return wrong(format!("it has {} octets after its header, not 4", body.len()));
                }
            },
            MessageType::OPERATIONAL => match Operational::decode(body) {
                Ok(decoded) => {
                    operational = decoded;
                    Decoded::Operational(&operational)
                }
                Err(error) => return wrong(error.to_string()),
            },
            unknown => return wrong(format!("unknown type {}", unknown.0)),
        };
        let mut text = Vec::new();
        if self.view == View::Commands {
            match as_command::write(&decoded, &mut text) {
                Ok(LeftOut(None)) => {}
                Ok(LeftOut(Some(what))) => out::warn(format!("warning{place}: {message}: {what}")),
                Err(why) => {
                    out::warn(format!("no command{place}: {message}: {why}"));
                    return Ok(Ok(false));
                }
            }
        } else {
            let at = Moment { time, counter, label: &session.label };
            self.encoder.message(at, Way::In, &decoded, None, None, &mut text);
        }
        out::text(&text)?;
        Ok(Ok(true))
    }
}

/// Shows what a file has.
struct Shown<'d> {
    decoder: &'d Decoder,
    good: bool,
    counter: u64,
}

impl Sink for Shown<'_> {
    fn message(&mut self, captured: &Captured<'_>) -> Result<()> {
        let Self { decoder, good, counter } = self;
        let place = format!(" ({})", captured.place);
        if decoder.sessions_of_file {
            for session in &decoder.sessions {
                *good &=
                    decoder.messages(session, captured.time, *counter, captured.octets, &place)?;
            }
        } else {
            let mut negotiated = captured.negotiated.clone();
            if let Some(families) = &decoder.families {
                negotiated.families.clone_from(families);
            }
            if decoder.path_information {
                negotiated.add_path.everywhere = true;
            }
            let (sender, receiver) = (captured.sender, captured.receiver);
            let label = Label::new(
                Some(receiver.address),
                sender.address,
                receiver.asn,
                sender.asn,
                sender.router_id,
            );
            let session = Session { label, negotiated };
            *good &=
                decoder.messages(&session, captured.time, *counter, captured.octets, &place)?;
        }
        *counter += 1;
        Ok(())
    }

    fn fault(&mut self, place: &str, why: &str) {
        self.good = false;
        out::warn(format!("{place}: {why}"));
    }
}

/// The session of ExaBGP's `decode`: everything is negotiated that needs no agreement on how octets are read.
fn made_up() -> Session {
    let negotiated = Negotiated::permissive();
    let label = Label::new(
        Some(Ipv4Addr::LOCALHOST.into()),
        Ipv4Addr::LOCALHOST.into(),
        Some(negotiated.local_as),
        Some(negotiated.peer_as),
        Ipv4Addr::LOCALHOST,
    );
    Session { label, negotiated }
}

/// The sessions of the neighbors of a file.
fn of_configuration(path: &std::path::Path, environment: &Environment) -> Result<Vec<Session>> {
    let configuration = validate::load_or_say(path, environment)?;
    let mut sessions = Vec::new();
    for neighbor in &configuration.neighbors {
        let negotiated = context::of_neighbor(neighbor)?;
        let known = |asn: Option<Asn>| asn.unwrap_or(negotiated.local_as);
        let label = Label::new(
            neighbor.local_address,
            neighbor.peer.address,
            Some(known(neighbor.settings.local_as)),
            Some(neighbor.settings.peer_as.unwrap_or(negotiated.peer_as)),
            neighbor.settings.router_id,
        );
        sessions.push(Session { label, negotiated });
    }
    if sessions.is_empty() {
        bail!("{} has no neighbor whose messages could be decoded", path.display());
    }
    Ok(sessions)
}
