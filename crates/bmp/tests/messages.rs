//! Messages as octets, written out by hand from the RFCs, and what they are read as; and that what is written is read as the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::prelude::*;
use yottabgp_bmp::{
    Frame, HEADER_LENGTH, Information, InformationType, MOST_OCTETS, Message, MessageType,
    Mirrored, PeerDown, PeerDownReason, PeerHeader, PeerType, PeerUp, Policy, RibView, Router,
    Statistic, StatisticType, StatisticValue, TerminationReason, TooManySessions, push,
};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;

fn octets(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[track_caller]
fn frame(octets: &[u8]) -> Frame<'_> {
    let (frame, length) = Frame::take(octets).unwrap().unwrap();
    assert_eq!(length, octets.len());
    frame
}

fn peer() -> PeerHeader {
    PeerHeader {
        kind: PeerType::GLOBAL,
        view: RibView::AdjRibIn,
        policy: Policy::Pre,
        has_two_octet_as_path: false,
        is_filtered: false,
        is_ipv6: false,
        distinguisher: [0; 8],
        address: Ipv4Addr::new(192, 0, 2, 1).into(),
        asn: Asn(65001),
        router_id: Ipv4Addr::new(10, 0, 0, 1),
        time: Duration::new(1_800_000_000, 250_000_000),
    }
}

/// The per-peer header of [`peer`].
const PEER: &str =
    "00 00 0000000000000000 000000000000000000000000C0000201 0000FDE9 0A000001 6B49D200 0003D090";

/// An OPEN without capabilities.
const OPEN: &str = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 001D 01 04 FDE9 00B4 0A000001 00";

#[test]
fn an_initiation_names_the_router() {
    let octets = octets("03 00000016 04 0002 0002 7231 0001 0001 78 0000 0001 21");
    let Message::Initiation(mut parts) = frame(&octets).read().unwrap() else { panic!() };
    let name = parts.next().unwrap().unwrap();
    assert_eq!((InformationType(name.kind), name.value), (InformationType::SYS_NAME, &b"r1"[..]));
    let kind = parts.next().unwrap().unwrap();
    assert_eq!((InformationType(kind.kind), kind.value), (InformationType::SYS_DESCR, &b"x"[..]));
    assert_eq!(parts.next().unwrap().unwrap().value, b"!");
    assert_eq!(parts.next(), None);
}

#[test]
fn a_termination_has_a_reason() {
    let octets = octets("03 0000000C 05 0001 0002 0003");
    let Message::Termination(mut parts) = frame(&octets).read().unwrap() else { panic!() };
    let reason = parts.next().unwrap().unwrap().termination_reason();
    assert_eq!(reason, Ok(Some(TerminationReason::REDUNDANT)));
}

#[test]
fn views_and_flags() {
    // Flags of a peer: IPv6, post-policy, two-octet AS numbers, Adj-RIB-Out. RFC 9069 gives the first another meaning.
    let cases = [
        ("00 00", RibView::AdjRibIn, Policy::Pre, false, false),
        ("00 40", RibView::AdjRibIn, Policy::Post, false, false),
        ("00 20", RibView::AdjRibIn, Policy::Pre, true, false),
        ("01 10", RibView::AdjRibOut, Policy::Pre, false, false),
        ("02 50", RibView::AdjRibOut, Policy::Post, false, false),
        ("03 00", RibView::LocRib, Policy::Post, false, false),
        ("03 80", RibView::LocRib, Policy::Post, false, true),
    ];
    for (start, view, policy, two_octets, filtered) in cases {
        let octets = octets(&format!("03 00000030 00 {start} {}", &PEER[5..]));
        let Message::RouteMonitoring { peer, octets: [] } = frame(&octets).read().unwrap() else {
            panic!("{start}")
        };
        assert_eq!((peer.view, peer.policy), (view, policy), "{start}");
        assert_eq!((peer.has_two_octet_as_path, peer.is_filtered), (two_octets, filtered));
        let mut again = Vec::new();
        push(MessageType::ROUTE_MONITORING, &mut again, |out| peer.push(out));
        assert_eq!(again, octets, "{start}");
    }
}

#[test]
fn a_peer_up_has_both_opens() {
    let text = format!(
        "03 {:08X} 03 {PEER} 000000000000000000000000C0000202 00B3 C001 {OPEN} {OPEN} 0000 0002 6869",
        6 + 42 + 20 + 2 * 29 + 6
    );
    let octets = octets(&text);
    let Message::PeerUp { peer: header, up } = frame(&octets).read().unwrap() else { panic!() };
    assert_eq!(header, peer());
    assert_eq!(up.local_address, IpAddr::from([192, 0, 2, 2]));
    assert_eq!((up.local_port, up.remote_port), (179, 49153));
    assert_eq!((up.sent_open.len(), up.received_open.len()), (29, 29));
    let information = up.information.clone().next().unwrap().unwrap();
    assert_eq!(information, Information { kind: 0, value: b"hi" });
    let mut again = Vec::new();
    push(MessageType::PEER_UP, &mut again, |out| {
        header.push(out);
        up.push(out);
    });
    assert_eq!(again, octets);
}

#[test]
fn a_peer_down_says_why() {
    let read = |rest: &str, length: u8| {
        let octets = octets(&format!("03 000000{length:02X} 02 {PEER} {rest}"));
        let Message::PeerDown { down, .. } = frame(&octets).read().unwrap() else { panic!() };
        (down.reason, down.event(), down.notification().map(<[u8]>::len))
    };
    assert_eq!(read("02 0010", 51), (PeerDownReason::LOCAL, Some(16), None));
    assert_eq!(read("04", 49), (PeerDownReason::REMOTE, None, None));
    let notification = "03 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 0015 03 06 02";
    assert_eq!(read(notification, 70), (PeerDownReason::REMOTE_NOTIFICATION, None, Some(21)));
}

#[test]
fn statistics_have_numbers_of_their_size() {
    let octets = octets(&format!(
        "03 0000005E 01 {PEER} 00000004 0000 0004 00000005 0007 0008 0000000100000000
         0009 000B 0001 01 0000000000000007 FFF0 0003 010203"
    ));
    let Message::StatisticsReport { count: 4, statistics, .. } = frame(&octets).read().unwrap()
    else {
        panic!()
    };
    let read: Vec<Statistic<'_>> = statistics.map(Result::unwrap).collect();
    let values: Vec<_> = read.iter().map(|one| (one.kind, one.value)).collect();
    assert_eq!(
        values,
        [
            (StatisticType::REJECTED, StatisticValue::Count(5)),
            (StatisticType::ADJ_RIB_IN, StatisticValue::Count(1 << 32)),
            (
                StatisticType::ADJ_RIB_IN_OF_FAMILY,
                StatisticValue::OfFamily(Family::IPV4_UNICAST, 7)
            ),
            (StatisticType(0xFFF0), StatisticValue::Unknown(&[1, 2, 3])),
        ]
    );
    let mut again = Vec::new();
    read.iter().for_each(|one| one.push(&mut again));
    assert_eq!(again, octets[HEADER_LENGTH + PeerHeader::LENGTH + 4..]);
}

#[test]
fn what_is_mirrored() {
    let octets =
        octets(&format!("03 00000041 06 {PEER} 0001 0002 0000 0001 0002 0001 0000 0001 FF"));
    let Message::RouteMirroring { mirrored, .. } = frame(&octets).read().unwrap() else { panic!() };
    let parts: Vec<_> = mirrored.map(|part| part.unwrap().mirrored().unwrap()).collect();
    assert_eq!(parts, [Mirrored::Errored, Mirrored::Lost, Mirrored::Message(&[0xFF])]);
}

#[test]
fn what_can_not_be_framed_is_refused() {
    let refused = |text: &str| Frame::take(&octets(text)).unwrap_err().to_string();
    assert_eq!(refused("01"), "BMP version at octet 0 can not be 1");
    assert_eq!(refused("03 00000005 00"), "BMP length at octet 1 can not be 5 octets long");
    assert_eq!(
        refused("03 00100001 00"),
        format!("BMP length at octet 1 can not be {} octets long", MOST_OCTETS + 1)
    );
    for part in ["", "03", "03 0000", "03 00000007 04"] {
        assert_eq!(Frame::take(&octets(part)), Ok(None), "{part}");
    }
}

#[test]
fn an_open_that_is_too_short_is_named() {
    let text = format!(
        "03 00000059 03 {PEER} 000000000000000000000000C0000202 00B3 C001 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 0012 01 0000"
    );
    let octets = octets(&text);
    let error = frame(&octets).read().unwrap_err();
    assert_eq!(error.to_string(), "BMP sent OPEN at octet 68 can not be 18 octets long");
}

fn header() -> impl Strategy<Value = PeerHeader> {
    (
        (0..4_u8, any::<[u8; 4]>(), any::<bool>(), any::<[u8; 8]>()),
        any::<u128>(),
        (any::<u32>(), any::<u32>(), any::<u32>(), 0..1_000_000_u32),
    )
        .prop_map(
            |((kind, bits, is_ipv6, distinguisher), address, (asn, id, seconds, micros))| {
                let is_loc_rib = kind == 3;
                let bit = |index: usize| bits[index] & 1 == 1;
                let is_ipv6 = is_ipv6 && !is_loc_rib;
                let address = if is_ipv6 {
                    IpAddr::V6(Ipv6Addr::from(address))
                } else {
                    IpAddr::V4(Ipv4Addr::from(id))
                };
                PeerHeader {
                    kind: PeerType(kind),
                    view: match (is_loc_rib, bit(0)) {
                        (true, _) => RibView::LocRib,
                        (_, true) => RibView::AdjRibOut,
                        _ => RibView::AdjRibIn,
                    },
                    policy: if is_loc_rib || bit(1) { Policy::Post } else { Policy::Pre },
                    has_two_octet_as_path: !is_loc_rib && bit(2),
                    is_filtered: is_loc_rib && bit(3),
                    is_ipv6,
                    distinguisher,
                    address,
                    asn: Asn(asn),
                    router_id: Ipv4Addr::from(id),
                    time: Duration::new(seconds.into(), micros * 1000),
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_is_read(peer in header(), data in prop::collection::vec(any::<u8>(), 0..64), reason in any::<u8>()) {
        let mut out = Vec::new();
        let down = PeerDown { reason: PeerDownReason(reason), data: &data };
        push(MessageType::PEER_DOWN, &mut out, |out| {
            peer.push(out);
            down.push(out);
        });
        push(MessageType::INITIATION, &mut out, |out| Information { kind: 2, value: &data }.push(out));
        let (first, length) = Frame::take(&out).unwrap().unwrap();
        prop_assert_eq!(first.read().unwrap(), Message::PeerDown { peer, down });
        let (second, _) = Frame::take(&out[length..]).unwrap().unwrap();
        let Message::Initiation(mut parts) = second.read().unwrap() else { panic!() };
        prop_assert_eq!(parts.next().unwrap().unwrap().value, &data[..]);
    }

    #[test]
    fn nothing_makes_it_panic(kind in 0..8_u8, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut out = Vec::new();
        push(MessageType(kind), &mut out, |out| out.extend_from_slice(&body));
        let (frame, _) = Frame::take(&out).unwrap().unwrap();
        match frame.read() {
            Ok(Message::Initiation(parts) | Message::Termination(parts)) => {
                for part in parts.flatten() {
                    let _ = part.termination_reason();
                }
            }
            Ok(Message::RouteMirroring { mirrored, .. }) => {
                for part in mirrored.flatten() {
                    let _ = part.mirrored();
                }
            }
            Ok(Message::StatisticsReport { statistics, .. }) => {
                let _ = statistics.count();
            }
            Ok(Message::PeerUp { up: PeerUp { information, .. }, .. }) => {
                let _ = information.count();
            }
            Ok(_) | Err(_) => {}
        }
    }
}

#[test]
fn every_truncation_waits_or_is_an_error() {
    let text = format!(
        "03 {:08X} 03 {PEER} 000000000000000000000000C0000202 00B3 C001 {OPEN} {OPEN}",
        6 + 42 + 20 + 2 * 29
    );
    let whole = octets(&text);
    for length in 0..whole.len() {
        assert_eq!(Frame::take(&whole[..length]), Ok(None), "{length}");
        if length < HEADER_LENGTH {
            continue;
        }
        // The same with a length that says so.
        let mut short = whole[..length].to_vec();
        short[1..5].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        assert!(frame(&short).read().is_err(), "{length}");
    }
}

#[test]
fn a_message_of_many_parts_is_told_in_bounds() {
    let mut router: Router<()> = Router::new(Ipv4Addr::LOCALHOST.into(), 1);
    let mut out = Vec::new();
    push(MessageType::ROUTE_MIRRORING, &mut out, |out| {
        peer().push(out);
        for _ in 0..90_000 {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
        }
    });
    let (mut lines, mut octets) = (0, 0);
    let mut take = |router: &mut Router<()>, out: &[u8]| {
        let (frame, _) = Frame::take(out).unwrap().unwrap();
        router
            .take(frame, &mut |told| {
                lines += 1;
                octets += told.member.len();
            })
            .unwrap();
        (lines, octets)
    };
    let (lines, octets) = take(&mut router, &out);
    assert!(lines <= 256 && octets < 256 * 512, "{lines} lines, {octets} octets");

    // More kinds than there are is an error, not a search without end.
    for kind in [MessageType::STATISTICS_REPORT, MessageType::INITIATION] {
        let mut out = Vec::new();
        push(kind, &mut out, |out| {
            if kind == MessageType::STATISTICS_REPORT {
                peer().push(out);
                out.extend_from_slice(&[0; 4]);
            }
            for number in 0..=u16::MAX {
                out.extend_from_slice(&number.to_be_bytes());
                out.extend_from_slice(&[0, 4, 0, 0, 0, 1]);
            }
        });
        let before = router.counts().malformed;
        take(&mut router, &out);
        assert_eq!(router.counts().malformed, before + 1, "{kind:?}");
    }
}

#[test]
fn sessions_that_ended_are_forgotten_and_too_many_end_the_connection() {
    let mut router: Router<()> = Router::new(Ipv4Addr::LOCALHOST.into(), 1).at_most(100);
    let open = octets(OPEN);
    let mut take = |kind, number: u32, rest: &[u8]| {
        let mut out = Vec::new();
        let peer = PeerHeader { address: Ipv4Addr::from(number).into(), ..peer() };
        push(kind, &mut out, |out| {
            peer.push(out);
            out.extend_from_slice(rest);
        });
        let (frame, _) = Frame::take(&out).unwrap().unwrap();
        let taken = router.take(frame, &mut |_| {});
        (taken, router.sessions().count())
    };
    let up = [&[0; 20][..], &open, &open].concat();
    assert_eq!(take(MessageType::PEER_UP, 1, &up), (Ok(()), 1));
    assert_eq!(take(MessageType::PEER_DOWN, 1, &[4]), (Ok(()), 0));
    assert_eq!(take(MessageType::PEER_UP, 1, &up), (Ok(()), 1));
    // Those that were only named make way.
    for number in 2..250 {
        assert_eq!(take(MessageType::ROUTE_MONITORING, number, &[]).0, Ok(()));
    }
    let mut number = 1000;
    while take(MessageType::PEER_UP, number, &up).0 == Ok(()) {
        number += 1;
        assert!(number < 2000);
    }
    assert_eq!(take(MessageType::PEER_UP, 1, &up), (Err(TooManySessions), 100));
}
