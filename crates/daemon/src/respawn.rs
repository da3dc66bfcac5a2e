//! How often a helper may be started.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Starts allowed within [`WINDOW`].
pub const STARTS: usize = 5;
/// How long a start counts.
pub const WINDOW: Duration = Duration::from_secs(64);

/// The starts of one helper that still count.
#[derive(Clone, Debug, Default)]
pub struct Respawn {
    starts: VecDeque<Instant>,
}

impl Respawn {
    /// Counts a start at `now`, or says no: there were [`STARTS`] within the last [`WINDOW`].
    pub fn start(&mut self, now: Instant) -> bool {
        while let Some(first) = self.starts.front()
            && now.saturating_duration_since(*first) >= WINDOW
        {
            self.starts.pop_front();
        }
        if self.starts.len() >= STARTS {
            return false;
        }
        self.starts.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_starts_within_the_window() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut respawn = Respawn::default();
        for second in 0..5 {
            assert!(respawn.start(at(second)));
        }
        assert!(!respawn.start(at(5)));
        assert!(!respawn.start(at(63)));
        assert!(respawn.start(at(64)), "the first one no longer counts");
        assert!(!respawn.start(at(64)));
        assert!(respawn.start(at(65)));
    }

    #[test]
    fn a_helper_that_dies_slowly_is_always_started() {
        let begin = Instant::now();
        let mut respawn = Respawn::default();
        assert!((0..100).all(|count| respawn.start(begin + Duration::from_secs(13 * count))));
    }
}
