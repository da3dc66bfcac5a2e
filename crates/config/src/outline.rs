//! A source as statements with nothing left out: what the formatter and the migrations work on.
//!
//! The words are those that the parser sees, each with its place; what is between them (blanks, comments, continued
//! lines) is found again by [`Gap`].

use yottabgp_wire::io::tokens::{Span, TextError};

use crate::diagnostic::Diagnostic;
use crate::dialect::{self, Dialect};
use crate::legacy;
use crate::lexer::{Lexer, Statement, Terminator, Words};
use crate::section::{
    announce, bmp, flow, healthcheck, l2vpn, neighbor, operational, process, static_routes,
};

/// Most sections inside of each other: some ten are enough for any file, and more than this could not be laid out.
const MOST_NESTED: usize = 100;

/// A statement, the header of a section, or a `}`.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The words and what ends them.
    pub(crate) statement: Statement,
    /// The header of the section that it is in; of a `}`, the header of the section that it closes.
    pub(crate) parent: Option<usize>,
    /// How many sections it is in. A `}` is as deep as its header.
    pub(crate) depth: usize,
    /// Which characters separated its words.
    pub(crate) words: Words,
}

/// All statements of a source, in its order.
#[derive(Debug)]
pub(crate) struct Outline<'s> {
    /// The text.
    pub(crate) source: &'s str,
    /// What it was read as.
    pub(crate) dialect: Dialect,
    /// The statements.
    pub(crate) entries: Vec<Entry>,
    /// Where lines start, in octets.
    lines: Vec<usize>,
    /// The words that go over several lines.
    long_words: Vec<std::ops::Range<usize>>,
}

/// What a section is, as far as its words go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Root,
    Template,
    /// A neighbor, or a group of ExaBGP 3.4.
    Neighbor,
    Words(Words),
}

impl Place {
    const fn words(self) -> Words {
        match self {
            Self::Root | Self::Template => Words::Lists,
            Self::Neighbor => neighbor::TABLE.characters,
            Self::Words(words) => words,
        }
    }

    /// The section that this keyword opens here.
    fn inner(self, keyword: &str) -> Self {
        match (self, keyword) {
            (Self::Root | Self::Template, "neighbor") | (Self::Root, "group") => Self::Neighbor,
            // Neighbors of a group.
            (Self::Neighbor, "neighbor") => Self::Neighbor,
            (Self::Root, "template") => Self::Template,
            (Self::Root | Self::Neighbor, "process") => Self::Words(process::TABLE.characters),
            (Self::Root, "bmp") => Self::Words(bmp::TABLE.characters),
            (Self::Root, "healthcheck") => Self::Words(healthcheck::TABLE.characters),
            (Self::Neighbor, "static") => Self::Words(static_routes::TABLE.characters),
            (Self::Neighbor, "announce") => Self::Words(announce::TABLE.characters),
            (Self::Neighbor, "flow") => Self::Words(flow::TABLE.characters),
            (Self::Neighbor, "l2vpn") => Self::Words(l2vpn::TABLE.characters),
            (Self::Neighbor, "operational") => Self::Words(operational::TABLE.characters),
            (Self::Words(Words::Routes), _) => self,
            _ => Self::Words(Words::Lists),
        }
    }
}

impl<'s> Outline<'s> {
    /// Reads a source. Fails where its characters or its braces can not be read, with the places; what the statements
    /// say does not matter, but for the dialect. Sections may be left open at the end.
    pub(crate) fn read(source: &'s str) -> Result<Self, Vec<Diagnostic>> {
        Self::read_as(source, dialect::of(source).dialect)
    }

    /// The same in a dialect. Statements of ExaBGP 3.4 are in lower case, as it has them.
    pub(crate) fn read_as(source: &'s str, dialect: Dialect) -> Result<Self, Vec<Diagnostic>> {
        let is_old = dialect == Dialect::ExaBgp34;
        let lexer = Lexer::new(source);
        let mut lexer = if is_old { lexer.of_exabgp_3_4() } else { lexer };
        let mut errors: Vec<TextError> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        let mut open: Vec<(usize, Place)> = Vec::new();
        loop {
            let (parent, place) = match open.last() {
                Some((header, place)) => (Some(*header), *place),
                None => (None, Place::Root),
            };
            let words = place.words();
            let mut statement = Statement::default();
            lexer.statement(words, &mut statement, &mut errors);
            if is_old {
                legacy::lower_case(&mut statement);
            }
            let mut entry = Entry { statement, parent, depth: open.len(), words };
            match entry.statement.terminator {
                Terminator::Semicolon => {}
                Terminator::Open if open.len() == MOST_NESTED => {
                    let message =
                        format!("more than {MOST_NESTED} sections are inside of each other");
                    errors.push(TextError::new(entry.statement.end, message));
                    break;
                }
                Terminator::Open => {
                    let keyword = entry.statement.tokens().next().unwrap_or_default();
                    open.push((entries.len(), place.inner(keyword)));
                }
                Terminator::Close => match open.pop() {
                    Some(_) => entry.depth -= 1,
                    None => {
                        errors.push(TextError::new(entry.statement.end, "this '}' closes nothing"))
                    }
                },
                Terminator::End => break,
            }
            entries.push(entry);
        }
        if errors.is_empty() {
            let lines = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            let lines = std::iter::once(0).chain(lines.map(|(at, _)| at + 1)).collect();
            let tokens = entries.iter().flat_map(|entry| &entry.statement.tokens);
            let long_words = tokens
                .map(|token| token.source.range())
                .filter(|word| source.get(word.clone()).is_some_and(|word| word.contains('\n')))
                .collect();
            Ok(Self { source, dialect, entries, lines, long_words })
        } else {
            Err(errors.into_iter().map(Diagnostic::from).collect())
        }
    }

    /// Where the text starts: behind a byte order mark.
    pub(crate) fn start(&self) -> usize {
        if self.source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
    }

    /// The number of the line of a place, from 1 on.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Whether a place is inside of a word.
    pub(crate) fn is_inside_of_a_word(&self, at: usize) -> bool {
        let next = self.long_words.partition_point(|word| word.start < at);
        let word = next.checked_sub(1).and_then(|word| self.long_words.get(word));
        word.is_some_and(|word| at < word.end)
    }

    /// What is between the words, and before the first and behind the last.
    pub(crate) fn gaps(&self) -> Vec<std::ops::Range<usize>> {
        let mut gaps = Vec::new();
        let mut at = self.start();
        for entry in &self.entries {
            let tokens = entry.statement.tokens.iter().map(|token| token.source);
            for span in tokens.chain([entry.statement.end]) {
                gaps.push(at..span.start as usize);
                at = span.end as usize;
            }
        }
        gaps.push(at..self.source.len());
        gaps
    }

    /// The text of a word of a statement, without quotes; empty where there is none.
    pub(crate) fn word(&self, entry: usize, word: usize) -> &str {
        let Some(Entry { statement, .. }) = self.entries.get(entry) else { return "" };
        let token = statement.tokens.get(word);
        token.and_then(|token| statement.text.get(token.text.range())).unwrap_or_default()
    }

    /// The words of a statement.
    pub(crate) fn words(&self, entry: usize) -> Vec<&str> {
        let count = self.entries.get(entry).map_or(0, |entry| entry.statement.tokens.len());
        (0..count).map(|word| self.word(entry, word)).collect()
    }

    /// The keywords of the sections that a statement is in, from the root on.
    pub(crate) fn path(&self, entry: usize) -> Vec<&str> {
        let mut path = Vec::new();
        let mut at = self.entries.get(entry).and_then(|entry| entry.parent);
        while let Some(header) = at {
            path.push(self.word(header, 0));
            at = self.entries.get(header).and_then(|entry| entry.parent);
        }
        path.reverse();
        path
    }

    /// The statements and headers directly inside of a section; `None` for the root.
    pub(crate) fn children(&self, header: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let from = header.map_or(0, |header| header + 1);
        let depth = header.map_or(0, |header| self.entries.get(header).map_or(0, |e| e.depth + 1));
        let inside = self.entries.get(from..).unwrap_or_default().iter().zip(from..);
        inside
            .take_while(move |(entry, _)| entry.depth >= depth)
            .filter(move |(entry, _)| {
                entry.parent == header && entry.statement.terminator != Terminator::Close
            })
            .map(|(_, index)| index)
    }

    /// The `}` of a section, if the source has it.
    pub(crate) fn close(&self, header: usize) -> Option<usize> {
        let after = self.entries.iter().enumerate().skip(header + 1);
        let mut closing =
            after.filter(|(_, entry)| entry.statement.terminator == Terminator::Close);
        closing.find(|(_, entry)| entry.parent == Some(header)).map(|(index, _)| index)
    }

    /// From the first word of a statement, or of a section's header, up to its `;` or `}`.
    pub(crate) fn span(&self, entry: usize) -> Span {
        let Some(first) = self.entries.get(entry) else { return Span::default() };
        let last = match first.statement.terminator {
            Terminator::Open => self.close(entry).and_then(|close| self.entries.get(close)),
            _ => Some(first),
        };
        let end = last.map_or(self.source.len(), |last| last.statement.end.end as usize);
        Span::new(first.start(), end)
    }
}

impl Entry {
    /// Where its first character is.
    pub(crate) fn start(&self) -> usize {
        self.statement.span().start as usize
    }
}

/// A comment in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'s> {
    /// How many lines end before it, from the word or comment before it on.
    pub(crate) newlines: usize,
    /// From `#` up to the end of its line; several lines when they end with `\`.
    pub(crate) text: &'s str,
}

/// What stands between two words: blanks, ends of lines and comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap<'s> {
    /// The comments.
    pub(crate) comments: Vec<Comment<'s>>,
    /// How many lines end after the last comment.
    pub(crate) newlines: usize,
    /// How many of these end with a `\`.
    pub(crate) continued: usize,
}

impl<'s> Gap<'s> {
    /// Reads what is between two words of a source without errors.
    pub(crate) fn read(text: &'s str) -> Self {
        let bytes = text.as_bytes();
        let mut gap = Self::default();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\n' => {
                    gap.newlines += 1;
                    at += 1;
                }
                b'\\' => match continuation(bytes, at + 1) {
                    Some(after) => {
                        gap.newlines += 1;
                        gap.continued += 1;
                        at = after;
                    }
                    // `\n`, `\r` or `\t`, which separate words.
                    None => at += 2,
                },
                b'#' => {
                    let end = end_of_comment(bytes, at);
                    let text = text.get(at..end).unwrap_or_default();
                    let text = text.trim_end_matches([' ', '\t', '\r']);
                    // The end of the file continues nothing; elsewhere a line that `\` takes in counts, even an empty one.
                    let text = if end == bytes.len() { text.trim_end() } else { text };
                    gap.comments.push(Comment { newlines: gap.newlines, text });
                    (gap.newlines, gap.continued) = (0, 0);
                    at = end;
                }
                _ => at += 1,
            }
        }
        gap
    }
}

/// Where the next line starts when only blanks follow a `\`.
fn continuation(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r') => at += 1,
            Some(b'\n') => return Some(at + 1),
            None => return Some(at),
            Some(_) => return None,
        }
    }
}

fn end_of_comment(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            b'\\' => at = continuation(bytes, at + 1).unwrap_or(at + 1),
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_know_their_statements_and_statements_their_sections() {
        let source = "a; neighbor 192.0.2.1 { b; static { route x { c; } } d; } e { } f";
        assert!(Outline::read(source).is_err());
        let outline = Outline::read(source.trim_end_matches('f')).unwrap();
        let names = |header| -> Vec<&str> {
            outline.children(header).map(|entry| outline.word(entry, 0)).collect()
        };
        assert_eq!(names(None), ["a", "neighbor", "e"]);
        assert_eq!(names(Some(1)), ["b", "static", "d"]);
        assert_eq!(names(Some(3)), ["route"]);
        assert_eq!(outline.path(5), ["neighbor", "static", "route"]);
        assert_eq!(&source[outline.span(3).range()], "static { route x { c; } }");
    }

    #[test]
    fn gaps_keep_comments_and_count_lines() {
        let gap = Gap::read(" # a \\\n b\n\n\t# c \r\n \\\n");
        let comments =
            [Comment { newlines: 0, text: "# a \\\n b" }, Comment { newlines: 2, text: "# c" }];
        assert_eq!(gap, Gap { comments: comments.to_vec(), newlines: 2, continued: 1 });
    }
}
