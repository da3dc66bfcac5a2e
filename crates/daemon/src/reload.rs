//! Bringing the peers to a configuration: what is new starts, what is gone ends, what changed is made again, and what did
//! not change is left alone.

use std::collections::BTreeSet;
use std::time::Instant;

use tracing::{info, warn};
use yottabgp_config::{Configuration, ConfiguredRoute, Neighbor};
use yottabgp_rib::adj_rib_out::{AdjRibOut, Origin};
use yottabgp_rib::table::RouteId;
use yottabgp_session::{Reset, StopReason};

use crate::core::{Core, PeerId, Shared};
use crate::peer;

/// What happens to sessions whose neighbor did not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// They go on.
    Keep,
    /// They are made anew.
    Restart,
}

/// Applies a configuration as a whole. Routes go to the Adj-RIBs-Out and are kept nowhere else, but for ranges, whose
/// peers are still to come.
pub(crate) fn apply(shared: &Shared, mut configuration: Configuration, sessions: Sessions) {
    let neighbors: Vec<(Neighbor, Vec<ConfiguredRoute>)> = configuration
        .neighbors
        .iter_mut()
        .filter(|neighbor| !neighbor.is_range())
        .map(|neighbor| {
            let routes = std::mem::take(&mut neighbor.routes);
            (neighbor.clone(), routes)
        })
        .collect();
    let mut gone: Vec<(PeerId, String)> = {
        let mut core = shared.borrow_mut();
        core.configuration = configuration;
        let peers = core.peers.iter().filter(|(_, peer)| !peer.stopped);
        peers.map(|(id, peer)| (*id, peer.neighbor.name.clone())).collect()
    };
    for (neighbor, routes) in neighbors {
        match gone.iter().position(|(_, name)| *name == neighbor.name) {
            Some(at) => {
                let (id, _) = gone.swap_remove(at);
                let mut core = shared.borrow_mut();
                if let Some(peer) = core.peers.get_mut(&id) {
                    // One that a range let in stays from now on.
                    peer.ephemeral = false;
                }
                update(&mut core, id, neighbor, &routes, sessions);
            }
            None => {
                info!(target: "yottabgp::reactor", "{} is configured", neighbor.peer.address);
                let id = peer::start(shared, neighbor, false);
                configure_routes(&mut shared.borrow_mut(), id, &routes);
            }
        }
    }
    let mut core = shared.borrow_mut();
    for (id, name) in gone {
        if let Some((neighbor, routes)) = still_in_range(&core, id) {
            update(&mut core, id, neighbor, &routes, sessions);
            continue;
        }
        info!(target: "yottabgp::reactor", "{name} is no longer configured");
        peer::stop(&mut core, id, StopReason::Removed);
    }
}

/// What a range of the configuration now says for a peer that an earlier one let in.
fn still_in_range(core: &Core, id: PeerId) -> Option<(Neighbor, Vec<ConfiguredRoute>)> {
    let peer = core.peers.get(&id).filter(|peer| peer.ephemeral)?;
    let (remote, local) = (peer.key.peer, peer.neighbor.local_address?);
    let mut ranges = core.configuration.neighbors.iter().filter(|neighbor| neighbor.is_range());
    let range = ranges.find(|range| {
        range.peer.contains(remote) && range.local_address.is_none_or(|address| address == local)
    })?;
    let mut neighbor = peer::member(range, local, remote);
    let routes = std::mem::take(&mut neighbor.routes);
    Some((neighbor, routes))
}

/// Brings one peer to its new section.
fn update(
    core: &mut Core,
    id: PeerId,
    neighbor: Neighbor,
    routes: &[ConfiguredRoute],
    sessions: Sessions,
) {
    let feeds = core.feeds();
    let Some(peer) = core.peers.get_mut(&id) else { return };
    let changed = peer.neighbor.session_changes(&neighbor);
    let cache_changed = peer.neighbor.adj_rib_out != neighbor.adj_rib_out;
    peer.key = peer::key_of(&neighbor);
    peer.holding = !neighbor.auto_flush;
    let settings = neighbor.settings.clone();
    peer.neighbor = neighbor;
    peer.subscribe(&feeds);
    let address = peer.key.peer;
    if cache_changed {
        // Its routes are announced again from the configuration; those of commands went with the old table.
        let mut old =
            std::mem::replace(&mut peer.rib_out, AdjRibOut::new(peer.neighbor.adj_rib_out));
        old.drop_all(&mut core.store);
    }
    if !changed.is_empty() {
        info!(
            target: "yottabgp::reactor",
            "{address} is reset: {} changed", changed.join(", ")
        );
        core.with_session(id, |session, events| {
            session.reset(Instant::now(), Reset::Configuration(settings.into()), events);
        });
    } else if sessions == Sessions::Restart {
        core.with_session(id, |session, events| {
            session.reset(Instant::now(), Reset::Administrative, events);
        });
    }
    configure_routes(core, id, routes);
}

/// Announces the routes of the configuration and withdraws those that it does not have any more: what did not change is
/// not sent.
pub(crate) fn configure_routes(core: &mut Core, id: PeerId, routes: &[ConfiguredRoute]) {
    let Some(peer) = core.peers.get_mut(&id) else { return };
    let before = peer.rib_out.configured();
    peer.rib_out.forget_standing(&mut core.store);
    let mut now = BTreeSet::<RouteId>::new();
    for route in routes {
        let next_hop = match peer.resolve(route.next_hop, route.family) {
            Ok(next_hop) => next_hop,
            Err(reason) => {
                warn!(target: "yottabgp::configuration", "{reason}");
                continue;
            }
        };
        let attributes = core.store.intern(&route.attributes, next_hop);
        let Some(nlri) = route.nlri() else {
            peer.rib_out.announce_attributes(&mut core.store, attributes, Origin::Configuration);
            continue;
        };
        let parked = route.withdraw && route.watchdog.is_some();
        peer.rib_out.announce(
            &mut core.store,
            &nlri,
            attributes,
            Origin::Configuration,
            route.watchdog.as_deref(),
            parked,
        );
        if !before.is_empty() {
            now.extend(peer.rib_out.find(&nlri));
        }
    }
    for id in before {
        if !now.contains(&id) {
            peer.rib_out.withdraw_id(&mut core.store, id);
        }
    }
    peer.wake.notify_one();
}
