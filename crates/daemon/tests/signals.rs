//! Signals, in a process of their own: they are for the whole of it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use yottabgp_daemon::signals::{Request, Signals};
use yottabgp_os::signals::{hold, raise};

#[test]
fn each_signal_is_what_it_asks_for_and_early_ones_wait() {
    // The harness runs this in a thread of its own, and a signal raised goes to the thread.
    hold().unwrap();
    for number in [10, 10, 1] {
        raise(number).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut signals = Signals::install().unwrap();
        let first = signals.next().await;
        assert_eq!((first.request, first.number, first.name), (Request::Shutdown, 1, "SIGHUP"));
        assert_eq!(signals.next().await.request, Request::Reload);
        for (number, request) in [
            (15, Request::Shutdown),
            (2, Request::Shutdown),
            (14, Request::Restart),
            (12, Request::FullReload),
            (10, Request::Reload),
        ] {
            raise(number).unwrap();
            let received = signals.next().await;
            assert_eq!((received.request, received.number), (request, number));
        }
    });
    assert!(raise(999).unwrap_err().to_string().starts_with("raising signal 999: "));
}
