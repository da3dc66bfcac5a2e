//! NLRI of a family that no type knows: kept as bytes, the whole field as one.

use std::ops::Range;

use super::{JsonForm, NextHopForm, Nlri, NlriType};
use crate::codes::Family;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{parse_hex, push, push_hex_upper};
use crate::io::tokens::{TextError, Tokens};

/// What stands for every family that has no row.
pub const ROW: NlriType = NlriType {
    name: "opaque",
    families: &[],
    packed: |_| false,
    next_hop: |_| NextHopForm { lengths: &[], distinguisher: 0, attribute: false },
    take,
    canonical: |_, _, _| false,
    identity,
    json,
    text,
    parse,
};

#[expect(clippy::unnecessary_wraps, reason = "the signature of a row")]
fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    Ok(reader.rest())
}

fn identity(_: Family, bytes: &[u8]) -> Range<usize> {
    0..bytes.len()
}

fn json(nlri: Nlri<'_>, _: JsonForm, out: &mut Vec<u8>) {
    push(out, "{ \"parsed\": false, \"raw\": \"");
    push_hex_upper(out, nlri.bytes);
    push(out, "\" }");
}

fn text(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    push(out, "0x");
    push_hex_upper(out, nlri.bytes);
}

fn parse(family: Family, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("NLRI")?;
    match parse_hex(word).filter(|_| word.starts_with("0x")) {
        Some(bytes) => {
            out.extend(bytes);
            Ok(())
        }
        None => Err(tokens
            .last_error(format!("'{word}' is not an NLRI of {family}"))
            .help("families without a grammar of their own take 0x and an even number of digits")),
    }
}
