//! One TCP connection in its state: one of the three of RFC 4271 section 8.2.2 that have a connection.

use std::sync::Arc;

use yottabgp_wire::codes::{MessageType, error};
use yottabgp_wire::message::frame::USUAL_MAXIMUM;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::negotiated::Negotiated;

use crate::end::End;
use crate::established::Established;
use crate::event::{Event, State};
use crate::link::{Context, Expired, Link, Message, tell_connected};
use crate::open_confirm::OpenConfirm;
use crate::open_sent::OpenSent;

/// A TCP connection and its state.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) link: Link,
    pub(crate) stage: Stage,
}

/// The states that have a connection; each has just what there is then.
#[derive(Debug)]
pub(crate) enum Stage {
    OpenSent(OpenSent),
    OpenConfirm(OpenConfirm),
    Established(Established),
}

/// What a state is told.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    Open(Message<'a>),
    Update(Message<'a>),
    Notification(Message<'a>),
    Keepalive(Message<'a>),
    RouteRefresh(Message<'a>),
    Operational(Message<'a>),
    /// What came is no message.
    Malformed(Notification<'static>),
    /// A timer went off.
    Expired(Expired),
}

impl<'a> Input<'a> {
    /// A message that [`frame`](yottabgp_wire::message::frame) let through.
    pub(crate) fn message(message: Message<'a>) -> Self {
        match message.kind {
            MessageType::OPEN => Self::Open(message),
            MessageType::UPDATE => Self::Update(message),
            MessageType::NOTIFICATION => Self::Notification(message),
            MessageType::KEEPALIVE => Self::Keepalive(message),
            MessageType::ROUTE_REFRESH => Self::RouteRefresh(message),
            MessageType::OPERATIONAL => Self::Operational(message),
            unknown => Self::Malformed(bad_type(unknown)),
        }
    }
}

/// Bad Message Type, with the type as data (RFC 4271 section 6.1).
pub(crate) fn bad_type(kind: MessageType) -> Notification<'static> {
    let subcode = error::message_header::BAD_TYPE;
    Notification::with_data(error::MESSAGE_HEADER, subcode, vec![kind.0])
}

/// What becomes of a connection.
#[derive(Debug)]
pub(crate) enum Next {
    /// Its state stays.
    Stay,
    /// The peer's OPEN is good. Whether this connection goes on is for [`crate::collision`] to say.
    Opened(Box<Opened>),
    /// It goes on in another state.
    To(Stage),
    /// It ends.
    End(End),
}

/// Both OPENs and what they agree upon.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) ours: Arc<Open>,
    pub(crate) theirs: Arc<Open>,
    /// Theirs as it came, with its header.
    pub(crate) received: Arc<[u8]>,
    pub(crate) negotiated: Arc<Negotiated>,
}

impl Connection {
    /// TCP is up: sends our OPEN.
    pub(crate) fn start(mut link: Link, context: &mut Context<'_>) -> Self {
        tell_connected(context, link.origin);
        let stage = Stage::OpenSent(OpenSent::enter(&mut link, context));
        Self { link, stage }
    }

    pub(crate) fn handle(&mut self, input: Input<'_>, context: &mut Context<'_>) -> Next {
        match &mut self.stage {
            Stage::OpenSent(state) => state.handle(input, &mut self.link, context),
            Stage::OpenConfirm(state) => state.handle(input, &mut self.link, context),
            Stage::Established(state) => state.handle(input, &mut self.link, context),
        }
    }

    /// The peer's OPEN is good and this connection goes on.
    pub(crate) fn confirm(&mut self, opened: Opened, context: &mut Context<'_>) {
        if let Stage::OpenSent(_) = self.stage {
            self.stage = Stage::OpenConfirm(OpenConfirm::enter(opened, &mut self.link, context));
        }
    }

    /// Tells the events of a connection that from now on stands for the peer.
    pub(crate) fn tell_all(&self, context: &mut Context<'_>) {
        tell_connected(context, self.link.origin);
        let negotiated = match &self.stage {
            Stage::OpenSent(state) => {
                if state.is_sent() {
                    context.tell(Event::Fsm(State::OpenSent));
                }
                return;
            }
            Stage::OpenConfirm(state) => &state.opened.negotiated,
            Stage::Established(state) => &state.opened.negotiated,
        };
        context.tell(Event::Fsm(State::OpenSent));
        context.tell(Event::Negotiated(negotiated));
        context.tell(Event::Fsm(State::OpenConfirm));
    }

    pub(crate) const fn state(&self) -> State {
        match self.stage {
            Stage::OpenSent(_) => State::OpenSent,
            Stage::OpenConfirm(_) => State::OpenConfirm,
            Stage::Established(_) => State::Established,
        }
    }

    /// What both OPENs say, once both were accepted.
    pub(crate) const fn opened(&self) -> Option<&Opened> {
        match &self.stage {
            Stage::OpenSent(_) => None,
            Stage::OpenConfirm(state) => Some(&state.opened),
            Stage::Established(state) => Some(&state.opened),
        }
    }

    pub(crate) fn negotiated(&self) -> Option<&Arc<Negotiated>> {
        self.opened().map(|opened| &opened.negotiated)
    }

    /// The largest message that the peer may send now, in octets.
    pub(crate) fn largest_message(&self) -> usize {
        self.negotiated().map_or(USUAL_MAXIMUM, |negotiated| negotiated.message_size.into())
    }
}
