//! What every simulated peer says to open a session, and where it connects or listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::Capabilities;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::{finish, start};

/// Where the session comes from.
#[derive(Clone, Debug, Args)]
pub(crate) struct SessionArgs {
    /// Connect to the speaker there
    #[arg(long, value_name = "ADDRESS:PORT", required_unless_present = "listen")]
    pub(crate) connect: Option<SocketAddr>,
    /// Wait for the speaker to connect to this port
    #[arg(long, value_name = "PORT", conflicts_with = "connect")]
    pub(crate) listen: Option<u16>,
    /// Our address: the first of them, where there are several peers
    #[arg(long, default_value = "127.0.0.2", value_name = "ADDRESS")]
    pub(crate) local: IpAddr,
    /// The hold time that we ask for, in seconds; 0 is none
    #[arg(long, default_value_t = 180, value_name = "SECONDS")]
    pub(crate) hold: u16,
    /// Messages of up to 65,535 octets (RFC 8654)
    #[arg(long)]
    pub(crate) extended_message: bool,
    /// Give up after so long
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub(crate) timeout: u64,
}

impl SessionArgs {
    /// The address of a peer, counted from 0.
    pub(crate) fn address(&self, peer: usize) -> IpAddr {
        let peer = u32::try_from(peer).unwrap_or(u32::MAX);
        match self.local {
            IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits().wrapping_add(peer)).into(),
            IpAddr::V6(first) => {
                std::net::Ipv6Addr::from_bits(first.to_bits().wrapping_add(peer.into())).into()
            }
        }
    }

    /// Listens for a peer, if it is to be connected to.
    pub(crate) fn listen(&self, peer: usize) -> Result<Option<TcpListener>> {
        let Some(port) = self.listen else { return Ok(None) };
        let at = SocketAddr::new(self.address(peer), port);
        let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&at.into()).with_context(|| format!("--listen {port}: {at}"))?;
        socket.listen(16)?;
        Ok(Some(socket.into()))
    }

    /// A socket with a peer's address, not yet connected.
    pub(crate) fn socket(&self, peer: usize, to: SocketAddr) -> Result<Socket> {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        let from = SocketAddr::new(self.address(peer), 0);
        socket
            .bind(&SockAddr::from(from))
            .with_context(|| format!("--local {}: binding", from.ip()))?;
        Ok(socket)
    }

    /// The OPEN of a peer.
    pub(crate) fn open(&self, peer: usize, asn: u32, families: &[Family]) -> Vec<u8> {
        let mut capabilities = Capabilities::new();
        capabilities.announce_multiprotocol(families.iter().copied());
        capabilities.announce_asn4(Asn(asn));
        if self.extended_message {
            capabilities.announce_flag(yottabgp_wire::codes::CapabilityCode::EXTENDED_MESSAGE);
        }
        let router_id = match self.address(peer) {
            IpAddr::V4(address) => address,
            IpAddr::V6(_) => Ipv4Addr::from_bits(0x0A00_0002 + u32::try_from(peer).unwrap_or(0)),
        };
        let mut out = Vec::new();
        let open = Open {
            version: 4,
            asn: u16::try_from(asn).unwrap_or(23_456),
            hold_time: self.hold,
            router_id,
            capabilities,
        };
        open.encode(&mut out);
        out
    }

    /// The end of what may be waited for.
    pub(crate) fn end(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.timeout)
    }

    /// Connects, or waits for the speaker to, until there is a connection or the time is over.
    pub(crate) fn stream(&self, listener: Option<&TcpListener>, end: Instant) -> Result<TcpStream> {
        let stream = loop {
            let error = match (listener, self.connect) {
                (Some(listener), _) => {
                    listener.set_nonblocking(true)?;
                    match listener.accept() {
                        Ok((stream, _)) => break stream,
                        Err(error) => error.into(),
                    }
                }
                (None, Some(to)) => {
                    let socket = self.socket(0, to)?;
                    match socket.connect(&to.into()) {
                        Ok(()) => break socket.into(),
                        Err(error) => anyhow::Error::from(error).context(format!("--connect {to}")),
                    }
                }
                (None, None) => bail!("give --connect or --listen"),
            };
            if Instant::now() > end {
                return Err(error.context("no connection in time"));
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Lets this process have as many sockets as it may.
pub(crate) fn allow_many_sockets() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // What can not be had shows when it is needed.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// A KEEPALIVE.
pub(crate) fn keepalive() -> Vec<u8> {
    let mut out = Vec::new();
    let at = start(&mut out, MessageType::KEEPALIVE);
    finish(&mut out, at);
    out
}
