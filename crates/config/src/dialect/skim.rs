//! Skips the routes of a file, which may be millions, at the speed of memory.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};
use yottabgp_wire::io::tokens::Span;

use crate::lexer::Lexer;

/// Moves to behind the `}` of a section of routes that was opened; returns what was skipped.
pub(super) fn skip(lexer: &mut Lexer<'_>) -> Range<usize> {
    let start = lexer.position();
    let end = closing(lexer.source().as_bytes(), start);
    lexer.move_to(end);
    start..end
}

/// The words of routes that only ExaBGP 3.4 knew, each with where its rarest letter is.
const OLD_WORDS: [(&str, usize); 2] = [("as-sequence", 5), ("withdrawn", 0)];

/// The first word in the routes of a text that only ExaBGP 3.4 knew.
pub(super) fn old_word(text: &str, routes: Range<usize>) -> Option<Span> {
    let section = text.get(routes.clone())?;
    let mut at = 0;
    // Both letters are rare in routes, so that this is one look at every octet.
    while let Some(found) = section.as_bytes().get(at..).and_then(|rest| memchr2(b'q', b'w', rest))
    {
        let letter = at + found;
        at = letter + 1;
        for (word, before) in OLD_WORDS {
            let Some(start) = letter.checked_sub(before) else { continue };
            if section.get(start..).is_some_and(|rest| rest.starts_with(word))
                && stands(section, start, word)
            {
                let start = routes.start + start;
                return Some(Span::new(start, start + word.len()));
            }
        }
    }
    None
}

/// Whether a word stands alone there, and in no comment.
fn stands(section: &str, at: usize, word: &str) -> bool {
    let before = section.get(..at).unwrap_or_default();
    let after = section.get(at + word.len()..).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_separate = |c: char| c.is_ascii_whitespace() || matches!(c, ';' | '{' | '}' | '[' | ']');
    line.chars().next_back().is_none_or(is_separate)
        && after.chars().next().is_none_or(is_separate)
        && !line.contains('#')
}

/// Where the text goes on behind the `}` that belongs to what is open at `at`; its end when there is none.
fn closing(text: &[u8], mut at: usize) -> usize {
    let mut quotes = Quotes { open: None, escaped: false, at };
    let mut depth = 1usize;
    // Braces directly inside of a bracket are those of a confederation's AS path.
    let mut segment = false;
    while let Some(found) = text.get(at..).and_then(|rest| memchr3(b'{', b'}', b'#', rest)) {
        let here = at + found;
        at = here + 1;
        if quotes.are_open_at(text, here) {
            continue;
        }
        match text.get(here) {
            Some(b'#') => {
                let rest = text.get(at..).unwrap_or_default();
                at = memchr(b'\n', rest).map_or(text.len(), |newline| at + newline);
                quotes.at = at;
            }
            Some(b'{') => {
                let before = text.get(..here).unwrap_or_default().trim_ascii_end().last();
                match before {
                    Some(b'[' | b'(') => segment = true,
                    _ => depth += 1,
                }
            }
            _ if segment => segment = false,
            _ => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
        }
    }
    text.len()
}

/// Whether the line that ends at a place goes on with the next.
fn goes_on(text: &[u8], newline: usize) -> bool {
    let line = text.get(..newline).unwrap_or_default();
    line.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\\')
}

/// Which quote is open, up to a place that only goes forward: every octet is looked at once at most.
struct Quotes {
    open: Option<u8>,
    escaped: bool,
    at: usize,
}

impl Quotes {
    /// Whether a later place is inside of quotes, which end with their line at the latest, or escaped.
    fn are_open_at(&mut self, text: &[u8], place: usize) -> bool {
        let between = text.get(self.at..place).unwrap_or_default();
        self.at = place;
        let mut line = between;
        let mut newlines = memchr::memrchr_iter(b'\n', between);
        // A line that ends with `\` goes on.
        if let Some(newline) =
            newlines.find(|newline| !goes_on(text, place - between.len() + newline))
        {
            (self.open, self.escaped) = (None, false);
            line = between.get(newline + 1..).unwrap_or_default();
        }
        for byte in line {
            match (*byte, self.open) {
                _ if self.escaped => self.escaped = false,
                (b'\\', _) => self.escaped = true,
                (b'"' | b'\'', None) => self.open = Some(*byte),
                (byte, Some(open)) if byte == open => self.open = None,
                _ => {}
            }
        }
        std::mem::take(&mut self.escaped) || self.open.is_some()
    }
}
