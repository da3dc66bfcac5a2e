//! When UPDATEs that were put off go into the Adj-RIB-In: helpers are told first.
//!
//! A peer's table comes in a burst, and its helpers read along: whoever fills the Adj-RIB-In in each moment in which the socket
//! happens to be empty takes the processor from those who fill it and those who read. So it begins in a lull: nothing came for a
//! moment, and helpers have what they were told. It goes on from there until something comes, and begins at the latest when the
//! oldest UPDATE has waited for [`MOST`] and the socket is found empty: a helper that does not read changes nothing but that. What a peer
//! that never stops has sent is taken in where the logs of all peers have a bound.

use std::time::{Duration, Instant};

use crate::outbox::Outbox;

/// How long nothing comes in a lull.
const LULL: Duration = Duration::from_millis(2);
/// How long an UPDATE waits for one.
const MOST: Duration = Duration::from_secs(1);

/// Whether there is a lull.
#[derive(Debug, Default)]
pub(super) struct Lull {
    /// When it is not waited for any longer.
    latest: Option<Instant>,
    reached: bool,
}

/// What is waited for before UPDATEs are taken in.
#[derive(Debug, Default)]
pub(super) struct Wait {
    /// Those who have not read yet what they were told.
    pub(super) behind: Vec<Outbox>,
    /// Until then, and no longer; [`None`] when there is nothing to wait for.
    pub(super) latest: Option<Instant>,
}

impl Lull {
    /// Something came.
    pub(super) fn end(&mut self) {
        self.reached = false;
    }

    /// UPDATEs were taken in.
    pub(super) fn reached(&mut self) {
        self.reached = true;
    }

    /// What is to be waited for, if UPDATEs were put off.
    pub(super) fn wait(
        &mut self,
        now: Instant,
        put_off: bool,
        listeners: impl Iterator<Item = Outbox>,
    ) -> Option<Wait> {
        if !put_off {
            *self = Self::default();
            return None;
        }
        let latest = *self.latest.get_or_insert(now + MOST);
        if self.reached || latest <= now {
            return Some(Wait::default());
        }
        let behind = listeners.filter(|outbox| outbox.unread() > 0).collect();
        Some(Wait { behind, latest: Some(latest) })
    }
}

impl Wait {
    /// Whether something is waited for.
    pub(super) const fn is_over(&self) -> bool {
        self.latest.is_none()
    }

    /// Waits for it.
    pub(super) async fn over(&self) {
        let Some(latest) = self.latest else { return };
        // Whichever comes first.
        let _ = tokio::time::timeout_at(latest.into(), async {
            for outbox in &self.behind {
                outbox.flushed().await;
            }
            tokio::time::sleep(LULL).await;
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(lull: &mut Lull, now: Instant, outbox: &Outbox) -> Wait {
        lull.wait(now, true, std::iter::once(outbox.clone())).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn helpers_are_told_first() {
        let (mut lull, outbox) = (Lull::default(), Outbox::new());
        let now = Instant::now();
        outbox.events(b"{}\n");
        let waiting = wait(&mut lull, now, &outbox);
        let over = waiting.over();
        tokio::pin!(over);
        let soon = Duration::from_millis(500);
        assert!(tokio::time::timeout(soon, over.as_mut()).await.is_err());
        let mut buffer = Vec::new();
        assert!(outbox.take(&mut buffer).await);
        outbox.written(outbox.life(), 3);
        assert!(tokio::time::timeout(2 * LULL, over).await.is_ok());
        lull.reached();
        assert!(wait(&mut lull, now, &outbox).is_over());
        lull.end();
        assert!(!wait(&mut lull, now, &outbox).is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_waited_for_longer_than_that() {
        let (mut lull, outbox) = (Lull::default(), Outbox::new());
        let now = tokio::time::Instant::now();
        outbox.events(b"{}\n");
        wait(&mut lull, now.into_std(), &outbox).over().await;
        assert_eq!(now.elapsed(), MOST);
        // Whatever comes: until nothing is left.
        let now = now.into_std() + MOST;
        lull.end();
        assert!(wait(&mut lull, now, &outbox).is_over());
        assert!(lull.wait(now, false, std::iter::empty()).is_none());
        assert!(!wait(&mut lull, now, &outbox).is_over());
    }
}
