//! Groups: each peer gets one as a whole, or nothing of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use yottabgp_api::answer;
use yottabgp_api::command::{self, Command, Refusal};
use yottabgp_api::{Encoding, Version};
use yottabgp_wire::route::RouteBuffer;

use super::turn::Turn;
use super::{Scratch, check};
use crate::core::{Core, PeerId, Shared};
use crate::turns;

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

/// So many commands, for one peer each, are done at once; those of one line are, however many they are.
const SLICE: usize = 1024;

/// So many lines are a slice of a large group.
pub(super) const LINES: usize = 64;

/// Executes a group: each peer gets it as a whole, and while a large one is done others have their turn.
pub(super) async fn group(
    shared: &Shared,
    block: Block,
    scratch: &mut Scratch,
) -> Result<(), Refusal> {
    let summary = check::group(shared, &block, scratch).await?;
    let encoding = block.encoding;
    if block.size.saturating_mul(block.selected.len()) <= SLICE {
        let lines: Vec<&str> = block.text.lines().collect();
        let refused =
            shared.borrow_mut().commands(&block, &lines, block.selected.clone(), scratch)?;
        refused.into_values().next().map_or(Ok(()), Err)?;
    } else {
        // Once begun it is done to its end, also when its sender is gone.
        let (shared, mut own) = (shared.clone(), std::mem::take(scratch));
        let task = turns::spawn("a group", async move {
            shared.borrow_mut().begin_group(&block.selected);
            let result = slices(&shared, &block, &mut own).await;
            shared.borrow_mut().end_group(&block.selected);
            (result, own)
        });
        let result;
        (result, *scratch) = task.await.map_err(|error| Refusal::Other(error.to_string()))?;
        result?;
    }
    answer::group_processed(summary, encoding, &mut scratch.answer);
    Ok(())
}

/// Puts a group into the tables of its peers slice by slice.
async fn slices(shared: &Shared, block: &Block, scratch: &mut Scratch) -> Result<(), Refusal> {
    let lines: Vec<&str> = block.text.lines().collect();
    let commands_of_line = block.size.div_ceil(lines.len().max(1));
    let mut turn = Turn::begin();
    let mut first = None;
    for lines in lines.chunks(LINES) {
        let tables_at_once = (SLICE / (lines.len() * commands_of_line).max(1)).max(1);
        // What no peer took, by the number of the command.
        let mut refused: Option<BTreeMap<usize, Refusal>> = None;
        let selected = shared.borrow().selection(block.selected.clone());
        for tables in selected.targets.chunks(tables_at_once) {
            if turn.is_long() {
                tokio::task::yield_now().await;
                turn = Turn::begin();
            }
            let now = shared.borrow_mut().commands(block, lines, tables.concat(), scratch)?;
            match &mut refused {
                Some(refused) => refused.retain(|number, _| now.contains_key(number)),
                None => refused = Some(now),
            }
        }
        first = first.or(refused.unwrap_or_default().into_values().next());
    }
    first.map_or(Ok(()), Err)
}

impl Core {
    /// From now on these peers are sent nothing of their tables.
    fn begin_group(&mut self, peers: &[PeerId]) {
        for id in peers {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.groups += 1;
            }
        }
    }

    /// They are sent what they have by now.
    fn end_group(&mut self, peers: &[PeerId]) {
        for id in peers {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.groups -= 1;
                peer.wake();
            }
        }
    }

    /// Executes lines of a group for some of its peers, with nothing between. Returns what none of them took, by the number
    /// of the command.
    fn commands(
        &mut self,
        block: &Block,
        lines: &[&str],
        peers: Vec<PeerId>,
        scratch: &mut Scratch,
    ) -> Result<BTreeMap<usize, Refusal>, Refusal> {
        let selected = self.selection(peers);
        let mut number = 0;
        let mut refused = BTreeMap::new();
        let mut change = |command: &Command<'_>, route: &RouteBuffer| {
            number += 1;
            if let Err(refusal) = self.change(&block.name, &selected, command, route) {
                refused.insert(number, refusal);
            }
        };
        let Scratch { tokens, route, .. } = scratch;
        for line in lines {
            match command::parse(line, block.version, tokens, route)?.command {
                Command::Group(group) => {
                    group.for_each(route, |command, route| change(&command, route))?;
                }
                command => change(&command, route),
            }
        }
        Ok(refused)
    }
}
