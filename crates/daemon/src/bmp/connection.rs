//! The connections of routers: who waits for them, who connects to them, and the reading of what they tell. What becomes of that is up
//! to an [`Audience`].

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, info, warn};
use yottabgp_bmp::Counts;
use yottabgp_os::socket;

/// Octets that are read at once.
const READ_SIZE: usize = 128 * 1024;
/// Octets of events after which somebody else has a turn; one message may have more.
pub(super) const BATCH: usize = 256 * 1024;
/// How long a router that can not be connected to is left alone, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// Nobody hears any more.
#[derive(Debug)]
pub(super) struct Closed;

/// What became of octets of a router.
#[derive(Debug)]
pub(super) struct Taken {
    /// So many were whole messages, and are dealt with.
    pub(super) octets: usize,
    pub(super) next: Next,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next {
    /// There are more messages.
    More,
    /// More octets are needed.
    Read,
    /// What follows can not be read.
    End(String),
}

/// Who hears what routers tell.
pub(super) trait Audience: 'static {
    /// What is kept of a connection.
    type Connection;

    /// How many routers may be connected to one address.
    fn most_routers(&self) -> usize;

    /// A router is connected.
    fn connected(&self, router: SocketAddr) -> Self::Connection;

    /// Waits until more may be told.
    async fn ready(&self, connection: &mut Self::Connection) -> Result<(), Closed>;

    /// Takes some of the messages that octets begin with.
    fn take(&self, connection: &mut Self::Connection, octets: &[u8]) -> Taken;

    /// Waits until the connection is no longer wanted.
    async fn unwanted(&self, connection: &Self::Connection);

    /// What was counted.
    fn counts(&self, connection: &Self::Connection) -> Counts;

    /// The connection ended.
    async fn lost(&self, connection: Self::Connection) -> Result<(), Closed>;
}

/// Takes routers that connect. They are gone with this.
pub(super) async fn accept<A: Audience>(audience: Rc<A>, listener: TcpListener) {
    let mut routers = JoinSet::new();
    loop {
        let accepted = listener.accept().await;
        while routers.try_join_next().is_some() {}
        match accepted {
            Ok((_, from)) if routers.len() >= audience.most_routers() => {
                let most = audience.most_routers();
                warn!(target: "yottabgp::bmp", "{from} is refused: {most} routers are connected");
            }
            Ok((stream, from)) => {
                let audience = audience.clone();
                routers.spawn_local(async move {
                    attend(&*audience, stream, from).await;
                });
            }
            Err(error) => {
                warn!(target: "yottabgp::bmp", "a router could not be taken: {error}");
                sleep(RETRY[0]).await;
            }
        }
    }
}

/// Connects to a router, again whenever the connection ends.
pub(super) async fn dial<A: Audience>(audience: Rc<A>, router: SocketAddr) {
    let [first, most] = RETRY;
    let mut wait = first;
    loop {
        match TcpStream::connect(router).await {
            Ok(stream) => {
                wait = first;
                if attend(&*audience, stream, router).await.is_none() {
                    return;
                }
            }
            Err(error) => debug!(target: "yottabgp::bmp", "{router}: {error}"),
        }
        sleep(wait).await;
        wait = (2 * wait).min(most);
    }
}

/// Reads what a router tells until it ends. `None` when nobody hears any more.
async fn attend<A: Audience>(
    audience: &A,
    mut stream: TcpStream,
    router: SocketAddr,
) -> Option<()> {
    info!(target: "yottabgp::bmp", "{router} is connected");
    if let Err(error) = socket::keep_alive(&stream) {
        debug!(target: "yottabgp::bmp", "{router}: {error}");
    }
    let mut connection = audience.connected(router);
    let (Ok(end) | Err(end)) = read(audience, &mut stream, &mut connection).await;
    match end {
        End::Unheard(Closed) => return None,
        End::Connection(error) => warn!(target: "yottabgp::bmp", "{router}: {error}"),
        End::Unwanted => info!(target: "yottabgp::bmp", "{router}: the connection is made anew"),
        End::Closed => info!(target: "yottabgp::bmp", "{router} closed the connection"),
    }
    let counts = audience.counts(&connection);
    info!(
        target: "yottabgp::bmp",
        "{router}: {} messages, {} of them malformed", counts.messages, counts.malformed
    );
    audience.lost(connection).await.ok()
}

/// Why reading a router ended.
enum End {
    /// Nobody hears events.
    Unheard(Closed),
    /// The connection is lost, or what comes can not be framed.
    Connection(String),
    /// It was closed between two messages.
    Closed,
    /// It is no longer wanted.
    Unwanted,
}

async fn read<A: Audience>(
    audience: &A,
    stream: &mut TcpStream,
    connection: &mut A::Connection,
) -> Result<End, End> {
    let mut buffer: Vec<u8> = Vec::with_capacity(READ_SIZE);
    loop {
        audience.ready(connection).await.map_err(End::Unheard)?;
        buffer.reserve(READ_SIZE / 2);
        let count = tokio::select! {
            count = stream.read_buf(&mut buffer) => count,
            () = audience.unwanted(connection) => return Ok(End::Unwanted),
        };
        let count = count.map_err(|error| End::Connection(error.to_string()))?;
        if count == 0 {
            return match buffer.len() {
                0 => Ok(End::Closed),
                left => Err(End::Connection(format!("it ended within a message, at octet {left}"))),
            };
        }
        let mut used = 0;
        loop {
            audience.ready(connection).await.map_err(End::Unheard)?;
            let Taken { octets, next } =
                audience.take(connection, buffer.get(used..).unwrap_or_default());
            used += octets;
            // A router that always has more leaves others their turn.
            tokio::task::yield_now().await;
            match next {
                Next::More => {}
                Next::Read => break,
                Next::End(error) => return Err(End::Connection(error)),
            }
        }
        buffer.drain(..used);
        if buffer.is_empty() && buffer.capacity() > 2 * READ_SIZE {
            buffer = Vec::with_capacity(READ_SIZE);
        }
    }
}
