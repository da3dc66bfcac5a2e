//! `announce` and `withdraw` of routes: the words after the type are the grammar of [`yottabgp_wire::route`], shared with
//! the configuration.

use yottabgp_wire::route::{Verb, parse_attributes, parse_route, parse_statement};

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

pub(super) fn announce_statement<'a>(
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    statement(Verb::Announce, arguments)
}

pub(super) fn withdraw_statement<'a>(
    arguments: &mut Arguments<'a, '_>,
) -> Result<Command<'a>, Refusal> {
    statement(Verb::Withdraw, arguments)
}

fn route<'a>(verb: Verb, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    parse_route(verb, &mut arguments.tokens, arguments.route)?;
    finish(verb, "route", arguments)
}

fn attributes<'a>(verb: Verb, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    parse_attributes(verb, &mut arguments.tokens, arguments.route)?;
    finish(verb, "attributes", arguments)
}

/// What starts with a family or with the name of a type: that word belongs to the grammar of routes.
fn statement<'a>(verb: Verb, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    arguments.tokens.rewind(arguments.tokens.position().saturating_sub(1));
    parse_statement(verb, &mut arguments.tokens, arguments.route)?;
    finish(verb, "family", arguments)
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
