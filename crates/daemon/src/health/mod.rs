//! Health checks at work: processes, sockets, addresses and time for a [`Service`](yottabgp_health::Service).
//!
//! [`drive`] is the loop of one service. Its [`Port`] is the way to the daemon: pipes for the helper process, the core
//! itself for a section of the configuration.

mod addresses;
mod check;
mod command;
mod dns;
mod drive;
mod http;
pub(crate) mod services;

pub use addresses::Addresses;
pub use drive::{Heard, Order, Port, drive};
