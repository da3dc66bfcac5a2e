//! What changes what peers are sent: routes, and messages on demand.

use std::time::Instant;

use tracing::debug;
use yottabgp_api::command::{Command, Refusal};
use yottabgp_rib::adj_rib_out::Origin;
use yottabgp_wire::nlri::{Nlri, registry};
use yottabgp_wire::route::{RouteBuffer, Verb};

use crate::core::{Core, PeerId};

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
        selected: &[PeerId],
        command: &Command<'_>,
        route: &RouteBuffer,
    ) -> Result<(), Refusal> {
        let mut taken = false;
        let mut reason = None;
        for id in selected {
            let result = match command {
                Command::Route(verb) => self.route(*id, *verb, route),
                Command::EndOfRib(family) => self.with_result(*id, |session, _| {
                    session.end_of_rib(*family).map_err(|error| error.to_string())
                }),
                Command::RouteRefresh(family) => self.with_result(*id, |session, events| {
                    session
                        .refresh(Instant::now(), *family, events)
                        .map_err(|error| error.to_string())
                }),
                Command::Operational(message) => {
                    let sent = self.with_result(*id, |session, events| {
                        session
                            .operational(Instant::now(), message.clone(), events)
                            .map_err(|error| error.to_string())
                    });
                    if sent.is_ok()
                        && let Some(peer) = self.peers.get_mut(id)
                    {
                        peer.advisories.sent(message);
                    }
                    sent
                }
                Command::Watchdog { verb, name: dog } => {
                    let announce = *verb == Verb::Announce;
                    if let Some(peer) = self.peers.get_mut(id) {
                        peer.rib_out.watchdog(dog.unwrap_or(name), announce);
                        peer.wake();
                    }
                    Ok(())
                }
                _ => Err("it is not a change".to_owned()),
            };
            match result {
                Ok(()) => taken = true,
                Err(why) => {
                    let peer = self.peers.get(id).map(|peer| peer.key.peer);
                    if let Some(peer) = peer {
                        debug!(target: "yottabgp::routes", "{peer}: {why}");
                        reason.get_or_insert_with(|| format!("{peer}: {why}"));
                    }
                }
            }
        }
        match reason {
            Some(reason) if !taken => Err(Refusal::Other(reason)),
            _ => Ok(()),
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
        let result =
            self.with_session(id, act).unwrap_or_else(|| Err("the neighbor is gone".to_owned()));
        if let Some(peer) = self.peers.get_mut(&id) {
            // The message is still to be written: `sync` waits for it.
            peer.wake();
        }
        result
    }

    /// Announces or withdraws routes for one peer.
    fn route(&mut self, id: PeerId, verb: Verb, route: &RouteBuffer) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(&id) else {
            return Err("the neighbor is gone".to_owned());
        };
        let watchdog = Some(route.watchdog.as_str()).filter(|name| !name.is_empty());
        let parked = route.withdraw && watchdog.is_some();
        let mut taken = false;
        let mut reason = None;
        let mut last = None;
        for nlri in route.nlri() {
            debug!(target: "yottabgp::rib", "{}: {verb:?} {}", peer.key.peer, Words(nlri));
            if let Err(why) = peer.has_family(nlri.family) {
                reason.get_or_insert(why);
                continue;
            }
            if verb == Verb::Withdraw {
                let carries = registry::row(nlri.family).withdraws_with_attributes;
                let attributes = carries.then(|| {
                    let next_hop = peer.resolve(route.next_hop, nlri.family);
                    self.store.intern(route.attributes(), next_hop.unwrap_or_default())
                });
                peer.rib_out.withdraw(&mut self.store, &nlri, attributes);
                taken = true;
                continue;
            }
            // One set for all NLRI, unless `self` is another address for another family.
            let attributes = match last {
                Some((family, attributes)) if family == nlri.family => attributes,
                _ => match peer.resolve(route.next_hop, nlri.family) {
                    Ok(next_hop) => {
                        if let Err(why) = peer.can_send(route.attributes(), next_hop, nlri) {
                            reason.get_or_insert(why);
                            continue;
                        }
                        let attributes = self.store.intern(route.attributes(), next_hop);
                        if let Some((_, before)) = last.replace((nlri.family, attributes)) {
                            self.store.release(before);
                        }
                        attributes
                    }
                    Err(why) => {
                        reason.get_or_insert(why);
                        continue;
                    }
                },
            };
            self.store.retain(attributes);
            peer.rib_out.announce(
                &mut self.store,
                &nlri,
                attributes,
                Origin::Command,
                watchdog,
                parked,
            );
            taken = true;
        }
        if let Some((_, attributes)) = last {
            self.store.release(attributes);
        }
        if route.nlri().len() == 0 && verb == Verb::Announce {
            let attributes = self.store.intern(route.attributes(), route.next_hop);
            if peer.rib_out.announce_attributes(&mut self.store, attributes, Origin::Command) {
                taken = true;
            } else {
                reason.get_or_insert_with(|| "the session is not established".to_owned());
            }
        }
        peer.wake();
        match reason {
            Some(reason) if !taken => Err(reason),
            _ => Ok(()),
        }
    }

    /// Sends what waits, and everything else once more.
    pub(super) fn flush(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let families = peer.session.negotiated().map(|negotiated| negotiated.families.clone());
        peer.rib_out.refresh(&families.unwrap_or_default());
        peer.holding = false;
        peer.wake();
    }
}
