//! TCP-AO, the TCP Authentication Option (RFC 5925, algorithms of RFC 5926): keys on a socket.
//!
//! Linux 6.7 and later. As with MD5, a key must be on the listener before a peer's SYN arrives
//! and on our own socket before it connects. The MAC is 96 bits, the length RFC 5926 names.

use std::ffi::c_int;
use std::os::fd::AsFd;

use crate::Error;
use crate::md5::Peers;
use crate::socket_option::{self, KernelAddress, Plain};

/// The longest key the kernel takes, in bytes.
pub const KEY_LIMIT: usize = 80;

const TCP_AO_ADD_KEY: c_int = 38;
const TCP_AO_DEL_KEY: c_int = 39;
const MAC_LENGTH: u8 = 12;

/// The algorithm that derives traffic keys and signs segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `hmac-sha-1-96` (RFC 5926 §3.1.1.1).
    HmacSha1,
    /// `aes-128-cmac-96` (RFC 5926 §3.1.1.2).
    Aes128Cmac,
    /// `hmac-sha-256`.
    HmacSha256,
}

impl Algorithm {
    /// The algorithm a configuration names.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The name a configuration gives it.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    fn kernel_name(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static str)> {
        NAMES.iter().find(|row| row.0 == self)
    }
}

/// Algorithm, name in configurations, name in the kernel.
const NAMES: [(Algorithm, &str, &str); 3] = [
    (Algorithm::HmacSha1, "hmac-sha-1-96", "hmac(sha1)"),
    (Algorithm::Aes128Cmac, "aes-128-cmac-96", "cmac(aes128)"),
    (Algorithm::HmacSha256, "hmac-sha-256", "hmac(sha256)"),
];

/// One master key: the same identifier is used for sending and for receiving.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// SendID and RecvID, 0-255; the peer's must be the same.
    pub id: u8,
    /// How traffic keys are derived and segments signed.
    pub algorithm: Algorithm,
    /// The shared secret, 1 to 80 bytes.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for Key {
    /// The secret stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key {{ id: {}, algorithm: {} }}", self.id, self.algorithm.name())
    }
}

/// `struct tcp_ao_add` of `linux/tcp.h`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Add {
    address: KernelAddress,
    algorithm: [u8; 64],
    interface: c_int,
    flags: u32,
    reserved: u16,
    prefix_length: u8,
    send_id: u8,
    receive_id: u8,
    mac_length: u8,
    key_flags: u8,
    key_length: u8,
    key: [u8; KEY_LIMIT],
}

// SAFETY: `repr(C)`, 128 + 64 + 4 + 4 + 2 + 6 + 80 = 288 bytes with no padding (asserted).
unsafe impl Plain for Add {}
const _: () = assert!(size_of::<Add>() == 128 + 64 + 4 + 4 + 2 + 6 + KEY_LIMIT);

/// `struct tcp_ao_del` of `linux/tcp.h`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Delete {
    address: KernelAddress,
    interface: c_int,
    flags: u32,
    reserved: u16,
    prefix_length: u8,
    send_id: u8,
    receive_id: u8,
    current_key: u8,
    next_key: u8,
    key_flags: u8,
}

// SAFETY: `repr(C)`, 128 + 4 + 4 + 2 + 6 = 144 bytes with no padding (asserted), no pointers.
unsafe impl Plain for Delete {}
const _: () = assert!(size_of::<Delete>() == 128 + 4 + 4 + 2 + 6);

/// Adds `key` for `peers`. All segments to and from them are then signed and checked.
pub fn add(socket: &impl AsFd, peers: Peers, key: &Key) -> Result<(), Error> {
    let tried = || format!("TCP-AO key {} for {peers}", key.id);
    let length = key.secret.len();
    if length == 0 || length > KEY_LIMIT {
        let reason = format!("a key has 1 to {KEY_LIMIT} bytes, this one has {length}");
        return Err(Error::refused(tried(), reason));
    }
    let option = Add {
        address: KernelAddress::new(peers.address, peers.scope),
        algorithm: padded(key.algorithm.kernel_name().as_bytes()),
        interface: 0,
        flags: 0,
        reserved: 0,
        prefix_length: peers.length,
        send_id: key.id,
        receive_id: key.id,
        mac_length: MAC_LENGTH,
        key_flags: 0,
        key_length: u8::try_from(length).unwrap_or(0),
        key: padded(&key.secret),
    };
    socket_option::set(socket.as_fd(), libc::IPPROTO_TCP, TCP_AO_ADD_KEY, &option).map_err(
        |source| {
            let hint = match source.raw_os_error() {
                Some(libc::ENOPROTOOPT) => {
                    "this kernel has no TCP-AO: it takes Linux 6.7 or later built with CONFIG_TCP_AO"
                }
                Some(libc::ENOENT) => "this kernel was built without the algorithm",
                Some(libc::EEXIST) => "the same key identifier is set for these peers already",
                Some(libc::EKEYREJECTED) => "a TCP MD5 key is set for these peers: use one of them",
                _ => "",
            };
            Error::new(tried(), source).hint(hint)
        },
    )
}

/// Removes the key with this identifier; removing one that is not there is no error.
pub fn remove(socket: &impl AsFd, peers: Peers, id: u8) -> Result<(), Error> {
    let option = Delete {
        address: KernelAddress::new(peers.address, peers.scope),
        interface: 0,
        flags: 0,
        reserved: 0,
        prefix_length: peers.length,
        send_id: id,
        receive_id: id,
        current_key: 0,
        next_key: 0,
        key_flags: 0,
    };
    match socket_option::set(socket.as_fd(), libc::IPPROTO_TCP, TCP_AO_DEL_KEY, &option) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        Err(error) => Err(Error::new(format!("TCP-AO key {id} for {peers}"), error)),
        Ok(()) => Ok(()),
    }
}

/// `bytes` followed by zeros; what does not fit is cut.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut buffer = [0; N];
    for (to, from) in buffer.iter_mut().zip(bytes) {
        *to = *from;
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_its_three_names() {
        for (algorithm, name, kernel) in NAMES {
            assert_eq!(Algorithm::from_name(name), Some(algorithm));
            assert_eq!(algorithm.name(), name);
            assert_eq!(algorithm.kernel_name(), kernel);
        }
        assert_eq!(Algorithm::from_name("hmac-md5"), None);
    }

    #[test]
    fn the_secret_is_not_printed() {
        let key = Key { id: 5, algorithm: Algorithm::HmacSha1, secret: b"hunter2".to_vec() };
        assert_eq!(format!("{key:?}"), "Key { id: 5, algorithm: hmac-sha-1-96 }");
    }
}
