//! TCP MD5 signatures (RFC 2385): keys on a socket, per peer or per range of peers.
//!
//! A key must be on the listener before a peer's SYN arrives and on our own socket before it
//! connects: the kernel drops segments that are unsigned or signed with another key, silently.

use std::ffi::c_int;
use std::net::IpAddr;
use std::os::fd::AsFd;

use crate::Error;
use crate::socket_option::{self, KernelAddress, Plain};

/// The longest key the kernel takes, in bytes.
pub const KEY_LIMIT: usize = 80;

const TCP_MD5SIG: c_int = 14;
const TCP_MD5SIG_EXT: c_int = 32;
const FLAG_PREFIX: u8 = 1;

/// The peers a key is for: one address, or all those of a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peers {
    /// The peer's address, or the first one of the range.
    pub address: IpAddr,
    /// Bits of the address that must match: 0-32 or 0-128, the whole address for one peer.
    pub length: u8,
    /// Interface index of a link-local address, 0 for all others.
    pub scope: u32,
}

impl Peers {
    /// One peer.
    pub fn one(address: IpAddr, scope: u32) -> Self {
        Self { address, length: whole(address), scope }
    }

    /// All peers within `address/length`.
    pub fn range(address: IpAddr, length: u8) -> Self {
        Self { address, length: length.min(whole(address)), scope: 0 }
    }

    fn is_range(&self) -> bool {
        self.length < whole(self.address)
    }
}

impl std::fmt::Display for Peers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.address)?;
        if self.is_range() { write!(f, "/{}", self.length) } else { Ok(()) }
    }
}

fn whole(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `struct tcp_md5sig` of `linux/tcp.h`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Signature {
    address: KernelAddress,
    flags: u8,
    prefix_length: u8,
    key_length: u16,
    interface: c_int,
    key: [u8; KEY_LIMIT],
}

// SAFETY: `repr(C)`, 128 + 1 + 1 + 2 + 4 + 80 = 216 bytes with no padding (asserted), no pointers.
unsafe impl Plain for Signature {}
const _: () = assert!(size_of::<Signature>() == 216);

/// Signs and checks all segments to and from `peers` with `key`, 1 to 80 bytes.
///
/// A second call for the same peers replaces the key.
pub fn set(socket: &impl AsFd, peers: Peers, key: &[u8]) -> Result<(), Error> {
    if key.is_empty() || key.len() > KEY_LIMIT {
        let reason = format!("a key has 1 to {KEY_LIMIT} bytes, this one has {}", key.len());
        return Err(Error::refused(format!("TCP MD5 key for {peers}"), reason));
    }
    put(socket, peers, key)
}

/// Removes the key of `peers`; removing one that is not there is no error.
pub fn remove(socket: &impl AsFd, peers: Peers) -> Result<(), Error> {
    match put(socket, peers, &[]) {
        Err(error) if error.code() == Some(libc::ENOENT) => Ok(()),
        other => other,
    }
}

fn put(socket: &impl AsFd, peers: Peers, key: &[u8]) -> Result<(), Error> {
    let mut buffer = [0; KEY_LIMIT];
    for (to, from) in buffer.iter_mut().zip(key) {
        *to = *from;
    }
    let signature = Signature {
        address: KernelAddress::new(peers.address, peers.scope),
        flags: if peers.is_range() { FLAG_PREFIX } else { 0 },
        prefix_length: if peers.is_range() { peers.length } else { 0 },
        key_length: u16::try_from(key.len()).unwrap_or(0),
        interface: 0,
        key: buffer,
    };
    let option = if peers.is_range() { TCP_MD5SIG_EXT } else { TCP_MD5SIG };
    socket_option::set(socket.as_fd(), libc::IPPROTO_TCP, option, &signature).map_err(|source| {
        let hint = match source.raw_os_error() {
            Some(libc::ENOPROTOOPT) => "this kernel was built without TCP MD5 signatures",
            Some(libc::EPERM) => "needs root or CAP_NET_ADMIN for this kind of key",
            _ => "",
        };
        Error::new(format!("TCP MD5 key for {peers}"), source).hint(hint)
    })
}
