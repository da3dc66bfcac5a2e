//! A bounded reader of network-order bytes whose errors carry the field's name and its offset.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is wrong with bytes that were received: the field, where it starts, and the fault.
///
/// The offset counts octets from the start of the outermost buffer that was read, so that it can be shown to a person
/// who looks at a hexadecimal dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError {
    /// The field's name, in the RFC's words.
    pub field: &'static str,
    /// Octets from the start of the outermost buffer.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// The ways in which bytes can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The field needs more octets than are left.
    Truncated {
        /// Octets that the field needs.
        needed: usize,
        /// Octets that are there.
        left: usize,
    },
    /// Octets are left where the field should have ended.
    Trailing(usize),
    /// The value is not one that the field may have.
    Invalid(u64),
    /// The length is not one that the field may have.
    Length(usize),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, offset, fault } = self;
        match fault {
            Fault::Truncated { needed, left } => {
                write!(f, "{field} at octet {offset} needs {needed} octets, {left} left")
            }
            Fault::Trailing(extra) => {
                write!(f, "{extra} octets after the end of {field} at octet {offset}")
            }
            Fault::Invalid(value) => write!(f, "{field} at octet {offset} can not be {value}"),
            Fault::Length(length) => {
                write!(f, "{field} at octet {offset} can not be {length} octets long")
            }
        }
    }
}

impl std::error::Error for WireError {}

/// Reads network-order values from a slice and never past its end.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Reads from the first octet of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Reads `bytes`, which start `offset` octets into the outermost buffer.
    pub const fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    /// Octets not yet read.
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all was read.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Where the next octet is in the outermost buffer.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What was not yet read, without reading it.
    pub const fn remaining(&self) -> &'a [u8] {
        self.bytes
    }

    /// An error about `field` at the current position.
    pub const fn error(&self, field: &'static str, fault: Fault) -> WireError {
        WireError { field, offset: self.offset, fault }
    }

    /// Takes `count` octets.
    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], WireError> {
        match self.bytes.split_at_checked(count) {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.offset += count;
                Ok(taken)
            }
            None => {
                Err(self.error(field, Fault::Truncated { needed: count, left: self.bytes.len() }))
            }
        }
    }

    /// Takes all that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes;
        self.offset += rest.len();
        self.bytes = &[];
        rest
    }

    /// Takes `N` octets as an array.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], WireError> {
        match self.bytes.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.offset += N;
                Ok(*taken)
            }
            None => Err(self.error(field, Fault::Truncated { needed: N, left: self.bytes.len() })),
        }
    }

    /// Takes one octet.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        self.array::<1>(field).map(|[octet]| octet)
    }

    /// Takes a 16-bit integer.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Takes a 32-bit integer.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Takes a 64-bit integer.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, WireError> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// Takes an IPv4 address.
    pub fn ipv4(&mut self, field: &'static str) -> Result<Ipv4Addr, WireError> {
        self.array::<4>(field).map(Ipv4Addr::from)
    }

    /// Takes an IPv6 address.
    pub fn ipv6(&mut self, field: &'static str) -> Result<Ipv6Addr, WireError> {
        self.array::<16>(field).map(Ipv6Addr::from)
    }

    /// A reader of the next `count` octets alone; this one goes on after them.
    pub fn sub(&mut self, count: usize, field: &'static str) -> Result<Self, WireError> {
        let offset = self.offset;
        self.take(count, field).map(|bytes| Self { bytes, offset })
    }

    /// Refuses octets left over.
    pub const fn finish(&self, field: &'static str) -> Result<(), WireError> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            Err(self.error(field, Fault::Trailing(self.bytes.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_order_and_names_what_is_missing() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(reader.u8("a"), Ok(1));
        assert_eq!(reader.u16("b"), Ok(0x0203));
        let mut sub = reader.sub(2, "c").unwrap();
        assert_eq!(sub.u8("d"), Ok(4));
        assert_eq!(
            sub.u16("e"),
            Err(WireError {
                field: "e",
                offset: 4,
                fault: Fault::Truncated { needed: 2, left: 1 }
            })
        );
        assert_eq!(reader.offset(), 5);
        assert_eq!(reader.rest(), &[6, 7, 8]);
        assert!(reader.finish("all").is_ok());
        assert!(Reader::new(&[0]).finish("all").is_err());
    }
}
