//! What operators and helper programs ask of a session.

use std::time::Instant;

use yottabgp_wire::codes::{Family, MessageType, error};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::{RouteRefresh, subtype};
use yottabgp_wire::negotiated::{Negotiated, Refresh};

use super::outcome::{for_good, gracefully};
use super::{Peer, Reset, StopReason};
use crate::connection::{Connection, Stage};
use crate::end::End;
use crate::established::Established;
use crate::event::{ConnectionId, Decoded, Event, State};
use crate::link::Link;

/// The most End-of-RIB markers that wait.
const MOST_ENDS_OF_RIB: usize = 1024;

/// The longest message of a command, in octets.
const LONGEST_MESSAGE: usize = 4096;

/// Why a command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no session.
    #[error("the session is not established")]
    NotEstablished,
    /// The family was not negotiated.
    #[error("{0} was not negotiated")]
    Family(Family),
    /// The peer did not announce the capability, or we did not.
    #[error("{0} was not negotiated")]
    Capability(&'static str),
    /// The peer does not take what waits already.
    #[error("too much waits to be sent already")]
    Full,
}

impl Peer {
    /// Ends every connection, and makes and accepts no more. [`Action::Finished`](crate::Action::Finished) comes last.
    pub fn stop(&mut self, now: Instant, reason: StopReason, events: &mut dyn FnMut(Event<'_>)) {
        self.end_all(now, events, |connection| match reason {
            StopReason::Shutdown => gracefully(
                connection,
                End::cease(
                    error::cease::ADMINISTRATIVE_SHUTDOWN,
                    Some("stop, message [shutting down]"),
                    "the program ends",
                ),
            ),
            StopReason::Removed => for_good(
                connection,
                End::cease(
                    error::cease::PEER_DECONFIGURED,
                    Some("stop, message [removed]"),
                    "the neighbor is no longer configured",
                ),
            ),
        });
        self.finish();
    }

    /// Ends the session and makes it again, at once; [`Settings::attempts`](crate::Settings::attempts) are counted anew.
    pub fn reset(&mut self, now: Instant, reset: Reset, events: &mut dyn FnMut(Event<'_>)) {
        let (notification, explanation) = match &reset {
            Reset::Administrative => {
                (Notification::cease_with_text(error::cease::ADMINISTRATIVE_RESET, ""), "reset")
            }
            Reset::Configuration(_) => (
                Notification::new(error::CEASE, error::cease::CONFIGURATION_CHANGE),
                "the configuration of the neighbor has changed",
            ),
        };
        self.end_all(now, events, |connection| {
            gracefully(connection, End::notify(notification.clone(), explanation))
        });
        self.cancel_dial();
        if let Reset::Configuration(settings) = reset {
            self.common.settings = settings;
        }
        self.common.restarted = true;
        self.dialer.forget();
        self.begin_anew(now, events);
    }

    /// Ends the session with Cease and this subcode, and makes it again. `text` is for the other operator (RFC 9003); without
    /// one, and with graceful restart, nothing is sent and TCP is closed, as ExaBGP does it, unless the peer keeps the routes
    /// after a NOTIFICATION, too (RFC 8538). Hard Reset stands for Administrative Reset, and is always sent. Returns whether
    /// there was a connection to end.
    pub fn teardown(
        &mut self,
        now: Instant,
        subcode: u8,
        text: Option<&str>,
        events: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        if self.slots.is_empty() {
            return false;
        }
        let hard = subcode == error::cease::HARD_RESET;
        let said = if hard { error::cease::ADMINISTRATIVE_RESET } else { subcode };
        let mut notification = Notification::cease_with_text(said, text.unwrap_or_default());
        if hard {
            notification = notification.hard_reset();
        }
        self.end_all(now, events, |connection| {
            let end = End::notify(notification.clone(), "torn down");
            if text.is_some() || hard { end } else { gracefully(connection, end) }
        });
        self.dialer.reset_backoff();
        self.rest(now);
        true
    }

    /// Ends every connection; the one that stands for the peer last, so that no other takes its place.
    fn end_all(
        &mut self,
        now: Instant,
        events: &mut dyn FnMut(Event<'_>),
        why: impl Fn(&Connection) -> End,
    ) {
        let mut ids = self.slots.ids();
        ids.sort_by_key(|id| self.common.visible == Some(*id));
        for id in ids {
            if let Some(end) = self.slots.get(id).map(&why) {
                self.end(now, id, end, events);
            }
        }
    }

    /// Asks the peer to send the routes of a family again (RFC 2918).
    pub fn refresh(
        &mut self,
        now: Instant,
        family: Family,
        events: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), CommandError> {
        self.command(now, events, |state, link, context| {
            let negotiated = negotiated_family(state, family)?;
            if negotiated.refresh == Refresh::Absent {
                return Err(CommandError::Capability("route refresh"));
            }
            let refresh = RouteRefresh { family, subtype: subtype::QUERY };
            let kind = MessageType::ROUTE_REFRESH;
            let decoded = Decoded::RouteRefresh(refresh);
            link.send(context, kind, Some(negotiated), decoded, |out| refresh.encode(out));
            Ok(())
        })
    }

    /// Sends an OPERATIONAL message. A question without a number or an asker gets ours.
    pub fn operational(
        &mut self,
        now: Instant,
        mut operational: Operational<'_>,
        events: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), CommandError> {
        let mut sequence = self.sequence;
        operational.complete(self.common.settings.router_id, || {
            sequence = sequence.wrapping_add(1);
            sequence
        });
        self.sequence = sequence;
        self.command(now, events, |state, link, context| {
            let negotiated = &*state.opened.negotiated;
            if !negotiated.operational {
                return Err(CommandError::Capability("operational"));
            }
            let kind = MessageType::OPERATIONAL;
            let decoded = Decoded::Operational(&operational);
            link.send(context, kind, Some(negotiated), decoded, |out| operational.encode(out));
            Ok(())
        })
    }

    /// Sends End-of-RIB (RFC 4724 section 2) once nothing of the [`Source`](crate::Source) waits.
    pub fn end_of_rib(&mut self, family: Family) -> Result<(), CommandError> {
        let connection = self.slots.iter_mut().find(|other| other.state() == State::Established);
        let Some(Connection { stage: Stage::Established(state), .. }) = connection else {
            return Err(CommandError::NotEstablished);
        };
        negotiated_family(state, family)?;
        if state.ends_of_rib.len() >= MOST_ENDS_OF_RIB {
            return Err(CommandError::Full);
        }
        state.ends_of_rib.push(family);
        Ok(())
    }

    /// Does something with the established session, if it has room for a message.
    fn command(
        &mut self,
        now: Instant,
        events: &mut dyn FnMut(Event<'_>),
        act: impl FnOnce(
            &Established,
            &mut Link,
            &mut crate::link::Context<'_>,
        ) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let id: ConnectionId = self.connection().ok_or(CommandError::NotEstablished)?;
        let Some(Connection { link, stage: Stage::Established(state) }) = self.slots.get_mut(id)
        else {
            return Err(CommandError::NotEstablished);
        };
        if !link.has_room(LONGEST_MESSAGE) {
            return Err(CommandError::Full);
        }
        act(state, link, &mut self.common.context(id, now, events))
    }
}

/// What was negotiated, if this family was.
fn negotiated_family(state: &Established, family: Family) -> Result<&Negotiated, CommandError> {
    let negotiated = &*state.opened.negotiated;
    if negotiated.has_family(family) { Ok(negotiated) } else { Err(CommandError::Family(family)) }
}
