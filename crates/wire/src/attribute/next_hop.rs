//! NEXT_HOP (RFC 4271 section 5.1.3): an IPv4 address. The next hop belongs to the route and not to its set of
//! attributes: the encoder writes this one.

use std::net::Ipv4Addr;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, number,
    require_length, send_as_is,
};
use crate::io::text::{push, push_ipv4};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 3,
    name: "next-hop",
    keywords: &[],
    flags: flags::WELL_KNOWN,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text: |_, _, _| {},
    parse: None,
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_length("NEXT_HOP", value, 4)
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    if let Some(address) = number(value) {
        push(out, "\"next-hop\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(address));
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::faces;

    #[test]
    fn four_octets() {
        let faces = faces(&ROW, &[1, 2, 3, 4]);
        assert_eq!(faces, (r#""next-hop": "1.2.3.4""#.into(), String::new()));
        assert!(check(&[0; 16], &ValueContext::STORED).is_err());
    }
}
