//! One TCP connection of a peer: bytes in, bytes out, and when it is ready for either.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use yottabgp_session::event::ConnectionId;

/// The bytes offered to one read while few others are busy: what is done with them takes some milliseconds.
pub(crate) const READ_SIZE: usize = 128 * 1024;
/// Bytes of messages that are encoded ahead of the socket.
pub(crate) const WRITE_SIZE: usize = 256 * 1024;
/// Capacity that an idle connection may keep.
const KEEP: usize = 16 * 1024;

/// A connection and what is under way on it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its name in the session.
    pub(crate) id: ConnectionId,
    /// The socket.
    pub(crate) stream: TcpStream,
    /// The peer's end.
    pub(crate) remote: SocketAddr,
    /// What was read and is not a whole message yet.
    inbox: Vec<u8>,
    /// What is to be written.
    pub(crate) outbox: Vec<u8>,
    written: usize,
    /// No more is read; it is closed once what is to be written is, and at this time at the latest.
    pub(crate) closing: Option<Instant>,
}

/// What a connection can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    /// There are bytes, or the end.
    pub(crate) read: bool,
    /// It takes bytes.
    pub(crate) write: bool,
}

impl Connection {
    /// Takes a connected socket.
    pub(crate) const fn new(id: ConnectionId, stream: TcpStream, remote: SocketAddr) -> Self {
        Self {
            id,
            stream,
            remote,
            inbox: Vec::new(),
            outbox: Vec::new(),
            written: 0,
            closing: None,
        }
    }

    /// Whether all was written.
    pub(crate) const fn is_flushed(&self) -> bool {
        self.written >= self.outbox.len()
    }

    /// Whether it is to go now.
    pub(crate) fn is_closed(&self, now: Instant) -> bool {
        self.closing.is_some_and(|latest| self.is_flushed() || latest <= now)
    }

    /// Waits until it can be read (if `read`), or written (if anything waits to be).
    pub(crate) async fn ready(&self, read: bool) -> io::Result<Ready> {
        let interest = match (read && self.closing.is_none(), !self.is_flushed()) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
            (false, false) => return std::future::pending().await,
        };
        let ready = self.stream.ready(interest).await?;
        Ok(Ready {
            read: ready.is_readable() || ready.is_read_closed() || ready.is_error(),
            write: ready.is_writable() || ready.is_write_closed() || ready.is_error(),
        })
    }

    /// Writes as much as the socket takes. Returns how many octets it took.
    pub(crate) fn write(&mut self) -> io::Result<usize> {
        let before = self.written;
        while let Some(rest) = self.outbox.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.stream.try_write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let count = self.written - before;
        if self.is_flushed() {
            self.written = 0;
            self.outbox.clear();
            if self.outbox.capacity() > KEEP {
                self.outbox = Vec::new();
            }
        }
        Ok(count)
    }

    /// Reads once. `scratch` is shared by all connections: what is left of a message is put before what is read.
    /// Returns the octets to look at, `None` when nothing is there; an empty slice means the end.
    /// At most `size` octets are read.
    pub(crate) fn read<'a>(
        &mut self,
        scratch: &'a mut Vec<u8>,
        size: usize,
    ) -> io::Result<Option<&'a [u8]>> {
        let left = self.inbox.len();
        if scratch.len() < left + size {
            scratch.resize(left + size, 0);
        }
        let octets = scratch.get_mut(..left + size).unwrap_or_default();
        let Some((start, space)) = octets.split_at_mut_checked(left) else { return Ok(None) };
        start.copy_from_slice(&self.inbox);
        match self.stream.try_read(space) {
            Ok(0) => Ok(Some(&[])),
            Ok(count) => {
                self.inbox.clear();
                Ok(scratch.get(..left + count))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes what was kept.
    pub(crate) fn take_kept(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.inbox)
    }

    /// What of a connection that is gone was not handled yet: what was kept, and what the system still has.
    pub(crate) fn into_rest(self) -> Vec<u8> {
        let mut rest = self.inbox;
        // Not through the runtime, which may not know yet that there is something to read.
        if let Ok(mut stream) = self.stream.into_std() {
            // Up to the end, an error, or the point where there is no more.
            let _ = stream.read_to_end(&mut rest);
        }
        rest
    }

    /// Keeps what was not consumed for the next read.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.inbox.clear();
        if self.inbox.capacity() > KEEP && rest.len() < KEEP {
            self.inbox = Vec::new();
        }
        self.inbox.extend_from_slice(rest);
    }
}

/// How long the peer has to read the last message and close its end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Closes a connection without taking its last message from the peer: closing with unread octets would reset it, and a
/// NOTIFICATION under way would be lost. Goes on in the background for a moment.
pub(crate) fn linger(stream: TcpStream) {
    tokio::task::spawn_local(async move {
        let mut stream = stream;
        let _ = tokio::time::timeout(LAST_WORDS, async {
            if stream.shutdown().await.is_ok() {
                let mut rest = [0; 4096];
                while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
            }
        })
        .await;
    });
}
