//! Holding signals back while the daemon is not ready for them.
//!
//! Until its handlers are installed a signal would have its default effect: SIGUSR1, a reload,
//! would kill the process. Held signals are delivered, once per kind, when they are released.

use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};

use crate::Error;

const ANSWERED: [Signal; 6] = [
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGALRM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// Holds back the signals the daemon answers; the first thing a daemon does, before any thread.
pub fn hold() -> Result<(), Error> {
    change(SigmaskHow::SIG_BLOCK)
}

/// Delivers what was held; call it once handlers are installed and before helpers start.
pub fn release() -> Result<(), Error> {
    change(SigmaskHow::SIG_UNBLOCK)
}

fn change(how: SigmaskHow) -> Result<(), Error> {
    let set: SigSet = ANSWERED.into_iter().collect();
    sigprocmask(how, Some(&set), None).map_err(|errno| Error::new("signal mask", errno))
}

/// Sends this process a signal by its number, as `server --signal` does.
pub fn raise(number: i32) -> Result<(), Error> {
    let failed = |errno| Error::new(format!("raising signal {number}"), errno);
    let signal = Signal::try_from(number).map_err(failed)?;
    nix::sys::signal::raise(signal).map_err(failed)
}
