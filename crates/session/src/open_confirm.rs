//! OpenConfirm: both OPENs are good and a KEEPALIVE was sent; the peer's is waited for.

use std::time::Duration;

use yottabgp_wire::codes::error::state_machine::IN_OPEN_CONFIRM;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::negotiated::Direction;

use crate::connection::{Input, Next, Opened, Stage};
use crate::end::End;
use crate::established::Established;
use crate::event::{Decoded, Event, State};
use crate::link::{Context, Expired, Link, SEND_HOLD_TIMER_EXPIRED};

/// What there is in this state.
#[derive(Debug)]
pub(crate) struct OpenConfirm {
    pub(crate) opened: Opened,
}

impl OpenConfirm {
    pub(crate) fn enter(opened: Opened, link: &mut Link, context: &mut Context<'_>) -> Self {
        let hold_time = Duration::from_secs(opened.negotiated.hold_time.into());
        context.tell(Event::Negotiated(&opened.negotiated));
        context.tell(Event::Fsm(State::OpenConfirm));
        if hold_time.is_zero() {
            // RFC 4271 starts no timer then; a peer that says no more would never be noticed.
            let wait = Duration::from_secs(context.settings.open_wait.into());
            link.start_hold(context.now, (!wait.is_zero()).then_some(wait));
        } else {
            link.start_hold(context.now, Some(hold_time));
            link.start_keepalive(context, Some(hold_time / 3));
        }
        link.send_keepalive(context, &opened.negotiated);
        Self { opened }
    }

    pub(crate) fn handle(
        &mut self,
        input: Input<'_>,
        link: &mut Link,
        context: &mut Context<'_>,
    ) -> Next {
        let negotiated = Some(&*self.opened.negotiated);
        match input {
            Input::Keepalive(message) => {
                context.message(Direction::Receive, message, negotiated, Decoded::Keepalive);
                Next::To(Stage::Established(Established::new(self.opened.clone())))
            }
            Input::Notification(message) => {
                let notification = Notification::decode(message.body);
                let decoded = Decoded::Notification(&notification);
                context.message(Direction::Receive, message, negotiated, decoded);
                Next::End(End::Notified(notification.into_owned()))
            }
            Input::Open(message)
            | Input::Update(message)
            | Input::RouteRefresh(message)
            | Input::Operational(message) => {
                context.message(Direction::Receive, message, negotiated, Decoded::None);
                Next::End(End::unexpected(message.kind, IN_OPEN_CONFIRM))
            }
            Input::Malformed(notification) => Next::End(End::malformed(notification)),
            Input::Expired(Expired::Hold) => {
                Next::End(End::hold_timer_expired("the peer sent no KEEPALIVE after its OPEN"))
            }
            Input::Expired(Expired::SendHold) => Next::End(End::malformed(SEND_HOLD_TIMER_EXPIRED)),
            Input::Expired(Expired::Keepalive) => {
                link.send_keepalive(context, &self.opened.negotiated);
                Next::Stay
            }
        }
    }
}
