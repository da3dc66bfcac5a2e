//! A BGP peer that says just what a test tells it to, over TCP, in bytes.
//!
//! It knows the framing (RFC 4271 §4.1) and how to write an OPEN; everything else is bytes.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// Message types (RFC 4271 §4.1, RFC 2918).
pub mod kind {
    /// OPEN.
    pub const OPEN: u8 = 1;
    /// UPDATE.
    pub const UPDATE: u8 = 2;
    /// NOTIFICATION.
    pub const NOTIFICATION: u8 = 3;
    /// KEEPALIVE.
    pub const KEEPALIVE: u8 = 4;
    /// ROUTE-REFRESH.
    pub const ROUTE_REFRESH: u8 = 5;
}

/// Octets of marker, length and type before the body.
pub const HEADER: usize = 19;

/// A message without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its type; see [`kind`].
    pub kind: u8,
    /// What follows the header.
    pub body: Vec<u8>,
}

/// A message with its header, as it goes on the wire.
///
/// # Panics
/// When `body` is longer than the length field can say.
pub fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEADER + body.len()).expect("a message shorter than 64 KiB");
    let mut message = vec![0xFF; 16];
    message.extend_from_slice(&length.to_be_bytes());
    message.push(kind);
    message.extend_from_slice(body);
    message
}

/// What an OPEN says, with the capabilities a test peer is expected to have.
#[derive(Debug, Clone)]
pub struct Open {
    /// AS of the sender.
    pub asn: u32,
    /// Seconds.
    pub hold_time: u16,
    /// BGP identifier.
    pub identifier: Ipv4Addr,
    /// Families by AFI and SAFI.
    pub families: Vec<(u16, u8)>,
    /// More capabilities: code and value.
    pub capabilities: Vec<(u8, Vec<u8>)>,
}

impl Open {
    /// IPv4 and IPv6 unicast, and four-octet AS numbers.
    pub fn new(asn: u32, identifier: Ipv4Addr) -> Self {
        let families = vec![(1, 1), (2, 1)];
        Self { asn, hold_time: 180, identifier, families, capabilities: Vec::new() }
    }

    /// The body of the message.
    ///
    /// # Panics
    /// When there are more than 255 octets of capabilities.
    pub fn body(&self) -> Vec<u8> {
        let mut capabilities = Vec::new();
        for (afi, safi) in &self.families {
            capabilities.extend_from_slice(&[1, 4]);
            capabilities.extend_from_slice(&afi.to_be_bytes());
            capabilities.extend_from_slice(&[0, *safi]);
        }
        capabilities.extend_from_slice(&[65, 4]);
        capabilities.extend_from_slice(&self.asn.to_be_bytes());
        for (code, value) in &self.capabilities {
            capabilities.push(*code);
            capabilities.push(u8::try_from(value.len()).expect("a short capability"));
            capabilities.extend_from_slice(value);
        }
        // AS_TRANS (RFC 6793) for what two octets cannot say.
        let short = u16::try_from(self.asn).unwrap_or(23456);
        let length = u8::try_from(capabilities.len()).expect("few capabilities");
        let mut body = vec![4];
        body.extend_from_slice(&short.to_be_bytes());
        body.extend_from_slice(&self.hold_time.to_be_bytes());
        body.extend_from_slice(&self.identifier.octets());
        body.extend_from_slice(&[length + 2, 2, length]);
        body.extend_from_slice(&capabilities);
        body
    }
}

/// A TCP connection cut into messages.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the messages not yet given out begin.
    start: usize,
}

/// How much is read at once, in octets.
const CHUNK: usize = 256 * 1024;

impl Connection {
    /// Takes over a connected socket.
    pub fn new(stream: TcpStream) -> Self {
        // Not set: the messages come later, which no test can tell apart.
        let _ = stream.set_nodelay(true);
        Self { stream, buffer: Vec::new(), start: 0 }
    }

    /// Calls `to` from `from`, again until it answers, for at most `limit`.
    ///
    /// # Errors
    /// The last refusal.
    pub fn connect(from: IpAddr, to: SocketAddr, limit: Duration) -> io::Result<Self> {
        let end = Instant::now() + limit;
        loop {
            match connect_from(from, to) {
                Ok(stream) => return Ok(Self::new(stream)),
                Err(error) if Instant::now() > end => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Takes the next call to `listener`.
    ///
    /// # Errors
    /// When nobody calls within `limit`.
    pub fn accept(listener: &TcpListener, limit: Duration) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let end = Instant::now() + limit;
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(Self::new(stream));
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if Instant::now() > end => return Err(io::ErrorKind::TimedOut.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the connection is closed.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a message with a right header.
    ///
    /// # Errors
    /// When the connection is closed.
    pub fn send(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        self.send_bytes(&frame(kind, body))
    }

    /// The next message; `None` when the other side closed between two messages.
    ///
    /// # Errors
    /// `TimedOut` when none came within `limit`, `InvalidData` for a wrong header, and what
    /// reading a socket may give.
    pub fn receive(&mut self, limit: Duration) -> io::Result<Option<Message>> {
        let end = Instant::now() + limit;
        loop {
            if let Some((kind, body)) = self.next_frame()? {
                return Ok(Some(Message { kind, body: body.to_vec() }));
            }
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                return Err(io::ErrorKind::TimedOut.into());
            };
            match self.fill(left) {
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads once, for at most `limit`: how many octets came, none when the other side closed.
    ///
    /// # Errors
    /// `WouldBlock` when nothing came in time, and what reading a socket may give.
    pub fn fill(&mut self, limit: Duration) -> io::Result<usize> {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.stream.set_read_timeout(Some(limit.max(Duration::from_millis(1))))?;
        let length = self.buffer.len();
        self.buffer.resize(length + CHUNK, 0);
        let count = self.stream.read(&mut self.buffer[length..]);
        self.buffer.truncate(length + *count.as_ref().unwrap_or(&0));
        count
    }

    /// The type and the body of the next message among what was read.
    ///
    /// # Errors
    /// `InvalidData` for a wrong header.
    pub fn next_frame(&mut self) -> io::Result<Option<(u8, &[u8])>> {
        let rest = &self.buffer[self.start..];
        if rest.len() < HEADER {
            return Ok(None);
        }
        let length = usize::from(u16::from_be_bytes([rest[16], rest[17]]));
        if length < HEADER || rest[..16] != [0xFF; 16] {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if rest.len() < length {
            return Ok(None);
        }
        self.start += length;
        Ok(Some((rest[18], &rest[HEADER..length])))
    }

    /// The next message that is not a KEEPALIVE, each of which is answered with one.
    ///
    /// # Errors
    /// As [`Connection::receive`].
    pub fn receive_other(&mut self, limit: Duration) -> io::Result<Option<Message>> {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.receive(left)? {
                Some(message) if message.kind == kind::KEEPALIVE => {
                    self.send(kind::KEEPALIVE, &[])?
                }
                other => return Ok(other),
            }
        }
    }

    /// Brings the session up: sends `open`, and returns the other's when KEEPALIVEs were exchanged.
    ///
    /// # Errors
    /// `InvalidData` when something else came, with the message in words.
    pub fn establish(&mut self, open: &Open, limit: Duration) -> io::Result<Message> {
        self.send(kind::OPEN, &open.body())?;
        let theirs = self.expect(kind::OPEN, limit)?;
        self.send(kind::KEEPALIVE, &[])?;
        self.expect(kind::KEEPALIVE, limit)?;
        Ok(theirs)
    }

    /// The next message, which has to be of a type.
    ///
    /// # Errors
    /// `InvalidData` when it is not.
    pub fn expect(&mut self, kind: u8, limit: Duration) -> io::Result<Message> {
        match self.receive(limit)? {
            Some(message) if message.kind == kind => Ok(message),
            other => {
                let text = format!("a message of type {kind} was awaited, there came {other:02X?}");
                Err(io::Error::new(io::ErrorKind::InvalidData, text))
            }
        }
    }
}

/// Connects from a given address, which the standard library cannot say.
fn connect_from(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}
