//! `flow { route [NAME] { rd …; match { … } scope { … } then { … } } route …; }`: flow specifications (RFC 8955).

use yottabgp_wire::codes::Family;
use yottabgp_wire::io::tokens::{TextError, Tokens};
use yottabgp_wire::route::rule::{Section as Part, check_section};

use super::static_routes::{end_block, keyword};
use crate::lexer::{Statement, Words as Characters};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::routes::{Form, Routes};
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<Routes> = Section {
    characters: Characters::Routes,
    keywords: &[Keyword {
        name: "route",
        value: "<match>… <action>…",
        default: "",
        help: "a rule in one line",
        read: |words, routes| words.route(Form::Flow, routes),
    }],
    sections: &[Inner {
        name: "route",
        value: "[<name>]",
        help: "a rule, with sections for what it matches and what it does",
        read: read_block,
    }],
    ..Section::new("neighbor/flow")
};

fn read_block(
    parser: &mut Parser<'_>,
    header: &Statement,
    routes: &mut Routes,
) -> Result<(), TextError> {
    skip_name(parser, header);
    parser.shared.routes.start_flow()?;
    end_block(parser, header, &ROUTE, routes);
    Ok(())
}

/// Begins a block of a family with an optional name.
pub(super) fn begin(
    parser: &mut Parser<'_>,
    header: &Statement,
    family: Family,
) -> Result<(), TextError> {
    let mut tokens = skip_name(parser, header);
    while tokens.next().is_some() {}
    parser.shared.routes.start_block_of(family, &mut tokens)
}

fn skip_name<'s>(parser: &mut Parser<'_>, header: &'s Statement) -> Tokens<'s> {
    let mut tokens = header.tokens();
    tokens.next();
    tokens.next();
    parser.ignore_header_words(header, tokens.position());
    tokens
}

/// Reads a statement that has to be one of this section, or of none.
fn statement(section: Option<Part>, words: &mut Words<'_, '_>) -> Result<(), TextError> {
    check_section(section, words.keyword, words.keyword_span)?;
    keyword(words, &mut ())
}

static ROUTE: Section<()> = Section {
    characters: Characters::Routes,
    sections: &[
        Inner {
            name: "match",
            value: "",
            help: "what the rule matches",
            read: |parser, header, none| inner(parser, header, &MATCH, none),
        },
        Inner {
            name: "scope",
            value: "",
            help: "the interfaces that the rule is for",
            read: |parser, header, none| inner(parser, header, &SCOPE, none),
        },
        Inner {
            name: "then",
            value: "",
            help: "what is done with what matches",
            read: |parser, header, none| inner(parser, header, &THEN, none),
        },
    ],
    other: Some(|words, ()| statement(None, words)),
    ..Section::new("neighbor/flow/route")
};

static MATCH: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(|words, ()| statement(Some(Part::Match), words)),
    ..Section::new("neighbor/flow/route/match")
};

static SCOPE: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(|words, ()| statement(Some(Part::Scope), words)),
    ..Section::new("neighbor/flow/route/scope")
};

static THEN: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(|words, ()| statement(Some(Part::Then), words)),
    ..Section::new("neighbor/flow/route/then")
};

fn inner(
    parser: &mut Parser<'_>,
    header: &Statement,
    table: &Section<()>,
    none: &mut (),
) -> Result<(), TextError> {
    parser.ignore_header_words(header, 1);
    parser.section(table, Some(header), none);
    Ok(())
}
