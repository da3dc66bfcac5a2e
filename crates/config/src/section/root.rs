//! The file itself: `process`, `template`, `neighbor`.

use yottabgp_wire::io::tokens::{Span, TextError};

use crate::draft::{NeighborDraft, RootDraft, Template};
use crate::lexer::Statement;
use crate::parser::{Inner, Parser, Section};
use crate::section::{bmp, group, healthcheck, mrt, neighbor, process};
use crate::slot::At;

/// The root.
pub(crate) static TABLE: Section<RootDraft> = Section {
    sections: &[
        Inner {
            name: "process",
            value: "<name>",
            help: "a helper program that is told events and sends commands",
            read: process::read,
        },
        Inner {
            name: "healthcheck",
            value: "<name>",
            help: "a service that is checked, and whose addresses are announced while it is well",
            read: healthcheck::read,
        },
        Inner {
            name: "bmp",
            value: "",
            help: "what routers tell of their sessions and tables by BMP",
            read: bmp::read,
        },
        Inner {
            name: "mrt",
            value: "",
            help: "what is recorded of all neighbors, to MRT files",
            read: |parser, header, root| {
                parser.ignore_header_words(header, 1);
                root.mrt.header = Some(header.span());
                parser.section(&mrt::TABLE, Some(header), &mut root.mrt);
                Ok(())
            },
        },
        Inner {
            name: "template",
            value: "",
            help: "neighbors to inherit from",
            read: |parser, header, root| {
                parser.ignore_header_words(header, 1);
                parser.section(&TEMPLATE, Some(header), root);
                Ok(())
            },
        },
        Inner {
            name: "neighbor",
            value: "<ip>[/<prefix>]",
            help: "a BGP peer, or a range of peers",
            read: read_neighbor,
        },
        Inner {
            name: "group",
            value: "<name>",
            help: "ExaBGP 3.4: neighbors, and what they have in common",
            read: group::read,
        },
    ],
    ..Section::new("root")
};

/// `template { … }`
pub(crate) static TEMPLATE: Section<RootDraft> = Section {
    sections: &[Inner {
        name: "neighbor",
        value: "<name>",
        help: "what neighbors that inherit <name> have in common",
        read: read_template,
    }],
    ..Section::new("template")
};

fn read_neighbor(
    parser: &mut Parser<'_>,
    header: &Statement,
    root: &mut RootDraft,
) -> Result<(), TextError> {
    let mut draft = neighbor::read(parser, header);
    group::take_processes(&mut draft, root, parser);
    root.neighbors.push(draft);
    Ok(())
}

fn read_template(
    parser: &mut Parser<'_>,
    header: &Statement,
    root: &mut RootDraft,
) -> Result<(), TextError> {
    let At { value: name, span } = name(header, "template")?.ok_or_else(|| {
        TextError::new(header.end, "the template has no name").help("write 'neighbor NAME {'")
    })?;
    if let Some(other) = root.templates.iter().find(|other| other.name == name) {
        let message = format!("the name \"{name}\" already exists in template-neighbor");
        let error =
            crate::Diagnostic::error(span, message).related(other.span, "the other template");
        parser.shared.problems.push(error.help("give it another name"));
    }
    parser.ignore_header_words(header, 2);
    let mut draft = NeighborDraft { header: header.span(), ..NeighborDraft::default() };
    parser.section(&neighbor::TABLE, Some(header), &mut draft);
    root.templates.push(Template { name, span: header.span(), neighbor: draft });
    Ok(())
}

/// The second word of a header, which may only have letters, digits, `.`, `-` and `_`.
pub(crate) fn name(header: &Statement, of: &'static str) -> Result<Option<At<String>>, TextError> {
    let mut tokens = header.tokens();
    tokens.next();
    let span: Span = tokens.span();
    let Some(word) = tokens.next() else { return Ok(None) };
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if word.is_empty() || !word.chars().all(good) {
        let message = format!("invalid character in the {of} name \"{word}\"");
        return Err(TextError::new(span, message).help("use letters, digits, '.', '-' and '_'"));
    }
    Ok(Some(At { value: word.to_owned(), span }))
}
