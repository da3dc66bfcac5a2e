//! Raw socket options: the calls that no library offers, behind functions that cannot be misused.

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::size_of;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};

/// A value the kernel takes as plain bytes: no padding it could leak, no pointers.
///
/// # Safety
/// Implement it only for `repr(C)` types without padding and without pointers, or for integers.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: an integer.
unsafe impl Plain for c_int {}

/// `setsockopt` with a fixed-size value.
pub(crate) fn set<T: Plain>(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: &T,
) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>()).map_err(io::Error::other)?;
    let pointer = std::ptr::from_ref(value).cast::<c_void>();
    // SAFETY: the pointer is valid for `length` bytes of initialised memory, and the descriptor
    // is borrowed, so open.
    let result = unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, pointer, length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `getsockopt` for an integer option.
pub(crate) fn get_integer(fd: BorrowedFd<'_>, level: c_int, name: c_int) -> io::Result<c_int> {
    let mut value: c_int = 0;
    let mut length = libc::socklen_t::try_from(size_of::<c_int>()).map_err(io::Error::other)?;
    let pointer = std::ptr::from_mut(&mut value).cast::<c_void>();
    // SAFETY: the pointer is valid for `length` bytes, and `length` is itself valid for writes.
    let result = unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, pointer, &raw mut length) };
    if result == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

/// Bytes that have arrived and wait to be read.
pub(crate) fn unread(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: c_int = 0;
    // SAFETY: FIONREAD writes one integer through a pointer to an integer.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut count) };
    if result == 0 {
        Ok(usize::try_from(count).unwrap_or(0))
    } else {
        Err(io::Error::last_os_error())
    }
}

/// `struct sockaddr_storage`, written field by field so that every byte of it is defined.
///
/// The key options of TCP take the peer's address in this form, with port 0.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct KernelAddress([u8; 128]);

impl KernelAddress {
    /// The address alone; `scope` is the interface index of a link-local IPv6 address, else 0.
    pub(crate) fn new(address: IpAddr, scope: u32) -> Self {
        let mut bytes = [0; 128];
        let mut at = bytes.iter_mut();
        let mut put = |part: &[u8]| {
            // This way round: `zip` asks its left side first, and must not eat a byte of ours.
            for (from, to) in part.iter().zip(at.by_ref()) {
                *to = *from;
            }
        };
        match address {
            IpAddr::V4(v4) => {
                put(&family(libc::AF_INET).to_ne_bytes());
                put(&[0; 2]); // port
                put(&v4.octets());
            }
            IpAddr::V6(v6) => {
                put(&family(libc::AF_INET6).to_ne_bytes());
                put(&[0; 2]); // port
                put(&[0; 4]); // flow information
                put(&v6.octets());
                put(&scope.to_ne_bytes());
            }
        }
        Self(bytes)
    }
}

fn family(value: c_int) -> libc::sa_family_t {
    // Both families in use are below 256 on every system.
    libc::sa_family_t::try_from(value).unwrap_or_default()
}

/// The interface index of a link-local address, 0 for all others.
pub(crate) fn scope_of(address: &SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(v6) => v6.scope_id(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_the_kernel_reads_them() {
        let v4 = KernelAddress::new("192.0.2.1".parse().unwrap(), 0).0;
        assert_eq!(v4[..8], [2, 0, 0, 0, 192, 0, 2, 1]);
        let v6 = KernelAddress::new("fe80::1".parse().unwrap(), 7).0;
        assert_eq!(v6[..9], [10, 0, 0, 0, 0, 0, 0, 0, 0xfe]);
        assert_eq!(v6[23..28], [1, 7, 0, 0, 0]);
        assert_eq!(size_of::<KernelAddress>(), 128);
    }
}
