//! What is wrong with a text, where, and how it is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use yottabgp_wire::io::tokens::{Span, TextError};

use crate::secret::masked;

/// A text with a name: a configuration file, or the standard input.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file name, for messages.
    pub name: String,
    /// The content.
    pub text: String,
}

/// A place in a text, counted from 1 as editors do. Columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The line of the end.
    pub end_line: usize,
    /// The column after the last character.
    pub end_column: usize,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is used, but probably not as it was meant, or spelled in an old way.
    Warning,
    /// It can not be used.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The codes of diagnostics, and what each is about.
pub const CODES: &[(&str, &str)] = &[
    ("encoding", "the octets are not UTF-8"),
    ("syntax", "characters, quotes, a missing ';'"),
    ("braces", "sections that are not closed, or closed without being open"),
    ("keyword", "a keyword that is not known there"),
    ("section", "a section that is not known there"),
    ("value", "a value that is wrong, or means something else than it seems to"),
    ("ignored", "words that mean nothing"),
    ("old", "a spelling of an older version"),
    ("dialect", "a file of two versions at once"),
    ("template", "templates and what inherits from them"),
    ("neighbor", "what a neighbor lacks, or what excludes what"),
    ("process", "processes that are named and not there"),
    ("bmp", "a station without routers, or whose routers nobody hears"),
    ("mrt", "files of recordings that are in each other's way, or have nothing"),
    ("route", "a route that can not be sent, or is not read back as it was sent"),
    ("size", "an UPDATE that does not fit in a message"),
    ("next-hop", "a next hop that can not be used"),
    ("print", "what is not the same when it is printed and read again"),
    ("file", "a file that can not be read"),
];

/// The longest message, in octets: a word of a file may have millions.
const LONGEST_MESSAGE: usize = 2000;

/// A message without its middle when it is too long.
fn shortened(message: Cow<'static, str>) -> Cow<'static, str> {
    if message.len() <= LONGEST_MESSAGE {
        return message;
    }
    let head = message.floor_char_boundary(LONGEST_MESSAGE / 2);
    let tail = message.ceil_char_boundary(message.len() - LONGEST_MESSAGE / 2);
    let (head, tail) = (message.get(..head), message.get(tail..));
    format!("{}…{}", head.unwrap_or_default(), tail.unwrap_or_default()).into()
}

/// Something to say about a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is, for programs: one of [`CODES`].
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// What is wrong: names the value.
    pub message: Cow<'static, str>,
    /// How to mend it.
    pub help: Option<Cow<'static, str>>,
    /// Another place that has to do with it, and what it is.
    pub related: Option<(Span, Cow<'static, str>)>,
}

impl From<TextError> for Diagnostic {
    fn from(error: TextError) -> Self {
        let TextError { span, message, help } = error;
        let (message, help) = (shortened(message), help.map(shortened));
        Self { severity: Severity::Error, code: "", span, message, help, related: None }
    }
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        TextError::new(span, message).into()
    }

    /// A warning at `span`.
    pub fn warning(span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// The same with a hint.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(shortened(help.into()));
        self
    }

    /// The same with a code.
    #[must_use]
    pub const fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The same with a second place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<Cow<'static, str>>) -> Self {
        self.related = Some((span, shortened(label.into())));
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// One line: `file:3:5: error: message (help)`.
    pub fn line(&self, source: &Source) -> String {
        let Position { line, column, .. } = source.position(self.span);
        let mut out = String::new();
        let message = self.message.replace('\n', " ");
        let name = &source.name;
        let _ = write!(out, "{name}:{line}:{column}: {}: {message}", self.severity.name());
        if let Some(help) = &self.help {
            let _ = write!(out, " ({})", help.replace('\n', " "));
        }
        out
    }

    /// Several lines: the message, the line of the source with what is wrong underlined, the hint.
    pub fn render(&self, source: &Source, colour: bool) -> String {
        let Some((excerpt, start, line)) = source.excerpt(self.span) else {
            return self.line(source);
        };
        let level = match self.severity {
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let mark = |span: Span, start: usize, excerpt: &str| {
            let clip = |at: u32| excerpt.floor_char_boundary((at as usize).saturating_sub(start));
            clip(span.start)..clip(span.end).max(clip(span.start))
        };
        let place = mark(self.span, start, &excerpt);
        let mut group = Group::with_title(level.primary_title(&*self.message)).element(
            Snippet::source(excerpt)
                .path(&*source.name)
                .line_start(line)
                .annotation(AnnotationKind::Primary.span(place)),
        );
        if let Some((span, label)) = &self.related
            && let Some((excerpt, start, line)) = source.excerpt(*span)
        {
            let mark = mark(*span, start, &excerpt);
            group = group.element(
                Snippet::source(excerpt)
                    .path(&*source.name)
                    .line_start(line)
                    .annotation(AnnotationKind::Context.span(mark).label(&**label)),
            );
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(&**help));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }
}

/// The longest line that is shown.
const LONGEST_LINE: usize = 2048;

impl Source {
    /// A source from the octets of a file. What is not UTF-8 is replaced, and where it is comes as a warning: old files
    /// have comments in other encodings.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> (Self, Option<Diagnostic>) {
        let (text, warning) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let warning = Diagnostic::warning(Span::new(at, at), "this is not UTF-8")
                    .code("encoding")
                    .help("save the file as UTF-8; what can not be read was replaced");
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(warning))
            }
        };
        (Self { name: name.into(), text }, warning)
    }

    /// Lines and columns of a span.
    pub fn position(&self, span: Span) -> Position {
        let (line, column) = self.line_column(span.start as usize);
        let (end_line, end_column) = self.line_column(span.end.max(span.start) as usize);
        Position { line, column, end_line, end_column }
    }

    fn line_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..self.boundary(at)).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(start..).unwrap_or_default();
        (line, column.trim_start_matches('\u{feff}').chars().count() + 1)
    }

    /// The nearest start of a character at or before `at`.
    fn boundary(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at.min(self.text.len()))
    }

    /// The lines that a span is on, where they start and the number of the first; `None` when they are too long to show.
    fn excerpt(&self, span: Span) -> Option<(Cow<'_, str>, usize, usize)> {
        let from = self.boundary(span.start as usize);
        let to = self.boundary(span.end as usize).max(from);
        let start = self.text.get(..from)?.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(to..)?;
        let end = to + rest.find('\n').unwrap_or(rest.len());
        let excerpt = self.text.get(start..end)?;
        let excerpt = excerpt.strip_suffix('\r').unwrap_or(excerpt);
        (excerpt.len() <= LONGEST_LINE).then(|| (masked(excerpt), start, self.line_column(from).0))
    }
}

/// How many diagnostics are shown at most; the rest is counted.
const MOST_SHOWN: usize = 50;

/// All diagnostics as text, errors and warnings in the order of the source.
pub fn render_all(diagnostics: &[Diagnostic], source: &Source, colour: bool) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MOST_SHOWN) {
        let _ = writeln!(out, "{}\n", diagnostic.render(source, colour));
    }
    if let Some(more) = diagnostics.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(out, "and {more} more");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_line_column_and_hint() {
        let source = Source { name: "a.conf".into(), text: "é {\n\tfoo é bar;\r\n}\n".into() };
        let at = source.text.find("bar").unwrap();
        let diagnostic = Diagnostic::error(Span::new(at, at + 3), "'bar' is wrong")
            .help("use 'baz'")
            .related(Span::new(0, 2), "the section starts here");
        assert_eq!(diagnostic.line(&source), "a.conf:2:8: error: 'bar' is wrong (use 'baz')");
        let position = source.position(diagnostic.span);
        assert_eq!((position.end_line, position.end_column), (2, 11));
        let shown = diagnostic.render(&source, false);
        for part in
            ["a.conf:2:8", "foo é bar;", "^^^", "the section starts here", "help: use 'baz'"]
        {
            assert!(shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn any_span_can_be_shown() {
        for text in ["", "é", "\n", "a\nb", "\u{feff}a;"] {
            let source = Source { name: String::new(), text: text.into() };
            for start in 0..6 {
                for end in 0..6 {
                    let diagnostic = Diagnostic::warning(Span { start, end }, "x");
                    assert!(diagnostic.render(&source, true).contains('x'));
                }
            }
        }
    }

    #[test]
    fn other_encodings_are_replaced_and_reported() {
        let (source, warning) = Source::from_bytes("f", b"# caf\xe9\na;".to_vec());
        assert_eq!(source.text, "# caf\u{fffd}\na;");
        assert_eq!(warning.unwrap().span.start, 5);
    }
}
