//! Which of two connections stays (RFC 4271 section 6.8, RFC 6286 section 2.3).

use std::net::Ipv4Addr;

use yottabgp_wire::asn::Asn;

/// Who made a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// We did.
    Outgoing,
    /// The peer did.
    Incoming,
}

/// A speaker, as far as collisions go: BGP identifiers are compared as numbers, and AS numbers when they are equal.
pub(crate) type Identity = (Ipv4Addr, Asn);

/// The connection that stays: that of the side with the larger identity. Both sides come to the same answer.
pub(crate) fn winner(ours: Identity, theirs: Identity) -> Origin {
    if ours > theirs { Origin::Outgoing } else { Origin::Incoming }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree() {
        let low = (Ipv4Addr::new(1, 0, 0, 255), Asn(4_200_000_000));
        let high = (Ipv4Addr::new(2, 0, 0, 1), Asn(1));
        assert_eq!(winner(high, low), Origin::Outgoing);
        assert_eq!(winner(low, high), Origin::Incoming);
    }

    #[test]
    fn the_larger_as_wins_between_equal_identifiers() {
        let identifier = Ipv4Addr::new(1, 1, 1, 1);
        assert_eq!(winner((identifier, Asn(70000)), (identifier, Asn(65000))), Origin::Outgoing);
        assert_eq!(winner((identifier, Asn(65000)), (identifier, Asn(70000))), Origin::Incoming);
    }
}
