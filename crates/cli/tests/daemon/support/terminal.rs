//! A terminal with a program in it, as a person sees it: tmux.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use yottabgp_testkit::process::find;
use yottabgp_testkit::wait::poll;

use super::PATIENCE;
use super::daemon::Daemon;

/// A terminal of its own server; both end when it is dropped.
#[derive(Debug)]
pub(crate) struct Terminal {
    socket: PathBuf,
    server: Option<i32>,
}

impl Terminal {
    /// A terminal that runs this program with words; `None`, and said, where there is no tmux.
    pub(crate) fn start(daemon: &Daemon, words: &[&str]) -> Option<Self> {
        let program = env!("CARGO_BIN_EXE_yottabgp");
        // The pane stays when the program is gone, so that its last words can be read.
        Self::run(
            daemon,
            &format!("{program} {}; echo gone with $?; exec sleep 1000", words.join(" ")),
        )
    }

    /// A terminal with a shell; `None`, and said, where there is none of this name.
    pub(crate) fn shell(daemon: &Daemon, shell: &str, words: &str) -> Option<Self> {
        if find(shell).is_none() {
            skipped(shell);
            return None;
        }
        Self::run(daemon, &format!("exec {shell} {words}"))
    }

    fn run(daemon: &Daemon, line: &str) -> Option<Self> {
        if find("tmux").is_none() {
            skipped("tmux");
            return None;
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut terminal =
            Self { socket: daemon.lab.path(&format!("terminal{number}")), server: None };
        let mut command =
            terminal.command(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "50"]);
        let program = Path::new(env!("CARGO_BIN_EXE_yottabgp"));
        let folder = program.parent().unwrap().display();
        command
            .env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()))
            .env("exabgp_api_socketpath", daemon.lab.path("control"))
            .env("EXABGP_ROOT", daemon.lab.path("root"))
            .env("HOME", daemon.lab.folder())
            .env("SHELL", "/bin/sh")
            .env_remove("TMUX")
            .env_remove("PAGER")
            .env_remove("LESS")
            .env_remove("NO_COLOR");
        assert!(command.arg(line).status().unwrap().success());
        let server = terminal.command(&["display-message", "-p", "#{pid}"]).output().unwrap();
        terminal.server = String::from_utf8(server.stdout).unwrap().trim().parse().ok();
        Some(terminal)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(words);
        command
    }

    /// Types letters.
    pub(crate) fn write(&self, text: &str) {
        assert!(self.command(&["send-keys", "-l", text]).status().unwrap().success());
    }

    /// Presses a key by tmux's name of it.
    pub(crate) fn press(&self, key: &str) {
        assert!(self.command(&["send-keys", key]).status().unwrap().success());
    }

    /// Types a line.
    pub(crate) fn line(&self, text: &str) {
        self.write(text);
        self.press("Enter");
    }

    /// What is to be seen, and what has scrolled away.
    pub(crate) fn screen(&self) -> String {
        let output = self.command(&["capture-pane", "-p", "-S", "-1000"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Waits until the terminal shows what is wanted.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        let found = poll(PATIENCE, || {
            screen = self.screen();
            wanted(&screen).then_some(())
        });
        assert!(found.is_some(), "not seen: {what}\n{screen}");
        screen
    }

    /// Waits for text.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // By its number: its socket is gone with the folder of a daemon that was stopped before.
        if let Some(server) = self.server {
            let _ = kill(Pid::from_raw(server), Signal::SIGTERM);
        }
    }
}

fn skipped(what: &str) {
    let text = format!("SKIPPED: no {what}\n");
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).unwrap();
}
