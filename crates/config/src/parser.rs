//! Sections: which statements and sections are in which, and how to go on after a mistake.
//!
//! A mistake costs its statement, or its whole section when it is in the header; everything else is still read, so that
//! one run reports every mistake.

use yottabgp_wire::io::tokens::{Span, TextError, did_you_mean};

use crate::diagnostic::Diagnostic;
use crate::dialect::{Detected, Dialect};
use crate::environment::Environment;
use crate::known::{Known, Passages};
use crate::legacy;
use crate::lexer::{Lexer, Statement, Terminator, Words as Characters};
use crate::loader::Loader;
use crate::problems::Problems;
use crate::repeat::Repeats;
use crate::routes::{RouteReader, Routes};
use crate::words::Words;

/// What a whole run shares.
pub(crate) struct Shared<'p> {
    /// What is wrong so far.
    pub(crate) problems: Problems,
    /// The machine.
    pub(crate) loader: &'p dyn Loader,
    /// The settings of the process.
    pub(crate) environment: &'p Environment,
    /// The source, to quote from.
    pub(crate) source: &'p str,
    /// What the words mean.
    pub(crate) dialect: Dialect,
    /// Reads routes.
    pub(crate) routes: RouteReader,
}

impl Shared<'_> {
    /// Shows what is probably not meant of the route read last, whose statement is at `span`.
    pub(crate) fn check_route(&mut self, span: Span) {
        if self.routes.withdraws_in_vain() {
            let message = "'withdraw' means nothing without 'watchdog': the route is announced";
            let warning = Diagnostic::warning(span, message);
            self.problems.push(warning.help("add 'watchdog NAME', or remove the route"));
        }
        if self.routes.matches_everything() {
            let message = "this rule has no match: it is for every packet";
            let warning = Diagnostic::warning(span, message);
            self.problems.push(warning.help("add what it matches; 'destination 0.0.0.0/0' says the same to everybody who reads the file"));
        }
    }

    /// Shows what the grammar of routes noted of the words read last.
    pub(crate) fn show_notes(&mut self) {
        if !self.routes.has_notes() {
            return;
        }
        for note in self.routes.notes() {
            let mut warning = Diagnostic::from(note.text);
            warning.severity = crate::diagnostic::Severity::Warning;
            self.problems.push_old(note.construct, warning);
        }
    }
}

impl std::fmt::Debug for Shared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("problems", &self.problems).finish_non_exhaustive()
    }
}

/// A cursor over the statements of a source.
#[derive(Debug)]
pub(crate) struct Parser<'p> {
    /// What a whole run shares.
    pub(crate) shared: Shared<'p>,
    lexer: Lexer<'p>,
    errors: Vec<TextError>,
    unclosed: bool,
    repeats: Repeats<'p>,
    /// What an earlier reading said; `None` where nobody asks for it.
    passages: Option<Passages<'p>>,
}

/// One keyword: a row of the table of its section.
#[derive(Debug)]
pub(crate) struct Keyword<T: 'static> {
    /// The keyword.
    pub(crate) name: &'static str,
    /// What follows it.
    pub(crate) value: &'static str,
    /// What holds without it.
    pub(crate) default: &'static str,
    /// What it is for, in one line.
    pub(crate) help: &'static str,
    /// Reads what follows it.
    pub(crate) read: Read<T>,
}

/// A function that reads a statement.
pub(crate) type Read<T> = fn(&mut Words<'_, '_>, &mut T) -> Result<(), TextError>;

/// A section inside of another: a row of the table of the outer one.
#[derive(Debug)]
pub(crate) struct Inner<T: 'static> {
    /// The keyword.
    pub(crate) name: &'static str,
    /// What may be between the keyword and `{`.
    pub(crate) value: &'static str,
    /// What it is for, in one line.
    pub(crate) help: &'static str,
    /// Reads it; the header is still to be checked. An error skips the section.
    pub(crate) read: fn(&mut Parser<'_>, &Statement, &mut T) -> Result<(), TextError>,
}

/// The table of a section.
#[derive(Debug)]
pub(crate) struct Section<T: 'static> {
    /// Where it is: `neighbor/capability`; `root` for the file itself.
    pub(crate) place: &'static str,
    /// Which characters separate its words.
    pub(crate) characters: Characters,
    /// Its statements.
    pub(crate) keywords: &'static [Keyword<T>],
    /// Its sections.
    pub(crate) sections: &'static [Inner<T>],
    /// Reads a statement whose keyword is in no row, when the words are not known here one by one.
    pub(crate) other: Option<Read<T>>,
    /// A section all of whose statements and sections are also in this one.
    pub(crate) base: Option<&'static Self>,
    /// What its routes are added to: statements that repeat an earlier one are then read by [`crate::repeat`].
    pub(crate) routes: Option<fn(&mut T) -> &mut Routes>,
}

impl<T: 'static> Section<T> {
    /// A section without any row.
    pub(crate) const fn new(place: &'static str) -> Self {
        Self {
            place,
            characters: Characters::Lists,
            keywords: &[],
            sections: &[],
            other: None,
            base: None,
            routes: None,
        }
    }

    fn keywords(&self) -> impl Iterator<Item = &'static Keyword<T>> + Clone + use<T> {
        self.keywords.iter().chain(self.base.into_iter().flat_map(|base| base.keywords))
    }

    fn sections(&self) -> impl Iterator<Item = &'static Inner<T>> + Clone + use<T> {
        self.sections.iter().chain(self.base.into_iter().flat_map(|base| base.sections))
    }
}

/// What there was before a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    /// Where the lexer was.
    pub(crate) position: usize,
    /// How many routes the list had.
    pub(crate) routes: usize,
    /// How many lists were complete.
    pub(crate) lists: usize,
    /// How many problems were known.
    pub(crate) problems: u64,
    /// The same, with those that were not worth to be said.
    pub(crate) noticed: u64,
}

/// The names of the sections at the root, for the hint about a forgotten `}`.
const ROOT_SECTIONS: [&str; 7] =
    ["neighbor", "process", "healthcheck", "bmp", "mrt", "template", "group"];

impl<'p> Parser<'p> {
    /// At the start of `text`.
    pub(crate) fn new(
        text: &'p str,
        detected: Detected,
        problems: Problems,
        loader: &'p dyn Loader,
        environment: &'p Environment,
    ) -> Self {
        let lexer = Lexer::new(text);
        let dialect = detected.dialect;
        Self {
            shared: Shared {
                problems,
                loader,
                environment,
                source: text,
                dialect,
                routes: RouteReader::new(detected),
            },
            lexer: if dialect == Dialect::ExaBgp34 { lexer.of_exabgp_3_4() } else { lexer },
            errors: Vec::new(),
            unclosed: false,
            repeats: Repeats::default(),
            passages: None,
        }
    }

    /// Takes over what an earlier reading said. The places of statements with routes are not kept then.
    pub(crate) fn knowing(mut self, known: &'p Known, detected: Detected) -> Self {
        self.passages = Some(Passages::new(known, detected));
        self
    }

    /// Reads one statement and reports what is wrong with its characters.
    pub(crate) fn statement(&mut self, characters: Characters, out: &mut Statement) -> Terminator {
        self.lexer.statement(characters, out, &mut self.errors);
        self.shared.problems.extend(self.errors.drain(..));
        if self.shared.dialect == Dialect::ExaBgp34 {
            legacy::lower_case(out);
        }
        out.terminator
    }

    /// Reads the statements of a section up to its `}`; `header` is the statement that opened it, `None` at the root.
    pub(crate) fn section<T>(
        &mut self,
        table: &Section<T>,
        header: Option<&Statement>,
        target: &mut T,
    ) {
        let mut statement = Statement::default();
        while !self.shared.problems.are_too_many() {
            let before = table.routes.map(|routes| self.repeat(table.place, routes(target)));
            match self.statement(table.characters, &mut statement) {
                Terminator::Semicolon => self.command(table, &statement, target),
                Terminator::Open => self.inner(table, &statement, target),
                Terminator::Close => {
                    if !statement.tokens.is_empty() {
                        self.unfinished(table, &statement, target);
                    }
                    if header.is_some() {
                        return;
                    }
                    let message = "this '}' closes nothing";
                    let help = "remove it, or look for a '}' too many before it; ExaBGP ignores the rest of the file";
                    let error = Diagnostic::error(statement.end, message).code("braces");
                    self.shared.problems.push(error.help(help));
                }
                Terminator::End => {
                    if let Some(header) = header {
                        self.not_closed(header, statement.end);
                    }
                    return;
                }
            }
            if let (Some(before), Some(routes)) = (before, table.routes) {
                self.note(table.place, before, routes(target));
            }
            if let (Some(before), Some(routes)) = (before, table.routes)
                && before.problems == self.shared.problems.pushed()
                && self.shared.routes.says_the_same_of_any_prefix()
            {
                let routes = routes(target).open();
                self.repeats.learn(table.place, &self.lexer, before, routes);
            }
        }
    }

    /// Reads the statements that say the same as an earlier one of another prefix, up to the first that does not.
    fn repeat(&mut self, place: &'static str, routes: &mut Routes) -> Before {
        loop {
            if let Some(passages) = &mut self.passages {
                let open = routes.open();
                open.forget_spans();
                self.repeats.name(open);
                passages.take_over(place, &mut self.lexer, open, &mut self.shared.routes);
            }
            if !self.repeats.read(place, &mut self.lexer, routes, self.passages.as_mut()) {
                break;
            }
        }
        Before {
            position: self.lexer.position(),
            routes: routes.open().len(),
            lists: routes.complete(),
            problems: self.shared.problems.pushed(),
            noticed: self.shared.problems.noticed(),
        }
    }

    /// A statement was read: it is part of a passage when it added routes and there is nothing to say about it.
    fn note(&mut self, place: &'static str, before: Before, routes: &mut Routes) {
        let Some(passages) = &mut self.passages else { return };
        let is_quiet = before.noticed == self.shared.problems.noticed();
        let is_whole = before.lists == routes.complete();
        let (source, open) = (self.lexer.source().as_bytes(), routes.open());
        if is_quiet && is_whole && open.len() > before.routes {
            let statement = before.position..self.lexer.position();
            passages.read(place, source, statement, open, before.routes);
        } else {
            self.repeats.name(open);
            passages.skip(source, open);
        }
    }

    /// The text ended inside of a section: said once, about the innermost.
    pub(crate) fn not_closed(&mut self, header: &Statement, end: Span) {
        if !self.unclosed {
            self.unclosed = true;
            let message = "the file ends before the '}' of a section";
            // ExaBGP 3.4 refuses such a file; later versions take it.
            let problem = match self.shared.dialect {
                Dialect::ExaBgp34 => Diagnostic::error(end, message),
                _ => Diagnostic::warning(end, message),
            };
            let problem = problem
                .code("braces")
                .related(header.span().to(header.end), "this section is not closed")
                .help("add '}'");
            self.shared.problems.push(problem);
        }
    }

    /// Words before a `}`: a statement without its `;`. ExaBGP drops it, so that what is wrong with it is no error.
    fn unfinished<T>(&mut self, table: &Section<T>, statement: &Statement, target: &mut T) {
        self.warn_unfinished(statement);
        let mark = self.shared.problems.mark();
        self.command(table, statement, target);
        self.shared.problems.soften(mark);
    }

    /// Says that a statement ends with `}` and not with `;`.
    pub(crate) fn warn_unfinished(&mut self, statement: &Statement) {
        let warning = Diagnostic::warning(statement.span(), "this statement does not end with ';'")
            .code("syntax")
            .help("add ';' before the '}'; ExaBGP ignores the statement");
        self.shared.problems.push(warning);
    }

    fn command<T>(&mut self, table: &Section<T>, statement: &Statement, target: &mut T) {
        let mut tokens = statement.tokens();
        let keyword_span = tokens.span();
        let Some(keyword) = tokens.next() else {
            let error =
                Diagnostic::error(statement.end, "this ';' ends no statement").help("remove it");
            return self.shared.problems.push(error.code("syntax"));
        };
        let mut words = Words { tokens, keyword, keyword_span, shared: &mut self.shared };
        let row = table.keywords().find(|row| row.name == keyword);
        let read = row.map(|row| row.read).or(table.other);
        let result = match read {
            Some(read) => read(&mut words, target),
            None => Err(unknown_keyword(table, keyword, keyword_span)),
        };
        let code = if read.is_none() { "keyword" } else { "" };
        match result {
            Ok(()) if !words.tokens.is_done() => {
                let span = words.tokens.span().to(statement.end);
                let span = Span { end: span.end.saturating_sub(1).max(span.start), ..span };
                let message = format!("what follows the value of '{keyword}' is ignored");
                let warning =
                    Diagnostic::warning(span, message).help("remove it, or quote the value");
                self.shared.problems.push(warning.code("ignored"));
            }
            Ok(()) => {}
            Err(error) => self.shared.problems.push(Diagnostic::from(error).code(code)),
        }
    }

    fn inner<T>(&mut self, table: &Section<T>, header: &Statement, target: &mut T) {
        let keyword = header.tokens().next().unwrap_or_default();
        let result = match table.sections().find(|row| row.name == keyword) {
            Some(row) => (row.read)(self, header, target),
            None => Err(unknown_section(table, keyword, header)),
        };
        if let Err(error) = result {
            let known = table.sections().any(|row| row.name == keyword);
            let code = if known { "" } else { "section" };
            self.shared.problems.push(Diagnostic::from(error).code(code));
            self.skip(header);
        }
    }

    /// Skips a section that was opened.
    pub(crate) fn skip(&mut self, header: &Statement) {
        let mut statement = Statement::default();
        let mut depth = 1u32;
        while depth > 0 {
            self.lexer.statement(Characters::Lists, &mut statement, &mut self.errors);
            self.errors.clear();
            match statement.terminator {
                Terminator::Open => depth = depth.saturating_add(1),
                Terminator::Close => depth -= 1,
                Terminator::Semicolon => {}
                Terminator::End => return self.not_closed(header, statement.end),
            }
        }
    }

    /// Says that the words of a section's header from `at` on are ignored.
    pub(crate) fn ignore_header_words(&mut self, header: &Statement, from: usize) {
        if let (Some(first), Some(last)) = (header.tokens.get(from), header.tokens.last()) {
            let span = first.source.to(last.source);
            let warning =
                Diagnostic::warning(span, "these words mean nothing here and are ignored");
            self.shared.problems.push(warning.code("ignored").help("remove them"));
        }
    }
}

fn unknown_keyword<T>(table: &Section<T>, keyword: &str, span: Span) -> TextError {
    let place = table.place;
    if keyword.is_empty() || table.sections().any(|row| row.name == keyword) {
        return TextError::new(
            span,
            format!("'{keyword}' is a section of {place}, not a statement"),
        )
        .help(format!("write '{keyword} {{ … }}'"));
    }
    let error = TextError::new(span, format!("invalid keyword \"{keyword}\" in {place}"));
    if let Some(hint) = legacy::hint(keyword) {
        return error.help(hint);
    }
    let names = table.keywords().map(|row| row.name);
    let all = names.clone().chain(table.sections().map(|row| row.name));
    match did_you_mean(keyword, all.clone()) {
        Some(near) => error.help(format!("did you mean '{near}'?")),
        None => error.help(format!("valid here: {}", sorted(all))),
    }
}

fn unknown_section<T>(table: &Section<T>, keyword: &str, header: &Statement) -> TextError {
    let (place, span) = (table.place, header.tokens().span());
    if table.keywords().any(|row| row.name == keyword) {
        return TextError::new(header.end, format!("'{keyword}' is a statement, not a section"))
            .help(format!("write '{keyword} …;'"));
    }
    let error = TextError::new(span, format!("section {keyword} is invalid in {place}"));
    if place != "root" && ROOT_SECTIONS.contains(&keyword) {
        return error.help("is the '}' of the section before it missing?");
    }
    let names = table.sections().map(|row| row.name);
    match did_you_mean(keyword, names.clone()) {
        Some(near) => error.help(format!("did you mean '{near}'?")),
        None if table.sections().next().is_none() => error.help("there are no sections here"),
        None => error.help(format!("valid sections here: {}", sorted(names))),
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.join(", ")
}
