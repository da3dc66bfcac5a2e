//! What every TCP connection has, whatever its state: its ends, its timers, and the messages that wait to be sent.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use yottabgp_wire::codes::{MessageType, error};
use yottabgp_wire::message::HEADER_LENGTH;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::{keepalive, open::Open};
use yottabgp_wire::negotiated::{Direction, Negotiated};

use crate::collision::Origin;
use crate::event::{ConnectionId, Decoded, Event, State};
use crate::random::Random;
use crate::settings::Settings;
use crate::statistics::Statistics;

/// How long the hold timer is put off when octets of the peer wait unread: the peer is not silent, we are slow.
const UNREAD_GRACE: Duration = Duration::from_secs(10);

/// The least send hold time (RFC 9687 section 3.2).
const LEAST_SEND_HOLD_TIME: Duration = Duration::from_secs(8 * 60);

/// The octets of messages of our own (not UPDATEs) that may wait.
pub(crate) const LONGEST_QUEUE: usize = 64 * 1024;

/// What a state needs of the world around it.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    pub(crate) settings: &'a Settings,
    pub(crate) random: &'a mut Random,
    pub(crate) statistics: &'a mut Statistics,
    /// Whether we say that we restarted (RFC 4724 section 3, the R bit).
    pub(crate) restarted: bool,
    /// Whether this connection stands for the peer in events. Of two connections only one does; the messages of both are
    /// told.
    pub(crate) visible: bool,
    pub(crate) events: &'a mut dyn FnMut(Event<'_>),
}

impl Context<'_> {
    /// Tells a change that only the connection that stands for the peer tells.
    pub(crate) fn tell(&mut self, event: Event<'_>) {
        if self.visible {
            (self.events)(event);
        }
    }

    /// Tells and counts a message.
    pub(crate) fn message(
        &mut self,
        direction: Direction,
        message: Message<'_>,
        negotiated: Option<&Negotiated>,
        decoded: Decoded<'_>,
    ) {
        self.statistics.count(direction, message.kind);
        let Message { kind, header, body } = message;
        (self.events)(Event::Message { direction, kind, header, body, negotiated, decoded });
    }
}

/// A whole message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) kind: MessageType,
    /// 19 octets.
    pub(crate) header: &'a [u8],
    pub(crate) body: &'a [u8],
}

/// A timer that starts again with each message.
#[derive(Clone, Copy, Debug)]
struct Timer {
    time: Duration,
    at: Instant,
}

/// A TCP connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    pub(crate) origin: Origin,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// Messages of our own that wait for [`Self::take_queue`].
    queue: Vec<u8>,
    /// A KEEPALIVE is in the queue.
    keepalive_queued: bool,
    /// Octets that the driver has and the socket has not taken.
    unwritten: usize,
    /// Octets of the peer wait in the socket.
    pub(crate) unread: bool,
    hold: Option<Timer>,
    keepalive: Option<Timer>,
    /// How long the socket may take nothing (RFC 9687), once the session is up.
    send_hold_time: Option<Duration>,
    send_hold: Option<Instant>,
}

/// A timer went off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expired {
    /// The peer was silent.
    Hold,
    /// It is time to say something.
    Keepalive,
    /// The socket took nothing (RFC 9687).
    SendHold,
}

impl Link {
    pub(crate) const fn new(
        id: ConnectionId,
        origin: Origin,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Self {
        Self {
            id,
            origin,
            local,
            remote,
            queue: Vec::new(),
            keepalive_queued: false,
            unwritten: 0,
            unread: false,
            hold: None,
            keepalive: None,
            send_hold_time: None,
            send_hold: None,
        }
    }

    // Sending.

    /// Queues a message that `encode` writes, and tells it.
    pub(crate) fn send(
        &mut self,
        context: &mut Context<'_>,
        kind: MessageType,
        negotiated: Option<&Negotiated>,
        decoded: Decoded<'_>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = self.queue.len();
        encode(&mut self.queue);
        let message = self.queue.get(start..).unwrap_or_default();
        let (header, body) = message.split_at_checked(HEADER_LENGTH).unwrap_or((message, &[]));
        context.message(Direction::Send, Message { kind, header, body }, negotiated, decoded);
    }

    pub(crate) fn send_open(&mut self, context: &mut Context<'_>, open: &Open) {
        self.send(context, MessageType::OPEN, None, Decoded::Open(open), |out| open.encode(out));
    }

    pub(crate) fn send_notification(
        &mut self,
        context: &mut Context<'_>,
        negotiated: Option<&Negotiated>,
        notification: &Notification<'_>,
    ) {
        let decoded = Decoded::Notification(notification);
        self.send(context, MessageType::NOTIFICATION, negotiated, decoded, |out| {
            notification.encode(out);
        });
    }

    /// Queues a KEEPALIVE, unless one waits already.
    pub(crate) fn send_keepalive(&mut self, context: &mut Context<'_>, negotiated: &Negotiated) {
        if !self.keepalive_queued {
            self.keepalive_queued = true;
            let kind = MessageType::KEEPALIVE;
            self.send(context, kind, Some(negotiated), Decoded::Keepalive, keepalive::encode);
        }
        self.restart_keepalive(context);
    }

    /// Whether `octets` more may be queued.
    pub(crate) const fn has_room(&self, octets: usize) -> bool {
        self.queue.len() + octets <= LONGEST_QUEUE
    }

    /// Moves what waits to `out`.
    pub(crate) fn take_queue(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.queue);
        self.keepalive_queued = false;
        if self.queue.capacity() > 4096 {
            self.queue = Vec::new();
        }
    }

    /// The driver was given so many octets.
    pub(crate) fn transmitted(&mut self, now: Instant, octets: usize) {
        if octets != 0 && self.unwritten == 0 {
            self.start_send_hold(now);
        }
        self.unwritten = self.unwritten.saturating_add(octets);
    }

    /// The socket took so many octets.
    pub(crate) fn written(&mut self, now: Instant, octets: usize) {
        if octets == 0 {
            return;
        }
        self.unwritten = self.unwritten.saturating_sub(octets);
        if self.unwritten == 0 {
            self.send_hold = None;
        } else {
            self.start_send_hold(now);
        }
    }

    // Timers.

    /// Waits so long for the peer's next message; `None` for ever.
    pub(crate) fn start_hold(&mut self, now: Instant, time: Option<Duration>) {
        self.hold = time.map(|time| Timer { time, at: now + time });
    }

    /// A message came.
    pub(crate) fn restart_hold(&mut self, now: Instant) {
        if let Some(timer) = &mut self.hold {
            timer.at = now + timer.time;
        }
    }

    /// Sends a KEEPALIVE when nothing was sent for so long; `None` for never.
    pub(crate) fn start_keepalive(&mut self, context: &mut Context<'_>, time: Option<Duration>) {
        self.keepalive = time.map(|time| Timer { time, at: context.now });
        self.restart_keepalive(context);
    }

    /// A KEEPALIVE or UPDATE was sent (RFC 4271 section 8.2.2, Established, event 11).
    pub(crate) fn restart_keepalive(&mut self, context: &mut Context<'_>) {
        if let Some(timer) = &mut self.keepalive {
            timer.at = context.now + context.random.jitter(timer.time);
        }
    }

    /// From now on the socket has to take something in twice the hold time, or eight minutes if that is longer.
    pub(crate) fn enable_send_hold(&mut self, now: Instant, hold_time: Duration) {
        self.send_hold_time = Some((hold_time * 2).max(LEAST_SEND_HOLD_TIME));
        if self.unwritten != 0 {
            self.start_send_hold(now);
        }
    }

    fn start_send_hold(&mut self, now: Instant) {
        self.send_hold = self.send_hold_time.map(|time| now + time);
    }

    /// When to look at the timers next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let timers = [self.hold.map(|timer| timer.at), self.keepalive.map(|timer| timer.at)];
        timers.into_iter().flatten().chain(self.send_hold).min()
    }

    /// The next timer that went off, if one did. The state has to end the session or start the timer again.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<Expired> {
        if self.send_hold.is_some_and(|at| at <= now) {
            return Some(Expired::SendHold);
        }
        if let Some(timer) = &mut self.hold
            && timer.at <= now
        {
            if !self.unread {
                return Some(Expired::Hold);
            }
            timer.at = now + UNREAD_GRACE;
        }
        self.keepalive.is_some_and(|timer| timer.at <= now).then_some(Expired::Keepalive)
    }
}

/// Send Hold Timer Expired (RFC 9687 section 3.3).
pub(crate) const SEND_HOLD_TIMER_EXPIRED: Notification<'static> =
    Notification::new(error::SEND_HOLD_TIMER_EXPIRED, error::UNSPECIFIC);

/// The `fsm` events of a new connection, in ExaBGP's order.
pub(crate) fn tell_connected(context: &mut Context<'_>, origin: Origin) {
    context.tell(Event::Connected);
    if origin == Origin::Incoming {
        context.tell(Event::Fsm(State::Active));
        context.tell(Event::Fsm(State::Idle));
    }
    context.tell(Event::Fsm(State::Connect));
}
