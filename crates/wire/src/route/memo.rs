//! What the keywords of the last statement gave. Helpers announce thousands of prefixes with the same words after them:
//! comparing words is several times faster than reading them.

use crate::codes::Family;
use crate::io::tokens::Tokens;
use crate::next_hop::NextHop;
use crate::nlri::Grammar;
use crate::nlri::fields::Fields;

/// The words of a statement and what they said beside attributes, whose bytes the route buffer still has.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    /// The words, each ended by a newline: no word has one, since lines are split at it.
    words: String,
    seen: Option<Seen>,
    fields: Fields,
    /// How many statements in a row were not those remembered.
    misses: u32,
}

/// What kind of statement the words were of: the same words may mean other things in another.
pub(super) type Kind = (Option<Family>, Option<*const Grammar>);

/// What is not in the attributes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) of: Kind,
    pub(super) next_hop: NextHop,
    pub(super) path_id: Option<u32>,
    pub(super) withdraw: bool,
    pub(super) split: Option<u8>,
}

/// After so many misses in a row, only one of [`SELDOM`] statements is remembered.
const FEW: u32 = 4;
const SELDOM: u32 = 8;

/// Longer statements are not worth it.
const MOST_OCTETS: usize = 4096;

impl Memo {
    /// Takes all words if they are those remembered.
    pub(super) fn recall(&mut self, of: Kind, tokens: &mut Tokens<'_>) -> Option<(Seen, &Fields)> {
        let seen = self.compare(of, tokens);
        self.misses = if seen.is_some() { 0 } else { self.misses.wrapping_add(1) };
        seen.map(|seen| (seen, &self.fields))
    }

    fn compare(&self, of: Kind, tokens: &mut Tokens<'_>) -> Option<Seen> {
        let seen = self.seen.filter(|seen| seen.of == of)?;
        let mut ahead = *tokens;
        let mut words = self.words.as_str();
        while let Some(word) = ahead.next() {
            words = words.strip_prefix(word)?.strip_prefix('\n')?;
        }
        if !words.is_empty() {
            return None;
        }
        *tokens = ahead;
        Some(seen)
    }

    /// Remembers the words that `tokens` have left; seldom while every statement is another.
    pub(super) fn remember(&mut self, mut tokens: Tokens<'_>, seen: Seen, fields: &Fields) {
        if self.misses > FEW && !self.misses.is_multiple_of(SELDOM) {
            return;
        }
        self.words.clear();
        while let Some(word) = tokens.next() {
            if word.contains('\n') || self.words.len() > MOST_OCTETS {
                return;
            }
            self.words.push_str(word);
            self.words.push('\n');
        }
        self.fields.clone_from(fields);
        self.seen = Some(seen);
    }

    /// Forgets: the attributes are about to change.
    pub(super) const fn forget(&mut self) {
        self.seen = None;
    }
}
