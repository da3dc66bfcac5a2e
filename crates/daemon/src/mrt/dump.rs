//! Tables as TABLE_DUMP_V2: what peers announced, prefix by prefix.
//!
//! First the NLRI of all tables are gathered and put in order by a thread beside this one; then one after the other is looked up in
//! every table and written, all routes to it at one moment. What comes meanwhile is in it where the NLRI was there before and is not
//! dealt with yet; what goes is not. Both are done in pieces, between which everybody has their turn.

use std::iter::Peekable;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tracing::warn;
use yottabgp_api::answer::MrtDump;
use yottabgp_config::recording::FileName;
use yottabgp_mrt::{Peer, PeerIndexTable, RibEntry, RibRecord, Unwritable, push_attributes};
use yottabgp_rib::adj_rib_in::Place;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::nlri::Nlri;

use super::keys::{Key, Sorted, Sorter};
use super::queue::{End, Queue, SlotId, Target};
use crate::core::{Core, PeerId, Shared};
use crate::peer::PeerState;
use crate::server::since_epoch;
use crate::table;

/// How long one piece lasts.
const TURN: Duration = Duration::from_millis(2);
/// How many NLRI are looked up before the clock is looked at.
const GLANCE: usize = 64;
/// The most NLRI of one piece that are gathered.
const GATHERED: usize = 8192;
/// Pieces that may wait to be put in order.
const WAITING: usize = 8;
/// Octets of records that are worth to be handed over.
const PIECE: usize = 64 * 1024;
/// The most look-ups for one record, and about the most octets of one: a prefix may have as many paths as there are path identifiers.
const MOST_LOOKED_AT: usize = 4096;
const MOST_OCTETS: usize = 1024 * 1024;

/// Where a table is to go.
#[derive(Clone, Debug)]
pub(crate) struct To {
    /// The path of the file.
    pub(crate) path: String,
    /// The directory that has to be there.
    pub(crate) base: PathBuf,
}

impl To {
    /// The file of this name at a time in seconds since 1970.
    pub(super) fn at(name: &FileName, seconds: u64) -> Self {
        Self { path: name.at(seconds), base: name.base().into() }
    }

    /// What a command names: a path, with the present time in it where that is asked for.
    pub(crate) fn named(text: &str) -> Result<Self, String> {
        let name = FileName::new(text).map_err(|error| format!("'{text}': {error}"))?;
        Ok(Self::at(&name, since_epoch().as_secs()))
    }
}

/// Writes the Adj-RIBs-In of these peers to a file. One table is written at a time.
pub(crate) async fn dump(shared: &Shared, peers: &[PeerId], to: To) -> Result<MrtDump, String> {
    let (queue, turn) = {
        let mut core = shared.borrow_mut();
        let recorder = &mut core.observers.recorder;
        (recorder.queue()?, recorder.dumping.clone())
    };
    let _turn = turn.lock().await;
    let slot = queue.open(Target::Table { path: to.path, base: to.base });
    let mut file = Unfinished { queue: queue.clone(), slot, is_whole: false };
    let mut dump = Dump::begin(&shared.borrow(), peers)?;
    let mut keys = gather(shared, peers).await?.peekable();
    while keys.peek().is_some() && queue.has_room(slot).await {
        dump.piece(&shared.borrow(), &mut keys);
        queue.push_table(slot, &dump.out);
        dump.out.clear();
        tokio::task::yield_now().await;
    }
    queue.push_table(slot, &dump.out);
    let (tell, told) = oneshot::channel();
    file.is_whole = true;
    queue.end(slot, End::Table(tell));
    let outcome = told.await.unwrap_or_else(|_| Err("the daemon ends".to_owned()));
    let (path, octets) = outcome?;
    if dump.skipped > 0 {
        warn!(
            target: "yottabgp::daemon",
            "{}: {} routes have no form in MRT and were left out", path.display(), dump.skipped
        );
    }
    Ok(MrtDump {
        file: path.display().to_string(),
        peers: dump.sources.len() as u64,
        nlri: dump.nlri,
        routes: dump.routes,
        octets,
    })
}

/// A file that is of no use unless it becomes whole.
struct Unfinished {
    queue: Arc<Queue>,
    slot: SlotId,
    is_whole: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_whole {
            self.queue.end(self.slot, End::Discard);
        }
    }
}

/// What the tables of these peers have, each NLRI once and in order.
async fn gather(shared: &Shared, peers: &[PeerId]) -> Result<Sorted, String> {
    let (tell, mut told) = mpsc::channel::<Vec<Key>>(WAITING);
    let sorted = tokio::task::spawn_blocking(move || {
        let mut sorter = Sorter::default();
        while let Some(keys) = told.blocking_recv() {
            sorter.add(keys);
        }
        sorter.finish()
    });
    for peer in peers {
        table::take_in(shared, *peer).await;
        let mut from = Some(Place::default());
        while let Some(next) = from {
            let mut keys = Vec::new();
            from = shared.borrow().keys_from(*peer, next, &mut keys);
            // The thread is there until all of them are told.
            let _ = tell.send(keys).await;
            tokio::task::yield_now().await;
        }
    }
    drop(tell);
    sorted.await.map_err(|error| format!("the table could not be put in order: {error}"))
}

impl Core {
    /// What some routes of a peer are to, from a place on. Returns the place to go on from.
    fn keys_from(&self, id: PeerId, from: Place, keys: &mut Vec<Key>) -> Option<Place> {
        let rib = &self.peers.get(&id)?.rib_in;
        let mut from = from;
        for _ in 0..GATHERED {
            let (place, nlri, _) = rib.next_route(from)?;
            keys.push(Key::of(nlri));
            from = place.next();
        }
        Some(from)
    }
}

/// A peer whose routes are written.
#[derive(Debug)]
struct Source {
    id: PeerId,
    /// Its place in the index.
    index: u16,
    /// When its session came up, in seconds since 1970: since when its routes may be there. The time of each is not kept.
    up: u32,
}

/// A table that is being written.
struct Dump {
    sources: Vec<Source>,
    /// When it began, in seconds since 1970.
    seconds: u32,
    sequence: u32,
    /// Records.
    out: Vec<u8>,
    attributes: Vec<u8>,
    nlri: u64,
    routes: u64,
    skipped: u64,
    /// Whether the next record is to the NLRI of the one before, and whether that was counted.
    goes_on: bool,
    counted: bool,
}

impl Dump {
    /// Writes the index of the peers.
    fn begin(core: &Core, peers: &[PeerId]) -> Result<Self, String> {
        let now = since_epoch();
        let mut collector = None;
        let mut sources = Vec::new();
        let mut index = Vec::new();
        for id in peers {
            let Some(peer) = core.peers.get(id) else { continue };
            let negotiated = peer.session.negotiated();
            let settings = &peer.neighbor.settings;
            collector.get_or_insert_with(|| {
                negotiated.map_or(settings.router_id, |negotiated| negotiated.local_router_id)
            });
            index.push(Peer {
                router_id: negotiated
                    .map_or(Ipv4Addr::UNSPECIFIED, |negotiated| negotiated.peer_router_id),
                address: peer.neighbor.peer.address,
                asn: negotiated
                    .map(|negotiated| negotiated.peer_as)
                    .or(settings.peer_as)
                    .unwrap_or(Asn(0)),
            });
            let age = peer.session.established_since().map(|since| since.elapsed());
            let up = now.saturating_sub(age.unwrap_or_default()).as_secs();
            let index = u16::try_from(sources.len()).unwrap_or(u16::MAX);
            sources.push(Source { id: *id, index, up: u32::try_from(up).unwrap_or(u32::MAX) });
        }
        let seconds = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let table =
            PeerIndexTable { collector: collector.unwrap_or(Ipv4Addr::UNSPECIFIED), peers: index };
        let mut out = Vec::new();
        table.push(seconds, &mut out).map_err(|error| error.to_string())?;
        Ok(Self {
            sources,
            seconds,
            sequence: 0,
            out,
            attributes: Vec::new(),
            nlri: 0,
            routes: 0,
            skipped: 0,
            goes_on: false,
            counted: false,
        })
    }

    /// Writes the next records, for as long as a turn lasts.
    fn piece(&mut self, core: &Core, keys: &mut Peekable<Sorted>) {
        let began = Instant::now();
        let peer = |source: &Source| Some((core.peers.get(&source.id)?, source.index, source.up));
        let peers: Vec<_> = self.sources.iter().filter_map(peer).collect();
        let mut looked_at = 0;
        while self.out.len() < PIECE && keys.peek().is_some() {
            looked_at += self.record(core, &peers, keys);
            if looked_at >= GLANCE {
                looked_at = 0;
                if began.elapsed() > TURN {
                    break;
                }
            }
        }
    }

    /// Writes all routes to one NLRI, with path identifiers or without; of very many paths the next ones. Returns how many look-ups
    /// that took.
    fn record(
        &mut self,
        core: &Core,
        peers: &[(&PeerState, u16, u32)],
        keys: &mut Peekable<Sorted>,
    ) -> usize {
        let (mut first, mut buffer) = (Vec::new(), Vec::new());
        let Some(head) = keys.peek().map(|key| key.nlri(&mut first)) else { return 0 };
        let mut record = None;
        let mut looked_at = 0;
        let start = self.out.len();
        let is_to_it = |key: &Key, buffer: &mut Vec<u8>| {
            let nlri = key.nlri(buffer);
            (nlri.family, nlri.bytes, nlri.path_id.is_some())
                == (head.family, head.bytes, head.path_id.is_some())
        };
        self.counted &= self.goes_on;
        // Paths of one prefix stand one behind the other.
        while looked_at < MOST_LOOKED_AT && self.out.len() - start < MOST_OCTETS {
            let Some(key) = keys.next_if(|key| is_to_it(key, &mut buffer)) else { break };
            let nlri = key.nlri(&mut buffer);
            for (peer, index, up) in peers {
                looked_at += 1;
                let Some(attributes) = peer.rib_in.get(&nlri) else { continue };
                self.attributes.clear();
                let (set, next_hop) = (core.store.set(attributes), core.store.next_hop(attributes));
                push_attributes(nlri.family, set, next_hop, &mut self.attributes);
                let route = Route { peer: *index, originated: *up, path_id: nlri.path_id };
                match self.route(&mut record, head, route) {
                    Ok(()) => self.routes += 1,
                    Err(_) => self.skipped += 1,
                }
            }
        }
        self.goes_on = keys.peek().is_some_and(|key| is_to_it(key, &mut buffer));
        if let Some(record) = record {
            self.nlri += u64::from(!std::mem::replace(&mut self.counted, true));
            self.end(record);
        }
        looked_at
    }

    /// Writes one route, to a record that has room.
    fn route(
        &mut self,
        record: &mut Option<RibRecord>,
        head: Nlri<'_>,
        route: Route,
    ) -> Result<(), Unwritable> {
        let Route { peer, originated, path_id } = route;
        loop {
            let mut open = match record.take() {
                Some(open) => open,
                None => RibRecord::begin(
                    self.seconds,
                    self.sequence,
                    head.family,
                    head.bytes,
                    head.path_id.is_some(),
                    &mut self.out,
                )?,
            };
            let attributes = self.attributes.as_slice();
            let entry = RibEntry { peer: Err(peer), originated, path_id, attributes, asn4: true };
            match open.entry(&entry, &mut self.out) {
                Ok(()) => {
                    *record = Some(open);
                    return Ok(());
                }
                Err(error) if open.count() == 0 => {
                    open.cancel(&mut self.out);
                    return Err(error);
                }
                // It is full, and the next one is not.
                Err(_) => self.end(open),
            }
        }
    }

    fn end(&mut self, record: RibRecord) {
        // It has no more octets than a record may have: each route was asked before.
        if record.end(&mut self.out).is_ok() {
            self.sequence += 1;
        }
    }
}

/// What an entry has beside its attributes.
#[derive(Clone, Copy)]
struct Route {
    peer: u16,
    originated: u32,
    path_id: Option<u32>,
}
