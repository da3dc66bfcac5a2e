//! What changes what peers are sent: routes, and messages on demand.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Instant;

use tracing::debug;
use yottabgp_api::command::{Command, Refusal};
use yottabgp_rib::adj_rib_out::Origin;
use yottabgp_rib::store::AttributesId;
use yottabgp_wire::codes::Family;
use yottabgp_wire::nlri::{Nlri, registry};
use yottabgp_wire::route::{RouteBuffer, Verb};

use super::Selection;
use crate::core::{Core, PeerId};
use crate::peer::{self, PeerState};

/// An NLRI as the log shows it.
struct Words<'a>(Nlri<'a>);

impl std::fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::new();
        self.0.text(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl Core {
    /// Does what changes what peers are sent. It succeeded if one peer took it; what others said against it is logged.
    pub(crate) fn change(
        &mut self,
        name: &str,
        selected: &Selection,
        command: &Command<'_>,
        route: &RouteBuffer,
    ) -> Result<(), Refusal> {
        let mut results = Results::default();
        match command {
            // For all peers of a table at once.
            Command::Route(verb) if route.nlri().len() > 0 => {
                for target in &self.by_table(selected).targets {
                    self.routes(target, *verb, route, &mut results);
                }
            }
            Command::Watchdog { verb, name: dog } => {
                for target in &self.by_table(selected).targets {
                    let Some(own) = self.own_table(target) else { continue };
                    let Self { tables, store, .. } = self;
                    if let Some(table) = tables.get_mut(own) {
                        let announce = *verb == Verb::Announce;
                        table.rib.watchdog(store, dog.unwrap_or(name), announce);
                    }
                    self.wake_table(own);
                    results.taken = true;
                }
            }
            command => {
                for id in &selected.peers {
                    let result = self.message(*id, command, route);
                    results.add(self.peers.get(id), result);
                }
            }
        }
        match results.reason {
            Some(reason) if !results.taken => Err(Refusal::Other(reason)),
            _ => Ok(()),
        }
    }

    /// A selection whose peers are in its tables.
    pub(super) fn by_table<'a>(&self, selected: &'a Selection) -> Cow<'a, Selection> {
        match self.is_true(selected) {
            true => Cow::Borrowed(selected),
            false => Cow::Owned(self.selection(selected.peers.clone())),
        }
    }

    /// Sends a message to one peer.
    fn message(
        &mut self,
        id: PeerId,
        command: &Command<'_>,
        route: &RouteBuffer,
    ) -> Result<(), String> {
        match command {
            Command::Route(verb) => self.attributes(id, *verb, route),
            Command::EndOfRib(family) => self.with_result(id, |session, _| {
                session.end_of_rib(*family).map_err(|error| error.to_string())
            }),
            Command::RouteRefresh(family) => self.with_result(id, |session, events| {
                session.refresh(Instant::now(), *family, events).map_err(|error| error.to_string())
            }),
            Command::Operational(message) => {
                let sent = self.with_result(id, |session, events| {
                    session
                        .operational(Instant::now(), message.clone(), events)
                        .map_err(|error| error.to_string())
                });
                if sent.is_ok()
                    && let Some(peer) = self.peers.get_mut(&id)
                {
                    peer.advisories.sent(message);
                }
                sent
            }
            _ => Err("it is not a change".to_owned()),
        }
    }

    /// Lets a session send a message.
    fn with_result(
        &mut self,
        id: PeerId,
        act: impl FnOnce(
            &mut yottabgp_session::Peer,
            &mut dyn FnMut(yottabgp_session::Event<'_>),
        ) -> Result<(), String>,
    ) -> Result<(), String> {
        let result = self.with_session(id, act).unwrap_or_else(|| Err(GONE.to_owned()));
        if let Some(peer) = self.peers.get_mut(&id) {
            // The message is still to be written: `sync` waits for it.
            peer.wake();
        }
        result
    }

    /// Sends attributes without routes.
    fn attributes(&mut self, id: PeerId, verb: Verb, route: &RouteBuffer) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(&id) else { return Err(GONE.to_owned()) };
        peer.wake();
        if verb == Verb::Withdraw {
            return Ok(());
        }
        let attributes = self.store.intern(route.attributes(), route.next_hop);
        let table = self.tables.get_mut(peer.table);
        let sent = table.is_some_and(|table| {
            table.rib.announce_attributes_to(&mut self.store, peer.member, attributes)
        });
        if sent { Ok(()) } else { Err("the session is not established".to_owned()) }
    }

    /// Announces or withdraws routes for peers of one table.
    fn routes(&mut self, peers: &[PeerId], verb: Verb, route: &RouteBuffer, results: &mut Results) {
        let Some(first) = peers.first().and_then(|id| self.peers.get(id)) else { return };
        if tracing::enabled!(target: "yottabgp::rib", tracing::Level::DEBUG) {
            for (id, nlri) in peers.iter().flat_map(|id| route.nlri().map(move |nlri| (id, nlri))) {
                let Some(peer) = self.peers.get(id) else { continue };
                debug!(target: "yottabgp::rib", "{}: {verb:?} {}", peer.key.peer, Words(nlri));
            }
        }
        // They have the same families and addresses.
        let reason = |nlri: &Nlri<'_>| match first.has_family(nlri.family) {
            Ok(()) if verb == Verb::Announce => first.resolve(route.next_hop, nlri.family).err(),
            Ok(()) => None,
            Err(why) => Some(why),
        };
        let mut any = false;
        for nlri in route.nlri() {
            match reason(&nlri) {
                None => any = true,
                Some(why) => results.add(Some(first), Err(why)),
            }
        }
        if !any {
            return;
        }
        let may_not_fit = verb == Verb::Announce
            && route.nlri().any(|nlri| {
                let next_hop = first.resolve(route.next_hop, nlri.family);
                next_hop.is_ok_and(|next_hop| peer::may_not_fit(route.attributes(), next_hop, nlri))
            });
        if !may_not_fit {
            self.put(peers, verb, route, &[], results);
            return;
        }
        // Their sessions may differ in what they can take.
        let mut classes: BTreeMap<Vec<bool>, Vec<PeerId>> = BTreeMap::new();
        for id in peers {
            let Some(peer) = self.peers.get(id) else { continue };
            let mut fits = Vec::new();
            for nlri in route.nlri() {
                let next_hop = peer.resolve(route.next_hop, nlri.family);
                let taken = next_hop.and_then(|next_hop| {
                    peer.can_send(&mut self.encoder, route.attributes(), next_hop, nlri)
                });
                fits.push(taken.is_ok());
                if taken.is_err() {
                    results.add(Some(peer), taken);
                }
            }
            classes.entry(fits).or_default().push(*id);
        }
        for (fits, peers) in classes {
            if fits.contains(&true) {
                self.put(&peers, verb, route, &fits, results);
            }
        }
    }

    /// Puts into the table of these peers what their sessions can take: what `fits`, or all if that is empty.
    fn put(
        &mut self,
        peers: &[PeerId],
        verb: Verb,
        route: &RouteBuffer,
        fits: &[bool],
        results: &mut Results,
    ) {
        let Some(own) = self.own_table(peers) else { return };
        let Self { peers: all, tables, store, .. } = self;
        let Some(peer) = peers.first().and_then(|id| all.get(id)) else { return };
        let Some(table) = tables.get_mut(own) else { return };
        let watchdog = Some(route.watchdog.as_str()).filter(|name| !name.is_empty());
        let parked = route.withdraw && watchdog.is_some();
        let mut last: Option<(Family, AttributesId)> = None;
        for (place, nlri) in route.nlri().enumerate() {
            if fits.get(place) == Some(&false) || peer.has_family(nlri.family).is_err() {
                continue;
            }
            if verb == Verb::Withdraw {
                let carries = registry::row(nlri.family).withdraws_with_attributes;
                let attributes = carries.then(|| {
                    let next_hop = peer.resolve(route.next_hop, nlri.family);
                    store.intern(route.attributes(), next_hop.unwrap_or_default())
                });
                table.rib.withdraw(store, &nlri, attributes);
                results.taken = true;
                continue;
            }
            // One set for all NLRI, unless `self` is another address for another family.
            let attributes = match last {
                Some((family, attributes)) if family == nlri.family => attributes,
                _ => {
                    let Ok(next_hop) = peer.resolve(route.next_hop, nlri.family) else { continue };
                    let attributes = store.intern(route.attributes(), next_hop);
                    if let Some((_, before)) = last.replace((nlri.family, attributes)) {
                        store.release(before);
                    }
                    attributes
                }
            };
            store.retain(attributes);
            table.rib.announce(store, &nlri, attributes, Origin::Command, watchdog, parked);
            results.taken = true;
        }
        if let Some((_, attributes)) = last {
            store.release(attributes);
        }
        self.wake_table(own);
    }

    /// Sends what waits, and everything else once more.
    pub(super) fn flush(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let families = peer.session.negotiated().map(|negotiated| negotiated.families.clone());
        if let Some(table) = self.tables.get_mut(peer.table) {
            table.rib.refresh(peer.member, &families.unwrap_or_default());
        }
        peer.holding = false;
        peer.wake();
    }

    /// Forgets what peers have sent.
    pub(super) fn clear_in(&mut self, selected: &Selection) {
        for id in &selected.peers {
            if let Some(peer) = self.peers.get_mut(id) {
                self.remainder.add(peer.rib_in.forget());
                peer.wake.notify_one();
            }
        }
    }

    /// Withdraws what peers were sent.
    pub(super) fn clear_out(&mut self, selected: &Selection) {
        for target in &self.by_table(selected).targets {
            let Some(own) = self.own_table(target) else { continue };
            let Self { tables, store, .. } = self;
            if let Some(table) = tables.get_mut(own) {
                table.rib.clear(store);
            }
            self.wake_table(own);
        }
    }
}

const GONE: &str = "the neighbor is gone";

/// What peers said to a command.
#[derive(Default)]
struct Results {
    /// One took it.
    taken: bool,
    /// Why the first that did not take it did not.
    reason: Option<String>,
}

impl Results {
    fn add(&mut self, peer: Option<&PeerState>, result: Result<(), String>) {
        match result {
            Ok(()) => self.taken = true,
            Err(why) => {
                let Some(peer) = peer else { return };
                let peer = peer.key.peer;
                debug!(target: "yottabgp::routes", "{peer}: {why}");
                self.reason.get_or_insert_with(|| format!("{peer}: {why}"));
            }
        }
    }
}
