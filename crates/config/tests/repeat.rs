//! Statements that repeat an earlier one of another prefix are read by a shorter way: with the same result, whatever they
//! say and whatever is wrong with them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod common;

use std::sync::Arc;

use common::{BASE, good, loaded, neighbor, source, wrap};
use proptest::prelude::*;
use yottabgp_config::loader::Offline;
use yottabgp_config::{ConfiguredRoute, Dialect, Environment, parse};

const WORDS: &[&str] = &[
    "10.0.0.0/24",
    "10.0.1.0/24",
    "10.0.2.0/25",
    "10.0.2.128/25",
    "0.0.0.0/0",
    "255.255.255.255/32",
    "224.1.0.0/16",
    "225.0.0.0/8",
    "10.0.0.1",
    "010.0.0.0/8",
    "10.0.0.0/08",
    "10.0.0.1/24",
    "10.0.0.0/33",
    "256.0.0.0/8",
    "10.0.0/24",
    "10.0.0.0.0/8",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "::/0",
    "::1",
    "2001:db8::1/32",
    "::ffff:192.0.2.0/120",
    "\"10.0.3.0/24\"",
    "10.0.3.0\\/24",
    "",
    "x",
    "0x180a0000",
];

const RESTS: &[&str] = &[
    " next-hop 192.0.2.1;",
    " next-hop 192.0.2.1 med 5;",
    " next-hop 192.0.2.1 med 6;",
    "  next-hop\t192.0.2.1\n med 5 ;",
    " next-hop 192.0.2.1 split /26;",
    " next-hop 2001:db8::1;",
    " next-hop self;",
    ";",
    " med 5;",
    " next-hop 192.0.2.1 label 100;",
    " next-hop 192.0.2.1 rd 1:2 label 100;",
    " next-hop 192.0.2.1 rd 1:2;",
    " next-hop 192.0.2.1 label [ 100 200 300 ];",
    " next-hop 192.0.2.1 path-information 7;",
    " next-hop 192.0.2.1 watchdog dog;",
    " next-hop 192.0.2.1 watchdog dog withdraw;",
    " next-hop 192.0.2.1 withdraw;",
    " next-hop 192.0.2.1 name \"a;b\";",
    " next-hop 192.0.2.1 # a comment;\n med 5;",
    " next-hop 192.0.2.1; # a comment\n",
    " { next-hop 192.0.2.1; }",
    " { next-hop 192.0.2.1; med 5; }",
    "\n{\n\tnext-hop 192.0.2.1;\n}\n",
    " { next-hop nobody; }",
    " next-hop 192.0.2.1 as-path [ 1 { 2 } ];",
    " next-hop 192.0.2.1 community [ 1:2 ] community [ 3:4 ];",
    " next-hop 192.0.2.1 as-sequence [ 1 2 ];",
    " next-hop 192.0.2.1 nonsense;",
    " next-hop 192.0.2.1 med 5 med 6;",
    " next-hop 192.0.2.1 attribute [ 0x99 0x60 0x00 ];",
    " next-hop 192.0.2.1\\\n med 5;",
];

const KEYWORDS: &[(&str, &str)] = &[
    ("static {", "route"),
    ("announce { ipv4 {", "unicast"),
    ("announce { ipv4 {", "multicast"),
    ("announce { ipv4 {", "nlri-mpls"),
    ("announce { ipv4 {", "mpls-vpn"),
    ("announce { ipv6 {", "unicast"),
    ("announce { ipv6 {", "mpls-vpn"),
    ("static {", "rout"),
];

/// A section with these statements of one keyword.
fn section((opening, keyword): (&str, &str), statements: &[(&str, &str)]) -> String {
    let closing = if opening.matches('{').count() == 2 { "\n} }" } else { "\n}" };
    let each = statements.iter().map(|(word, rest)| format!("\n {keyword} {word}{rest}"));
    format!("{opening}{}{closing}", each.collect::<String>())
}

/// What comes of a configuration: its routes, or how many mistakes there are; and the messages.
fn outcome(dialect: Dialect, body: &str) -> (Result<Vec<String>, usize>, Vec<String>) {
    let environment = Environment { dialect: Some(dialect), ..Environment::default() };
    let says = |route: ConfiguredRoute<'_>| format!("{:?} {:?}", route.nlri(), route.terms());
    let (result, said) = match parse(&source(&wrap(body)), &Offline, &environment) {
        Ok((configuration, said)) => {
            (Ok(configuration.neighbors[0].routes.iter().map(says).collect()), said)
        }
        Err(said) => (Err(said.iter().filter(|said| said.is_error()).count()), said),
    };
    (result, said.into_iter().map(|said| said.message.into_owned()).collect())
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    (0..all.len()).prop_map(|place| all[place])
}

proptest! {
    #[test]
    fn many_statements_are_what_each_is_alone(
        dialect in one_of(&[Dialect::ExaBgp5, Dialect::ExaBgp34]),
        keyword in one_of(KEYWORDS),
        statements in prop::collection::vec((one_of(WORDS), one_of(RESTS)), 1..24),
        times in 1..3_usize,
    ) {
        let statements = statements.repeat(times);
        let (together, said) = outcome(dialect, &section(keyword, &statements));
        let (mut routes, mut errors, mut messages) = (Vec::new(), 0, Vec::new());
        for statement in &statements {
            let (alone, said) = outcome(dialect, &section(keyword, &[*statement]));
            match alone {
                Ok(alone) => routes.extend(alone),
                Err(count) => errors += count,
            }
            messages.extend(said);
        }
        match together {
            Ok(together) => {
                prop_assert_eq!(errors, 0);
                prop_assert_eq!(together, routes);
            }
            Err(count) => prop_assert_eq!(count, errors),
        }
        // Of each construct of ExaBGP 3.4 the first is shown.
        if dialect == Dialect::ExaBgp34 {
            return Ok(());
        }
        let (mut said, mut messages) = (said, messages);
        for list in [&mut said, &mut messages] {
            list.sort();
            list.dedup();
        }
        prop_assert_eq!(said, messages);
    }
}

#[test]
fn what_is_wrong_with_a_statement_is_said_of_each_at_its_place() {
    let text = "route 10.0.0.0/8 next-hop 192.0.2.1 withdraw;\n".repeat(3);
    let (_, warnings) = loaded(&wrap(&format!("static {{\n{text}}}")));
    let places: Vec<_> = warnings.iter().map(|warning| &warning[..4]).collect();
    assert_eq!(places, ["t:2:", "t:3:", "t:4:"], "{warnings:?}");
}

#[test]
fn neighbors_with_the_same_routes_share_them() {
    let statements =
        "route 10.0.0.0/8 next-hop 192.0.2.1; route 11.0.0.0/8 next-hop 192.0.2.1 med 5;";
    let own = format!("static {{ {statements} }}");
    let other = format!("static {{ {} }}", statements.replace("med 5", "med 6"));
    let text = format!(
        "template {{ neighbor t {{ {own} }} }}
         neighbor 192.0.2.1 {{ {BASE} inherit t; }}
         neighbor 192.0.2.2 {{ {BASE} inherit t; }}
         neighbor 192.0.2.3 {{ {BASE} {own} }}
         neighbor 192.0.2.4 {{ {BASE} {other} }}
         neighbor 192.0.2.5 {{ {BASE} inherit t; {other} }}"
    );
    let routes: Vec<_> =
        good(&text).neighbors.into_iter().map(|neighbor| neighbor.routes).collect();
    assert!(routes[1].are_those_of(&routes[0]) && routes[2].are_those_of(&routes[0]));
    assert!(!routes[3].are_those_of(&routes[0]) && routes[3] != routes[0]);
    assert_eq!((routes[3].len(), routes[4].len()), (2, 4));
    assert!(Arc::ptr_eq(&routes[4].lists()[0], &routes[3].lists()[0]));
    assert!(Arc::ptr_eq(&routes[4].lists()[1], &routes[0].lists()[0]));
}

#[test]
fn terms_are_kept_once() {
    let body: String = (0..200)
        .map(|number| format!("route 10.0.{number}.0/24 next-hop 192.0.2.1 med {};", number % 7))
        .collect();
    let routes = neighbor(&format!("static {{ {body} }}")).routes;
    assert_eq!((routes.len(), routes.lists()[0].terms().len()), (200, 7));
    let place = |place| routes.get(place).unwrap();
    assert_eq!(place(150).nlri().unwrap().bytes, [24, 10, 0, 150]);
    assert_eq!(place(150).terms(), place(3).terms());
}
