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
    let words = arguments.tokens;
    if let Err(error) = parse_family(verb, afi, &mut arguments.tokens, arguments.route) {
        // What has no grammar of its own can be announced as octets; any other words are not for this program.
        let octets = words.peek_at(1).is_some_and(|word| word.starts_with("0x"));
        let safi = words.peek().unwrap_or_default();
        return Err(match Family::from_words(afi.name().unwrap_or_default(), safi) {
            Some(family) if registry::row(family).families.is_empty() && !octets => {
                Refusal::UnsupportedFamily(family)
            }
            _ => error.into(),
        });
    }
    finish(verb, afi.name().unwrap_or_default(), arguments)
}

/// A command names at least one route, but for attributes that are announced alone; that an announcement has a next hop
/// was seen to by the grammar.
fn finish<'a>(
    verb: Verb,
    what: &'static str,
    arguments: &Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    let alone = verb == Verb::Announce && what == "attributes";
    if arguments.route.nlri().len() == 0 && !alone {
        return Err(Refusal::NoRoute(what));
    }
    Ok(Command::Route(verb))
}
