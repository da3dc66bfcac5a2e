//! The one grammar of routes: configuration, helper commands, `encode` and HTTP read the same words here.
//!
//! A statement is what it is about (a prefix, an NLRI, or `nlri` and several) and keywords in any order: the attributes of
//! [`crate::attribute::registry`] and, of `route/keyword.rs`, what is not sent.

mod keyword;
mod memo;

use std::ops::Range;

use crate::attribute::next_hop;
use crate::attribute::set::{self, SetBuilder};
use crate::codes::{Afi, Family, Safi};
use crate::io::tokens::{Span, TextError, Tokens, did_you_mean};
use crate::next_hop::NextHop;
use crate::nlri::{Nlri, inet, registry};
use crate::prefix::Prefix;

use memo::Memo;

/// What was read of one route statement: NLRI, attributes and what is not sent. Meant to be reused between lines, so
/// that a line costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct RouteBuffer {
    /// The next hop; the last one given counts.
    pub next_hop: NextHop,
    /// `watchdog NAME`; empty for none.
    pub watchdog: String,
    /// `name NAME`; empty for none.
    pub name: String,
    /// `withdraw`: starts parked in its watchdog. Without a watchdog it means nothing.
    pub withdraw: bool,
    /// `split /N`, already done to the NLRI.
    pub split: Option<u8>,
    /// `path-information`, already in the NLRI.
    pub path_id: Option<u32>,
    builder: SetBuilder,
    attributes: Vec<u8>,
    /// Whether `attributes` are of this statement: they outlive it for the memo.
    is_written: bool,
    memo: Memo,
    nlri_bytes: Vec<u8>,
    nlri: Vec<(Family, Range<u32>)>,
}

impl RouteBuffer {
    /// Forgets the last statement.
    pub fn clear(&mut self) {
        self.next_hop = NextHop::Absent;
        self.watchdog.clear();
        self.name.clear();
        self.withdraw = false;
        self.split = None;
        self.path_id = None;
        self.builder.clear();
        self.is_written = false;
        if self.nlri.len() > MOST_KEPT {
            // A statement was split into very many: they need not have their memory for ever.
            (self.nlri_bytes, self.nlri) = (Vec::new(), Vec::new());
        }
        self.nlri_bytes.clear();
        self.nlri.clear();
    }

    /// The bytes of the attribute set: see [`crate::attribute::set`].
    pub fn attributes(&self) -> &[u8] {
        if self.is_written { &self.attributes } else { &[] }
    }

    /// The NLRI, in the order written; `split` already done.
    pub fn nlri(&self) -> impl ExactSizeIterator<Item = Nlri<'_>> {
        self.nlri.iter().map(|(family, range)| Nlri {
            family: *family,
            path_id: self.path_id,
            bytes: self
                .nlri_bytes
                .get(range.start as usize..range.end as usize)
                .unwrap_or_default(),
        })
    }

    /// Adds an NLRI whose bytes `write` appends.
    fn add_nlri<E>(
        &mut self,
        family: Family,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = Span::new(self.nlri_bytes.len(), 0).start;
        write(&mut self.nlri_bytes)?;
        let end = Span::new(self.nlri_bytes.len(), 0).start;
        self.nlri.push((family, start..end));
        Ok(())
    }
}

/// Whether a statement announces or withdraws: a withdrawal needs no next hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The route is announced.
    Announce,
    /// The route is withdrawn.
    Withdraw,
}

/// The code of the attribute that a user may have written octet by octet.
const NEXT_HOP: u8 = next_hop::ROW.code;

/// The most NLRI whose memory is kept between statements.
const MOST_KEPT: usize = 1 << 16;

/// The most prefixes that one `split` may make.
pub const MOST_PARTS: u64 = 1 << 20;

/// Reads what follows the word `route`: `PREFIX [keyword…]`. The family is the prefix's: IPv4 prefixes of 224.0.0.0/4
/// are multicast, as in ExaBGP.
///
/// What the buffer had before is forgotten.
pub fn parse_route(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    parse_prefix(tokens, route)?;
    parse_keywords(verb, tokens, route)
}

/// Reads the head of a block, `route PREFIX {`: the prefix alone. [`parse_keyword`] reads the statements in it,
/// [`finish`] ends it. What the buffer had before is forgotten.
pub fn parse_prefix(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    route.clear();
    any_prefix(tokens, route)
}

/// Reads what follows the word `attributes`: `[keyword…] nlri PREFIX…`; without `nlri` there are no NLRI. Each prefix
/// is of its own family, as after `route`.
///
/// What the buffer had before is forgotten.
pub fn parse_attributes(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    route.clear();
    while !tokens.accept("nlri") {
        if is_at_end(tokens) {
            return finish(verb, tokens.span(), route);
        }
        keyword::parse(tokens, route)?;
    }
    while let Some(word) = tokens.peek() {
        if is_at_end(tokens) {
            break;
        } else if matches!(word, "[" | "]" | ",") {
            tokens.next();
        } else {
            any_prefix(tokens, route).map_err(|error| match keyword::is_known(word) {
                true => error.help("attributes stand before 'nlri'"),
                false => error,
            })?;
        }
    }
    finish(verb, tokens.span(), route)
}

/// Reads what follows `ipv4` or `ipv6`: `unicast PREFIX [keyword…]` and the other SAFI.
///
/// What the buffer had before is forgotten.
pub fn parse_family(
    verb: Verb,
    afi: Afi,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    route.clear();
    let word = tokens.expect("SAFI")?;
    let afi_name = afi.name().unwrap_or_default();
    let Some(family) = Family::from_words(afi_name, word) else {
        let names = Family::ALL.iter().filter(|family| family.afi == afi);
        let near = did_you_mean(word, names.filter_map(|family| family.safi.name()));
        let error = tokens.last_error(format!("there is no family '{afi_name} {word}'"));
        return Err(match near {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help("unicast or multicast"),
        });
    };
    route.add_nlri(family, |out| (registry::row(family).parse)(family, tokens, out))?;
    parse_keywords(verb, tokens, route)
}

/// Reads one keyword with its value: the statements of a block, `route PREFIX { keyword value; … }`. [`RouteBuffer`]
/// collects them until [`finish`].
pub fn parse_keyword(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    keyword::parse(tokens, route)?;
    match tokens.peek() {
        Some(word) => Err(tokens.error(format!("'{word}' is one word too many"))),
        None => Ok(()),
    }
}

/// Ends a statement: writes its set of attributes, splits its prefixes and checks that nothing is missing. `end` is where
/// something missing is reported.
pub fn finish(verb: Verb, end: Span, route: &mut RouteBuffer) -> Result<(), TextError> {
    route.memo.forget();
    route.attributes.clear();
    route.builder.write(&mut route.attributes);
    route.is_written = true;
    complete(verb, end, route)
}

/// Whether no word is left, but for the semicolon that a command may end with.
fn is_at_end(tokens: &mut Tokens<'_>) -> bool {
    tokens.left() == 1 && tokens.accept(";") || tokens.is_done()
}

/// Reads a prefix of either address family.
fn any_prefix(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    // Any family of the address family reads the prefix; what it was says which one it is.
    let afi = match tokens.peek() {
        Some(word) if word.contains(':') => Afi::IPV6,
        _ => Afi::IPV4,
    };
    let unicast = Family::new(afi, Safi::UNICAST);
    route.add_nlri(unicast, |out| (inet::ROW.parse)(unicast, tokens, out))?;
    if afi == Afi::IPV4
        && let Some((family, range)) = route.nlri.last_mut()
        && let Some([length, first]) =
            route.nlri_bytes.get(range.start as usize..).and_then(|nlri| nlri.first_chunk())
        && *length >= 4
        && first >> 4 == 14
    {
        *family = Family::IPV4_MULTICAST;
    }
    Ok(())
}

/// Reads keywords to the end of the statement, or takes them from the memo.
fn parse_keywords(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    if let Some(seen) = route.memo.recall(tokens) {
        (route.next_hop, route.path_id) = (seen.next_hop, seen.path_id);
        (route.withdraw, route.split) = (seen.withdraw, seen.split);
        route.is_written = true;
        return complete(verb, tokens.span(), route);
    }
    let words = *tokens;
    while !is_at_end(tokens) {
        keyword::parse(tokens, route)?;
    }
    finish(verb, tokens.span(), route)?;
    if route.watchdog.is_empty() && route.name.is_empty() {
        let seen = memo::Seen {
            next_hop: route.next_hop,
            path_id: route.path_id,
            withdraw: route.withdraw,
            split: route.split,
        };
        route.memo.remember(words, seen);
    }
    Ok(())
}

/// Checks that nothing is missing and splits.
fn complete(verb: Verb, end: Span, route: &mut RouteBuffer) -> Result<(), TextError> {
    if verb == Verb::Announce
        && route.next_hop == NextHop::Absent
        && !set::iter(&route.attributes).any(|stored| stored.attribute.code == NEXT_HOP)
        && let Some(first) = route.nlri().next()
    {
        let mut text = Vec::new();
        first.text(&mut text);
        let text = String::from_utf8_lossy(&text);
        return Err(TextError::new(end, format!("announce requires nexthop: {text}"))
            .help("add 'next-hop ADDRESS' or 'next-hop self'"));
    }
    match route.split {
        Some(length) => split(length, end, route),
        None => Ok(()),
    }
}

/// Makes every prefix those of `length` that are in it.
fn split(length: u8, end: Span, route: &mut RouteBuffer) -> Result<(), TextError> {
    let bytes = std::mem::take(&mut route.nlri_bytes);
    let whole = std::mem::take(&mut route.nlri);
    let mut left = MOST_PARTS;
    for (family, range) in whole {
        let nlri = bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
        let prefix =
            Prefix::decode(family.afi, nlri).filter(|_| inet::ROW.families.contains(&family));
        let Some(prefix) = prefix else {
            return Err(TextError::new(end, format!("a route of {family} can not be split")));
        };
        let longest = crate::prefix::longest(family.afi);
        if length > longest {
            return Err(TextError::new(
                end,
                format!("'/{length}' is too long to split {prefix} into"),
            )
            .help(format!("/0 to /{longest}")));
        }
        let Some(parts) = prefix.split(length, left) else {
            let message = format!("{prefix} split into /{length} makes too many routes");
            return Err(
                TextError::new(end, message).help(format!("one statement may make {MOST_PARTS}"))
            );
        };
        for part in parts {
            left -= 1;
            route.add_nlri::<TextError>(family, |out| {
                part.encode(out);
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
