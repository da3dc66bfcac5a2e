//! The attributes of a route in a table dump, from a set as the Adj-RIB-In keeps it.

use std::net::IpAddr;

use yottabgp_wire::attribute::{push_attribute, set};
use yottabgp_wire::codes::Family;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::registry;

/// NEXT_HOP: well-known and transitive.
const NEXT_HOP: (u8, u8) = (0x40, 3);
/// MP_REACH_NLRI: optional.
const MP_REACH_NLRI: (u8, u8) = (0x80, super::MP_REACH_NLRI);

/// Appends the attributes of a set ([`set`]), with the next hop in its place: NEXT_HOP for an IPv4 unicast route with an IPv4
/// next hop, MP_REACH_NLRI with nothing but the next hop otherwise (RFC 6396 section 4.3.4). AS numbers have four octets.
pub fn push_attributes(family: Family, set: &[u8], next_hop: NextHop, out: &mut Vec<u8>) {
    let address = next_hop.address();
    let is_plain = family == Family::IPV4_UNICAST && !matches!(address, Some(IpAddr::V6(_)));
    let mut waits = !is_plain || address.is_some();
    let (_, code) = if is_plain { NEXT_HOP } else { MP_REACH_NLRI };
    for stored in set::iter(set) {
        if waits && stored.attribute.code > code {
            push_next_hop(family, address, is_plain, out);
            waits = false;
        }
        stored.push(out);
    }
    if waits {
        push_next_hop(family, address, is_plain, out);
    }
}

fn push_next_hop(family: Family, address: Option<IpAddr>, is_plain: bool, out: &mut Vec<u8>) {
    let mut field = Vec::with_capacity(25);
    if !is_plain {
        // Its length first, route distinguishers of zeros included.
        field.push(0);
        let form = (registry::row(family).next_hop)(family);
        field
            .extend(std::iter::repeat_n(0, if address.is_some() { form.distinguisher } else { 0 }));
    }
    match address {
        Some(IpAddr::V4(address)) => field.extend_from_slice(&address.octets()),
        Some(IpAddr::V6(address)) => field.extend_from_slice(&address.octets()),
        None => {}
    }
    let (flags, code) = if is_plain { NEXT_HOP } else { MP_REACH_NLRI };
    if !is_plain {
        let length = u8::try_from(field.len() - 1).unwrap_or(0);
        if let Some(first) = field.first_mut() {
            *first = length;
        }
    }
    push_attribute(out, flags, code, &field);
}
