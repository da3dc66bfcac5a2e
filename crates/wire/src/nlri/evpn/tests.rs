//! What the case files can not say: identities, and octets through commands and back.

use super::*;
use crate::io::tokens::{Span, split_command};
use crate::nlri::NlriIter;
use crate::route::{Verb, parse_statement, push_command};
use proptest::prelude::*;

fn bytes_of(words: &str) -> Vec<u8> {
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut tokens);
    let mut tokens = Tokens::new(words, &tokens, Span::default());
    parse_statement(Verb::Withdraw, &mut tokens, &mut route)
        .unwrap_or_else(|error| panic!("{words}: {error}"));
    route.nlri().next().unwrap().bytes.to_vec()
}

fn nlri(bytes: &[u8]) -> Nlri<'_> {
    Nlri { family: FAMILY, path_id: None, bytes }
}

#[test]
fn the_table_is_sound() {
    for kind in TABLE {
        assert!(kind.layout.len() <= MOST_FIELDS, "{}", kind.word);
        let keys = kind.layout.iter().map(|(_, is_key)| *is_key).collect::<Vec<_>>();
        let runs = keys.chunk_by(|a, b| a == b).filter(|run| run.first() == Some(&true)).count();
        assert!(runs <= 2, "{}: an identity has two parts", kind.word);
        assert!(kind.members.iter().all(|index| *index < kind.layout.len()), "{}", kind.word);
        assert_eq!(TABLE.iter().filter(|other| other.code == kind.code).count(), 1);
    }
}

#[test]
fn a_route_is_its_route_key() {
    for (one, other, same) in [
        (
            "mac-ip rd 1:1 mac 1:2:3:4:5:6",
            "mac-ip rd 1:1 mac 1:2:3:4:5:6 label 5 esi 1:2:3:4:5:6:7:8:9:10",
            true,
        ),
        ("mac-ip rd 1:1 mac 1:2:3:4:5:6", "mac-ip rd 1:1 mac 1:2:3:4:5:6 label2 5", true),
        ("mac-ip rd 1:1 mac 1:2:3:4:5:6", "mac-ip rd 1:1 mac 1:2:3:4:5:7", false),
        ("mac-ip rd 1:1 mac 1:2:3:4:5:6", "mac-ip rd 1:2 mac 1:2:3:4:5:6", false),
        ("mac-ip rd 1:1 mac 1:2:3:4:5:6", "mac-ip rd 1:1 mac 1:2:3:4:5:6 ip 10.0.0.1", false),
        ("mac-ip rd 1:1 mac 1:2:3:4:5:6", "mac-ip rd 1:1 mac 1:2:3:4:5:6 ethernet-tag 1", false),
        ("ethernet-ad rd 1:1", "ethernet-ad rd 1:1 label 7", true),
        ("ethernet-ad rd 1:1", "ethernet-ad rd 1:1 esi 1:2:3:4:5:6:7:8:9:10", false),
        (
            "ip-prefix 10.0.0.0/8 rd 1:1",
            "ip-prefix 10.0.0.0/8 rd 1:1 gateway 10.0.0.1 label 5",
            true,
        ),
        (
            "ip-prefix 10.0.0.0/8 rd 1:1",
            "ip-prefix 10.0.0.0/8 rd 1:1 esi 1:2:3:4:5:6:7:8:9:10",
            true,
        ),
        ("ip-prefix 10.0.0.0/8 rd 1:1", "ip-prefix 10.0.0.0/9 rd 1:1", false),
        ("ip-prefix ::/0 rd 1:1", "ip-prefix 0.0.0.0/0 rd 1:1", false),
        ("smet rd 1:1 ip 10.0.0.1", "smet rd 1:1 ip 10.0.0.1 flags 4", true),
        ("smet rd 1:1 ip 10.0.0.1", "smet rd 1:1 ip 10.0.0.1 source 10.0.0.2", false),
        ("smet rd 1:1 ip 10.0.0.1", "s-pmsi rd 1:1 ip 10.0.0.1", false),
        (
            "join-sync rd 1:1 ip 10.0.0.1",
            "join-sync rd 1:1 ip 10.0.0.1 esi 1:2:3:4:5:6:7:8:9:10",
            false,
        ),
        (
            "leave-sync rd 1:1 ip 10.0.0.1",
            "leave-sync rd 1:1 ip 10.0.0.1 flags 2 maximum-response-time 5",
            true,
        ),
        ("leave-sync rd 1:1 ip 10.0.0.1", "join-sync rd 1:1 ip 10.0.0.1", false),
    ] {
        let [a, b] = [one, other].map(|words| bytes_of(&format!("l2vpn evpn {words}")));
        assert_eq!(nlri(&a).identity() == nlri(&b).identity(), same, "{one} and {other}");
    }
}

#[test]
fn path_identifiers_are_read_and_shown() {
    let one = bytes_of("l2vpn evpn multicast rd 1:1 ip 10.0.0.1");
    let other = bytes_of("l2vpn vpls rd 1:1 pe 10.0.0.1");
    for (family, bytes) in [(FAMILY, one), (Family::new(Afi::L2VPN, Safi::VPLS), other)] {
        let mut field = Vec::new();
        for path_id in [7, 8] {
            Nlri { family, path_id: Some(path_id), bytes: &bytes }.encode(true, &mut field);
        }
        let read: Vec<_> =
            NlriIter::new(family, true, Reader::new(&field)).map(Result::unwrap).collect();
        assert_eq!(read.iter().map(|nlri| nlri.path_id).collect::<Vec<_>>(), [Some(7), Some(8)]);
        let (mut json, mut text) = (Vec::new(), Vec::new());
        read[1].json(&NlriContext::default(), &mut json);
        read[1].text(&mut text);
        assert!(json.ends_with(b", \"path-information\": \"0.0.0.8\" }"));
        assert!(text.ends_with(b" path-information 0.0.0.8"));
    }
}

#[test]
fn bits_behind_a_prefix_make_no_other_route() {
    for (bits, address, cleared) in [
        (24, [10, 0, 0, 1], [10, 0, 0, 0]),
        (9, [10, 255, 255, 255], [10, 128, 0, 0]),
        (0, [255; 4], [0; 4]),
    ] {
        let mut bytes = bytes_of("l2vpn evpn ip-prefix 0.0.0.0/0 rd 1:1");
        let mut clean = bytes.clone();
        bytes[24] = bits;
        bytes[25..29].copy_from_slice(&address);
        clean[24] = bits;
        clean[25..29].copy_from_slice(&cleared);
        let mut buffer = Vec::new();
        assert_eq!(nlri(&bytes).canonical(&mut buffer).bytes, clean);
        assert!(!canonical(FAMILY, &clean, &mut Vec::new()));
    }
}

/// One field of a layout with octets that its type may have.
fn field(field: &'static Field) -> BoxedStrategy<Vec<u8>> {
    use super::{address::*, ethernet::*, label::*, octets::*};
    let is = |other: &'static Field| std::ptr::eq(field, other);
    let octets = |count: usize| prop::collection::vec(any::<u8>(), count);
    let address = |from: u8| {
        (from..3).prop_flat_map(move |kind| {
            let bits = [0_u8, 32, 128][usize::from(kind)];
            prop::collection::vec(any::<u8>(), usize::from(bits) / 8)
                .prop_map(move |octets| [&[bits], octets.as_slice()].concat())
        })
    };
    if is(&RD) || is(&REGION) {
        octets(8).boxed()
    } else if is(&ESI) {
        prop_oneof![octets(10), Just(vec![0; 10])].boxed()
    } else if is(&TAG) {
        octets(4).boxed()
    } else if is(&MAC) {
        octets(6).prop_map(|mac| [&[48], mac.as_slice()].concat()).boxed()
    } else if is(&IP) {
        address(0).boxed()
    } else if is(&ROUTER) || is(&ORIGINATOR) {
        address(1).boxed()
    } else if is(&SOURCE) || is(&GROUP) {
        prop_oneof![Just(vec![0]), octets(4).prop_map(|group| [&[32], group.as_slice()].concat())]
            .boxed()
    } else if is(&LABEL) {
        octets(3).boxed()
    } else if is(&LABELS) {
        (0..4_usize)
            .prop_flat_map(move |count| prop::collection::vec(any::<u8>(), count * 3))
            .boxed()
    } else if is(&SECOND_LABEL) {
        prop_oneof![Just(vec![]), octets(3)].boxed()
    } else if is(&prefix::PREFIX) {
        (0..=32_u8, any::<u32>())
            .prop_map(|(bits, address)| {
                let mut octets = [&[bits][..], &address.to_be_bytes()].concat();
                prefix::clear_host_bits(&mut octets);
                octets
            })
            .boxed()
    } else if is(&prefix::GATEWAY) || is(&RESERVED) {
        Just(vec![0; 4]).boxed()
    } else if is(&FLAGS) || is(&MAXIMUM_RESPONSE_TIME) {
        octets(1).boxed()
    } else if is(&ROUTE_KEY) {
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|value| [&[3, u8::try_from(value.len()).unwrap()], value.as_slice()].concat())
            .boxed()
    } else {
        panic!("a field that the tests do not know")
    }
}

fn route() -> impl Strategy<Value = Vec<u8>> {
    (0..TABLE.len()).prop_flat_map(|index| {
        let kind = &TABLE[index];
        let fields: Vec<_> = kind.layout.iter().map(|(of, _)| field(of)).collect();
        fields.prop_map(|fields| {
            let value = fields.concat();
            [&[kind.code, u8::try_from(value.len()).unwrap()], value.as_slice()].concat()
        })
    })
}

proptest! {
    #[test]
    fn octets_survive_words(bytes in route()) {
        prop_assert!(check(FAMILY, &bytes).is_ok(), "{:02x?}", bytes);
        let mut command = Vec::new();
        push_command(nlri(&bytes), &mut command);
        let command = String::from_utf8(command).unwrap();
        prop_assert!(!command.starts_with("l2vpn evpn 0x"), "{}", command);
        prop_assert_eq!(bytes_of(&command), bytes, "{}", command);
    }

    #[test]
    fn any_octets_are_shown(code in 0..14_u8, value in prop::collection::vec(any::<u8>(), 0..64)) {
        let bytes = [&[code, u8::try_from(value.len()).unwrap()], value.as_slice()].concat();
        let mut out = Vec::new();
        json(nlri(&bytes), &NlriContext::default(), &mut out);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
        text(nlri(&bytes), &NlriContext::default(), &mut out);
        let _ = (check(FAMILY, &bytes), nlri(&bytes).canonical(&mut Vec::new()));
        prop_assert!(nlri(&bytes).identity().parts.iter().all(|part| part.len() <= bytes.len()));
        push_command(nlri(&bytes), &mut out);
    }
}
