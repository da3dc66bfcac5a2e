//! The octets of what is sent.

use super::*;
use crate::asn::Asn;
use crate::attribute::set::SetBuilder;
use crate::io::text::{parse_hex, push_hex_upper};
use crate::prefix::Prefix;

fn session() -> Negotiated {
    let mut negotiated = Negotiated::permissive();
    negotiated.message_size = 4096;
    negotiated.next_hop.clear();
    negotiated
}

/// A set of verbatim attributes: flags, code, value.
fn set(attributes: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let (mut builder, mut out) = (SetBuilder::default(), Vec::new());
    for (flags, code, value) in attributes {
        builder.add_verbatim(*flags, *code, value).unwrap();
    }
    builder.write(&mut out);
    out
}

fn announce(
    negotiated: &Negotiated,
    set: &[u8],
    next_hop: &str,
    safi: crate::codes::Safi,
    prefixes: &[&str],
) -> Result<Vec<String>, EncodeError> {
    let prefixes: Vec<Prefix> = prefixes.iter().map(|text| Prefix::parse(text).unwrap()).collect();
    let encoded: Vec<Vec<u8>> = prefixes
        .iter()
        .map(|prefix| {
            let mut bytes = Vec::new();
            prefix.encode(&mut bytes);
            bytes
        })
        .collect();
    let family = Family::new(prefixes[0].afi(), safi);
    let nlri = encoded.iter().map(|bytes| Nlri { family, path_id: None, bytes });
    let next_hop = next_hop.parse::<IpAddr>().map_or(NextHop::Absent, NextHop::from);
    let mut out = b"before".to_vec();
    let messages =
        UpdateEncoder::default().announce(negotiated, true, set, next_hop, family, nlri, &mut out);
    match messages {
        Ok(messages) => {
            let bodies = bodies(&out[6..]);
            assert_eq!(bodies.len(), messages);
            Ok(bodies)
        }
        Err(error) => {
            assert_eq!(out, b"before");
            Err(error)
        }
    }
}

/// The bodies of messages, as hexadecimal.
fn bodies(mut bytes: &[u8]) -> Vec<String> {
    let mut bodies = Vec::new();
    while let [_, ..] = bytes {
        let length = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
        let mut hex = Vec::new();
        push_hex_upper(&mut hex, &bytes[19..length]);
        bodies.push(String::from_utf8(hex).unwrap());
        bytes = &bytes[length..];
    }
    bodies
}

const UNICAST: crate::codes::Safi = crate::codes::Safi::UNICAST;
const MULTICAST: crate::codes::Safi = crate::codes::Safi::MULTICAST;

#[test]
fn ipv4_unicast_is_packed_and_sorted() {
    assert_eq!(
        announce(
            &session(),
            &[],
            "10.0.0.1",
            UNICAST,
            &["10.0.2.0/24", "10.0.1.0/24", "10.0.0.0/8"]
        ),
        Ok(vec!["00000015400101004002004003040A00000140050400000064080A180A0001180A0002".into()])
    );
}

#[test]
fn external_peers_get_our_as_and_no_local_preference() {
    let mut session = session();
    session.peer_as = Asn(1);
    session.local_as = Asn(70000);
    assert_eq!(
        announce(&session, &[], "10.0.0.1", UNICAST, &["0.0.0.0/0"]),
        Ok(vec!["000000144001010040020602010001117040 03040A00000100".replace(' ', "")])
    );
}

#[test]
fn everything_else_is_in_mp_reach_nlri() {
    let session = session();
    // One UPDATE each.
    assert_eq!(
        announce(&session, &[], "2001:db8::1", UNICAST, &["2001:db8:2::/48", "::/0"]).unwrap(),
        [
            "000000274001010040020040050400000064800E1600020110 20010DB8000000000000000000000001 00 00",
            "0000002D4001010040020040050400000064800E1C00020110 20010DB8000000000000000000000001 00 3020010DB80002",
        ]
        .map(|hex| hex.replace(' ', ""))
    );
    // Multicast is not written in the field of unicast; its IPv4 next hop is a NEXT_HOP too.
    assert_eq!(
        announce(&session, &[], "10.0.0.1", MULTICAST, &["224.1.0.0/16"]).unwrap(),
        ["0000002440010100400200 4003040A000001 40050400000064 800E0C 000102 04 0A000001 00 10E001"
            .replace(' ', "")]
    );
}

#[test]
fn next_hops_of_another_family() {
    let mut session = session();
    let v6 = "2001:db8::1";
    assert!(matches!(
        announce(&session, &[], v6, UNICAST, &["10.0.0.0/8"]),
        Err(EncodeError::NextHop { family: Family::IPV4_UNICAST, .. })
    ));
    let mapped = announce(&session, &[], "1.2.3.4", UNICAST, &["::/0"]).unwrap();
    assert!(mapped[0].contains("0002011000000000000000000000FFFF010203040000"), "{mapped:?}");
    session.next_hop = vec![(Family::IPV4_UNICAST, Afi::IPV6)];
    let sent = announce(&session, &[], v6, UNICAST, &["10.0.0.0/8", "11.0.0.0/8"]).unwrap();
    assert!(
        sent[0].ends_with(
            "800E1900010110 20010DB8000000000000000000000001 00 080A080B".replace(' ', "").as_str()
        ),
        "{sent:?}"
    );
    let mapped = announce(&session, &[], "1.2.3.4", UNICAST, &["::/0"]).unwrap();
    assert!(mapped[0].contains("FFFF010203040000"), "another family's pair changes nothing");
    // As ExaBGP, where that was agreed: four octets, and NEXT_HOP.
    session.next_hop.push((Family::IPV6_UNICAST, Afi::IPV4));
    let sent = announce(&session, &[], "1.2.3.4", UNICAST, &["::/0"]).unwrap();
    assert!(sent[0].contains("40030401020304") && sent[0].ends_with("00020104010203040000"));
}

#[test]
fn a_link_local_next_hop_goes_along() {
    let mut session = session();
    session.local_link_local = Some("fe80::1".parse().unwrap());
    let ends = |session: &Negotiated, next_hop: &str, end: &str| {
        let sent = announce(session, &[], next_hop, UNICAST, &["::/0"]).unwrap();
        assert!(sent[0].ends_with(&end.replace(' ', "")), "{sent:?}");
    };
    let (global, local) = ("20010DB8000000000000000000000001", "FE800000000000000000000000000001");
    ends(&session, "2001:db8::1", &format!("000201 10 {global} 00 00"));
    session.link_local_next_hop = true;
    ends(&session, "2001:db8::1", &format!("000201 20 {global} {local} 00 00"));
    ends(&session, "fe80::1", &format!("000201 10 {local} 00 00"));
}

#[test]
fn a_route_without_a_next_hop_is_refused() {
    let missing = |family| Err(EncodeError::NoNextHop(family));
    let session = session();
    assert_eq!(
        announce(&session, &[], "", UNICAST, &["10.0.0.0/8"]),
        missing(Family::IPV4_UNICAST)
    );
    assert_eq!(announce(&session, &[], "", UNICAST, &["::/0"]), missing(Family::IPV6_UNICAST));
    // Unless the user wrote NEXT_HOP octet by octet.
    let next_hop = set(&[(0x40, 3, &[9, 9, 9, 9])]);
    assert_eq!(
        announce(&session, &next_hop, "", UNICAST, &["10.0.0.0/8"]).unwrap(),
        ["00000015400101004002004003040909090940050400000064080A"]
    );
}

#[test]
fn verbatim_attributes_are_exact_and_replace_defaults() {
    let wild = set(&[
        (0x40, 1, &[7]),
        (0xc0, 3, &[1]),
        (0x50, 5, &[0, 0, 0, 9]),
        (0x60, 0x99, &[1, 2]),
        (0xc0, 0x23, &[]),
    ]);
    assert_eq!(
        announce(&session(), &wild, "10.0.0.1", UNICAST, &["10.0.0.0/8"]).unwrap(),
        ["0000001B 40010107 400200 C0030101 5005000400000009 C02300 6099020102 080A"
            .replace(' ', "")]
    );
}

#[test]
fn messages_are_full_but_never_too_long() {
    // 19 + 4 + 21 octets leave 4052 of 4096, which are 1013 times /24.
    let prefixes: Vec<String> =
        (0..2500).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect();
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let sent = announce(&session(), &[], "10.0.0.1", UNICAST, &prefixes).unwrap();
    let lengths: Vec<usize> = sent.iter().map(|body| 19 + body.len() / 2).collect();
    assert_eq!(lengths, [4096, 4096, 1940]);
}

#[test]
fn what_does_not_fit_is_refused_with_its_sizes() {
    let session = session();
    let sized = |length: usize| set(&[(0xc0, 99, &vec![0; length])]);
    let most = 4096 - 23;
    // 21 octets of defaults, 4 of the header, 2 of the NLRI.
    let fits = most - 21 - 4 - 2;
    assert!(announce(&session, &sized(fits), "10.0.0.1", UNICAST, &["10.0.0.0/8"]).is_ok());
    let error = announce(&session, &sized(fits + 1), "10.0.0.1", UNICAST, &["10.0.0.0/8"]);
    assert_eq!(error, Err(EncodeError::TooLong { attributes: most - 1, nlri: 2, most }));
    // With room for the shorter of two routes nothing is sent.
    let error =
        announce(&session, &sized(fits), "10.0.0.1", UNICAST, &["10.0.0.0/8", "10.0.0.0/24"]);
    assert_eq!(error, Err(EncodeError::TooLong { attributes: most - 2, nlri: 4, most }));
    let mut out = Vec::new();
    let alone = UpdateEncoder::default().attributes_only(
        &session,
        &sized(fits + 30),
        NextHop::Absent,
        &mut out,
    );
    assert!(alone.is_err() && out.is_empty());
}

#[test]
fn withdrawals_are_alone_unless_grouped() {
    let prefixes = [[16, 10, 1], [16, 10, 0]];
    let withdraw = |family, group| {
        let nlri = prefixes.iter().map(|bytes| Nlri { family, path_id: None, bytes });
        let mut out = Vec::new();
        UpdateEncoder::default()
            .withdraw(&session(), group, &[], NextHop::Absent, family, nlri, &mut out)
            .unwrap();
        bodies(&out)
    };
    assert_eq!(withdraw(Family::IPV4_UNICAST, false), ["0003100A000000", "0003100A010000"]);
    assert_eq!(withdraw(Family::IPV4_UNICAST, true), ["0006100A00100A010000"]);
    assert_eq!(
        withdraw(Family::IPV6_UNICAST, false),
        ["00000009800F06000201100A00", "00000009800F06000201100A01"]
    );
    assert_eq!(withdraw(Family::IPV4_MULTICAST, true), ["0000000C800F09000102100A00100A01"]);
}

#[test]
fn what_was_not_negotiated_is_not_sent() {
    let mut session = session();
    session.families = vec![Family::IPV6_UNICAST];
    assert_eq!(announce(&session, &[], "10.0.0.1", UNICAST, &["10.0.0.0/8"]), Ok(vec![]));
}

#[test]
fn path_identifiers() {
    let mut session = session();
    let route = |path_id| Nlri { family: Family::IPV4_UNICAST, path_id, bytes: &[8, 10] };
    let sent = |session: &Negotiated| {
        let (mut out, family) = (Vec::new(), Family::IPV4_UNICAST);
        UpdateEncoder::default()
            .withdraw(
                session,
                true,
                &[],
                NextHop::Absent,
                family,
                [route(Some(7)), route(None)],
                &mut out,
            )
            .unwrap();
        bodies(&out)
    };
    assert_eq!(sent(&session), ["0004080A080A0000"]);
    session.add_path.send = vec![Family::IPV4_UNICAST];
    assert_eq!(sent(&session), ["000C00000000080A00000007080A0000"]);
}

#[test]
fn markers_and_attributes_alone() {
    let mut out = Vec::new();
    end_of_rib(Family::IPV4_UNICAST, &mut out);
    end_of_rib(Family::IPV6_UNICAST, &mut out);
    let mut encoder = UpdateEncoder::default();
    let next_hop = NextHop::V4([1, 2, 3, 4].into());
    assert_eq!(encoder.attributes_only(&session(), &[], next_hop, &mut out), Ok(1));
    assert_eq!(
        bodies(&out),
        [
            "00000000",
            "00000007900F0003000201",
            "00000015400101004002004003040102030440050400000064"
        ]
    );
}

#[test]
fn long_multiprotocol_attributes_have_a_long_length() {
    let family = Family::IPV6_UNICAST;
    let bytes = parse_hex("8020010DB8000000000000000000000001").unwrap();
    let mut out = Vec::new();
    let nlri = std::iter::repeat_n(Nlri { family, path_id: None, bytes: &bytes }, 15);
    UpdateEncoder::default()
        .withdraw(&session(), true, &[], NextHop::Absent, family, nlri, &mut out)
        .unwrap();
    // 3 + 15 * 17 = 258.
    assert!(bodies(&out)[0].starts_with("00000106900F0102000201"));
}

#[test]
fn received_routes_are_told_once_more_as_they_were() {
    // MED and AIGP, which an external session is not sent by itself, and no LOCAL_PREF; an AS number of four octets.
    let received = "0000002F 40010100 4002060201000F4240 400304C0000201 80040400000007 801A0B01000B0000000000000064 180A0000"
        .replace(' ', "");
    let body = {
        let mut body = parse_hex(&received).unwrap();
        let attributes = body.len() - 4 - 4;
        body[2..4].copy_from_slice(&u16::try_from(attributes).unwrap().to_be_bytes());
        body
    };
    let mut session = session();
    session.peer_as = Asn(1_000_000);
    session.asn4 = true;
    session.aigp = true;
    let update = super::super::Update::decode(&body, &session, Direction::Receive).unwrap();
    assert!(update.faults().is_empty(), "{:?}", update.faults());
    let mut set = Vec::new();
    for attribute in update.attributes() {
        if attribute.code != NEXT_HOP {
            set::push_received(&attribute, &mut set);
        }
    }
    session.aigp = false;
    let retold = session.retold();
    let nlri = Nlri { family: Family::IPV4_UNICAST, path_id: None, bytes: &[24, 10, 0, 0] };
    let next_hop = NextHop::V4(Ipv4Addr::new(192, 0, 2, 1));
    let mut out = Vec::new();
    let mut encoder = UpdateEncoder::default();
    encoder.retell(&retold, true, &set, next_hop, nlri.family, [nlri], &mut out).unwrap();
    assert_eq!(&out[HEADER_LENGTH..], body);
    // To a session of two octets, as that session has it.
    let mut two = session.clone();
    two.asn4 = false;
    out.clear();
    encoder.retell(&two.retold(), true, &set, next_hop, nlri.family, [nlri], &mut out).unwrap();
    let mut text = Vec::new();
    push_hex_upper(&mut text, &out);
    assert!(String::from_utf8(text).unwrap().contains("4002040201 5BA0".replace(' ', "").as_str()));
}
