//! Extended communities (RFC 4360): `type(1) subtype(1) value(6)`. What each type means is a row of
//! [`super::registry`]; those without a row are hexadecimal.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::{NotACommunity, registry};
use crate::attribute::decimal;
use crate::io::text::{parse_hex, push, push_decimal, push_hex_upper, push_ipv4};
use crate::io::tokens::did_you_mean;

/// The bit of the type that says that the community stays inside of an AS.
pub const NON_TRANSITIVE: u8 = 0x40;

/// Type of a value that starts with a two-octet AS number: `number(2) value(4)`.
pub const TWO_OCTET_AS: u8 = 0x00;
/// Type of a value that starts with an IPv4 address: `address(4) value(2)`.
pub const IPV4_ADDRESS: u8 = 0x01;
/// Type of a value that starts with a four-octet AS number: `number(4) value(2)` (RFC 5668).
pub const FOUR_OCTET_AS: u8 = 0x02;

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
    /// Writes more JSON members, each after `, `.
    pub members: Option<Write>,
    /// Reads its text.
    pub parse: Option<Parse>,
}

/// Writes a community as text: `target:65001:1`, or `0x` and 16 digits.
pub fn push_text(community: [u8; 8], out: &mut Vec<u8>) {
    match registry::row(community) {
        Some(row) => (row.text)(community, out),
        None => {
            push(out, "0x");
            push_hex_upper(out, &community);
        }
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
    let (name, value) = match word.split_once(':') {
        Some((_, value)) if !value.contains(':') => ("target", word),
        Some((name, value)) => (name, value),
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
