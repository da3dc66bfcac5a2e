//! MULTI_EXIT_DISC (RFC 4271 section 5.1.4): a 32-bit number.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, number,
    parse_number, require_length, send_as_is,
};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 4,
    name: "med",
    keywords: &["med"],
    flags: flags::OPTIONAL,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_length("MULTI_EXIT_DISC", value, 4)
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(number) = number(value) {
        push(out, "\"med\": ");
        push_decimal(out, number.into());
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(number) = number(value) {
        push(out, " med ");
        push_decimal(out, number.into());
    }
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    out.extend(parse_number(tokens, "med")?.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};

    #[test]
    fn a_number_of_32_bits() {
        assert_eq!(parse_value(&ROW, "4294967295"), [255; 4]);
        assert_eq!(faces(&ROW, &[0, 0, 0, 100]), (r#""med": 100"#.into(), " med 100".into()));
        assert!(check(&[0; 3], &ValueContext::STORED).is_err());
        for wrong in ["4294967296", "-1", "+1", "0x1"] {
            assert!(parse_error(&ROW, wrong).contains("0 to 4294967295"), "{wrong}");
        }
    }
}
