//! The results as one table of Markdown.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::Options;
use crate::compare::{Outcome, Results, SCENARIOS};

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// The table, with a line on how it came about.
pub(crate) fn table(
    options: &Options,
    versions: &[String; 2],
    results: &Results,
    others: u64,
) -> String {
    let mut text = format!(
        "{} routes, {}, {}; other programs used {others}% of the machine meanwhile.\n\n",
        grouped(options.routes),
        if options.runs == 1 {
            "one run".into()
        } else {
            format!("the best of {} runs", options.runs)
        },
        machine()
    );
    let [ours, theirs] = versions;
    let _ = writeln!(text, "| | {ours} | {theirs} | ratio |\n|---|---:|---:|---:|");
    for scenario in &SCENARIOS {
        let outcomes = (results.get(&(scenario.letter, 0)), results.get(&(scenario.letter, 1)));
        let (Some(ours), Some(theirs)) = outcomes else { continue };
        let both = [ours, theirs];
        let times = both.map(|outcome| time(outcome, options.routes));
        let quotient = ratio(rate(theirs), rate(ours), theirs.routes < options.routes);
        let _ =
            writeln!(text, "| {}, s | {} | {} | {quotient} |", scenario.name, times[0], times[1]);
        let cpu = both.map(|outcome| outcome.usage.cpu.as_secs_f64());
        let _ = writeln!(text, "| … processor time, s | {:.2} | {:.2} | |", cpu[0], cpu[1]);
        for (name, figure) in [
            ("most memory (VmHWM), MiB", both.map(|outcome| outcome.usage.peak)),
            ("memory at the end (VmRSS), MiB", both.map(|outcome| outcome.usage.resident)),
        ] {
            let mebibytes = figure.map(|kibibytes| kibibytes as f64 / 1024.0);
            let quotient = ratio(mebibytes[1], mebibytes[0], false);
            let _ = writeln!(
                text,
                "| … {name} | {:.1} | {:.1} | {quotient} |",
                mebibytes[0], mebibytes[1]
            );
        }
    }
    text
}

/// Seconds, or how far it came in the time it had.
fn time(outcome: &Outcome, routes: u32) -> String {
    let seconds = seconds(outcome.time);
    if outcome.routes < routes {
        return format!("{} routes in {seconds}", grouped(outcome.routes));
    }
    seconds
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.3}") } else { format!("{seconds:.1}") }
}

/// Seconds a route; without a bound when there came none.
fn rate(outcome: &Outcome) -> f64 {
    outcome.time.as_secs_f64() / f64::from(outcome.routes)
}

fn ratio(theirs: f64, ours: f64, at_least: bool) -> String {
    let quotient = theirs / ours;
    if !quotient.is_finite() {
        return String::new();
    }
    // What is slower the more there is would have taken longer still.
    let sign = if at_least { "> " } else { "" };
    if quotient < 10.0 {
        format!("{sign}{quotient:.1}×")
    } else {
        format!("{sign}{quotient:.0}×")
    }
}

/// `100,000`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The processors and the kernel.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{processors} × {model}, Linux {}", kernel.trim())
}

/// Puts the table into a file between its two marks; without them, at its end.
pub(crate) fn insert(path: &Path, table: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let (before, after) = match (text.split_once(BEGIN), text.split_once(END)) {
        (Some((before, _)), Some((_, after))) => (before, after),
        _ => (text.as_str(), "\n"),
    };
    let text = format!("{before}{BEGIN}\n{table}{END}{after}");
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
