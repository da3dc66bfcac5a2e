//! The keywords of a route: attributes by their registry, and here what belongs to the route or is not sent at all.

use std::net::Ipv4Addr;

use super::{RouteBuffer, reading};
use crate::attribute::{as_path, decimal, registry, unknown};
use crate::io::address::{parse_ip, parse_ipv4};
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::nlri::{NlriType, registry as nlri};

/// A keyword that is no attribute.
struct Keyword {
    word: &'static str,
    read: fn(&mut Tokens<'_>, &mut RouteBuffer) -> Result<(), TextError>,
}

/// Those keywords, the frequent ones first.
const TABLE: &[Keyword] = &[
    Keyword { word: "next-hop", read: next_hop },
    Keyword { word: "path-information", read: path_information },
    Keyword { word: "attribute", read: attribute },
    Keyword { word: "name", read: name },
    Keyword { word: "split", read: split },
    Keyword { word: "watchdog", read: watchdog },
    Keyword { word: "withdraw", read: withdraw },
];

/// Reads one keyword and its value.
pub(super) fn parse(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("keyword")?;
    let span = tokens.last_span();
    let own = route.grammar.map_or(&[][..], |grammar| grammar.words);
    if let Some(own) = own.iter().find(|own| own.word == word) {
        return (own.read)(tokens, route).map_err(|error| in_place(error, span));
    }
    if let Some(keyword) = TABLE.iter().find(|keyword| keyword.word == word) {
        return (keyword.read)(tokens, route);
    }
    if word == "withdrawn" {
        reading::note_spelling("withdrawn", "withdraw", span, route);
        return withdraw(tokens, route);
    }
    let word = reading::modern_keyword(word, tokens, route);
    let Some((row, read)) = registry::keyword(word).and_then(|row| Some((row, row.parse?))) else {
        let known = || {
            let own = own.iter().map(|own| own.word);
            own.filter(|own| !words().any(|word| word == *own)).chain(words())
        };
        if let Some(row) = nlri::TABLE.iter().find(|row| has_word(row, word)) {
            let error = format!("a route of {} has no {word}", route.family());
            return Err(TextError::new(span, error).help(format!("{} has", row.name)));
        }
        let error = TextError::new(span, format!("unknown attribute '{word}'"));
        return Err(match did_you_mean(word, known()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(known().collect::<Vec<_>>().join(", ")),
        });
    };
    let start = tokens.position();
    route.builder.add(row, |out| read(tokens, out)).map_err(|error| in_place(error, span))?;
    if row.code == as_path::ROW.code {
        reading::note_set_in_sequence(start, *tokens, route);
    }
    Ok(())
}

fn has_word(row: &NlriType, word: &str) -> bool {
    row.grammar.words.iter().any(|own| own.word == word)
}

/// Whether a word is a keyword.
pub(super) fn is_known(word: &str) -> bool {
    words().any(|known| known == word)
}

fn words() -> impl Iterator<Item = &'static str> {
    keywords().map(|(word, _)| word)
}

/// The keywords of a route of any family, each with the attribute that it sets or, where it sets none, itself.
pub fn keywords() -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = TABLE.iter().map(|keyword| (keyword.word, keyword.word));
    let attributes = registry::TABLE.iter();
    own.chain(attributes.flat_map(|row| row.keywords.iter().map(|word| (*word, row.name))))
}

/// Gives an error without a place that of its keyword.
fn in_place(error: TextError, span: crate::io::tokens::Span) -> TextError {
    if error.span == Default::default() { TextError { span, ..error } } else { error }
}

/// `next-hop ADDRESS` or `next-hop self`. A family may have its own word for it.
pub(crate) fn next_hop(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("next-hop")?;
    route.next_hop = match parse_ip(word.as_bytes()) {
        Some(address) => address.into(),
        None if word.eq_ignore_ascii_case("self") => crate::next_hop::NextHop::SelfAddress,
        None => {
            return Err(tokens
                .last_error(format!("'{word}' is not a valid next-hop"))
                .help("an IPv4 or IPv6 address, or self"));
        }
    };
    Ok(())
}

/// `path-information ID`: the path identifier of RFC 7911, as a number or in dotted quads.
fn path_information(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("path-information")?;
    let id = decimal(word).or_else(|| parse_ipv4(word.as_bytes()).map(Ipv4Addr::to_bits));
    if id.is_none() {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid path-information"))
            .help("a number from 0 to 4294967295, or the same in dotted quads"));
    }
    route.path_id = id;
    Ok(())
}

/// `attribute [ 0xCODE 0xFLAGS 0xDATA ]`: sent so, octet by octet.
fn attribute(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    unknown::parse(tokens, &mut route.builder)
}

/// `name NAME`: for people, not sent.
fn name(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("name")?;
    route.name.clear();
    route.name.push_str(word);
    Ok(())
}

/// `split /N`: the prefixes of that length instead of the one given.
fn split(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("split")?;
    match word.strip_prefix('/').and_then(decimal::<u8>).filter(|length| *length <= 128) {
        Some(length) => route.split = Some(length),
        None => {
            return Err(tokens
                .last_error(format!("'{word}' is not a valid split"))
                .help("a slash and a prefix length, as /24"));
        }
    }
    Ok(())
}

/// `watchdog NAME`: the group that `announce watchdog NAME` and `withdraw watchdog NAME` move.
fn watchdog(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("watchdog")?;
    if word.eq_ignore_ascii_case("announce") || word.eq_ignore_ascii_case("withdraw") {
        return Err(tokens
            .last_error(format!("a watchdog can not be named '{word}'"))
            .help("the word is a command about watchdogs"));
    }
    if route.watchdog.is_empty() {
        route.watchdog.push_str(word);
    }
    Ok(())
}

/// `withdraw`: the route waits for its watchdog.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a keyword")]
const fn withdraw(_: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    route.withdraw = true;
    Ok(())
}
