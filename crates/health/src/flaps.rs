//! Damping: a service that falls too often stays down for a while.

use std::collections::VecDeque;
use std::time::Duration;

/// Remembers when the service fell, as often as is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flaps {
    falls: VecDeque<Duration>,
}

impl Flaps {
    /// It fell. `limit` falls are remembered.
    pub fn fell(&mut self, now: Duration, limit: usize) {
        self.falls.push_back(now);
        while self.falls.len() > limit {
            self.falls.pop_front();
        }
    }

    /// Until when it must not be announced as healthy, if it must not: until fewer than `limit` falls lie within
    /// `window`. A limit of 0 is none.
    pub fn held_until(&self, now: Duration, limit: usize, window: Duration) -> Option<Duration> {
        if limit == 0 || self.falls.len() < limit {
            return None;
        }
        let first = self.falls.iter().rev().nth(limit - 1)?;
        let until = first.saturating_add(window);
        (until > now).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn too_many_falls_hold_it_down_until_the_first_is_old() {
        let mut flaps = Flaps::default();
        for second in [10, 20, 30] {
            assert_eq!(flaps.held_until(at(second), 3, at(100)), None);
            flaps.fell(at(second), 3);
        }
        assert_eq!(flaps.held_until(at(31), 3, at(100)), Some(at(110)));
        assert_eq!(flaps.held_until(at(110), 3, at(100)), None);
        assert_eq!(flaps.held_until(at(31), 0, at(100)), None);
    }
}
