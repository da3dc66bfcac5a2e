//! Why a command was not executed.

use std::fmt;

use yottabgp_wire::io::tokens::TextError;

/// Why a command was not executed: what follows `error: ` in the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No command starts so.
    #[error("unknown command '{line}'{}", Meant(suggestion))]
    UnknownCommand {
        /// What was read as the name of a command.
        line: String,
        /// The command that was probably meant.
        suggestion: Option<String>,
    },
    /// `announce` or `withdraw` of something unknown.
    #[error("unknown {verb} type: {word}{}", Meant(suggestion))]
    UnknownType {
        /// `announce` or `withdraw`.
        verb: &'static str,
        /// The word after it.
        word: String,
        /// The word that was probably meant.
        suggestion: Option<String>,
    },
    /// More words are needed.
    #[error("'{given}' needs more: {choices}")]
    Incomplete {
        /// What was given.
        given: String,
        /// What may follow.
        choices: String,
    },
    /// The words of the command are wrong.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Words follow that the command does not take.
    #[error("'{command}' does not take '{word}'")]
    Unexpected {
        /// The command, in the words of version 4.
        command: &'static str,
        /// The first word too many.
        word: String,
    },
    /// A statement without a route.
    #[error("{0} names no route")]
    NoRoute(&'static str),
    /// The command is not about peers.
    #[error("'{0}' does not take a selection of peers")]
    NotForPeers(&'static str),
    /// The selection matches no peer that the sender may see.
    #[error("no neighbor matching the command: {0}")]
    NoPeer(String),
    /// No peer of the selection is established.
    #[error("no established neighbor matching the command: {0}")]
    NoEstablishedPeer(String),
    /// The sender may not give this command.
    #[error("'{0}' is not permitted here")]
    NotPermitted(&'static str),
    /// `group` inside of a group.
    #[error("already in group block (nested groups not allowed)")]
    NestedGroup,
    /// `group end` without a start.
    #[error("not in group block")]
    NoGroup,
    /// The group is too large.
    #[error("group buffer limit reached, group discarded")]
    GroupTooLarge,
    /// Something in a group that neither announces nor withdraws.
    #[error("unknown action in group: {0}")]
    NotInGroup(String),
    /// The text of a teardown is too long.
    #[error("a shutdown communication has at most 255 octets")]
    CommunicationTooLong,
    /// A member of the group was refused, therefore all of it.
    #[error("group discarded, command {number} was refused: {refusal}")]
    Group {
        /// Which member, from 1.
        number: usize,
        /// Why.
        refusal: Box<Self>,
    },
    /// `crash`, which exists to see an error answered.
    #[error("crash was asked for")]
    Crash,
    /// `api version` with another number.
    #[error("API version must be 4 or 6")]
    ApiVersion,
    /// Anything that the driver finds wrong.
    #[error("{0}")]
    Other(String),
}

/// Writes ` (did you mean 'X'?)`.
struct Meant<'a>(&'a Option<String>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(word) => write!(f, " (did you mean '{word}'?)"),
            None => Ok(()),
        }
    }
}
