//! Multicast VPN routes (RFC 6514 section 4): `type(1) length(1)`, then what the type has. The types and their parts are the
//! table in [`layout`]; a type that is not in it is carried as it is.

mod grammar;
mod layout;

use super::{Identity, NextHopForm, Nlri, NlriContext, NlriType, opaque};
use crate::codes::{Afi, Family, Safi};
use crate::io::json::push_name;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper, push_ip};
use layout::{Part, Route, Value};

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "mcast-vpn",
    families: &[Family::new(Afi::IPV4, Safi::MCAST_VPN), Family::new(Afi::IPV6, Safi::MCAST_VPN)],
    packed: |_| true,
    // Either address family in both: it is that of the backbone, not of the customer (RFC 6515 section 2).
    next_hop: |_| NextHopForm { lengths: &[4, 16], distinguisher: 0, attribute: true },
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(|family, bytes| Route::read(family, bytes).map(|_| ())),
    take_right: None,
    canonical: |_, _, _| false,
    identity: |_, bytes| Identity::whole(bytes),
    json,
    text,
    parts: None,
    command,
    grammar: grammar::GRAMMAR,
};

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    ahead.u8("MCAST-VPN route type")?;
    let length = ahead.u8("MCAST-VPN length")?;
    ahead.take(length.into(), "MCAST-VPN route")?;
    reader.take(2 + usize::from(length), "MCAST-VPN route")
}

/// Writes the members of ExaBGP, which knows types 5 to 7 and shows others unparsed; those of types 1 to 4 are in its spirit.
fn json(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    let route = Route::read(nlri.family, nlri.bytes).ok().flatten();
    push(out, "{ \"code\": ");
    push_decimal(out, nlri.bytes.first().copied().unwrap_or_default().into());
    push(out, if route.is_some() { ", \"parsed\": true" } else { ", \"parsed\": false" });
    push(out, ", \"raw\": \"");
    push_hex_upper(out, nlri.bytes);
    out.push(b'"');
    if let Some(route) = &route {
        push(out, ", \"name\": \"");
        push(out, route.kind.name);
        out.push(b'"');
        for (part, value) in &route.parts {
            push(out, ", ");
            push_name(out, part.member());
            out.push(b'"');
            match value {
                Value::Distinguisher(rd) => rd.push_text(out),
                Value::Octets(octets) => push_hex_upper(out, octets),
                value => push_value(*value, out),
            }
            out.push(b'"');
        }
    }
    nlri.push_path_json(out);
    // ExaBGP has no blank before the last brace of those that it knows.
    push(out, if route.is_some() { "}" } else { " }" });
}

fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    match Route::read(nlri.family, nlri.bytes) {
        Ok(Some(route)) => words(&route, out),
        _ => return opaque::push_text(nlri, out),
    }
    nlri.push_path_text(out);
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    match Route::read(nlri.family, nlri.bytes) {
        Ok(Some(route)) => {
            nlri.family.push_command(out);
            out.push(b' ');
            words(&route, out);
        }
        _ => (opaque::ROW.command)(nlri, out),
    }
}

/// Writes the words that [`grammar`] reads, in ExaBGP's order.
fn words(route: &Route<'_>, out: &mut Vec<u8>) {
    push(out, route.kind.word);
    for part in Part::AS_WRITTEN {
        for (_, value) in route.parts.iter().filter(|(own, _)| own == part) {
            out.push(b' ');
            push(out, part.word());
            out.push(b' ');
            push_value(*value, out);
        }
    }
}

fn push_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Distinguisher(rd) => rd.push_command(out),
        Value::Number(number) => push_decimal(out, number.into()),
        Value::Address(Some(address)) => push_ip(out, address),
        Value::Address(None) => out.push(b'*'),
        Value::Octets(octets) => {
            push(out, "0x");
            push_hex_upper(out, octets);
        }
    }
}
