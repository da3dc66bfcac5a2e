//! What is counted of a peer.

use yottabgp_wire::codes::MessageType;
use yottabgp_wire::negotiated::Direction;

/// Messages of each type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages([u64; 7]);

impl Messages {
    /// How many of this type.
    pub fn of(&self, kind: MessageType) -> u64 {
        self.0.get(usize::from(kind.0)).copied().unwrap_or(0)
    }

    /// How many of all types.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn count(&mut self, kind: MessageType) {
        if let Some(count) = self.0.get_mut(usize::from(kind.0)) {
            *count += 1;
        }
    }
}

/// The counts of a peer since it was made, over all its sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Messages that came.
    pub received: Messages,
    /// Messages that were handed to the driver, or are about to be.
    pub sent: Messages,
    /// Sessions that became established.
    pub established: u64,
    /// Connections that ended, established or not.
    pub ended: u64,
}

impl Statistics {
    pub(crate) fn count(&mut self, direction: Direction, kind: MessageType) {
        match direction {
            Direction::Receive => self.received.count(kind),
            Direction::Send => self.sent.count(kind),
        }
    }
}
