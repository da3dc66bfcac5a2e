//! One configured neighbor: dials or waits, resolves collisions, and owns the one or two TCP connections of the moment.

mod command;
mod dial;
mod outcome;
mod slots;
mod tcp;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use yottabgp_wire::message::open::Open;
use yottabgp_wire::negotiated::Negotiated;

use crate::connection::{Connection, Input, Stage};
use crate::event::{Action, ConnectionId, Event, State, Up};
use crate::link::Context;
use crate::random::Random;
use crate::settings::Settings;
use crate::statistics::Statistics;
use dial::Dialer;
use slots::Slots;

pub use command::CommandError;

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

    /// The established session, as it was told when it came up.
    pub fn up(&self) -> Option<Up<'_>> {
        let connection = self.established()?;
        let opened = connection.opened()?;
        Some(Up {
            negotiated: &opened.negotiated,
            local: connection.link.local,
            remote: connection.link.remote,
            sent_open: &opened.ours,
            received_open: &opened.received,
        })
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
}
