//! Octets that people paste, cut into messages: with what is wrong, and where.

use std::fmt;

use yottabgp_wire::codes::MessageType;
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// Its type.
    pub(crate) kind: MessageType,
    /// What follows the header.
    pub(crate) body: &'a [u8],
    /// Where it starts; `None` for a body without its header.
    start: Option<usize>,
}

impl fmt::Display for Message<'_> {
    /// `UPDATE at octet 19 (octets count from its body)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            MessageType::ROUTE_REFRESH => "route-refresh",
            kind => kind.name().unwrap_or("message"),
        };
        f.write_str(&name.to_ascii_uppercase())?;
        match self.start {
            Some(start) => write!(f, " at octet {start}"),
            None => write!(f, " without header"),
        }?;
        // OPENs are told apart from the start of the message, everything else from the end of the header.
        match self.kind {
            MessageType::OPEN => Ok(()),
            _ => f.write_str(" (octets count from its body)"),
        }
    }
}

/// Why no message starts at an octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoMessage {
    /// The octet that is wrong.
    at: usize,
    why: String,
}

impl fmt::Display for NoMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "octet {}: {}", self.at, self.why)
    }
}

/// Cuts octets into messages; the first error is the last item.
#[derive(Clone, Debug)]
pub(crate) struct Messages<'a> {
    octets: &'a [u8],
    at: usize,
    /// What octets without a marker are.
    bare: MessageType,
    maximum: usize,
}

impl<'a> Messages<'a> {
    /// Octets that do not start with a marker are the body of one `bare`. `maximum` is the largest message, in octets.
    pub(crate) const fn new(octets: &'a [u8], bare: MessageType, maximum: usize) -> Self {
        Self { octets, at: 0, bare, maximum }
    }

    /// The message that `rest` starts with, and its length.
    fn first(&self, rest: &'a [u8]) -> Result<(Message<'a>, usize), NoMessage> {
        let error = |offset: usize, why: String| NoMessage { at: self.at + offset, why };
        // No UPDATE has 65535 octets of withdrawn routes, and no OPEN is of version 255.
        if self.at == 0 && !rest.starts_with(&[0xff, 0xff]) {
            return Ok((Message { kind: self.bare, body: rest, start: None }, rest.len()));
        }
        if let Some(offset) = rest.iter().take(16).position(|octet| *octet != 0xff) {
            let why = "the marker of a message is 16 octets of FF".to_owned();
            return Err(error(offset, why));
        }
        let truncated = |needed: usize, what: &str| {
            error(rest.len(), format!("{what} needs {needed} octets, {} are there", rest.len()))
        };
        match frame(rest, self.maximum) {
            Frame::Message { kind, body, length, .. } => {
                Ok((Message { kind, body, start: Some(self.at) }, length))
            }
            Frame::NeedMore(_) if rest.len() < HEADER_LENGTH => {
                Err(truncated(HEADER_LENGTH, "the header of a message"))
            }
            Frame::NeedMore(length) => Err(truncated(length, "the message")),
            Frame::Error(_) => Err(self.wrong_header(rest)),
        }
    }

    /// What the length and the type are that [`frame`] refused.
    fn wrong_header(&self, rest: &[u8]) -> NoMessage {
        let (length, kind) = match rest.get(16..HEADER_LENGTH) {
            Some(&[high, low, kind]) => (u16::from_be_bytes([high, low]), MessageType(kind)),
            _ => (0, MessageType(0)),
        };
        match kind.name() {
            None if usize::from(length) >= HEADER_LENGTH => {
                NoMessage { at: self.at + 18, why: format!("unknown type {}", kind.0) }
            }
            name => {
                let what = name.map_or("a message", |name| name).to_ascii_uppercase();
                NoMessage {
                    at: self.at + 16,
                    why: format!("the length of {what} can not be {length}"),
                }
            }
        }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, NoMessage>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.octets.get(self.at..).filter(|rest| !rest.is_empty())?;
        match self.first(rest) {
            Ok((message, length)) => {
                self.at += length;
                Some(Ok(message))
            }
            Err(error) => {
                self.at = self.octets.len();
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(octets: &[u8]) -> Vec<String> {
        Messages::new(octets, MessageType::UPDATE, 4096)
            .map(|message| match message {
                Ok(message) => format!("{message} {}", message.body.len()),
                Err(error) => error.to_string(),
            })
            .collect()
    }

    fn message(length: u16, kind: u8, body: &[u8]) -> Vec<u8> {
        [&[0xff; 16][..], &length.to_be_bytes(), &[kind], body].concat()
    }

    #[test]
    fn messages_follow_one_another() {
        let keepalive = message(19, 4, &[]);
        let update = message(23, 2, &[0; 4]);
        assert_eq!(
            cut(&[keepalive.clone(), update, keepalive].concat()),
            [
                "KEEPALIVE at octet 0 (octets count from its body) 0",
                "UPDATE at octet 19 (octets count from its body) 4",
                "KEEPALIVE at octet 42 (octets count from its body) 0"
            ]
        );
        assert_eq!(cut(&[0, 0, 0, 0]), ["UPDATE without header (octets count from its body) 4"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let keepalive = message(19, 4, &[]);
        let after = |octets: Vec<u8>| cut(&[keepalive.clone(), octets].concat()).pop().unwrap();
        for (octets, error) in [
            (vec![0], "octet 19: the marker of a message is 16 octets of FF"),
            (vec![0xff], "octet 20: the header of a message needs 19 octets, 1 are there"),
            (message(25, 2, &[0; 4]), "octet 42: the message needs 25 octets, 23 are there"),
            (message(19, 7, &[]), "octet 37: unknown type 7"),
            (message(20, 4, &[0]), "octet 35: the length of KEEPALIVE can not be 20"),
            (message(3, 9, &[]), "octet 35: the length of A MESSAGE can not be 3"),
            (message(4097, 2, &[]), "octet 35: the length of UPDATE can not be 4097"),
        ] {
            assert_eq!(after(octets), error);
        }
    }
}
