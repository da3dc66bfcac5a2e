//! `process NAME { … }`: a helper program.

use yottabgp_wire::io::tokens::TextError;
use yottabgp_wire::layout::Layout;

use crate::diagnostic::Diagnostic;
use crate::draft::RootDraft;
use crate::lexer::{Statement, Words as Characters};
use crate::model::{Encoder, Process};
use crate::parser::{Keyword, Parser, Section};
use crate::program;
use crate::slot::{At, Slot};

/// What the section says.
#[derive(Debug, Default)]
pub(crate) struct ProcessDraft {
    run: Slot<Vec<String>>,
    encoder: Slot<Encoder>,
    layout: Slot<Option<Layout>>,
    respawn: Slot<bool>,
}

/// The section.
pub(crate) static TABLE: Section<ProcessDraft> = Section {
    characters: Characters::Plain,
    keywords: &[
        Keyword {
            name: "run",
            value: "<program> [<argument>…]",
            default: "needed",
            help: "the program; no shell is involved, quotes keep words together",
            read: |words, draft| draft.run.read(words, program::read),
        },
        Keyword {
            name: "encoder",
            value: "text | json",
            default: "text",
            help: "the form of the events that it is told",
            read: |words, draft| {
                draft.encoder.read(words, |words| words.choice("choice", ENCODERS))
            },
        },
        Keyword {
            name: "layout",
            value: "3.4 | 4 | 5 | 6",
            default: "that of exabgp.api.json",
            help: "the release of ExaBGP that its events look like",
            read: |words, draft| draft.layout.read(words, |words| words.choice("layout", LAYOUTS)),
        },
        Keyword {
            name: "respawn",
            value: "<boolean>",
            default: "true",
            help: "whether it is started again when it ends",
            read: |words, draft| draft.respawn.read(words, |words| words.boolean()),
        },
    ],
    ..Section::new("process")
};

pub(crate) const LAYOUTS: &[(&str, Option<Layout>)] = &[
    ("3.4", Some(Layout::V3_4)),
    ("4", Some(Layout::V4)),
    ("5", Some(Layout::V5)),
    ("6", Some(Layout::V6)),
];

pub(crate) const ENCODERS: &[(&str, Encoder)] = &[("text", Encoder::Text), ("json", Encoder::Json)];

/// Reads the section.
pub(crate) fn read(
    parser: &mut Parser<'_>,
    header: &Statement,
    root: &mut RootDraft,
) -> Result<(), TextError> {
    let mut tokens = header.tokens();
    tokens.next();
    let name = tokens.next().map(str::to_owned);
    let name_span = tokens.last_span();
    parser.ignore_header_words(header, 2);
    let mut draft = ProcessDraft::default();
    parser.section(&TABLE, Some(header), &mut draft);
    let problems = &mut parser.shared.problems;
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return {
            problems.push(Diagnostic::error(header.end, "the process has no name").help(
                "write 'process NAME {'; neighbors name it in 'api { processes [ NAME ]; }'",
            ));
            Ok(())
        };
    };
    if let Some(other) = root.processes.iter().find(|other| *other.value.name == *name) {
        let message = format!("a process section called \"{name}\" already exists");
        problems.push(
            Diagnostic::error(name_span, message)
                .related(other.span, "the other process")
                .help("give it another name"),
        );
    }
    if draft.run.is_missing() {
        let message = format!("the process \"{name}\" has no 'run'");
        problems.push(
            Diagnostic::error(header.span(), message).help("add 'run /path/to/program argument…;'"),
        );
    }
    let process = Process {
        name: name.into(),
        run: draft.run.or(Vec::new()),
        encoder: draft.encoder.or(Encoder::Text),
        layout: draft.layout.or(None),
        respawn: draft.respawn.or(true),
    };
    root.processes.push(At { value: process, span: header.span() });
    Ok(())
}
