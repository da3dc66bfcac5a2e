//! Groups: each peer gets one as a whole, or nothing of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use yottabgp_api::answer;
use yottabgp_api::command::{self, Command, GroupSummary, Refusal};
use yottabgp_api::{Encoding, Version};
use yottabgp_wire::route::RouteBuffer;

use super::{Scratch, check};
use crate::core::{Core, PeerId, Shared};

/// A group that is to be executed: a line `group …`, or the lines of a block.
pub(super) struct Block {
    pub(super) name: Arc<str>,
    pub(super) selected: Vec<PeerId>,
    pub(super) text: String,
    /// How many commands it has, about.
    pub(super) size: usize,
    pub(super) version: Version,
    pub(super) encoding: Encoding,
    pub(super) sync: bool,
}

/// Executes a group: each peer gets it as a whole, and between peers others have their turn.
pub(super) async fn group(
    shared: &Shared,
    block: &Block,
    scratch: &mut Scratch,
) -> Result<(), Refusal> {
    check::group(shared, block, scratch).await?;
    let at_once = (super::SLICE / block.size.max(1)).max(1);
    let mut summary = GroupSummary::default();
    // What no peer took, by the number of the command.
    let mut failed: Option<BTreeMap<usize, Refusal>> = None;
    for peers in block.selected.chunks(at_once) {
        if failed.is_some() {
            tokio::task::yield_now().await;
        }
        let refused;
        (summary, refused) = shared.borrow_mut().group(block, peers, scratch)?;
        match &mut failed {
            Some(failed) => failed.retain(|number, _| refused.contains_key(number)),
            None => failed = Some(refused),
        }
    }
    if let Some(refusal) = failed.unwrap_or_default().into_values().next() {
        return Err(refusal);
    }
    answer::group_processed(summary, block.encoding, &mut scratch.answer);
    Ok(())
}

impl Core {
    /// Executes a group for some of its peers, with nothing between. Returns what it did, and what none of them took.
    fn group(
        &mut self,
        block: &Block,
        peers: &[PeerId],
        scratch: &mut Scratch,
    ) -> Result<(GroupSummary, BTreeMap<usize, Refusal>), Refusal> {
        let mut summary = GroupSummary::default();
        let mut number = 0;
        let mut refused = BTreeMap::new();
        let mut change = |command: &Command<'_>, route: &RouteBuffer| {
            number += 1;
            summary.count(command);
            if let Err(refusal) = self.change(&block.name, peers, command, route) {
                refused.insert(number, refusal);
            }
        };
        let Scratch { tokens, route, .. } = scratch;
        for line in block.text.lines() {
            match command::parse(line, block.version, tokens, route)?.command {
                Command::Group(group) => {
                    group.for_each(route, |command, route| change(&command, route))?;
                }
                command => change(&command, route),
            }
        }
        Ok((summary, refused))
    }
}
