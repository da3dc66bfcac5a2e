//! Lines of helpers written for an older version, as a newer one takes them; and events of a newer one, as they expect
//! them.
//!
//! Commands go by [`registry::TABLE`]: what is not in it, and what is of the newer version already, stays as it is.

use std::borrow::Cow;

use crate::command::registry::{Row, TABLE};

/// A version of ExaBGP whose API differs from that of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 3.4 to 4.2: commands of version 4.
    V4,
    /// 5.0: commands of version 4.
    V5,
    /// What comes after 5.0, and YottaBGP: commands of version 6.
    Main,
}

impl Version {
    /// Every version with its name.
    pub const NAMED: &'static [(&'static str, Self)] =
        &[("4", Self::V4), ("5", Self::V5), ("main", Self::Main)];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, version)| *version == self).map_or("", |(name, _)| name)
    }
}

/// Commands of ExaBGP 3.4 that no later version has, and what stands for them.
const OF_3_4: &[(&str, &str)] = &[
    ("flush route", "flush adj-rib out"),
    ("show routes", "show adj-rib out"),
    ("show neighbor status", "show neighbor"),
    ("operational", "announce operational"),
];

/// A key of a JSON object that was renamed.
struct Renamed {
    old: &'static str,
    new: &'static str,
    /// The key of the object that it is in; any when empty.
    within: &'static str,
    /// The first version that has the new name.
    since: Version,
}

const RENAMED: &[Renamed] = &[
    Renamed {
        old: "sr_capability_flags",
        new: "sr-capability-flags",
        within: "",
        since: Version::V5,
    },
    Renamed {
        old: "interface-address",
        new: "interface-addresses",
        within: "",
        since: Version::V5,
    },
    Renamed { old: "neighbor-address", new: "neighbor-addresses", within: "", since: Version::V5 },
    Renamed { old: "ip", new: "prefix", within: "ip-reachability-tlv", since: Version::Main },
];

/// A line of a helper of version `from`, without its end, for a daemon of version `to`. JSON has its keys renamed.
pub fn command(line: &str, from: Version, to: Version) -> Cow<'_, str> {
    if line.trim_start().starts_with('{') {
        return renamed(line, from, to, false);
    }
    if from >= Version::Main || to < Version::Main {
        return Cow::Borrowed(line);
    }
    match translated(line) {
        Some(text) if text != line => Cow::Owned(text),
        _ => Cow::Borrowed(line),
    }
}

/// A line of a daemon of version `to`, without its end, for a helper of version `from`.
pub fn event(line: &str, from: Version, to: Version) -> Cow<'_, str> {
    if line.trim_start().starts_with('{') {
        renamed(line, from, to, true)
    } else {
        Cow::Borrowed(line)
    }
}

/// A command of version 4 as one of version 6; `None` for what is none.
fn translated(line: &str) -> Option<String> {
    let words = Words::new(line);
    let (selector, at) = match words.get(0)? {
        "neighbor" => {
            // The selection goes up to the words of a command.
            let at = (2..words.count()).find(|at| row(&words, *at).is_some())?;
            (Some(words.text(0, at)?), at)
        }
        _ => (None, 0),
    };
    let (row, count, extra) = row(&words, at)?;
    let rest = words.from(at + count);
    let mut out = match (row.v6.strip_prefix("peer "), selector) {
        (Some(action), Some(selector)) => format!("peer {} {action}", selection(selector)),
        // What shows is for all peers without a word.
        (Some("show" | "list"), None) | (None, None) => row.v6.to_owned(),
        (Some(action), None) => format!("peer * {action}"),
        (None, Some(selector)) => format!("peer {} {}", selection(selector), row.v6),
    };
    for part in [extra, rest] {
        if !part.is_empty() {
            out.push(' ');
            out.push_str(part);
        }
    }
    Some(out)
}

/// The command that stands at a word, how many words it has there, and words that it implies.
fn row(words: &Words<'_>, at: usize) -> Option<(&'static Row, usize, &'static str)> {
    for (old, modern) in OF_3_4 {
        if let Some(count) = words.starts_with(at, old)
            && let Some(row) = TABLE.iter().find(|row| modern.starts_with(row.v4))
        {
            return Some((row, count, modern.get(row.v4.len()..).unwrap_or_default().trim_start()));
        }
    }
    let (row, spelling, count) = TABLE.iter().find_map(|row| {
        let mut old = [row.v4].into_iter().chain(row.also.iter().copied());
        old.find_map(|old| Some((row, old, words.starts_with(at, old)?)))
    })?;
    // Some are the same in both.
    (spelling != row.v6).then_some((row, count, ""))
}

/// `neighbor A …, neighbor B …` as `[ A …, B … ]`; `neighbor A …` as `A …`.
fn selection(selector: &str) -> String {
    let terms = selector.split(',').map(|term| {
        let words: Vec<&str> = term.split_whitespace().filter(|word| *word != "neighbor").collect();
        words.join(" ")
    });
    let terms: Vec<String> = terms.filter(|term| !term.is_empty()).collect();
    match terms.as_slice() {
        [one] => one.clone(),
        many => format!("[ {} ]", many.join(", ")),
    }
}

/// The words of a line, with their places.
struct Words<'a> {
    line: &'a str,
    words: Vec<(usize, &'a str)>,
}

impl<'a> Words<'a> {
    fn new(line: &'a str) -> Self {
        let start = line.as_ptr() as usize;
        let words = line.split_ascii_whitespace();
        Self { line, words: words.map(|word| (word.as_ptr() as usize - start, word)).collect() }
    }

    fn count(&self) -> usize {
        self.words.len()
    }

    fn get(&self, word: usize) -> Option<&'a str> {
        self.words.get(word).map(|(_, word)| *word)
    }

    /// From a word to the end of the line.
    fn from(&self, word: usize) -> &'a str {
        let text = self.words.get(word).and_then(|(at, _)| self.line.get(*at..));
        text.unwrap_or_default().trim_end_matches('\r')
    }

    /// From a word up to another.
    fn text(&self, from: usize, to: usize) -> Option<&'a str> {
        self.line.get(self.words.get(from)?.0..self.words.get(to)?.0).map(str::trim_end)
    }

    /// How many words `words` has, if they are the ones at `at`.
    fn starts_with(&self, at: usize, words: &str) -> Option<usize> {
        let mut count = 0;
        for word in words.split(' ') {
            if self.get(at + count)? != word {
                return None;
            }
            count += 1;
        }
        Some(count)
    }
}

/// JSON with its keys renamed, to the new names or `back` to the old ones. Everything else stays octet for octet.
fn renamed(line: &str, from: Version, to: Version, back: bool) -> Cow<'_, str> {
    let rows: Vec<&Renamed> =
        RENAMED.iter().filter(|row| from < row.since && row.since <= to).collect();
    let mut out = String::new();
    let mut copied = 0;
    // The keys that the objects and lists around have.
    let mut open: Vec<Option<&str>> = Vec::new();
    let mut key: Option<&str> = None;
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => open.push(key.take()),
            // What is in a list belongs to the key of the list.
            b'[' => open.push(key.take().or_else(|| open.last().copied().flatten())),
            b'}' | b']' => {
                open.pop();
                key = None;
            }
            b',' => key = None,
            b'"' => {
                let end = end_of_string(bytes, at + 1);
                let text = line.get(at + 1..end).unwrap_or_default();
                let after = line.get(end + 1..).unwrap_or_default().trim_start();
                if after.starts_with(':') {
                    key = Some(text);
                    let within = open.last().copied().flatten().unwrap_or_default();
                    let row = rows.iter().find(|row| {
                        (if back { row.new } else { row.old }) == text
                            && (row.within.is_empty() || row.within == within)
                    });
                    if let Some(row) = row {
                        out.push_str(line.get(copied..at + 1).unwrap_or_default());
                        out.push_str(if back { row.old } else { row.new });
                        copied = end;
                    }
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(line);
    }
    out.push_str(line.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where the `"` is that ends a string.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main(line: &str) -> String {
        command(line, Version::V4, Version::Main).into_owned()
    }

    #[test]
    fn commands_go_by_the_table() {
        for (old, new) in [
            (
                "announce route 10.0.0.0/24 next-hop 1.2.3.4",
                "peer * announce route 10.0.0.0/24 next-hop 1.2.3.4",
            ),
            ("  withdraw   route  10.0.0.0/24 ", "peer * withdraw route 10.0.0.0/24 "),
            (
                "announce attribute next-hop self nlri 10.0.0.0/8",
                "peer * announce attributes next-hop self nlri 10.0.0.0/8",
            ),
            (
                "announce flow route { match { port =80; } }",
                "peer * announce flow route { match { port =80; } }",
            ),
            (
                "neighbor 10.0.0.1 announce route 1.1.1.1 next-hop self",
                "peer 10.0.0.1 announce route 1.1.1.1 next-hop self",
            ),
            ("neighbor * teardown 2", "peer * teardown 2"),
            (
                "neighbor 10.0.0.1 local-as 1, neighbor 10.0.0.2 teardown 4",
                "peer [ 10.0.0.1 local-as 1, 10.0.0.2 ] teardown 4",
            ),
            (
                "neighbor 10.0.0.1 , neighbor ::1 announce eor",
                "peer [ 10.0.0.1, ::1 ] announce eor",
            ),
            ("teardown 2", "peer * teardown 2"),
            ("shutdown", "daemon shutdown"),
            ("reload", "daemon reload"),
            ("enable-ack", "session ack enable"),
            ("ping", "session ping"),
            ("version", "system version"),
            ("show adj-rib out extensive", "rib show out extensive"),
            ("clear adj-rib in", "rib clear in"),
            ("show neighbor summary", "peer show summary"),
            ("show neighbors", "peer show"),
            ("flush route", "rib flush out"),
            ("show routes extensive", "rib show out extensive"),
            (
                "operational asm afi ipv4 safi unicast advisory \"x\"",
                "peer * announce operational asm afi ipv4 safi unicast advisory \"x\"",
            ),
        ] {
            assert_eq!(main(old), new);
            assert_eq!(main(new), new, "twice");
            assert_eq!(command(old, Version::V4, Version::V5), old);
        }
        for same in ["", "# comment", "nonsense", "neighbor 10.0.0.1", "neighbor", "group start"] {
            assert_eq!(main(same), same);
        }
    }

    #[test]
    fn every_command_of_version_4_becomes_one_of_version_6() {
        for row in TABLE.iter().filter(|row| row.v4 != row.v6) {
            let new = main(row.v4);
            let expected = row.v6.strip_prefix("peer ").unwrap_or(row.v6);
            assert!(new.ends_with(expected), "{} became {new}", row.v4);
        }
    }

    #[test]
    fn keys_are_renamed_in_both_directions() {
        let old = r#"{ "a": "ip:", "bgp-ls": [{"sr_capability_flags": 1, "ip-reachability-tlv" : {"ip":"10.0.0.0/24"}, "ip": "interface-address"}], "x": "\"interface-address\":" }"#;
        let new = r#"{ "a": "ip:", "bgp-ls": [{"sr-capability-flags": 1, "ip-reachability-tlv" : {"prefix":"10.0.0.0/24"}, "ip": "interface-address"}], "x": "\"interface-address\":" }"#;
        assert_eq!(main(old), new);
        assert_eq!(event(new, Version::V4, Version::Main), old);
        let half = old.replace("sr_cap", "sr-cap").replace("ility_f", "ility-f");
        assert_eq!(command(old, Version::V4, Version::V5), half);
        assert_eq!(event("done", Version::V4, Version::Main), "done");
        for broken in ["{", "{\"", "{\"ip", "{\"ip\\", "{]}}\"ip\":\"prefix\"", "{\"ip\":"] {
            assert_eq!(main(broken), broken);
        }
    }
}
