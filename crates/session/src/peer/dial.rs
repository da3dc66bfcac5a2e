//! Idle, Connect and Active: when to dial, and how often.

use std::time::{Duration, Instant};

use super::Peer;
use crate::backoff::Backoff;
use crate::event::{Action, ConnectionId, Event, State};
use crate::random::Random;
use crate::settings::Settings;

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(30);

/// Dials, or not.
#[derive(Debug, Default)]
pub(super) struct Dialer {
    running: bool,
    /// What is being dialed, and until when.
    dialing: Option<(ConnectionId, Instant)>,
    /// When to dial next.
    retry: Option<Instant>,
    backoff: Backoff,
    /// How often it has dialed.
    dials: u32,
}

impl Dialer {
    /// Whether connections are made or accepted at all.
    pub(super) const fn is_running(&self) -> bool {
        self.running
    }

    /// The state while there is no connection.
    pub(super) const fn state(&self, settings: &Settings) -> State {
        if self.dialing.is_some() {
            State::Connect
        } else if self.retry.is_some() || (self.running && settings.passive) {
            State::Active
        } else {
            State::Idle
        }
    }

    /// The dialed connection is up, or failed. Returns whether this is the one.
    pub(super) fn connected(&mut self, id: ConnectionId) -> bool {
        self.dialing.take_if(|(dialing, _)| *dialing == id).is_some()
    }

    /// The connection that took too long to be made.
    pub(super) fn given_up(&mut self, now: Instant) -> Option<ConnectionId> {
        self.dialing.take_if(|(_, until)| *until <= now).map(|(id, _)| id)
    }

    /// No need to dial: there is a connection.
    pub(super) const fn rest(&mut self) {
        self.retry = None;
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.retry.is_some_and(|at| at <= now)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let dialing = self.dialing.map(|(_, until)| until);
        dialing.into_iter().chain(self.retry).min()
    }

    /// Starts as if nothing had been tried.
    pub(super) const fn forget(&mut self) {
        self.retry = None;
        self.dials = 0;
        self.backoff.reset();
    }

    pub(super) const fn reset_backoff(&mut self) {
        self.backoff.reset();
    }

    /// Whether it may dial no more.
    const fn is_exhausted(&self, settings: &Settings) -> bool {
        settings.attempts != 0 && self.dials >= settings.attempts
    }

    fn wait(&mut self, now: Instant, random: &mut Random) {
        self.retry = Some(now + self.backoff.wait(random));
    }
}

impl Peer {
    /// Connects, or waits to be connected to, from now on.
    pub fn start(&mut self, now: Instant, events: &mut dyn FnMut(Event<'_>)) {
        if self.dialer.running {
            return;
        }
        self.dialer.running = true;
        self.dialer.forget();
        self.begin_anew(now, events);
    }

    /// Dials, if that is to be done at all and nothing else is under way.
    pub(super) fn begin_anew(&mut self, now: Instant, events: &mut dyn FnMut(Event<'_>)) {
        if self.is_at_rest() {
            self.dial(now, events);
        }
    }

    /// Whether nothing is under way of a peer that dials.
    fn is_at_rest(&self) -> bool {
        self.dialer.running
            && !self.common.settings.passive
            && self.slots.is_empty()
            && self.dialer.dialing.is_none()
            && self.dialer.retry.is_none()
    }

    /// Connects without the rest of the wait, if it waits.
    pub fn retry_now(&mut self, now: Instant, events: &mut dyn FnMut(Event<'_>)) {
        self.dialer.backoff.reset();
        if self.dialer.retry.is_some() {
            self.dial(now, events);
        }
    }

    pub(super) fn dial(&mut self, now: Instant, events: &mut dyn FnMut(Event<'_>)) {
        let id = self.next_id();
        self.dialer.retry = None;
        self.dialer.dialing = Some((id, now + CONNECT_TIME));
        self.dialer.dials = self.dialer.dials.saturating_add(1);
        events(Event::Fsm(State::Active));
        events(Event::Fsm(State::Idle));
        self.actions.push_back(Action::Connect(id));
    }

    /// A connection is far enough that no other is needed.
    pub(super) fn cancel_dial(&mut self) {
        if let Some((id, _)) = self.dialer.dialing.take() {
            self.actions.push_back(Action::Close(id));
        }
    }

    /// When nothing is left of what was tried: waits to try again, or gives up.
    pub(super) fn rest(&mut self, now: Instant) {
        if !self.is_at_rest() {
            return;
        }
        if self.dialer.is_exhausted(&self.common.settings) {
            self.finish();
        } else {
            self.dialer.wait(now, &mut self.common.random);
        }
    }

    /// Tries nothing more.
    pub(super) fn finish(&mut self) {
        self.cancel_dial();
        self.dialer.retry = None;
        self.dialer.running = false;
        self.actions.push_back(Action::Finished);
    }
}
