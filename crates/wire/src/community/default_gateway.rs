//! Default Gateway (RFC 7432 section 7.8): the MAC address is that of a gateway. It has no value.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual, flag};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = flag!(OPAQUE, 0x0d, "default-gateway");
