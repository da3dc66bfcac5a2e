//! Waiting for something to become true, never for longer than said.

use std::time::{Duration, Instant};

/// How long a step of a test may take before it counts as failed. Nothing waits this long unless
/// something is broken, so it is generous: a busy machine is no defect.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `probe` again and again until it answers, for at most `limit`.
///
/// For what can only be asked (the table of another program); what can be awaited (a line, a
/// message) is awaited by [`crate::Relay`] and [`crate::bgp::Connection`].
pub fn poll<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        let left = end.checked_duration_since(Instant::now())?;
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Like [`poll`] with [`PATIENCE`], and fails the test when it was in vain.
///
/// # Panics
/// When `probe` is still false at the deadline; `what` says what was awaited.
#[track_caller]
pub fn until(what: &str, mut probe: impl FnMut() -> bool) {
    if poll(PATIENCE, || probe().then_some(())).is_none() {
        panic!("waited {} s in vain: {what}", PATIENCE.as_secs());
    }
}
