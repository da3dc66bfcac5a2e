//! `count`: the helper process that reads events as fast as they come, or slowly, and checks afterwards that none is lost.
//!
//! What it reads it keeps, and looks at it when the clock has stopped: reading costs a copy and a search for one word.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use memchr::memmem::Finder;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::json;
use yottabgp_wire::codes::Family;

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs, Order};
use crate::expected::{Expected, Seen};
use crate::load::{Load, LoadArgs};

/// What `count` is told.
#[derive(Debug, Args)]
#[command(after_help = "In a configuration file:
  process count { run /usr/bin/yottabgp bench count --load table --count 1000000 --out /tmp/count.json; encoder json; }
A helper that reads a thousand events a second for ten seconds, and all there is from then on:
  yottabgp bench count --count 1000000 --rate 1000 --for 10")]
pub(crate) struct CountArgs {
    #[command(flatten)]
    load: LoadArgs,
    /// The key that a prefix has in the JSON
    #[arg(long, default_value = "nlri", value_name = "KEY")]
    key: String,
    /// Look at the prefixes alone, not at the MED beside them
    #[arg(long)]
    prefixes_only: bool,
    /// Read so many lines a second at most
    #[arg(long, default_value_t = 0, value_name = "LINES")]
    rate: u32,
    /// Read slowly for so long, and from then on as fast as can be
    #[arg(long = "for", default_value_t = 10, value_name = "SECONDS", requires = "rate")]
    slow: u64,
    /// Give up after so long
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    timeout: u64,
    #[command(flatten)]
    control: ControlArgs,
}

/// Octets read at once.
const CHUNK: usize = 1 << 20;

/// Octets read at once where reading is slow.
const SIP: usize = 1 << 12;

/// Octets of events for each route, somewhat more than there will be: an event of one route, and of several.
const SINGLE: usize = 700;
const SHARED: usize = 200;

/// So much memory is taken beforehand at most.
const MOST: usize = 1 << 30;

/// What was read.
#[derive(Debug, Default)]
struct Reading {
    text: Vec<u8>,
    found: u64,
    /// From where on the next word is looked for.
    from: usize,
    first: u64,
    last: u64,
    ended: bool,
}

/// Reads it all. Says whether it was all, and nothing else.
pub(crate) fn run(arguments: &CountArgs) -> Result<bool> {
    let mut control = Control::of_helper(&arguments.control)?;
    let expected = Expected::new(&arguments.load)?;
    let word = format!("\"{}\"", arguments.key);
    let finder = Finder::new(word.as_bytes());
    let mut reading = Reading { text: room(&arguments.load), ..Reading::default() };
    control.tell("ready", json!({}))?;
    let wanted = u64::from(expected.count());
    let end = Instant::now() + Duration::from_secs(arguments.timeout);
    if arguments.rate > 0 {
        reading.slowly(arguments, &finder, wanted)?;
        control.tell("slow", json!({ "octets": reading.text.len(), "routes": reading.found }))?;
    }
    let mut chunk = vec![0; CHUNK];
    let mut stopped = false;
    while reading.found < wanted && !reading.ended && !stopped && Instant::now() < end {
        reading.read(&mut chunk, Duration::from_millis(100))?;
        reading.look(&finder);
        // Asked only when there is nothing better to do would be never, under load; it is cheap.
        stopped = control.order() == Some(Order::Stop);
    }
    let Reading { ref text, first, last, .. } = reading;
    let seen = check(text, word.as_bytes(), &expected, arguments.prefixes_only);
    let mut report = expected.report(&seen);
    let took = seconds(first, last);
    let lines = memchr::memchr_iter(b'\n', text).count();
    if let Some(report) = report.as_object_mut() {
        for (name, value) in [
            ("ok", json!(expected.is_complete(&seen))),
            ("t_first", json!(first)),
            ("t_last", json!(last)),
            ("seconds", json!(took)),
            (
                "routes_per_second",
                json!(if took > 0.0 { (f64::from(seen.distinct) / took).round() } else { 0.0 }),
            ),
            ("lines", json!(lines)),
            ("octets", json!(text.len())),
        ] {
            report.insert(name.into(), value);
        }
    }
    control.tell("done", report)?;
    // A helper that ends is started again, and what else comes has to be read.
    while !reading.ended && !stopped {
        reading.read(&mut chunk, Duration::from_millis(100))?;
        reading.text.clear();
        stopped = control.order() == Some(Order::Stop);
    }
    Ok(expected.is_complete(&seen))
}

/// Memory for what will be read, each page of it touched: a page that is touched first while the clock runs takes as long as some
/// events, and not the program's time alone.
fn room(load: &LoadArgs) -> Vec<u8> {
    let of_each = if load.load == Load::Table { SHARED } else { SINGLE };
    let mut text = vec![1; (load.count as usize).saturating_mul(of_each).min(MOST)];
    text.clear();
    text
}

impl Reading {
    /// Reads what there is, or waits for it.
    fn read(&mut self, chunk: &mut [u8], most: Duration) -> Result<()> {
        let input = io::stdin();
        let mut ready = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::ZERO);
        match poll(&mut ready, most) {
            Ok(0) | Err(nix::Error::EINTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error).context("waiting for standard input"),
        }
        // Not through a buffer of the library's, which could keep what `poll` then waits for.
        match nix::unistd::read(input.as_fd(), chunk) {
            Ok(0) => self.ended = true,
            Ok(read) => self.text.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(nix::Error::EINTR | nix::Error::EAGAIN) => {}
            Err(error) => return Err(error).context("reading events"),
        }
        Ok(())
    }

    /// Counts the words that have come since.
    fn look(&mut self, finder: &Finder<'_>) {
        let length = finder.needle().len();
        let new = self.text.get(self.from..).unwrap_or_default();
        let (mut count, mut behind) = (0, 0);
        for at in finder.find_iter(new) {
            count += 1;
            behind = at + length;
        }
        // The end may be the beginning of a word.
        self.from = (self.from + behind).max(self.text.len().saturating_sub(length - 1));
        if count > 0 {
            self.found += count;
            self.last = now();
            if self.first == 0 {
                self.first = self.last;
            }
        }
    }

    /// Reads no more lines than is allowed, until the time for that is over.
    fn slowly(&mut self, arguments: &CountArgs, finder: &Finder<'_>, wanted: u64) -> Result<()> {
        let mut sip = vec![0; SIP];
        let mut began: Option<Instant> = None;
        let most = Duration::from_secs(arguments.slow);
        let mut lines = 0_u64;
        while self.found < wanted && !self.ended {
            let before = self.text.len();
            self.read(&mut sip, Duration::from_millis(100))?;
            self.look(finder);
            let new = self.text.get(before..).unwrap_or_default();
            lines += memchr::memchr_iter(b'\n', new).count() as u64;
            if new.is_empty() {
                continue;
            }
            let began = *began.get_or_insert_with(Instant::now);
            if began.elapsed() >= most {
                break;
            }
            let due = Duration::from_secs_f64(lines as f64 / f64::from(arguments.rate));
            std::thread::sleep(due.saturating_sub(began.elapsed()).min(most));
        }
        Ok(())
    }
}

/// Every prefix of every line, and the MED of its line.
fn check(text: &[u8], word: &[u8], expected: &Expected, prefixes_only: bool) -> Seen {
    let mut seen = expected.none_seen();
    let (finder, med_finder) = (Finder::new(word), Finder::new(b"\"med\": "));
    for line in text.split(|octet| *octet == b'\n') {
        let behind = med_finder.find(line).and_then(|at| line.get(at + 7..));
        let med = behind.and_then(number);
        for at in finder.find_iter(line) {
            let text = line.get(at + word.len()..).and_then(quoted).unwrap_or_default();
            match prefix(text).and_then(|(family, nlri)| expected.number(family, &nlri)) {
                Some(number) => {
                    let is_right = prefixes_only || med == expected.med(number);
                    seen.mark(number, is_right, || format!("{text}: MED {med:?}"));
                }
                None => seen.surprise(|| format!("{text:?}")),
            }
        }
    }
    seen
}

/// The number that a text begins with.
fn number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

/// The text in quotes that follows a key.
fn quoted(text: &[u8]) -> Option<&str> {
    let start = memchr::memchr(b'"', text)? + 1;
    let rest = text.get(start..)?;
    str::from_utf8(rest.get(..memchr::memchr(b'"', rest)?)?).ok()
}

/// A prefix as NLRI.
fn prefix(text: &str) -> Option<(Family, Vec<u8>)> {
    let (address, length) = text.split_once('/')?;
    let length: u8 = length.parse().ok()?;
    let octets = usize::from(length.div_ceil(8));
    let mut nlri = vec![length];
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        nlri.extend_from_slice(address.octets().get(..octets)?);
        return Some((Family::IPV4_UNICAST, nlri));
    }
    let address: Ipv6Addr = address.parse().ok()?;
    nlri.extend_from_slice(address.octets().get(..octets)?);
    Some((Family::IPV6_UNICAST, nlri))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32, med: u32) -> String {
        format!(
            "{{ \"update\": {{ \"attribute\": {{ \"med\": {med} }}, \"announce\": {{ \"ipv4 unicast\": {{ \"192.0.2.1\": [ {{ \"nlri\": \"20.0.{number}.0/24\" }} ] }} }} }} }}\n"
        )
    }

    #[test]
    fn lost_doubled_and_altered_events_are_noticed() {
        let arguments = LoadArgs { load: Load::Route, count: 10, ipv6: 0, seed: 0, asn: 1 };
        let expected = Expected::new(&arguments).unwrap();
        let seen = |text: &str| check(text.as_bytes(), b"\"nlri\"", &expected, false);
        let all: String = (0..10).map(|number| line(number, number)).collect();
        assert!(expected.is_complete(&seen(&all)));
        let lossy: String =
            (0..10).filter(|n| *n != 7).map(|number| line(number, number)).collect();
        let report = expected.report(&seen(&lossy));
        assert_eq!(report["for_example_missing"][0], "20.0.7.0/24", "{report}");
        let altered = all.replace("\"med\": 3", "\"med\": 4");
        assert_eq!(seen(&altered).wrong, 1);
        assert_eq!(seen(&(all.clone() + &line(11, 11))).unexpected, 1);
        assert_eq!(seen(&(all + &line(1, 1))).repeated, 1);
    }

    #[test]
    fn a_word_cut_in_two_is_found_once() {
        let finder = Finder::new(b"\"nlri\"");
        let text = b"{ \"nlri\": 1, \"nlri\": 2 }".repeat(3);
        for size in 1..text.len() {
            let mut reading = Reading::default();
            for chunk in text.chunks(size) {
                reading.text.extend_from_slice(chunk);
                reading.look(&finder);
            }
            assert_eq!(reading.found, 6, "in chunks of {size}");
        }
    }
}
