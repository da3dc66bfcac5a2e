//! The decoders: each a function from a message to what it read there.

pub mod bgpkit;
pub mod netgauze;
pub mod rustbgpd;
pub mod tshark;
pub mod zettabgp;

/// What a decoder made of a message.
#[derive(Debug)]
pub struct Read {
    /// All that it says, as text.
    pub said: String,
    /// The message that it writes from what it has read, if it can.
    pub again: Option<Vec<u8>>,
}

/// How an error begins when a decoder does not know what it is to read.
pub const UNKNOWN: &str = "does not know";
