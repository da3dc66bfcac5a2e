//! A BMP station (RFC 7854): routers connect, or are connected to, and what they tell becomes events.
//!
//! Each connection has a task that reads; one thread writes what all of them tell. When it is behind, nothing is read: the routers
//! wait, and nothing is lost.

mod connection;
mod events;
mod kept;
mod output;
mod service;
pub(crate) mod show;
mod snapshot;
mod station;
mod tables;

pub(crate) use service::{Hold, Service, apply, attach, changes, detach, fates, subscribe};
pub use station::{Failure, Options, run};
