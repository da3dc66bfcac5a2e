//! OTC, Only to Customer (RFC 9234 section 5): the AS from which on a route may only go to customers, `AS(4)`.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, number,
    require_length, send_as_is,
};
use crate::asn::Asn;
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 35,
    name: "only-to-customer",
    keywords: &["only-to-customer", "otc"],
    flags: flags::OPTIONAL_TRANSITIVE,
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
    require_length("OTC", value, 4)
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(number) = number(value) {
        push(out, "\"only-to-customer\": ");
        push_decimal(out, number.into());
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(number) = number(value) {
        push(out, " only-to-customer ");
        push_decimal(out, number.into());
    }
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("only-to-customer")?;
    let number: Asn = word.parse().map_err(|error: crate::asn::NotAnAsn| {
        tokens
            .last_error(format!("'{word}' is not a valid only-to-customer"))
            .help(error.to_string())
    })?;
    out.extend(number.0.to_be_bytes());
    Ok(())
}
