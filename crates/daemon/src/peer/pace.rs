//! `rate-limit`: as many messages of a peer in a second as it says, and no more. The others wait, first here, then in the
//! kernel, and then at the peer.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use yottabgp_wire::message::HEADER_LENGTH;

const WINDOW: Duration = Duration::from_secs(1);

/// What was handled in the present second.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since: Option<Instant>,
    handled: u32,
    /// Whole messages wait for the next second.
    held: bool,
}

impl Pace {
    /// How many of these octets may be handled now: as many messages as the second has room for; all octets, if no whole
    /// message remains.
    pub(super) fn take(&mut self, now: Instant, limit: Option<NonZeroU32>, octets: &[u8]) -> usize {
        let Some(limit) = limit else { return octets.len() };
        if self.end().is_none_or(|end| end <= now) {
            self.since = Some(now);
            self.handled = 0;
        }
        let mut at = 0;
        while let Some(rest) = octets.get(at..)
            && let Some(&[high, low]) = rest.get(16..18).and_then(<[u8]>::first_chunk)
        {
            let length = usize::from(u16::from_be_bytes([high, low]));
            // What is cut short waits for its rest, and what is wrong is an end, with any limit.
            if length < HEADER_LENGTH || length > rest.len() {
                break;
            }
            if self.handled >= limit.get() {
                self.held = true;
                return at;
            }
            self.handled += 1;
            at += length;
        }
        octets.len()
    }

    /// Until when the messages that wait have to.
    pub(super) fn held(&self) -> Option<Instant> {
        self.end().filter(|_| self.held)
    }

    /// Whether the messages that wait may be handled now. Says so once.
    pub(super) fn is_released(&mut self, now: Instant) -> bool {
        let released = self.held().is_some_and(|end| end <= now);
        self.held &= !released;
        released
    }

    fn end(&self) -> Option<Instant> {
        self.since.map(|since| since + WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_second() {
        let mut message = vec![0xFF; 16];
        message.extend_from_slice(&[0, 19, 4]);
        let five = message.repeat(5);
        let now = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.take(now, None, &five), 95);
        let limit = NonZeroU32::new(3);
        assert_eq!(pace.take(now, limit, &five), 57);
        assert_eq!(pace.held(), Some(now + WINDOW));
        assert_eq!(pace.take(now, limit, &message), 0);
        assert!(!pace.is_released(now));
        let later = now + WINDOW;
        assert!(pace.is_released(later) && !pace.is_released(later));
        assert_eq!(pace.take(later, limit, &five[57..]), 38);
        assert_eq!(pace.take(later, limit, &message[..10]), 10);
        assert_eq!(pace.take(later, limit, &five[..30]), 30);
        assert_eq!(pace.held(), None);
    }

    #[test]
    fn rubbish_is_not_held() {
        let mut pace = Pace::default();
        assert_eq!(pace.take(Instant::now(), NonZeroU32::new(1), &[0; 100]), 100);
    }
}
