//! Helpers and clients that do everything wrong, one at a time: whatever they do, sessions stay up with a hold time of three
//! seconds, memory stays below a bound, other helpers are served meanwhile, and the daemon ends within a second of SIGTERM and
//! leaves no process behind.
//!
//! `docs/robustness.md` has a row for each; `cargo test -p yottabgp --test abuse -- --nocapture` prints the figures.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

mod clients;
mod ends;
mod processes;
mod readers;
mod ring;
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the tests of the daemon, which use the rest"
)]
#[path = "../daemon/support/mod.rs"]
mod support;
mod writers;
