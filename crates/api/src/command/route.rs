//! `announce` and `withdraw` of routes: the words after the type are the grammar of [`yottabgp_wire::route`], shared with
//! the configuration.

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{opaque, registry};
use yottabgp_wire::route::{Verb, parse_attributes, parse_family, parse_route};

use super::{Arguments, Command, Refusal};

pub(super) fn announce_route<'a>(
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    route(Verb::Announce, arguments)
}

pub(super) fn withdraw_route<'a>(
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    route(Verb::Withdraw, arguments)
}

pub(super) fn announce_attributes<'a>(
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    attributes(Verb::Announce, arguments)
}

pub(super) fn withdraw_attributes<'a>(
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    attributes(Verb::Withdraw, arguments)
}

pub(super) fn announce_ipv4<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    family(Verb::Announce, Afi::IPV4, arguments)
}

pub(super) fn withdraw_ipv4<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    family(Verb::Withdraw, Afi::IPV4, arguments)
}

pub(super) fn announce_ipv6<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    family(Verb::Announce, Afi::IPV6, arguments)
}

pub(super) fn withdraw_ipv6<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    family(Verb::Withdraw, Afi::IPV6, arguments)
}

fn route<'a>(verb: Verb, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    arguments.route.clear();
    parse_route(verb, &mut arguments.tokens, arguments.route)?;
    finish(verb, "route", arguments)
}

fn attributes<'a>(verb: Verb, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    arguments.route.clear();
    parse_attributes(verb, &mut arguments.tokens, arguments.route)?;
    finish(verb, "attributes", arguments)
}

fn family<'a>(
    verb: Verb,
    afi: Afi,
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    if let Some(safi) = arguments.tokens.peek()
        && let Some(family) = Family::from_words(afi.name().unwrap_or_default(), safi)
        && std::ptr::eq(registry::row(family), &opaque::ROW)
    {
        return Err(Refusal::UnsupportedFamily(family));
    }
    arguments.route.clear();
    parse_family(verb, afi, &mut arguments.tokens, arguments.route)?;
    finish(verb, afi.name().unwrap_or_default(), arguments)
}

/// What must be true of any route that a command names.
fn finish<'a>(
    verb: Verb,
    what: &'static str,
    arguments: &Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    let Some(first) = arguments.route.nlri().next() else {
        return Err(Refusal::NoRoute(what));
    };
    if verb == Verb::Announce && arguments.route.next_hop == NextHop::Absent {
        let mut text = Vec::new();
        first.text(&mut text);
        return Err(Refusal::NoNextHop(String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(Command::Route(verb))
}
