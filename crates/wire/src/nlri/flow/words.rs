//! The words of a rule's `match`, and `rd`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::component::{self, ComponentType, DSCP, FLOW_LABEL, ICMP_CODE, ICMP_TYPE, PROTOCOL};
use super::{expression, rule};
use crate::attribute::decimal;
use crate::codes::Afi;
use crate::community::extended::parse_mac;
use crate::io::tokens::{TextError, Tokens};
use crate::nlri::fields::Fields;
use crate::nlri::{Word, vpn};
use crate::prefix::Prefix;
use crate::route::{self, Prefixes, Reading, RouteBuffer, Slot};

/// Tag: the words decide between IPv4 and IPv6.
pub(super) const EITHER: u8 = 0x80;
/// Tag: a word of IPv4 was there, and which.
const OF_IPV4: u8 = 0x81;
/// Tag: a word of IPv6 was there, and which.
pub(super) const OF_IPV6: u8 = 0x82;
/// Tag: a value that has no meaning in IPv4, and which.
pub(super) const NOT_IPV4: u8 = 0x83;
/// Tag: a value that has no meaning in IPv6, and which.
pub(super) const NOT_IPV6: u8 = 0x84;
/// Added to a component's type, the tag of what its words mean in IPv6 where that is something else.
pub(super) const IN_IPV6: u8 = 0x40;

/// The words of `match`.
pub(super) const MATCH: &[Word] = &[
    Word {
        word: "destination",
        read: |tokens, route| prefix(component::DESTINATION, tokens, route),
    },
    Word {
        word: "destination-ipv4",
        read: |tokens, route| prefix_of(Afi::IPV4, component::DESTINATION, tokens, route),
    },
    Word {
        word: "destination-ipv6",
        read: |tokens, route| prefix_of(Afi::IPV6, component::DESTINATION, tokens, route),
    },
    Word { word: "source", read: |tokens, route| prefix(component::SOURCE, tokens, route) },
    Word {
        word: "source-ipv4",
        read: |tokens, route| prefix_of(Afi::IPV4, component::SOURCE, tokens, route),
    },
    Word {
        word: "source-ipv6",
        read: |tokens, route| prefix_of(Afi::IPV6, component::SOURCE, tokens, route),
    },
    Word { word: "protocol", read: |tokens, route| list(Afi::IPV4, PROTOCOL, tokens, route) },
    Word { word: "next-header", read: |tokens, route| list_of_ipv6(PROTOCOL, tokens, route) },
    Word { word: "port", read: |tokens, route| list(Afi::IPV4, 4, tokens, route) },
    Word { word: "destination-port", read: |tokens, route| list(Afi::IPV4, 5, tokens, route) },
    Word { word: "source-port", read: |tokens, route| list(Afi::IPV4, 6, tokens, route) },
    Word { word: "icmp-type", read: |tokens, route| icmp(ICMP_TYPE, tokens, route) },
    Word { word: "icmp-code", read: |tokens, route| icmp(ICMP_CODE, tokens, route) },
    Word { word: "tcp-flags", read: |tokens, route| list(Afi::IPV4, 9, tokens, route) },
    Word { word: "packet-length", read: |tokens, route| list(Afi::IPV4, 10, tokens, route) },
    Word { word: "dscp", read: |tokens, route| list(Afi::IPV4, DSCP, tokens, route) },
    Word { word: "traffic-class", read: |tokens, route| list_of_ipv6(DSCP, tokens, route) },
    Word {
        word: "fragment",
        read: |tokens, route| list(Afi::IPV4, component::FRAGMENT, tokens, route),
    },
    Word { word: "flow-label", read: |tokens, route| list_of_ipv6(FLOW_LABEL, tokens, route) },
];

/// The words of `match` for Ethernet.
pub(super) const MATCH_L2VPN: &[Word] = &[
    Word { word: "ethernet-type", read: |tokens, route| list(Afi::L2VPN, 14, tokens, route) },
    Word { word: "source-mac", read: |tokens, route| hardware_address(15, tokens, route) },
    Word { word: "destination-mac", read: |tokens, route| hardware_address(16, tokens, route) },
    Word { word: "llc-dsap", read: |tokens, route| list(Afi::L2VPN, 17, tokens, route) },
    Word { word: "llc-ssap", read: |tokens, route| list(Afi::L2VPN, 18, tokens, route) },
    Word { word: "llc-control", read: |tokens, route| list(Afi::L2VPN, 19, tokens, route) },
    Word { word: "snap", read: |tokens, route| list(Afi::L2VPN, 20, tokens, route) },
    Word { word: "vlan-id", read: |tokens, route| list(Afi::L2VPN, 21, tokens, route) },
    Word { word: "vlan-priority", read: |tokens, route| list(Afi::L2VPN, 22, tokens, route) },
    Word { word: "inner-vlan-id", read: |tokens, route| list(Afi::L2VPN, 23, tokens, route) },
    Word { word: "inner-vlan-priority", read: |tokens, route| list(Afi::L2VPN, 24, tokens, route) },
    Word { word: "vlan-dei", read: |tokens, route| list(Afi::L2VPN, 25, tokens, route) },
    Word { word: "inner-vlan-dei", read: |tokens, route| list(Afi::L2VPN, 26, tokens, route) },
];

/// `rd` and `route-distinguisher`: a rule with one is of a VPN.
pub(super) const DISTINGUISHER: &[Word] =
    &[vpn::DISTINGUISHER, Word { word: "route-distinguisher", read: vpn::DISTINGUISHER.read }];

/// The address family of the rule, if anything said so yet.
fn known_afi(route: &RouteBuffer) -> Option<Afi> {
    match (route.fields.has(EITHER), route.fields.has(OF_IPV4), route.fields.has(OF_IPV6)) {
        (false, ..) => Some(route.family().afi),
        (_, true, _) => Some(Afi::IPV4),
        (_, _, true) => Some(Afi::IPV6),
        _ => None,
    }
}

/// The last word is one of `afi`: refused in a rule of another, remembered where the words decide.
fn claim(
    afi: Afi,
    word: &str,
    tokens: &Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    match known_afi(route).or_else(|| (afi == Afi::L2VPN).then(|| route.family().afi)) {
        Some(known) if known == afi => Ok(()),
        Some(known) => {
            let other = if known == Afi::IPV4 { OF_IPV4 } else { OF_IPV6 };
            let because = match route.fields.get(other).map(String::from_utf8_lossy) {
                Some(other) => format!("'{other}' makes this rule one of {known}"),
                None => format!("the rule is one of {known}"),
            };
            Err(tokens.last_error(format!("'{word}' is of {afi} rules")).help(because))
        }
        None => {
            let tag = if afi == Afi::IPV4 { OF_IPV4 } else { OF_IPV6 };
            route.fields.push(tag, word.as_bytes());
            Ok(())
        }
    }
}

/// Takes the word before the last: the keyword, in an error about it.
fn keyword<'a>(tokens: &Tokens<'a>) -> &'a str {
    let mut before = *tokens;
    before.rewind(tokens.position().saturating_sub(1));
    before.peek().unwrap_or_default()
}

/// A list whose values mean the same in all address families; the row of one of them reads it.
fn list(
    afi: Afi,
    kind: u8,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    if (afi == Afi::L2VPN) != (route.family().afi == Afi::L2VPN) {
        claim(afi, keyword(tokens), tokens, route)?;
    }
    values(row(afi, kind, tokens)?, kind, tokens, route)
}

/// Reads the values of a component, and notes what they meant in ExaBGP 3.4.
fn values(
    row: &ComponentType,
    tag: u8,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    let (start, reading) = (*tokens, route.reading());
    route.fields.add(tag, |out| expression::read(row, reading, tokens, out))?;
    if reading != Reading::Modern {
        let mut words = start;
        let mut read = Vec::new();
        while words.position() < tokens.position() {
            read.extend(words.next());
        }
        if let Some((construct, message, help)) = expression::old_meaning(row, reading, &read) {
            let span = start.span().to(tokens.last_span());
            route::note(construct, span, message, help, route);
        }
    }
    Ok(())
}

/// A list that only rules of IPv6 have.
fn list_of_ipv6(
    kind: u8,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    claim(Afi::IPV6, keyword(tokens), tokens, route)?;
    values(row(Afi::IPV6, kind, tokens)?, kind, tokens, route)
}

/// ICMP and ICMPv6 have names in common for different numbers: both readings are kept until the address family is known.
fn icmp(kind: u8, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let start = tokens.position();
    let read = |afi, tag, tokens: &mut Tokens<'_>, route: &mut RouteBuffer| {
        tokens.rewind(start);
        values(row(afi, kind, tokens)?, tag, tokens, route).map(|()| tokens.position())
    };
    match known_afi(route) {
        Some(Afi::IPV6) => return read(Afi::IPV6, IN_IPV6 | kind, tokens, route).map(drop),
        Some(_) => return list(Afi::IPV4, kind, tokens, route),
        None => {}
    }
    let in_ipv4 = read(Afi::IPV4, kind, tokens, route);
    let in_ipv6 = read(Afi::IPV6, IN_IPV6 | kind, tokens, route);
    let end = match (in_ipv4, in_ipv6) {
        (Err(error), Err(_)) => return Err(error),
        (Err(error), Ok(end)) => {
            route.fields.push(NOT_IPV4, error.message.as_bytes());
            end
        }
        (Ok(end), Err(error)) => {
            route.fields.push(NOT_IPV6, error.message.as_bytes());
            end
        }
        (Ok(end), Ok(_)) => end,
    };
    tokens.rewind(end);
    Ok(())
}

fn row(afi: Afi, kind: u8, tokens: &Tokens<'_>) -> Result<&'static ComponentType, TextError> {
    component::row(afi, kind).ok_or_else(|| tokens.error("there is no such component"))
}

/// `destination PREFIX`: the prefix says its address family.
fn prefix(kind: u8, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let afi = match tokens.peek() {
        Some(word) if word.contains(':') => Afi::IPV6,
        _ => Afi::IPV4,
    };
    prefix_of(afi, kind, tokens, route)
}

/// `ADDRESS/LENGTH`, and for IPv6 `ADDRESS/LENGTH/OFFSET`. As with ExaBGP, bits after the length do not matter.
fn prefix_of(
    afi: Afi,
    kind: u8,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    let name = row(afi, kind, tokens)?.name;
    let first = tokens.plain();
    let word = tokens.expect(name)?;
    if matches!(word, ";" | "{" | "}") {
        return Err(tokens.last_error(format!("{name} is missing")));
    }
    let wrong =
        |help: String| tokens.last_error(format!("'{word}' is not a valid {name}")).help(help);
    let mut parts = word.split('/');
    let (address, length, offset) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let longest = crate::prefix::longest(afi);
    let bits = |text: &str| decimal::<u8>(text).filter(|bits| *bits <= longest);
    let form = if afi == Afi::IPV4 {
        "an IPv4 prefix, as 192.0.2.0/24"
    } else {
        "an IPv6 prefix, as 2001:db8::/32"
    };
    let read = match afi {
        Afi::IPV4 => address.parse::<Ipv4Addr>().is_ok(),
        _ => address.parse::<Ipv6Addr>().is_ok(),
    };
    if !read {
        return Err(wrong(form.into()));
    }
    let Some(length) = length else {
        return Err(wrong(format!(
            "the length is missing: {address}/{longest} is this address alone"
        )));
    };
    let Some(length) = bits(length) else {
        return Err(wrong(format!("the length is 0 to {longest}")));
    };
    if parts.next().is_some() || offset.is_some() && afi == Afi::IPV4 {
        return Err(wrong(form.into()));
    }
    let offset = match offset.map(bits) {
        None => 0,
        Some(Some(offset)) if offset < length || (length, offset) == (0, 0) => offset,
        Some(_) => return Err(wrong("the offset is below the length".into())),
    };
    claim(afi, word, tokens, route)?;
    if route.fields.has(kind) {
        return Err(tokens
            .last_error(format!(
                "a rule has one {}",
                if kind == component::SOURCE { "source" } else { "destination" }
            ))
            .help("each prefix takes a rule of its own"));
    }
    if let Some(first) = first {
        route.slot.get_or_insert(Slot { first, what: Prefixes::Field(kind), afi });
    }
    route.fields.add(kind, |out| {
        match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
            (Ok(address), _) => rule::push_ipv4(out, address, length),
            (_, Ok(address)) => rule::push_ipv6(out, address, length, offset),
            _ => {}
        }
        Ok(())
    })
}

/// Puts another prefix in the place of one that was read.
pub(crate) fn replace_prefix(kind: u8, prefix: Prefix, fields: &mut Fields) {
    fields.remove(kind);
    let written: Result<(), std::convert::Infallible> = fields.add(kind, |out| {
        match prefix.address {
            IpAddr::V4(address) => rule::push_ipv4(out, address, prefix.length),
            IpAddr::V6(address) => rule::push_ipv6(out, address, prefix.length, 0),
        }
        Ok(())
    });
    let Ok(()) = written;
}

/// `source-mac ADDRESS`.
fn hardware_address(
    kind: u8,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    claim(Afi::L2VPN, keyword(tokens), tokens, route)?;
    let name = row(Afi::L2VPN, kind, tokens)?.name;
    let word = tokens.expect(name)?;
    let octets = parse_mac(word)
        .map_err(|help| tokens.last_error(format!("'{word}' is not a valid {name}")).help(help))?;
    if route.fields.has(kind) {
        return Err(tokens.last_error(format!("a rule has one {name}")));
    }
    route.fields.add(kind, |out| {
        out.push(6);
        out.extend_from_slice(&octets);
        Ok(())
    })
}
