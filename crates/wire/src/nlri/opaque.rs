//! NLRI of a family that no type knows: kept as bytes, the whole field as one.

use super::{Grammar, Identity, NextHopForm, Nlri, NlriType, push_raw_json};
use crate::codes::Family;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_hex_upper};

/// What stands for every family that has no row.
pub const ROW: NlriType = NlriType {
    name: "opaque",
    families: &[],
    packed: |_| false,
    next_hop: |_| NextHopForm { lengths: &[], distinguisher: 0, attribute: false },
    withdraws_with_attributes: false,
    withdrawn: None,
    take,
    check: None,
    take_right: None,
    canonical: |_, _, _| false,
    identity: |_, bytes| Identity::whole(bytes),
    json: |nlri, _, out| push_raw_json(nlri, out),
    text: |nlri, _, out| push_text(nlri, out),
    parts: None,
    command,
    grammar: GRAMMAR,
};

/// Octets are read for every family; there are no other words.
pub const GRAMMAR: Grammar = Grammar::head(|family, tokens, _, _| {
    let word = tokens.expect("NLRI")?;
    Err(tokens
        .last_error(format!("'{word}' is not an NLRI of {family}"))
        .help("families without a grammar of their own take 0x and an even number of digits"))
});

#[expect(clippy::unnecessary_wraps, reason = "the signature of a row")]
fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    Ok(reader.rest())
}

/// `0x` and the octets.
pub(super) fn push_text(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    push(out, "0x");
    push_hex_upper(out, nlri.bytes);
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    nlri.family.push_command(out);
    out.push(b' ');
    push_text(nlri, out);
}
