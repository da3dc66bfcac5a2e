//! What the types of multicast VPN routes consist of (RFC 6514 sections 4.1 to 4.6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smallvec::SmallVec;

use crate::codes::{Afi, Family};
use crate::io::reader::{Fault, Reader, WireError};
use crate::nlri::fields;
use crate::nlri::rd::RouteDistinguisher;

/// A part of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Part {
    /// `route distinguisher(8)`.
    Distinguisher,
    /// `AS number(4)`: the one of the source.
    SourceAs,
    /// `length in bits(1) address`: the source.
    Source,
    /// The same, of a shared tree: the rendezvous point.
    RendezvousPoint,
    /// `length in bits(1) address`: the group.
    Group,
    /// An address, all that is left: the router that originates the route.
    Originator,
    /// All but an address at the end: the NLRI that a leaf answers.
    RouteKey,
}

impl Part {
    /// Every part, in the order in which ExaBGP's words come.
    pub(super) const AS_WRITTEN: &[Self] = &[
        Self::RouteKey,
        Self::Source,
        Self::RendezvousPoint,
        Self::Group,
        Self::Originator,
        Self::Distinguisher,
        Self::SourceAs,
    ];

    /// Its word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Distinguisher => "rd",
            Self::SourceAs => "source-as",
            Self::Source => "source",
            Self::RendezvousPoint => "rp",
            Self::Group => "group",
            Self::Originator => "originator",
            Self::RouteKey => "route-key",
        }
    }

    /// Its member in JSON.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::RendezvousPoint => "source",
            other => other.word(),
        }
    }

    /// Its tag among the fields of a statement.
    pub(super) const fn tag(self) -> u8 {
        match self {
            Self::Distinguisher => fields::RD,
            other => other as u8,
        }
    }
}

/// A type of route.
#[derive(Debug)]
pub(super) struct RouteType {
    pub(super) code: u8,
    /// Its word in commands.
    pub(super) word: &'static str,
    /// Its name in JSON.
    pub(super) name: &'static str,
    /// Its parts, in the order of the encoding.
    pub(super) parts: &'static [Part],
    /// Whether source and group may be wildcards, which have no address (RFC 6625).
    pub(super) wildcards: bool,
}

/// Every type with a text.
pub(super) const TYPES: &[RouteType] = {
    use Part::{Distinguisher, Group, Originator, RendezvousPoint, RouteKey, Source, SourceAs};
    &[
        RouteType {
            code: 1,
            word: "intra-as",
            name: "Intra-AS I-PMSI A-D Route",
            parts: &[Distinguisher, Originator],
            wildcards: false,
        },
        RouteType {
            code: 2,
            word: "inter-as",
            name: "Inter-AS I-PMSI A-D Route",
            parts: &[Distinguisher, SourceAs],
            wildcards: false,
        },
        RouteType {
            code: 3,
            word: "s-pmsi",
            name: "S-PMSI A-D Route",
            parts: &[Distinguisher, Source, Group, Originator],
            wildcards: true,
        },
        RouteType {
            code: 4,
            word: "leaf-ad",
            name: "Leaf A-D Route",
            parts: &[RouteKey, Originator],
            wildcards: false,
        },
        RouteType {
            code: 5,
            word: "source-ad",
            name: "Source Active A-D Route",
            parts: &[Distinguisher, Source, Group],
            wildcards: false,
        },
        RouteType {
            code: 6,
            word: "shared-join",
            name: "C-Multicast Shared Tree Join route",
            parts: &[Distinguisher, SourceAs, RendezvousPoint, Group],
            wildcards: false,
        },
        RouteType {
            code: 7,
            word: "source-join",
            name: "C-Multicast Source Tree Join route",
            parts: &[Distinguisher, SourceAs, Source, Group],
            wildcards: false,
        },
    ]
};

/// The value of a part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Distinguisher(RouteDistinguisher),
    Number(u32),
    /// None is a wildcard.
    Address(Option<IpAddr>),
    Octets(&'a [u8]),
}

/// A route of a known type.
#[derive(Debug)]
pub(super) struct Route<'a> {
    pub(super) kind: &'static RouteType,
    pub(super) parts: SmallVec<[(Part, Value<'a>); 4]>,
}

impl<'a> Route<'a> {
    /// Reads all of an NLRI; none if its type is unknown.
    pub(super) fn read(family: Family, bytes: &'a [u8]) -> Result<Option<Self>, WireError> {
        let mut reader = Reader::new(bytes);
        let code = reader.u8("MCAST-VPN route type")?;
        let length = reader.u8("MCAST-VPN length")?;
        let mut body = reader.sub(length.into(), "MCAST-VPN route")?;
        reader.finish("MCAST-VPN route")?;
        let Some(kind) = TYPES.iter().find(|kind| kind.code == code) else { return Ok(None) };
        let mut parts = SmallVec::new();
        for part in kind.parts {
            parts.push((*part, value(*part, kind, family.afi, &mut body)?));
        }
        body.finish("MCAST-VPN route")?;
        Ok(Some(Self { kind, parts }))
    }
}

fn value<'a>(
    part: Part,
    kind: &RouteType,
    afi: Afi,
    reader: &mut Reader<'a>,
) -> Result<Value<'a>, WireError> {
    match part {
        Part::Distinguisher => RouteDistinguisher::take(reader).map(Value::Distinguisher),
        Part::SourceAs => reader.u32("source AS").map(Value::Number),
        Part::Source | Part::RendezvousPoint => {
            address(["multicast source length", "multicast source"], kind, afi, reader)
        }
        Part::Group => address(["multicast group length", "multicast group"], kind, afi, reader),
        Part::Originator => match reader.len() {
            4 => reader.ipv4("originating router").map(|address| Some(address.into())),
            16 => reader.ipv6("originating router").map(|address| Some(address.into())),
            length => Err(reader.error("originating router", Fault::Length(length))),
        }
        .map(Value::Address),
        Part::RouteKey => {
            let length = route_key(reader.remaining());
            let fault = reader.error("route key", Fault::Length(0));
            let key = length.checked_sub(1).ok_or(fault).map(|_| length)?;
            reader.take(key, "route key").map(Value::Octets)
        }
    }
}

/// Takes an address after its length in bits, which the address family of the customer says: there is nothing else
/// (RFC 6514 section 4.3). A wildcard has none.
fn address<'a>(
    [length, field]: [&'static str; 2],
    kind: &RouteType,
    afi: Afi,
    reader: &mut Reader<'a>,
) -> Result<Value<'a>, WireError> {
    let before = *reader;
    let bits = reader.u8(length)?;
    let address: Option<IpAddr> = match (bits, afi) {
        (0, _) if kind.wildcards => None,
        (32, Afi::IPV4) => Some(Ipv4Addr::from(reader.array(field)?).into()),
        (128, Afi::IPV6) => Some(Ipv6Addr::from(reader.array(field)?).into()),
        _ => return Err(before.error(length, Fault::Invalid(bits.into()))),
    };
    Ok(Value::Address(address))
}

/// How many octets of a leaf route are its route key: an NLRI, whose own length says where it ends. The leaf routes of a
/// global table have another (RFC 7524 section 7.2): then an IPv4 address follows.
fn route_key(body: &[u8]) -> usize {
    let own = body.get(1).map(|length| 2 + usize::from(*length));
    own.filter(|own| matches!(body.len().checked_sub(*own), Some(4 | 16)))
        .unwrap_or_else(|| body.len().saturating_sub(4))
}
