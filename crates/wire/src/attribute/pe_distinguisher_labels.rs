//! PE Distinguisher Labels (RFC 6514 section 8): labels of the routers that flows of a shared tunnel come from, `address(4 or 16)
//! label(3)` each. All addresses are of one family, and the octets do not say of which: IPv4, unless only IPv6 fits.

use std::net::IpAddr;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, send_as_is, subcode,
};
use crate::community::extended::{parse_label, push_label};
use crate::io::text::{push, push_ip};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 27,
    name: "pe-distinguisher-labels",
    keywords: &["pe-distinguisher-labels"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

const IPV4: usize = 7;
const IPV6: usize = 19;

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    if value.len().is_multiple_of(IPV4) || value.len().is_multiple_of(IPV6) {
        return Ok(());
    }
    let reason = format!(
        "PE Distinguisher Labels has {} octets, not a multiple of {IPV4} or {IPV6}",
        value.len()
    );
    Err(ValueFault::new(subcode::OPTIONAL, reason))
}

/// The addresses and the octets of their labels.
fn pairs(value: &[u8]) -> impl Iterator<Item = (IpAddr, [u8; 3])> {
    let is_ipv4 = value.len().is_multiple_of(IPV4);
    value.chunks_exact(if is_ipv4 { IPV4 } else { IPV6 }).filter_map(|pair| {
        let (address, label) = pair.split_last_chunk::<3>()?;
        let address = match <[u8; 4]>::try_from(address) {
            Ok(address) => address.into(),
            Err(_) => <[u8; 16]>::try_from(address).ok()?.into(),
        };
        Some((address, *label))
    })
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"pe-distinguisher-labels\": [ ");
    let mut separator = "";
    for (address, label) in pairs(value) {
        push(out, separator);
        separator = ", ";
        push(out, "{ \"address\": \"");
        push_ip(out, address);
        push(out, "\", \"label\": \"");
        push_label(label, out);
        push(out, "\" }");
    }
    push(out, " ]");
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, " pe-distinguisher-labels [");
    for (address, label) in pairs(value) {
        out.push(b' ');
        push_ip(out, address);
        out.push(b'=');
        push_label(label, out);
    }
    push(out, " ]");
}

/// Reads `192.0.2.1=100`, or a list of such pairs.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut family = None;
    tokens.list("labels of routers", |tokens| {
        let word = tokens.expect("label of a router")?;
        let wrong = |help: String| {
            tokens.last_error(format!("'{word}' is not a valid label of a router")).help(help)
        };
        let pair = word
            .split_once('=')
            .and_then(|(address, label)| Some((address.parse::<IpAddr>().ok()?, label)));
        let (address, label) = pair.ok_or_else(|| wrong("ADDRESS=LABEL".into()))?;
        if *family.get_or_insert(address.is_ipv4()) != address.is_ipv4() {
            return Err(wrong("all addresses are IPv4, or all are IPv6".into()));
        }
        let label = parse_label(label).map_err(|help| wrong(help.into()))?;
        match address {
            IpAddr::V4(address) => out.extend(address.octets()),
            IpAddr::V6(address) => out.extend(address.octets()),
        }
        out.extend(label);
        Ok(())
    })
}
