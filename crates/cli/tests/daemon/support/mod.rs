//! What the tests of the daemon share.

mod daemon;
mod helper;
mod peer;
mod terminal;
mod update;

pub(crate) use daemon::{Daemon, Lab};
pub(crate) use helper::{Helper, script};
pub(crate) use peer::{Session, Site, open};
pub(crate) use terminal::Terminal;
pub(crate) use update::{Update, attributes, update};

use std::time::Duration;

/// How long anything may take before the test fails. Nothing takes this long unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
