//! `demo`: a speaker, a peer and their helpers, all this program, on this machine for a second: what crosses the wire in
//! words, and what a helper is told.
//!
//! No privileges, no fixed port, no file outside of a folder that is removed again.

pub(crate) mod helper;
mod words;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::Value;

use crate::out;
use words::Crossed;

/// The speaker's helper.
const ANNOUNCER: &str = "announcer";
/// The peer's helper.
const LISTENER: &str = "listener";

/// How long all of it may take: it takes less than one second, usually.
const LIMIT: Duration = Duration::from_millis(4500);

/// The configurations, and what differs here from the examples.
const SPEAKER: &str = include_str!("../../../../examples/first/first.conf");
const PEER: &str = include_str!("../../../../examples/first/peer.conf");
const PORT: &str = " 1790;";
const SPEAKER_RUN: &str = "run ./helper.sh;";
const PEER_RUN: &str = "run ./listener.sh;";

/// The route of the helper's command, which is withdrawn again from the command line.
const PREFIX: &str = "203.0.113.0/24";

/// Plays it all. Says whether everything happened that should.
pub(crate) fn run() -> Result<bool> {
    let started = Instant::now();
    let program = std::env::current_exe().context("finding this program")?;
    let folder = Folder::new()?;
    let port = free_port()?;
    let (lines, told) = channel();
    out::line(format!(
        "YottaBGP {}: a speaker (AS 65001) and a peer (AS 65002), both this program, on 127.0.0.1 port {port}.\n\
         The speaker announces what its configuration says (examples/first/first.conf):\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        routes_of(SPEAKER)
    ))?;

    let mut demo = Demo {
        program: program.clone(),
        folder,
        told,
        until: started + LIMIT,
        peer: None,
        speaker: None,
    };
    let peer = adapted(PEER, PEER_RUN, LISTENER, &program, port)?;
    demo.peer = Some(demo.start("peer", &peer, &lines)?);
    demo.wait_for("the peer to listen", |said| said.is_ready(LISTENER))?;
    let speaker = adapted(SPEAKER, SPEAKER_RUN, ANNOUNCER, &program, port)?;
    demo.speaker = Some(demo.start("speaker", &speaker, &lines)?);
    demo.play()?;
    out::line(format!("\nThat took {} ms.", started.elapsed().as_millis()))?;
    Ok(true)
}

/// A port that nobody listens on.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("finding a free port")?;
    Ok(listener.local_addr().context("finding a free port")?.port())
}

/// The `static` section of a configuration.
fn routes_of(configuration: &str) -> String {
    let lines = configuration.lines().skip_while(|line| !line.contains("static {"));
    let routes = lines.take_while(|line| *line != "    }");
    routes.chain(["    }"]).collect::<Vec<_>>().join("\n")
}

/// An example's configuration with a helper and a port of our own.
fn adapted(text: &str, run: &str, helper: &str, program: &Path, port: u16) -> Result<String> {
    if !text.contains(run) || !text.contains(PORT) {
        bail!("the example has neither '{run}' nor '{PORT}'");
    }
    let own = format!("run \"{}\" demo-helper {helper};", program.display());
    Ok(text.replace(run, &own).replace(PORT, &format!(" {port};")))
}

/// A folder that is removed when dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let name = format!("yottabgp-demo-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("making the folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there is small, and the next start of the machine removes it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A daemon that is ended when dropped.
#[derive(Debug)]
struct Daemon {
    child: Child,
}

impl Daemon {
    /// Asks it to end.
    fn terminate(&self) {
        let id = i32::try_from(self.child.id()).map(Pid::from_raw);
        // Not waited for yet, so the number still is its own.
        id.map(|id| kill(id, Signal::SIGTERM)).ok();
    }

    /// Waits for its end, and says whether it went well.
    fn ended(&mut self, until: Instant) -> Result<bool> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            if Instant::now() > until {
                bail!("a daemon that was told to end still runs");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Of a daemon that ended already nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line that a daemon, or its helper, wrote to standard error.
#[derive(Debug)]
struct Said {
    /// `speaker` or `peer`.
    by: &'static str,
    line: String,
}

impl Said {
    /// What the helper of this name was told or says.
    fn helper(&self, name: &str) -> Option<&str> {
        self.line.strip_prefix(name)?.strip_prefix(' ')
    }

    fn is_ready(&self, name: &str) -> bool {
        self.helper(name) == Some(helper::READY)
    }
}

#[derive(Debug)]
struct Demo {
    program: PathBuf,
    folder: Folder,
    told: Receiver<Said>,
    until: Instant,
    peer: Option<Daemon>,
    speaker: Option<Daemon>,
}

impl Demo {
    /// A command of this program that no setting of the user's disturbs.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_ascii_lowercase().starts_with("exabgp") {
                command.env_remove(name);
            }
        }
        command.env("EXABGP_ROOT", &self.folder.0);
        command.env("exabgp_api_socketpath", self.socket());
        command
    }

    fn socket(&self) -> PathBuf {
        self.folder.0.join("speaker.sock")
    }

    /// Starts a daemon; what it and its helper write to standard error goes to `lines`.
    fn start(&self, by: &'static str, text: &str, lines: &Sender<Said>) -> Result<Daemon> {
        let file = self.folder.0.join(format!("{by}.conf"));
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        let mut command = self.command();
        command.arg("server").arg(&file);
        command.env("exabgp_log_enable", "false");
        command.env("exabgp_api_cli", if by == "speaker" { "true" } else { "false" });
        if geteuid().is_root() {
            // Another user could not look into our folder.
            command.env("exabgp_daemon_user", "root");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting the {by}"))?;
        let stderr = child.stderr.take();
        let lines = lines.clone();
        std::thread::spawn(move || {
            for line in stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines()) {
                // Ends with the pipe, or when nobody wants to know any more.
                let Ok(line) = line else { return };
                if lines.send(Said { by, line }).is_err() {
                    return;
                }
            }
        });
        Ok(Daemon { child })
    }

    /// The next line; fails when the time is over.
    fn next(&self, what: &str) -> Result<Said> {
        let left = self.until.saturating_duration_since(Instant::now());
        self.told.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => anyhow!("waited in vain for {what}"),
            RecvTimeoutError::Disconnected => anyhow!("both daemons ended instead of {what}"),
        })
    }

    /// Reads lines until one is what is waited for.
    fn wait_for(&self, what: &str, mut is_it: impl FnMut(&Said) -> bool) -> Result<()> {
        loop {
            let said = self.next(what)?;
            if is_it(&said) {
                return Ok(());
            }
            show(&said)?;
        }
    }

    fn play(&mut self) -> Result<()> {
        let announced = format!("announces {PREFIX}");
        self.wait_for("the helper's route", |said| shown(said, &announced))?;
        let command = ["withdraw", "route", PREFIX];
        out::line(format!("\nFrom the command line: yottabgp run {}", command.join(" ")))?;
        let status = self.command().arg("run").args(command).status()?;
        if !status.success() {
            bail!("the speaker did not take the command");
        }
        let withdrawn = format!("withdraws {PREFIX}");
        self.wait_for("the withdrawal", |said| shown(said, &withdrawn))?;

        out::line("\nThe speaker is told to end.")?;
        if let Some(speaker) = &self.speaker {
            speaker.terminate();
        }
        self.wait_for("the end of the session", |said| shown(said, "Cease"))?;
        if let Some(peer) = &self.peer {
            peer.terminate();
        }
        for daemon in [&mut self.speaker, &mut self.peer].into_iter().flatten() {
            if !daemon.ended(self.until)? {
                bail!("a daemon ended with an error");
            }
        }
        Ok(())
    }
}

/// Shows a line and says whether it told of a message that says `what`.
fn shown(said: &Said, what: &str) -> bool {
    let crossed = crossed(said);
    let found = crossed.is_some_and(|crossed| crossed.says.iter().any(|line| line.contains(what)));
    if found {
        // Whether somebody reads it is found out with the next line.
        let _ = show(said);
    }
    found
}

/// The message that the peer's helper was told of.
fn crossed(said: &Said) -> Option<Crossed> {
    let event: Value = serde_json::from_str(said.helper(LISTENER)?).ok()?;
    words::of_event(&event)
}

/// Prints what a line tells.
fn show(said: &Said) -> Result<()> {
    if let Some(Crossed { by_peer, name, length, says }) = crossed(said) {
        let way = if by_peer { "peer -> speaker" } else { "speaker -> peer" };
        out::line(format!("  {way}  {name}, {length} octets"))?;
        for line in says {
            out::line(format!("                     {line}"))?;
        }
    } else if let Some(told) = said.helper(ANNOUNCER) {
        match told {
            helper::READY | "" => {}
            // The acknowledgement of the command.
            "done" => out::line("  the speaker's helper is told: done")?,
            told => {
                out::line(format!("  the speaker's helper is told: {told}"))?;
                if told.contains("\"state\": \"up\"") {
                    out::line(format!("  the speaker's helper says: {}", helper::COMMAND))?;
                }
            }
        }
    } else if said.helper(LISTENER).is_none() {
        out::warn(format!("the {} says: {}", said.by, said.line));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_what_is_played() {
        let program = Path::new("/opt/a b/yottabgp");
        let speaker = adapted(SPEAKER, SPEAKER_RUN, ANNOUNCER, program, 7).unwrap();
        assert!(speaker.contains("run \"/opt/a b/yottabgp\" demo-helper announcer;"), "{speaker}");
        assert!(speaker.contains("connect 7;"), "{speaker}");
        let peer = adapted(PEER, PEER_RUN, LISTENER, program, 7).unwrap();
        assert!(peer.contains("listen 7;"), "{peer}");
        assert!(include_str!("../../../../examples/first/helper.sh").contains(helper::COMMAND));
        assert!(routes_of(SPEAKER).contains("198.51.100.0/24"));
    }
}
