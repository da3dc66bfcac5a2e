//! Why a command was not executed.

use std::fmt;

use yottabgp_wire::io::tokens::{Span, TextError};

/// Why a command was not executed: what follows `error: ` in the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No command starts so.
    #[error("unknown command '{line}'{}{}", Meant(suggestion), Place(*at))]
    UnknownCommand {
        /// What was read as the name of a command.
        line: String,
        /// Where it is.
        at: Span,
        /// The command that was probably meant.
        suggestion: Option<String>,
    },
    /// `announce` or `withdraw` of something unknown.
    #[error("unknown {verb} type: {word}{}{}", Meant(suggestion), Place(*at))]
    UnknownType {
        /// `announce` or `withdraw`.
        verb: &'static str,
        /// The word after it.
        word: String,
        /// Where that is.
        at: Span,
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
    #[error("{error}{place}", error = .0, place = Place(.0.span))]
    Text(#[from] TextError),
    /// Words follow that the command does not take.
    #[error("'{command}' does not take '{word}'{}", Place(*at))]
    Unexpected {
        /// The command, in the words of version 4.
        command: &'static str,
        /// The first word too many.
        word: String,
        /// Where it is.
        at: Span,
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
    #[error("unknown action in group: {word}{}", Place(*at))]
    NotInGroup {
        /// Its first word.
        word: String,
        /// Where that is.
        at: Span,
    },
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
    #[error("API version must be 4 or 6, not '{word}'{}", Place(*at))]
    ApiVersion {
        /// What was given.
        word: String,
        /// Where it is.
        at: Span,
    },
    /// `routes` without what to do.
    #[error("routes requires action: list, add, or remove")]
    NoRoutesAction,
    /// `routes` with something else to do.
    #[error("routes requires action: list, add, or remove, not '{word}'{}{}", Meant(suggestion), Place(*at))]
    RoutesAction {
        /// What was given.
        word: String,
        /// Where it is.
        at: Span,
        /// The word that was probably meant.
        suggestion: Option<String>,
    },
    /// `routes remove index` of something that no route has.
    #[error("Invalid hex index: {index}{}", Place(*at))]
    InvalidIndex {
        /// What was given.
        index: String,
        /// Where it is.
        at: Span,
    },
    /// A neighbor is to be made of too little.
    #[error("missing required parameters: {}", .0.join(", "))]
    MissingParameters(Vec<&'static str>),
    /// A neighbor is to be made that exists.
    #[error("peer already exists: {0}")]
    PeerExists(String),
    /// A neighbor is to be deleted that does not exist, or that others made.
    #[error("no neighbors match the selector: {0}")]
    NoPeerToDelete(String),
    /// Anything that the driver finds wrong.
    #[error("{0}")]
    Other(String),
}

/// Writes where in the line something is: `, at column 7`, counted in octets from 1.
struct Place(Span);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Span { start, end } if start == end => f.write_str(", at the end of the command"),
            Span { start, .. } => write!(f, ", at column {}", u64::from(start) + 1),
        }
    }
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
