//! Connections that peers make: who each is for, and what is said to strangers.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tracing::{debug, warn};
use yottabgp_config::Neighbor;
use yottabgp_os::{Error, socket};
use yottabgp_session::State;
use yottabgp_wire::codes::error;
use yottabgp_wire::message::notification::Notification;

use crate::connection::linger;
use crate::core::{Core, Shared};
use crate::peer::{self, Incoming};

/// Peers of ranges that may be connected without a session.
const MOST_UNKNOWN: usize = 1000;

/// Takes connections for ever.
pub(super) async fn accept(listener: TcpListener, core: Shared) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => incoming(stream, &core),
            Err(error) => {
                // Out of descriptors, most likely: others must end before it can go on.
                warn!(target: "yottabgp::network", "accepting a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Finds the peer of a new connection, or refuses it.
fn incoming(stream: TcpStream, core: &Shared) {
    let (Ok(remote), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else { return };
    let _ = stream.set_nodelay(true);
    let found = core.borrow().match_incoming(local.ip(), remote.ip());
    let refusal = match found {
        Match::Peer(id) => {
            let mut core = core.borrow_mut();
            let Some(peer) = core.peers.get_mut(&id) else { return };
            if let Err(error) = limit_ttl(&stream, remote.ip(), &peer.neighbor) {
                warn!(target: "yottabgp::network", "{error}");
                return;
            }
            match peer.accept(Incoming { stream, local, remote }) {
                Ok(()) => return,
                Err(Incoming { stream, .. }) => {
                    refuse(
                        stream,
                        error::cease::CONNECTION_REJECTED,
                        "too many connections at once",
                    );
                    return;
                }
            }
        }
        Match::Range(_) if core.borrow_mut().is_crowded() => {
            refuse(
                stream,
                error::cease::OUT_OF_RESOURCES,
                "too many peers of ranges are not established",
            );
            return;
        }
        Match::Range(index) => {
            let limited = core
                .borrow()
                .ranges
                .get(index)
                .map_or(Ok(()), |range| limit_ttl(&stream, remote.ip(), &range.section));
            if let Err(error) = limited {
                warn!(target: "yottabgp::network", "{error}");
                return;
            }
            if let Err(reason) =
                peer::start_ephemeral(core, index, Incoming { stream, local, remote })
            {
                warn!(target: "yottabgp::network", "connection from {}: {reason}", remote.ip());
            }
            return;
        }
        Match::Several => "could not accept the connection (more than one neighbor match)",
        Match::None => "no session configured for the peer",
    };
    debug!(target: "yottabgp::network", "connection from {} to {}: {refusal}", remote, local);
    refuse(stream, error::cease::CONNECTION_REJECTED, refusal);
}

/// Sets the TTL of what is sent, and the least of what is received: without that nobody is let in (RFC 5082).
fn limit_ttl(stream: &TcpStream, remote: IpAddr, neighbor: &Neighbor) -> Result<(), Error> {
    if let Some(minimum) = neighbor.incoming_ttl {
        socket::set_minimum_ttl(stream, remote, minimum)?;
    }
    if let Some(ttl) = neighbor.outgoing_ttl
        && let Err(error) = socket::set_ttl(stream, remote, ttl)
    {
        warn!(target: "yottabgp::network", "{error}");
    }
    Ok(())
}

/// Says why and closes: NOTIFICATION Cease with a subcode of RFC 4486 section 4.
fn refuse(stream: TcpStream, subcode: u8, reason: &'static str) {
    let mut message = Vec::new();
    Notification::with_data(error::CEASE, subcode, reason.as_bytes()).encode(&mut message);
    let _ = stream.try_write(&message);
    linger(stream);
}

/// Who a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// A configured peer, or one of a range that is there already.
    Peer(crate::core::PeerId),
    /// A new peer of the range of this neighbor of the configuration.
    Range(usize),
    /// Several ranges.
    Several,
    /// Nobody.
    None,
}

impl Core {
    /// Whether as many peers of ranges as there may be are without a session: nobody knows yet who they are.
    fn is_crowded(&mut self) -> bool {
        if self.unknown.len() >= MOST_UNKNOWN {
            let peers = &self.peers;
            self.unknown.retain(|id| {
                let peer = peers.get(id).filter(|peer| peer.ephemeral);
                peer.is_some_and(|peer| peer.session.state() != State::Established)
            });
        }
        let crowded = self.unknown.len() >= MOST_UNKNOWN;
        if crowded && !self.crowded {
            warn!(
                target: "yottabgp::network",
                "{MOST_UNKNOWN} peers of ranges are connected and not established: more are refused"
            );
        }
        self.crowded = crowded;
        crowded
    }

    /// Finds who a connection is for: a peer of exactly this address first, then a range.
    pub(crate) fn match_incoming(&self, local: IpAddr, remote: IpAddr) -> Match {
        let local_matches = |neighbor: &Neighbor| {
            neighbor.local_address.is_none_or(|address| address == local)
                || neighbor.md5_ip == Some(local)
        };
        let exact = self.peers.at(remote).find(|(_, peer)| {
            !peer.stopped && !peer.neighbor.is_range() && local_matches(&peer.neighbor)
        });
        if let Some((id, _)) = exact {
            return Match::Peer(id);
        }
        let mut ranges = self.ranges.iter().enumerate().filter(|(_, range)| {
            range.section.peer.contains(remote) && local_matches(&range.section)
        });
        match (ranges.next(), ranges.next()) {
            (Some((index, _)), None) => Match::Range(index),
            (Some(_), Some(_)) => Match::Several,
            (None, _) => Match::None,
        }
    }
}
