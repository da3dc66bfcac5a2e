//! BGP messages: the header here, one file for each type.

pub mod frame;
pub mod keepalive;
pub mod notification;
pub mod open;
pub mod operational;
pub mod route_refresh;
pub mod update;

pub use frame::{Frame, frame};

use crate::codes::{MessageType, error};
use notification::Notification;

/// The octets of a header: marker, length and type (RFC 4271 section 4.1).
pub const HEADER_LENGTH: usize = 19;

/// The marker.
pub const MARKER: [u8; 16] = [0xff; 16];

/// Starts a message: marker, a length to be filled in, the type. Returns where it starts, for [`finish`].
pub fn start(out: &mut Vec<u8>, kind: MessageType) -> usize {
    let start = out.len();
    let mut header = [0xFF; HEADER_LENGTH];
    let [.., high, low, last] = &mut header;
    (*high, *low, *last) = (0, 0, kind.0);
    out.extend_from_slice(&header);
    start
}

/// Fills in the length of the message that starts at `start` and ends where `out` ends.
pub fn finish(out: &mut [u8], start: usize) {
    let length = u16::try_from(out.len().saturating_sub(start)).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(field) = out.get_mut(start + 16..start + 18) {
        field.copy_from_slice(&length);
    }
}

/// The answer to a message of `length` octets, header included, which its type can not have: Bad Message Length with the
/// Length field as data (RFC 4271 section 6.1).
pub fn bad_length(length: usize) -> Notification<'static> {
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    Notification::with_data(
        error::MESSAGE_HEADER,
        error::message_header::BAD_LENGTH,
        length.to_vec(),
    )
}
