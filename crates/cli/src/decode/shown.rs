//! What a file has, shown message by message.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use anyhow::Result;
use hashbrown::HashMap;
use yottabgp_api::event::{Label, Way};
use yottabgp_wire::negotiated::Negotiated;

use super::decoder::Decoder;
use super::output::Output;
use super::sessions::Session;
use crate::capture::{Captured, Note, Noted, Read, Side, Sink, Within};

/// So many sessions of a file are remembered at once.
const MOST_SESSIONS: usize = 4096;

/// A session, and how its messages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    sender: Side,
    receiver: Side,
    asn4: bool,
    path_id: bool,
    /// Whether the sender wrote the file.
    sent: bool,
}

impl Hash for Key {
    /// In three words: every message is looked up.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let of = |side: &Side| match side.address {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => address.to_bits(),
        };
        let ids = u64::from(self.sender.router_id.to_bits()) << 32
            | u64::from(self.receiver.router_id.to_bits());
        let asn = |side: &Side| u64::from(side.asn.map_or(0, |asn| asn.0));
        let rest = u64::from(self.asn4) | u64::from(self.path_id) << 1 | u64::from(self.sent) << 2;
        state.write_u128(of(&self.sender) ^ of(&self.receiver).rotate_left(64));
        state.write_u64(ids.rotate_left(3) ^ rest);
        state.write_u64(asn(&self.sender) << 32 | asn(&self.receiver));
    }
}

/// Shows what a file has.
pub(crate) struct Shown<'d> {
    decoder: &'d Decoder,
    output: &'d mut Output,
    sessions: &'d mut Sessions,
    /// Whether everything could be shown.
    pub(crate) good: bool,
    /// Whether each message is written when it comes.
    at_once: bool,
}

/// The sessions of an MRT file: most messages are of a few.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    known: HashMap<Key, Session>,
}

impl<'d> Shown<'d> {
    pub(crate) const fn new(
        decoder: &'d Decoder,
        sessions: &'d mut Sessions,
        output: &'d mut Output,
    ) -> Self {
        Self { decoder, output, sessions, good: true, at_once: false }
    }

    /// Writes each message when it comes.
    pub(crate) const fn at_once(mut self) -> Self {
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
        Ok(self.output.relieve()?)
    }

    fn noted(&mut self, noted: &Noted<'_>) -> Result<()> {
        if self.decoder.tells_way {
            let label = match &noted.note {
                Note::State { local, peer, .. } => Some(label_of(local, peer)),
                _ => None,
            };
            self.decoder.noted(noted, label.as_ref(), self.output);
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
        let sent = is_sent(captured);
        let (sender, receiver) = (*captured.sender, *captured.receiver);
        let key = Key { sender, receiver, asn4, path_id, sent };
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
    let (local, peer, way) = match (decoder.tells_way, is_sent(captured)) {
        (false, _) => (captured.receiver, captured.sender, Way::In),
        (true, false) => (captured.receiver, captured.sender, Way::Receive),
        (true, true) => (captured.sender, captured.receiver, Way::Send),
    };
    Session { label: label_of(local, peer), negotiated, way }
}

/// Whether who wrote the file sent it.
const fn is_sent(captured: &Captured<'_>) -> bool {
    matches!(captured.within, Within::Message { sent: true, .. })
}

fn label_of(local: &Side, peer: &Side) -> Label {
    Label::new(Some(local.address), peer.address, local.asn, peer.asn, peer.router_id)
}
