//! Messages and routes of MRT files: cut into blocks of whole records, which can be read one by one or side by side.

use std::fmt;
use std::io::BufRead;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use yottabgp_mrt::{
    Content, HEADER_LENGTH, MOST_OCTETS, Message, Peer, PeerIndexTable, Record, Rib,
};
use yottabgp_wire::message::{Frame, frame};

use super::{Captured, Note, Noted, Read, Side, Sink, Within};

/// So many octets are read at once. A block is as long, or as its only record. What is shown of it is four or five times as much:
/// with this it stays in the processor's own cache until it is written.
const BLOCK: usize = 1 << 16;

/// Where a record is in a file, or one of its entries.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    /// The name of the file, where it has to be said.
    file: &'a str,
    /// From 1.
    record: u64,
    /// From the start of the file.
    octet: u64,
    /// From 1.
    entry: Option<usize>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.record)?;
        if let Some(entry) = self.entry {
            write!(f, " entry {entry}")?;
        }
        write!(f, " at octet {}", self.octet)?;
        if self.file.is_empty() { Ok(()) } else { write!(f, " of {}", self.file) }
    }
}

/// Whole records that follow one another in a file, with all that has to be known of what came before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// The name of the file, where it has to be said.
    file: Arc<str>,
    /// Whether all records are counted, and not only messages and routes.
    all: bool,
    /// The records; at the end of a file maybe a part of one.
    octets: Vec<u8>,
    /// The place of the first record.
    record: u64,
    octet: u64,
    /// How many messages came before, or routes, or records.
    messages: u64,
    /// The index of peers that its routes name.
    peers: Option<Arc<PeerIndexTable>>,
    /// Whether nothing follows it that could be found.
    last: bool,
}

/// Cuts a file into blocks.
pub(crate) struct Blocks<'i> {
    input: &'i mut (dyn BufRead + Send),
    /// Read, and of no block yet.
    rest: Vec<u8>,
    next: Block,
    /// Buffers of blocks that are not needed any more.
    spare: Vec<Vec<u8>>,
}

impl<'i> Blocks<'i> {
    /// Begins at the start of a file.
    pub(crate) fn new(input: &'i mut (dyn BufRead + Send)) -> Self {
        let next = Block { record: 1, ..Block::default() };
        Self { input, rest: Vec::new(), next, spare: Vec::new() }
    }

    /// Counts records that are no messages as well, and says the name of the file with each place, if it has one.
    pub(crate) fn of_all(mut self, file: &str) -> Self {
        (self.next.all, self.next.file) = (true, file.into());
        self
    }

    /// Gives a block back, to be filled again.
    pub(crate) fn recycle(&mut self, block: Block) {
        self.spare.push(block.octets);
    }

    /// The next block, `None` after the last one. Waits for no more octets than are needed for one record.
    pub(crate) fn take(&mut self) -> Result<Option<Block>> {
        if self.next.last {
            return Ok(None);
        }
        loop {
            let cut = self.cut();
            if cut.length > 0 || cut.wrong {
                return Ok(Some(self.split(cut)));
            }
            let room = BLOCK.max(cut.needed).saturating_sub(self.rest.len());
            if !self.read(room)? {
                if self.rest.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(self.split(Cut { wrong: true, ..cut })));
            }
        }
    }

    /// Reads once. Says whether there was something.
    fn read(&mut self, room: usize) -> Result<bool> {
        let before = self.rest.len();
        self.rest.resize(before + room.max(HEADER_LENGTH), 0);
        let read = loop {
            match self.input.read(self.rest.get_mut(before..).unwrap_or_default()) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.rest.truncate(before + *read.as_ref().unwrap_or(&0));
        let read = read.with_context(|| match &*self.next.file {
            "" => "the rest of the file can not be read".to_owned(),
            file => format!("the rest of {file} can not be read"),
        });
        Ok(read? > 0)
    }

    /// How far whole records go that have one index of peers.
    fn cut(&mut self) -> Cut {
        let mut cut = Cut::default();
        while let Some(rest) = self.rest.get(cut.length..).filter(|rest| !rest.is_empty()) {
            let (record, length) = match Record::take(rest) {
                Ok(Some(taken)) => taken,
                Ok(None) => {
                    cut.needed = needed(rest);
                    break;
                }
                Err(_) => {
                    cut.wrong = true;
                    break;
                }
            };
            if let Some(index) = record.index() {
                if cut.length > 0 {
                    break;
                }
                self.next.peers = Some(Arc::new(index));
            }
            cut.length += length;
            cut.records += 1;
            cut.messages += self.next.count(&record);
        }
        cut
    }

    /// Makes a block of the first octets of what was read. Where they go wrong, all of it.
    fn split(&mut self, cut: Cut) -> Block {
        let mut rest = self.spare.pop().unwrap_or_default();
        rest.clear();
        let length = if cut.wrong { self.rest.len() } else { cut.length };
        rest.extend_from_slice(self.rest.get(length..).unwrap_or_default());
        let mut octets = std::mem::replace(&mut self.rest, rest);
        octets.truncate(length);
        let block = Block { octets, last: cut.wrong, ..self.next.clone() };
        self.next.record += cut.records;
        self.next.messages += cut.messages;
        self.next.octet += length as u64;
        self.next.last = cut.wrong;
        block
    }
}

/// How many octets a record has that is not whole yet.
fn needed(rest: &[u8]) -> usize {
    let length = rest.get(8..HEADER_LENGTH).and_then(|length| <[u8; 4]>::try_from(length).ok());
    let length = length.map_or(0, u32::from_be_bytes);
    HEADER_LENGTH + usize::try_from(length).map_or(MOST_OCTETS, |length| length.min(MOST_OCTETS))
}

/// Where a block ends.
#[derive(Clone, Copy, Debug, Default)]
struct Cut {
    length: usize,
    records: u64,
    messages: u64,
    /// How many octets the record needs that follows.
    needed: usize,
    /// Whether no record follows.
    wrong: bool,
}

impl Block {
    /// How many numbers a record takes.
    fn count(&self, record: &Record<'_>) -> u64 {
        record.count().max(self.all.into())
    }

    /// Reads every record. One that is wrong inside is told and passed over.
    pub(crate) fn read(&self, sink: &mut dyn Sink) -> Result<()> {
        let (record, octet) = (self.record, self.octet);
        let mut place = Place { file: &self.file, record, octet, entry: None };
        let mut messages = self.messages;
        let mut body = Vec::new();
        let mut rest = self.octets.as_slice();
        while !rest.is_empty() {
            let (record, length) = match Record::take(rest) {
                Ok(Some(taken)) => taken,
                Ok(None) => {
                    sink.fault(&place, "the file ends in it");
                    break;
                }
                Err(error) => {
                    sink.fault(&place, &error.to_string());
                    break;
                }
            };
            let time = Duration::from_secs(record.seconds.into());
            match record.read() {
                Ok(Content::Message(message)) => {
                    let extended = record.is_extended();
                    message_of(time, &place, messages, (&message, extended), sink)?;
                }
                Ok(Content::Rib(rib)) => {
                    self.routes((place, &record), messages, &rib, &mut body, sink)?;
                }
                Ok(other) => {
                    if let Some((after, note)) = note(&record, &other) {
                        let time = time + after;
                        sink.noted(&Noted { time, number: messages, note })?;
                    }
                }
                Err(error) => sink.fault(&place, &error.to_string()),
            }
            messages += self.count(&record);
            place.record += 1;
            place.octet += length as u64;
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    /// Every route of a table dump, as the UPDATE that announces it.
    fn routes(
        &self,
        (place, record): (Place<'_>, &Record<'_>),
        before: u64,
        rib: &Rib<'_>,
        body: &mut Vec<u8>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let peers = self.peers.as_deref();
        let collector = peers.map_or(Ipv4Addr::UNSPECIFIED, |peers| peers.collector);
        let receiver = Side { address: collector.into(), asn: None, router_id: collector };
        for (index, entry) in rib.entries.iter().enumerate() {
            let place = Place { entry: Some(index + 1), ..place };
            let known = match entry.peer {
                Ok(peer) => Some(peer),
                Err(index) => peers.and_then(|peers| peers.peers.get(usize::from(index))).copied(),
            };
            let Some(Peer { router_id, address, asn }) = known else {
                sink.fault(&place, "its peer is in no index of the file before it");
                continue;
            };
            if let Err(error) = rib.update(entry, body) {
                sink.fault(&place, &error.to_string());
                continue;
            }
            sink.message(&Captured {
                time: Duration::from_secs(entry.originated.into()),
                place: &place,
                number: before + index as u64,
                sender: &Side { address, asn: Some(asn), router_id },
                receiver: &receiver,
                read: Read::Told { asn4: entry.asn4, path_id: entry.path_id.is_some() },
                octets: body,
                within: Within::Table { dumped: record.seconds, old: !entry.asn4 },
            })?;
        }
        Ok(())
    }
}

/// An end of a session whose identifier is not told.
const fn side(address: std::net::IpAddr, asn: yottabgp_wire::asn::Asn) -> Side {
    Side { address, asn: Some(asn), router_id: Ipv4Addr::UNSPECIFIED }
}

/// What a record says that is neither a message nor routes, and how long after the seconds of the record it was.
fn note<'a>(record: &Record<'_>, content: &'a Content<'_>) -> Option<(Duration, Note<'a>)> {
    match content {
        Content::StateChange(change) => {
            let note = Note::State {
                local: side(change.local, change.local_as),
                peer: side(change.peer, change.peer_as),
                old: change.old,
                new: change.new,
                extended: record.is_extended(),
            };
            Some((Duration::from_micros(change.microseconds.into()), note))
        }
        Content::PeerIndexTable(peers) => Some((Duration::ZERO, Note::Peers(peers))),
        Content::Other => {
            let (kind, subtype, octets) = (record.kind, record.subtype, record.body.len());
            Some((Duration::ZERO, Note::Unknown { kind, subtype, octets }))
        }
        Content::Message(_) | Content::Rib(_) => None,
    }
}

fn message_of(
    time: Duration,
    place: &Place<'_>,
    number: u64,
    (message, extended): (&Message<'_>, bool),
    sink: &mut dyn Sink,
) -> Result<()> {
    let peer = side(message.peer, message.peer_as);
    let local = side(message.local, message.local_as);
    let (sender, receiver) = if message.is_local { (&local, &peer) } else { (&peer, &local) };
    // A record has one message (RFC 6396 section 4.4.2). Whoever takes it finds out whether it is whole.
    let octets = match frame(message.octets, usize::from(u16::MAX)) {
        Frame::Message { length, .. } => message.octets.get(..length).unwrap_or(message.octets),
        _ => message.octets,
    };
    let behind = message.octets.len() - octets.len();
    if behind > 0 {
        sink.fault(place, &format!("{behind} octets behind its message are left out"));
    }
    sink.message(&Captured {
        time: time + Duration::from_micros(message.microseconds.into()),
        place,
        number,
        sender,
        receiver,
        read: Read::Told { asn4: message.asn4, path_id: message.path_id },
        octets,
        within: Within::Message { sent: message.is_local, extended },
    })
}
