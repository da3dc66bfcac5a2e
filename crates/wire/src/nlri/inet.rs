//! IPv4 and IPv6 unicast and multicast (RFC 4271 section 4.3, RFC 4760): `length(1) prefix`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    Grammar, Identity, JsonForm, NextHopForm, Nlri, NlriContext, NlriIter, NlriType, PrefixParts,
};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{Line, push, push_ipv4, push_ipv6, push_line};
use crate::io::tokens::{TextError, Tokens};
use crate::prefix::{Prefix, PrefixError, longest, octets_for, push_ipv4_prefix, push_prefix};

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "inet",
    families: &[
        Family::IPV4_UNICAST,
        Family::IPV4_MULTICAST,
        Family::IPV6_UNICAST,
        Family::IPV6_MULTICAST,
    ],
    packed: |family| family.eq(&Family::IPV4_UNICAST),
    next_hop: |family| NextHopForm {
        lengths: if family.afi.eq(&Afi::IPV4) { &[4] } else { &[16, 32] },
        distinguisher: 0,
        attribute: true,
    },
    withdraws_with_attributes: false,
    withdrawn: None,
    take,
    check: None,
    take_right: None,
    canonical,
    identity: |_, bytes| Identity::whole(bytes),
    json,
    text,
    parts: Some(parts),
    command,
    grammar: GRAMMAR,
};

/// How they are written after the name of the family.
pub const GRAMMAR: Grammar = Grammar {
    head_is_prefix: true,
    ..Grammar::head(|family, tokens, _, out| parse(family, tokens, out))
};

#[inline]
fn take<'a>(family: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    match reader.remaining().first() {
        Some(&bits) if bits <= longest(family.afi) => {
            let whole = *reader;
            reader.take(1 + octets_for(bits), "prefix").map_err(|_| cut(whole))
        }
        _ => Err(wrong(*reader)),
    }
}

/// The prefix length is not there, or longer than an address.
#[cold]
fn wrong(mut reader: Reader<'_>) -> WireError {
    let whole = reader;
    match reader.u8("prefix length") {
        Ok(bits) => whole.error("prefix length", Fault::Invalid(u64::from(bits))),
        Err(error) => error,
    }
}

/// Octets of the prefix are missing.
#[cold]
fn cut(mut reader: Reader<'_>) -> WireError {
    let needed = reader.u8("prefix length").map_or(0, octets_for);
    reader.error("prefix", Fault::Truncated { needed, left: reader.len() })
}

/// The bits after the prefix are of no meaning (RFC 4271 section 4.3).
pub(super) fn canonical(_: Family, bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let (Some(length), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let rest = 0xff_u8.checked_shr(u32::from(length % 8)).unwrap_or(0);
    if length % 8 == 0 || last & rest == 0 {
        return false;
    }
    out.extend_from_slice(bytes);
    if let Some(last) = out.last_mut() {
        *last &= !rest;
    }
    true
}

fn json(nlri: Nlri<'_>, &NlriContext { form, .. }: &NlriContext, out: &mut Vec<u8>) {
    // What nearly all routes are, in one piece.
    if let (Afi::IPV4, None, false, [length, octets @ ..]) =
        (nlri.family.afi, nlri.path_id, form.compact, nlri.bytes)
    {
        return push_line::<40>(out, |line| {
            line.push(b"{ \"nlri\": \"");
            push_ipv4_prefix(line, *length, octets);
            line.push(b"\" }");
        });
    }
    let bare = form.compact && nlri.path_id.is_none();
    push(out, if bare { "\"" } else { "{ \"nlri\": \"" });
    prefix(nlri, out);
    out.push(b'"');
    if let Some(path_id) = nlri.path_id {
        push(out, ", \"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
        out.push(b'"');
    }
    if !bare {
        push(out, " }");
    }
}

/// Writes those of a field that was checked, as [`json`] does one after the other, where they are what nearly all routes are:
/// without path identifiers. Returns whether they are.
pub(crate) fn push_json_list(
    nlri: &NlriIter<'_>,
    form: JsonForm,
    first: &mut bool,
    out: &mut Vec<u8>,
) -> bool {
    let family = nlri.family();
    if nlri.has_path_id() || form.compact || !super::is_plain_prefix(family) {
        return false;
    }
    match family.afi {
        Afi::IPV4 => push_json_list_ipv4(nlri.octets(), first, out),
        _ => push_json_list_ipv6(nlri.octets(), first, out),
    }
    true
}

const BETWEEN: &[u8] = b", { \"nlri\": \"";

/// The length, and the end of the object. Needs room for eight characters.
#[inline]
fn push_end<const SIZE: usize>(line: &mut Line<'_, SIZE>, length: u8) {
    line.push(b"/");
    line.push_octet(length);
    line.push(b"\" }");
}

#[inline]
fn push_json_list_ipv4(octets: &[u8], first: &mut bool, out: &mut Vec<u8>) {
    let mut rest = octets;
    while let [length, octets @ ..] = rest {
        let count = octets_for(*length);
        let address = match (count, octets.first_chunk::<4>()) {
            (4, Some(address)) => *address,
            (3, Some([a, b, c, _])) => [*a, *b, *c, 0],
            (2, Some([a, b, ..])) => [*a, *b, 0, 0],
            _ => {
                let mut address = [0; 4];
                let prefix = octets.get(..count).unwrap_or(octets);
                address.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
                address
            }
        };
        let start =
            if std::mem::take(first) { BETWEEN.get(2..).unwrap_or_default() } else { BETWEEN };
        push_line::<48>(out, |line| {
            line.push(start);
            line.push_ipv4(address);
            push_end(line, *length);
        });
        rest = octets.get(count..).unwrap_or_default();
    }
}

fn push_json_list_ipv6(octets: &[u8], first: &mut bool, out: &mut Vec<u8>) {
    let mut rest = octets;
    while let [length, octets @ ..] = rest {
        let count = octets_for(*length);
        let mut address = [0; 16];
        match (count, octets.first_chunk::<8>()) {
            // What most are: eight octets are read, and those that belong to the next cut off.
            (1..=8, Some(octets)) => {
                let cut = u64::from_be_bytes(*octets) >> (64 - 8 * count) << (64 - 8 * count);
                if let Some(start) = address.first_chunk_mut() {
                    *start = cut.to_be_bytes();
                }
            }
            _ => {
                address.iter_mut().zip(octets.iter().take(count)).for_each(|(to, from)| *to = *from)
            }
        }
        let start =
            if std::mem::take(first) { BETWEEN.get(2..).unwrap_or_default() } else { BETWEEN };
        let address = Ipv6Addr::from(address);
        if address.to_ipv4_mapped().is_some() {
            out.extend_from_slice(start);
            push_ipv6(out, address);
            push_line::<8>(out, |line| push_end(line, *length));
        } else {
            push_line::<64>(out, |line| {
                line.push(start);
                line.push_ipv6(address);
                push_end(line, *length);
            });
        }
        rest = octets.get(count..).unwrap_or_default();
    }
}

fn parts(nlri: Nlri<'_>) -> Option<PrefixParts<'_>> {
    let (length, prefix) = nlri.bytes.split_first()?;
    Some(PrefixParts { labels: &[], distinguisher: None, length: *length, prefix })
}

fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    prefix(nlri, out);
    if let Some(path_id) = nlri.path_id {
        push(out, " path-information ");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
}

/// `route PREFIX` where the prefix says its family: IPv4 prefixes of 224.0.0.0/4 are multicast, others unicast.
fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let implied = Family::new(
        nlri.family.afi,
        if is_group(nlri.family.afi, nlri.bytes) { Safi::MULTICAST } else { Safi::UNICAST },
    );
    if nlri.family == implied {
        push(out, "route ");
    } else {
        push(out, &nlri.family.to_string());
        out.push(b' ');
    }
    prefix(nlri, out);
}

/// Whether an encoded prefix is one of 224.0.0.0/4.
pub fn is_group(afi: Afi, bytes: &[u8]) -> bool {
    afi == Afi::IPV4 && matches!(bytes, [length, first, ..] if *length >= 4 && first >> 4 == 14)
}

fn prefix(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    if let [length, octets @ ..] = nlri.bytes {
        push_prefix(out, nlri.family.afi, *length, octets);
    }
}

/// Reads a prefix of the family and appends `length(1) prefix`.
pub fn parse(family: Family, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("prefix")?;
    let prefix = match Prefix::parse(word) {
        Ok(prefix) => prefix,
        Err(error) => {
            let error_text = match error {
                PrefixError::Address => format!("'{word}' is not a valid IP prefix"),
                _ => format!("'{word}' is not a valid network"),
            };
            return Err(tokens.last_error(error_text).help(error.to_string()));
        }
    };
    if prefix.afi() != family.afi {
        return Err(tokens
            .last_error(format!("'{word}' is an {} prefix in a route of {family}", prefix.afi())));
    }
    prefix.encode(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_is_what_its_members_are(
            prefixes: Vec<(u8, u128, bool)>,
            is_ipv6: bool,
        ) {
            let family = if is_ipv6 { Family::IPV6_UNICAST } else { Family::IPV4_UNICAST };
            let mut field = Vec::new();
            for (length, bits, is_mapped) in prefixes {
                let length = length % (longest(family.afi) + 1);
                let bits = if is_mapped && is_ipv6 { 0xffff << 32 | bits >> 96 } else { bits };
                field.push(length);
                field.extend(bits.to_be_bytes().iter().take(octets_for(length)));
            }
            let list = || NlriIter::new(family, false, Reader::new(&field));
            let (mut first, mut out, mut expected) = (true, Vec::new(), Vec::new());
            let form = JsonForm::default();
            prop_assert!(push_json_list(&list(), form, &mut first, &mut out));
            for (index, nlri) in list().enumerate() {
                if index > 0 {
                    push(&mut expected, ", ");
                }
                json(nlri.unwrap(), &NlriContext { form, ..NlriContext::default() }, &mut expected);
            }
            prop_assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8(expected).unwrap());
        }
    }
}
