//! The codec, without anything around it: UPDATEs to values and to JSON.

use std::hint::black_box;

use anyhow::{Result, anyhow};
use yottabgp_testkit::updates::{Random, update};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;

use crate::rounds::Part;

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

/// One for each shape: the instructions of an UPDATE.
pub(crate) fn parts() -> Vec<Part> {
    let part = |shape: &'static Shape| {
        Part::new(shape.name.to_owned(), UPDATES as u64, move |rounds| run(shape, rounds))
    };
    SHAPES.iter().map(part).collect()
}

/// Runs so many rounds of one shape.
fn run(shape: &Shape, rounds: u64) -> Result<()> {
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
