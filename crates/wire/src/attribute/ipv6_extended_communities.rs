//! IPv6 Address Specific Extended Community (RFC 5701): `type(1) subtype(1) address(16) value(2)` each.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, flags, require_multiple, send_as_is,
};
use crate::community::{ipv6, push_list_text};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 25,
    name: "extended-community-ipv6",
    keywords: &["extended-community-ipv6"],
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
    require_multiple("IPv6 Address Specific Extended Community", value, 20)
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"extended-community-ipv6\": [ ");
    let mut separator = "";
    for community in value.as_chunks::<20>().0 {
        push(out, separator);
        push(out, "{ \"value\": ");
        push_long_decimal(*community, out);
        push(out, ", \"string\": \"");
        ipv6::push_text(*community, out);
        push(out, "\" }");
        separator = ", ";
    }
    push(out, " ]");
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push_list_text(" extended-community-ipv6", value, ipv6::push_text, out);
}

/// As [`text`], each in words that are read back as it is.
pub(super) fn exact(value: &[u8], out: &mut Vec<u8>) {
    push_list_text(" extended-community-ipv6", value, ipv6::push_exact, out);
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.list("IPv6 extended communities", |tokens| {
        out.extend(ipv6::parse(tokens)?);
        Ok(())
    })
}

/// Writes 160 bits in decimal.
fn push_long_decimal(community: [u8; 20], out: &mut Vec<u8>) {
    const BASE: u64 = 1_000_000_000;
    let mut number = [0u32; 5];
    for (limb, octets) in number.iter_mut().zip(community.as_chunks::<4>().0) {
        *limb = u32::from_be_bytes(*octets);
    }
    // Six groups of nine digits hold 160 bits; the last is found first.
    let mut groups = [0u64; 6];
    for group in groups.iter_mut().rev() {
        let mut rest = 0;
        for limb in &mut number {
            let value = rest << 32 | u64::from(*limb);
            *limb = u32::try_from(value / BASE).unwrap_or(u32::MAX);
            rest = value % BASE;
        }
        *group = rest;
    }
    let mut leading = true;
    for (index, group) in groups.iter().enumerate() {
        if leading && *group == 0 && index < 5 {
            continue;
        }
        if !leading {
            let mut most = BASE / 10;
            while most > 1 && *group < most {
                out.push(b'0');
                most /= 10;
            }
        }
        leading = false;
        push_decimal(out, *group);
    }
}

/// Ascending; what was given twice is sent twice.
#[expect(clippy::ptr_arg, reason = "the signature of a row")]
fn normalise(value: &mut Vec<u8>) {
    value.as_chunks_mut::<20>().0.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::faces;
    use crate::io::text::parse_hex;

    #[test]
    fn numbers_of_160_bits() {
        let decimal = |hex: &str| {
            let mut out = Vec::new();
            push_long_decimal(parse_hex(hex).unwrap().try_into().unwrap(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(decimal(&"0".repeat(40)), "0");
        assert_eq!(decimal(&"f".repeat(40)), "1461501637330902918203684832716283019655932542975");
        assert_eq!(
            decimal("002cd76fe086b93ce2f768a00b22a00000000000"),
            format!("1{}", "0".repeat(45))
        );
        assert_eq!(decimal("000000000000000000000000000000003b9aca00"), "1000000000");
    }

    #[test]
    fn words_and_hexadecimal() {
        let value = parse_hex("000c20010db80000000000000000000000010001").unwrap();
        assert_eq!(
            faces(&ROW, &value),
            (
                r#""extended-community-ipv6": [ { "value": 270396894049897293703898678829571923249266689, "string": "copy-to-nexthop-ietf 2001:db8::1 (with copy)" } ]"#.into(),
                " extended-community-ipv6 copy-to-nexthop-ietf 2001:db8::1 (with copy)".into()
            )
        );
        let value = parse_hex("001520010DB80000000000000000000000010064").unwrap();
        assert_eq!(
            faces(&ROW, &value).1,
            " extended-community-ipv6 0x001520010DB80000000000000000000000010064"
        );
    }
}
