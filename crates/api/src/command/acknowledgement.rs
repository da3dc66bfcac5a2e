//! `enable-ack`, `disable-ack`, `silence-ack`, `enable-sync` and `disable-sync`: how commands are acknowledged.

use super::{Acknowledge, Arguments, Command, Refusal};

pub(super) fn enable<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Acknowledge(Acknowledge::Enable))
}

pub(super) fn disable<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Acknowledge(Acknowledge::Disable))
}

pub(super) fn silence<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Acknowledge(Acknowledge::Silence))
}

pub(super) fn enable_sync<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Sync(true))
}

pub(super) fn disable_sync<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Sync(false))
}
