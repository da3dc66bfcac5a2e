//! The log: what is printed, where, and in which form.
//!
//! Code logs with `tracing`, with a target of `yottabgp::` and a topic: `yottabgp::processes`.
//! A topic is a switch of the environment (`exabgp.log.processes`). Two fields mean something
//! here: `source = "peer-1"` names another source than the topic, and is always on; and
//! `critical = true` raises an error above errors. All others follow the message.

mod destination;
mod layer;
mod topic;
mod writer;

pub use destination::Destination;
pub use layer::LogLayer;
pub use topic::{TOPICS, Topic, Topics};
pub use writer::Writer;

use tracing_subscriber::layer::SubscriberExt;

/// From least to most important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything (`NOTSET`).
    All,
    /// How it happens.
    Debug,
    /// What happens.
    Info,
    /// What is odd.
    Warning,
    /// What failed.
    Error,
    /// What we cannot go on without.
    Critical,
}

impl Level {
    /// The level a setting names, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "NOTSET" => Self::All,
            "DEBUG" => Self::Debug,
            "INFO" => Self::Info,
            "WARNING" => Self::Warning,
            "ERROR" => Self::Error,
            "CRITICAL" | "FATAL" => Self::Critical,
            _ => return None,
        })
    }
}

/// What the environment says about the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `log.enable`: whether there is one.
    pub enable: bool,
    /// `log.level`: the least important level printed.
    pub level: Level,
    /// `log.all` and one switch per topic.
    pub topics: Topics,
    /// `log.short`: only source and message.
    pub short: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enable: true, level: Level::Info, topics: Topics::default(), short: true }
    }
}

/// Makes this the log of the whole process; the handle to its writer.
///
/// Until [`Writer::in_background`] is called, lines are written where they are logged.
pub fn install(settings: Settings, destination: Destination) -> Result<Writer, yottabgp_os::Error> {
    let writer = Writer::new(destination);
    let layer = LogLayer::new(settings, writer.clone());
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|error| yottabgp_os::Error::refused("starting the log", error.to_string()))?;
    Ok(writer)
}
