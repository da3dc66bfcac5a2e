//! BGP Prefix Origin Validation State (RFC 8097): `reserved(5) state(1)`. Usually not transitive.

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE, OPAQUE, Usual, push_hex};
use crate::io::text::push;

const SUBTYPE: u8 = 0x00;
/// The states, by their numbers.
const STATES: [&str; 3] = ["valid", "not-found", "invalid"];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(OPAQUE, SUBTYPE)],
    keywords: &["origin-validation"],
    text: |community, out| match community {
        [_, _, 0, 0, 0, 0, 0, state] if usize::from(state) < STATES.len() => {
            push(out, "origin-validation:");
            push(out, STATES.get(usize::from(state)).copied().unwrap_or_default());
        }
        _ => push_hex(community, out),
    },
    usual: Usual::NonTransitive,
    members: None,
    parse: Some(|_, value| {
        let state = (0u8..).zip(STATES).find(|(_, name)| *name == value);
        let (state, _) = state.ok_or("origin-validation:valid, :not-found or :invalid")?;
        Ok([NON_TRANSITIVE | OPAQUE, SUBTYPE, 0, 0, 0, 0, 0, state])
    }),
};
