//! `family { … }`: which routes are exchanged.

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::{TextError, did_you_mean};

use crate::diagnostic::Diagnostic;
use crate::draft::FamilyDraft;
use crate::legacy;
use crate::parser::{Keyword, Section};
use crate::slot::At;
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<FamilyDraft> = Section {
    keywords: &[
        row(
            "ipv4",
            "unicast | multicast | nlri-mpls | mpls-vpn | mcast-vpn | flow | flow-vpn | mup | sr-policy | rtc",
        ),
        row(
            "ipv6",
            "unicast | multicast | nlri-mpls | mpls-vpn | mcast-vpn | flow | flow-vpn | mup | sr-policy",
        ),
        row("l2vpn", "vpls | evpn"),
        row("bgp-ls", "bgp-ls | bgp-ls-vpn"),
        Keyword {
            name: "all",
            value: "",
            default: "when no family is given",
            help: "every known family",
            read: read_all,
        },
        Keyword {
            name: "minimal",
            value: "",
            default: "",
            help: "ExaBGP 3.4: the families of the routes of the neighbor",
            // What it stands for is said when the routes are known.
            read: |words, draft| draft.minimal.read(words, |_| Ok(())),
        },
        Keyword {
            name: "family",
            value: "<afi> <safi>",
            default: "",
            help: "any address family, by numbers; its routes are octets",
            read: |words, draft| {
                let family = code_points(words)?;
                add(words, family, draft)
            },
        },
        row("inet", "ExaBGP 3.4: ipv4"),
        row("inet4", "ExaBGP 3.4: ipv4"),
        row("inet6", "ExaBGP 3.4: ipv6"),
    ],
    ..Section::new("neighbor/family")
};

const fn row(name: &'static str, value: &'static str) -> Keyword<FamilyDraft> {
    Keyword { name, value, default: "", help: "an address family to exchange", read: read_family }
}

fn read_all(words: &mut Words<'_, '_>, draft: &mut FamilyDraft) -> Result<(), TextError> {
    if let Some(first) = draft.list.first() {
        let message = "'all' stands beside single families; all families are used, while ExaBGP ignores 'all'";
        let warning = Diagnostic::warning(words.keyword_span, message);
        words
            .shared
            .problems
            .push(warning.related(first.span, "a family").help("keep what is meant"));
    }
    draft.all.read(words, |_| Ok(()))
}

fn read_family(words: &mut Words<'_, '_>, draft: &mut FamilyDraft) -> Result<(), TextError> {
    let (afi, old) = afi(words);
    let family = safi(words, afi)?;
    if let Some(construct) = old {
        legacy::spelling(construct, &format!("{family};"), words);
    }
    add(words, family, draft)
}

/// Reads AFI and SAFI as numbers or names.
fn code_points(words: &mut Words<'_, '_>) -> Result<Family, TextError> {
    let (afi, safi) = (words.tokens.expect("AFI")?, words.tokens.expect("SAFI")?);
    Family::from_code_points(afi, safi).ok_or_else(|| {
        words
            .tokens
            .last_error(format!("'{afi} {safi}' is not a family"))
            .help("an AFI from 0 to 65535 and a SAFI from 0 to 255")
    })
}

fn add(
    words: &mut Words<'_, '_>,
    family: Family,
    draft: &mut FamilyDraft,
) -> Result<(), TextError> {
    let span = words.span();
    if let Some(earlier) = draft.list.iter().find(|at| at.value == family) {
        let warning = Diagnostic::warning(span, format!("duplicate entry: {family}"));
        words
            .shared
            .problems
            .push(warning.related(earlier.span, "the other one").help("remove one"));
        return Ok(());
    }
    if let Some(all) = draft.all.at() {
        let warning = Diagnostic::warning(span, format!("'all' has {family} already"));
        words.shared.problems.push(warning.related(all.span, "all").help("remove one of them"));
    }
    draft.list.push(At { value: family, span });
    Ok(())
}

/// The AFI of a keyword, and the keyword if it is one of ExaBGP 3.4.
fn afi(words: &Words<'_, '_>) -> (Afi, Option<&'static str>) {
    match words.keyword {
        "inet" => (Afi::IPV4, Some("inet")),
        "inet4" => (Afi::IPV4, Some("inet4")),
        "inet6" => (Afi::IPV6, Some("inet6")),
        keyword => (Afi::named(keyword).unwrap_or(Afi::IPV4), None),
    }
}

/// Reads the SAFI that follows an AFI.
pub(crate) fn safi(words: &mut Words<'_, '_>, afi: Afi) -> Result<Family, TextError> {
    let valid = || {
        let of_afi = Family::ALL.iter().filter(|family| family.afi == afi);
        of_afi.filter_map(|family| family.safi.name())
    };
    let options = || {
        let mut names: Vec<_> = valid().collect();
        names.sort_unstable();
        format!("valid options: {}", names.join(", "))
    };
    let word = words.tokens.expect("SAFI").map_err(|error| error.help(options()))?;
    let afi_name = afi.name().unwrap_or_default();
    Family::from_words(afi_name, word).ok_or_else(|| {
        let error = words.tokens.last_error(format!("'{word}' is not valid for {afi}"));
        match did_you_mean(word, valid().chain(["labeled-unicast"])) {
            Some(near) => error.help(format!("did you mean '{near}'? {}", options())),
            None => error.help(options()),
        }
    })
}
