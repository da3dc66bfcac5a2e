//! Labeled, VPN, route target membership and opaque NLRI: whatever they say survives bytes, text and path identifiers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "test code"
)]

use proptest::prelude::*;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::io::tokens::{Span, TextError, Tokens, split_command};
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::{NextHop, push_wire_next_hop, wire_next_hop};
use yottabgp_wire::nlri::{Identity, Nlri, NlriIter, registry};
use yottabgp_wire::route::{self, RouteBuffer, Verb};

const IPV4_MPLS: Family = Family::new(Afi::IPV4, Safi::NLRI_MPLS);
const IPV6_MPLS: Family = Family::new(Afi::IPV6, Safi::NLRI_MPLS);
const IPV4_VPN: Family = Family::new(Afi::IPV4, Safi::MPLS_VPN);
const IPV6_VPN: Family = Family::new(Afi::IPV6, Safi::MPLS_VPN);
const RTC: Family = Family::new(Afi::IPV4, Safi::RTC);

/// A route of a labeled family, in its parts.
#[derive(Clone, Debug)]
struct Labeled {
    family: Family,
    labels: Vec<[u8; 3]>,
    rd: Vec<u8>,
    length: u8,
    prefix: Vec<u8>,
}

impl Labeled {
    fn bytes(&self) -> Vec<u8> {
        let labels = self.labels.concat();
        let bits = usize::from(self.length) + 8 * (labels.len() + self.rd.len());
        [&[u8::try_from(bits).unwrap()][..], &labels, &self.rd, &self.prefix].concat()
    }
}

/// Octets of so many bits, those after them zero.
fn octets(bytes: &[u8], bits: u8) -> Vec<u8> {
    let mut out = bytes[..usize::from(bits.div_ceil(8))].to_vec();
    if let (Some(last), 1..) = (out.last_mut(), bits % 8) {
        *last &= 0xff << (8 - bits % 8);
    }
    out
}

prop_compose! {
    fn labeled()(
        family in prop::sample::select(vec![IPV4_MPLS, IPV6_MPLS, IPV4_VPN, IPV6_VPN]),
        count in 0..4_usize,
        mut labels in prop::collection::vec(any::<[u8; 3]>(), 4),
        (rd, kind) in (any::<[u8; 8]>(), 0..4_u8),
        address: [u8; 16],
        length in 0..=128_u8,
    ) -> Labeled {
        let longest = if family.afi == Afi::IPV4 { 32 } else { 128 };
        let length = length % (longest + 1);
        let rd_length = if family.safi == Safi::MPLS_VPN { 8 } else { 0 };
        // What the length octet has room for, one at least.
        let room = (255 - usize::from(length) - 8 * rd_length) / 24;
        labels.truncate((count + 1).min(room));
        let bottom = labels.len() - 1;
        for (index, label) in labels.iter_mut().enumerate() {
            label[2] = label[2] & 0xfe | u8::from(index == bottom);
            // The first may not look like that of a withdrawal.
            label[1] |= u8::from(index == 0);
        }
        let rd = [&[0, kind][..], &rd[2..]].concat()[..rd_length].to_vec();
        Labeled { family, labels, rd, length, prefix: octets(&address, length) }
    }
}

prop_compose! {
    fn membership()(bits in 31..=96_u8, bytes: [u8; 12], kind in 0..3_u8) -> Vec<u8> {
        let mut bytes = bytes;
        // Often a route target.
        (bytes[4], bytes[5]) = if kind < 3 { (kind, 2) } else { (bytes[4], bytes[5]) };
        let bits = if bits == 31 { 0 } else { bits };
        [&[bits][..], &octets(&bytes, bits)].concat()
    }
}

fn identity(family: Family, bytes: &[u8]) -> Identity<'_> {
    Nlri { family, path_id: None, bytes }.identity()
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

fn read(verb: Verb, words: &str) -> Result<(Family, Vec<u8>), TextError> {
    let (mut list, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut list);
    let mut tokens = Tokens::new(words, &list, Span::default());
    route::parse_statement(verb, &mut tokens, &mut route)?;
    let nlri: Vec<_> = route.nlri().collect();
    assert_eq!(nlri.len(), 1, "{words}");
    Ok((nlri[0].family, nlri[0].bytes.to_vec()))
}

/// Bytes → words → bytes, with the words of the family and not hexadecimal.
fn survives_words(family: Family, bytes: &[u8]) {
    let nlri = Nlri { family, path_id: None, bytes };
    assert_eq!(nlri.check(), Ok(()));
    let own = written(|out| (registry::row(family).command)(nlri, out));
    let words = written(|out| route::push_command(nlri, out));
    assert_eq!(words, own);
    for (verb, words) in
        [(Verb::Withdraw, words.clone()), (Verb::Announce, format!("{words} next-hop 192.0.2.1"))]
    {
        assert_eq!(read(verb, &words), Ok((family, bytes.to_vec())), "{words}");
    }
}

/// Encoded one after the other, with path identifiers and without, they are read as they were.
fn survives_fields(family: Family, all: &[(u32, Vec<u8>)]) {
    for path_id in [false, true] {
        let mut field = Vec::new();
        for (id, bytes) in all {
            Nlri { family, path_id: Some(*id), bytes }.encode(path_id, &mut field);
        }
        let read: Vec<_> = NlriIter::new(family, path_id, Reader::new(&field))
            .map(|nlri| nlri.map(|nlri| (nlri.path_id, nlri.bytes.to_vec())))
            .collect::<Result<_, _>>()
            .unwrap();
        let sent: Vec<_> =
            all.iter().map(|(id, bytes)| (path_id.then_some(*id), bytes.clone())).collect();
        assert_eq!(read, sent);
    }
}

proptest! {
    #[test]
    fn labeled_routes_survive_words(route in labeled()) {
        survives_words(route.family, &route.bytes());
    }

    #[test]
    fn labeled_routes_survive_fields(routes in prop::collection::vec((any::<u32>(), labeled()), 1..8)) {
        for family in [IPV4_MPLS, IPV6_MPLS, IPV4_VPN, IPV6_VPN] {
            let of_family = routes.iter().filter(|(_, route)| route.family == family);
            let all: Vec<_> = of_family.map(|(id, route)| (*id, route.bytes())).collect();
            survives_fields(family, &all);
        }
    }

    #[test]
    fn a_label_makes_no_other_route(route in labeled(), label in 1..0xf_ffff_u32) {
        let bytes = route.bytes();
        let [_, a, b, c] = (label << 4 | 1).to_be_bytes();
        for labels in [vec![[a, b, c]], vec![[0x80, 0, 0]], vec![[0; 3]]] {
            let other = Labeled { labels, ..route.clone() }.bytes();
            prop_assert_eq!(identity(route.family, &other), identity(route.family, &bytes));
        }
        if !route.rd.is_empty() {
            let mut other = route.clone();
            other.rd[7] ^= 1;
            let other = other.bytes();
            prop_assert_ne!(identity(route.family, &other), identity(route.family, &bytes));
        }
        if route.length > 0 {
            let shorter = route.length - 1;
            let other = Labeled { length: shorter, prefix: octets(&route.prefix, shorter), ..route.clone() };
            let other = other.bytes();
            prop_assert_ne!(identity(route.family, &other), identity(route.family, &bytes));
        }
    }

    #[test]
    fn a_withdrawal_needs_no_label(route in labeled()) {
        let none = Labeled { labels: vec![[0x80, 0, 0]], ..route.clone() };
        let words = written(|out| route::push_command(Nlri { family: route.family, path_id: None, bytes: &none.bytes() }, out));
        let words = words.replace(" label 524288 (8388608)", "");
        // Without label and distinguisher the family must be named.
        let words = words.replace("route ", &format!("{} ", route.family));
        prop_assert_eq!(read(Verb::Withdraw, &words), Ok((route.family, none.bytes())), "{}", words);
        let error = read(Verb::Announce, &format!("{words} next-hop 192.0.2.1")).unwrap_err().to_string();
        prop_assert!(error.contains("without a label"), "{}", error);
    }

    #[test]
    fn a_withdrawal_has_room_for_one_label(route in labeled()) {
        let bytes = route.bytes();
        let (mut out, mut encoder) = (Vec::new(), UpdateEncoder::default());
        let nlri = Nlri { family: route.family, path_id: None, bytes: &bytes };
        let session = Negotiated::permissive();
        encoder
            .withdraw(&session, true, &[], NextHop::Absent, route.family, [nlri], &mut out)
            .unwrap();
        let sent = Update::decode(&out[19..], &session, Direction::Send).unwrap();
        let nlri = sent.withdrawn().flatten().next().unwrap().unwrap();
        let one = if route.labels.len() > 1 { [0x80, 0, 0] } else { route.labels[0] };
        let expected = Labeled { labels: vec![one], ..route.clone() }.bytes();
        prop_assert_eq!(nlri.bytes, &expected[..]);
        prop_assert_eq!(identity(route.family, &expected), identity(route.family, &bytes));
    }

    #[test]
    fn memberships_survive(all in prop::collection::vec((any::<u32>(), membership()), 1..8)) {
        for (_, bytes) in &all {
            survives_words(RTC, bytes);
        }
        survives_fields(RTC, &all);
    }

    #[test]
    fn opaque_octets_survive(afi in 3..24_u16, safi: u8, bytes in prop::collection::vec(any::<u8>(), 1..80), id: u32) {
        let family = Family::new(Afi(afi), Safi(safi));
        survives_words(family, &bytes);
        survives_fields(family, &[(id, bytes)]);
    }

    #[test]
    fn any_octets_are_shown(family in prop::sample::select(vec![IPV4_MPLS, IPV6_VPN, IPV4_VPN, RTC]), bytes: Vec<u8>) {
        for nlri in NlriIter::new(family, false, Reader::new(&bytes)).flatten() {
            let json = written(|out| nlri.json(&Default::default(), out));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            let words = written(|out| route::push_command(nlri, out));
            prop_assert_eq!(read(Verb::Withdraw, &words), Ok((family, nlri.bytes.to_vec())), "{}", words);
        }
    }
}

#[test]
fn the_parts_of_a_split_prefix_share_label_and_distinguisher() {
    let words = "route 10.0.0.0/24 rd 65000:1 next-hop 200.10.0.101 label 1000 split /25";
    let (mut list, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut list);
    // Twice: the second statement with the same words takes a shorter way.
    for _ in 0..2 {
        let mut tokens = Tokens::new(words, &list, Span::default());
        route::parse_statement(Verb::Announce, &mut tokens, &mut route).unwrap();
        let text: Vec<_> = route.nlri().map(|nlri| written(|out| nlri.text(out))).collect();
        assert_eq!(
            text,
            ["10.0.0.0/25", "10.0.0.128/25"]
                .map(|prefix| format!("{prefix} label 1000 (16001) rd 65000:1"))
        );
    }
}

/// Sends a route; the next hop field of its MP_REACH_NLRI as the other end reads it.
fn next_hop_field(words: &str, negotiated: &Negotiated) -> Result<Vec<u8>, String> {
    let (mut list, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut list);
    let mut tokens = Tokens::new(words, &list, Span::default());
    route::parse_statement(Verb::Announce, &mut tokens, &mut route).unwrap();
    let family = route.nlri().next().unwrap().family;
    let mut message = Vec::new();
    UpdateEncoder::default()
        .announce(
            negotiated,
            false,
            route.attributes(),
            route.next_hop,
            family,
            route.nlri(),
            &mut message,
        )
        .map_err(|error| error.to_string())?;
    let body = message.get(19..).unwrap();
    let (direction, scrutiny) = (Direction::Receive, Scrutiny::Session);
    let update = Update::decode_with(body, negotiated, direction, scrutiny).unwrap();
    assert!(update.faults().is_empty(), "{words}: {:?}", update.faults());
    let (field, _) = update.announced().next().unwrap();
    Ok(field.to_vec())
}

/// RFC 4364 section 4.3.2, RFC 4659 section 3.2.1, RFC 8950 section 4.
#[test]
fn next_hops_have_the_octets_of_their_family() {
    let agreed = Negotiated::permissive();
    let mut plain = agreed.clone();
    plain.next_hop.clear();
    let mut link_local = plain.clone();
    link_local.link_local_next_hop = true;
    link_local.local_link_local = Some("fe80::1".parse().unwrap());
    let (vpn4, vpn6) = ("route 10.0.0.0/24 rd 1:2 label 3", "route 2001:db8::/32 rd 1:2 label 3");
    let (mpls4, mpls6) = ("route 10.0.0.0/24 label 3", "route 2001:db8::/32 label 3");
    for (session, route, next_hop, length, shown) in [
        (&plain, vpn4, "192.0.2.1", 12, "192.0.2.1"),
        (&plain, mpls4, "192.0.2.1", 4, "192.0.2.1"),
        (&plain, vpn6, "2001:db8::1", 24, "2001:db8::1"),
        (&plain, vpn6, "192.0.2.1", 24, "::ffff:192.0.2.1"),
        (&plain, mpls6, "2001:db8::1", 16, "2001:db8::1"),
        (&plain, mpls6, "192.0.2.1", 16, "::ffff:192.0.2.1"),
        (&link_local, vpn6, "2001:db8::1", 48, "2001:db8::1"),
        (&link_local, mpls6, "2001:db8::1", 32, "2001:db8::1"),
        (&agreed, vpn4, "2001:db8::1", 24, "2001:db8::1"),
        (&agreed, mpls4, "2001:db8::1", 16, "2001:db8::1"),
    ] {
        let field = next_hop_field(&format!("{route} next-hop {next_hop}"), session).unwrap();
        assert_eq!(field.len(), length, "{route} {next_hop}");
        assert_eq!(written(|out| push_wire_next_hop(out, &field)), shown);
        if length % 12 == 0 {
            assert_eq!(field[..8], [0; 8]);
        }
    }
    for route in [vpn4, mpls4] {
        let refused = next_hop_field(&format!("{route} next-hop 2001:db8::1"), &plain).unwrap_err();
        assert!(refused.contains("2001:db8::1"), "{refused}");
    }
    // One distinguisher before both addresses, as ExaBGP takes it.
    let both = [&[0; 8][..], &[0x20; 16], &[0xfe; 16]].concat();
    assert_eq!(wire_next_hop(&both), Some([0x20; 16].into()));
}
