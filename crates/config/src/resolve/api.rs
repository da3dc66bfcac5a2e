//! The processes that `api` sections name.

use std::collections::HashSet;
use std::sync::Arc;

use yottabgp_wire::io::tokens::did_you_mean;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::draft::{ApiDraft, NeighborDraft};
use crate::model::{ApiBlock, Process};
use crate::section::api::regex;
use crate::slot::At;

/// The api sections of a neighbor, with every process that they name found.
pub(crate) fn resolve(
    draft: &NeighborDraft,
    peer: &str,
    processes: &[Process],
    context: &mut Context<'_>,
) -> Vec<ApiBlock> {
    context.problems.about("process");
    let blocks = draft.api.iter().map(|block| resolve_block(block, peer, processes, context));
    let blocks = blocks.collect();
    context.problems.about("neighbor");
    blocks
}

/// In ExaBGP 3.4, every process commands every neighbor, those included that it is told nothing of.
pub(crate) fn everybody_commands(draft: &mut NeighborDraft, processes: &[Process]) {
    let named: HashSet<&str> =
        draft.api.iter().flat_map(|block| &block.processes).map(|at| at.value.as_str()).collect();
    let span = draft.header;
    let others: Vec<_> = processes
        .iter()
        .filter(|process| !named.contains(&*process.name))
        .map(|process| At { value: process.name.to_string(), span })
        .collect();
    if !others.is_empty() {
        draft.api.push(ApiDraft { processes: others, span, ..ApiDraft::default() });
    }
}

fn resolve_block(
    block: &ApiDraft,
    peer: &str,
    processes: &[Process],
    context: &mut Context<'_>,
) -> ApiBlock {
    let mut found: Vec<Arc<str>> = Vec::new();
    let mut add = |name: &Arc<str>| {
        if !found.contains(name) {
            found.push(name.clone());
        }
    };
    for at in &block.processes {
        let name = &at.value;
        match processes.iter().find(|process| *process.name == **name) {
            Some(process) => add(&process.name),
            None => {
                let message =
                    format!("the process '{name}' is used by neighbor {peer} but not defined");
                let error = Diagnostic::error(at.span, message);
                let near = did_you_mean(name, processes.iter().map(|process| &*process.name));
                context.problems.push(match near {
                    Some(near) => error.help(format!("did you mean '{near}'?")),
                    None => error
                        .help(format!("add 'process {name} {{ run …; }}' outside of neighbors")),
                });
            }
        }
    }
    if let (Some(first), false) = (block.processes_match.first(), block.processes.is_empty()) {
        let message = "processes and processes-match are both given; both count";
        context.problems.push(Diagnostic::warning(first.span, message).help("keep one of them"));
    }
    for at in &block.processes_match {
        // What does not compile was reported where it was read.
        let Ok(regex) = regex(&at.value) else { continue };
        let mut matched =
            processes.iter().filter(|process| regex.is_match(&process.name)).peekable();
        if matched.peek().is_none() {
            let message = format!("no process matches '{}' of neighbor {peer}", at.value);
            let warning = Diagnostic::warning(at.span, message);
            context.problems.push(warning.help("the match has to be at the start of the name"));
        }
        matched.for_each(|process| add(&process.name));
    }
    let flags = block.receive.0 | block.send.0;
    let any = flags != 0 || block.neighbor_changes.or(false) || block.fsm.or(false);
    if any && block.processes.is_empty() && block.processes_match.is_empty() {
        let message = "this api section names no process, so that nothing is told to anybody";
        let warning = Diagnostic::warning(block.span, message);
        context.problems.push(warning.help("add 'processes [ NAME ];'"));
    }
    ApiBlock {
        name: block.name.clone(),
        processes: found,
        processes_match: block.processes_match.iter().map(|at| at.value.clone()).collect(),
        neighbor_changes: block.neighbor_changes.or(false),
        negotiated: block.negotiated.or(false),
        fsm: block.fsm.or(false),
        signal: block.signal.or(false),
        receive: block.receive,
        send: block.send,
    }
}
