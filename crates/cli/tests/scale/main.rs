//! Many sessions at once: that they come up and stay up, and what they cost.
//!
//! What is promised is tested with few; the figures of `docs/performance.md` come from the tests that are ignored by default.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

mod cost;
mod field;
mod sessions;
mod stalls;
// Not all of what those of the daemon share is used here.
#[allow(dead_code, unused_imports)]
#[path = "../daemon/support/mod.rs"]
mod support;
mod usage;
