//! Fields that are plain octets and numbers: route distinguisher, flags, times, regions, route keys.

use super::field::{Field, always, required};
use super::words;
use crate::attribute::decimal;
use crate::community::extended;
use crate::io::reader::Reader;
use crate::io::text::{parse_hex, push, push_decimal, push_hex_upper};
use crate::io::tokens::{TextError, Tokens};
use crate::nlri::rd::RouteDistinguisher;

/// `route-distinguisher(8)`.
pub(super) static RD: Field = Field {
    tags: &[words::RD],
    take: |reader| reader.take(RouteDistinguisher::LENGTH, "route distinguisher"),
    json: |rd, out| {
        push(out, ", \"rd\": ");
        RouteDistinguisher::first_of(rd).unwrap_or_default().push_json(out);
    },
    text: |rd, out| {
        push(out, " rd ");
        RouteDistinguisher::first_of(rd).unwrap_or_default().push_command(out);
    },
    default: required,
    agrees: always,
};

/// `flags(1)` of RFC 9251 section 9.1: what versions of IGMP or MLD the receivers speak, and whether sources are excluded.
pub(super) static FLAGS: Field = Field {
    tags: &[words::FLAGS],
    take: |reader| reader.take(1, FLAGS_FIELD),
    json: |octets, out| json_number("flags", octets, out),
    text: |octets, out| text_number(" flags ", octets, out),
    default: if_withdrawn,
    agrees: always,
};

/// The name of [`FLAGS`] in errors.
pub(super) const FLAGS_FIELD: &str = "flags of the group";

/// Four octets before the times of a Leave Synch route, which must be zero and are ignored.
pub(super) static RESERVED: Field = Field {
    tags: &[],
    take: |reader| reader.take(4, "reserved octets"),
    json: |_, _| (),
    text: |_, _| (),
    default: |_, _| Some(&[0; 4]),
    agrees: always,
};

/// `maximum-response-time(1)`, as in the IGMP query.
pub(super) static MAXIMUM_RESPONSE_TIME: Field = Field {
    tags: &[words::MAXIMUM_RESPONSE_TIME],
    take: |reader| reader.take(1, "maximum response time"),
    json: |octets, out| json_number("maximum-response-time", octets, out),
    text: |octets, out| text_number(" maximum-response-time ", octets, out),
    default: |_, _| Some(&[0]),
    agrees: always,
};

/// `region(8)`: the layout of an extended community.
pub(super) static REGION: Field = Field {
    tags: &[words::REGION],
    take: |reader| reader.take(8, "region identifier"),
    json: |octets, out| {
        push(out, ", \"region-id\": \"");
        push_octets(octets, out);
        out.push(b'"');
    },
    text: |octets, out| {
        push(out, " region-id ");
        push_octets(octets, out);
    },
    default: required,
    agrees: always,
};

/// The whole NLRI, type and length included, of the route that a Leaf A-D route answers.
pub(super) static ROUTE_KEY: Field = Field {
    tags: &[words::ROUTE_KEY],
    take: |reader| {
        let mut ahead = *reader;
        ahead.u8("type of the route key")?;
        let length = ahead.u8("length of the route key")?;
        reader.take(2 + usize::from(length), "route key")
    },
    json: |octets, out| {
        push(out, ", \"route-key\": \"");
        push_hex_upper(out, octets);
        out.push(b'"');
    },
    text: |octets, out| {
        push(out, " route-key ");
        push_octets(octets, out);
    },
    default: required,
    agrees: always,
};

/// What may be left out of a withdrawal, since it is not of the route key.
fn if_withdrawn(_: &[u8], is_withdrawn: bool) -> Option<&'static [u8]> {
    is_withdrawn.then_some(&[0])
}

fn push_octets(octets: &[u8], out: &mut Vec<u8>) {
    push(out, "0x");
    push_hex_upper(out, octets);
}

fn json_number(name: &str, octets: &[u8], out: &mut Vec<u8>) {
    push(out, ", \"");
    push(out, name);
    push(out, "\": ");
    push_decimal(out, octets.first().copied().unwrap_or_default().into());
}

fn text_number(word: &str, octets: &[u8], out: &mut Vec<u8>) {
    push(out, word);
    push_decimal(out, octets.first().copied().unwrap_or_default().into());
}

/// Reads a number of one octet, decimal or after `0x`.
pub(super) fn read_octet(
    what: &'static str,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect(what)?;
    let octets = word.strip_prefix("0x").and_then(|_| parse_hex(word));
    let octet = match octets.as_deref() {
        Some([octet]) => Some(*octet),
        Some(_) => None,
        None => decimal(word),
    };
    let Some(octet) = octet else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid {what}"))
            .help("0 to 255, or 0x00 to 0xff"));
    };
    out.push(octet);
    Ok(())
}

/// Reads a number of four octets.
pub(super) fn read_number(
    what: &'static str,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect(what)?;
    let Some(number) = decimal::<u32>(word) else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid {what}"))
            .help("0 to 4294967295"));
    };
    out.extend_from_slice(&number.to_be_bytes());
    Ok(())
}

/// Reads an extended community in any of its forms: regions look like one.
pub(super) fn read_region(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("region-id")?;
    let octets = extended::parse_word(word).map_err(|error| error.at(tokens.last_span()))?;
    out.extend_from_slice(&octets);
    Ok(())
}

/// Reads the octets of an EVPN NLRI.
pub(super) fn read_route_key(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("route-key")?;
    let octets = word.strip_prefix("0x").and_then(|_| parse_hex(word));
    let is_one = |octets: &Vec<u8>| {
        (ROUTE_KEY.take)(&mut Reader::new(octets)).is_ok_and(|key| key.len() == octets.len())
    };
    let Some(octets) = octets.filter(is_one) else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid route-key"))
            .help("0x and the octets of the route that is answered: type, length and value"));
    };
    out.extend_from_slice(&octets);
    Ok(())
}
