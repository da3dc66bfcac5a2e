//! Bringing the peers to a configuration: what is new starts, what is gone ends, what changed is made again, and what did
//! not change is left alone.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;

use tracing::{info, warn};
use yottabgp_config::{Configuration, ConfiguredRoute, Neighbor};
use yottabgp_rib::adj_rib_out::{AdjRibOut, Origin};
use yottabgp_rib::store::AttributeStore;
use yottabgp_rib::table::RouteId;
use yottabgp_session::{Reset, StopReason};

use crate::core::{Core, PeerId, Shared};
use crate::health::services;
use crate::peer::{self, PeerState, Range};

/// What happens to sessions whose neighbor did not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// They go on.
    Keep,
    /// They are made anew.
    Restart,
}

/// Applies a configuration as a whole. Routes go to the Adj-RIBs-Out and are kept nowhere else, but for ranges, whose
/// peers are still to come. Once every peer is there, others have their turn between the tables of those that go on.
pub(crate) async fn apply(shared: &Shared, configuration: Configuration, sessions: Sessions) {
    let healthchecks = configuration.healthchecks;
    let (ranges, neighbors): (Vec<_>, Vec<_>) = configuration
        .neighbors
        .into_iter()
        .map(|mut neighbor| {
            let routes = std::mem::take(&mut neighbor.routes);
            (neighbor, routes)
        })
        .partition(|(neighbor, _)| neighbor.is_range());
    let mut gone: Vec<(PeerId, String)> = {
        let mut core = shared.borrow_mut();
        let ranges = ranges.into_iter();
        core.ranges =
            ranges.map(|(section, routes)| Range { section, routes: routes.into() }).collect();
        let peers = core.peers.iter().filter(|(_, peer)| !peer.stopped);
        peers.map(|(id, peer)| (*id, peer.neighbor.name.clone())).collect()
    };
    let mut tables = Vec::new();
    for (neighbor, routes) in neighbors {
        match gone.iter().position(|(_, name)| *name == neighbor.name) {
            Some(at) => {
                let (id, _) = gone.swap_remove(at);
                let mut core = shared.borrow_mut();
                if let Some(peer) = core.peers.get_mut(&id) {
                    // One that a range let in stays from now on.
                    peer.ephemeral = false;
                }
                update(&mut core, id, neighbor, sessions);
                tables.push((id, routes));
            }
            None => {
                info!(target: "yottabgp::reactor", "{} is configured", neighbor.peer.address);
                let id = peer::start(shared, neighbor, false);
                configure_routes(&mut shared.borrow_mut(), id, &routes);
            }
        }
    }
    leave(&mut shared.borrow_mut(), gone, sessions);
    for (id, routes) in tables {
        configure_routes(&mut shared.borrow_mut(), id, &routes);
        tokio::task::yield_now().await;
    }
    services::apply(shared, healthchecks);
}

/// Ends the peers that are no longer configured, but for those that a range still lets in.
fn leave(core: &mut Core, gone: Vec<(PeerId, String)>, sessions: Sessions) {
    for (id, name) in gone {
        if let Some((neighbor, routes)) = still_in_range(core, id) {
            update(core, id, neighbor, sessions);
            match core.peers.get_mut(&id).and_then(|peer| peer.later.as_mut()) {
                Some(later) => *later = routes,
                None => configure_routes(core, id, &routes),
            }
            continue;
        }
        info!(target: "yottabgp::reactor", "{name} is no longer configured");
        peer::stop(core, id, StopReason::Removed);
    }
}

/// What a range of the configuration now says for a peer that an earlier one let in.
fn still_in_range(core: &Core, id: PeerId) -> Option<(Neighbor, Rc<[ConfiguredRoute]>)> {
    let peer = core.peers.get(&id).filter(|peer| peer.ephemeral)?;
    let (remote, local) = (peer.key.peer, peer.neighbor.local_address?);
    let range = core.ranges.iter().find(|Range { section, .. }| {
        section.peer.contains(remote)
            && section.local_address.is_none_or(|address| address == local)
    })?;
    Some((peer::member(range, local, remote), range.routes.clone()))
}

/// Brings one peer to its new section, but for the routes.
fn update(core: &mut Core, id: PeerId, neighbor: Neighbor, sessions: Sessions) {
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
}

/// Announces the routes of the configuration and withdraws those that it does not have any more: what did not change is
/// not sent.
fn configure_routes(core: &mut Core, id: PeerId, routes: &[ConfiguredRoute]) {
    if let Some(peer) = core.peers.get_mut(&id) {
        peer.later = None;
        configure(peer, &mut core.store, routes);
        peer.wake.notify_one();
    }
}

/// The same of a peer alone.
pub(crate) fn configure(
    peer: &mut PeerState,
    store: &mut AttributeStore,
    routes: &[ConfiguredRoute],
) {
    let before = peer.rib_out.begin_configuration(store);
    let mut now = BTreeSet::<RouteId>::new();
    for route in routes {
        let next_hop = match peer.resolve(route.next_hop, route.family) {
            Ok(next_hop) => next_hop,
            Err(reason) => {
                warn!(target: "yottabgp::configuration", "{reason}");
                continue;
            }
        };
        let attributes = store.intern(&route.attributes, next_hop);
        let Some(nlri) = route.nlri() else {
            peer.rib_out.announce_attributes(store, attributes, Origin::Configuration);
            continue;
        };
        let parked = route.withdraw && route.watchdog.is_some();
        peer.rib_out.announce(
            store,
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
            peer.rib_out.withdraw_id(store, id);
        }
    }
}
