//! Lines that are like lines before but for their prefix: nearly all lines of a helper that has much to say. A run of them is
//! dealt with in one piece; who is meant by a selection is found once for all of the run.

use std::rc::Rc;

use tracing::debug;
use yottabgp_api::command::{Command, Refusal};
use yottabgp_api::event::ProcessId;
use yottabgp_api::select::Selector;

use super::turn::Turn;
use super::{SLICE, Scratch, Selection};
use crate::core::Core;
use crate::lines::{Line, Lines};

/// Why a run ended.
pub(super) enum Stop<'a> {
    /// There are no more lines.
    End,
    /// Others are to have their turn; the next line was not taken.
    Over,
    /// This line was taken, and is another one: it is still to be read.
    Other(Line<'a>),
    /// The last line was taken, and refused.
    Refused(Refusal),
}

impl Core {
    /// Takes lines as long as they are repeated ones. Returns how many were done.
    pub(super) fn repeats<'a>(
        &mut self,
        id: ProcessId,
        lines: &mut Lines<'a>,
        turn: &mut Turn,
        scratch: &mut Scratch,
    ) -> (u64, Stop<'a>) {
        let sender = self.senders.get(&id);
        let plain = sender.filter(|sender| {
            // These are executed later, or are no commands.
            !sender.group.is_open() && sender.upload.is_none()
        });
        let plain = plain.map(|sender| (sender.name.clone(), sender.version, sender.sync));
        // Nothing of a run changes which peers there are; which tables they have, it may.
        let mut selection: Option<(Selector, Rc<Selection>)> = None;
        let mut count = 0;
        loop {
            let mut ahead = lines.clone();
            let Some(line) = ahead.next() else { return (count, Stop::End) };
            if turn.is_over(line) || scratch.work >= SLICE {
                return (count, Stop::Over);
            }
            *lines = ahead;
            let (Line::Text(text), Some((name, version, sync))) = (line, &plain) else {
                return (count, Stop::Other(line));
            };
            let Some(repeat) = scratch.repeated.recall(text, *version, &mut scratch.route) else {
                return (count, Stop::Other(line));
            };
            if repeat.sync.unwrap_or(*sync) {
                return (count, Stop::Other(line));
            }
            debug!(target: "yottabgp::parser", "{name}: {}", String::from_utf8_lossy(text));
            let is_it = |(selector, found): &(Selector, Rc<Selection>)| {
                selector == repeat.selector && self.is_true(found)
            };
            if !selection.as_ref().is_some_and(is_it) {
                match self.select(id, repeat.selector) {
                    Ok(selected) => selection = Some((repeat.selector.clone(), selected)),
                    Err(refusal) => return (count, refused(refusal, scratch)),
                }
            }
            let Some((_, selected)) = &selection else { return (count, Stop::Other(line)) };
            scratch.work += selected.targets.len() * scratch.route.nlri().len().max(1);
            let command = Command::Route(repeat.verb);
            if let Err(refusal) = self.change(name, selected, &command, &scratch.route) {
                return (count, refused(refusal, scratch));
            }
            count += 1;
        }
    }
}

fn refused<'a>(refusal: Refusal, scratch: &mut Scratch) -> Stop<'a> {
    // It is not that of an earlier line.
    scratch.id = None;
    Stop::Refused(refusal)
}
