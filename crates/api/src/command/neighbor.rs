//! `show neighbor` and `peer list`.

use super::{Arguments, Command, NeighborForm, Refusal, late_selector};
use crate::select;

/// `[IP] [summary|extensive|configuration|status]`, in any order. `show neighbors` is ExaBGP 3.4's: the configuration, unless another
/// form is asked for.
pub(super) fn show<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let start = arguments.tokens.position();
    arguments.tokens.rewind(start.saturating_sub(1));
    let is_old = arguments.tokens.next() == Some("neighbors");
    let mut form = if is_old { NeighborForm::Old } else { NeighborForm::Usage };
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

pub(super) fn list<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::ListPeers)
}
