//! EXTENDED COMMUNITIES (RFC 4360): eight octets each, of the types of [`crate::community::registry`].

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, flags, require_multiple, send_as_is,
};
use crate::community::extended::{self, push_exact, push_members, push_text};
use crate::community::{old, push_list_text};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};
use crate::layout::Communities;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 16,
    name: "extended-community",
    keywords: &["extended-community"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::Join,
    normalise,
    send: send_as_is,
    default: None,
};

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_multiple("EXTENDED COMMUNITIES", value, 8)
}

/// In the order of the wire: the 64 bits as a number, then what they mean.
fn json(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    let style = context.form.layout.shape().communities;
    push(out, "\"extended-community\": [ ");
    let communities = value.as_chunks::<8>().0;
    let mut separator = "";
    for community in communities {
        push(out, separator);
        separator = ", ";
        let number = u64::from_be_bytes(*community);
        if style == Communities::Numbers {
            push_decimal(out, number);
            continue;
        }
        push(out, "{ \"value\": ");
        push_decimal(out, number);
        push(out, ", \"string\": \"");
        push_text(*community, out);
        out.push(b'"');
        if style == Communities::Members {
            push_members(*community, out);
        }
        push(out, " }");
    }
    push(out, " ]");
}

fn text(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    let old = context.form.layout.shape().communities == Communities::Numbers;
    let each = if old { old::push_text } else { push_text };
    push_list_text(" extended-community", value, each, out);
}

/// As [`text`], each in words that are read back as it is.
pub(super) fn exact(value: &[u8], out: &mut Vec<u8>) {
    push_list_text(" extended-community", value, push_exact, out);
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.list("extended communities", |tokens| {
        out.extend(extended::parse(tokens)?);
        Ok(())
    })
}

/// Ascending; what was given twice is sent twice, as by ExaBGP.
#[expect(clippy::ptr_arg, reason = "the signature of a row")]
fn normalise(value: &mut Vec<u8>) {
    value.as_chunks_mut::<8>().0.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};

    #[test]
    fn known_and_unknown_types() {
        let value = parse_value(&ROW, "[ target:65534:100 0x0001020304050607 ]");
        assert_eq!(
            faces(&ROW, &value),
            (
                r#""extended-community": [ { "value": 283686952306183, "string": "0x0001020304050607" }, { "value": 844416340197476, "string": "target:65534:100" } ]"#.into(),
                " extended-community [ 0x0001020304050607 target:65534:100 ]".into()
            )
        );
        assert!(parse_error(&ROW, "[ foo:1:2 ]").contains("foo"));
        assert!(check(&[0; 9], &ValueContext::STORED).is_err());
    }
}
