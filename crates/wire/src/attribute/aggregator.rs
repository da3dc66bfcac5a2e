//! AGGREGATOR (RFC 4271 section 5.1.7, RFC 6793): an AS number of two or four octets, then a router's IPv4 address.

use std::net::Ipv4Addr;

use super::{
    Attribute, AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, as4_aggregator,
    flags, push_attribute, require_length, subcode,
};
use crate::asn::Asn;
use crate::io::text::{push, push_decimal, push_ipv4};
use crate::io::tokens::{TextError, Tokens};
use crate::negotiated::Negotiated;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 7,
    name: "aggregator",
    keywords: &["aggregator"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::Discard,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send,
    default: None,
};

/// The AS number and the address of a value of 6 or 8 octets.
pub fn split(value: &[u8]) -> Option<(Asn, Ipv4Addr)> {
    let (number, address) = value.split_last_chunk::<4>()?;
    let number = match *number {
        [a, b] => u32::from(u16::from_be_bytes([a, b])),
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
        _ => return None,
    };
    Some((Asn(number), Ipv4Addr::from(*address)))
}

/// The value with its AS number in four octets instead of two.
pub fn widen(value: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0];
    out.extend_from_slice(value);
    out
}

/// Refuses AS 0 (RFC 7607).
pub(super) fn check_number(name: &str, value: &[u8]) -> Result<(), ValueFault> {
    match split(value) {
        Some((Asn(0), _)) => Err(ValueFault::new(subcode::OPTIONAL, format!("{name} has AS 0"))),
        _ => Ok(()),
    }
}

fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    require_length("AGGREGATOR", value, if context.asn4 { 8 } else { 6 })?;
    check_number("AGGREGATOR", value)
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if split(value).is_some() {
        push(out, "\"aggregator\": \"");
        push_value(value, out);
        out.push(b'"');
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if split(value).is_some() {
        push(out, " aggregator ( ");
        push_value(value, out);
        push(out, " )");
    }
}

/// Writes `65001:1.2.3.4`.
pub(super) fn push_value(value: &[u8], out: &mut Vec<u8>) {
    if let Some((number, address)) = split(value) {
        push_decimal(out, number.0.into());
        out.push(b':');
        push_ipv4(out, address);
    }
}

/// Reads `65001:1.2.3.4`, or the same in parentheses, glued or not. AS 0 is read, though peers refuse it (RFC 7607): tests of
/// peers send it.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut word = tokens.expect("aggregator")?;
    let mut open = false;
    if word == "(" {
        (open, word) = (true, tokens.expect("aggregator")?);
    } else if let Some(rest) = word.strip_prefix('(') {
        (open, word) = (true, rest);
    }
    let value = tokens.last_span();
    if open {
        match word.strip_suffix(')') {
            Some(rest) => word = rest,
            None => tokens.require(")")?,
        }
    }
    let wrong = || {
        TextError::new(value, format!("'{word}' is not a valid aggregator"))
            .help("AS:ADDRESS, as 65001:192.0.2.1")
    };
    let (number, address) = word.split_once(':').ok_or_else(wrong)?;
    let number: Asn = number.parse().map_err(|_| wrong())?;
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    out.extend(number.0.to_be_bytes());
    out.extend(address.octets());
    Ok(())
}

/// To a peer of two-octet numbers: AS_TRANS for one that does not fit, and AS4_AGGREGATOR right after.
fn send(attribute: &Attribute<'_>, negotiated: &Negotiated, out: &mut Vec<u8>) {
    let value = attribute.value;
    let Some((number, address)) = split(value).filter(|_| !negotiated.asn4) else {
        push_attribute(out, attribute.flags, attribute.code, value);
        return;
    };
    let [a, b] = number.two_octets().to_be_bytes();
    let [c, d, e, f] = address.octets();
    push_attribute(out, attribute.flags, attribute.code, &[a, b, c, d, e, f]);
    if !number.is_two_octets() {
        push_attribute(out, as4_aggregator::ROW.flags, as4_aggregator::ROW.code, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value, sent};
    use crate::io::tokens::{Span, Token};

    #[test]
    fn with_and_without_parentheses() {
        let value = [0, 0, 0xfd, 0xe9, 1, 2, 3, 4];
        for text in ["65001:1.2.3.4", "( 65001:1.2.3.4 )", "(65001:1.2.3.4)"] {
            assert_eq!(parse_value(&ROW, text), value, "{text}");
        }
        for words in ["(65001:1.2.3.4)", "(65001:1.2.3.4 )", "( 65001:1.2.3.4)"] {
            // Files keep parentheses glued to their words.
            let tokens: Vec<Token> = words
                .split(' ')
                .map(|word| {
                    let start = word.as_ptr() as usize - words.as_ptr() as usize;
                    let span = Span::new(start, start + word.len());
                    Token { text: span, source: span, quoted: false }
                })
                .collect();
            let mut out = Vec::new();
            parse(&mut Tokens::new(words, &tokens, Span::default()), &mut out).unwrap();
            assert_eq!(out, value, "{words}");
        }
        assert_eq!(
            faces(&ROW, &value),
            (r#""aggregator": "65001:1.2.3.4""#.into(), " aggregator ( 65001:1.2.3.4 )".into())
        );
        for wrong in ["65001", "65001:1.2.3", "x:1.2.3.4", "( 65001:1.2.3.4"] {
            assert!(!parse_error(&ROW, wrong).is_empty());
        }
    }

    #[test]
    fn two_octet_peers_get_as_trans_and_as4_aggregator() {
        let mut negotiated = Negotiated::permissive();
        let value = parse_value(&ROW, "65536:1.2.3.4");
        assert_eq!(sent(&ROW, &value, &negotiated), [0xc0, 7, 8, 0, 1, 0, 0, 1, 2, 3, 4]);
        negotiated.asn4 = false;
        assert_eq!(
            sent(&ROW, &value, &negotiated),
            [0xc0, 7, 6, 0x5b, 0xa0, 1, 2, 3, 4, 0xc0, 18, 8, 0, 1, 0, 0, 1, 2, 3, 4]
        );
        let fits = parse_value(&ROW, "5:1.2.3.4");
        assert_eq!(sent(&ROW, &fits, &negotiated), [0xc0, 7, 6, 0, 5, 1, 2, 3, 4]);
    }

    #[test]
    fn the_length_depends_on_the_session() {
        let two = ValueContext { asn4: false, ..ValueContext::STORED };
        assert!(check(&[0, 1, 1, 2, 3, 4], &two).is_ok());
        assert!(check(&[0, 1, 1, 2, 3, 4], &ValueContext::STORED).is_err());
        assert!(check(&[0, 0, 1, 2, 3, 4], &two).is_err());
    }
}
