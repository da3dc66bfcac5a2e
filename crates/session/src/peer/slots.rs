//! The connections of a peer: at most one of each origin.

use crate::collision::Origin;
use crate::connection::Connection;
use crate::event::ConnectionId;

/// The connections: at most one of each origin.
#[derive(Debug, Default)]
pub(super) struct Slots {
    pub(super) outgoing: Option<Connection>,
    pub(super) incoming: Option<Connection>,
}

impl Slots {
    pub(super) fn slot(&mut self, origin: Origin) -> &mut Option<Connection> {
        match origin {
            Origin::Outgoing => &mut self.outgoing,
            Origin::Incoming => &mut self.incoming,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.outgoing.iter().chain(&self.incoming)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.outgoing.iter_mut().chain(&mut self.incoming)
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.iter().find(|connection| connection.link.id == id)
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.iter_mut().find(|connection| connection.link.id == id)
    }

    pub(super) fn take(&mut self, id: ConnectionId) -> Option<Connection> {
        let is_it = |connection: &mut Connection| connection.link.id == id;
        self.outgoing.take_if(is_it).or_else(|| self.incoming.take_if(is_it))
    }

    /// The other connection than this.
    pub(super) fn sibling(&self, id: ConnectionId) -> Option<&Connection> {
        self.iter().find(|connection| connection.link.id != id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outgoing.is_none() && self.incoming.is_none()
    }

    pub(super) fn ids(&self) -> Vec<ConnectionId> {
        self.iter().map(|connection| connection.link.id).collect()
    }
}
