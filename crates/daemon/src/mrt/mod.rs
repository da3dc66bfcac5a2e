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
    sessions: HashMap<PeerId, Session>,
    slots: BTreeMap<FileName, SlotId>,
    /// There once there is something to write.
    thread: Option<(Arc<Queue>, JoinHandle<()>)>,
    /// Of one table at a time.
    dumping: Rc<Mutex<()>>,
    /// The times of tables have changed.
    tables_changed: Rc<Notify>,
    record: Vec<u8>,
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
        let session = self.sessions.entry(of.id).or_insert_with(|| Session {
            files: None,
            state: State::Idle,
            ends: Ends::configured(neighbor),
        });
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
        for file in session.files.iter().flatten().filter(|file| file.takes(what, direction)) {
            queue.push(file.slot, record);
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
        if let Some(slot) = self.slots.get(&name) {
            return Some(*slot);
        }
        let queue = match self.queue() {
            Ok(queue) => queue,
            Err(reason) => {
                error!(target: "yottabgp::daemon", "{name}: {reason}");
                return None;
            }
        };
        let slot = queue.open(Target::Updates { name: name.clone(), rotate });
        self.slots.insert(name, slot);
        Some(slot)
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

    /// Which files sessions are recorded to is asked again: their names may be the same, and what goes there not.
    fn ask_anew(&mut self) {
        self.sessions.values_mut().for_each(|session| session.files = None);
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

    /// A peer is gone. Files that are its own are closed.
    pub(crate) fn removed(&mut self, id: PeerId) {
        let Some(Session { files: Some(files), .. }) = self.sessions.remove(&id) else { return };
        for file in files.iter().filter(|file| file.is_own) {
            let mut others = self.sessions.values().filter_map(|session| session.files.as_ref());
            if !others.any(|files| files.iter().any(|other| other.slot == file.slot)) {
                self.close(|slot| slot == file.slot);
            }
        }
    }

    fn close(&mut self, is_it: impl Fn(SlotId) -> bool) {
        let Some((queue, _)) = &self.thread else { return };
        self.slots.retain(|_, slot| {
            let goes = is_it(*slot);
            if goes {
                queue.end(*slot, End::Updates);
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

/// What is recorded from now on, of all neighbors and of those that are about to be: first words are recorded as well.
pub(crate) fn begin(shared: &Shared, all: Option<Recording>, neighbors: &[Neighbor]) {
    let mut core = shared.borrow_mut();
    let recorder = &mut core.observers.recorder;
    recorder.all = all;
    for neighbor in neighbors {
        let any = recordings(recorder.all.as_ref(), neighbor).any(|one| one.updates.is_some());
        recorder.is_recording |= any;
    }
    recorder.ask_anew();
}

/// The configuration has been applied: files that nobody writes to any more are closed.
pub(crate) fn settle(shared: &Shared) {
    let mut core = shared.borrow_mut();
    let core = &mut *core;
    let recorder = &mut core.observers.recorder;
    let all = recorder.all.as_ref();
    let mut used: Vec<SlotId> = Vec::new();
    let mut is_recording = false;
    for peer in core.peers.values().filter(|peer| !peer.stopped) {
        for recording in recordings(all, &peer.neighbor) {
            let Some(name) = &recording.updates else { continue };
            is_recording = true;
            used.extend(recorder.slots.get(&name.of_peer(peer.neighbor.peer.address)));
        }
    }
    for range in &core.ranges {
        is_recording |=
            recordings(all, &range.section).any(|recording| recording.updates.is_some());
    }
    // A command may make a neighbor.
    is_recording |= all.is_some_and(|all| all.updates.is_some());
    recorder.is_recording = is_recording;
    recorder.ask_anew();
    recorder.close(|slot| !used.contains(&slot));
    recorder.tables_changed.notify_one();
    core.subscribe_all();
}

/// Writes tables whenever it is time, for as long as the daemon runs.
pub(crate) fn start(shared: &Shared) {
    turns::spawn("tables of MRT", intervals::run(shared.clone()));
}

/// A name and the peers whose routes go there.
type Tables = BTreeMap<FileName, (u32, Vec<PeerId>)>;

impl Core {
    /// The tables that are written by interval, with that.
    fn mrt_tables(&self) -> Tables {
        let mut tables = Tables::new();
        for (id, peer) in self.peers.iter().filter(|(_, peer)| !peer.stopped) {
            let all = self.observers.recorder.all.as_ref();
            for recording in recordings(all, &peer.neighbor) {
                let Some(name) = &recording.table else { continue };
                let name = name.of_peer(peer.neighbor.peer.address);
                let (_, peers) =
                    tables.entry(name).or_insert_with(|| (recording.table_interval, Vec::new()));
                peers.push(*id);
            }
        }
        tables
    }
}
