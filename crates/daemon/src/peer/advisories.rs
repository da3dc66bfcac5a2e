//! The OPERATIONAL messages that a session starts with: those of the configuration, and the last static advisory (ASM) of
//! each family that a command sent, which takes the place of the one of the configuration.

use std::time::Instant;

use tracing::{debug, warn};
use yottabgp_session::peer::CommandError;
use yottabgp_wire::codes::OperationalType;
use yottabgp_wire::message::operational::Operational;

use super::PeerState;
use crate::core::{Core, PeerId};

/// What commands have sent that new sessions are told, too: one message for each family.
#[derive(Debug, Default)]
pub(crate) struct Advisories(Vec<Operational<'static>>);

impl Advisories {
    /// Keeps a message that was sent, if it is a static advisory.
    pub(crate) fn sent(&mut self, message: &Operational<'static>) {
        if message.kind() != OperationalType::ASM {
            return;
        }
        match self.0.iter_mut().find(|other| other.family() == message.family()) {
            Some(other) => *other = message.clone(),
            None => self.0.push(message.clone()),
        }
    }
}

impl PeerState {
    fn greetings(&self) -> Vec<Operational<'static>> {
        let replaced = |message: &&Operational<'static>| {
            message.kind() == OperationalType::ASM
                && self.advisories.0.iter().any(|other| other.family() == message.family())
        };
        let configured = self.neighbor.operational.iter().filter(|message| !replaced(message));
        configured.chain(&self.advisories.0).cloned().collect()
    }
}

impl Core {
    /// Sends what a session starts with.
    pub(super) fn greet(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get(&id) else { return };
        let (messages, address) = (peer.greetings(), peer.key.peer);
        if messages.is_empty() {
            return;
        }
        let result = self.with_session(id, |session, events| {
            messages
                .into_iter()
                .try_for_each(|message| session.operational(Instant::now(), message, events))
        });
        match result {
            None | Some(Ok(())) => {}
            // It came up and went down at once.
            Some(Err(CommandError::NotEstablished)) => {
                debug!(target: "yottabgp::network", "{address}: OPERATIONAL messages were not sent");
            }
            Some(Err(error)) => {
                warn!(target: "yottabgp::network", "{address}: OPERATIONAL messages are not sent: {error}");
            }
        }
    }
}
