//! TABLE_DUMP_V2 (RFC 6396 section 4.3, RFC 8050) and TABLE_DUMP (section 4.2): the routes of a table, each shown as the
//! UPDATE that would announce it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::attribute::{flags, registry};
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::{Fault, Reader, WireError};
use yottabgp_wire::nlri::Nlri;

use crate::Content;

mod attributes;
mod write;

pub use attributes::push_attributes;
pub use write::RibRecord;

/// The attribute whose value is shortened in TABLE_DUMP_V2 (RFC 6396 section 4.3.4).
const MP_REACH_NLRI: u8 = 14;

/// The subtype of an index of peers in TABLE_DUMP_V2.
pub(crate) const INDEX: u16 = 1;
/// The subtypes of routes of a family that the record names.
const GENERIC: u16 = 6;
const GENERIC_ADD_PATH: u16 = 12;

/// A family that has subtypes of its own in TABLE_DUMP_V2.
struct Prefixes {
    family: Family,
    plain: u16,
    /// With path identifiers (RFC 8050 section 4).
    add_path: u16,
}

const PREFIXES: [Prefixes; 4] = [
    Prefixes { family: Family::IPV4_UNICAST, plain: 2, add_path: 8 },
    Prefixes { family: Family::IPV4_MULTICAST, plain: 3, add_path: 9 },
    Prefixes { family: Family::IPV6_UNICAST, plain: 4, add_path: 10 },
    Prefixes { family: Family::IPV6_MULTICAST, plain: 5, add_path: 11 },
];

/// One peer of a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its BGP identifier.
    pub router_id: Ipv4Addr,
    /// Its address.
    pub address: IpAddr,
    /// Its AS.
    pub asn: Asn,
}

/// The peers of a table dump, by the index that its routes name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIndexTable {
    /// The collector's BGP identifier.
    pub collector: Ipv4Addr,
    /// The peers.
    pub peers: Vec<Peer>,
}

/// The routes to one NLRI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rib<'a> {
    /// The family.
    pub family: Family,
    /// The NLRI, without path identifier.
    pub nlri: &'a [u8],
    /// The routes.
    pub entries: Vec<RibEntry<'a>>,
}

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RibEntry<'a> {
    /// Which peer it came from: an index into [`PeerIndexTable::peers`], or the peer itself in TABLE_DUMP.
    pub peer: Result<Peer, u16>,
    /// When it came, in seconds since 1970.
    pub originated: u32,
    /// Its path identifier (RFC 8050 section 4).
    pub path_id: Option<u32>,
    /// Its attributes. AS numbers have four octets, but in TABLE_DUMP; MP_REACH_NLRI may have a next hop alone.
    pub attributes: &'a [u8],
    /// Whether AS numbers have four octets.
    pub asn4: bool,
}

/// What a record of routes is about: its family, NLRI and entries, and whether these have path identifiers.
struct Head<'a> {
    family: Family,
    nlri: &'a [u8],
    count: u16,
    path_id: bool,
}

impl<'a> Head<'a> {
    /// `None` for a subtype that has no routes.
    fn take(subtype: u16, reader: &mut Reader<'a>) -> Result<Option<Self>, WireError> {
        let own = PREFIXES.iter().find(|row| row.plain == subtype || row.add_path == subtype);
        let path_id = match own {
            Some(row) => row.add_path == subtype,
            None if matches!(subtype, GENERIC | GENERIC_ADD_PATH) => subtype == GENERIC_ADD_PATH,
            None => return Ok(None),
        };
        reader.u32("sequence number")?;
        let family = match own {
            Some(row) => row.family,
            None => {
                let afi = Afi(reader.u16("address family identifier")?);
                Family::new(afi, Safi(reader.u8("subsequent address family identifier")?))
            }
        };
        let nlri = Nlri::take(family, false, reader)?.bytes;
        let count = reader.u16("entry count")?;
        Ok(Some(Self { family, nlri, count, path_id }))
    }
}

/// How many routes a record says that it has.
pub(crate) fn count_v2(subtype: u16, mut reader: Reader<'_>) -> u64 {
    Head::take(subtype, &mut reader).ok().flatten().map_or(0, |head| head.count.into())
}

/// Subtype 1 is the index of peers.
pub(crate) fn read_v2(subtype: u16, mut reader: Reader<'_>) -> Result<Content<'_>, WireError> {
    if subtype == INDEX {
        return peers(reader).map(Content::PeerIndexTable);
    }
    let Some(Head { family, nlri, count, path_id }) = Head::take(subtype, &mut reader)? else {
        return Ok(Content::Other);
    };
    // An entry has eight octets or more: nobody gets room for what can not be there.
    let mut entries = Vec::with_capacity(usize::from(count).min(reader.len() / 8));
    for _ in 0..count {
        let peer = Err(reader.u16("peer index")?);
        let originated = reader.u32("originated time")?;
        let path_id = if path_id { Some(reader.u32("path identifier")?) } else { None };
        let length = reader.u16("attribute length")?;
        let attributes = reader.take(usize::from(length), "attributes")?;
        entries.push(RibEntry { peer, originated, path_id, attributes, asn4: true });
    }
    Ok(Content::Rib(Rib { family, nlri, entries }))
}

/// Layout: `collector(4) view-name-length(2) view-name count(2)`, then `type(1) router-id(4) address(4|16) AS(2|4)` each.
fn peers(mut reader: Reader<'_>) -> Result<PeerIndexTable, WireError> {
    let collector = Ipv4Addr::from(reader.array::<4>("collector BGP identifier")?);
    let length = reader.u16("view name length")?;
    reader.take(usize::from(length), "view name")?;
    let count = reader.u16("peer count")?;
    let mut peers = Vec::new();
    for _ in 0..count {
        let kind = reader.u8("peer type")?;
        let router_id = Ipv4Addr::from(reader.array::<4>("peer BGP identifier")?);
        let address = if kind & 1 == 0 {
            IpAddr::V4(Ipv4Addr::from(reader.array::<4>("peer address")?))
        } else {
            IpAddr::V6(Ipv6Addr::from(reader.array::<16>("peer address")?))
        };
        let asn = if kind & 2 == 0 {
            Asn(reader.u16("peer AS")?.into())
        } else {
            Asn(reader.u32("peer AS")?)
        };
        peers.push(Peer { router_id, address, asn });
    }
    Ok(PeerIndexTable { collector, peers })
}

/// Whether routes of this subtype, which is their AFI, are read.
pub(crate) fn is_read_v1(subtype: u16) -> bool {
    matches!(Afi(subtype), Afi::IPV4 | Afi::IPV6)
}

/// Layout: `view(2) sequence(2) prefix(4|16) length(1) status(1) originated(4) peer(4|16) AS(2) length(2) attributes`. The
/// prefix is not shortened: its octets are given as an NLRI by [`Rib::update`].
pub(crate) fn read_v1(subtype: u16, mut reader: Reader<'_>) -> Result<Content<'_>, WireError> {
    let (family, octets) = match Afi(subtype) {
        Afi::IPV4 => (Family::IPV4_UNICAST, 4),
        Afi::IPV6 => (Family::IPV6_UNICAST, 16),
        _ => return Ok(Content::Other),
    };
    reader.take(4, "view and sequence number")?;
    let nlri = reader.take(octets + 1, "prefix")?;
    reader.u8("status")?;
    let originated = reader.u32("originated time")?;
    let address = match family.afi {
        Afi::IPV4 => IpAddr::V4(Ipv4Addr::from(reader.array::<4>("peer address")?)),
        _ => IpAddr::V6(Ipv6Addr::from(reader.array::<16>("peer address")?)),
    };
    let asn = Asn(reader.u16("peer AS")?.into());
    let length = reader.u16("attribute length")?;
    let attributes = reader.take(usize::from(length), "attributes")?;
    if nlri.last().is_none_or(|bits| usize::from(*bits) > 8 * octets) {
        return Err(reader.error("prefix length", Fault::Length(octets)));
    }
    let peer = Ok(Peer { router_id: Ipv4Addr::UNSPECIFIED, address, asn });
    let entry = RibEntry { peer, originated, path_id: None, attributes, asn4: false };
    Ok(Content::Rib(Rib { family, nlri, entries: vec![entry] }))
}

impl Rib<'_> {
    /// Writes the body of the UPDATE that announces one of the routes: IPv4 unicast after the attributes, others in
    /// MP_REACH_NLRI, whose AFI, SAFI and NLRI a table dump leaves out. What was in `body` before is gone.
    pub fn update(&self, entry: &RibEntry<'_>, body: &mut Vec<u8>) -> Result<(), WireError> {
        body.clear();
        body.extend_from_slice(&[0; 4]);
        // Where the NLRI go: into MP_REACH_NLRI once, else after the attributes.
        let mut told = false;
        let mut reader = Reader::new(entry.attributes);
        // Most attributes stand there as they are to be: those from here on are copied together.
        let mut uncopied = 0;
        while !reader.is_empty() {
            let start = reader.offset();
            let [flags, code] = reader.array::<2>("attribute header")?;
            let length = match flags & 0x10 {
                0 => reader.u8("attribute length")?.into(),
                _ => usize::from(reader.u16("attribute length")?),
            };
            let value = reader.take(length, "attribute")?;
            if code != MP_REACH_NLRI && is_right(flags, code) {
                continue;
            }
            body.extend_from_slice(entry.attributes.get(uncopied..start).unwrap_or_default());
            uncopied = reader.offset();
            if code != MP_REACH_NLRI {
                push(body, flags, code, value);
                continue;
            }
            // Either the next hop alone with its length, or the whole attribute, as old collectors wrote it.
            let next_hop = match value.split_first() {
                Some((length, rest)) if usize::from(*length) == rest.len() => rest,
                _ => value
                    .get(3)
                    .and_then(|length| value.get(4..4 + usize::from(*length)))
                    .unwrap_or_default(),
            };
            if self.family != Family::IPV4_UNICAST || next_hop.len() != 4 {
                self.reach(entry, next_hop, !told, body);
                told = true;
            }
        }
        body.extend_from_slice(entry.attributes.get(uncopied..).unwrap_or_default());
        if self.family != Family::IPV4_UNICAST && !told {
            // Without a next hop the family's own rules decide.
            self.reach(entry, &[], true, body);
            told = true;
        }
        let length = body.len() - 4;
        let length =
            u16::try_from(length).map_err(|_| reader.error("attributes", Fault::Length(length)))?;
        if let Some(field) = body.get_mut(2..4) {
            field.copy_from_slice(&length.to_be_bytes());
        }
        if !told {
            self.push_nlri(entry, body);
        }
        Ok(())
    }

    /// Writes MP_REACH_NLRI.
    fn reach(&self, entry: &RibEntry<'_>, next_hop: &[u8], with_nlri: bool, body: &mut Vec<u8>) {
        body.extend_from_slice(&[0x80, MP_REACH_NLRI, 0]);
        let start = body.len();
        body.extend_from_slice(&self.family.octets());
        body.push(u8::try_from(next_hop.len()).unwrap_or(0));
        body.extend_from_slice(next_hop);
        body.push(0);
        if with_nlri {
            self.push_nlri(entry, body);
        }
        let length = body.len() - start;
        match (u8::try_from(length), body.get_mut(start - 3..start)) {
            (Ok(short), Some([_, _, field])) => *field = short,
            (Err(_), Some([flags, _, field])) => {
                // An NLRI that is longer than prefixes are.
                let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
                (*flags, *field) = (*flags | 0x10, high);
                body.insert(start, low);
            }
            _ => {}
        }
    }

    /// Writes the NLRI as an UPDATE has it.
    fn push_nlri(&self, entry: &RibEntry<'_>, out: &mut Vec<u8>) {
        if let Some(id) = entry.path_id {
            out.extend_from_slice(&id.to_be_bytes());
        }
        match self.nlri.split_last() {
            // TABLE_DUMP has the whole address and then its length.
            Some((bits, address)) if !entry.asn4 => {
                out.push(*bits);
                out.extend(address.iter().take(usize::from(bits.div_ceil(8))));
            }
            _ => out.extend_from_slice(self.nlri),
        }
    }
}

/// Whether [`push`] would write an attribute as it is.
#[inline]
fn is_right(flags: u8, code: u8) -> bool {
    match registry::row(code) {
        Some(row) => flags & !flags::PARTIAL == row.flags,
        None => flags & flags::EXTENDED_LENGTH == 0,
    }
}

/// Writes an attribute of a route. Some recorders leave out the flags that its type has (BIRD 2.0 those of NEXT_HOP and LOCAL_PREF),
/// whatever they were when it was received. A short value gets a short length.
#[cold]
fn push(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    let flags = match registry::row(code) {
        Some(row) => row.flags | flags & flags::PARTIAL,
        None => flags & !flags::EXTENDED_LENGTH,
    };
    yottabgp_wire::attribute::push_attribute(out, flags, code, value);
}
