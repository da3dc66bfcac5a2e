//! Parts of a message, each `type(2) length(2) value`: of Initiation, Termination, Peer Up and Route Mirroring.

use yottabgp_wire::io::reader::{Fault, Reader, WireError};

use crate::codes::{MirroringType, TerminationReason};

/// Of a Termination: the type of its reason; 0 is words for people.
const REASON: u16 = 1;

/// One part. What the type means depends on the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Information<'a> {
    /// The type.
    pub kind: u16,
    /// The value.
    pub value: &'a [u8],
}

/// What a part of a mirroring message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirrored<'a> {
    /// A BGP message with its header.
    Message(&'a [u8]),
    /// The message was treated as an error (RFC 7606).
    Errored,
    /// Messages are missing before this one.
    Lost,
    /// Of a type or code that is not known.
    Unknown,
}

/// Parts, one after the other. The first that is wrong is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InformationIter<'a> {
    octets: &'a [u8],
    offset: usize,
}

impl<'a> InformationIter<'a> {
    /// Those of octets that [`Information::push`] wrote.
    pub const fn of(octets: &'a [u8]) -> Self {
        Self { octets, offset: 0 }
    }

    pub(crate) const fn new(reader: Reader<'a>) -> Self {
        Self { octets: reader.remaining(), offset: reader.offset() }
    }

    fn take(&mut self) -> Result<Information<'a>, WireError> {
        let mut reader = Reader::at(self.octets, self.offset);
        let kind = reader.u16("BMP information type")?;
        let length = reader.u16("BMP information length")?;
        let value = reader.take(length.into(), "BMP information")?;
        *self = Self::new(reader);
        Ok(Information { kind, value })
    }
}

impl<'a> Iterator for InformationIter<'a> {
    type Item = Result<Information<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.octets.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_err() {
            self.octets = &[];
        }
        Some(taken)
    }
}

impl<'a> Information<'a> {
    /// Appends it. Of a value of more than 65,535 octets the first are taken.
    pub fn push(&self, out: &mut Vec<u8>) {
        let length = u16::try_from(self.value.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&self.kind.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.value.get(..length.into()).unwrap_or_default());
    }

    /// Of a Termination: appends its reason.
    pub fn push_termination_reason(reason: TerminationReason, out: &mut Vec<u8>) {
        Information { kind: REASON, value: &reason.0.to_be_bytes() }.push(out);
    }

    /// Of a Termination: the reason, if it is one.
    ///
    /// # Errors
    /// A reason that has not two octets.
    pub fn termination_reason(&self) -> Result<Option<TerminationReason>, WireError> {
        if self.kind != REASON {
            return Ok(None);
        }
        two_octets(self.value, "BMP termination reason").map(|code| Some(TerminationReason(code)))
    }

    /// Of a Route Mirroring message: what it is.
    ///
    /// # Errors
    /// A code that has not two octets.
    pub fn mirrored(&self) -> Result<Mirrored<'a>, WireError> {
        match MirroringType(self.kind) {
            MirroringType::MESSAGE => Ok(Mirrored::Message(self.value)),
            MirroringType::INFORMATION => {
                Ok(match two_octets(self.value, "BMP mirroring information")? {
                    0 => Mirrored::Errored,
                    1 => Mirrored::Lost,
                    _ => Mirrored::Unknown,
                })
            }
            _ => Ok(Mirrored::Unknown),
        }
    }
}

fn two_octets(value: &[u8], field: &'static str) -> Result<u16, WireError> {
    let wrong = WireError { field, offset: 0, fault: Fault::Length(value.len()) };
    value.try_into().map(u16::from_be_bytes).map_err(|_| wrong)
}
