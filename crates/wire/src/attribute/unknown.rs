//! Attributes without a row: kept as they are, shown in hexadecimal.
//!
//! The flags are shown as they stand: whoever receives an unknown transitive attribute sets PARTIAL in them first
//! (RFC 4271 section 9), as [`accepted_flags`] does.

use super::set::{SetBuilder, StoredAttribute};
use super::{Attribute, decimal, flags};
use crate::io::text::{parse_hex, push, push_decimal, push_hex_lower, push_hex_upper};
use crate::io::tokens::{TextError, Tokens};

/// The flags with which a received attribute without a row is kept, or none if it is to be dropped: one that is not
/// transitive (RFC 4271 section 9).
pub const fn accepted_flags(received: u8) -> Option<u8> {
    if received & flags::TRANSITIVE == 0 { None } else { Some(received | flags::PARTIAL) }
}

/// Writes `"attribute-0x63-0xE0": "0x0102"`.
pub fn json(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    push(out, "\"attribute-0x");
    push_hex_upper(out, &[attribute.code]);
    push(out, "-0x");
    push_hex_upper(out, &[attribute.flags]);
    push(out, "\": \"0x");
    push_hex_lower(out, attribute.value);
    out.push(b'"');
}

/// Writes ` attribute [ 0x63 0xE0 0x0102 ]`, which is also how one is read.
pub fn text(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    text_with_length(attribute, None, out);
}

/// The same, with the length field that a user wrote: ` attribute [ 0x63 0xE0 length 200 0x0102 ]`.
pub fn stored_text(stored: &StoredAttribute<'_>, out: &mut Vec<u8>) {
    text_with_length(&stored.attribute, stored.length, out);
}

fn text_with_length(attribute: &Attribute<'_>, length: Option<u16>, out: &mut Vec<u8>) {
    push(out, " attribute [ 0x");
    push_hex_upper(out, &[attribute.code]);
    push(out, " 0x");
    push_hex_upper(out, &[attribute.flags]);
    if let Some(length) = length {
        push(out, " length ");
        push_decimal(out, length.into());
    }
    push(out, " 0x");
    push_hex_lower(out, attribute.value);
    push(out, " ]");
}

/// Reads what follows the keyword `attribute`, `[ 0xCODE 0xFLAGS 0xDATA ]` or `[ 0xCODE 0xFLAGS length NUMBER 0xDATA ]`: any
/// code, any flags, any data, in any number. It is sent so, octet by octet.
pub fn parse(tokens: &mut Tokens<'_>, set: &mut SetBuilder) -> Result<(), TextError> {
    let span = tokens.last_span();
    tokens.require("[")?;
    let code = octet(tokens, "attribute code")?;
    let flags = octet(tokens, "attribute flags")?;
    let length = match tokens.accept("length") {
        true => Some(length(flags, tokens)?),
        false => None,
    };
    let word = tokens.expect("attribute data")?;
    let data = parse_hex(word).filter(|_| word.starts_with("0x") || word.starts_with("0X"));
    let Some(data) = data else {
        return Err(tokens
            .last_error(format!("'{word}' is not valid attribute data"))
            .help("0x and an even number of hexadecimal digits"));
    };
    tokens.require("]")?;
    match length {
        Some(length) => set.add_with_length(flags, code, length, &data),
        None => set.add_verbatim(flags, code, &data),
    }
    .map_err(|error| TextError::new(span, error.to_string()))
}

fn octet(tokens: &mut Tokens<'_>, what: &'static str) -> Result<u8, TextError> {
    let word = tokens.expect(what)?;
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    digits
        .filter(|digits| !digits.starts_with('+'))
        .and_then(|digits| u8::from_str_radix(digits, 16).ok())
        .ok_or_else(|| {
            tokens.last_error(format!("'{word}' is not a valid {what}")).help("0x00 to 0xff")
        })
}

/// The length field has two octets when the flags say so.
fn length(flags: u8, tokens: &mut Tokens<'_>) -> Result<u16, TextError> {
    let word = tokens.expect("attribute length")?;
    let extended = flags & flags::EXTENDED_LENGTH != 0;
    let number = decimal::<u16>(word).filter(|length| extended || *length <= 255);
    number.ok_or_else(|| {
        tokens.last_error(format!("'{word}' is not a valid attribute length")).help(if extended {
            "0 to 65535"
        } else {
            "0 to 255, and with the flag 0x10 to 65535"
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_faces() {
        let attribute = Attribute { flags: 0xe0, code: 0x63, value: &[1, 0xab] };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        json(&attribute, &mut a);
        text(&attribute, &mut b);
        assert_eq!(a, br#""attribute-0x63-0xE0": "0x01ab""#);
        assert_eq!(b, b" attribute [ 0x63 0xE0 0x01ab ]");
        assert_eq!(accepted_flags(0xc0), Some(0xe0));
        assert_eq!(accepted_flags(0x80), None);
    }
}
