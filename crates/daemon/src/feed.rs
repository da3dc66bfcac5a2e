//! One session whose UPDATEs come ready made from another thread: what replays a file is a BGP speaker with it.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::task::LocalSet;
use yottabgp_os::{Error, socket};
use yottabgp_session::event::{Action, ConnectionId, Event, Source};
use yottabgp_session::{Peer, Settings, StopReason};
use yottabgp_wire::negotiated::Negotiated;

use crate::connection::{Connection, READ_SIZE, WRITE_SIZE, linger};

/// What the session is, and with whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is agreed upon. [`Settings::passive`] says whether the peer is waited for.
    pub settings: Settings,
    /// The peer, or where it is waited for.
    pub address: SocketAddr,
    /// The address to connect from; `None` leaves the choice to the routing table.
    pub local: Option<IpAddr>,
    /// TCP MD5 key.
    pub md5: Option<String>,
    /// Whether it ends when everything was sent.
    pub once: bool,
    /// Whether it ends when a session is lost, and does not begin again.
    pub only_once: bool,
}

/// Where the UPDATEs come from, and who is told how it goes.
pub trait Feeder {
    /// A session is up. Gives where its UPDATEs come from, whole messages in each piece; End-of-RIB follows when there are no more.
    fn begin(&mut self, negotiated: &Arc<Negotiated>) -> Receiver<Vec<u8>>;
    /// Something happened.
    fn told(&mut self, told: Told<'_>);
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// The peer is waited for at this address.
    Listening(SocketAddr),
    /// The session ended, or could not be made, and is tried again.
    Down(&'a str),
    /// Everything was written, End-of-RIB among it.
    Done,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was sent.
    Done,
    /// It was told to end (SIGINT, SIGTERM).
    Stopped,
    /// The session was lost before everything was sent, for this reason.
    Lost(String),
}

/// Why it could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The socket could not be opened.
    #[error("{0}")]
    Socket(#[from] Error),
    /// The runtime could not be made.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The address that packets to another leave from.
pub fn address_towards(peer: SocketAddr) -> io::Result<IpAddr> {
    let socket = match peer {
        SocketAddr::V4(_) => UdpSocket::bind("0.0.0.0:0"),
        SocketAddr::V6(_) => UdpSocket::bind("[::]:0"),
    }?;
    // Sends nothing.
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}

/// Runs the session until it is told to end, or all is sent and [`Options::once`] says so.
pub fn run(options: Options, feeder: &mut dyn Feeder) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(options, feeder))
}

/// The UPDATEs of a session.
#[derive(Debug, Default)]
struct Pieces {
    from: Option<Receiver<Vec<u8>>>,
    /// Came, and is not sent yet.
    next: Option<Vec<u8>>,
    /// Whether there are no more.
    ended: bool,
}

impl Pieces {
    /// Waits for the next piece, or the end.
    async fn wait(&mut self) {
        match &mut self.from {
            Some(from) if self.next.is_none() && !self.ended => {
                self.next = from.recv().await;
                self.ended = self.next.is_none();
            }
            _ => std::future::pending().await,
        }
    }
}

impl Source for Pieces {
    fn fill(&mut self, _: &Negotiated, out: &mut Vec<u8>, limit: usize) -> bool {
        let Some(from) = &mut self.from else { return false };
        while out.len() < limit && !self.ended {
            match self.next.take().map_or_else(|| from.try_recv(), Ok) {
                Ok(piece) => out.extend_from_slice(&piece),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => self.ended = true,
            }
        }
        !self.ended
    }

    fn is_incomplete(&self) -> bool {
        !self.ended
    }
}

/// What events say that matters here.
#[derive(Debug)]
enum Happened {
    Up(Arc<Negotiated>),
    Down(String),
}

fn keep(happened: &mut Vec<Happened>) -> impl FnMut(Event<'_>) {
    |event| match event {
        Event::Up(up) => happened.push(Happened::Up(Arc::new(up.negotiated.clone()))),
        Event::Down { reason, .. } => happened.push(Happened::Down(reason.to_owned())),
        _ => {}
    }
}

/// A connection being made.
type Dialing = Pin<Box<dyn Future<Output = (ConnectionId, Result<TcpStream, String>)>>>;

struct Feed<'f> {
    options: Options,
    feeder: &'f mut dyn Feeder,
    peer: Peer,
    connections: Vec<Connection>,
    dialing: Option<Dialing>,
    pieces: Pieces,
    happened: Vec<Happened>,
    scratch: Vec<u8>,
    /// Whether a session was up.
    was_up: bool,
    /// Whether everything was sent in this session.
    done: bool,
    stopped: bool,
    outcome: Option<Outcome>,
    finished: bool,
}

/// What it was woken for.
enum Woken {
    Something,
    Stop,
    Dialed(ConnectionId, Result<TcpStream, String>),
    Accepted(io::Result<(TcpStream, SocketAddr)>),
    Ready(usize, bool),
}

async fn serve(options: Options, feeder: &mut dyn Feeder) -> Result<Outcome, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let listener = match options.settings.passive {
        true => Some(listen(&options, feeder)?),
        false => None,
    };
    let settings = Arc::new(options.settings.clone());
    let mut feed = Feed {
        peer: Peer::new(settings, u64::from(std::process::id())),
        options,
        feeder,
        connections: Vec::new(),
        dialing: None,
        pieces: Pieces::default(),
        happened: Vec::new(),
        scratch: Vec::new(),
        was_up: false,
        done: false,
        stopped: false,
        outcome: None,
        finished: false,
    };
    feed.peer.start(Instant::now(), &mut keep(&mut feed.happened));
    loop {
        let busy = feed.step();
        if feed.finished && feed.connections.is_empty() {
            return Ok(feed.outcome.unwrap_or(Outcome::Stopped));
        }
        let closing = feed.connections.iter().filter_map(|connection| connection.closing);
        let deadline = feed.peer.poll_timeout().into_iter().chain(closing).min();
        let woken = tokio::select! {
            biased;
            _ = interrupted.recv() => Woken::Stop,
            _ = terminated.recv() => Woken::Stop,
            (id, result) = dialed(&mut feed.dialing) => Woken::Dialed(id, result),
            // A peer that closes one connection and makes another is not to be refused for the first one.
            (index, read) = any_ready(&feed.connections) => Woken::Ready(index, read),
            accepted = accept(listener.as_ref()) => Woken::Accepted(accepted),
            () = sleep_until(deadline) => Woken::Something,
            () = tokio::task::yield_now(), if busy => Woken::Something,
            () = feed.pieces.wait(), if !busy => Woken::Something,
        };
        feed.take(woken);
    }
}

fn listen(options: &Options, feeder: &mut dyn Feeder) -> Result<TcpListener, Failure> {
    let listener = socket::listen(options.address)?;
    if let Some(key) = &options.md5 {
        // Whoever connects: which address it comes from is not known before.
        let any = if options.address.is_ipv4() { "0.0.0.0" } else { "::" };
        if let Ok(any) = any.parse() {
            yottabgp_os::md5::set(
                &listener,
                yottabgp_os::md5::Peers::range(any, 0),
                key.as_bytes(),
            )?;
        }
    }
    let listener = TcpListener::from_std(listener)?;
    feeder.told(Told::Listening(listener.local_addr()?));
    Ok(listener)
}

impl Feed<'_> {
    /// Does all that can be done without waiting. Says whether there is more of it.
    fn step(&mut self) -> bool {
        let now = Instant::now();
        if self.peer.poll_timeout().is_some_and(|at| at <= now) {
            for connection in &self.connections {
                let unread = socket::unread(&connection.stream).is_ok_and(|count| count > 0);
                self.peer.unread(connection.id, unread);
            }
            self.peer.handle_timeout(now, &mut keep(&mut self.happened));
        }
        let mut busy = false;
        loop {
            self.look();
            match self.peer.poll_action() {
                Some(Action::Connect(id)) => self.dial(id),
                Some(Action::Close(id)) => self.close(id, now),
                Some(Action::Finished) => self.finished = true,
                None if self.happened.is_empty() => break,
                None => {}
            }
        }
        let mut index = 0;
        while let Some(connection) = self.connections.get(index) {
            if connection.is_closed(now) {
                linger(self.connections.remove(index).stream);
                continue;
            }
            match self.write(index, now) {
                Ok(more) => {
                    busy |= more;
                    index += 1;
                }
                Err(error) => self.lost(index, &error),
            }
        }
        busy || !self.happened.is_empty()
    }

    /// Looks at what happened.
    fn look(&mut self) {
        for happened in std::mem::take(&mut self.happened) {
            match happened {
                Happened::Up(negotiated) => {
                    let from = Some(self.feeder.begin(&negotiated));
                    self.pieces = Pieces { from, ..Pieces::default() };
                    (self.was_up, self.done) = (true, false);
                }
                Happened::Down(reason) => {
                    let was_up = std::mem::take(&mut self.was_up);
                    self.pieces = Pieces::default();
                    if self.stopped {
                        continue;
                    }
                    self.feeder.told(Told::Down(&reason));
                    if self.options.only_once && was_up {
                        self.stop(Outcome::Lost(reason));
                    }
                }
            }
        }
    }

    /// Ends the session, and everything after it.
    fn stop(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.stopped, true) {
            self.outcome = Some(outcome);
            let mut events = keep(&mut self.happened);
            self.peer.stop(Instant::now(), StopReason::Shutdown, &mut events);
        }
    }

    fn dial(&mut self, id: ConnectionId) {
        let Options { address, local, md5, .. } = &self.options;
        let (address, md5) = (*address, md5.as_ref().map(String::as_bytes));
        let outgoing = socket::Outgoing { local: *local, md5, ..socket::Outgoing::to(address) };
        let prepared = outgoing.prepare();
        self.dialing = Some(Box::pin(async move {
            let stream = match prepared {
                Ok(stream) => TcpSocket::from_std_stream(stream)
                    .connect(address)
                    .await
                    .map_err(|source| Error::new(format!("connection to {address}"), source)),
                Err(error) => Err(error),
            };
            (id, stream.map_err(|error| error.to_string()))
        }));
    }

    fn close(&mut self, id: ConnectionId, now: Instant) {
        let open = self.connections.iter_mut().find(|connection| connection.id == id);
        let Some(open) = open else {
            self.dialing = None;
            return;
        };
        let mut events = keep(&mut self.happened);
        self.peer.poll_transmit(now, id, &mut open.outbox, &mut self.pieces, &mut events);
        open.closing = Some(now + LAST_WORDS);
    }

    /// Writes as much as the socket takes, but not for long. Says whether there is more.
    fn write(&mut self, index: usize, now: Instant) -> io::Result<bool> {
        let Self { peer, connections, pieces, happened, .. } = self;
        let Some(connection) = connections.get_mut(index) else { return Ok(false) };
        let mut more = false;
        for _ in 0..TURNS {
            more = false;
            if connection.is_flushed() && connection.closing.is_none() {
                while connection.outbox.len() < WRITE_SIZE {
                    let mut events = keep(happened);
                    let out = &mut connection.outbox;
                    more = peer.poll_transmit(now, connection.id, out, pieces, &mut events);
                    if !more {
                        break;
                    }
                }
            }
            let written = connection.write()?;
            peer.written(now, connection.id, written);
            if !(more && connection.is_flushed()) {
                break;
            }
        }
        let is_sent =
            pieces.ended && !more && connection.is_flushed() && connection.closing.is_none();
        if is_sent && self.was_up && !std::mem::replace(&mut self.done, true) {
            self.feeder.told(Told::Done);
            if self.options.once {
                self.stop(Outcome::Done);
            }
        }
        Ok(more && self.connections.get(index).is_some_and(Connection::is_flushed))
    }

    fn lost(&mut self, index: usize, error: &io::Error) {
        let connection = self.connections.remove(index);
        if connection.closing.is_none() {
            let why = format!("the connection is lost: {error}");
            let mut events = keep(&mut self.happened);
            self.peer.closed(Instant::now(), connection.id, &why, &mut events);
        }
    }

    fn take(&mut self, woken: Woken) {
        let now = Instant::now();
        match woken {
            Woken::Something => {}
            Woken::Stop => self.stop(Outcome::Stopped),
            Woken::Dialed(id, Ok(stream)) => {
                self.dialing = None;
                let ends = (stream.local_addr(), stream.peer_addr());
                let (Ok(local), Ok(remote)) = ends else {
                    return self.peer.connect_failed(now, id, "it was closed at once");
                };
                self.connections.push(Connection::new(id, stream, remote));
                self.peer.connected(now, id, local, remote, &mut keep(&mut self.happened));
            }
            Woken::Dialed(id, Err(why)) => {
                self.dialing = None;
                self.feeder.told(Told::Down(&why));
                self.peer.connect_failed(now, id, &why);
            }
            Woken::Accepted(Ok((stream, remote))) => {
                let Ok(local) = stream.local_addr() else { return };
                let _ = stream.set_nodelay(true);
                let mut events = keep(&mut self.happened);
                let id = self.peer.incoming(now, local, remote, &mut events);
                self.connections.push(Connection::new(id, stream, remote));
            }
            Woken::Accepted(Err(error)) => self.feeder.told(Told::Down(&error.to_string())),
            Woken::Ready(index, true) => self.read(index, now),
            Woken::Ready(_, false) => {}
        }
    }

    fn read(&mut self, index: usize, now: Instant) {
        let Self { peer, connections, happened, scratch, .. } = self;
        let Some(connection) = connections.get_mut(index) else { return };
        match connection.read(scratch, READ_SIZE) {
            Ok(Some([])) => self.lost(index, &io::ErrorKind::UnexpectedEof.into()),
            Ok(Some(octets)) => {
                let consumed = peer.receive(now, connection.id, octets, &mut keep(happened));
                connection.keep(octets.get(consumed..).unwrap_or_default());
            }
            Ok(None) => {}
            Err(error) => self.lost(index, &error),
        }
    }
}

/// How long a connection that ends has to take its last octets.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(500);

/// How often the outbox is filled before others have their turn.
const TURNS: usize = 16;

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn dialed(dialing: &mut Option<Dialing>) -> (ConnectionId, Result<TcpStream, String>) {
    match dialing {
        Some(dialing) => dialing.await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

/// The first connection that can be read or written, and whether it can be read.
async fn any_ready(connections: &[Connection]) -> (usize, bool) {
    let mut waiting: Vec<_> =
        connections.iter().map(|connection| Box::pin(connection.ready(true))).collect();
    std::future::poll_fn(|context| {
        for (index, ready) in waiting.iter_mut().enumerate() {
            if let std::task::Poll::Ready(ready) = ready.as_mut().poll(context) {
                // An error shows when it is read.
                return std::task::Poll::Ready((index, ready.map_or(true, |ready| ready.read)));
            }
        }
        std::task::Poll::Pending
    })
    .await
}
