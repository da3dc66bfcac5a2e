//! MPLS label stack entries: `label(20 bits) TC(3 bits) S(1 bit) TTL(8 bits)` (RFC 3032), alone and in sub-TLV 10
//! (RFC 9012 section 3.6).

use super::number;
use super::sub_tlv::SubTlv;
use crate::io::json::push_separator;
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};

/// The bit at the bottom of a stack.
pub(super) const BOTTOM: u32 = 0x100;

/// The label of an entry.
pub(super) const fn value(entry: u32) -> u32 {
    entry >> 12
}

/// Writes `16001, "tc": 0, "s": true, "ttl": 0`: what follows the name of the label.
pub(super) fn push_members(entry: u32, out: &mut Vec<u8>) {
    push_decimal(out, value(entry).into());
    push(out, ", \"tc\": ");
    push_decimal(out, (entry >> 9 & 7).into());
    push(out, ", \"s\": ");
    push(out, if entry & BOTTOM != 0 { "true" } else { "false" });
    push(out, ", \"ttl\": ");
    push_decimal(out, (entry & 0xff).into());
}

/// Writes ` 16001`, and ` tc 1 s 0 ttl 64` of what differs from zero and from the `bottom` that is usual.
pub(super) fn push_words(entry: u32, bottom: bool, out: &mut Vec<u8>) {
    let is_bottom = entry & BOTTOM != 0;
    for (word, number, usual) in [
        (" ", value(entry), None),
        (" tc ", entry >> 9 & 7, Some(0)),
        (" s ", u32::from(is_bottom), Some(u32::from(bottom))),
        (" ttl ", entry & 0xff, Some(0)),
    ] {
        if usual != Some(number) {
            push(out, word);
            push_decimal(out, number.into());
        }
    }
}

/// Reads a label alone.
pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<u32, TextError> {
    const RANGE: &str = "a number from 0 to 1048575";
    let label: u32 = number(tokens, "label", RANGE)?;
    if label > 0xf_ffff {
        return Err(tokens.last_error(format!("'{label}' is not a valid label")).help(RANGE));
    }
    Ok(label << 12)
}

/// Reads `LABEL [tc N] [s 0|1] [ttl N]`: the entry, and whether it says `s`.
pub(super) fn parse_entry(tokens: &mut Tokens<'_>) -> Result<(u32, bool), TextError> {
    let mut entry = parse(tokens)?;
    let mut said = false;
    if tokens.accept("tc") {
        entry |= bits(tokens, "tc", 7, "a number from 0 to 7")? << 9;
    }
    if tokens.accept("s") {
        said = true;
        entry |= bits(tokens, "s", 1, "0 or 1")? << 8;
    }
    if tokens.accept("ttl") {
        entry |= bits(tokens, "ttl", 0xff, "a number from 0 to 255")?;
    }
    Ok((entry, said))
}

fn bits(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    most: u32,
    range: &'static str,
) -> Result<u32, TextError> {
    let number: u32 = number(tokens, what, range)?;
    if number > most {
        return Err(tokens.last_error(format!("'{number}' is not a valid {what}")).help(range));
    }
    Ok(number)
}

/// Sub-TLV 10: entries to push between the tunnel and the payload.
pub(super) const STACK: SubTlv = SubTlv {
    code: 10,
    name: "mpls-label-stack",
    json: |_, value, out| {
        let mut first = true;
        out.push(b'[');
        for entry in entries(value)? {
            push_separator(out, &mut first);
            push(out, "{\"label\": ");
            push_members(entry, out);
            out.push(b'}');
        }
        out.push(b']');
        Some(())
    },
    text: |_, value, out| {
        push(out, " [");
        let mut entries = entries(value)?.peekable();
        while let Some(entry) = entries.next() {
            push_words(entry, entries.peek().is_none(), out);
        }
        push(out, " ]");
        Some(())
    },
    parse: |_, tokens, out| {
        let mut said = false;
        let start = out.len();
        tokens.list("labels", |tokens| {
            let (entry, s) = parse_entry(tokens)?;
            said = s;
            out.extend(entry.to_be_bytes());
            Ok(())
        })?;
        let length = out.len();
        match out.get_mut(length.saturating_sub(2)) {
            Some(octet) if length > start && !said => *octet |= 1,
            _ => {}
        }
        Ok(())
    },
};

fn entries(value: &[u8]) -> Option<impl Iterator<Item = u32>> {
    let (entries, rest) = value.as_chunks::<4>();
    (rest.is_empty() && !entries.is_empty())
        .then(|| entries.iter().map(|entry| u32::from_be_bytes(*entry)))
}
