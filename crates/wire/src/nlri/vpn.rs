//! Labeled VPN-IPv4 and VPN-IPv6 (RFC 4364, RFC 4659): labeled unicast with a route distinguisher before the prefix.

use super::fields::RD;
use super::rd::RouteDistinguisher;
use super::{Grammar, NextHopForm, NlriType, Word, inet, labeled};
use crate::codes::{Afi, Family, Safi};
use crate::io::tokens::{TextError, Tokens};
use crate::route::RouteBuffer;

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "labeled VPN",
    families: &[Family::new(Afi::IPV4, Safi::MPLS_VPN), Family::new(Afi::IPV6, Safi::MPLS_VPN)],
    packed: |_| false,
    // 40 octets are one distinguisher before both addresses: ExaBGP takes them.
    next_hop: |family| NextHopForm {
        lengths: if family.afi.eq(&Afi::IPV4) { &[12] } else { &[24, 40, 48] },
        distinguisher: RouteDistinguisher::LENGTH,
        attribute: true,
    },
    withdraws_with_attributes: true,
    withdrawn: Some(labeled::withdrawn),
    take: labeled::take,
    check: Some(labeled::check),
    take_right: None,
    canonical: inet::canonical,
    identity: labeled::identity,
    json: labeled::json,
    text: labeled::text,
    parts: labeled::ROW.parts,
    command: labeled::command,
    grammar: Grammar {
        words: &[labeled::LABEL, DISTINGUISHER, ROUTE_DISTINGUISHER],
        build: Some(labeled::build),
        head_is_prefix: true,
        ..Grammar::head(|family, tokens, _, out| inet::parse(family, tokens, out))
    },
};

/// `route PREFIX …`: the words make the family. A route distinguisher makes a VPN route, a label alone a labeled one.
pub const ROUTE: Grammar = Grammar {
    words: &[labeled::LABEL, DISTINGUISHER, ROUTE_DISTINGUISHER],
    settle: |family, fields| {
        if fields.has(RD) {
            Family { safi: Safi::MPLS_VPN, ..family }
        } else if fields.has(super::fields::LABELS) {
            Family { safi: Safi::NLRI_MPLS, ..family }
        } else {
            family
        }
    },
    ..inet::GRAMMAR
};

/// `rd ASN:NUMBER`; the last one given counts.
pub(super) const DISTINGUISHER: Word = Word { word: "rd", read };
const ROUTE_DISTINGUISHER: Word = Word { word: "route-distinguisher", read };

fn read(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let RouteDistinguisher(octets) = RouteDistinguisher::read(tokens)?;
    route.fields.remove(RD);
    route.fields.push(RD, &octets);
    Ok(())
}
