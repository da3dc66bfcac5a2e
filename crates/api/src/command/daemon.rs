//! `status`, `reload`, `restart` and `shutdown`: the daemon as a whole.

use super::{Arguments, Command, Refusal};

pub(super) fn status<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Status)
}

pub(super) fn reload<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let tokens = &mut arguments.tokens;
    if tokens.accept("--check") || tokens.accept("check") {
        let follows = tokens.accept("-").then(|| tokens.next().unwrap_or("-"));
        return Ok(Command::ReloadCheck { follows });
    }
    Ok(Command::Reload)
}

pub(super) fn restart<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Restart)
}

pub(super) fn shutdown<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Shutdown)
}
