//! The results as one table of Markdown.

use std::fmt::Write as _;

use super::machine;
use super::program::OTHERS;
use super::record::{CALM, Record, Summary};
use super::scenario::{Compare, SCENARIOS, Scenario};
use super::target::{Summaries, TARGETS, Verdict, is_of_time};

/// What each program came to, scenario by scenario.
pub(crate) fn summed_up(records: &[Record]) -> Vec<(&'static Scenario, Vec<Summary>)> {
    let each = SCENARIOS.iter().map(|scenario| (scenario, summaries(scenario, records)));
    each.filter(|(_, summaries)| !summaries.is_empty()).collect()
}

/// The table of all scenarios, with what has to be said about it.
pub(crate) fn table(all: &Summaries) -> String {
    let mut text = format!("{}.\n", machine::description());
    text += "\n| | routes | s | a second | CPU s | peak MiB | others | to the best other | more |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---|\n";
    let (mut disturbed, mut failures) = (0, String::new());
    let ran = |name: &str| {
        all.iter().any(|(_, summaries)| summaries.iter().any(|summary| summary.program == name))
    };
    let others: Vec<_> = OTHERS.iter().filter(|(name, _)| ran(name)).collect();
    let summaries = all.iter().flat_map(|(_, summaries)| summaries);
    let mut versions: Vec<&str> = summaries.map(|summary| summary.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    for (scenario, summaries) in all {
        let _ = writeln!(text, "| **{}** | | | | | | | | |", scenario.title);
        for summary in summaries {
            if let Some(why) = &summary.failed {
                let why = why.lines().next().unwrap_or_default();
                let _ = writeln!(failures, "- {}, {}: {why}", scenario.title, summary.program);
                let _ = writeln!(
                    text,
                    "| {} | {} | failed | | | | | | |",
                    summary.program,
                    grouped(summary.count as f64)
                );
                continue;
            }
            disturbed += usize::from(!summary.calm);
            row(&mut text, scenario, summary, summaries);
        }
        let is_missing = |kind| scenario.sizes.iter().all(|(one, _)| *one != kind);
        let missing = others.iter().filter(|(_, kind)| is_missing(*kind));
        let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
        if !scenario.lacking.is_empty() && !missing.is_empty() {
            let (names, lacking) = (missing.join(", "), scenario.lacking);
            let _ = writeln!(text, "| {names} | | | | | | | | can not: {lacking} |");
        }
    }
    let _ = writeln!(text, "\n{}.", versions.join(", "));
    if disturbed > 0 {
        let _ = writeln!(
            text,
            "\nNot quoted: {disturbed} rows have no run in which other programs used at most {:.0}% of the machine (column \
             «others»). Their times and rates say nothing; CPU seconds and memory hardly depend on it.",
            CALM * 100.0
        );
    }
    if !failures.is_empty() {
        let _ = write!(text, "\nFailed:\n\n{failures}");
    }
    text
}

/// What this program was to reach, and whether it did. Says whether a target was missed, too.
pub(crate) fn targets(all: &Summaries) -> (String, bool) {
    let mut text = String::from("| scenario | target | here | |\n|---|---|---:|---|\n");
    let mut is_missed = false;
    for target in TARGETS {
        let (here, word) = match target.verdict(all) {
            Verdict::Met(here) => (here, "met".to_owned()),
            Verdict::Missed(here) => {
                is_missed = true;
                (here, "**missed**".into())
            }
            Verdict::NotMeasured(why) => (String::new(), format!("not measured: {why}")),
        };
        let (scenario, words) = (target.scenario, target.words());
        let _ = writeln!(text, "| `{scenario}` | {words} | {here} | {word} |");
    }
    (text, is_missed)
}

/// What each program came to in a scenario, in the order in which they ran first.
fn summaries(scenario: &Scenario, records: &[Record]) -> Vec<Summary> {
    let of_it: Vec<&Record> =
        records.iter().filter(|record| record.scenario == scenario.name).collect();
    let mut programs: Vec<&str> = Vec::new();
    for record in &of_it {
        if !programs.contains(&record.program.as_str()) {
            programs.push(&record.program);
        }
    }
    let of = |program: &&str| {
        let runs = of_it.iter().copied().filter(|record| record.program == *program);
        Summary::of(&runs.collect::<Vec<_>>())
    };
    programs.iter().filter_map(of).collect()
}

fn row(text: &mut String, scenario: &Scenario, summary: &Summary, all: &[Summary]) {
    let quoted = |value: f64, words: String| match (summary.calm, value > 0.0) {
        (_, false) => String::new(),
        (true, true) => words,
        (false, true) => "–".into(),
    };
    // Where no memory was measured no program ran, or it was another that did the measuring.
    let used = |words: String, value: f64| {
        if summary.peak > 0.0 || value > 0.0 { words } else { String::new() }
    };
    let more: Vec<String> = summary
        .more
        .iter()
        .filter(|(name, _)| summary.calm || !is_of_time(name))
        .map(|(name, value)| format!("{name} {}", figure(*value)))
        .collect();
    let runs = if summary.used == summary.runs {
        String::new()
    } else {
        format!(" ({} of {} runs)", summary.used, summary.runs)
    };
    let _ = writeln!(
        text,
        "| {}{runs} | {} | {} | {} | {} | {} | {:.2} | {} | {} |",
        summary.program,
        grouped(summary.count as f64),
        quoted(summary.seconds, figure(summary.seconds)),
        quoted(summary.rate, grouped(summary.rate.round())),
        used(format!("{:.2}", summary.cpu), summary.cpu),
        used(format!("{:.1}", summary.peak), 0.0),
        summary.others,
        ratio(scenario, summary, all).unwrap_or_default(),
        more.join(", ")
    );
}

/// How much better a program is than the best of the others: of this one, the best that is not this one.
fn ratio(scenario: &Scenario, summary: &Summary, all: &[Summary]) -> Option<String> {
    let value = |summary: &Summary| match scenario.compare {
        Compare::Rate => Some(summary.rate),
        Compare::Seconds => Some(1.0 / summary.seconds),
        Compare::Least(name) => {
            let found = summary.more.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| 1.0 / value)
        }
        Compare::Nothing => None,
    };
    let quotable = |summary: &&Summary| summary.calm && summary.failed.is_none();
    let first = all.first()?;
    if summary.program != first.program || !quotable(&first) {
        return None;
    }
    let best = all.iter().skip(1).filter(quotable).filter_map(value).max_by(f64::total_cmp)?;
    let ratio = value(summary)? / best;
    ratio.is_finite().then(|| format!("{} ×", figure(ratio)))
}

/// A number with as many digits as say something.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => grouped(value.round()),
    }
}

/// `100,000`.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn record(program: &str, rate: f64, others: f64) -> Record {
        Record {
            scenario: "announce".into(),
            program: program.into(),
            version: format!("{program} 1"),
            count: 1_000,
            seconds: 1_000.0 / rate,
            rate,
            cpu: 0.25,
            peak: 12.34,
            others,
            more: Map::new(),
            failed: None,
        }
    }

    #[test]
    fn the_first_program_is_compared_with_the_best_of_the_others() {
        let records = [
            record("yottabgp", 70_000.0, 0.0),
            record("ExaBGP", 500.0, 0.0),
            record("GoBGP", 1_000.0, 0.0),
        ];
        let table = table(&summed_up(&records));
        assert!(
            table
                .contains("| yottabgp | 1,000 | 0.014 | 70,000 | 0.25 | 12.3 | 0.00 | 70.0 × |  |"),
            "{table}"
        );
        assert!(
            table.contains("| ExaBGP | 1,000 | 2.00 | 500 | 0.25 | 12.3 | 0.00 |  |  |"),
            "{table}"
        );
    }

    #[test]
    fn a_disturbed_run_is_not_quoted_and_the_table_says_so() {
        let records = [record("yottabgp", 70_000.0, 0.5), record("GoBGP", 1_000.0, 0.0)];
        let table = table(&summed_up(&records));
        assert!(!table.contains("70,000"), "{table}");
        assert!(!table.contains('×') || !table.contains("70.0 ×"), "{table}");
        assert!(table.contains("Not quoted: 1 rows"), "{table}");
        assert!(table.contains("| – | – | 0.25 | 12.3 | 0.50 |"), "{table}");
    }

    #[test]
    fn who_can_not_do_it_is_told() {
        let mut of_bird = record("BIRD", 1.0, 0.0);
        of_bird.scenario = "rib".into();
        let table = table(&summed_up(&[record("yottabgp", 70_000.0, 0.0), of_bird]));
        assert!(table.contains("| BIRD | | | | | | | | can not: no helpers |"), "{table}");
    }

    #[test]
    fn targets_are_told_whether_they_were_met_or_not() {
        let records = [record("yottabgp", 70_000.0, 0.0), record("ExaBGP", 500.0, 0.0)];
        let (text, is_missed) = targets(&summed_up(&records));
        assert!(is_missed);
        let row = "| `announce` | a second at least 500 × ExaBGP | 140 × | **missed** |";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("70 × GoBGP |  | not measured: GoBGP was not run |"), "{text}");
    }
}
