//! `healthcheck NAME { … }`: a service that the daemon checks itself. Its keywords are the options of the command
//! `healthcheck`, from the same table.

use yottabgp_health::announcement::Grammar;
use yottabgp_health::table::{Row, TABLE as OPTIONS, Takes};
use yottabgp_health::{Options, OptionsError};
use yottabgp_wire::io::tokens::{TextError, did_you_mean};

use crate::diagnostic::Diagnostic;
use crate::draft::RootDraft;
use crate::lexer::{Statement, Words as Characters};
use crate::model::Healthcheck;
use crate::parser::{Parser, Section};
use crate::section::{KeywordHelp, root};
use crate::slot::At;
use crate::words::{Words, boolean};

/// What the section says.
#[derive(Debug)]
pub(crate) struct HealthcheckDraft {
    options: Options,
    written: Vec<(&'static str, Option<String>)>,
}

/// The section.
pub(crate) static TABLE: Section<HealthcheckDraft> = Section {
    characters: Characters::Plain,
    other: Some(read_option),
    ..Section::new("healthcheck")
};

/// The options that have a place here.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    OPTIONS.iter().filter(|row| row.is_in_section())
}

/// The keywords, for documents and completion.
pub(crate) fn keywords() -> impl Iterator<Item = KeywordHelp> {
    rows().map(|row| KeywordHelp {
        place: TABLE.place,
        name: row.name,
        value: match row.takes {
            Takes::Nothing => "[<boolean>]",
            Takes::One(value) | Takes::Many(value) | Takes::Maybe(value, _) => value,
        },
        default: match row.takes {
            Takes::Nothing => "false",
            _ => row.default,
        },
        help: row.help,
        section: false,
    })
}

/// Whether a value of this option is a number.
pub(crate) fn is_number(row: &Row) -> bool {
    matches!(row.takes, Takes::One("N" | "M" | "P" | "SECONDS"))
}

fn read_option(words: &mut Words<'_, '_>, draft: &mut HealthcheckDraft) -> Result<(), TextError> {
    let keyword = words.keyword;
    let known = |row: &&Row| row.name == keyword || row.also == Some(keyword);
    let Some(row) = rows().find(known) else { return Err(unknown(words)) };
    if row.takes == Takes::Nothing {
        let on = match words.tokens.next() {
            None => true,
            Some(word) => boolean(word).ok_or_else(|| {
                words.tokens.last_error(format!("'{word}' is not a valid boolean"))
            })?,
        };
        if on {
            set(row, None, words, draft)?;
        }
        return Ok(());
    }
    let mut values = Vec::new();
    while let Some(word) = words.tokens.next() {
        values.push(word.to_owned());
    }
    // `[ a b ]` is a list, which only some of them are.
    let bracketed = values.first().is_some_and(|word| word == "[")
        && values.last().is_some_and(|word| word == "]");
    if bracketed {
        values.pop();
        values.remove(0);
    }
    match row.takes {
        Takes::Many(_) if bracketed => {
            for value in &values {
                set(row, Some(value), words, draft)?;
            }
            return Ok(());
        }
        Takes::One("COMMAND") | Takes::Many("COMMAND") if values.len() > 1 => {
            let error = TextError::new(words.span(), "a command is one word here");
            return Err(error.help(format!("put it into quotes: {keyword} '…';")));
        }
        _ => {}
    }
    let value = (!values.is_empty()).then(|| values.join(" "));
    set(row, value.as_deref(), words, draft)
}

fn set(
    row: &'static Row,
    value: Option<&str>,
    words: &Words<'_, '_>,
    draft: &mut HealthcheckDraft,
) -> Result<(), TextError> {
    let wrong = |error: OptionsError| TextError::new(words.span(), plain(&error));
    row.set(&mut draft.options, value).map_err(wrong)?;
    draft.written.push((row.name, value.map(str::to_owned)));
    Ok(())
}

/// An error without the hyphens of the command line.
fn plain(error: &OptionsError) -> String {
    error.to_string().replace("--", "")
}

fn unknown(words: &Words<'_, '_>) -> TextError {
    let keyword = words.keyword;
    let message = format!("invalid keyword \"{keyword}\" in healthcheck");
    let error = TextError::new(words.keyword_span, message);
    if OPTIONS.iter().any(|row| row.name == keyword) {
        return error.help("it is for the command 'healthcheck' only");
    }
    match did_you_mean(keyword, rows().map(|row| row.name)) {
        Some(near) => error.help(format!("did you mean '{near}'?")),
        None => error.help("'yottabgp healthcheck --help' lists the options, without the hyphens"),
    }
}

/// Reads the section.
pub(crate) fn read(
    parser: &mut Parser<'_>,
    header: &Statement,
    root: &mut RootDraft,
) -> Result<(), TextError> {
    let At { value: name, span } = root::name(header, "healthcheck")?.ok_or_else(|| {
        TextError::new(header.end, "the healthcheck has no name").help("write 'healthcheck NAME {'")
    })?;
    if let Some(other) = root.healthchecks.iter().find(|other| *other.value.name == *name) {
        let message = format!("a healthcheck section called \"{name}\" already exists");
        let error = Diagnostic::error(span, message).related(other.span, "the other one");
        parser.shared.problems.push(error.help("give it another name"));
    }
    parser.ignore_header_words(header, 2);
    let mut draft = HealthcheckDraft {
        options: Options { grammar: Grammar::Own, name: Some(name.clone()), ..Options::default() },
        written: Vec::new(),
    };
    parser.section(&TABLE, Some(header), &mut draft);
    let HealthcheckDraft { options, written } = draft;
    if let Err(error) = options.check() {
        parser.shared.problems.push(Diagnostic::error(header.span(), plain(&error)));
    }
    if options.interval.is_zero() {
        let error = Diagnostic::error(header.span(), "the interval is 0");
        let help = "that ends the check after its first announcement, which a section can not do";
        parser.shared.problems.push(error.help(help));
    }
    let healthcheck = Healthcheck { name: name.into(), options, written };
    root.healthchecks.push(At { value: healthcheck, span: header.span() });
    Ok(())
}
