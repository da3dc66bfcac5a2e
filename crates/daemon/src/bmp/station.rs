//! The station of the command line: what routers tell is written to one place, as JSON.

use std::cell::RefCell;
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{JoinSet, LocalSet};
use yottabgp_api::event::Encoder;
use yottabgp_bmp::{Counts, Frame, Router};
use yottabgp_config::BmpFlags;
use yottabgp_os::socket;

use super::connection::{Audience, BATCH, Closed, Next, Taken, accept, dial};
use super::events::{Kept, Target, Writing};
use super::output::Output;
use crate::server::since_epoch;

/// Routers at once.
const MOST_ROUTERS: usize = 4096;

/// What a station does.
#[derive(Debug)]
pub struct Options {
    /// Where routers connect to.
    pub listen: Vec<SocketAddr>,
    /// Routers that wait to be connected to.
    pub connect: Vec<SocketAddr>,
    /// How events look.
    pub encoder: Encoder,
    /// Whether messages are shown as octets, too.
    pub packets: bool,
}

/// Why a station can not begin, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A listener could not be opened.
    #[error("{0}")]
    Listen(#[from] yottabgp_os::Error),
    /// The runtime could not be made, or events could not be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Runs until it is told to end (SIGINT, SIGTERM), or nobody reads what it writes. `told` is given the addresses it listens on.
pub fn run(
    options: Options,
    to: impl Write + Send + 'static,
    told: impl FnOnce(&[SocketAddr]),
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = LocalSet::new().block_on(&runtime, serve(options, to, told));
    // A writer whose reader does not read is not waited for.
    runtime.shutdown_background();
    result
}

async fn serve(
    options: Options,
    to: impl Write + Send + 'static,
    told: impl FnOnce(&[SocketAddr]),
) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut ended) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut listeners = Vec::new();
    for address in &options.listen {
        listeners.push(TcpListener::from_std(socket::listen(*address)?)?);
    }
    let addresses: Result<Vec<_>, _> = listeners.iter().map(TcpListener::local_addr).collect();
    told(&addresses?);
    let (output, writer) = Output::start(to);
    let mut flags = BmpFlags::default().completed();
    flags.set(BmpFlags(BmpFlags::PACKETS.0 | BmpFlags::CONSOLIDATE.0), options.packets);
    let station = Rc::new(Station { encoder: options.encoder, flags, output });
    let mut tasks = JoinSet::new();
    for listener in listeners {
        tasks.spawn_local(accept(station.clone(), listener));
    }
    for router in options.connect {
        tasks.spawn_local(dial(station.clone(), router));
    }
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = ended.recv() => {}
        () = station.output.closed() => {}
    }
    tasks.shutdown().await;
    drop(station);
    // What was given to be written is written, unless nobody takes it.
    let flushed = tokio::task::spawn_blocking(move || writer.join());
    match tokio::time::timeout(Duration::from_secs(1), flushed).await {
        Ok(Ok(Ok(Err(error)))) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

/// What all connections share.
#[derive(Debug)]
struct Station {
    encoder: Encoder,
    flags: BmpFlags,
    output: Output,
}

/// A connection.
#[derive(Debug)]
struct Connection {
    router: Router<Kept>,
    counter: u64,
    /// What is to be written.
    lines: RefCell<Vec<u8>>,
}

impl Station {
    async fn write(&self, connection: &Connection) -> Result<(), Closed> {
        let lines = connection.lines.take();
        self.output.write(lines).await
    }
}

impl Audience for Station {
    type Connection = Connection;

    fn most_routers(&self) -> usize {
        MOST_ROUTERS
    }

    fn connected(&self, router: SocketAddr) -> Connection {
        let router = Router::new(router.ip(), router.port());
        Connection { router, counter: 0, lines: RefCell::default() }
    }

    async fn ready(&self, connection: &mut Connection) -> Result<(), Closed> {
        self.write(connection).await
    }

    fn take(&self, connection: &mut Connection, octets: &[u8]) -> Taken {
        let Connection { router, counter, lines } = connection;
        let lines = lines.get_mut();
        let (mut used, time) = (0, since_epoch());
        let next = loop {
            if lines.len() >= BATCH {
                break Next::More;
            }
            match Frame::take(octets.get(used..).unwrap_or_default()) {
                Ok(Some((frame, length))) => {
                    let address = router.address();
                    let taken = router.take(frame, &mut |told| {
                        let target =
                            Target { encoder: &self.encoder, is_text: false, out: &mut *lines };
                        let mut writing = Writing {
                            flags: self.flags,
                            router: address,
                            time,
                            counter: &mut *counter,
                            targets: &mut [target],
                        };
                        writing.tell(told, None);
                    });
                    if taken.is_err() {
                        break Next::End("it tells of too many sessions".to_owned());
                    }
                    used += length;
                }
                Ok(None) => break Next::Read,
                Err(error) => break Next::End(error.to_string()),
            }
        };
        Taken { octets: used, next }
    }

    async fn unwanted(&self, _: &Connection) {
        std::future::pending().await
    }

    fn counts(&self, connection: &Connection) -> Counts {
        connection.router.counts()
    }

    async fn lost(&self, mut connection: Connection) -> Result<(), Closed> {
        let Connection { router, counter, lines } = &mut connection;
        let (lines, address, time) = (lines.get_mut(), router.address(), since_epoch());
        router.lost(&mut |told| {
            let target = Target { encoder: &self.encoder, is_text: false, out: &mut *lines };
            let mut writing = Writing {
                flags: self.flags,
                router: address,
                time,
                counter: &mut *counter,
                targets: &mut [target],
            };
            writing.tell(told, None);
        });
        self.write(&connection).await
    }
}
