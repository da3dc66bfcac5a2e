//! `limits`: what the machine can do at all, to hold the speed of a speaker against: the same octets through a TCP connection, the
//! same lines through a pipe, one line at a time through a process that only passes it on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, ValueEnum};
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
    #[arg(long, default_value_t = 5_000, value_name = "MICROSECONDS")]
    interval: u64,
    /// Be one of the processes that pass lines on
    #[arg(long, value_enum, hide = true, value_name = "PART")]
    part: Option<Part>,
    /// Whom they are passed on to
    #[arg(long, hide = true, value_name = "ADDRESS")]
    to: Option<SocketAddr>,
    #[command(flatten)]
    control: ControlArgs,
}

/// Octets written at once to a pipe, and to a connection.
const CHUNK: usize = 1 << 16;
const LARGE: usize = 1 << 18;

/// Measures all of it.
pub(crate) fn run(arguments: &LimitsArgs) -> Result<bool> {
    if let Some(part) = arguments.part {
        return part.run(arguments);
    }
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

/// Octets of a line that is passed on.
const LINE: usize = 64;

/// Nanoseconds that each line takes from a pipe through a relay into a TCP connection and out of it. Each end and the relay are
/// processes of their own, as a helper, a speaker and its peer are.
fn relay(lines: u32, interval: Duration) -> Result<Vec<u64>> {
    let program = std::env::current_exe().context("the path of this program")?;
    let part = |words: &[&str]| -> Result<Child> {
        let mut command = Command::new(&program);
        command.args(["bench", "limits", "--part"]).args(words);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        pipes.spawn().with_context(|| format!("{}: a process that passes on", program.display()))
    };
    let mut sink = part(&["sink", "--lines", &lines.to_string()])?;
    let mut told = BufReader::new(sink.stdout.take().context("the output of the sink")?);
    let mut address = String::new();
    told.read_line(&mut address)?;
    let mut relay = part(&["relay", "--to", address.trim()])?;
    let mut to = relay.stdin.take().context("the input of the relay")?;
    // It tells that it is connected.
    relay.stdout.take().context("the output of the relay")?.read_to_end(&mut Vec::new())?;
    let mut sent = Vec::new();
    for _ in 0..lines {
        std::thread::sleep(interval);
        sent.push(now());
        to.write_all(&[b'x'; LINE])?;
    }
    drop(to);
    let arrived: Vec<u64> =
        told.lines().map_while(Result::ok).filter_map(|line| line.parse().ok()).collect();
    for mut process in [relay, sink] {
        let status = process.wait()?;
        anyhow::ensure!(status.success(), "a process that passes on: {status}");
    }
    anyhow::ensure!(arrived.len() == sent.len(), "{} of {lines} lines arrived", arrived.len());
    Ok(sent.iter().zip(&arrived).map(|(sent, arrived)| arrived.saturating_sub(*sent)).collect())
}

/// One of the processes of [`relay`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    /// Passes its input on
    Relay,
    /// Takes lines, and tells when each came
    Sink,
}

impl Part {
    fn run(self, arguments: &LimitsArgs) -> Result<bool> {
        match self {
            Self::Relay => {
                let mut to = TcpStream::connect(arguments.to.context("--to")?)?;
                to.set_nodelay(true)?;
                // Nothing is said, but the end of the output is heard.
                nix::unistd::close(1)?;
                let (mut from, mut buffer) = (std::io::stdin().lock(), [0; CHUNK]);
                while let read @ 1.. = from.read(&mut buffer)? {
                    to.write_all(buffer.get(..read).unwrap_or_default())?;
                }
            }
            Self::Sink => {
                let listener =
                    TcpListener::bind(("127.0.0.1", 0)).context("listening on 127.0.0.1")?;
                let mut output = std::io::stdout().lock();
                writeln!(output, "{}", listener.local_addr()?)?;
                output.flush()?;
                let (mut from, _) = listener.accept()?;
                let (mut buffer, mut times) = ([0; LINE], Vec::new());
                for _ in 0..arguments.lines {
                    from.read_exact(&mut buffer)?;
                    times.push(now());
                }
                for time in times {
                    writeln!(output, "{time}")?;
                }
            }
        }
        Ok(true)
    }
}
