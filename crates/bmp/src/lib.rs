//! BMP (RFC 7854, 8671, 9069, 9736): what routers tell a station of their sessions and tables.
//!
//! A connection is a run of messages, `version(1) length(4) type(1) body`. [`Frame::take`] takes one after the other from octets
//! that the caller read, and [`Frame::read`] says what one means. The `push` functions write the same. Nothing here opens a
//! connection or reads a clock. A [`Router`] takes the messages of one connection and tells what they say.

mod codes;
mod information;
mod json;
mod peer_down;
mod peer_header;
mod peer_up;
mod router;
mod statistics;

pub use codes::{
    InformationType, MessageType, MirroringType, PeerDownReason, PeerType, StatisticType,
    TerminationReason,
};
pub use information::{Information, InformationIter, Mirrored};
pub use peer_down::PeerDown;
pub use peer_header::{PeerHeader, Policy, RibView, SessionKey};
pub use peer_up::PeerUp;
pub use router::{Counts, Router, Session, Told, TooManySessions, What};
pub use statistics::{Statistic, StatisticIter, StatisticValue};

use yottabgp_wire::io::reader::{Fault, Reader, WireError};

/// The version of RFC 7854.
pub const VERSION: u8 = 3;

/// The octets of the header that all messages have.
pub const HEADER_LENGTH: usize = 6;

/// The longest message that is believed, in octets: a BGP message has 65,535 at most, and mirroring may put some into one.
pub const MOST_OCTETS: usize = 1 << 20;

/// A message as it stands in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The type.
    pub kind: MessageType,
    /// What follows the header.
    pub body: &'a [u8],
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Routes of a peer: an UPDATE with its header.
    RouteMonitoring {
        /// Of whom, and of which of its tables.
        peer: PeerHeader,
        /// The BGP message.
        octets: &'a [u8],
    },
    /// Counts.
    StatisticsReport {
        /// Of whom.
        peer: PeerHeader,
        /// How many there are.
        count: u32,
        /// The counts.
        statistics: StatisticIter<'a>,
    },
    /// A session ended.
    PeerDown {
        /// Of whom.
        peer: PeerHeader,
        /// Why.
        down: PeerDown<'a>,
    },
    /// A session is established.
    PeerUp {
        /// Of whom.
        peer: PeerHeader,
        /// Its ends, and the OPENs.
        up: PeerUp<'a>,
    },
    /// The router says who it is.
    Initiation(InformationIter<'a>),
    /// The router is about to close the connection.
    Termination(InformationIter<'a>),
    /// Messages as they came, malformed ones included.
    RouteMirroring {
        /// Of whom.
        peer: PeerHeader,
        /// Messages, and what happened to them.
        mirrored: InformationIter<'a>,
    },
    /// Of a type that is not known.
    Unknown,
}

impl<'a> Frame<'a> {
    /// Takes the first message of `octets`; `None` when more octets are needed. Also gives the octets it takes.
    ///
    /// # Errors
    /// A version that is not [`VERSION`], or a length that no message has: where the next message starts is not known.
    pub fn take(octets: &'a [u8]) -> Result<Option<(Self, usize)>, WireError> {
        let mut reader = Reader::new(octets);
        let at = reader;
        match reader.u8("BMP version") {
            Err(_) => return Ok(None),
            Ok(VERSION) => {}
            Ok(other) => return Err(at.error("BMP version", Fault::Invalid(other.into()))),
        }
        if octets.len() < HEADER_LENGTH {
            return Ok(None);
        }
        let at = reader;
        let length = usize::try_from(reader.u32("BMP length")?).unwrap_or(usize::MAX);
        let kind = MessageType(reader.u8("BMP type")?);
        if !(HEADER_LENGTH..=MOST_OCTETS).contains(&length) {
            return Err(at.error("BMP length", Fault::Length(length)));
        }
        match reader.take(length - HEADER_LENGTH, "BMP message") {
            Ok(body) => Ok(Some((Self { kind, body }, length))),
            Err(_) => Ok(None),
        }
    }

    /// What the message says. Offsets of errors count from the start of the message.
    ///
    /// # Errors
    /// The first field that is wrong. The connection can go on: where the next message starts is known.
    pub fn read(&self) -> Result<Message<'a>, WireError> {
        let mut reader = Reader::at(self.body, HEADER_LENGTH);
        let message = match self.kind {
            MessageType::ROUTE_MONITORING => Message::RouteMonitoring {
                peer: PeerHeader::read(&mut reader)?,
                octets: reader.rest(),
            },
            MessageType::STATISTICS_REPORT => {
                let peer = PeerHeader::read(&mut reader)?;
                let count = reader.u32("BMP statistics count")?;
                Message::StatisticsReport { peer, count, statistics: StatisticIter::new(reader) }
            }
            MessageType::PEER_DOWN => {
                let peer = PeerHeader::read(&mut reader)?;
                Message::PeerDown { peer, down: PeerDown::read(&mut reader)? }
            }
            MessageType::PEER_UP => {
                let peer = PeerHeader::read(&mut reader)?;
                let up = PeerUp::read(&mut reader, peer.is_ipv6)?;
                Message::PeerUp { peer, up }
            }
            MessageType::INITIATION => Message::Initiation(InformationIter::new(reader)),
            MessageType::TERMINATION => Message::Termination(InformationIter::new(reader)),
            MessageType::ROUTE_MIRRORING => {
                let peer = PeerHeader::read(&mut reader)?;
                Message::RouteMirroring { peer, mirrored: InformationIter::new(reader) }
            }
            _ => Message::Unknown,
        };
        Ok(message)
    }
}

/// Appends a message: the header, then what `body` appends.
///
/// A body longer than [`MOST_OCTETS`] can not be told by its length; nothing that is written here comes near.
pub fn push(kind: MessageType, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[VERSION, 0, 0, 0, 0, kind.0]);
    body(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start + 1..start + 5) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}
