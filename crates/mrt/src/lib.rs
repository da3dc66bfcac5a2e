//! MRT (RFC 6396, RFC 8050): the format in which collectors write what they heard.
//!
//! A file is a run of records, `timestamp(4) type(2) subtype(2) length(4) body`. [`Record::take`] takes one after the other
//! from octets that the caller read; [`Record::read`] says what one means. The `push` functions append the same to octets that
//! the caller writes. Nothing here opens a file.

mod bgp4mp;
mod table_dump;
mod write;

pub use bgp4mp::{Message, StateChange, has_path_identifiers};
pub use table_dump::{Peer, PeerIndexTable, Rib, RibEntry, RibRecord, push_attributes};
pub use write::{Precision, Unwritable};

use yottabgp_wire::io::reader::{Fault, Reader, WireError};

/// The octets of a record's header.
pub const HEADER_LENGTH: usize = 12;

/// The longest record that is believed, in octets. Table dumps of busy collectors have records of some hundred kilobytes.
pub const MOST_OCTETS: usize = 16 << 20;

/// The types of records that are read (IANA "MRT Types").
mod kind {
    pub(crate) const TABLE_DUMP: u16 = 12;
    pub(crate) const TABLE_DUMP_V2: u16 = 13;
    pub(crate) const BGP4MP: u16 = 16;
    pub(crate) const BGP4MP_ET: u16 = 17;
}

/// A record as it stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Seconds since 1970.
    pub seconds: u32,
    /// The type.
    pub kind: u16,
    /// The subtype.
    pub subtype: u16,
    /// What follows the header.
    pub body: &'a [u8],
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A message of a session.
    Message(Message<'a>),
    /// A session changed its state.
    StateChange(StateChange),
    /// The peers that the routes of a table dump came from.
    PeerIndexTable(PeerIndexTable),
    /// The routes to one NLRI in a table dump.
    Rib(Rib<'a>),
    /// Of a type that is not read.
    Other,
}

impl<'a> Record<'a> {
    /// Takes the first record of `octets`; `None` when more octets are needed. Also gives the octets it takes.
    ///
    /// The error is a length that no record has: what follows can not be found.
    pub fn take(octets: &'a [u8]) -> Result<Option<(Self, usize)>, WireError> {
        if octets.len() < HEADER_LENGTH {
            return Ok(None);
        }
        let mut reader = Reader::new(octets);
        let seconds = reader.u32("MRT timestamp")?;
        let (kind, subtype) = (reader.u16("MRT type")?, reader.u16("MRT subtype")?);
        let at = reader;
        let length = reader.u32("MRT length")?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MOST_OCTETS {
            return Err(at.error("MRT length", Fault::Length(length)));
        }
        match reader.take(length, "MRT record") {
            Ok(body) => Ok(Some((Self { seconds, kind, subtype, body }, HEADER_LENGTH + length))),
            Err(_) => Ok(None),
        }
    }

    /// What the record says. Offsets of errors count from the start of the body.
    pub fn read(&self) -> Result<Content<'a>, WireError> {
        let mut reader = Reader::new(self.body);
        match self.kind {
            kind::BGP4MP_ET => {
                let microseconds = reader.u32("MRT microseconds")?;
                bgp4mp::read(self.subtype, microseconds, reader)
            }
            kind::BGP4MP => bgp4mp::read(self.subtype, 0, reader),
            kind::TABLE_DUMP_V2 => table_dump::read_v2(self.subtype, reader),
            kind::TABLE_DUMP => table_dump::read_v1(self.subtype, reader),
            _ => Ok(Content::Other),
        }
    }

    /// Whether its time has microseconds (RFC 6396 section 3).
    pub const fn is_extended(&self) -> bool {
        self.kind == kind::BGP4MP_ET
    }

    /// How many messages or routes the record says that it has. It may still be found to be wrong when it is read.
    pub fn count(&self) -> u64 {
        match self.kind {
            kind::BGP4MP | kind::BGP4MP_ET => u64::from(bgp4mp::is_message(self.subtype)),
            kind::TABLE_DUMP_V2 => table_dump::count_v2(self.subtype, Reader::new(self.body)),
            kind::TABLE_DUMP => u64::from(table_dump::is_read_v1(self.subtype)),
            _ => 0,
        }
    }

    /// The peers of a table dump, if the record is their index and can be read.
    pub fn index(&self) -> Option<PeerIndexTable> {
        if (self.kind, self.subtype) != (kind::TABLE_DUMP_V2, table_dump::INDEX) {
            return None;
        }
        match self.read() {
            Ok(Content::PeerIndexTable(table)) => Some(table),
            _ => None,
        }
    }

    /// Whether octets look like the start of an MRT file: a type that is read, and a length that a record may have.
    pub fn starts(octets: &[u8]) -> bool {
        let header: Option<&[u8; HEADER_LENGTH]> = octets.first_chunk();
        header.is_some_and(|[_, _, _, _, high, low, _, subtype, length @ ..]| {
            let kind = u16::from_be_bytes([*high, *low]);
            let length = u32::from_be_bytes(*length);
            matches!(kind, kind::TABLE_DUMP..=kind::TABLE_DUMP_V2 | kind::BGP4MP..=kind::BGP4MP_ET)
                && *subtype < 16
                && usize::try_from(length).is_ok_and(|length| length <= MOST_OCTETS)
        })
    }
}
