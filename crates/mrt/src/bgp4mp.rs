//! BGP4MP and BGP4MP_ET (RFC 6396 sections 4.4 and 3, RFC 8050): messages and state changes of sessions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::{Fault, Reader, WireError};

use crate::write::{Precision, Unwritable, Writing};
use crate::{Content, kind};

/// A subtype of messages, and what it says of them.
struct Subtype {
    number: u16,
    asn4: bool,
    is_local: bool,
    path_id: bool,
}

/// BGP4MP_MESSAGE and its kin (RFC 6396 section 4.4, RFC 8050 section 3).
const MESSAGES: [Subtype; 8] = [
    Subtype { number: 1, asn4: false, is_local: false, path_id: false },
    Subtype { number: 4, asn4: true, is_local: false, path_id: false },
    Subtype { number: 6, asn4: false, is_local: true, path_id: false },
    Subtype { number: 7, asn4: true, is_local: true, path_id: false },
    Subtype { number: 8, asn4: false, is_local: false, path_id: true },
    Subtype { number: 9, asn4: true, is_local: false, path_id: true },
    Subtype { number: 10, asn4: false, is_local: true, path_id: true },
    Subtype { number: 11, asn4: true, is_local: true, path_id: true },
];
const STATE_CHANGE: u16 = 0;
const STATE_CHANGE_AS4: u16 = 5;

/// A message of a session, as it was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Microseconds after the seconds of the record.
    pub microseconds: u32,
    /// The peer's AS.
    pub peer_as: Asn,
    /// The collector's AS.
    pub local_as: Asn,
    /// The peer's address.
    pub peer: IpAddr,
    /// The collector's address.
    pub local: IpAddr,
    /// Whether AS numbers in the message have four octets.
    pub asn4: bool,
    /// Whether the collector sent it (RFC 6396 section 4.4.4).
    pub is_local: bool,
    /// Whether NLRI have path identifiers (RFC 8050 section 3).
    pub path_id: bool,
    /// The message with its header.
    pub octets: &'a [u8],
}

/// A session changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Microseconds after the seconds of the record.
    pub microseconds: u32,
    /// The peer's AS.
    pub peer_as: Asn,
    /// The collector's AS.
    pub local_as: Asn,
    /// The peer's address.
    pub peer: IpAddr,
    /// The collector's address.
    pub local: IpAddr,
    /// The state before: 1 Idle to 6 Established.
    pub old: u16,
    /// The state after.
    pub new: u16,
}

impl Message<'_> {
    /// Appends the record. With two-octet AS numbers an AS that does not fit is AS_TRANS.
    pub fn push(
        &self,
        seconds: u32,
        precision: Precision,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        self.push_parts(seconds, precision, &[self.octets], out)
    }

    /// The same for a message in parts, which take the place of `octets`.
    pub fn push_parts(
        &self,
        seconds: u32,
        precision: Precision,
        parts: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let is_it = |row: &&Subtype| {
            (row.asn4, row.is_local, row.path_id) == (self.asn4, self.is_local, self.path_id)
        };
        let subtype = MESSAGES.iter().find(is_it).map_or(0, |row| row.number);
        let ends = Ends { peer: self.peer, local: self.local, asns: [self.peer_as, self.local_as] };
        let record = ends.begin(seconds, precision, self.microseconds, subtype, self.asn4, out)?;
        for part in parts {
            out.extend_from_slice(part);
        }
        record.end(out)
    }
}

impl StateChange {
    /// Appends the record: STATE_CHANGE, or STATE_CHANGE_AS4 where an AS needs four octets.
    pub fn push(
        &self,
        seconds: u32,
        precision: Precision,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let asn4 = !(self.peer_as.is_two_octets() && self.local_as.is_two_octets());
        let subtype = if asn4 { STATE_CHANGE_AS4 } else { STATE_CHANGE };
        let ends = Ends { peer: self.peer, local: self.local, asns: [self.peer_as, self.local_as] };
        let record = ends.begin(seconds, precision, self.microseconds, subtype, asn4, out)?;
        out.extend_from_slice(&self.old.to_be_bytes());
        out.extend_from_slice(&self.new.to_be_bytes());
        record.end(out)
    }
}

/// What all records have first: see [`read`] for the layout.
struct Ends {
    peer: IpAddr,
    local: IpAddr,
    asns: [Asn; 2],
}

impl Ends {
    fn begin(
        &self,
        seconds: u32,
        precision: Precision,
        microseconds: u32,
        subtype: u16,
        asn4: bool,
        out: &mut Vec<u8>,
    ) -> Result<Writing, Unwritable> {
        if self.peer.is_ipv4() != self.local.is_ipv4() {
            return Err(Unwritable::Addresses(self.peer, self.local));
        }
        let kind = match precision {
            Precision::Seconds => kind::BGP4MP,
            Precision::Microseconds => kind::BGP4MP_ET,
        };
        let record = Writing::begin(seconds, kind, subtype, out);
        if precision == Precision::Microseconds {
            out.extend_from_slice(&microseconds.to_be_bytes());
        }
        for asn in self.asns {
            match asn4 {
                true => out.extend_from_slice(&asn.0.to_be_bytes()),
                false => out.extend_from_slice(&asn.two_octets().to_be_bytes()),
            }
        }
        // The interface is not known.
        out.extend_from_slice(&[0, 0]);
        let afi = if self.peer.is_ipv4() { Afi::IPV4 } else { Afi::IPV6 };
        out.extend_from_slice(&afi.0.to_be_bytes());
        for address in [self.peer, self.local] {
            match address {
                IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
                IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
            }
        }
        Ok(record)
    }
}

/// Whether a record of this subtype has a message, as long as it is well-formed.
pub(crate) fn is_message(subtype: u16) -> bool {
    MESSAGES.iter().any(|row| row.number == subtype)
}

/// Layout: `peer-AS(2|4) local-AS(2|4) interface(2) AFI(2) peer(4|16) local(4|16)`, then the message or two states.
pub(crate) fn read(
    subtype: u16,
    microseconds: u32,
    mut reader: Reader<'_>,
) -> Result<Content<'_>, WireError> {
    let message = MESSAGES.iter().find(|row| row.number == subtype);
    let asn4 = match (message, subtype) {
        (Some(row), _) => row.asn4,
        (None, STATE_CHANGE) => false,
        (None, STATE_CHANGE_AS4) => true,
        _ => return Ok(Content::Other),
    };
    let asn = |reader: &mut Reader<'_>, field| {
        if asn4 { reader.u32(field).map(Asn) } else { reader.u16(field).map(|asn| Asn(asn.into())) }
    };
    let peer_as = asn(&mut reader, "BGP4MP peer AS")?;
    let local_as = asn(&mut reader, "BGP4MP local AS")?;
    reader.u16("BGP4MP interface index")?;
    let at = reader;
    let afi = Afi(reader.u16("BGP4MP address family")?);
    let (peer, local) = match afi {
        Afi::IPV4 => (
            IpAddr::V4(Ipv4Addr::from(reader.array::<4>("BGP4MP peer address")?)),
            IpAddr::V4(Ipv4Addr::from(reader.array::<4>("BGP4MP local address")?)),
        ),
        Afi::IPV6 => (
            IpAddr::V6(Ipv6Addr::from(reader.array::<16>("BGP4MP peer address")?)),
            IpAddr::V6(Ipv6Addr::from(reader.array::<16>("BGP4MP local address")?)),
        ),
        other => return Err(at.error("BGP4MP address family", Fault::Invalid(other.0.into()))),
    };
    let Some(Subtype { is_local, path_id, .. }) = message else {
        let (old, new) = (reader.u16("BGP4MP old state")?, reader.u16("BGP4MP new state")?);
        return Ok(Content::StateChange(StateChange {
            microseconds,
            peer_as,
            local_as,
            peer,
            local,
            old,
            new,
        }));
    };
    Ok(Content::Message(Message {
        microseconds,
        peer_as,
        local_as,
        peer,
        local,
        asn4,
        is_local: *is_local,
        path_id: *path_id,
        octets: reader.rest(),
    }))
}

/// Whether NLRI of an UPDATE have path identifiers, by its body and the families that have them: the subtypes of RFC 8050 say so
/// of a whole message. Of one that has NLRI with and without, they say that there are some.
pub fn has_path_identifiers(body: &[u8], is_used: impl Fn(Family) -> bool) -> bool {
    let mut any = false;
    // What can not be read has none that could.
    let _ = families(body, |family| any |= is_used(family));
    any
}

/// Tells the families of an UPDATE that it has NLRI of.
fn families(body: &[u8], mut tell: impl FnMut(Family)) -> Result<(), WireError> {
    const MP_REACH_NLRI: u8 = 14;
    const MP_UNREACH_NLRI: u8 = 15;
    let mut reader = Reader::new(body);
    let withdrawn = reader.u16("withdrawn routes length")?;
    reader.take(withdrawn.into(), "withdrawn routes")?;
    let length = reader.u16("total path attribute length")?;
    let mut attributes = Reader::new(reader.take(length.into(), "path attributes")?);
    if withdrawn > 0 || !reader.is_empty() {
        tell(Family::IPV4_UNICAST);
    }
    while !attributes.is_empty() {
        let [flags, code] = attributes.array::<2>("attribute header")?;
        let length = match flags & 0x10 {
            0 => attributes.u8("attribute length")?.into(),
            _ => usize::from(attributes.u16("attribute length")?),
        };
        let mut value = Reader::new(attributes.take(length, "attribute")?);
        if matches!(code, MP_REACH_NLRI | MP_UNREACH_NLRI) {
            let afi = Afi(value.u16("address family identifier")?);
            let family = Family::new(afi, Safi(value.u8("subsequent address family identifier")?));
            if code == MP_REACH_NLRI {
                let next_hop = value.u8("next hop length")?;
                value.take(usize::from(next_hop) + 1, "next hop")?;
            }
            // An End-of-RIB has none.
            if !value.is_empty() {
                tell(family);
            }
        }
    }
    Ok(())
}
