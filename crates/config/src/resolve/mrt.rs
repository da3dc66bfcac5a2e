//! What is recorded to MRT files, and that no two files are in each other's way.

use std::collections::HashMap;

use yottabgp_wire::io::tokens::Span;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::draft::MrtDraft;
use crate::recording::{FileName, Recorded, Recording};

/// What a file is for, and after how many seconds the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Updates(u32),
    Table(u32),
}

/// The files that were named so far, and where.
#[derive(Debug, Default)]
pub(crate) struct Files(HashMap<FileName, (Use, Span)>);

/// The recording of a section; `None` where there is none, or it names no file.
pub(crate) fn resolve(
    draft: &MrtDraft,
    files: &mut Files,
    context: &mut Context<'_>,
) -> Option<Recording> {
    let header = draft.header?;
    context.problems.about("mrt");
    let recording = Recording {
        updates: draft.updates.get().cloned(),
        rotate: draft.rotate.or(900),
        messages: draft.messages.or(Recorded::EVERYTHING),
        received: draft.received.or(true),
        sent: draft.sent.or(false),
        table: draft.table.get().cloned(),
        table_interval: draft.table_interval.or(7200),
    };
    if draft.updates.is_missing() && draft.table.is_missing() {
        let warning =
            Diagnostic::warning(header, "this section names no file: nothing is recorded");
        context.problems.push(warning.help("add 'updates FILE;' or 'table FILE;'"));
    }
    if let Some(at) = draft.updates.at() {
        if recording.rotate > 0 && !at.value.tells_apart(recording.rotate) {
            let message = format!(
                "the next file begins after {} seconds, and has the same name",
                recording.rotate
            );
            let error = Diagnostic::error(at.span, message);
            context
                .problems
                .push(error.help("add the time, such as '%Y%m%d.%H%M', or 'rotate 0;'"));
        }
        if !recording.received && !recording.sent && !recording.messages.has(Recorded::STATE) {
            let warning =
                Diagnostic::warning(at.span, "neither messages nor changes of state are recorded");
            context.problems.push(warning.help("write 'received true;' or 'sent true;'"));
        }
        files.take(&at.value, Use::Updates(recording.rotate), at.span, context);
    }
    if let Some(at) = draft.table.at() {
        if !at.value.tells_apart(recording.table_interval) {
            let message = format!(
                "the table is written again after {} seconds, and its file has the same name",
                recording.table_interval
            );
            let error = Diagnostic::error(at.span, message);
            context.problems.push(error.help("add the time, such as '%Y%m%d.%H%M'"));
        }
        files.take(&at.value, Use::Table(recording.table_interval), at.span, context);
    }
    context.problems.about("neighbor");
    (recording.updates.is_some() || recording.table.is_some()).then_some(recording)
}

impl Files {
    /// Several sections may write to one file, if they agree upon what it is.
    fn take(&mut self, name: &FileName, is_for: Use, span: Span, context: &mut Context<'_>) {
        match self.0.get(name) {
            Some((other, _)) if *other == is_for => {}
            Some((other, other_span)) => {
                let what = match (is_for, other) {
                    (Use::Updates(_), Use::Updates(_)) => "'rotate' is another one there",
                    (Use::Table(_), Use::Table(_)) => "'table-interval' is another one there",
                    _ => "it can not have both messages and tables",
                };
                let message =
                    format!("the file {name} is written by another section, too, and {what}");
                let error = Diagnostic::error(span, message).related(*other_span, "the other one");
                context.problems.push(error.help("give it another name"));
            }
            None => {
                self.0.insert(name.clone(), (is_for, span));
            }
        }
    }
}
