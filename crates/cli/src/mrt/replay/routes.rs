//! Recorded routes, as the UPDATEs of another session.
//!
//! Messages of sessions go out one by one, in their order. Routes of a table dump are collected first: those with the same attributes share
//! UPDATEs, and where several peers have a route to a prefix, one of them is chosen, or each is a path of its own (RFC 7911).

use std::cmp::Reverse;
use std::fmt;
use std::net::IpAddr;

use anyhow::Result;
use hashbrown::HashMap;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::update::encode::{EncodeError, UpdateEncoder};
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{Nlri, NlriIter};

use super::pace::Pace;
use super::rewrite::Rewrite;
use crate::capture::{Captured, Read, Side, Sink, Within};
use crate::out;

/// So many octets of routes of a table dump are collected.
const MOST_COLLECTED: usize = 16 << 20;

/// The longest message, in octets.
const MOST_OCTETS: usize = 65_535;

/// So many paths are told apart.
const MOST_PATHS: usize = 1 << 20;

/// Faults that are told one by one.
const MOST_TOLD: u64 = 20;

/// What came of the routes.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Routes announced.
    pub(super) announced: u64,
    /// Routes withdrawn.
    pub(super) withdrawn: u64,
    /// Routes of families that the session does not have.
    pub(super) other_families: u64,
    /// Routes that can not be sent in this session.
    pub(super) refused: u64,
    /// Routes of a table that others were chosen over.
    pub(super) not_best: u64,
    /// What was wrong in the file.
    pub(super) faults: u64,
    /// Why the first route could not be sent.
    pub(super) first_refusal: Option<String>,
}

/// The routes that share attributes.
struct Group {
    family: Family,
    next_hop: NextHop,
    set: Vec<u8>,
    /// One behind the other, each with its path identifier if the session has them.
    nlri: Vec<u8>,
    count: usize,
}

/// How good a route is: the lowest is the best (RFC 4271 section 9.1, as far as a table tells).
type Rank = (Reverse<u32>, usize, u8);

/// The best route to a prefix so far.
struct Candidate {
    family: Family,
    nlri: Vec<u8>,
    next_hop: NextHop,
    set: Vec<u8>,
    rank: Rank,
}

/// Makes UPDATEs of what a file has.
pub(super) struct Routes<'s> {
    negotiated: &'s Negotiated,
    rewrite: Rewrite,
    /// Whether every peer's routes are sent, as paths of their own.
    all: bool,
    pace: Pace,
    encoder: UpdateEncoder,
    /// How records are read: whether AS numbers have four octets, and whether there are path identifiers.
    told: HashMap<(bool, bool), Negotiated>,
    groups: Vec<Group>,
    index: HashMap<Vec<u8>, usize>,
    collected: usize,
    candidate: Option<Candidate>,
    /// The path identifier of a peer's path.
    paths: HashMap<(IpAddr, Option<u32>), u32>,
    taken: HashMap<u32, (IpAddr, Option<u32>)>,
    /// The peers of messages.
    peers: Vec<Side>,
    key: Vec<u8>,
    set: Vec<u8>,
    path: Vec<u8>,
    pub(super) tally: Tally,
}

impl<'s> Routes<'s> {
    pub(super) fn new(negotiated: &'s Negotiated, rewrite: Rewrite, all: bool, pace: Pace) -> Self {
        Self {
            negotiated,
            rewrite,
            all,
            pace,
            encoder: UpdateEncoder::default(),
            told: HashMap::new(),
            groups: Vec::new(),
            index: HashMap::new(),
            collected: 0,
            candidate: None,
            paths: HashMap::new(),
            taken: HashMap::new(),
            peers: Vec::new(),
            key: Vec::new(),
            set: Vec::new(),
            path: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// How many UPDATEs were made.
    pub(super) const fn updates(&self) -> u64 {
        self.pace.updates()
    }

    /// Sends all that waits.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.send_table()?;
        Ok(self.pace.flush()?)
    }

    /// Sends what waits, but not what may be collected still.
    pub(super) fn flush(&mut self) -> Result<()> {
        Ok(self.pace.flush()?)
    }

    fn has_paths(&self, family: Family) -> bool {
        self.negotiated.has_path_id(family, Direction::Send)
    }

    /// The path identifier of a route in the session.
    fn path_id(&mut self, family: Family, peer: IpAddr, recorded: Option<u32>) -> Option<u32> {
        if !self.has_paths(family) {
            return None;
        }
        if !self.all {
            return recorded;
        }
        if let Some(id) = self.paths.get(&(peer, recorded)) {
            return Some(*id);
        }
        if self.paths.len() >= MOST_PATHS {
            return recorded;
        }
        // The recorded one, unless another peer has it.
        let mut id = recorded.unwrap_or(1);
        while self.taken.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        self.paths.insert((peer, recorded), id);
        self.taken.insert(id, (peer, recorded));
        Some(id)
    }

    fn refused(&mut self, error: &EncodeError, routes: usize) {
        self.tally.refused += routes as u64;
        self.tally.first_refusal.get_or_insert_with(|| error.to_string());
    }

    /// Takes a route of a table.
    fn table(&mut self, captured: &Captured<'_>, update: &Update<'_>) -> Result<()> {
        let peer = captured.sender.address;
        for (field, nlri) in update.announced() {
            let family = nlri.family();
            if !self.negotiated.has_family(family) {
                self.tally.other_families += nlri.count() as u64;
                continue;
            }
            let next_hop = self.rewrite.next_hop(family, field);
            let mut set = std::mem::take(&mut self.set);
            self.rewrite.set(update, &mut self.path, &mut set);
            for nlri in nlri.flatten() {
                if self.all && self.has_paths(family) {
                    let path_id = self.path_id(family, peer, nlri.path_id);
                    self.collect(Nlri { path_id, ..nlri }, next_hop, &set)?;
                } else {
                    self.compete(nlri, next_hop, &set, rank(update))?;
                }
            }
            self.set = set;
        }
        Ok(())
    }

    /// Chooses one of the routes to a prefix, which stand one behind the other.
    fn compete(&mut self, nlri: Nlri<'_>, next_hop: NextHop, set: &[u8], rank: Rank) -> Result<()> {
        match &mut self.candidate {
            Some(best) if best.family == nlri.family && best.nlri == nlri.bytes => {
                self.tally.not_best += 1;
                if rank < best.rank {
                    (best.next_hop, best.rank) = (next_hop, rank);
                    best.set.clear();
                    best.set.extend_from_slice(set);
                }
                return Ok(());
            }
            _ => {}
        }
        let best = self.candidate.take();
        if let Some(Candidate { family, nlri, next_hop, set, .. }) = &best {
            self.collect(Nlri { family: *family, path_id: None, bytes: nlri }, *next_hop, set)?;
        }
        let mut best = best.unwrap_or_else(|| Candidate {
            family: nlri.family,
            nlri: Vec::new(),
            next_hop,
            set: Vec::new(),
            rank,
        });
        (best.family, best.next_hop, best.rank) = (nlri.family, next_hop, rank);
        best.nlri.clear();
        best.nlri.extend_from_slice(nlri.bytes);
        best.set.clear();
        best.set.extend_from_slice(set);
        self.candidate = Some(best);
        Ok(())
    }

    /// Puts a route to those with its attributes.
    fn collect(&mut self, nlri: Nlri<'_>, next_hop: NextHop, set: &[u8]) -> Result<()> {
        self.key.clear();
        self.key.extend_from_slice(&nlri.family.octets());
        match next_hop {
            NextHop::V4(address) => self.key.extend_from_slice(&address.octets()),
            NextHop::V6(address) => self.key.extend_from_slice(&address.octets()),
            NextHop::SelfAddress => self.key.push(1),
            NextHop::Absent => self.key.push(0),
        }
        self.key.extend_from_slice(set);
        let path_id = self.has_paths(nlri.family);
        let at = match self.index.get(&self.key) {
            Some(at) => *at,
            None => {
                let at = self.groups.len();
                self.collected += 2 * self.key.len() + 128;
                self.index.insert(self.key.clone(), at);
                let (family, set) = (nlri.family, set.to_vec());
                self.groups.push(Group { family, next_hop, set, nlri: Vec::new(), count: 0 });
                at
            }
        };
        if let Some(group) = self.groups.get_mut(at) {
            let before = group.nlri.len();
            nlri.encode(path_id, &mut group.nlri);
            group.count += 1;
            self.collected += group.nlri.len() - before;
        }
        if self.collected >= MOST_COLLECTED {
            self.send_groups()?;
        }
        Ok(())
    }

    /// Sends what was collected, the best route to the last prefix among it.
    fn send_table(&mut self) -> Result<()> {
        if let Some(Candidate { family, nlri, next_hop, set, .. }) = self.candidate.take() {
            self.collect(Nlri { family, path_id: None, bytes: &nlri }, next_hop, &set)?;
        }
        self.send_groups()
    }

    fn send_groups(&mut self) -> Result<()> {
        self.index.clear();
        self.collected = 0;
        for group in std::mem::take(&mut self.groups) {
            let path_id = self.has_paths(group.family);
            self.announce(
                group.family,
                group.next_hop,
                &group.set,
                iter(group.family, path_id, &group.nlri),
                group.count,
            )?;
        }
        Ok(())
    }

    /// Sends routes that share attributes; one by one where they can not be sent together.
    fn announce<'n>(
        &mut self,
        family: Family,
        next_hop: NextHop,
        set: &[u8],
        nlri: impl Iterator<Item = Nlri<'n>> + Clone,
        count: usize,
    ) -> Result<()> {
        let Self { negotiated, encoder, pace, .. } = self;
        let out = &mut pace.out;
        let sent = encoder.announce(negotiated, true, set, next_hop, family, nlri.clone(), out);
        match sent {
            Ok(messages) => {
                self.tally.announced += count as u64;
                self.pace.made(messages)?;
            }
            Err(error) if count <= 1 => self.refused(&error, count),
            Err(_) => {
                for one in nlri {
                    self.announce(family, next_hop, set, std::iter::once(one), 1)?;
                }
            }
        }
        Ok(())
    }

    /// Sends what an UPDATE said.
    fn update(&mut self, captured: &Captured<'_>, update: &Update<'_>) -> Result<()> {
        self.send_table()?;
        self.pace.wait_for(captured.time)?;
        let peer = captured.sender;
        if !self.peers.contains(peer) {
            self.peers.push(*peer);
            if let ([first, second], false) = (self.peers.as_slice(), self.all) {
                out::warn(format!(
                    "messages of several peers, {} and {} among them, are sent as if one had sent them: --peer chooses, --paths all keeps \
                     them apart where the other side takes several paths",
                    first.address, second.address
                ));
            }
        }
        let peer = peer.address;
        let mut set = std::mem::take(&mut self.set);
        self.rewrite.set(update, &mut self.path, &mut set);
        for field in update.withdrawn() {
            let family = field.family();
            let nlri = self.of_session(family, peer, field);
            if !self.negotiated.has_family(family) {
                self.tally.other_families += nlri.len() as u64;
                continue;
            }
            let (negotiated, out, count) = (self.negotiated, &mut self.pace.out, nlri.len());
            let absent = NextHop::Absent;
            match self.encoder.withdraw(negotiated, true, &set, absent, family, nlri, out) {
                Ok(messages) => {
                    self.tally.withdrawn += count as u64;
                    self.pace.made(messages)?;
                }
                Err(error) => self.refused(&error, count),
            }
        }
        for (next_hop, field) in update.announced() {
            let family = field.family();
            let nlri = self.of_session(family, peer, field);
            if !self.negotiated.has_family(family) {
                self.tally.other_families += nlri.len() as u64;
                continue;
            }
            let next_hop = self.rewrite.next_hop(family, next_hop);
            self.announce(family, next_hop, &set, nlri.iter().copied(), nlri.len())?;
        }
        self.set = set;
        Ok(())
    }

    /// The routes of a field with the path identifiers that they have in the session.
    fn of_session<'n>(
        &mut self,
        family: Family,
        peer: IpAddr,
        field: NlriIter<'n>,
    ) -> Vec<Nlri<'n>> {
        field
            .flatten()
            .map(|nlri| Nlri { path_id: self.path_id(family, peer, nlri.path_id), ..nlri })
            .collect()
    }
}

/// The routes of a group.
fn iter(family: Family, path_id: bool, nlri: &[u8]) -> impl Iterator<Item = Nlri<'_>> + Clone {
    let reader = yottabgp_wire::io::reader::Reader::new(nlri);
    NlriIter::new(family, path_id, reader).flatten()
}

/// LOCAL_PREF, the length of the path, ORIGIN.
fn rank(update: &Update<'_>) -> Rank {
    let value = |code| update.attribute(code).map_or(&[][..], |attribute| attribute.value);
    let preference = value(5).first_chunk().map_or(100, |value| u32::from_be_bytes(*value));
    let (mut path, mut hops) = (value(2), 0);
    while let Some((&[kind, count], rest)) = path.split_first_chunk::<2>() {
        hops += match kind {
            1 => 1,
            2 => usize::from(count),
            _ => 0,
        };
        path = rest.get(4 * usize::from(count)..).unwrap_or_default();
    }
    (Reverse(preference), hops, value(1).first().copied().unwrap_or(2))
}

impl Sink for Routes<'_> {
    fn message(&mut self, captured: &Captured<'_>) -> Result<()> {
        let Read::Told { asn4, path_id } = captured.read else { return Ok(()) };
        let is_table = matches!(captured.within, Within::Table { .. });
        // A part of an UPDATE comes without its header, as routes of a table do.
        let body = match captured.octets.split_at_checked(HEADER_LENGTH) {
            Some((header, _)) if header.starts_with(&[0xff; 16]) => {
                match frame(captured.octets, MOST_OCTETS) {
                    Frame::Message { kind: MessageType::UPDATE, body, .. } => body,
                    // What sessions say beside routes is the session's own.
                    _ if header.last() != Some(&MessageType::UPDATE.0) => return Ok(()),
                    _ => {
                        self.fault(captured.place, "the UPDATE is not as long as its header says");
                        return Ok(());
                    }
                }
            }
            _ => captured.octets,
        };
        let told = self.told.entry((asn4, path_id)).or_insert_with(|| {
            let mut told = Negotiated::permissive();
            told.asn4 = asn4;
            told.add_path.everywhere = path_id;
            told
        });
        match Update::decode_with(body, told, Direction::Receive, Scrutiny::Inspection) {
            // End-of-RIB comes at the end.
            Ok(update) if update.end_of_rib().is_some() => Ok(()),
            Ok(update) => {
                for fault in update.faults() {
                    self.fault(captured.place, &fault.to_string());
                }
                if is_table {
                    self.table(captured, &update)
                } else {
                    self.update(captured, &update)
                }
            }
            Err(fault) => {
                self.fault(captured.place, &fault.to_string());
                Ok(())
            }
        }
    }

    fn fault(&mut self, place: &dyn fmt::Display, why: &str) {
        self.tally.faults += 1;
        match self.tally.faults {
            ..MOST_TOLD => out::warn(format!("{place}: {why}")),
            MOST_TOLD => out::warn(format!("{place}: {why}; more is counted and not told")),
            _ => {}
        }
    }
}
