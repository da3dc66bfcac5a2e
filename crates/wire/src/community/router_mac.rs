//! EVPN Router's MAC (RFC 9135 section 8.1): the MAC address to send routed traffic to.

use super::extended::{ExtendedCommunityType, Usual, mac};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = mac!(0x06, 0x03, "router-mac");
