//! What a statement said apart from its prefixes: helpers write thousands of lines that differ in the prefix alone, and to put
//! another one in costs a small part of what reading the words again does.

use super::{Reading, RouteBuffer, Verb, complete};
use crate::codes::{Afi, Family};
use crate::io::tokens::Span;
use crate::next_hop::NextHop;
use crate::nlri::fields::Fields;
use crate::nlri::{Grammar, flow, inet};
use crate::prefix::Prefix;

/// Where the prefixes of a statement stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The first one, in the text that was read. Where there may be several, they go on to the end of the statement.
    pub first: Span,
    /// What they are.
    pub what: Prefixes,
    /// The address family of the first one.
    pub(crate) afi: Afi,
}

/// What the prefixes of a statement are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// The prefix after `route`, which says the address family.
    Route,
    /// The prefixes after `nlri`.
    List,
    /// The prefix after the name of a family.
    Family,
    /// A prefix of a rule: the tag of its field.
    Field(u8),
}

/// A statement without its prefixes.
#[derive(Clone, Debug)]
pub struct Recipe {
    what: Prefixes,
    verb: Verb,
    afi: Afi,
    /// The family that the statement began with.
    family: Option<Family>,
    grammar: Option<&'static Grammar>,
    reading: Reading,
    next_hop: NextHop,
    path_id: Option<u32>,
    withdraw: bool,
    split: Option<u8>,
    fields: Fields,
    attributes: Box<[u8]>,
}

impl Recipe {
    /// What the prefixes are.
    pub const fn what(&self) -> Prefixes {
        self.what
    }

    /// Whether it announces or withdraws.
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// The octets of its set of attributes.
    pub fn attributes(&self) -> &[u8] {
        &self.attributes
    }
}

impl RouteBuffer {
    /// Where the prefixes of the statement read last stand, if [`Self::repeat`] could put others there.
    pub fn slot(&self) -> Option<Slot> {
        let plain = self.notes.is_empty() && self.watchdog.is_empty() && self.name.is_empty();
        self.slot.filter(|_| plain && self.is_written)
    }

    /// What the statement read last said apart from its prefixes: nothing if there is no [`Self::slot`].
    pub fn recipe(&self, verb: Verb) -> Option<Recipe> {
        let slot = self.slot()?;
        Some(Recipe {
            what: slot.what,
            verb,
            afi: slot.afi,
            family: self.family,
            grammar: self.grammar,
            reading: self.reading,
            next_hop: self.next_hop,
            path_id: self.path_id,
            withdraw: self.withdraw,
            split: self.split,
            fields: self.fields.clone(),
            attributes: self.attributes().into(),
        })
    }

    /// Makes the statement of a recipe with other prefixes, separated by single blanks. Returns whether it did: otherwise the
    /// statement is to be read, which says what is wrong with it if anything is, and the buffer has nothing of use.
    pub fn repeat(&mut self, recipe: &Recipe, prefixes: &[u8]) -> bool {
        if recipe.reading != self.reading {
            return false;
        }
        self.clear();
        (self.grammar, self.family) = (recipe.grammar, recipe.family);
        (self.next_hop, self.path_id) = (recipe.next_hop, recipe.path_id);
        (self.withdraw, self.split) = (recipe.withdraw, recipe.split);
        if !recipe.fields.is_empty() {
            self.fields.clone_from(&recipe.fields);
        }
        self.memo.forget();
        self.attributes.clear();
        self.attributes.extend_from_slice(&recipe.attributes);
        self.is_written = true;
        self.put(recipe, prefixes).is_some() && complete(recipe.verb, Span::default(), self).is_ok()
    }

    /// Puts prefixes in the place of those of a recipe.
    fn put(&mut self, recipe: &Recipe, prefixes: &[u8]) -> Option<()> {
        if let Prefixes::Field(tag) = recipe.what {
            let prefix = Prefix::parse_with_host_bits(prefixes).ok()?;
            // An address alone is no prefix of a rule.
            let right = prefix.afi() == recipe.afi && prefixes.contains(&b'/');
            self.nlri.push((self.family(), 0..0));
            return right.then(|| flow::replace_prefix(tag, prefix, &mut self.fields));
        }
        let mut rest = prefixes;
        loop {
            let end = match recipe.what {
                Prefixes::List => memchr::memchr(b' ', rest).unwrap_or(rest.len()),
                _ => rest.len(),
            };
            let (word, after) = rest.split_at_checked(end)?;
            let prefix = Prefix::parse(word).ok().filter(|prefix| prefix.afi() == recipe.afi)?;
            let family = self.family();
            let start = self.nlri_bytes.len();
            prefix.encode(&mut self.nlri_bytes);
            let head = self.nlri_bytes.get(start..).unwrap_or_default();
            let is_group = recipe.what != Prefixes::Family && inet::is_group(recipe.afi, head);
            let family = if is_group { Family::IPV4_MULTICAST } else { family };
            self.nlri.push((family, super::clip(start)..super::clip(self.nlri_bytes.len())));
            match after.split_first() {
                None => return Some(()),
                Some((_, after)) => rest = after,
            }
        }
    }
}
