//! `healthcheck drain NAME`, `healthcheck undrain NAME` and `healthcheck show`: the services that the daemon checks.

use super::{Arguments, Command, Refusal};

/// What is asked of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthVerb {
    /// Announce it as about to go, then withdraw it.
    Drain,
    /// Let its checks decide again.
    Undrain,
}

pub(super) fn drain<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Healthcheck(HealthVerb::Drain, name(arguments)?))
}

pub(super) fn undrain<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Healthcheck(HealthVerb::Undrain, name(arguments)?))
}

pub(super) fn show<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::ShowHealthchecks)
}

fn name<'a>(arguments: &mut Arguments<'a, '_>) -> Result<&'a str, Refusal> {
    let name = arguments.tokens.next();
    name.ok_or_else(|| Refusal::Other("the name of the healthcheck is missing".to_owned()))
}
