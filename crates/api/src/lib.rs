//! The helper API: commands in, events and answers out; strings only.
//!
//! There is no socket, no pipe and no clock here. [`command::parse`] reads one line, [`select`] says which peers it is
//! about, [`answer`] writes what comes back, [`event`] writes what happened. Who sent the line and where the bytes go is
//! the daemon's affair.
//!
//! Invariants: no line makes a panic; a line of routes costs no allocation once the caller's buffers have grown, and
//! neither does an event; a selector that matches nobody is never taken for one that matches everybody.

pub mod answer;
pub mod command;
pub mod event;
pub mod migrate;
pub mod select;

use yottabgp_wire::layout::Layout;

/// The version of the API (`exabgp.api.version`). Both grammars are always understood; the version chooses how commands
/// are answered and how events look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// The grammar and the answers of ExaBGP 4 and 5: text unless JSON is asked for.
    #[default]
    V4,
    /// Target first (`peer * announce …`), answers in JSON.
    V6,
}

impl Version {
    /// The number: 4 or 6.
    pub const fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    /// The version with this number.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            4 => Some(Self::V4),
            6 => Some(Self::V6),
            _ => None,
        }
    }

    /// How events look that nobody chose a layout for.
    pub const fn layout(self) -> Layout {
        match self {
            Self::V4 => Layout::Main4,
            Self::V6 => Layout::V6,
        }
    }
}

/// How something is written: the `encoder` of a process, or what a command asks of its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON value a line.
    Json,
}
