//! Messages and routes of MRT files.

use std::io::{BufRead, Read as _};
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use yottabgp_mrt::{
    Content, HEADER_LENGTH, MOST_OCTETS, Message, Peer, PeerIndexTable, Record, Rib,
};
use yottabgp_wire::negotiated::Negotiated;

use super::{Captured, Side, Sink};

/// Reads every record. One that is wrong inside is told and passed over.
pub(super) fn read(input: &mut (dyn BufRead + Send), sink: &mut dyn Sink) -> Result<()> {
    let mut record = Vec::new();
    let mut peers = None;
    for number in 1u64.. {
        let place = format!("record {number}");
        record.clear();
        input.take(HEADER_LENGTH as u64).read_to_end(&mut record)?;
        if record.is_empty() {
            break;
        }
        if let Some(Ok(length)) = record.get(8..).map(<[u8; 4]>::try_from) {
            // A length that no record has is refused below, without what it counts.
            let length = u64::from(u32::from_be_bytes(length));
            if length <= MOST_OCTETS as u64 {
                input.take(length).read_to_end(&mut record)?;
            }
        }
        let taken = match Record::take(&record) {
            Ok(Some((taken, _))) => taken,
            Ok(None) => {
                sink.fault(&place, "the file ends in it");
                break;
            }
            Err(error) => {
                sink.fault(&place, &error.to_string());
                break;
            }
        };
        let time = Duration::from_secs(taken.seconds.into());
        match taken.read() {
            Ok(Content::Message(message)) => message_of(time, place, &message, sink)?,
            Ok(Content::PeerIndexTable(table)) => peers = Some(table),
            Ok(Content::Rib(rib)) => routes(&place, &rib, peers.as_ref(), sink)?,
            Ok(Content::StateChange(_) | Content::Other) => {}
            Err(error) => sink.fault(&place, &error.to_string()),
        }
    }
    Ok(())
}

fn message_of(
    time: Duration,
    place: String,
    message: &Message<'_>,
    sink: &mut dyn Sink,
) -> Result<()> {
    let side = |address, asn| Side { address, asn: Some(asn), router_id: Ipv4Addr::UNSPECIFIED };
    let peer = side(message.peer, message.peer_as);
    let local = side(message.local, message.local_as);
    let (sender, receiver) = if message.is_local { (&local, &peer) } else { (&peer, &local) };
    let mut negotiated = Negotiated::permissive();
    negotiated.asn4 = message.asn4;
    if let (Some(sender), Some(receiver)) = (sender.asn, receiver.asn) {
        (negotiated.peer_as, negotiated.local_as) = (sender, receiver);
    }
    if message.path_id {
        negotiated.add_path.everywhere = true;
    }
    sink.message(&Captured {
        time: time + Duration::from_micros(message.microseconds.into()),
        place,
        sender,
        receiver,
        negotiated: &negotiated,
        octets: message.octets,
    })
}

/// Every route of a table dump, as the UPDATE that announces it.
fn routes(
    place: &str,
    rib: &Rib<'_>,
    peers: Option<&PeerIndexTable>,
    sink: &mut dyn Sink,
) -> Result<()> {
    let collector = peers.map_or(Ipv4Addr::UNSPECIFIED, |peers| peers.collector);
    for (number, entry) in rib.entries.iter().enumerate() {
        let place = format!("{place} entry {}", number + 1);
        let known = match entry.peer {
            Ok(peer) => Some(peer),
            Err(index) => peers.and_then(|peers| peers.peers.get(usize::from(index))).copied(),
        };
        let Some(Peer { router_id, address, asn }) = known else {
            sink.fault(&place, "its peer is in no index of the file before it");
            continue;
        };
        let sender = Side { address, asn: Some(asn), router_id };
        let receiver = Side { address: collector.into(), asn: None, router_id: collector };
        let mut negotiated = Negotiated::permissive();
        negotiated.asn4 = entry.asn4;
        negotiated.peer_as = asn;
        if entry.path_id.is_some() {
            negotiated.add_path.everywhere = true;
        }
        match rib.update(entry) {
            Ok(body) => sink.message(&Captured {
                time: Duration::from_secs(entry.originated.into()),
                place,
                sender: &sender,
                receiver: &receiver,
                negotiated: &negotiated,
                octets: &body,
            })?,
            Err(error) => sink.fault(&place, &error.to_string()),
        }
    }
    Ok(())
}
