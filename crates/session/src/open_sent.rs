//! OpenSent: TCP is up, our OPEN was sent, the peer's is waited for.
//!
//! With an AS number that is taken from the peer, ours is only sent when the peer's has come.

use std::sync::Arc;
use std::time::Duration;

use yottabgp_wire::codes::error::state_machine::IN_OPEN_SENT;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::negotiated::Direction;

use crate::connection::{Input, Next, Opened};
use crate::end::End;
use crate::event::{Decoded, Event, State};
use crate::link::{Context, Expired, Link, Message, SEND_HOLD_TIMER_EXPIRED};
use crate::negotiate::{Ends, announce, negotiate, their_as};

/// What there is in this state.
#[derive(Debug)]
pub(crate) struct OpenSent {
    /// Our OPEN, once it was sent.
    ours: Option<Arc<Open>>,
}

impl OpenSent {
    pub(crate) fn enter(link: &mut Link, context: &mut Context<'_>) -> Self {
        let wait = Duration::from_secs(context.settings.open_wait.into());
        link.start_hold(context.now, (!wait.is_zero()).then_some(wait));
        let mut state = Self { ours: None };
        if let Some(local_as) = context.settings.local_as {
            let ours = announce(context.settings, local_as, context.restarted);
            state.send(ours, link, context);
        }
        state
    }

    fn send(&mut self, ours: Open, link: &mut Link, context: &mut Context<'_>) -> Arc<Open> {
        link.send_open(context, &ours);
        context.tell(Event::Fsm(State::OpenSent));
        let ours = Arc::new(ours);
        self.ours = Some(Arc::clone(&ours));
        ours
    }

    /// Whether our OPEN was sent.
    pub(crate) const fn is_sent(&self) -> bool {
        self.ours.is_some()
    }

    pub(crate) fn handle(
        &mut self,
        input: Input<'_>,
        link: &mut Link,
        context: &mut Context<'_>,
    ) -> Next {
        match input {
            Input::Open(message) => match self.open(message, link, context) {
                Ok(opened) => Next::Opened(Box::new(opened)),
                Err(end) => Next::End(end),
            },
            Input::Notification(message) => {
                let notification = Notification::decode(message.body);
                let decoded = Decoded::Notification(&notification);
                context.message(Direction::Receive, message, None, decoded);
                Next::End(End::Notified(notification.into_owned()))
            }
            Input::Update(message)
            | Input::Keepalive(message)
            | Input::RouteRefresh(message)
            | Input::Operational(message) => {
                context.message(Direction::Receive, message, None, Decoded::None);
                Next::End(End::unexpected(message.kind, IN_OPEN_SENT))
            }
            Input::Malformed(notification) => Next::End(End::malformed(notification)),
            Input::Expired(Expired::Hold) => {
                Next::End(End::hold_timer_expired("the peer sent no OPEN"))
            }
            Input::Expired(Expired::SendHold) => Next::End(End::malformed(SEND_HOLD_TIMER_EXPIRED)),
            // The timer is not started before there is a hold time.
            Input::Expired(Expired::Keepalive) => Next::Stay,
        }
    }

    /// Judges the peer's OPEN (RFC 4271 section 6.2).
    fn open(
        &mut self,
        message: Message<'_>,
        link: &mut Link,
        context: &mut Context<'_>,
    ) -> Result<Opened, End> {
        let theirs = match Open::decode(message.body) {
            Ok(open) => open,
            Err(notification) => {
                context.message(Direction::Receive, message, None, Decoded::None);
                return Err(End::malformed(notification));
            }
        };
        context.message(Direction::Receive, message, None, Decoded::Open(&theirs));
        let ours = match &self.ours {
            Some(ours) => Arc::clone(ours),
            None => {
                let local_as = their_as(&theirs);
                let ours = announce(context.settings, local_as, context.restarted);
                self.send(ours, link, context)
            }
        };
        let ends = Ends { local: link.local.ip(), peer: link.remote.ip() };
        let negotiated = negotiate(context.settings, &ours, &theirs, ends)
            .map_err(|refusal| End::notify(refusal.notification, refusal.explanation))?;
        let received = [message.header, message.body].concat().into();
        Ok(Opened { ours, theirs: Arc::new(theirs), received, negotiated: Arc::new(negotiated) })
    }
}
