//! What waits to be written to MRT files: records, in a run for each file, bounded in octets.
//!
//! The event loop appends, and the thread of `writer` takes. Above [`HIGH`] octets of messages the queue says that it is paused,
//! and the peers that are recorded are no longer read until it is below [`LOW`]: so nothing is lost while the disk is merely slow. A
//! disk that does not move at all for [`PATIENCE`] stops no session: peers are read again, and above [`MOST`] octets records are lost,
//! which is counted and told. What we send can not be held back: it only has [`MOST`].
//!
//! Tables are no hurry: whoever writes one waits for room ([`Queue::has_room`]).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};
use tracing::warn;
use yottabgp_config::recording::FileName;

/// Octets of messages above which peers are asked to pause.
const HIGH: usize = 16 * 1024 * 1024;
/// Octets at which they may go on.
const LOW: usize = 4 * 1024 * 1024;
/// Octets above which records are lost.
const MOST: usize = 64 * 1024 * 1024;
/// Octets of a table that may wait.
const TABLE: usize = 1024 * 1024;
/// How long a disk may take nothing before peers are read nevertheless.
const PATIENCE: Duration = Duration::from_secs(5);
/// Octets that are worth to be written at once; less waits for [`GATHER`].
const BATCH: usize = 256 * 1024;
/// How long records wait for others.
const GATHER: Duration = Duration::from_millis(200);

/// Names a file, or a run of files that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SlotId(u32);

/// What a slot is written to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Files that follow one another: the name, and the seconds after which the next one begins.
    Updates { name: FileName, rotate: u32 },
    /// One file: its path, and the directory that has to be there.
    Table { path: String, base: PathBuf },
}

/// What became of the file of a table: its path and the octets of its records.
pub(super) type Outcome = Result<(PathBuf, u64), String>;

/// How a slot ends.
#[derive(Debug)]
pub(super) enum End {
    /// Nothing more is recorded there.
    Updates,
    /// The table is whole: somebody waits for what becomes of it.
    Table(oneshot::Sender<Outcome>),
    /// The table is of no use.
    Discard,
}

#[derive(Debug)]
struct Slot {
    target: Target,
    records: Vec<u8>,
    /// Octets that are not dealt with yet: those of `records`, and those that the writer has.
    waiting: usize,
    end: Option<End>,
    lost: Lost,
    /// The writer can not write it: nothing is waited for.
    failed: bool,
}

/// Records that were not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) records: u64,
    pub(super) octets: u64,
}

impl Lost {
    pub(super) const fn add(&mut self, other: Self) {
        self.records += other.records;
        self.octets += other.octets;
    }
}

/// What the writer is given for one slot.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) slot: SlotId,
    pub(super) target: Target,
    pub(super) records: Vec<u8>,
    pub(super) lost: Lost,
    pub(super) end: Option<End>,
}

#[derive(Debug, Default)]
struct State {
    slots: BTreeMap<SlotId, Slot>,
    named: u32,
    /// Octets of messages that are not dealt with yet.
    messages: usize,
    /// Octets dealt with so far.
    progress: u64,
    /// The disk takes nothing.
    stuck: bool,
    stopping: bool,
}

impl State {
    /// Octets that the writer can take.
    fn ready(&self) -> usize {
        self.slots.values().map(|slot| slot.records.len()).sum()
    }

    /// Lets peers be read again once little enough waits.
    fn relieve(&mut self, paused: &watch::Sender<bool>) {
        if self.messages < LOW {
            self.stuck = false;
            paused.send_if_modified(|paused| std::mem::replace(paused, false));
        }
    }

    fn is_urgent(&self) -> bool {
        self.stopping || self.ready() >= BATCH || self.slots.values().any(|slot| slot.end.is_some())
    }
}

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// For the writer.
    changed: Condvar,
    paused: watch::Sender<bool>,
    /// For those who write tables.
    room: Notify,
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            paused: watch::Sender::new(false),
            room: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a slot.
    pub(super) fn open(&self, target: Target) -> SlotId {
        let mut state = self.lock();
        let id = SlotId(state.named);
        state.named += 1;
        let slot = Slot {
            target,
            records: Vec::new(),
            waiting: 0,
            end: None,
            lost: Lost::default(),
            failed: false,
        };
        state.slots.insert(id, slot);
        id
    }

    /// Appends one record of a message or state.
    pub(super) fn push(&self, id: SlotId, record: &[u8]) {
        let mut state = self.lock();
        let full = state.messages + record.len() > MOST;
        let Some(slot) = state.slots.get_mut(&id) else { return };
        if full {
            slot.lost.add(Lost { records: 1, octets: record.len() as u64 });
            return;
        }
        slot.records.extend_from_slice(record);
        slot.waiting += record.len();
        let first = slot.records.len() == record.len();
        let many = slot.records.len() >= BATCH && slot.records.len() - record.len() < BATCH;
        state.messages += record.len();
        if state.messages > HIGH && !state.stuck {
            self.paused.send_if_modified(|paused| !std::mem::replace(paused, true));
        }
        drop(state);
        if first || many {
            self.changed.notify_one();
        }
    }

    /// Appends records of a table.
    pub(super) fn push_table(&self, id: SlotId, records: &[u8]) {
        let mut state = self.lock();
        let Some(slot) = state.slots.get_mut(&id) else { return };
        slot.records.extend_from_slice(records);
        slot.waiting += records.len();
        drop(state);
        self.changed.notify_one();
    }

    /// Waits until a table has room. Returns whether it is of any use to go on.
    pub(super) async fn has_room(&self, id: SlotId) -> bool {
        loop {
            let room = self.room.notified();
            match self.lock().slots.get(&id) {
                Some(slot) if slot.failed => return false,
                Some(slot) if slot.waiting < TABLE => return true,
                Some(_) => {}
                None => return false,
            }
            room.await;
        }
    }

    /// Ends a slot once all of it is written.
    pub(super) fn end(&self, id: SlotId, end: End) {
        if let Some(slot) = self.lock().slots.get_mut(&id) {
            slot.end = Some(end);
        }
        self.changed.notify_one();
    }

    /// Ends every slot, and then the writer.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        for slot in state.slots.values_mut() {
            slot.end.get_or_insert(match slot.target {
                Target::Updates { .. } => End::Updates,
                // It is not whole.
                Target::Table { .. } => End::Discard,
            });
        }
        state.stopping = true;
        drop(state);
        self.changed.notify_one();
    }

    /// Whether peers are to pause, while they are.
    pub(super) fn paused(&self) -> Option<watch::Receiver<bool>> {
        let is_paused = *self.paused.borrow();
        is_paused.then(|| self.paused.subscribe())
    }

    /// Lets peers be read again where the disk takes nothing, for as long as the queue is there.
    pub(super) async fn lose_patience(&self) {
        let mut paused = self.paused.subscribe();
        loop {
            if paused.wait_for(|paused| *paused).await.is_err() {
                return;
            }
            let progress = self.lock().progress;
            tokio::time::sleep(PATIENCE).await;
            let mut state = self.lock();
            if state.progress == progress && *self.paused.borrow() {
                state.stuck = true;
                self.paused.send_replace(false);
                warn!(
                    target: "yottabgp::daemon",
                    "the disk takes no MRT records since {} seconds: peers are read on, and what has no room is lost",
                    PATIENCE.as_secs()
                );
            }
        }
    }

    /// For the writer: waits for something to do, or for `at_most`. Buffers that are given are used again.
    pub(super) fn take(
        &self,
        at_most: Option<Duration>,
        spare: &mut Vec<Vec<u8>>,
    ) -> (Vec<Work>, bool) {
        let idle = |state: &mut State| {
            !state.is_urgent()
                && state.ready() == 0
                && state.slots.values().all(|slot| slot.lost == Lost::default())
        };
        let state = self.lock();
        let state = match at_most {
            None => self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner),
            Some(at_most) => {
                let waited = self.changed.wait_timeout_while(state, at_most, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let waited = self
            .changed
            .wait_timeout_while(state, GATHER, |state| !state.is_urgent() && state.ready() > 0);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut work = Vec::new();
        let mut ended = Vec::new();
        for (id, slot) in &mut state.slots {
            if slot.records.is_empty() && slot.end.is_none() && slot.lost == Lost::default() {
                continue;
            }
            let buffer = spare.pop().unwrap_or_default();
            if slot.end.is_some() {
                ended.push(*id);
            }
            work.push(Work {
                slot: *id,
                target: slot.target.clone(),
                records: std::mem::replace(&mut slot.records, buffer),
                lost: std::mem::take(&mut slot.lost),
                end: slot.end.take(),
            });
        }
        for id in ended {
            // What the writer has of it is counted nowhere any more.
            if let Some(slot) = state.slots.remove(&id)
                && matches!(slot.target, Target::Updates { .. })
            {
                state.messages = state.messages.saturating_sub(slot.waiting);
            }
        }
        state.relieve(&self.paused);
        let stopping = state.stopping;
        drop(state);
        self.room.notify_waiters();
        (work, stopping)
    }

    /// For the writer: so many octets of a slot are dealt with.
    pub(super) fn done(&self, id: SlotId, octets: usize, failed: bool) {
        let mut state = self.lock();
        state.progress += octets as u64;
        let Some(slot) = state.slots.get_mut(&id) else { return };
        slot.failed = failed;
        slot.waiting = slot.waiting.saturating_sub(octets);
        if matches!(slot.target, Target::Updates { .. }) {
            state.messages = state.messages.saturating_sub(octets);
        }
        state.relieve(&self.paused);
        drop(state);
        self.room.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> (Arc<Queue>, SlotId) {
        let queue = Queue::new();
        let name = FileName::new("/u.%s").unwrap();
        let id = queue.open(Target::Updates { name, rotate: 900 });
        (queue, id)
    }

    const RECORD: usize = 1024 * 1024;

    #[test]
    fn peers_pause_while_too_much_waits() {
        let (queue, id) = queue();
        let record = vec![0; RECORD];
        for _ in 0..16 {
            queue.push(id, &record);
        }
        assert!(queue.paused().is_none());
        queue.push(id, &record);
        assert!(queue.paused().is_some());
        let (work, stopping) = queue.take(None, &mut Vec::new());
        assert_eq!((work.len(), work[0].records.len(), stopping), (1, 17 * RECORD, false));
        // It is not dealt with yet.
        queue.done(id, 12 * RECORD, false);
        assert!(queue.paused().is_some());
        queue.done(id, 2 * RECORD, false);
        assert!(queue.paused().is_none());
    }

    #[test]
    fn peers_go_on_when_what_they_waited_for_ends() {
        let (queue, id) = queue();
        let record = vec![0; RECORD];
        for _ in 0..17 {
            queue.push(id, &record);
        }
        let mut paused = queue.paused().unwrap();
        // The writer has all of it when the slot ends.
        queue.take(None, &mut Vec::new());
        queue.end(id, End::Updates);
        let (work, _) = queue.take(None, &mut Vec::new());
        assert!(matches!(work[0].end, Some(End::Updates)));
        assert!(queue.paused().is_none());
        assert!(paused.has_changed().unwrap() && !*paused.borrow_and_update());
        // What comes late for it counts for nobody.
        queue.done(id, 17 * RECORD, true);
        queue.push(id, &record);
        assert!(queue.paused().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_does_not_move_costs_records_and_no_session() {
        let (queue, id) = queue();
        let watched = queue.clone();
        let task = tokio::spawn(async move { watched.lose_patience().await });
        tokio::task::yield_now().await;
        let record = vec![0; RECORD];
        for _ in 0..17 {
            queue.push(id, &record);
        }
        let mut paused = queue.paused().unwrap();
        let before = tokio::time::Instant::now();
        paused.wait_for(|paused| !paused).await.unwrap();
        assert_eq!(before.elapsed(), PATIENCE);
        for _ in 17..70 {
            queue.push(id, &record);
        }
        assert!(queue.paused().is_none());
        let (work, _) = queue.take(None, &mut Vec::new());
        assert_eq!(work[0].records.len(), MOST);
        assert_eq!(work[0].lost, Lost { records: 6, octets: 6 * RECORD as u64 });
        // It moves again.
        queue.done(id, MOST, false);
        for _ in 0..17 {
            queue.push(id, &record);
        }
        assert!(queue.paused().is_some());
        task.abort();
    }

    #[tokio::test]
    async fn a_table_waits_for_room() {
        let (queue, _) = queue();
        let id = queue.open(Target::Table { path: "/t".to_owned(), base: "/".into() });
        assert!(queue.has_room(id).await);
        queue.push_table(id, &vec![0; TABLE]);
        let waits = queue.has_room(id);
        tokio::pin!(waits);
        assert!(tokio::time::timeout(Duration::from_millis(1), waits.as_mut()).await.is_err());
        let (work, _) = queue.take(None, &mut Vec::new());
        queue.done(id, work[0].records.len(), false);
        assert!(waits.await);
        // One that can not be written is not waited for.
        queue.push_table(id, &vec![0; TABLE]);
        queue.done(id, 0, true);
        assert!(!queue.has_room(id).await);
        queue.end(id, End::Discard);
        let (work, _) = queue.take(None, &mut Vec::new());
        assert!(matches!(work[0].end, Some(End::Discard)));
        assert!(!queue.has_room(id).await);
    }
}
