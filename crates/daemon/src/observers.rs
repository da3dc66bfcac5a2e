//! Those who watch sessions: told every message both ways, with its octets, and every change of state, while it happens.
//!
//! There is a field for each kind of them. While nobody watches, a session costs one look at [`Observers::watching`] for all that
//! is done at once.

use std::time::Duration;

use yottabgp_api::select::PeerKey;
use yottabgp_config::Neighbor;
use yottabgp_session::event::Event;

use crate::core::PeerId;
use crate::monitoring::Stations;
use crate::mrt::Recorder;

/// A session, as those who watch it need to know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed<'a> {
    /// Names it for as long as its neighbor is configured.
    pub(crate) id: PeerId,
    pub(crate) key: &'a PeerKey,
    pub(crate) neighbor: &'a Neighbor,
    /// When what happens does, since 1970.
    pub(crate) time: Duration,
}

/// How an Adj-RIB-In is kept for those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Nobody wants it.
    Nothing,
    /// It may be behind.
    Later,
    /// It is to be up to date after every UPDATE.
    AtOnce,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    /// BMP stations.
    pub(crate) stations: Stations,
    /// Writes MRT files.
    pub(crate) recorder: Recorder,
}

impl Observers {
    /// They, if there are any.
    pub(crate) fn watching(&mut self) -> Option<&mut Self> {
        let somebody = !self.stations.is_empty() || self.recorder.is_recording();
        somebody.then_some(self)
    }

    /// Something happened. Where a session comes up its event says with which OPENs, between which ends, and what was agreed
    /// upon; where it ends, who ended it and how.
    pub(crate) fn event(&mut self, of: &Observed<'_>, event: &Event<'_>) {
        if !self.stations.is_empty() {
            self.stations.event(of, event);
        }
        if self.recorder.is_recording() {
            self.recorder.event(of, event);
        }
    }

    /// Whether somebody wants the UPDATEs that this neighbor is sent: they are told only then.
    pub(crate) fn want_sent_updates(&self, neighbor: &Neighbor) -> bool {
        self.stations.want_sent(neighbor) || self.recorder.wants_sent_updates(neighbor)
    }

    /// Whether somebody wants the routes of this neighbor kept in its Adj-RIB-In, and how.
    pub(crate) fn keep_table(&self, peer: PeerId, neighbor: &Neighbor) -> Keeping {
        if !self.stations.want_table(neighbor) {
            Keeping::Nothing
        } else if self.stations.need_table(peer) {
            Keeping::AtOnce
        } else {
            Keeping::Later
        }
    }
}
