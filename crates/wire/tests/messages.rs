//! The short messages, and what cuts the stream into messages, at the boundary: octets, JSON, text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::borrow::Cow;
use std::net::Ipv4Addr;

use proptest::prelude::*;
use yottabgp_wire::codes::{Afi, Family, MessageType, OperationalType, Safi, error};
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::io::tokens::{Span, Tokens, split_command};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::{Frame, HEADER_LENGTH, MARKER, frame, keepalive};

fn message(kind: u8, length: u16, body: &[u8]) -> Vec<u8> {
    let mut message = MARKER.to_vec();
    message.extend_from_slice(&length.to_be_bytes());
    message.push(kind);
    message.extend_from_slice(body);
    message
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

fn octets(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

/// The body of the one message in these octets, which must be of this type.
fn body(octets: &[u8], expected: MessageType) -> &[u8] {
    match frame(octets, 65535) {
        Frame::Message { kind, body, length, .. } if kind == expected && length == octets.len() => {
            body
        }
        other => panic!("{other:?}"),
    }
}

mod framing {
    use super::*;

    fn error(octets: &[u8], maximum: usize) -> Notification<'static> {
        match frame(octets, maximum) {
            Frame::Error(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_is_found_when_it_is_whole_and_what_follows_is_left() {
        let mut stream = octets(keepalive::encode);
        for end in 0..HEADER_LENGTH {
            assert_eq!(frame(&stream[..end], 4096), Frame::NeedMore(HEADER_LENGTH), "{end}");
        }
        stream.extend_from_slice(&message(2, 23, &[0; 4]));
        let Frame::Message { kind, header, body, length } = frame(&stream, 4096) else { panic!() };
        assert_eq!((kind, header, body), (MessageType::KEEPALIVE, &stream[..19], &[][..]));
        assert_eq!(frame(&stream[length..length + 20], 4096), Frame::NeedMore(23));
        let Frame::Message { kind, body, .. } = frame(&stream[length..], 4096) else { panic!() };
        assert_eq!((kind, body), (MessageType::UPDATE, &[0; 4][..]));
    }

    #[test]
    fn a_wrong_marker_is_told_at_its_first_wrong_octet() {
        for at in 0..16 {
            let mut wrong = octets(keepalive::encode);
            wrong[at] = 0xfe;
            assert_eq!(error(&wrong, 4096), Notification::new(1, 1));
            assert_eq!(error(&wrong[..=at], 4096), Notification::new(1, 1));
        }
    }

    #[test]
    fn wrong_lengths_are_told_with_the_length_and_wrong_types_with_the_type() {
        for (kind, length, maximum, right) in [
            (4, 18, 4096, false),
            (4, 0, 4096, false),
            (1, 28, 4096, false),
            (1, 29, 4096, true),
            (1, 4096, 65535, true),
            (1, 4097, 65535, false),
            (2, 22, 4096, false),
            (2, 23, 4096, true),
            (2, 4096, 4096, true),
            (2, 4097, 4096, false),
            (2, 65535, 65535, true),
            (3, 20, 4096, false),
            (3, 21, 4096, true),
            (4, 19, 4096, true),
            (4, 20, 65535, false),
            (5, 22, 4096, true),
            (6, 19, 4096, true),
            (7, 18, 4096, false),
        ] {
            let octets = message(kind, length, &vec![0; usize::from(length).saturating_sub(19)]);
            if right {
                assert!(
                    matches!(frame(&octets, maximum), Frame::Message { .. }),
                    "{kind} {length}"
                );
            } else {
                let data = length.to_be_bytes().to_vec();
                assert_eq!(error(&octets, maximum), Notification::with_data(1, 2, data));
            }
        }
        for kind in [0, 7, 255] {
            let expected = Notification::with_data(1, 3, vec![kind]);
            assert_eq!(error(&message(kind, 19, &[]), 4096), expected);
        }
    }

    proptest! {
        #[test]
        fn any_octets_give_an_answer(
            marker: bool,
            octets in proptest::collection::vec(any::<u8>(), 0..100),
            maximum in 19_usize..65536,
        ) {
            let mut stream = if marker { MARKER.to_vec() } else { vec![] };
            stream.extend(octets);
            match frame(&stream, maximum) {
                Frame::NeedMore(total) => prop_assert!(total > stream.len()),
                Frame::Message { header, body, length, .. } => {
                    prop_assert_eq!(header.len() + body.len(), length);
                    prop_assert!(length <= stream.len() && length <= maximum);
                }
                Frame::Error(error) => prop_assert_eq!(error.code, 1),
            }
        }
    }
}

#[test]
fn a_keepalive_has_no_body() {
    assert_eq!(octets(keepalive::encode), message(4, 19, &[]));
    assert_eq!(keepalive::decode(&[]), Ok(()));
    assert_eq!(keepalive::decode(&[0]), Err(Notification::with_data(1, 2, vec![0, 20])));
    assert_eq!(written(keepalive::text), "keepalive");
}

mod notifications {
    use super::*;

    #[test]
    fn shutdown_communications_are_written_as_rfc_9003_says() {
        let reset = Notification::cease_with_text(error::cease::ADMINISTRATIVE_RESET, "");
        assert_eq!(
            octets(|out| reset.encode(out)),
            message(3, 42, b"\x06\x04\x14Administrative Reset")
        );
        let shutdown = Notification::shutdown("maintenance");
        assert_eq!((shutdown.code, shutdown.subcode), (6, 2));
        assert_eq!(*shutdown.data, *b"\x0bmaintenance");
        let other = Notification::cease_with_text(error::cease::PEER_DECONFIGURED, "removed");
        assert_eq!(*other.data, *b"removed");
        let long = Notification::shutdown(&"é".repeat(200));
        assert_eq!((long.data.len(), long.data[0]), (255, 254));
    }

    #[test]
    fn shutdown_communications_are_shown_in_words() {
        let longest = format!("ff{}", "61".repeat(255));
        for (octets, words) in [
            ("0602", ""),
            ("0604", ""),
            ("0602 00", "empty Shutdown Communication."),
            ("0602 00 41", "empty Shutdown Communication., trailing data: 0x41"),
            ("0602 05 48656c6c6f", "Shutdown Communication: \"Hello\""),
            ("0604 05 68650a6c6f ab", "Shutdown Communication: \"he lo\", trailing data: 0xAB"),
            (
                "0602 09 686549",
                "invalid Shutdown Communication (buffer underrun) length : 9 [0x686549]",
            ),
            (
                "0602 02 01ff41",
                "invalid Shutdown Communication (invalid UTF-8) length : 2 [0x01FF41]",
            ),
            (
                &format!("0602{longest}"),
                &format!("Shutdown Communication: \"{}\"", "a".repeat(255)),
            ),
            ("0603 414243", "ABC"),
        ] {
            let body = parse_hex(&octets.replace(' ', "")).unwrap();
            let notification = Notification::decode(&body);
            let json: serde_json::Value =
                serde_json::from_str(&written(|out| notification.json(out))).unwrap();
            assert_eq!(json["message"], words, "{octets}");
            let hex = written(|out| yottabgp_wire::io::text::push_hex_upper(out, words.as_bytes()));
            assert_eq!(json["data"], format!("0x{hex}"));
        }
    }

    #[test]
    fn faces() {
        let notification = Notification::decode(b"\x06\x04\x04test");
        assert_eq!(
            notification.to_string(),
            "Cease / Administrative Reset / Shutdown Communication: \"test\""
        );
        let notification = Notification::decode(b"\x02\x03\xff\x01");
        assert_eq!(
            written(|out| notification.json(out)),
            r#"{ "code": 2, "subcode": 3, "data": "0xFF01", "message": "\ufffd\u0001" }"#
        );
        assert_eq!(
            written(|out| notification.text(out)),
            "notification code 2 subcode 3 data 0xFF01"
        );
        assert_eq!(notification.to_string(), "OPEN message error / Bad BGP Identifier / 0xFF01");
        assert_eq!(Notification::decode(&[]), Notification::new(0, 0));
        assert_eq!(Notification::decode(&[6]), Notification::new(6, 0));
        assert_eq!(Notification::new(99, 1).to_string(), "unknown error / unknown reason");
        assert_eq!(Notification::new(6, 10).to_string(), "Cease / BFD Down");
        assert_eq!(Notification::new(2, 11).to_string(), "OPEN message error / Role Mismatch");
        assert_eq!(Notification::new(8, 0).to_string(), "Send hold timer expired / Unspecific");
    }

    #[test]
    fn a_hard_reset_says_what_it_stands_for() {
        let inner = Notification::cease_with_text(error::cease::ADMINISTRATIVE_RESET, "why");
        let hard = inner.clone().hard_reset();
        assert_eq!(hard, Notification::with_data(6, 9, &b"\x06\x04\x03why"[..]));
        assert_eq!(hard.encapsulated(), Some(inner));
        assert_eq!(
            hard.to_string(),
            "Cease / Hard Reset / Cease / Administrative Reset / Shutdown Communication: \"why\""
        );
        assert_eq!(
            written(|out| hard.json(out)),
            r#"{ "code": 6, "subcode": 9, "data": "0x060403776879", "message": "Cease / Administrative Reset / Shutdown Communication: \"why\"" }"#
        );
        // Without what it stands for, and one within another.
        assert_eq!(
            Notification::with_data(6, 9, &[6][..]).to_string(),
            "Cease / Hard Reset / 0x06"
        );
        assert_eq!(
            hard.hard_reset().to_string(),
            "Cease / Hard Reset / Cease / Hard Reset / 0x060403776879"
        );
    }

    #[test]
    fn data_is_cut_where_the_message_ends() {
        let notification = Notification::with_data(3, 1, vec![7; 70_000]);
        let octets = octets(|out| notification.encode(out));
        assert_eq!(body(&octets, MessageType::NOTIFICATION).len(), 4096 - HEADER_LENGTH);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_any_data_is_shown(
            code in 0_u8..10, subcode in 0_u8..12, data in proptest::collection::vec(any::<u8>(), 0..300)
        ) {
            let notification = Notification::with_data(code, subcode, data);
            let octets = octets(|out| notification.encode(out));
            let read = Notification::decode(body(&octets, MessageType::NOTIFICATION));
            prop_assert_eq!(&read, &notification);
            let json = written(|out| read.json(out));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            prop_assert!(!read.to_string().contains(char::is_control));
            prop_assert_eq!(read.into_owned(), notification);
        }

        #[test]
        fn any_text_can_be_a_shutdown_communication(text: String) {
            let notification = Notification::shutdown(&text);
            let json = written(|out| notification.json(out));
            prop_assert!(json.contains(" Communication") && !json.contains("invalid Sh"), "{}", json);
        }
    }
}

mod route_refreshes {
    use super::*;

    #[test]
    fn faces() {
        for (subtype, name) in [(0, "query"), (1, "begin"), (2, "end"), (9, "unknown-9")] {
            let refresh = RouteRefresh { family: Family::IPV6_MULTICAST, subtype };
            let octets = octets(|out| refresh.encode(out));
            assert_eq!(octets, message(5, 23, &[0, 2, subtype, 2]));
            assert_eq!(RouteRefresh::decode(&octets[HEADER_LENGTH..]), Ok(refresh));
            assert_eq!(
                written(|out| refresh.json(out)),
                format!(r#"{{ "afi": "ipv6", "safi": "multicast", "subtype": "{name}" }}"#)
            );
            assert_eq!(
                written(|out| refresh.text(out)),
                format!("route-refresh afi ipv6 safi multicast {name}")
            );
            assert_eq!(refresh.is_known(), subtype < 3);
        }
    }

    #[test]
    fn another_length_is_told_with_the_whole_message() {
        for length in [0_u8, 3, 5] {
            let body = vec![1; usize::from(length)];
            let whole = message(5, 19 + u16::from(length), &body);
            let expected = Notification::with_data(7, 1, whole);
            assert_eq!(RouteRefresh::decode(&body), Err(expected));
        }
    }
}

mod operationals {
    use super::*;

    fn parse(line: &str) -> Result<Operational<'static>, String> {
        let mut tokens = Vec::new();
        split_command(line, &mut tokens);
        Operational::parse(&mut Tokens::new(line, &tokens, Span::new(line.len(), line.len())))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn faces() {
        for (line, octets_expected, json, text) in [
            (
                "adm afi ipv4 safi unicast advisory \"hello \\world\"",
                "0001 000f 0001 01 68656c6c6f205c776f726c64",
                r#"{ "name": "ADM", "afi": "ipv4", "safi": "unicast", "advisory": "hello \\world" }"#,
                r#"operational ADM afi ipv4 safi unicast advisory "hello \\world""#,
            ),
            (
                "ASM afi ipv6 safi multicast advisory hi",
                "0002 0005 0002 02 6869",
                r#"{ "name": "ASM", "afi": "ipv6", "safi": "multicast", "advisory": "hi" }"#,
                r#"operational ASM afi ipv6 safi multicast advisory "hi""#,
            ),
            (
                "rpcq afi ipv4 safi unicast sequence 10",
                "0003 000b 0001 01 09090909 0000000a",
                r#"{ "name": "RPCQ", "afi": "ipv4", "safi": "unicast" }"#,
                "operational RPCQ afi ipv4 safi unicast",
            ),
            (
                "lpcp afi ipv4 safi unicast router-id 2.2.2.2 sequence 10 counter 100",
                "0008 000f 0001 01 02020202 0000000a 00000064",
                r#"{ "name": "LPCP", "afi": "ipv4", "safi": "unicast", "router-id": "2.2.2.2", "sequence": 10, "counter": 100 }"#,
                "operational LPCP afi ipv4 safi unicast router-id 2.2.2.2 sequence 10 counter 100",
            ),
            (
                "apcp afi ipv4 safi unicast counter 1 router-id 2.2.2.2",
                "0006 000f 0001 01 02020202 0000004d 00000001",
                r#"{ "name": "APCP", "afi": "ipv4", "safi": "unicast", "router-id": "2.2.2.2", "sequence": 77, "counter": 1 }"#,
                "operational APCP afi ipv4 safi unicast router-id 2.2.2.2 sequence 77 counter 1",
            ),
        ] {
            let mut parsed = parse(line).unwrap();
            parsed.complete(Ipv4Addr::new(9, 9, 9, 9), || 77);
            let octets = octets(|out| parsed.encode(out));
            let body = body(&octets, MessageType::OPERATIONAL);
            assert_eq!(body, parse_hex(&octets_expected.replace(' ', "")).unwrap(), "{line}");
            let read = Operational::decode(body).unwrap();
            assert_eq!(read, parsed);
            assert_eq!(written(|out| read.json(out)), json);
            assert_eq!(written(|out| read.text(out)), text);
        }
    }

    #[test]
    fn types_that_cannot_be_written_in_text() {
        let body = [0xff, 0xff, 0, 9, 0, 1, 1, 0, 0, 0, 5, 0, 6];
        let read = Operational::decode(&body).unwrap();
        assert_eq!(
            written(|out| read.json(out)),
            r#"{ "name": "NS", "afi": "ipv4", "safi": "unicast", "sequence": 5, "error": 6 }"#
        );
        let read = Operational::decode(&[0, 99, 0, 2, 0xab, 1, 7]).unwrap();
        assert_eq!(
            written(|out| read.json(out)),
            r#"{ "name": "unknown", "type": "operational-type-99", "data": "0xAB01" }"#
        );
        assert_eq!(
            written(|out| read.text(out)),
            "operational unknown type operational-type-99 data 0xAB01"
        );
    }

    #[test]
    fn errors_say_what_is_wrong_and_what_is_right() {
        for (line, expected) in [
            ("", "operational message type is missing"),
            ("admm afi", "'admm' is not an operational message (did you mean 'adm'?)"),
            ("adm safi", "expected 'afi' but found 'safi'"),
            ("adm afi ipv4 safi unicats advisory x", "'ipv4 unicats' is not a family"),
            ("adm afi ipv4 safi unicast", "'advisory' is missing"),
            ("rpcp afi ipv4 safi unicast sequence 1", "'counter' is missing"),
            (
                "adm afi ipv4 safi unicast advisory hello world",
                "'world' is not expected here (a text of several words needs quotes around it)",
            ),
            (
                "rpcq afi ipv4 safi unicast sequence 4294967296",
                "'4294967296' is not a valid sequence (a number from 0 to 4294967295)",
            ),
        ] {
            assert_eq!(parse(line).unwrap_err(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for body in ["", "000100", "00010004 000101", "0003000a 000101 02020202 000001"] {
            let body = parse_hex(&body.replace(' ', "")).unwrap();
            let error = Operational::decode(&body).unwrap_err();
            assert_eq!((error.code, error.subcode), (5, 0));
        }
    }

    #[test]
    fn a_long_advisory_is_cut_between_characters() {
        let said = Operational::Advisory {
            kind: OperationalType::ADM,
            family: Family::IPV4_UNICAST,
            text: Cow::Owned("é".repeat(2000).into_bytes()),
        };
        let octets = octets(|out| said.encode(out));
        let read = Operational::decode(body(&octets, MessageType::OPERATIONAL)).unwrap();
        let Operational::Advisory { text, .. } = read else { panic!() };
        assert_eq!(*text, *format!("{}...", "é".repeat(1022)).as_bytes());
    }

    proptest! {
        #[test]
        fn what_is_read_is_shown_in_json_and_written_again(
            kind in prop_oneof![0_u16..15, Just(65534), Just(65535), any::<u16>()],
            value in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut body_octets = kind.to_be_bytes().to_vec();
            body_octets.extend_from_slice(&(value.len() as u16).to_be_bytes());
            body_octets.extend_from_slice(&value);
            if let Ok(read) = Operational::decode(&body_octets) {
                let json = written(|out| read.json(out));
                prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
                prop_assert!(!written(|out| read.text(out)).contains('\n'));
                let octets = octets(|out| read.encode(out));
                let again = Operational::decode(body(&octets, MessageType::OPERATIONAL)).unwrap();
                prop_assert_eq!(again, read);
            }
        }

        #[test]
        fn any_family_and_text_survive(afi: u16, safi: u8, text: String) {
            let said = Operational::Advisory {
                kind: OperationalType::ASM,
                family: Family::new(Afi(afi), Safi(safi)),
                text: Cow::Owned(text.into_bytes()),
            };
            let octets = octets(|out| said.encode(out));
            let read = Operational::decode(body(&octets, MessageType::OPERATIONAL)).unwrap();
            prop_assert_eq!(read.into_owned(), said);
        }
    }
}
