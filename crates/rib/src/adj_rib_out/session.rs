//! What differs between the peers of a table: how far each has come.

use std::collections::VecDeque;

use yottabgp_wire::codes::Family;

use super::{AdjRibOut, MOST_ALONE, Once};
use crate::store::AttributeStore;
use crate::table::{NONE, RouteId};

use super::refresh::Refresh;

/// Names a peer of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Member(u32);

/// So many reasons wait for the log.
const MOST_REFUSED: usize = 100;

/// How far a peer has come.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) established: bool,
    /// Whether a route was sent in this session: before that there is nothing to withdraw.
    pub(super) spoke: bool,
    /// The last route of the list that was dealt with; `NONE` before the first.
    pub(super) at: RouteId,
    /// The last route that the session began with, until it has come so far.
    pub(super) beginning: Option<RouteId>,
    /// The table's `epoch` when this session was last sent something; 0 before.
    pub(super) heard: u32,
    /// The table's `version` when nothing was left to be sent.
    pub(super) seen: u64,
    pub(super) refreshes: VecDeque<Refresh>,
    /// Families of which everything up to a place was sent by a refresh that overtook the rest.
    pub(super) ahead: Vec<(Family, RouteId)>,
    /// What is no route of the table, still to be sent.
    pub(super) alone: VecDeque<Once>,
    /// Why routes could not be sent: bounded, for the log.
    refused: Vec<String>,
}

impl Session {
    fn new() -> Self {
        Self {
            established: false,
            spoke: false,
            at: NONE,
            beginning: None,
            heard: 0,
            seen: 0,
            refreshes: VecDeque::new(),
            ahead: Vec::new(),
            alone: VecDeque::new(),
            refused: Vec::new(),
        }
    }

    /// Everything that is a place in the list.
    pub(super) fn places(&mut self) -> impl Iterator<Item = &mut RouteId> {
        let refreshes =
            self.refreshes.iter_mut().flat_map(|refresh| [&mut refresh.at, &mut refresh.end]);
        let ahead = self.ahead.iter_mut().map(|(_, place)| place);
        std::iter::once(&mut self.at).chain(&mut self.beginning).chain(refreshes).chain(ahead)
    }

    /// Sends something once, if there is a session and room. Returns whether it will be sent.
    pub(super) fn once(&mut self, store: &mut AttributeStore, once: &Once) -> bool {
        let taken = self.established && self.alone.len() < MOST_ALONE;
        if taken {
            store.retain(once.attributes);
            self.alone.push_back(once.clone());
        }
        taken
    }

    /// The same, unless it waits already.
    pub(super) fn once_more(&mut self, store: &mut AttributeStore, once: &Once) {
        if !self.alone.contains(once) {
            self.once(store, once);
        }
    }

    pub(super) fn refuse(&mut self, reason: String) {
        if self.refused.len() < MOST_REFUSED {
            self.refused.push(reason);
        }
    }
}

impl AdjRibOut {
    /// One more peer has this table.
    pub fn join(&mut self) -> Member {
        let free = self.sessions.iter().position(Option::is_none);
        let place = free.unwrap_or(self.sessions.len());
        if free.is_none() {
            self.sessions.push(None);
        }
        if let Some(slot) = self.sessions.get_mut(place) {
            *slot = Some(Session::new());
        }
        Member(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// A peer leaves the table. Returns whether others are left.
    pub fn leave(&mut self, store: &mut AttributeStore, member: Member) -> bool {
        self.session_down(store, member);
        if let Some(slot) = self.sessions.get_mut(member.0 as usize) {
            *slot = None;
        }
        self.sessions.iter().any(Option::is_some)
    }

    /// The peers of the table.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        let places = self.sessions.iter().enumerate().filter(|(_, slot)| slot.is_some());
        places.map(|(place, _)| Member(u32::try_from(place).unwrap_or(u32::MAX)))
    }

    pub(super) fn session(&self, member: Member) -> Option<&Session> {
        self.sessions.get(member.0 as usize)?.as_ref()
    }

    pub(super) fn session_mut(&mut self, member: Member) -> Option<&mut Session> {
        self.sessions.get_mut(member.0 as usize)?.as_mut()
    }

    pub(super) fn slot(&mut self, member: Member) -> Option<&mut Option<Session>> {
        self.sessions.get_mut(member.0 as usize)
    }

    /// A session begins: the peer has nothing, and everything is still to be sent.
    pub fn session_up(&mut self, store: &mut AttributeStore, member: Member) {
        self.session_down(store, member);
        let last = self.last;
        let Self { sessions, standing, .. } = self;
        let Some(session) = sessions.get_mut(member.0 as usize).and_then(Option::as_mut) else {
            return;
        };
        *session = Session { refused: std::mem::take(&mut session.refused), ..Session::new() };
        session.established = true;
        session.beginning = Some(last).filter(|last| *last != NONE);
        for once in standing {
            store.retain(once.attributes);
            session.alone.push_back(once.clone());
        }
        self.established += 1;
        self.hold(last);
    }

    /// The session ended: what was to be sent is dropped, but not what the peer is to have.
    pub fn session_down(&mut self, store: &mut AttributeStore, member: Member) {
        // A try to connect that failed has changed nothing.
        let Some(session) = self.session_mut(member).filter(|session| session.established) else {
            return;
        };
        let spoke = session.spoke;
        let alone = std::mem::take(&mut session.alone);
        *session = Session { refused: std::mem::take(&mut session.refused), ..Session::new() };
        for once in alone {
            store.release(once.attributes);
        }
        self.established -= 1;
        self.speaking -= usize::from(spoke);
        while self.bury(store) {}
    }

    /// The session has sent a route.
    pub(super) fn speak(&mut self, member: Member) {
        if let Some(session) = self.session_mut(member).filter(|session| !session.spoke) {
            session.spoke = true;
            self.speaking += 1;
        }
    }

    /// The session was sent something: it may know every route that was wanted before.
    pub(super) fn hear(&mut self, member: Member) {
        if self.epoch == u32::MAX {
            self.begin_epochs();
        }
        self.epoch += 1;
        let epoch = self.epoch;
        if let Some(session) = self.session_mut(member) {
            session.heard = epoch;
        }
    }

    /// Counting starts again: whoever was sent anything may know everything, which costs a withdrawal too many at worst.
    fn begin_epochs(&mut self) {
        self.epoch = 1;
        for session in self.sessions.iter_mut().flatten().filter(|session| session.heard > 0) {
            session.heard = 1;
        }
        let mut from = 0;
        while let Some(id) = self.table.next_from(from) {
            from = id + 1;
            if let Some(route) = self.table.get_mut(id) {
                route.born = 0;
            }
        }
    }

    /// Whether something is to be sent to a peer.
    pub fn is_pending(&self, member: Member) -> bool {
        self.session(member).is_some_and(|session| {
            session.established
                && (session.at != self.last
                    || !session.refreshes.is_empty()
                    || !session.alone.is_empty())
        })
    }

    /// Takes what could not be sent to a peer, and why.
    pub fn take_refused(&mut self, member: Member) -> Vec<String> {
        self.session_mut(member)
            .map(|session| std::mem::take(&mut session.refused))
            .unwrap_or_default()
    }
}
