//! `version`, `help`, `api version`, `queue-status`, `crash` and comments.

use super::{Arguments, Command, Refusal};
use crate::Version;

pub(super) fn version<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Version)
}

pub(super) fn help<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Help)
}

pub(super) fn api_version<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let Some(word) = arguments.tokens.next() else { return Ok(Command::ApiVersion(None)) };
    match word.parse().ok().and_then(Version::from_number) {
        Some(version) => Ok(Command::ApiVersion(Some(version))),
        None => {
            Err(Refusal::ApiVersion { word: word.to_owned(), at: arguments.tokens.last_span() })
        }
    }
}

pub(super) fn queue_status<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::QueueStatus)
}

pub(super) fn crash<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Crash)
}

pub(super) fn comment<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    while arguments.tokens.next().is_some() {}
    Ok(Command::Comment)
}
