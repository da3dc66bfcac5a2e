//! Routes of the mobile user plane (draft-ietf-bess-mup-safi): `architecture(1) type(2) length(1)`, then what the type has. Types
//! that [`layout`] does not know are carried as they are.

mod grammar;
mod layout;

use std::net::IpAddr;

use super::{Identity, NextHopForm, Nlri, NlriContext, NlriType, opaque};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper, push_ip, push_ipv4};
use crate::prefix::{octets_for, push_prefix};
use layout::{HEADER, PREFIX, Prefix, Route, RouteType, Source, Teid, tlvs};

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "mup",
    families: &[Family::new(Afi::IPV4, Safi::MUP), Family::new(Afi::IPV6, Safi::MUP)],
    packed: |_| false,
    next_hop: |family| NextHopForm {
        lengths: &[4, 16],
        distinguisher: 0,
        attribute: family.afi.eq(&Afi::IPV4),
    },
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(|family, bytes| Route::read(family, bytes).map(|_| ())),
    take_right: None,
    canonical,
    identity,
    json,
    text,
    parts: None,
    command,
    grammar: grammar::GRAMMAR,
};

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    ahead.array::<3>("MUP route type")?;
    let length = ahead.u8("MUP length")?;
    ahead.take(length.into(), "MUP route")?;
    reader.take(HEADER + usize::from(length), "MUP route")
}

/// The bits after a prefix are of no meaning.
fn canonical(family: Family, bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let Ok(Some(Route::Interwork { prefix, .. } | Route::Type1 { prefix, .. })) =
        Route::read(family, bytes)
    else {
        return false;
    };
    let rest = 0xff_u8.checked_shr(u32::from(prefix.length % 8)).unwrap_or(0);
    match prefix.octets.last() {
        Some(last) if prefix.length % 8 != 0 && last & rest != 0 => {
            let start = out.len();
            out.extend_from_slice(bytes);
            if let Some(last) = out.get_mut(start + PREFIX + prefix.octets.len()) {
                *last &= !rest;
            }
            true
        }
        _ => false,
    }
}

/// The route keys of the draft (sections 3.1.1 to 3.1.4): what is behind prefix or TEID may change without making another
/// route.
fn identity(_: Family, bytes: &[u8]) -> Identity<'_> {
    let length = bytes.get(PREFIX).copied().map_or(0, octets_for);
    let end = match RouteType::of(bytes) {
        Some(RouteType::Type1 | RouteType::Type2) => PREFIX + 1 + length,
        _ => bytes.len(),
    };
    match (bytes.first_chunk::<3>(), bytes.get(HEADER..end)) {
        (Some([architecture, high, low]), Some(key)) => Identity {
            number: u32::from_be_bytes([0, *architecture, *high, *low]),
            parts: [key, &[]],
        },
        _ => Identity::whole(bytes),
    }
}

/// Writes the members of ExaBGP.
fn json(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    let [architecture, high, low] = nlri.bytes.first_chunk().copied().unwrap_or_default();
    let read = Route::read(nlri.family, nlri.bytes);
    push(out, "{ ");
    if let Ok(Some(route)) = &read {
        push(out, "\"name\": \"");
        push(out, route.name());
        push(out, "\", ");
    }
    number(out, "arch", architecture.into());
    number(out, "code", u16::from_be_bytes([high, low]).into());
    match &read {
        Ok(Some(route)) => members(route, out),
        Ok(None) => {}
        Err(_) => push(out, "\"parsed\": false, "),
    }
    push(out, "\"raw\": \"");
    push_hex_upper(out, nlri.bytes);
    out.push(b'"');
    nlri.push_path_json(out);
    push(out, " }");
}

/// Writes the members between `code` and `raw`.
fn members(route: &Route<'_>, out: &mut Vec<u8>) {
    match route {
        Route::Interwork { rd, prefix } => {
            members_of_prefix(prefix, out);
            string(out, "rd", |out| rd.push_text(out));
        }
        Route::Direct { rd, address } => {
            string(out, "ip", |out| push_ip(out, *address));
            string(out, "rd", |out| rd.push_text(out));
        }
        Route::Type1 { rd, prefix, teid, qfi, endpoint, source, tlvs } => {
            members_of_prefix(prefix, out);
            string(out, "teid", |out| push_decimal(out, (*teid).into()));
            string(out, "qfi", |out| push_decimal(out, (*qfi).into()));
            string(out, "rd", |out| rd.push_text(out));
            number(out, "endpoint_ip_len", bits(*endpoint));
            string(out, "endpoint_ip", |out| push_ip(out, *endpoint));
            let source = match source {
                Source::Address(address) => Some(*address),
                Source::Left | Source::Zero => None,
            };
            number(out, "source_ip_len", source.map_or(0, bits));
            string(out, "source_ip", |out| source.into_iter().for_each(|ip| push_ip(out, ip)));
            members_of_tlvs(tlvs, out);
        }
        Route::Type2 { rd, length, endpoint, teid, tlvs } => {
            number(out, "endpoint_len", (*length).into());
            string(out, "endpoint_ip", |out| push_ip(out, *endpoint));
            string(out, "rd", |out| rd.push_text(out));
            string(out, "teid", |out| push_decimal(out, teid.number.into()));
            members_of_tlvs(tlvs, out);
        }
    }
}

fn members_of_prefix(prefix: &Prefix<'_>, out: &mut Vec<u8>) {
    number(out, "prefix_ip_len", prefix.length.into());
    string(out, "prefix_ip", |out| {
        let start = out.len();
        push_prefix(out, prefix.afi, prefix.length, prefix.octets);
        let slash = out.iter().skip(start).position(|octet| *octet == b'/');
        out.truncate(slash.map_or(out.len(), |at| start + at));
    });
}

fn members_of_tlvs(octets: &[u8], out: &mut Vec<u8>) {
    for (index, (kind, value)) in tlvs(octets).enumerate() {
        push(out, if index == 0 { "\"tlvs\": [ { " } else { ", { " });
        number(out, "type", kind.into());
        push(out, "\"value\": \"0x");
        push_hex_upper(out, value);
        push(out, "\" }");
    }
    if !octets.is_empty() {
        push(out, " ], ");
    }
}

fn number(out: &mut Vec<u8>, name: &str, value: u64) {
    crate::io::json::push_name(out, name);
    push_decimal(out, value);
    push(out, ", ");
}

fn string(out: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    crate::io::json::push_name(out, name);
    out.push(b'"');
    value(out);
    push(out, "\", ");
}

const fn bits(address: IpAddr) -> u64 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    match Route::read(nlri.family, nlri.bytes) {
        Ok(Some(route)) => words(&route, out),
        _ => return opaque::push_text(nlri, out),
    }
    nlri.push_path_text(out);
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    match Route::read(nlri.family, nlri.bytes) {
        Ok(Some(route)) => {
            nlri.family.push_command(out);
            out.push(b' ');
            words(&route, out);
        }
        _ => (opaque::ROW.command)(nlri, out),
    }
}

/// Writes the words that [`grammar`] reads.
fn words(route: &Route<'_>, out: &mut Vec<u8>) {
    push(out, route.word());
    out.push(b' ');
    match route {
        Route::Interwork { prefix, .. } | Route::Type1 { prefix, .. } => {
            push_prefix(out, prefix.afi, prefix.length, prefix.octets);
        }
        Route::Direct { address, .. } | Route::Type2 { endpoint: address, .. } => {
            push_ip(out, *address);
        }
    }
    push(out, " rd ");
    route.rd().push_command(out);
    let tlvs = match route {
        Route::Interwork { .. } | Route::Direct { .. } => &[][..],
        Route::Type1 { teid, qfi, endpoint, source, tlvs, .. } => {
            push(out, " teid ");
            push_decimal(out, (*teid).into());
            push(out, " qfi ");
            push_decimal(out, (*qfi).into());
            push(out, " endpoint ");
            push_ip(out, *endpoint);
            match source {
                Source::Left => {}
                Source::Zero => push(out, " source none"),
                Source::Address(address) => {
                    push(out, " source ");
                    push_ip(out, *address);
                }
            }
            tlvs
        }
        Route::Type2 { teid, tlvs, .. } => {
            push(out, " teid ");
            push_teid(*teid, out);
            tlvs
        }
    };
    for (kind, value) in layout::tlvs(tlvs) {
        push(out, " tlv ");
        push_decimal(out, kind.into());
        push(out, " 0x");
        push_hex_upper(out, value);
    }
}

/// Writes `NUMBER/BITS` as ExaBGP reads it; where the number has more bits than that, the same octets in dotted quads.
fn push_teid(teid: Teid, out: &mut Vec<u8>) {
    if u64::from(teid.number) < 1 << teid.bits {
        push_decimal(out, teid.number.into());
    } else {
        let shift = 32 - 8 * u32::try_from(octets_for(teid.bits)).unwrap_or(0);
        push_ipv4(out, teid.number.checked_shl(shift).unwrap_or(0).into());
    }
    out.push(b'/');
    push_decimal(out, teid.bits.into());
}
