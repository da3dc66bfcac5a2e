//! The programs that people drive ExaBGP with, as they do it: the same command lines, settings, shapes of configuration and
//! helpers (ours, in Python and shell, that do what theirs do), and the checks that they make.
//!
//! Each test has a network namespace of its own, where port 179 is free, and a folder of its own, in which the program is
//! called `exabgp`. Without root, or where a program is missing that a project brings along, it prints `SKIPPED`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

mod collectors;
mod exporters;
mod fastnetmon;
mod frr;
mod gobgp;
mod house;
mod order;
mod sonic;
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the tests of the daemon, which use the rest"
)]
#[path = "../daemon/support/mod.rs"]
mod support;
mod vrnetlab;
