//! The messages that a station gets of a session.

use std::time::Duration;

use yottabgp_bmp::{
    Information, InformationIter, InformationType, MessageType, PeerDown, PeerDownReason,
    PeerHeader, PeerType, PeerUp, Policy, RibView, TerminationReason, push,
};
use yottabgp_session::event::{Ending, Up};
use yottabgp_wire::message::HEADER_LENGTH;

/// The octets of a Route Monitoring message beside those of the UPDATE.
pub(super) const AROUND: usize = yottabgp_bmp::HEADER_LENGTH + PeerHeader::LENGTH;

/// The event of RFC 4271 section 8.1 that ends a session without a NOTIFICATION: ManualStop.
const MANUAL_STOP: u16 = 2;

/// The header of messages about a session, as it is before a view is chosen.
pub(super) fn header_of(up: &Up<'_>) -> PeerHeader {
    let address = up.negotiated.peer_address;
    PeerHeader {
        kind: PeerType::GLOBAL,
        view: RibView::AdjRibIn,
        policy: Policy::Pre,
        has_two_octet_as_path: !up.negotiated.asn4,
        is_filtered: false,
        is_ipv6: address.is_ipv6(),
        distinguisher: [0; 8],
        address,
        asn: up.negotiated.peer_as,
        router_id: up.negotiated.peer_router_id,
        time: Duration::ZERO,
    }
}

/// The header of messages about one of the tables of a session: what it sends is what it would send after any policy.
pub(super) const fn of_view(header: PeerHeader, view: RibView, time: Duration) -> PeerHeader {
    let policy = match view {
        RibView::AdjRibIn => Policy::Pre,
        RibView::AdjRibOut | RibView::LocRib => Policy::Post,
    };
    PeerHeader { view, policy, time, ..header }
}

/// Appends Route Monitoring with an UPDATE, whose header and body may come apart.
pub(super) fn push_routes(header: &PeerHeader, update: [&[u8]; 2], out: &mut Vec<u8>) {
    push(MessageType::ROUTE_MONITORING, out, |out| {
        header.push(out);
        update.iter().for_each(|part| out.extend_from_slice(part));
    });
}

/// Appends Route Monitoring for each of these UPDATEs, which stand one behind the other. Returns how many there are.
pub(super) fn push_all_routes(header: &PeerHeader, updates: &[u8], out: &mut Vec<u8>) -> u64 {
    let mut count = 0;
    let mut rest = updates;
    while let Some([high, low]) = rest.get(16..18) {
        let length = usize::from(u16::from_be_bytes([*high, *low])).max(HEADER_LENGTH);
        let (update, more) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        push_routes(header, [update, &[]], out);
        count += 1;
        rest = more;
    }
    count
}

/// Appends Peer Up.
pub(super) fn push_up(header: &PeerHeader, up: &Up<'_>, out: &mut Vec<u8>) {
    let mut sent_open = Vec::new();
    up.sent_open.encode(&mut sent_open);
    push(MessageType::PEER_UP, out, |out| {
        header.push(out);
        let up = PeerUp {
            local_address: up.local.ip(),
            local_port: up.local.port(),
            remote_port: up.remote.port(),
            sent_open: &sent_open,
            received_open: up.received_open,
            information: InformationIter::of(&[]),
        };
        up.push(out);
    });
}

/// Appends Peer Down of a session that ended.
pub(super) fn push_down(header: &PeerHeader, ending: &Ending<'_>, out: &mut Vec<u8>) {
    let mut data = Vec::new();
    let reason = match ending {
        Ending::Notified(notification) => {
            notification.encode(&mut data);
            PeerDownReason::LOCAL_NOTIFICATION
        }
        Ending::Silent => {
            data.extend_from_slice(&MANUAL_STOP.to_be_bytes());
            PeerDownReason::LOCAL
        }
        Ending::PeerNotified(notification) => {
            notification.encode(&mut data);
            PeerDownReason::REMOTE_NOTIFICATION
        }
        Ending::Lost => PeerDownReason::REMOTE,
    };
    push_down_for(header, reason, &data, out);
}

/// Appends Peer Down of a session that goes on: the station is to forget what it knows of it.
pub(super) fn push_forget(header: &PeerHeader, out: &mut Vec<u8>) {
    push_down_for(header, PeerDownReason::DECONFIGURED, &[], out);
}

fn push_down_for(header: &PeerHeader, reason: PeerDownReason, data: &[u8], out: &mut Vec<u8>) {
    push(MessageType::PEER_DOWN, out, |out| {
        header.push(out);
        PeerDown { reason, data }.push(out);
    });
}

/// Appends Initiation.
pub(super) fn push_initiation(name: &str, description: &str, out: &mut Vec<u8>) {
    push(MessageType::INITIATION, out, |out| {
        for (kind, text) in
            [(InformationType::SYS_DESCR, description), (InformationType::SYS_NAME, name)]
        {
            Information { kind: kind.0, value: text.as_bytes() }.push(out);
        }
    });
}

/// Appends Termination.
pub(super) fn push_termination(text: &str, out: &mut Vec<u8>) {
    push(MessageType::TERMINATION, out, |out| {
        Information::push_termination_reason(TerminationReason::ADMINISTRATIVE, out);
        Information { kind: InformationType::STRING.0, value: text.as_bytes() }.push(out);
    });
}
