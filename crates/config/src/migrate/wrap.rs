//! `run` with the translation of commands and events between the program and the daemon.

use super::edit::Edits;
use super::{Changes, Version};
use crate::lexer::Terminator;
use crate::outline::Outline;

/// Puts `exabgp migrate api … --exec` before the program of every process.
pub(super) fn wrap(
    outline: &Outline<'_>,
    from: Version,
    to: Version,
    changes: &mut Changes,
) -> Edits {
    let mut edits = Edits::default();
    // ExaBGP 3.4 has the commands of 4, as far as these are translated.
    let from = from.max(Version::V4);
    for entry in 0..outline.entries.len() {
        let is_run = outline.word(entry, 0) == "run"
            && outline.path(entry).last() == Some(&"process")
            && outline
                .entries
                .get(entry)
                .is_some_and(|e| e.statement.terminator != Terminator::Open);
        let words = outline.words(entry);
        let wrapped = words.windows(2).any(|pair| pair == ["migrate", "api"]);
        let program = outline.entries.get(entry).and_then(|entry| entry.statement.tokens.get(1));
        let Some(program) = program.filter(|_| is_run && !wrapped) else { continue };
        let before = format!("exabgp migrate api -f {} -t {} --exec ", from.name(), to.name());
        match words.as_slice() {
            // The whole command line in one pair of quotes.
            [_, line] if program.quoted && line.contains(' ') => {
                edits.replace(program.source.range(), format!("{before}{line}"));
            }
            _ => edits.insert(program.source.start as usize, before),
        }
        changes.say(format!("the commands of '{}' are translated", words.get(1).unwrap_or(&"")));
    }
    edits
}
