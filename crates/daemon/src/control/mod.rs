//! How a command line client reaches the daemon: a Unix socket, or a pair of named pipes.
//!
//! Lines each way, as with a helper: commands in, and out what they answer, each answer ended by
//! `done` or `error`.

mod pipe;
mod place;
mod socket;

pub use pipe::{Pipes, serve_pipes};
pub use place::{folders, pipes, sockets};
pub use socket::{ControlSocket, serve};
