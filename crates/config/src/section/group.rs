//! ExaBGP 3.4: `group NAME { … neighbor … }`, and processes in groups and neighbors.
//!
//! A group gives its neighbors what stands before them. A process in a neighbor is told of that neighbor, a process in a
//! group of all neighbors of the file.

use yottabgp_wire::io::tokens::{TextError, did_you_mean};
use yottabgp_wire::layout::Layout;

use crate::diagnostic::Diagnostic;
use crate::draft::{ApiDraft, NeighborDraft, RootDraft};
use crate::lexer::{Statement, Words as Characters};
use crate::model::{Encoder, MessageFlags, Process};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::print;
use crate::program;
use crate::resolve::peer_text;
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
    let name = header.tokens().peek_at(1).unwrap_or("NAME");
    let warning = Diagnostic::warning(header.span(), "'group' is of ExaBGP 3.4");
    let help = format!(
        "write template {{ neighbor {name} {{ … }} }}, and 'inherit {name};' in each neighbor"
    );
    parser.shared.problems.push_old("group", warning.help(help));
    parser.ignore_header_words(header, 2);
    root.has_group = true;
    let mut group = NeighborDraft::default();
    parser.section(&TABLE, Some(header), &mut group);
    let mut members = std::mem::take(&mut group.members);
    give_to_process(&mut group, &mut members, parser);
    if let Some(first) = members.first()
        && let Some(late) = group
            .set_after(first.header.start)
            .or_else(|| group.capability.set_after(first.header.start))
    {
        let address = first.peer.at().map_or_else(String::new, |at| peer_text(at.value));
        let message = format!("this has no effect on neighbor {address} above it");
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
    // What the neighbor has of these stands in place of the group's, and not beside it.
    let family = member.family.clone();
    let operational = std::mem::take(&mut member.operational);
    let (source, problems) = ("", None);
    group.routes.close();
    member.inherit(group, &mut Inheritance { template: "", source, problems });
    if family.says_anything() {
        member.family = family;
    }
    if !operational.is_empty() {
        member.operational = operational;
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
    layout: Slot<Option<Layout>>,
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
        // No word of 3.4, and needed by helpers that are ahead of their file.
        Keyword {
            name: "layout",
            value: "3.4 | 4 | 5 | 6",
            default: "that of exabgp.api.json, or 3.4",
            help: "the release of ExaBGP that its events look like",
            read: |words, old| {
                old.layout.read(words, |words| words.choice("layout", process::LAYOUTS))
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
    other: Some(direct_flag),
    ..Section::new("neighbor/process")
};

static RECEIVE: Section<ApiDraft> =
    Section { other: Some(flag), ..Section::new("neighbor/process/receive") };

/// Reads a flag that stands in the process itself, with or without a section `receive` beside it.
fn direct_flag(words: &mut Words<'_, '_>, old: &mut OldProcess) -> Result<(), TextError> {
    let keyword = words.keyword;
    flag(words, &mut old.api)?;
    if let Some((construct, modern)) = DIRECT.iter().find(|(construct, _)| *construct == keyword) {
        let message = format!("'{construct}' is the ExaBGP 3.4 spelling");
        words.warn_old(construct, message, format!("write api {{ processes [ NAME ]; {modern} }}"));
    }
    Ok(())
}

/// The flags of a process that are written otherwise today, and how.
const DIRECT: &[(&str, &str)] = &[
    ("parse-routes", "neighbor-changes; receive { parsed; update; }"),
    ("peer-updates", "neighbor-changes; receive { parsed; update; }"),
    ("receive-routes", "receive { parsed; update; refresh; }"),
    ("receive-parsed", "receive { parsed; }"),
    ("receive-packets", "receive { packets; }"),
    ("receive-updates", "receive { update; }"),
    ("receive-refresh", "receive { refresh; }"),
    ("receive-operational", "receive { parsed; operational; }"),
    ("send-packets", "send { packets; }"),
];

/// Reads a flag, which has no value.
fn flag(words: &mut Words<'_, '_>, api: &mut ApiDraft) -> Result<(), TextError> {
    use MessageFlags as F;
    let named = F::NAMED.iter().find(|(name, _)| *name == words.keyword).map(|(_, flag)| *flag);
    let (receive, send, changes): (&[F], &[F], bool) = match words.keyword {
        "updates" | "receive-updates" => (&[F::UPDATE], &[], false),
        "neighbor-changes" => (&[], &[], true),
        "parse-routes" | "peer-updates" => (&[F::PARSED, F::UPDATE], &[], true),
        "receive-routes" => (&[F::PARSED, F::UPDATE, F::REFRESH], &[], false),
        "receive-parsed" => (&[F::PARSED], &[], false),
        "receive-packets" => (&[F::PACKETS], &[], false),
        "receive-refresh" => (&[F::REFRESH], &[], false),
        "receive-operational" => (&[F::PARSED, F::OPERATIONAL], &[], false),
        "send-packets" => (&[], &[F::PACKETS], false),
        _ if named.is_some() => (named.as_slice(), &[], false),
        keyword => {
            let message = format!("invalid keyword \"{keyword}\" in process");
            let names = F::NAMED.iter().map(|(name, _)| *name);
            let others = DIRECT.iter().map(|(name, _)| *name);
            let known = names.chain(others).chain(["run", "encoder", "layout", "neighbor-changes"]);
            let error = TextError::new(words.keyword_span, message);
            return Err(match did_you_mean(keyword, known) {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error,
            });
        }
    };
    receive.iter().for_each(|flag| api.receive.set(*flag, true));
    send.iter().for_each(|flag| api.send.set(*flag, true));
    if changes && api.neighbor_changes.is_missing() {
        api.neighbor_changes.set(true, words);
    }
    Ok(())
}

/// Whether a process asks for any event.
fn asks(api: &ApiDraft) -> bool {
    !api.receive.is_empty() || !api.send.is_empty() || api.neighbor_changes.or(false)
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
    parser.ignore_header_words(header, 2);
    let mut old = OldProcess::default();
    parser.section(&PROCESS, Some(header), &mut old);
    let Some(name) = name else {
        if let Some(run) = old.run.at() {
            let error = Diagnostic::error(header.end, "a process that runs a program needs a name")
                .related(run.span, "the program");
            parser.shared.problems.push(error.help("write 'process NAME {'"));
        }
        draft.nameless.push(ApiDraft { span: header.span(), ..old.api });
        return Ok(());
    };
    if old.run.is_missing() {
        let message = format!("the process \"{name}\" has no 'run'");
        let error = Diagnostic::error(header.span(), message);
        parser.shared.problems.push(error.help("add 'run /path/to/program argument…;'"));
    }
    let encoder = old.encoder.or(parser.shared.environment.api.encoder.unwrap_or_default());
    let warning =
        Diagnostic::warning(header.span(), "a process inside of a neighbor is of ExaBGP 3.4");
    let layout = old.layout.or(None);
    let help = modern(&name, &old.run, encoder, layout, &old.api);
    parser.shared.problems.push_old("process", warning.help(help));
    let run = old.run.or(Vec::new());
    let process = Process { name: name.as_str().into(), run, encoder, layout, respawn: true };
    let processes = vec![At { value: name, span: name_span }];
    let api = ApiDraft { processes, span: header.span(), ..old.api };
    draft.processes.push((At { value: process, span: header.span() }, api));
    Ok(())
}

/// How a process is written today.
fn modern(
    name: &str,
    run: &Slot<Vec<String>>,
    encoder: Encoder,
    layout: Option<Layout>,
    api: &ApiDraft,
) -> String {
    let layout = layout.and_then(|layout| layout.shape().name);
    let layout = layout.map_or_else(String::new, |name| format!("layout {name}; "));
    let words = run.get().map_or_else(
        || vec!["…".to_owned()],
        |run| run.iter().map(|word| print::quote(word)).collect(),
    );
    let run = words.join(" ");
    let section = |keyword: &str, flags: MessageFlags| {
        let named = MessageFlags::NAMED.iter().filter(|(_, flag)| flags.has(*flag));
        let words: String = named.map(|(name, _)| format!("{name}; ")).collect();
        if words.is_empty() { words } else { format!("{keyword} {{ {words}}} ") }
    };
    let changes = if api.neighbor_changes.or(false) { "neighbor-changes; " } else { "" };
    format!(
        "write process {name} {{ run {run}; encoder {}; {layout}}} outside of neighbors, and api {{ processes [ {name} ]; {changes}{}{}}} in each neighbor",
        encoder.name(),
        section("receive", api.receive),
        section("send", api.send),
    )
}

/// What processes without a name ask for is meant for the process of the group, when that asks for nothing itself.
fn give_to_process(
    group: &mut NeighborDraft,
    members: &mut [NeighborDraft],
    parser: &mut Parser<'_>,
) {
    let silent = group.processes.iter().find(|(_, api)| !asks(api)).map(|(process, api)| {
        let name = process.value.name.to_string();
        (name, api.processes.clone())
    });
    let has_process = !group.processes.is_empty();
    let of_group = std::mem::take(&mut group.nameless);
    for member in members {
        let own = std::mem::take(&mut member.nameless);
        for api in own.into_iter().chain(of_group.iter().cloned()).filter(asks) {
            match &silent {
                Some((name, processes)) => {
                    let message = format!(
                        "the process \"{name}\" of the group is told this; ExaBGP 3.4.28 tells it nothing"
                    );
                    let warning = Diagnostic::warning(api.span, message);
                    let help = "ask for it in the process of the group";
                    parser.shared.problems.push_old("process without a name", warning.help(help));
                    member.api.push(ApiDraft { processes: processes.clone(), ..api });
                }
                // A process of the group that asks is told what it asks for, and no more.
                None if has_process => {}
                None => told_to_nobody(&api, parser),
            }
        }
    }
}

/// Says that a process without a name is told nothing.
fn told_to_nobody(api: &ApiDraft, parser: &mut Parser<'_>) {
    let warning = Diagnostic::warning(api.span, "a process without a name is told nothing");
    let help = "give it a name and a program, or remove it";
    parser.shared.problems.push_old("process without a name", warning.help(help));
}

/// Moves the processes of a neighbor to the root, and leaves what they are told.
pub(crate) fn take_processes(
    draft: &mut NeighborDraft,
    root: &mut RootDraft,
    parser: &mut Parser<'_>,
) {
    for api in std::mem::take(&mut draft.nameless) {
        told_to_nobody(&api, parser);
    }
    for (process, api) in std::mem::take(&mut draft.processes) {
        match root.processes.iter().find(|other| other.value.name == process.value.name) {
            Some(other) if other.value != process.value => {
                let name = &process.value.name;
                let message = format!("the process \"{name}\" is run in two different ways");
                let error =
                    Diagnostic::error(process.span, message).related(other.span, "the other one");
                parser.shared.problems.push(
                    error.help("give it another name; ExaBGP 3.4 runs the last one for both"),
                );
            }
            Some(_) => {}
            None => root.processes.push(process),
        }
        draft.api.push(api);
    }
}
