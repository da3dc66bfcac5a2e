//! A daemon in a folder of its own.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use yottabgp_testkit::process::log_tail;
use yottabgp_testkit::wait::{poll, until};
use yottabgp_testkit::{Program, Running};

use super::PATIENCE;

/// The program: `YOTTABGP_PROGRAM`, for measurements, or what cargo built with the tests.
fn binary() -> PathBuf {
    std::env::var_os("YOTTABGP_PROGRAM")
        .map_or_else(|| env!("CARGO_BIN_EXE_yottabgp").into(), PathBuf::from)
}

/// A folder, and how the daemon in it is started.
#[derive(Debug)]
pub(crate) struct Lab {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = [
            ("exabgp_daemon_user", "root"),
            ("exabgp_daemon_drop", "false"),
            ("exabgp_api_version", "4"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { folder, environment: environment.to_vec(), arguments: Vec::new() }
    }

    /// A setting of the daemon, `section_name`, in its environment.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        let name = format!("exabgp_{name}");
        self.environment.retain(|(other, _)| *other != name);
        self.environment.push((name, value.to_string()));
        self
    }

    /// A word of the command line, before the name of the file.
    pub(crate) fn argument(mut self, word: &str) -> Self {
        self.arguments.push(word.to_owned());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the configuration file.
    pub(crate) fn configure(&self, text: &str) {
        // At once and as a whole: a reload may read it at any time.
        let new = self.path("new.conf");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path("test.conf")).unwrap();
    }

    /// The program as it would be started.
    pub(crate) fn program(&self, text: &str) -> Program {
        self.configure(text);
        let mut program = Program::new(binary(), self.path("log"))
            .environment("exabgp_api_socketpath", self.path("control"))
            .environment("exabgp_api_pipename", "lab")
            .environment("EXABGP_ROOT", self.path("root"));
        for (name, value) in &self.environment {
            program = program.environment(name, value);
        }
        program.argument("server").arguments(&self.arguments).argument(self.path("test.conf"))
    }

    /// Starts a daemon and waits until it takes commands.
    pub(crate) fn start(self, text: &str) -> Daemon {
        let running = self.program(text).start_here().unwrap();
        let daemon = Daemon { running: Some(running), lab: self };
        daemon.ready();
        daemon
    }
}

/// One that runs.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) lab: Lab,
    running: Option<Running>,
}

impl Daemon {
    /// A daemon that may end before it takes any command.
    pub(crate) fn unready(lab: Lab, running: Running) -> Self {
        Self { lab, running: Some(running) }
    }

    #[track_caller]
    pub(crate) fn ready(&self) {
        until("the control socket", || UnixStream::connect(self.lab.path("control")).is_ok());
    }

    pub(crate) fn running(&mut self) -> &mut Running {
        self.running.as_mut().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().unwrap().id()
    }

    /// Sends a signal to the daemon alone.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).unwrap();
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.lab.path("log")).unwrap_or_default()).into_owned()
    }

    /// Waits for words in the log.
    #[track_caller]
    pub(crate) fn await_log(&self, words: &str) {
        until(&format!("{words:?} in the log"), || self.log().contains(words));
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(binary());
        command
            .env("exabgp_api_socketpath", self.lab.path("control"))
            .env("exabgp_api_pipename", "lab")
            .env("EXABGP_ROOT", self.lab.path("root"))
            .arg("run")
            .args(words.split(' '));
        command
    }

    /// `yottabgp run WORDS`.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    /// What a command prints, which must be done.
    #[track_caller]
    pub(crate) fn ask(&self, words: &str) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command prints that is refused.
    #[track_caller]
    pub(crate) fn refused(&self, words: &str) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(1), "{words}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until a command prints what is wanted.
    #[track_caller]
    pub(crate) fn until(&self, words: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let found = poll(PATIENCE, || {
            last = self.ask(words);
            wanted(&last).then_some(())
        });
        assert!(found.is_some(), "{words}: {last}");
        last
    }

    /// Resident memory, in octets.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// SIGTERM: how long it took, and how it ended.
    #[track_caller]
    pub(crate) fn terminate(&mut self) -> (Duration, ExitStatus) {
        let start = Instant::now();
        self.signal(Signal::SIGTERM);
        let status = self.running().wait(PATIENCE).expect("an end after SIGTERM");
        (start.elapsed(), status)
    }

    /// SIGTERM is answered soon and well.
    #[track_caller]
    pub(crate) fn stop(mut self) {
        let (time, status) = self.terminate();
        assert!(status.success(), "{status}");
        // Twice what is promised: the machine may be busy with other tests.
        assert!(time < Duration::from_secs(2), "{time:?} from SIGTERM to the end");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = log_tail(&self.lab.path("log"));
            std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()).unwrap();
        }
    }
}
