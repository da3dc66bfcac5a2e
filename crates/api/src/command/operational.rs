//! `announce operational …`: advisories, queries and counters (draft-ietf-idr-operational-message).

use yottabgp_wire::message::operational::Operational;

use super::{Arguments, Command, Refusal};

pub(super) fn parse<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::Operational(Operational::parse(&mut arguments.tokens)?))
}
