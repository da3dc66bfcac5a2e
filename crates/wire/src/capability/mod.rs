//! The capabilities of OPEN (RFC 5492): one file and one registry line each.
//!
//! A list of capabilities stays the octets that it is on the wire ([`Capabilities`]). What one of them says is read when
//! it is asked for: each file here adds its question to [`Capabilities`] (`multiprotocol()`, `role()`), and the verb that
//! announces it (`announce_role()`).

pub mod add_path;
pub mod asn4;
pub mod bgp_role;
pub mod flag;
pub mod graceful_restart;
pub mod hostname;
pub mod long_lived_graceful_restart;
pub mod multiprotocol;
pub mod multisession;
pub mod next_hop;
pub mod paths_limit;
pub mod registry;
pub mod route_refresh;
pub mod software_version;
pub mod unknown;

use std::borrow::Cow;
use std::fmt;

use crate::codes::CapabilityCode;
use crate::io::json::push_separator;
use crate::io::reader::{Reader, WireError};
use crate::io::text::push_decimal;
use crate::layout::{Capabilities as Keys, Layout};

/// One capability: a view over its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability<'a> {
    /// The code.
    pub code: CapabilityCode,
    /// The value: at most 255 octets.
    pub value: &'a [u8],
}

/// What several capabilities of one code mean (RFC 5492 section 4 leaves that to each).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The same as one with all their values, one after the other.
    Join,
    /// The last counts.
    KeepLast,
    /// They must say the same; else the OPEN is refused with this subcode.
    MustAgree(u8),
}

/// What a capability can do: one row of [`registry::TABLE`].
#[derive(Debug)]
pub struct CapabilityType {
    /// The code.
    pub code: CapabilityCode,
    /// What several of them mean.
    pub repeat: Repeat,
    /// Takes the part of a value that is understood, and checks it; what is left is forgotten.
    pub check: fn(&mut Reader<'_>) -> Result<(), WireError>,
    /// Writes the JSON value of what passed the check.
    pub json: fn(Capability<'_>, &mut Vec<u8>),
    /// Writes the text, in the words and case of ExaBGP's log.
    pub text: fn(Capability<'_>, &mut Vec<u8>),
}

/// The capabilities of an OPEN, in the order of the wire.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `code(1) length(1) value`, one after the other, always whole.
    octets: Vec<u8>,
}

/// Why a list of capabilities is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapabilityError {
    /// A capability is cut off or its value can not be read.
    Malformed(WireError),
    /// Several of one code contradict each other; the subcode of OPEN Message Error.
    Contradiction(u8),
}

impl Capabilities {
    /// None.
    pub const fn new() -> Self {
        Self { octets: Vec::new() }
    }

    /// Reads and checks all that `reader` has left and adds it.
    pub fn decode(&mut self, reader: &mut Reader<'_>) -> Result<(), CapabilityError> {
        while !reader.is_empty() {
            self.decode_one(reader)?;
        }
        Ok(())
    }

    fn decode_one(&mut self, reader: &mut Reader<'_>) -> Result<(), CapabilityError> {
        let malformed = CapabilityError::Malformed;
        let code = CapabilityCode(reader.u8("capability code").map_err(malformed)?);
        let length = reader.u8("capability length").map_err(malformed)?;
        let mut value = reader.sub(usize::from(length), "capability value").map_err(malformed)?;
        let whole = value.remaining();
        let row = registry::row(code);
        (row.check)(&mut value).map_err(malformed)?;
        let octets = whole.get(..whole.len() - value.len()).unwrap_or(whole);
        if let Repeat::MustAgree(subcode) = row.repeat
            && self.value(code).is_some_and(|earlier| *earlier != *octets)
        {
            return Err(CapabilityError::Contradiction(subcode));
        }
        self.announce(code, octets);
        Ok(())
    }

    /// Adds a capability at the end; what does not fit in 255 octets is cut.
    pub fn announce(&mut self, code: CapabilityCode, value: &[u8]) {
        let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
        self.octets.extend_from_slice(&[code.0, length]);
        self.octets.extend(value.iter().take(usize::from(length)));
    }

    /// Adds as many capabilities as it takes to say a list of records, each of which stays whole.
    pub fn announce_records<const N: usize>(
        &mut self,
        code: CapabilityCode,
        records: impl IntoIterator<Item = [u8; N]>,
    ) {
        let mut value = Vec::new();
        for record in records {
            if value.len() + N > usize::from(u8::MAX) {
                self.announce(code, &value);
                value.clear();
            }
            value.extend_from_slice(&record);
        }
        if !value.is_empty() {
            self.announce(code, &value);
        }
    }

    /// Every capability, in the order of the wire.
    pub const fn iter(&self) -> CapabilityIter<'_> {
        CapabilityIter(self.octets.as_slice())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Whether this capability was announced.
    pub fn has(&self, code: CapabilityCode) -> bool {
        self.iter().any(|capability| capability.code == code)
    }

    /// What all capabilities of this code say together; `None` without any.
    pub fn value(&self, code: CapabilityCode) -> Option<Cow<'_, [u8]>> {
        let mut values = self.iter().filter(|other| other.code == code).map(|other| other.value);
        let first = values.next()?;
        Some(match registry::row(code).repeat {
            Repeat::KeepLast | Repeat::MustAgree(_) => {
                Cow::Borrowed(values.last().unwrap_or(first))
            }
            Repeat::Join => values.fold(Cow::Borrowed(first), |mut joined, value| {
                joined.to_mut().extend_from_slice(value);
                joined
            }),
        })
    }

    /// Each code once, in the order of the first of each.
    fn codes(&self) -> Vec<CapabilityCode> {
        let mut codes = Vec::new();
        for capability in self.iter() {
            if !codes.contains(&capability.code) {
                codes.push(capability.code);
            }
        }
        codes
    }

    /// Writes the JSON object: a member for each code, named by its decimal number, or by its name where a layout names those
    /// that are `sent`.
    pub fn json_in(&self, layout: Layout, sent: bool, out: &mut Vec<u8>) {
        let shape = layout.shape();
        let keys = if sent { shape.sent_capabilities } else { Keys::Numbers };
        if self.is_empty() {
            out.extend_from_slice(b"{ }");
            return;
        }
        out.extend_from_slice(b"{ ");
        let mut first = true;
        for code in self.codes() {
            push_separator(out, &mut first);
            out.push(b'"');
            match (keys, code.name()) {
                (Keys::OldNames, _) if code == CapabilityCode::OPERATIONAL => {
                    out.extend_from_slice(b"exabgp-experimental-operational");
                }
                (Keys::Names | Keys::OldNames, Some(name)) => {
                    out.extend_from_slice(name.as_bytes())
                }
                _ => push_decimal(out, u64::from(code.0)),
            }
            out.extend_from_slice(b"\": ");
            let value = self.value(code).unwrap_or_default();
            let capability = Capability { code, value: &value };
            let old = registry::OLD_JSON.iter().find(|(of, row, _)| *of == layout && *row == code);
            match old {
                Some((.., json)) => json(capability, out),
                None => (registry::row(code).json)(capability, out),
            }
        }
        out.extend_from_slice(b" }");
    }

    /// Writes the text, in lower case: `[multiprotocol(ipv4 unicast), asn4(65533)]`, by ascending code.
    pub fn text(&self, out: &mut Vec<u8>) {
        let mut codes = self.codes();
        codes.sort_unstable();
        out.push(b'[');
        let start = out.len();
        let mut first = true;
        for code in codes {
            push_separator(out, &mut first);
            let value = self.value(code).unwrap_or_default();
            (registry::row(code).text)(Capability { code, value: &value }, out);
        }
        out.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        out.push(b']');
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.text(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// Iterates over the capabilities of [`Capabilities`].
#[derive(Clone, Debug)]
pub struct CapabilityIter<'a>(&'a [u8]);

impl<'a> Iterator for CapabilityIter<'a> {
    type Item = Capability<'a>;

    fn next(&mut self) -> Option<Capability<'a>> {
        let (&[code, length], rest) = self.0.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(Capability { code: CapabilityCode(code), value })
    }
}

/// The check of a value that may be anything: RFC 5492 has no error for what is not understood.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a row")]
fn anything(value: &mut Reader<'_>) -> Result<(), WireError> {
    value.rest();
    Ok(())
}

/// The check of a list of records of `length` octets.
fn records(value: &mut Reader<'_>, length: usize, field: &'static str) -> Result<(), WireError> {
    while !value.is_empty() {
        value.take(length, field)?;
    }
    Ok(())
}
