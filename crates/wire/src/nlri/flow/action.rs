//! What to do with the packets that a rule matches: words for extended communities (RFC 8955 section 7, RFC 8956 section 6.1 and
//! drafts).

use std::net::IpAddr;

use crate::attribute::{AttributeType, decimal, extended_communities, ipv6_extended_communities};
use crate::community::{
    interface_set, ipv6, redirect, redirect_to_next_hop, redirect_to_next_hop_ietf, traffic_action,
    traffic_mark, traffic_rate,
};
use crate::io::tokens::{TextError, Tokens};
use crate::next_hop::NextHop;
use crate::nlri::Word;
use crate::route::RouteBuffer;

/// The words of `then`.
pub(super) const THEN: &[Word] = &[
    Word { word: "accept", read: |_, _| Ok(()) },
    Word { word: "discard", read: |_, route| add(route, traffic_rate::octets(0, 0.0)) },
    Word { word: "rate-limit", read: rate_limit },
    Word { word: "redirect", read: redirect },
    Word { word: "redirect-to-nexthop", read: |_, route| to_next_hop(route, false) },
    Word { word: "copy-to-nexthop", read: |_, route| to_next_hop(route, true) },
    Word {
        word: "redirect-to-nexthop-ietf",
        read: |tokens, route| to_address(false, tokens, route),
    },
    Word { word: "copy-to-nexthop-ietf", read: |tokens, route| to_address(true, tokens, route) },
    Word { word: "copy", read: copy },
    Word { word: "mark", read: mark },
    Word { word: "action", read: action },
];

/// The words of `scope`.
pub(super) const SCOPE: &[Word] = &[Word { word: "interface-set", read: interface_set }];

/// The highest rate that ExaBGP sends: it sends this one for any that is higher.
const HIGHEST_RATE: u64 = 1_000_000_000_000;

fn add(route: &mut RouteBuffer, community: [u8; 8]) -> Result<(), TextError> {
    extend(route, &extended_communities::ROW, &community)
}

fn add_ipv6(route: &mut RouteBuffer, community: [u8; 20]) -> Result<(), TextError> {
    extend(route, &ipv6_extended_communities::ROW, &community)
}

fn extend(route: &mut RouteBuffer, row: &AttributeType, octets: &[u8]) -> Result<(), TextError> {
    route.attributes_mut().add(row, |out| {
        out.extend_from_slice(octets);
        Ok(())
    })
}

/// `rate-limit RATE [bytes|packets]`, a second.
fn rate_limit(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("rate-limit")?;
    let Some(rate) = decimal::<u64>(word) else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid rate-limit"))
            .help("a number of bytes a second, or 'RATE packets'"));
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is sent as a number of single precision"
    )]
    let rate = rate.min(HIGHEST_RATE) as f32;
    if tokens.accept("packets") {
        return add(route, traffic_rate::packets(0, rate));
    }
    tokens.accept("bytes");
    add(route, traffic_rate::octets(0, rate))
}

/// `redirect ASN:NUMBER`, `redirect IPV4:NUMBER` and `redirect [IPV6]:NUMBER` to a VPN; `redirect ADDRESS` to a next hop.
fn redirect(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    if tokens.peek().is_some_and(|word| word.starts_with('[')) {
        let span = tokens.span();
        let (address, number) =
            ipv6::parse_pair("", tokens).map_err(|error| error.at(span.to(tokens.last_span())))?;
        return add_ipv6(route, ipv6::redirect(address, number));
    }
    let word = tokens.expect("redirect")?;
    if let Ok(address) = word.parse::<IpAddr>() {
        route.next_hop = NextHop::from(address);
        return to_next_hop(route, false);
    }
    let community = redirect::parse(word).map_err(|help| {
        let help = format!("{help}; or [IPV6]:NUMBER, or an address to be the next hop");
        tokens.last_error(format!("'{word}' is not a valid redirect")).help(help)
    })?;
    add(route, community)
}

/// To the next hop of the route, all packets or copies of them.
fn to_next_hop(route: &mut RouteBuffer, copy: bool) -> Result<(), TextError> {
    add(route, redirect_to_next_hop::community(copy))
}

/// `copy ADDRESS`: the packets go their way, and copies to this next hop.
fn copy(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    route.next_hop = NextHop::from(address("copy", tokens)?);
    to_next_hop(route, true)
}

/// `redirect-to-nexthop-ietf ADDRESS` and `copy-to-nexthop-ietf ADDRESS`: the address is in the community.
fn to_address(
    copy: bool,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    match address("redirect-to-nexthop-ietf", tokens)? {
        IpAddr::V4(address) => add(route, redirect_to_next_hop_ietf::community(address, copy)),
        IpAddr::V6(address) => add_ipv6(route, ipv6::redirect_to_next_hop_ietf(address, copy)),
    }
}

fn address(what: &'static str, tokens: &mut Tokens<'_>) -> Result<IpAddr, TextError> {
    tokens.parse(what, "an IPv4 or IPv6 address")
}

/// `mark DSCP`.
fn mark(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("mark")?;
    match decimal::<u8>(word).filter(|mark| *mark < 64) {
        Some(mark) => add(route, traffic_mark::community(mark)),
        None => {
            Err(tokens.last_error(format!("'{word}' is not a valid mark")).help("a DSCP, 0 to 63"))
        }
    }
}

/// `action sample`, `terminal` (no later rule is applied) or `sample-terminal`.
fn action(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("action")?;
    let (sample, terminal) = match word {
        "terminal" => (false, true),
        "sample" => (true, false),
        "sample-terminal" => (true, true),
        _ => {
            return Err(tokens
                .last_error(format!("'{word}' is not a valid action"))
                .help("sample, terminal or sample-terminal"));
        }
    };
    add(route, traffic_action::community(sample, terminal))
}

/// `interface-set [transitive:|non-transitive:]input|output|input-output:ASN:GROUP`, or several in brackets.
fn interface_set(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let mut sets = Vec::new();
    tokens.list("interface-set", |tokens| {
        let word = tokens.expect("interface-set")?;
        let set = interface_set::parse(word).map_err(|help| {
            tokens.last_error(format!("'{word}' is not a valid interface-set")).help(help)
        })?;
        sets.extend(set);
        Ok(())
    })?;
    extend(route, &extended_communities::ROW, &sets)
}
