//! What waits to be written to a helper or a control client, bounded in bytes.
//!
//! Four kinds of lines share the stream:
//!
//! - *events*: above [`HIGH`] unread bytes the outbox says it is paused, and the peers that feed
//!   it stop being read until it is below [`LOW`], so that none is lost. Only what commands make
//!   happen goes on, since they are always read: above [`MOST`] such events are left out, and
//!   counted;
//! - *acknowledgements*: never waited for. Once [`ACKS`] bytes of them are unread they are only
//!   counted, and written later as there is room, in order and without one missing;
//! - *acknowledgements with an identifier*: whole lines, which keep their place and are never only counted. Nothing is refused
//!   for them; above [`MOST`] unread bytes no further command of their reader is taken;
//! - *answers*: tables and texts. They keep their place among the acknowledgements; once
//!   [`ANSWERS`] bytes of them are unread the next one is refused, and its command failed.
//!
//! Several threads may fill one outbox: a lock is taken once per batch, never per line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Unread bytes above which events are asked to pause.
pub const HIGH: usize = 4 * 1024 * 1024;
/// Unread bytes at which they may go on.
pub const LOW: usize = 1024 * 1024;
/// Unread bytes above which events are left out that no pause can hold back.
pub const MOST: usize = 64 * 1024 * 1024;
/// Bytes of acknowledgements that may wait as text.
pub const ACKS: usize = 64 * 1024;
/// Bytes of answers that may wait.
pub const ANSWERS: usize = 4 * 1024 * 1024;

/// Changes between `done` and `error` that are kept apart among counted acknowledgements.
const RUNS: usize = 4096;
/// So many equal acknowledgements behind an answer are written as lines.
const FEW: u64 = 8;
/// Runs and answers that may wait, one behind the other, before commands with identifiers wait, too.
const MOST_DEFERRED: usize = 64 * 1024;
/// Capacity a buffer may keep when it is empty, whatever comes.
const KEEP: usize = 256 * 1024;
/// A larger one is kept as long as so much of it is used each time, and until nothing comes for [`BURST`]: in a burst nothing is
/// allocated.
const PART_USED: usize = 8;
/// How long nothing comes when a burst is over.
const BURST: Duration = Duration::from_secs(1);

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// `done`
    Done,
    /// `error`
    Error,
}

impl Ack {
    /// The acknowledgement, as a line.
    pub fn line(self) -> &'static [u8] {
        match self {
            Self::Done => b"done\n",
            Self::Error => b"error\n",
        }
    }
}

/// An answer that was not taken: this many bytes of earlier ones are unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{unread} bytes of earlier answers are unread: read them first")]
pub struct Refused {
    /// Bytes of answers that wait.
    pub unread: usize,
}

/// The shared end of a queue of lines; clones are the same queue.
#[derive(Clone, Debug)]
pub struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// For the writer: there is something to write.
    changed: Notify,
    /// For those who wait until less is to be written: something was.
    room: Notify,
    paused: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Queue {
    /// Lines ready to be written.
    ready: Vec<u8>,
    /// Bytes of `ready` that are acknowledgements, and bytes that are answers.
    ready_acks: usize,
    ready_answers: usize,
    /// Bytes that were ready when the buffer was lent.
    lent: usize,
    /// Bytes taken by the writer and not yet written.
    in_flight: usize,
    in_flight_acks: usize,
    in_flight_answers: usize,
    /// What comes once there is room.
    deferred: VecDeque<Deferred>,
    deferred_answers: usize,
    /// Events left out since the last that was taken.
    left_out: u64,
    closed: bool,
    life: Life,
}

/// One reader after the other may have the same outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life(u64);

/// What became of an event that may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It was taken, after so many that were not.
    Taken(u64),
    /// It was left out, the first one.
    LeftOutFirst,
    /// It was left out, as those before it.
    LeftOut,
}

#[derive(Debug)]
enum Deferred {
    Acks { done: u64, error: u64 },
    Answer(Vec<u8>),
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Outbox {
    /// An empty, open queue.
    pub fn new() -> Self {
        let shared = Shared {
            queue: Mutex::default(),
            changed: Notify::new(),
            room: Notify::new(),
            paused: watch::Sender::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Adds events without telling anybody: [`Self::added_some`] is to follow, once for many.
    pub fn add(&self, lines: &[u8]) {
        let mut queue = self.lock();
        if !queue.closed {
            queue.ready.extend_from_slice(lines);
        }
    }

    /// Tells the writer, and who has to pause, of what was [added](Self::add).
    pub fn added_some(&self) {
        self.added(&self.lock());
    }

    /// Lends the buffer, for events to be written to its end. [`Self::added_some`] is to follow when it is given back.
    pub fn lend(&self) -> Lent {
        let mut queue = self.lock();
        let buffer = std::mem::take(&mut queue.ready);
        queue.lent = buffer.len();
        drop(queue);
        Lent { outbox: self.clone(), whole: buffer.len(), buffer }
    }

    /// Adds events: whole lines, any number of them.
    pub fn events(&self, lines: &[u8]) {
        self.events_with(|buffer| buffer.extend_from_slice(lines));
    }

    /// Adds events of what we do ourselves, unless more than [`MOST`] bytes wait.
    pub fn offer(&self, lines: &[u8]) -> Offered {
        let mut queue = self.lock();
        let before = queue.left_out;
        if queue.unread() > MOST {
            queue.left_out += 1;
            return if before == 0 { Offered::LeftOutFirst } else { Offered::LeftOut };
        }
        queue.left_out = 0;
        drop(queue);
        self.events(lines);
        Offered::Taken(before)
    }

    /// Lets `write` add events at the end of the queue itself, without a copy.
    ///
    /// `write` must only append, and must end what it appends with a newline.
    pub fn events_with(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = self.lock();
        if queue.closed {
            return;
        }
        let before = queue.ready.len();
        write(&mut queue.ready);
        if queue.ready.len() != before {
            self.added(&queue);
        }
    }

    /// Adds an answer: whole lines, none of them an acknowledgement.
    pub fn answer(&self, lines: &[u8]) -> Result<(), Refused> {
        let mut queue = self.lock();
        if queue.closed || lines.is_empty() {
            return Ok(());
        }
        let unread = queue.unread_answers();
        if unread > ANSWERS || queue.deferred.len() >= RUNS {
            return Err(Refused { unread });
        }
        queue.answer(lines);
        self.added(&queue);
        Ok(())
    }

    /// Adds lines that are neither refused nor counted: acknowledgements with an identifier. Who gives commands with identifiers
    /// waits for [`has_room_for_identifiers`](Self::has_room_for_identifiers) before.
    pub fn identified(&self, lines: &[u8]) {
        let mut queue = self.lock();
        if queue.closed || lines.is_empty() {
            return;
        }
        queue.answer(lines);
        self.added(&queue);
    }

    /// Waits until [`identified`](Self::identified) lines have room: as long as nobody reads them.
    pub async fn has_room_for_identifiers(&self) {
        self.until(|queue| {
            queue.closed || queue.unread_answers() <= MOST && queue.deferred.len() < MOST_DEFERRED
        })
        .await;
    }

    /// Adds an acknowledgement.
    pub fn ack(&self, ack: Ack) {
        self.acks(ack, 1);
    }

    /// Adds `count` equal acknowledgements, for a batch of commands.
    pub fn acks(&self, ack: Ack, count: u64) {
        let mut queue = self.lock();
        if queue.closed || count == 0 {
            return;
        }
        let mut count = count;
        if queue.deferred.is_empty() {
            let unread = queue.in_flight_acks;
            queue.write_acks(ack, &mut count, unread);
        }
        if count > 0 {
            queue.count(ack, count);
        }
        self.added(&queue);
    }

    /// Whether events should pause: more than [`HIGH`] bytes wait, and not yet less than [`LOW`].
    pub fn is_paused(&self) -> bool {
        *self.shared.paused.borrow()
    }

    /// Follows [`is_paused`](Self::is_paused).
    pub fn paused(&self) -> watch::Receiver<bool> {
        self.shared.paused.subscribe()
    }

    /// Whether the reader is gone.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Bytes that wait, counted acknowledgements not included.
    pub fn unread(&self) -> usize {
        self.lock().unread()
    }

    /// Acknowledgements that are only counted.
    pub fn counted_acks(&self) -> u64 {
        let queue = self.lock();
        queue.deferred.iter().fold(0, |sum, deferred| match deferred {
            Deferred::Acks { done, error } => sum.saturating_add(*done).saturating_add(*error),
            Deferred::Answer(_) => sum,
        })
    }

    /// Waits until answers have room: for a long table that is written piece by piece.
    pub async fn room(&self) {
        self.until(|queue| queue.closed || queue.unread() < LOW).await;
    }

    /// Waits until everything is written, or nobody takes it any more.
    pub async fn flushed(&self) {
        self.until(|queue| queue.closed || (queue.unread() == 0 && queue.deferred.is_empty()))
            .await;
    }

    /// The reader is gone: what waits and what comes is dropped, and nobody is paused for it.
    pub fn close(&self) {
        let mut queue = self.lock();
        let life = Life(queue.life.0 + 1);
        *queue = Queue { closed: true, life, ..Queue::default() };
        drop(queue);
        self.shared.paused.send_replace(false);
        self.shared.changed.notify_waiters();
        self.shared.room.notify_waiters();
    }

    /// A new reader. What came since [`close`](Self::close) is gone; what waits for the first reader is not.
    pub fn open(&self) {
        let mut queue = self.lock();
        if queue.closed {
            *queue = Queue { life: queue.life, ..Queue::default() };
        }
    }

    /// For the writer: who the reader is.
    pub fn life(&self) -> Life {
        self.lock().life
    }

    /// For the writer: waits for lines and takes all that are ready, in exchange for `buffer`.
    ///
    /// Returns false once closed. Each part that is written is told to [`written`](Self::written).
    pub async fn take(&self, buffer: &mut Vec<u8>) -> bool {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut queue = self.lock();
                if queue.closed {
                    return false;
                }
                if !queue.deferred.is_empty() {
                    queue.undefer();
                    self.shared.room.notify_waiters();
                }
                if !queue.ready.is_empty() {
                    buffer.clear();
                    let used = queue.ready.len().min(2 * HIGH);
                    if buffer.capacity() > KEEP.max(PART_USED * used) {
                        *buffer = Vec::new();
                    }
                    std::mem::swap(buffer, &mut queue.ready);
                    queue.in_flight = buffer.len();
                    queue.in_flight_acks = std::mem::take(&mut queue.ready_acks);
                    queue.in_flight_answers = std::mem::take(&mut queue.ready_answers);
                    return true;
                }
            }
            let is_large = buffer.capacity() > KEEP || self.lock().ready.capacity() > KEEP;
            if !is_large {
                changed.await;
            } else if tokio::time::timeout(BURST, changed).await.is_err() {
                *buffer = Vec::new();
                self.lock().ready.shrink_to(KEEP);
            }
        }
    }

    /// For the writer: `count` bytes of what was taken are written. Those to an earlier reader do not count any more, and there is
    /// nobody to write more to: it returns whether there is.
    pub fn written(&self, life: Life, count: usize) -> bool {
        let mut queue = self.lock();
        if queue.life != life {
            return false;
        }
        let before = queue.unread();
        queue.in_flight = queue.in_flight.saturating_sub(count);
        if queue.in_flight == 0 {
            queue.in_flight_acks = 0;
            queue.in_flight_answers = 0;
        }
        let (unread, all) = (queue.unread(), queue.in_flight == 0);
        // Only when somebody may have waited for this: who is woken in between for nothing has to be waited for.
        if unread <= LOW && (before >= LOW || all) {
            self.pause(false);
            drop(queue);
            self.shared.changed.notify_waiters();
            self.shared.room.notify_waiters();
        }
        true
    }

    fn added(&self, queue: &Queue) {
        if queue.unread() > HIGH {
            self.pause(true);
        }
        self.shared.changed.notify_waiters();
    }

    fn pause(&self, paused: bool) {
        self.shared.paused.send_if_modified(|now| std::mem::replace(now, paused) != paused);
    }

    async fn until(&self, condition: impl Fn(&Queue) -> bool) {
        loop {
            let room = self.shared.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            if condition(&self.lock()) {
                return;
            }
            room.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A panic while filling leaves whole bytes behind: the queue is still good.
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The buffer of an outbox, which gets it back when this goes.
///
/// What is added meanwhile comes behind; what is taken meanwhile is without it.
#[derive(Debug)]
pub struct Lent {
    outbox: Outbox,
    buffer: Vec<u8>,
    /// So many bytes are whole lines, whatever becomes of the next.
    whole: usize,
}

impl Lent {
    /// To append whole lines to, and nothing else.
    pub const fn buffer(&mut self) -> &mut Vec<u8> {
        self.whole = self.buffer.len();
        &mut self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut queue = self.outbox.lock();
        queue.lent = 0;
        if queue.closed {
            return;
        }
        if std::thread::panicking() {
            self.buffer.truncate(self.whole);
        }
        self.buffer.extend_from_slice(&queue.ready);
        queue.ready = std::mem::take(&mut self.buffer);
    }
}

impl Queue {
    fn unread(&self) -> usize {
        self.ready.len() + self.lent + self.in_flight + self.deferred_answers
    }

    fn unread_answers(&self) -> usize {
        self.ready_answers + self.in_flight_answers + self.deferred_answers
    }

    /// Adds lines behind everything that waits.
    fn answer(&mut self, lines: &[u8]) {
        if self.deferred.is_empty() {
            self.ready.extend_from_slice(lines);
            self.ready_answers += lines.len();
            return;
        }
        self.deferred_answers += lines.len();
        match self.deferred.back_mut() {
            Some(Deferred::Answer(waiting)) => waiting.extend_from_slice(lines),
            _ => self.deferred.push_back(Deferred::Answer(lines.to_vec())),
        }
    }

    /// Writes acknowledgements while fewer than [`ACKS`] bytes of them are unread.
    fn write_acks(&mut self, ack: Ack, count: &mut u64, unread: usize) {
        while *count > 0 && self.ready_acks + unread < ACKS {
            self.ready.extend_from_slice(ack.line());
            self.ready_acks += ack.line().len();
            *count -= 1;
        }
    }

    fn count(&mut self, ack: Ack, count: u64) {
        let full = self.deferred.len() >= RUNS;
        let (done, error) = match ack {
            Ack::Done => (count, 0),
            Ack::Error => (0, count),
        };
        match self.deferred.back_mut() {
            // Same kind as the last ones, or too many changes to keep them all apart.
            // A few behind lines with identifiers are lines, too: alternating, each would be an entry of its own.
            Some(Deferred::Answer(lines)) if count <= FEW && self.deferred_answers < ANSWERS => {
                for _ in 0..count {
                    lines.extend_from_slice(ack.line());
                    self.deferred_answers += ack.line().len();
                }
            }
            Some(Deferred::Acks { done: dones, error: errors })
                if full || (*errors == 0) == (error == 0) =>
            {
                *dones = dones.saturating_add(done);
                *errors = errors.saturating_add(error);
            }
            _ => self.deferred.push_back(Deferred::Acks { done, error }),
        }
    }

    /// Moves what was deferred behind what is ready, as far as the bounds allow.
    fn undefer(&mut self) {
        while let Some(first) = self.deferred.pop_front() {
            match first {
                Deferred::Acks { mut done, mut error } => {
                    self.write_acks(Ack::Done, &mut done, 0);
                    self.write_acks(Ack::Error, &mut error, 0);
                    if done > 0 || error > 0 {
                        self.deferred.push_front(Deferred::Acks { done, error });
                        return;
                    }
                }
                Deferred::Answer(lines) => {
                    self.ready.extend_from_slice(&lines);
                    self.ready_answers += lines.len();
                    self.deferred_answers = self.deferred_answers.saturating_sub(lines.len());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(outbox: &Outbox) -> String {
        let mut buffer = Vec::new();
        assert!(outbox.take(&mut buffer).await);
        String::from_utf8(buffer).unwrap()
    }

    /// Everything that comes when each batch is read at once.
    async fn all(outbox: &Outbox) -> String {
        let mut told = String::new();
        while outbox.unread() > 0 || outbox.counted_acks() > 0 {
            let batch = next(outbox).await;
            outbox.written(outbox.life(), batch.len());
            told.push_str(&batch);
        }
        told
    }

    #[test]
    fn what_is_lent_comes_back_as_whole_lines() {
        let outbox = Outbox::new();
        outbox.events(b"one\n");
        let mut lent = outbox.lend();
        lent.buffer().extend_from_slice(b"two\n");
        outbox.ack(Ack::Done);
        drop(lent);
        assert_eq!(outbox.lock().ready, b"one\ntwo\ndone\n");
        let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut lent = outbox.lend();
            lent.buffer().extend_from_slice(b"three\n");
            lent.buffer().extend_from_slice(b"fo");
            panic!("in the middle of a line");
        }));
        assert!(cut.is_err());
        assert_eq!(outbox.lock().ready, b"one\ntwo\ndone\nthree\n");
        let lent = outbox.lend();
        outbox.close();
        drop(lent);
        assert_eq!(outbox.unread(), 0);
    }

    #[tokio::test]
    async fn lines_come_in_order_and_in_batches() {
        let outbox = Outbox::new();
        outbox.events(b"event 1\n");
        outbox.answer(b"version\n").unwrap();
        outbox.ack(Ack::Done);
        outbox.events_with(|buffer| buffer.extend_from_slice(b"event 2\n"));
        assert_eq!(next(&outbox).await, "event 1\nversion\ndone\nevent 2\n");
    }

    #[tokio::test]
    async fn pauses_above_the_high_mark_until_below_the_low_one() {
        let outbox = Outbox::new();
        let mut paused = outbox.paused();
        outbox.events(&vec![b'\n'; HIGH]);
        assert!(!outbox.is_paused());
        outbox.events(b"\n");
        assert!(outbox.is_paused() && *paused.borrow_and_update());
        let batch = next(&outbox).await;
        outbox.written(outbox.life(), batch.len() - LOW - 1);
        assert!(outbox.is_paused());
        outbox.written(outbox.life(), 1);
        paused.changed().await.unwrap();
        assert!(!outbox.is_paused());
    }

    #[tokio::test]
    async fn what_no_pause_holds_back_has_a_bound_too() {
        let outbox = Outbox::new();
        assert_eq!(outbox.offer(b"first\n"), Offered::Taken(0));
        outbox.events(&vec![b'\n'; MOST]);
        assert_eq!(outbox.offer(b"second\n"), Offered::LeftOutFirst);
        assert_eq!(outbox.offer(b"third\n"), Offered::LeftOut);
        let batch = next(&outbox).await;
        outbox.written(outbox.life(), batch.len());
        assert_eq!(outbox.offer(b"fourth\n"), Offered::Taken(2));
        assert_eq!(next(&outbox).await, "fourth\n");
    }

    #[tokio::test]
    async fn unread_acks_are_counted_and_none_is_missing() {
        let outbox = Outbox::new();
        for _ in 0..1000 {
            outbox.ack(Ack::Error);
            outbox.acks(Ack::Done, 999);
        }
        assert!(outbox.unread() <= ACKS + 8);
        assert!(outbox.counted_acks() > 900_000);
        let told = all(&outbox).await;
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.len(), 1_000_000);
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(*line, if number % 1000 == 0 { "error" } else { "done" }, "{number}");
        }
    }

    #[tokio::test]
    async fn endless_changes_keep_their_counts() {
        let outbox = Outbox::new();
        for number in 0..1_000_000 {
            outbox.ack(if number % 2 == 0 { Ack::Error } else { Ack::Done });
        }
        assert!(outbox.lock().deferred.len() <= RUNS);
        let told = all(&outbox).await;
        assert_eq!(told.lines().filter(|line| *line == "done").count(), 500_000);
        assert_eq!(told.lines().count(), 1_000_000);
    }

    #[tokio::test]
    async fn answers_keep_their_place_and_have_a_bound() {
        let outbox = Outbox::new();
        for _ in 0..20_000 {
            outbox.ack(Ack::Done);
        }
        outbox.answer(b"version\n").unwrap();
        outbox.ack(Ack::Done);
        let told = all(&outbox).await;
        assert_eq!(told.lines().position(|line| line == "version"), Some(20_000));
        assert_eq!(told.lines().count(), 20_002);

        let table = vec![b'\n'; ANSWERS + 1];
        outbox.answer(&table).unwrap();
        assert_eq!(outbox.answer(b"more\n"), Err(Refused { unread: ANSWERS + 1 }));
        all(&outbox).await;
        outbox.answer(b"more\n").unwrap();
    }

    #[tokio::test]
    async fn acknowledgements_of_commands_whose_answers_are_refused_are_counted() {
        let outbox = Outbox::new();
        outbox.acks(Ack::Done, 100_000);
        let line = [b'x'; 1000];
        while outbox.answer(&line).is_ok() {
            outbox.ack(Ack::Done);
        }
        outbox.ack(Ack::Error);
        let before = outbox.unread();
        for _ in 0..100_000 {
            outbox.ack(Ack::Error);
        }
        assert!(outbox.unread() <= before + 100, "{} bytes more", outbox.unread() - before);
    }

    #[tokio::test]
    async fn a_closed_one_takes_nothing_and_pauses_nobody() {
        let outbox = Outbox::new();
        outbox.events(&vec![b'\n'; HIGH + 1]);
        outbox.close();
        outbox.events(&vec![b'\n'; HIGH + 1]);
        outbox.ack(Ack::Done);
        outbox.answer(b"x\n").unwrap();
        assert!(!outbox.is_paused() && outbox.unread() == 0);
        assert!(!outbox.take(&mut Vec::new()).await);
        outbox.flushed().await;
        outbox.open();
        outbox.events(b"again\n");
        assert_eq!(next(&outbox).await, "again\n");
    }
}
