//! What a line of a helper costs, form by form; a measurement.
//!
//! `cargo test --release -p yottabgp-api --test cost -- --ignored --nocapture`; `FORM` names one of them, for a profiler.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement")]

use std::time::Instant;

use yottabgp_api::Version;
use yottabgp_api::command::{Repeated, parse};
use yottabgp_wire::route::RouteBuffer;

/// A line, by its number.
type Line = fn(u32) -> String;

fn ipv4(number: u32) -> String {
    format!("20.{}.{}.0/24", number >> 8 & 255, number & 255)
}

fn ipv6(number: u32) -> String {
    format!("2001:db8:{number:x}::/64")
}

/// Distinct prefixes, a hundred sets of attributes in turn; those named `own …` have another set on every line.
const FORMS: &[(&str, Line)] = &[
    ("route", |n| format!("announce route {} next-hop 192.0.2.1 med {}", ipv4(n), n % 100)),
    ("peer *", |n| format!("peer * announce route {} next-hop 192.0.2.1 med {}", ipv4(n), n % 100)),
    ("attributes", |n| {
        format!("announce attributes next-hop 192.0.2.1 med {} nlri {}", n % 100, ipv4(n))
    }),
    ("IPv6", |n| format!("announce route {} next-hop 2001:db8::1 med {}", ipv6(n), n % 100)),
    ("VPN", |n| {
        format!(
            "announce ipv4 mpls-vpn {} rd 65000:{} label 100 next-hop 192.0.2.1",
            ipv4(n),
            n % 100
        )
    }),
    ("flow", |n| {
        format!(
            "announce flow route {{ match {{ destination {}; protocol tcp; }} then {{ rate-limit {}; }} }}",
            ipv4(n),
            9600 + n % 100
        )
    }),
    ("withdraw", |n| format!("withdraw route {}", ipv4(n))),
    ("own route", |n| format!("announce route {} next-hop 192.0.2.1 med {n}", ipv4(n))),
    ("own peer *", |n| format!("peer * announce route {} next-hop 192.0.2.1 med {n}", ipv4(n))),
    ("own long", |n| {
        format!(
            "announce route {} next-hop 192.0.2.1 as-path [ 65001 65002 {n} ] med {n} local-preference 200 community [ 65000:1 65000:666 ]",
            ipv4(n)
        )
    }),
    ("own attributes", |n| {
        format!("announce attributes next-hop 192.0.2.1 med {n} nlri {}", ipv4(n))
    }),
    ("own IPv6", |n| format!("announce route {} next-hop 2001:db8::1 med {n}", ipv6(n))),
    ("own VPN", |n| {
        format!("announce ipv4 mpls-vpn {} rd 65000:{n} label 100 next-hop 192.0.2.1", ipv4(n))
    }),
    ("own flow", |n| {
        format!(
            "announce flow route {{ match {{ destination {}; protocol tcp; }} then {{ rate-limit {n}; }} }}",
            ipv4(n)
        )
    }),
];

#[test]
#[ignore = "a measurement"]
fn what_a_line_costs() {
    let only = std::env::var("FORM").ok();
    for (name, line) in
        FORMS.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name))
    {
        let lines: Vec<String> = (1..50_001).map(line).collect();
        let (mut tokens, mut route, mut repeated) =
            (Vec::new(), RouteBuffer::default(), Repeated::default());
        let (mut found, mut total) = (0, 0);
        let started = Instant::now();
        for line in &lines {
            match repeated.recall(line.as_bytes(), Version::V4, &mut route) {
                Some(_) => found += 1,
                None => {
                    let request = parse(line, Version::V4, &mut tokens, &mut route).unwrap();
                    repeated.keep(line, Version::V4, &request, &route);
                }
            }
            total += route.attributes().len() + route.nlri().len();
        }
        let each = started.elapsed().as_nanos() / lines.len() as u128;
        println!("{name}: {each} ns a line, {found} of {} looked up ({total})", lines.len());
    }
}
