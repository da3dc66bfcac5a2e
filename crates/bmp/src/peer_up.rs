//! Peer Up (RFC 7854 section 4.10): the ends of a session, and its OPENs.

use std::net::IpAddr;

use yottabgp_wire::io::reader::{Fault, Reader, WireError};

use crate::information::InformationIter;
use crate::peer_header::{push_address, read_address};

/// The octets of a BGP message's marker.
const MARKER: usize = 16;
/// The octets of a BGP message's header.
const HEADER: usize = 19;

/// A session is established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerUp<'a> {
    /// The router's address; unspecified for a Loc-RIB.
    pub local_address: IpAddr,
    /// The router's port.
    pub local_port: u16,
    /// The peer's port.
    pub remote_port: u16,
    /// The OPEN that the router sent, with its header.
    pub sent_open: &'a [u8],
    /// The OPEN that the router received, with its header.
    pub received_open: &'a [u8],
    /// What else it says.
    pub information: InformationIter<'a>,
}

impl<'a> PeerUp<'a> {
    /// Layout: `local-address(16) local-port(2) remote-port(2) sent-OPEN received-OPEN information…`.
    pub(crate) fn read(reader: &mut Reader<'a>, is_ipv6: bool) -> Result<Self, WireError> {
        Ok(Self {
            local_address: read_address(reader, is_ipv6, "BMP local address")?,
            local_port: reader.u16("BMP local port")?,
            remote_port: reader.u16("BMP remote port")?,
            sent_open: take_message(reader, "BMP sent OPEN")?,
            received_open: take_message(reader, "BMP received OPEN")?,
            information: InformationIter::new(*reader),
        })
    }

    /// Appends it, behind the header of the peer.
    pub fn push(&self, out: &mut Vec<u8>) {
        push_address(self.local_address, out);
        out.extend_from_slice(&self.local_port.to_be_bytes());
        out.extend_from_slice(&self.remote_port.to_be_bytes());
        out.extend_from_slice(self.sent_open);
        out.extend_from_slice(self.received_open);
        for information in self.information.flatten() {
            information.push(out);
        }
    }
}

/// Takes a BGP message by the length in its header.
fn take_message<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], WireError> {
    let mut header = *reader;
    header.take(MARKER, field)?;
    let length = usize::from(header.u16(field)?);
    if length < HEADER {
        return Err(reader.error(field, Fault::Length(length)));
    }
    reader.take(length, field)
}
