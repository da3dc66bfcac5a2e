//! What is kept of what the peer said.
#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use yottabgp_rib::adj_rib_in::{AdjRibIn, Place};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::message::update::Scrutiny;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{AddPath, Direction, Negotiated};
use yottabgp_wire::next_hop::{NextHop, wire_next_hop};
use yottabgp_wire::nlri::Nlri;

/// Takes an UPDATE of these octets; returns how many routes there are then.
fn apply(rib: &mut AdjRibIn, store: &mut AttributeStore, body: &str) -> usize {
    let body = parse_hex(&body.replace(' ', "")).unwrap();
    let update = Update::decode(&body, &Negotiated::permissive(), Direction::Receive).unwrap();
    rib.apply(store, &update);
    rib.len()
}

#[test]
fn bits_after_a_prefix_do_not_make_another_route() {
    let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
    let attributes = "40010100 400200 40030401020304 40050400000064";
    let announce = |nlri| format!("0000 0015 {attributes} {nlri}");
    assert_eq!(apply(&mut rib, &mut store, &announce("14 0A001F")), 1);
    assert_eq!(apply(&mut rib, &mut store, &announce("14 0A0010")), 1);
    assert_eq!(apply(&mut rib, &mut store, "0004 14 0A001B 0000"), 0);
    assert!(store.is_empty());
}

#[test]
fn what_is_forgotten_at_once_gives_its_references_back_later() {
    let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
    let attributes = "40010100 400200 40030401020304 40050400000064";
    let announce = |nlri| format!("0000 0015 {attributes} {nlri}");
    assert_eq!(apply(&mut rib, &mut store, &announce("14 0A0010 14 0A0020")), 2);
    let mut remains = rib.forget();
    assert!(rib.is_empty() && rib.next_route(Place::default()).is_none());
    // A new session does not wait for that.
    assert_eq!(apply(&mut rib, &mut store, &announce("14 0A0010")), 1);
    while remains.release(&mut store) {}
    assert_eq!((rib.len(), store.len()), (1, 1));
    assert_eq!(apply(&mut rib, &mut store, "0004 14 0A0010 0000"), 0);
    assert!(store.is_empty());
}

/// What a route is told by, and what it has: MED and next hop.
type Model = BTreeMap<(Family, Option<u32>, Vec<u8>), (u8, NextHop)>;

/// A route of an UPDATE: its prefix is one of few, with bits that mean nothing.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    wide: bool,
    path: u8,
    length: u8,
    octet: u8,
}

/// What happens to a table.
#[derive(Clone, Debug)]
enum Step {
    Update { withdrawn: Vec<Wanted>, announced: Vec<Wanted>, med: u8 },
    TakeIn(usize),
    ClearFamily(bool),
    Clear,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (any::<bool>(), 0..2u8, 14..24u8, 0..=u8::MAX).prop_map(|(wide, path, length, octet)| Wanted {
        wide,
        path,
        length,
        octet,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let many = || prop::collection::vec(wanted(), 0..40);
    prop_oneof![
        8 => (many(), many(), 0..3u8)
            .prop_map(|(withdrawn, announced, med)| Step::Update { withdrawn, announced, med }),
        2 => (0..4000usize).prop_map(Step::TakeIn),
        1 => any::<bool>().prop_map(Step::ClearFamily),
        1 => Just(Step::Clear),
    ]
}

fn push_nlri(routes: &[Wanted], wide: bool, paths: bool, out: &mut Vec<u8>) {
    for route in routes.iter().filter(|route| route.wide == wide) {
        if paths {
            out.extend([0, 0, 0, route.path]);
        }
        let octets = usize::from(route.length.div_ceil(8));
        out.push(route.length);
        out.extend([10, route.octet, route.octet].iter().take(octets));
    }
}

/// The UPDATE: IPv6 in attributes, IPv4 in the fields of the message.
fn body(withdrawn: &[Wanted], announced: &[Wanted], paths: bool, med: u8) -> Vec<u8> {
    let field = |routes: &[Wanted], wide| {
        let mut out = Vec::new();
        push_nlri(routes, wide, paths, &mut out);
        out
    };
    let short = |value: usize| u16::try_from(value).unwrap().to_be_bytes();
    let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1];
    attributes.extend([0x80, 4, 4, 0, 0, 0, med, 0x40, 5, 4, 0, 0, 0, 100]);
    let wide = field(announced, true);
    if !wide.is_empty() {
        attributes.extend([0x90, 14]);
        attributes.extend(short(21 + wide.len()));
        attributes.extend([0, 2, 1, 16, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, med, 0]);
        attributes.extend(wide);
    }
    let wide = field(withdrawn, true);
    if !wide.is_empty() {
        attributes.extend([0x90, 15]);
        attributes.extend(short(3 + wide.len()));
        attributes.extend([0, 2, 1]);
        attributes.extend(wide);
    }
    let (gone, here) = (field(withdrawn, false), field(announced, false));
    let mut body = Vec::new();
    body.extend(short(gone.len()));
    body.extend(gone);
    body.extend(short(attributes.len()));
    body.extend(attributes);
    body.extend(here);
    body
}

fn key(nlri: &Nlri<'_>) -> (Family, Option<u32>, Vec<u8>) {
    let mut buffer = Vec::new();
    let nlri = nlri.canonical(&mut buffer);
    (nlri.family, nlri.path_id, nlri.bytes.to_vec())
}

/// One route after the other, as anybody would.
fn into_model(model: &mut Model, update: &Update<'_>) -> (u64, u64) {
    let (mut announced, mut withdrawn) = (0, 0);
    for nlri in update.withdrawn().flatten().flatten() {
        model.remove(&key(&nlri));
        withdrawn += 1;
    }
    let med = update.attribute(4).and_then(|med| med.value.last().copied()).unwrap_or(0);
    for (next_hop, nlri) in update.announced() {
        let next_hop = wire_next_hop(next_hop).map_or(NextHop::Absent, NextHop::from);
        for nlri in nlri.flatten() {
            model.insert(key(&nlri), (med, next_hop));
            announced += 1;
        }
    }
    (announced, withdrawn)
}

fn of(rib: &AdjRibIn, store: &AttributeStore) -> Model {
    let route = |(nlri, attributes): (Nlri<'_>, _)| {
        let set = store.set(attributes);
        let mut stored = yottabgp_wire::attribute::set::iter(set);
        let med = stored.find(|stored| stored.attribute.code == 4).unwrap();
        let med = *med.attribute.value.last().unwrap();
        (key(&nlri), (med, store.next_hop(attributes)))
    };
    rib.routes().map(route).collect()
}

proptest! {
    #[test]
    fn tables_have_what_was_said(paths: bool, put_off: bool, steps in prop::collection::vec(step(), 0..40)) {
        let families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
        let receive = if paths { families.clone() } else { Vec::new() };
        let negotiated = Negotiated {
            families,
            add_path: AddPath { receive, ..AddPath::default() },
            ..Negotiated::permissive()
        };
        let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Update { withdrawn, announced, med, .. } => {
                    let body = body(&withdrawn, &announced, paths, med);
                    let update = Update::decode_with(&body, &negotiated, Direction::Receive, Scrutiny::Session).unwrap();
                    prop_assert!(update.faults().is_empty(), "{:?}", update.faults());
                    let counts = into_model(&mut model, &update);
                    if put_off {
                        prop_assert_eq!(rib.put_off(&mut store, &update), counts);
                    } else {
                        prop_assert_eq!(rib.apply(&mut store, &update), counts);
                    }
                }
                Step::TakeIn(octets) => _ = rib.take_in(&mut store, octets),
                Step::ClearFamily(wide) => {
                    let family = if wide { Family::IPV6_UNICAST } else { Family::IPV4_UNICAST };
                    rib.clear_family(&mut store, family);
                    model.retain(|(of, ..), _| *of != family);
                }
                Step::Clear => {
                    rib.clear(&mut store);
                    model.clear();
                }
            }
        }
        while rib.take_in(&mut store, 1) {}
        let [pushed, taken] = rib.progress();
        prop_assert_eq!(pushed, taken);
        prop_assert_eq!(rib.len(), model.len());
        let counts = rib.counts();
        prop_assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), model.len());
        for (family, count) in counts {
            prop_assert_eq!(model.keys().filter(|(of, ..)| *of == family).count(), count);
        }
        prop_assert_eq!(of(&rib, &store), model.clone());
        // Sets that nobody has are forgotten: each route holds one, none holds more.
        let sets: std::collections::BTreeSet<_> = model.values().map(|(med, next_hop)| (*med, format!("{next_hop:?}"))).collect();
        prop_assert_eq!(store.len(), sets.len());
        rib.clear(&mut store);
        prop_assert!(store.is_empty());
    }
}

#[test]
fn routes_that_are_no_prefixes_are_counted_by_family() {
    let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
    let reach = |safi: &str, nlri: &str| {
        let value = format!("0001 {safi} 00 00 {nlri}");
        let length = value.replace(' ', "").len() / 2;
        let attributes = format!("40010100 400200 40050400000064 800E {length:02x} {value}");
        format!("0000 {:04x} {attributes}", attributes.replace(' ', "").len() / 2)
    };
    let unreach = |safi: &str, nlri: &str| {
        let value = format!("0001 {safi} {nlri}");
        let attribute = format!("800F {:02x} {value}", value.replace(' ', "").len() / 2);
        format!("0000 {:04x} {attribute}", attribute.replace(' ', "").len() / 2)
    };
    let flowspec = Family::new(Afi::IPV4, Safi::FLOW);
    // Destinations, and the same once more.
    apply(&mut rib, &mut store, &reach("85", "03 01 08 0A 03 01 08 0B"));
    apply(&mut rib, &mut store, &reach("85", "03 01 08 0A"));
    assert_eq!(rib.counts(), [(flowspec, 2)]);
    apply(&mut rib, &mut store, &unreach("85", "03 01 08 0A 03 01 08 0C"));
    assert_eq!(rib.counts(), [(flowspec, 1)]);
    rib.clear_family(&mut store, flowspec);
    assert!(rib.counts().is_empty() && rib.is_empty() && store.is_empty());
}

#[test]
fn a_walk_goes_from_family_to_family_and_misses_nothing_that_stays() {
    let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
    let route = |wide, octet| Wanted { wide, path: 0, length: 24, octet };
    let negotiated = Negotiated { add_path: AddPath::default(), ..Negotiated::permissive() };
    let mut apply = |rib: &mut AdjRibIn, withdrawn: &[Wanted], announced: &[Wanted]| {
        let body = body(withdrawn, announced, false, 1);
        let update = Update::decode(&body, &negotiated, Direction::Receive).unwrap();
        rib.apply(&mut store, &update);
    };
    let all: Vec<_> = (0..200).map(|octet| route(octet % 2 == 0, octet)).collect();
    apply(&mut rib, &[], &all);
    let (mut from, mut seen) = (Place::default(), Vec::new());
    while let Some((place, nlri, _)) = rib.next_route(from) {
        seen.push((nlri.family, nlri.bytes[2]));
        from = place.next();
        if seen.len() == 50 {
            // One that was seen and one that was not go; another comes.
            apply(&mut rib, &[route(false, 1), route(true, 4)], &[route(false, 201)]);
        }
    }
    let of = |family| seen.iter().filter(move |(of, _)| *of == family).map(|(_, octet)| *octet);
    let even = (0..200).step_by(2).filter(|octet| *octet != 4);
    assert!(of(Family::IPV6_UNICAST).eq(even));
    assert!(seen.is_sorted_by_key(|(family, _)| *family != Family::IPV4_UNICAST));
    assert!((1..200).step_by(2).all(|octet| of(Family::IPV4_UNICAST).any(|seen| seen == octet)));
}

#[test]
fn what_is_no_prefix_is_not_put_off() {
    let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
    let mut put_off = |body: &str| {
        let body = parse_hex(&body.replace(' ', "")).unwrap();
        let update = Update::decode(&body, &Negotiated::permissive(), Direction::Receive).unwrap();
        assert!(update.faults().is_empty());
        let counts = rib.put_off(&mut store, &update);
        (counts, rib.len(), rib.has_put_off())
    };
    let attributes = "40010100 400200 40030401020304 40050400000064";
    let flow = "800E0B 0001 85 00 00 05 01 18 0A0000";
    assert_eq!(put_off(&format!("0000 0015 {attributes} 14 0A0010")), ((1, 0), 0, true));
    assert_eq!(put_off(&format!("0000 0023 {attributes} {flow} 14 0A0020")), ((2, 0), 1, true));
    assert_eq!(put_off("0004 14 0A0010 0000"), ((0, 1), 1, true));
    assert!(!rib.take_in(&mut store, usize::MAX));
    assert_eq!((rib.len(), store.len()), (2, 2));
}

#[test]
fn what_is_put_off_has_one_bound_for_all_peers() {
    let mut ribs = [AdjRibIn::default(), AdjRibIn::default()];
    let mut store = AttributeStore::default();
    let negotiated = Negotiated { add_path: AddPath::default(), ..Negotiated::permissive() };
    // ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, a thousand communities; one prefix.
    let attributes = parse_hex("40010100400200400304C000020140050400000064D0080FA0").unwrap();
    let attributes = [attributes, vec![1; 4000]].concat();
    let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
    let body = [&[0, 0], &length[..], &attributes, &[8, 10]].concat();
    let update = Update::decode(&body, &negotiated, Direction::Receive).unwrap();
    let waiting = |rib: &AdjRibIn| {
        let [pushed, taken] = rib.progress();
        pushed - taken
    };
    let most = u64::try_from(yottabgp_rib::adj_rib_in::MOST_PUT_OFF).unwrap();
    let mut say = |ribs: &mut [AdjRibIn; 2], one: usize| {
        ribs[one].put_off(&mut store, &update);
        assert!(ribs.iter().map(waiting).sum::<u64>() <= most + 8192);
    };
    while waiting(&ribs[0]) < most / 2 {
        say(&mut ribs, 0);
    }
    // The second has what the first left of it, and takes in what is its own.
    while ribs[1].progress()[0] < most {
        say(&mut ribs, 1);
    }
    assert_eq!([ribs[0].len(), ribs[1].len()], [0, 1]);
    assert!(waiting(&ribs[1]) > most / 2 - 128 * 1024);
    // Whoever has nothing waiting when others have all the room does not wait at all.
    let mut third = AdjRibIn::default();
    third.put_off(&mut store, &update);
    assert_eq!((third.len(), third.has_put_off()), (1, false));
    // What one forgets is room for the other.
    while waiting(&ribs[1]) > 0 {
        ribs[1].take_in(&mut store, usize::MAX);
    }
    ribs[1].clear(&mut store);
    let half = waiting(&ribs[0]);
    ribs[0].clear(&mut store);
    while waiting(&ribs[1]) < half + most / 4 {
        ribs[1].put_off(&mut store, &update);
        assert!(ribs[1].is_empty());
    }
}
