//! The station: its listeners and the connections of routers.

use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::sleep;
use tracing::{debug, info, warn};
use yottabgp_api::event::Encoder;
use yottabgp_bmp::Frame;
use yottabgp_os::socket;

use super::events::Events;
use super::output::{Closed, Output};
use crate::server::since_epoch;

/// Octets that are read at once.
const READ_SIZE: usize = 128 * 1024;
/// Octets of events that are given to be written at once; one message may have more.
const BATCH: usize = 256 * 1024;
/// Routers at once.
const MOST_ROUTERS: usize = 4096;
/// How long a router that can not be connected to is left alone, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

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
    let station = Rc::new(Station { encoder: options.encoder, packets: options.packets, output });
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
    packets: bool,
    output: Output,
}

/// Takes routers that connect.
async fn accept(station: Rc<Station>, listener: TcpListener) {
    let mut routers = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((_, from)) if routers.len() >= MOST_ROUTERS => {
                warn!(target: "yottabgp::bmp", "{from} is refused: {MOST_ROUTERS} routers are connected");
            }
            Ok((stream, from)) => {
                let station = station.clone();
                routers.spawn_local(async move {
                    attend(&station, stream, from).await;
                });
            }
            Err(error) => {
                warn!(target: "yottabgp::bmp", "a router could not be taken: {error}");
                sleep(RETRY[0]).await;
            }
        }
        while routers.try_join_next().is_some() {}
    }
}

/// Connects to a router, again whenever the connection ends.
async fn dial(station: Rc<Station>, router: SocketAddr) {
    let [first, most] = RETRY;
    let mut wait = first;
    loop {
        match TcpStream::connect(router).await {
            Ok(stream) => {
                wait = first;
                if attend(&station, stream, router).await.is_none() {
                    return;
                }
            }
            Err(error) => debug!(target: "yottabgp::bmp", "{router}: {error}"),
        }
        sleep(wait).await;
        wait = (2 * wait).min(most);
    }
}

/// Reads what a router tells until it ends. `None` when nobody reads events any more.
async fn attend(station: &Station, mut stream: TcpStream, router: SocketAddr) -> Option<()> {
    info!(target: "yottabgp::bmp", "{router} is connected");
    if let Err(error) = socket::keep_alive(&stream) {
        debug!(target: "yottabgp::bmp", "{router}: {error}");
    }
    let mut events = Events::new(&station.encoder, station.packets, router.ip(), router.port());
    let result = read(station, &mut stream, &mut events).await;
    match &result {
        Err(End::Unread(Closed)) => return None,
        Err(End::Connection(error)) => warn!(target: "yottabgp::bmp", "{router}: {error}"),
        Ok(()) => info!(target: "yottabgp::bmp", "{router} closed the connection"),
    }
    let counts = events.router().counts();
    info!(
        target: "yottabgp::bmp",
        "{router}: {} messages, {} of them malformed", counts.messages, counts.malformed
    );
    let mut lines = Vec::new();
    events.lost(since_epoch(), &mut lines);
    station.output.write(lines).await.ok()
}

/// Why reading a router ended.
enum End {
    /// Nobody reads events.
    Unread(Closed),
    /// The connection is lost, or what comes can not be framed.
    Connection(String),
}

async fn read(
    station: &Station,
    stream: &mut TcpStream,
    events: &mut Events<'_>,
) -> Result<(), End> {
    let mut buffer: Vec<u8> = Vec::with_capacity(READ_SIZE);
    loop {
        buffer.reserve(READ_SIZE / 2);
        let count = stream.read_buf(&mut buffer).await;
        let count = count.map_err(|error| End::Connection(error.to_string()))?;
        if count == 0 {
            return match buffer.len() {
                0 => Ok(()),
                left => Err(End::Connection(format!("it ended within a message, at octet {left}"))),
            };
        }
        let (mut used, time) = (0, since_epoch());
        loop {
            let mut lines = Vec::new();
            let end = loop {
                if lines.len() >= BATCH {
                    break None;
                }
                match Frame::take(buffer.get(used..).unwrap_or_default()) {
                    Ok(Some((frame, length))) => {
                        if events.take(time, frame, &mut lines).is_err() {
                            break Some(Err("it tells of too many sessions".to_owned()));
                        }
                        used += length;
                    }
                    Ok(None) => break Some(Ok(())),
                    Err(error) => break Some(Err(error.to_string())),
                }
            };
            station.output.write(lines).await.map_err(End::Unread)?;
            match end {
                None => {}
                Some(Ok(())) => break,
                Some(Err(error)) => return Err(End::Connection(error)),
            }
        }
        buffer.drain(..used);
        if buffer.is_empty() && buffer.capacity() > 2 * READ_SIZE {
            buffer = Vec::with_capacity(READ_SIZE);
        }
    }
}
