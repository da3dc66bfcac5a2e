//! A conversation with the daemon: what was set, and the connection, which is made again when it is lost.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signalfd::SignalFd;
use yottabgp_api::command::expand_shortcuts;
use yottabgp_api::command::registry::TABLE;
use yottabgp_config::Environment;

use super::filter::Output;
use crate::client::{Answer, Daemon, NotTaken, Reach, connect};
use crate::out;
use crate::words::Peer;

/// How often, and how far apart, a lost daemon is looked for.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);
/// How long the peers that the daemon named are offered.
const FRESH: Duration = Duration::from_secs(5);

/// How answers are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Display {
    /// As the daemon likes.
    #[default]
    Any,
    Text,
    Json,
}

/// What was set, and the connection.
pub(super) struct Session {
    reach: Reach,
    environment: Environment,
    interrupt: Option<Arc<SignalFd>>,
    daemon: Option<Daemon>,
    pub(super) display: Display,
    /// Whether routes are acknowledged once they are sent, if that was said.
    sync: Option<bool>,
    peers: Vec<Peer>,
    asked: Option<Instant>,
}

impl Session {
    /// Connects.
    pub(super) fn new(
        reach: Reach,
        environment: Environment,
        interrupt: Option<Arc<SignalFd>>,
    ) -> Result<Self> {
        let daemon = Some(connect(&reach, &environment, interrupt.clone())?);
        Ok(Self {
            reach,
            environment,
            interrupt,
            daemon,
            display: Display::Any,
            sync: None,
            peers: Vec::new(),
            asked: None,
        })
    }

    /// The daemon, looked for again if it was lost.
    fn daemon(&mut self) -> Result<&mut Daemon> {
        if self.daemon.is_none() {
            let mut daemon = connect(&self.reach, &self.environment, self.interrupt.clone());
            for attempt in 1..ATTEMPTS {
                if daemon.is_ok() || self.is_interrupted() {
                    break;
                }
                out::warn(format!("no daemon, trying again ({attempt} of {})", ATTEMPTS - 1));
                sleep(PAUSE);
                daemon = connect(&self.reach, &self.environment, self.interrupt.clone());
            }
            let mut daemon = daemon?;
            if let Some(on) = self.sync {
                // What the connection before was told.
                daemon.ask(sync_command(on), |_| Ok(()))?;
            }
            out::warn("connected again");
            self.daemon = Some(daemon);
        }
        self.daemon.as_mut().context("no daemon")
    }

    /// Whether ^C was typed since this was asked last.
    fn is_interrupted(&self) -> bool {
        let mut is_interrupted = false;
        while let Some(signals) = &self.interrupt
            && let Ok(Some(_)) = signals.read_signal()
        {
            is_interrupted = true;
        }
        is_interrupted
    }

    /// Sends a command and shows its answer. Says whether it was done.
    pub(super) fn ask(
        &mut self,
        written: &str,
        display: Display,
        output: &mut Output,
    ) -> Result<bool> {
        self.is_interrupted();
        let expanded = expand_shortcuts(written);
        if expanded.split_whitespace().ne(written.split_whitespace()) {
            out::line(format!("command: {expanded}"))?;
        }
        let command = in_form(&expanded, display);
        let was_connected = self.daemon.is_some();
        let mut answer = self.daemon()?.ask(&command, |line| output.line(line));
        if was_connected
            && answer.as_ref().is_err_and(|error| error.downcast_ref::<NotTaken>().is_some())
        {
            // Nothing was done yet, so it can be said again.
            self.daemon = None;
            answer = self.daemon()?.ask(&command, |line| output.line(line));
        }
        match answer {
            Ok(Answer::Done) => Ok(true),
            Ok(answer) => {
                if matches!(answer, Answer::Ended | Answer::Silent) {
                    // A late answer must not be taken for that of another command.
                    self.daemon = None;
                }
                out::warn(answer.complaint(&command).unwrap_or_default());
                Ok(false)
            }
            Err(error) => {
                self.daemon = None;
                if self.is_interrupted() {
                    bail!("interrupted");
                }
                Err(error)
            }
        }
    }

    /// Whether routes are acknowledged once they are written to the peers.
    pub(super) fn set_sync(&mut self, on: bool) -> Result<bool> {
        let done = self.ask(sync_command(on), Display::Any, &mut Output::new(Vec::new()))?;
        if done {
            self.sync = Some(on);
        }
        Ok(done)
    }

    /// The peers that the daemon has; none while there is no daemon.
    pub(super) fn peers(&mut self) -> Vec<Peer> {
        if self.asked.is_none_or(|asked| asked.elapsed() > FRESH) {
            self.peers = self.daemon.as_mut().map(Daemon::peers).unwrap_or_default();
            self.asked = Some(Instant::now());
        }
        self.peers.clone()
    }
}

const fn sync_command(on: bool) -> &'static str {
    if on { "session sync enable" } else { "session sync disable" }
}

/// The command that asks for its answer in this form, where it has one.
fn in_form(command: &str, display: Display) -> String {
    let word = match display {
        Display::Any => return command.to_owned(),
        Display::Text => "text",
        Display::Json => "json",
    };
    let is_said =
        command.split_whitespace().next_back().is_some_and(|last| matches!(last, "json" | "text"));
    let has_form =
        TABLE.iter().filter(|row| row.json).flat_map(|row| row.spellings()).any(|spelling| {
            let bare = spelling.strip_prefix("peer ").unwrap_or(spelling);
            command.starts_with(spelling)
                || matches!(command.split(' ').next(), Some("peer" | "neighbor"))
                    && command.contains(&format!(" {bare}"))
        });
    if has_form && !is_said { format!("{command} {word}") } else { command.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_asked_for_where_there_is_one() {
        for (command, asked) in [
            ("show neighbor summary", "show neighbor summary json"),
            ("show neighbor summary json", "show neighbor summary json"),
            ("peer 10.0.0.1 show summary", "peer 10.0.0.1 show summary json"),
            (
                "announce route 10.0.0.0/24 next-hop self",
                "announce route 10.0.0.0/24 next-hop self",
            ),
        ] {
            assert_eq!(in_form(command, Display::Json), asked);
        }
        assert_eq!(in_form("version", Display::Any), "version");
    }
}
