//! Segment routing policies (RFC 9830 section 2.1): `length(1) distinguisher(4) color(4) endpoint(4 or 16)`, the length in
//! bits: 96 or 192. What the policy does is a tunnel of [`tunnel_encap`], which words of the route write.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Grammar, Identity, NextHopForm, Nlri, NlriContext, NlriType, Word, push_raw_json};
use crate::attribute::{decimal, tunnel_encap};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper, push_ip};
use crate::io::tokens::{TextError, Tokens};
use crate::prefix::octets_for;
use crate::route::RouteBuffer;

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "SR policy",
    families: &[V4, V6],
    packed: |_| false,
    next_hop: |_| NextHopForm { lengths: &[4, 16, 32], distinguisher: 0, attribute: false },
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(check),
    take_right: None,
    canonical: |_, _, _| false,
    identity: |_, bytes| Identity::whole(bytes),
    json,
    text,
    parts: None,
    command,
    grammar: Grammar {
        head,
        words: &[
            Word { word: "preference", read: sub_tlv::<12> },
            Word { word: "priority", read: sub_tlv::<15> },
            Word { word: "enlp", read: sub_tlv::<14> },
            Word { word: "binding-sid", read: sub_tlv::<13> },
            Word { word: "srv6-binding-sid", read: sub_tlv::<20> },
            Word { word: "segment-list", read: sub_tlv::<128> },
            Word { word: "policy-name", read: sub_tlv::<130> },
            Word { word: "candidate-path-name", read: sub_tlv::<129> },
        ],
        settle: |family, _| family,
        build: None,
        head_is_prefix: false,
    },
};

const V4: Family = Family::new(Afi::IPV4, Safi::SR_POLICY);
const V6: Family = Family::new(Afi::IPV6, Safi::SR_POLICY);

/// The length in bits of the NLRI of a family.
fn length(family: Family) -> u8 {
    if family.afi == Afi::IPV4 { 96 } else { 192 }
}

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    let octets = octets_for(ahead.u8("SR policy length")?);
    ahead.take(octets, "SR policy")?;
    reader.take(1 + octets, "SR policy")
}

fn check(family: Family, bytes: &[u8]) -> Result<(), WireError> {
    match bytes.first() {
        Some(bits) if *bits == length(family) => Ok(()),
        bits => {
            let bits = bits.copied().unwrap_or_default();
            Err(Reader::new(bytes).error("SR policy length", Fault::Invalid(bits.into())))
        }
    }
}

struct Policy {
    distinguisher: u32,
    color: u32,
    endpoint: IpAddr,
}

impl Policy {
    fn of(nlri: &Nlri<'_>) -> Option<Self> {
        check(nlri.family, nlri.bytes).ok()?;
        let mut reader = Reader::new(nlri.bytes);
        reader.u8("length").ok()?;
        let distinguisher = reader.u32("distinguisher").ok()?;
        let color = reader.u32("color").ok()?;
        let endpoint = match nlri.family.afi {
            Afi::IPV4 => reader.ipv4("endpoint").ok()?.into(),
            _ => reader.ipv6("endpoint").ok()?.into(),
        };
        Some(Self { distinguisher, color, endpoint })
    }
}

fn json(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    let Some(policy) = Policy::of(&nlri) else { return push_raw_json(nlri, out) };
    push(out, "{\"distinguisher\": ");
    push_decimal(out, policy.distinguisher.into());
    push(out, ", \"color\": ");
    push_decimal(out, policy.color.into());
    push(out, ", \"endpoint\": \"");
    push_ip(out, policy.endpoint);
    out.push(b'"');
    nlri.push_path_json(out);
    out.push(b'}');
}

/// `sr-policy distinguisher 0 color 100 endpoint 10.0.0.1`.
fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    push(out, "sr-policy ");
    words(nlri, out);
    nlri.push_path_text(out);
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    push(out, if nlri.family == V4 { "ipv4 sr-policy " } else { "ipv6 sr-policy " });
    words(nlri, out);
}

fn words(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let Some(policy) = Policy::of(&nlri) else {
        push(out, "0x");
        return push_hex_upper(out, nlri.bytes);
    };
    push(out, "distinguisher ");
    push_decimal(out, policy.distinguisher.into());
    push(out, " color ");
    push_decimal(out, policy.color.into());
    push(out, " endpoint ");
    push_ip(out, policy.endpoint);
}

/// The family of `sr-policy …`, which names none: that of its endpoint.
pub(crate) fn family_of(mut tokens: Tokens<'_>) -> Family {
    while let Some(word) = tokens.next() {
        if word == "endpoint" {
            let v6 = tokens.peek().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
            return if v6 { V6 } else { V4 };
        }
    }
    V4
}

/// Reads `distinguisher N color N endpoint ADDRESS`, in any order.
fn head(
    family: Family,
    tokens: &mut Tokens<'_>,
    _: &mut RouteBuffer,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let (mut distinguisher, mut color, mut endpoint) = (None, None, None);
    loop {
        let word = tokens.peek();
        match word {
            Some("distinguisher") if distinguisher.is_none() => {
                tokens.next();
                distinguisher = Some(number(tokens, "distinguisher")?);
            }
            Some("color") if color.is_none() => {
                tokens.next();
                color = Some(number(tokens, "color")?);
            }
            Some("endpoint") if endpoint.is_none() => {
                tokens.next();
                endpoint = Some(address(family, tokens)?);
            }
            _ => break,
        }
    }
    let missing = match (distinguisher, color, endpoint) {
        (Some(distinguisher), Some(color), Some(endpoint)) => {
            out.push(length(family));
            out.extend(distinguisher.to_be_bytes());
            out.extend(color.to_be_bytes());
            match endpoint {
                IpAddr::V4(address) => out.extend(address.octets()),
                IpAddr::V6(address) => out.extend(address.octets()),
            }
            return Ok(());
        }
        (None, ..) => "distinguisher",
        (_, None, _) => "color",
        (.., None) => "endpoint",
    };
    Err(tokens
        .error(format!("an SR policy without '{missing}'"))
        .help("distinguisher NUMBER color NUMBER endpoint ADDRESS come first"))
}

fn number(tokens: &mut Tokens<'_>, what: &'static str) -> Result<u32, TextError> {
    let word = tokens.expect(what)?;
    decimal(word).ok_or_else(|| {
        tokens
            .last_error(format!("'{word}' is not a valid {what}"))
            .help("a number from 0 to 4294967295")
    })
}

fn address(family: Family, tokens: &mut Tokens<'_>) -> Result<IpAddr, TextError> {
    let word = tokens.expect("endpoint")?;
    let address = match family.afi {
        Afi::IPV4 => word.parse::<Ipv4Addr>().ok().map(IpAddr::from),
        _ => word.parse::<Ipv6Addr>().ok().map(IpAddr::from),
    };
    address.ok_or_else(|| {
        tokens
            .last_error(format!("'{word}' is not an endpoint of an {family} route"))
            .help(format!("an {} address", if family == V4 { "IPv4" } else { "IPv6" }))
    })
}

/// Reads the value of the sub-TLV `CODE` and adds it to the policy.
fn sub_tlv<const CODE: u8>(
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    route
        .attributes_mut()
        .add(&tunnel_encap::ROW, |out| tunnel_encap::parse_policy_word(CODE, tokens, out))
}
