//! The one crate with a runtime: it moves bytes between sockets, helpers and the sans-I/O crates.
//!
//! Everything runs on one thread. [`server::run`] is the whole life of a daemon; its state is one core, borrowed for as long
//! as one thing is handled to its end. Each peer has a task that owns its sockets, each helper one that owns its
//! pipes. Threads beside it do what would take it long and need nothing of the core: reading a file, writing a backlog.

mod apart;
pub mod bmp;
mod bulk;
mod connection;
pub mod control;
mod core;
mod execute;
pub mod feed;
mod files;
pub mod health;
pub mod helper;
mod helpers;
pub mod lines;
mod listen;
mod loader;
pub mod log;
mod monitoring;
mod mrt;
mod observers;
pub mod outbox;
mod peer;
mod peers;
pub mod pump;
mod reload;
mod remains;
pub mod respawn;
mod sender;
pub mod server;
pub mod signals;
mod table;
mod turns;
mod upload;
mod views;

pub use loader::Machine;
