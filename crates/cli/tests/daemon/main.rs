//! The running daemon, end to end: scripted BGP peers on the loopback, helpers, the control socket, signals.
//!
//! Every test has a daemon of its own, with its files in a folder of its own and ports that the system chose. Nothing waits
//! for a time: all waits are for an event, with a deadline.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod bad_input;
mod bmp;
mod check;
mod commands;
mod control;
mod events;
mod exabgp_3_4;
mod health;
mod interactive;
mod layouts;
mod malformed;
mod mrt;
mod operational;
mod process;
mod reload;
mod reload_scale;
#[path = "../router/mod.rs"]
mod router;
mod sending;
mod shells;
mod sockets;
mod startup;
mod stations;
mod support;
mod together;
