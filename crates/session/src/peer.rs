//! One configured neighbor: dials or waits, resolves collisions, and owns the one or two TCP connections of the moment.

mod command;
mod dial;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use yottabgp_wire::codes::{MessageType, error};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};
use yottabgp_wire::negotiated::Negotiated;

use crate::collision::{Origin, winner};
use crate::connection::{Connection, Input, Next, Opened, Stage};
use crate::end::{COLLISION, End, GRACEFUL};
use crate::event::{Action, ConnectionId, Event, State};
use crate::link::{Context, Link, Message};
use crate::random::Random;
use crate::settings::Settings;
use crate::statistics::Statistics;
use dial::Dialer;

pub use command::CommandError;

/// A session that was up for so long was a good one: the next try to connect does not wait.
const GOOD_SESSION: Duration = Duration::from_secs(10);

/// A peer with graceful restart that connects again means that it restarted (RFC 4724 section 5), unless the session is
/// so young that both sides have dialed at once.
const YOUNG_SESSION: Duration = Duration::from_secs(5);

/// Connections whose last octets the driver has not asked for.
const MOST_CLOSING: usize = 16;

/// Why a peer is stopped for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The program ends: Cease, Administrative Shutdown. With graceful restart the TCP connection is closed without a
    /// NOTIFICATION, so that the peer keeps the routes until the program is back.
    Shutdown,
    /// The neighbor is no longer configured: Cease, Peer De-configured.
    Removed,
}

/// Why a session ends and is made again.
#[derive(Clone, Debug)]
pub enum Reset {
    /// Somebody asked for it: Cease, Administrative Reset.
    Administrative,
    /// The configuration has changed, and these are the new settings: Cease, Other Configuration Change.
    Configuration(Arc<Settings>),
}

/// How and when the last connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Instant,
    /// Why, for people.
    pub explanation: String,
}

/// A configured neighbor. See the [crate] for how it is driven.
///
/// Every verb that makes something happen takes the present time and a closure that is told what happens, in order.
#[derive(Debug)]
pub struct Peer {
    common: Common,
    dialer: Dialer,
    slots: Slots,
    /// What is left to be sent on connections that end.
    closing: VecDeque<(ConnectionId, Vec<u8>)>,
    actions: VecDeque<Action>,
    last_id: u64,
    ended: Option<Ended>,
    /// The number of the last OPERATIONAL question.
    sequence: u32,
    pub(crate) report_sent: bool,
}

/// What connections use of their peer.
#[derive(Debug)]
struct Common {
    settings: Arc<Settings>,
    random: Random,
    statistics: Statistics,
    restarted: bool,
    /// The connection that stands for the peer in events.
    visible: Option<ConnectionId>,
}

impl Common {
    fn context<'a>(
        &'a mut self,
        id: ConnectionId,
        now: Instant,
        events: &'a mut dyn FnMut(Event<'_>),
    ) -> Context<'a> {
        Context {
            now,
            settings: &self.settings,
            random: &mut self.random,
            statistics: &mut self.statistics,
            restarted: self.restarted,
            visible: self.visible == Some(id),
            events,
        }
    }
}

/// The connections: at most one of each origin.
#[derive(Debug, Default)]
struct Slots {
    outgoing: Option<Connection>,
    incoming: Option<Connection>,
}

impl Slots {
    fn slot(&mut self, origin: Origin) -> &mut Option<Connection> {
        match origin {
            Origin::Outgoing => &mut self.outgoing,
            Origin::Incoming => &mut self.incoming,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.outgoing.iter().chain(&self.incoming)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.outgoing.iter_mut().chain(&mut self.incoming)
    }

    fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.iter().find(|connection| connection.link.id == id)
    }

    fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.iter_mut().find(|connection| connection.link.id == id)
    }

    fn take(&mut self, id: ConnectionId) -> Option<Connection> {
        let is_it = |connection: &mut Connection| connection.link.id == id;
        self.outgoing.take_if(is_it).or_else(|| self.incoming.take_if(is_it))
    }

    /// The other connection than this.
    fn sibling(&self, id: ConnectionId) -> Option<&Connection> {
        self.iter().find(|connection| connection.link.id != id)
    }

    fn is_empty(&self) -> bool {
        self.outgoing.is_none() && self.incoming.is_none()
    }

    fn ids(&self) -> Vec<ConnectionId> {
        self.iter().map(|connection| connection.link.id).collect()
    }
}

impl Peer {
    /// A neighbor that does nothing before [`Self::start`]. `seed` makes its jitter; peers should have different ones.
    pub fn new(settings: Arc<Settings>, seed: u64) -> Self {
        Self {
            common: Common {
                settings,
                random: Random::new(seed),
                statistics: Statistics::default(),
                restarted: true,
                visible: None,
            },
            dialer: Dialer::default(),
            slots: Slots::default(),
            closing: VecDeque::new(),
            actions: VecDeque::new(),
            last_id: 0,
            ended: None,
            sequence: 0,
            report_sent: false,
        }
    }

    // What is known of it.

    /// The settings of the sessions to come, and of this one.
    pub const fn settings(&self) -> &Arc<Settings> {
        &self.common.settings
    }

    /// The state: of its connections the furthest.
    pub fn state(&self) -> State {
        let connected = self.slots.iter().map(Connection::state).max();
        connected.unwrap_or_else(|| self.dialer.state(&self.common.settings))
    }

    /// What the established session agreed upon.
    pub fn negotiated(&self) -> Option<&Arc<Negotiated>> {
        self.established().and_then(Connection::negotiated)
    }

    /// Our OPEN and the peer's, of the established session.
    pub fn opens(&self) -> Option<(&Open, &Open)> {
        let opened = self.established()?.opened()?;
        Some((&opened.ours, &opened.theirs))
    }

    /// Since when the session is established.
    pub fn established_since(&self) -> Option<Instant> {
        match &self.established()?.stage {
            Stage::Established(state) => state.since,
            Stage::OpenSent(_) | Stage::OpenConfirm(_) => None,
        }
    }

    /// The connection of the established session.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.established().map(|connection| connection.link.id)
    }

    /// How the last connection ended.
    pub const fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Messages and sessions so far.
    pub const fn statistics(&self) -> &Statistics {
        &self.common.statistics
    }

    fn established(&self) -> Option<&Connection> {
        self.slots.iter().find(|connection| connection.state() == State::Established)
    }

    // Connections.

    /// The connection that [`Action::Connect`] asked for is up.
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
    /// refused, in which case [`Action::Close`] follows, and [`Self::poll_transmit`] has what the peer is told.
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
                && state.since.is_some_and(|since| since + YOUNG_SESSION <= now);
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

    /// [`Action::Connect`] failed. Nothing is told but that it was tried again, later.
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

    // Time.

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        let links = self.slots.iter().filter_map(|connection| connection.link.deadline());
        links.chain(self.dialer.deadline()).min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, events: &mut dyn FnMut(Event<'_>)) {
        for id in self.slots.ids() {
            while let Some(connection) = self.slots.get_mut(id)
                && let Some(expired) = connection.link.expired(now)
            {
                let mut context = self.common.context(id, now, events);
                let next = connection.handle(Input::Expired(expired), &mut context);
                self.proceed(now, id, next, events);
            }
        }
        if let Some(id) = self.dialer.given_up(now) {
            self.actions.push_back(Action::Close(id));
            let explanation = "the connection took too long to be made".to_owned();
            self.ended = Some(Ended { at: now, explanation });
            self.rest(now);
        }
        if self.dialer.is_due(now) {
            self.dial(now, events);
        }
    }

    /// What the driver has to do. To be asked until there is nothing, after every other call.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    // What becomes of connections.

    fn proceed(
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
    fn opened(
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

    fn establish(
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
    fn end(&mut self, now: Instant, id: ConnectionId, end: End, events: &mut dyn FnMut(Event<'_>)) {
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
            events(Event::Down { reason: &end.reason() });
            events(Event::Fsm(State::Idle));
            if let Some(other) = self.slots.iter().next() {
                let id = other.link.id;
                self.common.visible = Some(id);
                other.tell_all(&mut self.common.context(id, now, events));
            }
        }
    }

    /// Lets the driver close a connection, after what is left to be sent on it.
    fn close(&mut self, mut link: Link) {
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

    fn next_id(&mut self) -> ConnectionId {
        self.last_id += 1;
        ConnectionId(self.last_id)
    }
}

/// The origin of the connection that a collision leaves.
fn preferred(negotiated: &Negotiated) -> Origin {
    winner(
        (negotiated.local_router_id, negotiated.local_as),
        (negotiated.peer_router_id, negotiated.peer_as),
    )
}

fn collision() -> End {
    let explanation = "the peer and we have connected to each other, and one connection is enough";
    End::cease(error::cease::CONNECTION_COLLISION, Some(COLLISION), explanation)
}

/// How a session ends that may be graceful: without a word, if the peer then keeps the routes.
fn gracefully(connection: &Connection, end: End) -> End {
    let graceful = connection.state() == State::Established
        && connection.negotiated().is_some_and(|negotiated| negotiated.graceful_restart.negotiated);
    if graceful { End::Silent(GRACEFUL.into()) } else { end }
}
