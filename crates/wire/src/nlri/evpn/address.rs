//! IP addresses with their length in bits before them: `bits(1) address(0, 4 or 16)`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::field::{Field, always, required};
use super::words;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_ip};
use crate::io::tokens::{TextError, Tokens};

/// The address of a host, if it is known.
pub(super) static IP: Field = Field {
    tags: &[words::IP],
    take: |reader| take(reader, true, "IP address"),
    json: |octets, out| json("ip", octets, out),
    text: |octets, out| text(" ip ", octets, out),
    default: |_, _| Some(&[0]),
    agrees: always,
};

/// The address of the router that originates the route, as the routes of RFC 7432 have it.
pub(super) static ROUTER: Field = Field {
    tags: &[words::IP, words::ORIGINATOR],
    take: |reader| take(reader, false, "address of the originating router"),
    json: |octets, out| json("ip", octets, out),
    text: |octets, out| text(" ip ", octets, out),
    default: required,
    agrees: always,
};

/// The same in the routes that are about groups, which have other addresses as well.
pub(super) static ORIGINATOR: Field = Field {
    tags: &[words::ORIGINATOR, words::IP],
    take: |reader| take(reader, false, "address of the originating router"),
    json: |octets, out| json("originator", octets, out),
    text: |octets, out| text(" originator ", octets, out),
    default: required,
    agrees: always,
};

/// The source of multicast traffic; empty for any.
pub(super) static SOURCE: Field = Field {
    tags: &[words::SOURCE],
    take: |reader| take(reader, true, "multicast source"),
    json: |octets, out| json("source", octets, out),
    text: |octets, out| text(" source ", octets, out),
    default: |_, _| Some(&[0]),
    agrees: always,
};

/// The group of multicast traffic; empty for any.
pub(super) static GROUP: Field = Field {
    tags: &[words::GROUP],
    take: |reader| take(reader, true, "multicast group"),
    json: |octets, out| json("group", octets, out),
    text: |octets, out| text(" group ", octets, out),
    default: |_, _| Some(&[0]),
    agrees: always,
};

fn take<'a>(
    reader: &mut Reader<'a>,
    may_be_empty: bool,
    name: &'static str,
) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    match ahead.u8(name)? {
        0 if may_be_empty => reader.take(1, name),
        32 => reader.take(1 + 4, name),
        128 => reader.take(1 + 16, name),
        other => Err(reader.error(name, Fault::Invalid(other.into()))),
    }
}

fn json(name: &str, octets: &[u8], out: &mut Vec<u8>) {
    if let Some(address) = address(octets) {
        push(out, ", \"");
        push(out, name);
        push(out, "\": \"");
        push_ip(out, address);
        out.push(b'"');
    }
}

fn text(word: &str, octets: &[u8], out: &mut Vec<u8>) {
    if let Some(address) = address(octets) {
        push(out, word);
        push_ip(out, address);
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    bare(octets.get(1..)?)
}

/// An address without its length.
pub(super) fn bare(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => octets.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets).into()),
        16 => octets.first_chunk::<16>().map(|octets| Ipv6Addr::from(*octets).into()),
        _ => None,
    }
}

/// Reads an address, with its length before it.
pub(super) fn read(
    what: &'static str,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    match tokens.parse::<IpAddr>(what, "an IPv4 or IPv6 address")? {
        IpAddr::V4(address) => {
            out.push(32);
            out.extend_from_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            out.push(128);
            out.extend_from_slice(&address.octets());
        }
    }
    Ok(())
}

/// The same for what may be `*`, any.
pub(super) fn read_or_any(
    what: &'static str,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    if tokens.accept("*") {
        out.push(0);
        return Ok(());
    }
    read(what, tokens, out)
}
