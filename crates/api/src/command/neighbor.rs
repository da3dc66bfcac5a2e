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
            "status" => NeighborForm::Status,
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

/// `show neighbors`: the configuration, as ExaBGP 3.4 showed it, unless another form is asked for.
pub(super) fn show_old<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(match show(arguments)? {
        Command::ShowNeighbor(NeighborForm::Usage) => Command::ShowNeighbor(NeighborForm::Old),
        other => other,
    })
}

pub(super) fn list<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::ListPeers)
}
