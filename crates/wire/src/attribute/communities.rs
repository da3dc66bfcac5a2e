//! COMMUNITIES (RFC 1997): four octets each.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, flags, require_multiple, send_as_is,
};
use crate::community::{push_list_text, standard};
use crate::io::text::{push, push_line};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 8,
    name: "community",
    keywords: &["community"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise,
    send: send_as_is,
    default: None,
};

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_multiple("COMMUNITIES", value, 4)
}

/// In the order of the wire, and never by name.
fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    const BETWEEN: &[u8] = b" ], [ ";
    let communities = value.as_chunks::<4>().0;
    if communities.is_empty() {
        return push(out, "\"community\": [  ]");
    }
    push(out, "\"community\": [ [ ");
    for [a, b, c, d] in communities {
        push_line::<32>(out, |line| {
            line.push_decimal(u16::from_be_bytes([*a, *b]).into());
            line.push(b", ");
            line.push_decimal(u16::from_be_bytes([*c, *d]).into());
            line.push(BETWEEN);
        });
    }
    out.truncate(out.len() - BETWEEN.len());
    push(out, " ] ]");
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push_list_text(" community", value, standard::push_text, out);
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.list("communities", |tokens| {
        let word = tokens.expect("community")?;
        let octets = standard::parse(word).map_err(|error| error.at(tokens.last_span()))?;
        out.extend(octets);
        Ok(())
    })
}

/// Ascending; what was given twice is sent twice, as by ExaBGP.
#[expect(clippy::ptr_arg, reason = "the signature of a row")]
fn normalise(value: &mut Vec<u8>) {
    value.as_chunks_mut::<4>().0.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};

    #[test]
    fn sorted_in_text_and_as_they_are_in_json() {
        let value = [0xff, 0xff, 0xff, 1, 0, 1, 0, 2];
        assert_eq!(
            faces(&ROW, &value),
            (
                r#""community": [ [ 65535, 65281 ], [ 1, 2 ] ]"#.into(),
                " community [ 1:2 no-export ]".into()
            )
        );
        assert_eq!(faces(&ROW, &value[..4]).1, " community no-export");
        assert_eq!(faces(&ROW, &[]).0, r#""community": [  ]"#);
    }

    #[test]
    fn lists_are_sorted_and_keep_duplicates() {
        assert_eq!(parse_value(&ROW, "[ 2:1, 1:1 2:1 ]"), [0, 1, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1]);
        assert_eq!(parse_value(&ROW, "[]"), [0u8; 0]);
        assert!(parse_error(&ROW, "[ 1:70000 ]").contains("'1:70000'"));
        assert!(check(&[1, 2, 3], &ValueContext::STORED).is_err());
    }
}
