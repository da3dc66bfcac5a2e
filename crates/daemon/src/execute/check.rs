//! What a group is asked before any of it is done: whether some peer takes each of its commands.

use yottabgp_api::command::{self, Command, GroupSummary, Refusal};
use yottabgp_session::State;
use yottabgp_session::peer::CommandError;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Negotiated, Refresh};
use yottabgp_wire::route::{RouteBuffer, Verb};

use super::Scratch;
use super::group::{Block, LINES};
use super::turn::Turn;
use crate::core::{Core, PeerId, Shared};
use crate::peer::PeerState;

/// Refuses a group for the first of its commands that no peer takes; otherwise says what it will have done. Nothing is changed.
pub(super) async fn group(
    shared: &Shared,
    block: &Block,
    scratch: &mut Scratch,
) -> Result<GroupSummary, Refusal> {
    let mut checked = Checked::default();
    let mut turn = Turn::begin();
    let mut lines = block.text.lines().peekable();
    while lines.peek().is_some() {
        if turn.is_long() {
            tokio::task::yield_now().await;
            turn = Turn::begin();
        }
        let slice = lines.by_ref().take(LINES);
        shared.borrow_mut().check_lines(block, slice, &mut checked, scratch)?;
    }
    Ok(checked.summary)
}

/// How far a group is checked.
#[derive(Default)]
struct Checked {
    number: usize,
    summary: GroupSummary,
}

impl Core {
    fn check_lines<'a>(
        &mut self,
        block: &Block,
        lines: impl Iterator<Item = &'a str>,
        checked: &mut Checked,
        scratch: &mut Scratch,
    ) -> Result<(), Refusal> {
        let Scratch { tokens, route, .. } = scratch;
        let mut wrong = None;
        let mut check = |command: &Command<'_>, route: &RouteBuffer| {
            checked.number += 1;
            checked.summary.count(command);
            if wrong.is_none()
                && let Err(reason) = self.taken_by_one(&block.selected, command, route)
            {
                let refusal = Box::new(Refusal::Other(reason));
                wrong = Some(Refusal::Group { number: checked.number, refusal });
            }
        };
        for line in lines {
            match command::parse(line, block.version, tokens, route)?.command {
                Command::Group(group) => {
                    group.for_each(route, |command, route| check(&command, route))?;
                }
                command => check(&command, route),
            }
        }
        wrong.map_or(Ok(()), Err)
    }

    /// Whether one of the peers takes a command; otherwise why the first one does not.
    fn taken_by_one(
        &mut self,
        peers: &[PeerId],
        command: &Command<'_>,
        route: &RouteBuffer,
    ) -> Result<(), String> {
        let mut reason = None;
        for id in peers {
            let Some(peer) = self.peers.get(id) else { continue };
            match peer.takes(command, route, &mut self.encoder) {
                Ok(()) => return Ok(()),
                Err(why) => reason = reason.or_else(|| Some(format!("{}: {why}", peer.key.peer))),
            }
        }
        Err(reason.unwrap_or_else(|| "the neighbor is gone".to_owned()))
    }
}

impl PeerState {
    /// Whether a command would be done, as far as can be said without doing it.
    fn takes(
        &self,
        command: &Command<'_>,
        route: &RouteBuffer,
        encoder: &mut UpdateEncoder,
    ) -> Result<(), String> {
        match command {
            Command::Route(verb) => self.takes_route(*verb, route, encoder),
            Command::EndOfRib(family) => self.agreed(Some(*family)).map(|_| ()),
            Command::RouteRefresh(family) => match self.agreed(Some(*family))?.refresh {
                Refresh::Absent => Err(CommandError::Capability("route refresh").to_string()),
                _ => Ok(()),
            },
            Command::Operational(_) => match self.agreed(None)?.operational {
                false => Err(CommandError::Capability("operational").to_string()),
                true => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// One of its routes is enough, as it is when they are announced.
    fn takes_route(
        &self,
        verb: Verb,
        route: &RouteBuffer,
        encoder: &mut UpdateEncoder,
    ) -> Result<(), String> {
        if route.nlri().len() == 0 {
            return self.agreed(None).map(|_| ());
        }
        let mut reason = None;
        for nlri in route.nlri() {
            let taken = match self.has_family(nlri.family) {
                Ok(()) if verb == Verb::Withdraw => Ok(()),
                Ok(()) => self.resolve(route.next_hop, nlri.family).and_then(|next_hop| {
                    self.can_send(encoder, route.attributes(), next_hop, nlri)
                }),
                Err(why) => Err(why),
            };
            match taken {
                Ok(()) => return Ok(()),
                Err(why) => reason = reason.or(Some(why)),
            }
        }
        Err(reason.unwrap_or_default())
    }

    /// Whether the neighbor is configured with a family.
    pub(super) fn has_family(&self, family: Family) -> Result<(), String> {
        if self.neighbor.settings.families.contains(&family) {
            return Ok(());
        }
        Err(format!("the family {family} is not configured"))
    }

    /// What the established session agreed upon, with this family.
    fn agreed(&self, family: Option<Family>) -> Result<&Negotiated, String> {
        let established = self.session.state() == State::Established;
        let negotiated = self.session.negotiated().filter(|_| established);
        let negotiated = negotiated.ok_or_else(|| CommandError::NotEstablished.to_string())?;
        match family {
            Some(family) if !negotiated.has_family(family) => {
                Err(CommandError::Family(family).to_string())
            }
            _ => Ok(negotiated),
        }
    }
}
