//! `run` and `cli`: a command for a running daemon, through its Unix socket or its named pipes.
//!
//! The exit status is true: 0 when every command was done, 1 when one was refused, was not answered, or found no daemon.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use yottabgp_api::command::expand_shortcuts;
use yottabgp_config::Environment;
use yottabgp_daemon::control;

use crate::args::RunArgs;
use crate::{out, root};

/// How long an answer may be silent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// Of a command that is answered at once.
    Talk,
    /// Of one that has to read a large configuration first.
    Work,
}

impl Patience {
    const fn time(self) -> Duration {
        match self {
            Self::Talk => Duration::from_secs(5),
            Self::Work => Duration::from_secs(600),
        }
    }
}

/// The longest line of an answer that is kept, in octets.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// Sends the command, or the commands of a file. Says whether all of them were done.
pub(crate) fn run(arguments: &RunArgs, environment: &Environment) -> Result<bool> {
    let mut daemon = connect(arguments, environment, Patience::Talk)?;
    if let Some(path) = &arguments.batch {
        return batch(path, &mut daemon);
    }
    let written = arguments.command.join(" ");
    let mut command = written.trim();
    if command.is_empty() {
        out::warn("no command given, sending \"help\"");
        command = "help";
    }
    let expanded = expand_shortcuts(command);
    if expanded.split_whitespace().ne(command.split_whitespace()) {
        out::line(format!("command: {expanded}"))?;
    }
    daemon.ask(&expanded)
}

/// Sends each line of a file, but blank ones and comments.
fn batch(path: &Path, daemon: &mut Daemon) -> Result<bool> {
    let name = path.display();
    let lines: Box<dyn io::BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).with_context(|| format!("{name}"))?))
    };
    out::line(format!("Executing commands from {name}..."))?;
    let (mut commands, mut errors) = (0, 0);
    for (number, line) in lines.lines().enumerate() {
        let line = line.with_context(|| format!("{name}:{}", number + 1))?;
        let command = line.trim();
        if command.is_empty() || command.starts_with('#') {
            continue;
        }
        let expanded = expand_shortcuts(command);
        out::line(format!("[{}] {expanded}", number + 1))?;
        commands += 1;
        errors += u32::from(!daemon.ask(&expanded)?);
    }
    out::line(format!("Batch execution complete: {commands} commands, {errors} errors"))?;
    Ok(errors == 0)
}

/// Finds the daemon: where the flags say, or else `exabgp_cli_transport`, or else wherever there is one.
pub(crate) fn connect(
    arguments: &RunArgs,
    environment: &Environment,
    patience: Patience,
) -> Result<Daemon> {
    let folders = control::folders(&root::folder(), nix::unistd::getuid().as_raw());
    let transport = std::env::var("exabgp_cli_transport").unwrap_or_default();
    let no_socket = transport == "pipe" || environment.api.cli_socket.as_deref() == Some("");
    let only_pipe = arguments.pipe || !arguments.socket && no_socket;
    let only_socket = arguments.socket || !arguments.pipe && transport == "socket";
    let name = |setting: &str| arguments.pipename.clone().unwrap_or_else(|| setting.to_owned());
    let socket = name(&environment.api.socketname);
    let pipe = name(&environment.api.pipename);
    if !only_pipe {
        let explicit = std::env::var_os("exabgp_api_socketpath").filter(|path| !path.is_empty());
        let path = explicit.map(PathBuf::from).or_else(|| control::socket(&folders, &socket));
        if let Some(path) = path {
            let stream = UnixStream::connect(&path)
                .with_context(|| format!("no daemon answers on {}", path.display()))?;
            return Daemon::over_socket(stream, patience);
        }
    }
    if !only_socket && let Some((input, output)) = control::pipes(&folders, &pipe) {
        return Daemon::over_pipes(&input, &output, patience);
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

/// A daemon that takes commands.
pub(crate) struct Daemon {
    commands: Box<dyn io::Write>,
    answers: BufReader<Box<dyn Read>>,
    patience: Patience,
}

impl Daemon {
    fn over_socket(stream: UnixStream, patience: Patience) -> Result<Self> {
        stream.set_read_timeout(Some(patience.time()))?;
        stream.set_write_timeout(Some(patience.time()))?;
        let answers: Box<dyn Read> = Box::new(stream.try_clone()?);
        Ok(Self { commands: Box::new(stream), answers: BufReader::new(answers), patience })
    }

    /// Named pipes: the daemon's input is our output.
    fn over_pipes(input: &Path, output: &Path, patience: Patience) -> Result<Self> {
        let nobody = |path: &Path| format!("no daemon reads the named pipe {}", path.display());
        // Opened first, so that the daemon finds a reader for what it answers; and for writing too, so that there is no wait
        // for the daemon and no end of file between two answers.
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
        let mut answers = Patient(answers, patience);
        answers.drain()?;
        let answers = BufReader::new(Box::new(answers) as Box<dyn Read>);
        Ok(Self { commands: Box::new(commands), answers, patience })
    }

    /// Sends one command and prints what is answered. Says whether it was done.
    fn ask(&mut self, command: &str) -> Result<bool> {
        self.ask_each(command, format!("{command}\n").as_bytes(), |_| {})
    }

    /// Sends what a command is and what goes with it, prints what is answered, and shows each line of it.
    pub(crate) fn ask_each(
        &mut self,
        command: &str,
        text: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> Result<bool> {
        self.commands
            .write_all(text)
            .and_then(|()| self.commands.flush())
            .context("the daemon does not take the command")?;
        let mut ends = false;
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut self.answers).take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) if is_end(command) => return Ok(true),
                Ok(0) if ends => {
                    out::warn("the daemon is shutting down, command aborted");
                    return Ok(false);
                }
                Ok(0) => bail!("the daemon closed the connection before it answered '{command}'"),
                Ok(_) => {}
                Err(error) if is_silence(&error) => {
                    out::warn(format!(
                        "no end of command message received: the daemon was silent for {} seconds after '{command}'",
                        self.patience.time().as_secs()
                    ));
                    return Ok(false);
                }
                Err(error) if is_end(command) && error.kind() == ErrorKind::ConnectionReset => {
                    return Ok(true);
                }
                Err(error) => return Err(error).context("reading the answer"),
            }
            // Said by an ExaBGP that ends; but `help` has this line too.
            if std::mem::take(&mut ends) {
                out::line("shutdown")?;
            }
            let text = line.trim_ascii_end();
            match text {
                b"done" => return Ok(true),
                b"error" => {
                    out::warn(
                        "the daemon refused the command (use help for a list of available commands)",
                    );
                    return Ok(false);
                }
                b"shutdown" => ends = true,
                _ => {
                    each(text);
                    out::line(text)?;
                }
            }
        }
    }
}

/// A daemon that ends may do so before its last answer is read.
fn is_end(command: &str) -> bool {
    matches!(command, "shutdown" | "daemon shutdown")
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A named pipe, whose reads have a time limit as those of a socket have.
struct Patient(File, Patience);

impl Patient {
    /// Whether there is something to read, after this long at most.
    fn wait(&self, time: Duration) -> io::Result<bool> {
        let mut watched = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        let time = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
        Ok(nix::poll::poll(&mut watched, time)? > 0)
    }

    /// Throws away what nobody read of earlier answers.
    fn drain(&mut self) -> io::Result<()> {
        let mut scrap = [0; 4096];
        while self.wait(Duration::ZERO)? && self.0.read(&mut scrap)? > 0 {}
        Ok(())
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.wait(self.1.time())? {
            self.0.read(buffer)
        } else {
            Err(ErrorKind::TimedOut.into())
        }
    }
}
