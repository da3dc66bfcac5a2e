//! `announce route-refresh AFI SAFI`.

use super::{Arguments, Command, Refusal, end_of_rib};

pub(super) fn parse<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::RouteRefresh(end_of_rib::family(&mut arguments.tokens)?))
}
