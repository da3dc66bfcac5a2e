//! How multicast VPN routes are written: the word of the type, then its parts in any order, also among the attributes.

use std::borrow::Cow;
use std::net::IpAddr;

use super::layout::{Part, RouteType, TYPES};
use crate::asn::Asn;
use crate::codes::{Afi, Family};
use crate::io::text::parse_hex;
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::nlri::fields::Fields;
use crate::nlri::rd::RouteDistinguisher;
use crate::nlri::{Grammar, Word};
use crate::route::RouteBuffer;

pub(super) const GRAMMAR: Grammar = Grammar {
    head,
    words: &[
        Word { word: "source", read: |tokens, route| customer(Part::Source, tokens, route) },
        Word { word: "rp", read: |tokens, route| customer(Part::RendezvousPoint, tokens, route) },
        Word { word: "group", read: |tokens, route| customer(Part::Group, tokens, route) },
        Word { word: "rd", read: distinguisher },
        Word { word: "route-distinguisher", read: distinguisher },
        Word { word: "source-as", read: source_as },
        Word { word: "originator", read: originator },
        Word { word: "route-key", read: route_key },
    ],
    settle: |family, _| family,
    build: Some(build),
    head_is_prefix: false,
};

/// Reads the type of the route. The head is its code.
fn head(
    family: Family,
    tokens: &mut Tokens<'_>,
    _: &mut RouteBuffer,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect("type of MCAST-VPN route")?;
    if let Some(kind) = TYPES.iter().find(|kind| kind.word == word) {
        out.push(kind.code);
        return Ok(());
    }
    let words = || TYPES.iter().map(|kind| kind.word);
    let error = tokens.last_error(format!("'{word}' is no type of {family} route"));
    Err(match did_you_mean(word, words()) {
        Some(near) => error.help(format!("did you mean '{near}'?")),
        None => error.help(words().collect::<Vec<_>>().join(", ")),
    })
}

/// Keeps what a word said, unless it was said before.
fn keep(
    part: Part,
    octets: &[u8],
    tokens: &Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    if route.fields.has(part.tag()) {
        return Err(tokens.last_error(format!("'{}' is there twice", part.word())));
    }
    route.fields.push(part.tag(), octets);
    Ok(())
}

/// `source ADDRESS`, `rp ADDRESS`, `group ADDRESS`: of the family of the route, or `*`. Kept with the length in bits.
fn customer(part: Part, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect(part.word())?;
    let afi = route.family().afi;
    match (word.parse(), afi) {
        (Ok(IpAddr::V4(address)), Afi::IPV4) => {
            let [a, b, c, d] = address.octets();
            keep(part, &[32, a, b, c, d], tokens, route)
        }
        (Ok(IpAddr::V6(address)), Afi::IPV6) => {
            let mut octets = [128; 17];
            for (to, from) in octets.iter_mut().skip(1).zip(address.octets()) {
                *to = from;
            }
            keep(part, &octets, tokens, route)
        }
        (Err(_), _) if word == "*" => keep(part, &[0], tokens, route),
        _ => Err(tokens
            .last_error(format!("'{word}' is not a valid {}", part.word()))
            .help(if afi == Afi::IPV4 { "an IPv4 address" } else { "an IPv6 address" })),
    }
}

/// `rd RD`.
fn distinguisher(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let rd = RouteDistinguisher::read(tokens)?;
    keep(Part::Distinguisher, &rd.0, tokens, route)
}

/// `source-as ASN`.
fn source_as(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("source-as")?;
    let asn: Asn = word.parse().map_err(|error: crate::asn::NotAnAsn| {
        tokens.last_error(format!("'{word}' is not a valid source-as")).help(error.to_string())
    })?;
    keep(Part::SourceAs, &asn.0.to_be_bytes(), tokens, route)
}

/// `originator ADDRESS`: of either address family, that of the backbone.
fn originator(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    match tokens.parse("originator", "an IPv4 or IPv6 address")? {
        IpAddr::V4(address) => keep(Part::Originator, &address.octets(), tokens, route),
        IpAddr::V6(address) => keep(Part::Originator, &address.octets(), tokens, route),
    }
}

/// `route-key 0xHEX`: the NLRI of the route that a leaf answers.
fn route_key(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("route-key")?;
    let octets = parse_hex(word).filter(|octets| word.starts_with("0x") && !octets.is_empty());
    let octets = octets.ok_or_else(|| {
        tokens
            .last_error(format!("'{word}' is not a valid route-key"))
            .help("0x and an even number of digits: the NLRI of the route that is answered")
    })?;
    keep(Part::RouteKey, &octets, tokens, route)
}

/// Puts the parts behind each other.
fn build(
    _: Family,
    fields: &Fields,
    head: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    let kind = TYPES.iter().find(|kind| head == [kind.code]);
    let kind = kind.ok_or("the type of the route is missing")?;
    let foreign =
        Part::AS_WRITTEN.iter().find(|part| fields.has(part.tag()) && !kind.parts.contains(part));
    if let Some(part) = foreign {
        return Err(
            format!("a {} route has no '{}': {}", kind.word, part.word(), needs(kind)).into()
        );
    }
    out.extend([kind.code, 0]);
    let start = out.len();
    for part in kind.parts {
        let Some(octets) = fields.get(part.tag()) else {
            return Err(format!("'{}' is missing: {}", part.word(), needs(kind)).into());
        };
        let is_address = matches!(part, Part::Source | Part::RendezvousPoint | Part::Group);
        if is_address && octets == [0] && !kind.wildcards {
            return Err(
                format!("the '{}' of a {} route can not be '*'", part.word(), kind.word).into()
            );
        }
        out.extend_from_slice(octets);
    }
    let Ok(length) = u8::try_from(out.len() - start) else {
        return Err("the route is longer than 255 octets".into());
    };
    if let Some(octet) = out.get_mut(start - 1) {
        *octet = length;
    }
    Ok(())
}

/// What a type consists of, for errors.
fn needs(kind: &RouteType) -> String {
    let parts = Part::AS_WRITTEN.iter().filter(|part| kind.parts.contains(part));
    let words: Vec<&str> = parts.map(|part| part.word()).collect();
    format!("{} needs {}", kind.word, words.join(", "))
}
