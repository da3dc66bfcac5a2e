//! Path attributes: one file and one registry line each.
//!
//! A received attribute is a view over its value ([`Attribute`]). A set that is to be announced is kept as one run of
//! bytes ([`set`]), AS numbers in four octets, whatever the session: what a peer needs of it (two-octet AS numbers,
//! LOCAL_PREF only inside of an AS, defaults) is written when the UPDATE is ([`AttributeType::send`]).

pub mod registry;
pub mod set;

use crate::io::tokens::{TextError, Tokens};
use crate::negotiated::Negotiated;
use crate::nlri::JsonForm;

/// The flag bits of a path attribute (RFC 4271 section 4.3).
pub mod flags {
    /// Optional: not well-known.
    pub const OPTIONAL: u8 = 0x80;
    /// Transitive: passed on by those who do not know it.
    pub const TRANSITIVE: u8 = 0x40;
    /// Partial: somebody on the way did not know it.
    pub const PARTIAL: u8 = 0x20;
    /// The length has two octets.
    pub const EXTENDED_LENGTH: u8 = 0x10;
    /// Well-known, mandatory or discretionary: transitive alone.
    pub const WELL_KNOWN: u8 = TRANSITIVE;
    /// Optional and transitive.
    pub const OPTIONAL_TRANSITIVE: u8 = OPTIONAL | TRANSITIVE;
}

/// One attribute of a message or of a set: a view over its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The flags, as they were received or are to be sent.
    pub flags: u8,
    /// The type code.
    pub code: u8,
    /// The value.
    pub value: &'a [u8],
}

/// How to read the value of an attribute: what the session agreed upon, and what is wanted.
#[derive(Clone, Copy, Debug)]
pub struct ValueContext {
    /// AS numbers have four octets.
    pub asn4: bool,
    /// Both ends are of one AS.
    pub ibgp: bool,
    /// AIGP is accepted.
    pub aigp: bool,
    /// How JSON is wanted.
    pub form: JsonForm,
}

impl ValueContext {
    /// The context of stored sets and of text: four-octet AS numbers.
    pub const STORED: Self = Self {
        asn4: true,
        ibgp: true,
        aigp: true,
        form: JsonForm { version_6: false, compact: false, generic: false },
    };

    /// The context of messages of a session.
    pub fn of(negotiated: &Negotiated, form: JsonForm) -> Self {
        Self { asn4: negotiated.asn4, ibgp: negotiated.is_ibgp(), aigp: negotiated.aigp, form }
    }
}

/// What RFC 7606 asks for when an attribute is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnError {
    /// The attribute is dropped, the routes stay (section 2, "attribute discard").
    Discard,
    /// The routes of the UPDATE are taken as withdrawn (section 2, "treat-as-withdraw").
    TreatAsWithdraw,
    /// The family is not used any more (section 2, "AFI/SAFI disable").
    DisableFamily,
    /// The session ends (section 2, "session reset").
    Reset,
}

/// Why the value of an attribute is wrong: said in events and logs, and the UPDATE subcode should the session end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFault {
    /// The NOTIFICATION subcode of UPDATE Message Error (code 3).
    pub subcode: u8,
    /// In words: the field and its value.
    pub reason: String,
}

/// What happens when text names an attribute twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The first stays.
    KeepFirst,
    /// The values are joined, and normalised again.
    Join,
}

/// One path attribute: a row of [`registry::TABLE`].
#[derive(Debug)]
pub struct AttributeType {
    /// The type code (IANA "BGP Path Attributes").
    pub code: u8,
    /// The name in JSON.
    pub name: &'static str,
    /// The words of configuration and commands that set it; none where text can not.
    pub keywords: &'static [&'static str],
    /// The flags that it must have; PARTIAL and EXTENDED_LENGTH are not compared.
    pub flags: u8,
    /// Whether an empty value is right.
    pub may_be_empty: bool,
    /// What to do when it is wrong, in flags, length or value.
    pub on_error: OnError,
    /// Whether and how the value is wrong.
    pub check: fn(&[u8], &ValueContext) -> Result<(), ValueFault>,
    /// Writes the JSON member, name included (`"med": 5`); writes nothing when the member is to be left out.
    pub json: fn(&[u8], &ValueContext, &mut Vec<u8>),
    /// Writes the text with a leading blank (` med 5`).
    pub text: fn(&[u8], &ValueContext, &mut Vec<u8>),
    /// Reads the words after the keyword and appends the value (four-octet AS numbers).
    pub parse: Option<fn(&mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>>,
    /// What happens when text names it twice.
    pub repeat: Repeat,
    /// Puts a joined value in order.
    pub normalise: fn(&mut Vec<u8>),
    /// Writes the attribute as this peer is to get it, header included, or not at all.
    pub send: fn(&Attribute<'_>, &Negotiated, &mut Vec<u8>),
    /// Writes what this peer is to get when the set lacks the attribute.
    pub default: Option<fn(&Negotiated, &mut Vec<u8>)>,
}

/// Writes the header and value of an attribute: the length takes two octets when the value is longer than 255, or when
/// the flags ask for it.
pub fn push_attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    match u8::try_from(length) {
        Ok(short) if flags & flags::EXTENDED_LENGTH == 0 => {
            out.extend_from_slice(&[flags, code, short]);
        }
        _ => {
            out.extend_from_slice(&[flags | flags::EXTENDED_LENGTH, code]);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend(value.iter().take(usize::from(length)));
}

/// The `send` of most attributes: as it is; an optional one without a value is left out.
pub fn send_as_is(attribute: &Attribute<'_>, _: &Negotiated, out: &mut Vec<u8>) {
    if attribute.flags & flags::OPTIONAL == 0 || !attribute.value.is_empty() {
        push_attribute(out, attribute.flags, attribute.code, attribute.value);
    }
}

/// The `normalise` of most attributes: nothing.
pub fn as_it_is(_: &mut Vec<u8>) {}
