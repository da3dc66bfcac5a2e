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
