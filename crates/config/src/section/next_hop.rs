//! `nexthop { … }`: families whose next hop may be of another address family (RFC 8950).

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::TextError;

use crate::diagnostic::Diagnostic;
use crate::draft::NeighborDraft;
use crate::parser::{Keyword, Section};
use crate::section::family;
use crate::slot::At;
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<NeighborDraft> = Section {
    keywords: &[
        row("ipv4", "(unicast | multicast | nlri-mpls | mpls-vpn) ipv6"),
        row("ipv6", "(unicast | multicast | nlri-mpls | mpls-vpn) ipv4"),
    ],
    ..Section::new("neighbor/nexthop")
};

const fn row(name: &'static str, value: &'static str) -> Keyword<NeighborDraft> {
    Keyword {
        name,
        value,
        default: "",
        help: "prefixes that may have a next hop of the other family",
        read,
    }
}

/// The SAFI that RFC 8950 is about.
const SAFIS: [u8; 4] = [1, 2, 4, 128];

fn read(words: &mut Words<'_, '_>, draft: &mut NeighborDraft) -> Result<(), TextError> {
    let (afi, other) = match words.keyword {
        "ipv6" => (Afi::IPV6, Afi::IPV4),
        _ => (Afi::IPV4, Afi::IPV6),
    };
    let family: Family = family::safi(words, afi)?;
    if !SAFIS.contains(&family.safi.0) {
        let error =
            words.tokens.last_error(format!("'{}' is not a valid SAFI for {afi}", family.safi));
        return Err(
            error.help("valid options: unicast, multicast, nlri-mpls, labeled-unicast, mpls-vpn")
        );
    }
    let name = other.name().unwrap_or_default();
    let word =
        words.tokens.expect("the family of the next hop").map_err(|error| error.help(name))?;
    if !word.eq_ignore_ascii_case(name) {
        let error = words.tokens.last_error(format!("'{word}' is not a valid next-hop AFI"));
        return Err(error.help(format!("valid options: {name}")));
    }
    let span = words.span();
    if let Some(earlier) = draft.next_hop.iter().find(|at| at.value == (family, other)) {
        let warning = Diagnostic::warning(span, format!("duplicate entry: {family} {other}"));
        words
            .shared
            .problems
            .push(warning.related(earlier.span, "the other one").help("remove one"));
        return Ok(());
    }
    draft.next_hop.push(At { value: (family, other), span });
    Ok(())
}
