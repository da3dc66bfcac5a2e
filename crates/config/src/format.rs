//! A configuration in the usual layout: indented, one statement a line, everything else as it was.
//!
//! Words, comments, their order, and where statements are continued on the next line stay as they are; blanks, indentation
//! and the number of empty lines are made regular. What comes out is read again and compared with what went in, so that
//! nothing can be lost.

use std::iter::repeat_n;

use crate::diagnostic::{Diagnostic, Source};
use crate::dialect::{self, Dialect};
use crate::lexer::{Terminator, Words};
use crate::outline::{Comment, Gap, Outline};

/// The blanks of a level when nothing else is asked for.
pub const INDENT: usize = 4;

/// The longest line of a section that is kept on one, in characters.
const WIDTH: usize = 100;

/// The text in the usual layout, each section indented by `indent` blanks. Sections with a single short statement stay
/// on one line if they are.
///
/// # Errors
///
/// What can not be read: characters and braces. Keywords and values do not matter. And a file whose lines decide for which
/// version of ExaBGP it is taken.
pub fn format(source: &Source, indent: usize) -> Result<String, Vec<Diagnostic>> {
    let outline = Outline::read(&source.text)?;
    let text = Writer { out: String::with_capacity(source.text.len()), indent, fresh: true }
        .write(&outline);
    if dialect::of(&text).dialect != outline.dialect {
        let error = Diagnostic::error(
            yottabgp_wire::io::tokens::Span::default(),
            "with its lines laid out, this would be taken for a file of another version of ExaBGP",
        );
        return Err(vec![error.code("dialect").help("remove the '\\' before a ';'")]);
    }
    if !Outline::read(&text).is_ok_and(|again| same(&outline, &again)) {
        let error = Diagnostic::error(
            yottabgp_wire::io::tokens::Span::default(),
            "this can not be laid out without changing what it says",
        );
        return Err(vec![error.help("this is a defect: please report it with the file")]);
    }
    Ok(text)
}

/// Whether two sources have the same words and comments.
fn same(a: &Outline<'_>, b: &Outline<'_>) -> bool {
    let words = |outline: &Outline<'_>| -> Vec<(String, Vec<bool>, Terminator)> {
        let entries = outline.entries.iter().map(|entry| &entry.statement);
        entries
            .map(|s| {
                let quoted = s.tokens.iter().map(|token| token.quoted).collect();
                // On a line of its own, the old password is one word, quoted or not: the same words.
                let is_password =
                    outline.dialect == Dialect::ExaBgp34 && s.text.starts_with("md5 ");
                let quoted = if is_password { Vec::new() } else { quoted };
                (s.text.clone(), quoted, s.terminator)
            })
            .collect()
    };
    a.dialect == b.dialect && words(a) == words(b) && comments(a) == comments(b)
}

/// The comments of a source.
fn comments(outline: &Outline<'_>) -> Vec<String> {
    let gaps = outline.gaps().into_iter();
    let gaps = gaps.map(|gap| Gap::read(outline.source.get(gap).unwrap_or_default()));
    gaps.flat_map(|gap| gap.comments).map(|comment| comment.text.to_owned()).collect()
}

struct Writer {
    out: String,
    indent: usize,
    /// Whether nothing of a section, or of the file, is written yet: no empty line is wanted here.
    fresh: bool,
}

impl Writer {
    fn write(mut self, outline: &Outline<'_>) -> String {
        let mut at = outline.start();
        let mut depth = 0;
        let mut joined = None;
        for (index, entry) in outline.entries.iter().enumerate() {
            let statement = &entry.statement;
            let closes = statement.terminator == Terminator::Close;
            let gap = Gap::read(outline.source.get(at..entry.start()).unwrap_or_default());
            at = statement.end.end as usize;
            if joined.is_some_and(|close| index <= close) {
                self.out.push(' ');
            } else {
                self.comments(&gap.comments, depth);
                // The `}` of an empty section stays beside its `{`.
                let empty = closes
                    && statement.tokens.is_empty()
                    && gap.comments.is_empty()
                    && entry.parent.is_some_and(|header| header + 1 == index)
                    && self.out.ends_with('{');
                if empty {
                    self.out.push(' ');
                } else {
                    let inner = closes && !statement.tokens.is_empty();
                    let blank = gap.newlines > 1 && (!closes || inner);
                    self.line(blank, if inner { depth } else { entry.depth });
                }
            }
            let moved = self.statement(outline, index);
            self.fresh = false;
            match statement.terminator {
                Terminator::Open => {
                    depth += 1;
                    self.fresh = true;
                    self.comments(&moved, depth);
                    if joined.is_none_or(|close| close < index) {
                        joined = one_line(outline, index, self.column());
                    }
                }
                Terminator::Close => depth = depth.saturating_sub(1),
                Terminator::Semicolon | Terminator::End => {}
            }
        }
        let gap = Gap::read(outline.source.get(at..).unwrap_or_default());
        self.comments(&gap.comments, depth);
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        if self.out.starts_with('\u{feff}') {
            // A word may start with what would be a byte order mark at the start of a file.
            self.out.insert(0, '\n');
        }
        self.out
    }

    /// The characters of the line so far.
    fn column(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |newline| newline + 1);
        self.out.get(line..).unwrap_or_default().chars().count()
    }

    /// Begins a line.
    fn line(&mut self, blank: bool, depth: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        if blank && !self.fresh {
            self.out.push('\n');
        }
        self.out.extend(repeat_n(' ', depth.saturating_mul(self.indent)));
        self.fresh = false;
    }

    /// Writes comments between statements: on the line of what is before, or on lines of their own.
    fn comments(&mut self, comments: &[Comment<'_>], depth: usize) {
        for comment in comments {
            if comment.newlines == 0 && !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push(' ');
            } else {
                self.line(comment.newlines > 1, depth);
            }
            self.out.push_str(comment.text);
            // Whatever follows is on another line.
            self.out.push('\n');
        }
    }

    /// Writes a statement; returns the comments before its `{`, which are to be written behind it.
    fn statement<'s>(&mut self, outline: &Outline<'s>, index: usize) -> Vec<Comment<'s>> {
        let Some(entry) = outline.entries.get(index) else { return Vec::new() };
        let statement = &entry.statement;
        let inside = entry.depth + 1;
        let mut last: Option<usize> = None;
        for token in &statement.tokens {
            let source = token.source;
            if let Some(last) = last {
                let between = outline.source.get(last..source.start as usize).unwrap_or_default();
                let gap = Gap::read(between);
                let comma = entry.words != Words::Plain
                    && !token.quoted
                    && statement.text.get(token.text.range()) == Some(",");
                self.between(&gap, comma, inside);
            }
            self.out.push_str(outline.source.get(source.range()).unwrap_or_default());
            last = Some(source.end as usize);
        }
        let between = last.and_then(|last| outline.source.get(last..statement.end.start as usize));
        let mut gap = Gap::read(between.unwrap_or_default());
        let mut moved = Vec::new();
        if statement.terminator == Terminator::Open {
            moved = std::mem::take(&mut gap.comments);
            gap.newlines = 0;
            if let Some(first) = moved.first_mut() {
                first.newlines = 0;
            }
        }
        if gap.comments.is_empty() {
            gap.newlines = 0;
        }
        if last.is_some() {
            self.between(&gap, statement.terminator == Terminator::Semicolon, inside);
        }
        self.out.push(match statement.terminator {
            Terminator::Open => '{',
            Terminator::Close => '}',
            Terminator::Semicolon | Terminator::End => ';',
        });
        moved
    }

    /// Writes what is between two words of a statement; `close` when the second follows the first without a blank.
    fn between(&mut self, gap: &Gap<'_>, close: bool, depth: usize) {
        for comment in &gap.comments {
            if comment.newlines == 0 && !self.out.ends_with('\n') {
                self.out.push(' ');
            } else {
                self.continued(depth);
            }
            self.out.push_str(comment.text);
            self.out.push('\n');
        }
        if !gap.comments.is_empty() || gap.newlines > gap.continued {
            self.continued(depth);
        } else if gap.newlines > 0 {
            self.out.push_str(" \\");
            self.continued(depth);
        } else if !close {
            self.out.push(' ');
        }
    }

    /// Begins another line of a statement.
    fn continued(&mut self, depth: usize) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(repeat_n(' ', depth.saturating_mul(self.indent)));
    }
}

/// The `}` of a section that stays on the line of its header, of which `column` characters are written: it is on one
/// line, and has a single statement.
fn one_line(outline: &Outline<'_>, header: usize, column: usize) -> Option<usize> {
    let [open, child, close] = outline.entries.get(header..header + 3)? else { return None };
    let closed = close.parent == Some(header)
        && close.statement.terminator == Terminator::Close
        && close.statement.tokens.is_empty()
        && child.statement.terminator == Terminator::Semicolon;
    let line = outline.source.get(open.start()..close.statement.end.end as usize)?;
    let words = child.statement.tokens.iter().map(|token| {
        let word = outline.source.get(token.source.range()).unwrap_or_default();
        word.chars().count() + 1
    });
    let fits = column + words.sum::<usize>() + " ; }".len() <= WIDTH;
    (closed && !line.contains('\n') && fits).then_some(header + 2)
}

/// Lays out any octets, and checks that nothing changes but the layout: the target of fuzzers and property tests.
///
/// # Panics
///
/// When something is wrong with this module.
#[doc(hidden)]
#[expect(clippy::panic, reason = "it exists to find defects")]
pub fn fuzz(octets: &[u8]) {
    use crate::{Environment, loader::Offline, parse};
    let (source, _) = Source::from_bytes("fuzz", octets.to_vec());
    let text = match format(&source, INDENT) {
        Ok(text) => text,
        Err(errors) => {
            // Only what can not be read is refused, or what its layout makes a file of one version.
            let is_layout = errors.iter().all(|error| error.code == "dialect");
            if !is_layout && Outline::read(&source.text).is_ok() {
                panic!("refused for no reason: {:?}", source.text);
            }
            return;
        }
    };
    let formatted = Source { name: "formatted".into(), text };
    match format(&formatted, INDENT) {
        Ok(again) if again == formatted.text => {}
        Ok(again) => panic!("not stable:\n{}\n{again}", formatted.text),
        Err(_) => panic!("not read again: {}", formatted.text),
    }
    let environment = Environment::default();
    let before = parse(&source, &Offline, &environment).map(|(configuration, _)| configuration);
    let after = parse(&formatted, &Offline, &environment).map(|(configuration, _)| configuration);
    let same = match (before, after) {
        (Ok(before), Ok(after)) => before == after,
        (before, after) => before.is_err() == after.is_err(),
    };
    if !same {
        panic!("it means something else now:\n{}\n{}", source.text, formatted.text);
    }
}
