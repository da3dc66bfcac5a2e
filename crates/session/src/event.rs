//! What a session tells its driver, and what it asks of it.

use std::net::SocketAddr;

use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};

/// The states of RFC 4271 section 8.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nothing is tried.
    Idle,
    /// The TCP connection is being made.
    Connect,
    /// The peer is waited for.
    Active,
    /// Our OPEN was sent.
    OpenSent,
    /// The peer's OPEN was accepted.
    OpenConfirm,
    /// Routes flow.
    Established,
}

impl State {
    /// The name in events: `ESTABLISHED`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Connect => "CONNECT",
            Self::Active => "ACTIVE",
            Self::OpenSent => "OPENSENT",
            Self::OpenConfirm => "OPENCONFIRM",
            Self::Established => "ESTABLISHED",
        }
    }
}

/// A TCP connection of a peer, or one that is being made. The [`Peer`](crate::Peer) gives the names; each is used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Something that happened, in the order in which it happened. Borrowed: what is to be kept is copied by the receiver.
#[derive(Debug)]
pub enum Event<'a> {
    /// The state changed.
    Fsm(State),
    /// A TCP connection is up.
    Connected,
    /// The session is established.
    Up(Up<'a>),
    /// The session, or the try to make one, ended.
    Down {
        /// As events say it: `notification received (6,2)`.
        reason: &'a str,
        /// Who ended it, and how.
        ending: Ending<'a>,
    },
    /// Both OPENs were validated.
    Negotiated(&'a Negotiated),
    /// A whole message came or is about to go: comes before the event that decodes it.
    Message {
        /// Which way.
        direction: Direction,
        /// Its type.
        kind: MessageType,
        /// The 19 octets of the header.
        header: &'a [u8],
        /// The octets after the header.
        body: &'a [u8],
        /// What was agreed upon, once it was.
        negotiated: Option<&'a Negotiated>,
        /// Its content.
        decoded: Decoded<'a>,
    },
    /// The peer asks for its routes again (ROUTE-REFRESH, RFC 2918): the Adj-RIB-Out of this family is to be sent.
    RefreshRequested(Family),
}

/// An established session: what both sides said to get there, and over which connection.
#[derive(Clone, Copy, Debug)]
pub struct Up<'a> {
    /// What both OPENs agreed upon.
    pub negotiated: &'a Negotiated,
    /// Our end of the TCP connection.
    pub local: SocketAddr,
    /// The peer's end of the TCP connection.
    pub remote: SocketAddr,
    /// The OPEN that was sent.
    pub sent_open: &'a Open,
    /// The OPEN that was received as it came, with its header: it may hold what [`Open`] does not keep.
    pub received_open: &'a [u8],
}

/// Who ended a session, or the try to make one, and how.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// This side, which sent a NOTIFICATION.
    Notified(&'a Notification<'a>),
    /// This side, without a NOTIFICATION.
    Silent,
    /// The peer, which sent a NOTIFICATION.
    PeerNotified(&'a Notification<'a>),
    /// The TCP connection was closed by the peer, or broke.
    Lost,
}

/// The content of a message.
#[derive(Debug)]
pub enum Decoded<'a> {
    /// OPEN.
    Open(&'a Open),
    /// UPDATE, after RFC 7606.
    Update(&'a Update<'a>),
    /// NOTIFICATION.
    Notification(&'a Notification<'a>),
    /// KEEPALIVE.
    Keepalive,
    /// ROUTE-REFRESH.
    RouteRefresh(yottabgp_wire::message::route_refresh::RouteRefresh),
    /// OPERATIONAL.
    Operational(&'a yottabgp_wire::message::operational::Operational<'a>),
    /// The content was not asked for, or could not be decoded.
    None,
}

/// What the peer machine asks of its driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Dial; answer with `connected` or `connect_failed`.
    Connect(ConnectionId),
    /// Ask [`Peer::poll_transmit`](crate::Peer::poll_transmit) for the last octets of this connection, write them if the
    /// socket takes them soon, and close it; or stop dialing it. It is not to be reported as closed.
    Close(ConnectionId),
    /// Nothing is tried any more: the attempts are used up or the peer was stopped.
    Finished,
}

/// Where the session takes its UPDATEs from: the Adj-RIB-Out, asked only when the socket can take more.
pub trait Source {
    /// Appends whole messages to `out` (UPDATE, and ROUTE-REFRESH markers of RFC 7313), until nothing is pending or `out`
    /// is longer than `limit` octets. Returns whether more is pending.
    fn fill(&mut self, negotiated: &Negotiated, out: &mut Vec<u8>, limit: usize) -> bool;

    /// Whether it is still being filled: the End-of-RIB of what the session starts with must wait.
    fn is_incomplete(&self) -> bool {
        false
    }
}
