//! The task of a station: connects, writes what is queued, has the next piece made, reports statistics.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tracing::{debug, info, warn};
use yottabgp_config::BmpStation;
use yottabgp_os::socket;

use super::StationId;
use super::statistics::Report;
use crate::core::Shared;

/// How long a station that can not be connected to is left alone, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// A connection that lasted so long was a good one: the next try does not wait longer than the first.
const GOOD: Duration = Duration::from_secs(10);

/// How long a connection may take to be made.
const MOST_CONNECTING: Duration = Duration::from_secs(30);

/// How long a station has to take its Termination.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Octets that are written before others have their turn.
const TURN: usize = 1024 * 1024;

/// Runs until the station is configured no longer.
pub(super) async fn run(shared: Shared, id: StationId, wake: Rc<Notify>) {
    let [first, most] = RETRY;
    let mut wait = first;
    let mut known = None;
    loop {
        let Some(settings) = shared.borrow_mut().begin_connecting(id) else { break };
        let address = settings.address;
        let began = Instant::now();
        let connected = tokio::select! {
            connected = connect(&settings) => connected,
            () = ended(&shared, id, &wake) => break,
        };
        let trouble = match connected {
            Ok(stream) => {
                info!(target: "yottabgp::bmp", "station {address} is connected");
                let trouble = serve(&shared, id, &settings, &stream, &wake).await;
                if began.elapsed() > GOOD {
                    wait = first;
                }
                trouble
            }
            Err(error) => error,
        };
        if shared.borrow().is_station_ending(id) {
            break;
        }
        if known.as_ref() != Some(&trouble) {
            warn!(target: "yottabgp::bmp", "station {address}: {trouble}");
            known = Some(trouble.clone());
        }
        if let Some(station) = shared.borrow_mut().observers.stations.get_mut(id) {
            station.disconnected(trouble);
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = ended(&shared, id, &wake) => break,
        }
        wait = (2 * wait).min(most);
    }
    shared.borrow_mut().observers.stations.remove(id);
}

/// Waits until the station is to be told no more.
async fn ended(shared: &Shared, id: StationId, wake: &Notify) {
    while !shared.borrow().is_station_ending(id) {
        wake.notified().await;
    }
}

async fn connect(settings: &BmpStation) -> Result<TcpStream, String> {
    let prepared = socket::Outgoing {
        local: settings.local_address,
        ..socket::Outgoing::to(settings.address)
    }
    .prepare()
    .map_err(|error| error.to_string())?;
    let connecting = TcpSocket::from_std_stream(prepared).connect(settings.address);
    let stream = tokio::time::timeout(MOST_CONNECTING, connecting)
        .await
        .map_err(|_| "it does not answer".to_owned())?
        .map_err(|error| error.to_string())?;
    if let Err(error) = socket::keep_alive(&stream) {
        debug!(target: "yottabgp::bmp", "station {}: {error}", settings.address);
    }
    Ok(stream)
}

/// Tells a station until the connection ends. Returns why it did.
async fn serve(
    shared: &Shared,
    id: StationId,
    settings: &BmpStation,
    stream: &TcpStream,
    wake: &Notify,
) -> String {
    shared.borrow_mut().begin_telling(id);
    let interval = Some(Duration::from_secs(settings.statistics_interval.into()));
    let interval = interval.filter(|interval| !interval.is_zero());
    let mut next_report = interval.map(|interval| tokio::time::Instant::now() + interval);
    let mut report: Option<Report> = None;
    let mut latest = None;
    loop {
        let is_ending = match write(shared, id, stream) {
            Ok(is_ending) => is_ending,
            Err(error) => return error.to_string(),
        };
        let (more, waits) = {
            let mut core = shared.borrow_mut();
            let told = core.tell_station(id);
            let reported = report.as_mut().is_some_and(|report| core.report_to_station(id, report));
            if !reported {
                report = None;
            }
            let station = core.observers.stations.get(id);
            (told || reported, station.is_some_and(|station| station.waiting() > 0))
        };
        if is_ending && latest.is_none() {
            latest = Some(tokio::time::Instant::now() + LAST_WORDS);
        }
        if is_ending && !waits {
            return String::new();
        }
        let interest =
            if waits { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        tokio::select! {
            biased;
            ready = stream.ready(interest) => {
                if let Err(error) = ready.and_then(|_| discard(stream)) {
                    return error.to_string();
                }
                // Whoever always takes more leaves others their turn.
                tokio::task::yield_now().await;
            }
            () = wake.notified() => {}
            () = at(next_report) => {
                next_report = interval.map(|interval| tokio::time::Instant::now() + interval);
                report = Some(Report::of(shared, id));
            }
            () = at(latest) => return String::new(),
            () = tokio::task::yield_now(), if more => {}
        }
    }
}

/// Writes what the socket takes. Returns whether the station is told no more than that.
fn write(shared: &Shared, id: StationId, stream: &TcpStream) -> io::Result<bool> {
    let mut core = shared.borrow_mut();
    let Some(station) = core.observers.stations.get_mut(id) else { return Ok(true) };
    let mut turn = 0;
    while turn < TURN && !station.queue.first().is_empty() {
        match stream.try_write(station.queue.first()) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                station.queue.written(count);
                station.counts.octets += u64::try_from(count).unwrap_or(u64::MAX);
                turn += count;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(station.ending.is_some())
}

/// A station has nothing to say: it is read to see when it closes the connection.
fn discard(stream: &TcpStream) -> io::Result<()> {
    let mut octets = [0; 512];
    match stream.try_read(&mut octets) {
        Ok(0) => Err(io::Error::other("it closed the connection")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}

async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
