//! MRT records that we write, read by bgpkit-parser: what it says of them is what was written.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr};

use bgpkit_parser::models::{
    Asn as TheirAsn, AsnLength, Bgp4MpEnum, Bgp4MpType, MrtMessage, MrtRecord,
    RibEntry as TheirEntry, TableDumpV2Message, TableDumpV2Type,
};
use bgpkit_parser::parse_mrt_record;
use bgpkit_parser::parser::bgp::messages::parse_bgp_message;
use bytes::Bytes;
use yottabgp_mrt::{
    Content, Message, Peer, PeerIndexTable, Precision, Record, Rib, RibEntry, StateChange,
    has_path_identifiers, push_attributes,
};
use yottabgp_oracle::known::DECODERS;
use yottabgp_oracle::update;
use yottabgp_testkit::cases;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::attribute::{Attribute, set};
use yottabgp_wire::codes::Family;
use yottabgp_wire::next_hop::NextHop;

const SECONDS: u32 = 1_800_000_000;
const BIG: Asn = Asn(4_200_000_001);

/// What they read.
fn theirs(file: &[u8]) -> Vec<MrtRecord> {
    let mut cursor = Cursor::new(file);
    let mut records = Vec::new();
    while (cursor.position() as usize) < file.len() {
        let record = parse_mrt_record(&mut cursor);
        records
            .push(record.unwrap_or_else(|error| panic!("record {}: {error}", records.len() + 1)));
    }
    records
}

/// How many records we read.
fn ours(file: &[u8]) -> usize {
    let (mut rest, mut count) = (file, 0);
    while let Some((record, length)) = Record::take(rest).unwrap() {
        assert!(!matches!(record.read(), Err(_) | Ok(Content::Other)), "record {count}");
        rest = &rest[length..];
        count += 1;
    }
    assert!(rest.is_empty());
    count
}

fn message(octets: &[u8]) -> Message<'_> {
    Message {
        microseconds: 250_000,
        peer_as: BIG,
        local_as: Asn(65_001),
        peer: "192.0.2.1".parse().unwrap(),
        local: "192.0.2.2".parse().unwrap(),
        asn4: true,
        is_local: false,
        path_id: false,
        octets,
    }
}

#[test]
fn each_message_is_the_one_that_was_recorded() {
    let bgpkit = DECODERS.iter().find(|decoder| decoder.name == "bgpkit").expect("a row");
    let all = cases::read(&cases::folder());
    let known: Vec<_> = all
        .iter()
        .filter(|case| bgpkit.knows(case))
        .map(update::message)
        // What it can not read elsewhere either says nothing about MRT.
        .filter(|octets| {
            parse_bgp_message(&mut Bytes::copy_from_slice(octets), false, &AsnLength::Bits32)
                .is_ok()
        })
        .collect();
    assert!(known.len() > 20, "{} cases", known.len());
    let mut file = Vec::new();
    let ipv6: [IpAddr; 2] = ["2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap()];
    for (number, octets) in known.iter().enumerate() {
        let mut message = message(octets);
        message.is_local = number % 2 == 1;
        if number % 3 == 0 {
            [message.peer, message.local] = ipv6;
        }
        let precision = if number % 5 == 0 { Precision::Seconds } else { Precision::Microseconds };
        message.push(SECONDS, precision, &mut file).unwrap();
    }
    let read = theirs(&file);
    assert_eq!((read.len(), ours(&file)), (known.len(), known.len()));
    for (number, (record, octets)) in read.iter().zip(&known).enumerate() {
        let header = record.common_header;
        let microseconds = (number % 5 != 0).then_some(250_000);
        assert_eq!((header.timestamp, header.microsecond_timestamp), (SECONDS, microseconds));
        let MrtMessage::Bgp4Mp(Bgp4MpEnum::Message(message)) = &record.message else {
            panic!("{record:?}")
        };
        assert_eq!(message.is_local(), number % 2 == 1);
        let ends: [IpAddr; 2] = match number % 3 {
            0 => ipv6,
            _ => ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()],
        };
        assert_eq!([message.peer_ip, message.local_ip], ends);
        assert_eq!(message.peer_asn, TheirAsn::new_32bit(BIG.0));
        assert_eq!(message.local_asn, TheirAsn::new_32bit(65_001));
        let mut octets = Bytes::copy_from_slice(octets);
        let alone = parse_bgp_message(&mut octets, false, &AsnLength::Bits32).unwrap();
        assert_eq!(message.bgp_message, alone, "case {number}");
    }
}

/// An UPDATE of IPv4 unicast with ORIGIN, AS_PATH 65002 64500, NEXT_HOP 192.0.2.1 and this field of NLRI.
fn plain(asn4: bool, nlri: &[u8]) -> Vec<u8> {
    let path: &[u8] = match asn4 {
        true => &[0x40, 2, 10, 2, 2, 0, 0, 0xFD, 0xEA, 0, 0, 0xFB, 0xF4],
        false => &[0x40, 2, 6, 2, 2, 0xFD, 0xEA, 0xFB, 0xF4],
    };
    let attributes = [&[0x40, 1, 1, 0][..], path, &[0x40, 3, 4, 192, 0, 2, 1]].concat();
    let body = [&[0, 0, 0, attributes.len() as u8][..], &attributes, nlri].concat();
    let length = ((19 + body.len()) as u16).to_be_bytes();
    [&[0xFF; 16][..], &length, &[2], &body].concat()
}

#[test]
fn path_identifiers_and_two_octet_paths_are_read() {
    let rows = [
        (false, false, Bgp4MpType::Message),
        (true, false, Bgp4MpType::MessageAs4),
        (false, true, Bgp4MpType::MessageAddpath),
        (true, true, Bgp4MpType::MessageAs4Addpath),
    ];
    let mut file = Vec::new();
    for (asn4, path_id, _) in rows {
        let nlri: &[u8] = if path_id { &[0, 0, 0, 7, 24, 10, 9, 0] } else { &[24, 10, 9, 0] };
        let octets = plain(asn4, nlri);
        assert_eq!(has_path_identifiers(&octets[19..], |_| path_id), path_id);
        let message = Message { asn4, path_id, peer_as: Asn(65_002), ..message(&octets) };
        message.push(SECONDS, Precision::Microseconds, &mut file).unwrap();
    }
    let read = theirs(&file);
    assert_eq!((read.len(), ours(&file)), (rows.len(), rows.len()));
    for (record, (_, path_id, subtype)) in read.iter().zip(rows) {
        let MrtMessage::Bgp4Mp(Bgp4MpEnum::Message(message)) = &record.message else {
            panic!("{record:?}")
        };
        assert_eq!(message.msg_type, subtype);
        let bgpkit_parser::models::BgpMessage::Update(update) = &message.bgp_message else {
            panic!("{message:?}")
        };
        let prefix = update.announced_prefixes[0];
        assert_eq!(prefix.prefix.to_string(), "10.9.0.0/24");
        assert_eq!(prefix.path_id, path_id.then_some(7));
        assert_eq!(update.attributes.as_path().unwrap().to_string(), "65002 64500");
        assert_eq!(update.attributes.next_hop(), Some("192.0.2.1".parse().unwrap()));
    }
}

#[test]
fn changes_of_state_are_read() {
    let mut file = Vec::new();
    let ends = message(&[]);
    for (peer_as, old, new) in [(Asn(65_002), 1, 2), (BIG, 5, 6)] {
        let change = StateChange {
            microseconds: 1,
            peer_as,
            local_as: Asn(65_001),
            peer: ends.peer,
            local: ends.local,
            old,
            new,
        };
        change.push(SECONDS, Precision::Microseconds, &mut file).unwrap();
    }
    let read: Vec<_> = theirs(&file)
        .into_iter()
        .map(|record| match record.message {
            MrtMessage::Bgp4Mp(Bgp4MpEnum::StateChange(change)) => (
                change.msg_type,
                change.peer_asn.to_u32(),
                u16::from(change.old_state),
                u16::from(change.new_state),
            ),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        read,
        [(Bgp4MpType::StateChange, 65_002, 1, 2), (Bgp4MpType::StateChangeAs4, BIG.0, 5, 6)]
    );
}

/// A set as the Adj-RIB-In keeps it: ORIGIN, AS_PATH 65002 4200000001, MED 5, COMMUNITIES 65000:1.
fn attributes() -> Vec<u8> {
    let mut octets = Vec::new();
    let [a, b, c, d] = BIG.0.to_be_bytes();
    for (flags, code, value) in [
        (0x40, 1, &[0][..]),
        (0x40, 2, &[2, 2, 0, 0, 0xFD, 0xEA, a, b, c, d]),
        (0x80, 4, &[0, 0, 0, 5]),
        (0xC0, 8, &[0xFD, 0xE8, 0, 1]),
    ] {
        set::push_received(&Attribute { flags, code, value }, &mut octets);
    }
    octets
}

fn agrees(entry: &TheirEntry, peer: u16, path_id: Option<u32>, next_hop: &str) {
    assert_eq!((entry.peer_index, entry.path_id), (peer, path_id));
    assert_eq!(entry.originated_time, SECONDS - 9);
    let attributes = &entry.attributes;
    assert_eq!(attributes.as_path().unwrap().to_string(), "65002 4200000001");
    assert_eq!(attributes.multi_exit_discriminator(), Some(5));
    let communities: Vec<_> = attributes.iter_communities().map(|one| one.to_string()).collect();
    assert_eq!(communities, ["65000:1"]);
    let reachable = attributes.get_reachable_nlri().and_then(|nlri| nlri.next_hop);
    let found = attributes.next_hop().or(reachable.map(|next_hop| next_hop.addr()));
    assert_eq!(found, Some(next_hop.parse().unwrap()));
}

#[test]
fn each_route_of_a_table_is_the_one_that_was_written() {
    let index = PeerIndexTable {
        collector: Ipv4Addr::new(10, 0, 0, 1),
        peers: vec![
            Peer {
                router_id: Ipv4Addr::new(10, 0, 0, 2),
                address: "192.0.2.1".parse().unwrap(),
                asn: Asn(65_002),
            },
            Peer {
                router_id: Ipv4Addr::new(10, 0, 0, 3),
                address: "2001:db8::1".parse().unwrap(),
                asn: BIG,
            },
        ],
    };
    let mut file = Vec::new();
    index.push(SECONDS, &mut file).unwrap();
    // Of other families (RIB_GENERIC) it reads none.
    let v4: IpAddr = "192.0.2.9".parse().unwrap();
    let v6: IpAddr = "2001:db8::9".parse().unwrap();
    let rows: [(Family, &[u8], IpAddr, bool, TableDumpV2Type, &str); 5] = [
        (
            Family::IPV4_UNICAST,
            &[24, 10, 9, 0],
            v4,
            false,
            TableDumpV2Type::RibIpv4Unicast,
            "10.9.0.0/24",
        ),
        (
            Family::IPV4_UNICAST,
            &[24, 10, 9, 0],
            v4,
            true,
            TableDumpV2Type::RibIpv4UnicastAddPath,
            "10.9.0.0/24",
        ),
        (Family::IPV4_UNICAST, &[0], v6, false, TableDumpV2Type::RibIpv4Unicast, "0.0.0.0/0"),
        (
            Family::IPV6_UNICAST,
            &[32, 0x20, 1, 0x0D, 0xB8],
            v6,
            false,
            TableDumpV2Type::RibIpv6Unicast,
            "2001:db8::/32",
        ),
        (
            Family::IPV6_UNICAST,
            &[32, 0x20, 1, 0x0D, 0xB8],
            v6,
            true,
            TableDumpV2Type::RibIpv6UnicastAddPath,
            "2001:db8::/32",
        ),
    ];
    for (number, (family, nlri, next_hop, paths, ..)) in rows.iter().enumerate() {
        let mut octets = Vec::new();
        push_attributes(*family, &attributes(), NextHop::from(*next_hop), &mut octets);
        let entry = |peer, path_id| RibEntry {
            peer: Err(peer),
            originated: SECONDS - 9,
            path_id,
            attributes: &octets,
            asn4: true,
        };
        let entries = match paths {
            false => vec![entry(0, None), entry(1, None)],
            true => vec![entry(1, Some(1)), entry(1, Some(u32::MAX))],
        };
        let rib = Rib { family: *family, nlri, entries };
        rib.push(SECONDS, number as u32, &mut file).unwrap();
    }
    let read = theirs(&file);
    assert_eq!((read.len(), ours(&file)), (rows.len() + 1, rows.len() + 1));
    let MrtMessage::TableDumpV2Message(TableDumpV2Message::PeerIndexTable(table)) =
        &read[0].message
    else {
        panic!("{:?}", read[0])
    };
    assert_eq!(table.collector_bgp_id, index.collector);
    for (number, peer) in index.peers.iter().enumerate() {
        let their = table.id_peer_map[&(number as u16)];
        assert_eq!((their.peer_bgp_id, their.peer_ip), (peer.router_id, peer.address));
        assert_eq!(their.peer_asn.to_u32(), peer.asn.0);
    }
    for (number, (record, row)) in read[1..].iter().zip(rows).enumerate() {
        let (_, _, next_hop, paths, subtype, prefix) = row;
        let (sequence, is, nlri, entries) = match &record.message {
            MrtMessage::TableDumpV2Message(TableDumpV2Message::RibAfi(rib)) => {
                (rib.sequence_number, rib.rib_type, rib.prefix, &rib.rib_entries)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!((sequence, is), (number as u32, subtype));
        assert_eq!(nlri.prefix.to_string(), prefix);
        let peers = match paths {
            false => [(0, None), (1, None)],
            true => [(1, Some(1)), (1, Some(u32::MAX))],
        };
        assert_eq!(entries.len(), 2);
        for (entry, (peer, path_id)) in entries.iter().zip(peers) {
            agrees(entry, peer, path_id, &next_hop.to_string());
        }
    }
}
