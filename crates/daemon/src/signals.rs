//! Signals, as what they ask for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// SIGTERM, SIGHUP, SIGINT: end.
    Shutdown,
    /// SIGUSR1: read the configuration again and apply the difference.
    Reload,
    /// SIGUSR2: as reload, and restart the helpers that changed.
    FullReload,
    /// SIGALRM: as full reload, and begin every session anew.
    Restart,
}

impl Request {
    /// One that does what both ask for.
    pub fn with(self, other: Self) -> Self {
        let all = [Self::Shutdown, Self::Restart, Self::FullReload];
        all.into_iter().find(|most| [self, other].contains(most)).unwrap_or(Self::Reload)
    }
}

/// A signal that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it asks for.
    pub request: Request,
    /// Its number, as events show it.
    pub number: i32,
    /// Its name, as events show it.
    pub name: &'static str,
}

type Row = (SignalKind, &'static str, Request);

/// One row per signal, the most urgent first.
const ROWS: [fn() -> Row; 6] = [
    || (SignalKind::terminate(), "SIGTERM", Request::Shutdown),
    || (SignalKind::interrupt(), "SIGINT", Request::Shutdown),
    || (SignalKind::hangup(), "SIGHUP", Request::Shutdown),
    || (SignalKind::alarm(), "SIGALRM", Request::Restart),
    || (SignalKind::user_defined2(), "SIGUSR2", Request::FullReload),
    || (SignalKind::user_defined1(), "SIGUSR1", Request::Reload),
];

/// The signals the daemon answers.
#[derive(Debug)]
pub struct Signals {
    streams: Vec<(Row, Signal)>,
}

impl Signals {
    /// Takes the signals from now on, and delivers those held back before.
    ///
    /// The very first thing to do on the runtime. A signal that comes twice before it is asked
    /// for counts once; none is lost.
    pub fn install() -> io::Result<Self> {
        let mut streams = Vec::with_capacity(ROWS.len());
        for row in ROWS {
            let row = row();
            streams.push((row, signal(row.0)?));
        }
        yottabgp_os::signals::release().map_err(io::Error::other)?;
        Ok(Self { streams })
    }

    /// The next signal; the most urgent one if several wait.
    pub async fn next(&mut self) -> Received {
        std::future::poll_fn(|context| {
            for ((kind, name, request), stream) in &mut self.streams {
                if stream.poll_recv(context).is_ready() {
                    let number = kind.as_raw_value();
                    return std::task::Poll::Ready(Received { request: *request, number, name });
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}
