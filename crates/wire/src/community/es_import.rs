//! ES-Import Route Target (RFC 7432 section 7.6): the MAC address of an Ethernet segment, whose members import the route.

use super::extended::{ExtendedCommunityType, Usual, mac};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = mac!(0x06, 0x02, "es-import");
