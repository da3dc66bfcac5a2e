//! Turns: all tasks of the daemon share one thread, so that each has to stop now and then for the others to go on.
//!
//! A turn that lasted too long is told in the log (`exabgp.log.reactor`, level DEBUG): it says what made KEEPALIVEs late.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tracing::{Level, debug, enabled};
use yottabgp_os::clock;

/// What nobody should have to wait for.
const LONG: Duration = Duration::from_millis(20);

/// How long a peer may go on before others have their turn, while few have so much to do.
const TURN: Duration = Duration::from_millis(10);
/// The same, however many have.
const LEAST_TURN: Duration = Duration::from_micros(500);
/// Octets that are worth a read.
const LEAST_SHARE: usize = 16 * 1024;

/// How many peers have more to do than a turn lets them: the more there are, the shorter is the turn of each, so that
/// everybody else waits as long for a thousand of them as for one.
#[derive(Debug, Default)]
pub(crate) struct Load {
    busy: u32,
}

impl Load {
    /// How long a turn may last.
    pub(crate) fn turn(&self) -> Duration {
        (TURN / self.busy.max(1)).max(LEAST_TURN)
    }

    /// The same for what is counted in octets.
    pub(crate) fn share(&self, octets: usize) -> usize {
        let busy = usize::try_from(self.busy.max(1)).unwrap_or(usize::MAX);
        (octets / busy).max(LEAST_SHARE)
    }
}

/// Whether one of them is counted.
#[derive(Debug, Default)]
pub(crate) struct Busy(bool);

impl Busy {
    /// It has more to do, or not.
    pub(crate) fn set(&mut self, load: &mut Load, busy: bool) {
        match (std::mem::replace(&mut self.0, busy), busy) {
            (false, true) => load.busy += 1,
            (true, false) => load.busy -= 1,
            _ => {}
        }
    }
}

/// Starts a task whose long turns are told under this name.
pub(crate) fn spawn<T: 'static>(
    name: impl fmt::Display + 'static,
    task: impl Future<Output = T> + 'static,
) -> JoinHandle<T> {
    tokio::task::spawn_local(watched(name, task))
}

/// Lets a task do its work, and tells of turns that lasted too long.
pub(crate) async fn watched<T>(name: impl fmt::Display, task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    std::future::poll_fn(|context| {
        if !enabled!(target: "yottabgp::reactor", Level::DEBUG) {
            return task.as_mut().poll(context);
        }
        let (began, spent) = (Instant::now(), clock::spent_by_thread());
        let result = task.as_mut().poll(context);
        let took = began.elapsed();
        if took > LONG {
            // What the rest is, other programs had.
            let spent = clock::spent_by_thread().saturating_sub(spent);
            debug!(
                target: "yottabgp::reactor",
                "a long turn: {name}, {} ms, {} ms of processor time",
                took.as_millis(),
                spent.as_millis()
            );
        }
        result
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_are_busy_the_shorter_is_a_turn() {
        let mut load = Load::default();
        let mut all: Vec<Busy> = (0..100).map(|_| Busy::default()).collect();
        assert_eq!((load.turn(), load.share(128 * 1024)), (TURN, 128 * 1024));
        let mut set = |load: &mut Load, count: usize, busy| {
            // Twice is once.
            all.iter_mut().take(count).for_each(|one| one.set(load, busy));
            all.iter_mut().take(count).for_each(|one| one.set(load, busy));
        };
        set(&mut load, 1, true);
        assert_eq!(load.turn(), TURN);
        set(&mut load, 4, true);
        assert_eq!((load.turn(), load.share(128 * 1024)), (TURN / 4, 32 * 1024));
        set(&mut load, 100, true);
        assert_eq!((load.turn(), load.share(128 * 1024)), (LEAST_TURN, LEAST_SHARE));
        set(&mut load, 100, false);
        assert_eq!(load.turn(), TURN);
    }
}
