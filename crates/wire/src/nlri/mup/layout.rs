//! What the types of MUP routes consist of (draft-ietf-bess-mup-safi section 3.1), of architecture 1, 3gpp-5g.

use std::net::IpAddr;

use crate::codes::{Afi, Family};
use crate::io::reader::{Fault, Reader, WireError};
use crate::nlri::rd::RouteDistinguisher;
use crate::prefix::{longest, octets_for};

/// The octets before those of the type: `architecture(1) type(2) length(1)`.
pub(super) const HEADER: usize = 4;
/// Where the length of a prefix or endpoint stands: behind header and route distinguisher.
pub(super) const PREFIX: usize = HEADER + RouteDistinguisher::LENGTH;
/// The longest TEID in bits.
pub(super) const TEID_BITS: u8 = 32;
/// The largest QoS flow identifier: six bits.
pub(super) const LARGEST_QFI: u8 = 63;

/// The types of architecture 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteType {
    Interwork = 1,
    Direct = 2,
    Type1 = 3,
    Type2 = 4,
}

impl RouteType {
    /// Every type with its word and its name in JSON.
    pub(super) const TABLE: &[(Self, &'static str, &'static str)] = &[
        (Self::Interwork, "mup-isd", "InterworkSegmentDiscoveryRoute"),
        (Self::Direct, "mup-dsd", "DirectSegmentDiscoveryRoute"),
        (Self::Type1, "mup-t1st", "Type1SessionTransformedRoute"),
        (Self::Type2, "mup-t2st", "Type2SessionTransformedRoute"),
    ];

    /// The type of an NLRI, if it is a known one.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [1, 0, code, ..] => Self::of_code(*code),
            _ => None,
        }
    }

    pub(super) fn of_code(code: u8) -> Option<Self> {
        Self::TABLE.iter().map(|(kind, _, _)| *kind).find(|kind| *kind as u8 == code)
    }
}

/// A prefix as it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix<'a> {
    pub(super) afi: Afi,
    pub(super) length: u8,
    pub(super) octets: &'a [u8],
}

/// What a type 1 route says of the source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Nothing, not even a length: drafts before -03, and ExaBGP.
    Left,
    /// A length of 0.
    Zero,
    Address(IpAddr),
}

/// The TEID of a type 2 route: as many octets as `bits` need, as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Teid {
    pub(super) number: u32,
    pub(super) bits: u8,
}

/// A route of a known type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Route<'a> {
    /// `RD(8) length(1) prefix`.
    Interwork { rd: RouteDistinguisher, prefix: Prefix<'a> },
    /// `RD(8) address(4 or 16)`.
    Direct { rd: RouteDistinguisher, address: IpAddr },
    /// `RD(8) length(1) prefix TEID(4) QFI(1) length(1) endpoint [length(1) source TLVs]`.
    Type1 {
        rd: RouteDistinguisher,
        prefix: Prefix<'a>,
        teid: u32,
        qfi: u8,
        endpoint: IpAddr,
        source: Source,
        tlvs: &'a [u8],
    },
    /// `RD(8) length of endpoint and TEID(1) endpoint(4 or 16) TEID(0 to 4) TLVs`.
    Type2 { rd: RouteDistinguisher, length: u8, endpoint: IpAddr, teid: Teid, tlvs: &'a [u8] },
}

impl<'a> Route<'a> {
    /// Reads all of an NLRI; none if architecture or type are unknown.
    pub(super) fn read(family: Family, bytes: &'a [u8]) -> Result<Option<Self>, WireError> {
        let afi = family.afi;
        let mut reader = Reader::new(bytes);
        reader.array::<3>("MUP route type")?;
        let length = reader.u8("MUP length")?;
        let mut body = reader.sub(length.into(), "MUP route")?;
        reader.finish("MUP route")?;
        let Some(kind) = RouteType::of(bytes) else { return Ok(None) };
        let rd = RouteDistinguisher::take(&mut body)?;
        let route = match kind {
            RouteType::Interwork => Self::Interwork { rd, prefix: prefix(afi, &mut body)? },
            RouteType::Direct => {
                Self::Direct { rd, address: address(longest(afi), "address", &mut body)? }
            }
            RouteType::Type1 => {
                let prefix = prefix(afi, &mut body)?;
                let at = body;
                let teid = not_zero(at, body.u32("TEID")?)?;
                let qfi = body.u8("QFI")?;
                let endpoint =
                    measured(["endpoint address length", "endpoint address"], &mut body)?;
                let source = source(&mut body)?;
                Self::Type1 { rd, prefix, teid, qfi, endpoint, source, tlvs: rest(&mut body)? }
            }
            RouteType::Type2 => {
                let before = body;
                let length = body.u8("endpoint length")?;
                let bits = length.checked_sub(longest(afi)).filter(|bits| *bits <= TEID_BITS);
                let invalid = before.error("endpoint length", Fault::Invalid(length.into()));
                let bits = bits.ok_or(invalid)?;
                let endpoint = address(longest(afi), "endpoint address", &mut body)?;
                let at = body;
                let octets = body.take(octets_for(bits), "TEID")?;
                let number = octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet));
                if bits > 0 {
                    not_zero(at, number)?;
                }
                let teid = Teid { number, bits };
                Self::Type2 { rd, length, endpoint, teid, tlvs: rest(&mut body)? }
            }
        };
        body.finish("MUP route")?;
        Ok(Some(route))
    }

    const fn kind(&self) -> RouteType {
        match self {
            Self::Interwork { .. } => RouteType::Interwork,
            Self::Direct { .. } => RouteType::Direct,
            Self::Type1 { .. } => RouteType::Type1,
            Self::Type2 { .. } => RouteType::Type2,
        }
    }

    /// Its word in commands.
    pub(super) fn word(&self) -> &'static str {
        let row = RouteType::TABLE.iter().find(|(kind, _, _)| *kind == self.kind());
        row.map_or("", |(_, word, _)| word)
    }

    /// Its name in JSON.
    pub(super) fn name(&self) -> &'static str {
        let row = RouteType::TABLE.iter().find(|(kind, _, _)| *kind == self.kind());
        row.map_or("", |(_, _, name)| name)
    }

    pub(super) const fn rd(&self) -> RouteDistinguisher {
        match self {
            Self::Interwork { rd, .. }
            | Self::Direct { rd, .. }
            | Self::Type1 { rd, .. }
            | Self::Type2 { rd, .. } => *rd,
        }
    }
}

fn prefix<'a>(afi: Afi, reader: &mut Reader<'a>) -> Result<Prefix<'a>, WireError> {
    let before = *reader;
    let length = reader.u8("prefix length")?;
    if length > longest(afi) {
        return Err(before.error("prefix length", Fault::Invalid(length.into())));
    }
    let octets = reader.take(octets_for(length), "prefix")?;
    Ok(Prefix { afi, length, octets })
}

/// A TEID of 0 is malformed (sections 3.1.3.1 and 3.1.4.1).
fn not_zero(at: Reader<'_>, teid: u32) -> Result<u32, WireError> {
    if teid == 0 { Err(at.error("TEID", Fault::Invalid(0))) } else { Ok(teid) }
}

/// Takes an address of 32 or 128 bits.
fn address(bits: u8, field: &'static str, reader: &mut Reader<'_>) -> Result<IpAddr, WireError> {
    if bits == 32 { reader.ipv4(field).map(Into::into) } else { reader.ipv6(field).map(Into::into) }
}

/// Takes an address after its length in bits: it need not be of the address family of the route.
fn measured(
    [length, field]: [&'static str; 2],
    reader: &mut Reader<'_>,
) -> Result<IpAddr, WireError> {
    let before = *reader;
    match reader.u8(length)? {
        bits @ (32 | 128) => address(bits, field, reader),
        bits => Err(before.error(length, Fault::Invalid(bits.into()))),
    }
}

fn source(reader: &mut Reader<'_>) -> Result<Source, WireError> {
    match reader.remaining() {
        [] => Ok(Source::Left),
        [0, ..] => reader.u8("source address length").map(|_| Source::Zero),
        _ => measured(["source address length", "source address"], reader).map(Source::Address),
    }
}

/// Takes the TLVs at the end (section 3.1.5): `type(1) length(1) value` each.
fn rest<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    while !ahead.is_empty() {
        ahead.u8("TLV type")?;
        let length = ahead.u8("TLV length")?;
        ahead.take(length.into(), "TLV value")?;
    }
    Ok(reader.rest())
}

/// The types and values of TLVs.
pub(super) fn tlvs(octets: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut reader = Reader::new(octets);
    std::iter::from_fn(move || {
        let kind = reader.u8("TLV type").ok()?;
        let length = reader.u8("TLV length").ok()?;
        Some((kind, reader.take(length.into(), "TLV value").ok()?))
    })
}
