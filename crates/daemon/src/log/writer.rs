//! Writing lines without ever waiting for whoever reads them.
//!
//! A terminal that is stopped or a full pipe must not stop a router. Once in the background,
//! lines go through a queue bounded in bytes to a thread of their own; when it is full, lines
//! are lost, counted, and the loss is told.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Destination, Level};

/// Bytes that may wait.
const LIMIT: usize = 1024 * 1024;

/// The writing end of the log; clones are the same.
#[derive(Clone, Debug)]
pub struct Writer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Lines came, or all of them are written.
    changed: Condvar,
    destination: Mutex<Destination>,
    terminal: bool,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<(Level, Vec<u8>)>,
    bytes: usize,
    lost: u64,
    background: bool,
    busy: bool,
}

impl Writer {
    /// A writer in the foreground.
    pub fn new(destination: Destination) -> Self {
        let shared = Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            terminal: destination.is_terminal(),
            destination: Mutex::new(destination),
        };
        Self { shared: Arc::new(shared) }
    }

    /// From now on lines are written by a thread. Not before forking: threads do not survive it.
    pub fn in_background(&self) -> std::io::Result<()> {
        let shared = self.shared.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || shared.write_for_ever())?;
        lock(&self.shared.queue).background = true;
        Ok(())
    }

    /// Whether lines end up on a terminal.
    pub fn is_terminal(&self) -> bool {
        self.shared.terminal
    }

    /// Writes a line, without its newline, or leaves it to the thread.
    pub fn line(&self, level: Level, line: Vec<u8>) {
        let mut queue = lock(&self.shared.queue);
        if !queue.background {
            drop(queue);
            self.shared.write([(level, line)]);
            return;
        }
        if queue.bytes.saturating_add(line.len()) > LIMIT {
            queue.lost = queue.lost.saturating_add(1);
            return;
        }
        queue.bytes += line.len();
        queue.lines.push_back((level, line));
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Opens a log file again, after a change of user.
    pub fn reopen(&self) -> Result<(), yottabgp_os::Error> {
        lock(&self.shared.destination).reopen()
    }

    /// Waits until all lines are written, at most for `patience`: before the process ends.
    pub fn flush(&self, patience: Duration) {
        let queue = lock(&self.shared.queue);
        let waiting = |queue: &mut Queue| queue.busy || !queue.lines.is_empty();
        let _ = self.shared.changed.wait_timeout_while(queue, patience, waiting);
    }
}

impl Shared {
    fn write_for_ever(&self) {
        loop {
            let idle = |queue: &mut Queue| queue.lines.is_empty() && queue.lost == 0;
            let queue = lock(&self.queue);
            let mut queue =
                self.changed.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner);
            let mut lines = std::mem::take(&mut queue.lines);
            let lost = std::mem::take(&mut queue.lost);
            queue.bytes = 0;
            queue.busy = true;
            drop(queue);
            if lost > 0 {
                let told = format!("{:<15} {lost} lines were lost: log too slow", "daemon");
                lines.push_back((Level::Warning, told.into_bytes()));
            }
            self.write(lines);
            lock(&self.queue).busy = false;
            self.changed.notify_all();
        }
    }

    fn write(&self, lines: impl IntoIterator<Item = (Level, Vec<u8>)>) {
        let mut batch = Vec::new();
        let mut destination = lock(&self.destination);
        for (level, line) in lines {
            destination.write(level, &line, &mut batch);
        }
        destination.flush(&mut batch);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in between loses a line at worst.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt;

    #[test]
    fn writes_to_files_in_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let writer = Writer::new(Destination::open(path.to_str().unwrap()).unwrap());
        writer.line(Level::Info, b"one".to_vec());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n");
        writer.in_background().unwrap();
        for _ in 0..1000 {
            writer.line(Level::Info, b"two".to_vec());
        }
        writer.flush(Duration::from_secs(10));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("one\n{}", "two\n".repeat(1000))
        );
    }

    #[test]
    fn a_reader_that_does_not_read_costs_lines_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        // Both ends open, nobody reads: a write blocks when the pipe is full.
        let _reader = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(0o4000) // O_NONBLOCK
            .open(&path)
            .unwrap();
        let writer = Writer::new(Destination::open(path.to_str().unwrap()).unwrap());
        writer.in_background().unwrap();
        for _ in 0..100_000 {
            writer.line(Level::Info, vec![b'x'; 100]);
        }
        assert!(lock(&writer.shared.queue).lost > 0);
        writer.flush(Duration::from_millis(10));
    }
}
