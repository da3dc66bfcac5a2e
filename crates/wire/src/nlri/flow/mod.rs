//! Flow specifications (RFC 8955, RFC 8956): rules that match packets, in routes that say by their communities what to do with them.
//!
//! The rule is `length(1 or 2)`, in VPNs a route distinguisher, and components in the order of their types. Rules of Ethernet
//! (draft-ietf-idr-flowspec-l2vpn) are the same with other components.

mod action;
mod component;
mod expression;
mod names;
mod rule;
mod services;
mod show;
pub mod statement;
mod words;

pub(crate) use words::replace_prefix;

use std::borrow::Cow;

use super::fields::{self, Fields};
use super::{Grammar, Identity, NextHopForm, NlriType, Word};
use crate::codes::{Afi, Family, Safi};
use component::Form;

/// Rules of IPv4.
pub const IPV4: Family = Family::new(Afi::IPV4, Safi::FLOW);

/// The row of the registry for IP.
pub const ROW: NlriType = NlriType {
    name: "flow",
    families: &[
        IPV4,
        Family::new(Afi::IPV4, Safi::FLOW_VPN),
        Family::new(Afi::IPV6, Safi::FLOW),
        Family::new(Afi::IPV6, Safi::FLOW_VPN),
    ],
    packed: |_| false,
    next_hop: |_| NextHopForm {
        // Whatever is there is not looked at (RFC 8955 section 4), and may be one of either address family.
        lengths: &[],
        distinguisher: 0,
        attribute: false,
    },
    withdraws_with_attributes: true,
    withdrawn: None,
    take: |_, reader| rule::take(reader),
    check: Some(|family, bytes| rule::Rule::new(family, bytes)?.check()),
    take_right: None,
    canonical,
    identity: |_, bytes| Identity::whole(rule::without_length(bytes)),
    json: show::json,
    text: show::text,
    parts: None,
    command: show::command,
    grammar: Grammar { settle, ..Grammar::words(WORDS, build) },
};

/// The row of the registry for Ethernet.
pub const L2VPN_ROW: NlriType = NlriType {
    name: "l2vpn flow",
    families: &[Family::new(Afi::L2VPN, Safi::FLOW), Family::new(Afi::L2VPN, Safi::FLOW_VPN)],
    next_hop: |_| NextHopForm { lengths: &[0, 4, 16], distinguisher: 0, attribute: false },
    grammar: Grammar { settle, ..Grammar::words(L2VPN_WORDS, build) },
    ..ROW
};

/// The words of rules of IP.
static WORDS: &[Word] = &joined::<
    { words::MATCH.len() + words::DISTINGUISHER.len() + action::THEN.len() + action::SCOPE.len() },
>([words::MATCH, words::DISTINGUISHER, action::THEN, action::SCOPE]);

/// The words of rules of Ethernet.
static L2VPN_WORDS: &[Word] =
    &joined::<
        {
            words::MATCH_L2VPN.len()
                + words::DISTINGUISHER.len()
                + action::THEN.len()
                + action::SCOPE.len()
        },
    >([words::MATCH_L2VPN, words::DISTINGUISHER, action::THEN, action::SCOPE]);

#[expect(clippy::indexing_slicing, reason = "a constant table: wrong lengths do not compile")]
const fn joined<const N: usize>(parts: [&[Word]; 4]) -> [Word; N] {
    let mut all = [parts[0][0]; N];
    let (mut part, mut at, mut next) = (0, 0, 0);
    while part < parts.len() {
        if at == parts[part].len() {
            (part, at) = (part + 1, 0);
        } else {
            all[next] = parts[part][at];
            (at, next) = (at + 1, next + 1);
        }
    }
    all
}

/// Whether a word is one of rules.
fn is_word(word: &str) -> bool {
    WORDS.iter().chain(L2VPN_WORDS).any(|known| known.word == word)
}

/// A route distinguisher makes a VPN route, words of IPv6 a rule of IPv6 where they may.
fn settle(family: Family, fields: &Fields) -> Family {
    let is_ipv6 = fields.has(words::EITHER) && fields.has(words::OF_IPV6);
    let afi = if is_ipv6 { Afi::IPV6 } else { family.afi };
    let safi = if fields.has(fields::RD) { Safi::FLOW_VPN } else { family.safi };
    Family::new(afi, safi)
}

/// Components in the order of their types, whatever the order of the words.
fn build(
    family: Family,
    fields: &Fields,
    _: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    let distinguisher = fields.get(fields::RD).unwrap_or_default();
    if family.safi == Safi::FLOW_VPN && distinguisher.is_empty() {
        return Err(format!("a rule of {family} needs 'rd'").into());
    }
    let not = if family.afi == Afi::IPV6 { words::NOT_IPV6 } else { words::NOT_IPV4 };
    if let Some(message) = fields.get(not) {
        return Err(format!("{} of {}", String::from_utf8_lossy(message), family.afi).into());
    }
    let mut has_no_bit = false;
    let pushed = rule::push(out, |out| {
        out.extend_from_slice(distinguisher);
        for row in component::table(family.afi) {
            let is_apart = family.afi == Afi::IPV6
                && matches!(row.kind, component::ICMP_TYPE | component::ICMP_CODE);
            let tag = if is_apart { words::IN_IPV6 | row.kind } else { row.kind };
            if !fields.has(tag) {
                continue;
            }
            out.push(row.kind);
            let start = out.len();
            fields.all(tag).for_each(|octets| out.extend_from_slice(octets));
            if matches!(row.form, Form::Numeric(_) | Form::Bitmask(_)) {
                rule::end_list(out, start);
            }
            if family.afi == Afi::IPV6 && row.kind == component::FRAGMENT {
                let list = out.get(start..).unwrap_or_default();
                has_no_bit = list.as_chunks::<2>().0.iter().any(|[_, bits]| bits & 1 != 0);
            }
        }
    });
    if has_no_bit {
        return Err("IPv6 has no 'dont-fragment' (RFC 8956 section 3.6)".into());
    }
    pushed.ok_or_else(|| format!("a rule has at most {} octets", rule::LONGEST).into())
}

/// Without what means nothing: see [`rule::push_canonical`].
fn canonical(family: Family, bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let written = rule::push_canonical(family, bytes, out);
    let differs = written.is_ok() && out.get(start..) != Some(bytes);
    if !differs {
        out.truncate(start);
    }
    differs
}
