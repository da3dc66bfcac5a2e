//! What happens to TCP connections: they come up, bring octets, take octets, and go.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use yottabgp_wire::codes::{MessageType, error};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};

use super::outcome::preferred;
use super::{Ended, Peer};
use crate::collision::Origin;
use crate::connection::{Connection, Input, Opened, Stage};
use crate::end::End;
use crate::event::{ConnectionId, Event, State};
use crate::link::{Link, Message};

/// A peer with graceful restart that connects again means that it restarted (RFC 4724 section 5), unless the session is one
/// that we dialed, and so young that both sides have dialed at once.
const YOUNG_SESSION: Duration = Duration::from_secs(5);

impl Peer {
    /// The connection that [`Action::Connect`](crate::Action::Connect) asked for is up.
    pub fn connected(
        &mut self,
        now: Instant,
        id: ConnectionId,
        local: SocketAddr,
        remote: SocketAddr,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        if self.dialer.connected(id) {
            self.begin(now, Link::new(id, Origin::Outgoing, local, remote), events);
        }
    }

    /// The peer has connected. The returned name is to be used like that of a connection of our own: it may have been
    /// refused, in which case [`Action::Close`](crate::Action::Close) follows, and [`Self::poll_transmit`] has what the peer is told.
    pub fn incoming(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        events: &mut dyn FnMut(Event<'_>),
    ) -> ConnectionId {
        let id = self.next_id();
        let link = Link::new(id, Origin::Incoming, local, remote);
        if !self.dialer.is_running() {
            self.refuse(now, link, error::cease::CONNECTION_REJECTED, events);
        } else if self.make_room(now, events) {
            self.begin(now, link, events);
        } else {
            self.refuse(now, link, error::cease::CONNECTION_COLLISION, events);
        }
        id
    }

    /// Whether one more connection of the peer has a place; takes it from another if that has to make way.
    fn make_room(&mut self, now: Instant, events: &mut dyn FnMut(Event<'_>)) -> bool {
        if let Some(connection) = self.established() {
            let Stage::Established(state) = &connection.stage else { return false };
            let restarts = !state.opened.negotiated.graceful_restart.peer_families.is_empty()
                && (connection.link.origin == Origin::Incoming
                    || state.since.is_some_and(|since| since + YOUNG_SESSION <= now));
            if restarts {
                // The routes stay for the next session (RFC 4724 section 5): nothing is said on the old connection.
                let id = connection.link.id;
                let why = "the peer restarted: it has made a new connection";
                self.end(now, id, End::Silent(why.into()), events);
            }
            return restarts;
        }
        if let Some(Opened { negotiated, .. }) =
            self.slots.outgoing.as_ref().and_then(Connection::opened)
            && preferred(negotiated) == Origin::Outgoing
        {
            // RFC 4271 section 6.8 would close it when its OPEN comes.
            return false;
        }
        match &self.slots.incoming {
            None => true,
            Some(connection) if connection.state() == State::OpenSent => {
                let id = connection.link.id;
                let why = "the peer has made another connection";
                let end = End::cease(error::cease::CONNECTION_COLLISION, None, why);
                self.end(now, id, end, events);
                true
            }
            Some(_) => false,
        }
    }

    fn begin(&mut self, now: Instant, mut link: Link, events: &mut dyn FnMut(Event<'_>)) {
        let (id, origin) = (link.id, link.origin);
        self.dialer.rest();
        self.common.visible.get_or_insert(id);
        let mut context = self.common.context(id, now, events);
        link.unread = false;
        *self.slots.slot(origin) = Some(Connection::start(link, &mut context));
    }

    /// Closes a connection of the peer as soon as it has come.
    fn refuse(
        &mut self,
        now: Instant,
        mut link: Link,
        subcode: u8,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        let id = link.id;
        let notification = Notification::new(error::CEASE, subcode);
        let mut context = self.common.context(id, now, events);
        link.send_notification(&mut context, None, &notification);
        self.close(link);
    }

    /// [`Action::Connect`](crate::Action::Connect) failed. Nothing is told but that it was tried again, later.
    pub fn connect_failed(&mut self, now: Instant, id: ConnectionId, why: &str) {
        if self.dialer.connected(id) {
            self.ended = Some(Ended { at: now, explanation: why.to_owned() });
            self.rest(now);
        }
    }

    /// TCP was closed by the peer, or broke. Whatever was read before is to be given to [`Self::receive`] first. `why` is
    /// what the `down` event says.
    pub fn closed(
        &mut self,
        now: Instant,
        id: ConnectionId,
        why: &str,
        events: &mut dyn FnMut(Event<'_>),
    ) {
        self.connect_failed(now, id, why);
        self.end(now, id, End::Lost(why.to_owned()), events);
        self.rest(now);
    }

    /// Takes octets of the peer. Returns how many were consumed; the rest is the start of a message, and is to be given
    /// again with what follows it.
    pub fn receive(
        &mut self,
        now: Instant,
        id: ConnectionId,
        octets: &[u8],
        events: &mut dyn FnMut(Event<'_>),
    ) -> usize {
        let mut consumed = 0;
        loop {
            // What follows the end of a session is nobody's.
            let Some(connection) = self.slots.get_mut(id) else { return octets.len() };
            let rest = octets.get(consumed..).unwrap_or_default();
            let input = match frame(rest, connection.largest_message()) {
                Frame::NeedMore(_) => return consumed,
                Frame::Message { kind, header, body, length } => {
                    consumed += length;
                    Input::message(Message { kind, header, body })
                }
                Frame::Error(_)
                    if rest.get(HEADER_LENGTH - 1) == Some(&MessageType::NOTIFICATION.0) =>
                {
                    // A NOTIFICATION is not answered with another one (RFC 4271 section 6.4).
                    let why = "the peer sent a malformed NOTIFICATION";
                    self.end(now, id, End::Silent(why.into()), events);
                    self.rest(now);
                    return octets.len();
                }
                Frame::Error(notification) => Input::Malformed(notification),
            };
            let mut context = self.common.context(id, now, events);
            let next = connection.handle(input, &mut context);
            self.proceed(now, id, next, events);
        }
    }

    /// The socket took so many octets of what [`Self::poll_transmit`] gave: the send hold timer (RFC 9687) starts again.
    pub fn written(&mut self, now: Instant, id: ConnectionId, octets: usize) {
        if let Some(connection) = self.slots.get_mut(id) {
            connection.link.written(now, octets);
        }
    }

    /// Whether octets of the peer wait that the driver does not read, for want of room elsewhere. As long as they do,
    /// the peer is not silent: the hold timer does not end the session.
    pub fn unread(&mut self, id: ConnectionId, unread: bool) {
        if let Some(connection) = self.slots.get_mut(id) {
            connection.link.unread = unread;
        }
    }
}
