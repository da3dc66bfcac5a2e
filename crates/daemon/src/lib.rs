//! The one crate with a runtime: it moves bytes between sockets, helpers and the sans-I/O crates.

pub mod control;
pub mod helper;
pub mod lines;
pub mod log;
pub mod outbox;
pub mod pump;
pub mod respawn;
pub mod signals;
