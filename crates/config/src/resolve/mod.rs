//! From what the file says to what it means: templates, defaults, and the checks between sections.

mod api;
mod bmp;
mod capability;
mod family;
mod mrt;
mod neighbor;
mod routes;
mod security;
mod template;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use neighbor::text_of as peer_text;
pub(crate) use routes::Lists;

use yottabgp_wire::io::tokens::Span;

use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::draft::RootDraft;
use crate::environment::Environment;
use crate::model::{Configuration, Healthcheck, Neighbor};
use crate::problems::Problems;
use crate::slot::At;

/// Where in the source the parts of a configuration are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// For each neighbor.
    pub neighbors: Vec<NeighborPlaces>,
}

/// Where a neighbor and its routes are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NeighborPlaces {
    /// The words before its `{`.
    pub header: Span,
    /// For each list of routes, and each route of it, its statement.
    pub routes: Vec<Arc<[Span]>>,
}

impl NeighborPlaces {
    /// The statement of each route.
    pub fn routes(&self) -> impl Iterator<Item = Span> {
        self.routes.iter().flat_map(|spans| spans.iter().copied())
    }
}

/// What is known to all neighbors.
pub(crate) struct Context<'a> {
    /// The source, to quote from.
    pub(crate) source: &'a str,
    /// The settings of the process.
    pub(crate) environment: &'a Environment,
    /// What the file was read as.
    pub(crate) dialect: Dialect,
    /// What is wrong.
    pub(crate) problems: &'a mut Problems,
    /// Where the routes of the last neighbor are.
    pub(crate) route_places: Vec<Arc<[Span]>>,
    /// The lists of routes of the neighbors so far.
    pub(crate) lists: Lists,
    /// Where the neighbors are.
    pub(crate) places: Places,
    /// There is something to say of a route whose place was not kept.
    pub(crate) needs_places: bool,
}

/// Makes the configuration. What is wrong is added to the problems; the result counts only when nothing is.
pub(crate) fn resolve(root: RootDraft, context: &mut Context<'_>) -> Configuration {
    let RootDraft {
        processes,
        healthchecks,
        bmp,
        mrt,
        mut templates,
        neighbors,
        api,
        has_group: _,
    } = root;
    for template in &mut templates {
        template.neighbor.routes.close();
    }
    let processes: Vec<_> = processes.into_iter().map(|process| process.value).collect();
    context.problems.about("template");
    let mut templates = template::Templates::new(templates, &neighbors, context);
    let mut files = mrt::Files::default();
    let mrt = mrt::resolve(&mrt, &mut files, context);
    let mut seen: HashMap<String, Span> = HashMap::new();
    let mut resolved = Vec::with_capacity(neighbors.len());
    for draft in neighbors {
        let header = draft.header;
        context.problems.about("template");
        let mut draft = templates.apply(draft, context);
        context.problems.about("neighbor");
        draft.api.extend(api.iter().cloned());
        if context.dialect == Dialect::ExaBgp34 {
            api::everybody_commands(&mut draft, &processes);
        }
        let Some(neighbor) = neighbor::resolve(draft, &processes, &mut files, context) else {
            continue;
        };
        if let Some(other) = seen.insert(identity(&neighbor), header) {
            let message = format!("duplicate peer definition {}", neighbor.peer.address);
            let error = Diagnostic::error(header, message)
                .related(other, "the other one")
                .help("neighbors may have the same address when their AS, router-id or local-address differ");
            context.problems.push(error);
        }
        let routes = std::mem::take(&mut context.route_places);
        context.places.neighbors.push(NeighborPlaces { header, routes });
        resolved.push(neighbor);
    }
    let bmp = bmp.map(|draft| bmp::resolve(&draft, &processes, context));
    let healthchecks = healthchecks.into_iter();
    Configuration {
        healthchecks: healthchecks.map(|at| known_neighbors(at, &resolved, context)).collect(),
        bmp,
        dialect: context.dialect,
        mrt,
        processes,
        neighbors: resolved,
    }
}

/// Checks that the neighbors that a healthcheck names are there.
fn known_neighbors(
    healthcheck: At<Healthcheck>,
    neighbors: &[Neighbor],
    context: &mut Context<'_>,
) -> Healthcheck {
    let At { value, span } = healthcheck;
    for address in &value.options.neighbors {
        if !neighbors.iter().any(|neighbor| neighbor.peer.contains(*address)) {
            let message = format!(
                "healthcheck {} names the neighbor {address}, which is not configured",
                value.name
            );
            let help = "add the neighbor, or leave 'neighbor' out for all of them";
            context.problems.push(Diagnostic::error(span, message).help(help));
        }
    }
    value
}

/// What no two neighbors share: the port that they listen on alone, or their name.
fn identity(neighbor: &Neighbor) -> String {
    match neighbor.listen {
        Some(port) => format!("{} {port}", neighbor.peer),
        None => neighbor.name.clone(),
    }
}
