//! `show neighbor` and `peer list`.

use super::{Arguments, Command, NeighborForm, Refusal, late_selector};
use crate::select;

/// `[IP] [summary|extensive|configuration]`, in any order.
pub(super) fn show<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let mut form = NeighborForm::Usage;
    while let Some(word) = arguments.tokens.peek() {
        form = match word {
            "summary" => NeighborForm::Summary,
            "extensive" => NeighborForm::Extensive,
            "configuration" => NeighborForm::Configuration,
            word if select::is_selector(word) => {
                late_selector(arguments)?;
                continue;
            }
            _ => break,
        };
        arguments.tokens.next();
    }
    Ok(Command::ShowNeighbor(form))
}

pub(super) fn list<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::ListPeers)
}
