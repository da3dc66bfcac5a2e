//! Statements that are spelled otherwise today: each is changed where it stands.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::io::tokens::Token;
use yottabgp_wire::prefix::{Prefix, longest};

use super::edit::{Edits, indent_of};
use super::{Changes, Step, Steps};
use crate::lexer::Terminator;
use crate::outline::Outline;
use crate::print::quote;

/// A statement or header, its words, and where changes to it go.
struct Line<'a, 's> {
    outline: &'a Outline<'s>,
    entry: usize,
    keyword: &'a str,
    path: &'a [&'a str],
    steps: Steps,
    edits: &'a mut Edits,
    changes: &'a mut Changes,
}

/// Changes every statement that is written otherwise after these steps.
pub(super) fn rewrite(outline: &Outline<'_>, steps: Steps, changes: &mut Changes) -> Edits {
    let mut edits = Edits::default();
    for (entry, found) in outline.entries.iter().enumerate() {
        if found.statement.tokens.is_empty() {
            continue;
        }
        let path = outline.path(entry);
        let keyword = outline.word(entry, 0);
        let (path, edits) = (path.as_slice(), &mut edits);
        Line { outline, entry, keyword, path, steps, edits, changes }.rewrite();
    }
    if steps.has(Step::From5) && !edits.is_empty() {
        // Comments speak of the families beside them.
        for range in outline.gaps() {
            let text = outline.source.get(range.clone()).unwrap_or_default();
            for (at, old) in text.match_indices(MPLS) {
                let at = range.start + at;
                edits.replace(at..at + old.len(), LABELED);
            }
        }
    }
    edits
}

/// What ExaBGP calls labeled unicast up to 5.
pub(super) const MPLS: &str = "nlri-mpls";

/// And what it is called since.
pub(super) const LABELED: &str = "labeled-unicast";

impl<'a> Line<'a, '_> {
    fn rewrite(&mut self) {
        let section = self.path.last().copied().unwrap_or_default();
        let open = self.terminator() == Terminator::Open;
        match section {
            "neighbor" | "group" if !open => self.neighbor(),
            "capability" if !open => self.capability(),
            "family" | "nexthop" | "add-path" if !open => self.family(),
            "process" if !open => self.process(),
            "receive" | "send" if self.keyword == "updates" && self.steps.has(Step::From34) => {
                self.keyword("update");
            }
            _ => {}
        }
        if self.path.contains(&"static") {
            self.route();
        } else if self.path.contains(&"flow") || self.path.contains(&"l2vpn") {
            self.attributes(0);
            if self.path.contains(&"flow") {
                self.flow();
            }
        } else if self.path.contains(&"announce") {
            self.attributes(1);
        }
        if self.steps.has(Step::From4) && !open {
            self.environment();
        }
    }

    fn terminator(&self) -> Terminator {
        self.outline.entries.get(self.entry).map_or(Terminator::End, |e| e.statement.terminator)
    }

    fn tokens(&self) -> &'a [Token] {
        self.outline.entries.get(self.entry).map_or(&[], |entry| &entry.statement.tokens)
    }

    fn word(&self, word: usize) -> &'a str {
        self.outline.word(self.entry, word)
    }

    fn raw(&self, range: std::ops::Range<usize>) -> &'a str {
        self.outline.source.get(range).unwrap_or_default()
    }

    /// Says what was changed.
    fn say(&mut self, what: impl Into<String>) {
        self.changes.add(self.outline, self.entry, what);
    }

    /// Replaces a word.
    fn replace(&mut self, word: usize, text: &str) {
        if let Some(token) = self.tokens().get(word) {
            let what = format!("'{}' -> '{text}'", self.raw(token.source.range()));
            self.edits.replace(token.source.range(), text);
            self.say(what);
        }
    }

    /// Replaces the keyword.
    fn keyword(&mut self, text: &str) {
        self.replace(0, text);
    }

    /// Adds a word behind the last.
    fn append(&mut self, text: &str) {
        if let Some(last) = self.tokens().last() {
            self.edits.insert(last.source.end as usize, format!(" {text}"));
            self.say(format!("'{};' -> '{} {text};'", self.keyword, self.keyword));
        }
    }

    /// Puts the statement into a section of its own.
    fn move_into(&mut self, section: &str, value: Option<&str>) {
        let (Some(first), Some(last)) = (self.tokens().first(), self.tokens().last()) else {
            return;
        };
        let (first, last) = (*first, *last);
        self.edits.insert(first.source.start as usize, format!("{section} {{ "));
        let value = value.map(|value| format!(" {value}")).unwrap_or_default();
        let end = self.outline.span(self.entry).end as usize;
        let (at, close) = match self.terminator() {
            Terminator::Semicolon => (end, " }"),
            _ => (last.source.end as usize, "; }"),
        };
        if !value.is_empty() {
            self.edits.insert(last.source.end as usize, value);
        }
        self.edits.insert(at, close);
        self.say(format!("'{}' is a statement of '{section}'", self.keyword));
    }

    fn neighbor(&mut self) {
        let bare = self.tokens().len() == 1;
        if !self.steps.has(Step::From34) {
            return;
        }
        match self.keyword {
            "md5" => self.md5(),
            "ttl-security" if bare => {
                self.keyword("outgoing-ttl 255");
            }
            "ttl-security" => self.keyword("outgoing-ttl"),
            // Bare, it means no to ExaBGP 3.4.
            "aigp" => self.move_into("capability", bare.then_some("disable")),
            "multi-session" | "route-refresh" | "asn4" => {
                self.move_into("capability", bare.then_some("enable"));
            }
            "add-path" => {
                if self.word(1) == "receive/send" {
                    self.replace(1, "send/receive");
                }
                self.move_into("capability", None);
            }
            "graceful-restart" => self.move_into("capability", None),
            // Bare, they mean no to ExaBGP 4 and 5.
            "adj-rib-out" | "adj-rib-in" | "manual-eor" if bare => self.append("true"),
            "description" if self.tokens().len() > 2 => self.quote_rest(),
            "process" => {
                let name = self.word(1);
                let indent = indent_of(self.outline.source, self.start());
                let unit = self.changes.unit.clone();
                let text = format!("api {{\n{indent}{unit}processes [ {name} ];\n{indent}}}");
                self.edits.replace(self.outline.span(self.entry).range(), text);
                self.say(format!("'process {name};' -> 'api {{ processes [ {name} ]; }}'"));
            }
            _ => {}
        }
    }

    fn start(&self) -> usize {
        self.outline.span(self.entry).start as usize
    }

    /// The password is the rest of the line.
    fn md5(&mut self) {
        if let [_, only] = self.tokens()
            && only.quoted
        {
            return self.keyword("md5-password");
        }
        self.quote_rest();
        self.keyword("md5-password");
    }

    /// Puts all words behind the keyword into one pair of quotes.
    fn quote_rest(&mut self) {
        let (Some(first), Some(last)) = (self.tokens().get(1), self.tokens().last()) else {
            return;
        };
        let range = first.source.start as usize..last.source.end as usize;
        let text = self.raw(range.clone());
        if !text.contains('\n') {
            let quoted = quote(text);
            let quoted = if quoted == text { format!("\"{text}\"") } else { quoted };
            self.edits.replace(range, quoted);
            // A password is not for the report.
            self.say(format!("the value of '{}' is in quotes", self.keyword));
        }
    }

    fn capability(&mut self) {
        let bare = self.tokens().len() == 1;
        if self.steps.has(Step::From34) {
            match self.keyword {
                "aigp" if bare => self.append("disable"),
                // 3.4 has another code for it, which only we can still send.
                "operational" if self.steps.is_old && self.steps.has(Step::From5) => {
                    match crate::words::boolean(self.word(1)) {
                        _ if bare => self.append("71"),
                        Some(true) => self.replace(1, "71"),
                        _ => {}
                    }
                }
                "route-refresh" | "multi-session" | "operational" | "asn4" if bare => {
                    self.append("enable");
                }
                "add-path" if self.word(1) == "receive/send" => self.replace(1, "send/receive"),
                _ => {}
            }
        }
        if self.steps.has(Step::From4)
            && self.keyword == "route"
            && self.word(1) == "refresh"
            && let [first, second, ..] = self.tokens()
        {
            self.edits
                .replace(first.source.start as usize..second.source.end as usize, "route-refresh");
            self.say("'route refresh' -> 'route-refresh'");
        }
    }

    fn family(&mut self) {
        if self.steps.has(Step::From34) {
            match self.keyword {
                "inet" | "inet4" => self.keyword("ipv4"),
                "inet6" => self.keyword("ipv6"),
                _ => {}
            }
            // To ExaBGP 3.4 any part of the word is the word.
            let safi = self.word(1);
            if !safi.is_empty() && safi != "flow" && "flow".contains(safi) {
                self.replace(1, "flow");
            }
        }
        if self.steps.has(Step::From5) && self.word(1) == MPLS {
            self.replace(1, LABELED);
        }
    }

    fn process(&mut self) {
        if self.keyword != "run" || !self.steps.has(Step::From34) {
            return;
        }
        // The whole command line in one pair of quotes.
        if let [_, only] = self.tokens()
            && only.quoted
            && self.word(1).contains(' ')
        {
            self.replace(1, self.word(1));
        }
    }

    /// The settings of the environment, where they are written as statements.
    fn environment(&mut self) {
        match (self.keyword, self.word(1)) {
            ("tcp.once", value) => {
                let attempts = if crate::words::boolean(value) == Some(true) { "1" } else { "0" };
                self.keyword("tcp.attempts");
                self.replace(1, attempts);
            }
            ("facility", "syslog") => self.replace(1, "daemon"),
            _ => {}
        }
    }

    fn route(&mut self) {
        let is_route = self.keyword == "route" && self.path.last() == Some(&"static");
        if is_route && self.steps.has(Step::From34) {
            self.mask(1);
        }
        self.attributes(if is_route { 2 } else { 0 });
    }

    /// Drops the host bits of a prefix, as ExaBGP 3.4 does.
    fn mask(&mut self, word: usize) {
        let Ok(prefix) = Prefix::parse_with_host_bits(self.word(word)) else { return };
        let rest = u32::from(longest(prefix.afi()).saturating_sub(prefix.length));
        let masked: IpAddr = match prefix.address {
            IpAddr::V4(address) => {
                Ipv4Addr::from_bits(address.to_bits() & u32::MAX.checked_shl(rest).unwrap_or(0))
                    .into()
            }
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & u128::MAX.checked_shl(rest).unwrap_or(0))
                    .into()
            }
        };
        if masked != prefix.address {
            self.replace(word, &format!("{masked}/{}", prefix.length));
        }
    }

    /// The attributes of a route, from a word on.
    fn attributes(&mut self, from: usize) {
        let mut word = from;
        while word < self.tokens().len() {
            let quoted = self.tokens().get(word).is_some_and(|token| token.quoted);
            match self.word(word) {
                // What follows is a name of the user's.
                "name" | "watchdog" => word += 1,
                "as-sequence" if !quoted && self.steps.has(Step::From34) => {
                    self.replace(word, "as-path");
                    self.as_path(word + 1);
                }
                "as-path" if !quoted => self.as_path(word + 1),
                "withdrawn" if !quoted && self.steps.has(Step::From34) => {
                    self.replace(word, "withdraw");
                }
                _ => {}
            }
            word += 1;
        }
    }

    /// `[ 1 2 ( 3 4 ) ]` is `[ 1 2 ] ( 3 4 )` since ExaBGP 5: a set ends the sequence that it is in.
    fn as_path(&mut self, from: usize) {
        if !self.steps.has(Step::From4) || self.word(from) != "[" {
            return;
        }
        let mut depth = 0;
        let mut end = from;
        let mut nested = false;
        for word in from..self.tokens().len() {
            match self.word(word) {
                "[" | "(" => depth += 1,
                "]" | ")" => depth -= 1,
                // A confederation's segment is of ExaBGP 5 already.
                "{" => return,
                _ => {}
            }
            nested |= depth > 1;
            end = word;
            if depth == 0 {
                break;
            }
        }
        if !nested || depth != 0 {
            return;
        }
        let mut segments: Vec<(bool, Vec<&str>)> = Vec::new();
        let mut in_set = false;
        for word in from + 1..end {
            match self.word(word) {
                "[" | "(" => {
                    in_set = true;
                    segments.push((true, Vec::new()));
                }
                "]" | ")" => in_set = false,
                "," => {}
                asn => match segments.last_mut() {
                    Some((set, asns)) if *set == in_set => asns.push(asn),
                    _ => segments.push((false, vec![asn])),
                },
            }
        }
        let segments = segments.iter().map(|(set, asns)| {
            let asns = asns.join(" ");
            if *set { format!("( {asns} )") } else { format!("[ {asns} ]") }
        });
        let text = segments.collect::<Vec<_>>().join(" ");
        let range = self.tokens().get(from).zip(self.tokens().get(end));
        if let Some((first, last)) = range {
            let range = first.source.start as usize..last.source.end as usize;
            let what = format!("'{}' -> '{text}'", self.raw(range.clone()));
            self.edits.replace(range, text);
            self.say(what);
        }
    }

    fn flow(&mut self) {
        const NUMERIC: [&str; 12] = [
            "port",
            "source-port",
            "destination-port",
            "packet-length",
            "protocol",
            "next-header",
            "dscp",
            "traffic-class",
            "flow-label",
            "icmp-type",
            "icmp-code",
            "fragment",
        ];
        let in_match = self.path.last() == Some(&"match");
        if in_match && self.steps.has(Step::From34) {
            match self.keyword {
                "fragment" | "tcp-flags" => return self.exact(),
                keyword if NUMERIC.contains(&keyword) => self.bracket(),
                _ => {}
            }
        }
        if self.steps.has(Step::From4) {
            for word in 0..self.tokens().len() {
                if matches!(self.word(word), "not-a-fragment" | "=not-a-fragment") {
                    self.replace(word, "!is-fragment");
                }
            }
        }
    }

    /// ExaBGP 3.4 takes several values without brackets.
    fn bracket(&mut self) {
        let (Some(first), Some(last)) = (self.tokens().get(1), self.tokens().last()) else {
            return;
        };
        if self.tokens().len() > 2 && self.word(1) != "[" {
            self.edits.insert(first.source.start as usize, "[ ");
            self.edits.insert(last.source.end as usize, " ]");
            self.say(format!("the values of '{}' are in brackets", self.keyword));
        }
    }

    /// Flags of ExaBGP 3.4 have to be equal; since 4 that is written with `=`.
    fn exact(&mut self) {
        self.bracket();
        for word in 1..self.tokens().len() {
            let text = self.word(word);
            let bare = !matches!(text, "[" | "]" | ",") && !text.starts_with(['=', '!']);
            if text.ends_with("not-a-fragment") {
                if self.steps.has(Step::From4) {
                    self.replace(word, "!is-fragment");
                }
            } else if bare {
                self.replace(word, &format!("={text}"));
            }
        }
    }
}
