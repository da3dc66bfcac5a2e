//! ExaBGP 3.4: `group NAME { … neighbor … }`, and processes in groups and neighbors.
//!
//! A group gives its neighbors what stands before them. A process in a neighbor is told of that neighbor, a process in a
//! group of all neighbors of the file.

use yottabgp_wire::io::tokens::TextError;

use crate::diagnostic::Diagnostic;
use crate::draft::{ApiDraft, NeighborDraft, RootDraft};
use crate::lexer::{Statement, Words as Characters};
use crate::model::{Encoder, MessageFlags, Process};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::program;
use crate::section::{neighbor, process};
use crate::slot::{At, Inheritance, Slot};
use crate::words::Words;

/// `group NAME { … }`: what a neighbor may say, and neighbors.
pub(crate) static TABLE: Section<NeighborDraft> = Section {
    sections: &[Inner {
        name: "neighbor",
        value: "<ip>",
        help: "a BGP peer, with what the group says before it",
        read: read_member,
    }],
    base: Some(&neighbor::TABLE),
    ..Section::new("group")
};

/// Reads a group.
pub(crate) fn read(
    parser: &mut Parser<'_>,
    header: &Statement,
    root: &mut RootDraft,
) -> Result<(), TextError> {
    let warning = Diagnostic::warning(header.span(), "'group' is of ExaBGP 3.4");
    let help = "write template { neighbor NAME { … } }, and 'inherit NAME;' in each neighbor";
    parser.shared.problems.push(warning.help(help));
    parser.ignore_header_words(header, 2);
    let mut group = NeighborDraft::default();
    parser.section(&TABLE, Some(header), &mut group);
    let members = std::mem::take(&mut group.members);
    if let Some(first) = members.first()
        && let Some(late) = group
            .set_after(first.header.start)
            .or_else(|| group.capability.set_after(first.header.start))
    {
        let message = "this has no effect on the neighbors of the group above it";
        let warning = Diagnostic::warning(late, message).related(first.header, "a neighbor above");
        parser.shared.problems.push(warning.help("move it to the start of the group"));
    }
    // The processes of a group are told of every neighbor of the file.
    let api = std::mem::take(&mut group.api);
    take_processes(&mut group, root, parser);
    root.api.append(&mut group.api);
    group.api = api;
    for mut member in members {
        take_processes(&mut member, root, parser);
        root.neighbors.push(member);
    }
    Ok(())
}

fn read_member(
    parser: &mut Parser<'_>,
    header: &Statement,
    group: &mut NeighborDraft,
) -> Result<(), TextError> {
    let mut member = neighbor::read(parser, header);
    member.is_3_4 = true;
    // The neighbor's list of families stands instead of the group's.
    let families = (!member.family.list.is_empty()).then(|| member.family.list.clone());
    let (source, problems) = ("", None);
    member.inherit(group, &mut Inheritance { template: "", source, problems });
    if let Some(families) = families {
        member.family.list = families;
    }
    member.templates.extend(group.templates.iter().cloned());
    group.members.push(member);
    Ok(())
}

/// What a process of ExaBGP 3.4 says.
#[derive(Debug, Default)]
pub(crate) struct OldProcess {
    run: Slot<Vec<String>>,
    encoder: Slot<Encoder>,
    api: ApiDraft,
}

/// `process NAME { … }` in a neighbor or group.
pub(crate) static PROCESS: Section<OldProcess> = Section {
    characters: Characters::Plain,
    keywords: &[
        Keyword {
            name: "run",
            value: "<program> [<argument>…]",
            default: "needed",
            help: "the program; no shell is involved, quotes keep words together",
            read: |words, old| old.run.read(words, program::read),
        },
        Keyword {
            name: "encoder",
            value: "text | json",
            default: "text",
            help: "the form of the events that it is told",
            read: |words, old| {
                old.encoder.read(words, |words| words.choice("choice", process::ENCODERS))
            },
        },
    ],
    sections: &[
        Inner {
            name: "receive",
            value: "",
            help: "which messages of the peer, and in what form",
            read: |parser, header, old| {
                parser.section(&RECEIVE, Some(header), &mut old.api);
                Ok(())
            },
        },
        Inner {
            name: "send",
            value: "",
            help: "which messages to the peer, and in what form",
            read: |parser, header, old| {
                parser.section(&crate::section::api::SEND, Some(header), &mut old.api.send);
                Ok(())
            },
        },
    ],
    other: Some(|words, old| flag(words, &mut old.api)),
    ..Section::new("neighbor/process")
};

static RECEIVE: Section<ApiDraft> =
    Section { other: Some(flag), ..Section::new("neighbor/process/receive") };

/// Reads a flag, which has no value.
fn flag(words: &mut Words<'_, '_>, api: &mut ApiDraft) -> Result<(), TextError> {
    use MessageFlags as F;
    let named = F::NAMED.iter().find(|(name, _)| *name == words.keyword).map(|(_, flag)| *flag);
    let (receive, send, changes): (&[F], &[F], bool) = match words.keyword {
        "updates" => (&[F::UPDATE], &[], false),
        "neighbor-changes" => (&[], &[], true),
        "parse-routes" | "peer-updates" => (&[F::PARSED, F::UPDATE], &[], true),
        "receive-routes" => (&[F::PARSED, F::UPDATE, F::REFRESH], &[], false),
        "receive-parsed" => (&[F::PARSED], &[], false),
        "receive-packets" => (&[F::PACKETS], &[], false),
        "receive-operational" => (&[F::PARSED, F::OPERATIONAL], &[], false),
        "send-packets" => (&[], &[F::PACKETS], false),
        _ if named.is_some() => (named.as_slice(), &[], false),
        keyword => {
            let message = format!("invalid keyword \"{keyword}\" in process");
            return Err(TextError::new(words.keyword_span, message));
        }
    };
    receive.iter().for_each(|flag| api.receive.set(*flag, true));
    send.iter().for_each(|flag| api.send.set(*flag, true));
    if changes && api.neighbor_changes.is_missing() {
        api.neighbor_changes.set(true, words);
    }
    Ok(())
}

/// Reads a process of a neighbor or group.
pub(crate) fn read_process(
    parser: &mut Parser<'_>,
    header: &Statement,
    draft: &mut NeighborDraft,
) -> Result<(), TextError> {
    let mut tokens = header.tokens();
    tokens.next();
    let name = tokens.next().map(str::to_owned);
    let name_span = tokens.last_span();
    let warning =
        Diagnostic::warning(header.span(), "a process inside of a neighbor is of ExaBGP 3.4");
    let help = "move it out of the neighbor, and write api { processes [ NAME ]; receive { … } } in its place";
    parser.shared.problems.push(warning.help(help));
    parser.ignore_header_words(header, 2);
    let mut old = OldProcess::default();
    parser.section(&PROCESS, Some(header), &mut old);
    draft.is_3_4 = true;
    let Some(name) = name else {
        let warning =
            Diagnostic::warning(header.span(), "a process without a name is told nothing");
        parser.shared.problems.push(warning.help("give it a name and a program, or remove it"));
        return Ok(());
    };
    if old.run.is_missing() {
        let message = format!("the process \"{name}\" has no 'run'");
        let error = Diagnostic::error(header.span(), message);
        parser.shared.problems.push(error.help("add 'run /path/to/program argument…;'"));
    }
    let (run, encoder) = (old.run.or(Vec::new()), old.encoder.or(Encoder::Text));
    let process = Process { name: name.as_str().into(), run, encoder, layout: None, respawn: true };
    let processes = vec![At { value: name, span: name_span }];
    let api = ApiDraft { processes, span: header.span(), ..old.api };
    draft.processes.push((At { value: process, span: header.span() }, api));
    Ok(())
}

/// Moves the processes of a neighbor to the root, and leaves what they are told.
pub(crate) fn take_processes(
    draft: &mut NeighborDraft,
    root: &mut RootDraft,
    parser: &mut Parser<'_>,
) {
    for (process, api) in std::mem::take(&mut draft.processes) {
        match root.processes.iter().find(|other| other.value.name == process.value.name) {
            Some(other) if other.value != process.value => {
                let name = &process.value.name;
                let message = format!("the process \"{name}\" is run in two different ways");
                let error =
                    Diagnostic::error(process.span, message).related(other.span, "the other one");
                parser.shared.problems.push(error.help("give it another name"));
            }
            Some(_) => {}
            None => root.processes.push(process),
        }
        draft.api.push(api);
    }
}
