//! ORIGINATOR_ID (RFC 4456 section 8): the BGP identifier of the router that brought the route into the AS.
//!
//! RFC 7606 section 7.9 has one of an external peer dropped: a malformed one then does no harm to the routes.

use std::net::Ipv4Addr;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, number,
    require_length, send_as_is,
};
use crate::io::text::{push, push_ipv4};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 9,
    name: "originator-id",
    keywords: &["originator-id"],
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

fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    if context.ibgp { require_length("ORIGINATOR_ID", value, 4) } else { Ok(()) }
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(address) = number(value) {
        push(out, "\"originator-id\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(address));
        out.push(b'"');
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(address) = number(value) {
        push(out, " originator-id ");
        push_ipv4(out, Ipv4Addr::from_bits(address));
    }
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let address: Ipv4Addr = tokens.parse("originator-id", "an IPv4 address")?;
    out.extend(address.octets());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};

    #[test]
    fn an_ipv4_address() {
        assert_eq!(parse_value(&ROW, "1.2.3.4"), [1, 2, 3, 4]);
        let faces = faces(&ROW, &[1, 2, 3, 4]);
        assert_eq!(
            faces,
            (r#""originator-id": "1.2.3.4""#.into(), " originator-id 1.2.3.4".into())
        );
        assert!(parse_error(&ROW, "1.2.3").contains("'1.2.3' is not a valid originator-id"));
        assert!(check(&[1, 2, 3], &ValueContext::STORED).is_err());
    }
}
