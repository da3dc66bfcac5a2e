//! A configuration that is read again says what it says when it is read for the first time, whatever was known before.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod common;

use std::fmt::Write as _;
use std::sync::Arc;

use common::{BASE, source, wrap};
use proptest::prelude::*;
use yottabgp_config::loader::Offline;
use yottabgp_config::{
    Configuration, ConfiguredRoutes, Dialect, Environment, Known, RouteList, Run, parse,
    parse_again,
};

const DIALECTS: [Dialect; 2] = [Dialect::ExaBgp5, Dialect::ExaBgp34];

fn environment(dialect: Option<Dialect>) -> Environment {
    Environment { dialect, ..Environment::default() }
}

fn messages(said: &[yottabgp_config::Diagnostic]) -> Vec<String> {
    said.iter().map(|said| format!("{:?} {}", said.span, said.message)).collect()
}

fn says(routes: &ConfiguredRoutes) -> Vec<String> {
    let lists = routes.lists().iter();
    lists
        .flat_map(|list| {
            let routes = list.iter();
            routes.map(|route| format!("{:?} {} {:?}", route.nlri(), route.number(), route.terms()))
        })
        .collect()
}

/// Reads a text, and compares what it says with what it says when nothing is known. Remembers it.
fn read(text: &str, dialect: Option<Dialect>, known: &mut Known) -> Option<Configuration> {
    let environment = environment(dialect);
    let first = parse(&source(text), &Offline, &environment);
    let again = parse_again(&source(text), &Offline, &environment, known);
    match (first, again) {
        (Ok((first, said)), Ok((again, also))) => {
            assert_eq!(messages(&also), messages(&said));
            assert!(again.is_same(&first));
            for (a, b) in again.neighbors.iter().zip(&first.neighbors) {
                assert_eq!(says(&a.routes), says(&b.routes));
                let lengths = |routes: &ConfiguredRoutes| {
                    routes.lists().iter().map(|list| list.len()).collect::<Vec<_>>()
                };
                assert_eq!(lengths(&a.routes), lengths(&b.routes));
            }
            known.remember(&again);
            Some(again)
        }
        (Err(said), Err(also)) => {
            assert_eq!(messages(&also), messages(&said));
            None
        }
        (first, again) => panic!("{} {}", first.is_ok(), again.is_ok()),
    }
}

/// The statement of a number, in all the ways in which one can say a route, and some in which it can not be said.
fn statement(number: u16, kind: u8) -> String {
    let [a, b] = number.to_be_bytes();
    match kind {
        0..=11 => format!("\troute 10.{a}.{b}.0/24 next-hop 192.0.2.1 med {};\n", kind % 4),
        12 => format!(" route 10.{a}.{b}.0/24 {{ next-hop 192.0.2.1; med 7; }} "),
        13 => format!("route 10.{a}.{b}.0/24 next-hop 192.0.2.1 split /26;\n"),
        14 => format!("# a comment\nroute 10.{a}.{b}.0/24 next-hop self watchdog dog withdraw;"),
        15 => format!("attributes next-hop 192.0.2.1 nlri 10.{a}.{b}.0/24 11.{a}.{b}.0/24;"),
        16 => format!("route 10.{a}.{b}.0/24 next-hop 192.0.2.1 withdraw;\n"),
        17 => format!("route 10.{a}.{b}.0/24 next-hop 192.0.2.1 name n{b} path-information 1;\n"),
        18 => "attributes next-hop 192.0.2.1 med 9;\n".to_owned(),
        19 => format!("route 10.{a}.{b}.0/24 next-hop 192.0.2.1 as-sequence [ 1 2 ];\n"),
        20 => format!("route 10.{a}.{b}.0/24 next-hop 192.0.2.1 community {a}:{b};\n"),
        _ => format!("route 10.{a}.{b}.0/33 next-hop 192.0.2.1;\n"),
    }
}

/// What is done to the statements between two readings.
#[derive(Clone, Debug)]
enum Edit {
    Change(usize, u8),
    Remove(usize, usize),
    Insert(usize, u16, usize),
    Move(usize, usize),
    Again(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = 0..400_usize;
    prop_oneof![
        4 => (at.clone(), 0..21u8).prop_map(|(at, kind)| Edit::Change(at, kind)),
        2 => (at.clone(), 1..100_usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        2 => (at.clone(), any::<u16>(), 1..100_usize)
            .prop_map(|(at, first, count)| Edit::Insert(at, first, count)),
        1 => (at.clone(), 0..400_usize).prop_map(|(from, to)| Edit::Move(from, to)),
        1 => at.prop_map(Edit::Again),
    ]
}

fn apply(statements: &mut Vec<(u16, u8)>, edit: &Edit) {
    let length = statements.len().max(1);
    match *edit {
        Edit::Change(at, kind) => {
            if let Some(statement) = statements.get_mut(at % length) {
                statement.1 = kind;
            }
        }
        Edit::Remove(at, count) => {
            let start = (at % length).min(statements.len());
            statements.drain(start..(start + count).min(statements.len()));
        }
        Edit::Insert(at, first, count) => {
            let at = (at % length).min(statements.len());
            let count = u16::try_from(count).unwrap();
            let new = (0..count).map(|number| (first.wrapping_add(number), 0));
            statements.splice(at..at, new);
        }
        Edit::Move(from, to) => {
            let start = (from % length).min(statements.len());
            let some: Vec<_> =
                statements.drain(start..(start + 40).min(statements.len())).collect();
            let to = (to % length).min(statements.len());
            statements.splice(to..to, some);
        }
        Edit::Again(at) => statements.extend(statements.get(at % length).copied()),
    }
}

fn text(lists: &[Vec<(u16, u8)>], form: usize) -> String {
    let section = |statements: &Vec<(u16, u8)>| {
        let all: String =
            statements.iter().map(|(number, kind)| statement(*number, *kind)).collect();
        format!("static {{\n{all}}}\n")
    };
    let mut text = String::new();
    for (number, list) in lists.iter().enumerate() {
        let body = section(list);
        match form {
            // In a template, and under it.
            0 if number == 0 => {
                let _ = writeln!(text, "template {{ neighbor t {{ {body} }} }}");
            }
            0 => {
                let _ = writeln!(text, "neighbor 192.0.2.{number} {{ {BASE} inherit t; {body} }}");
            }
            // In a family that the neighbor may not have.
            1 => {
                let families = if list.len() % 3 == 0 { "ipv6 unicast" } else { "ipv4 unicast" };
                let _ = writeln!(
                    text,
                    "neighbor 192.0.2.{number} {{ {BASE} family {{ {families}; }} {body} }}"
                );
            }
            _ => {
                let _ = writeln!(text, "neighbor 192.0.2.{number} {{ {BASE} {body} }}");
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_known_makes_no_difference(
        lengths in prop::collection::vec(0..300u16, 2..4),
        kinds in prop::collection::vec((0..40_usize, 0..21u8), 0..8),
        edits in prop::collection::vec((0..4_usize, edit()), 0..12),
        steps in 1..4_usize,
        form in 0..3_usize,
        wrong in any::<bool>(),
        dialects in prop::option::of(0..2_usize),
    ) {
        let mut lists: Vec<Vec<(u16, u8)>> = lengths
            .iter()
            .map(|length| (0..*length).map(|number| (number, u8::try_from(number % 4).unwrap())).collect())
            .collect();
        for (at, kind) in kinds {
            let count = lists.len();
            apply(&mut lists[at % count], &Edit::Change(at * 7, kind));
        }
        let mut known = Known::default();
        let each = edits.len().div_ceil(steps).max(1);
        read(&text(&lists, form), None, &mut known);
        for (step, edits) in edits.chunks(each).enumerate() {
            for (list, edit) in edits {
                let count = lists.len();
                apply(&mut lists[list % count], edit);
            }
            // What was remembered was read as another version's.
            let dialect = dialects.map(|first| DIALECTS[(first + step) % 2]);
            read(&text(&lists, form), dialect, &mut known);
            if wrong {
                let mut broken = lists.clone();
                apply(&mut broken[0], &Edit::Change(step * 31, 21));
                read(&text(&broken, form), dialect, &mut known);
            }
        }
    }
}

fn body(numbers: impl Iterator<Item = u32>, med: impl Fn(u32) -> u32) -> String {
    let each = numbers.map(|number| {
        let [_, a, b, c] = number.to_be_bytes();
        format!("route 10.{a}.{b}.{c}/32 next-hop 192.0.2.1 med {};\n", med(number))
    });
    wrap(&format!("static {{\n{}}}", each.collect::<String>()))
}

fn list(configuration: &Configuration) -> Arc<RouteList> {
    configuration.neighbors[0].routes.lists()[0].clone()
}

#[test]
fn what_did_not_change_is_taken_over() {
    let kept = |runs: &[Run]| runs.iter().map(|run| run.count).sum::<u32>();
    let mut known = Known::default();
    let first = read(&body(0..10_000, |number| number % 50), None, &mut known).unwrap();
    let med = |number: u32| if number % 100 == 50 { 1000 } else { number % 50 };
    let second = read(&body(0..10_000, med), None, &mut known).unwrap();
    let count = kept(list(&second).kept_of(&list(&first)).unwrap());
    assert!((9000..=9900).contains(&count), "{count}");
    // Gone, and new, in places that nothing tells beforehand.
    let numbers = (20_000..20_500).chain(0..3000).chain(30_000..30_010).chain(5000..10_000);
    let third = read(&body(numbers, med), None, &mut known).unwrap();
    let count = kept(list(&third).kept_of(&list(&second)).unwrap());
    assert!((7700..=8000).contains(&count), "{count}");
    assert_eq!(list(&third).kept_of(&list(&first)), None);
    for run in list(&third).kept_of(&list(&second)).unwrap() {
        for at in 0..run.count {
            let place = |place: u32| usize::try_from(place + at).unwrap();
            assert_eq!(list(&third).get(place(run.to)), list(&second).get(place(run.from)));
        }
    }
    let all = read(&body(0..10_000, |_| 1), None, &mut Known::default()).unwrap();
    assert_eq!(list(&all).kept_of(&list(&first)), None);
}
