//! AS4_AGGREGATOR (RFC 6793 section 3): the aggregator in four octets, beside an AGGREGATOR of two. It is made from
//! AGGREGATOR when that is sent, and takes its place when received ([`merge`]): neither sets nor texts have it.

use std::borrow::Cow;

use super::aggregator::{check_number, push_value, split, widen};
use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, require_length,
    send_nothing,
};
use crate::asn::Asn;
use crate::io::text::push;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 18,
    name: "as4-aggregator",
    keywords: &[],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::Discard,
    check,
    json,
    text,
    parse: None,
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_nothing,
    default: None,
};

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_length("AS4_AGGREGATOR", value, 8)?;
    check_number("AS4_AGGREGATOR", value)
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"as4-aggregator\": \"");
    push_value(value, out);
    out.push(b'"');
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, " as4-aggregator ( ");
    push_value(value, out);
    push(out, " )");
}

/// The aggregator of an UPDATE of a peer of two-octet numbers, in four octets, and whether AS4_PATH may be used
/// (RFC 6793 section 4.2.3): an AGGREGATOR that is not AS_TRANS came from a router that does not know of four octets,
/// and makes both AS4 attributes void.
pub fn merge<'a>(
    aggregator: Option<&'a [u8]>,
    as4_aggregator: Option<&'a [u8]>,
) -> (Option<Cow<'a, [u8]>>, bool) {
    let widened = aggregator.map(|value| Cow::Owned(widen(value)));
    match (aggregator.and_then(split), as4_aggregator) {
        (Some((Asn::TRANS, _)), Some(wide)) => (Some(Cow::Borrowed(wide)), true),
        (Some(_), Some(_)) => (widened, false),
        _ => (widened, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::faces;

    const WIDE: &[u8] = &[0, 1, 0, 0, 1, 2, 3, 4];

    #[test]
    fn it_stands_for_as_trans_only() {
        let trans = &[0x5b, 0xa0, 1, 2, 3, 4][..];
        assert_eq!(merge(Some(trans), Some(WIDE)), (Some(WIDE.into()), true));
        let other = &[0, 5, 1, 2, 3, 4][..];
        let widened = || Some(Cow::Owned(vec![0, 0, 0, 5, 1, 2, 3, 4]));
        assert_eq!(merge(Some(other), Some(WIDE)), (widened(), false));
        assert_eq!(merge(Some(other), None), (widened(), true));
        assert_eq!(merge(None, Some(WIDE)), (None, true));
    }

    #[test]
    fn eight_octets() {
        assert!(check(WIDE, &ValueContext { asn4: false, ..ValueContext::STORED }).is_ok());
        assert!(check(&WIDE[1..], &ValueContext::STORED).is_err());
        assert_eq!(faces(&ROW, WIDE).1, " as4-aggregator ( 65536:1.2.3.4 )");
    }
}
