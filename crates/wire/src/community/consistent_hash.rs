//! Consistent hash sort order (draft-fm-bess-service-chaining): `order(4) reserved(2)`.

use super::extended::{ExtendedCommunityType, Usual};
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x03, 0x14)],
    keywords: &[],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: None,
};

fn text([_, _, a, b, c, d, ..]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "consistentHashSortOrder:");
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
}
