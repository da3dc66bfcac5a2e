//! The families of a neighbor.

use yottabgp_wire::codes::Family;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::draft::NeighborDraft;

/// The families: those listed, those of the routes (`minimal`), or all.
pub(crate) fn resolve(draft: &NeighborDraft, context: &mut Context<'_>) -> Vec<Family> {
    let mut families: Vec<Family> = draft.family.list.iter().map(|at| at.value).collect();
    if let Some(minimal) = draft.family.minimal.at() {
        for route in &draft.routes.routes {
            if !families.contains(&route.family) {
                families.push(route.family);
            }
        }
        if families.is_empty() {
            let warning =
                Diagnostic::warning(minimal.span, "'minimal' without routes means every family");
            context.problems.push(warning.help("list the families"));
        }
    }
    if families.is_empty() || draft.family.all.get().is_some() {
        return Family::ALL.to_vec();
    }
    families
}
