//! How long large files take. Run with: `cargo test --release -p yottabgp-config --test scale -- --ignored --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use std::fmt::Write as _;
use std::time::Instant;

fn timed(what: &str, text: &str, routes: usize) {
    let start = Instant::now();
    let configuration = common::good(text);
    let took = start.elapsed();
    println!("{what}: {routes} routes, {} octets, {took:?}", text.len());
    assert_eq!(configuration.neighbors[0].routes.len(), routes);
}

#[test]
#[ignore = "measures"]
fn a_hundred_thousand_routes() {
    const ROUTES: u32 = 100_000;
    let (mut same, mut varied, mut blocks, mut announce) =
        (String::new(), String::new(), String::new(), String::new());
    for index in 0..ROUTES {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + (index << 6));
        let _ = writeln!(
            same,
            "\t\troute {address}/26 next-hop 192.0.2.1 community [ 65000:1 65000:2 ];"
        );
        let _ = writeln!(
            varied,
            "\t\troute {address}/26 next-hop 192.0.2.1 med {index} as-path [ 65001 65002 {} ] community [ 65000:{} 65000:2 ];",
            index % 1000 + 1,
            index % 100
        );
        let _ = writeln!(
            blocks,
            "\t\troute {address}/26 {{ next-hop 192.0.2.1; med {}; }}",
            index % 10
        );
        let _ =
            writeln!(announce, "\t\tunicast {address}/26 next-hop 192.0.2.1 med {};", index % 10);
    }
    for (what, body) in [
        ("same attributes", format!("static {{\n{same}}}")),
        ("own attributes", format!("static {{\n{varied}}}")),
        ("blocks", format!("static {{\n{blocks}}}")),
        ("announce", format!("announce {{ ipv4 {{\n{announce}}} }}")),
        ("split", "static { route 10.0.0.0/8 next-hop 192.0.2.1 split /24; }".to_owned()),
    ] {
        let routes = if what == "split" { 65536 } else { ROUTES as usize };
        timed(what, &common::wrap(&body), routes);
    }
}

#[test]
fn a_file_of_nothing_but_mistakes_is_given_up() {
    let text = common::wrap(&format!(
        "static {{\n{}}}",
        "route 10.0.0.0/8 nexthop 1.1.1.1;\n".repeat(200_000)
    ));
    let start = Instant::now();
    let errors = common::run(&text).unwrap_err();
    println!("{} errors, {:?}", errors.len(), start.elapsed());
    assert_eq!(errors.len(), 200);
    // Nothing is said about what was not read.
    assert!(errors.iter().all(|error| error.message.contains("nexthop")));
}
