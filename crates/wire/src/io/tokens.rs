//! The words of a statement or command, and the errors about them.
//!
//! Configuration files, helper commands, `encode` and HTTP hand the same tokens to the same grammar. A token is a pair
//! of ranges (into the text to read, and into the source to point at), so that splitting a line of commands allocates
//! nothing once its vector has grown.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A range of octets of a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first octet.
    pub start: u32,
    /// The octet after the last.
    pub end: u32,
}

impl Span {
    /// The octets from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        let clip = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clip(start), end: clip(end) }
    }

    /// From the start of this one to the end of `other`.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// As a range of `usize`.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One word, list bracket or comma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where its text is, in the text given to [`Tokens::new`].
    pub text: Span,
    /// Where it stands in the source that a person wrote.
    pub source: Span,
    /// Whether it was quoted, so that `"["` is a word and not a bracket.
    pub quoted: bool,
}

/// What is wrong with a text, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// What to point at in the source.
    pub span: Span,
    /// What is wrong: names the value.
    pub message: Cow<'static, str>,
    /// What would be right, or what was probably meant.
    pub help: Option<Cow<'static, str>>,
}

impl TextError {
    /// An error at `span`.
    pub fn new(span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TextError {}

/// A cursor over the tokens of one statement or command.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    tokens: &'a [Token],
    position: usize,
    end: Span,
}

impl<'a> Tokens<'a> {
    /// The tokens of `text`; `end` is where in the source something missing at the end is reported.
    pub const fn new(text: &'a str, tokens: &'a [Token], end: Span) -> Self {
        Self { text, tokens, position: 0, end }
    }

    /// The next word, without taking it.
    pub fn peek(&self) -> Option<&'a str> {
        self.peek_at(0)
    }

    /// The word `ahead` words after the next, without taking it.
    pub fn peek_at(&self, ahead: usize) -> Option<&'a str> {
        let token = self.tokens.get(self.position + ahead)?;
        self.text.get(token.text.range())
    }

    /// Where the text of the next word is, unless it is quoted.
    pub fn plain(&self) -> Option<Span> {
        self.tokens.get(self.position).filter(|token| !token.quoted).map(|token| token.text)
    }

    /// Takes the next word.
    #[expect(clippy::should_implement_trait, reason = "iterating is only one of its uses")]
    pub fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.position += 1;
        Some(word)
    }

    /// Takes the next word, or says that `what` is missing.
    pub fn expect(&mut self, what: &'static str) -> Result<&'a str, TextError> {
        self.next().ok_or_else(|| TextError::new(self.end, format!("{what} is missing")))
    }

    /// Takes the next word if it is `word`.
    pub fn accept(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.position += usize::from(found);
        found
    }

    /// Takes the next word, which must be `word`.
    pub fn require(&mut self, word: &'static str) -> Result<(), TextError> {
        match self.peek() {
            Some(found) if found == word => {
                self.position += 1;
                Ok(())
            }
            Some(found) => Err(self.error(format!("expected '{word}' but found '{found}'"))),
            None => Err(TextError::new(self.end, format!("'{word}' is missing"))),
        }
    }

    /// Takes the next word as a `T`; `what` names it in errors, `format` says what is right.
    pub fn parse<T: FromStr>(
        &mut self,
        what: &'static str,
        format: &'static str,
    ) -> Result<T, TextError> {
        let span = self.span();
        let word = self.expect(what)?;
        word.parse().map_err(|_| {
            TextError::new(span, format!("'{word}' is not a valid {what}")).help(format)
        })
    }

    /// Takes a list: `[ a b c ]` with optional commas, or one bare word. `each` reads one item from the cursor.
    pub fn list(
        &mut self,
        what: &'static str,
        mut each: impl FnMut(&mut Self) -> Result<(), TextError>,
    ) -> Result<(), TextError> {
        if !self.accept("[") {
            if self.is_done() {
                self.expect(what)?;
            }
            return each(self);
        }
        let open = self.last_span();
        loop {
            match self.peek() {
                Some("]") => {
                    self.position += 1;
                    return Ok(());
                }
                Some(",") => self.position += 1,
                Some(_) => each(self)?,
                None => {
                    return Err(TextError::new(open, format!("the list of {what} is not closed"))
                        .help("add ']' at its end"));
                }
            }
        }
    }

    /// Whether no word is left.
    pub const fn is_done(&self) -> bool {
        self.position >= self.tokens.len()
    }

    /// How many words were taken.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Goes back to a position that [`Self::position`] gave.
    pub const fn rewind(&mut self, position: usize) {
        self.position = position;
    }

    /// How many words are left.
    pub const fn left(&self) -> usize {
        self.tokens.len().saturating_sub(self.position)
    }

    /// Cuts off the last `count` words.
    pub fn truncate(&mut self, count: usize) {
        let keep = self.tokens.len().saturating_sub(count);
        self.tokens = self.tokens.get(..keep).unwrap_or(self.tokens);
    }

    /// Where the next word is in the source; the end of the statement when none is left.
    pub fn span(&self) -> Span {
        self.tokens.get(self.position).map_or(self.end, |token| token.source)
    }

    /// Where the word taken last is in the source.
    pub fn last_span(&self) -> Span {
        self.position
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map_or(self.end, |token| token.source)
    }

    /// An error about the next word.
    pub fn error(&self, message: impl Into<Cow<'static, str>>) -> TextError {
        TextError::new(self.span(), message)
    }

    /// An error about the word taken last.
    pub fn last_error(&self, message: impl Into<Cow<'static, str>>) -> TextError {
        TextError::new(self.last_span(), message)
    }

    /// The rest of the text from the next word on, as it was written.
    pub fn rest_of_text(&self) -> &'a str {
        self.tokens
            .get(self.position)
            .and_then(|token| self.text.get(token.text.start as usize..))
            .unwrap_or("")
    }
}

/// Whether an octet ends a word of a command: a table, since every octet of every command is looked up.
#[inline]
fn ends_word(byte: u8) -> bool {
    static ENDS: [bool; 256] = {
        let mut table = [false; 256];
        let mut ends: &[u8] = b" \t\r\n[](),;{}";
        while let [byte, rest @ ..] = ends {
            #[expect(clippy::indexing_slicing, reason = "an octet is an index of it")]
            {
                table[*byte as usize] = true;
            }
            ends = rest;
        }
        table
    };
    ENDS.get(usize::from(byte)).is_some_and(|ends| *ends)
}

/// Splits one command line into tokens, as the helper API does: blanks separate; `[ ] ( ) ,` and `;` stand for
/// themselves; quotes of either kind group; there are no escapes and no comments. `tokens` is cleared first.
///
/// A quote that is not closed runs to the end of the line.
pub fn split_command(line: &str, tokens: &mut Vec<Token>) {
    tokens.clear();
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'[' | b']' | b'(' | b')' | b',' | b';' | b'{' | b'}' => {
                let span = Span::new(at, at + 1);
                tokens.push(Token { text: span, source: span, quoted: false });
                at += 1;
            }
            b'"' | b'\'' => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                let length = memchr::memchr(byte, rest).unwrap_or(rest.len());
                let text = Span::new(at + 1, at + 1 + length);
                let after = (at + 2 + length).min(bytes.len());
                tokens.push(Token { text, source: Span::new(at, after), quoted: true });
                at = after;
            }
            _ => {
                let start = at;
                let rest = bytes.get(at..).unwrap_or_default();
                let length = rest.iter().position(|byte| ends_word(*byte));
                at += length.unwrap_or(rest.len());
                let span = Span::new(start, at);
                tokens.push(Token { text: span, source: span, quoted: false });
            }
        }
    }
}

/// The candidate nearest to `word`, if near enough to have been meant: one edit for short words, two for longer ones.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = if word.len() <= 4 { 1 } else { 2 };
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let width = b.len() + 1;
    let mut rows: Vec<usize> = vec![0; (a.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let get = |i: usize, j: usize| rows.get(at(i, j)).copied().unwrap_or(usize::MAX / 2);
            let value = if i == 0 {
                j
            } else if j == 0 {
                i
            } else {
                let same = a.get(i - 1) == b.get(j - 1);
                let mut value = (get(i - 1, j) + 1)
                    .min(get(i, j - 1) + 1)
                    .min(get(i - 1, j - 1) + usize::from(!same));
                if i > 1 && j > 1 && a.get(i - 1) == b.get(j - 2) && a.get(i - 2) == b.get(j - 1) {
                    value = value.min(get(i - 2, j - 2) + 1);
                }
                value
            };
            if let Some(cell) = rows.get_mut(at(i, j)) {
                *cell = value;
            }
        }
    }
    rows.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        split_command(line, &mut tokens);
        tokens.iter().map(|token| line[token.text.range()].to_owned()).collect()
    }

    #[test]
    fn commands_are_split_as_the_api_splits_them() {
        assert_eq!(
            words("announce route 10.0.0.0/24\tas-path [1,2 (3)] \"a b\" 'it\"s'\r"),
            [
                "announce",
                "route",
                "10.0.0.0/24",
                "as-path",
                "[",
                "1",
                ",",
                "2",
                "(",
                "3",
                ")",
                "]",
                "a b",
                "it\"s"
            ]
        );
        assert_eq!(words("\"open"), ["open"]);
        assert!(words(" \t").is_empty());
    }

    #[test]
    fn lists_may_be_bare_bracketed_or_with_commas() {
        for line in ["a", "[ a ]", "[a,]"] {
            let mut tokens = Vec::new();
            split_command(line, &mut tokens);
            let mut cursor = Tokens::new(line, &tokens, Span::default());
            let mut items = vec![];
            cursor
                .list("items", |cursor| {
                    items.push(cursor.expect("item")?);
                    Ok(())
                })
                .unwrap();
            assert_eq!(items, ["a"]);
            assert!(cursor.is_done());
        }
    }

    #[test]
    fn near_words_are_suggested() {
        assert_eq!(did_you_mean("comunity", ["community", "med"]), Some("community"));
        assert_eq!(did_you_mean("mde", ["community", "med"]), Some("med"));
        assert_eq!(did_you_mean("zebra", ["community", "med"]), None);
    }
}
