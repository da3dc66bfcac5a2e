//! Addresses of interfaces, by route netlink: what `ip address` shows, adds and deletes.
//!
//! Messages are those of rtnetlink(7): a header of 16 octets, `struct ifaddrmsg` of 8, then attributes; numbers in the
//! machine's order.

use std::ffi::CString;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::Error;

const HEADER: usize = 16;
const ADDRESS_MESSAGE: usize = 8;
/// How long the kernel may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Enough for the largest part of a dump that the kernel sends.
const BUFFER: usize = 64 * 1024;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const SCOPE_HOST: u8 = 254;

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// The length of its network, in bits.
    pub length: u8,
    /// Its label, which begins with the name of the interface; IPv6 has none.
    pub label: Option<String>,
}

/// The addresses of an interface.
pub fn list(interface: &str) -> Result<Vec<InterfaceAddress>, Error> {
    let tried = || format!("the addresses of {interface}");
    let failed = |source: io::Error| Error::new(tried(), source);
    let index = index_of(interface).map_err(failed)?;
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
    let body = [0; ADDRESS_MESSAGE];
    let mut found = Vec::new();
    exchange(libc::RTM_GETADDR, flags, &body, |kind, body| {
        if kind == libc::RTM_NEWADDR && u32_at(body, 4) == Some(index) {
            found.extend(read(body));
        }
    })
    .map_err(failed)?;
    Ok(found)
}

/// Adds an address to an interface. Returns whether it was not there before.
///
/// `label` is the whole label, `lo:name`, of at most 15 octets; it is for IPv4 only.
pub fn add(
    interface: &str,
    address: IpAddr,
    length: u8,
    label: Option<&str>,
) -> Result<bool, Error> {
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    let tried = || format!("adding {address}/{length} to {interface}");
    match change(libc::RTM_NEWADDR, flags, interface, address, length, label) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(false),
        Err(error) => Err(Error::new(tried(), error).hint(PRIVILEGE)),
    }
}

/// Removes an address from an interface. Returns whether it was there.
pub fn remove(interface: &str, address: IpAddr, length: u8) -> Result<bool, Error> {
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK;
    let tried = || format!("removing {address}/{length} from {interface}");
    match change(libc::RTM_DELADDR, flags, interface, address, length, None) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::EADDRNOTAVAIL) => Ok(false),
        Err(error) => Err(Error::new(tried(), error).hint(PRIVILEGE)),
    }
}

const PRIVILEGE: &str = "this takes root or CAP_NET_ADMIN";

fn change(
    kind: u16,
    flags: libc::c_int,
    interface: &str,
    address: IpAddr,
    length: u8,
    label: Option<&str>,
) -> io::Result<()> {
    let index = index_of(interface)?;
    let (family, octets): (_, Vec<u8>) = match address {
        IpAddr::V4(address) => (libc::AF_INET, address.octets().to_vec()),
        IpAddr::V6(address) => (libc::AF_INET6, address.octets().to_vec()),
    };
    let scope = if address.is_loopback() { SCOPE_HOST } else { 0 };
    let mut body = vec![u8::try_from(family).unwrap_or_default(), length, 0, scope];
    body.extend_from_slice(&index.to_ne_bytes());
    push_attribute(&mut body, IFA_LOCAL, &octets);
    push_attribute(&mut body, IFA_ADDRESS, &octets);
    if let Some(label) = label.filter(|_| address.is_ipv4()) {
        push_attribute(&mut body, IFA_LABEL, &[label.as_bytes(), &[0]].concat());
    }
    exchange(kind, flags, &body, |_, _| {})
}

/// `length(2) type(2) value`, padded to four octets.
fn push_attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Sends one request and reads what is answered, up to the end of a dump or to the acknowledgement.
fn exchange(
    kind: u16,
    flags: libc::c_int,
    body: &[u8],
    mut answer: impl FnMut(u16, &[u8]),
) -> io::Result<()> {
    let protocol = Protocol::from(libc::NETLINK_ROUTE);
    let mut socket = Socket::new(Domain::from(libc::AF_NETLINK), Type::RAW, Some(protocol))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut message = Vec::with_capacity(HEADER + body.len());
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    message.extend_from_slice(&length.to_ne_bytes());
    message.extend_from_slice(&kind.to_ne_bytes());
    message.extend_from_slice(&u16::try_from(flags).unwrap_or_default().to_ne_bytes());
    // The sequence number and the port, of which a socket for one request needs none.
    message.extend_from_slice(&[0; 8]);
    message.extend_from_slice(body);
    socket.send(&message)?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = socket.read(&mut buffer)?;
        let mut rest = buffer.get(..count).unwrap_or_default();
        while let (Some(length), Some(kind)) = (u32_at(rest, 0), u16_at(rest, 4)) {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let Some(body) = rest.get(HEADER..length) else {
                return Err(io::Error::other("the kernel's answer is cut short"));
            };
            match libc::c_int::from(kind) {
                libc::NLMSG_DONE => return Ok(()),
                libc::NLMSG_ERROR => {
                    let code = u32_at(body, 0).map_or(0, u32::cast_signed);
                    return match code {
                        0 => Ok(()),
                        code => Err(io::Error::from_raw_os_error(-code)),
                    };
                }
                _ => answer(kind, body),
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// Reads `struct ifaddrmsg` and its attributes.
fn read(body: &[u8]) -> Option<InterfaceAddress> {
    let length = *body.get(1)?;
    let (mut local, mut remote, mut label) = (None, None, None);
    let mut rest = body.get(ADDRESS_MESSAGE..)?;
    while let (Some(size), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let size = usize::from(size);
        let value = rest.get(4..size)?;
        match kind {
            IFA_LOCAL => local = ip(value),
            IFA_ADDRESS => remote = ip(value),
            IFA_LABEL => {
                let text = String::from_utf8_lossy(value);
                label = Some(text.trim_end_matches('\0').to_owned());
            }
            _ => {}
        }
        rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
    }
    // On a link between two, IFA_ADDRESS is the other's.
    Some(InterfaceAddress { address: local.or(remote)?, length, label })
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => Some(Ipv4Addr::from(*value.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*value.first_chunk::<16>()?).into()),
        _ => None,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The number of an interface in our network namespace.
fn index_of(interface: &str) -> io::Result<u32> {
    let name = CString::new(interface)?;
    // SAFETY: the pointer is to a string that ends with a NUL and lives until the call returns.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::other(format!("there is no interface {interface}"))),
        index => Ok(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_has_its_address() {
        let found = list("lo").unwrap();
        let own = |one: &&InterfaceAddress| one.address == IpAddr::from([127, 0, 0, 1]);
        let own = found.iter().find(own).unwrap();
        assert_eq!((own.length, own.label.as_deref()), (8, Some("lo")));
    }

    #[test]
    fn what_is_not_there_is_told() {
        let error = list("no-such-one").unwrap_err().to_string();
        assert!(error.contains("there is no interface no-such-one"), "{error}");
    }
}
