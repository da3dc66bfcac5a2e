//! Ethernet Segment Identifier (RFC 7432 section 5), Ethernet tag, and MAC address.

use super::field::{Field, always, required};
use super::words;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};

/// `esi(10)`: all zero is a site with one link.
pub(super) static ESI: Field = Field {
    tags: &[words::ESI],
    take: |reader| reader.take(10, "ESI"),
    json: |esi, out| {
        push(out, ", \"esi\": \"");
        push_esi(esi, out);
        out.push(b'"');
    },
    text: |esi, out| {
        push(out, " esi ");
        push_esi(esi, out);
    },
    default: |_, _| Some(&[0; 10]),
    agrees: always,
};

/// `tag(4)`.
pub(super) static TAG: Field = Field {
    tags: &[words::TAG],
    take: |reader| reader.take(4, "Ethernet tag"),
    json: |tag, out| {
        push(out, ", \"ethernet-tag\": ");
        push_number(tag, out);
    },
    text: |tag, out| {
        push(out, " ethernet-tag ");
        push_number(tag, out);
    },
    default: |_, _| Some(&[0; 4]),
    agrees: always,
};

/// `bits(1) address(6)`.
pub(super) static MAC: Field = Field {
    tags: &[words::MAC],
    take: take_mac,
    json: |mac, out| {
        push(out, ", \"mac\": \"");
        push_pairs(mac.get(1..).unwrap_or_default(), b"0123456789ABCDEF", out);
        out.push(b'"');
    },
    text: |mac, out| {
        push(out, " mac ");
        push_pairs(mac.get(1..).unwrap_or_default(), b"0123456789ABCDEF", out);
    },
    default: required,
    agrees: always,
};

/// The only length of a MAC address, in bits.
const MAC_BITS: u8 = 48;

fn take_mac<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    match ahead.u8("MAC address length")? {
        MAC_BITS => reader.take(7, "MAC address"),
        other => Err(reader.error("MAC address length", Fault::Invalid(other.into()))),
    }
}

fn push_esi(esi: &[u8], out: &mut Vec<u8>) {
    if esi.iter().all(|octet| *octet == 0) {
        return out.push(b'-');
    }
    push_pairs(esi, b"0123456789abcdef", out);
}

/// Writes octets with colons between them.
fn push_pairs(octets: &[u8], digits: &[u8; 16], out: &mut Vec<u8>) {
    for (index, octet) in octets.iter().enumerate() {
        if index > 0 {
            out.push(b':');
        }
        out.extend(digits.get(usize::from(octet >> 4)));
        out.extend(digits.get(usize::from(octet & 0xf)));
    }
}

fn push_number(octets: &[u8], out: &mut Vec<u8>) {
    let number = octets.first_chunk().map_or(0, |octets| u32::from_be_bytes(*octets));
    push_decimal(out, number.into());
}

/// Reads ten octets with colons, or `-` or `0` for none.
pub(super) fn read_esi(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("esi")?;
    let esi = if matches!(word, "-" | "0") { Some([0; 10]) } else { pairs::<10>(word) };
    let Some(esi) = esi else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid esi"))
            .help("ten octets, as 00:11:22:33:44:55:66:77:88:99, or - for none"));
    };
    out.extend_from_slice(&esi);
    Ok(())
}

/// Reads six octets with colons or hyphens.
pub(super) fn read_mac(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("mac")?;
    let Some(mac) = pairs::<6>(word) else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid mac"))
            .help("six octets, as 0A:0B:0C:0D:0E:0F"));
    };
    out.push(MAC_BITS);
    out.extend_from_slice(&mac);
    Ok(())
}

/// Octets of one or two hexadecimal digits with colons or hyphens between them.
fn pairs<const COUNT: usize>(word: &str) -> Option<[u8; COUNT]> {
    let mut octets = [0; COUNT];
    let mut parts = word.split([':', '-']);
    for octet in &mut octets {
        let part = parts.next().filter(|part| matches!(part.len(), 1 | 2))?;
        *octet = u8::from_str_radix(part, 16).ok().filter(|_| !part.starts_with('+'))?;
    }
    parts.next().is_none().then_some(octets)
}
