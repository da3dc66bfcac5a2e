//! The log of `healthcheck`: standard error and syslog.

use std::path::Path;
use std::time::SystemTime;

use yottabgp_health::Options;
use yottabgp_health::service::Level;
use yottabgp_os::syslog::{DEVICE, Severity, Syslog};

use crate::out;

/// Where lines go.
#[derive(Debug)]
pub(super) struct Log {
    silent: bool,
    least: Level,
    syslog: Option<Syslog>,
}

impl Log {
    pub(super) fn new(options: &Options) -> Self {
        let tag = match &options.name {
            Some(name) => format!("healthcheck-{name}"),
            None => "healthcheck".to_owned(),
        };
        let facility = options.syslog_facility.as_deref().unwrap_or("daemon");
        let syslog = !options.no_syslog && !options.debug;
        Self {
            silent: options.silent,
            least: if options.debug { Level::Debug } else { Level::Info },
            syslog: syslog.then(|| Syslog::local(Path::new(DEVICE), &tag).facility(facility)),
        }
    }

    /// Whether nothing goes to standard error.
    pub(super) const fn is_silent(&self) -> bool {
        self.silent
    }

    pub(super) fn line(&mut self, level: Level, text: &str) {
        if level < self.least {
            return;
        }
        let (name, severity) = match level {
            Level::Debug => ("DEBUG", Severity::Debug),
            Level::Info => ("INFO", Severity::Informational),
            Level::Warning => ("WARNING", Severity::Warning),
            Level::Error => ("ERROR", Severity::Error),
        };
        if !self.silent {
            out::warn(format!("{name}[healthcheck] {text}"));
        }
        if let Some(syslog) = &mut self.syslog {
            syslog.send(severity, text, SystemTime::now());
        }
    }
}
