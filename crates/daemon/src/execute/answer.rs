//! How a command is acknowledged, and what is answered that is no table.

use yottabgp_api::command::{self, Refusal};

use crate::lines::Line;
use crate::outbox::{Ack, Outbox};

/// Writes an answer that is not part of a table.
pub(super) fn told(outbox: &Outbox, answer: &[u8]) -> Result<(), Refusal> {
    outbox.answer(answer).map_err(|refused| Refusal::Other(refused.to_string()))
}

/// The `#ID` that a command ends with.
#[derive(Debug)]
pub(super) struct Identifier(pub(super) Box<str>);

impl Identifier {
    pub(super) fn of(line: Line<'_>) -> Option<Self> {
        let Line::Text(octets) = line else { return None };
        command::identifier(octets).map(|(_, id)| Self(id.into()))
    }
}

/// Acknowledges a command; what has an identifier says it, and is never only counted.
pub(super) fn finish(outbox: &Outbox, id: Option<Identifier>, result: Result<(), Refusal>) {
    let (ack, reason) = match result {
        Ok(()) => (Ack::Done, String::new()),
        // One line, whatever the message quotes.
        Err(refusal) => {
            let text = refusal.to_string().replace(char::is_control, " ");
            (Ack::Error, format!("error: {text}\n"))
        }
    };
    match id {
        None => {
            let _ = outbox.answer(reason.as_bytes());
            outbox.ack(ack);
        }
        Some(Identifier(id)) => {
            let mut lines = reason.into_bytes();
            lines.extend_from_slice(ack.line().trim_ascii_end());
            lines.push(b' ');
            lines.extend_from_slice(id.as_bytes());
            lines.push(b'\n');
            outbox.identified(&lines);
        }
    }
}
