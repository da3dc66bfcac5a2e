//! `add-path { … }`: for which families several paths are offered (RFC 7911).

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::TextError;

use crate::diagnostic::Diagnostic;
use crate::draft::AddPathDraft;
use crate::parser::{Keyword, Section};
use crate::section::family;
use crate::slot::At;
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<AddPathDraft> = Section {
    keywords: &[
        row("ipv4"),
        row("ipv6"),
        row("l2vpn"),
        row("bgp-ls"),
        Keyword {
            name: "all",
            value: "",
            default: "when no family is given",
            help: "every family of the neighbor",
            read: |words, draft| draft.all.read(words, |_| Ok(())),
        },
    ],
    ..Section::new("neighbor/add-path")
};

const fn row(name: &'static str) -> Keyword<AddPathDraft> {
    Keyword {
        name,
        value: "<safi> [limit <1-65535>]",
        default: "",
        help: "offer several paths; 'limit' is how many we take of each prefix",
        read,
    }
}

fn read(words: &mut Words<'_, '_>, draft: &mut AddPathDraft) -> Result<(), TextError> {
    let family: Family = family::safi(words, Afi::named(words.keyword).unwrap_or(Afi::IPV4))?;
    let limit = match words.tokens.next() {
        None => None,
        Some("limit") => {
            let limit = words.number("paths-limit", 1, 65535)?;
            Some(u16::try_from(limit).unwrap_or(u16::MAX))
        }
        Some(word) => {
            let error = words.tokens.last_error(format!("unexpected '{word}' after {family}"));
            return Err(if word.bytes().all(|byte| byte.is_ascii_digit()) {
                error.help(format!("did you mean '{family} limit {word}'?"))
            } else {
                error.help("only 'limit N' may follow")
            });
        }
    };
    let span = words.span();
    if let Some(earlier) = draft.list.iter().find(|at| at.value.0 == family) {
        let error = Diagnostic::error(span, format!("duplicate add-path entry for {family}"));
        words.shared.problems.push(error.related(earlier.span, "the other one").help("remove one"));
        return Ok(());
    }
    draft.list.push(At { value: (family, limit), span });
    Ok(())
}
