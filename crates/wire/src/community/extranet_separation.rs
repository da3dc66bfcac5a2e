//! Extranet Separation (RFC 7900 section 4.4.1): the tunnel carries either extranet or other flows. It has no value.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual, flag};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = flag!(OPAQUE, 0x05, "extranet-separation");
