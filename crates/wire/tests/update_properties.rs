//! What holds for every UPDATE: what is written is read back, what is cut or damaged announces nothing new and breaks nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "test code"
)]

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::attribute::registry;
use yottabgp_wire::attribute::set::{SetBuilder, TooLong};
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::update::encode::{EncodeError, UpdateEncoder};
use yottabgp_wire::message::update::fault::Kind;
use yottabgp_wire::message::update::keyed::Keys;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{JsonForm, Nlri};
use yottabgp_wire::prefix::octets_for;

const FAMILIES: [Family; 4] =
    [Family::IPV4_UNICAST, Family::IPV4_MULTICAST, Family::IPV6_UNICAST, Family::IPV6_MULTICAST];

/// A path identifier and the bytes of a prefix.
type Route = (u32, Vec<u8>);

#[derive(Clone, Debug)]
struct Case {
    family: Family,
    routes: Vec<Route>,
    next_hop: NextHop,
    /// Codes and values that their rows take.
    attributes: Vec<(u8, Vec<u8>)>,
    verbatim: Vec<(u8, u8, Vec<u8>)>,
    negotiated: Negotiated,
    group: bool,
}

impl Case {
    fn set(&self) -> Vec<u8> {
        let mut builder = SetBuilder::default();
        for (flags, code, value) in &self.verbatim {
            builder.add_verbatim(*flags, *code, value).unwrap();
        }
        for (code, value) in &self.attributes {
            let row = registry::row(*code).unwrap();
            let add = |out: &mut Vec<u8>| {
                out.extend_from_slice(value);
                Ok::<(), TooLong>(())
            };
            builder.add(row, add).unwrap();
        }
        let mut set = Vec::new();
        builder.write(&mut set);
        set
    }

    fn nlri(&self) -> impl Iterator<Item = Nlri<'_>> {
        self.routes.iter().map(|(path_id, bytes)| Nlri {
            family: self.family,
            path_id: Some(*path_id),
            bytes,
        })
    }

    fn has_path_id(&self) -> bool {
        self.negotiated.has_path_id(self.family, Direction::Send)
    }

    fn announce(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        UpdateEncoder::default().announce(
            &self.negotiated,
            self.group,
            &self.set(),
            self.next_hop,
            self.family,
            self.nlri(),
            &mut out,
        )?;
        Ok(out)
    }

    /// The routes as a receiver should know them, in the order of the announcement.
    fn in_order(&self) -> Vec<(Option<u32>, Vec<u8>)> {
        let path_id = |id: u32| self.has_path_id().then_some(id);
        self.routes.iter().map(|(id, bytes)| (path_id(*id), bytes.clone())).collect()
    }

    /// The same, sorted: as those are that share UPDATEs.
    fn expected(&self) -> Vec<(Option<u32>, Vec<u8>)> {
        let mut routes = self.in_order();
        routes.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        routes
    }
}

fn family() -> impl Strategy<Value = Family> {
    prop::sample::select(&FAMILIES[..])
}

fn route(afi: Afi) -> impl Strategy<Value = Route> {
    let longest: u8 = if afi == Afi::IPV4 { 32 } else { 128 };
    (0..4u32, 0..=longest, any::<[u8; 16]>()).prop_map(|(path_id, length, octets)| {
        let mut bytes = vec![length];
        bytes.extend(octets.iter().take(octets_for(length)));
        (path_id, bytes)
    })
}

fn attributes() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let number = || any::<[u8; 4]>().prop_map(|octets| octets.to_vec());
    let path = vec(1..u32::MAX, 1..40).prop_map(|path| {
        let mut value = vec![2, u8::try_from(path.len()).unwrap()];
        value.extend(path.into_iter().flat_map(u32::to_be_bytes));
        value
    });
    let some = |code: u8, value: BoxedStrategy<Vec<u8>>| {
        prop::option::of(value).prop_map(move |value| value.map(|value| (code, value)))
    };
    (
        some(1, (0u8..3).prop_map(|origin| vec![origin]).boxed()),
        some(2, path.boxed()),
        some(4, number().boxed()),
        some(5, number().boxed()),
        some(6, Just(vec![]).boxed()),
        some(8, vec(any::<[u8; 4]>(), 1..200).prop_map(|all| all.concat()).boxed()),
        some(9, number().boxed()),
        some(10, vec(any::<[u8; 4]>(), 1..5).prop_map(|all| all.concat()).boxed()),
        some(32, vec(any::<[u8; 12]>(), 1..5).prop_map(|all| all.concat()).boxed()),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| {
            [a, b, c, d, e, f, g, h, i].into_iter().flatten().collect()
        })
}

fn negotiated() -> impl Strategy<Value = Negotiated> {
    (any::<[bool; 4]>(), prop::sample::select(vec![4096u16, 65535])).prop_map(
        |([ibgp, asn4, path_ids, link_local], size)| {
            let mut negotiated = Negotiated::permissive();
            negotiated.families = FAMILIES.to_vec();
            negotiated.message_size = size;
            negotiated.asn4 = asn4;
            negotiated.local_as = Asn(if ibgp { 65533 } else { 4_200_000_000 });
            if path_ids {
                negotiated.add_path.send = FAMILIES.to_vec();
                negotiated.add_path.receive = FAMILIES.to_vec();
            }
            negotiated.link_local_next_hop = link_local;
            negotiated.local_link_local = Some(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1));
            negotiated
        },
    )
}

fn case(most: usize) -> impl Strategy<Value = Case> {
    let next_hop = prop_oneof![
        any::<u32>().prop_map(|bits| NextHop::V4(Ipv4Addr::from(bits))),
        any::<u128>().prop_map(|bits| NextHop::V6(Ipv6Addr::from(bits))),
    ];
    let unknown = vec((Just(0xc0), 60u8..80, vec(any::<u8>(), 0..300)), 0..2);
    (family(), next_hop, attributes(), unknown, negotiated(), any::<bool>()).prop_flat_map(
        move |(family, next_hop, attributes, verbatim, negotiated, group)| {
            vec(route(family.afi), 0..most).prop_map(move |routes| Case {
                family,
                routes,
                next_hop,
                attributes: attributes.clone(),
                verbatim: verbatim.clone(),
                negotiated: negotiated.clone(),
                group,
            })
        },
    )
}

/// The bodies of the messages in `bytes`.
fn bodies<'a>(mut bytes: &'a [u8], negotiated: &Negotiated) -> Vec<&'a [u8]> {
    let mut bodies = Vec::new();
    while !bytes.is_empty() {
        assert_eq!(bytes[..16], [0xff; 16]);
        assert_eq!(bytes[18], 2);
        let length = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
        assert!(length <= usize::from(negotiated.message_size));
        bodies.push(&bytes[19..length]);
        bytes = &bytes[length..];
    }
    bodies
}

fn owned(nlri: Nlri<'_>) -> (Option<u32>, Vec<u8>) {
    (nlri.path_id, nlri.bytes.to_vec())
}

/// Renders every way: JSON that parses, one line of text for each route. Where prefixes are keys, none comes twice in an event
/// and none is missing.
fn render(update: &Update<'_>) {
    let routes = update.announced().flat_map(|(_, nlri)| nlri).count()
        + update.withdrawn().flatten().count();
    // Large ones take long.
    for layout in Layout::ALL.into_iter().take(if routes < 64 { 5 } else { 1 }) {
        let form = JsonForm { layout, ..JsonForm::default() };
        let (mut keys, mut more, mut shown) = (Keys::default(), true, 0);
        while more {
            let mut json = Vec::new();
            more = update.json_part(form, &mut keys, &mut json);
            let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
            // Of keys that come twice, the value has one: then routes are missing.
            shown += routes_in(&value["update"]["announce"], true)
                + routes_in(&value["update"]["withdraw"], false);
        }
        let eor = usize::from(
            update
                .end_of_rib()
                .is_some_and(|family| layout == Layout::V3_4 && family == Family::IPV4_UNICAST),
        );
        let expected = if layout == Layout::V3_4 { keyed(update) + eor } else { routes };
        assert_eq!(shown, expected, "{layout:?}");
    }
    let mut json = Vec::new();
    update.json(JsonForm::default(), &mut json);
    let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert!(json.is_ascii() && !json.contains(&b'\n'));
    let mut text = Vec::new();
    update.text(b"neighbor 127.0.0.1 receive", JsonForm::default(), &mut text);
    let lines = routes + 2 + usize::from(value["eor"].is_object());
    assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), lines);
}

/// How many routes are in the value of `announce`, where they stand by next hop, or of `withdraw`; listed or keyed.
fn routes_in(value: &serde_json::Value, by_next_hop: bool) -> usize {
    let members = |value: &serde_json::Value| match value {
        serde_json::Value::Array(routes) => routes.len(),
        serde_json::Value::Object(routes) => routes.len(),
        _ => 0,
    };
    let families = value.as_object().into_iter().flatten().map(|(_, family)| family);
    families
        .map(|family| match family.as_object().filter(|_| by_next_hop) {
            Some(next_hops) => next_hops.values().map(members).sum(),
            None => members(family),
        })
        .sum()
}

/// How many routes the keys of objects can show: the last of 16 events has all that are left, of one key only one is read.
fn keyed(update: &Update<'_>) -> usize {
    let mut counts: HashMap<(bool, Family, Vec<u8>), usize> = HashMap::new();
    let mut count = |announced, nlri: Nlri<'_>| {
        *counts.entry((announced, nlri.family, nlri.bytes.to_vec())).or_default() += 1;
    };
    update.announced().flat_map(|(_, nlri)| nlri).flatten().for_each(|nlri| count(true, nlri));
    update.withdrawn().flatten().flatten().for_each(|nlri| count(false, nlri));
    // What is no prefix has a number as its key.
    let is_prefix = |family: Family| FAMILIES.contains(&family);
    counts
        .into_iter()
        .map(|((_, family, _), count)| if is_prefix(family) { count.min(16) } else { count })
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn what_is_announced_is_read_back(case in case(900)) {
        let out = case.announce().unwrap();
        let mut read = Vec::new();
        for body in bodies(&out, &case.negotiated) {
            let update = Update::decode(body, &case.negotiated, Direction::Receive).unwrap();
            // Route reflection to an external peer, as the user asked: the peer drops it.
            prop_assert!(update.faults().iter().all(|fault| fault.kind == Kind::Internal));
            render(&update);
            for (code, value) in &case.attributes {
                let wanted = case.negotiated.is_ibgp() || ![5, 9, 10].contains(code);
                let got = update.attribute(*code);
                // Communities are sorted.
                let mut expected = value.clone();
                (registry::row(*code).unwrap().normalise)(&mut expected);
                if wanted {
                    prop_assert_eq!(got.map(|a| a.value), Some(&expected[..]), "{}", code);
                }
            }
            prop_assert_eq!(update.withdrawn().count(), 0);
            read.extend(
                update.announced().flat_map(|(_, nlri)| nlri).map(|nlri| owned(nlri.unwrap())),
            );
        }
        prop_assert_eq!(read, if case.group { case.expected() } else { case.in_order() });
    }

    #[test]
    fn what_is_withdrawn_is_read_back(case in case(900)) {
        let mut out = Vec::new();
        let messages = UpdateEncoder::default()
            .withdraw(
                &case.negotiated,
                case.group,
                &[],
                NextHop::Absent,
                case.family,
                case.nlri(),
                &mut out,
            )
            .unwrap();
        let mut read = Vec::new();
        let bodies = bodies(&out, &case.negotiated);
        prop_assert_eq!(bodies.len(), messages);
        prop_assert!(case.group || messages == case.routes.len());
        for body in bodies {
            let update = Update::decode(body, &case.negotiated, Direction::Receive).unwrap();
            prop_assert_eq!(update.faults(), &[]);
            prop_assert_eq!(update.attributes().count(), 0);
            prop_assert_eq!(update.announced().count(), 0);
            read.extend(update.withdrawn().flatten().map(|nlri| owned(nlri.unwrap())));
        }
        prop_assert_eq!(read, case.expected());
    }

    #[test]
    fn what_is_cut_announces_nothing_new(case in case(8)) {
        let out = case.announce().unwrap();
        let negotiated = &case.negotiated;
        for body in bodies(&out, negotiated) {
            for length in 0..body.len() {
                let cut = &body[..length];
                let Ok(update) = Update::decode(cut, negotiated, Direction::Receive) else {
                    continue;
                };
                render(&update);
                for nlri in update.announced().flat_map(|(_, nlri)| nlri) {
                    prop_assert!(case.expected().contains(&owned(nlri.unwrap())));
                }
            }
        }
    }

    /// The attributes cut short, with a total length that says so: routes may go, but none may come.
    #[test]
    fn attributes_that_are_cut_announce_nothing_new(case in case(8)) {
        let out = case.announce().unwrap();
        let negotiated = &case.negotiated;
        for body in bodies(&out, negotiated) {
            let attributes = usize::from(u16::from_be_bytes([body[2], body[3]]));
            for length in 0..attributes {
                let mut cut = vec![0, 0];
                cut.extend(u16::try_from(length).unwrap().to_be_bytes());
                cut.extend(&body[4..4 + length]);
                cut.extend(&body[4 + attributes..]);
                let Ok(update) = Update::decode(&cut, negotiated, Direction::Receive) else {
                    continue;
                };
                render(&update);
                for nlri in update.announced().flat_map(|(_, nlri)| nlri) {
                    prop_assert!(case.expected().contains(&owned(nlri.unwrap())));
                }
            }
        }
    }

    #[test]
    fn damage_breaks_nothing(
        case in case(8),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        direction in prop::sample::select(vec![Direction::Receive, Direction::Send]),
    ) {
        let out = case.announce().unwrap();
        for body in bodies(&out, &case.negotiated) {
            let mut body = body.to_vec();
            for (index, value) in &damage {
                let index = index.index(body.len());
                body[index] = *value;
            }
            if let Ok(update) = Update::decode(&body, &case.negotiated, direction) {
                render(&update);
            }
            let scrutiny = Scrutiny::Inspection;
            if let Ok(update) = Update::decode_with(&body, &case.negotiated, direction, scrutiny) {
                render(&update);
            }
        }
    }

    #[test]
    fn noise_breaks_nothing(bytes: Vec<u8>, negotiated in negotiated()) {
        if let Ok(update) = Update::decode(&bytes, &negotiated, Direction::Receive) {
            render(&update);
        }
        // The same as attributes, and as NLRI.
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        for body in [
            [&[0, 0][..], &length, &bytes].concat(),
            [&[0, 0, 0, 0][..], &bytes].concat(),
            [&length[..], &bytes, &[0, 0]].concat(),
        ] {
            if let Ok(update) = Update::decode(&body, &negotiated, Direction::Send) {
                render(&update);
            }
        }
    }
}
