//! What becomes of each neighbor: computed once, and then done, or told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use yottabgp_api::answer::ReloadSummary;
use yottabgp_config::reload::{Consequence, Difference};
use yottabgp_config::{ConfiguredRoutes, Neighbor};

use super::Sessions;
use super::table::Statements;
use crate::core::{Core, PeerId};
use crate::peer::{self, Range};

/// Everything that is to be done about neighbors, in order.
#[derive(Debug)]
pub(super) struct Plan {
    /// What becomes of the ranges themselves.
    pub(super) fates: Vec<RangeFate>,
    pub(super) steps: Vec<Step>,
    /// The ranges of the new configuration.
    pub(super) ranges: Vec<Range>,
}

/// What becomes of a range, whose peers have steps of their own.
#[derive(Debug)]
pub(super) struct RangeFate {
    pub(super) name: String,
    pub(super) fate: Fate,
    pub(super) differences: Vec<Difference>,
}

/// What is to be done about one.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) target: Target,
    /// The keywords that changed.
    pub(super) differences: Vec<Difference>,
    /// Whether the session is made again.
    pub(super) resets: bool,
}

/// Where a peer goes.
#[derive(Debug)]
pub(super) enum Target {
    /// It is new.
    Add { neighbor: Box<Neighbor>, statements: Statements },
    /// It was there: `own` when by a section of its own, and not as one of a range.
    Keep { id: PeerId, neighbor: Box<Neighbor>, statements: Statements, own: bool },
    /// It goes.
    Remove { id: PeerId, name: String },
}

impl Plan {
    /// Compares the neighbors of a configuration with the peers there are. Neighbors are the same when their names are.
    pub(super) fn new(
        core: &Core,
        neighbors: Vec<Neighbor>,
        superseded: Vec<Arc<[u32]>>,
        sessions: Sessions,
    ) -> Self {
        // Those with a port of their own may have one name.
        let mut gone: HashMap<&str, VecDeque<PeerId>> = HashMap::new();
        for (id, peer) in core.peers.iter().filter(|(_, peer)| !peer.stopped) {
            gone.entry(&peer.neighbor.name).or_default().push_back(*id);
        }
        let mut plan = Self { fates: Vec::new(), steps: Vec::new(), ranges: Vec::new() };
        let mut superseded = superseded.into_iter();
        for mut neighbor in neighbors {
            let routes = std::mem::take(&mut neighbor.routes);
            let superseded = superseded.next().unwrap_or_default();
            if neighbor.is_range() {
                plan.range(core, neighbor, routes, superseded);
                continue;
            }
            let statements = Statements::own(routes, superseded);
            match gone.get_mut(neighbor.name.as_str()).and_then(VecDeque::pop_front) {
                Some(id) => plan.keep(core, id, neighbor, statements, true, sessions),
                None => plan.push(Target::Add { neighbor: Box::new(neighbor), statements }),
            }
        }
        let mut gone: Vec<(PeerId, &str)> = gone
            .into_iter()
            .flat_map(|(name, ids)| ids.into_iter().map(move |id| (id, name)))
            .collect();
        gone.sort_unstable();
        for (id, name) in gone {
            match plan.still_in_range(core, id) {
                Some((neighbor, statements)) => {
                    plan.keep(core, id, neighbor, statements, false, sessions);
                }
                None => plan.push(Target::Remove { id, name: name.to_owned() }),
            }
        }
        let ranges = &plan.ranges;
        let still = |name: &str| ranges.iter().any(|range| range.section.name == name);
        let gone = core.ranges.iter().map(|range| &range.section.name).filter(|name| !still(name));
        plan.fates.extend(gone.map(|name| RangeFate {
            name: name.clone(),
            fate: Fate::Removed,
            differences: Vec::new(),
        }));
        plan
    }

    fn push(&mut self, target: Target) {
        self.steps.push(Step { target, differences: Vec::new(), resets: false });
    }

    fn range(
        &mut self,
        core: &Core,
        section: Neighbor,
        routes: ConfiguredRoutes,
        superseded: Arc<[u32]>,
    ) {
        let old = core.ranges.iter().find(|range| range.section.name == section.name);
        let differences = old.map(|old| old.section.differences(&section)).unwrap_or_default();
        let fate = match old {
            None => Fate::Added,
            Some(old) if differences.is_empty() && old.routes == routes => Fate::Kept,
            Some(_) => Fate::Changed,
        };
        self.fates.push(RangeFate { name: section.name.clone(), fate, differences });
        self.ranges.push(Range { section, routes, superseded });
    }

    fn keep(
        &mut self,
        core: &Core,
        id: PeerId,
        neighbor: Neighbor,
        statements: Statements,
        own: bool,
        sessions: Sessions,
    ) {
        let Some(peer) = core.peers.get(&id) else { return };
        let differences = peer.neighbor.differences(&neighbor);
        let resets = sessions == Sessions::Restart
            || differences.iter().any(|change| change.consequence == Consequence::Reset);
        let neighbor = Box::new(neighbor);
        let target = Target::Keep { id, neighbor, statements, own };
        self.steps.push(Step { target, differences, resets });
    }

    /// What a range of the new configuration says for a peer that an earlier one let in.
    fn still_in_range(&self, core: &Core, id: PeerId) -> Option<(Neighbor, Statements)> {
        let peer = core.peers.get(&id).filter(|peer| peer.ephemeral)?;
        let (remote, local) = (peer.key.peer, peer.neighbor.local_address?);
        let range = self.ranges.iter().find(|Range { section, .. }| {
            section.peer.contains(remote)
                && section.local_address.is_none_or(|address| address == local)
        })?;
        Some((peer::member(range, local, remote), Statements::of(range)))
    }

    /// Counts the neighbors.
    pub(super) fn count(&self, summary: &mut ReloadSummary) {
        let fates = self.fates.iter().map(|range| range.fate);
        for fate in fates.chain(self.steps.iter().map(Step::fate)) {
            *match fate {
                Fate::Kept => &mut summary.kept,
                Fate::Changed => &mut summary.changed,
                Fate::Reset => &mut summary.reset,
                Fate::Added => &mut summary.added,
                Fate::Removed => &mut summary.removed,
            } += 1;
        }
    }
}

/// What becomes of a neighbor, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    Changed,
    Reset,
    Added,
    Removed,
}

impl Fate {
    /// The word.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Changed => "changed in place",
            Self::Reset => "reset",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

impl Step {
    pub(super) fn fate(&self) -> Fate {
        match self.target {
            Target::Add { .. } => Fate::Added,
            Target::Remove { .. } => Fate::Removed,
            Target::Keep { .. } if self.resets => Fate::Reset,
            Target::Keep { .. } if self.differences.is_empty() => Fate::Kept,
            Target::Keep { .. } => Fate::Changed,
        }
    }

    /// The name of the neighbor.
    pub(super) fn name(&self) -> &str {
        match &self.target {
            Target::Add { neighbor, .. } | Target::Keep { neighbor, .. } => &neighbor.name,
            Target::Remove { name, .. } => name,
        }
    }
}

/// Why a session is made again: `hold-time 180 -> 90, …`.
pub(super) fn reasons(differences: &[Difference]) -> String {
    let resets = differences.iter().filter(|change| change.consequence == Consequence::Reset);
    let words: Vec<String> = resets
        .map(|Difference { keyword, old, new, .. }| format!("{keyword} {old} -> {new}"))
        .collect();
    words.join(", ")
}
