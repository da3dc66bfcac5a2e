//! The one clock of all tools: nanoseconds of the system's monotonic clock, the same in every process of a machine, so that times
//! that two tools took can be subtracted.

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds since some moment before the machine's start; 0 where there is no such clock.
pub(crate) fn now() -> u64 {
    let Ok(time) = clock_gettime(ClockId::CLOCK_MONOTONIC) else { return 0 };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds * SECOND + u64::try_from(time.tv_nsec()).unwrap_or(0)
}

/// A second, in nanoseconds.
pub(crate) const SECOND: u64 = 1_000_000_000;

/// Seconds from one moment to another, 0 if the second was before.
pub(crate) fn seconds(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / SECOND as f64
}
