//! What the daemon asks of the operating system and the standard library does not offer.
//!
//! The only crate with `unsafe`: every unsafe block is one system call with its reason beside it.
//! There is no runtime here: sockets and pipes come out as non-blocking descriptors for the
//! caller to register. Each error names what was tried, on which address or file, and what to do.

pub mod address;
pub mod ao;
pub mod clock;
pub mod daemonize;
mod error;
pub mod fifo;
pub mod hostname;
pub mod limits;
pub mod local_time;
pub mod md5;
pub mod memory;
pub mod pidfile;
pub mod privilege;
pub mod process;
pub mod rotate;
pub mod signals;
pub mod socket;
mod socket_option;
pub mod syslog;

pub use error::Error;
