//! `inject`: the helper process that announces.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::json;

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs, Order};
use crate::load::{Load, flat};

/// How routes are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// announce route 20.0.0.0/24 next-hop 192.0.2.1 med 0
    Route,
    /// announce attributes next-hop 192.0.2.1 med 0 nlri 20.0.0.0/24
    Attributes,
    /// announce route 2a00:0:0::/48 next-hop 2001:db8::1 med 0
    Ipv6,
    /// announce route 20.0.0.0/24 rd 65000:1 label 100 next-hop 192.0.2.1 med 0
    Vpn,
    /// announce flow route destination 20.0.0.0/24 rate-limit 9600
    Flow,
    /// peer * announce route 20.0.0.0/24 next-hop 192.0.2.1 med 0
    V6,
}

impl Form {
    const fn load(self) -> Load {
        match self {
            Self::Route | Self::Attributes | Self::V6 => Load::Route,
            Self::Ipv6 => Load::Ipv6,
            Self::Vpn => Load::Vpn,
            Self::Flow => Load::Flow,
        }
    }
}

/// What is done about acknowledgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Acknowledgement {
    /// None are expected
    Off,
    /// They are read and counted while more is written
    On,
    /// Each is awaited before the next line is written
    Sync,
}

/// What `inject` is told.
#[derive(Debug, Args)]
#[command(after_help = "In a configuration file:
  process load { run /usr/bin/yottabgp bench inject --count 1000000 --out /tmp/load.json; encoder json; }")]
pub(crate) struct InjectArgs {
    /// How the routes are spelled
    #[arg(long, value_enum, default_value = "route", value_name = "FORM")]
    form: Form,
    /// How many routes
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    count: u32,
    /// Of `attributes`: how many routes a line has
    #[arg(long, default_value_t = 1, value_name = "N")]
    group: u32,
    /// What is done about acknowledgements
    #[arg(long, value_enum, default_value = "on", value_name = "HOW")]
    ack: Acknowledgement,
    /// Write a line, and wait so long before the next one
    #[arg(long, default_value_t = 0, value_name = "MICROSECONDS")]
    interval: u64,
    /// Write when each line was written, in nanoseconds, a line each
    #[arg(long, value_name = "FILE")]
    times: Option<PathBuf>,
    #[command(flatten)]
    control: ControlArgs,
}

/// Octets of lines written at once.
const CHUNK: usize = 1 << 16;

/// Announces it all. Says whether everything was acknowledged that should be.
pub(crate) fn run(arguments: &InjectArgs) -> Result<bool> {
    let mut control = Control::of_helper(&arguments.control)?;
    if arguments.count > flat::MOST {
        bail!("--count {}: there are {} routes at most", arguments.count, flat::MOST);
    }
    let one_by_one = arguments.interval > 0 || arguments.ack == Acknowledgement::Sync;
    // Nothing is made while the clock runs.
    let lines = Lines::new(arguments);
    control.tell("ready", json!({ "octets": lines.text.len() }))?;
    if !control.wait_for_go() {
        return Ok(false);
    }
    let answered = match arguments.ack {
        Acknowledgement::Sync => None,
        // Whatever comes is read, or the speaker might wait for that.
        _ => Some(count_answers()),
    };
    let mut times = Vec::new();
    let (mut good, mut bad) = (0, 0);
    let first = now();
    if one_by_one {
        let mut input = io::stdin().lock();
        let mut answer = String::new();
        for line in lines.each() {
            times.push(now());
            write_all(line)?;
            if arguments.ack == Acknowledgement::Sync {
                match wait_for_answer(&mut input, &mut answer)? {
                    true => good += 1,
                    false => bad += 1,
                }
            }
            if arguments.interval > 0 {
                std::thread::sleep(Duration::from_micros(arguments.interval));
            }
        }
    } else {
        for chunk in lines.text.chunks(CHUNK) {
            write_all(chunk)?;
        }
    }
    let written = now();
    if let Some(path) = &arguments.times {
        let text: String = times.iter().map(|time| format!("{time}\n")).collect();
        fs::write(path, text).with_context(|| format!("--times {}", path.display()))?;
    }
    let expected = lines.count();
    if let Some(answered) = &answered {
        if arguments.ack == Acknowledgement::On {
            answered.wait(expected);
        }
        (good, bad) = answered.counted();
    }
    let ok = bad == 0 && (arguments.ack == Acknowledgement::Off || good == expected);
    control.tell(
        "done",
        json!({
            "ok": ok, "lines": expected, "t_first": first, "t_written": written, "t_answered": now(),
            "seconds": seconds(first, written), "acknowledged": good, "refused": bad,
        }),
    )?;
    // A helper that ends is started again; the speaker that has ended closed our input.
    let answered = answered.unwrap_or_else(count_answers);
    while control.wait(Some(Duration::from_millis(500))) != Some(Order::Stop) {
        if answered.have_ended() {
            break;
        }
    }
    Ok(ok)
}

/// All lines, and where each ends.
struct Lines {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Lines {
    fn new(arguments: &InjectArgs) -> Self {
        let InjectArgs { form, count, .. } = *arguments;
        let group = if form == Form::Attributes { arguments.group.max(1) } else { 1 };
        let mut lines = Self { text: Vec::new(), ends: Vec::new() };
        for first in (0..count).step_by(group as usize) {
            if form == Form::V6 {
                lines.text.extend_from_slice(b"peer * ");
            }
            lines.text.extend_from_slice(b"announce ");
            if form == Form::Attributes {
                let size = group.min(count - first);
                flat::push_group(form.load(), first, size, &mut lines.text);
            } else {
                flat::push_route(form.load(), first, 0, &mut lines.text);
            }
            lines.text.push(b'\n');
            lines.ends.push(lines.text.len());
        }
        lines
    }

    fn count(&self) -> u64 {
        self.ends.len() as u64
    }

    fn each(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.text.get(start..*end))
    }
}

/// Writes to standard output, which the other side may have made non-blocking.
fn write_all(mut octets: &[u8]) -> Result<()> {
    let output = io::stdout();
    while !octets.is_empty() {
        match nix::unistd::write(output.as_fd(), octets) {
            Ok(written) => octets = octets.get(written..).unwrap_or_default(),
            Err(nix::Error::EINTR) => {}
            Err(nix::Error::EAGAIN) => {
                let mut wanted = [PollFd::new(output.as_fd(), PollFlags::POLLOUT)];
                poll(&mut wanted, PollTimeout::NONE).context("waiting for standard output")?;
            }
            Err(error) => return Err(error).context("writing a command"),
        }
    }
    Ok(())
}

/// What a line of an answer means.
fn answer(line: &str) -> Option<bool> {
    let line = line.trim();
    match line {
        "done" => Some(true),
        "error" => Some(false),
        _ if line.starts_with('{') && line.contains("\"done\"") => Some(true),
        _ if line.starts_with('{') && line.contains("\"error\"") => Some(false),
        _ => None,
    }
}

fn wait_for_answer(input: &mut impl io::BufRead, line: &mut String) -> Result<bool> {
    loop {
        line.clear();
        if input.read_line(line).context("reading an answer")? == 0 {
            bail!("the speaker closed our standard input");
        }
        if let Some(answer) = answer(line) {
            return Ok(answer);
        }
    }
}

/// Answers that a thread counts.
struct Answers(Arc<[AtomicU64; 3]>);

fn count_answers() -> Answers {
    let counts: Arc<[AtomicU64; 3]> = Arc::default();
    let answers = Answers(Arc::clone(&counts));
    std::thread::spawn(move || {
        let [good, bad, ended] = &*counts;
        let (mut input, mut chunk, mut rest) = (io::stdin().lock(), vec![0; CHUNK], Vec::new());
        loop {
            match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => rest.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            }
            let Some(last) = memchr::memrchr(b'\n', &rest) else { continue };
            let (mut done, mut refused) = (0, 0);
            for line in rest.get(..last).unwrap_or_default().split(|octet| *octet == b'\n') {
                match line {
                    b"done" => done += 1,
                    _ => match str::from_utf8(line).ok().and_then(answer) {
                        Some(true) => done += 1,
                        Some(false) => refused += 1,
                        None => {}
                    },
                }
            }
            good.fetch_add(done, Ordering::Relaxed);
            bad.fetch_add(refused, Ordering::Relaxed);
            rest.drain(..=last);
        }
        ended.store(1, Ordering::Relaxed);
    });
    answers
}

impl Answers {
    /// Waits, but not forever, for that many.
    fn wait(&self, expected: u64) {
        let end = now() + 20 * crate::clock::SECOND;
        while self.counted().0 + self.counted().1 < expected && !self.have_ended() && now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether no more will come.
    fn have_ended(&self) -> bool {
        let [_, _, ended] = &*self.0;
        ended.load(Ordering::Relaxed) == 1
    }

    /// How many commands were done, and how many refused.
    fn counted(&self) -> (u64, u64) {
        let [good, bad, _] = &*self.0;
        (good.load(Ordering::Relaxed), bad.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood_in_both_forms() {
        assert_eq!(answer("done\n"), Some(true));
        assert_eq!(answer("error"), Some(false));
        assert_eq!(answer("{\"status\": \"done\"}"), Some(true));
        assert_eq!(answer("error announce: not done"), None);
        assert_eq!(answer("{ \"type\": \"update\" }"), None);
    }
}
