//! `limits`: what the machine can do at all, to hold the speed of a speaker against: the same octets through a TCP connection, the
//! same lines through a pipe, one line at a time through a process that only passes it on.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::json;

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs};
use crate::load::{Load, LoadArgs, flat};

/// What `limits` is told.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  yottabgp bench limits --count 1000000")]
pub(crate) struct LimitsArgs {
    #[command(flatten)]
    load: LoadArgs,
    /// How many lines are passed on one by one
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    lines: u32,
    /// The time between two of them
    #[arg(long, default_value_t = 1_000, value_name = "MICROSECONDS")]
    interval: u64,
    #[command(flatten)]
    control: ControlArgs,
}

/// Octets written at once to a pipe, and to a connection.
const CHUNK: usize = 1 << 16;
const LARGE: usize = 1 << 18;

/// Measures all of it.
pub(crate) fn run(arguments: &LimitsArgs) -> Result<bool> {
    let mut control = Control::open(&arguments.control)?;
    let stream = arguments.load.stream()?;
    let took = tcp(&stream.octets)?;
    control.tell(
        "tcp",
        json!({
            "seconds": took, "octets": stream.octets.len(),
            "messages_per_second": stream.messages as f64 / took,
            "routes_per_second": f64::from(stream.routes) / took,
        }),
    )?;
    let mut text = Vec::new();
    for number in 0..arguments.load.count.min(flat::MOST) {
        text.extend_from_slice(b"announce ");
        flat::push_route(Load::Route, number, 0, &mut text);
        text.push(b'\n');
    }
    let took = pipe(&text, CHUNK)?;
    let lines = f64::from(arguments.load.count);
    control.tell(
        "pipe",
        json!({ "seconds": took, "octets": text.len(), "lines_per_second": lines / took }),
    )?;
    let mut late = relay(arguments.lines, Duration::from_micros(arguments.interval))?;
    late.sort_unstable();
    let quantile = |part: usize| {
        let nanoseconds = late.get(late.len() * part / 100).or(late.last()).copied().unwrap_or(0);
        nanoseconds as f64 / 1e6
    };
    control.tell(
        "relay",
        json!({ "lines": late.len(), "p50_ms": quantile(50), "p99_ms": quantile(99) }),
    )?;
    Ok(true)
}

fn swallow(mut from: impl Read, octets: usize) -> std::io::Result<u64> {
    let mut buffer = vec![0; LARGE];
    let mut left = octets;
    while left > 0 {
        match from.read(&mut buffer)? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }
    Ok(now())
}

fn joined<T>(thread: std::thread::JoinHandle<std::io::Result<T>>) -> Result<T> {
    let done = thread.join().map_err(|_| anyhow!("a thread that reads ended"))?;
    done.context("reading")
}

/// A connection of this machine with itself.
fn connection() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listening on 127.0.0.1")?;
    let to = TcpStream::connect(listener.local_addr()?).context("connecting to 127.0.0.1")?;
    to.set_nodelay(true)?;
    Ok((to, listener.accept()?.0))
}

/// Seconds that the octets take through a TCP connection.
fn tcp(octets: &[u8]) -> Result<f64> {
    let (mut to, from) = connection()?;
    let length = octets.len();
    let reader = std::thread::spawn(move || swallow(from, length));
    let began = now();
    for chunk in octets.chunks(LARGE) {
        to.write_all(chunk)?;
    }
    Ok(seconds(began, joined(reader)?))
}

/// Seconds that the octets take through a pipe.
fn pipe(octets: &[u8], size: usize) -> Result<f64> {
    let (from, to) = nix::unistd::pipe().context("a pipe")?;
    let (from, mut to) = (File::from(from), File::from(to));
    let length = octets.len();
    let reader = std::thread::spawn(move || swallow(from, length));
    let began = now();
    for chunk in octets.chunks(size) {
        to.write_all(chunk)?;
    }
    Ok(seconds(began, joined(reader)?))
}

/// Nanoseconds that each line takes from a pipe through a relay into a TCP connection and out of it.
fn relay(lines: u32, interval: Duration) -> Result<Vec<u64>> {
    const LINE: usize = 64;
    let (from, to) = nix::unistd::pipe().context("a pipe")?;
    let (mut from, mut to) = (File::from(from), File::from(to));
    let (mut passed_on, mut arrives) = connection()?;
    let relay = std::thread::spawn(move || {
        let mut buffer = [0; CHUNK];
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok(()),
                read => passed_on.write_all(buffer.get(..read).unwrap_or_default())?,
            }
        }
    });
    let sink = std::thread::spawn(move || {
        let (mut buffer, mut times) = ([0; LINE], Vec::new());
        for _ in 0..lines {
            arrives.read_exact(&mut buffer)?;
            times.push(now());
        }
        Ok(times)
    });
    let mut sent = Vec::new();
    for _ in 0..lines {
        std::thread::sleep(interval);
        sent.push(now());
        to.write_all(&[b'x'; LINE])?;
    }
    drop(to);
    let arrived: Vec<u64> = joined(sink)?;
    joined(relay)?;
    Ok(sent.iter().zip(&arrived).map(|(sent, arrived)| arrived.saturating_sub(*sent)).collect())
}
