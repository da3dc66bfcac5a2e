//! `reload --check` and `diff`: what a reload would do, a line for each thing, and a summary last.

use std::fmt;

use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::push;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::route::{push_statement, push_withdrawal};

use crate::Encoding;

/// A keyword whose value changes.
#[derive(Clone, Copy, Debug)]
pub struct KeywordView<'a> {
    /// The keyword.
    pub keyword: &'a str,
    /// The value before.
    pub old: &'a str,
    /// The value after.
    pub new: &'a str,
}

/// A change of what a peer is told.
#[derive(Clone, Copy, Debug)]
pub struct RouteChange<'a> {
    /// The words that select the peer: `neighbor 10.0.0.1`.
    pub selector: &'a str,
    /// Whether the route is announced; otherwise it is withdrawn.
    pub announce: bool,
    /// The route; `None` for attributes alone.
    pub nlri: Option<Nlri<'a>>,
    /// Its next hop.
    pub next_hop: NextHop,
    /// The set of its attributes: see [`yottabgp_wire::attribute::set`].
    pub attributes: &'a [u8],
}

/// What a reload does, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReloadSummary {
    /// Neighbors whose sessions go on, with nothing about them changed but maybe routes.
    pub kept: u64,
    /// Neighbors whose sessions go on with something changed.
    pub changed: u64,
    /// Neighbors whose sessions are made again.
    pub reset: u64,
    /// New neighbors.
    pub added: u64,
    /// Neighbors that go.
    pub removed: u64,
    /// Routes announced, or announced with something changed.
    pub announced: u64,
    /// Routes withdrawn.
    pub withdrawn: u64,
    /// Routes that change where no peer sees it: those that wait for a watchdog.
    pub unseen: u64,
    /// Helpers that are started, ended, started anew, and those that go on although their section changed.
    pub processes: u64,
    /// Sockets opened, closed, or given other keys.
    pub listeners: u64,
    /// Services that are checked from now on, otherwise, or not any more.
    pub healthchecks: u64,
    /// What is opened, closed or changed of the section `bmp`.
    pub bmp: u64,
    /// What is recorded of all neighbors: 1 where that changes.
    pub recordings: u64,
}

impl ReloadSummary {
    fn parts(&self) -> [(&'static str, &'static str, u64); 13] {
        [
            ("kept", "neighbors kept", self.kept),
            ("changed", "neighbors changed in place", self.changed),
            ("reset", "neighbors reset", self.reset),
            ("added", "neighbors added", self.added),
            ("removed", "neighbors removed", self.removed),
            ("announced", "routes announced", self.announced),
            ("withdrawn", "routes withdrawn", self.withdrawn),
            ("unseen", "routes changed that wait for a watchdog", self.unseen),
            ("processes", "processes changed", self.processes),
            ("listeners", "listening sockets changed", self.listeners),
            ("healthchecks", "health checks changed", self.healthchecks),
            ("bmp", "changes of bmp", self.bmp),
            ("recordings", "recordings of all neighbors changed", self.recordings),
        ]
    }

    /// Whether anything changes.
    pub fn is_change(&self) -> bool {
        self.parts().iter().any(|(name, _, count)| *name != "kept" && *count > 0)
    }
}

impl fmt::Display for ReloadSummary {
    /// `no change`, or `3 neighbors kept, 1 neighbors reset, 12 routes announced`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_change() {
            return f.write_str("no change");
        }
        let parts = self.parts();
        let counted = parts.iter().filter(|(.., count)| *count > 0);
        for (index, (_, words, count)) in counted.enumerate() {
            write!(f, "{}{count} {words}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// What becomes of a neighbor, and why.
pub fn reload_neighbor(
    name: &str,
    fate: &str,
    keywords: &[KeywordView<'_>],
    encoding: Encoding,
    out: &mut Vec<u8>,
) {
    if encoding == Encoding::Text {
        push(out, name);
        push(out, ": ");
        push(out, fate);
        for (index, KeywordView { keyword, old, new }) in keywords.iter().enumerate() {
            push(out, if index == 0 { ": " } else { ", " });
            for word in [keyword, " ", old, " -> ", new] {
                push(out, word);
            }
        }
        out.push(b'\n');
        return;
    }
    push(out, "{\"neighbor\": ");
    push_string(out, name);
    push(out, ", \"fate\": ");
    push_string(out, fate);
    push(out, ", \"changed\": {");
    for (index, KeywordView { keyword, old, new }) in keywords.iter().enumerate() {
        push(out, if index == 0 { "" } else { ", " });
        push_string(out, keyword);
        push(out, ": {\"old\": ");
        push_string(out, old);
        push(out, ", \"new\": ");
        push_string(out, new);
        out.push(b'}');
    }
    push(out, "}}\n");
}

/// What a peer is told, as the command that would tell it.
pub fn reload_route(change: &RouteChange<'_>, encoding: Encoding, out: &mut Vec<u8>) {
    let write = |out: &mut Vec<u8>| {
        push(out, change.selector);
        match change.nlri {
            Some(nlri) if !change.announce => {
                push(out, " withdraw ");
                push_withdrawal(nlri, out);
            }
            nlri => {
                push(out, " announce ");
                push_statement(nlri, change.next_hop, change.attributes, out);
            }
        }
    };
    if encoding == Encoding::Text {
        write(out);
        out.push(b'\n');
        return;
    }
    let mut command = Vec::new();
    write(&mut command);
    push(out, "{\"command\": ");
    push_string(out, &String::from_utf8_lossy(&command));
    push(out, "}\n");
}

/// What becomes of a `process` or a `listen`.
pub fn reload_thing(kind: &str, name: &str, fate: &str, encoding: Encoding, out: &mut Vec<u8>) {
    if encoding == Encoding::Text {
        for word in [kind, " ", name, ": ", fate, "\n"] {
            push(out, word);
        }
        return;
    }
    push(out, "{");
    push_string(out, kind);
    push(out, ": ");
    push_string(out, name);
    push(out, ", \"fate\": ");
    push_string(out, fate);
    push(out, "}\n");
}

/// The last line.
pub fn reload_summary(summary: &ReloadSummary, encoding: Encoding, out: &mut Vec<u8>) {
    if encoding == Encoding::Text {
        push(out, &format!("summary: {summary}\n"));
        return;
    }
    push(out, "{\"summary\": {\"changes\": ");
    push(out, if summary.is_change() { "true" } else { "false" });
    for (name, _, count) in summary.parts() {
        push(out, ", ");
        push_string(out, name);
        push(out, &format!(": {count}"));
    }
    push(out, "}}\n");
}

/// Whether a line is the last one of such an answer, and then whether anything changes.
pub fn is_change(line: &str) -> Option<bool> {
    if let Some(rest) = line.strip_prefix("summary: ") {
        return Some(rest != "no change");
    }
    let rest = line.strip_prefix("{\"summary\": {\"changes\": ")?;
    Some(rest.starts_with("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_whether_anything_changes() {
        let nothing = ReloadSummary { kept: 3, ..ReloadSummary::default() };
        let something = ReloadSummary { kept: 2, reset: 1, announced: 12, ..nothing };
        assert_eq!(
            something.to_string(),
            "2 neighbors kept, 1 neighbors reset, 12 routes announced"
        );
        for (summary, change) in [(nothing, false), (something, true)] {
            for encoding in [Encoding::Text, Encoding::Json] {
                let mut out = Vec::new();
                reload_summary(&summary, encoding, &mut out);
                let line = String::from_utf8(out).unwrap();
                assert_eq!(is_change(line.trim_end()), Some(change), "{line}");
            }
        }
        assert_eq!(is_change("neighbor 10.0.0.1: kept"), None);
    }
}
