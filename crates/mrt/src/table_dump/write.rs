//! TABLE_DUMP_V2 as it is written.

use std::net::IpAddr;

use yottabgp_wire::codes::Family;
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::nlri::Nlri;

use super::{GENERIC, GENERIC_ADD_PATH, INDEX, PREFIXES, PeerIndexTable, Rib, RibEntry};
use crate::write::{Unwritable, Writing};
use crate::{MOST_OCTETS, kind};

/// The octets of an entry in front of its attributes.
const ENTRY: usize = 12;

impl PeerIndexTable {
    /// Appends the record. The name of the view is empty; AS numbers have four octets.
    pub fn push(&self, seconds: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let count = self.peers.len();
        let count = u16::try_from(count).map_err(|_| Unwritable::Count(count))?;
        let record = Writing::begin(seconds, kind::TABLE_DUMP_V2, INDEX, out);
        out.extend_from_slice(&self.collector.octets());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&count.to_be_bytes());
        for peer in &self.peers {
            // Bit 0: the address is IPv6; bit 1: the AS has four octets.
            out.push(0b10 | u8::from(peer.address.is_ipv6()));
            out.extend_from_slice(&peer.router_id.octets());
            match peer.address {
                IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
                IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
            }
            out.extend_from_slice(&peer.asn.0.to_be_bytes());
        }
        record.end(out)
    }
}

/// A record of the routes to one NLRI, while they are written one after the other.
#[derive(Clone, Copy, Debug)]
pub struct RibRecord {
    record: Writing,
    path_id: bool,
    /// Where the count of routes is.
    count_at: usize,
    count: u16,
}

impl RibRecord {
    /// Begins a record: of the family's own subtype, RIB_GENERIC otherwise. `nlri` has no path identifier; with `path_id`
    /// each route has one (RFC 8050 section 4).
    pub fn begin(
        seconds: u32,
        sequence: u32,
        family: Family,
        nlri: &[u8],
        path_id: bool,
        out: &mut Vec<u8>,
    ) -> Result<Self, Unwritable> {
        let mut reader = Reader::new(nlri);
        let one = Nlri::take(family, false, &mut reader);
        if one.is_err() || !reader.is_empty() {
            return Err(Unwritable::Nlri(family));
        }
        let own = PREFIXES.iter().find(|row| row.family == family);
        let subtype = match (own, path_id) {
            (Some(row), false) => row.plain,
            (Some(row), true) => row.add_path,
            (None, false) => GENERIC,
            (None, true) => GENERIC_ADD_PATH,
        };
        let record = Writing::begin(seconds, kind::TABLE_DUMP_V2, subtype, out);
        out.extend_from_slice(&sequence.to_be_bytes());
        if own.is_none() {
            out.extend_from_slice(&family.octets());
        }
        out.extend_from_slice(nlri);
        let count_at = out.len();
        out.extend_from_slice(&[0, 0]);
        Ok(Self { record, path_id, count_at, count: 0 })
    }

    /// Appends a route. Where the record is full ([`Unwritable::Count`], [`Unwritable::Octets`] of a record that has routes),
    /// it can be ended and the route begin the next one; after another error the route alone is missing.
    pub fn entry(&mut self, entry: &RibEntry<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let (Err(peer), true) = (entry.peer, entry.asn4) else {
            return Err(Unwritable::OldEntry);
        };
        if entry.path_id.is_some() != self.path_id {
            return Err(Unwritable::PathIdentifier);
        }
        let octets = entry.attributes.len();
        let length = u16::try_from(octets).map_err(|_| Unwritable::Octets(octets))?;
        let most = self.record.body(out) + ENTRY + octets;
        if most > MOST_OCTETS {
            return Err(Unwritable::Octets(most));
        }
        let Some(count) = self.count.checked_add(1) else {
            return Err(Unwritable::Count(usize::from(self.count) + 1));
        };
        self.count = count;
        out.extend_from_slice(&peer.to_be_bytes());
        out.extend_from_slice(&entry.originated.to_be_bytes());
        if let Some(id) = entry.path_id {
            out.extend_from_slice(&id.to_be_bytes());
        }
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(entry.attributes);
        Ok(())
    }

    /// How many routes it has.
    pub const fn count(&self) -> u16 {
        self.count
    }

    /// Ends the record.
    pub fn end(self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if let Some(place) = out.get_mut(self.count_at..self.count_at + 2) {
            place.copy_from_slice(&self.count.to_be_bytes());
        }
        self.record.end(out)
    }

    /// Takes back what was written of it.
    pub fn cancel(self, out: &mut Vec<u8>) {
        self.record.cancel(out);
    }
}

impl Rib<'_> {
    /// Appends the record, with path identifiers if the first route has one. All routes have to be as TABLE_DUMP_V2 has them.
    pub fn push(&self, seconds: u32, sequence: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let path_id = self.entries.first().is_some_and(|entry| entry.path_id.is_some());
        let mut record = RibRecord::begin(seconds, sequence, self.family, self.nlri, path_id, out)?;
        for entry in &self.entries {
            if let Err(error) = record.entry(entry, out) {
                record.cancel(out);
                return Err(error);
            }
        }
        record.end(out)
    }
}
