//! A station: what it knows of each session, and what waits to be written to it.
//!
//! Nobody waits for a station. While there is room, everything that happens is queued for it as it happens. A session for which
//! there is none is told anew once the queue is short again: Peer Down, Peer Up, the tables, End-of-RIB. Tables are taken from
//! where they are, as fast as the station reads, so that they do not wait in the queue.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;
use tracing::warn;
use yottabgp_bmp::{PeerHeader, PeerType, RibView};
use yottabgp_config::BmpStation;
use yottabgp_session::event::{Ending, Up};
use yottabgp_wire::negotiated::Direction;

use super::messages::{self, AROUND};
use super::queue::Queue;
use super::told::{Standing, Told};
use crate::core::PeerId;
use crate::observers::Observed;

/// Octets that Peer Up and Peer Down need at most: two OPENs, or a NOTIFICATION.
const LARGEST_OF_SESSION: usize = 3 * 4096;

/// Whether a station is to be told of a table of sessions.
pub(super) const fn wants(settings: &BmpStation, view: RibView) -> bool {
    match view {
        RibView::AdjRibIn => settings.adj_rib_in,
        RibView::AdjRibOut => settings.adj_rib_out,
        RibView::LocRib => false,
    }
}

/// Whether there is a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The last one ended, or could not be made: the next try has to wait.
    Waiting,
    /// It is being made.
    Connecting,
    /// Since then.
    Connected(Instant),
}

/// What is counted of a station.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Messages queued for it.
    pub(crate) messages: u64,
    /// Octets that it took.
    pub(crate) octets: u64,
    /// Connections that were made.
    pub(crate) connections: u64,
    /// Sessions that were told anew because it did not read fast enough.
    pub(crate) resynchronised: u64,
}

/// A station.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) settings: Arc<BmpStation>,
    pub(crate) state: State,
    pub(crate) counts: Counts,
    /// Why there is no connection.
    pub(crate) trouble: Option<String>,
    pub(super) sessions: BTreeMap<PeerId, Told>,
    /// Sessions of which it is to be told something that is not queued.
    pub(super) owed: BTreeSet<PeerId>,
    pub(super) queue: Queue,
    /// It is told no more than its Termination, with these words.
    pub(super) ending: Option<&'static str>,
    pub(super) wake: Rc<Notify>,
    /// It did not read fast enough: told once in the log until it does.
    is_slow: bool,
}

impl Station {
    /// One that is not connected.
    pub(super) fn new(settings: Arc<BmpStation>) -> Self {
        let queue = Queue::new(settings.queue_octets());
        Self {
            settings,
            state: State::Connecting,
            counts: Counts::default(),
            trouble: None,
            sessions: BTreeMap::new(),
            owed: BTreeSet::new(),
            queue,
            ending: None,
            wake: Rc::new(Notify::new()),
            is_slow: false,
        }
    }

    const fn is_connected(&self) -> bool {
        matches!(self.state, State::Connected(_)) && self.ending.is_none()
    }

    /// A connection is made: it knows nothing.
    pub(super) fn connected(&mut self, now: Instant, name: &str, description: &str) {
        self.state = State::Connected(now);
        self.trouble = None;
        self.counts.connections += 1;
        self.push(|out| messages::push_initiation(name, description, out));
    }

    /// The connection is gone.
    pub(super) fn disconnected(&mut self, trouble: String) {
        self.state = State::Waiting;
        self.trouble = Some(trouble);
        self.sessions.clear();
        self.owed.clear();
        self.queue.clear();
        self.is_slow = false;
    }

    /// Queues a message.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.queue.octets() == 0 {
            self.wake.notify_one();
        }
        self.queue.push(write);
        self.counts.messages += 1;
    }

    /// It is short of what happens to a session: that is told anew.
    fn owe(&mut self, id: PeerId) {
        self.owed.insert(id);
        self.wake.notify_one();
    }

    /// A session that is up, and that the station has not heard of, is to be told.
    pub(super) fn add(&mut self, of: PeerId, up: &Up<'_>) {
        let mut header = messages::header_of(up);
        let mut others = self.sessions.iter().filter(|(id, _)| **id != of);
        if others.any(|(_, told)| told.header.address == header.address) {
            // The address is all that names a peer of the global table.
            header =
                PeerHeader { kind: PeerType::LOCAL, distinguisher: of.0.to_be_bytes(), ..header };
        }
        match self.sessions.get_mut(&of) {
            // It still is to be told of the end of the one before.
            Some(told) => {
                told.header = header;
                told.is_up = true;
                told.standing = Standing::Owed;
            }
            None => {
                self.sessions.insert(of, Told::new(header));
            }
        }
        self.owe(of);
    }

    /// Whether it is to be told of a table of sessions.
    fn wants(&self, view: RibView) -> bool {
        wants(&self.settings, view)
    }

    /// A session came up. All that is ever said in it is said from now on: no table has to be told.
    pub(super) fn up(&mut self, of: &Observed<'_>, up: &Up<'_>) {
        if !self.is_connected() || !self.settings.is_about(of.neighbor.peer.address) {
            return;
        }
        self.add(of.id, up);
        let has_room = self.queue.has_room(LARGEST_OF_SESSION);
        let Some(told) = self.sessions.get_mut(&of.id).filter(|told| !told.is_told && has_room)
        else {
            return;
        };
        told.is_told = true;
        told.standing = Standing::Live;
        let header = PeerHeader { time: of.time, ..told.header };
        self.owed.remove(&of.id);
        self.push(|out| messages::push_up(&header, up, out));
    }

    /// A session ended.
    pub(super) fn down(&mut self, of: &Observed<'_>, ending: &Ending<'_>) {
        let Some(told) = self.sessions.get_mut(&of.id) else { return };
        told.is_up = false;
        if !told.is_told {
            self.sessions.remove(&of.id);
            self.owed.remove(&of.id);
            return;
        }
        let header = PeerHeader { time: of.time, ..told.header };
        if self.queue.has_room(LARGEST_OF_SESSION) {
            // Of the session that it knows of, which may be one before this.
            let earlier = told.down.take();
            self.sessions.remove(&of.id);
            self.owed.remove(&of.id);
            self.push(|out| match earlier {
                Some(down) => out.extend_from_slice(&down),
                None => messages::push_down(&header, ending, out),
            });
        } else if told.down.is_none() {
            let mut down = Vec::new();
            messages::push_down(&header, ending, &mut down);
            told.down = Some(down.into());
            told.standing = Standing::Owed;
            self.owe(of.id);
        }
    }

    /// An UPDATE came or goes.
    pub(super) fn update(&mut self, of: &Observed<'_>, way: Direction, update: [&[u8]; 2]) {
        let view = match way {
            Direction::Receive => RibView::AdjRibIn,
            Direction::Send => RibView::AdjRibOut,
        };
        if !self.wants(view) {
            return;
        }
        let Some(told) = self.sessions.get_mut(&of.id).filter(|told| told.is_live()) else {
            return;
        };
        let octets = AROUND + update.iter().map(|part| part.len()).sum::<usize>();
        if self.queue.has_room(octets) {
            let header = messages::of_view(told.header, view, of.time);
            self.push(|out| messages::push_routes(&header, update, out));
            return;
        }
        told.standing = Standing::Owed;
        self.counts.resynchronised += 1;
        self.owe(of.id);
        if !std::mem::replace(&mut self.is_slow, true) {
            warn!(
                target: "yottabgp::bmp",
                "station {}: {} octets wait to be read by it: {} and whoever else has no room is told anew when it has read them",
                self.settings.address,
                self.queue.octets(),
                of.key.peer
            );
        }
    }

    /// Queues a message that may be missed.
    pub(super) fn push_if_room(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.queue.has_room(LARGEST_OF_SESSION) {
            self.push(write);
        }
    }

    /// It has read what waited.
    pub(super) const fn caught_up(&mut self) {
        self.is_slow = false;
    }

    /// How many sessions it knows of.
    pub(crate) fn told(&self) -> usize {
        self.sessions.values().filter(|told| told.is_told).count()
    }

    /// How many sessions it is to be told anew, or the tables of which are being told.
    pub(crate) fn owed(&self) -> usize {
        self.owed.len()
    }

    /// Octets that wait to be written.
    pub(crate) const fn waiting(&self) -> usize {
        self.queue.octets()
    }
}
