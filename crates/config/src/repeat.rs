//! Statements that say of another prefix what an earlier one said: `route 192.0.2.0/24 next-hop 198.51.100.1;` and
//! `route 192.0.3.0/24 next-hop 198.51.100.1;`.
//!
//! Files with very many routes are written by programs, and most of their statements are like this. What follows the prefix
//! is compared octet by octet with what followed earlier ones; where it is equal, the words mean the same as they did
//! there, and nothing but the prefix is read. Only statements that gave one route, and about which there was nothing to
//! say, are remembered. Everything else is left to the lexer and the grammar.

use std::hash::{BuildHasher as _, Hasher as _};
use std::net::IpAddr;
use std::ops::Range;

use memchr::memchr;
use yottabgp_wire::codes::Safi;
use yottabgp_wire::io::tokens::Span;
use yottabgp_wire::prefix::Prefix;

use crate::known::Passages;
use crate::lexer::Lexer;
use crate::parser::Before;
use crate::routes::{Open, Routes};

/// So many ends of statements are remembered.
const MOST: usize = 1024;

/// So many of them may have the place that their octets give them: with one, two that come in turn would forget each other.
const WAYS: usize = 8;

/// Lists that are no longer than this are read by the grammar alone: most files have only such.
const FEW: usize = 3;

/// Ends of statements and what they said, each in the place that its octets give it.
#[derive(Debug, Default)]
pub(crate) struct Repeats<'p> {
    slots: Vec<Option<Known<'p>>>,
    /// Which of those of a full place is forgotten next.
    oldest: usize,
    hasher: foldhash::quality::RandomState,
    /// The last name that a list was given.
    names: u64,
}

/// What a statement said of its prefix.
#[derive(Clone, Copy, Debug)]
struct Known<'p> {
    /// The section.
    place: &'static str,
    /// The word before the prefix.
    keyword: &'p [u8],
    kind: Kind,
    /// What follows the prefix, up to the end of the statement.
    rest: &'p [u8],
    /// The list that has the terms.
    list: u64,
    terms: u32,
    /// Octets between the length and the prefix in the NLRI, labels and a route distinguisher: at most [`LONGEST`].
    inserted: [u8; LONGEST],
    inserted_length: usize,
}

/// A route distinguisher and eight labels: longer ones are not remembered.
const LONGEST: usize = 32;

/// What the family is decided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    V4,
    /// 224.0.0.0/4, which `route` takes as multicast.
    V4Group,
    V6,
}

/// A statement that begins with a word and a prefix.
#[derive(Clone, Copy, Debug)]
struct Statement<'p> {
    start: usize,
    keyword: &'p [u8],
    prefix: Encoded,
    rest: &'p [u8],
    end: usize,
}

/// A prefix as the NLRI of unicast: the length in bits and the octets.
#[derive(Clone, Copy, Debug)]
struct Encoded {
    kind: Kind,
    bits: u8,
    octets: [u8; 16],
}

impl Encoded {
    fn v4(bits: u8, address: u32) -> Self {
        let mut octets = [0; 16];
        if let Some(start) = octets.first_chunk_mut() {
            *start = address.to_be_bytes();
        }
        let kind = if bits >= 4 && address >> 28 == 14 { Kind::V4Group } else { Kind::V4 };
        Self { kind, bits, octets }
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.bits.div_ceil(8))).unwrap_or_default()
    }
}

impl<'p> Repeats<'p> {
    /// Adds the routes of all statements that are remembered, up to the first that is not, or to where a passage of an earlier
    /// reading may begin: then it returns that.
    pub(crate) fn read(
        &mut self,
        place: &'static str,
        lexer: &mut Lexer<'p>,
        routes: &mut Routes,
        mut passages: Option<&mut Passages<'_>>,
    ) -> bool {
        let list = routes.open();
        if self.slots.is_empty() || list.name() == 0 {
            return false;
        }
        let source = lexer.source().as_bytes();
        while !list.is_full()
            && let Some(statement) = statement(source, lexer.position())
            && let Some(known) = self.find(place, &statement)
            && known.list == list.name()
            && let Some(bits) = statement.prefix.bits.checked_add(known.inserted_bits())
        {
            let nlri = [&[bits][..], known.inserted(), statement.prefix.octets()];
            let (start, before) = (lexer.position(), list.len());
            list.push(&nlri, known.terms, statement.keyword_span());
            lexer.move_to(statement.end);
            if let Some(passages) = &mut passages
                && passages.read(place, source, start..statement.end, list, before)
            {
                return true;
            }
        }
        false
    }

    /// Gives a list a name, unless it has one.
    pub(crate) const fn name(&mut self, list: &mut Open) {
        if list.name() == 0 {
            self.names += 1;
            list.set_name(self.names);
        }
    }

    /// Remembers the statement that the lexer has just read, if it can be read so the next time.
    pub(crate) fn learn(
        &mut self,
        place: &'static str,
        lexer: &Lexer<'p>,
        before: Before,
        list: &mut Open,
    ) {
        if list.len() != before.routes + 1 || before.routes < FEW {
            return;
        }
        let source = lexer.source().as_bytes();
        let Some(statement) = statement(source, before.position) else { return };
        if statement.end != lexer.position() {
            return;
        }
        self.name(list);
        let Some(known) = Known::new(place, &statement, list) else { return };
        if self.slots.is_empty() {
            self.slots.resize(MOST, None);
        }
        let at = self.place(statement.rest);
        let Some(ways) = self.slots.get_mut(at) else { return };
        let is_free =
            |slot: &Option<Known<'_>>| slot.is_none_or(|old| old.is_of(place, &statement));
        let way = ways.iter().position(is_free).unwrap_or_else(|| {
            self.oldest += 1;
            self.oldest % WAYS
        });
        if let Some(slot) = ways.get_mut(way) {
            *slot = Some(known);
        }
    }

    fn find(&self, place: &'static str, statement: &Statement<'_>) -> Option<&Known<'p>> {
        let ways = self.slots.get(self.place(statement.rest))?;
        ways.iter().flatten().find(|known| known.is_of(place, statement))
    }

    /// Where statements of these octets are.
    fn place(&self, rest: &[u8]) -> Range<usize> {
        let mut state = self.hasher.build_hasher();
        state.write(rest);
        let place = usize::try_from(state.finish() % (MOST / WAYS) as u64).unwrap_or(0);
        place * WAYS..(place + 1) * WAYS
    }
}

impl<'p> Known<'p> {
    /// What the last route of a list says of the prefix of its statement. `None` when its NLRI is not the prefix, or the
    /// prefix behind labels and a route distinguisher (RFC 8277 section 2, RFC 4364 section 4.3.4).
    fn new(place: &'static str, statement: &Statement<'p>, list: &Open) -> Option<Self> {
        let route = list.last()?;
        let nlri = route.nlri()?;
        let (bits, rest) = nlri.bytes.split_first()?;
        let between = rest.strip_suffix(statement.prefix.octets())?;
        let fits = match nlri.family.safi {
            Safi::UNICAST | Safi::MULTICAST => between.is_empty(),
            Safi::NLRI_MPLS | Safi::MPLS_VPN => true,
            _ => false,
        };
        let mut inserted = [0; LONGEST];
        inserted.get_mut(..between.len())?.copy_from_slice(between);
        let known = Self {
            place,
            keyword: statement.keyword,
            kind: statement.prefix.kind,
            rest: statement.rest,
            list: list.name(),
            terms: route.number(),
            inserted,
            inserted_length: between.len(),
        };
        let same = statement.prefix.bits.checked_add(known.inserted_bits()) == Some(*bits);
        (fits && same).then_some(known)
    }

    /// Whether it tells of a statement.
    fn is_of(&self, place: &'static str, statement: &Statement<'_>) -> bool {
        self.rest == statement.rest
            && self.keyword == statement.keyword
            && self.kind == statement.prefix.kind
            && std::ptr::eq(self.place, place)
    }

    fn inserted(&self) -> &[u8] {
        self.inserted.get(..self.inserted_length).unwrap_or_default()
    }

    fn inserted_bits(&self) -> u8 {
        u8::try_from(self.inserted_length * 8).unwrap_or(u8::MAX)
    }
}

impl Statement<'_> {
    fn keyword_span(&self) -> Span {
        Span::new(self.start, self.start + self.keyword.len())
    }
}

/// The statement that begins behind blanks, ends of lines and comments: up to the first `;`, or where a block follows the
/// prefix, to the first `}`. Whether that is where it ends is for the lexer to say, once.
fn statement(source: &[u8], at: usize) -> Option<Statement<'_>> {
    let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
    let mut start = at;
    loop {
        let text = source.get(start..)?;
        start += text.iter().position(|octet| !is_blank(octet))?;
        if source.get(start) != Some(&b'#') {
            break;
        }
        start += memchr(b'\n', source.get(start..)?)?;
    }
    let (keyword, rest) = word(source.get(start..)?)?;
    let blanks = rest.iter().position(|octet| !matches!(octet, b' ' | b'\t'))?;
    let (prefix, rest) = prefix(rest.get(blanks..)?)?;
    let opens = rest.iter().find(|octet| !is_blank(octet)) == Some(&b'{');
    let length = 1 + memchr(if opens { b'}' } else { b';' }, rest)?;
    let end = source.len() - rest.len() + length;
    Some(Statement { start, keyword, prefix, rest: rest.get(..length)?, end })
}

/// The octets up to a blank, and what follows.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().position(|octet| matches!(octet, b' ' | b'\t'))?;
    text.split_at_checked(length)
}

/// A prefix up to a blank, and what follows.
fn prefix(text: &[u8]) -> Option<(Encoded, &[u8])> {
    if let Some((encoded, rest @ [b' ' | b'\t', ..])) = ipv4(text) {
        return Some((encoded, rest));
    }
    let (word, rest) = word(text)?;
    let prefix = Prefix::parse(std::str::from_utf8(word).ok()?).ok()?;
    let encoded = match prefix.address {
        // A host without its length, say.
        IpAddr::V4(address) => Encoded::v4(prefix.length, address.to_bits()),
        IpAddr::V6(address) => {
            Encoded { kind: Kind::V6, bits: prefix.length, octets: address.octets() }
        }
    };
    Some((encoded, rest))
}

/// `192.0.2.0/24` as programs write it, and what follows: four numbers without leading zeros, and no bit set behind the length.
fn ipv4(text: &[u8]) -> Option<(Encoded, &[u8])> {
    let (mut address, mut rest) = (0u32, text);
    for end in [b'.', b'.', b'.', b'/'] {
        let (octet, after) = number(rest)?;
        let (found, after) = after.split_first()?;
        if *found != end {
            return None;
        }
        (address, rest) = (address << 8 | u32::from(octet), after);
    }
    let (bits, rest) = number(rest)?;
    let host = u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
    (bits <= 32 && address & host == 0).then(|| (Encoded::v4(bits, address), rest))
}

/// A decimal number of one octet, without leading zeros.
fn number(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |octet: &u8| octet.wrapping_sub(b'0');
    let (first, mut rest) = text.split_first()?;
    let mut value = u16::from(digit(first));
    if value > 9 {
        return None;
    }
    while let Some((next, after)) = rest.split_first()
        && digit(next) <= 9
    {
        if value == 0 || value > 25 {
            return None;
        }
        (value, rest) = (value * 10 + u16::from(digit(next)), after);
    }
    Some((u8::try_from(value).ok()?, rest))
}
