//! From a `tracing` event to a line: `processes       helper announcer started`.

use std::fmt::{self, Write};
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use yottabgp_os::local_time::LocalTime;

use super::{Level, Settings, Writer};

/// What the target of each of our events begins with.
const TARGET: &str = "yottabgp::";
const SOURCE: &str = "source";
const CRITICAL: &str = "critical";

/// The layer that prints events of `yottabgp::` targets, and of no other.
#[derive(Debug)]
pub struct LogLayer {
    settings: Settings,
    writer: Writer,
    colour: bool,
}

impl LogLayer {
    /// A layer that prints to `writer`, in colours on a terminal unless `NO_COLOR` is set.
    pub fn new(settings: Settings, writer: Writer) -> Self {
        let colour = writer.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { settings, writer, colour }
    }

    fn is_on(&self, metadata: &Metadata<'_>) -> bool {
        let Some(topic) = metadata.target().strip_prefix(TARGET) else { return false };
        self.settings.enable
            && at_most(metadata) >= self.settings.level
            && (metadata.fields().field(SOURCE).is_some() || self.settings.topics.is_on(topic))
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Settings do not change while we run: each place in the code is asked once.
        if self.is_on(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.is_on(metadata)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut parts = Parts::default();
        event.record(&mut parts);
        let level = if parts.critical { Level::Critical } else { level_of(metadata) };
        if level < self.settings.level {
            return;
        }
        let topic = metadata.target().strip_prefix(TARGET).unwrap_or_default();
        let source = if parts.source.is_empty() { topic } else { &parts.source };
        let mut line = String::with_capacity(128);
        if !self.settings.short {
            let LocalTime { hour, minute, second, .. } = LocalTime::at(SystemTime::now());
            let pid = std::process::id();
            let _ = write!(line, "{hour:02}:{minute:02}:{second:02} {pid:<6} ");
        }
        let _ = write!(line, "{source:<15} ");
        let colour = if self.colour { colour_of(level) } else { "" };
        line.push_str(colour);
        line.push_str(&parts.message);
        line.push_str(&parts.others);
        if !colour.is_empty() {
            line.push_str("\x1b[0m");
        }
        self.writer.line(level, line.into_bytes());
    }
}

/// The fields of one event.
#[derive(Default)]
struct Parts {
    message: String,
    source: String,
    others: String,
    critical: bool,
}

impl Visit for Parts {
    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == CRITICAL {
            self.critical = value;
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => push_line(&mut self.message, value),
            SOURCE => self.source.push_str(value),
            name => {
                let _ = write!(self.others, " {name}=");
                push_line(&mut self.others, value);
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Formatted messages, and values given with `%` or `?`, come this way.
        self.record_str(field, &format!("{value:?}"));
    }
}

/// Appends `text` as one line: what a peer sends must not forge lines or move the cursor.
fn push_line(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\t' => line.push('\t'),
            control if control.is_control() => {
                let _ = write!(line, "\\x{:02x}", u32::from(control));
            }
            other => line.push(other),
        }
    }
}

fn level_of(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::All,
    }
}

/// The most important an event of this place can be.
fn at_most(metadata: &Metadata<'_>) -> Level {
    match metadata.fields().field(CRITICAL) {
        Some(_) => Level::Critical,
        None => level_of(metadata),
    }
}

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::Critical | Level::Error => "\x1b[31m",
        Level::Warning => "\x1b[33m",
        Level::All | Level::Debug => "\x1b[2m",
        Level::Info => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Destination, Topics};
    use super::*;
    use tracing::{debug, error, info, warn};
    use tracing_subscriber::layer::SubscriberExt;

    /// What is printed under `settings`.
    fn printed(settings: Settings) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let destination = Destination::open(path.to_str().unwrap()).unwrap();
        let layer = LogLayer::new(settings, Writer::new(destination));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            info!(target: "yottabgp::processes", pid = 7, "helper {} started", "one");
            warn!(target: "yottabgp::network", reason = "a\nb\x1b", "odd");
            error!(target: "yottabgp::reactor", critical = true, "the end");
            error!(target: "yottabgp::reactor", "failed");
            debug!(target: "yottabgp::wire", "bytes");
            info!(target: "yottabgp::rib", source = "peer-1", "always on");
            info!(target: "hyper::client", "not ours");
        });
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn short_lines() {
        assert_eq!(
            printed(Settings::default()),
            "processes       helper one started pid=7\n\
             network         odd reason=a\\nb\\x1b\n\
             reactor         the end\n\
             reactor         failed\n\
             peer-1          always on\n"
        );
    }

    #[test]
    fn long_lines() {
        let mut topics = Topics::default();
        topics.set("packets", true);
        let settings = Settings { short: false, level: Level::All, topics, ..Settings::default() };
        let text = printed(settings);
        let last = text.lines().nth(4).unwrap();
        let pid = format!("{:<6}", std::process::id());
        assert_eq!(last[8..], format!(" {pid} wire            bytes"));
        assert_eq!(last[..8].chars().filter(|letter| *letter == ':').count(), 2);
    }

    #[test]
    fn levels_and_switches() {
        let at = |level| printed(Settings { level, ..Settings::default() });
        assert_eq!(at(Level::Critical), "reactor         the end\n");
        assert_eq!(at(Level::Error).lines().count(), 2);
        assert_eq!(printed(Settings { enable: false, ..Settings::default() }), "");
        assert_eq!(Level::from_name("fatal"), Some(Level::Critical));
        assert_eq!(Level::from_name("loud"), None);
        let all = Settings { level: Level::All, topics: Topics::all(), ..Settings::default() };
        assert_eq!(printed(all).lines().count(), 6);
    }
}
