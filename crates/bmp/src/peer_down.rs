//! Peer Down (RFC 7854 section 4.9, RFC 9069 section 5.3): why a session ended.

use yottabgp_wire::io::reader::{Reader, WireError};

use crate::codes::PeerDownReason;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerDown<'a> {
    /// The reason.
    pub reason: PeerDownReason,
    /// What it comes with: a NOTIFICATION with its header, the event of the state machine in two octets, or nothing.
    pub data: &'a [u8],
}

impl<'a> PeerDown<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let reason = PeerDownReason(reader.u8("BMP peer down reason")?);
        Ok(Self { reason, data: reader.rest() })
    }

    /// Appends it, behind the header of the peer.
    pub fn push(&self, out: &mut Vec<u8>) {
        out.push(self.reason.0);
        out.extend_from_slice(self.data);
    }

    /// The NOTIFICATION with its header, where the reason is one.
    pub fn notification(&self) -> Option<&'a [u8]> {
        let has = matches!(
            self.reason,
            PeerDownReason::LOCAL_NOTIFICATION | PeerDownReason::REMOTE_NOTIFICATION
        );
        Some(self.data).filter(|data| has && !data.is_empty())
    }

    /// The event of the router's state machine (RFC 4271 section 8.1) that ended the session; 0 stands for none.
    pub fn event(&self) -> Option<u16> {
        let event = self.data.first_chunk().copied().map(u16::from_be_bytes);
        event.filter(|_| self.reason == PeerDownReason::LOCAL)
    }
}
