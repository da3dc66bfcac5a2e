//! `static { … }`: routes, whose grammar is that of the wire crate.

use yottabgp_wire::io::tokens::TextError;

use crate::lexer::{Statement, Words as Characters};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::routes::{Form, Routes};
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<Routes> = Section {
    characters: Characters::Routes,
    keywords: &[
        Keyword {
            name: "route",
            value: "<prefix> <attribute>…",
            default: "",
            help: "a route",
            read: |words, routes| read(words, Form::Route, routes),
        },
        Keyword {
            name: "attributes",
            value: "<attribute>… nlri <prefix>…",
            default: "",
            help: "routes that share their attributes",
            read: |words, routes| read(words, Form::Attributes, routes),
        },
        Keyword {
            name: "attribute",
            value: "<attribute>… nlri <prefix>…",
            default: "",
            help: "another name of attributes",
            read: |words, routes| read(words, Form::Attributes, routes),
        },
        Keyword {
            name: "sr-policy",
            value: "distinguisher <number> color <number> endpoint <ip> next-hop <ip> …",
            default: "",
            help: "a segment routing policy (RFC 9830)",
            read: |words, routes| {
                words.tokens.rewind(0);
                read(words, Form::Statement, routes)
            },
        },
        Keyword {
            name: "family",
            value: "<afi> <safi> 0x<octets> <attribute>…",
            default: "",
            help: "a route of any family, its NLRI in hexadecimal",
            read: |words, routes| {
                words.tokens.rewind(0);
                read(words, Form::Statement, routes)
            },
        },
    ],
    sections: &[Inner {
        name: "route",
        value: "<prefix>",
        help: "a route, with a statement for each attribute",
        read: read_block,
    }],
    routes: Some(|routes| routes),
    ..Section::new("neighbor/static")
};

fn read(words: &mut Words<'_, '_>, form: Form, routes: &mut Routes) -> Result<(), TextError> {
    words.route(form, routes)
}

/// Reads `route PREFIX { … }`. A mistake in it costs the route, not what follows.
fn read_block(
    parser: &mut Parser<'_>,
    header: &Statement,
    routes: &mut Routes,
) -> Result<(), TextError> {
    let mut tokens = header.tokens();
    tokens.next();
    parser.shared.routes.start_block(&mut tokens)?;
    parser.shared.show_notes();
    parser.ignore_header_words(header, tokens.position());
    end_block(parser, header, &BLOCK, routes);
    Ok(())
}

/// Reads the statements of a block that was begun, up to its end, and adds its routes.
pub(super) fn end_block(
    parser: &mut Parser<'_>,
    header: &Statement,
    table: &Section<()>,
    routes: &mut Routes,
) {
    let span = header.tokens().span();
    let errors = parser.shared.problems.errors();
    parser.section(table, Some(header), &mut ());
    if parser.shared.problems.errors() == errors {
        let shared = &mut parser.shared;
        if let Err(error) = shared.routes.end_block(header.end, span, routes) {
            shared.problems.push(error);
        } else {
            shared.check_route(span);
        }
    }
}

/// The statements of a route's block.
static BLOCK: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(keyword),
    ..Section::new("neighbor/static/route")
};

/// Reads a statement of a block by the grammar of routes.
pub(super) fn keyword(words: &mut Words<'_, '_>, (): &mut ()) -> Result<(), TextError> {
    words.tokens.rewind(0);
    words.shared.routes.block_keyword(&mut words.tokens)?;
    words.shared.show_notes();
    Ok(())
}
