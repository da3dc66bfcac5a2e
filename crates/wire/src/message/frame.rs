//! Cutting the received octets into messages, and the checks of the header (RFC 4271 section 6.1).

use super::notification::Notification;
use super::{HEADER_LENGTH, MARKER, bad_length};
use crate::codes::{MessageType, error};

/// The largest message without the extended message capability, and the largest OPEN and KEEPALIVE with it (RFC 8654
/// section 4).
pub const USUAL_MAXIMUM: usize = 4096;

/// What is at the start of the received octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message that is not yet there as a whole: it takes this many octets at least, counted from its first.
    NeedMore(usize),
    /// A whole message.
    Message {
        /// Its type.
        kind: MessageType,
        /// The 19 octets of the header.
        header: &'a [u8],
        /// The octets after the header.
        body: &'a [u8],
        /// The octets of both.
        length: usize,
    },
    /// No message: what to tell the peer before closing.
    Error(Notification<'static>),
}

/// Finds the message at the start of `bytes`. `maximum` is the largest that was agreed upon: 4096 or 65535 octets.
///
/// Checked are marker, length, the lengths that a type can have, and the type, in this order; the marker as soon as one
/// wrong octet is there. The length of ROUTE-REFRESH has an error of its own: see
/// [`route_refresh`](super::route_refresh::RouteRefresh::decode).
pub fn frame(bytes: &[u8], maximum: usize) -> Frame<'_> {
    let is_marked = match bytes.first_chunk() {
        Some(start) => *start == MARKER,
        None => bytes.iter().zip(MARKER).all(|(octet, marker)| *octet == marker),
    };
    if !is_marked {
        return Frame::Error(Notification::new(
            error::MESSAGE_HEADER,
            error::message_header::NOT_SYNCHRONIZED,
        ));
    }
    let Some(&[high, low]) = bytes.get(16..18).and_then(<[u8]>::first_chunk) else {
        return Frame::NeedMore(HEADER_LENGTH);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length < HEADER_LENGTH || length > maximum {
        return Frame::Error(bad_length(length));
    }
    let Some((header, _)) = bytes.split_at_checked(HEADER_LENGTH) else {
        return Frame::NeedMore(length);
    };
    let kind = MessageType(header.last().copied().unwrap_or(0));
    let allowed = match kind {
        MessageType::OPEN => 29..=USUAL_MAXIMUM,
        MessageType::UPDATE => 23..=maximum,
        MessageType::NOTIFICATION => 21..=maximum,
        MessageType::KEEPALIVE => HEADER_LENGTH..=HEADER_LENGTH,
        _ => HEADER_LENGTH..=maximum,
    };
    if !allowed.contains(&length) {
        return Frame::Error(bad_length(length));
    }
    if kind.name().is_none() {
        return Frame::Error(Notification::with_data(
            error::MESSAGE_HEADER,
            error::message_header::BAD_TYPE,
            vec![kind.0],
        ));
    }
    match bytes.get(HEADER_LENGTH..length) {
        Some(body) => Frame::Message { kind, header, body, length },
        None => Frame::NeedMore(length),
    }
}
