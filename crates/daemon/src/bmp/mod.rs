//! A BMP station (RFC 7854): routers connect, or are connected to, and what they tell becomes events.
//!
//! Each connection has a task that reads; one thread writes what all of them tell. When it is behind, nothing is read: the routers
//! wait, and nothing is lost.

mod connection;
mod events;
mod output;
mod station;

pub use station::{Failure, Options, run};
