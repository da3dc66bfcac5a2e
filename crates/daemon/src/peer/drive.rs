//! The task of a peer: owns its sockets, moves octets, keeps its time.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tracing::{debug, error};
use yottabgp_os::{Error, socket};
use yottabgp_rib::adj_rib_out::{AdjRibOut, Member, Sending};
use yottabgp_rib::store::AttributeStore;
use yottabgp_session::event::{Action, ConnectionId, Source};
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::Negotiated;

use super::listeners::Listeners;
use super::lull::{Lull, Wait};
use super::pace::Pace;
use super::{Incoming, PeerState, Surroundings};
use crate::connection::{Connection, READ_SIZE, Ready, WRITE_SIZE, linger};
use crate::core::{Core, PeerId, Request, Shared};
use crate::listen::ao_key;
use crate::server::since_epoch;
use crate::turns::Busy;

/// How long a connection that ends has to take its last octets.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// A timer that goes off later than this is told in the log.
const LATE: Duration = Duration::from_millis(20);

/// Octets of UPDATEs that are put into the Adj-RIB-In before others have their turn: less than a millisecond.
const TAKEN_IN: usize = 64 * 1024;

/// A connection being made.
type Dialing = Pin<Box<dyn Future<Output = (ConnectionId, Result<TcpStream, String>)>>>;

/// The sockets of a peer. Two while a collision is resolved; more only while old ones are closed.
struct Sockets {
    connections: Vec<Connection>,
    dialing: Option<(ConnectionId, Dialing)>,
    /// Whether the peer has made a connection.
    called: bool,
    pace: Pace,
    lull: Lull,
    /// Whether it has more to do than one turn lets it.
    busy: Busy,
    /// Whether the last read found as much as it asked for.
    has_more: bool,
}

/// What the task was woken for.
enum Woken {
    Something,
    /// There is nothing else to do.
    Idle,
    Dialed(ConnectionId, Result<TcpStream, String>),
    Ready(usize, io::Result<Ready>),
}

/// Runs a peer until it is finished.
pub(super) async fn drive(shared: Shared, id: PeerId, wake: Rc<Notify>) {
    let mut sockets = Sockets {
        connections: Vec::new(),
        dialing: None,
        called: false,
        pace: Pace::default(),
        lull: Lull::default(),
        busy: Busy::default(),
        has_more: false,
    };
    while let Some(plan) = step(&shared, id, &mut sockets) {
        if plan.finished {
            break;
        }
        let deadline = plan.deadline.map(tokio::time::Instant::from_std);
        let reads = plan.read;
        let mut has_turn = !plan.is_long;
        let woken = tokio::select! {
            biased;
            () = wake.notified() => Woken::Something,
            (connection, result) = dialed(&mut sockets.dialing) => Woken::Dialed(connection, result),
            (index, ready) = any_ready(&sockets.connections, reads) => Woken::Ready(index, ready),
            () = sleep_until(deadline) => Woken::Something,
            () = released(plan.paused) => Woken::Something,
            () = lull(plan.put_off.as_ref()) => Woken::Idle,
        };
        match woken {
            // What a command changed is written at once.
            Woken::Something => {}
            Woken::Idle => {
                has_turn = false;
                let mut core = shared.borrow_mut();
                let octets = core.load.share(TAKEN_IN);
                core.take_in(id, octets);
                sockets.lull.reached();
            }
            Woken::Dialed(connection, result) => {
                sockets.dialing = None;
                take_dialed(&shared, id, &mut sockets, connection, result);
            }
            Woken::Ready(index, Ok(ready)) => {
                if ready.read && reads {
                    has_turn = false;
                    read(&shared, id, &mut sockets, index);
                }
            }
            Woken::Ready(index, Err(error)) => lost(&shared, id, &mut sockets, index, &error),
        }
        if sockets.pace.is_released(Instant::now()) {
            go_on(&shared, id, &mut sockets);
        }
        // A peer that never stops must let the others, and those who write what it said, do their part.
        if !has_turn {
            tokio::task::yield_now().await;
        }
    }
    sockets.busy.set(&mut shared.borrow_mut().load, false);
    farewell(&mut sockets).await;
    shared.borrow_mut().request(Request::PeerEnded(id));
}

/// What the task does next.
struct Plan {
    /// When to come back, if nothing happens.
    deadline: Option<Instant>,
    /// Whether to read.
    read: bool,
    /// The listeners that have to read first: whether each still asks for a pause.
    paused: Vec<watch::Receiver<bool>>,
    /// What UPDATEs wait for that are to be put into the Adj-RIB-In; [`None`] when there are none.
    put_off: Option<Wait>,
    /// Whether more could be done at once than one turn is for.
    is_long: bool,
    finished: bool,
}

/// Does all that can be done without waiting: timers, actions, messages, writes. `None` when the peer is gone.
fn step(shared: &Shared, id: PeerId, sockets: &mut Sockets) -> Option<Plan> {
    let mut core = shared.borrow_mut();
    let now = Instant::now();
    take_incoming(&mut core, id, sockets, now);
    let recorder = core.observers.recorder.paused(id);
    let peer = core.peers.get_mut(&id)?;
    let mut is_long = false;
    if peer.heard_first.is_some_and(|until| until <= now) {
        // What has come and is about to be read is still heard first; nothing else is waited for any longer.
        let reads = peer.paused(recorder).is_empty() && sockets.pace.held().is_none();
        let open = sockets.connections.iter().filter(|connection| connection.closing.is_none());
        let unread = |connection: &Connection| {
            socket::unread(&connection.stream).is_ok_and(|count| count > 0)
        };
        if reads && open.into_iter().any(unread) {
            // The runtime has to look at the socket.
            is_long = true;
        } else {
            peer.heard_first = None;
        }
    }
    if let Some(at) = peer.session.poll_timeout().filter(|at| *at <= now) {
        // A peer whose octets wait is not silent: it is this program that had no time to read them.
        for connection in &sockets.connections {
            let unread = socket::unread(&connection.stream).is_ok_and(|count| count > 0);
            peer.session.unread(connection.id, unread);
        }
        debug!(target: "yottabgp::timer", "{}: a timer is due", peer.key.peer);
        if now - at > LATE {
            let late = (now - at).as_millis();
            debug!(target: "yottabgp::reactor", "a timer of {} went off {late} ms late", peer.key.peer);
        }
        core.with_session(id, |session, events| session.handle_timeout(now, events));
    }
    let mut finished = false;
    loop {
        let action = core.peers.get_mut(&id)?.session.poll_action();
        match action {
            Some(Action::Connect(connection)) => dial(&core, id, sockets, connection),
            Some(Action::Close(connection)) => close(&mut core, id, sockets, connection, now),
            Some(Action::Finished) => finished = true,
            None => break,
        }
    }
    let mut index = 0;
    while let Some(connection) = sockets.connections.get_mut(index) {
        match write(&mut core, id, connection, now) {
            Ok(_) if connection.is_closed(now) => {
                linger(sockets.connections.remove(index).stream);
            }
            Ok(long) => {
                is_long |= long;
                index += 1;
            }
            Err(error) => {
                drop(core);
                lost(shared, id, sockets, index, &error);
                core = shared.borrow_mut();
            }
        }
    }
    let core = &mut *core;
    let peer = core.peers.get_mut(&id)?;
    let rib = &mut core.tables.get_mut(peer.table)?.rib;
    for reason in rib.take_refused(peer.member) {
        error!(
            target: "yottabgp::reactor",
            critical = true,
            "{}: routes were not sent: {reason}", peer.key.peer
        );
    }
    // What is held back until the command `flush` is not waited for.
    let waits = peer.is_incomplete() || rib.is_pending(peer.member) && !peer.holding;
    let idle = !waits && sockets.connections.iter().all(Connection::is_flushed);
    if idle && !peer.is_idle {
        peer.idle.notify_waiters();
    }
    peer.is_idle = idle;
    if idle {
        peer.holding = !peer.neighbor.auto_flush;
    }
    let paused = peer.paused(core.observers.recorder.paused(id));
    is_long |= sockets.has_more && paused.is_empty();
    let listeners = peer.listeners.iter().map(|(_, outbox)| outbox.clone());
    let put_off = sockets.lull.wait(now, peer.rib_in.has_put_off(), listeners);
    sockets.busy.set(&mut core.load, is_long || put_off.as_ref().is_some_and(Wait::is_over));
    let held = sockets.pace.held();
    for connection in &sockets.connections {
        let unread = held.is_some()
            || !paused.is_empty()
                && socket::unread(&connection.stream).is_ok_and(|count| count > 0);
        peer.session.unread(connection.id, unread);
    }
    let finished = finished || (peer.ephemeral && sockets.connections.is_empty() && sockets.called);
    // A reload may come before the server loop knows.
    if finished && !peer.stopped {
        peer.stopped = true;
        core.selections.clear();
    }
    let closing = sockets.connections.iter().filter_map(|connection| connection.closing);
    let deadlines = peer.session.poll_timeout().into_iter().chain(peer.heard_first);
    let deadline = deadlines.chain(closing).chain(held).min();
    let read = paused.is_empty() && held.is_none();
    Some(Plan { deadline, read, paused, put_off, is_long, finished })
}

/// Takes what the session wants to send and writes it, until the socket takes no more or others are to have their turn, which is
/// what it returns: routes are encoded meanwhile, as many as there are.
fn write(
    core: &mut Core,
    id: PeerId,
    connection: &mut Connection,
    now: Instant,
) -> io::Result<bool> {
    let turn = core.load.turn();
    let mut is_long = false;
    while !is_long {
        if connection.is_flushed() && connection.closing.is_none() {
            while !is_long
                && connection.outbox.len() < WRITE_SIZE
                && core.transmit(id, connection.id, now, &mut connection.outbox)
            {
                is_long = now.elapsed() > turn;
            }
        }
        if !connection.is_flushed() {
            let written = connection.write()?;
            if let Some(peer) = core.peers.get_mut(&id) {
                peer.session.written(now, connection.id, written);
            }
            if !connection.is_flushed() {
                return Ok(false);
            }
        } else if !is_long {
            return Ok(false);
        }
        is_long |= now.elapsed() > turn;
    }
    if let Some(peer) = core.peers.get(&id) {
        peer.wake.notify_one();
    }
    Ok(true)
}

/// The Adj-RIB-Out as the source of a session.
struct Routes<'a> {
    rib: &'a mut AdjRibOut,
    member: Member,
    store: &'a mut AttributeStore,
    encoder: &'a mut UpdateEncoder,
    group_updates: bool,
    holding: bool,
    is_incomplete: bool,
}

impl Source for Routes<'_> {
    fn fill(&mut self, negotiated: &Negotiated, out: &mut Vec<u8>, limit: usize) -> bool {
        let mut sending = Sending {
            encoder: self.encoder,
            negotiated,
            group: self.group_updates,
            holding: self.holding,
        };
        self.rib.fill(self.store, self.member, &mut sending, out, limit)
    }

    fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }
}

impl Core {
    /// Puts UPDATEs of a peer that were put off into its Adj-RIB-In, as many as have so many octets. Returns how many octets were
    /// put off so far, and how many of them are taken in.
    pub(crate) fn take_in(&mut self, id: PeerId, octets: usize) -> Option<[u64; 2]> {
        let peer = self.peers.get_mut(&id)?;
        peer.rib_in.take_in(&mut self.store, octets);
        Some(peer.rib_in.progress())
    }

    /// Appends what a session has to send. Returns whether there is more.
    fn transmit(
        &mut self,
        id: PeerId,
        connection: ConnectionId,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else { return false };
        let (holding, is_incomplete) = (peer.is_held(), peer.is_incomplete());
        let PeerState {
            key,
            neighbor,
            session,
            table,
            member,
            rib_in,
            feed,
            listeners,
            counts,
            ..
        } = peer;
        let Some(table) = self.tables.get_mut(*table) else { return false };
        table.looked_at();
        let mut surroundings = Surroundings {
            id,
            key,
            neighbor,
            rib_in,
            feed,
            listeners: Listeners::new(key.peer, listeners),
            counts,
            store: None,
            encoders: &self.encoders,
            observers: self.observers.watching(),
            time: since_epoch(),
            afterwards: Vec::new(),
        };
        let mut routes = Routes {
            rib: &mut table.rib,
            member: *member,
            store: &mut self.store,
            encoder: &mut self.encoder,
            group_updates: neighbor.settings.group_updates,
            holding,
            is_incomplete,
        };
        let more = session.poll_transmit(now, connection, out, &mut routes, &mut |event| {
            surroundings.event(&event);
        });
        surroundings.finish();
        more
    }
}

fn dial(core: &Core, id: PeerId, sockets: &mut Sockets, connection: ConnectionId) {
    let Some(peer) = core.peers.get(&id) else { return };
    let neighbor = &peer.neighbor;
    let port = neighbor.connect.or(core.environment.tcp.connect).unwrap_or(179);
    let address = SocketAddr::new(neighbor.peer.address, port);
    let ao = neighbor.tcp_ao.as_ref().map(ao_key);
    let prepared = socket::Outgoing {
        local: neighbor.local_address,
        interface: neighbor.source_interface.as_deref(),
        ttl: neighbor.outgoing_ttl,
        minimum_ttl: neighbor.incoming_ttl,
        md5: neighbor.md5_password.as_deref().filter(|key| !key.is_empty()),
        ao: ao.as_ref(),
        ..socket::Outgoing::to(address)
    }
    .prepare();
    let dialing: Dialing = Box::pin(async move {
        let result = match prepared {
            Ok(stream) => connect(stream, address).await,
            Err(error) => Err(error),
        };
        (connection, result.map_err(|error| error.to_string()))
    });
    debug!(target: "yottabgp::network", "connecting to {address}");
    sockets.dialing = Some((connection, dialing));
}

async fn connect(stream: std::net::TcpStream, address: SocketAddr) -> Result<TcpStream, Error> {
    TcpSocket::from_std_stream(stream)
        .connect(address)
        .await
        .map_err(|source| Error::new(format!("connection to {address}"), source))
}

/// The session is done with a connection: its last octets are taken, and it goes once they are written.
fn close(
    core: &mut Core,
    id: PeerId,
    sockets: &mut Sockets,
    connection: ConnectionId,
    now: Instant,
) {
    if sockets.dialing.as_ref().is_some_and(|(dialing, _)| *dialing == connection) {
        sockets.dialing = None;
        return;
    }
    if let Some(open) = sockets.connections.iter_mut().find(|open| open.id == connection) {
        let mut last = Vec::new();
        core.transmit(id, connection, now, &mut last);
        open.outbox.extend_from_slice(&last);
        open.closing = Some(now + LAST_WORDS);
        let _ = open.write();
        if !open.is_flushed() {
            // What the socket does not take soon is not waited for: a peer that does not read can not be told.
            debug!(target: "yottabgp::network", "{} does not take its last message", open.remote);
        }
    }
}

/// Takes the connections that the peer has made.
fn take_incoming(core: &mut Core, id: PeerId, sockets: &mut Sockets, now: Instant) {
    let next = |core: &mut Core| core.peers.get_mut(&id)?.incoming.pop_front();
    while let Some(Incoming { stream, local, remote }) = next(core) {
        sockets.called = true;
        let name =
            core.with_session(id, |session, events| session.incoming(now, local, remote, events));
        if let Some(name) = name {
            sockets.connections.push(Connection::new(name, stream, remote));
        }
    }
}

fn take_dialed(
    shared: &Shared,
    id: PeerId,
    sockets: &mut Sockets,
    name: ConnectionId,
    result: Result<TcpStream, String>,
) {
    let mut core = shared.borrow_mut();
    let ends = |stream: &TcpStream| Ok((stream.local_addr()?, stream.peer_addr()?));
    let connected = result.and_then(|stream| match ends(&stream) {
        Ok((local, remote)) => Ok((stream, local, remote)),
        Err::<_, io::Error>(error) => Err(error.to_string()),
    });
    match connected {
        Ok((stream, local, remote)) => {
            sockets.connections.push(Connection::new(name, stream, remote));
            core.with_session(id, |session, events| {
                session.connected(Instant::now(), name, local, remote, events);
            });
        }
        Err(reason) => {
            debug!(target: "yottabgp::network", "{reason}");
            core.with_session(id, |session, _| {
                session.connect_failed(Instant::now(), name, &reason);
            });
        }
    }
}

/// Reads once and hands it to the session.
fn read(shared: &Shared, id: PeerId, sockets: &mut Sockets, index: usize) {
    let Some(connection) = sockets.connections.get_mut(index) else { return };
    let mut core = shared.borrow_mut();
    let mut buffer = std::mem::take(&mut core.read_buffer);
    let name = connection.id;
    let size = core.load.share(READ_SIZE);
    let result = connection.read(&mut buffer, size);
    match result {
        Ok(Some([])) => {
            core.read_buffer = buffer;
            drop(core);
            let error = io::Error::from(io::ErrorKind::UnexpectedEof);
            lost(shared, id, sockets, index, &error);
        }
        Ok(Some(octets)) => {
            // There may be more where as much as was asked for came from.
            sockets.has_more = octets.len() >= size;
            sockets.lull.end();
            if let Some(peer) = core.peers.get_mut(&id) {
                peer.heard_first = None;
            }
            let consumed = receive(&mut core, id, &mut sockets.pace, name, octets);
            connection.keep(octets.get(consumed..).unwrap_or_default());
            core.read_buffer = buffer;
        }
        Ok(None) => {
            sockets.has_more = false;
            core.read_buffer = buffer;
        }
        Err(error) => {
            core.read_buffer = buffer;
            drop(core);
            lost(shared, id, sockets, index, &error);
        }
    }
}

/// Hands octets to the session, as many as the rate limit lets through. Returns how many were consumed.
fn receive(
    core: &mut Core,
    id: PeerId,
    pace: &mut Pace,
    connection: ConnectionId,
    octets: &[u8],
) -> usize {
    let now = Instant::now();
    let limit = core.peers.get(&id).and_then(|peer| peer.neighbor.rate_limit);
    let allowed = octets.get(..pace.take(now, limit, octets)).unwrap_or_default();
    core.with_session(id, |session, events| session.receive(now, connection, allowed, events))
        .unwrap_or(octets.len())
}

/// Hands over what the rate limit held back.
fn go_on(shared: &Shared, id: PeerId, sockets: &mut Sockets) {
    let mut core = shared.borrow_mut();
    for connection in &mut sockets.connections {
        let octets = connection.take_kept();
        let consumed = receive(&mut core, id, &mut sockets.pace, connection.id, &octets);
        connection.keep(octets.get(consumed..).unwrap_or_default());
    }
}

/// A connection is gone. What the peer said last is heard all the same, also when it is writing that failed.
fn lost(shared: &Shared, id: PeerId, sockets: &mut Sockets, index: usize, error: &io::Error) {
    if index >= sockets.connections.len() {
        return;
    }
    let connection = sockets.connections.remove(index);
    sockets.has_more = false;
    if connection.closing.is_some() {
        return;
    }
    let name = connection.id;
    let rest = connection.into_rest();
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the peer closed the connection".to_owned(),
        _ => format!("the connection was lost: {error}"),
    };
    shared.borrow_mut().with_session(id, |session, events| {
        let now = Instant::now();
        session.receive(now, name, &rest, events);
        session.closed(now, name, &reason, events);
    });
}

/// Gives connections that are being closed a moment to take their last octets.
async fn farewell(sockets: &mut Sockets) {
    let _ = tokio::time::timeout(LAST_WORDS, async {
        for connection in &mut sockets.connections {
            while !connection.is_flushed() {
                if connection.ready(false).await.is_err() || connection.write().is_err() {
                    break;
                }
            }
        }
    })
    .await;
}

async fn dialed(
    dialing: &mut Option<(ConnectionId, Dialing)>,
) -> (ConnectionId, Result<TcpStream, String>) {
    match dialing {
        Some((_, dialing)) => dialing.await,
        None => std::future::pending().await,
    }
}

/// The first connection that can do something.
async fn any_ready(connections: &[Connection], read: bool) -> (usize, io::Result<Ready>) {
    match connections {
        [] => std::future::pending().await,
        [one] => (0, one.ready(read).await),
        [one, two] => tokio::select! {
            ready = one.ready(read) => (0, ready),
            ready = two.ready(read) => (1, ready),
        },
        // More there are only for the moment in which old ones are closed.
        [one, two, three, ..] => tokio::select! {
            ready = one.ready(read) => (0, ready),
            ready = two.ready(read) => (1, ready),
            ready = three.ready(read) => (2, ready),
        },
    }
}

/// Waits until all these listeners have read enough.
async fn released(paused: Vec<watch::Receiver<bool>>) {
    if paused.is_empty() {
        return std::future::pending().await;
    }
    for mut listener in paused {
        // One that is gone asks for nothing.
        let _ = listener.wait_for(|paused| !paused).await;
    }
}

/// Waits until UPDATEs that were put off may be taken in.
async fn lull(wait: Option<&Wait>) {
    match wait {
        Some(wait) => wait.over().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
