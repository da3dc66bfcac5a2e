//! The codec, without anything around it: UPDATEs to values and to JSON.

use std::hint::black_box;

use anyhow::{Context as _, Result, anyhow};
use yottabgp_testkit::updates::{Random, update};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;

use crate::HotPath;

/// UPDATEs of one shape.
struct Shape {
    name: &'static str,
    prefixes: usize,
    ipv6: bool,
    json: bool,
}

const SHAPES: &[Shape] = &[
    Shape { name: "UPDATE to values: IPv4, 1 prefix", prefixes: 1, ipv6: false, json: false },
    Shape { name: "UPDATE to values: IPv4, 3 prefixes", prefixes: 3, ipv6: false, json: false },
    Shape { name: "UPDATE to values: IPv4, 200 prefixes", prefixes: 200, ipv6: false, json: false },
    Shape { name: "UPDATE to values: IPv6, 1 prefix", prefixes: 1, ipv6: true, json: false },
    Shape { name: "UPDATE to values: IPv6, 3 prefixes", prefixes: 3, ipv6: true, json: false },
    Shape { name: "UPDATE to values: IPv6, 200 prefixes", prefixes: 200, ipv6: true, json: false },
    Shape { name: "UPDATE to JSON: IPv4, 1 prefix", prefixes: 1, ipv6: false, json: true },
    Shape { name: "UPDATE to JSON: IPv4, 3 prefixes", prefixes: 3, ipv6: false, json: true },
    Shape { name: "UPDATE to JSON: IPv4, 200 prefixes", prefixes: 200, ipv6: false, json: true },
    Shape { name: "UPDATE to JSON: IPv6, 1 prefix", prefixes: 1, ipv6: true, json: true },
    Shape { name: "UPDATE to JSON: IPv6, 3 prefixes", prefixes: 3, ipv6: true, json: true },
    Shape { name: "UPDATE to JSON: IPv6, 200 prefixes", prefixes: 200, ipv6: true, json: true },
];

/// How many UPDATEs a round has.
const UPDATES: usize = 128;

/// How many rounds are counted; a first one, in which buffers grow, is not.
const ROUNDS: u64 = 4;

/// One path for each shape: the instructions of an UPDATE.
pub(crate) fn paths() -> Vec<HotPath> {
    let path = |shape: &'static Shape| HotPath {
        name: shape.name.to_owned(),
        count: Box::new(|callgrind| {
            let program = std::env::current_exe()?;
            let rounds = |rounds: u64| {
                callgrind.run(&program, &["--codec", shape.name, &rounds.to_string()])
            };
            let (with, without) = (rounds(1 + ROUNDS)?, rounds(1)?);
            let counted = with.checked_sub(without).context("fewer rounds took more")?;
            Ok(counted / (ROUNDS * UPDATES as u64))
        }),
    };
    SHAPES.iter().map(path).collect()
}

/// Runs so many rounds of one shape.
pub(crate) fn run(name: &str, rounds: u64) -> Result<()> {
    let shape = SHAPES.iter().find(|shape| shape.name == name);
    let shape = shape.with_context(|| format!("no shape «{name}»"))?;
    let mut random = Random::default();
    let bodies: Vec<_> =
        (0..UPDATES).map(|_| update(&mut random, shape.prefixes, shape.ipv6)).collect();
    let negotiated = Negotiated::permissive();
    let mut out = Vec::new();
    for _ in 0..rounds {
        for body in &bodies {
            let update = Update::decode(black_box(body), &negotiated, Direction::Receive)
                .map_err(|fault| anyhow!("{fault}"))?;
            if shape.json {
                out.clear();
                update.json(JsonForm::default(), &mut out);
                black_box(&out);
                continue;
            }
            for attribute in update.attributes() {
                black_box(attribute);
            }
            for (next_hop, nlri) in update.announced() {
                black_box(next_hop);
                for nlri in nlri {
                    black_box(nlri.map_err(|error| anyhow!("{error}"))?);
                }
            }
        }
    }
    Ok(())
}
