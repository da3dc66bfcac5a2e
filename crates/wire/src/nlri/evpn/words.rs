//! The words of EVPN routes, in any order after the type and among the attributes.

use super::field::Field;
use super::route_type::RouteType;
use super::{address, ethernet, label, octets, prefix};
use crate::io::tokens::{TextError, Tokens};
use crate::nlri::Word;
use crate::nlri::fields::{self, Fields};
use crate::nlri::rd::RouteDistinguisher;
use crate::route::RouteBuffer;

/// The tags under which words leave the octets of their field.
pub(super) const RD: u8 = fields::RD;
pub(super) const ESI: u8 = 1;
pub(super) const TAG: u8 = 2;
pub(super) const MAC: u8 = 3;
pub(super) const IP: u8 = 4;
pub(super) const LABEL: u8 = 5;
pub(super) const SECOND_LABEL: u8 = 6;
pub(super) const PREFIX: u8 = 7;
pub(super) const GATEWAY: u8 = 8;
pub(super) const SOURCE: u8 = 9;
pub(super) const GROUP: u8 = 10;
pub(super) const ORIGINATOR: u8 = 11;
pub(super) const FLAGS: u8 = 12;
pub(super) const MAXIMUM_RESPONSE_TIME: u8 = 13;
pub(super) const REGION: u8 = 14;
pub(super) const ROUTE_KEY: u8 = 15;

/// The words of a tag, the one to be shown first.
const WORDS: &[(u8, &str)] = &[
    (RD, "rd"),
    (ESI, "esi"),
    (TAG, "ethernet-tag"),
    (MAC, "mac"),
    (IP, "ip"),
    (LABEL, "label"),
    (SECOND_LABEL, "label2"),
    (PREFIX, "prefix"),
    (GATEWAY, "gateway"),
    (SOURCE, "source"),
    (GROUP, "group"),
    (ORIGINATOR, "originator"),
    (FLAGS, "flags"),
    (MAXIMUM_RESPONSE_TIME, "maximum-response-time"),
    (REGION, "region-id"),
    (ROUTE_KEY, "route-key"),
];

/// Every word; of several for one field the last counts.
pub(super) const TABLE: &[Word] = &[
    Word { word: "rd", read: read_rd },
    Word { word: "route-distinguisher", read: read_rd },
    Word { word: "esi", read: |tokens, route| put(ESI, ethernet::read_esi, tokens, route) },
    Word {
        word: "ethernet-tag",
        read: |tokens, route| {
            put(TAG, |tokens, out| octets::read_number("ethernet-tag", tokens, out), tokens, route)
        },
    },
    Word { word: "mac", read: |tokens, route| put(MAC, ethernet::read_mac, tokens, route) },
    Word {
        word: "ip",
        read: |tokens, route| {
            put(IP, |tokens, out| address::read("ip", tokens, out), tokens, route)
        },
    },
    Word { word: "label", read: |tokens, route| put(LABEL, label::read, tokens, route) },
    Word { word: "vni", read: |tokens, route| put(LABEL, label::read_vni, tokens, route) },
    Word { word: "label2", read: |tokens, route| put(SECOND_LABEL, label::read, tokens, route) },
    Word { word: "vni2", read: |tokens, route| put(SECOND_LABEL, label::read_vni, tokens, route) },
    Word { word: "prefix", read: |tokens, route| put(PREFIX, prefix::read, tokens, route) },
    Word {
        word: "gateway",
        read: |tokens, route| put(GATEWAY, prefix::read_gateway, tokens, route),
    },
    Word {
        word: "source",
        read: |tokens, route| {
            put(SOURCE, |tokens, out| address::read_or_any("source", tokens, out), tokens, route)
        },
    },
    Word {
        word: "group",
        read: |tokens, route| {
            put(GROUP, |tokens, out| address::read_or_any("group", tokens, out), tokens, route)
        },
    },
    Word {
        word: "originator",
        read: |tokens, route| {
            put(ORIGINATOR, |tokens, out| address::read("originator", tokens, out), tokens, route)
        },
    },
    Word {
        word: "flags",
        read: |tokens, route| {
            put(FLAGS, |tokens, out| octets::read_octet("flags", tokens, out), tokens, route)
        },
    },
    Word {
        word: "maximum-response-time",
        read: |tokens, route| {
            let read = |tokens: &mut Tokens<'_>, out: &mut Vec<u8>| {
                octets::read_octet("maximum-response-time", tokens, out)
            };
            put(MAXIMUM_RESPONSE_TIME, read, tokens, route)
        },
    },
    Word {
        word: "region-id",
        read: |tokens, route| put(REGION, octets::read_region, tokens, route),
    },
    Word {
        word: "route-key",
        read: |tokens, route| put(ROUTE_KEY, octets::read_route_key, tokens, route),
    },
];

fn read_rd(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let read = |tokens: &mut Tokens<'_>, out: &mut Vec<u8>| {
        out.extend_from_slice(&RouteDistinguisher::read(tokens)?.0);
        Ok(())
    };
    put(RD, read, tokens, route)
}

fn put(
    tag: u8,
    read: impl FnOnce(&mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    route.fields.remove(tag);
    route.fields.add(tag, |out| read(tokens, out))
}

/// The word that says a field.
pub(super) fn of(field: &Field) -> &'static str {
    field.tags.first().and_then(|tag| word(*tag)).unwrap_or_default()
}

/// A word that was said and that a route of this type has not.
pub(super) fn foreign(kind: &RouteType, fields: &Fields) -> Option<&'static str> {
    let mut tags = fields.iter().map(|(tag, _)| tag);
    let is_own = |tag: &u8| kind.layout.iter().any(|(field, _)| field.tags.contains(tag));
    tags.find(|tag| !is_own(tag)).and_then(word)
}

fn word(tag: u8) -> Option<&'static str> {
    WORDS.iter().find(|(of, _)| *of == tag).map(|(_, word)| *word)
}
