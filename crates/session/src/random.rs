//! Numbers for jitter: not secret, the same for the same seed, so that a recorded session can be played again.

use std::time::Duration;

/// The generator SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time between three quarters of `time` and all of it (RFC 4271 section 10).
    pub(crate) fn jitter(&mut self, time: Duration) -> Duration {
        let quarter = time / 4;
        let share = u32::try_from(self.next() >> 48).unwrap_or(0);
        time - quarter * share / 0xffff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_in_its_quarter_and_moves() {
        let mut random = Random::new(1);
        let whole = Duration::from_secs(60);
        let times: Vec<_> = (0..1000).map(|_| random.jitter(whole)).collect();
        assert!(times.iter().all(|time| (Duration::from_secs(45)..=whole).contains(time)));
        assert!(times.iter().any(|time| *time < Duration::from_secs(47)));
        assert!(times.iter().any(|time| *time > Duration::from_secs(58)));
    }
}
