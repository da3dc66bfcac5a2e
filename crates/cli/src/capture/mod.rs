//! Messages from files: packet captures (pcap, pcapng) and MRT dumps.

pub(crate) mod input;
pub(crate) mod mrt;
mod packets;
mod stream;

pub(crate) use packets::read as packets;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::Result;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::negotiated::Negotiated;

/// One end of a session, as far as the file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// Its address.
    pub(crate) address: IpAddr,
    /// Its AS.
    pub(crate) asn: Option<Asn>,
    /// Its BGP identifier; 0.0.0.0 where it is not known.
    pub(crate) router_id: Ipv4Addr,
}

/// One message of a file, or what stands for a route of a table dump.
pub(crate) struct Captured<'a> {
    /// When it was seen, since 1970.
    pub(crate) time: Duration,
    /// Where it is in the file: `packet 3`, `record 7 at octet 812`.
    pub(crate) place: &'a dyn fmt::Display,
    /// How many came before it in the file.
    pub(crate) number: u64,
    /// Who sent it.
    pub(crate) sender: &'a Side,
    /// Who got it.
    pub(crate) receiver: &'a Side,
    /// How it is to be read.
    pub(crate) read: Read<'a>,
    /// The message with its header, or the body of an UPDATE.
    pub(crate) octets: &'a [u8],
    /// What it stands in.
    pub(crate) within: Within,
}

/// What a message stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    /// Packets.
    Packets,
    /// A record of a session.
    Message {
        /// Whether who wrote the file sent it.
        sent: bool,
        /// Whether times of the record have microseconds.
        extended: bool,
    },
    /// A table dump: it stands for a route.
    Table {
        /// When the table was dumped, in seconds since 1970.
        dumped: u32,
        /// Whether it is one of TABLE_DUMP, and not of TABLE_DUMP_V2.
        old: bool,
    },
}

/// What a file of records says beside messages and routes.
#[derive(Clone, Copy)]
pub(crate) struct Noted<'a> {
    /// When it was written, since 1970.
    pub(crate) time: Duration,
    /// How many came before it in the file.
    pub(crate) number: u64,
    /// What it is.
    pub(crate) note: Note<'a>,
}

/// What is neither a message nor a route.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note<'a> {
    /// A session changed its state.
    State {
        /// Who wrote the file.
        local: Side,
        /// The other end.
        peer: Side,
        /// The state before: 1 Idle to 6 Established.
        old: u16,
        /// The state after.
        new: u16,
        /// Whether times of the record have microseconds.
        extended: bool,
    },
    /// The peers that routes came from.
    Peers(&'a yottabgp_mrt::PeerIndexTable),
    /// A record that is not read.
    Unknown {
        /// Its type.
        kind: u16,
        /// Its subtype.
        subtype: u16,
        /// How long it is.
        octets: usize,
    },
}

/// How a message is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read<'a> {
    /// As the OPENs of both sides say.
    Agreed(&'a Negotiated),
    /// As an MRT record says: whether AS numbers have four octets, and whether NLRI have path identifiers.
    Told { asn4: bool, path_id: bool },
}

/// What is done with each message, and with what can not be read. Says whether it was right.
pub(crate) trait Sink {
    /// Takes a message.
    fn message(&mut self, captured: &Captured<'_>) -> Result<()>;
    /// Takes what is neither a message nor a route.
    fn noted(&mut self, _: &Noted<'_>) -> Result<()> {
        Ok(())
    }
    /// Takes a fault of the file: its place and what is wrong.
    fn fault(&mut self, place: &dyn fmt::Display, why: &str);
}

/// What kind of file begins with these octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// pcap or pcapng.
    Packets,
    /// MRT.
    Mrt,
}

impl Format {
    /// The format of a file by its first octets; `None` for text.
    pub(crate) fn of(octets: &[u8]) -> Option<Self> {
        const MAGIC: [[u8; 4]; 5] = [
            [0xa1, 0xb2, 0xc3, 0xd4],
            [0xd4, 0xc3, 0xb2, 0xa1],
            [0xa1, 0xb2, 0x3c, 0x4d],
            [0x4d, 0x3c, 0xb2, 0xa1],
            [0x0a, 0x0d, 0x0d, 0x0a],
        ];
        if MAGIC.iter().any(|magic| octets.starts_with(magic)) {
            return Some(Self::Packets);
        }
        yottabgp_mrt::Record::starts(octets).then_some(Self::Mrt)
    }
}
