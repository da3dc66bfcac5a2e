//! A field of an EVPN route: its octets on the wire, length octets included, and what they are in JSON and text.

use std::borrow::Cow;

use crate::io::reader::{Reader, WireError};

/// A field of route types.
#[derive(Debug)]
pub(super) struct Field {
    /// The tags of the words that say it ([`super::words::TABLE`]); the first is its own.
    pub(super) tags: &'static [u8],
    /// Takes its octets from what is left of the route, and checks them.
    pub(super) take: for<'a> fn(&mut Reader<'a>) -> Result<&'a [u8], WireError>,
    /// Writes its JSON members, each after `, `; nothing when the field is empty.
    pub(super) json: fn(&[u8], &mut Vec<u8>),
    /// Writes its words, each after a blank.
    pub(super) text: fn(&[u8], &mut Vec<u8>),
    /// What it is when no word says it, from the octets of the route before it and whether the route is withdrawn.
    pub(super) default: fn(&[u8], bool) -> Option<&'static [u8]>,
    /// Whether octets that words gave fit behind those before them.
    pub(super) agrees: Agrees,
}

/// Looks at the octets of the route before a field and at its own; the error is a sentence.
pub(super) type Agrees = fn(&[u8], &[u8]) -> Result<(), Cow<'static, str>>;

/// A field that must be said.
pub(super) fn required(_: &[u8], _: bool) -> Option<&'static [u8]> {
    None
}

/// A field that fits everywhere.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a field")]
pub(super) fn always(_: &[u8], _: &[u8]) -> Result<(), Cow<'static, str>> {
    Ok(())
}
