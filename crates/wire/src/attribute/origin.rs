//! ORIGIN (RFC 4271 section 5.1.1): one octet.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, push_attribute,
    require_length, send_as_is, subcode,
};
use crate::io::text::push;
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::negotiated::Negotiated;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 1,
    name: "origin",
    keywords: &["origin"],
    flags: flags::WELL_KNOWN,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: Some(default),
};

/// The names, by value.
const NAMES: [&str; 3] = ["igp", "egp", "incomplete"];

fn name(value: &[u8]) -> Option<&'static str> {
    match value {
        [value] => NAMES.get(usize::from(*value)).copied(),
        _ => None,
    }
}

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_length("ORIGIN", value, 1)?;
    match name(value) {
        Some(_) => Ok(()),
        None => Err(ValueFault::new(subcode::ORIGIN, format!("ORIGIN can not be {value:?}"))),
    }
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(name) = name(value) {
        push(out, "\"origin\": \"");
        push(out, name);
        out.push(b'"');
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(name) = name(value) {
        push(out, " origin ");
        push(out, name);
    }
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("origin")?;
    for (value, name) in (0u8..).zip(NAMES) {
        if word.eq_ignore_ascii_case(name) {
            out.push(value);
            return Ok(());
        }
    }
    let error = tokens.last_error(format!("'{word}' is not a valid origin"));
    Err(match did_you_mean(word, NAMES) {
        Some(name) => error.help(format!("did you mean '{name}'?")),
        None => error.help("igp, egp or incomplete"),
    })
}

fn default(_: &Negotiated, out: &mut Vec<u8>) {
    push_attribute(out, ROW.flags, ROW.code, &[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value, sent};

    #[test]
    fn three_values_and_no_other() {
        assert_eq!(parse_value(&ROW, "EGP"), [1]);
        assert_eq!(
            faces(&ROW, &[2]),
            (r#""origin": "incomplete""#.into(), " origin incomplete".into())
        );
        assert_eq!(check(&[3], &ValueContext::STORED).unwrap_err().subcode, 6);
        assert_eq!(check(&[], &ValueContext::STORED).unwrap_err().subcode, 5);
        assert_eq!(parse_error(&ROW, "ipg"), "'ipg' is not a valid origin (did you mean 'igp'?)");
    }

    #[test]
    fn igp_when_nothing_was_said() {
        let mut out = Vec::new();
        default(&Negotiated::permissive(), &mut out);
        assert_eq!(out, [0x40, 1, 1, 0]);
        assert_eq!(sent(&ROW, &[2], &Negotiated::permissive()), [0x40, 1, 1, 2]);
    }
}
