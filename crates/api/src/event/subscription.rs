//! What a process wants to hear of a peer: the `api` blocks of the configuration that name it.

use yottabgp_wire::codes::MessageType;
use yottabgp_wire::negotiated::Direction;

/// The words of a `receive` or `send` section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MessageFlags {
    /// Messages are decoded.
    pub parsed: bool,
    /// Messages are shown as octets.
    pub packets: bool,
    /// Both in one event.
    pub consolidate: bool,
    /// OPEN.
    pub open: bool,
    /// UPDATE.
    pub update: bool,
    /// NOTIFICATION.
    pub notification: bool,
    /// KEEPALIVE.
    pub keepalive: bool,
    /// ROUTE-REFRESH.
    pub refresh: bool,
    /// OPERATIONAL.
    pub operational: bool,
}

/// What a process wants to hear of a peer.
///
/// A message is told if its type and a form of it are asked for, by the same process: ExaBGP looks whether *any* process
/// asked for a form, so that one gets what another one wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// `neighbor-changes`: connected, up and down.
    pub neighbor_changes: bool,
    /// `negotiated`: an event once agreed, and a member of UPDATE and packets events.
    pub negotiated: bool,
    /// `fsm`: every change of state.
    pub fsm: bool,
    /// `signal`: signals that the daemon gets.
    pub signal: bool,
    /// Messages of the peer.
    pub receive: MessageFlags,
    /// Messages to the peer.
    pub send: MessageFlags,
}

/// How a message is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As octets.
    Packet,
    /// Decoded.
    Parsed {
        /// With its octets.
        raw: bool,
    },
}

/// What somebody wants of a message: it need not be decoded if nobody does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Its content.
    pub parsed: bool,
    /// Its octets.
    pub raw: bool,
}

impl MessageFlags {
    /// Adds what another block asks for.
    pub const fn merge(&mut self, other: &Self) {
        self.parsed |= other.parsed;
        self.packets |= other.packets;
        self.consolidate |= other.consolidate;
        self.open |= other.open;
        self.update |= other.update;
        self.notification |= other.notification;
        self.keepalive |= other.keepalive;
        self.refresh |= other.refresh;
        self.operational |= other.operational;
    }

    const fn has(&self, kind: MessageType) -> bool {
        match kind {
            MessageType::OPEN => self.open,
            MessageType::UPDATE => self.update,
            MessageType::NOTIFICATION => self.notification,
            MessageType::KEEPALIVE => self.keepalive,
            MessageType::ROUTE_REFRESH => self.refresh,
            MessageType::OPERATIONAL => self.operational,
            _ => false,
        }
    }

    /// How messages of a type are told: as octets first, then decoded.
    const fn forms(&self, kind: MessageType) -> [Option<Form>; 2] {
        if !self.has(kind) {
            return [None, None];
        }
        [
            if self.packets && !self.consolidate { Some(Form::Packet) } else { None },
            if self.parsed || self.consolidate {
                Some(Form::Parsed { raw: self.packets && self.consolidate })
            } else {
                None
            },
        ]
    }
}

impl Subscription {
    /// Adds what another `api` block asks for on behalf of the same process.
    pub const fn merge(&mut self, other: &Self) {
        self.neighbor_changes |= other.neighbor_changes;
        self.negotiated |= other.negotiated;
        self.fsm |= other.fsm;
        self.signal |= other.signal;
        self.receive.merge(&other.receive);
        self.send.merge(&other.send);
    }

    /// How a message is told: as octets first, then decoded.
    pub const fn forms(&self, direction: Direction, kind: MessageType) -> [Option<Form>; 2] {
        match direction {
            Direction::Receive => self.receive.forms(kind),
            Direction::Send => self.send.forms(kind),
        }
    }

    /// What is wanted of a message.
    pub fn wants(&self, direction: Direction, kind: MessageType) -> Wants {
        let mut wants = Wants::default();
        for form in self.forms(direction, kind).into_iter().flatten() {
            match form {
                Form::Packet => wants.raw = true,
                Form::Parsed { raw } => {
                    wants.parsed = true;
                    wants.raw |= raw;
                }
            }
        }
        wants
    }
}
