//! `announce` and `withdraw` of routes: the words after the type are the grammar of [`yottabgp_wire::route`], shared with
//! the configuration.

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::nlri::registry;
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
    parse_route(verb, &mut arguments.tokens, arguments.route)?;
    finish(verb, "route", arguments)
}

fn attributes<'a>(verb: Verb, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
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
        && registry::row(family).families.is_empty()
        // What has no grammar of its own may still be announced as octets.
        && !arguments.tokens.peek_at(1).is_some_and(|word| word.starts_with("0x"))
    {
        return Err(Refusal::UnsupportedFamily(family));
    }
    parse_family(verb, afi, &mut arguments.tokens, arguments.route)?;
    finish(verb, afi.name().unwrap_or_default(), arguments)
}

/// A command names at least one route; that an announcement has a next hop was seen to by the grammar.
fn finish<'a>(
    verb: Verb,
    what: &'static str,
    arguments: &Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    if arguments.route.nlri().len() == 0 {
        return Err(Refusal::NoRoute(what));
    }
    Ok(Command::Route(verb))
}
