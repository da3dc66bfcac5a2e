//! The one error of this crate: what was tried, on what, why it failed, and what may help.

use std::fmt;
use std::io;

/// A system call that failed, told as `what was tried: reason (hint)`.
///
/// The text of the reason is the system's own, without the `(os error 1)` that
/// [`io::Error`] adds: `TCP MD5 key for 192.0.2.1: Operation not permitted`.
#[derive(Debug)]
pub struct Error {
    tried: String,
    source: io::Error,
    hint: &'static str,
}

impl Error {
    /// An error for `tried`, such as `TCP MD5 key for 192.0.2.1`.
    pub fn new(tried: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self { tried: tried.into(), source: source.into(), hint: "" }
    }

    /// An error whose reason is ours and not the system's.
    pub fn refused(tried: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(tried, io::Error::new(io::ErrorKind::InvalidInput, reason.into()))
    }

    /// Adds what the user can do about it, shown in parentheses.
    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// The error number of the system, where the system is the one that refused.
    pub fn code(&self) -> Option<i32> {
        self.source.raw_os_error()
    }

    /// The kind of failure, to tell "not found" from "not allowed".
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.tried)?;
        match self.source.raw_os_error() {
            Some(code) => f.write_str(nix::errno::Errno::from_raw(code).desc())?,
            None => self.source.fmt(f)?,
        }
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_tried_and_why_it_failed() {
        let error = Error::new("TCP MD5 key for 192.0.2.1", io::Error::from_raw_os_error(1));
        assert_eq!(error.to_string(), "TCP MD5 key for 192.0.2.1: Operation not permitted");
        let error = error.hint("run as root");
        assert!(error.to_string().ends_with("Operation not permitted (run as root)"));
    }
}
