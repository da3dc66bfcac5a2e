//! What a station is still to be told, piece by piece: sessions that it has not heard of, and their tables.
//!
//! A piece is made when the station has read most of what was there before, and others have their turn after each. What happens
//! between two pieces is queued as it happens, so that whatever a piece says of a route is as new as all that was said before it.

use std::time::Duration;

use yottabgp_bmp::{PeerHeader, RibView};
use yottabgp_rib::adj_rib_in::Place;
use yottabgp_rib::store::AttributesId;
use yottabgp_wire::message::update::encode;
use yottabgp_wire::negotiated::Negotiated;
use yottabgp_wire::nlri::Nlri;

use super::StationId;
use super::messages;
use super::station::wants;
use super::told::Standing;
use crate::core::{Core, PeerId};
use crate::server::since_epoch;

/// Octets that may wait to be written when the next piece is made.
const LOW: usize = 256 * 1024;

/// Routes that are looked at for a piece: a millisecond or two.
const PIECE: usize = 2048;

/// Octets of a piece, more or less: what is told as it happens finds room beside it.
const PIECE_OCTETS: usize = 256 * 1024;

/// Octets of UPDATEs that are put into an Adj-RIB-In at once, before it is told.
const TAKEN_IN: usize = 256 * 1024;

/// The views in the order in which they are told.
const VIEWS: [RibView; 2] = [RibView::AdjRibIn, RibView::AdjRibOut];

impl Core {
    /// Makes the next piece for a station, if it is owed something and has read what it was told. Returns whether more can be made
    /// at once.
    pub(super) fn tell_station(&mut self, id: StationId) -> bool {
        let Some(station) = self.observers.stations.get_mut(id) else { return false };
        if station.queue.octets() > LOW || station.ending.is_some() {
            return false;
        }
        station.caught_up();
        let Some(&peer) = station.owed.first() else { return false };
        self.tell_session(id, peer);
        true
    }

    fn tell_session(&mut self, id: StationId, of: PeerId) {
        let Some(station) = self.observers.stations.get_mut(id) else { return };
        let Some(told) = station.sessions.get_mut(&of) else {
            station.owed.remove(&of);
            return;
        };
        if let Some(down) = told.down.take() {
            told.is_told = false;
            station.push(|out| out.extend_from_slice(&down));
            return;
        }
        let peer = self.peers.get_mut(&of).filter(|peer| peer.session.up().is_some());
        let Some(peer) = peer.filter(|_| told.is_up) else {
            let told = station.sessions.remove(&of);
            station.owed.remove(&of);
            if let Some(told) = told.filter(|told| told.is_told) {
                let header = PeerHeader { time: since_epoch(), ..told.header };
                station.push(|out| messages::push_forget(&header, out));
            }
            return;
        };
        let (view, from) = match told.standing {
            Standing::Live => {
                station.owed.remove(&of);
                return;
            }
            Standing::Owed => {
                if station.settings.adj_rib_in && peer.rib_in.has_put_off() {
                    // What is told of it then is behind nothing that came before.
                    peer.rib_in.take_in(&mut self.store, TAKEN_IN);
                    return;
                }
                let (was_told, header) = (told.is_told, told.header);
                told.is_told = true;
                told.standing = first_view(&station.settings);
                let now = since_epoch();
                if was_told {
                    let header = PeerHeader { time: now, ..header };
                    station.push(|out| messages::push_forget(&header, out));
                }
                if let Some(up) = peer.session.up() {
                    let age = peer.session.established_since().map(|since| since.elapsed());
                    let time = now.saturating_sub(age.unwrap_or_default());
                    let header = PeerHeader { time, ..header };
                    station.push(|out| messages::push_up(&header, &up, out));
                }
                return;
            }
            Standing::Telling { view, from } => (view, from),
        };
        // When these routes came is not kept.
        let header = messages::of_view(told.header, view, Duration::ZERO);
        let mut updates = Vec::new();
        let next = self.piece_of_table(of, view, from, &mut updates);
        let Some(station) = self.observers.stations.get_mut(id) else { return };
        let mut count = 0;
        if !updates.is_empty() {
            station.push(|out| count = messages::push_all_routes(&header, &updates, out));
        }
        // One was counted.
        station.counts.messages += u64::saturating_sub(count, 1);
        let Some(told) = station.sessions.get_mut(&of) else { return };
        told.standing = match next {
            Some(from) => Standing::Telling { view, from },
            None => next_view(&station.settings, view),
        };
        if told.standing == Standing::Live {
            station.owed.remove(&of);
        }
    }

    /// Appends UPDATEs with the routes of a table from a place on, and at its end an End-of-RIB for each family. Returns the place to
    /// go on from.
    fn piece_of_table(
        &mut self,
        of: PeerId,
        view: RibView,
        from: Place,
        out: &mut Vec<u8>,
    ) -> Option<Place> {
        let peer = self.peers.get(&of)?;
        let negotiated = peer.session.negotiated()?.clone();
        let mut routes: Vec<(AttributesId, Nlri<'_>)> = Vec::with_capacity(PIECE);
        let mut from = Some(from);
        let rib_out = self.tables.get(peer.table).map(|table| &table.rib);
        let (mut looked_at, mut octets) = (0, 0);
        while looked_at < PIECE
            && octets < PIECE_OCTETS
            && let Some(at) = from
        {
            let found = match view {
                RibView::AdjRibIn => {
                    let found = peer.rib_in.next_route(at);
                    found.map(|(place, nlri, attributes)| (place, Some((nlri, attributes))))
                }
                RibView::AdjRibOut | RibView::LocRib => rib_out.and_then(|rib| {
                    let (id, told) = rib.next_told(peer.member, at.at)?;
                    Some((at.with(id), told))
                }),
            };
            from = found.map(|(place, told)| {
                if let Some((nlri, attributes)) = told {
                    octets += nlri.bytes.len();
                    if routes.last().is_none_or(|(before, _)| *before != attributes) {
                        octets += self.store.set(attributes).len();
                    }
                    routes.push((attributes, nlri));
                }
                place.next()
            });
            looked_at += 1;
        }
        let kind = |(attributes, nlri): &(AttributesId, Nlri<'_>)| (nlri.family, *attributes);
        routes.sort_by_key(|route| kind(route));
        let retold = negotiated.retold();
        for same in routes.chunk_by(|a, b| kind(a) == kind(b)) {
            let Some((family, attributes)) = same.first().map(kind) else { continue };
            let (set, next_hop) = (self.store.set(attributes), self.store.next_hop(attributes));
            let nlri = same.iter().map(|(_, nlri)| *nlri);
            // What can not be said in a message of this session was not said in one.
            let _ = match view {
                RibView::AdjRibIn => {
                    self.encoder.retell(&retold, true, set, next_hop, family, nlri, out)
                }
                RibView::AdjRibOut | RibView::LocRib => {
                    self.encoder.announce(&negotiated, true, set, next_hop, family, nlri, out)
                }
            };
        }
        if from.is_none() {
            ends_of_rib(&negotiated, out);
        }
        from
    }
}

fn ends_of_rib(negotiated: &Negotiated, out: &mut Vec<u8>) {
    for family in &negotiated.families {
        encode::end_of_rib(*family, out);
    }
}

/// What is told first of a session.
fn first_view(settings: &yottabgp_config::BmpStation) -> Standing {
    telling(VIEWS.into_iter().find(|view| wants(settings, *view)))
}

/// What is told after one view.
fn next_view(settings: &yottabgp_config::BmpStation, view: RibView) -> Standing {
    let behind = VIEWS.into_iter().skip_while(|other| *other != view).skip(1);
    telling(behind.into_iter().find(|view| wants(settings, *view)))
}

fn telling(view: Option<RibView>) -> Standing {
    view.map_or(Standing::Live, |view| Standing::Telling { view, from: Place::default() })
}
