//! A running daemon, as its clients reach it: through its Unix socket or its named pipes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::signalfd::SignalFd;
use yottabgp_config::Environment;
use yottabgp_daemon::control;

use crate::root;
use crate::words::Peer;

/// How long an answer may be silent.
const SILENCE: Duration = Duration::from_secs(5);
/// The same, for a command that reads a configuration, maybe a large one, before it answers.
const WORK: Duration = Duration::from_secs(600);
/// How long a named pipe must be silent to hold no more of an earlier answer: a daemon looks for readers more often than this.
const STALE: Duration = Duration::from_millis(150);
/// The longest line of an answer that is kept, in octets.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// Which daemon is meant, and how it is reached.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Reach {
    /// The name of the socket, and of the pipes
    #[arg(long, value_name = "NAME")]
    pub(crate) pipename: Option<String>,
    /// Use the named pipes
    #[arg(long, conflicts_with = "socket")]
    pub(crate) pipe: bool,
    /// Use the Unix socket
    #[arg(long)]
    pub(crate) socket: bool,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With `done`.
    Done,
    /// With `error`.
    Refused,
    /// The daemon ended instead.
    Ended,
    /// There was no end of it.
    Silent,
}

impl Answer {
    /// What is to be said of it on standard error, if anything.
    pub(crate) fn complaint(self, command: &str) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Refused => Some(
                "the daemon refused the command (use help for a list of available commands)"
                    .to_owned(),
            ),
            Self::Ended => Some("the daemon is shutting down, command aborted".to_owned()),
            Self::Silent => Some(format!(
                "no end of command message received: the daemon was silent for {} seconds after '{command}'",
                silence_of(command).as_secs()
            )),
        }
    }
}

/// A daemon that takes commands.
pub(crate) struct Daemon {
    commands: Box<dyn Write + Send>,
    answers: BufReader<Patient>,
}

/// Finds the daemon: where the flags say, or else `exabgp_cli_transport`, or else wherever there is one that answers. Reading
/// its answers ends early when `interrupt` becomes readable.
pub(crate) fn connect(
    reach: &Reach,
    environment: &Environment,
    interrupt: Option<Arc<SignalFd>>,
) -> Result<Daemon> {
    let folders = control::folders(&root::folder(), nix::unistd::getuid().as_raw());
    let transport = std::env::var("exabgp_cli_transport").unwrap_or_default();
    let no_socket = transport == "pipe" || environment.api.cli_socket.as_deref() == Some("");
    let only_pipe = reach.pipe || !reach.socket && no_socket;
    let only_socket = reach.socket || !reach.pipe && transport == "socket";
    let name = |setting: &str| reach.pipename.clone().unwrap_or_else(|| setting.to_owned());
    let socket = name(&environment.api.socketname);
    let pipe = name(&environment.api.pipename);
    // A daemon that ended badly leaves its files behind: the next place may have one that lives.
    let mut dead = None;
    if !only_pipe {
        let explicit = std::env::var_os("exabgp_api_socketpath").filter(|path| !path.is_empty());
        let paths: Vec<PathBuf> = match explicit {
            Some(path) => vec![path.into()],
            None => control::sockets(&folders, &socket).collect(),
        };
        for path in paths {
            match over_socket(&path, interrupt.clone()) {
                Ok(daemon) => return Ok(daemon),
                Err(error) => dead = dead.or(Some(error)),
            }
        }
    }
    if !only_socket {
        for (input, output) in control::pipes(&folders, &pipe) {
            match over_pipes(&input, &output, interrupt.clone()) {
                Ok(daemon) => return Ok(daemon),
                Err(error) => dead = dead.or(Some(error)),
            }
        }
    }
    if let Some(error) = dead {
        return Err(error);
    }
    let wanted = match (only_pipe, only_socket) {
        (true, _) => format!("named pipes {pipe}.in and {pipe}.out"),
        (_, true) => format!("Unix socket {socket}.sock"),
        _ => format!("Unix socket {socket}.sock, or named pipes {pipe}.in and {pipe}.out,"),
    };
    let mut message = format!("could not find the {wanted} of a running daemon; looked in");
    for folder in &folders {
        message.push_str(&format!("\n  {}", folder.display()));
    }
    bail!("{message}")
}

fn over_socket(path: &Path, interrupt: Option<Arc<SignalFd>>) -> Result<Daemon> {
    let failed = || format!("no daemon answers on {}", path.display());
    let stream = UnixStream::connect(path).with_context(failed)?;
    stream.set_write_timeout(Some(SILENCE))?;
    let answers =
        Patient { from: Source::Socket(stream.try_clone()?), interrupt, silence: SILENCE };
    Ok(Daemon { commands: Box::new(stream), answers: BufReader::new(answers) })
}

/// Named pipes: the daemon's input is our output.
fn over_pipes(input: &Path, output: &Path, interrupt: Option<Arc<SignalFd>>) -> Result<Daemon> {
    let nobody = |path: &Path| format!("no daemon reads the named pipe {}", path.display());
    // Opened first, so that the daemon finds a reader for what it answers; and for writing too, so that there is no wait for
    // the daemon and no end of file between two answers.
    let answers = OpenOptions::new()
        .read(true)
        .write(true)
        .open(output)
        .with_context(|| format!("named pipe {}", output.display()))?;
    let commands = OpenOptions::new()
        .write(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(input)
        .with_context(|| nobody(input))?;
    let mut answers = Patient { from: Source::Pipe(answers), interrupt, silence: SILENCE };
    answers.drain()?;
    Ok(Daemon { commands: Box::new(commands), answers: BufReader::new(answers) })
}

impl Daemon {
    /// Sends one command and gives `told` each line of its answer, without the one that ends it.
    pub(crate) fn ask(
        &mut self,
        command: &str,
        told: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Answer> {
        self.ask_with(command, format!("{command}\n").as_bytes(), told)
    }

    /// The same for a command that more lines go with: `text` is all of them, the command's own included.
    pub(crate) fn ask_with(
        &mut self,
        command: &str,
        text: &[u8],
        mut told: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Answer> {
        self.answers.get_mut().silence = silence_of(command);
        self.commands
            .write_all(text)
            .and_then(|()| self.commands.flush())
            // As text: a pipe that is broken here is not our standard output, whose end is no news.
            .map_err(|error| anyhow!(error.to_string()).context(NotTaken))?;
        let mut ends = false;
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut self.answers).take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) if is_end(command) => return Ok(Answer::Done),
                Ok(0) if ends => return Ok(Answer::Ended),
                Ok(0) => bail!("the daemon closed the connection before it answered '{command}'"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(Answer::Silent),
                Err(error) if is_end(command) && error.kind() == ErrorKind::ConnectionReset => {
                    return Ok(Answer::Done);
                }
                Err(error) => return Err(error).context("reading the answer"),
            }
            // Said by an ExaBGP that ends; but `help` has this line too.
            if std::mem::take(&mut ends) {
                told(b"shutdown")?;
            }
            let text = line.trim_ascii_end();
            match text {
                b"done" => return Ok(Answer::Done),
                b"error" => return Ok(Answer::Refused),
                b"shutdown" => ends = true,
                _ => told(text)?,
            }
        }
    }
}

impl Daemon {
    /// The peers that it has; none if it does not say.
    pub(crate) fn peers(&mut self) -> Vec<Peer> {
        let mut peers = Vec::new();
        let answer = self.ask("peer list text", |line| {
            let line = String::from_utf8_lossy(line);
            if let Some((address, rest)) = line.split_once(' ')
                && address.parse::<std::net::IpAddr>().is_ok()
            {
                let (asn, state) = rest.split_once(' ').unwrap_or((rest, ""));
                peers.push((address.to_owned(), format!("AS {asn}, {state}")));
            }
            Ok(())
        });
        if answer.is_ok() { peers } else { Vec::new() }
    }
}

/// The daemon is gone, or does not read: the command did not reach it.
#[derive(Debug, thiserror::Error)]
#[error("the daemon does not take the command")]
pub(crate) struct NotTaken;

/// How long the answer of a command may be silent.
fn silence_of(command: &str) -> Duration {
    let mut words = command.split_whitespace().skip_while(|word| *word == "daemon");
    let is_check = words.next() == Some("reload") && words.any(|word| word.ends_with("check"));
    if is_check { WORK } else { SILENCE }
}

/// A daemon that ends may do so before its last answer is read.
fn is_end(command: &str) -> bool {
    matches!(command, "shutdown" | "daemon shutdown")
}

/// Where answers come from.
#[derive(Debug)]
enum Source {
    Socket(UnixStream),
    Pipe(File),
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Socket(stream) => stream.as_fd(),
            Self::Pipe(file) => file.as_fd(),
        }
    }
}

/// Reads for so long at most, and until somebody interrupts.
#[derive(Debug)]
struct Patient {
    from: Source,
    interrupt: Option<Arc<SignalFd>>,
    silence: Duration,
}

/// What came first.
#[derive(PartialEq, Eq)]
enum Came {
    Data,
    Interrupt,
    Nothing,
}

impl Patient {
    /// What there is after this long at most.
    fn wait(&self, time: Duration) -> io::Result<Came> {
        let mut watched = vec![PollFd::new(self.from.as_fd(), PollFlags::POLLIN)];
        watched.extend(
            self.interrupt.as_ref().map(|signal| PollFd::new(signal.as_fd(), PollFlags::POLLIN)),
        );
        let time = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
        if nix::poll::poll(&mut watched, time)? == 0 {
            return Ok(Came::Nothing);
        }
        let is_interrupted = watched.get(1).is_some_and(|signal| signal.any() == Some(true));
        Ok(if is_interrupted { Came::Interrupt } else { Came::Data })
    }

    fn take(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.from {
            Source::Socket(stream) => stream.read(buffer),
            Source::Pipe(file) => file.read(buffer),
        }
    }

    /// Throws away what nobody read of earlier answers. A daemon that waited for a reader goes on as soon as it finds one.
    fn drain(&mut self) -> io::Result<()> {
        let mut scrap = [0; 64 * 1024];
        let end = Instant::now() + SILENCE;
        while self.wait(STALE)? == Came::Data && Instant::now() < end && self.take(&mut scrap)? > 0
        {
        }
        Ok(())
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.wait(self.silence)? {
            Came::Data => self.take(buffer),
            Came::Nothing => Err(ErrorKind::TimedOut.into()),
            // Another kind than `Interrupted`, which is tried again.
            Came::Interrupt => Err(io::Error::new(ErrorKind::ConnectionAborted, "interrupted")),
        }
    }
}
