//! Route target membership (RFC 4684 section 4): `length(1) origin-AS(4) route-target(8)`, where the length in bits counts the
//! two: 0 is the default, which every route target matches; 32 to 96 match those that begin so.

use std::net::Ipv4Addr;

use super::{Grammar, Identity, NextHopForm, Nlri, NlriContext, NlriType, inet, push_raw_json};
use crate::asn::Asn;
use crate::attribute::decimal;
use crate::codes::{Afi, Family, Safi};
use crate::community::extended;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper, push_ipv4};
use crate::io::tokens::{TextError, Tokens};
use crate::prefix::octets_for;

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "route target membership",
    families: &[Family::new(Afi::IPV4, Safi::RTC)],
    packed: |_| false,
    next_hop: |_| NextHopForm { lengths: &[4, 16], distinguisher: 0, attribute: true },
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(check),
    take_right: None,
    canonical: inet::canonical,
    identity: |_, bytes| Identity::whole(bytes),
    json,
    text,
    parts: None,
    command,
    grammar: Grammar::head(|_, tokens, _, out| read(tokens, out)),
};

/// The length with an origin AS alone.
const SHORTEST: u8 = 32;
/// The length with a whole route target.
const LONGEST: u8 = 96;

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    let bits = ahead.u8("length")?;
    ahead.take(octets_for(bits), "origin AS and route target")?;
    reader.take(1 + octets_for(bits), "NLRI")
}

fn check(_: Family, bytes: &[u8]) -> Result<(), WireError> {
    match bytes.first() {
        Some(0 | SHORTEST..=LONGEST) => Ok(()),
        bits => {
            let bits = bits.copied().unwrap_or_default();
            Err(Reader::new(bytes).error("length", Fault::Invalid(bits.into())))
        }
    }
}

/// What an NLRI that is no default says.
struct Membership {
    /// The length in bits, with that of the AS number.
    length: u8,
    origin: u32,
    /// Zero where the NLRI ends earlier.
    route_target: [u8; 8],
}

impl Membership {
    /// `None` for the default and what is malformed.
    fn of(bytes: &[u8]) -> Option<Self> {
        let (length, octets) = bytes.split_first()?;
        if !(SHORTEST..=LONGEST).contains(length) {
            return None;
        }
        let (origin, rest) = octets.split_first_chunk()?;
        let mut route_target = [0; 8];
        for (to, from) in route_target.iter_mut().zip(rest) {
            *to = *from;
        }
        Some(Self { length: *length, origin: u32::from_be_bytes(*origin), route_target })
    }
}

/// `{ "origin": 65000, "route-target": "target:65000:1" }`, with `"length": 48` where the route target is not whole; the
/// default is `{ "origin": 0, "route-target": null }`.
fn json(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    let membership = Membership::of(nlri.bytes);
    if membership.is_none() && nlri.bytes != [0] {
        return push_raw_json(nlri, out);
    }
    push(out, "{ \"origin\": ");
    push_decimal(out, membership.as_ref().map_or(0, |membership| membership.origin).into());
    push(out, ", \"route-target\": ");
    match &membership {
        Some(membership) if membership.length > SHORTEST => {
            out.push(b'"');
            extended::push_text(membership.route_target, out);
            out.push(b'"');
        }
        _ => push(out, "null"),
    }
    if let Some(Membership { length: length @ ..LONGEST, .. }) = membership {
        push(out, ", \"length\": ");
        push_decimal(out, length.into());
    }
    if let Some(path_id) = nlri.path_id {
        push(out, ", \"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
        out.push(b'"');
    }
    push(out, " }");
}

/// `origin 65000 route-target target:65000:1`.
fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    words(nlri.bytes, extended::push_text, out);
    if let Some(path_id) = nlri.path_id {
        push(out, " path-information ");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    push(out, "ipv4 rtc ");
    words(nlri.bytes, extended::push_exact, out);
}

fn words(bytes: &[u8], push_target: fn([u8; 8], &mut Vec<u8>), out: &mut Vec<u8>) {
    let Some(Membership { length, origin, route_target }) = Membership::of(bytes) else {
        return match bytes {
            [0] => push(out, "default"),
            _ => {
                push(out, "0x");
                push_hex_upper(out, bytes);
            }
        };
    };
    push(out, "origin ");
    push_decimal(out, origin.into());
    if length > SHORTEST {
        push(out, " route-target ");
        push_target(route_target, out);
    }
    if length > SHORTEST && length < LONGEST {
        push(out, " prefix /");
        push_decimal(out, length.into());
    }
}

/// Reads `default`, or `origin ASN [route-target TARGET] [prefix /BITS]` in any order. The attribute `origin` may follow: what
/// it says is no number.
fn read(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    // ExaBGP shows it by the second name.
    if tokens.accept("default") || tokens.accept("wildcard") {
        out.push(0);
        return Ok(());
    }
    let start = tokens.span();
    let (mut origin, mut route_target, mut prefix) = (None, None, None);
    loop {
        match tokens.peek() {
            Some("origin") if origin.is_none() => {
                tokens.next();
                origin = Some(tokens.parse::<Asn>(
                    "origin of a route target membership",
                    "an AS number; the attribute of this name follows it",
                )?);
            }
            Some("route-target") if route_target.is_none() => {
                tokens.next();
                route_target = Some(extended::parse(tokens)?);
            }
            Some("prefix") if prefix.is_none() => {
                tokens.next();
                prefix = Some((read_length(tokens)?, tokens.last_span()));
            }
            _ => break,
        }
    }
    let Some(Asn(origin)) = origin else {
        return Err(TextError::new(start, "a route target membership without an origin")
            .help("origin ASN route-target target:ASN:NUMBER, or default"));
    };
    let whole = if route_target.is_some() { LONGEST } else { SHORTEST };
    let (length, place) = prefix.unwrap_or((whole, start));
    let bits =
        u128::from(origin) << 64 | u128::from(u64::from_be_bytes(route_target.unwrap_or_default()));
    // Of the 128 bits, the lower 96 are the two; the prefix is at their upper end.
    let below = 1_u128.checked_shl(u32::from(LONGEST - length)).map_or(0, |one| bits & (one - 1));
    if below != 0 {
        return Err(TextError::new(place, format!("the route target has bits beyond /{length}"))
            .help("they must be 0"));
    }
    out.push(length);
    let [_, _, _, _, octets @ ..] = bits.to_be_bytes();
    out.extend(octets.iter().take(octets_for(length)));
    Ok(())
}

fn read_length(tokens: &mut Tokens<'_>) -> Result<u8, TextError> {
    let word = tokens.expect("prefix")?;
    word.strip_prefix('/')
        .and_then(decimal::<u8>)
        .filter(|length| (SHORTEST..=LONGEST).contains(length))
        .ok_or_else(|| {
            tokens
                .last_error(format!("'{word}' is not a valid prefix of a route target membership"))
                .help("/32, the origin alone, to /96, with the whole route target")
        })
}
