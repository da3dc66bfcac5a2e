//! What the tests and measurements of YottaBGP share: starting programs, private networks, waiting
//! with a deadline, a BGP peer that says just what a test tells it to.
//!
//! It depends on no other crate of the workspace, so that what it checks is not what it checks
//! with. A failure panics with what was awaited and the end of the log: this is test code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: the panic is the report"
)]

pub mod bgp;
pub mod cases;
pub mod crowd;
pub mod events;
pub mod likeness;
pub mod network;
pub mod process;
pub mod relay;
pub mod route;
pub mod speaker;
pub mod updates;
pub mod wait;

pub use network::Namespace;
pub use process::{Program, Running};
pub use relay::Relay;
pub use route::Route;
pub use speaker::{Settings, Speaker};
