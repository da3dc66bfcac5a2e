//! The one grammar of routes: configuration, helper commands, `encode` and HTTP read the same words here.
//!
//! A statement is what it is about (a prefix, an NLRI, or `nlri` and several) and keywords in any order: the attributes of
//! [`crate::attribute::registry`] and, of `route/keyword.rs`, what is not sent.

mod keyword;
mod memo;
mod reading;
mod recipe;
mod spell;

use std::ops::Range;

use crate::attribute::next_hop;
use crate::attribute::set::{self, SetBuilder};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::Reader;
use crate::io::text::parse_hex;
use crate::io::tokens::{Span, TextError, Tokens, did_you_mean};
use crate::next_hop::NextHop;
use crate::nlri::fields::Fields;
use crate::nlri::{Grammar, Nlri, NlriType, flow, inet, opaque, registry, sr_policy, vpn};
use crate::prefix::Prefix;

/// The rules of flow specifications, whose blocks have statements of their own.
pub use crate::nlri::flow::statement as rule;
pub use keyword::keywords;
pub(crate) use keyword::next_hop;
pub(crate) use reading::note;
pub use reading::{Note, Reading};
pub use recipe::{Prefixes, Recipe, Slot};
pub use spell::{push_statement, push_withdrawal};

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
    /// What the words of the family said: see [`Grammar::words`].
    pub fields: Fields,
    /// What was read although it is written in an old way: for who has a use for it.
    pub notes: Vec<Note>,
    /// What words mean whose meaning changed.
    reading: Reading,
    /// How the statement is read.
    grammar: Option<&'static Grammar>,
    /// The family that the statement began with.
    family: Option<Family>,
    /// Where its prefix stands.
    pub(crate) slot: Option<Slot>,
    builder: SetBuilder,
    attributes: Vec<u8>,
    /// Whether `attributes` are of this statement: they outlive it for the memo.
    is_written: bool,
    memo: Memo,
    nlri_bytes: Vec<u8>,
    nlri: Vec<(Family, Range<u32>)>,
    /// Heads of NLRI while the NLRI are built from them.
    heads: Vec<u8>,
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
        self.fields.clear();
        self.notes.clear();
        (self.grammar, self.family, self.slot) = (None, None, None);
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

    /// The attributes that were read so far: words of a family may add to them.
    pub const fn attributes_mut(&mut self) -> &mut SetBuilder {
        &mut self.builder
    }

    /// What words mean whose meaning changed, from the next statement on.
    pub const fn set_reading(&mut self, reading: Reading) {
        self.reading = reading;
        self.memo.forget();
    }

    /// What words mean whose meaning changed.
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// The family that the statement began with: the words may make another of it ([`Grammar::settle`]).
    pub fn family(&self) -> Family {
        self.family.unwrap_or(Family::IPV4_UNICAST)
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

    /// Forgets the last statement and begins one.
    fn start(&mut self, grammar: &'static Grammar, family: Family) {
        self.clear();
        (self.grammar, self.family) = (Some(grammar), Some(family));
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

/// What `route PREFIX …` is read with: the words decide which family it is.
static ROUTE: Grammar = vpn::ROUTE;

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
    route.start(&ROUTE, Family::IPV4_UNICAST);
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
    route.start(&ROUTE, Family::IPV4_UNICAST);
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
    route.slot = route.slot.map(|slot| Slot { what: Prefixes::List, ..slot });
    finish(verb, tokens.span(), route)
}

/// Reads what follows `ipv4`, `ipv6`, `l2vpn` or `bgp-ls`: `unicast PREFIX [keyword…]` and the other SAFI.
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
        let known = || Family::ALL.iter().filter(|family| family.afi == afi);
        let names = || known().filter_map(|family| family.safi.name());
        let error = tokens.last_error(format!("there is no family '{afi_name} {word}'"));
        return Err(match did_you_mean(word, names()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(names().collect::<Vec<_>>().join(", ")),
        });
    };
    parse_of(verb, family, tokens, route)
}

/// Reads what follows `family`: `AFI SAFI NLRI [keyword…]`, with numbers for what has no name. Families that no type knows
/// have their NLRI as octets, `0x0102`.
///
/// What the buffer had before is forgotten.
pub fn parse_any_family(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    route.clear();
    let (afi, safi) = (tokens.expect("AFI")?, tokens.expect("SAFI")?);
    let Some(family) = Family::from_code_points(afi, safi) else {
        return Err(tokens
            .last_error(format!("there is no family '{afi} {safi}'"))
            .help("names, or numbers: an AFI from 0 to 65535 and a SAFI from 0 to 255"));
    };
    parse_of(verb, family, tokens, route)
}

/// Reads a statement of one family, whose name was read: the head of its NLRI and keywords.
///
/// What the buffer had before is forgotten.
pub fn parse_of(
    verb: Verb,
    family: Family,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    begin(family, tokens, route)?;
    parse_keywords(verb, tokens, route)
}

/// Reads the head of a statement of one family: what must come first. [`parse_keyword`] reads what follows, statement by
/// statement, [`finish`] ends it. What the buffer had before is forgotten.
pub fn begin(
    family: Family,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    let row = registry::row(family);
    route.start(&row.grammar, family);
    if let Some(digits) = tokens.peek().and_then(|word| word.strip_prefix("0x")) {
        tokens.next();
        // The octets are the NLRI: there is nothing to say of it in words.
        route.grammar = Some(&opaque::GRAMMAR);
        return route.add_nlri(family, |out| octets(row, family, digits, tokens, out));
    }
    if row.grammar.head_is_prefix {
        let slot = |first| Slot { first, what: Prefixes::Family, afi: family.afi };
        route.slot = tokens.plain().map(slot);
    }
    let mut out = std::mem::take(&mut route.nlri_bytes);
    let start = out.len();
    let read = (row.grammar.head)(family, tokens, route, &mut out);
    let end = out.len();
    route.nlri_bytes = out;
    read?;
    route.nlri.push((family, clip(start)..clip(end)));
    Ok(())
}

/// Reads an NLRI from hexadecimal digits.
fn octets(
    row: &NlriType,
    family: Family,
    digits: &str,
    tokens: &Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let Some(octets) = parse_hex(digits).filter(|octets| !octets.is_empty()) else {
        return Err(tokens
            .last_error(format!("'0x{digits}' is not an NLRI of {family}"))
            .help("0x and an even number of digits"));
    };
    let mut reader = Reader::new(&octets);
    let taken = (row.take)(family, &mut reader).and_then(|_| reader.finish("the NLRI"));
    match taken {
        Ok(()) => {
            out.extend_from_slice(&octets);
            Ok(())
        }
        Err(error) => {
            Err(tokens.last_error(format!("'0x{digits}' is not one NLRI of {family}: {error}")))
        }
    }
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

/// Reads one keyword with its value and leaves what follows.
pub(crate) fn parse_word(
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    keyword::parse(tokens, route)
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

/// Writes the words that follow `announce` or `withdraw` and make this NLRI (`path-information` excluded): those of its
/// type, or `AFI SAFI 0x…` where they would make other bytes.
pub fn push_command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    (registry::row(nlri.family).command)(nlri, out);
    if out.get(start..).is_some_and(|text| is_read_back(text, &nlri)) {
        return;
    }
    out.truncate(start);
    (opaque::ROW.command)(nlri, out);
}

/// Whether a withdrawal with these words is one of this NLRI: an announcement says the same of it.
fn is_read_back(text: &[u8], nlri: &Nlri<'_>) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let (mut words, mut route) = (Vec::new(), RouteBuffer::default());
    crate::io::tokens::split_command(text, &mut words);
    let mut tokens = Tokens::new(text, &words, Span::default());
    let read = parse_statement(Verb::Withdraw, &mut tokens, &mut route);
    let mut read = read.is_ok().then(|| route.nlri()).into_iter().flatten();
    let same = read.next().is_some_and(|read| read == Nlri { path_id: None, ..*nlri });
    same && read.next().is_none()
}

/// Reads what follows `announce` or `withdraw`: `route …`, `attributes …`, `family …`, or a family's name or keyword.
///
/// What the buffer had before is forgotten.
pub fn parse_statement(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    match tokens.expect("type of route")? {
        "route" => parse_route(verb, tokens, route),
        "attributes" | "attribute" => parse_attributes(verb, tokens, route),
        "family" => parse_any_family(verb, tokens, route),
        "vpls" => parse_of(verb, Family::new(Afi::L2VPN, Safi::VPLS), tokens, route),
        "sr-policy" => parse_of(verb, sr_policy::family_of(*tokens), tokens, route),
        "flow" => flow::statement::parse_statement(verb, tokens, route),
        word => match Afi::named(word) {
            Some(afi) => parse_family(verb, afi, tokens, route),
            None => Err(tokens.last_error(format!("'{word}' is no type of route"))),
        },
    }
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
    let first = tokens.plain();
    if let Some(masked) = reading::masked(tokens, route) {
        tokens.next();
        route.add_nlri(unicast, |out| {
            masked.encode(out);
            Ok::<(), TextError>(())
        })?;
    } else {
        route.add_nlri(unicast, |out| inet::parse(unicast, tokens, out))?;
    }
    if let Some((family, range)) = route.nlri.last_mut()
        && let Some(head) = route.nlri_bytes.get(range.start as usize..)
        && inet::is_group(afi, head)
    {
        *family = Family::IPV4_MULTICAST;
    }
    if route.nlri.len() == 1 {
        route.family = Some(unicast);
        route.slot = first.map(|first| Slot { first, what: Prefixes::Route, afi });
    }
    Ok(())
}

/// Reads keywords to the end of the statement, or takes them from the memo.
fn parse_keywords(
    verb: Verb,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    let of = (route.family, route.grammar.map(std::ptr::from_ref));
    if let Some((seen, fields)) = route.memo.recall(of, tokens) {
        (route.next_hop, route.path_id) = (seen.next_hop, seen.path_id);
        (route.withdraw, route.split) = (seen.withdraw, seen.split);
        if !fields.is_empty() {
            route.fields.clone_from(fields);
        }
        route.is_written = true;
        return complete(verb, tokens.span(), route);
    }
    let words = *tokens;
    // What a head said is not in the words after it.
    let is_alone = route.fields.is_empty() && route.builder.is_empty();
    while !is_at_end(tokens) {
        keyword::parse(tokens, route)?;
    }
    finish(verb, tokens.span(), route)?;
    if route.watchdog.is_empty() && route.name.is_empty() && is_alone {
        let seen = memo::Seen {
            of,
            next_hop: route.next_hop,
            path_id: route.path_id,
            withdraw: route.withdraw,
            split: route.split,
        };
        route.memo.remember(words, seen, &route.fields);
    }
    Ok(())
}

/// Splits, builds the NLRI, and checks that nothing is missing.
fn complete(verb: Verb, end: Span, route: &mut RouteBuffer) -> Result<(), TextError> {
    if let Some(length) = route.split {
        split(length, end, route)?;
    }
    build(verb, end, route)?;
    if verb == Verb::Announce
        && route.next_hop == NextHop::Absent
        && let Some(first) = route.nlri().next()
        && !(registry::row(first.family).next_hop)(first.family).may_be_absent()
        && !set::iter(&route.attributes).any(|stored| stored.attribute.code == NEXT_HOP)
    {
        let mut text = Vec::new();
        first.text(&mut text);
        let text = String::from_utf8_lossy(&text);
        return Err(TextError::new(end, format!("announce requires nexthop: {text}"))
            .help("add 'next-hop ADDRESS' or 'next-hop self'"));
    }
    Ok(())
}

/// Makes NLRI of the heads, where words said something of them.
fn build(verb: Verb, end: Span, route: &mut RouteBuffer) -> Result<(), TextError> {
    let Some(grammar) = route.grammar else { return Ok(()) };
    if route.fields.is_empty() && grammar.build.is_none() {
        return Ok(());
    }
    route.fields.set_withdrawn(verb == Verb::Withdraw);
    std::mem::swap(&mut route.nlri_bytes, &mut route.heads);
    route.nlri_bytes.clear();
    for (family, range) in &mut route.nlri {
        let head = route.heads.get(range.start as usize..range.end as usize).unwrap_or_default();
        *family = (grammar.settle)(*family, &route.fields);
        let start = route.nlri_bytes.len();
        match registry::row(*family).grammar.build {
            Some(build) => build(*family, &route.fields, head, &mut route.nlri_bytes)
                .map_err(|message| TextError::new(end, message))?,
            None => route.nlri_bytes.extend_from_slice(head),
        }
        *range = clip(start)..clip(route.nlri_bytes.len());
    }
    Ok(())
}

fn clip(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Makes every prefix those of `length` that are in it.
fn split(length: u8, end: Span, route: &mut RouteBuffer) -> Result<(), TextError> {
    let bytes = std::mem::take(&mut route.nlri_bytes);
    let whole = std::mem::take(&mut route.nlri);
    let is_prefix = route.grammar.is_some_and(|grammar| grammar.head_is_prefix);
    let mut left = MOST_PARTS;
    for (family, range) in whole {
        let nlri = bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
        let prefix = Prefix::decode(family.afi, nlri).filter(|_| is_prefix);
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
