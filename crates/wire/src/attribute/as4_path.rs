//! AS4_PATH (RFC 6793 section 3): the path in four octets, beside an AS_PATH of two. It is made from AS_PATH when that
//! is sent, and merged into it when received ([`super::as_path::merge`]): neither sets nor texts have it.

use super::as_path::{check_segments, json_segments, text_segments};
use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, send_nothing,
    subcode,
};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 17,
    name: "as4-path",
    keywords: &[],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::Discard,
    check,
    json: |value, _, out| json_segments(ROW.name, value, true, out),
    text: |value, _, out| text_segments(ROW.name, value, true, out),
    parse: None,
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_nothing,
    default: None,
};

/// The faults of RFC 6793 section 6.
fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    if value.len() < 6 || !value.len().is_multiple_of(2) {
        let reason = format!("AS4_PATH can not have {} octets", value.len());
        return Err(ValueFault::new(subcode::OPTIONAL, reason));
    }
    check_segments("AS4_PATH", value, true)
        .map_err(|fault| ValueFault { subcode: subcode::OPTIONAL, ..fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::faces;

    #[test]
    fn four_octets_whatever_the_session() {
        let two = ValueContext { asn4: false, ..ValueContext::STORED };
        assert!(check(&[2, 1, 0, 1, 0, 0], &two).is_ok());
        for wrong in [&[][..], &[2, 1, 0, 1], &[2, 2, 0, 1, 0, 0], &[9, 1, 0, 1, 0, 0]] {
            assert_eq!(check(wrong, &two).unwrap_err().subcode, 9);
        }
        assert_eq!(faces(&ROW, &[2, 1, 0, 1, 0, 0]).1, " as4-path ( 65536 )");
    }
}
