//! MRT files: blocks of records, each shown by one of several threads, written in their order.
//!
//! This thread reads and cuts, workers decode and write JSON into buffers, and one more thread hands these to standard output.
//! What waits is bounded: so many blocks are under way, and what is written goes back to be filled again.

use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Result, bail};

use super::output::Output;
use crate::capture::mrt::{Block, Blocks};

/// What was shown of a block.
#[derive(Debug)]
pub(crate) enum Part {
    /// There is more.
    Some(Output),
    /// The rest, with the block, and whether everything could be shown.
    Last(Block, Output, Result<bool>),
}

/// A block to be shown, the buffer for that, and where both go then.
type Job = (Block, Output, SyncSender<Part>);

/// Shows blocks: each thread has one.
pub(crate) trait Worker {
    /// Shows all of a block. Says whether everything could be shown.
    fn show(&mut self, block: &Block, output: &mut Output) -> Result<bool>;
}

/// How many threads there are: all cores, unless told otherwise.
pub(crate) fn threads(told: Option<NonZeroUsize>) -> usize {
    let cores = || std::thread::available_parallelism().ok();
    told.or_else(cores).map_or(1, NonZeroUsize::get)
}

/// Shows every block of an MRT file. Says whether everything could be shown.
pub(crate) fn read<W: Worker + Send>(
    blocks: &mut Blocks<'_>,
    threads: usize,
    worker: &impl Fn() -> W,
) -> Result<bool> {
    if threads == 1 {
        return one_by_one(worker(), blocks);
    }
    let under_way = 2 * threads + 1;
    let (jobs, next_job) = sync_channel::<Job>(under_way);
    let (order, in_order) = sync_channel::<Receiver<Part>>(under_way);
    let (give_back, given_back) = sync_channel::<(Block, Output)>(2 * under_way);
    let next_job = &Mutex::new(next_job);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let worker = worker();
            scope.spawn(move || work(worker, next_job));
        }
        let writer = scope.spawn(move || write(in_order, &give_back));
        let read = (|| {
            while let Some(block) = blocks.take()? {
                let mut output = Output::default();
                if let Ok((block, written)) = given_back.try_recv() {
                    blocks.recycle(block);
                    output = written;
                }
                // Whoever has several parts of a block waits until those before it are written.
                let (done, shown) = sync_channel(1);
                // Nobody takes any more when nobody reads what is written: the writer knows why.
                if order.send(shown).is_err() || jobs.send((block, output, done)).is_err() {
                    break;
                }
            }
            Ok(())
        })();
        drop((jobs, order));
        match writer.join() {
            Ok(good) => good.and_then(|good| read.map(|()| good)),
            Err(_) => bail!("the thread that writes panicked"),
        }
    })
}

/// On this thread alone.
fn one_by_one(mut worker: impl Worker, blocks: &mut Blocks<'_>) -> Result<bool> {
    let mut good = true;
    let mut output = Output::default();
    while let Some(block) = blocks.take()? {
        good &= worker.show(&block, &mut output)?;
        output.write()?;
        blocks.recycle(block);
    }
    Ok(good)
}

/// Shows blocks until there are no more.
fn work(mut worker: impl Worker, next_job: &Mutex<Receiver<Job>>) {
    loop {
        let job = match next_job.lock() {
            Ok(next_job) => next_job.recv(),
            Err(_) => return,
        };
        let Ok((block, mut output, done)) = job else { return };
        output.parts = Some(done.clone());
        // A defect: the writer says so and stops, and the others have to empty the queue meanwhile.
        let shown = AssertUnwindSafe(|| worker.show(&block, &mut output));
        let Ok(good) = std::panic::catch_unwind(shown) else { continue };
        output.parts = None;
        // Nobody waits for it when writing failed.
        let _ = done.send(Part::Last(block, output, good));
    }
}

/// Writes what was shown of each block, in their order.
fn write(
    in_order: Receiver<Receiver<Part>>,
    give_back: &SyncSender<(Block, Output)>,
) -> Result<bool> {
    let mut all = true;
    for shown in in_order {
        let (block, mut output, good) = loop {
            match shown.recv() {
                Ok(Part::Some(mut output)) => output.write()?,
                Ok(Part::Last(block, output, good)) => break (block, output, good),
                Err(_) => bail!("a thread that decodes panicked"),
            }
        };
        output.write()?;
        all &= good?;
        // Where there are buffers enough, this one is not needed.
        let _ = give_back.try_send((block, output));
    }
    Ok(all)
}
