//! Lines that differ from one read before in nothing but their prefix, as nearly all lines of a busy helper do: to look one up
//! costs a small part of what reading it costs. What is taken, and what of, is the same.
//!
//! A line is `head prefix tail`; what was read of it stands beside its head and tail. Only good lines are kept: whatever is not
//! found, or is wrong with its new prefix, is read as ever.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use yottabgp_wire::route::{Prefixes, Recipe, RouteBuffer, Verb};

use super::{Command, Request};
use crate::Version;
use crate::select::Selector;

/// The most lines that are kept. Helpers have some sets of attributes that come again and again, or another one for each line.
const MOST: usize = 1024;

/// The most octets of a line that is kept.
const LONGEST: usize = 1024;

/// The most beginnings of lines that are looked for: `announce route `, `peer 192.0.2.1 withdraw route `.
const HEADS: usize = 8;

/// After so many lines in a row that were not kept, only one of [`SELDOM`] is.
const FEW: u32 = 64;
const SELDOM: u32 = 16;

/// The lines that are kept.
#[derive(Debug, Default)]
pub struct Repeated {
    /// Beginnings of lines, the one found last first. Lists of prefixes have none: their attributes stand before them.
    heads: Vec<Box<[u8]>>,
    lines: Vec<Kept>,
    /// By the hash of head and tail.
    index: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    hasher: foldhash::fast::RandomState,
    /// How many lines in a row were not kept.
    misses: u32,
}

/// A line without its prefix, and what it said.
#[derive(Debug)]
struct Kept {
    head: Box<[u8]>,
    tail: Box<[u8]>,
    is_ipv6: bool,
    version: Version,
    selector: Selector,
    sync: Option<bool>,
    recipe: Recipe,
}

/// A line that was found.
#[derive(Clone, Copy, Debug)]
pub struct Repeat<'a> {
    /// The peers that it is about.
    pub selector: &'a Selector,
    /// What it does with the route of the buffer.
    pub verb: Verb,
    /// When it is acknowledged: see [`Request::sync`].
    pub sync: Option<bool>,
}

/// A hash as it is.
#[derive(Clone, Copy, Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A line in its parts.
#[derive(Clone, Copy)]
struct Parts<'a> {
    head: &'a [u8],
    prefixes: &'a [u8],
    tail: &'a [u8],
    is_ipv6: bool,
}

impl Repeated {
    /// Looks a line up, which is no part of a group, and puts its route into the buffer. Nothing says nothing of the line, and
    /// leaves nothing of use in the buffer.
    pub fn recall(
        &mut self,
        line: &[u8],
        version: Version,
        route: &mut RouteBuffer,
    ) -> Option<Repeat<'_>> {
        let found = self.find(line);
        let Some((at, parts)) = found else {
            self.misses = self.misses.saturating_add(1);
            return None;
        };
        self.misses = 0;
        let kept = self.lines.get(at)?;
        if kept.version != version || !route.repeat(&kept.recipe, parts.prefixes) {
            return None;
        }
        let Kept { selector, sync, recipe, .. } = kept;
        Some(Repeat { selector, verb: recipe.verb(), sync: *sync })
    }

    fn find<'a>(&mut self, line: &'a [u8]) -> Option<(usize, Parts<'a>)> {
        let parts = match self.heads.iter().position(|head| line.starts_with(head)) {
            Some(at) => {
                if at > 0 {
                    self.heads.swap(0, at);
                }
                one(line, self.heads.first()?.len())?
            }
            None => several(line)?,
        };
        let at = *self.index.get(&self.hash(&parts))? as usize;
        let kept = self.lines.get(at)?;
        let same =
            *kept.head == *parts.head && *kept.tail == *parts.tail && kept.is_ipv6 == parts.is_ipv6;
        same.then_some((at, parts))
    }

    fn hash(&self, parts: &Parts<'_>) -> u64 {
        let mut state = self.hasher.build_hasher();
        // The lengths too: what one has at its end another has at its beginning.
        state.write_u64((parts.head.len() as u64) << 1 | u64::from(parts.is_ipv6));
        state.write(parts.head);
        state.write(parts.tail);
        state.finish()
    }

    /// Keeps a line that was read, if the next one may be like it: `request` is what it said, with the route of the buffer.
    pub fn keep(
        &mut self,
        line: &str,
        version: Version,
        request: &Request<'_>,
        route: &RouteBuffer,
    ) {
        let Command::Route(verb) = request.command else { return };
        if self.misses > FEW && !self.misses.is_multiple_of(SELDOM) {
            return;
        }
        if request.id.is_some() || line.len() > LONGEST {
            return;
        }
        let Some(slot) = route.slot() else { return };
        let start = slot.first.start as usize;
        let parts = match slot.what {
            Prefixes::List => list(line.as_bytes(), start),
            _ => one(line.as_bytes(), start),
        };
        let (Some(parts), Some(recipe)) = (parts, route.recipe(verb)) else { return };
        // The next one is cut in the same place only if nothing before it is quoted.
        if parts.head.iter().any(|octet| matches!(octet, b'"' | b'\'')) {
            return;
        }
        if slot.what == Prefixes::List {
            // Found by its last word, and a head would be found first.
            let by_word = several(line.as_bytes());
            if by_word.is_none_or(|by_word| by_word.head.len() != start)
                || self.heads.iter().any(|head| line.as_bytes().starts_with(head))
            {
                return;
            }
        } else if !self.heads.iter().any(|head| **head == *parts.head) {
            if self.heads.len() >= HEADS {
                self.heads.pop();
            }
            self.heads.insert(0, parts.head.into());
        }
        if self.lines.len() >= MOST {
            self.lines.clear();
            self.index.clear();
        }
        let hash = self.hash(&parts);
        let kept = Kept {
            head: parts.head.into(),
            tail: parts.tail.into(),
            is_ipv6: parts.is_ipv6,
            version,
            selector: request.selector.clone(),
            sync: request.sync,
            recipe,
        };
        self.index.insert(hash, u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
        self.lines.push(kept);
    }
}

/// What an octet can be part of: bit 0 of a prefix, bit 1 the end of a word.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < table.len() {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "an index of the table"
        )]
        {
            table[at] = match at as u8 {
                b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'.' | b':' | b'/' => 1,
                b' ' | b'\t' | b';' | b'}' | b'{' | b']' | b'[' | b',' | b'(' | b')' => 2,
                _ => 0,
            };
        }
        at += 1;
    }
    table
};

fn class(octet: u8) -> u8 {
    CLASS.get(usize::from(octet)).copied().unwrap_or_default()
}

/// A line whose prefix begins at `start`.
fn one(line: &[u8], start: usize) -> Option<Parts<'_>> {
    let (head, rest) = line.split_at_checked(start)?;
    let end = rest.iter().position(|octet| class(*octet) != 1).unwrap_or(rest.len());
    let (prefixes, tail) = rest.split_at_checked(end)?;
    let is_whole = tail.first().is_none_or(|octet| class(*octet) == 2);
    let is_ipv6 = prefixes.iter().take(5).any(|octet| *octet == b':');
    is_whole.then_some(Parts { head, prefixes, tail, is_ipv6 })
}

/// A line that ends with prefixes from `start` on, one blank between them.
fn list(line: &[u8], start: usize) -> Option<Parts<'_>> {
    let (head, prefixes) = line.split_at_checked(start)?;
    let right = prefixes.iter().all(|octet| class(*octet) == 1 || *octet == b' ');
    let is_ipv6 = prefixes.iter().take(5).any(|octet| *octet == b':');
    right.then_some(Parts { head, prefixes, tail: &[], is_ipv6 })
}

/// The word before a list of prefixes.
const BEFORE_LIST: &[u8] = b" nlri ";

/// A line `… nlri PREFIX…`.
fn several(line: &[u8]) -> Option<Parts<'_>> {
    let at = memchr::memmem::find(line, BEFORE_LIST)?;
    list(line, at + BEFORE_LIST.len())
}
