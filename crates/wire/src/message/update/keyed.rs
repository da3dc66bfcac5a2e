//! An UPDATE as ExaBGP 3.4 wrote it: routes are the members of an object, `{ "10.0.0.0/24": { "path-information": "0.0.0.1" } }`.
//!
//! The same prefix with two path identifiers, or in two VPNs, would be the same key twice, of which readers of JSON keep one:
//! such a message becomes several events, in each of which every key stands once. [`Keys`] knows which routes are for which.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use super::Field;
use crate::codes::Family;
use crate::io::json::push_separator;
use crate::io::text::{push, push_decimal, push_ipv4};
use crate::layout::Labels;
use crate::next_hop::wire_next_hop;
use crate::nlri::{JsonForm, Nlri, NlriContext, NlriType, PrefixParts, label, registry};
use crate::prefix::push_prefix;

/// The key of routes without a next hop.
pub(super) const NO_NEXT_HOP: &str = "none";

/// Which routes of a message have been shown, and what numbers those get that are no prefix. To be kept from message to message:
/// what it has allocated is used again.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The number of the next route that is no prefix: `"flow-7"`.
    number: u32,
    part: u32,
    more: bool,
    /// How often each prefix came in the object that is being written.
    seen: Option<HashMap<(u8, [u8; LONGEST]), u32>>,
}

/// The octets of the longest prefix.
const LONGEST: usize = 16;

/// The last event that one message makes, so that a peer can not have it repeated for each of its routes. What is left is in it,
/// keys that come twice included.
const LAST_PART: u32 = 15;

impl Keys {
    /// Starts the next event of a message, or the next message when nothing was left.
    pub(super) const fn next_part(&mut self) {
        self.part = if self.more { self.part + 1 } else { 0 };
        self.more = false;
    }

    /// Whether a prefix is for this event; a prefix comes into as many events as there are routes to it.
    fn is_now(&mut self, parts: &PrefixParts<'_>) -> bool {
        // With the bits behind its length, as it is shown.
        let mut octets = [0; LONGEST];
        for (octet, given) in octets.iter_mut().zip(parts.prefix) {
            *octet = *given;
        }
        let seen = self.seen.get_or_insert_default();
        let count = seen.entry((parts.length, octets)).or_default();
        let turn = *count;
        *count += 1;
        self.more |= turn > self.part && self.part < LAST_PART;
        turn == self.part || self.part == LAST_PART && turn > LAST_PART
    }

    pub(super) const fn has_more(&self) -> bool {
        self.more
    }
}

/// IPv4 unicast ends as a route without a next hop, other families with a message of their own.
pub(super) fn push_end_of_rib(family: Family, out: &mut Vec<u8>) {
    if family == Family::IPV4_UNICAST {
        push(out, "{ \"update\": { \"announce\": { \"ipv4 unicast\": { \"null\": { ");
        super::json::push_end_of_rib(family, out);
        push(out, " } } } } }");
    } else {
        push(out, "{ ");
        super::json::push_end_of_rib(family, out);
        push(out, "}");
    }
}

/// Writes the object of the routes that are for this event.
#[inline(never)]
pub(super) fn push_routes<'f, 'a: 'f>(
    fields: impl Iterator<Item = &'f Field<'a>>,
    form: JsonForm,
    keys: &mut Keys,
    out: &mut Vec<u8>,
) {
    push(out, "{ ");
    let mut first = true;
    keys.seen.get_or_insert_default().clear();
    for field in fields {
        let row = registry::row(field.family);
        let context = NlriContext { form, next_hop: wire_next_hop(field.next_hop) };
        for nlri in field.nlri().flatten() {
            let Some(parts) = row.parts.and_then(|parts| parts(nlri)) else {
                if keys.part == 0 {
                    push_separator(out, &mut first);
                    push_numbered(nlri, row, &context, keys, out);
                }
                continue;
            };
            if keys.is_now(&parts) {
                push_separator(out, &mut first);
                push_prefix_member(nlri, &parts, out);
            }
        }
    }
    push(out, " }");
}

/// Writes `"10.0.0.0/24": { "label": [ 100 ], "route-distinguisher": "65002:100" }`.
fn push_prefix_member(nlri: Nlri<'_>, parts: &PrefixParts<'_>, out: &mut Vec<u8>) {
    out.push(b'"');
    push_prefix(out, nlri.family.afi, parts.length, parts.prefix);
    push(out, "\": { ");
    let mut first = true;
    if !parts.labels.is_empty() {
        push_separator(out, &mut first);
        push(out, "\"label\": ");
        label::push_json(parts.labels, Labels::Numbers, out);
    }
    if let Some(distinguisher) = parts.distinguisher {
        push_separator(out, &mut first);
        push(out, "\"route-distinguisher\": ");
        distinguisher.push_json(out);
    }
    if let Some(path_id) = nlri.path_id {
        push_separator(out, &mut first);
        push(out, "\"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
        out.push(b'"');
    }
    push(out, " }");
}

/// Writes `"flow-7": { … }`: the name of the type and a number that no other route has.
fn push_numbered(
    nlri: Nlri<'_>,
    row: &NlriType,
    context: &NlriContext,
    keys: &mut Keys,
    out: &mut Vec<u8>,
) {
    out.push(b'"');
    let start = out.len();
    push(out, row.name);
    for octet in out.get_mut(start..).unwrap_or_default() {
        *octet = if *octet == b' ' { b'-' } else { octet.to_ascii_lowercase() };
    }
    out.push(b'-');
    push_decimal(out, keys.number.into());
    keys.number = keys.number.wrapping_add(1);
    push(out, "\": ");
    (row.json)(nlri, context, out);
}
