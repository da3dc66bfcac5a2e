//! The example loads, and so does everything that it shows as a comment.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use yottabgp_config::example::{Extent, example};
use yottabgp_config::format::{INDENT, format};
use yottabgp_config::keywords;

#[test]
fn the_examples_load_and_are_laid_out() {
    for extent in [Extent::Neighbor, Extent::Full] {
        let text = example(extent);
        let configuration = common::good(&text);
        assert_eq!(configuration.neighbors.len(), 1);
        assert_eq!(configuration.processes.len(), usize::from(extent == Extent::Full));
        assert_eq!(format(&common::source(&text), INDENT).unwrap(), text);
    }
}

#[test]
fn every_comment_that_is_a_statement_can_be_used() {
    let text = example(Extent::Full);
    let lines: Vec<&str> = text.lines().collect();
    // A line with a '#' that no blank follows, and the lines inside of its braces.
    let is_code = |line: &str| {
        line.trim_start().strip_prefix('#').is_some_and(|rest| !rest.starts_with([' ', '#']))
    };
    let mut count = 0;
    let mut at = 0;
    while at < lines.len() {
        if !is_code(lines[at]) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        if lines[at].ends_with('{') {
            while lines[end].trim_start() != "#}" {
                end += 1;
            }
            end += 1;
        }
        let used: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(index, line)| match (at..end).contains(&index) {
                true => line.replacen('#', "", 1),
                false => (*line).to_owned(),
            })
            .collect();
        let used = used.join("\n");
        if let Err(errors) = common::run(&used) {
            panic!("{}\n{}", lines[at], common::lines(&used, &errors).join("\n"));
        }
        count += 1;
        at = end;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn every_keyword_is_shown() {
    let text = example(Extent::Full);
    for row in keywords() {
        let old = row.help.contains("ExaBGP 3.4") || row.value.contains("ExaBGP 3.4");
        let elsewhere = matches!(row.place, "group" | "neighbor/process" | "template" | "root");
        // The lines of a block are the words of the statement.
        let twice = row.section
            && keywords().iter().any(|other| {
                (other.place, other.name, other.section) == (row.place, row.name, false)
            });
        if !old && !elsewhere && !twice {
            let shown = format!("# {}", format!("{} {}", row.name, row.value).trim_end());
            assert!(text.contains(&shown), "{}: {shown}", row.place);
        }
    }
}
