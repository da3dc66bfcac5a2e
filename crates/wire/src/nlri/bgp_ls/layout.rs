//! The parts of an NLRI, and the order that its descriptors must have.

use super::descriptors::{LOCAL_NODE, REMOTE_NODE, VERSION_4, VERSION_6};
use crate::attribute::bgp_ls::schema::{self, Schema, Walk, take_tlv};
use crate::codes::{Family, Safi};
use crate::io::reader::{Fault, Reader, WireError};
use crate::nlri::rd::RouteDistinguisher;

/// A type of NLRI.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) code: u16,
    /// Its word in commands.
    pub(super) word: &'static str,
    /// Its name in JSON.
    pub(super) name: &'static str,
}

pub(super) const NODE: u16 = 1;
pub(super) const LINK: u16 = 2;
pub(super) const PREFIX_4: u16 = 3;
pub(super) const PREFIX_6: u16 = 4;
pub(super) const SR_POLICY: u16 = 5;
pub(super) const SRV6_SID: u16 = 6;
pub(super) const STUB_LINK: u16 = 7;

/// Every type that is taken apart.
pub(super) const TYPES: &[Type] = &[
    Type { code: NODE, word: "node", name: "bgpls-node" },
    Type { code: LINK, word: "link", name: "bgpls-link" },
    Type { code: PREFIX_4, word: "prefix-v4", name: "bgpls-prefix-v4" },
    Type { code: PREFIX_6, word: "prefix-v6", name: "bgpls-prefix-v6" },
    Type { code: SR_POLICY, word: "sr-policy", name: "bgpls-sr-policy" },
    Type { code: SRV6_SID, word: "srv6-sid", name: "bgpls-srv6sid" },
    Type { code: STUB_LINK, word: "stub-link", name: "bgpls-stub-link" },
];

/// The words of the protocols that a topology is learned from (IANA "BGP-LS Protocol-IDs").
pub(super) const PROTOCOLS: &[(u8, &str)] = &[
    (1, "isis-l1"),
    (2, "isis-l2"),
    (3, "ospfv2"),
    (4, "direct"),
    (5, "static"),
    (6, "ospfv3"),
    (7, "bgp"),
    (8, "rsvp-te"),
    (9, "segment-routing"),
    (227, "freertr"),
];

/// An NLRI of a known type.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) kind: &'static Type,
    pub(super) rd: Option<RouteDistinguisher>,
    pub(super) protocol: u8,
    pub(super) identifier: u64,
    /// The descriptors, whole.
    pub(super) descriptors: Reader<'a>,
}

impl<'a> Parts<'a> {
    /// Reads an NLRI, in which the lengths are right; none when its type is unknown.
    pub(super) fn read(family: Family, bytes: &'a [u8]) -> Result<Option<Self>, WireError> {
        let mut reader = Reader::new(bytes);
        let code = reader.u16("NLRI type")?;
        let length = reader.u16("NLRI length")?;
        let mut body = reader.sub(usize::from(length), "NLRI")?;
        reader.finish("NLRI")?;
        let Some(kind) = TYPES.iter().find(|kind| kind.code == code) else { return Ok(None) };
        let rd = match family.safi {
            Safi::BGP_LS_VPN => Some(RouteDistinguisher::take(&mut body)?),
            _ => None,
        };
        let protocol = body.u8("protocol identifier")?;
        let identifier = body.u64("identifier")?;
        schema::check(schema_of(kind.code), body, 0)?;
        Ok(Some(Self { kind, rd, protocol, identifier, descriptors: body }))
    }

    pub(super) fn schema(&self) -> &'static Schema {
        schema_of(self.kind.code)
    }

    /// The descriptors with their types.
    pub(super) fn walk(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        Walk::new(self.descriptors.remaining()).flatten()
    }

    /// The descriptors of one type.
    pub(super) fn all(&self, code: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.walk().filter(move |(of, _)| *of == code).map(|(_, value)| value)
    }

    /// Whether the descriptors are in the order that makes equal things equal octets (RFC 9552 section 5.1), those of a
    /// node once each: an NLRI in which they are not is malformed (section 8.2.2).
    pub(super) fn check_order(&self) -> Result<(), WireError> {
        let mut reader = self.descriptors;
        let mut last: Option<(u16, &[u8])> = None;
        while !reader.is_empty() {
            let (code, value) = take_tlv(&mut reader)?;
            let this = (code, value.remaining());
            if last.is_some_and(|last| key(last) > key(this)) {
                return Err(value.error("order of descriptors", Fault::Invalid(code.into())));
            }
            if matches!(code, LOCAL_NODE | REMOTE_NODE) {
                check_node(value)?;
            }
            last = Some(this);
        }
        Ok(())
    }
}

fn check_node(mut reader: Reader<'_>) -> Result<(), WireError> {
    let mut last = None;
    while !reader.is_empty() {
        let (code, value) = take_tlv(&mut reader)?;
        if last >= Some(code) {
            return Err(value.error("order of node descriptors", Fault::Invalid(code.into())));
        }
        last = Some(code);
    }
    Ok(())
}

/// What the order goes by.
fn key((code, value): (u16, &[u8])) -> (u16, usize, &[u8]) {
    (code, value.len(), value)
}

/// Appends TLVs in the order that they must have, in those of nodes too.
pub(super) fn push_sorted(tlvs: &[u8], out: &mut Vec<u8>) {
    let mut all: Vec<(u16, Vec<u8>)> = Walk::new(tlvs)
        .flatten()
        .map(|(code, value)| match code {
            LOCAL_NODE | REMOTE_NODE => {
                let mut sorted = Vec::new();
                push_sorted_flat(value, &mut sorted);
                (code, sorted)
            }
            _ => (code, value.to_vec()),
        })
        .collect();
    all.sort_by(|(a, b), (c, d)| key((*a, b)).cmp(&key((*c, d))));
    for (code, value) in all {
        push_tlv(code, &value, out);
    }
}

fn push_sorted_flat(tlvs: &[u8], out: &mut Vec<u8>) {
    let mut all: Vec<_> = Walk::new(tlvs).flatten().collect();
    all.sort_by_key(|tlv| key(*tlv));
    for (code, value) in all {
        push_tlv(code, value, out);
    }
}

fn push_tlv(code: u16, value: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend(code.to_be_bytes());
    out.extend(length.to_be_bytes());
    out.extend_from_slice(value);
}

/// The schema of the descriptors in NLRI of a type.
pub(super) const fn schema_of(code: u16) -> &'static Schema {
    const FOUR: &Schema = &VERSION_4;
    const SIX: &Schema = &VERSION_6;
    if code == PREFIX_6 { SIX } else { FOUR }
}
