//! `routes`: announced and withdrawn by index, and listed.

use yottabgp_api::answer::{self, RouteView};
use yottabgp_api::command::{Command, FamilyFilter, Refusal, RouteIndex};
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::route::{RouteBuffer, Verb};

use super::Selection;
use crate::core::{Core, PeerId, Shared};
use crate::table::PIECE;

/// The most octets of a list, which is one line.
const LONGEST_LIST: usize = 64 * 1024 * 1024;

impl Core {
    /// `routes add`.
    pub(super) fn add_routes(
        &mut self,
        selected: &Selection,
        route: &RouteBuffer,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        self.change("", selected, &Command::Route(Verb::Announce), route)?;
        answer::routes_added(route.nlri(), route.next_hop, route.attributes(), out);
        Ok(())
    }

    /// `routes remove`.
    pub(super) fn remove_routes(
        &mut self,
        selected: &Selection,
        route: &RouteBuffer,
        out: &mut Vec<u8>,
    ) {
        let removed: Vec<bool> =
            route.nlri().map(|nlri| self.remove_route(selected, &nlri)).collect();
        answer::routes_removed(route.nlri().zip(removed), out);
    }

    /// `routes remove index`.
    pub(super) fn remove_index(
        &mut self,
        selected: &Selection,
        index: &RouteIndex,
        out: &mut Vec<u8>,
    ) {
        let removed = self.remove_route(selected, &index.nlri());
        answer::index_removed(index, removed, out);
    }

    /// Withdraws a route from the peers that are to have it. Says whether there was one.
    fn remove_route(&mut self, selected: &Selection, nlri: &Nlri<'_>) -> bool {
        let mut removed = false;
        for target in &self.by_table(selected).targets {
            let peer = target.first().and_then(|id| self.peers.get(id));
            if !peer.and_then(|peer| self.rib_out(peer)).is_some_and(|rib| rib.has(nlri)) {
                continue;
            }
            let Some(own) = self.own_table(target) else { continue };
            let Self { tables, store, .. } = self;
            if let Some(table) = tables.get_mut(own) {
                removed |= table.rib.withdraw(store, nlri, None);
            }
            self.wake_table(own);
        }
        removed
    }

    /// Writes routes from a place of a table on. Returns the place to go on from.
    fn list_piece(
        &self,
        id: PeerId,
        from: u32,
        families: FamilyFilter,
        first: &mut bool,
        out: &mut Vec<u8>,
    ) -> Option<u32> {
        let peer = self.peers.get(&id)?;
        let end = out.len() + PIECE;
        let mut from = from;
        while out.len() < end {
            let (place, nlri, attributes) = self.rib_out(peer)?.next_route(from)?;
            from = place + 1;
            if families.shows(nlri.family) {
                let view = RouteView {
                    key: &peer.key,
                    nlri,
                    next_hop: peer.address_of(self.store.next_hop(attributes), nlri.family),
                    attributes: self.store.set(attributes),
                };
                answer::route_listed(&view, first, out);
            }
        }
        Some(from)
    }
}

/// `routes list`: one line, made bit by bit so that others have their turn.
pub(super) async fn list(
    shared: &Shared,
    peers: &[PeerId],
    families: FamilyFilter,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    out.push(b'[');
    let mut first = true;
    for peer in peers {
        let mut from = Some(0);
        while let Some(next) = from {
            from = shared.borrow().list_piece(*peer, next, families, &mut first, out);
            if out.len() > LONGEST_LIST {
                let reason = "the list is too long for one line: name a family or a neighbor, or use 'show adj-rib out json'";
                return Err(Refusal::Other(reason.to_owned()));
            }
            tokio::task::yield_now().await;
        }
    }
    out.extend_from_slice(b"]\n");
    Ok(())
}
