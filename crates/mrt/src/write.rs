//! The header of a record that is written, and why one can not be.

use std::fmt;
use std::net::IpAddr;

use yottabgp_wire::codes::Family;

use crate::{HEADER_LENGTH, MOST_OCTETS};

/// How exactly a record of BGP4MP says when it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// BGP4MP: in seconds. What is read again has no microseconds.
    Seconds,
    /// BGP4MP_ET: with microseconds (RFC 6396 section 3).
    #[default]
    Microseconds,
}

/// Why a record can not be written. Nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// The ends of a session have addresses of different families; a record has one for both.
    Addresses(IpAddr, IpAddr),
    /// The NLRI is none of its family, or more than one.
    Nlri(Family),
    /// There is a path identifier where the record has none, or none where it has.
    PathIdentifier,
    /// The peer is named instead of its place in the index, or AS numbers have two octets: only TABLE_DUMP has that.
    OldEntry,
    /// More octets than the field can say, or than are believed: of attributes 65,535.
    Octets(usize),
    /// More peers or routes than a record can count: 65,535. Routes can go on in another one.
    Count(usize),
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(peer, local) => write!(
                f,
                "a session of {peer} with {local} can not be written to MRT: both have to be IPv4 or IPv6"
            ),
            Self::Nlri(family) => {
                write!(f, "these octets are not one NLRI of {family}, and no record of MRT can have them")
            }
            Self::PathIdentifier => f.write_str(
                "a record of MRT has path identifiers for all of its routes or none: write them to two records",
            ),
            Self::OldEntry => f.write_str(
                "TABLE_DUMP_V2 names peers by an index of them and has four-octet AS numbers; this route is of TABLE_DUMP",
            ),
            Self::Octets(octets) => write!(f, "{octets} octets do not fit into a record of MRT"),
            Self::Count(count) => {
                write!(f, "a record of MRT counts up to 65,535 peers or routes, not {count}")
            }
        }
    }
}

impl std::error::Error for Unwritable {}

/// A record that is being written: its length follows when it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing {
    start: usize,
}

impl Writing {
    /// Writes the header.
    pub(crate) fn begin(seconds: u32, kind: u16, subtype: u16, out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&seconds.to_be_bytes());
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&subtype.to_be_bytes());
        out.extend_from_slice(&[0; 4]);
        Self { start }
    }

    /// The octets that follow the header so far.
    pub(crate) fn body(self, out: &[u8]) -> usize {
        out.len().saturating_sub(self.start + HEADER_LENGTH)
    }

    /// Writes the length. A record that is longer than a reader believes is taken back.
    pub(crate) fn end(self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let length = self.body(out);
        let field = u32::try_from(length).ok().filter(|_| length <= MOST_OCTETS);
        let Some(field) = field else {
            out.truncate(self.start);
            return Err(Unwritable::Octets(length));
        };
        let at = self.start + 8;
        if let Some(place) = out.get_mut(at..at + 4) {
            place.copy_from_slice(&field.to_be_bytes());
        }
        Ok(())
    }

    /// Takes back what was written.
    pub(crate) fn cancel(self, out: &mut Vec<u8>) {
        out.truncate(self.start);
    }
}
