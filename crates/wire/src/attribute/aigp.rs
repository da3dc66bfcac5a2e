//! AIGP (RFC 7311): the accumulated IGP metric, in the TLV of type 1: `type(1) length(2) metric(8)`, the length
//! counting all of it. Sent and accepted only where both ends are configured for it.

use super::{
    Attribute, AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, decimal, flags,
    push_attribute, subcode,
};
use crate::io::reader::Reader;
use crate::io::text::{push, push_hex_lower};
use crate::io::tokens::{TextError, Tokens};
use crate::negotiated::Negotiated;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 26,
    name: "aigp",
    keywords: &["aigp"],
    flags: flags::OPTIONAL,
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

/// The metric of the first TLV of type 1; the error says which TLV is wrong.
fn metric(value: &[u8]) -> Result<[u8; 8], String> {
    let mut reader = Reader::new(value);
    let mut found = None;
    while !reader.is_empty() {
        let offset = reader.offset();
        let tlv = reader.u8("AIGP TLV type").and_then(|kind| {
            let length = usize::from(reader.u16("AIGP TLV length")?);
            Ok((kind, length, reader.take(length.saturating_sub(3), "AIGP TLV")?))
        });
        match tlv {
            Err(error) => return Err(error.to_string()),
            Ok((_, length, _)) if length < 3 => {
                return Err(format!("AIGP TLV at octet {offset} has a length of {length}"));
            }
            Ok((1, length, value)) => match value.try_into() {
                Ok(metric) => found = found.or(Some(metric)),
                Err(_) => {
                    return Err(format!("AIGP TLV of type 1 has a length of {length}, not 11"));
                }
            },
            Ok(_) => {}
        }
    }
    found.ok_or_else(|| "AIGP has no TLV of type 1".into())
}

/// Where AIGP is not accepted it is as an unknown attribute that is not transitive: ignored, right or wrong.
fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    if !context.aigp {
        return Ok(());
    }
    metric(value).map(drop).map_err(|reason| ValueFault::new(subcode::OPTIONAL, reason))
}

fn json(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    if let Some(metric) = metric(value).ok().filter(|_| context.aigp) {
        push(out, "\"aigp\": \"0x");
        push_hex_lower(out, &metric);
        out.push(b'"');
    }
}

fn text(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    if let Some(metric) = metric(value).ok().filter(|_| context.aigp) {
        push(out, " aigp 0x");
        push_hex_lower(out, &metric);
    }
}

/// Reads a decimal number, or one in hexadecimal after `0x`.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("aigp")?;
    let metric: Option<u64> = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => decimal(word),
    };
    let Some(metric) = metric else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid aigp"))
            .help("a number of 64 bits, in decimal or after 0x in hexadecimal"));
    };
    out.extend([1, 0, 11]);
    out.extend(metric.to_be_bytes());
    Ok(())
}

fn send(attribute: &Attribute<'_>, negotiated: &Negotiated, out: &mut Vec<u8>) {
    if negotiated.aigp {
        push_attribute(out, attribute.flags, attribute.code, attribute.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value, sent};

    #[test]
    fn decimal_and_hexadecimal() {
        let value = [1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 100];
        assert_eq!(parse_value(&ROW, "100"), value);
        assert_eq!(parse_value(&ROW, "0x64"), value);
        assert_eq!(
            faces(&ROW, &value),
            (r#""aigp": "0x0000000000000064""#.into(), " aigp 0x0000000000000064".into())
        );
        for wrong in ["x", "-1", "0x+1", "18446744073709551616"] {
            assert!(parse_error(&ROW, wrong).contains("64 bits"), "{wrong}");
        }
    }

    #[test]
    fn other_tlvs_are_skipped_and_wrong_ones_found() {
        let mut value = vec![9, 0, 4, 7, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 1];
        assert!(check(&value, &ValueContext::STORED).is_ok());
        value.push(1);
        assert!(check(&value, &ValueContext::STORED).is_err());
        for wrong in [&[9, 0, 4, 7][..], &[1, 0, 10, 0, 0, 0, 0, 0, 0, 1], &[1, 0, 0], &[9, 0, 2]] {
            assert!(check(wrong, &ValueContext::STORED).is_err(), "{wrong:?}");
            assert!(check(wrong, &ValueContext { aigp: false, ..ValueContext::STORED }).is_ok());
        }
    }

    #[test]
    fn only_where_configured() {
        let value = parse_value(&ROW, "1");
        let mut negotiated = Negotiated::permissive();
        assert_eq!(sent(&ROW, &value, &negotiated).len(), 14);
        negotiated.aigp = false;
        assert_eq!(sent(&ROW, &value, &negotiated), [0u8; 0]);
    }
}
