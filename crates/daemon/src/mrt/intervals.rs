//! When tables are written: at multiples of their interval.

use std::time::Duration;

use tracing::{error, info};

use super::{To, dump};
use crate::core::Shared;
use crate::server::since_epoch;

/// The clock is looked at after so long, whatever is to be waited for: it may be put right meanwhile.
const LOOK: Duration = Duration::from_secs(30);

/// Writes tables whenever it is time.
pub(super) async fn run(shared: Shared) {
    let changed = shared.borrow().observers.recorder.tables_changed.clone();
    let mut then = since_epoch().as_secs();
    loop {
        let now = since_epoch();
        let tables = shared.borrow().mrt_tables();
        let due = tables.values().map(|(_, interval, _)| wait(now, *interval)).min();
        match due {
            None => {
                changed.notified().await;
                // What was to be written before nobody asked for.
                then = since_epoch().as_secs();
                continue;
            }
            Some(due) => {
                tokio::select! {
                    () = tokio::time::sleep(due.min(LOOK)) => {}
                    () = changed.notified() => {}
                }
            }
        }
        let now = since_epoch().as_secs();
        let tables = shared.borrow().mrt_tables();
        for (name, interval, peers) in tables.into_values() {
            let interval = u64::from(interval.max(1));
            let begins = now / interval * interval;
            if begins <= then {
                continue;
            }
            let to = To::at(&name, begins);
            match dump(&shared, &peers, to).await {
                Ok(written) => info!(target: "yottabgp::daemon", "{written}"),
                Err(error) => error!(target: "yottabgp::daemon", "{name} was not written: {error}"),
            }
        }
        then = now;
    }
}

/// How long it is until the next multiple of an interval.
fn wait(now: Duration, interval: u32) -> Duration {
    let interval = u64::from(interval.max(1));
    let next = Duration::from_secs((now.as_secs() / interval + 1) * interval);
    next.saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_multiple() {
        assert_eq!(wait(Duration::from_millis(7_200_500), 7200), Duration::from_millis(7_199_500));
        assert_eq!(wait(Duration::from_secs(7199), 7200), Duration::from_secs(1));
        assert_eq!(wait(Duration::ZERO, 60), Duration::from_mins(1));
    }
}
