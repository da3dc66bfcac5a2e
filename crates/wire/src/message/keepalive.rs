//! KEEPALIVE (RFC 4271 section 4.4): a header and nothing else.

use super::notification::Notification;
use super::{HEADER_LENGTH, bad_length, finish, start};
use crate::codes::MessageType;
use crate::io::text::push;

/// Checks what follows the header: nothing may.
pub fn decode(body: &[u8]) -> Result<(), Notification<'static>> {
    if body.is_empty() { Ok(()) } else { Err(bad_length(HEADER_LENGTH + body.len())) }
}

/// Writes the whole message.
pub fn encode(out: &mut Vec<u8>) {
    let at = start(out, MessageType::KEEPALIVE);
    finish(out, at);
}

/// Writes the text: `keepalive`.
pub fn text(out: &mut Vec<u8>) {
    push(out, "keepalive");
}
