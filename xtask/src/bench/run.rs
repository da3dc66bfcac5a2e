//! One run of one scenario: a folder, the program that is measured, the tools around it; all of it ends with the run.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::machine::{self, Usage};

/// A run.
#[derive(Debug)]
pub(crate) struct Run {
    folder: TempDir,
    /// The program whose `bench` the tools are.
    tools: PathBuf,
    children: Vec<Child>,
    /// The program that is measured.
    program: Option<u32>,
    /// How much time it may take, and when that is over.
    limit: Duration,
    end: Instant,
}

/// A tool, and what it says.
#[derive(Debug)]
pub(crate) struct Tool {
    name: &'static str,
    socket: UnixStream,
    said: Receiver<Value>,
}

/// A socket where a tool will call.
#[derive(Debug)]
pub(crate) struct Control {
    name: &'static str,
    listener: UnixListener,
    path: PathBuf,
}

impl Run {
    /// A run in an empty folder.
    pub(crate) fn new(tools: &Path, limit: Duration) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("yottabgp-bench-").tempdir()?;
        // Programs that become another user read their configuration there.
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let tools = tools.to_owned();
        let end = Instant::now() + limit;
        Ok(Self { folder, tools, children: Vec::new(), program: None, limit, end })
    }

    /// One more, with as much time.
    pub(crate) fn another(&self) -> Result<Self> {
        Self::new(&self.tools, self.limit)
    }

    /// A file of the run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the run.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// The most that may still be waited.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Writes routes for a configuration, and gives their text.
    pub(crate) fn routes(&self, format: &str, count: u32, more: &[&str]) -> Result<String> {
        let path = self.path("routes");
        let output = Command::new(&self.tools)
            .args(["bench", "routes", "--load", "route", "--format", format, "--count"])
            .arg(count.to_string())
            .arg("--out")
            .arg(&path)
            .args(more)
            .output()?;
        if !output.status.success() {
            bail!("bench routes: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&fs::read(&path)?).into_owned())
    }

    /// The program that has the tools.
    pub(crate) fn tools(&self) -> &Path {
        &self.tools
    }

    /// Starts a program of ours or of others in the background.
    pub(crate) fn spawn(&mut self, name: &str, command: &mut Command) -> Result<u32> {
        self.spawn_with(name, command, Stdio::null(), None)
    }

    /// The same with an input, and with an output that is not its log.
    pub(crate) fn spawn_with(
        &mut self,
        name: &str,
        command: &mut Command,
        input: Stdio,
        output: Option<Stdio>,
    ) -> Result<u32> {
        let log = File::create(self.path(&format!("{name}.log")))?;
        let output = match output {
            Some(output) => output,
            None => log.try_clone()?.into(),
        };
        command.current_dir(self.folder.path()).stdin(input).stdout(output);
        command.stderr(log).process_group(0);
        let child = command.spawn().with_context(|| format!("starting {name}: {command:?}"))?;
        let id = child.id();
        self.children.push(child);
        Ok(id)
    }

    /// Starts the program that is measured. Gives when that was.
    pub(crate) fn start(&mut self, command: &mut Command) -> Result<u64> {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("exabgp") {
                command.env_remove(name);
            }
        }
        let at = machine::now();
        self.program = Some(self.spawn("program", command)?);
        Ok(at)
    }

    /// What the program has used.
    pub(crate) fn usage(&self) -> Usage {
        machine::usage(&self.processes())
    }

    /// The processes of the program.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.program.map(machine::tree).unwrap_or_default()
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let program = self.program.context("no program was started")?;
        kill(Pid::from_raw(program.cast_signed()), signal).context("sending a signal")
    }

    /// Listens for a tool that the program itself will start.
    pub(crate) fn control(&self, name: &'static str) -> Result<Control> {
        let path = self.path(&format!("{name}.socket"));
        let listener = UnixListener::bind(&path).with_context(|| path.display().to_string())?;
        Ok(Control { name, listener, path })
    }

    /// The command line of a tool that the program starts.
    pub(crate) fn helper(&self, control: &Control, arguments: &str) -> String {
        let (tools, path) = (self.tools.display(), control.path.display());
        format!("{tools} bench {} {arguments} --control {path}", control.name)
    }

    /// Starts a tool, and waits until it is ready.
    pub(crate) fn tool(&mut self, name: &'static str, arguments: &str) -> Result<Tool> {
        let mut tool = self.tool_with(name, arguments, Stdio::null())?;
        tool.wait("ready", self)?;
        Ok(tool)
    }

    /// Starts a tool with an input; it is not awaited that it is ready.
    pub(crate) fn tool_with(
        &mut self,
        name: &'static str,
        arguments: &str,
        input: Stdio,
    ) -> Result<Tool> {
        let control = self.control(name)?;
        let mut command = Command::new(&self.tools);
        command.arg("bench").arg(name).args(arguments.split_whitespace());
        command.arg("--control").arg(&control.path);
        self.spawn_with(name, &mut command, input, None)?;
        self.accept(control)
    }

    /// Waits for a tool that the program starts.
    pub(crate) fn accept(&mut self, control: Control) -> Result<Tool> {
        let Control { name, listener, .. } = control;
        let mut ready = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        loop {
            let step =
                PollTimeout::try_from(Duration::from_millis(50)).unwrap_or(PollTimeout::ZERO);
            if poll(&mut ready, step).unwrap_or(0) > 0 {
                break;
            }
            self.check(name)?;
        }
        let (socket, _) = listener.accept()?;
        let (sender, said) = channel();
        let reader = BufReader::new(socket.try_clone()?);
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else { return };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Ok(Tool { name, socket, said })
    }

    /// Refuses to wait on when the time is over or a process has ended.
    fn check(&mut self, what: &str) -> Result<()> {
        if self.left().is_zero() {
            bail!("{what}: not done within {} s\n{}", self.limit.as_secs(), self.logs());
        }
        for index in 0..self.children.len() {
            let Some(child) = self.children.get_mut(index) else { break };
            if self.program == Some(child.id())
                && let Some(status) = child.try_wait()?
            {
                bail!("the program ended ({status})\n{}", self.logs());
            }
        }
        Ok(())
    }

    /// The ends of all logs.
    pub(crate) fn logs(&self) -> String {
        let mut text = String::new();
        for entry in fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let log = fs::read(&path).unwrap_or_default();
                let tail = log.get(log.len().saturating_sub(600)..).unwrap_or_default();
                let tail = String::from_utf8_lossy(tail);
                if !tail.trim().is_empty() {
                    text += &format!("[{}] {}\n", entry.file_name().display(), tail.trim());
                }
            }
        }
        text
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let group = |child: &Child| Pid::from_raw(child.id().cast_signed());
        for child in &self.children {
            // Each may have ended by itself.
            let _ = kill(group(child), Signal::SIGTERM);
        }
        let end = Instant::now() + Duration::from_secs(3);
        for child in &mut self.children {
            while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = killpg(group(child), Signal::SIGKILL);
            let _ = child.wait();
        }
    }
}

impl Tool {
    /// Gives an order.
    pub(crate) fn order(&mut self, order: &str) -> Result<()> {
        writeln!(self.socket, "{order}").with_context(|| format!("bench {} is gone", self.name))
    }

    /// Waits until the tool says that this has happened.
    pub(crate) fn wait(&mut self, event: &str, run: &mut Run) -> Result<Value> {
        loop {
            let what = || format!("bench {}: {event}", self.name);
            match self.said.recv_timeout(Duration::from_millis(50)) {
                Ok(value) if value["event"] == event => return Ok(value),
                Ok(value) if value["event"] == "done" => {
                    bail!("{}: it ended with {value}\n{}", what(), run.logs());
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => run.check(&what())?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(anyhow!("{}: it is gone\n{}", what(), run.logs()));
                }
            }
        }
    }

    /// Waits until the tool has measured, and refuses what is not as it should be.
    pub(crate) fn done(&mut self, run: &mut Run) -> Result<Value> {
        let done = match self.wait("done", run) {
            Ok(done) => done,
            Err(error) => {
                // It says how far it came.
                let _ = self.socket.shutdown(std::net::Shutdown::Write);
                let last =
                    std::iter::from_fn(|| self.said.recv_timeout(Duration::from_secs(2)).ok())
                        .last();
                return Err(error.context(format!("{}", last.unwrap_or_default())));
            }
        };
        if done["ok"] != true {
            bail!("bench {}: {done}\n{}", self.name, run.logs());
        }
        Ok(done)
    }

    /// Tells it to stop, and gives its last words.
    pub(crate) fn stop(mut self, run: &mut Run) -> Result<Value> {
        self.socket.shutdown(std::net::Shutdown::Write)?;
        self.done(run)
    }
}
