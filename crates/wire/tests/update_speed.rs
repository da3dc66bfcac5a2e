//! How fast UPDATEs are read, shown and written: on one core, as an Internet table comes.
//!
//! `cargo test --release -p yottabgp-wire --test update_speed -- --ignored --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a measurement"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use yottabgp_wire::attribute::set::push_received;
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{JsonForm, Nlri};

/// ORIGIN, AS_PATH of four, NEXT_HOP, MED, LOCAL_PREF, two communities; then so many /24.
fn update(routes: u8) -> Vec<u8> {
    let attributes = parse_hex(concat!(
        "40010100",
        "40021202040000FDE900000D1C000040E90000C350",
        "4003040A000001",
        "80040400000064",
        "40050400000064",
        "C008080D1C00010D1C07D0"
    ))
    .unwrap();
    let mut body = vec![0, 0, 0, u8::try_from(attributes.len()).unwrap()];
    body.extend(attributes);
    for route in 0..routes {
        body.extend([24, 193, route.wrapping_mul(37), route]);
    }
    body
}

/// Nanoseconds for one call in the best of many short rounds: what else the machine does counts little.
fn measure(what: &str, mut call: impl FnMut()) {
    let (start, mut best) = (Instant::now(), f64::MAX);
    while start.elapsed() < Duration::from_secs(2) {
        let round = Instant::now();
        for _ in 0..200 {
            call();
        }
        best = best.min(round.elapsed().as_secs_f64() * 1e9 / 200.0);
    }
    eprintln!("{what}: {best:.0} ns, {:.2} million a second", 1e3 / best);
}

#[test]
#[ignore = "a measurement"]
fn decode_and_show() {
    let mut negotiated = Negotiated::permissive();
    negotiated.families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    let bodies = [update(6), update(7)];
    let mut turn = 0;
    let mut next = || {
        turn ^= 1;
        &bodies[turn]
    };
    measure("decode, 6.5 routes", || {
        black_box(Update::decode(black_box(next()), &negotiated, Direction::Receive).unwrap());
    });
    let mut out = Vec::new();
    measure("decode and JSON, 6.5 routes", || {
        out.clear();
        let update = Update::decode(black_box(next()), &negotiated, Direction::Receive).unwrap();
        update.json(JsonForm::default(), &mut out);
        black_box(&out);
    });
    measure("decode and text, 6.5 routes", || {
        out.clear();
        let update = Update::decode(black_box(next()), &negotiated, Direction::Receive).unwrap();
        update.text(b"neighbor 127.0.0.1 receive", JsonForm::default(), &mut out);
        black_box(&out);
    });
}

#[test]
#[ignore = "a measurement"]
fn encode() {
    let mut negotiated = Negotiated::permissive();
    negotiated.message_size = 4096;
    let body = update(0);
    let received = Update::decode(&body, &negotiated, Direction::Receive).unwrap();
    let mut set = Vec::new();
    for attribute in received.attributes().filter(|attribute| attribute.code != 3) {
        push_received(&attribute, &mut set);
    }
    let prefixes: Vec<[u8; 4]> = (0u32..1000)
        .map(|n| {
            let [_, _, a, b] = n.to_be_bytes();
            [24, 10, a, b]
        })
        .collect();
    let nlri = |bytes| Nlri { family: Family::IPV4_UNICAST, path_id: None, bytes };
    let next_hop = NextHop::V4([10, 0, 0, 1].into());
    let (mut encoder, mut out) = (UpdateEncoder::default(), Vec::new());
    let family = Family::IPV4_UNICAST;
    for count in [1, 1000] {
        measure(&format!("encode, {count} routes"), || {
            out.clear();
            let routes = prefixes[..count].iter().map(|bytes| nlri(&bytes[..]));
            encoder
                .announce(&negotiated, true, black_box(&set), next_hop, family, routes, &mut out)
                .unwrap();
            black_box(&out);
        });
    }
}
