//! `api [NAME] { … }`: which processes are told what.

use yottabgp_wire::io::tokens::TextError;

use crate::draft::ApiDraft;
use crate::model::MessageFlags;
use crate::parser::{Inner, Keyword, Section};
use crate::slot::At;
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<ApiDraft> = Section {
    keywords: &[
        Keyword {
            name: "processes",
            value: "[ <process>… ]",
            default: "none",
            help: "the processes that are told what follows, and may command this neighbor",
            read: processes,
        },
        Keyword {
            name: "processes-match",
            value: "[ <regular expression>… ]",
            default: "none",
            help: "the same for the processes whose name starts with a match",
            read: processes_match,
        },
        Keyword {
            name: "neighbor-changes",
            value: "<boolean>",
            default: "false",
            help: "when the session goes up or down",
            read: |words, draft| draft.neighbor_changes.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "negotiated",
            value: "<boolean>",
            default: "false",
            help: "what the OPENs agreed upon",
            read: |words, draft| draft.negotiated.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "fsm",
            value: "<boolean>",
            default: "false",
            help: "each state of the session",
            read: |words, draft| draft.fsm.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "signal",
            value: "<boolean>",
            default: "false",
            help: "signals that we are sent",
            read: |words, draft| draft.signal.read(words, |words| words.boolean()),
        },
    ],
    sections: &[
        Inner {
            name: "receive",
            value: "",
            help: "which messages of the peer, and in what form",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&RECEIVE, Some(header), &mut draft.receive);
                Ok(())
            },
        },
        Inner {
            name: "send",
            value: "",
            help: "which messages to the peer, and in what form",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&SEND, Some(header), &mut draft.send);
                Ok(())
            },
        },
    ],
    ..Section::new("neighbor/api")
};

/// `receive { … }`
pub(crate) static RECEIVE: Section<MessageFlags> =
    Section { keywords: FLAGS, ..Section::new("neighbor/api/receive") };

/// `send { … }`
pub(crate) static SEND: Section<MessageFlags> =
    Section { keywords: FLAGS, ..Section::new("neighbor/api/send") };

const FLAGS: &[Keyword<MessageFlags>] = &[
    flag("parsed", "messages in decoded form"),
    flag("packets", "messages in hexadecimal"),
    flag("consolidate", "both forms in one event"),
    flag("open", "OPEN messages"),
    flag("update", "UPDATE messages"),
    flag("notification", "NOTIFICATION messages"),
    flag("keepalive", "KEEPALIVE messages"),
    flag("refresh", "ROUTE-REFRESH messages"),
    flag("operational", "OPERATIONAL messages"),
    Keyword {
        name: "updates",
        value: "<boolean>",
        default: "false",
        help: "ExaBGP 3.4: update",
        read: |words, flags| {
            let on = words.boolean()?;
            crate::legacy::spelling("updates", "update;", words);
            flags.set(MessageFlags::UPDATE, on);
            Ok(())
        },
    },
];

const fn flag(name: &'static str, help: &'static str) -> Keyword<MessageFlags> {
    Keyword { name, value: "<boolean>", default: "false", help, read: read_flag }
}

fn read_flag(words: &mut Words<'_, '_>, flags: &mut MessageFlags) -> Result<(), TextError> {
    let on = words.boolean()?;
    if let Some((_, flag)) = MessageFlags::NAMED.iter().find(|(name, _)| *name == words.keyword) {
        flags.set(*flag, on);
    }
    Ok(())
}

fn names(words: &mut Words<'_, '_>, what: &'static str) -> Result<Vec<At<String>>, TextError> {
    if !words.tokens.is_done() && words.tokens.peek() != Some("[") {
        words.warn(
            format!("{} has no brackets, which ExaBGP refuses", words.keyword),
            "write [ process1, process2 ]",
        );
    }
    let mut names = Vec::new();
    let result = words.tokens.list(what, |tokens| {
        let span = tokens.span();
        names.push(At { value: tokens.expect(what)?.to_owned(), span });
        Ok(())
    });
    result.map_err(|error| match error.help {
        None => error.help("format: [ process1, process2, … ]"),
        Some(_) => error,
    })?;
    Ok(names)
}

fn processes(words: &mut Words<'_, '_>, draft: &mut ApiDraft) -> Result<(), TextError> {
    let mut names = names(words, "process")?;
    draft.processes.append(&mut names);
    Ok(())
}

fn processes_match(words: &mut Words<'_, '_>, draft: &mut ApiDraft) -> Result<(), TextError> {
    let mut names = names(words, "regular expression")?;
    for At { value, span } in &names {
        regex(value).map_err(|error| {
            let why = error.to_string();
            let why =
                why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            TextError::new(*span, format!("'{value}' is not a valid regular expression")).help(why)
        })?;
    }
    draft.processes_match.append(&mut names);
    Ok(())
}

/// A regular expression that has to match at the start.
pub(crate) fn regex(text: &str) -> Result<regex::Regex, regex::Error> {
    const MOST_OCTETS: usize = 1 << 20;
    regex::RegexBuilder::new(&format!("^(?:{text})")).size_limit(MOST_OCTETS).build()
}
