//! Network layer reachability information: what a route is to.
//!
//! An NLRI is a family, an optional path identifier (RFC 7911) and the bytes of its family's own encoding. It stays
//! bytes: each type of [`registry`] is a row of functions over them. What is received is a view over the message, what
//! is announced is copied once, into the Adj-RIB-Out.

pub mod inet;
pub mod opaque;
pub mod registry;

use std::ops::Range;

use crate::codes::{Afi, Family};
use crate::io::reader::{Reader, WireError};
use crate::io::tokens::{TextError, Tokens};

/// One NLRI: a view over its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nlri<'a> {
    /// The address family.
    pub family: Family,
    /// The path identifier, where ADD-PATH is used or one was given.
    pub path_id: Option<u32>,
    /// The encoding of its family, without the path identifier.
    pub bytes: &'a [u8],
}

/// What a family's NLRI can do: one row of [`registry::TABLE`].
#[derive(Debug)]
pub struct NlriType {
    /// The name in documents and errors.
    pub name: &'static str,
    /// The families that it encodes.
    pub families: &'static [Family],
    /// Whether `group-updates` packs several of them into one UPDATE, as ExaBGP does.
    pub packed: fn(Family) -> bool,
    /// How the next hop of a family looks in MP_REACH_NLRI.
    pub next_hop: fn(Family) -> NextHopForm,
    /// Takes the bytes of one NLRI (path identifier excluded) from a reader, and checks them.
    pub take: for<'a> fn(Family, &mut Reader<'a>) -> Result<&'a [u8], WireError>,
    /// Writes the bytes as they should be, if they are not: without bits that mean nothing. Returns whether it wrote.
    pub canonical: fn(Family, &[u8], &mut Vec<u8>) -> bool,
    /// The part of the bytes that identifies the route: the rest (labels) may change without making another route.
    pub identity: fn(Family, &[u8]) -> Range<usize>,
    /// Writes the JSON value.
    pub json: fn(Nlri<'_>, JsonForm, &mut Vec<u8>),
    /// Writes the text of commands and of text events.
    pub text: fn(Nlri<'_>, &mut Vec<u8>),
    /// Reads the text that stands for the NLRI alone and writes its bytes.
    pub parse: fn(Family, &mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>,
}

/// How the next hop of a family looks in MP_REACH_NLRI, before RFC 8950 changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextHopForm {
    /// The lengths that the field may have, in octets; none listed is any.
    pub lengths: &'static [usize],
    /// Octets of zero before each address: the route distinguisher of VPN families.
    pub distinguisher: usize,
    /// Whether an IPv4 next hop is sent as NEXT_HOP as well, as ExaBGP does.
    pub attribute: bool,
}

impl NextHopForm {
    /// Whether the field may have this length; `extended` are the address families that RFC 8950 allows as well.
    pub fn allows(&self, length: usize, extended: impl IntoIterator<Item = Afi>) -> bool {
        let one = |address: usize| self.distinguisher + address;
        self.lengths.is_empty()
            || self.lengths.contains(&length)
            || extended.into_iter().any(|afi| match afi {
                Afi::IPV4 => length == one(4),
                Afi::IPV6 => length == one(16) || length == 2 * one(16),
                _ => false,
            })
    }
}

/// How JSON is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonForm {
    /// Whether version 6 of the API is spoken; version 4 otherwise.
    pub version_6: bool,
    /// `exabgp.api.compact`: a unicast NLRI without a path identifier is a bare string.
    pub compact: bool,
    /// `decode -g`: unknown attributes in hexadecimal.
    pub generic: bool,
}

impl<'a> Nlri<'a> {
    /// Takes one NLRI of `family` from a reader, with its path identifier if `path_id`.
    pub fn take(family: Family, path_id: bool, reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let row = registry::row(family);
        let path_id = if path_id { Some(reader.u32("path identifier")?) } else { None };
        Ok(Self { family, path_id, bytes: (row.take)(family, reader)? })
    }

    /// The same NLRI without bits that mean nothing, in `buffer` if that makes a difference: what identifies a route must
    /// not depend on them.
    pub fn canonical<'b>(self, buffer: &'b mut Vec<u8>) -> Nlri<'b>
    where
        'a: 'b,
    {
        buffer.clear();
        if (registry::row(self.family).canonical)(self.family, self.bytes, buffer) {
            Nlri { family: self.family, path_id: self.path_id, bytes: buffer }
        } else {
            self
        }
    }

    /// The bytes that identify the route beside family and path identifier.
    pub fn identity(&self) -> &'a [u8] {
        let range = (registry::row(self.family).identity)(self.family, self.bytes);
        self.bytes.get(range).unwrap_or(self.bytes)
    }

    /// Writes the JSON value.
    pub fn json(self, form: JsonForm, out: &mut Vec<u8>) {
        (registry::row(self.family).json)(self, form, out);
    }

    /// Writes the text.
    pub fn text(self, out: &mut Vec<u8>) {
        (registry::row(self.family).text)(self, out);
    }

    /// Writes the wire encoding; `path_id` says whether identifiers are used, and one not given is then 0.
    pub fn encode(self, path_id: bool, out: &mut Vec<u8>) {
        if path_id {
            out.extend_from_slice(&self.path_id.unwrap_or(0).to_be_bytes());
        }
        out.extend_from_slice(self.bytes);
    }

    /// The length of its wire encoding in octets.
    pub const fn encoded_len(&self, path_id: bool) -> usize {
        self.bytes.len() + if path_id { 4 } else { 0 }
    }
}

/// The NLRI of a field, one after the other; the first error is the last item.
#[derive(Clone, Debug)]
pub struct NlriIter<'a> {
    family: Family,
    path_id: bool,
    reader: Reader<'a>,
    row: &'static NlriType,
}

impl<'a> NlriIter<'a> {
    /// The NLRI of `family` in what `reader` has left.
    pub fn new(family: Family, path_id: bool, reader: Reader<'a>) -> Self {
        Self { family, path_id, reader, row: registry::row(family) }
    }
}

impl<'a> Iterator for NlriIter<'a> {
    type Item = Result<Nlri<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let family = self.family;
        let mut take = || {
            let path_id =
                if self.path_id { Some(self.reader.u32("path identifier")?) } else { None };
            Ok(Nlri { family, path_id, bytes: (self.row.take)(family, &mut self.reader)? })
        };
        let item = take();
        if item.is_err() {
            self.reader.rest();
        }
        Some(item)
    }
}
