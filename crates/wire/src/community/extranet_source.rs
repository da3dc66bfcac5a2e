//! Extranet Source (RFC 7900 section 4.4.2): the source of multicast is for receivers in other VPNs. It has no value.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual, flag};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = flag!(OPAQUE, 0x04, "extranet-source");
