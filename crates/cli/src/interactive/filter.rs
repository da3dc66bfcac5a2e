//! What stands behind a command's `|`: the lines of its answer are chosen, counted or paged.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use anyhow::{Result, bail};
use nix::sys::signal::{SigSet, Signal};
use regex::bytes::Regex;

use crate::words::Choice;

/// A filter: its words, what follows them, and what it is for.
const TABLE: &[(&[&str], &str, &str)] = &[
    (&["grep", "include"], "PATTERN", "Only lines that match the regular expression"),
    (&["exclude"], "PATTERN", "Only lines that do not match it"),
    (&["head"], "LINES", "The first lines"),
    (&["count"], "", "How many lines"),
    (&["less", "more"], "", "Page by page ($PAGER, or less)"),
];

/// The filters, for completion.
pub(super) fn choices() -> impl Iterator<Item = Choice> {
    TABLE.iter().flat_map(|(words, _, help)| words.iter().map(|word| Choice::new(*word, *help)))
}

/// Cuts a line into the command and its filters. A `|` that no filter follows is of the command.
pub(super) fn split(line: &str) -> Result<(&str, Vec<Filter>)> {
    let is_filter = |text: &str| {
        let word = text.split_whitespace().next().unwrap_or_default();
        TABLE.iter().any(|(words, ..)| words.contains(&word))
    };
    let bars = line.match_indices(" |").map(|(at, _)| at);
    let Some(start) = bars.into_iter().find(|at| line.get(at + 2..).is_some_and(is_filter)) else {
        if let Some((_, last)) = line.rsplit_once(" | ") {
            let last = last.trim();
            bail!("'{last}' is no filter: {}", names());
        }
        return Ok((line.trim(), Vec::new()));
    };
    let (command, filters) = line.split_at_checked(start).unwrap_or((line, ""));
    let filters = filters.split(" |").skip(1).map(Filter::parse).collect::<Result<_>>()?;
    Ok((command.trim(), filters))
}

fn names() -> String {
    let forms = TABLE.iter().map(|(words, value, _)| {
        format!("| {} {value}", words.first().unwrap_or(&"")).trim_end().to_owned()
    });
    forms.collect::<Vec<_>>().join(", ")
}

/// One filter.
#[derive(Debug)]
pub(super) enum Filter {
    Grep { pattern: Regex, keeps: bool },
    Head(usize),
    Count,
    Page,
}

impl Filter {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let (word, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let mut value = value.trim();
        match word {
            "grep" | "include" | "exclude" => {
                let mut keeps = word != "exclude";
                let mut any_case = false;
                while let Some((flag, rest)) = value.split_once(' ') {
                    match flag {
                        "-v" => keeps = !keeps,
                        "-i" => any_case = true,
                        _ => break,
                    }
                    value = rest.trim_start();
                }
                let unquoted = ['"', '\'']
                    .iter()
                    .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
                let value = unquoted.unwrap_or(value);
                if value.is_empty() {
                    bail!("{word} needs a pattern");
                }
                let pattern = regex::bytes::RegexBuilder::new(value)
                    .case_insensitive(any_case)
                    .build()
                    .map_err(|error| anyhow::anyhow!("'{value}' is not a pattern: {error}"))?;
                Ok(Self::Grep { pattern, keeps })
            }
            "head" => match if value.is_empty() { Ok(10) } else { value.parse() } {
                Ok(lines) => Ok(Self::Head(lines)),
                Err(_) => bail!("'{value}' is not a number of lines"),
            },
            "count" if value.is_empty() => Ok(Self::Count),
            "less" | "more" if value.is_empty() => Ok(Self::Page),
            "count" | "less" | "more" => bail!("'{value}' is one word too many"),
            _ => bail!("'{word}' is no filter: {}", names()),
        }
    }
}

/// Where the lines of an answer go.
#[derive(Debug)]
pub(super) struct Output {
    filters: Vec<Filter>,
    /// Lines that came as far as the filter of the same place.
    passed: Vec<usize>,
    pager: Option<Child>,
    /// Whether the reader of the pages had enough.
    is_closed: bool,
}

impl Output {
    pub(super) fn new(filters: Vec<Filter>) -> Self {
        let is_paged = filters.iter().any(|filter| matches!(filter, Filter::Page));
        let pager = is_paged.then(page).flatten();
        Self { passed: vec![0; filters.len()], filters, pager, is_closed: false }
    }

    /// Takes a line of the answer, without its end.
    pub(super) fn line(&mut self, line: &[u8]) -> io::Result<()> {
        for (filter, passed) in self.filters.iter().zip(&mut self.passed) {
            *passed += 1;
            match filter {
                Filter::Grep { pattern, keeps } if pattern.is_match(line) != *keeps => {
                    return Ok(());
                }
                Filter::Head(most) if *passed > *most => return Ok(()),
                Filter::Count => return Ok(()),
                _ => {}
            }
        }
        self.write(line)
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let Some(pager) = self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) else {
            return crate::out::line(line);
        };
        let written = pager.write_all(line).and_then(|()| pager.write_all(b"\n"));
        // Left before the end: the rest of the answer is still to be read, and is for nobody.
        self.is_closed = written.is_err();
        Ok(())
    }

    /// The answer is complete.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let counts = self.filters.iter().position(|filter| matches!(filter, Filter::Count));
        if let Some(count) = counts.and_then(|place| self.passed.get(place)) {
            let count = count.to_string();
            self.write(count.as_bytes())?;
        }
        if let Some(mut pager) = self.pager {
            drop(pager.stdin.take());
            pager.wait()?;
        }
        Ok(())
    }
}

/// Starts `$PAGER`, or `less`, or `more`.
fn page() -> Option<Child> {
    let wanted = std::env::var("PAGER").unwrap_or_default();
    let candidates = [wanted.as_str(), "less", "more"];
    candidates.into_iter().filter(|pager| !pager.trim().is_empty()).find_map(|pager| {
        let mut words = pager.split_whitespace();
        let mut command = Command::new(words.next()?);
        // `less`: no end at once for what fits (`F` with `X` shows it and leaves), and no shell for whoever may only ask the daemon.
        command.args(words).env("LESSSECURE", "1").stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            command.env("LESS", "FRX");
        }
        // ^C is for the pager, though held back here.
        let held = SigSet::thread_get_mask().ok()?;
        let mut interrupt = SigSet::empty();
        interrupt.add(Signal::SIGINT);
        interrupt.thread_unblock().ok()?;
        let pager = command.spawn();
        held.thread_set_mask().ok()?;
        pager.ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_and_a_filter_end_the_command() {
        let (command, filters) = split("show adj-rib in | grep -v 10.0 | count").unwrap();
        assert_eq!(command, "show adj-rib in");
        assert!(matches!(filters[..], [Filter::Grep { keeps: false, .. }, Filter::Count]));
        let (command, filters) = split("show neighbor summary |less").unwrap();
        assert_eq!((command, filters.len()), ("show neighbor summary", 1));
        assert_eq!(split("version").unwrap().0, "version");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, error) in [
            (
                "show x | sort",
                "'sort' is no filter: | grep PATTERN, | exclude PATTERN, | head LINES, | count, | less",
            ),
            ("show x | grep", "grep needs a pattern"),
            ("show x | head many", "'many' is not a number of lines"),
            ("show x | count twice", "'twice' is one word too many"),
            (
                "show x | grep a | sort",
                "'sort' is no filter: | grep PATTERN, | exclude PATTERN, | head LINES, | count, | less",
            ),
        ] {
            assert_eq!(split(line).unwrap_err().to_string(), error, "{line}");
        }
        assert!(split("x | grep [").unwrap_err().to_string().starts_with("'[' is not a pattern: "));
    }
}
