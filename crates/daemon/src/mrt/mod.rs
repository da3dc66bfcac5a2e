//! Recording to MRT files: what sessions say and become, as it happens, and tables.
//!
//! - `queue`: what waits to be written.
//! - `writer`: the thread that writes it, and `output` one file.
//! - `dump`: a table, `keys` what its routes are to, and `intervals` when it is time.

mod dump;
mod intervals;
mod keys;
mod output;
mod queue;
mod writer;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify, watch};
use tracing::error;
use yottabgp_config::Neighbor;
use yottabgp_config::recording::{FileName, Recorded, Recording};
use yottabgp_mrt::{Message, Precision, StateChange, has_path_identifiers};
use yottabgp_session::event::{Event, State};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::negotiated::{Direction, Negotiated};

use self::queue::{End, Queue, SlotId, Target};
use crate::core::{Core, PeerId, Shared};
use crate::observers::Observed;
use crate::peer::PeerState;
use crate::peers::Peers;
use crate::turns;
pub(crate) use dump::{To, dump};

/// How long files may take to be closed when the daemon ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// Records sessions, and writes tables.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// What is recorded of all neighbors.
    all: Option<Recording>,
    /// Whether messages or changes of state of anybody are recorded.
    is_recording: bool,
    /// Whether the configuration asks for that, and not only sessions that are about to end.
    is_wanted: bool,
    sessions: HashMap<PeerId, Session>,
    /// By the names of their files: there is one for each name.
    slots: BTreeMap<String, Slot>,
    /// There once there is something to write.
    thread: Option<(Arc<Queue>, JoinHandle<()>)>,
    /// Of one table at a time.
    dumping: Rc<Mutex<()>>,
    /// The times of tables have changed.
    tables_changed: Rc<Notify>,
    record: Vec<u8>,
}

/// Files that are written.
#[derive(Clone, Copy, Debug)]
struct Slot {
    id: SlotId,
    rotate: u32,
    /// Whether nobody writes there but sessions that are about to end.
    leaving: bool,
}

/// What is known of a session.
#[derive(Debug)]
struct Session {
    /// The files that it is recorded to; unknown after the configuration has changed.
    files: Option<Vec<Wanted>>,
    state: State,
    ends: Ends,
}

/// The ends of a session, as far as they are known.
#[derive(Clone, Copy, Debug)]
struct Ends {
    peer: IpAddr,
    local: IpAddr,
    peer_as: Asn,
    local_as: Asn,
}

/// A file, and what goes there.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    slot: SlotId,
    /// Whether it has the address of the neighbor in its name.
    is_own: bool,
    messages: Recorded,
    received: bool,
    sent: bool,
}

impl Session {
    /// One that has said nothing so far.
    fn idle(neighbor: &Neighbor) -> Self {
        Self { files: None, state: State::Idle, ends: Ends::configured(neighbor) }
    }

    /// One that went on while nobody recorded it.
    fn of(peer: &PeerState) -> Self {
        let ends = match peer.session.negotiated() {
            Some(negotiated) => Ends::agreed(negotiated),
            None => Ends::configured(&peer.neighbor),
        };
        Self { files: None, state: peer.session.state(), ends }
    }
}

impl Ends {
    /// What the configuration says: an address or AS that is `auto` is not known before the OPENs.
    fn configured(neighbor: &Neighbor) -> Self {
        let peer = neighbor.peer.address;
        let unknown = match peer {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let local = neighbor.local_address.filter(|local| local.is_ipv4() == peer.is_ipv4());
        Self {
            peer,
            local: local.unwrap_or(unknown),
            peer_as: neighbor.settings.peer_as.unwrap_or(Asn(0)),
            local_as: neighbor.settings.local_as.unwrap_or(Asn(0)),
        }
    }

    const fn agreed(negotiated: &Negotiated) -> Self {
        Self {
            peer: negotiated.peer_address,
            local: negotiated.local_address,
            peer_as: negotiated.peer_as,
            local_as: negotiated.local_as,
        }
    }
}

/// The number of a state in MRT.
const fn number(state: State) -> u16 {
    match state {
        State::Idle => 1,
        State::Connect => 2,
        State::Active => 3,
        State::OpenSent => 4,
        State::OpenConfirm => 5,
        State::Established => 6,
    }
}

const fn recorded(kind: MessageType) -> Recorded {
    match kind {
        MessageType::OPEN => Recorded::OPEN,
        MessageType::UPDATE => Recorded::UPDATE,
        MessageType::NOTIFICATION => Recorded::NOTIFICATION,
        MessageType::KEEPALIVE => Recorded::KEEPALIVE,
        MessageType::ROUTE_REFRESH => Recorded::REFRESH,
        _ => Recorded::OPERATIONAL,
    }
}

/// The recordings that a neighbor is in.
fn recordings<'a>(
    all: Option<&'a Recording>,
    neighbor: &'a Neighbor,
) -> impl Iterator<Item = &'a Recording> {
    all.into_iter().chain(neighbor.mrt.as_ref())
}

impl Recorder {
    /// Whether it is to be told of sessions.
    pub(crate) const fn is_recording(&self) -> bool {
        self.is_recording
    }

    /// Whether the UPDATEs that this neighbor is sent are recorded.
    pub(crate) fn wants_sent_updates(&self, neighbor: &Neighbor) -> bool {
        recordings(self.all.as_ref(), neighbor).any(|recording| {
            recording.updates.is_some()
                && recording.sent
                && recording.messages.has(Recorded::UPDATE)
        })
    }

    /// Something happened in a session.
    pub(crate) fn event(&mut self, of: &Observed<'_>, event: &Event<'_>) {
        let neighbor = of.neighbor;
        let session = self.sessions.entry(of.id).or_insert_with(|| Session::idle(neighbor));
        if session.files.is_none() {
            session.files = Some(Vec::new());
            let files = self.files(neighbor);
            if let Some(session) = self.sessions.get_mut(&of.id) {
                session.files = Some(files);
            }
        }
        let (Some(session), Some((queue, _))) = (self.sessions.get_mut(&of.id), &self.thread)
        else {
            return;
        };
        let record = &mut self.record;
        record.clear();
        let seconds = u32::try_from(of.time.as_secs()).unwrap_or(u32::MAX);
        let microseconds = of.time.subsec_micros();
        let (what, direction, written) = match event {
            Event::Negotiated(negotiated) => {
                session.ends = Ends::agreed(negotiated);
                return;
            }
            Event::Fsm(new) => {
                let old = std::mem::replace(&mut session.state, *new);
                let Ends { peer, local, peer_as, local_as } = session.ends;
                if *new == State::Idle {
                    session.ends = Ends::configured(neighbor);
                }
                if old == *new {
                    return;
                }
                let (old, new) = (number(old), number(*new));
                let change = StateChange { microseconds, peer_as, local_as, peer, local, old, new };
                (Recorded::STATE, None, change.push(seconds, Precision::Microseconds, record))
            }
            Event::Message { direction, kind, header, body, negotiated, .. } => {
                let what = recorded(*kind);
                let goes = |file: &Wanted| file.takes(what, Some(*direction));
                if !session.files.iter().flatten().any(goes) {
                    return;
                }
                let Ends { peer, local, peer_as, local_as } =
                    negotiated.map_or(session.ends, Ends::agreed);
                let message = Message {
                    microseconds,
                    peer_as,
                    local_as,
                    peer,
                    local,
                    // What comes before the OPENs has no path, and AS numbers that have to fit.
                    asn4: negotiated.is_none_or(|negotiated| negotiated.asn4),
                    is_local: *direction == Direction::Send,
                    path_id: *kind == MessageType::UPDATE
                        && negotiated.is_some_and(|negotiated| {
                            has_path_identifiers(body, |family| {
                                negotiated.has_path_id(family, *direction)
                            })
                        }),
                    octets: &[],
                };
                let parts = [*header, *body];
                let written = message.push_parts(seconds, Precision::Microseconds, &parts, record);
                (what, Some(*direction), written)
            }
            Event::Connected | Event::Up(_) | Event::Down { .. } | Event::RefreshRequested(_) => {
                return;
            }
        };
        if let Err(error) = written {
            error!(target: "yottabgp::daemon", "{}: not recorded: {error}", of.key.peer);
            return;
        }
        let files = session.files.as_deref().unwrap_or_default();
        let takes = |file: &&Wanted| file.takes(what, direction);
        for (index, file) in files.iter().enumerate().filter(|(_, file)| takes(file)) {
            // Two sections may name one file.
            let mut before = files.iter().take(index).filter(takes);
            if !before.any(|before| before.slot == file.slot) {
                queue.push(file.slot, record);
            }
        }
    }

    /// The files that a neighbor is recorded to.
    fn files(&mut self, neighbor: &Neighbor) -> Vec<Wanted> {
        let all = self.all.clone();
        let mut files = Vec::new();
        for recording in recordings(all.as_ref(), neighbor) {
            let Some(name) = &recording.updates else { continue };
            let slot = self.slot(name.of_peer(neighbor.peer.address), recording.rotate);
            let Some(slot) = slot else { continue };
            files.push(Wanted {
                slot,
                is_own: name.is_of_each_peer(),
                messages: recording.messages,
                received: recording.received,
                sent: recording.sent,
            });
        }
        files
    }

    fn slot(&mut self, name: FileName, rotate: u32) -> Option<SlotId> {
        // Until a reload is over, sessions may still ask for a file as it was before.
        if let Some(slot) = self.slots.get(name.as_str()) {
            return Some(slot.id);
        }
        let queue = match self.queue() {
            Ok(queue) => queue,
            Err(reason) => {
                error!(target: "yottabgp::daemon", "{name}: {reason}");
                return None;
            }
        };
        let text = name.as_str().to_owned();
        let id = queue.open(Target::Updates { name, rotate });
        self.slots.insert(text, Slot { id, rotate, leaving: false });
        Some(id)
    }

    /// The queue, and the thread that writes what is in it.
    fn queue(&mut self) -> Result<Arc<Queue>, String> {
        if let Some((queue, _)) = &self.thread {
            return Ok(queue.clone());
        }
        let queue = Queue::new();
        let thread = writer::start(queue.clone())
            .map_err(|error| format!("no thread to write MRT files: {error}"))?;
        let watched = queue.clone();
        turns::spawn("MRT files", async move { watched.lose_patience().await });
        self.thread = Some((queue.clone(), thread));
        Ok(queue)
    }

    /// What a reload does about the recording of all neighbors, if anything.
    pub(crate) fn fate(&self, wanted: Option<&Recording>) -> Option<&'static str> {
        match (self.all.as_ref(), wanted) {
            (before, after) if before == after => None,
            (None, _) => Some("started"),
            (_, None) => Some("ended"),
            _ => Some("changed"),
        }
    }

    /// Whether a peer that is recorded is to pause, while it is.
    pub(crate) fn paused(&self, id: PeerId) -> Option<watch::Receiver<bool>> {
        let files = self.sessions.get(&id)?.files.as_ref()?;
        files.iter().any(|file| file.received).then_some(())?;
        self.thread.as_ref()?.0.paused()
    }

    /// A peer is gone, and these are left. Files that are its own are closed, and those that only waited for its last words.
    pub(crate) fn removed(&mut self, id: PeerId, left: &Peers) {
        let Some(Session { files: Some(files), .. }) = self.sessions.remove(&id) else { return };
        let all = self.all.clone();
        let sessions = std::mem::take(&mut self.sessions);
        let has =
            |files: &Option<Vec<Wanted>>, id| files.iter().flatten().any(|file| file.slot == id);
        self.close(|name, slot| {
            let mut of_it = files.iter().filter(|file| file.slot == slot.id);
            let goes =
                of_it.clone().any(|file| file.is_own) || slot.leaving && of_it.next().is_some();
            // Whose files are not known yet will ask for them.
            let is_named =
                |peer: &PeerState| names(all.as_ref(), peer).any(|(other, _)| other == name);
            goes && !sessions.values().any(|session| has(&session.files, slot.id))
                && !left.iter().any(|(id, peer)| {
                    let known = sessions.get(id).is_some_and(|session| session.files.is_some());
                    !known && !peer.stopped && is_named(peer)
                })
        });
        self.sessions = sessions;
        self.look_whether_it_records();
    }

    /// Whether there is anything to be told: sessions that nobody records are forgotten, what became of them would not be known.
    fn look_whether_it_records(&mut self) {
        self.is_recording = self.is_wanted || self.slots.values().any(|slot| slot.leaving);
        if !self.is_recording {
            self.sessions.clear();
        }
    }

    fn close(&mut self, is_it: impl Fn(&str, &Slot) -> bool) {
        let Some((queue, _)) = &self.thread else { return };
        self.slots.retain(|name, slot| {
            let goes = is_it(name, slot);
            if goes {
                queue.end(slot.id, End::Updates);
            }
            !goes
        });
    }

    /// Closes all files, and waits until they are.
    pub(crate) fn stop(&mut self) {
        let Some((queue, thread)) = self.thread.take() else { return };
        self.is_recording = false;
        queue.stop();
        let began = Instant::now();
        while !thread.is_finished() && began.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(5));
        }
        if !thread.is_finished() {
            error!(
                target: "yottabgp::daemon",
                "MRT files are not closed after {} seconds: what was not written is lost",
                FAREWELL.as_secs()
            );
        }
    }
}

impl Wanted {
    fn takes(&self, what: Recorded, direction: Option<Direction>) -> bool {
        self.messages.has(what)
            && match direction {
                Some(Direction::Receive) => self.received,
                Some(Direction::Send) => self.sent,
                None => true,
            }
    }
}

/// The files of messages that a peer is recorded to by the configuration, each with the seconds after which the next one begins.
fn names<'a>(
    all: Option<&'a Recording>,
    peer: &'a PeerState,
) -> impl Iterator<Item = (String, u32)> + use<'a> {
    let address = peer.neighbor.peer.address;
    recordings(all, &peer.neighbor).filter_map(move |recording| {
        let name = recording.updates.as_ref()?.of_peer(address);
        Some((name.as_str().to_owned(), recording.rotate))
    })
}

/// What is recorded from now on, of all neighbors and of those that are about to be: first words are recorded as well.
pub(crate) fn begin(shared: &Shared, all: Option<Recording>, neighbors: &[Neighbor]) {
    let mut core = shared.borrow_mut();
    let core = &mut *core;
    let recorder = &mut core.observers.recorder;
    recorder.all = all;
    for neighbor in neighbors {
        let any = recordings(recorder.all.as_ref(), neighbor).any(|one| one.updates.is_some());
        recorder.is_recording |= any;
        recorder.is_wanted |= any;
    }
    if recorder.is_recording {
        // What they say next is said by sessions that may be up since long.
        for (id, peer) in core.peers.iter() {
            recorder.sessions.entry(*id).or_insert_with(|| Session::of(peer));
        }
    }
}

/// The configuration has been applied: files that nobody writes to any more are closed, and those that are to rotate otherwise, before
/// anything else goes to a file of that name. Sessions that are about to end keep theirs for their last words.
pub(crate) fn settle(shared: &Shared) {
    let mut core = shared.borrow_mut();
    let core = &mut *core;
    let recorder = &mut core.observers.recorder;
    let all = recorder.all.clone();
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let mut leaving: Vec<SlotId> = Vec::new();
    for (id, peer) in core.peers.iter() {
        let session = recorder.sessions.get_mut(id);
        if peer.stopped {
            // No new file is made for last words.
            let files = session.map(|session| session.files.get_or_insert_default());
            leaving.extend(files.into_iter().flatten().map(|file| file.slot));
            continue;
        }
        // Names may be the same, and what goes there not.
        session.into_iter().for_each(|session| session.files = None);
        for (name, rotate) in names(all.as_ref(), peer) {
            used.entry(name).or_insert(rotate);
        }
    }
    recorder.slots.iter_mut().for_each(|(name, slot)| slot.leaving = !used.contains_key(name));
    recorder.close(|name, slot| match used.get(name) {
        Some(rotate) => *rotate != slot.rotate,
        None => !leaving.contains(&slot.id),
    });
    let records = |recording: &Recording| recording.updates.is_some();
    // A command may make a neighbor.
    recorder.is_wanted = !used.is_empty() || all.as_ref().is_some_and(records);
    for range in &core.ranges {
        recorder.is_wanted |= recordings(all.as_ref(), &range.section).any(records);
    }
    recorder.look_whether_it_records();
    recorder.tables_changed.notify_one();
    core.subscribe_all();
}

/// Writes tables whenever it is time, for as long as the daemon runs.
pub(crate) fn start(shared: &Shared) {
    turns::spawn("tables of MRT", intervals::run(shared.clone()));
}

/// The name of a file, after how many seconds it is written again, and the peers whose routes go there.
type Tables = BTreeMap<String, (FileName, u32, Vec<PeerId>)>;

impl Core {
    /// The tables that are written by interval.
    fn mrt_tables(&self) -> Tables {
        let mut tables = Tables::new();
        for (id, peer) in self.peers.iter().filter(|(_, peer)| !peer.stopped) {
            let all = self.observers.recorder.all.as_ref();
            for recording in recordings(all, &peer.neighbor) {
                let Some(name) = &recording.table else { continue };
                let name = name.of_peer(peer.neighbor.peer.address);
                let (_, _, peers) = tables
                    .entry(name.as_str().to_owned())
                    .or_insert_with(|| (name, recording.table_interval, Vec::new()));
                // Two sections may name one file.
                if peers.last() != Some(id) {
                    peers.push(*id);
                }
            }
        }
        tables
    }
}
