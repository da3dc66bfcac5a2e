//! What is written is read again as it was, and a file that ends in a record is told from one that ends behind it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use yottabgp_mrt::{
    Content, HEADER_LENGTH, Message, Peer, PeerIndexTable, Precision, Record, Rib, RibEntry,
    RibRecord, StateChange, Unwritable,
};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family, Safi};

/// What a record is made of, with its octets owned.
#[derive(Clone, Debug)]
enum Made {
    Message { ends: Ends, asn4: bool, is_local: bool, path_id: bool, octets: Vec<u8> },
    StateChange { ends: Ends, old: u16, new: u16 },
    Peers { collector: Ipv4Addr, peers: Vec<Peer> },
    Rib { family: Family, nlri: Vec<u8>, entries: Vec<Entry>, path_id: bool },
}

#[derive(Clone, Debug)]
struct Ends {
    peer: IpAddr,
    local: IpAddr,
    peer_as: Asn,
    local_as: Asn,
}

#[derive(Clone, Debug)]
struct Entry {
    peer: u16,
    originated: u32,
    path_id: u32,
    attributes: Vec<u8>,
}

impl Made {
    fn push(
        &self,
        seconds: u32,
        microseconds: u32,
        precision: Precision,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        match self {
            Self::Message { octets, .. } => {
                let Content::Message(message) = self.content(microseconds) else { panic!() };
                // In one part and in two it is the same.
                let (head, tail) = octets.split_at(octets.len() / 2);
                let mut parts = Vec::new();
                let message_in_parts = Message { octets: &[], ..message };
                message_in_parts.push_parts(seconds, precision, &[head, tail], &mut parts)?;
                let before = out.len();
                message.push(seconds, precision, out)?;
                assert_eq!(out[before..], parts);
                Ok(())
            }
            Self::StateChange { .. } => {
                let Content::StateChange(change) = self.content(microseconds) else { panic!() };
                change.push(seconds, precision, out)
            }
            Self::Peers { .. } => {
                let Content::PeerIndexTable(table) = self.content(microseconds) else { panic!() };
                table.push(seconds, out)
            }
            Self::Rib { .. } => {
                let Content::Rib(rib) = self.content(microseconds) else { panic!() };
                rib.push(seconds, 7, out)
            }
        }
    }

    /// What reading has to give.
    fn content(&self, microseconds: u32) -> Content<'_> {
        match self {
            Self::Message { ends, asn4, is_local, path_id, octets } => Content::Message(Message {
                microseconds,
                peer_as: ends.peer_as,
                local_as: ends.local_as,
                peer: ends.peer,
                local: ends.local,
                asn4: *asn4,
                is_local: *is_local,
                path_id: *path_id,
                octets,
            }),
            Self::StateChange { ends, old, new } => Content::StateChange(StateChange {
                microseconds,
                peer_as: ends.peer_as,
                local_as: ends.local_as,
                peer: ends.peer,
                local: ends.local,
                old: *old,
                new: *new,
            }),
            Self::Peers { collector, peers } => Content::PeerIndexTable(PeerIndexTable {
                collector: *collector,
                peers: peers.clone(),
            }),
            Self::Rib { family, nlri, entries, path_id } => {
                let entries = entries.iter().map(|entry| RibEntry {
                    peer: Err(entry.peer),
                    originated: entry.originated,
                    path_id: path_id.then_some(entry.path_id),
                    attributes: &entry.attributes,
                    asn4: true,
                });
                Content::Rib(Rib { family: *family, nlri, entries: entries.collect() })
            }
        }
    }
}

fn address(ipv4: bool) -> BoxedStrategy<IpAddr> {
    match ipv4 {
        true => any::<u32>().prop_map(|octets| Ipv4Addr::from(octets).into()).boxed(),
        false => any::<u128>().prop_map(|octets| Ipv6Addr::from(octets).into()).boxed(),
    }
}

fn ends(most: u32) -> impl Strategy<Value = Ends> {
    any::<bool>()
        .prop_flat_map(move |ipv4| (address(ipv4), address(ipv4), 0..=most, 0..=most))
        .prop_map(|(peer, local, peer_as, local_as)| Ends {
            peer,
            local,
            peer_as: Asn(peer_as),
            local_as: Asn(local_as),
        })
}

fn message() -> impl Strategy<Value = Made> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_flat_map(|(asn4, is_local, path_id)| {
        let most = if asn4 { u32::MAX } else { u16::MAX.into() };
        (ends(most), vec(any::<u8>(), 0..80)).prop_map(move |(ends, octets)| Made::Message {
            ends,
            asn4,
            is_local,
            path_id,
            octets,
        })
    })
}

fn state_change() -> impl Strategy<Value = Made> {
    let ends = prop_oneof![ends(u16::MAX.into()), ends(u32::MAX)];
    (ends, 1u16..7, 1u16..7).prop_map(|(ends, old, new)| Made::StateChange { ends, old, new })
}

fn peers() -> impl Strategy<Value = Made> {
    let peer = any::<bool>()
        .prop_flat_map(|ipv4| (any::<u32>(), address(ipv4), any::<u32>()))
        .prop_map(|(router_id, address, asn)| Peer {
            router_id: router_id.into(),
            address,
            asn: Asn(asn),
        });
    (any::<u32>(), vec(peer, 0..5))
        .prop_map(|(collector, peers)| Made::Peers { collector: collector.into(), peers })
}

/// NLRI of every family that has subtypes, and of some that RIB_GENERIC has.
fn nlri() -> impl Strategy<Value = (Family, Vec<u8>)> {
    let prefix = |afi: Afi, safi: Safi, most: u8| {
        (0..=most, vec(any::<u8>(), 16)).prop_map(move |(bits, octets)| {
            let octets = octets.into_iter().take(usize::from(bits.div_ceil(8)));
            (Family::new(afi, safi), std::iter::once(bits).chain(octets).collect())
        })
    };
    let vpn = (0u8..=32, vec(any::<u8>(), 12)).prop_map(|(bits, octets)| {
        let mut nlri = vec![24 + 64 + bits, 0, 0, 0x11];
        nlri.extend(octets.iter().take(8 + usize::from(bits.div_ceil(8))));
        (Family::new(Afi::IPV4, Safi(128)), nlri)
    });
    let flow = prop_oneof![1usize..200, 240usize..300].prop_flat_map(|length| {
        vec(any::<u8>(), length).prop_map(move |octets| {
            let head = match length {
                ..240 => vec![u8::try_from(length).unwrap()],
                _ => (0xF000 | u16::try_from(length).unwrap()).to_be_bytes().to_vec(),
            };
            (Family::new(Afi::IPV6, Safi(133)), [head, octets].concat())
        })
    });
    prop_oneof![
        prefix(Afi::IPV4, Safi(1), 32),
        prefix(Afi::IPV4, Safi(2), 32),
        prefix(Afi::IPV6, Safi(1), 128),
        prefix(Afi::IPV6, Safi(2), 128),
        vpn,
        flow,
    ]
}

fn rib() -> impl Strategy<Value = Made> {
    let entry = (any::<u16>(), any::<u32>(), any::<u32>(), vec(any::<u8>(), 0..60)).prop_map(
        |(peer, originated, path_id, attributes)| Entry { peer, originated, path_id, attributes },
    );
    // Without a route nothing says whether there are path identifiers.
    (nlri(), vec(entry, 1..4), any::<bool>())
        .prop_map(|((family, nlri), entries, path_id)| Made::Rib { family, nlri, entries, path_id })
}

fn made() -> impl Strategy<Value = Made> {
    prop_oneof![message(), state_change(), peers(), rib()]
}

proptest! {
    #[test]
    fn a_file_is_read_as_it_was_written(
        records in vec((made(), any::<u32>(), option::of(0u32..1_000_000)), 1..5),
    ) {
        let mut file = Vec::new();
        let mut boundaries = vec![0];
        for (made, seconds, microseconds) in &records {
            let precision = match microseconds {
                Some(_) => Precision::Microseconds,
                None => Precision::Seconds,
            };
            made.push(*seconds, microseconds.unwrap_or(0), precision, &mut file).unwrap();
            boundaries.push(file.len());
        }
        prop_assert!(Record::starts(&file));
        // Of a file that is cut off anywhere the whole records are read, and the rest is known not to be one.
        for end in 0..=file.len() {
            let mut rest = &file[..end];
            let mut read = 0;
            while let Some((record, length)) = Record::take(rest).unwrap() {
                let (made, seconds, microseconds) = &records[read];
                prop_assert_eq!(record.seconds, *seconds);
                prop_assert_eq!(record.read().unwrap(), made.content(microseconds.unwrap_or(0)));
                rest = &rest[length..];
                read += 1;
            }
            prop_assert_eq!(boundaries[read], end - rest.len());
            prop_assert_eq!(rest.is_empty(), boundaries.contains(&end));
        }
    }

    /// The length says that the record is whole, and it is not. A message alone may end anywhere: its own header says where.
    #[test]
    fn a_record_that_is_cut_off_inside_is_refused(
        made in prop_oneof![state_change(), peers(), rib()],
        at in any::<proptest::sample::Index>(),
    ) {
        let mut file = Vec::new();
        made.push(1, 2, Precision::Microseconds, &mut file).unwrap();
        let end = HEADER_LENGTH + at.index(file.len() - HEADER_LENGTH);
        file.truncate(end);
        file[8..12].copy_from_slice(&u32::try_from(end - HEADER_LENGTH).unwrap().to_be_bytes());
        let (record, _) = Record::take(&file).unwrap().unwrap();
        prop_assert!(record.read().is_err());
    }
}

fn ends_of_two_octets() -> Ends {
    Ends {
        peer: "192.0.2.1".parse().unwrap(),
        local: "192.0.2.2".parse().unwrap(),
        peer_as: Asn(4_200_000_001),
        local_as: Asn(65_000),
    }
}

#[test]
fn an_as_that_does_not_fit_is_as_trans() {
    let made = Made::Message {
        ends: ends_of_two_octets(),
        asn4: false,
        is_local: false,
        path_id: false,
        octets: vec![0xFF; 19],
    };
    let mut file = Vec::new();
    made.push(1, 0, Precision::Seconds, &mut file).unwrap();
    let (record, _) = Record::take(&file).unwrap().unwrap();
    let Content::Message(message) = record.read().unwrap() else { panic!("{record:?}") };
    assert_eq!((message.peer_as, message.local_as), (Asn::TRANS, Asn(65_000)));
}

#[test]
fn what_no_record_can_have_is_refused_and_leaves_nothing() {
    let mut out = vec![1, 2, 3];
    let refused = |out: &mut Vec<u8>, made: &Made, expected: Unwritable, text: &str| {
        let error = made.push(1, 0, Precision::Seconds, out).unwrap_err();
        assert_eq!(error, expected);
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(*out, [1, 2, 3]);
    };
    let local = "2001:db8::1".parse().unwrap();
    let ends = Ends { local, ..ends_of_two_octets() };
    let expected = Unwritable::Addresses(ends.peer, local);
    let made = Made::StateChange { ends, old: 1, new: 2 };
    refused(&mut out, &made, expected, "192.0.2.1 with 2001:db8::1");

    let entry = Entry { peer: 0, originated: 0, path_id: 0, attributes: Vec::new() };
    let rib = |nlri: &[u8], entry: &Entry, count| Made::Rib {
        family: Family::IPV4_UNICAST,
        nlri: nlri.to_vec(),
        entries: vec![entry.clone(); count],
        path_id: false,
    };
    // Too long for IPv4, cut off, and two of them.
    for nlri in [&[33, 1, 2, 3, 4, 5][..], &[24, 10, 0], &[8, 10, 8, 11], &[]] {
        let expected = Unwritable::Nlri(Family::IPV4_UNICAST);
        refused(&mut out, &rib(nlri, &entry, 1), expected, "not one NLRI of ipv4 unicast");
    }
    let made = rib(&[8, 10], &entry, 65_536);
    refused(&mut out, &made, Unwritable::Count(65_536), "not 65536");
    let long = Entry { attributes: vec![0; 65_536], ..entry.clone() };
    refused(&mut out, &rib(&[8, 10], &long, 1), Unwritable::Octets(65_536), "65536 octets");
    let peer = Peer { router_id: Ipv4Addr::UNSPECIFIED, address: local, asn: Asn(1) };
    let made = Made::Peers { collector: Ipv4Addr::UNSPECIFIED, peers: vec![peer; 65_536] };
    refused(&mut out, &made, Unwritable::Count(65_536), "not 65536");
}

#[test]
fn a_record_that_is_full_goes_on_in_another_one() {
    // 16 MiB is the most that a reader believes.
    let attributes = vec![0; 65_535];
    let entry = |index| RibEntry {
        peer: Err(index),
        originated: 0,
        path_id: None,
        attributes: &attributes,
        asn4: true,
    };
    let begin = |out: &mut Vec<u8>| {
        RibRecord::begin(1, 0, Family::IPV4_UNICAST, &[8, 10], false, out).unwrap()
    };
    let mut out = Vec::new();
    let mut record = begin(&mut out);
    let mut records = 1;
    for index in 0..300 {
        match record.entry(&entry(index), &mut out) {
            Ok(()) => {}
            Err(Unwritable::Octets(_)) => {
                record.end(&mut out).unwrap();
                record = begin(&mut out);
                record.entry(&entry(index), &mut out).unwrap();
                records += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    record.end(&mut out).unwrap();
    assert_eq!(records, 2);
    let mut rest = out.as_slice();
    let mut indexes = Vec::new();
    while let Some((record, length)) = Record::take(rest).unwrap() {
        let Content::Rib(rib) = record.read().unwrap() else { panic!("{}", record.subtype) };
        indexes.extend(rib.entries.iter().map(|entry| entry.peer.unwrap_err()));
        rest = &rest[length..];
    }
    assert!(rest.is_empty());
    assert_eq!(indexes, (0..300).collect::<Vec<_>>());

    // Path identifiers are for all routes of a record.
    let mut record = begin(&mut out);
    let identified = RibEntry { path_id: Some(1), ..entry(0) };
    assert_eq!(record.entry(&identified, &mut out), Err(Unwritable::PathIdentifier));
    let old = RibEntry { asn4: false, ..entry(0) };
    assert_eq!(record.entry(&old, &mut out), Err(Unwritable::OldEntry));
    assert_eq!(record.count(), 0);
}
