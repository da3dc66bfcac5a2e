//! The thread that writes MRT files: nobody waits for a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracing::{debug, error, info, warn};
use yottabgp_mrt::Record;
use yottabgp_os::Error;

use super::output::Output;
use super::queue::{End, Lost, Queue, SlotId, Target, Work};
use crate::server::since_epoch;

/// Octets that are written before the queue is told.
const PIECE: usize = 256 * 1024;
/// How often what was written can be read by others.
const FLUSH: Duration = Duration::from_secs(5);
/// How often files are looked at whose time may be over.
const LOOK: Duration = Duration::from_secs(1);
/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Starts the thread. It ends after [`Queue::stop`].
pub(super) fn start(queue: Arc<Queue>) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("mrt".to_owned()).spawn(move || Writer::new(queue).run())
}

struct Writer {
    queue: Arc<Queue>,
    files: BTreeMap<SlotId, Written>,
    spare: Vec<Vec<u8>>,
    flushed: Instant,
}

/// What is written to for one slot.
struct Written {
    target: Target,
    output: Option<Output>,
    /// The number of the present period of [`Target::Updates`].
    period: u64,
    /// Since when and why nothing is written, and what was lost since.
    failed: Option<(Instant, String)>,
    lost: Lost,
    /// What may be lost if the file can not be written any more.
    unflushed: Lost,
}

impl Writer {
    fn new(queue: Arc<Queue>) -> Self {
        Self { queue, files: BTreeMap::new(), spare: Vec::new(), flushed: Instant::now() }
    }

    fn run(mut self) {
        loop {
            // Nothing is looked after while there is no file.
            let at_most = (!self.files.is_empty()).then_some(LOOK);
            let (work, stopping) = self.queue.take(at_most, &mut self.spare);
            // What comes from now on is not older than this, and there is none left of those that have no work.
            let now = since_epoch().as_secs();
            let busy: BTreeSet<SlotId> = work.iter().map(|work| work.slot).collect();
            for work in work {
                self.work(work);
            }
            let idle = self.files.iter_mut().filter(|(slot, _)| !busy.contains(slot));
            idle.for_each(|(_, file)| file.end_period(now));
            if self.flushed.elapsed() >= FLUSH {
                self.flushed = Instant::now();
                self.files.values_mut().for_each(Written::flush);
            }
            if stopping {
                return;
            }
        }
    }

    fn work(&mut self, work: Work) {
        let Work { slot, target, mut records, lost, end } = work;
        let file = self.files.entry(slot).or_insert_with(|| Written::new(target));
        if lost != Lost::default() {
            warn!(
                target: "yottabgp::daemon",
                "{}: {} MRT records of {} octets were lost: the disk is too slow",
                file.target, lost.records, lost.octets
            );
        }
        let mut rest = records.as_slice();
        while !rest.is_empty() {
            let (piece, period) = file.piece(rest);
            let (piece, after) = rest.split_at_checked(piece).unwrap_or((rest, &[]));
            file.write(piece, period);
            self.queue.done(slot, piece.len(), file.failed.is_some());
            rest = after;
        }
        records.clear();
        self.spare.push(records);
        if let Some(end) = end
            && let Some(file) = self.files.remove(&slot)
        {
            file.end(end);
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Updates { name, .. } => name.fmt(f),
            Self::Table { path, .. } => f.write_str(path),
        }
    }
}

impl Written {
    const fn new(target: Target) -> Self {
        let none = Lost { records: 0, octets: 0 };
        Self { target, output: None, period: 0, failed: None, lost: none, unflushed: none }
    }

    /// How many of the octets are whole records of one file, and the number of its period.
    fn piece(&self, records: &[u8]) -> (usize, u64) {
        let Target::Updates { rotate, .. } = self.target else { return (records.len(), 0) };
        let mut length = 0;
        let mut period = None;
        while let Ok(Some((record, octets))) =
            Record::take(records.get(length..).unwrap_or_default())
        {
            // A clock that was put back does not begin a file again.
            let of_record = u64::from(record.seconds).checked_div(rotate.into()).unwrap_or(0);
            let of_record =
                if self.output.is_some() { of_record.max(self.period) } else { of_record };
            if *period.get_or_insert(of_record) < of_record || length >= PIECE {
                break;
            }
            length += octets;
        }
        // We wrote them: there is one, and all of them are whole.
        if length == 0 {
            (records.len(), self.period)
        } else {
            (length, period.unwrap_or(self.period))
        }
    }

    fn write(&mut self, records: &[u8], period: u64) {
        if period != self.period {
            self.close();
        }
        let again = |(since, _): &(Instant, String)| since.elapsed() < AGAIN;
        let is_table = matches!(self.target, Target::Table { .. });
        // Of a table that has a gap nothing is of use.
        if self.failed.as_ref().is_some_and(|failed| is_table || again(failed)) {
            self.lost.add(count(records));
            return;
        }
        let output = match self.output.take() {
            Some(output) => Ok(output),
            None => self.create(records, period),
        };
        self.unflushed.add(count(records));
        match output {
            Ok(output) => self.write_to(output, records),
            Err(error) => self.fail(&error),
        }
    }

    fn write_to(&mut self, mut output: Output, records: &[u8]) {
        let mut result = output.write(records);
        // After a failure only what has reached the disk is believed.
        if self.failed.is_some() {
            result = result.and_then(|()| output.flush());
        }
        match result {
            Ok(()) => {
                self.output = Some(output);
                self.goes_on();
            }
            Err(error) => self.give_up(output, &error),
        }
    }

    fn create(&mut self, records: &[u8], period: u64) -> Result<Output, Error> {
        let (path, base) = match &self.target {
            Target::Updates { name, rotate } => {
                self.period = period;
                let first =
                    Record::take(records).ok().flatten().map_or(0, |(record, _)| record.seconds);
                let begins = if *rotate == 0 { first.into() } else { period * u64::from(*rotate) };
                (name.at(begins), Path::new(name.base()))
            }
            Target::Table { path, base } => (path.clone(), base.as_path()),
        };
        Output::create(&path, base)
    }

    fn goes_on(&mut self) {
        if self.failed.take().is_some() {
            self.unflushed = Lost::default();
            let lost = std::mem::take(&mut self.lost);
            warn!(
                target: "yottabgp::daemon",
                "{}: recording goes on; up to {} MRT records of {} octets were lost",
                self.target, lost.records, lost.octets
            );
        }
    }

    /// A file can not be written any more. It is left as it is, unless there is nothing in it that can be read.
    fn give_up(&mut self, output: Output, error: &Error) {
        if !output.was_flushed() {
            output.discard();
        }
        self.fail(error);
    }

    fn fail(&mut self, error: &Error) {
        self.lost.add(std::mem::take(&mut self.unflushed));
        let error = error.to_string();
        let is_new = self.failed.as_ref().is_none_or(|(_, before)| *before != error);
        let is_table = matches!(self.target, Target::Table { .. });
        if is_new && is_table {
            error!(target: "yottabgp::daemon", "{error}");
        } else if is_new {
            error!(
                target: "yottabgp::daemon",
                "{error}: what is to be recorded is lost; it is tried again every {} seconds",
                AGAIN.as_secs()
            );
        }
        self.failed = Some((Instant::now(), error));
    }

    fn flush(&mut self) {
        let Some(mut output) = self.output.take() else { return };
        match output.flush() {
            Ok(()) => {
                self.unflushed = Lost::default();
                self.output = Some(output);
            }
            Err(error) => self.give_up(output, &error),
        }
    }

    /// Closes a file whose period is over, so that it has its name though nothing follows.
    fn end_period(&mut self, now: u64) {
        let Target::Updates { rotate: rotate @ 1.., .. } = self.target else { return };
        let (rotate, period) = (u64::from(rotate), self.period);
        // A second more, for what has happened just before; and a clock may have been put back.
        let is_over = now > (period + 1).saturating_mul(rotate);
        if self.output.is_some()
            && (is_over || now < period.saturating_sub(1).saturating_mul(rotate))
        {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(output) = self.output.take() else { return };
        match output.finish() {
            Ok((path, octets)) => {
                self.unflushed = Lost::default();
                debug!(target: "yottabgp::daemon", "{} is whole: {octets} octets of records", path.display());
            }
            Err(error) => self.fail(&error),
        }
    }

    /// The slot ends.
    fn end(mut self, end: End) {
        match end {
            End::Updates => {
                self.close();
                if self.lost != Lost::default() {
                    let Lost { records, octets } = self.lost;
                    warn!(
                        target: "yottabgp::daemon",
                        "{}: up to {records} MRT records of {octets} octets were lost", self.target
                    );
                }
            }
            End::Table(tell) => {
                let outcome = match (self.failed, self.output) {
                    (Some((_, error)), _) => Err(error),
                    (None, Some(output)) => output.finish().map_err(|error| error.to_string()),
                    (None, None) => Err(format!("MRT file {}: nothing was written", self.target)),
                };
                if let Ok((path, _)) = &outcome {
                    info!(target: "yottabgp::daemon", "{} is written", path.display());
                }
                let _ = tell.send(outcome);
            }
            End::Discard => {
                if let Some(output) = self.output.take() {
                    output.discard();
                }
            }
        }
    }
}

/// How many records these are.
fn count(records: &[u8]) -> Lost {
    let mut lost = Lost { records: 0, octets: records.len() as u64 };
    let mut rest = records;
    while let Ok(Some((_, length))) = Record::take(rest) {
        lost.records += 1;
        rest = rest.get(length..).unwrap_or_default();
    }
    lost
}
