//! `flow route`: rules that say themselves whether they are of IPv4 or IPv6, on one line or in blocks.
//!
//! ```text
//! flow route destination 192.0.2.1/32 protocol udp discard
//! flow route NAME { match { destination 192.0.2.1/32; } scope { interface-set input:65000:1; } then { discard; } }
//! ```

use super::{IPV4, action, words};
use crate::io::tokens::{Span, TextError, Token, Tokens, did_you_mean, split_command};
use crate::route::{self, RouteBuffer, Verb};

/// A part of a rule in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// `match { … }`: what the packets are.
    Match,
    /// `scope { … }`: where the rule applies.
    Scope,
    /// `then { … }`: what to do with the packets. Attributes stand here as well.
    Then,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Match, Self::Scope, Self::Then];

    /// The word before its brace.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Scope => "scope",
            Self::Then => "then",
        }
    }

    /// The section with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    /// The section of a word; none for attributes and what is of the whole route: `rd`, `next-hop`.
    pub fn of(word: &str) -> Option<Self> {
        let is_in = |table: &[super::Word]| table.iter().any(|known| known.word == word);
        match word {
            _ if is_in(words::MATCH) || is_in(words::MATCH_L2VPN) => Some(Self::Match),
            _ if is_in(action::SCOPE) => Some(Self::Scope),
            _ if is_in(action::THEN) => Some(Self::Then),
            _ => None,
        }
    }

    /// The words that are of this section alone.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let table = match self {
            Self::Match => words::MATCH,
            Self::Scope => action::SCOPE,
            Self::Then => action::THEN,
        };
        table.iter().map(|word| word.word)
    }
}

/// Refuses a word that does not stand in `section`, or outside of all with none. `span` is where it is.
pub fn check_section(section: Option<Section>, word: &str, span: Span) -> Result<(), TextError> {
    let of = Section::of(word);
    let is_of_route =
        matches!(word, "rd" | "route-distinguisher" | "next-hop" | "path-information");
    let stands = match section {
        None => of.is_none(),
        Some(Section::Then) => of.is_none_or(|of| of != Section::Match) && !is_of_route,
        Some(section) => of == Some(section),
    };
    if stands {
        return Ok(());
    }
    let place = section.map_or_else(
        || "outside of match, scope and then".to_owned(),
        |section| format!("in {}", section.name()),
    );
    let error = TextError::new(span, format!("'{word}' does not stand {place}"));
    Err(match (of, section) {
        (Some(of), _) => error.help(format!("it is of {} {{ }}", of.name())),
        (None, Some(section)) if !is_of_route => match did_you_mean(word, section.words()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(section.words().collect::<Vec<_>>().join(", ")),
        },
        (None, _) => error.help("it stands beside the sections"),
    })
}

/// Begins a rule whose words decide between IPv4 and IPv6. [`route::parse_keyword`] reads the statements of its sections,
/// [`route::finish`] ends it. What the buffer had before is forgotten.
pub fn begin(route: &mut RouteBuffer) -> Result<(), TextError> {
    route::begin(IPV4, &mut Tokens::new("", &[], Span::default()), route)?;
    route.fields.push(words::EITHER, &[]);
    Ok(())
}

/// Reads what follows `flow`: `route` and a rule, on one line or in blocks. Helpers that were written for old versions put `\n`
/// between the statements of a block, as two characters: they mean nothing.
///
/// What the buffer had before is forgotten.
pub fn parse_statement(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    let rest = tokens.rest_of_text();
    if !rest.contains("\\n") {
        return statement(verb, tokens, route);
    }
    let first = tokens.span();
    let shift = |span: Span| Span { start: span.start + first.start, end: span.end + first.start };
    let cleaned = rest.replace("\\n", "  ");
    let mut split: Vec<Token> = Vec::new();
    split_command(&cleaned, &mut split);
    for token in &mut split {
        token.source = shift(token.source);
    }
    let end = shift(Span::new(cleaned.len(), cleaned.len()));
    let read = statement(verb, &mut Tokens::new(&cleaned, &split, end), route);
    while tokens.next().is_some() {}
    // What stands somewhere in the cleaned text does not stand there in the line.
    route.slot = None;
    read
}

/// Reads a rule on one line: `destination 192.0.2.1/32 discard`. What the buffer had before is forgotten.
pub fn parse_rule(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    begin(route)?;
    while !is_at_end(tokens) {
        route::parse_word(tokens, route)?;
    }
    route::finish(verb, tokens.span(), route)
}

fn statement(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    tokens.require("route")?;
    let name = match (tokens.peek(), tokens.peek_at(1)) {
        (Some("{"), _) => None,
        (name, Some("{")) => name,
        _ => return parse_rule(verb, tokens, route),
    };
    begin(route)?;
    if let Some(name) = name {
        tokens.next();
        route.name.push_str(name);
    }
    block(None, tokens, route)?;
    // Attributes of a group of commands are put behind each of them.
    while !is_at_end(tokens) {
        check_section(None, tokens.peek().unwrap_or_default(), tokens.span())?;
        route::parse_word(tokens, route)?;
    }
    route::finish(verb, tokens.span(), route)
}

fn is_at_end(tokens: &mut Tokens<'_>) -> bool {
    tokens.left() == 1 && tokens.accept(";") || tokens.is_done()
}

/// Reads `{ statement; … }`, and in a block outside of all sections those.
fn block(
    section: Option<Section>,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    tokens.require("{")?;
    let open = tokens.last_span();
    loop {
        let Some(word) = tokens.peek() else {
            return Err(TextError::new(open, "the block is not closed").help("add '}' at its end"));
        };
        match (word, Section::named(word)) {
            ("}", _) => {
                tokens.next();
                return Ok(());
            }
            (";", _) => {
                tokens.next();
            }
            (_, Some(inner)) if section.is_none() => {
                tokens.next();
                block(Some(inner), tokens, route)?;
            }
            _ => {
                check_section(section, word, tokens.span())?;
                route::parse_word(tokens, route)?;
                match tokens.peek() {
                    Some(";" | "}") => {}
                    Some(word) => {
                        let error = format!("'{word}' is one word too many");
                        return Err(tokens.error(error).help("';' ends a statement"));
                    }
                    None => {}
                }
            }
        }
    }
}
