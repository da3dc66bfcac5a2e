//! OSPF Route Type (RFC 4577 section 4.2.6): `area(4) type(1) options(1)`. Bit 1 of the options says that an external metric is of type 2.

use std::net::Ipv4Addr;

use super::extended::{ExtendedCommunityType, OPAQUE, Usual, parse_fields};
use crate::io::text::{push, push_decimal, push_ipv4};

const SUBTYPE: u8 = 0x06;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, SUBTYPE)],
    keywords: &["ospf-route-type"],
    text: |[_, _, a, b, c, d, kind, options], out| {
        push(out, "ospf-route-type:");
        push_ipv4(out, Ipv4Addr::new(a, b, c, d));
        for field in [kind, options] {
            out.push(b':');
            push_decimal(out, field.into());
        }
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let help = "ospf-route-type:AREA:TYPE:OPTIONS with a type and options of 8 bits";
        let fields = parse_fields(value, [u32::MAX, 0xff, 0xff], help)?;
        let [[a, b, c, d], [.., kind], [.., options]] = fields.map(u32::to_be_bytes);
        Ok([OPAQUE, SUBTYPE, a, b, c, d, kind, options])
    }),
};
