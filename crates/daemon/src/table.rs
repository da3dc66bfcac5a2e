//! `show adj-rib`: tables of any length, written bit by bit.

use yottabgp_api::Encoding;
use yottabgp_api::answer::{RouteFormat, RouteLook, RouteView, adj_rib};
use yottabgp_api::command::{Refusal, Rib, ShowRib};
use yottabgp_api::event::ProcessId;
use yottabgp_rib::adj_rib_in::Place;
use yottabgp_wire::layout::Layout;

use crate::core::{Core, PeerId, Shared};
use crate::execute::PATIENCE;
use crate::outbox::Outbox;

/// Octets that are rendered before others may do something.
pub(crate) const PIECE: usize = 64 * 1024;

/// Routes that are looked at before others may do something: few of them may be of the families that are asked for.
const MOST_LOOKED_AT: usize = 8192;

/// Writes the routes of these peers, and waits for the reader between the pieces: but not for ever, since its commands
/// are not read meanwhile.
pub(crate) async fn write(
    shared: &Shared,
    id: ProcessId,
    show: ShowRib,
    peers: &[PeerId],
    encoding: Encoding,
    outbox: &Outbox,
) -> Result<(), Refusal> {
    let mut piece = Vec::new();
    for peer in peers {
        if show.rib == Rib::In {
            take_in(shared, *peer).await;
        }
        let mut from = Some(Place::default());
        while let Some(next) = from {
            piece.clear();
            from = {
                let core = shared.borrow();
                let look = RouteLook {
                    extensive: show.extensive,
                    version: core.senders.get(&id).map_or(core.version, |sender| sender.version),
                    encoding,
                    layout: match core.senders.get(&id) {
                        _ if show.old => Layout::V3_4,
                        Some(sender) => sender.format.layout,
                        None => core.version.layout(),
                    },
                    format: RouteFormat::from_number(core.environment.api.show_routes_format)
                        .unwrap_or_default(),
                };
                core.piece(*peer, next, show, look, &mut piece)
            };
            outbox.answer(&piece).map_err(|refused| Refusal::Other(refused.to_string()))?;
            // There may be room for many pieces: others have their turn after each, since there may be many such readers.
            tokio::task::yield_now().await;
            if from.is_some() && tokio::time::timeout(PATIENCE, outbox.room()).await.is_err() {
                return Err(Refusal::Other("the table was cut short: nobody reads it".to_owned()));
            }
        }
    }
    Ok(())
}

/// Waits until all UPDATEs are in the table that the peer has sent so far.
pub(crate) async fn take_in(shared: &Shared, peer: PeerId) {
    let mut until = None;
    loop {
        let Some([put_off, taken_in]) = shared.borrow_mut().take_in(peer, PIECE) else { return };
        // A session that ended begins to count anew.
        if taken_in >= *until.get_or_insert(put_off) || taken_in == put_off {
            return;
        }
        tokio::task::yield_now().await;
    }
}

impl Core {
    /// Renders routes from a place of a table on. Returns the place to go on from.
    fn piece(
        &self,
        id: PeerId,
        from: Place,
        show: ShowRib,
        look: RouteLook,
        out: &mut Vec<u8>,
    ) -> Option<Place> {
        let peer = self.peers.get(&id)?;
        let mut from = from;
        let mut looked_at = 0;
        while out.len() < PIECE && looked_at < MOST_LOOKED_AT {
            looked_at += 1;
            let next = match show.rib {
                Rib::In => peer.rib_in.next_route(from),
                Rib::Out => self
                    .rib_out(peer)?
                    .next_route(from.at)
                    .map(|(at, nlri, attributes)| (from.with(at), nlri, attributes)),
            };
            let (place, nlri, attributes) = next?;
            from = place.next();
            if show.families.shows(nlri.family) {
                let view = RouteView {
                    key: &peer.key,
                    nlri,
                    next_hop: peer.address_of(self.store.next_hop(attributes), nlri.family),
                    attributes: self.store.set(attributes),
                };
                adj_rib(&view, look, out);
            }
        }
        Some(from)
    }
}
