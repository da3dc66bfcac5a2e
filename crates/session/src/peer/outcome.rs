//! What becomes of connections: they go on, collide, or end.

use std::time::{Duration, Instant};

use yottabgp_wire::codes::error;
use yottabgp_wire::negotiated::{GracefulRestart, Negotiated};

use super::{Ended, Peer};
use crate::collision::{Origin, winner};
use crate::connection::{Connection, Next, Opened, Stage};
use crate::end::{COLLISION, End, GRACEFUL};
use crate::event::{Action, ConnectionId, Event, State};
use crate::link::{Context, Link};

/// A session that was up for so long was a good one: the next try to connect does not wait.
const GOOD_SESSION: Duration = Duration::from_secs(10);

/// Connections whose last octets the driver has not asked for.
const MOST_CLOSING: usize = 16;

impl Peer {
    pub(super) fn proceed(
        &mut self,
        now: Instant,
        id: ConnectionId,
        next: Next,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        match next {
            Next::Stay => {}
            Next::Opened(opened) => self.opened(now, id, *opened, events),
            Next::To(stage) => self.establish(now, id, stage, events),
            Next::End(end) => {
                self.end(now, id, end, events);
                self.rest(now);
            }
        }
    }

    /// The peer's OPEN on this connection is good: if another connection is as far or further, one of them ends
    /// (RFC 4271 section 6.8).
    pub(super) fn opened(
        &mut self,
        now: Instant,
        id: ConnectionId,
        opened: Opened,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        if let Some(sibling) = self.slots.sibling(id) {
            let other = sibling.link.id;
            let loser = match sibling.stage {
                Stage::OpenSent(_) => None,
                Stage::OpenConfirm(_) if preferred(&opened.negotiated) == sibling.link.origin => {
                    Some(id)
                }
                Stage::OpenConfirm(_) => Some(other),
                Stage::Established(_) => Some(id),
            };
            if let Some(loser) = loser {
                self.end(now, loser, collision(), events);
            }
        }
        self.cancel_dial();
        if let Some(connection) = self.slots.get_mut(id) {
            let mut context = self.common.context(id, now, events);
            connection.confirm(opened, &mut context);
        }
    }

    pub(super) fn establish(
        &mut self,
        now: Instant,
        id: ConnectionId,
        stage: Stage,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        // One session is enough: whatever else is under way ends. If that stood for the peer, this does from now on.
        if let Some(sibling) = self.slots.sibling(id) {
            let other = sibling.link.id;
            self.end(now, other, collision(), events);
        }
        let Some(connection) = self.slots.get_mut(id) else { return };
        connection.stage = stage;
        if let Stage::Established(state) = &mut connection.stage {
            let mut context = self.common.context(id, now, events);
            state.enter(&mut connection.link, &mut context);
            self.common.restarted = false;
        }
    }

    /// Ends a connection, if it is there: tells the peer, tells the driver, and lets another connection stand for the
    /// peer if there is one.
    pub(super) fn end(
        &mut self,
        now: Instant,
        id: ConnectionId,
        end: End,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        let Some(mut connection) = self.slots.take(id) else { return };
        let negotiated = connection.negotiated().cloned();
        let mut context = self.common.context(id, now, events);
        if let End::Notify { notification, .. } = &end {
            connection.link.send_notification(&mut context, negotiated.as_deref(), notification);
        }
        context.statistics.ended += 1;
        if let Stage::Established(state) = &connection.stage
            && state.since.is_some_and(|since| since + GOOD_SESSION <= now)
        {
            self.dialer.reset_backoff();
        }
        if !matches!(end, End::Lost(_)) {
            self.close(connection.link);
        }
        if self.common.visible == Some(id) {
            self.common.visible = None;
            self.ended = Some(Ended { at: now, explanation: end.explanation() });
            events(Event::Down { reason: &end.reason(), ending: end.ending() });
            events(Event::Fsm(State::Idle));
            if let Some(other) = self.slots.iter().next() {
                let id = other.link.id;
                self.common.visible = Some(id);
                other.tell_all(&mut self.common.context(id, now, events));
            }
        }
    }

    /// Lets the driver close a connection, after what is left to be sent on it.
    pub(super) fn close(&mut self, mut link: Link) {
        let mut rest = Vec::new();
        link.take_queue(&mut rest);
        if !rest.is_empty() {
            self.closing.push_back((link.id, rest));
        }
        while self.closing.len() > MOST_CLOSING {
            self.closing.pop_front();
        }
        self.actions.push_back(Action::Close(link.id));
    }

    /// What is left to be sent on a connection that ended.
    pub(crate) fn take_closing(&mut self, id: ConnectionId) -> Option<Vec<u8>> {
        let at = self.closing.iter().position(|(closing, _)| *closing == id)?;
        self.closing.remove(at).map(|(_, rest)| rest)
    }

    /// A connection, and what it needs to do something.
    pub(crate) fn with_context<'a>(
        &'a mut self,
        id: ConnectionId,
        now: Instant,
        events: &'a mut dyn FnMut(Event<'_>),
    ) -> Option<(&'a mut Connection, Context<'a>)> {
        let connection = self.slots.get_mut(id)?;
        Some((connection, self.common.context(id, now, events)))
    }

    pub(super) fn next_id(&mut self) -> ConnectionId {
        self.last_id += 1;
        ConnectionId(self.last_id)
    }
}

/// The origin of the connection that a collision leaves.
pub(super) fn preferred(negotiated: &Negotiated) -> Origin {
    winner(
        (negotiated.local_router_id, negotiated.local_as),
        (negotiated.peer_router_id, negotiated.peer_as),
    )
}

pub(super) fn collision() -> End {
    let explanation = "the peer and we have connected to each other, and one connection is enough";
    End::cease(error::cease::CONNECTION_COLLISION, Some(COLLISION), explanation)
}

/// How a session ends that may be graceful: without a word, if the peer keeps the routes then, and would not after a
/// NOTIFICATION.
pub(super) fn gracefully(connection: &Connection, end: End) -> End {
    match graceful_restart(connection) {
        Some(agreed) if agreed.negotiated && !agreed.notification => End::Silent(GRACEFUL.into()),
        _ => end,
    }
}

/// How a session ends after which the peer is to keep nothing: with a hard reset, if it keeps the routes after any other
/// NOTIFICATION (RFC 8538).
pub(super) fn for_good(connection: &Connection, end: End) -> End {
    match graceful_restart(connection) {
        Some(agreed) if agreed.notification => end.hard(),
        _ => end,
    }
}

/// What an established session agreed upon.
fn graceful_restart(connection: &Connection) -> Option<&GracefulRestart> {
    let established = connection.state() == State::Established;
    let negotiated = connection.negotiated().filter(|_| established)?;
    Some(&negotiated.graceful_restart)
}
