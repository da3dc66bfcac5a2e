//! Many sessions on one thread: they connect or are connected to, say OPEN and KEEPALIVE, and what comes goes to a [`Handler`].

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::frame::{Frame, frame};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;

use crate::clock::{SECOND, now};
use crate::session::{SessionArgs, allow_many_sockets, keepalive};
use crate::source::notification;

/// What is done about what comes.
pub(crate) trait Handler {
    /// A session is established; `hold` is what was agreed upon, in seconds.
    fn established(&mut self, peer: usize, at: u64, hold: u16);
    /// A message came in an established session, of which the body of an UPDATE is given.
    fn message(&mut self, peer: usize, at: u64, kind: MessageType, body: &[u8]);
    /// A session did not come up; it is tried again.
    fn refused(&mut self, peer: usize, why: &str);
    /// A session ended that was not closed by us.
    fn down(&mut self, peer: usize, at: u64, why: &str);
}

/// Octets read at once, for all sessions in turn.
const READ: usize = 1 << 20;

/// How long to wait before the next try to connect, in nanoseconds.
const RETRY: u64 = SECOND / 100;

/// How many connections may wait for the speaker's OPEN. BIRD's queue of those that it has not accepted yet has room for eight;
/// whatever does not fit is tried again by the system after one second, then after two, four and so on.
const AT_ONCE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No connection; from then on one is tried.
    Idle {
        until: u64,
    },
    /// Connecting, or connected and OPEN sent.
    Opening,
    /// The peer's OPEN came.
    Confirming,
    Established,
}

#[derive(Debug)]
struct Session {
    stream: Option<TcpStream>,
    state: State,
    /// The beginning of a message.
    rest: Vec<u8>,
    /// What could not be written yet.
    unsent: Vec<u8>,
    /// The hold time that we ask for, and the one that was agreed upon, in seconds.
    ours: u16,
    hold: u16,
    /// When the next KEEPALIVE is due.
    due: u64,
}

/// The sessions.
#[derive(Debug)]
pub(crate) struct Fleet {
    arguments: SessionArgs,
    asn: u32,
    families: Vec<Family>,
    poll: Poll,
    events: Events,
    /// One for each session, or none; their tokens follow those of the sessions.
    listeners: Vec<TcpListener>,
    sessions: Vec<Session>,
    buffer: Vec<u8>,
    /// When the timers were looked at.
    looked: u64,
}

impl Fleet {
    /// That many peers, which listen or will connect when polled.
    pub(crate) fn new(
        arguments: &SessionArgs,
        peers: usize,
        asn: u32,
        families: Vec<Family>,
    ) -> Result<Self> {
        let poll = Poll::new().context("epoll")?;
        allow_many_sockets();
        let mut listeners = Vec::new();
        for peer in 0..peers {
            let Some(listener) = arguments.listen(peer)? else { break };
            listener.set_nonblocking(true)?;
            let mut listener = TcpListener::from_std(listener);
            poll.registry().register(&mut listener, Token(peers + peer), Interest::READABLE)?;
            listeners.push(listener);
        }
        let session = || Session {
            stream: None,
            state: State::Idle { until: 0 },
            rest: Vec::new(),
            unsent: Vec::new(),
            ours: arguments.hold,
            hold: arguments.hold,
            due: u64::MAX,
        };
        Ok(Self {
            arguments: arguments.clone(),
            asn,
            families,
            poll,
            events: Events::with_capacity(4096),
            listeners,
            sessions: (0..peers).map(|_| session()).collect(),
            buffer: vec![0; READ],
            looked: 0,
        })
    }

    /// Closes every session with a Cease, and makes it again.
    pub(crate) fn bounce(&mut self) {
        for session in &mut self.sessions {
            if let Some(mut stream) = session.stream.take() {
                let mut cease = Vec::new();
                Notification::shutdown("").encode(&mut cease);
                // The speaker may be gone already.
                let _ = stream.write(&cease);
            }
            session.close(now());
        }
    }

    /// Waits for something to happen, `most` at most, and handles it.
    pub(crate) fn poll(&mut self, handler: &mut impl Handler, most: Duration) -> Result<()> {
        let at = now();
        if at.saturating_sub(self.looked) >= RETRY {
            self.looked = at;
            self.timers(at);
        }
        self.connect(at)?;
        let wait = most.min(Duration::from_nanos(RETRY));
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled.context("waiting for sessions")?,
        }
        let ready: Vec<(Token, bool)> =
            self.events.iter().map(|event| (event.token(), event.is_writable())).collect();
        for (token, writable) in ready {
            let Some(session) = self.sessions.get_mut(token.0) else {
                self.accept(token.0 - self.sessions.len())?;
                continue;
            };
            if writable {
                session.flush();
            }
            session.read(token.0, &mut self.buffer, handler);
        }
        Ok(())
    }

    /// Takes the connections that a speaker made to a peer, of which the last one counts.
    fn accept(&mut self, peer: usize) -> Result<()> {
        while let Some(listener) = self.listeners.get(peer) {
            match listener.accept() {
                Ok((stream, _)) => self.begin(peer, stream)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("accepting a connection"),
            }
        }
        Ok(())
    }

    /// Sends what is due.
    fn timers(&mut self, at: u64) {
        for session in &mut self.sessions {
            if session.due <= at {
                session.due = at + keepalive_interval(session.hold);
                session.send(&keepalive());
            }
        }
    }

    /// Connects those that are to, as many as may wait at once.
    fn connect(&mut self, at: u64) -> Result<()> {
        let Some(to) = self.arguments.connect else { return Ok(()) };
        let waiting = self.sessions.iter().filter(|session| session.state == State::Opening);
        let room = AT_ONCE.saturating_sub(waiting.count());
        if room == 0 {
            return Ok(());
        }
        let is_due =
            |session: &Session| matches!(session.state, State::Idle { until } if until <= at);
        let due: Vec<usize> = self
            .sessions
            .iter()
            .enumerate()
            .filter(|(_, session)| is_due(session))
            .map(|(peer, _)| peer)
            .take(room)
            .collect();
        for peer in due {
            if let Some(session) = self.sessions.get_mut(peer) {
                session.state = State::Idle { until: at + RETRY };
            }
            let stream = self.stream(peer, to)?;
            self.begin(peer, stream)?;
        }
        Ok(())
    }

    fn stream(&self, peer: usize, to: SocketAddr) -> Result<TcpStream> {
        let socket = self.arguments.socket(peer, to)?;
        socket.set_nonblocking(true)?;
        // That it is under way is no error; any other shows when the socket is ready.
        let _ = socket.connect(&to.into());
        Ok(TcpStream::from_std(socket.into()))
    }

    /// A session has a connection, or will have it.
    fn begin(&mut self, peer: usize, mut stream: TcpStream) -> Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(peer), both)?;
        // Only a matter of milliseconds.
        let _ = stream.set_nodelay(true);
        let open = self.arguments.open(peer, self.asn, &self.families);
        if let Some(session) = self.sessions.get_mut(peer) {
            session.close(0);
            session.stream = Some(stream);
            session.state = State::Opening;
            session.send(&open);
        }
        Ok(())
    }
}

/// How often KEEPALIVEs are sent, in nanoseconds (RFC 4271 section 10).
pub(crate) fn keepalive_interval(hold: u16) -> u64 {
    if hold == 0 { u64::MAX / 2 } else { u64::from(hold) * SECOND / 3 }
}

impl Session {
    fn close(&mut self, until: u64) {
        self.stream = None;
        self.state = State::Idle { until };
        self.rest.clear();
        self.unsent.clear();
        self.due = u64::MAX;
    }

    fn send(&mut self, octets: &[u8]) {
        self.unsent.extend_from_slice(octets);
        self.flush();
    }

    fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        // What fails for good shows when reading.
        if let Ok(written) = stream.write(&self.unsent) {
            self.unsent.drain(..written);
        }
    }

    /// Reads all there is.
    fn read(&mut self, peer: usize, buffer: &mut [u8], handler: &mut impl Handler) {
        loop {
            let have = self.rest.len();
            let Some((before, space)) = buffer.split_at_mut_checked(have) else { return };
            before.copy_from_slice(&self.rest);
            let Some(stream) = &mut self.stream else { return };
            let read = match stream.read(space) {
                Ok(0) => Err("the speaker closed the connection".to_owned()),
                Ok(read) => Ok(read),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::NotConnected => return,
                Err(error) => Err(error.to_string()),
            };
            let at = now();
            let handled = match read {
                Ok(read) => {
                    let octets = buffer.get(..have + read).unwrap_or_default();
                    self.handle(peer, at, octets, handler)
                }
                Err(why) => Err(why),
            };
            if let Err(why) = handled {
                match self.state {
                    State::Established => handler.down(peer, at, &why),
                    _ => handler.refused(peer, &why),
                }
                self.close(at + RETRY);
            }
        }
    }

    /// Handles the whole messages, and keeps the rest.
    fn handle(
        &mut self,
        peer: usize,
        at: u64,
        octets: &[u8],
        handler: &mut impl Handler,
    ) -> Result<(), String> {
        let mut rest = octets;
        loop {
            let (kind, body, length) = match frame(rest, usize::from(u16::MAX)) {
                Frame::Message { kind, body, length, .. } => (kind, body, length),
                Frame::NeedMore(_) => break,
                Frame::Error(_) => return Err("what the speaker sends is not BGP".into()),
            };
            match kind {
                MessageType::NOTIFICATION => return Err(notification(body)),
                MessageType::OPEN => {
                    let open = Open::decode(body).map_err(|_| "a malformed OPEN")?;
                    self.hold = open.hold_time.min(self.ours);
                    self.state = State::Confirming;
                    self.send(&keepalive());
                    self.due = at + keepalive_interval(self.hold);
                }
                MessageType::KEEPALIVE if self.state == State::Confirming => {
                    self.state = State::Established;
                    handler.established(peer, at, self.hold);
                }
                _ if self.state == State::Established => handler.message(peer, at, kind, body),
                _ => {}
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        self.rest.clear();
        self.rest.extend_from_slice(rest);
        Ok(())
    }
}
