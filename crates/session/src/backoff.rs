//! How long to wait before dialing again: 0, 1, 2, 3, 4, 5, 7, 9, 11, 14 … 60 seconds, less a jitter of up to a quarter.

use std::time::Duration;

use crate::random::Random;

/// The longest wait, in seconds.
const LONGEST: u32 = 60;

/// The next wait.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    /// Seconds.
    next: u32,
}

impl Backoff {
    /// The wait before the next try; the one after it is longer.
    pub(crate) fn wait(&mut self, random: &mut Random) -> Duration {
        let wait = random.jitter(Duration::from_secs(self.next.into()));
        self.next = (self.next + self.next / 5 + 1).min(LONGEST);
        wait
    }

    /// Starts again without a wait.
    pub(crate) const fn reset(&mut self) {
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute() {
        let mut backoff = Backoff::default();
        let mut random = Random::new(7);
        for seconds in [0, 1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21, 26, 32, 39, 47, 57, 60, 60] {
            let whole = Duration::from_secs(seconds);
            let wait = backoff.wait(&mut random);
            assert!(wait <= whole && wait >= whole * 3 / 4, "{seconds}: {wait:?}");
        }
        backoff.reset();
        assert_eq!(backoff.wait(&mut random), Duration::ZERO);
    }
}
