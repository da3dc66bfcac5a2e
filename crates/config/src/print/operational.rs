//! The OPERATIONAL messages that each session starts with.

use std::fmt::Write as _;

use yottabgp_wire::message::operational::Operational;

use super::{Lines, quote};

/// Prints `operational`.
pub(super) fn print(messages: &[Operational<'_>], lines: &mut Lines) {
    if messages.is_empty() {
        return;
    }
    lines.open(format_args!("operational"));
    for message in messages {
        if let Some(text) = text(message) {
            lines.line(format_args!("{text};"));
        }
    }
    lines.close();
}

/// A statement without its `;`; `None` for what none can make.
fn text(message: &Operational<'_>) -> Option<String> {
    let family = message.family()?;
    let kind = message.kind().name()?.to_ascii_lowercase();
    let mut text = format!("{kind} afi {} safi {}", family.afi, family.safi);
    let mut number = |word: &str, number: Option<u32>| {
        if let Some(number) = number {
            let _ = write!(text, " {word} {number}");
        }
    };
    match message {
        Operational::Advisory { text: advisory, .. } => {
            let _ = write!(text, " advisory {}", quote(&String::from_utf8_lossy(advisory)));
        }
        Operational::Query { router_id, sequence, .. } => {
            number("sequence", *sequence);
            asker(*router_id, &mut text);
        }
        Operational::Counter { router_id, sequence, counter, .. } => {
            number("sequence", *sequence);
            number("counter", Some(*counter));
            asker(*router_id, &mut text);
        }
        Operational::NotSatisfied { .. } | Operational::Unknown { .. } => return None,
    }
    Some(text)
}

fn asker(router_id: Option<std::net::Ipv4Addr>, text: &mut String) {
    if let Some(router_id) = router_id {
        let _ = write!(text, " router-id {router_id}");
    }
}
