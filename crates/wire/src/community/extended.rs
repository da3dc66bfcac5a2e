//! Extended communities (RFC 4360): `type(1) subtype(1) value(6)`. What each type means is a row of
//! [`super::registry`]; those without a row are hexadecimal.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::{NotACommunity, registry};
use crate::attribute::decimal;
use crate::io::text::{parse_hex, push, push_decimal, push_hex_lower, push_hex_upper, push_ipv4};
use crate::io::tokens::{Span, TextError, Tokens, did_you_mean, split_command};

/// The bit of the type that says that the community stays inside of an AS.
pub const NON_TRANSITIVE: u8 = 0x40;

/// Type of a value that starts with a two-octet AS number: `number(2) value(4)`.
pub const TWO_OCTET_AS: u8 = 0x00;
/// Type of a value that starts with an IPv4 address: `address(4) value(2)`.
pub const IPV4_ADDRESS: u8 = 0x01;
/// Type of a value that starts with a four-octet AS number: `number(4) value(2)` (RFC 5668).
pub const FOUR_OCTET_AS: u8 = 0x02;

/// Type of a value without an administrator.
pub const OPAQUE: u8 = 0x03;

/// Writes something of a community.
pub type Write = fn([u8; 8], &mut Vec<u8>);

/// Reads a keyword and what follows its colon; the error says what is right.
pub type Parse = fn(&str, &str) -> Result<[u8; 8], Cow<'static, str>>;

/// One kind of extended community: a row of [`registry::TABLE`].
#[derive(Debug)]
pub struct ExtendedCommunityType {
    /// The types and subtypes that it has, without [`NON_TRANSITIVE`].
    pub types: &'static [(u8, u8)],
    /// The words before the first colon in text.
    pub keywords: &'static [&'static str],
    /// Writes what text and JSON show.
    pub text: Write,
    /// Which transitivity needs no word.
    pub usual: Usual,
    /// Writes more JSON members, each after `, `.
    pub members: Option<Write>,
    /// Reads its text.
    pub parse: Option<Parse>,
}

/// The transitivity that a type usually has: the other one is said in its text, `non-transitive:color:1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// ExaBGP writes both alike.
    Unsaid,
    /// Transitive.
    Transitive,
    /// Not transitive.
    NonTransitive,
}

/// Before the text of what is transitive and usually not.
const TRANSITIVE_PREFIX: &str = "transitive:";
/// Before the text of what is not transitive and usually is.
const NON_TRANSITIVE_PREFIX: &str = "non-transitive:";

/// Writes a community as text: `target:65001:1`, or `0x` and 16 digits. ExaBGP's texts do not say everything:
/// [`push_exact`] does.
pub fn push_text(community: [u8; 8], out: &mut Vec<u8>) {
    let [kind, ..] = community;
    let Some(row) = registry::row(community) else { return push_hex(community, out) };
    let start = out.len();
    push(
        out,
        match (row.usual, kind & NON_TRANSITIVE != 0) {
            (Usual::Transitive, true) => NON_TRANSITIVE_PREFIX,
            (Usual::NonTransitive, false) => TRANSITIVE_PREFIX,
            _ => "",
        },
    );
    let from = out.len();
    (row.text)(community, out);
    if out.get(from..).is_some_and(|text| text.starts_with(b"0x")) {
        // Not one that its words can say: the digits say it all.
        out.truncate(start);
        push_hex(community, out);
    }
}

/// Writes `0x` and 16 digits.
pub fn push_hex(community: [u8; 8], out: &mut Vec<u8>) {
    push(out, "0x");
    push_hex_upper(out, &community);
}

/// Writes a community in words that are read back as the same octets, the same as [`push_text`] where these are.
pub fn push_exact(community: [u8; 8], out: &mut Vec<u8>) {
    let mut text = Vec::new();
    push_text(community, &mut text);
    let text = String::from_utf8_lossy(&text);
    let prefixes = ["", NON_TRANSITIVE_PREFIX, TRANSITIVE_PREFIX];
    let long = text.rsplit_once(':').map(|(first, second)| format!("{first}L:{second}"));
    for text in [Some(text.as_ref()), long.as_deref()].into_iter().flatten() {
        for prefix in prefixes {
            let text = format!("{prefix}{text}");
            if read_all(&text) == Some(community) {
                return push(out, text.trim_end());
            }
        }
    }
    push_hex(community, out);
}

/// Reads a text that is one community and nothing else.
fn read_all(text: &str) -> Option<[u8; 8]> {
    let mut words = Vec::new();
    split_command(text, &mut words);
    let mut tokens = Tokens::new(text, &words, Span::default());
    parse(&mut tokens).ok().filter(|_| tokens.is_done())
}

/// Takes a community: one word, or a keyword and its value as the next word (`mark 10`).
pub fn parse(tokens: &mut Tokens<'_>) -> Result<[u8; 8], TextError> {
    let word = tokens.expect("extended community")?;
    let span = tokens.last_span();
    let error = match parse_word(word) {
        _ if word.ends_with(':') && tokens.peek() == Some("[") => {
            return Err(TextError::new(span, format!("'{word}[' is of IPv6 extended communities"))
                .help("extended-community-ipv6 takes them"));
        }
        Ok(community) if tokens.is_done() => return Ok(community),
        result => result,
    };
    // The next word may be the value, as `sample` is of `action`, which also stands alone.
    if !word.contains(':')
        && let Some(value) = tokens.peek()
        && let Ok(community) = parse_word(&format!("{word}:{value}"))
    {
        tokens.next();
        accept_with_copy(tokens);
        return Ok(community);
    }
    error.map_err(|error| error.at(span))
}

/// Takes the `(with copy)` that ExaBGP writes after what `copy-to-nexthop-ietf` says already.
pub fn accept_with_copy(tokens: &mut Tokens<'_>) {
    let start = tokens.position();
    let glued = tokens.accept("(with") && tokens.accept("copy)");
    if glued {
        return;
    }
    tokens.rewind(start);
    if !["(", "with", "copy", ")"].into_iter().all(|word| tokens.accept(word)) {
        tokens.rewind(start);
    }
}

/// Writes the JSON members that its type has beside `value` and `string`.
pub fn push_members(community: [u8; 8], out: &mut Vec<u8>) {
    if let Some(members) = registry::row(community).and_then(|row| row.members) {
        members(community, out);
    }
}

/// Reads `target:65001:1`, the same without `target:`, any other `type:value` of the registry, or `0x` and 16 digits.
pub fn parse_word(word: &str) -> Result<[u8; 8], NotACommunity> {
    let wrong = |help: Cow<'static, str>| {
        NotACommunity::new(format!("'{word}' is not a valid extended community"), help)
    };
    if (word.starts_with("0x") || word.starts_with("0X")) && !word.contains(':') {
        return parse_hex(word)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| wrong("after 0x come 16 hexadecimal digits".into()));
    }
    for (prefix, bit) in [(TRANSITIVE_PREFIX, 0), (NON_TRANSITIVE_PREFIX, NON_TRANSITIVE)] {
        if let Some(rest) = word.strip_prefix(prefix) {
            return parse_word(rest).map(|[kind, rest @ ..]| {
                let [a, b, c, d, e, f, g] = rest;
                [kind & !NON_TRANSITIVE | bit, a, b, c, d, e, f, g]
            });
        }
    }
    let (name, value) = match word.split_once(':') {
        Some((name, value)) if value.contains(':') || registry::keyword(name).is_some() => {
            (name, value)
        }
        Some(_) => ("target", word),
        None => (word, ""),
    };
    let read = registry::keyword(name).and_then(|row| row.parse);
    match read {
        Some(parse) => parse(name, value).map_err(wrong),
        None => {
            let names = registry::TABLE.iter().filter(|row| row.parse.is_some());
            let near = did_you_mean(name, names.flat_map(|row| row.keywords).copied());
            Err(wrong(match near {
                Some(near) => format!("did you mean '{near}'?").into(),
                None => format!("there is no type '{name}'; 0x and 16 digits write any").into(),
            }))
        }
    }
}

/// What the two numbers of a route target or a site of origin should be.
const ADMINISTRATOR: &str = "AS:NUMBER with an AS of 16 bits and a number of 32, or AS:NUMBER or ADDRESS:NUMBER with a number of 16";

/// Reads `AS:NUMBER` or `ADDRESS:NUMBER` into the octets after the subtype, and chooses the type by the width of the
/// first. `L` after an AS number has it take four octets; a dotted quad may stand for a number.
pub fn parse_administrator(subtype: u8, text: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let (first, second) = text.split_once(':').ok_or(ADMINISTRATOR)?;
    let second = number(second).ok_or(ADMINISTRATOR)?;
    if let Ok(address) = first.parse::<Ipv4Addr>() {
        return wide(IPV4_ADDRESS, subtype, address.to_bits(), second);
    }
    let long = first.strip_suffix('L');
    let first = number(long.unwrap_or(first)).ok_or(ADMINISTRATOR)?;
    match u16::try_from(first) {
        Ok(first) if long.is_none() => {
            let ([a, b], [c, d, e, f]) = (first.to_be_bytes(), second.to_be_bytes());
            Ok([TWO_OCTET_AS, subtype, a, b, c, d, e, f])
        }
        _ => wide(FOUR_OCTET_AS, subtype, first, second),
    }
}

fn wide(kind: u8, subtype: u8, first: u32, second: u32) -> Result<[u8; 8], Cow<'static, str>> {
    let Ok(second) = u16::try_from(second) else {
        return Err(format!(
            "the number after a first part of 32 bits is 0 to 65535, not {second}"
        )
        .into());
    };
    let ([a, b, c, d], [e, f]) = (first.to_be_bytes(), second.to_be_bytes());
    Ok([kind, subtype, a, b, c, d, e, f])
}

/// Writes `AS:NUMBER` or `ADDRESS:NUMBER`, by the type.
pub fn push_administrator(community: [u8; 8], out: &mut Vec<u8>) {
    let [kind, _, a, b, c, d, e, f] = community;
    let (first, second) = match kind & 0x3f {
        TWO_OCTET_AS => (u16::from_be_bytes([a, b]).into(), u32::from_be_bytes([c, d, e, f])),
        _ => (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]).into()),
    };
    if kind & 0x3f == IPV4_ADDRESS {
        push_ipv4(out, Ipv4Addr::from_bits(first));
    } else {
        push_decimal(out, first.into());
    }
    out.push(b':');
    push_decimal(out, second.into());
}

/// Writes `name:` and `AS:NUMBER` or `ADDRESS:NUMBER`, with an `L` after a four-octet AS number that would fit in two: what
/// [`parse_administrator`] reads is what was written.
pub fn push_exact_administrator(name: &str, community: [u8; 8], out: &mut Vec<u8>) {
    push(out, name);
    out.push(b':');
    let [kind, _, 0, 0, c, d, e, f] = community else { return push_administrator(community, out) };
    if kind & 0x3f != FOUR_OCTET_AS {
        return push_administrator(community, out);
    }
    push_decimal(out, u16::from_be_bytes([c, d]).into());
    push(out, "L:");
    push_decimal(out, u16::from_be_bytes([e, f]).into());
}

/// Reads what [`push_exact_administrator`] writes after the colon, when its type may only be one of `kinds`.
pub fn parse_administrator_of(
    kinds: &[u8],
    subtype: u8,
    text: &str,
) -> Result<[u8; 8], Cow<'static, str>> {
    let community = parse_administrator(subtype, text)?;
    let [kind, ..] = community;
    if kinds.contains(&kind) {
        return Ok(community);
    }
    let names = kinds.iter().map(|kind| match *kind {
        TWO_OCTET_AS => "AS of 16 bits:NUMBER of 32",
        IPV4_ADDRESS => "ADDRESS:NUMBER of 16 bits",
        _ => "AS of 32 bits:NUMBER of 16",
    });
    Err(names.collect::<Vec<_>>().join(" or ").into())
}

/// Reads the fields between colons as numbers that are not above these; the error is `help`.
pub fn parse_fields<const N: usize>(
    text: &str,
    most: [u32; N],
    help: &'static str,
) -> Result<[u32; N], Cow<'static, str>> {
    let mut fields = [0; N];
    let mut parts = text.split(':');
    for (field, most) in fields.iter_mut().zip(most) {
        let part = parts.next().ok_or(help)?;
        *field = number(part).ok_or(help)?;
        if *field > most {
            return Err(format!("{part} is more than {most}; {help}").into());
        }
    }
    if parts.next().is_some() { Err(help.into()) } else { Ok(fields) }
}

/// Reads a number that is not below zero, with a fraction or not, as the nearest IEEE 754 single.
pub fn parse_float(text: &str) -> Option<f32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|rate: &f32| digits && rate.is_finite())
}

/// Reads a number of 32 bits: decimal, hexadecimal after `0x`, or a dotted quad; an `L` after it means nothing.
pub fn number(text: &str) -> Option<u32> {
    let text = text.strip_suffix('L').unwrap_or(text);
    match text.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u32::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None if text.contains('.') => text.parse::<Ipv4Addr>().ok().map(u32::from),
        None => decimal(text),
    }
}

/// Writes an MPLS label in the high 20 bits of three octets, or all 24 in hexadecimal when the others are not zero.
pub fn push_label([a, b, c]: [u8; 3], out: &mut Vec<u8>) {
    if c & 0xf == 0 {
        push_decimal(out, (u32::from_be_bytes([0, a, b, c]) >> 4).into());
    } else {
        push(out, "0x");
        push_hex_lower(out, &[a, b, c]);
    }
}

/// Reads what [`push_label`] writes.
pub fn parse_label(text: &str) -> Result<[u8; 3], Cow<'static, str>> {
    let bits = match text.strip_prefix("0x") {
        Some(_) => parse_hex(text).and_then(|octets| octets.try_into().ok()),
        None => decimal::<u32>(text).filter(|label| *label < 1 << 20).map(|label| {
            let [_, a, b, c] = (label << 4).to_be_bytes();
            [a, b, c]
        }),
    };
    bits.ok_or_else(|| "a label is 0 to 1048575, or 0x and 6 hexadecimal digits".into())
}

/// Writes the names of flags, the lowest first, with `+` between them; `0` for none, and hexadecimal when one has no name.
pub fn push_flags(names: &[&str], flags: u16, out: &mut Vec<u8>) {
    if flags == 0 || flags >> names.len() != 0 {
        push(out, if flags == 0 { "0" } else { "0x" });
        if flags != 0 {
            push_hex_lower(out, &flags.to_be_bytes());
        }
        return;
    }
    let mut separator = "";
    for (bit, name) in names.iter().enumerate() {
        if flags & 1 << bit != 0 {
            push(out, separator);
            push(out, name);
            separator = "+";
        }
    }
}

/// Reads what [`push_flags`] writes.
pub fn parse_flags(names: &[&str], text: &str) -> Result<u16, Cow<'static, str>> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return number(text)
            .and_then(|flags| flags.try_into().ok())
            .ok_or_else(|| format!("'{text}' does not fit in 16 bits").into());
    }
    text.split('+').try_fold(0, |flags, word| match names.iter().position(|name| *name == word) {
        Some(bit) => Ok(flags | 1 << bit),
        None => {
            Err(format!("'{word}' is no flag: {}, with + between them", names.join(", ")).into())
        }
    })
}

/// Reads the six octets of a MAC address, `02:00:5e:10:00:01` or with dashes.
pub fn parse_mac(text: &str) -> Result<[u8; 6], Cow<'static, str>> {
    let mut out = [0; 6];
    let mut parts = text.split([':', '-']);
    for octet in &mut out {
        let part = parts.next().filter(|part| part.len() == 2 && !part.starts_with('+'));
        *octet = part
            .and_then(|part| u8::from_str_radix(part, 16).ok())
            .ok_or("a MAC address is six pairs of hexadecimal digits with colons between them")?;
    }
    if parts.next().is_some() { Err("a MAC address has six octets".into()) } else { Ok(out) }
}

/// Writes a MAC address in lower case with colons.
pub fn push_mac(octets: [u8; 6], out: &mut Vec<u8>) {
    let mut separator = "";
    for octet in octets {
        push(out, separator);
        push_hex_lower(out, &[octet]);
        separator = ":";
    }
}

/// The row of a community that has no value.
macro_rules! flag {
    ($kind:expr, $subtype:expr, $name:literal) => {
        ExtendedCommunityType {
            types: &[($kind, $subtype)],
            keywords: &[$name],
            text: |community, out| match community {
                [_, _, 0, 0, 0, 0, 0, 0] => crate::io::text::push(out, $name),
                _ => crate::community::extended::push_hex(community, out),
            },
            usual: Usual::Transitive,
            members: None,
            parse: Some(|_, value| match value {
                "" => Ok([$kind, $subtype, 0, 0, 0, 0, 0, 0]),
                _ => Err(concat!($name, " has no value").into()),
            }),
        }
    };
}
pub(super) use flag;

/// The row of a community whose value is a MAC address.
macro_rules! mac {
    ($kind:expr, $subtype:expr, $name:literal) => {
        ExtendedCommunityType {
            types: &[($kind, $subtype)],
            keywords: &[$name],
            text: |[_, _, address @ ..], out| {
                crate::io::text::push(out, concat!($name, ":"));
                crate::community::extended::push_mac(address, out);
            },
            usual: Usual::Transitive,
            members: None,
            parse: Some(|_, value| {
                let [a, b, c, d, e, f] = crate::community::extended::parse_mac(value)?;
                Ok([$kind, $subtype, a, b, c, d, e, f])
            }),
        }
    };
}
pub(super) use mac;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(community: [u8; 8]) -> String {
        let mut out = Vec::new();
        push_text(community, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn hexadecimal_has_16_digits() {
        assert_eq!(parse_word("0x0002fde800000001"), Ok([0, 2, 0xfd, 0xe8, 0, 0, 0, 1]));
        assert!(parse_word("0x00").unwrap_err().to_string().contains("16"));
        assert_eq!(text([0x99, 1, 2, 3, 4, 5, 6, 0xab]), "0x99010203040506AB");
    }

    #[test]
    fn unknown_types_say_so() {
        assert!(
            parse_word("tarjet:1:2").unwrap_err().to_string().contains("did you mean 'target'")
        );
        assert!(parse_word("zebra:1:2").unwrap_err().to_string().contains("no type 'zebra'"));
        for wrong in ["", "1", "1:", ":1", "1:2:3:4", "target", "1:x"] {
            assert!(parse_word(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_is_ascii_without_quotes(community: [u8; 8], kind in 0..4u8, subtype in 0..16u8) {
            let [_, _, value @ ..] = community;
            let [a, b, c, d, e, f] = value;
            for community in [community, [kind, subtype, a, b, c, d, e, f]] {
                let text = text(community);
                prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\'));
            }
        }

        #[test]
        fn targets_and_origins_are_read_back(kind in 0..3u8, subtype in 2..4u8, value: [u8; 6]) {
            let [a, b, c, d, e, f] = value;
            let community = [kind, subtype, a, b, c, d, e, f];
            // A four-octet AS number that fits in two would be read as one of two.
            prop_assume!(kind != FOUR_OCTET_AS || (a, b) != (0, 0));
            prop_assert_eq!(parse_word(&text(community)), Ok(community));
        }
    }
}
