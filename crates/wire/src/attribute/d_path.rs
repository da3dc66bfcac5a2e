//! D-PATH (draft-ietf-bess-evpn-ipvpn-interworking): the domains that a route went through, the last first. Segments of
//! `count(1)` and as many `administrator(4) number(2) type(1)`; the type is the SAFI that the route had in the domain.

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, decimal, flags, send_as_is,
    subcode,
};
use crate::asn::Asn;
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 36,
    name: "d-path",
    keywords: &["d-path"],
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

const DOMAIN: usize = 7;
/// The types that have a word: the SAFI of the route, and 0 for one that the domain itself originated.
const TYPES: &[(u8, &str)] = &[(0, "local"), (1, "unicast"), (70, "evpn"), (128, "mpls-vpn")];

/// The segments, and how many octets are left where one is not whole.
fn segments(mut value: &[u8]) -> (Vec<&[[u8; DOMAIN]]>, usize) {
    let mut found = Vec::new();
    while let Some((&count, rest)) = value.split_first() {
        let length = usize::from(count) * DOMAIN;
        let Some((domains, rest)) = rest.split_at_checked(length) else { break };
        found.push(domains.as_chunks().0);
        value = rest;
    }
    (found, value.len())
}

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    let fault = |reason: String| Err(ValueFault::new(subcode::OPTIONAL, reason));
    let (segments, left) = segments(value);
    if left > 0 {
        return fault(format!("D-PATH has a segment of which only {left} octets are there"));
    }
    match segments.iter().any(|segment| segment.is_empty()) {
        true => fault("D-PATH has an empty segment".into()),
        false => Ok(()),
    }
}

fn push_type(kind: u8, out: &mut Vec<u8>) {
    match TYPES.iter().find(|(of, _)| *of == kind) {
        Some((_, name)) => push(out, name),
        None => push_decimal(out, kind.into()),
    }
}

fn push_domain([a, b, c, d, e, f, _]: [u8; DOMAIN], out: &mut Vec<u8>) {
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
    out.push(b':');
    push_decimal(out, u16::from_be_bytes([e, f]).into());
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"d-path\": [ ");
    let mut separator = "[ ";
    for segment in segments(value).0 {
        push(out, separator);
        separator = " ], [ ";
        let mut between = "";
        for domain in segment {
            push(out, between);
            between = ", ";
            push(out, "{ \"domain\": \"");
            push_domain(*domain, out);
            push(out, "\", \"type\": \"");
            let [.., kind] = *domain;
            push_type(kind, out);
            push(out, "\" }");
        }
    }
    push(out, if separator == "[ " { "]" } else { " ] ]" });
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, " d-path");
    for segment in segments(value).0 {
        push(out, " [");
        for domain in segment {
            out.push(b' ');
            push_domain(*domain, out);
            out.push(b':');
            let [.., kind] = *domain;
            push_type(kind, out);
        }
        push(out, " ]");
    }
}

/// Reads segments, `[ 65000:1:evpn 65001:1:mpls-vpn ]`, or one domain without brackets.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    loop {
        let header = out.len();
        out.push(0);
        tokens.list("domains", |tokens| parse_domain(tokens, out))?;
        let count = (out.len() - header) / DOMAIN;
        let Some(count) = u8::try_from(count).ok().filter(|count| *count > 0) else {
            return Err(tokens
                .last_error(format!("a segment of {count} domains"))
                .help("1 to 255 domains are in a segment"));
        };
        if let Some(octet) = out.get_mut(header) {
            *octet = count;
        }
        if tokens.peek() != Some("[") {
            return Ok(());
        }
    }
}

fn parse_domain(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("domain")?;
    let mut parts = word.split(':');
    let mut read = || {
        let administrator: Asn = parts.next()?.parse().ok()?;
        let number: u16 = decimal(parts.next()?)?;
        let kind = parts.next()?;
        let named = TYPES.iter().find(|(_, name)| *name == kind).map(|(kind, _)| *kind);
        let kind = named.or_else(|| decimal(kind))?;
        parts.next().is_none().then_some((administrator.0, number, kind))
    };
    let Some((administrator, number, kind)) = read() else {
        return Err(tokens.last_error(format!("'{word}' is not a valid domain")).help(
            "ADMINISTRATOR:NUMBER:TYPE of 32 and 16 bits, and local, unicast, evpn, mpls-vpn or a SAFI",
        ));
    };
    out.extend(administrator.to_be_bytes());
    out.extend(number.to_be_bytes());
    out.push(kind);
    Ok(())
}
