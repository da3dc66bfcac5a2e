//! Consistent hash sort order (draft-fm-bess-service-chaining): `order(4) reserved(2)`.

use super::extended::{ExtendedCommunityType, OPAQUE, Usual, number};
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, 0x14)],
    keywords: &["consistentHashSortOrder", "consistent-hash-sort-order"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|_, value| {
        let order = number(value).ok_or("consistentHashSortOrder:NUMBER of 32 bits")?;
        let [a, b, c, d] = order.to_be_bytes();
        Ok([OPAQUE, 0x14, a, b, c, d, 0, 0])
    }),
};

fn text([_, _, a, b, c, d, ..]: [u8; 8], out: &mut Vec<u8>) {
    push(out, "consistentHashSortOrder:");
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
}
