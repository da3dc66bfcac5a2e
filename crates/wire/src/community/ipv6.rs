//! IPv6 Address Specific Extended Communities (RFC 5701): `type(1) subtype(1) address(16) value(2)`. What each type means is a row
//! of [`TABLE`]; those without a row are hexadecimal. In text an address before a colon has brackets: `target:[2001:db8::1]:10`.

use std::net::Ipv6Addr;

use super::NotACommunity;
use super::extended::{NON_TRANSITIVE, accept_with_copy};
use super::redirect_to_next_hop_ietf::{KEYWORDS, is_copy, push_around};
use crate::attribute::decimal;
use crate::io::text::{parse_hex, push, push_decimal, push_hex_upper, push_ipv6};
use crate::io::tokens::{Span, TextError, Tokens, did_you_mean, split_command};

/// One kind: its subtype (IANA "Transitive IPv6-Address-Specific Extended Community Types") and its word.
struct Kind {
    subtype: u8,
    name: &'static str,
}

/// Those that are written `NAME:[ADDRESS]:NUMBER`.
const TABLE: &[Kind] = &[
    Kind { subtype: 0x02, name: "target" },
    Kind { subtype: 0x03, name: "origin" },
    // RFC 6515 section 4.
    Kind { subtype: 0x0b, name: "vrf-route-import" },
    // RFC 8956 section 6.1.
    Kind { subtype: REDIRECT, name: "redirect" },
    Kind { subtype: 0x10, name: "vpn-distinguisher" },
    // RFC 7524 section 4.
    Kind { subtype: 0x12, name: "segmented-next-hop" },
    Kind { subtype: 0x14, name: "vrf-recursive-next-hop" },
    // RFC 9081 section 3.
    Kind { subtype: 0x20, name: "source-active-rp" },
];

/// Redirection of a flow to a VPN, by an IPv6 route target (RFC 8956 section 6.1).
const REDIRECT: u8 = 0x0d;
/// Redirection of a flow to an address (draft-ietf-idr-flowspec-redirect-ip).
const REDIRECT_TO_ADDRESS: u8 = 0x0c;
/// Before the text of what is not transitive.
const NON_TRANSITIVE_PREFIX: &str = "non-transitive:";

/// The community that redirects a flow to the VPN of an IPv6 route target: the flow action `redirect [ADDRESS]:NUMBER`.
pub fn redirect(address: Ipv6Addr, number: u16) -> [u8; 20] {
    community(0, REDIRECT, address, number)
}

/// The community that redirects a flow, or a copy of it, to an address.
pub fn redirect_to_next_hop_ietf(address: Ipv6Addr, copy: bool) -> [u8; 20] {
    community(0, REDIRECT_TO_ADDRESS, address, copy.into())
}

fn community(kind: u8, subtype: u8, address: Ipv6Addr, number: u16) -> [u8; 20] {
    let mut out = [0; 20];
    let octets = [kind, subtype].into_iter().chain(address.octets()).chain(number.to_be_bytes());
    out.iter_mut().zip(octets).for_each(|(to, octet)| *to = octet);
    out
}

/// Writes a community as text, or as `0x` and 40 digits.
pub fn push_text(community: [u8; 20], out: &mut Vec<u8>) {
    let [kind, subtype, address @ .., high, low] = community;
    let address = Ipv6Addr::from(address);
    let row = TABLE.iter().find(|row| row.subtype == subtype);
    if kind & !NON_TRANSITIVE == 0 && subtype == REDIRECT_TO_ADDRESS {
        push_around(low & 1 != 0, |out| push_ipv6(out, address), out);
    } else if let (0, Some(row)) = (kind & !NON_TRANSITIVE, row) {
        push(out, if kind == 0 { "" } else { NON_TRANSITIVE_PREFIX });
        push(out, row.name);
        push(out, ":[");
        push_ipv6(out, address);
        push(out, "]:");
        push_decimal(out, u16::from_be_bytes([high, low]).into());
    } else {
        push_hex(community, out);
    }
}

fn push_hex(community: [u8; 20], out: &mut Vec<u8>) {
    push(out, "0x");
    push_hex_upper(out, &community);
}

/// Writes a community in words that are read back as the same octets.
pub fn push_exact(community: [u8; 20], out: &mut Vec<u8>) {
    let mut text = Vec::new();
    push_text(community, &mut text);
    let text = String::from_utf8_lossy(&text);
    let mut words = Vec::new();
    split_command(&text, &mut words);
    let mut tokens = Tokens::new(&text, &words, Span::default());
    match parse(&mut tokens) {
        Ok(read) if read == community && tokens.is_done() => push(out, &text),
        _ => push_hex(community, out),
    }
}

/// Takes a community: `target:[2001:db8::1]:10` and the like (the brackets are words of their own), `redirect-to-nexthop-ietf
/// ADDRESS`, or `0x` and 40 digits.
pub fn parse(tokens: &mut Tokens<'_>) -> Result<[u8; 20], TextError> {
    let whole = tokens.expect("IPv6 extended community")?;
    let span = tokens.last_span();
    let wrong = |help: String| {
        TextError::new(span, format!("'{whole}' is not a valid IPv6 extended community")).help(help)
    };
    if whole.starts_with("0x") || whole.starts_with("0X") {
        return parse_hex(whole)
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(|| wrong("after 0x come 40 hexadecimal digits".into()));
    }
    let (kind, word) = match whole.strip_prefix(NON_TRANSITIVE_PREFIX) {
        Some(word) => (NON_TRANSITIVE, word),
        None => (0, whole.strip_prefix("transitive:").unwrap_or(whole)),
    };
    let (name, rest) = word.split_once(':').unwrap_or((word, ""));
    if KEYWORDS.contains(&name) {
        let address = if rest.is_empty() { tokens.expect("IPv6 address")? } else { rest };
        let Ok(address) = address.parse() else {
            return Err(tokens
                .last_error(format!("'{address}' is not a valid IPv6 address"))
                .help(format!("as in {name} 2001:db8::1")));
        };
        accept_with_copy(tokens);
        return Ok(community(kind, REDIRECT_TO_ADDRESS, address, is_copy(name).into()));
    }
    let Some(row) = TABLE.iter().find(|row| row.name == name) else {
        let names = TABLE.iter().map(|row| row.name).chain(KEYWORDS.iter().copied());
        return Err(wrong(match did_you_mean(name, names) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("there is no type '{name}'; 0x and 40 digits write any"),
        }));
    };
    let (address, number) =
        parse_pair(rest, tokens).map_err(|error| error.at(span.to(tokens.last_span())))?;
    Ok(community(kind, row.subtype, address, number))
}

/// Takes the rest of `[2001:db8::1]:10`, whose first word begins with `rest`: in files and commands the brackets are words of
/// their own, after quotes they are not. The flow action `redirect` has `rest` empty.
pub fn parse_pair(rest: &str, tokens: &mut Tokens<'_>) -> Result<(Ipv6Addr, u16), NotACommunity> {
    let mut text = rest.to_owned();
    while !text.contains("]:") {
        match tokens.next() {
            Some(word) => text.push_str(word),
            None => break,
        }
    }
    let wrong = |help: &'static str| {
        NotACommunity::new(format!("'{text}' is not a valid pair of address and number"), help)
    };
    let help = "[ADDRESS]:NUMBER with an IPv6 address and a number from 0 to 65535";
    let pair = text.strip_prefix('[').and_then(|text| text.split_once("]:"));
    let (address, number) = pair.ok_or_else(|| wrong(help))?;
    match (address.parse(), decimal(number)) {
        (Ok(address), Some(number)) => Ok((address, number)),
        (Err(_), _) => Err(wrong("what is between the brackets is no IPv6 address")),
        _ => Err(wrong("the number after the address is 0 to 65535")),
    }
}
