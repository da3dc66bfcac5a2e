//! When UPDATEs are handed to the session: at once, so many in a second, or as far apart as they were recorded.

use std::thread::sleep;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use yottabgp_wire::message::HEADER_LENGTH;

/// How many octets are handed over at once.
const PIECE: usize = 64 * 1024;

/// It is looked so often whether anybody waits.
const NAP: Duration = Duration::from_millis(100);

/// Nobody takes UPDATEs any more: the session is lost, or it was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session takes no more")]
pub(super) struct Gone;

/// How fast it goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Speed {
    /// UPDATEs in a second.
    pub(super) rate: Option<f64>,
    /// How much faster than it was recorded; 1 is as it was.
    pub(super) times: Option<f64>,
}

/// Hands UPDATEs to the session.
pub(super) struct Pace {
    to: Sender<Vec<u8>>,
    speed: Speed,
    /// When the first message was sent: what was to be read before it takes no time.
    began: Option<Instant>,
    /// When the first message was recorded.
    first: Option<Duration>,
    /// UPDATEs that were handed over or wait in `out`.
    updates: u64,
    /// What waits.
    pub(super) out: Vec<u8>,
}

impl Pace {
    pub(super) fn new(to: Sender<Vec<u8>>, speed: Speed) -> Self {
        let out = Vec::with_capacity(PIECE);
        Self { to, speed, began: None, first: None, updates: 0, out }
    }

    /// How many UPDATEs were made.
    pub(super) const fn updates(&self) -> u64 {
        self.updates
    }

    /// Waits until a message is due that was recorded at this time.
    pub(super) fn wait_for(&mut self, recorded: Duration) -> Result<(), Gone> {
        let Some(times) = self.speed.times else { return Ok(()) };
        let first = *self.first.get_or_insert(recorded);
        let after = recorded.saturating_sub(first).as_secs_f64() / times;
        let due = self.due(after);
        self.wait_until(due)
    }

    /// Takes note of UPDATEs that were appended to what waits, and hands it over when it is enough. `messages` of them.
    pub(super) fn made(&mut self, messages: usize) -> Result<(), Gone> {
        let Some(rate) = self.speed.rate else {
            self.updates += messages as u64;
            return if self.out.len() >= PIECE { self.flush() } else { Ok(()) };
        };
        let octets = std::mem::take(&mut self.out);
        let mut rest = octets.as_slice();
        while let Some((length, _)) =
            rest.get(HEADER_LENGTH - 3..).and_then(<[u8]>::split_first_chunk)
        {
            let length = usize::from(u16::from_be_bytes(*length)).max(HEADER_LENGTH);
            let (message, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            let due = self.due(self.updates as f64 / rate);
            self.wait_until(due)?;
            self.out.extend_from_slice(message);
            self.updates += 1;
            rest = behind;
        }
        Ok(())
    }

    /// Hands over what waits.
    pub(super) fn flush(&mut self) -> Result<(), Gone> {
        if self.out.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.out, Vec::with_capacity(PIECE));
        self.to.blocking_send(piece).map_err(|_| Gone)
    }

    /// The moment so many seconds after the first message; `None` for one that never comes.
    fn due(&mut self, seconds: f64) -> Option<Instant> {
        let began = *self.began.get_or_insert_with(Instant::now);
        began.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }

    fn wait_until(&mut self, due: Option<Instant>) -> Result<(), Gone> {
        loop {
            let left = due.map_or(NAP, |due| due.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return if self.out.len() >= PIECE { self.flush() } else { Ok(()) };
            }
            self.flush()?;
            if self.to.is_closed() {
                return Err(Gone);
            }
            sleep(left.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_begins_with_the_first_message() {
        let (to, _from) = tokio::sync::mpsc::channel(1);
        let mut pace = Pace::new(to, Speed { rate: None, times: Some(2.0) });
        // Nothing that was read before counts.
        assert!(pace.began.is_none());
        let recorded = Duration::from_secs(1_700_000_000);
        pace.wait_for(recorded).unwrap();
        let began = pace.began.unwrap();
        pace.wait_for(recorded + Duration::from_millis(20)).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(10));
        assert_eq!(pace.due(3.0), Some(began + Duration::from_secs(3)));
        assert_eq!([1e300, f64::INFINITY, f64::NAN].map(|seconds| pace.due(seconds)), [None; 3]);
    }
}
