//! BGP-LS (RFC 9552 section 5.2): `type(2) length(2)`, in a VPN `route distinguisher(8)`, then `protocol(1) identifier(8)` and
//! descriptors, TLVs of which [`descriptors`] is the table. Types that are not in the table of [`layout`] are carried as
//! they are.

pub mod descriptors;
mod grammar;
mod json;
mod layout;
#[cfg(test)]
mod tests;

use super::{Identity, NextHopForm, Nlri, NlriContext, NlriType};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Reader, WireError};
use layout::Parts;

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "bgp-ls",
    families: &[Family::new(Afi::BGP_LS, Safi::BGP_LS), Family::new(Afi::BGP_LS, Safi::BGP_LS_VPN)],
    packed: |_| false,
    next_hop,
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(check),
    take_right: Some(take_right),
    canonical: |_, _, _| false,
    identity: |_, bytes| Identity::whole(bytes),
    json: json::push_nlri,
    text,
    parts: None,
    command,
    grammar: grammar::GRAMMAR,
};

/// An address of either family, and of a VPN one behind a route distinguisher of zero (RFC 9552 section 5.5). NEXT_HOP means
/// nothing beside it (RFC 4760 section 3).
fn next_hop(family: Family) -> NextHopForm {
    let attribute = false;
    match family.safi {
        Safi::BGP_LS_VPN => NextHopForm { lengths: &[12, 24, 48], distinguisher: 8, attribute },
        _ => NextHopForm { lengths: &[4, 16, 32], distinguisher: 0, attribute },
    }
}

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    ahead.u16("NLRI type")?;
    let length = usize::from(ahead.u16("NLRI length")?);
    ahead.take(length, "NLRI")?;
    reader.take(4 + length, "NLRI")
}

/// RFC 9552 section 8.2.2, "NLRI discard".
fn take_right<'a>(family: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    loop {
        let bytes = take(family, reader)?;
        if check(family, bytes).is_ok() {
            return Ok(bytes);
        }
    }
}

fn check(family: Family, bytes: &[u8]) -> Result<(), WireError> {
    match Parts::read(family, bytes)? {
        Some(parts) => parts.check_order(),
        None => Ok(()),
    }
}

fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    grammar::push_words(nlri, out);
    nlri.push_path_text(out);
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    nlri.family.push_command(out);
    out.push(b' ');
    grammar::push_words(nlri, out);
}
