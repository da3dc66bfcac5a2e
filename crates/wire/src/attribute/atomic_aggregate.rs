//! ATOMIC_AGGREGATE (RFC 4271 section 5.1.6): there or not, without a value.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, require_length,
    send_as_is,
};
use crate::io::text::push;
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 6,
    name: "atomic-aggregate",
    keywords: &["atomic-aggregate"],
    flags: flags::WELL_KNOWN,
    may_be_empty: true,
    on_error: OnError::Discard,
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
    require_length("ATOMIC_AGGREGATE", value, 0)
}

fn json(_: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"atomic-aggregate\": true");
}

fn text(_: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, " atomic-aggregate");
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a row")]
fn parse(_: &mut Tokens<'_>, _: &mut Vec<u8>) -> Result<(), TextError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_value, sent};
    use crate::negotiated::Negotiated;

    #[test]
    fn there_without_a_value() {
        assert_eq!(parse_value(&ROW, ""), [0u8; 0]);
        let faces = faces(&ROW, &[]);
        assert_eq!(faces, (r#""atomic-aggregate": true"#.into(), " atomic-aggregate".into()));
        assert_eq!(sent(&ROW, &[], &Negotiated::permissive()), [0x40, 6, 0]);
        assert!(check(&[0], &ValueContext::STORED).is_err());
    }
}
