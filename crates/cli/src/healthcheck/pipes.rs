//! The daemon of a helper process: commands to standard output, acknowledgements from standard input.
//!
//! Each has a thread, so that a daemon that does not read, or a terminal that is stopped, holds up nothing else.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as threads};
use std::time::Duration;

use tokio::sync::mpsc;
use yottabgp_daemon::health::{Heard, Port};
use yottabgp_health::service::{Level, Step};

use super::log::Log;

/// Octets that wait to be written above which no more commands are given,
const HIGH: usize = 64 * 1024;
/// and at which they are again.
const LOW: usize = 16 * 1024;
/// The longest line that is looked at, in octets; the rest of a longer one is a line of its own, and means nothing.
const LONGEST: u64 = 1024 * 1024;
/// How long the last commands may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Both ways.
#[derive(Debug)]
pub(super) struct Pipes<'a> {
    log: &'a mut Log,
    commands: threads::Sender<String>,
    /// Closed by the thread that writes, once all is written.
    written: threads::Receiver<()>,
    /// Octets that wait to be written.
    waiting: Arc<AtomicUsize>,
    /// To be told at the next occasion.
    blocked: bool,
    lines: mpsc::Receiver<Heard>,
    writer: mpsc::UnboundedReceiver<Heard>,
}

/// Whether somebody is at the other end of standard input who answers what is said on standard output.
pub(super) fn are_answered() -> bool {
    is_stream() && !std::io::stdout().is_terminal()
}

/// Whether standard input is a pipe or a socket: its end is that of the daemon.
fn is_stream() -> bool {
    let input = std::io::stdin();
    let kind = nix::unistd::dup(&input).and_then(|copy| {
        let metadata = File::from(copy).metadata();
        metadata.map_err(|_| nix::errno::Errno::EIO)
    });
    kind.is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_socket()
    })
}

impl<'a> Pipes<'a> {
    pub(super) fn new(log: &'a mut Log) -> Self {
        let (commands, to_write) = threads::channel::<String>();
        let (done, written) = threads::channel();
        let (tell, writer) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = waiting.clone();
        std::thread::spawn(move || {
            write(&to_write, &counter, &tell);
            drop(done);
        });
        let (heard, lines) = mpsc::channel(1024);
        if is_stream() {
            std::thread::spawn(move || read(&heard));
        }
        Self { log, commands, written, waiting, blocked: false, lines, writer }
    }

    /// Waits until all is written, but not for ever.
    pub(super) fn finish(self) {
        drop(self.commands);
        // An error is what is waited for: the other end is gone.
        let _ = self.written.recv_timeout(LAST_WORDS);
    }
}

/// Writes commands until there are no more, or nobody reads them.
fn write(
    commands: &threads::Receiver<String>,
    waiting: &AtomicUsize,
    tell: &mpsc::UnboundedSender<Heard>,
) {
    while let Ok(command) = commands.recv() {
        let mut output = std::io::stdout().lock();
        let done = output.write_all(command.as_bytes()).and_then(|()| output.flush());
        if done.is_err() {
            let _ = tell.send(Heard::Gone);
            return;
        }
        let before = waiting.fetch_sub(command.len(), Ordering::Relaxed);
        if before > LOW && before - command.len() <= LOW {
            let _ = tell.send(Heard::Blocked(false));
        }
    }
}

/// Reads lines until there are no more.
fn read(heard: &mpsc::Sender<Heard>) {
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut input).take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => {
                let _ = heard.blocking_send(Heard::Gone);
                return;
            }
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).into_owned();
                if heard.blocking_send(Heard::Line(line)).is_err() {
                    return;
                }
            }
        }
    }
}

impl Port for Pipes<'_> {
    fn send(&mut self, line: &str) {
        let line = format!("{line}\n");
        let before = self.waiting.fetch_add(line.len(), Ordering::Relaxed);
        self.blocked |= before + line.len() > HIGH;
        // If it is gone, it said so.
        let _ = self.commands.send(line);
    }

    async fn heard(&mut self) -> Heard {
        if std::mem::take(&mut self.blocked) && self.waiting.load(Ordering::Relaxed) > LOW {
            return Heard::Blocked(true);
        }
        tokio::select! {
            Some(heard) = self.writer.recv() => heard,
            Some(heard) = self.lines.recv() => heard,
            else => std::future::pending().await,
        }
    }

    fn step(&mut self, step: Step) {
        let text = match step {
            Step::Entered(state) => format!("the service is {state}"),
            Step::Withdrawn(_) => "the routes are withdrawn".to_owned(),
            Step::AddressesRemoved(_) => "the addresses are removed".to_owned(),
        };
        self.log.line(Level::Info, &text);
    }

    fn log(&mut self, level: Level, text: &str) {
        self.log.line(level, text);
    }
}
