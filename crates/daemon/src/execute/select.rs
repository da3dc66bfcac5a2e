//! Whom a command is about: peers, and the tables that they have in common.

use std::collections::HashMap;
use std::rc::Rc;

use yottabgp_api::command::Refusal;
use yottabgp_api::event::ProcessId;
use yottabgp_api::select::Selector;

use crate::core::{Core, PeerId};

/// So many selections are kept.
const MOST_KEPT: usize = 1024;

/// Selected peers.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// All of them, in order.
    pub(crate) peers: Vec<PeerId>,
    /// The same, those of one table together.
    pub(crate) targets: Vec<Vec<PeerId>>,
    /// What it is true for.
    generation: u64,
}

/// What was selected before: a helper says the same again and again.
#[derive(Debug, Default)]
pub(crate) struct Selections {
    /// The last one.
    last: Option<(ProcessId, Selector, Rc<Selection>)>,
    kept: HashMap<(ProcessId, Selector), Rc<Selection>>,
}

impl Selections {
    /// Peers came, went or changed.
    pub(crate) fn clear(&mut self) {
        self.last = None;
        self.kept.clear();
    }
}

impl Core {
    /// The peers that a sender may command and that are selected.
    pub(super) fn select(
        &mut self,
        id: ProcessId,
        selector: &Selector,
    ) -> Result<Rc<Selection>, Refusal> {
        if let Some((last, other, found)) = &self.selections.last
            && (*last, other) == (id, selector)
            && self.is_true(found)
        {
            return Ok(found.clone());
        }
        let key = (id, selector.clone());
        if let Some(found) = self.selections.kept.get(&key).filter(|found| self.is_true(found)) {
            let found = found.clone();
            self.selections.last = Some((key.0, key.1, found.clone()));
            return Ok(found);
        }
        let everything = self.senders.get(&id).is_some_and(|sender| sender.is_client);
        let peers: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.stopped && (everything || peer.commanders.contains(&id)))
            .filter(|(_, peer)| selector.matches(&peer.key))
            .map(|(id, _)| *id)
            .collect();
        if peers.is_empty() {
            return Err(Refusal::NoPeer(selector.to_string()));
        }
        let selection = Rc::new(self.selection(peers));
        if self.selections.kept.len() >= MOST_KEPT {
            self.selections.clear();
        }
        self.selections.kept.insert(key, selection.clone());
        Ok(selection)
    }

    /// The same of those that a sender may only look at: all of them.
    pub(super) fn look(&self, selector: &Selector) -> Result<Vec<PeerId>, Refusal> {
        let selected: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.stopped && selector.matches(&peer.key))
            .map(|(id, _)| *id)
            .collect();
        if selected.is_empty() && *selector != Selector::All {
            return Err(Refusal::NoPeer(selector.to_string()));
        }
        Ok(selected)
    }

    /// These peers, as far as they are there, by table.
    pub(crate) fn selection(&self, peers: Vec<PeerId>) -> Selection {
        let mut places = HashMap::new();
        let mut targets: Vec<Vec<PeerId>> = Vec::new();
        for id in &peers {
            let Some(peer) = self.peers.get(id) else { continue };
            let place = *places.entry(peer.table).or_insert(targets.len());
            match targets.get_mut(place) {
                Some(target) => target.push(*id),
                None => targets.push(vec![*id]),
            }
        }
        Selection { peers, targets, generation: self.tables.generation() }
    }

    /// Whether the peers are still in the tables of a selection.
    pub(super) const fn is_true(&self, selection: &Selection) -> bool {
        selection.generation == self.tables.generation()
    }
}
