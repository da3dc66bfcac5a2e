//! A set of attributes as one run of bytes: what the Adj-RIB-Out interns and the encoder reads.
//!
//! Layout of each attribute, ascending by code, in the order given for equal codes:
//! `code(1) flags(1) verbatim(1) length(2) value`. `verbatim` is 1 for `attribute [ 0x.. 0x.. 0x.. ]`, which is sent
//! octet by octet as the user wrote it. Equal sets have equal bytes.

use super::{Attribute, AttributeType, Repeat, flags};
use crate::io::tokens::{Span, TextError};

const HEADER: usize = 5;

/// An attribute of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAttribute<'a> {
    /// Flags, code and value.
    pub attribute: Attribute<'a>,
    /// Whether it is sent exactly so, known or not.
    pub verbatim: bool,
}

/// The attributes of a set, from its bytes.
#[derive(Clone, Debug)]
pub struct SetIter<'a>(&'a [u8]);

/// Iterates over the attributes of a set's bytes.
pub const fn iter(set: &[u8]) -> SetIter<'_> {
    SetIter(set)
}

impl<'a> Iterator for SetIter<'a> {
    type Item = StoredAttribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<StoredAttribute<'a>> {
        let (&[code, flags, verbatim, high, low], rest) = self.0.split_first_chunk::<HEADER>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        self.0 = rest;
        Some(StoredAttribute {
            attribute: Attribute { flags, code, value },
            verbatim: verbatim != 0,
        })
    }
}

/// Collects attributes and writes their set. Meant to be reused: [`Self::clear`] keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct SetBuilder {
    values: Vec<u8>,
    scratch: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    code: u8,
    flags: u8,
    verbatim: bool,
    start: u32,
    end: u32,
}

/// The value is longer than an attribute can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attribute can not be longer than 65535 octets, and this one has {0}")]
pub struct TooLong(pub usize);

impl From<TooLong> for TextError {
    /// The error without a place: whoever knows the keyword points at it.
    fn from(error: TooLong) -> Self {
        Self::new(Span::default(), error.to_string())
    }
}

impl SetBuilder {
    /// Forgets the attributes.
    pub fn clear(&mut self) {
        self.values.clear();
        self.entries.clear();
    }

    /// Whether there is no attribute.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an attribute of this code is there.
    pub fn has(&self, code: u8) -> bool {
        self.entries.iter().any(|entry| entry.code == code)
    }

    /// Adds a known attribute by letting `write` append its value. A second one is dropped or joined as its row says,
    /// and always dropped when the first is to be sent exactly as it was written.
    pub fn add<E: From<TooLong>>(
        &mut self,
        row: &AttributeType,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let earlier = self.entries.iter().position(|entry| entry.code == row.code);
        let joined = earlier.filter(|at| {
            row.repeat == Repeat::Join && self.entries.get(*at).is_some_and(|entry| !entry.verbatim)
        });
        if let Some(entry) = joined.and_then(|at| self.entries.get(at)) {
            scratch.extend_from_slice(self.value(*entry));
        }
        let mut result = write(&mut scratch);
        if result.is_ok() && (earlier.is_none() || joined.is_some()) {
            (row.normalise)(&mut scratch);
            if let Some(at) = joined {
                self.entries.remove(at);
            }
            let start = self.values.len();
            self.values.extend_from_slice(&scratch);
            result = self.push(row.code, row.flags, false, start);
        }
        self.scratch = scratch;
        result
    }

    /// Adds an attribute that is sent exactly so, unless one of its code is there.
    pub fn add_verbatim(&mut self, flags: u8, code: u8, value: &[u8]) -> Result<(), TooLong> {
        if self.has(code) {
            return Ok(());
        }
        let start = self.values.len();
        self.values.extend_from_slice(value);
        self.push(code, flags, true, start)
    }

    fn value(&self, entry: Entry) -> &[u8] {
        self.values.get(entry.start as usize..entry.end as usize).unwrap_or_default()
    }

    fn push<E: From<TooLong>>(
        &mut self,
        code: u8,
        flags: u8,
        verbatim: bool,
        start: usize,
    ) -> Result<(), E> {
        let end = self.values.len();
        if end - start > usize::from(u16::MAX) {
            self.values.truncate(start);
            return Err(TooLong(end - start).into());
        }
        let clip = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        self.entries.push(Entry { code, flags, verbatim, start: clip(start), end: clip(end) });
        Ok(())
    }

    /// Writes the bytes of the set. Optional attributes without a value are not sent, and so not part of it.
    pub fn write(&mut self, out: &mut Vec<u8>) {
        self.entries.sort_by_key(|entry| entry.code);
        for entry in &self.entries {
            let value = self.value(*entry);
            if value.is_empty() && !entry.verbatim && entry.flags & flags::OPTIONAL != 0 {
                continue;
            }
            let length = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
            out.extend_from_slice(&[entry.code, entry.flags, u8::from(entry.verbatim)]);
            out.extend_from_slice(&length);
            out.extend_from_slice(value);
        }
    }
}

/// Appends a received attribute to a set; AS numbers must have four octets already.
pub fn push_received(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    let flags = attribute.flags & !flags::EXTENDED_LENGTH;
    let length = u16::try_from(attribute.value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&[attribute.code, flags, 0]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend(attribute.value.iter().take(usize::from(length)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_and_read_back() {
        let mut builder = SetBuilder::default();
        builder.add_verbatim(0xc0, 99, &[1, 2]).unwrap();
        builder.add_verbatim(0x40, 1, &[]).unwrap();
        let mut bytes = Vec::new();
        builder.write(&mut bytes);
        let read: Vec<_> = iter(&bytes).map(|a| (a.attribute.code, a.attribute.value)).collect();
        assert_eq!(read, [(1, &[][..]), (99, &[1, 2][..])]);
        assert!(builder.add_verbatim(0xc0, 98, &vec![0; 70_000]).is_err());
    }
}
