//! The prefix and the gateway of IP prefix routes (RFC 9136 section 3.1): `bits(1) address(4 or 16) gateway(4 or 16)`, both
//! of one address family, which only the length of the route tells.

use std::net::IpAddr;

use super::address::bare;
use super::field::{Field, always, required};
use super::words;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal, push_ip};
use crate::io::tokens::{TextError, Tokens};
use crate::nlri::label::Label;
use crate::prefix::{Prefix, PrefixError};

/// `bits(1) address(4 or 16)`, the whole address whatever the length.
pub(super) static PREFIX: Field = Field {
    tags: &[words::PREFIX],
    take,
    json: |octets, out| {
        if let (Some(bits), Some(ip)) = (octets.first(), octets.get(1..).and_then(bare)) {
            push(out, ", \"ip\": \"");
            push_ip(out, ip);
            push(out, "\", \"iplen\": ");
            push_decimal(out, (*bits).into());
        }
    },
    text: |octets, out| {
        if let (Some(bits), Some(ip)) = (octets.first(), octets.get(1..).and_then(bare)) {
            out.push(b' ');
            push_ip(out, ip);
            out.push(b'/');
            push_decimal(out, (*bits).into());
        }
    },
    default: required,
    agrees: always,
};

/// `address(4 or 16)`: all zero is none.
pub(super) static GATEWAY: Field = Field {
    tags: &[words::GATEWAY],
    take: |reader| reader.take(reader.len().saturating_sub(Label::LENGTH), "gateway address"),
    json: |octets, out| {
        if let Some(address) = bare(octets) {
            push(out, ", \"gateway\": \"");
            push_ip(out, address);
            out.push(b'"');
        }
    },
    text: |octets, out| {
        if let Some(address) = bare(octets) {
            push(out, " gateway ");
            push_ip(out, address);
        }
    },
    default: |before, _| Some(if is_ipv4(before) { &[0; 4] } else { &[0; 16] }),
    agrees: |before, octets| match is_ipv4(before) == (octets.len() == 4) {
        true => Ok(()),
        false => Err("prefix and gateway are of different address families".into()),
    },
};

/// What follows the prefix decides its family: a gateway of the same length and a label.
fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let address = match reader.len() {
        12 => 4,
        36 => 16,
        other => return Err(reader.error("prefix, gateway and label", Fault::Length(other))),
    };
    let mut ahead = *reader;
    let bits = ahead.u8("prefix length")?;
    if usize::from(bits) > address * 8 {
        return Err(reader.error("prefix length", Fault::Invalid(bits.into())));
    }
    reader.take(1 + address, "prefix")
}

/// Whether a route up to its gateway has an IPv4 prefix.
fn is_ipv4(before: &[u8]) -> bool {
    before.len() < 2 + 8 + 10 + 4 + 1 + 16
}

/// Clears the bits behind a prefix. Returns whether there were any.
pub(super) fn clear_host_bits(octets: &mut [u8]) -> bool {
    let Some((bits, address)) = octets.split_first_mut() else { return false };
    let mut changed = false;
    for (index, octet) in address.iter_mut().enumerate() {
        let kept = usize::from(*bits).saturating_sub(index * 8).min(8);
        let mask = !0xff_u8.checked_shr(u32::try_from(kept).unwrap_or(8)).unwrap_or(0);
        changed |= *octet & !mask != 0;
        *octet &= mask;
    }
    changed
}

/// Reads `10.0.0.0/24`; without a length it is a host.
pub(super) fn read(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("prefix")?;
    let prefix = Prefix::parse(word).map_err(|error| {
        let message = match error {
            PrefixError::Address => format!("'{word}' is not a valid IP prefix"),
            _ => format!("'{word}' is not a valid network"),
        };
        tokens.last_error(message).help(error.to_string())
    })?;
    out.push(prefix.length);
    push_address(prefix.address, out);
    Ok(())
}

/// Reads the address of the gateway.
pub(super) fn read_gateway(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    push_address(tokens.parse("gateway", "an IPv4 or IPv6 address")?, out);
    Ok(())
}

fn push_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
    }
}
