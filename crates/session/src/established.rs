//! Established: routes flow.

use std::time::{Duration, Instant};

use yottabgp_wire::codes::error::state_machine::IN_ESTABLISHED;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::{RouteRefresh, subtype};
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};

use crate::connection::{Input, Next, Opened, bad_type};
use crate::end::End;
use crate::event::{Decoded, Event, State, Up};
use crate::link::{Context, Expired, Link, Message, SEND_HOLD_TIMER_EXPIRED};

/// What there is in this state.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) opened: Opened,
    /// Since when; [`Self::enter`] says.
    pub(crate) since: Option<Instant>,
    /// How received UPDATEs are read, when that is not what was agreed upon: with the families that faults have disabled
    /// (RFC 7606 section 2).
    reading: Option<Box<Negotiated>>,
    /// Families whose End-of-RIB is to follow what the source has.
    pub(crate) ends_of_rib: Vec<Family>,
    /// The routes that the session starts with, and what follows them, are sent.
    pub(crate) started: bool,
}

impl Established {
    pub(crate) const fn new(opened: Opened) -> Self {
        Self { opened, since: None, reading: None, ends_of_rib: Vec::new(), started: false }
    }

    /// Starts what goes on as long as the session is up, and tells that it is.
    pub(crate) fn enter(&mut self, link: &mut Link, context: &mut Context<'_>) {
        self.since = Some(context.now);
        context.statistics.established += 1;
        let hold_time = Duration::from_secs(self.opened.negotiated.hold_time.into());
        link.start_hold(context.now, (!hold_time.is_zero()).then_some(hold_time));
        if !hold_time.is_zero() {
            link.enable_send_hold(context.now, hold_time);
        }
        context.tell(Event::Fsm(State::Established));
        context.tell(Event::Up(Up {
            negotiated: &self.opened.negotiated,
            local: link.local,
            remote: link.remote,
            sent_open: &self.opened.ours,
            received_open: &self.opened.received,
        }));
    }

    pub(crate) fn handle(
        &mut self,
        input: Input<'_>,
        link: &mut Link,
        context: &mut Context<'_>,
    ) -> Next {
        let negotiated = &*self.opened.negotiated;
        match input {
            Input::Update(message) => {
                link.restart_hold(context.now);
                self.update(message, context)
            }
            Input::Keepalive(message) => {
                link.restart_hold(context.now);
                let decoded = Decoded::Keepalive;
                context.message(Direction::Receive, message, Some(negotiated), decoded);
                Next::Stay
            }
            Input::RouteRefresh(message) => {
                link.restart_hold(context.now);
                self.route_refresh(message, context)
            }
            Input::Operational(message) => {
                link.restart_hold(context.now);
                self.operational(message, context)
            }
            Input::Notification(message) => {
                let notification = Notification::decode(message.body);
                let decoded = Decoded::Notification(&notification);
                context.message(Direction::Receive, message, Some(negotiated), decoded);
                Next::End(End::Notified(notification.into_owned()))
            }
            Input::Open(message) => {
                context.message(Direction::Receive, message, Some(negotiated), Decoded::None);
                Next::End(End::unexpected(message.kind, IN_ESTABLISHED))
            }
            Input::Malformed(notification) => Next::End(End::malformed(notification)),
            Input::Expired(Expired::Hold) => Next::End(End::hold_timer_expired(
                "nothing came from the peer during the hold time",
            )),
            Input::Expired(Expired::SendHold) => Next::End(End::notify(
                SEND_HOLD_TIMER_EXPIRED,
                "the peer took nothing of what was sent to it during the send hold time",
            )),
            Input::Expired(Expired::Keepalive) => {
                link.send_keepalive(context, negotiated);
                Next::Stay
            }
        }
    }

    fn update(&mut self, message: Message<'_>, context: &mut Context<'_>) -> Next {
        let negotiated = &*self.opened.negotiated;
        let reading = self.reading.as_deref().unwrap_or(negotiated);
        let direction = Direction::Receive;
        let decoded = Update::decode_with(message.body, reading, direction, Scrutiny::Session);
        let update = match decoded {
            Ok(update) => update,
            Err(fault) => {
                context.message(direction, message, Some(negotiated), Decoded::None);
                return Next::End(End::notify(fault.notification(), fault.to_string()));
            }
        };
        let decoded = Decoded::Update(&update);
        context.message(direction, message, Some(negotiated), decoded);
        // MP_REACH_NLRI and MP_UNREACH_NLRI may each disable one.
        let disabled: Vec<Family> = update.disabled_families().collect();
        for family in disabled {
            self.disable(family);
        }
        Next::Stay
    }

    /// Forgets a family, as far as received UPDATEs go.
    fn disable(&mut self, family: Family) {
        let negotiated = &self.opened.negotiated;
        let reading = self.reading.get_or_insert_with(|| Box::new((**negotiated).clone()));
        if !reading.disabled.contains(&family) {
            reading.disabled.push(family);
        }
    }

    fn route_refresh(&self, message: Message<'_>, context: &mut Context<'_>) -> Next {
        let negotiated = &*self.opened.negotiated;
        let refresh = match RouteRefresh::decode(message.body) {
            Ok(refresh) => refresh,
            Err(notification) => {
                context.message(Direction::Receive, message, Some(negotiated), Decoded::None);
                return Next::End(End::malformed(notification));
            }
        };
        let decoded = Decoded::RouteRefresh(refresh);
        context.message(Direction::Receive, message, Some(negotiated), decoded);
        // Whoever did not say that it can be asked, or is asked for a family that was not agreed upon, ignores the message
        // (RFC 2918 section 4).
        if context.settings.route_refresh
            && refresh.subtype == subtype::QUERY
            && negotiated.has_family(refresh.family)
        {
            context.tell(Event::RefreshRequested(refresh.family));
        }
        Next::Stay
    }

    fn operational(&self, message: Message<'_>, context: &mut Context<'_>) -> Next {
        let negotiated = &*self.opened.negotiated;
        let decoded = if negotiated.operational {
            Operational::decode(message.body)
        } else {
            Err(bad_type(MessageType::OPERATIONAL))
        };
        match decoded {
            Ok(operational) => {
                let decoded = Decoded::Operational(&operational);
                context.message(Direction::Receive, message, Some(negotiated), decoded);
                Next::Stay
            }
            Err(notification) => {
                context.message(Direction::Receive, message, Some(negotiated), Decoded::None);
                Next::End(End::malformed(notification))
            }
        }
    }
}
