//! Sets come and go, and so does what they take.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

#[test]
fn equal_sets_are_one_and_go_with_the_last_reference() {
    let mut store = AttributeStore::default();
    let a = store.intern(b"abc", NextHop::Absent);
    let b = store.intern(b"abc", NextHop::Absent);
    let c = store.intern(b"abc", NextHop::V4([1, 2, 3, 4].into()));
    assert_eq!(a, b);
    assert_ne!(a, c);
    assert_eq!(store.len(), 2);
    store.release(a);
    assert_eq!(store.set(b), b"abc");
    store.release(b);
    assert_eq!(store.len(), 1);
    let d = store.intern(b"xyz", NextHop::Absent);
    assert_eq!((store.set(d), store.set(c)), (&b"xyz"[..], &b"abc"[..]));
}

#[test]
fn a_next_hop_is_not_taken_for_the_beginning_of_a_set() {
    let mut store = AttributeStore::default();
    let address = Ipv4Addr::new(192, 0, 2, 1);
    let packed = [V4, 192, 0, 2, 1];
    let all = [
        store.intern(b"", NextHop::V4(address)),
        store.intern(&packed, NextHop::Absent),
        store.intern(b"", NextHop::Absent),
        store.intern(b"", NextHop::SelfAddress),
        store.intern(&[SELF], NextHop::Absent),
    ];
    assert_eq!(store.len(), all.len());
    assert_eq!(all.map(|id| store.set(id).len()), [0, 5, 0, 0, 1]);
}

/// What happens to a store.
#[derive(Clone, Debug)]
enum Step {
    /// A set that is one of few, by its number, and so many more references.
    Intern(u8, u32),
    /// So many references of the one that was interned so long ago.
    Release(usize, u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<u8>(), 0..3u32).prop_map(|(number, more)| Step::Intern(number, more)),
        (any::<usize>(), 1..4u32).prop_map(|(number, count)| Step::Release(number, count)),
    ]
}

/// The octets and next hop of a number: some are long, and some have octets that others have.
fn set(number: u8) -> (Vec<u8>, NextHop) {
    let length = match number % 8 {
        0 => 70_000,
        1 => 16_384 + usize::from(number),
        2 => 9_000,
        length => usize::from(length) * 40,
    };
    let next_hop = match number % 5 {
        0 => NextHop::Absent,
        1 => NextHop::SelfAddress,
        2 => NextHop::V6(Ipv6Addr::from([number; 16])),
        _ => NextHop::V4(Ipv4Addr::from([number % 5; 4])),
    };
    (vec![number / 32; length], next_hop)
}

/// The octets that the sets may take, when there are so many octets of sets: twice as many, where a chunk has place that is not used
/// and where it is not worth while to move anything.
const fn bound(octets: usize) -> usize {
    octets * 8 / 3 + 4 * 64 * 1024
}

proptest! {
    #[test]
    fn counts_as_a_map_does(steps in prop::collection::vec(step(), 0..300)) {
        let mut store = AttributeStore::default();
        let mut model: HashMap<(Vec<u8>, NextHop), (AttributesId, u32)> = HashMap::new();
        for step in steps {
            match step {
                Step::Intern(number, more) => {
                    let (octets, next_hop) = set(number);
                    let known = model.get(&(octets.clone(), next_hop)).map(|(id, _)| *id);
                    prop_assert_eq!(store.find(&octets, next_hop), known);
                    let id = store.intern(&octets, next_hop);
                    store.retain_many(id, more);
                    prop_assert!(known.is_none_or(|known| known == id));
                    model.entry((octets, next_hop)).or_insert((id, 0)).1 += 1 + more;
                }
                Step::Release(number, count) => {
                    let mut keys: Vec<_> = model.keys().cloned().collect();
                    keys.sort_by_key(|(octets, next_hop)| (octets.first().copied(), octets.len(), format!("{next_hop:?}")));
                    let Some(key) = keys.get(number % keys.len().max(1)) else { continue };
                    let (id, references) = model[key];
                    let count = count.min(references);
                    store.release_many(id, count);
                    if references == count {
                        model.remove(key);
                        prop_assert_eq!(store.find(&key.0, key.1), None);
                    } else {
                        model.get_mut(key).unwrap().1 -= count;
                    }
                }
            }
            prop_assert_eq!(store.len(), model.len());
            for ((octets, next_hop), (id, _)) in &model {
                prop_assert_eq!((store.set(*id), store.next_hop(*id)), (octets.as_slice(), *next_hop));
            }
            let (taken, held) = store.arena.memory();
            prop_assert!(taken <= bound(held), "{} octets for {}", taken, held);
        }
        for (id, references) in model.into_values() {
            store.release_many(id, references);
        }
        prop_assert!(store.is_empty());
        prop_assert_eq!(store.arena.memory(), (0, 0));
    }
}

/// As many as a full table has, each its own; nearly all go and others come, in no order.
#[test]
fn what_goes_makes_room_for_what_comes_and_gives_its_memory_back() {
    const COUNT: u32 = 100_000;
    let set = |number: u32| number.to_be_bytes().repeat(4 + number as usize % 40);
    let next_hop = NextHop::V4([192, 0, 2, 1].into());
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |end: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 20).unwrap() % end
    };
    let memory = |store: &AttributeStore| {
        (store.arena.memory().0, store.entries.places(), store.index.places())
    };
    let mut store = AttributeStore::default();
    let mut there: Vec<(u32, AttributesId)> =
        (0..COUNT).map(|number| (number, store.intern(&set(number), next_hop))).collect();
    let full = memory(&store);
    for round in 1..4 {
        while there.len() > COUNT as usize / 50 {
            let (_, id) = there.swap_remove(next(there.len()));
            store.release(id);
            let (taken, held) = store.arena.memory();
            assert!(taken <= bound(held), "{taken} octets for {held}");
        }
        let few = memory(&store);
        assert!(few.0 < full.0 / 8 && few.2 <= full.2 / 8, "{few:?} of {full:?}");
        for (number, id) in &there {
            assert_eq!(store.set(*id), set(*number));
            assert_eq!(store.find(&set(*number), next_hop), Some(*id));
        }
        there.extend(
            (COUNT * round..COUNT * round + COUNT / 50 * 49)
                .map(|number| (number, store.intern(&set(number), next_hop))),
        );
        assert_eq!(store.len(), there.len());
        let again = memory(&store);
        assert!(again.0 <= full.0 * 3 / 2, "{again:?} after {full:?}");
        assert!(again.1 == full.1 && again.2 <= full.2 * 2, "{again:?} after {full:?}");
    }
    there.into_iter().for_each(|(_, id)| store.release(id));
    // One page of the index stays.
    assert!(memory(&store).0 == 0 && memory(&store).1 == 0 && memory(&store).2 <= 1024);
}

#[test]
fn hashes_that_are_all_the_same_end_nothing() {
    let mut index = Index::default();
    for id in 0..1000 {
        index.insert(7, id);
    }
    assert_eq!(index.find(7, |id| id == 3), Some(3));
    (0..1000).for_each(|id| index.remove(7, id));
    assert_eq!(index.find(7, |_| true), None);
    index.insert(7, 5);
    assert_eq!(index.find(7, |_| true), Some(5));
}
