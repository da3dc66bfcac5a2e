//! `flow { route [NAME] { rd …; match { … } scope { … } then { … } } route …; }`: flow specifications (RFC 8955).

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::tokens::TextError;

use super::static_routes::{end_block, keyword};
use crate::lexer::{Statement, Words as Characters};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::routes::{Form, Routes};

/// What a rule starts as: IPv6 prefixes and route distinguishers make another family of it.
const FLOW: Family = Family::new(Afi::IPV4, Safi::FLOW);

/// The section.
pub(crate) static TABLE: Section<Routes> = Section {
    characters: Characters::Routes,
    keywords: &[Keyword {
        name: "route",
        value: "<match>… <action>…",
        default: "",
        help: "a rule in one line",
        read: |words, routes| words.route(Form::Of(FLOW), routes),
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
    begin(parser, header, FLOW)?;
    end_block(parser, header, &ROUTE, routes);
    Ok(())
}

/// Begins a block with an optional name.
pub(super) fn begin(
    parser: &mut Parser<'_>,
    header: &Statement,
    family: Family,
) -> Result<(), TextError> {
    let mut tokens = header.tokens();
    tokens.next();
    tokens.next();
    parser.ignore_header_words(header, tokens.position());
    while tokens.next().is_some() {}
    parser.shared.routes.start_block_of(family, &mut tokens)
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
    other: Some(keyword),
    ..Section::new("neighbor/flow/route")
};

static MATCH: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(keyword),
    ..Section::new("neighbor/flow/route/match")
};

static SCOPE: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(keyword),
    ..Section::new("neighbor/flow/route/scope")
};

static THEN: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(keyword),
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
