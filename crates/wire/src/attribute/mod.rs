//! Path attributes: one file and one registry line each.
//!
//! A received attribute is a view over its value ([`Attribute`]). A set that is to be announced is kept as one run of
//! bytes ([`set`]), AS numbers in four octets, whatever the session: what a peer needs of it (two-octet AS numbers,
//! LOCAL_PREF only inside of an AS, defaults) is written when the UPDATE is ([`AttributeType::send`]).

pub mod aggregator;
pub mod aigp;
pub mod as4_aggregator;
pub mod as4_path;
pub mod as_path;
pub mod atomic_aggregate;
pub mod attr_set;
pub mod bfd_discriminator;
pub mod bgp_ls;
pub mod cluster_list;
pub mod communities;
pub mod d_path;
pub mod extended_communities;
pub mod ipv6_extended_communities;
pub mod large_communities;
pub mod local_preference;
pub mod med;
pub mod mp_reach;
pub mod mp_unreach;
pub mod next_hop;
pub mod only_to_customer;
pub mod opaque;
pub mod origin;
pub mod originator_id;
pub mod pe_distinguisher_labels;
pub mod pmsi;
pub mod prefix_sid;
pub mod registry;
pub mod render;
pub mod set;
pub mod tunnel_encap;
pub mod unknown;

use std::str::FromStr;

use crate::io::tokens::{TextError, Tokens};
use crate::layout::Layout;
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
        form: JsonForm { layout: Layout::Main4, compact: false, generic: false },
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
    /// What to do about it, where that is not what the row says of the others.
    pub action: Option<OnError>,
}

/// What happens when text names an attribute twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The first stays.
    KeepFirst,
    /// The values are joined, and normalised again.
    Join,
}

/// Reads the words after a keyword and appends the value.
pub type ParseValue = fn(&mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>;

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
    pub parse: Option<ParseValue>,
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
#[inline]
pub fn push_attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    match *value {
        // Most values are numbers and addresses.
        [a, b, c, d] if flags & flags::EXTENDED_LENGTH == 0 => {
            out.extend_from_slice(&[flags, code, 4, a, b, c, d]);
        }
        _ => push_any(out, flags, code, value),
    }
}

fn push_any(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.reserve(4 + value.len());
    match u8::try_from(length) {
        Ok(short) if flags & flags::EXTENDED_LENGTH == 0 => {
            out.extend_from_slice(&[flags, code, short]);
        }
        _ => {
            out.extend_from_slice(&[flags | flags::EXTENDED_LENGTH, code]);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    match (value.first_chunk::<16>(), value.last_chunk::<16>()) {
        // Paths and communities: the first and the last sixteen octets, which may be the same in part. Known lengths are cheaper to
        // write than the octets that there are.
        (Some(first), Some(last)) if value.len() <= 32 => {
            let end = out.len() + value.len();
            out.extend_from_slice(first);
            out.truncate(end - 16);
            out.extend_from_slice(last);
        }
        _ => out.extend_from_slice(value.get(..usize::from(length)).unwrap_or_default()),
    }
}

/// The `send` of most attributes: as it is; an optional one without a value is left out.
pub fn send_as_is(attribute: &Attribute<'_>, _: &Negotiated, out: &mut Vec<u8>) {
    if attribute.flags & flags::OPTIONAL == 0 || !attribute.value.is_empty() {
        push_attribute(out, attribute.flags, attribute.code, attribute.value);
    }
}

/// The `normalise` of most attributes: nothing.
pub fn as_it_is(_: &mut Vec<u8>) {}

/// The `send` of what the encoder writes from other things than a set: nothing.
pub fn send_nothing(_: &Attribute<'_>, _: &Negotiated, _: &mut Vec<u8>) {}

/// The subcodes of UPDATE Message Error that faults of values use (RFC 4271 section 6.3).
pub mod subcode {
    /// Attribute Length Error.
    pub const LENGTH: u8 = 5;
    /// Invalid ORIGIN Attribute.
    pub const ORIGIN: u8 = 6;
    /// Optional Attribute Error.
    pub const OPTIONAL: u8 = 9;
    /// Malformed AS_PATH.
    pub const AS_PATH: u8 = 11;
}

impl ValueFault {
    /// A fault with its UPDATE subcode.
    pub fn new(subcode: u8, reason: impl Into<String>) -> Self {
        Self { subcode, reason: reason.into(), action: None }
    }

    /// The same with an action of its own.
    #[must_use]
    pub fn with_action(mut self, action: OnError) -> Self {
        self.action = Some(action);
        self
    }
}

/// Refuses a value of another length; `name` is the RFC's name of the attribute.
fn require_length(name: &str, value: &[u8], length: usize) -> Result<(), ValueFault> {
    if value.len() == length {
        return Ok(());
    }
    let reason = format!("{name} has {} octets instead of {length}", value.len());
    Err(ValueFault::new(subcode::LENGTH, reason))
}

/// Refuses a value that is empty or not made of items of `size` octets.
fn require_multiple(name: &str, value: &[u8], size: usize) -> Result<(), ValueFault> {
    if !value.is_empty() && value.len().is_multiple_of(size) {
        return Ok(());
    }
    let reason = format!("{name} has {} octets, not a multiple of {size}", value.len());
    Err(ValueFault::new(subcode::LENGTH, reason))
}

/// The four octets of a value as a number, if it has four.
fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

/// Reads decimal digits alone: no sign, no blank.
pub(crate) fn decimal<T: FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Takes the next word as a decimal number of 32 bits.
fn parse_number(tokens: &mut Tokens<'_>, what: &'static str) -> Result<u32, TextError> {
    let word = tokens.expect(what)?;
    decimal(word).ok_or_else(|| {
        tokens
            .last_error(format!("'{word}' is not a valid {what}"))
            .help("a number from 0 to 4294967295")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::tokens::{Span, split_command};
    use proptest::prelude::*;

    /// The value that a row reads from `line`, put in order; all of the line must be used.
    pub(crate) fn parse_value(row: &AttributeType, line: &str) -> Vec<u8> {
        let mut words = Vec::new();
        split_command(line, &mut words);
        let mut tokens = Tokens::new(line, &words, Span::default());
        let mut out = Vec::new();
        (row.parse.unwrap())(&mut tokens, &mut out).unwrap();
        assert!(tokens.is_done(), "{line}");
        (row.normalise)(&mut out);
        out
    }

    /// The error of a row about `line`.
    pub(crate) fn parse_error(row: &AttributeType, line: &str) -> String {
        let mut words = Vec::new();
        split_command(line, &mut words);
        let mut tokens = Tokens::new(line, &words, Span::default());
        (row.parse.unwrap())(&mut tokens, &mut Vec::new()).unwrap_err().to_string()
    }

    /// JSON and text of a value with four-octet AS numbers.
    pub(crate) fn faces(row: &AttributeType, value: &[u8]) -> (String, String) {
        let (mut json, mut text) = (Vec::new(), Vec::new());
        (row.json)(value, &ValueContext::STORED, &mut json);
        (row.text)(value, &ValueContext::STORED, &mut text);
        (String::from_utf8(json).unwrap(), String::from_utf8(text).unwrap())
    }

    /// What a peer gets of a value.
    pub(crate) fn sent(row: &AttributeType, value: &[u8], negotiated: &Negotiated) -> Vec<u8> {
        let mut out = Vec::new();
        (row.send)(&Attribute { flags: row.flags, code: row.code, value }, negotiated, &mut out);
        out
    }

    #[test]
    fn long_values_have_long_lengths() {
        let mut out = Vec::new();
        push_attribute(&mut out, 0xc0, 8, &[0; 256]);
        assert_eq!(out[..4], [0xd0, 8, 1, 0]);
        out.clear();
        push_attribute(&mut out, 0xd0, 8, &[7]);
        assert_eq!(out, [0xd0, 8, 0, 1, 7]);
    }

    fn contexts() -> impl Iterator<Item = ValueContext> {
        (0..8u8).map(|bits| ValueContext {
            asn4: bits & 1 != 0,
            ibgp: bits & 2 != 0,
            aigp: bits & 4 != 0,
            ..ValueContext::STORED
        })
    }

    proptest! {
        #[test]
        fn no_value_makes_a_row_panic_and_json_is_json(value: Vec<u8>, kinds: bool) {
            // Half of the paths have segments that are likely to be whole.
            let mut value = value;
            if let (true, [kind, count, ..]) = (kinds, value.as_mut_slice()) {
                (*kind, *count) = (*kind % 4 + 1, *count % 3);
            }
            for row in registry::TABLE {
                for context in contexts() {
                    let (mut json, mut text) = (b"{".to_vec(), Vec::new());
                    let checked = (row.check)(&value, &context);
                    (row.json)(&value, &context, &mut json);
                    (row.text)(&value, &context, &mut text);
                    json.push(b'}');
                    if checked.is_ok() {
                        let read = serde_json::from_slice::<serde_json::Value>(&json);
                        prop_assert!(read.is_ok(), "{}: {}", row.name, String::from_utf8_lossy(&json));
                    }
                    prop_assert!(std::str::from_utf8(&text).is_ok());
                }
                let mut normal = value.clone();
                (row.normalise)(&mut normal);
                sent(row, &value, &Negotiated::permissive());
                let two = Negotiated { asn4: false, ..Negotiated::permissive() };
                sent(row, &value, &two);
            }
        }

        #[test]
        fn what_text_says_is_read_back(number: u32, list in prop::collection::vec(any::<u32>(), 1..9)) {
            let numbers: Vec<u8> = list.iter().flat_map(|number| number.to_be_bytes()).collect();
            let triples: Vec<u8> = list.iter().flat_map(|n| [n.to_be_bytes(), [0, 0, 0, 7], [0; 4]]).flatten().collect();
            let eights: Vec<u8> = list.iter().flat_map(|n| [[0, 2, 0, 1], n.to_be_bytes()]).flatten().collect();
            let address = [0, 0, 0, 1, 9, 8, 7, 6];
            for (row, value) in [
                (&med::ROW, &number.to_be_bytes()[..]),
                (&local_preference::ROW, &number.to_be_bytes()),
                (&originator_id::ROW, &number.to_be_bytes()),
                (&origin::ROW, &[2]),
                (&atomic_aggregate::ROW, &[]),
                (&aggregator::ROW, &address),
                (&cluster_list::ROW, &numbers),
                (&communities::ROW, &numbers),
                (&large_communities::ROW, &triples),
                (&extended_communities::ROW, &eights),
            ] {
                let mut value = value.to_vec();
                (row.normalise)(&mut value);
                let text = faces(row, &value).1;
                let (_, text) = text[1..].split_once(' ').unwrap_or_default();
                prop_assert_eq!(parse_value(row, text), value, "{}", row.name);
            }
        }
    }
}
