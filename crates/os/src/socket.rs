//! TCP sockets as BGP needs them: listeners, connecting sockets, TTL security, waiting bytes.
//!
//! All sockets come out non-blocking and close-on-exec, for the caller's runtime to register.

use std::ffi::CString;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::Error;
use crate::ao;
use crate::md5::{self, Peers};
use crate::socket_option;

/// Connections the kernel completes before we accept them: all of a large site may call at once when we start, and who finds no
/// place tries again a second later. The system may allow less (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// A listener on one address and port (port 0: any free one).
///
/// An IPv6 listener takes IPv6 only, so that `0.0.0.0` and `::` can both be bound.
pub fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let failed = |source: std::io::Error| {
        let hint = match source.raw_os_error() {
            Some(libc::EACCES) => "ports below 1024 need root or CAP_NET_BIND_SERVICE",
            Some(libc::EADDRINUSE) => "another program listens there already",
            Some(libc::EADDRNOTAVAIL) => "no interface has this address",
            _ => "",
        };
        Error::new(format!("listening on {address}"), source).hint(hint)
    };
    let socket = tcp(address).map_err(failed)?;
    socket.set_reuse_address(true).map_err(failed)?;
    if address.is_ipv6() {
        socket.set_only_v6(true).map_err(failed)?;
    }
    socket.bind(&address.into()).map_err(failed)?;
    socket.listen(BACKLOG).map_err(failed)?;
    Ok(socket.into())
}

/// What an outgoing connection needs before it starts.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The peer's address and port; an IPv6 link-local address carries its scope.
    pub peer: SocketAddr,
    /// The address to connect from; `None` leaves the choice to the routing table.
    pub local: Option<IpAddr>,
    /// The interface to leave by (`SO_BINDTODEVICE`).
    pub interface: Option<&'a str>,
    /// TTL or hop limit of the packets we send.
    pub ttl: Option<u8>,
    /// Least TTL or hop limit of packets we take (RFC 5082).
    pub minimum_ttl: Option<u8>,
    /// TCP MD5 key, 1 to 80 bytes.
    pub md5: Option<&'a [u8]>,
    /// TCP-AO key.
    pub ao: Option<&'a ao::Key>,
}

impl<'a> Outgoing<'a> {
    /// A plain connection to `peer`: everything else unset.
    pub fn to(peer: SocketAddr) -> Self {
        Self {
            peer,
            local: None,
            interface: None,
            ttl: None,
            minimum_ttl: None,
            md5: None,
            ao: None,
        }
    }

    /// A socket with all of it set, bound but not yet connected.
    pub fn prepare(&self) -> Result<TcpStream, Error> {
        let failed = |source| Error::new(format!("socket for {}", self.peer), source);
        let socket = tcp(self.peer).map_err(failed)?;
        socket.set_reuse_address(true).map_err(failed)?;
        socket.set_tcp_nodelay(true).map_err(failed)?;
        self.bind(&socket)?;
        if let Some(ttl) = self.ttl {
            set_ttl(&socket, self.peer.ip(), ttl)?;
        }
        if let Some(minimum) = self.minimum_ttl {
            set_minimum_ttl(&socket, self.peer.ip(), minimum)?;
        }
        let peers = Peers::one(self.peer.ip(), socket_option::scope_of(&self.peer));
        if let Some(key) = self.md5 {
            md5::set(&socket, peers, key)?;
        }
        if let Some(key) = self.ao {
            ao::add(&socket, peers, key)?;
        }
        Ok(socket.into())
    }

    fn bind(&self, socket: &Socket) -> Result<(), Error> {
        if let Some(interface) = self.interface {
            socket.bind_device(Some(interface.as_bytes())).map_err(|source| {
                let hint = match source.raw_os_error() {
                    Some(libc::ENODEV) => "no such interface",
                    Some(libc::EPERM) => "needs root or CAP_NET_RAW",
                    _ => "",
                };
                let tried = format!("source interface {interface} for {}", self.peer);
                Error::new(tried, source).hint(hint)
            })?;
        }
        let Some(local) = self.local else { return Ok(()) };
        let failed = |source: std::io::Error| {
            let hint = match source.raw_os_error() {
                Some(libc::EADDRNOTAVAIL) => "no interface has this address",
                _ => "",
            };
            Error::new(format!("local address {local} for {}", self.peer), source).hint(hint)
        };
        // Our own listener may hold the same address: both sides of a collision live together.
        socket.set_reuse_port(true).map_err(failed)?;
        // The port is chosen when it connects, which looks at both ends: chosen here, each of thousands of sockets with one
        // address would be compared with all before it. A system that can not is only slower.
        let (level, option) = (libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT);
        let _ = socket_option::set(socket.as_fd(), level, option, &1);
        let scope = socket_option::scope_of(&self.peer);
        socket.bind(&with_scope(local, 0, scope).into()).map_err(failed)
    }
}

/// A listener's or stream's outgoing TTL (IPv4) or hop limit (IPv6); `peer` gives the family.
pub fn set_ttl(socket: &impl AsFd, peer: IpAddr, ttl: u8) -> Result<(), Error> {
    let (level, option) = match peer {
        IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_TTL),
        IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
    };
    socket_option::set(socket.as_fd(), level, option, &i32::from(ttl))
        .map_err(|source| Error::new(format!("outgoing TTL {ttl} for {peer}"), source))
}

/// Drops packets that come with a lower TTL or hop limit (RFC 5082), 0 to take all.
pub fn set_minimum_ttl(socket: &impl AsFd, peer: IpAddr, minimum: u8) -> Result<(), Error> {
    let (level, option) = match peer {
        IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_MINTTL),
        IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT),
    };
    socket_option::set(socket.as_fd(), level, option, &i32::from(minimum))
        .map_err(|source| Error::new(format!("incoming TTL {minimum} for {peer}"), source))
}

/// The outgoing and the least incoming TTL or hop limit now in force.
pub fn ttl(socket: &impl AsFd, peer: IpAddr) -> Result<(u8, u8), Error> {
    let (level, sent, least) = match peer {
        IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_TTL, libc::IP_MINTTL),
        IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, libc::IPV6_MINHOPCOUNT),
    };
    let get = |option| {
        socket_option::get_integer(socket.as_fd(), level, option)
            .map(|value| u8::try_from(value).unwrap_or(u8::MAX))
            .map_err(|source| Error::new(format!("TTL for {peer}"), source))
    };
    Ok((get(sent)?, get(least)?))
}

/// Finds out within about two minutes that the other end is gone, for protocols in which it may be silent for ever.
pub fn keep_alive(socket: &impl AsFd) -> Result<(), Error> {
    let probes = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(10))
        .with_retries(6);
    socket2::SockRef::from(socket)
        .set_tcp_keepalive(&probes)
        .map_err(|source| Error::new("TCP keepalive", source))
}

/// Bytes the peer has sent that nobody has read yet.
///
/// The hold timer asks before it expires: a peer whose bytes wait in the kernel is alive.
pub fn unread(socket: &impl AsFd) -> Result<usize, Error> {
    socket_option::unread(socket.as_fd())
        .map_err(|source| Error::new("counting unread bytes", source))
}

/// Asks for kernel buffers of these sizes in bytes; `None` leaves one to the kernel's tuning.
pub fn set_buffers(
    socket: &impl AsFd,
    send: Option<usize>,
    receive: Option<usize>,
) -> Result<(), Error> {
    let socket = socket2::SockRef::from(socket);
    let failed = |source| Error::new("socket buffer size", source);
    if let Some(bytes) = send {
        socket.set_send_buffer_size(bytes).map_err(failed)?;
    }
    if let Some(bytes) = receive {
        socket.set_recv_buffer_size(bytes).map_err(failed)?;
    }
    Ok(())
}

/// Address and scope of `fe80::1%eth0`, `fe80::1%2` or a plain address (scope 0).
pub fn parse_scoped(text: &str) -> Result<(IpAddr, u32), Error> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let wrong = |reason: &str| Error::refused(format!("address {text}"), reason);
    let parsed: IpAddr = address.parse().map_err(|_| wrong("not an IP address"))?;
    match (parsed, zone) {
        (_, None) => Ok((parsed, 0)),
        (IpAddr::V4(_), Some(_)) => Err(wrong("only IPv6 addresses have an interface after '%'")),
        (IpAddr::V6(_), Some(zone)) => match zone.parse() {
            Ok(index) => Ok((parsed, index)),
            Err(_) => Ok((parsed, interface_index(zone)?)),
        },
    }
}

/// The kernel's number of an interface.
pub fn interface_index(name: &str) -> Result<u32, Error> {
    let tried = || format!("interface {name}");
    let Ok(text) = CString::new(name) else {
        return Err(Error::refused(tried(), "the name has a NUL byte"));
    };
    // SAFETY: the pointer is to a NUL-terminated string that outlives the call.
    match unsafe { libc::if_nametoindex(text.as_ptr()) } {
        0 => Err(Error::new(tried(), std::io::Error::last_os_error())),
        index => Ok(index),
    }
}

/// A socket address; `scope` counts for link-local IPv6 addresses only.
pub fn with_scope(address: IpAddr, port: u16, scope: u32) -> SocketAddr {
    match address {
        IpAddr::V6(v6) if is_link_local(v6) => SocketAddrV6::new(v6, port, 0, scope).into(),
        _ => SocketAddr::new(address, port),
    }
}

fn is_link_local(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local()
}

fn tcp(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
