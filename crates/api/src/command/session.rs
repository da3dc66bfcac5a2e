//! `ping`, `bye` and `reset`: the talk between the daemon and one process or client.

use super::{Arguments, Command, Refusal};

pub(super) fn ping<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    // Clients send their identifier and start time, to tell themselves from others; one daemon serves them all.
    while arguments.tokens.next().is_some() {}
    Ok(Command::Ping)
}

pub(super) fn bye<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Bye(arguments.tokens.next()))
}

pub(super) fn reset<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Reset)
}
