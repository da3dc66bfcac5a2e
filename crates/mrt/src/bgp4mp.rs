//! BGP4MP and BGP4MP_ET (RFC 6396 sections 4.4 and 3, RFC 8050): messages and state changes of sessions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Afi;
use yottabgp_wire::io::reader::{Fault, Reader, WireError};

use crate::Content;

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

/// Whether a record of this subtype has a message, as long as it is well-formed.
pub(crate) const fn is_message(subtype: u16) -> bool {
    matches!(subtype, 1 | 4 | 6..=11)
}

/// Layout: `peer-AS(2|4) local-AS(2|4) interface(2) AFI(2) peer(4|16) local(4|16)`, then the message or two states.
pub(crate) fn read(
    subtype: u16,
    microseconds: u32,
    mut reader: Reader<'_>,
) -> Result<Content<'_>, WireError> {
    let (asn4, is_local, path_id) = match subtype {
        0 | 1 => (false, false, false),
        4 | 5 => (true, false, false),
        6 => (false, true, false),
        7 => (true, true, false),
        8 => (false, false, true),
        9 => (true, false, true),
        10 => (false, true, true),
        11 => (true, true, true),
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
    if matches!(subtype, 0 | 5) {
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
    }
    Ok(Content::Message(Message {
        microseconds,
        peer_as,
        local_as,
        peer,
        local,
        asn4,
        is_local,
        path_id,
        octets: reader.rest(),
    }))
}
