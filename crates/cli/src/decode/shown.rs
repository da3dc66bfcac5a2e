//! What a file has, shown message by message.

use anyhow::Result;
use hashbrown::HashMap;
use yottabgp_api::event::Label;
use yottabgp_wire::negotiated::Negotiated;

use super::decoder::Decoder;
use super::output::Output;
use super::sessions::Session;
use crate::capture::{Captured, Read, Side, Sink};

/// So many sessions of a file are remembered at once.
const MOST_SESSIONS: usize = 4096;

/// The ends of a session, and how its messages are read.
type Key = (Side, Side, bool, bool);

/// Shows what a file has.
pub(super) struct Shown<'d> {
    decoder: &'d Decoder,
    output: &'d mut Output,
    sessions: &'d mut Sessions,
    /// Whether everything could be shown.
    pub(super) good: bool,
    /// Whether each message is written when it comes.
    at_once: bool,
}

/// The sessions of an MRT file: most messages are of a few.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    known: HashMap<Key, Session>,
}

impl<'d> Shown<'d> {
    pub(super) const fn new(
        decoder: &'d Decoder,
        sessions: &'d mut Sessions,
        output: &'d mut Output,
    ) -> Self {
        Self { decoder, output, sessions, good: true, at_once: false }
    }

    /// Writes each message when it comes.
    pub(super) const fn at_once(mut self) -> Self {
        self.at_once = true;
        self
    }
}

impl Sink for Shown<'_> {
    fn message(&mut self, captured: &Captured<'_>) -> Result<()> {
        let Self { decoder, output, sessions, .. } = self;
        self.good &= match captured.read {
            _ if decoder.sessions_of_file => decoder.for_sessions(captured, output),
            Read::Agreed(negotiated) => {
                let session = session(decoder, captured, negotiated.clone());
                decoder.captured(&session, captured, output)
            }
            Read::Told { asn4, path_id } => {
                let session = sessions.of(decoder, captured, asn4, path_id);
                decoder.captured(session, captured, output)
            }
        };
        if self.at_once {
            self.output.write()?;
        }
        Ok(())
    }

    fn fault(&mut self, place: &dyn std::fmt::Display, why: &str) {
        self.good = false;
        self.output.warn(format!("{place}: {why}"));
    }
}

impl Sessions {
    /// The session of a message of an MRT file.
    fn of(
        &mut self,
        decoder: &Decoder,
        captured: &Captured<'_>,
        asn4: bool,
        path_id: bool,
    ) -> &Session {
        let key = (*captured.sender, *captured.receiver, asn4, path_id);
        if self.known.len() >= MOST_SESSIONS && !self.known.contains_key(&key) {
            self.known.clear();
        }
        self.known.entry(key).or_insert_with(|| {
            let mut negotiated = Negotiated::permissive();
            negotiated.asn4 = asn4;
            if let Some(asn) = captured.sender.asn {
                negotiated.peer_as = asn;
            }
            if let Some(asn) = captured.receiver.asn {
                negotiated.local_as = asn;
            }
            negotiated.add_path.everywhere |= path_id;
            session(decoder, captured, negotiated)
        })
    }
}

/// The session of a message, with what the command line says of it.
fn session(decoder: &Decoder, captured: &Captured<'_>, mut negotiated: Negotiated) -> Session {
    decoder.adjust(&mut negotiated);
    let (sender, receiver) = (captured.sender, captured.receiver);
    let label = Label::new(
        Some(receiver.address),
        sender.address,
        receiver.asn,
        sender.asn,
        sender.router_id,
    );
    Session { label, negotiated }
}
