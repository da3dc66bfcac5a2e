//! What UPDATEs cost on their way into the Adj-RIB-In, by their shape: processor time and memory; a measurement.
//!
//! `cargo test --release -p yottabgp-rib --test cost -- --ignored --nocapture`; `COUNT` is how many routes there are, `SHAPE` (`single`,
//! `table`) and `WAY` (`applied`, `put off`) name one of them, for a profiler.

#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement"
)]

use std::fs;

use yottabgp_rib::adj_rib_in::AdjRibIn;
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};

/// Numbers that look random and are the same in each run: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap() % bound
    }
}

/// UPDATEs with own attributes, one behind the other, with their lengths in front.
struct Load {
    octets: Vec<u8>,
    messages: u32,
}

impl Load {
    /// So many routes, of 24 bits and in no order, so many to a message or fewer.
    fn new(count: u32, most: u32) -> Self {
        let mut random = Random(42);
        let (mut octets, mut messages, mut left) = (Vec::new(), 0, count);
        // All numbers of 24 bits in turn, none of them twice.
        let mut number = 1_u32;
        while left > 0 {
            let routes = (1 + random.below(most)).min(left);
            left -= routes;
            messages += 1;
            let mut body = vec![0, 0, 0, 0, 0x40, 1, 1, 0];
            let path = 2 + random.below(6);
            body.extend([
                0x40,
                2,
                u8::try_from(2 + 4 * path).unwrap(),
                2,
                u8::try_from(path).unwrap(),
            ]);
            (0..path).for_each(|_| body.extend((1 + random.below(65_000)).to_be_bytes()));
            body.extend([0x40, 3, 4, 192, 0, 2, 1, 0x40, 5, 4, 0, 0, 0, 100]);
            let communities = random.below(6);
            if communities > 0 {
                body.extend([0xC0, 8, u8::try_from(4 * communities).unwrap()]);
                (0..communities).for_each(|_| body.extend(random.below(u32::MAX).to_be_bytes()));
            }
            let length = u16::try_from(body.len() - 4).unwrap().to_be_bytes();
            body[2..4].copy_from_slice(&length);
            for _ in 0..routes {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & 0x00FF_FFFF;
                let [_, a, b, c] = number.to_be_bytes();
                body.extend([24, a, b, c]);
            }
            octets.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
            octets.extend(body);
        }
        Self { octets, messages }
    }

    fn each(&self, mut each: impl FnMut(&Update<'_>)) {
        let negotiated = Negotiated {
            families: vec![Family::IPV4_UNICAST],
            add_path: Default::default(),
            ..Negotiated::permissive()
        };
        let mut rest = self.octets.as_slice();
        while let Some((length, octets)) = rest.split_first_chunk::<2>() {
            let (body, next) = octets.split_at(u16::from_be_bytes(*length).into());
            rest = next;
            let update =
                Update::decode_with(body, &negotiated, Direction::Receive, Scrutiny::Session);
            each(&update.unwrap());
        }
    }
}

/// Processor time of this thread, in nanoseconds.
fn used() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// Resident memory, in KiB.
fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "a measurement"]
fn what_an_update_costs() {
    let count = std::env::var("COUNT").map_or(1_000_000, |count| count.parse().unwrap());
    let (only, way) = (std::env::var("SHAPE").ok(), std::env::var("WAY").ok());
    let way = way.as_deref();
    for (name, most) in [("single", 1), ("table", 12)] {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let load = Load::new(count, most);
        println!("{name}: {} UPDATEs, {count} routes", load.messages);
        let (mut rib, mut store) = (AdjRibIn::default(), AttributeStore::default());
        let before = resident();
        let mut last = used();
        let mut step = |what: &str| {
            let now = used();
            let each = (now - last) as f64 / f64::from(load.messages);
            println!(
                "  {what:<28} {each:>7.0} ns an UPDATE, {:>6} KiB",
                resident().saturating_sub(before)
            );
            last = used();
        };
        load.each(|update| _ = std::hint::black_box(update));
        step("decoded");
        if way != Some("put off") {
            load.each(|update| _ = rib.apply(&mut store, update));
            step("decoded, applied");
            load.each(|update| _ = rib.apply(&mut store, update));
            step("… the same again");
            let remains = &mut rib.forget();
            while remains.release(&mut store) {}
            step("forgotten");
        }
        if way != Some("applied") {
            load.each(|update| _ = rib.put_off(&mut store, update));
            step("decoded, put off");
            while rib.take_in(&mut store, 64 * 1024) {}
            step("the rest taken in");
            assert_eq!(rib.len(), count as usize);
            let remains = &mut rib.forget();
            while remains.release(&mut store) {}
            step("forgotten");
        }
        assert!(store.is_empty());
    }
}
