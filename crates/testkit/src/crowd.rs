//! Very many BGP peers in one thread, which bring their sessions up, keep them alive, and note what happened when.
//!
//! Each has an address of its own in 127.0.0.0/8; they all wait on one port to be called, or call one address.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use socket2::{Domain, Socket, Type};

use crate::bgp::{HEADER, Open, frame, kind};

/// How sessions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The peers wait on a port that the system chooses: [`Crowd::port`].
    Wait,
    /// The peers call this address, again and again until it answers.
    Call(SocketAddr),
}

/// What happened to one peer.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Since when the present session is up: both KEEPALIVEs were exchanged.
    pub established: Option<Instant>,
    /// Connections that ended.
    pub ended: u32,
    /// The code and subcode of the last NOTIFICATION.
    pub notification: Option<(u8, u8)>,
    /// KEEPALIVEs that came.
    pub keepalives: u64,
    /// When the last of them came.
    pub last_keepalive: Option<Instant>,
    /// The longest time between two of them in one session.
    pub longest_silence: Duration,
    /// UPDATEs that came.
    pub updates: u64,
    /// Those that announce or withdraw nothing: End-of-RIB of IPv4 unicast.
    pub ends_of_rib: u64,
    /// All octets that came.
    pub octets: u64,
    /// Octets that were given to [`Crowd::send`] and are not in the socket yet.
    pub unsent: usize,
}

enum Order {
    Send(usize, Arc<[u8]>),
    Close(usize),
    Read(usize, bool),
    End,
}

/// The peers, until it is dropped.
#[derive(Debug)]
pub struct Crowd {
    addresses: Vec<Ipv4Addr>,
    port: Option<u16>,
    stories: Arc<Mutex<Vec<Story>>>,
    orders: Sender<Order>,
    wake: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

/// The address of a peer: 127.1.0.1 and on.
///
/// # Panics
/// With more than 2^24 peers.
pub fn address(index: usize) -> Ipv4Addr {
    let number = u32::try_from(index).expect("fewer peers");
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + number)
}

impl Crowd {
    /// Starts the peers with these numbers; `open` is what they say, each with its own address as the identifier.
    ///
    /// # Panics
    /// When the system refuses what is needed.
    pub fn start(numbers: Range<usize>, open: &Open, way: Way) -> Self {
        let addresses: Vec<Ipv4Addr> = numbers.map(address).collect();
        let listener = (way == Way::Wait).then(|| listen().expect("a port"));
        let port = listener.as_ref().map(|listener| listener.local_addr().expect("bound").port());
        let stories = Arc::new(Mutex::new(vec![Story::default(); addresses.len()]));
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK).expect("an event"));
        let (orders, taken) = channel();
        let mut room = Room {
            epoll: Epoll::new(EpollCreateFlags::empty()).expect("an epoll"),
            members: addresses.iter().map(|address| Member::new(*address, open)).collect(),
            places: addresses.iter().enumerate().map(|(at, address)| (*address, at)).collect(),
            listener,
            call: match way {
                Way::Wait => None,
                Way::Call(address) => Some(address),
            },
            keepalive: Duration::from_secs(u64::from(open.hold_time) / 3),
            stories: stories.clone(),
            orders: taken,
            wake: wake.clone(),
            buffer: vec![0; 256 * 1024],
        };
        let thread = std::thread::spawn(move || room.live());
        Self { addresses, port, stories, orders, wake, thread: Some(thread) }
    }

    /// The addresses of the peers.
    pub fn addresses(&self) -> &[Ipv4Addr] {
        &self.addresses
    }

    /// Where they wait.
    ///
    /// # Panics
    /// When they call.
    pub fn port(&self) -> u16 {
        self.port.expect("peers that wait")
    }

    /// What happened so far, peer by peer.
    ///
    /// # Panics
    /// When the peers are gone.
    pub fn stories(&self) -> Vec<Story> {
        self.stories.lock().expect("peers").clone()
    }

    /// What happened to one.
    ///
    /// # Panics
    /// When there is no such peer.
    pub fn story(&self, index: usize) -> Story {
        self.stories.lock().expect("peers")[index].clone()
    }

    /// Forgets how long KEEPALIVEs took so far.
    ///
    /// # Panics
    /// When the peers are gone.
    pub fn forget_silence(&self) {
        for story in self.stories.lock().expect("peers").iter_mut() {
            story.longest_silence = Duration::ZERO;
        }
    }

    /// How many sessions are up.
    ///
    /// # Panics
    /// When the peers are gone.
    pub fn established(&self) -> usize {
        let stories = self.stories.lock().expect("peers");
        stories.iter().filter(|story| story.established.is_some()).count()
    }

    /// Lets a peer send whole messages.
    pub fn send(&self, index: usize, messages: impl Into<Arc<[u8]>>) {
        self.order(Order::Send(index, messages.into()));
    }

    /// Closes the connection of a peer, which then waits or calls again.
    pub fn close(&self, index: usize) {
        self.order(Order::Close(index));
    }

    /// Lets a peer read nothing, or go on.
    pub fn read(&self, index: usize, on: bool) {
        self.order(Order::Read(index, on));
    }

    fn order(&self, order: Order) {
        let _ = self.orders.send(order);
        let _ = self.wake.write(1);
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.order(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([0, 0, 0, 0], 0)).into())?;
    socket.listen(65535)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// A peer: its connection and where it is.
struct Member {
    address: Ipv4Addr,
    open: Vec<u8>,
    stream: Option<TcpStream>,
    /// The connection is being made.
    is_calling: bool,
    call_at: Option<Instant>,
    reads: bool,
    inbox: Vec<u8>,
    outbox: Vec<(Arc<[u8]>, usize)>,
    keepalive_at: Option<Instant>,
}

impl Member {
    fn new(address: Ipv4Addr, open: &Open) -> Self {
        let open = Open { identifier: address, ..open.clone() };
        Self {
            address,
            open: frame(kind::OPEN, &open.body()),
            stream: None,
            is_calling: false,
            call_at: Some(Instant::now()),
            reads: true,
            inbox: Vec::new(),
            outbox: Vec::new(),
            keepalive_at: None,
        }
    }

    fn unsent(&self) -> usize {
        self.outbox.iter().map(|(octets, from)| octets.len() - from).sum()
    }

    /// Writes what the socket takes.
    fn write(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while let Some((octets, from)) = self.outbox.first_mut() {
            match stream.write(&octets[*from..]) {
                Ok(count) => *from += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
            if *from == octets.len() {
                self.outbox.remove(0);
            }
        }
        Ok(())
    }
}

/// Tokens of what is no peer.
const LISTENER: u64 = u64::MAX;
const WAKE: u64 = u64::MAX - 1;

/// How long before a refused call is tried again.
const AGAIN: Duration = Duration::from_millis(10);

struct Room {
    epoll: Epoll,
    members: Vec<Member>,
    places: HashMap<Ipv4Addr, usize>,
    listener: Option<TcpListener>,
    call: Option<SocketAddr>,
    keepalive: Duration,
    stories: Arc<Mutex<Vec<Story>>>,
    orders: Receiver<Order>,
    wake: Arc<EventFd>,
    buffer: Vec<u8>,
}

impl Room {
    fn live(&mut self) {
        let readable = EpollFlags::EPOLLIN;
        self.epoll.add(&*self.wake, EpollEvent::new(readable, WAKE)).expect("epoll");
        if let Some(listener) = &self.listener {
            self.epoll.add(listener, EpollEvent::new(readable, LISTENER)).expect("epoll");
        }
        let mut events = vec![EpollEvent::empty(); 1024];
        let mut look_at = Instant::now();
        loop {
            let wait = look_at.saturating_duration_since(Instant::now());
            let wait = u16::try_from(wait.as_millis()).unwrap_or(u16::MAX);
            let count = self.epoll.wait(&mut events, EpollTimeout::from(wait)).unwrap_or(0);
            for event in &events[..count] {
                match event.data() {
                    LISTENER => self.accept(),
                    WAKE => {
                        let _ = self.wake.read();
                    }
                    at => self.ready(usize::try_from(at).expect("a place"), event.events()),
                }
            }
            while let Ok(order) = self.orders.try_recv() {
                match order {
                    Order::Send(at, octets) => {
                        self.members[at].outbox.push((octets, 0));
                        self.write(at);
                    }
                    Order::Close(at) => self.lost(at),
                    Order::Read(at, on) => {
                        self.members[at].reads = on;
                        self.watch(at);
                    }
                    Order::End => return,
                }
            }
            if Instant::now() >= look_at {
                self.look();
                look_at = Instant::now() + AGAIN;
            }
        }
    }

    /// Does what is due.
    fn look(&mut self) {
        let now = Instant::now();
        for at in 0..self.members.len() {
            let member = &mut self.members[at];
            if self.call.is_some() && member.call_at.is_some_and(|due| due <= now) {
                self.call(at);
            } else if member.keepalive_at.is_some_and(|due| due <= now) {
                member.keepalive_at = Some(now + self.keepalive);
                // One that has much to say is heard anyway.
                if member.outbox.is_empty() {
                    self.say(at, frame(kind::KEEPALIVE, &[]));
                }
            }
        }
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else { return };
        let mut came = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            came.push(stream);
        }
        for stream in came {
            let Ok(SocketAddr::V4(address)) = stream.local_addr() else { continue };
            let Some(at) = self.places.get(address.ip()).copied() else { continue };
            if self.members[at].stream.is_none() {
                self.begin(at, stream);
            }
        }
    }

    fn call(&mut self, at: usize) {
        let Some(to) = self.call else { return };
        let from = SocketAddr::new(IpAddr::V4(self.members[at].address), 0);
        let dial = || -> io::Result<TcpStream> {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            socket.bind(&from.into())?;
            match socket.connect(&to.into()) {
                Err(error) if error.raw_os_error() != Some(nix::libc::EINPROGRESS) => Err(error),
                _ => Ok(socket.into()),
            }
        };
        let member = &mut self.members[at];
        match dial() {
            Ok(stream) => {
                member.call_at = None;
                member.is_calling = true;
                let flags = EpollFlags::EPOLLOUT;
                self.epoll.add(&stream, EpollEvent::new(flags, at as u64)).expect("epoll");
                member.stream = Some(stream);
            }
            Err(_) => member.call_at = Some(Instant::now() + AGAIN),
        }
    }

    /// A connection is there: says OPEN.
    fn begin(&mut self, at: usize, stream: TcpStream) {
        let _ = stream.set_nonblocking(true);
        let _ = stream.set_nodelay(true);
        let token = EpollEvent::new(EpollFlags::EPOLLIN, at as u64);
        self.epoll.add(stream.as_fd(), token).expect("epoll");
        let member = &mut self.members[at];
        member.stream = Some(stream);
        let open = member.open.clone();
        self.say(at, open);
    }

    fn say(&mut self, at: usize, octets: Vec<u8>) {
        self.members[at].outbox.push((octets.into(), 0));
        self.write(at);
    }

    fn write(&mut self, at: usize) {
        if self.members[at].is_calling {
            return;
        }
        if self.members[at].write().is_err() {
            self.lost(at);
            return;
        }
        self.stories.lock().expect("a reader")[at].unsent = self.members[at].unsent();
        self.watch(at);
    }

    /// Waits for what the peer can do next.
    fn watch(&self, at: usize) {
        let member = &self.members[at];
        let Some(stream) = &member.stream else { return };
        let mut flags = EpollFlags::empty();
        flags.set(EpollFlags::EPOLLIN, member.reads && !member.is_calling);
        flags.set(EpollFlags::EPOLLOUT, member.is_calling || !member.outbox.is_empty());
        let _ = self.epoll.modify(stream, &mut EpollEvent::new(flags, at as u64));
    }

    fn ready(&mut self, at: usize, flags: EpollFlags) {
        let member = &mut self.members[at];
        let Some(stream) = &member.stream else { return };
        if member.is_calling {
            member.is_calling = false;
            if stream.take_error().is_ok_and(|error| error.is_none()) {
                let _ = stream.set_nodelay(true);
                let open = member.open.clone();
                self.say(at, open);
            } else {
                member.stream = None;
                member.call_at = Some(Instant::now() + AGAIN);
            }
            return;
        }
        if flags.contains(EpollFlags::EPOLLOUT) {
            self.write(at);
        }
        if flags.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR) {
            self.receive(at);
        }
    }

    fn receive(&mut self, at: usize) {
        let member = &mut self.members[at];
        let Some(stream) = &mut member.stream else { return };
        let left = member.inbox.len();
        self.buffer[..left].copy_from_slice(&member.inbox);
        let count = match stream.read(&mut self.buffer[left..]) {
            Ok(0) => return self.lost(at),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(_) => return self.lost(at),
        };
        let octets = &self.buffer[..left + count];
        let mut from = 0;
        let mut answer = false;
        {
            let mut stories = self.stories.lock().expect("a reader");
            let story = &mut stories[at];
            story.octets += count as u64;
            while let Some(header) = octets.get(from..from + HEADER) {
                let length = usize::from(u16::from_be_bytes([header[16], header[17]]));
                let Some(body) = octets.get(from + HEADER..from + length) else { break };
                from += length;
                answer |= story.take(header[18], body);
            }
        }
        member.inbox.clear();
        member.inbox.extend_from_slice(&octets[from..]);
        if answer {
            let due = Instant::now() + self.keepalive;
            member.keepalive_at = (!self.keepalive.is_zero()).then_some(due);
            self.say(at, frame(kind::KEEPALIVE, &[]));
        }
    }

    fn lost(&mut self, at: usize) {
        let member = &mut self.members[at];
        let Some(stream) = member.stream.take() else { return };
        let _ = self.epoll.delete(&stream);
        member.inbox.clear();
        member.outbox.clear();
        member.is_calling = false;
        member.keepalive_at = None;
        member.call_at = Some(Instant::now() + AGAIN);
        let mut stories = self.stories.lock().expect("a reader");
        let story = &mut stories[at];
        story.ended += 1;
        story.established = None;
        story.last_keepalive = None;
        story.unsent = 0;
    }
}

impl Story {
    /// Takes a message. Returns whether it is an OPEN, which is to be answered.
    fn take(&mut self, message: u8, body: &[u8]) -> bool {
        match message {
            kind::OPEN => return true,
            kind::UPDATE => {
                self.updates += 1;
                self.ends_of_rib += u64::from(body == [0; 4]);
            }
            kind::NOTIFICATION => {
                self.notification = body.first().copied().zip(body.get(1).copied());
            }
            kind::KEEPALIVE => {
                let now = Instant::now();
                self.established.get_or_insert(now);
                if let Some(last) = self.last_keepalive.replace(now) {
                    self.longest_silence = self.longest_silence.max(now - last);
                }
                self.keepalives += 1;
            }
            _ => {}
        }
        false
    }
}
