//! What a session tells its driver, and what it asks of it.

use yottabgp_wire::codes::{Family, MessageType};
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
    Up(&'a Negotiated),
    /// The session, or the try to make one, ended.
    Down {
        /// As events say it: `notification received (6,2)`.
        reason: &'a str,
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

/// The content of a message.
#[derive(Debug)]
pub enum Decoded<'a> {
    /// OPEN.
    Open(&'a Open),
    /// UPDATE, after RFC 7606.
    Update(&'a Update<'a>),
    /// NOTIFICATION.
    Notification(&'a yottabgp_wire::message::notification::Notification<'a>),
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
