//! Programs a test starts, and ends whatever happens.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::Namespace;
use crate::wait::poll;

/// A program to be started in the background with its output in a log.
#[derive(Debug)]
pub struct Program {
    command: Command,
    log: PathBuf,
}

impl Program {
    /// The program at `path` (or a name for `PATH` to find), writing both outputs to `log`, which
    /// is appended to.
    pub fn new(path: impl AsRef<OsStr>, log: impl Into<PathBuf>) -> Self {
        let mut command = Command::new(path);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("exabgp") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).process_group(0);
        Self { command, log: log.into() }
    }

    /// Adds an argument.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.command.arg(argument.into());
        self
    }

    /// Adds arguments.
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.command.args(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    pub fn environment(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it in `namespace`, at the head of a process group of its own.
    ///
    /// # Errors
    /// When it is not there or may not be run.
    pub fn start(self, namespace: &Namespace) -> std::io::Result<Running> {
        namespace.enter(|| self.start_here())
    }

    /// The same, in the network namespace of the test.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub fn start_here(mut self) -> std::io::Result<Running> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        self.command.stdout(log.try_clone()?).stderr(log);
        Ok(Running { child: self.command.spawn()?, log: self.log })
    }
}

/// A program that runs; it is killed, with all of its process group, when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to it and its children (those that stayed in its process group).
    pub fn signal(&self, signal: Signal) {
        // It may be gone already, which the test finds out by other means.
        let _ = killpg(self.group(), signal);
    }

    fn group(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Its exit status if it ended by itself within `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        poll(limit, || self.child.try_wait().ok().flatten())
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end with SIGTERM.
    ///
    /// # Errors
    /// When it did not within `limit`; it was killed then.
    pub fn terminate(mut self, limit: Duration) -> Result<ExitStatus, String> {
        // Only the program itself: what happens to its children is its own business.
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, Signal::SIGTERM);
        self.wait(limit).ok_or_else(|| {
            format!("did not end within {} s of SIGTERM\n{}", limit.as_secs(), self.log_tail())
        })
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> String {
        log_tail(&self.log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::SIGCONT);
        self.signal(Signal::SIGKILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log, under its name.
pub fn log_tail(path: &Path) -> String {
    const LINES: usize = 15;
    const COLUMNS: usize = 240;
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let tail: Vec<String> = lines[lines.len().saturating_sub(LINES)..]
        .iter()
        .map(|line| line.chars().take(COLUMNS).collect())
        .collect();
    format!("--- the end of {}\n{}\n", path.display(), tail.join("\n"))
}

/// Runs a command to its end in `namespace` and gives its standard output.
///
/// # Errors
/// What it complained about, when it did not succeed.
pub fn output(
    namespace: &Namespace,
    program: &str,
    arguments: &[&str],
    input: &str,
) -> Result<String, String> {
    use std::io::Write;
    let mut child = namespace
        .enter(|| {
            Command::new(program)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        })
        .map_err(|error| format!("{program}: {error}"))?;
    let mut stdin = child.stdin.take().expect("a pipe was asked for");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A program that ends without reading everything says so itself.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().map_err(|error| format!("{program}: {error}"))?;
    let _ = writer.join();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{program} {}: {}\n{}{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Where a program is, among the folders of `PATH` and those of system programs.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}
