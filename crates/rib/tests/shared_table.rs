//! One table for several peers, whatever each of them does meanwhile: seen through the bytes that each is sent.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail this way")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use yottabgp_rib::adj_rib_out::{AdjRibOut, Member, Origin, Sending};
use yottabgp_rib::store::{AttributeStore, AttributesId};
use yottabgp_wire::attribute::set::SetBuilder;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Direction, Negotiated, Refresh};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

const PEERS: usize = 4;
const DOG: &str = "dog";

fn nlri(bytes: &[u8]) -> Nlri<'_> {
    Nlri { family: Family::IPV4_UNICAST, path_id: None, bytes }
}

fn set(store: &mut AttributeStore, med: u32) -> AttributesId {
    let mut builder = SetBuilder::default();
    builder.add_verbatim(0x80, 4, &med.to_be_bytes()).unwrap();
    let mut set = Vec::new();
    builder.write(&mut set);
    store.intern(&set, NextHop::V4([192, 0, 2, 1].into()))
}

/// What one peer is, and what it made of what it got.
#[derive(Clone)]
struct Peer {
    table: usize,
    member: Member,
    up: bool,
    group: bool,
    holding: bool,
    negotiated: Negotiated,
    has: BTreeMap<u32, u32>,
    /// UPDATEs that it got.
    updates: usize,
    octets: Vec<u8>,
}

struct Bench {
    tables: Vec<AdjRibOut>,
    store: AttributeStore,
    encoder: UpdateEncoder,
    peers: Vec<Peer>,
}

impl Bench {
    fn new(peers: usize) -> Self {
        let mut table = AdjRibOut::new(true);
        let mut negotiated = Negotiated::permissive();
        negotiated.refresh = Refresh::Absent;
        let peers = (0..peers).map(|number| Peer {
            table: 0,
            member: table.join(),
            up: false,
            // Some are sent the same octets, and others are not.
            group: number != 1,
            holding: false,
            negotiated: negotiated.clone(),
            has: BTreeMap::new(),
            updates: 0,
            octets: Vec::new(),
        });
        Self {
            peers: peers.collect(),
            tables: vec![table],
            store: AttributeStore::default(),
            encoder: UpdateEncoder::default(),
        }
    }

    fn up(&mut self, number: usize) {
        let Self { tables, store, peers, .. } = self;
        let peer = &mut peers[number];
        tables[peer.table].session_up(store, peer.member);
        peer.has.clear();
        peer.up = true;
    }

    fn down(&mut self, number: usize) {
        let Self { tables, store, peers, .. } = self;
        let peer = &mut peers[number];
        tables[peer.table].session_down(store, peer.member);
        peer.up = false;
    }

    /// Lets a peer take so many octets or a few more. Returns whether there is more.
    fn take(&mut self, number: usize, limit: usize) -> bool {
        let Self { tables, store, encoder, peers } = self;
        let peer = &mut peers[number];
        let mut out = Vec::new();
        let mut sending = Sending {
            encoder,
            negotiated: &peer.negotiated,
            group: peer.group,
            holding: peer.holding,
        };
        let more = tables[peer.table].fill(store, peer.member, &mut sending, &mut out, limit);
        let mut rest = out.as_slice();
        while let Some(length) = rest.get(16..18) {
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let (message, after) = rest.split_at(length);
            rest = after;
            peer.updates += 1;
            let update = Update::decode(&message[19..], &peer.negotiated, Direction::Send).unwrap();
            for nlri in update.withdrawn().flatten() {
                peer.has.remove(&number_of(&nlri.unwrap()));
            }
            let med = update.attribute(4).map(|a| u32::from_be_bytes(a.value.try_into().unwrap()));
            for (_, list) in update.announced() {
                for nlri in list {
                    peer.has.insert(number_of(&nlri.unwrap()), med.unwrap());
                }
            }
        }
        peer.octets = out;
        more
    }

    fn take_all(&mut self, number: usize) {
        let mut turns = 0;
        while self.take(number, 1) {
            turns += 1;
            assert!(turns < 100_000, "it never ends");
        }
    }

    /// The tables of these peers, and of nobody else from now on.
    fn own(&mut self, chosen: &[usize]) -> Vec<usize> {
        let mut tables: Vec<usize> =
            chosen.iter().map(|number| self.peers[*number].table).collect();
        tables.sort_unstable();
        tables.dedup();
        let mut own = Vec::new();
        for table in tables {
            let (ours, others): (Vec<usize>, Vec<usize>) = (0..self.peers.len())
                .filter(|number| self.peers[*number].table == table)
                .partition(|number| chosen.contains(number));
            if others.is_empty() {
                own.push(table);
                continue;
            }
            let members: Vec<Member> =
                ours.iter().map(|number| self.peers[*number].member).collect();
            let new = self.tables[table].split(&mut self.store, &members);
            self.tables.push(new);
            for number in ours {
                self.peers[number].table = self.tables.len() - 1;
            }
            own.push(self.tables.len() - 1);
        }
        own
    }

    fn announce(&mut self, chosen: &[usize], prefix: u32, med: u32, parked: Option<bool>) {
        let bytes = octets(prefix);
        for table in self.own(chosen) {
            let attributes = set(&mut self.store, med);
            let dog = parked.map(|_| DOG);
            let parked = parked.unwrap_or(false);
            let rib = &mut self.tables[table];
            rib.announce(&mut self.store, &nlri(&bytes), attributes, Origin::Command, dog, parked);
        }
    }

    fn withdraw(&mut self, chosen: &[usize], prefix: u32) {
        let bytes = octets(prefix);
        for table in self.own(chosen) {
            self.tables[table].withdraw(&mut self.store, &nlri(&bytes), None);
        }
    }
}

fn octets(prefix: u32) -> [u8; 4] {
    let [_, a, b, c] = prefix.to_be_bytes();
    [24, a + 10, b, c]
}

fn number_of(nlri: &Nlri<'_>) -> u32 {
    let bytes: [u8; 4] = nlri.bytes.try_into().unwrap();
    u32::from_be_bytes([0, bytes[1] - 10, bytes[2], bytes[3]])
}

#[derive(Clone, Debug)]
enum Step {
    Announce(Vec<usize>, u32, u32),
    Parked(Vec<usize>, u32, u32, bool),
    Watchdog(Vec<usize>, bool),
    Withdraw(Vec<usize>, u32),
    Clear(Vec<usize>),
    Up(usize),
    Down(usize),
    Hold(usize, bool),
    Refresh(usize),
    Take(usize, usize),
    TakeAll(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly all of them, else each table has one peer soon.
    let some = prop_oneof![
        30 => Just((0..PEERS).collect::<Vec<_>>()),
        1 => prop::sample::subsequence((0..PEERS).collect::<Vec<_>>(), 1..PEERS),
    ];
    let peer = 0..PEERS;
    prop_oneof![
        12 => (some.clone(), 0..10u32, 0..3u32).prop_map(|(who, prefix, med)| Step::Announce(who, prefix, med)),
        2 => (some.clone(), 0..10u32, 0..3u32, any::<bool>())
            .prop_map(|(who, prefix, med, parked)| Step::Parked(who, prefix, med, parked)),
        2 => (some.clone(), any::<bool>()).prop_map(|(who, announce)| Step::Watchdog(who, announce)),
        6 => (some.clone(), 0..10u32).prop_map(|(who, prefix)| Step::Withdraw(who, prefix)),
        1 => some.prop_map(Step::Clear),
        2 => peer.clone().prop_map(Step::Up),
        1 => peer.clone().prop_map(Step::Down),
        1 => (peer.clone(), any::<bool>()).prop_map(|(who, hold)| Step::Hold(who, hold)),
        1 => peer.clone().prop_map(Step::Refresh),
        4 => (peer.clone(), 1..200usize).prop_map(|(who, limit)| Step::Take(who, limit)),
        4 => peer.prop_map(Step::TakeAll),
    ]
}

/// What a peer is to have: attributes, whether it waits for the dog, whether the dog knows it.
type Wanted = BTreeMap<u32, (u32, bool, bool)>;

proptest! {
    #[test]
    fn every_peer_has_what_it_should(steps in prop::collection::vec(step(), 0..120)) {
        let mut bench = Bench::new(PEERS);
        let mut wanted: Vec<Wanted> = vec![Wanted::new(); PEERS];
        for number in 0..PEERS {
            bench.up(number);
        }
        for step in steps {
            match step {
                Step::Announce(who, prefix, med) => {
                    bench.announce(&who, prefix, med, None);
                    for number in who {
                        let dog = wanted[number].get(&prefix).is_some_and(|(_, _, dog)| *dog);
                        wanted[number].insert(prefix, (med, false, dog));
                    }
                }
                Step::Parked(who, prefix, med, parked) => {
                    bench.announce(&who, prefix, med, Some(parked));
                    for number in who {
                        wanted[number].insert(prefix, (med, parked, true));
                    }
                }
                Step::Watchdog(who, announce) => {
                    for table in bench.own(&who) {
                        bench.tables[table].watchdog(&mut bench.store, DOG, announce);
                    }
                    for number in who {
                        for (_, parked, dog) in wanted[number].values_mut() {
                            if *dog {
                                *parked = !announce;
                            }
                        }
                    }
                }
                Step::Withdraw(who, prefix) => {
                    bench.withdraw(&who, prefix);
                    for number in who {
                        wanted[number].remove(&prefix);
                    }
                }
                Step::Clear(who) => {
                    for table in bench.own(&who) {
                        bench.tables[table].clear(&mut bench.store);
                    }
                    for number in who {
                        wanted[number].clear();
                    }
                }
                Step::Up(number) => bench.up(number),
                Step::Down(number) => bench.down(number),
                Step::Hold(number, hold) => bench.peers[number].holding = hold,
                Step::Refresh(number) => {
                    let peer = &bench.peers[number];
                    bench.tables[peer.table].refresh(peer.member, &[Family::IPV4_UNICAST]);
                }
                Step::Take(number, limit) => { bench.take(number, limit); }
                Step::TakeAll(number) => bench.take_all(number),
            }
        }
        for number in 0..PEERS {
            bench.peers[number].holding = false;
            bench.take_all(number);
        }
        for number in (0..PEERS).filter(|number| bench.peers[*number].up) {
            let expected: BTreeMap<u32, u32> = wanted[number]
                .iter()
                .filter(|(_, (_, parked, _))| !parked)
                .map(|(prefix, (med, ..))| (*prefix, *med))
                .collect();
            prop_assert_eq!(&bench.peers[number].has, &expected, "peer {}", number);
        }
        for table in &mut bench.tables {
            table.drop_all(&mut bench.store);
        }
        prop_assert!(bench.store.is_empty(), "every reference is given back");
    }
}

#[test]
fn many_are_sent_the_same_octets() {
    let mut bench = Bench::new(10);
    for number in 0..10 {
        bench.peers[number].group = true;
        bench.up(number);
    }
    let all: Vec<usize> = (0..10).collect();
    for prefix in 0..5000 {
        bench.announce(&all, prefix, prefix % 100, None);
    }
    for number in 0..10 {
        bench.take_all(number);
        assert_eq!(bench.peers[number].has.len(), 5000);
        assert_eq!(bench.peers[number].octets, bench.peers[0].octets);
        assert_eq!(bench.peers[number].updates, 100, "one UPDATE for each set");
    }
}

#[test]
fn a_table_is_sent_anew_in_as_few_messages_as_at_first() {
    let mut bench = Bench::new(2);
    let all = [0, 1];
    bench.peers[1].group = true;
    for prefix in 0..100_000 {
        bench.announce(&all, prefix, prefix % 100, None);
    }
    for _ in 0..2 {
        for number in all {
            bench.peers[number].updates = 0;
            bench.up(number);
            bench.take_all(number);
            assert_eq!(bench.peers[number].has.len(), 100_000);
            let updates = bench.peers[number].updates;
            assert!(updates <= 200, "{updates} UPDATEs");
        }
    }
}

#[test]
fn a_peer_that_does_not_read_is_kept_what_it_was_told_and_no_more() {
    let mut bench = Bench::new(2);
    let all = [0, 1];
    for number in all {
        bench.up(number);
    }
    for prefix in 0..10 {
        bench.announce(&all, prefix, 1, None);
    }
    bench.take_all(0);
    bench.take_all(1);
    // The second one reads nothing from now on; the first takes everything at once.
    for prefix in 0..20_000 {
        bench.announce(&all, prefix, 2, None);
        bench.take_all(0);
        for table in &mut bench.tables {
            table.clear(&mut bench.store);
        }
        bench.take_all(0);
        let end = bench.tables[0].end();
        assert!(end < 8_000, "{end} records for no route");
    }
    assert!(bench.peers[0].has.is_empty());
    assert_eq!(bench.peers[1].has.len(), 10);
    // It was not told of the others, and is told nothing of them.
    bench.peers[1].updates = 0;
    bench.take_all(1);
    assert!(bench.peers[1].updates <= 4096, "{} UPDATEs", bench.peers[1].updates);
    assert!(bench.peers[1].has.is_empty());
    assert!(bench.tables[0].is_empty() && bench.store.is_empty());
}

#[test]
fn one_that_changes_again_and_again_does_not_flap_at_those_who_read() {
    let mut bench = Bench::new(2);
    let all = [0, 1];
    for number in all {
        bench.up(number);
    }
    bench.announce(&all, 1, 1, None);
    bench.take_all(0);
    bench.take_all(1);
    bench.withdraw(&all, 1);
    bench.announce(&all, 1, 2, None);
    bench.take_all(0);
    assert_eq!(bench.peers[0].updates, 3, "the withdrawal and the announcement");
    // The other one has not read yet, so that its withdrawal is still there.
    for med in 3..10 {
        bench.announce(&all, 1, med, None);
        bench.take_all(0);
    }
    assert_eq!(bench.peers[0].updates, 10, "and the announcements alone");
    bench.take_all(1);
    assert_eq!(bench.peers[1].updates, 3);
    assert_eq!(bench.peers[1].has, BTreeMap::from([(1, 9)]));
}
