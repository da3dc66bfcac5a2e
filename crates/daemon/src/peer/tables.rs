//! Which peers have one Adj-RIB-Out in common: those that are to have the same routes, because the same was said of all of them.
//!
//! A peer that begins shares the table of others that may get the same routes as long as that is empty. What the configuration or
//! a command then says of only some of them parts them, for good: a copy of the table goes along.

use std::net::{IpAddr, Ipv4Addr};

use yottabgp_config::{ConfiguredRoutes, Neighbor};
use yottabgp_rib::adj_rib_out::configuration::Moment;
use yottabgp_rib::adj_rib_out::{AdjRibOut, Member};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::codes::Family;

use super::{Beginning, PeerState};
use crate::core::{Core, PeerId};

/// Names a table for as long as it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TableId(usize);

/// What makes a difference to the routes that peers get of the same statements and commands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind {
    families: Vec<Family>,
    local_address: Option<IpAddr>,
    router_id: Ipv4Addr,
    is_ipv4: bool,
    cache: bool,
}

impl Kind {
    fn of(neighbor: &Neighbor) -> Self {
        Self {
            families: neighbor.settings.families.clone(),
            local_address: neighbor.local_address,
            router_id: neighbor.settings.router_id,
            is_ipv4: neighbor.peer.address.is_ipv4(),
            cache: neighbor.adj_rib_out,
        }
    }
}

/// An Adj-RIB-Out and its peers.
#[derive(Debug)]
pub(crate) struct SharedTable {
    kind: Kind,
    pub(crate) rib: AdjRibOut,
    /// What the configuration said that was put into it last.
    pub(crate) basis: Option<Basis>,
    members: Vec<(Member, PeerId)>,
    /// Every peer will look at it, and none has since it changed.
    is_told: bool,
}

/// The routes that a configuration had for a table, and when they were put into it.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    pub(crate) routes: ConfiguredRoutes,
    pub(crate) since: Moment,
}

impl SharedTable {
    /// A peer looks at it: of the next change it has to be told.
    pub(crate) const fn looked_at(&mut self) {
        self.is_told = false;
    }
}

/// All tables.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    slots: Vec<Option<SharedTable>>,
    /// How often a peer came to be in another table, or was there no more.
    generation: u64,
}

impl Tables {
    pub(crate) fn get(&self, id: TableId) -> Option<&SharedTable> {
        self.slots.get(id.0)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: TableId) -> Option<&mut SharedTable> {
        self.slots.get_mut(id.0)?.as_mut()
    }

    /// What changes with the tables that peers are in.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    fn add(&mut self, table: SharedTable) -> TableId {
        self.generation += 1;
        let place = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        match self.slots.get_mut(place) {
            Some(slot) => *slot = Some(table),
            None => self.slots.push(Some(table)),
        }
        TableId(place)
    }

    /// The table of a peer that begins.
    pub(super) fn join(
        &mut self,
        peer: PeerId,
        neighbor: &Neighbor,
        beginning: Beginning,
    ) -> (TableId, Member) {
        let kind = Kind::of(neighbor);
        // The routes of one of a range come with its session.
        let shares = kind.cache && beginning != Beginning::OfRange;
        let is_it = |table: &SharedTable| table.rib.is_empty() && table.kind == kind;
        let found = self.slots.iter_mut().enumerate().filter(|_| shares);
        let mut found = found.filter_map(|(place, slot)| Some((place, slot.as_mut()?)));
        if let Some((place, table)) = found.find(|(_, table)| is_it(table)) {
            let member = table.rib.join();
            table.members.push((member, peer));
            self.generation += 1;
            return (TableId(place), member);
        }
        let mut rib = AdjRibOut::new(kind.cache);
        let member = rib.join();
        let members = vec![(member, peer)];
        let table = SharedTable { kind, rib, basis: None, members, is_told: false };
        (self.add(table), member)
    }

    /// A peer is gone.
    pub(super) fn leave(&mut self, store: &mut AttributeStore, peer: &PeerState) {
        self.generation += 1;
        let Some(table) = self.get_mut(peer.table) else { return };
        table.members.retain(|(member, _)| *member != peer.member);
        if !table.rib.leave(store, peer.member) {
            table.rib.drop_all(store);
            if let Some(slot) = self.slots.get_mut(peer.table.0) {
                *slot = None;
            }
        }
    }
}

impl Core {
    /// The routes that a peer is to have.
    pub(crate) fn rib_out(&self, peer: &PeerState) -> Option<&AdjRibOut> {
        Some(&self.tables.get(peer.table)?.rib)
    }

    /// The table of these peers, who have one in common, and of nobody else from now on.
    pub(crate) fn own_table(&mut self, peers: &[PeerId]) -> Option<TableId> {
        let id = self.peers.get(peers.first()?)?.table;
        let Self { tables, store, .. } = self;
        let table = tables.get_mut(id)?;
        if table.members.len() == peers.len() {
            return Some(id);
        }
        let (members, others) = table.members.drain(..).partition(|(_, peer)| peers.contains(peer));
        let members: Vec<(Member, PeerId)> = members;
        table.members = others;
        let names: Vec<Member> = members.iter().map(|(member, _)| *member).collect();
        let rib = table.rib.split(store, &names);
        let (kind, basis) = (table.kind.clone(), table.basis.clone());
        let new = tables.add(SharedTable { kind, rib, basis, members, is_told: false });
        for peer in peers {
            if let Some(peer) = self.peers.get_mut(peer) {
                peer.table = new;
            }
        }
        Some(new)
    }

    /// The section of a peer has changed: what its table was shared for may not be so any more.
    pub(crate) fn settle_table(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get(&id) else { return };
        let kind = Kind::of(&peer.neighbor);
        if self.tables.get(peer.table).is_some_and(|table| table.kind == kind) {
            return;
        }
        let own = self.own_table(&[id]);
        if let Some(table) = own.and_then(|own| self.tables.get_mut(own)) {
            table.rib.set_cache(kind.cache);
            table.kind = kind;
            table.basis = None;
        }
    }

    /// The peers of a table are to look at what changed.
    pub(crate) fn wake_table(&mut self, id: TableId) {
        let Some(table) = self.tables.get_mut(id) else { return };
        if std::mem::replace(&mut table.is_told, true) {
            return;
        }
        for (_, peer) in &table.members {
            if let Some(peer) = self.peers.get_mut(peer) {
                peer.wake();
            }
        }
    }
}
