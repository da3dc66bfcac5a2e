//! The thread that writes to a helper while the next events are made: a pipe takes a megabyte in a third of the time in which
//! as much JSON is made.
//!
//! It is started by the first backlog that is worth it; a few events are written at once by whoever has them. It never waits for
//! long: what the pipe does not take goes back, to be written when there is room.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use tracing::warn;
use yottabgp_os::process;

use crate::outbox::{Life, Outbox};

/// Bytes that are worth it.
pub(crate) const BULK: usize = 256 * 1024;
/// Bytes offered to one write.
const WRITE_SIZE: usize = 256 * 1024;
/// How long the thread waits for a full pipe: one whose reader is at work.
const WAIT: Duration = Duration::from_millis(10);

/// A buffer, and how much of it is written.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) buffer: Vec<u8>,
    pub(crate) written: usize,
}

impl Part {
    /// What is left of it.
    pub(crate) fn rest(&self) -> &[u8] {
        self.buffer.get(self.written..).unwrap_or_default()
    }
}

/// The thread's other end. The thread ends when this goes.
#[derive(Debug)]
pub(crate) struct Bulk {
    parts: mpsc::SyncSender<Part>,
    done: tokio::sync::mpsc::Receiver<io::Result<Part>>,
}

impl Bulk {
    /// Starts it. `None` where there is but one processor, or no thread to be had.
    pub(crate) fn start(pipe: File, outbox: &Outbox, life: Life) -> Option<Self> {
        if std::thread::available_parallelism().is_ok_and(|count| count.get() < 2) {
            return None;
        }
        let (parts, waiting) = mpsc::sync_channel::<Part>(1);
        let (tell, done) = tokio::sync::mpsc::channel(1);
        let outbox = outbox.clone();
        let started = std::thread::Builder::new().name("helper".to_owned()).spawn(move || {
            while let Ok(part) = waiting.recv() {
                if tell.blocking_send(write(&pipe, &outbox, life, part)).is_err() {
                    break;
                }
            }
        });
        if let Err(error) = started {
            warn!(target: "yottabgp::processes", "no thread to write to a helper: {error}");
            return None;
        }
        Some(Self { parts, done })
    }

    /// Writes as much as the pipe takes. An error means that nobody reads.
    pub(crate) async fn write(&mut self, part: Part) -> io::Result<Part> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        self.parts.try_send(part).map_err(|_| gone())?;
        self.done.recv().await.unwrap_or_else(|| Err(gone()))
    }
}

fn write(mut pipe: &File, outbox: &Outbox, life: Life, mut part: Part) -> io::Result<Part> {
    while !part.rest().is_empty() {
        let rest = part.rest();
        match pipe.write(rest.get(..WRITE_SIZE).unwrap_or(rest)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                part.written += count;
                // What is left was for somebody who is gone: whoever has its pipe now is not to get it.
                if !outbox.written(life, count) {
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !process::takes_more(pipe, WAIT) {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(part)
}
