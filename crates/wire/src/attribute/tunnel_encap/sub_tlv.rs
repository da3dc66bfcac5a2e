//! The sub-TLVs of a tunnel: `type(1) length value`, the length in one octet for types below 128 and in two for the
//! others (RFC 9012 section 2). One row for each that is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{encapsulation, label, number, octets, policy, segment};
use crate::attribute::prefix_sid;
use crate::io::json::{Occurrences, push_separator};
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper, push_ip};
use crate::io::tokens::{Span, TextError, Tokens, did_you_mean, split_command};

/// One sub-TLV: the type of its tunnel is handed to each function.
pub(super) struct SubTlv {
    pub(super) code: u8,
    /// The member of JSON and the word of text.
    pub(super) name: &'static str,
    /// Writes the JSON value; nothing if the octets are not one.
    pub(super) json: fn(u16, &[u8], &mut Vec<u8>) -> Option<()>,
    /// Writes what follows the word, each part after a blank; nothing if the octets are not a value. What is not read
    /// back as the same octets is not used.
    pub(super) text: fn(u16, &[u8], &mut Vec<u8>) -> Option<()>,
    /// Reads what follows the word.
    pub(super) parse: fn(u16, &mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>,
}

const TABLE: &[&SubTlv] = &[
    &encapsulation::ROW,
    &PROTOCOL_TYPE,
    &COLOR,
    &EGRESS_ENDPOINT,
    &DS_FIELD,
    &UDP_DESTINATION_PORT,
    &EMBEDDED_LABEL_HANDLING,
    &label::STACK,
    &PREFIX_SID,
    &policy::PREFERENCE,
    &policy::BINDING_SID,
    &policy::ENLP,
    &policy::PRIORITY,
    &policy::SRV6_BINDING_SID,
    &segment::LIST,
    &policy::CANDIDATE_PATH_NAME,
    &policy::POLICY_NAME,
];

fn row(code: u8) -> Option<&'static SubTlv> {
    TABLE.iter().find(|row| row.code == code).copied()
}

/// The type of a sub-TLV that stands for itself in text: `sub-tlv CODE 0xHEX`.
const RAW: &str = "sub-tlv";

fn take<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8]), WireError> {
    let code = reader.u8("sub-TLV type")?;
    let length = match code {
        0..128 => reader.u8("sub-TLV length")?.into(),
        _ => reader.u16("sub-TLV length")?,
    };
    Ok((code, reader.take(length.into(), "sub-TLV")?))
}

pub(super) fn check(mut reader: Reader<'_>) -> Result<(), WireError> {
    while !reader.is_empty() {
        take(&mut reader)?;
    }
    Ok(())
}

fn all(mut reader: Reader<'_>) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || if reader.is_empty() { None } else { take(&mut reader).ok() })
}

/// Writes the object of a tunnel: segment lists are gathered at its end, as ExaBGP does.
pub(super) fn json(tunnel: u16, reader: Reader<'_>, out: &mut Vec<u8>) {
    let (mut first, mut seen, mut lists) = (true, Occurrences::default(), false);
    out.push(b'{');
    for (code, value) in all(reader) {
        let row = row(code);
        let start = out.len();
        push_separator(out, &mut first);
        let number = seen.count(code);
        let written = row.and_then(|row| {
            out.push(b'"');
            push(out, row.name);
            Occurrences::push(number, out);
            push(out, "\": ");
            (row.json)(tunnel, value, out)
        });
        if written.is_some() && code == segment::LIST.code {
            lists = true;
            out.truncate(start);
            first = out.ends_with(b"{");
        } else if written.is_none() {
            out.truncate(start);
            first = out.ends_with(b"{");
            push_separator(out, &mut first);
            push(out, "\"unknown-subtlv-");
            push_decimal(out, code.into());
            Occurrences::push(number, out);
            push(out, "\": \"0x");
            push_hex_upper(out, value);
            out.push(b'"');
        }
    }
    if lists {
        push_separator(out, &mut first);
        push(out, "\"segment-lists\": [");
        let mut first = true;
        for (_, value) in all(reader).filter(|(code, _)| *code == segment::LIST.code) {
            let start = out.len();
            push_separator(out, &mut first);
            if (segment::LIST.json)(tunnel, value, out).is_none() {
                out.truncate(start);
                first = out.ends_with(b"[");
            }
        }
        out.push(b']');
    }
    out.push(b'}');
}

/// Writes each sub-TLV after a blank: in words where they are read back, else in hexadecimal.
pub(super) fn text(tunnel: u16, reader: Reader<'_>, out: &mut Vec<u8>) {
    for (code, value) in all(reader) {
        out.push(b' ');
        let start = out.len();
        let written = row(code).and_then(|row| {
            push(out, row.name);
            (row.text)(tunnel, value, out)?;
            let words = std::str::from_utf8(out.get(start..)?).ok()?;
            is_read_back(tunnel, words, code, value).then_some(())
        });
        if written.is_none() {
            out.truncate(start);
            push(out, RAW);
            out.push(b' ');
            push_decimal(out, code.into());
            push(out, " 0x");
            push_hex_lower(out, value);
        }
    }
}

fn is_read_back(tunnel: u16, text: &str, code: u8, value: &[u8]) -> bool {
    let (mut words, mut out) = (Vec::new(), Vec::new());
    split_command(text, &mut words);
    let mut tokens = Tokens::new(text, &words, Span::default());
    let read = parse(tunnel, &mut tokens, &mut out);
    let header = if code < 128 { 2 } else { 3 };
    read.is_ok()
        && tokens.is_done()
        && out.first() == Some(&code)
        && out.get(header..) == Some(value)
}

/// Reads one sub-TLV, word and value, and appends it.
pub(super) fn parse(
    tunnel: u16,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect("sub-TLV, or the ']' of a tunnel,")?;
    if word == RAW {
        let code = number(tokens, "sub-TLV type", "a number from 0 to 255")?;
        return push_sub_tlv(code, tokens, out, octets);
    }
    match TABLE.iter().find(|row| row.name == word) {
        Some(row) => parse_value(tunnel, row.code, tokens, out),
        None => {
            let words = || TABLE.iter().map(|row| row.name).chain([RAW]);
            let error = tokens.last_error(format!("'{word}' is not a sub-TLV of a tunnel"));
            Err(match did_you_mean(word, words()) {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error.help(words().collect::<Vec<_>>().join(", ")),
            })
        }
    }
}

/// Reads the value of a sub-TLV and appends it all.
pub(super) fn parse_value(
    tunnel: u16,
    code: u8,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let Some(row) = row(code) else {
        return Err(tokens.last_error(format!("sub-TLV {code} has no words")));
    };
    push_sub_tlv(code, tokens, out, |tokens, out| (row.parse)(tunnel, tokens, out))
}

fn push_sub_tlv(
    code: u8,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Tokens<'_>, &mut Vec<u8>) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let start = out.len();
    let span = tokens.last_span();
    let header = if code < 128 { 2 } else { 3 };
    out.push(code);
    out.resize(start + header, 0);
    write(tokens, out)?;
    let length = out.len() - start - header;
    let most = if code < 128 { 0xff } else { 0xffff };
    if length > most {
        let message = format!("a sub-TLV of type {code} can not have {length} octets");
        return Err(TextError::new(span, message).help(format!("at most {most}")));
    }
    let [.., high, low] = length.to_be_bytes();
    let octets: &[u8] = if code < 128 { &[low] } else { &[high, low] };
    if let Some(room) = out.get_mut(start + 1..start + header) {
        room.copy_from_slice(octets);
    }
    Ok(())
}

/// The payload's protocol, as an Ethertype (RFC 9012 section 3.4.1).
const PROTOCOL_TYPE: SubTlv = SubTlv {
    code: 2,
    name: "protocol-type",
    json: |_, value, out| number_json(u16::from_be_bytes(value.try_into().ok()?).into(), out),
    text: |_, value, out| {
        let _: [u8; 2] = value.try_into().ok()?;
        push(out, " 0x");
        push_hex_lower(out, value);
        Some(())
    },
    parse: |_, tokens, out| {
        let number: u16 = number(tokens, "protocol type", "an Ethertype, as 0x0800")?;
        out.extend(number.to_be_bytes());
        Ok(())
    },
};

/// A Color Extended Community (RFC 9012 section 3.4.2).
const COLOR: SubTlv = SubTlv {
    code: 4,
    name: "color",
    json: |_, value, out| {
        let (flags, color) = color(value)?;
        if flags == 0 {
            return number_json(color, out);
        }
        push(out, "{\"color\": ");
        push_decimal(out, color.into());
        push(out, ", \"flags\": ");
        push_decimal(out, flags.into());
        out.push(b'}');
        Some(())
    },
    text: |_, value, out| {
        let (flags, color) = color(value)?;
        number_text(color, out)?;
        if flags != 0 {
            push(out, " flags");
            number_text(flags.into(), out)?;
        }
        Some(())
    },
    parse: |_, tokens, out| {
        let color: u32 = number(tokens, "color", "a number from 0 to 4294967295")?;
        let flags: u16 = match tokens.accept("flags") {
            true => number(tokens, "color flags", "a number from 0 to 65535")?,
            false => 0,
        };
        out.extend([0x03, 0x0b]);
        out.extend(flags.to_be_bytes());
        out.extend(color.to_be_bytes());
        Ok(())
    },
};

/// Flags and color of a Color Extended Community.
fn color(value: &[u8]) -> Option<(u16, u32)> {
    match *value {
        [0x03, 0x0b, a, b, c, d, e, f] => {
            Some((u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f])))
        }
        _ => None,
    }
}

/// The other end of the tunnel (RFC 9012 section 3.1): `reserved(4) family(2) address`; without one it is the next hop.
const EGRESS_ENDPOINT: SubTlv = SubTlv {
    code: 6,
    name: "tunnel-egress-endpoint",
    json: |_, value, out| {
        match endpoint(value)? {
            None => push(out, "null"),
            Some(address) => {
                out.push(b'"');
                push_ip(out, address);
                out.push(b'"');
            }
        }
        Some(())
    },
    text: |_, value, out| {
        out.push(b' ');
        match endpoint(value)? {
            None => push(out, "next-hop"),
            Some(address) => push_ip(out, address),
        }
        Some(())
    },
    parse: |_, tokens, out| {
        out.extend([0; 4]);
        if tokens.accept("next-hop") {
            out.extend([0, 0]);
            return Ok(());
        }
        match tokens.parse("tunnel egress endpoint", "an IPv4 or IPv6 address, or next-hop")? {
            IpAddr::V4(address) => {
                out.extend([0, 1]);
                out.extend(address.octets());
            }
            IpAddr::V6(address) => {
                out.extend([0, 2]);
                out.extend(address.octets());
            }
        }
        Ok(())
    },
};

fn endpoint(value: &[u8]) -> Option<Option<IpAddr>> {
    match value.split_first_chunk()? {
        ([_, _, _, _, 0, 0], []) => Some(None),
        ([_, _, _, _, 0, 1], address) => {
            Some(Some(Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).into()))
        }
        ([_, _, _, _, 0, 2], address) => {
            Some(Some(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).into()))
        }
        _ => None,
    }
}

/// The octet that has the DSCP (RFC 9012 section 3.3.1).
const DS_FIELD: SubTlv = SubTlv {
    code: 7,
    name: "ds-field",
    json: octet_json,
    text: octet_text,
    parse: |_, tokens, out| {
        out.push(number(tokens, "DS field", "a number from 0 to 255")?);
        Ok(())
    },
};

/// RFC 9012 section 3.3.2.
const UDP_DESTINATION_PORT: SubTlv = SubTlv {
    code: 8,
    name: "udp-destination-port",
    json: |_, value, out| number_json(u16::from_be_bytes(value.try_into().ok()?).into(), out),
    text: |_, value, out| number_text(u16::from_be_bytes(value.try_into().ok()?).into(), out),
    parse: |_, tokens, out| {
        let port: u16 = number(tokens, "UDP port", "a number from 0 to 65535")?;
        out.extend(port.to_be_bytes());
        Ok(())
    },
};

/// Whether the label of the NLRI goes into the payload, 1, or not, 2 (RFC 9012 section 3.5).
const EMBEDDED_LABEL_HANDLING: SubTlv = SubTlv {
    code: 9,
    name: "embedded-label-handling",
    json: octet_json,
    text: octet_text,
    parse: |_, tokens, out| {
        out.push(number(tokens, "embedded label handling", "1 or 2")?);
        Ok(())
    },
};

/// The value of a Prefix-SID attribute (RFC 9012 section 3.7).
const PREFIX_SID: SubTlv = SubTlv {
    code: 11,
    name: "prefix-sid",
    json: |_, value, out| {
        (prefix_sid::ROW.check)(value, &crate::attribute::ValueContext::STORED).ok()?;
        prefix_sid::push_json_value(value, out);
        Some(())
    },
    text: |_, value, out| {
        let mut text = Vec::new();
        prefix_sid::command(value, &mut text);
        // Without the keyword of the attribute.
        let (_, words) = std::str::from_utf8(&text).ok()?.trim_start().split_once(' ')?;
        out.push(b' ');
        push(out, words);
        Some(())
    },
    parse: |_, tokens, out| prefix_sid::parse(tokens, out),
};

fn octet_json(_: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match *value {
        [octet] => number_json(octet.into(), out),
        _ => None,
    }
}

fn octet_text(_: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match *value {
        [octet] => number_text(octet.into(), out),
        _ => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends the functions of a row")]
pub(super) fn number_json(number: u32, out: &mut Vec<u8>) -> Option<()> {
    push_decimal(out, number.into());
    Some(())
}

#[expect(clippy::unnecessary_wraps, reason = "it ends the functions of a row")]
pub(super) fn number_text(number: u32, out: &mut Vec<u8>) -> Option<()> {
    out.push(b' ');
    push_decimal(out, number.into());
    Some(())
}
