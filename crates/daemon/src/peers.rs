//! All peers: by the order in which they were made, and by their address, since connections come from addresses.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use crate::core::PeerId;
use crate::peer::PeerState;

/// The peers of the daemon.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// Boxed: the nodes of the map are seldom full.
    by_id: BTreeMap<PeerId, Box<PeerState>>,
    /// Several may have one address: with ports of their own, or while one ends and another takes its place.
    by_address: HashMap<IpAddr, Vec<PeerId>>,
}

impl Peers {
    /// Takes a new one, whose address stays what it is.
    pub(crate) fn insert(&mut self, id: PeerId, peer: PeerState) {
        self.by_address.entry(peer.neighbor.peer.address).or_default().push(id);
        self.by_id.insert(id, Box::new(peer));
    }

    pub(crate) fn remove(&mut self, id: PeerId) -> Option<Box<PeerState>> {
        let peer = self.by_id.remove(&id)?;
        let address = peer.neighbor.peer.address;
        if let Some(ids) = self.by_address.get_mut(&address) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_address.remove(&address);
            }
        }
        Some(peer)
    }

    pub(crate) fn get(&self, id: &PeerId) -> Option<&PeerState> {
        self.by_id.get(id).map(|peer| &**peer)
    }

    pub(crate) fn get_mut(&mut self, id: &PeerId) -> Option<&mut PeerState> {
        self.by_id.get_mut(id).map(|peer| &mut **peer)
    }

    /// Those with this address, the oldest first.
    pub(crate) fn at(&self, address: IpAddr) -> impl Iterator<Item = (PeerId, &PeerState)> {
        let ids = self.by_address.get(&address).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.get(id)?)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&PeerId, &PeerState)> {
        self.by_id.iter().map(|(id, peer)| (id, &**peer))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &PeerId> {
        self.by_id.keys()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &PeerState> {
        self.by_id.values().map(|peer| &**peer)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut PeerState> {
        self.by_id.values_mut().map(|peer| &mut **peer)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
