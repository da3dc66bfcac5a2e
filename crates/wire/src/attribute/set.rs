//! A set of attributes as one run of bytes: what the Adj-RIB-Out interns and the encoder reads.
//!
//! Layout of each attribute, ascending by code, in the order given for equal codes:
//! `code(1) flags(1) kind(1) length(2) value`. The kind is 0 for what its row writes, 1 for `attribute [ 0x.. 0x.. 0x.. ]`, which
//! is sent octet by octet as the user wrote it, and 2 for one whose length field was written as well: the field then stands
//! before the value, in two octets. Equal sets have equal bytes.

use super::{Attribute, AttributeType, Repeat, flags, push_attribute};
use crate::io::tokens::{Span, TextError};

const HEADER: usize = 5;

/// An attribute of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAttribute<'a> {
    /// Flags, code and value.
    pub attribute: Attribute<'a>,
    /// Whether it is sent exactly so, known or not.
    pub verbatim: bool,
    /// The length field, where the user wrote one that is to be sent whatever the value has.
    pub length: Option<u16>,
}

impl StoredAttribute<'_> {
    /// Writes what is sent octet by octet: header and value.
    pub fn push(&self, out: &mut Vec<u8>) {
        let Attribute { flags, code, value } = self.attribute;
        let Some(length) = self.length else { return push_attribute(out, flags, code, value) };
        out.extend_from_slice(&[flags, code]);
        match u8::try_from(length) {
            Ok(length) if flags & flags::EXTENDED_LENGTH == 0 => out.push(length),
            _ => out.extend_from_slice(&length.to_be_bytes()),
        }
        out.extend_from_slice(value);
    }
}

/// How an attribute is stored: the third octet of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    /// Its row writes it.
    Known = 0,
    /// It is sent as it is.
    Verbatim = 1,
    /// It is sent as it is, with the length field in front of the value.
    OwnLength = 2,
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
        let (&[code, flags, kind, high, low], rest) = self.0.split_first_chunk::<HEADER>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        self.0 = rest;
        let (length, value) = if kind == Kind::OwnLength as u8 {
            match value.split_first_chunk::<2>() {
                Some((length, value)) => (Some(u16::from_be_bytes(*length)), value),
                None => (None, value),
            }
        } else {
            (None, value)
        };
        Some(StoredAttribute {
            attribute: Attribute { flags, code, value },
            verbatim: kind != Kind::Known as u8,
            length,
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
    kind: Kind,
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

    /// Adds a known attribute by letting `write` append its value. A second one is dropped or joined as its row says. What is
    /// sent octet by octet is not looked at: it stays beside this one.
    pub fn add<E: From<TooLong>>(
        &mut self,
        row: &AttributeType,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let same = |entry: &Entry| entry.code == row.code && entry.kind == Kind::Known;
        let earlier = self.entries.iter().position(same);
        let joined = earlier.filter(|_| row.repeat == Repeat::Join);
        if let Some(entry) = joined.and_then(|at| self.entries.get(at)) {
            scratch.extend_from_slice(self.value(*entry));
        }
        let mut result = write(&mut scratch);
        if result.is_ok() && (earlier.is_none() || joined.is_some()) {
            (row.normalise)(&mut scratch);
            // What is joined word by word takes the room of what it was, where nothing stands behind that.
            let earlier = joined.and_then(|at| self.entries.get(at));
            let last = earlier.filter(|entry| entry.end as usize == self.values.len());
            if let Some(entry) = last.filter(|_| scratch.len() <= usize::from(u16::MAX)) {
                self.values.truncate(entry.start as usize);
            }
            let start = self.values.len();
            self.values.extend_from_slice(&scratch);
            result = self.push(row.code, row.flags, Kind::Known, start);
            if let Some(at) = joined.filter(|_| result.is_ok()) {
                // In its place: attributes of one code keep the order in which they were given.
                self.entries.swap_remove(at);
            }
        }
        self.scratch = scratch;
        result
    }

    /// Adds an attribute that is sent exactly so, whatever else of its code is there.
    pub fn add_verbatim(&mut self, flags: u8, code: u8, value: &[u8]) -> Result<(), TooLong> {
        let start = self.values.len();
        self.values.extend_from_slice(value);
        self.push(code, flags, Kind::Verbatim, start)
    }

    /// Adds an attribute that is sent exactly so, with a length field that need not be that of the value.
    pub fn add_with_length(
        &mut self,
        flags: u8,
        code: u8,
        length: u16,
        value: &[u8],
    ) -> Result<(), TooLong> {
        let start = self.values.len();
        self.values.extend_from_slice(&length.to_be_bytes());
        self.values.extend_from_slice(value);
        self.push(code, flags, Kind::OwnLength, start)
    }

    fn value(&self, entry: Entry) -> &[u8] {
        self.values.get(entry.start as usize..entry.end as usize).unwrap_or_default()
    }

    fn push<E: From<TooLong>>(
        &mut self,
        code: u8,
        flags: u8,
        kind: Kind,
        start: usize,
    ) -> Result<(), E> {
        let end = self.values.len();
        if end - start > usize::from(u16::MAX) {
            self.values.truncate(start);
            return Err(TooLong(end - start).into());
        }
        let clip = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        self.entries.push(Entry { code, flags, kind, start: clip(start), end: clip(end) });
        Ok(())
    }

    /// Writes the bytes of the set. Optional attributes without a value are not sent, and so not part of it.
    pub fn write(&mut self, out: &mut Vec<u8>) {
        self.entries.sort_by_key(|entry| entry.code);
        for entry in &self.entries {
            let value = self.value(*entry);
            if value.is_empty() && entry.kind == Kind::Known && entry.flags & flags::OPTIONAL != 0 {
                continue;
            }
            let length = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
            out.extend_from_slice(&[entry.code, entry.flags, entry.kind as u8]);
            out.extend_from_slice(&length);
            out.extend_from_slice(value);
        }
    }
}

/// Appends a received attribute to a set; AS numbers must have four octets already.
pub fn push_received(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    let flags = attribute.flags & !flags::EXTENDED_LENGTH;
    let length = u16::try_from(attribute.value.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    out.extend_from_slice(&[attribute.code, flags, Kind::Known as u8, high, low]);
    out.extend_from_slice(attribute.value.get(..usize::from(length)).unwrap_or_default());
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

    #[test]
    fn those_of_one_code_stay_in_their_order() {
        use crate::attribute::{extended_communities, med};
        let mut builder = SetBuilder::default();
        let add = |builder: &mut SetBuilder, row, value: &[u8]| {
            builder.add::<TooLong>(row, |out| {
                out.extend_from_slice(value);
                Ok(())
            })
        };
        builder.add_verbatim(0x80, 4, &[1]).unwrap();
        add(&mut builder, &med::ROW, &[0, 0, 0, 5]).unwrap();
        add(&mut builder, &med::ROW, &[0, 0, 0, 6]).unwrap();
        builder.add_with_length(0x80, 4, 9, &[2]).unwrap();
        builder.add_with_length(0x90, 4, 300, &[]).unwrap();
        builder.add_verbatim(0x80, 4, &[1]).unwrap();
        add(&mut builder, &extended_communities::ROW, &[9; 8]).unwrap();
        builder.add_verbatim(0xc0, 16, &[]).unwrap();
        add(&mut builder, &extended_communities::ROW, &[8; 8]).unwrap();
        let (mut bytes, mut sent) = (Vec::new(), Vec::new());
        builder.write(&mut bytes);
        iter(&bytes).for_each(|stored| stored.push(&mut sent));
        let mut expected = vec![0x80, 4, 1, 1, 0x80, 4, 4, 0, 0, 0, 5, 0x80, 4, 9, 2];
        expected.extend([0x90, 4, 1, 44, 0x80, 4, 1, 1, 0xc0, 16, 16]);
        expected.extend([[8; 8], [9; 8]].as_flattened());
        expected.extend([0xc0, 16, 0]);
        assert_eq!(sent, expected);
    }

    #[test]
    fn what_is_joined_word_by_word_needs_its_own_room() {
        let mut builder = SetBuilder::default();
        for number in 0..1000_u64 {
            let write = |out: &mut Vec<u8>| {
                out.extend(number.to_be_bytes());
                Ok::<(), TooLong>(())
            };
            builder.add(&crate::attribute::extended_communities::ROW, write).unwrap();
        }
        let mut bytes = Vec::new();
        builder.write(&mut bytes);
        assert!(iter(&bytes).map(|stored| stored.attribute.value.len()).eq([8000]));
        assert_eq!(builder.values.len(), 8000);
    }
}
