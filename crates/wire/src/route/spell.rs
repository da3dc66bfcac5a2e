//! A route that is kept, as the words that make it again.

use std::net::Ipv4Addr;

use super::push_command;
use crate::attribute::{render, set, unknown};
use crate::next_hop::NextHop;
use crate::nlri::Nlri;

/// Appends the statement of a route: its NLRI (`attributes` without one), path identifier, next hop, and the attributes of
/// a set of [`crate::attribute::set`].
pub fn push_statement(
    nlri: Option<Nlri<'_>>,
    next_hop: NextHop,
    attributes: &[u8],
    out: &mut Vec<u8>,
) {
    match nlri {
        None => out.extend(b"attributes"),
        Some(nlri) => push_command(nlri, out),
    }
    push_path_id(nlri, out);
    if next_hop != NextHop::Absent {
        out.extend(b" next-hop ");
        next_hop.push_text(out);
    }
    for stored in set::iter(attributes) {
        if stored.verbatim {
            unknown::stored_text(&stored, out);
        } else {
            render::push_readable(&stored.attribute, out);
        }
    }
}

/// The same without next hop and attributes: what a withdrawal names.
pub fn push_withdrawal(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    push_command(nlri, out);
    push_path_id(Some(nlri), out);
}

fn push_path_id(nlri: Option<Nlri<'_>>, out: &mut Vec<u8>) {
    if let Some(id) = nlri.and_then(|nlri| nlri.path_id) {
        out.extend(format!(" path-information {}", Ipv4Addr::from_bits(id)).bytes());
    }
}
