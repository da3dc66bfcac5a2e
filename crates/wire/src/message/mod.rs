//! BGP messages: the header here, one file for each type.

pub mod update;

use crate::codes::MessageType;

/// The octets of a header: marker, length and type (RFC 4271 section 4.1).
pub const HEADER_LENGTH: usize = 19;

/// The marker.
pub const MARKER: [u8; 16] = [0xff; 16];

/// Starts a message: marker, a length to be filled in, the type. Returns where it starts, for [`finish`].
pub fn start(out: &mut Vec<u8>, kind: MessageType) -> usize {
    let start = out.len();
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&[0, 0, kind.0]);
    start
}

/// Fills in the length of the message that starts at `start` and ends where `out` ends.
pub fn finish(out: &mut [u8], start: usize) {
    let length = u16::try_from(out.len().saturating_sub(start)).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(field) = out.get_mut(start + 16..start + 18) {
        field.copy_from_slice(&length);
    }
}
