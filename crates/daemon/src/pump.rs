//! Moving lines between a stream and the code that understands them: helpers, control clients.

use std::cell::Cell;
use std::fs::File;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::bulk::{BULK, Bulk, Part};
use crate::lines::{LineBuffer, Lines};
use crate::outbox::Outbox;

/// Bytes offered to one write.
const WRITE_SIZE: usize = 1024 * 1024;
/// Bytes that are much for one read.
const MUCH: usize = 4 * 1024;
/// Bytes offered to a pipe that was full.
const TRIED: usize = 64 * 1024;

/// Whoever acts on command lines.
pub trait Commands {
    /// Whole lines, a batch as large as was read at once.
    ///
    /// The next batch is not read before this one is dealt with: do not wait here for the writer
    /// of the lines to read something.
    fn commands(&mut self, lines: Lines<'_>) -> impl Future<Output = ()>;
}

/// How far a reader is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Octets read.
    octets: Cell<u64>,
    /// What was read is being dealt with.
    busy: Cell<bool>,
    over: Cell<bool>,
    end: Notify,
}

impl Progress {
    /// Whether the stream is closed by all that hold its other end.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Waits until the stream is closed by all that hold its other end.
    pub(crate) async fn ended(&self) {
        while !self.over.get() {
            self.end.notified().await;
        }
    }

    /// Waits until the stream is closed, or nothing came out of it for `silence`, or all is dealt with that was in it when
    /// its writer ended. Returns whether it is silent: otherwise somebody else goes on writing.
    ///
    /// `unread` is what is in it now, in octets.
    pub(crate) async fn drained(&self, unread: usize, silence: Duration) -> bool {
        let last = self.octets.get().saturating_add(unread as u64);
        loop {
            let before = self.octets.get();
            let ended = timeout(silence, self.ended()).await.is_ok();
            let dealt_with = !self.busy.get();
            if ended || (self.octets.get() == before && dealt_with) {
                return true;
            }
            if self.octets.get() > last && dealt_with {
                return false;
            }
        }
    }
}

/// Reads until the stream ends. A last line without a newline was cut short: it is not a command.
pub(crate) async fn read_commands(
    mut stream: impl AsyncRead + Unpin,
    commands: &mut impl Commands,
    progress: &Progress,
) {
    let mut buffer = LineBuffer::default();
    while let Ok(count) = stream.read(buffer.space()).await {
        if count == 0 {
            break;
        }
        progress.octets.set(progress.octets.get().saturating_add(count as u64));
        let lines = buffer.lines(count);
        if !lines.is_empty() {
            progress.busy.set(true);
            commands.commands(lines).await;
            progress.busy.set(false);
        }
        buffer.consume();
        // One that never stops talking must let the others be heard; for small pieces the runtime sees to that.
        if count >= MUCH {
            tokio::task::yield_now().await;
        }
    }
    progress.over.set(true);
    progress.end.notify_waiters();
}

/// Writes what comes to `outbox` until it is closed, and closes it if nobody reads any more.
///
/// `pipe` is the same as `stream`, for a thread that writes large backlogs.
pub(crate) async fn write_lines(
    stream: impl AsyncWrite + Unpin,
    outbox: &Outbox,
    pipe: Option<File>,
) {
    if write_all(stream, outbox, pipe).await.is_err() {
        outbox.close();
    }
}

async fn write_all(
    mut stream: impl AsyncWrite + Unpin,
    outbox: &Outbox,
    mut pipe: Option<File>,
) -> io::Result<()> {
    let life = outbox.life();
    let mut bulk = None;
    let mut part = Part::default();
    while outbox.take(&mut part.buffer).await {
        part.written = 0;
        let mut size = WRITE_SIZE;
        while !part.rest().is_empty() {
            if part.rest().len() >= BULK {
                if let Some(pipe) = pipe.take() {
                    bulk = Bulk::start(pipe, outbox, life);
                }
                if let Some(bulk) = &mut bulk {
                    part = bulk.write(part).await?;
                    // What is left was not taken, so that what follows waits for room.
                    size = TRIED;
                }
            }
            let rest = part.rest();
            if !rest.is_empty() {
                let count = stream.write(rest.get(..size).unwrap_or(rest)).await?;
                if count == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                part.written += count;
                outbox.written(life, count);
            }
        }
    }
    Ok(())
}
