//! What a station was told of a session, and what it is still to be told.

use yottabgp_bmp::{PeerHeader, RibView};
use yottabgp_rib::adj_rib_in::Place;

/// A session, as far as a station is concerned.
#[derive(Debug)]
pub(super) struct Told {
    /// The header of messages about it.
    pub(super) header: PeerHeader,
    /// Peer Up was queued, and no Peer Down since.
    pub(super) is_told: bool,
    /// The session is up.
    pub(super) is_up: bool,
    /// The Peer Down of a session that ended while there was no room for it.
    pub(super) down: Option<Box<[u8]>>,
    pub(super) standing: Standing,
}

/// How much of it the station knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is to be told everything anew: it was not there when the session came up, or it missed something.
    Owed,
    /// It is told what happens, and a table is being told.
    Telling {
        /// Which.
        view: RibView,
        /// The place to go on from.
        from: Place,
    },
    /// It is told what happens.
    Live,
}

impl Told {
    /// A session that the station has not heard of.
    pub(super) const fn new(header: PeerHeader) -> Self {
        Self { header, is_told: false, is_up: true, down: None, standing: Standing::Owed }
    }

    /// Whether what happens is told.
    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.standing, Standing::Owed)
    }

    /// Whether a table is being told that must not lag behind what happens.
    pub(super) const fn needs_table(&self) -> bool {
        matches!(self.standing, Standing::Telling { view: RibView::AdjRibIn, .. })
    }
}
