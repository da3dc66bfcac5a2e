//! Messages of packet captures: TCP connections with port 179 at one end, put together from their packets.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Result, anyhow};
use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::traits::PcapNGPacketBlock as _;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::message::HEADER_LENGTH;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::negotiated::Negotiated;

use super::stream::{Piece, Stream};
use super::{Captured, Side, Sink};

const PORT: u16 = 179;

/// The largest block of a capture that is read, in octets.
const MOST_OCTETS: usize = 1 << 24;

/// One end of a connection.
type End = (IpAddr, u16);

/// Everything that is known of the connections.
#[derive(Default)]
struct Connections {
    streams: HashMap<(End, End), Stream>,
    opens: HashMap<(End, End), Open>,
    /// How many messages there were.
    messages: u64,
}

/// The octets that told what the file is, and those behind them, as one: the reader of captures looks at its first ones once.
struct Joined<'i> {
    input: &'i mut (dyn BufRead + Send),
    has_begun: bool,
}

impl Read for Joined<'_> {
    fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
        let mut count = self.input.read(space)?;
        if !std::mem::replace(&mut self.has_begun, true) && count > 0 {
            count += self.input.read(space.get_mut(count..).unwrap_or_default())?;
        }
        Ok(count)
    }
}

/// What the reader of a capture needs to go on.
#[derive(Clone, Copy, Debug)]
enum Need {
    /// It is at the end.
    Nothing,
    /// More octets of the file.
    More,
    /// A larger buffer.
    Room,
    /// Another file.
    Another,
}

impl Need {
    const fn of(error: &PcapError<&[u8]>) -> Self {
        match error {
            PcapError::Eof => Self::Nothing,
            PcapError::Incomplete(_) | PcapError::UnexpectedEof => Self::More,
            PcapError::BufferTooSmall => Self::Room,
            _ => Self::Another,
        }
    }
}

/// Reads every packet. Others than those of BGP are passed over.
pub(crate) fn read(input: &mut (dyn BufRead + Send), sink: &mut dyn Sink) -> Result<()> {
    // The reader wants something that it may own.
    let input: Box<dyn Read + Send + '_> = Box::new(Joined { input, has_begun: false });
    let mut reader =
        create_reader(1 << 16, input).map_err(|error| anyhow!("no packet capture: {error}"))?;
    let mut connections = Connections::default();
    let mut interfaces: Vec<(Linktype, u64, u64)> = Vec::new();
    let mut number = 0u64;
    loop {
        match reader.next() {
            Ok((used, block)) => {
                let packet = match &block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        let nanoseconds = header.is_nanosecond_precision();
                        let unit = if nanoseconds { 1_000_000_000 } else { 1_000_000 };
                        interfaces = vec![(header.network, unit, 0)];
                        None
                    }
                    PcapBlockOwned::Legacy(packet) => interfaces.first().map(|(link, unit, _)| {
                        let fraction = u64::from(packet.ts_usec) * (1_000_000_000 / unit);
                        let time = Duration::from_secs(packet.ts_sec.into())
                            + Duration::from_nanos(fraction);
                        (*link, time, packet.data)
                    }),
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                        interfaces.clear();
                        None
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                        let unit = interface.ts_resolution().unwrap_or(1_000_000).max(1);
                        let offset = u64::try_from(interface.ts_offset()).unwrap_or(0);
                        interfaces.push((interface.linktype, unit, offset));
                        None
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        let index = usize::try_from(packet.if_id).unwrap_or(usize::MAX);
                        interfaces.get(index).map(|(link, unit, offset)| {
                            let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                            let nanoseconds =
                                u128::from(ticks % unit) * 1_000_000_000 / u128::from(*unit);
                            let time = Duration::from_secs((ticks / unit).saturating_add(*offset))
                                + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0));
                            (*link, time, packet.packet_data())
                        })
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => interfaces
                        .first()
                        .map(|(link, _, _)| (*link, Duration::ZERO, packet.packet_data())),
                    PcapBlockOwned::NG(_) => None,
                };
                if let Some((link, time, octets)) = packet {
                    number += 1;
                    connections.packet(link, time, number, octets, sink)?;
                }
                reader.consume(used);
            }
            Err(error) => {
                let place = format!("packet {}", number + 1);
                match Need::of(&error) {
                    Need::Nothing => break,
                    Need::More if reader.reader_exhausted() => {
                        sink.fault(&place, "the file ends in it");
                        break;
                    }
                    Need::More => {
                        let refilled = reader.refill();
                        refilled.map_err(|_| anyhow!("the capture can not be read on"))?;
                    }
                    Need::Room if reader.grow(MOST_OCTETS) => {}
                    Need::Room | Need::Another => {
                        sink.fault(&place, "what follows is no packet");
                        break;
                    }
                }
            }
        }
    }
    for ((sender, receiver), stream) in &connections.streams {
        if stream.left() > 0 {
            let place = format!("connection from {} to {}", sender.0, receiver.0);
            sink.fault(&place, &format!("{} octets at its end are no message", stream.left()));
        }
    }
    Ok(())
}

impl Connections {
    fn packet(
        &mut self,
        link: Linktype,
        time: Duration,
        number: u64,
        octets: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let sliced = match link {
            Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(octets).ok(),
            // Linux "any" captures: 14 octets and the EtherType, or the EtherType first.
            Linktype::LINUX_SLL => ip(octets.get(16..)),
            Linktype::LINUX_SLL2 => ip(octets.get(20..)),
            Linktype::NULL | Linktype::LOOP => ip(octets.get(4..)),
            Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 => ip(Some(octets)),
            Linktype(12 | 14) => ip(Some(octets)),
            _ => None,
        };
        let Some(sliced) = sliced else { return Ok(()) };
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { return Ok(()) };
        if tcp.source_port() != PORT && tcp.destination_port() != PORT {
            return Ok(());
        }
        let (from, to): (IpAddr, IpAddr) = match &sliced.net {
            Some(LaxNetSlice::Ipv4(ip)) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            Some(LaxNetSlice::Ipv6(ip)) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            _ => return Ok(()),
        };
        let sender = (from, tcp.source_port());
        let receiver = (to, tcp.destination_port());
        let stream = self.streams.entry((sender, receiver)).or_default();
        if tcp.syn() {
            stream.begin(tcp.sequence_number().wrapping_add(1));
            self.opens.remove(&(sender, receiver));
        }
        let missing = stream.segment(tcp.sequence_number(), tcp.payload());
        if let Some(missing) = missing {
            let why = format!("{missing} octets before it from {from} to {to} are not there");
            sink.fault(&format!("packet {number}"), &why);
        }
        while let Some(piece) = self.streams.get_mut(&(sender, receiver)).and_then(Stream::take) {
            let place = format!("packet {number}");
            match piece {
                Piece::Skipped(octets) => {
                    sink.fault(&place, &format!("{octets} octets are no message"));
                }
                Piece::Message(message) => {
                    self.message(time, &place, (sender, receiver), &message, sink)?;
                }
            }
        }
        Ok(())
    }

    fn message(
        &mut self,
        time: Duration,
        place: &str,
        (sender, receiver): (End, End),
        message: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<()> {
        if message.get(18) == Some(&MessageType::OPEN.0)
            && let Ok(open) = Open::decode(message.get(HEADER_LENGTH..).unwrap_or_default())
        {
            self.opens.insert((sender, receiver), open);
        }
        let (ours, theirs) =
            (self.opens.get(&(sender, receiver)), self.opens.get(&(receiver, sender)));
        let negotiated = Negotiated::observed(ours, theirs);
        let number = self.messages;
        self.messages += 1;
        let side = |end: End, open: Option<&Open>| Side {
            address: end.0,
            asn: open.map(|open| open.capabilities.asn4().unwrap_or(Asn(open.asn.into()))),
            router_id: open.map_or(Ipv4Addr::UNSPECIFIED, |open| open.router_id),
        };
        sink.message(&Captured {
            time,
            place: &place,
            number,
            sender: &side(sender, ours),
            receiver: &side(receiver, theirs),
            read: super::Read::Agreed(&negotiated),
            octets: message,
            within: super::Within::Packets,
        })
    }
}

fn ip(octets: Option<&[u8]>) -> Option<LaxSlicedPacket<'_>> {
    LaxSlicedPacket::from_ip(octets?).ok()
}
