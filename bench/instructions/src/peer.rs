//! The other end of a session: counts the routes that come.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use yottabgp_testkit::bgp::{Connection, Open, kind};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};

use crate::callgrind::PATIENCE;

/// The AS of every peer.
pub(crate) const ASN: u32 = 65001;

/// A peer with its session, and what it was told.
pub(crate) struct Peer {
    connection: Connection,
    negotiated: Negotiated,
    /// Routes announced so far.
    announced: u64,
    /// Routes withdrawn so far.
    withdrawn: u64,
}

impl Peer {
    /// Takes the daemon's call, and brings the session up.
    pub(crate) fn accept(listener: &TcpListener) -> Result<Self> {
        let mut connection = Connection::accept(listener, PATIENCE)?;
        let mut open = Open::new(ASN, Ipv4Addr::new(192, 0, 2, 99));
        open.families = vec![(1, 1), (2, 1), (1, 128), (1, 133)];
        open.capabilities.push((2, Vec::new()));
        connection.establish(&open, PATIENCE)?;
        let mut negotiated = Negotiated::permissive();
        (negotiated.local_as, negotiated.peer_as) = (Asn(ASN), Asn(65000));
        Ok(Self { connection, negotiated, announced: 0, withdrawn: 0 })
    }

    /// Reads until so many routes were announced and withdrawn, in all.
    pub(crate) fn await_routes(&mut self, announced: u64, withdrawn: u64) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while self.announced < announced || self.withdrawn < withdrawn {
            let Some((found, body)) = self.connection.next_frame()? else {
                if Instant::now() > end
                    || self.connection.fill(Duration::from_secs(1)).is_ok_and(|count| count == 0)
                {
                    bail!(
                        "{} of {announced} routes announced, {} of {withdrawn} withdrawn",
                        self.announced,
                        self.withdrawn
                    );
                }
                continue;
            };
            match found {
                kind::UPDATE => {
                    let update = Update::decode(body, &self.negotiated, Direction::Receive)
                        .map_err(|fault| anyhow!("{fault}"))?;
                    let announced = update.announced().map(|(_, nlri)| nlri.count()).sum::<usize>();
                    let withdrawn = update.withdrawn().map(Iterator::count).sum::<usize>();
                    self.announced += announced as u64;
                    self.withdrawn += withdrawn as u64;
                }
                kind::NOTIFICATION => bail!("the daemon ended the session: {body:02X?}"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Sends UPDATEs of these bodies, in pieces as large as TCP takes them.
    pub(crate) fn send(&mut self, bodies: &[Vec<u8>]) -> Result<()> {
        let messages: Vec<_> =
            bodies.iter().map(|body| yottabgp_testkit::bgp::frame(kind::UPDATE, body)).collect();
        Ok(self.connection.send_bytes(&messages.concat())?)
    }

    /// Asks for the routes of IPv4 once more: when they come, everything sent before was read.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        Ok(self.connection.send(kind::ROUTE_REFRESH, &[0, 1, 0, 1])?)
    }
}
