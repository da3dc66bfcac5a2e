//! What routers told before a helper was there: their names, their sessions, and the routes that are kept, as if they told it now.
//!
//! Each router is played by another of its kind, which is given the messages again that are still true, and makes events of them.

use std::time::Duration;

use tracing::debug;
use yottabgp_api::Encoding;
use yottabgp_api::event::Format;
use yottabgp_bmp::{Frame, MessageType, PeerHeader, RibView, Router, SessionKey};
use yottabgp_rib::adj_rib_in::Place;
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::message::update::encode::{UpdateEncoder, end_of_rib};
use yottabgp_wire::negotiated::Negotiated;
use yottabgp_wire::nlri::registry;

use super::events::{Kept, Target, Writing};
use super::service::RouterId;
use super::tables::View;
use crate::core::{Core, Shared};
use crate::outbox::{Life, Outbox};
use crate::server::since_epoch;

/// Octets of events that are written before others may do something.
const PIECE: usize = 64 * 1024;
/// Messages that are made before others may do something: what nobody wants to hear of has no events.
const MOST_MADE: usize = 32;
/// Octets of NLRI of one UPDATE.
const MOST_NLRI: usize = 3000;

/// Tells everything, and waits for the reader between the pieces.
pub(super) async fn tell(shared: &Shared, outbox: &Outbox, format: Format) {
    let routers: Vec<RouterId> = shared.borrow().bmp.routers.keys().copied().collect();
    let life = outbox.life();
    for id in routers {
        let Some(mut teller) = Teller::new(shared, id, outbox, life, format) else { continue };
        if teller.router().await.is_none() {
            return;
        }
    }
}

/// Tells of one router.
struct Teller<'a> {
    shared: &'a Shared,
    id: RouterId,
    outbox: &'a Outbox,
    life: Life,
    format: Format,
    router: Router<Kept>,
    lines: Vec<u8>,
}

impl<'a> Teller<'a> {
    fn new(
        shared: &'a Shared,
        id: RouterId,
        outbox: &'a Outbox,
        life: Life,
        format: Format,
    ) -> Option<Self> {
        let core = shared.borrow();
        let state = core.bmp.routers.get(&id).filter(|state| !state.is_lost)?;
        let router = Router::new(state.router.address(), state.router.port()).snapshot();
        Some(Self { shared, id, outbox, life, format, router, lines: Vec::new() })
    }

    /// `None` when nobody reads any more.
    async fn router(&mut self) -> Option<()> {
        let (initiation, mut sessions) = {
            let core = self.shared.borrow();
            let Some(state) = core.bmp.routers.get(&self.id) else { return Some(()) };
            let is_up = |key: &SessionKey| state.router.session(key).is_some_and(|one| one.is_up);
            let others = state.tables.sessions().map(|(key, _)| *key).filter(|key| !is_up(key));
            let up = state.router.sessions().filter(|(_, session)| session.is_up);
            let sessions: Vec<SessionKey> = up.map(|(key, _)| *key).chain(others).collect();
            (state.kept.of_router().to_vec(), sessions)
        };
        sessions.sort_by_key(|key| (key.address, key.kind.0, key.distinguisher));
        if !initiation.is_empty() {
            self.event(Frame { kind: MessageType::INITIATION, body: &initiation });
        }
        for key in sessions {
            self.session(&key).await?;
        }
        self.flush().await
    }

    async fn session(&mut self, key: &SessionKey) -> Option<()> {
        let (peer_up, views) = {
            let core = self.shared.borrow();
            let Some(state) = core.bmp.routers.get(&self.id) else { return Some(()) };
            let peer_up = state.kept.of_session(key).to_vec();
            let views = state.tables.of(key).iter();
            (peer_up, views.map(|view| (view.peer, view.ended.clone())).collect::<Vec<_>>())
        };
        if !peer_up.is_empty() {
            self.event(Frame { kind: MessageType::PEER_UP, body: &peer_up });
        }
        for (peer, ended) in views {
            let peer = PeerHeader { has_two_octet_as_path: false, time: Duration::ZERO, ..peer };
            let retold = self.retold(&peer);
            let mut from = Some(Place::default());
            while let Some(next) = from {
                from = self.piece(&peer, &retold, next);
                self.flush().await?;
            }
            for family in ended {
                self.routes(&peer, |out| end_of_rib(family, out));
            }
        }
        self.flush().await
    }

    /// How routes of a table are written.
    fn retold(&self, peer: &PeerHeader) -> Negotiated {
        let is_sent = peer.view == RibView::AdjRibOut;
        let session = self.router.session(&peer.session());
        let mut retold = match session {
            Some(session) => session.read(is_sent).retold(),
            None => Negotiated::permissive().retold(),
        };
        retold.asn4 = true;
        retold
    }

    /// Tells of some routes from a place on. Returns the place to go on from.
    fn piece(&mut self, peer: &PeerHeader, retold: &Negotiated, from: Place) -> Option<Place> {
        let shared = self.shared;
        let mut from = Some(from);
        let (mut body, mut made) = (Vec::new(), 0);
        while self.lines.len() < PIECE
            && made < MOST_MADE
            && let Some(next) = from
        {
            made += 1;
            body.clear();
            peer.push(&mut body);
            let before = body.len();
            from = {
                let mut core = shared.borrow_mut();
                let Core { bmp, store, encoder, .. } = &mut *core;
                let state = bmp.routers.get(&self.id)?;
                let view = state.tables.view(&peer.session(), peer.view, peer.policy)?;
                update((view, store), (encoder, retold), next, &mut body)
            };
            if body.len() > before {
                self.event(Frame { kind: MessageType::ROUTE_MONITORING, body: &body });
            }
        }
        from
    }

    fn routes(&mut self, peer: &PeerHeader, write: impl FnOnce(&mut Vec<u8>)) {
        let mut body = Vec::new();
        peer.push(&mut body);
        write(&mut body);
        self.event(Frame { kind: MessageType::ROUTE_MONITORING, body: &body });
    }

    /// Writes what a message tells.
    fn event(&mut self, frame: Frame<'_>) {
        let mut core = self.shared.borrow_mut();
        let Core { bmp, encoders, .. } = &mut *core;
        let flags = bmp.flags();
        // Of one that was lost meanwhile everything is told.
        let Some(state) = bmp.routers.get_mut(&self.id).filter(|state| !state.is_lost) else {
            return;
        };
        let mut target = [Target {
            encoder: encoders.of(self.format),
            is_text: self.format.encoding == Encoding::Text,
            out: &mut self.lines,
        }];
        let mut writing = Writing {
            flags,
            router: state.router.address(),
            time: since_epoch(),
            counter: &mut state.counter,
            targets: &mut target,
        };
        // There are no more sessions than the router itself told of.
        let _ = self.router.take(frame, &mut |told| writing.tell(told, None));
    }

    /// Gives the lines to the helper, and waits until it can take more. None are kept while others have their turn: what they tell,
    /// the end of the router say, stands behind.
    async fn flush(&mut self) -> Option<()> {
        if self.outbox.life() != self.life || self.outbox.is_closed() {
            return None;
        }
        self.outbox.events(&self.lines);
        self.lines.clear();
        tokio::task::yield_now().await;
        self.outbox.room().await;
        Some(())
    }
}

/// Writes an UPDATE of the routes from a place on, of those that have one set of attributes and stand one behind the other. Returns the
/// place to go on from.
fn update(
    (view, store): (&View, &AttributeStore),
    (encoder, retold): (&mut UpdateEncoder, &Negotiated),
    from: Place,
    out: &mut Vec<u8>,
) -> Option<Place> {
    let (place, first, attributes) = view.next_fresh(from)?;
    let family = first.family;
    let (mut octets, mut routes) = (first.bytes.len(), vec![first]);
    let mut next = view.next_fresh(place.next());
    while let Some((place, nlri, of)) = next
        && of == attributes
        && (nlri.family, nlri.path_id.is_some()) == (family, first.path_id.is_some())
        && octets < MOST_NLRI
        && (registry::row(family).packed)(family)
    {
        octets += nlri.bytes.len() + 4;
        routes.push(nlri);
        next = view.next_fresh(place.next());
    }
    let (set, next_hop) = (store.set(attributes), store.next_hop(attributes));
    if let Err(error) = encoder.retell(retold, true, set, next_hop, family, routes, out) {
        debug!(target: "yottabgp::bmp", "a route can not be told again: {error}");
    }
    next.map(|(place, ..)| place)
}
