//! Encoded windows, for the sessions that are to be sent the same: encoded once, sent to many.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::negotiated::{AddPath, Negotiated};

use super::Sending;
use crate::table::RouteId;

/// The most octets that are kept.
const MOST_OCTETS: usize = 1024 * 1024;

/// The most chunks that are kept: those of one version of a table differ in where they begin.
const MOST_CHUNKS: usize = 64;

/// The most different contexts of sessions that are told apart.
const MOST_CONTEXTS: usize = 64;

/// What the octets of a window depend upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Where it begins.
    pub(super) at: RouteId,
    /// The table.
    pub(super) version: u64,
    /// How the session began, and what it was told.
    pub(super) beginning: Option<RouteId>,
    pub(super) spoke: bool,
    pub(super) heard: u32,
    pub(super) seen: u64,
    /// What the session agreed upon: see [`Chunks::context`].
    pub(super) context: usize,
}

/// An encoded window.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) key: Key,
    pub(super) octets: Box<[u8]>,
    /// The last route of it.
    pub(super) to: RouteId,
    /// Whether it announces anything.
    pub(super) speaks: bool,
}

/// What of a session makes a difference to the octets of its UPDATEs.
#[derive(Debug, PartialEq, Eq)]
struct Context {
    group: bool,
    is_ibgp: bool,
    local_as: Asn,
    local_router_id: Ipv4Addr,
    local_address: IpAddr,
    local_link_local: Option<Ipv6Addr>,
    message_size: u16,
    asn4: bool,
    families: Vec<Family>,
    add_path: AddPath,
    next_hop: Vec<(Family, Afi)>,
    link_local_next_hop: bool,
    aigp: bool,
}

impl Context {
    fn of(group: bool, negotiated: &Negotiated) -> Self {
        Self {
            group,
            is_ibgp: negotiated.is_ibgp(),
            local_as: negotiated.local_as,
            local_router_id: negotiated.local_router_id,
            local_address: negotiated.local_address,
            local_link_local: negotiated.local_link_local,
            message_size: negotiated.message_size,
            asn4: negotiated.asn4,
            families: negotiated.families.clone(),
            add_path: negotiated.add_path.clone(),
            next_hop: negotiated.next_hop.clone(),
            link_local_next_hop: negotiated.link_local_next_hop,
            aigp: negotiated.aigp,
        }
    }

    /// Whether it is that of this session; nothing is allocated.
    fn is_of(&self, group: bool, negotiated: &Negotiated) -> bool {
        self.group == group
            && self.is_ibgp == negotiated.is_ibgp()
            && self.local_as == negotiated.local_as
            && self.local_router_id == negotiated.local_router_id
            && self.local_address == negotiated.local_address
            && self.local_link_local == negotiated.local_link_local
            && self.message_size == negotiated.message_size
            && self.asn4 == negotiated.asn4
            && self.families == negotiated.families
            && self.add_path == negotiated.add_path
            && self.next_hop == negotiated.next_hop
            && self.link_local_next_hop == negotiated.link_local_next_hop
            && self.aigp == negotiated.aigp
    }
}

/// The last encoded windows.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    kept: VecDeque<Chunk>,
    octets: usize,
    contexts: Vec<Context>,
}

impl Chunks {
    /// The number of what a session agreed upon: the same for all that are sent the same octets.
    pub(super) fn context(&mut self, sending: &Sending<'_>) -> usize {
        let Sending { group, negotiated, .. } = sending;
        if let Some(place) = self.contexts.iter().position(|one| one.is_of(*group, negotiated)) {
            return place;
        }
        if self.contexts.len() >= MOST_CONTEXTS {
            self.clear();
            self.contexts.clear();
        }
        self.contexts.push(Context::of(*group, negotiated));
        self.contexts.len() - 1
    }

    pub(super) fn find(&self, key: &Key) -> Option<&Chunk> {
        self.kept.iter().find(|chunk| chunk.key == *key)
    }

    pub(super) fn keep(&mut self, chunk: Chunk) {
        // Nobody asks for what was encoded before a change.
        if self.kept.back().is_some_and(|other| other.key.version != chunk.key.version) {
            self.clear();
        }
        self.octets += chunk.octets.len();
        self.kept.push_back(chunk);
        while self.octets > MOST_OCTETS || self.kept.len() > MOST_CHUNKS {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.octets -= oldest.octets.len();
        }
    }

    /// Forgets them, and the memory they took.
    pub(super) fn clear(&mut self) {
        self.kept = VecDeque::new();
        self.octets = 0;
    }
}
