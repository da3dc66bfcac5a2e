//! What a file would change is what it changes, whatever was done to the table before.
#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use yottabgp_rib::adj_rib_out::configuration::{Configured, Effect, Marks, Moment};
use yottabgp_rib::adj_rib_out::{AdjRibOut, Member, Origin, Sending};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Direction, Negotiated, Refresh};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

const DOGS: [&str; 2] = ["dog", "cat"];

/// A route of a file: which prefix, which MED, which watchdog, whether it waits for that.
type Route = (u8, u8, Option<usize>, bool);

/// What happens to a table.
#[derive(Debug, Clone)]
enum Step {
    /// A file is read.
    File(Vec<Route>),
    /// A command announces.
    Announce(u8, u8),
    /// A command withdraws.
    Withdraw(u8),
    /// A watchdog is heard.
    Watchdog(usize, bool),
    /// What waits is sent.
    Send,
    /// The session ends and comes again.
    Session,
}

fn step() -> impl Strategy<Value = Step> {
    let route = (0..6u8, 0..3u8, prop::option::of(0..2usize), any::<bool>());
    prop_oneof![
        3 => prop::collection::vec(route, 0..8).prop_map(Step::File),
        1 => (0..6u8, 0..3u8).prop_map(|(prefix, med)| Step::Announce(prefix, med)),
        1 => (0..6u8).prop_map(Step::Withdraw),
        1 => (0..2usize, any::<bool>()).prop_map(|(dog, announce)| Step::Watchdog(dog, announce)),
        2 => Just(Step::Send),
        1 => Just(Step::Session),
    ]
}

fn nlri(bytes: &[u8]) -> Nlri<'_> {
    Nlri { family: Family::IPV4_UNICAST, path_id: None, bytes }
}

/// Announcements and withdrawals, sorted: `+3=1`, `-4`.
type Told = Vec<String>;

struct Bench {
    rib: AdjRibOut,
    member: Member,
    store: AttributeStore,
    encoder: UpdateEncoder,
    negotiated: Negotiated,
    /// The file before, when no route is in it twice.
    basis: Option<(Vec<Route>, Moment)>,
    /// How often only what is not in both files was looked at.
    shortcuts: usize,
}

impl Bench {
    fn send(&mut self) -> Told {
        let mut out = Vec::new();
        let Self { rib, member, store, encoder, negotiated, .. } = self;
        let mut sending = Sending { encoder, negotiated, group: true, holding: false };
        rib.fill(store, *member, &mut sending, &mut out, usize::MAX);
        let mut told = Vec::new();
        let mut rest = out.as_slice();
        while let Some(length) = rest.get(16..18) {
            let length = usize::from(u16::from_be_bytes(length.try_into().unwrap()));
            let (message, after) = rest.split_at(length);
            rest = after;
            let body = message.get(19..).unwrap();
            let update = Update::decode(body, negotiated, Direction::Send).unwrap();
            let last = |nlri: Nlri<'_>| *nlri.bytes.last().unwrap();
            for nlri in update.withdrawn().flatten() {
                told.push(format!("-{}", last(nlri.unwrap())));
            }
            let med = update.attribute(4).and_then(|med| med.value.last().copied());
            for (_, list) in update.announced() {
                for nlri in list {
                    told.push(format!("+{}={}", last(nlri.unwrap()), med.unwrap()));
                }
            }
        }
        told.sort();
        told
    }

    /// Reads a file: what it would change, and what it changes.
    fn file(&mut self, routes: &[Route]) -> (Vec<Effect>, Vec<Effect>, Told) {
        let attributes: Vec<Vec<u8>> = routes.iter().map(|route| set(route.1)).collect();
        let bytes: Vec<[u8; 4]> = routes.iter().map(|route| [24, 10, 0, route.0]).collect();
        let configured = |place: usize| {
            let (prefix, _, dog, parked) = *routes.get(place).unwrap();
            Configured {
                nlri: Some(nlri(bytes.get(place).unwrap())),
                watchdog: dog.and_then(|dog| DOGS.get(dog).copied()),
                parked: parked && dog.is_some(),
                superseded: routes.iter().skip(place + 1).any(|later| later.0 == prefix),
            }
        };
        let mut marks = Marks::default();
        let mut told = Vec::new();
        let mut would: Vec<Effect> = (0..routes.len())
            .map(|place| {
                let route = configured(place);
                let found = self.store.find(attributes.get(place).unwrap(), NEXT_HOP);
                let effect = self.rib.would_configure(&mut marks, &route, found);
                if effect == Effect::Announce {
                    let (prefix, med, ..) = routes.get(place).unwrap();
                    told.push(format!("+{prefix}={med}"));
                }
                if effect == Effect::Withdraw {
                    told.push(format!("-{}", routes.get(place).unwrap().0));
                }
                effect
            })
            .collect();
        let mut gone = Vec::new();
        for (nlri, effect) in self.rib.would_withdraw(&marks, 0..self.rib.end()) {
            gone.push(effect);
            if effect == Effect::Withdraw {
                told.push(format!("-{}", nlri.bytes.last().unwrap()));
            }
        }
        told.sort();
        // In which order they go depends on how they are found.
        gone.sort_by_key(|effect| format!("{effect:?}"));
        would.append(&mut gone);
        let are_once = (0..routes.len()).all(|place| !configured(place).superseded);
        let basis = self.basis.take().filter(|(_, since)| are_once && self.rib.stands(*since));
        self.shortcuts += usize::from(basis.is_some());
        let since = self.rib.moment();
        let is_old = |route: &Route| basis.as_ref().is_some_and(|(old, _)| old.contains(route));
        let mut before = self.rib.begin_configuration();
        let mut did: Vec<Effect> = (0..routes.len())
            .map(|place| {
                if is_old(routes.get(place).unwrap()) {
                    before.leave_out(1);
                    return Effect::Same;
                }
                let set = self.store.intern(attributes.get(place).unwrap(), NEXT_HOP);
                let route = configured(place);
                let effect = self.rib.configure(&mut self.store, &mut before, &route, set);
                self.store.release(set);
                effect
            })
            .collect();
        if let Some((old, _)) = &basis {
            before.rewind();
            for route in old.iter().filter(|route| !routes.contains(route)) {
                let bytes = [24, 10, 0, route.0];
                gone.extend(self.rib.end_route(&mut self.store, &mut before, &nlri(&bytes)));
            }
            before.rewind();
            for route in routes.iter().filter(|route| !is_old(route)) {
                self.rib.end_name(&mut before, &nlri(&[24, 10, 0, route.0]));
            }
        } else {
            let end = self.rib.end();
            self.rib.end_configuration(&mut self.store, 0..end, |effect| gone.push(effect));
        }
        before.forget(&mut self.store);
        gone.sort_by_key(|effect| format!("{effect:?}"));
        did.append(&mut gone);
        self.basis = are_once.then(|| (routes.to_vec(), since));
        (would, did, told)
    }
}

const NEXT_HOP: NextHop = NextHop::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// A set with one MED.
fn set(med: u8) -> Vec<u8> {
    let mut builder = yottabgp_wire::attribute::set::SetBuilder::default();
    builder.add_verbatim(0x80, 4, &[0, 0, 0, med]).unwrap();
    let mut set = Vec::new();
    builder.write(&mut set);
    set
}

proptest! {
    #[test]
    fn what_is_told_is_what_is_done_and_sent(steps in prop::collection::vec(step(), 0..40)) {
        let mut negotiated = Negotiated::permissive();
        negotiated.refresh = Refresh::Absent;
        let mut rib = AdjRibOut::new(true);
        let member = rib.join();
        let mut bench = Bench {
            rib,
            member,
            store: AttributeStore::default(),
            encoder: UpdateEncoder::default(),
            negotiated,
            basis: None,
            shortcuts: 0,
        };
        bench.rib.session_up(&mut bench.store, bench.member);
        let mut dogs: BTreeMap<u8, Option<usize>> = BTreeMap::new();
        for step in steps {
            let Bench { rib, member, store, .. } = &mut bench;
            match step {
                Step::File(routes) => {
                    // With nothing pending, what is told is what is sent, to the letter.
                    bench.send();
                    let (would, did, told) = bench.file(&routes);
                    prop_assert_eq!(would, did);
                    prop_assert_eq!(bench.send(), told);
                    // And once more it is no change.
                    let shortcuts = bench.shortcuts;
                    let (again, _, _) = bench.file(&routes);
                    let mut prefixes: Vec<u8> = routes.iter().map(|route| route.0).collect();
                    prefixes.sort_unstable();
                    let are_once = prefixes.is_sorted_by(|a, b| a < b);
                    prop_assert_eq!(bench.shortcuts > shortcuts, are_once);
                    prop_assert!(again.iter().all(|effect| *effect == Effect::Same), "{:?}", again);
                    prop_assert_eq!(bench.send(), Told::new());
                    dogs = routes.iter().map(|(prefix, _, dog, _)| (*prefix, *dog)).collect();
                }
                Step::Announce(prefix, med) => {
                    let id = store.intern(&set(med), NextHop::V4([192, 0, 2, 1].into()));
                    let bytes = [24, 10, 0, prefix];
                    rib.announce(store, &nlri(&bytes), id, Origin::Command, None, false);
                }
                Step::Withdraw(prefix) => {
                    rib.withdraw(store, &nlri(&[24, 10, 0, prefix]), None);
                }
                Step::Watchdog(dog, announce) => {
                    bench.send();
                    bench.rib.watchdog(&mut bench.store, DOGS.get(dog).unwrap(), announce);
                    // It has a say in what the last file gave it, and in nothing else.
                    let known = |prefix: u8| dogs.get(&prefix) == Some(&Some(dog));
                    for word in bench.send() {
                        let prefix = word.get(1..2).unwrap().parse().unwrap();
                        prop_assert!(known(prefix), "{} of {}: {:?}", word, dog, dogs);
                    }
                }
                Step::Send => {
                    bench.send();
                }
                Step::Session => {
                    rib.session_down(store, *member);
                    rib.session_up(store, *member);
                }
            }
        }
        bench.rib.drop_all(&mut bench.store);
        prop_assert!(bench.store.is_empty(), "references are left");
    }
}
