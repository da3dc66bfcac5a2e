//! `show bmp stations`: those who are told of our sessions.

use super::{Arguments, Command, Refusal};

pub(super) fn show<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::ShowStations)
}
