//! Changes to a text, by place: what is not named stays as it is.

use crate::outline::{Entry, Outline};

/// Changes that were decided upon, in any order.
#[derive(Debug, Default)]
pub(super) struct Edits {
    list: Vec<(usize, usize, String)>,
}

impl Edits {
    /// Replaces these octets.
    pub(super) fn replace(&mut self, range: std::ops::Range<usize>, text: impl Into<String>) {
        self.list.push((range.start, range.end, text.into()));
    }

    /// Whether nothing changes.
    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds text.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// The text with the changes; of two that overlap, the first counts.
    pub(super) fn apply(mut self, source: &str) -> String {
        self.list.sort_by_key(|(start, ..)| *start);
        let mut out = String::with_capacity(source.len() + 64);
        let mut at = 0;
        for (start, end, text) in self.list {
            if start < at {
                continue;
            }
            out.push_str(source.get(at..start).unwrap_or_default());
            out.push_str(&text);
            at = end;
        }
        out.push_str(source.get(at..).unwrap_or_default());
        out
    }
}

/// Where the line of a place starts.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Where the line of a place ends, before its `\n`.
pub(super) fn line_end(source: &str, at: usize) -> usize {
    source.get(at..).and_then(|rest| rest.find('\n')).map_or(source.len(), |newline| at + newline)
}

/// The blanks that the line of a place starts with.
pub(super) fn indent_of(source: &str, at: usize) -> &str {
    let line = source.get(line_start(source, at)..).unwrap_or_default();
    let end = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
    line.get(..end).unwrap_or_default()
}

/// The indentation of one level, as the file has it.
pub(super) fn unit(outline: &Outline<'_>) -> String {
    let inner = outline.entries.iter().filter(|entry| entry.depth == 1);
    for entry in inner {
        let indent = indent_of(outline.source, entry.start());
        if entry.start() == line_start(outline.source, entry.start()) + indent.len()
            && !indent.is_empty()
        {
            return indent.to_owned();
        }
    }
    " ".repeat(crate::format::INDENT)
}

/// Where what belongs to a statement starts: the comments on the lines right before it included. `floor` is where what
/// is before it ends.
pub(super) fn block_start(source: &str, entry: &Entry, floor: usize) -> usize {
    let mut start = line_start(source, entry.start());
    if start < floor {
        return entry.start();
    }
    while start > floor {
        let before = line_start(source, start - 1);
        let line = source.get(before..start).unwrap_or_default();
        if before < floor || !line.trim_start().starts_with('#') {
            break;
        }
        start = before;
    }
    start
}

/// Where what belongs to a statement ends: a comment behind it, and the end of the line, included.
pub(super) fn block_end(source: &str, end: usize) -> usize {
    let line = line_end(source, end);
    let rest = source.get(end..line).unwrap_or_default().trim();
    if rest.is_empty() || rest.starts_with('#') { (line + 1).min(source.len()) } else { end }
}

/// The lines of a text with the indentation `from` replaced by `to`. Lines that start inside of a word stay.
pub(super) fn reindent(
    outline: &Outline<'_>,
    range: std::ops::Range<usize>,
    from: &str,
    to: &str,
) -> String {
    let text = outline.source.get(range.clone()).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = range.start;
    for line in text.split_inclusive('\n') {
        let is_start = at == line_start(outline.source, at);
        let blank = line.trim().is_empty();
        if !is_start || blank || outline.is_inside_of_a_word(at) {
            out.push_str(if blank && is_start {
                line.trim_start_matches([' ', '\t'])
            } else {
                line
            });
        } else {
            match line.strip_prefix(from) {
                Some(rest) => {
                    out.push_str(to);
                    out.push_str(rest);
                }
                None => out.push_str(line),
            }
        }
        at += line.len();
    }
    out
}
