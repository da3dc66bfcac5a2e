//! Where the log goes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use yottabgp_os::Error;
use yottabgp_os::rotate::RotatingFile;
use yottabgp_os::syslog::{self, Severity, Syslog};

use super::Level;

/// The name our lines carry in syslog.
const TAG: &str = "yottabgp";

/// One place that takes lines.
#[derive(Debug)]
pub enum Destination {
    /// Standard error, also for `stdout`: standard output is not for logs.
    Standard,
    /// Syslog, here or on a host.
    Syslog(Syslog),
    /// A file that starts anew every 1 MiB.
    File(RotatingFile),
}

impl Destination {
    /// Opens what `log.destination` names: `stdout`, `stderr`, `syslog`, `host:NAME[:PORT]`,
    /// `file:PATH`, or a path that begins with `/` or `~`.
    ///
    /// On an error the caller warns and falls back to [`Destination::Standard`].
    pub fn open(name: &str) -> Result<Self, Error> {
        match name {
            "stdout" | "stderr" | "" => return Ok(Self::Standard),
            "syslog" => return Ok(Self::Syslog(Syslog::local(Path::new(syslog::DEVICE), TAG))),
            _ => {}
        }
        if let Some(host) = name.strip_prefix("host:") {
            return Syslog::remote(host, TAG).map(Self::Syslog);
        }
        match path(name) {
            Some(path) => RotatingFile::open(&path).map(Self::File),
            None => Err(Error::refused(
                format!("log destination {name}"),
                "expected stdout, stderr, syslog, host:NAME, file:PATH or an absolute path",
            )),
        }
    }

    /// Whether lines end up on a terminal, where colours help.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Standard) && io::IsTerminal::is_terminal(&io::stderr())
    }

    /// Whether this is one of the standard descriptors, which a daemon in the background lacks.
    pub fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    /// Writes one line, without its newline. What cannot be written is lost.
    pub(super) fn write(&mut self, level: Level, line: &[u8], batch: &mut Vec<u8>) {
        match self {
            Self::Standard | Self::File(_) => {
                batch.extend_from_slice(line);
                batch.push(b'\n');
            }
            Self::Syslog(syslog) => {
                let text = String::from_utf8_lossy(line);
                syslog.send(severity(level), &text, SystemTime::now());
            }
        }
    }

    /// Writes what [`write`](Self::write) gathered.
    pub(super) fn flush(&mut self, batch: &mut Vec<u8>) {
        let _ = match self {
            Self::Standard => io::stderr().lock().write_all(batch),
            Self::File(file) => file.write(batch),
            Self::Syslog(_) => Ok(()),
        };
        batch.clear();
    }

    /// Opens a file again, after a change of user.
    pub(super) fn reopen(&mut self) -> Result<(), Error> {
        match self {
            Self::File(file) => file.reopen(),
            _ => Ok(()),
        }
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::All | Level::Debug => Severity::Debug,
        Level::Info => Severity::Informational,
        Level::Warning => Severity::Warning,
        Level::Error => Severity::Error,
        Level::Critical => Severity::Critical,
    }
}

fn path(name: &str) -> Option<PathBuf> {
    let name = name.strip_prefix("file:").unwrap_or(name);
    if let Some(rest) = name.strip_prefix("~/") {
        return std::env::var_os("HOME").map(|home| PathBuf::from(home).join(rest));
    }
    name.starts_with('/').then(|| PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(Destination::open("stdout").unwrap().is_standard());
        assert!(matches!(Destination::open("syslog").unwrap(), Destination::Syslog(_)));
        assert!(matches!(Destination::open("host:127.0.0.1:1514"), Ok(Destination::Syslog(_))));
        let error = Destination::open("nowhere").unwrap_err().to_string();
        assert!(error.starts_with("log destination nowhere: expected stdout"), "{error}");
        let error = Destination::open("/nonexistent/x.log").unwrap_err().to_string();
        assert_eq!(error, "log file /nonexistent/x.log: No such file or directory");
        let home = std::env::var("HOME").unwrap_or_default();
        assert_eq!(path("~/x.log").unwrap(), PathBuf::from(home).join("x.log"));
        assert_eq!(path("file:/x.log").unwrap(), PathBuf::from("/x.log"));
    }
}
