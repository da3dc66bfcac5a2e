//! `announce watchdog [NAME]` and `withdraw watchdog [NAME]`.

use yottabgp_wire::route::Verb;

use super::{Arguments, Command, Refusal};

pub(super) fn announce<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Watchdog { verb: Verb::Announce, name: arguments.tokens.next() })
}

pub(super) fn withdraw<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Watchdog { verb: Verb::Withdraw, name: arguments.tokens.next() })
}
