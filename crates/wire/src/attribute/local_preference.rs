//! LOCAL_PREF (RFC 4271 section 5.1.5): a 32-bit number, inside of an AS only.
//!
//! RFC 7606 section 7.5 has one of an external peer dropped before it is looked at. No decision is taken on it here,
//! and those who watch a peer want to see what it sent: a well-formed one is shown, a malformed one is dropped without
//! touching the routes.

use super::{
    Attribute, AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, number,
    parse_number, push_attribute, require_length,
};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};
use crate::negotiated::Negotiated;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 5,
    name: "local-preference",
    keywords: &["local-preference"],
    flags: flags::WELL_KNOWN,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send,
    default: Some(default),
};

/// What a route has inside of an AS when nothing was said.
const DEFAULT: u32 = 100;

fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    if context.ibgp { require_length("LOCAL_PREF", value, 4) } else { Ok(()) }
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(number) = number(value) {
        push(out, "\"local-preference\": ");
        push_decimal(out, number.into());
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(number) = number(value) {
        push(out, " local-preference ");
        push_decimal(out, number.into());
    }
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    out.extend(parse_number(tokens, "local-preference")?.to_be_bytes());
    Ok(())
}

fn send(attribute: &Attribute<'_>, negotiated: &Negotiated, out: &mut Vec<u8>) {
    if negotiated.is_ibgp() {
        push_attribute(out, attribute.flags, attribute.code, attribute.value);
    }
}

fn default(negotiated: &Negotiated, out: &mut Vec<u8>) {
    if negotiated.is_ibgp() {
        push_attribute(out, ROW.flags, ROW.code, &DEFAULT.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn::Asn;
    use crate::attribute::tests::{faces, parse_value, sent};

    #[test]
    fn inside_of_an_as_only() {
        let value = parse_value(&ROW, "200");
        assert_eq!(faces(&ROW, &value).0, r#""local-preference": 200"#);
        let mut negotiated = Negotiated::permissive();
        assert_eq!(sent(&ROW, &value, &negotiated), [0x40, 5, 4, 0, 0, 0, 200]);
        let mut out = Vec::new();
        default(&negotiated, &mut out);
        assert_eq!(out, [0x40, 5, 4, 0, 0, 0, 100]);
        negotiated.peer_as = Asn(1);
        assert_eq!(sent(&ROW, &value, &negotiated), [0u8; 0]);
        out.clear();
        default(&negotiated, &mut out);
        assert_eq!(out, [0u8; 0]);
    }

    #[test]
    fn a_malformed_one_matters_inside_of_an_as_only() {
        assert!(check(&[1], &ValueContext::STORED).is_err());
        assert!(check(&[1], &ValueContext { ibgp: false, ..ValueContext::STORED }).is_ok());
        assert_eq!(faces(&ROW, &[1]), (String::new(), String::new()));
    }
}
