//! The health check of a service: checks say whether it is well, and its addresses are announced accordingly.
//!
//! Nothing here runs a program, opens a file or reads a clock. [`Service`] is told what happened and when, and says what
//! is to be done: [`Action`]s. The same service is driven by `healthcheck` as a helper process, by the daemon for the
//! sections `healthcheck NAME { … }` of its configuration, and by tests in virtual time.
//!
//! - [`table`]: every option, one row each: command line, configuration file and section read the same table.
//! - [`options`]: their values, and the checks between them.
//! - [`file`]: the configuration file of the command.
//! - [`check`]: what is checked: a command, or one of the built-in checks.
//! - [`state`]: the states and how many checks lead from one to the other.
//! - [`flaps`]: a service that falls too often stays down for a while.
//! - [`announcement`]: what is announced in which state, as a command of the API.
//! - [`targets`]: what was said of each address, what was answered, and when to try again.
//! - [`service`]: all of it together.

pub mod announcement;
pub mod check;
pub mod file;
pub mod flaps;
pub mod options;
pub mod service;
pub mod state;
pub mod table;
pub mod targets;

pub use announcement::Grammar;
pub use check::Check;
pub use options::{Options, OptionsError};
pub use service::{Action, Files, Service};
pub use state::State;
