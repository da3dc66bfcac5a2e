//! Sessions with other BGP speakers: each peer behind one trait, each scenario written once.
//!
//! `tests/interop.rs` runs every scenario with every peer, with the program under test calling
//! (`active`) and being called (`passive`). Each runs in two network namespaces of its own, so
//! root is needed, and any number may run at once. What can not run says why, and is skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: the panic is the report"
)]

pub mod families;
pub mod lab;
mod monitored;
pub mod mrt;
pub mod peer;
pub mod peers;
mod recorded;
pub mod routes;
pub mod scenarios;
mod told;
