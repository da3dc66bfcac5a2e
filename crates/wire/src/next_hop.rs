//! Next hops: what a route says, and what an attribute carries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::codes::Afi;
use crate::io::text::{push, push_ip, push_ipv4, push_ipv6};

/// The next hop that a route was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// None was given.
    #[default]
    Absent,
    /// `self`: the local address of the session, of the family of the route; resolved for each neighbor.
    SelfAddress,
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
}

impl From<IpAddr> for NextHop {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl NextHop {
    /// The address, if there is one.
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::V4(address) => Some(IpAddr::V4(address)),
            Self::V6(address) => Some(IpAddr::V6(address)),
            Self::Absent | Self::SelfAddress => None,
        }
    }

    /// What is sent to one peer: `self` becomes the local address of the session, or the BGP identifier for an IPv4 route over
    /// an IPv6 session, as ExaBGP does it. `None` for an IPv6 route over an IPv4 session, which has no such address.
    pub const fn resolve(self, route: Afi, local: IpAddr, router_id: Ipv4Addr) -> Option<Self> {
        match (self, route, local) {
            (Self::SelfAddress, Afi::IPV6, IpAddr::V6(address)) => Some(Self::V6(address)),
            (Self::SelfAddress, Afi::IPV6, IpAddr::V4(_)) => None,
            (Self::SelfAddress, _, IpAddr::V4(address)) => Some(Self::V4(address)),
            (Self::SelfAddress, _, IpAddr::V6(_)) => Some(Self::V4(router_id)),
            (other, _, _) => Some(other),
        }
    }

    /// Writes it as text: an address, `self` or `no-nexthop`.
    pub fn push_text(self, out: &mut Vec<u8>) {
        match self {
            Self::Absent => push(out, "no-nexthop"),
            Self::SelfAddress => push(out, "self"),
            Self::V4(address) => push_ip(out, address.into()),
            Self::V6(address) => push_ip(out, address.into()),
        }
    }
}

/// Writes the next hop field of a received MP_REACH_NLRI (or NEXT_HOP) as text: the first address, without the route
/// distinguisher before it; `no-nexthop` when empty.
///
/// Lengths: 0, 4, 12 (RD and IPv4), 16, 24 (RD and IPv6), 32 (global and link-local, RFC 2545), 40 (both after one RD, which
/// only ExaBGP takes), 48 (both with RD).
pub fn push_wire_next_hop(out: &mut Vec<u8>, field: &[u8]) {
    match wire_next_hop(field) {
        Some(IpAddr::V4(address)) => push_ipv4(out, address),
        Some(IpAddr::V6(address)) => push_ipv6(out, address),
        None => push(out, "no-nexthop"),
    }
}

/// The first address of a next hop field, as [`push_wire_next_hop`] shows it.
#[inline]
pub fn wire_next_hop(field: &[u8]) -> Option<IpAddr> {
    let field = match field.len() {
        12 | 24 | 40 | 48 => field.get(8..)?,
        _ => field,
    };
    if let Some((address, _)) = field.split_first_chunk::<16>() {
        return Some(IpAddr::V6(Ipv6Addr::from(*address)));
    }
    field.split_first_chunk::<4>().map(|(address, _)| IpAddr::V4(Ipv4Addr::from(*address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn self_is_an_address_of_the_session() {
        let (v4, v6) = (Ipv4Addr::new(192, 0, 2, 1), Ipv6Addr::LOCALHOST);
        let router_id = Ipv4Addr::new(10, 0, 0, 1);
        let resolve = |route, local| NextHop::SelfAddress.resolve(route, local, router_id);
        assert_eq!(resolve(Afi::IPV4, v4.into()), Some(NextHop::V4(v4)));
        assert_eq!(resolve(Afi::IPV6, v6.into()), Some(NextHop::V6(v6)));
        assert_eq!(resolve(Afi::IPV4, v6.into()), Some(NextHop::V4(router_id)));
        assert_eq!(resolve(Afi::IPV6, v4.into()), None);
        assert_eq!(NextHop::V4(v4).resolve(Afi::IPV6, v6.into(), router_id), Some(NextHop::V4(v4)));
    }
}
