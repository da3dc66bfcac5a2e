//! The results as a table of Markdown or as lines of JSON, and what they have to fulfil.

use std::fmt::Write;

use serde_json::json;

use crate::Figure;
use crate::programs::{Output, PROGRAMS};

/// A row of the table.
pub struct Row {
    pub name: String,
    /// Its batch.
    pub batch: usize,
    pub output: Output,
    /// Of each program that has such an output.
    pub figures: Vec<Option<Figure>>,
}

/// The table, with a line on how it came about.
pub fn table(rows: &[Row], rounds: usize) -> String {
    let mut text = format!(
        "Nanoseconds of processor time for one UPDATE, and allocations; the median of {rounds} rounds, {}.\n\n",
        yottabgp_bench_markers::processor()
    );
    let heads: Vec<_> = PROGRAMS.iter().map(|program| program.name).collect();
    let _ = writeln!(text, "| | {} |", heads.join(" | "));
    let _ = writeln!(text, "|---|{}", "---:|".repeat(heads.len()));
    for Row { name, figures, .. } in rows {
        let cells: Vec<_> = figures
            .iter()
            .map(|figure| match figure {
                None => "–".into(),
                Some(Figure { nanoseconds, allocations }) => {
                    format!("{nanoseconds:.0}, {}", short(*allocations))
                }
            })
            .collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

/// A line of JSON for each figure.
pub fn lines(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { name, figures, .. } in rows {
        for (program, figure) in PROGRAMS.iter().zip(figures) {
            let Some(Figure { nanoseconds, allocations }) = figure else { continue };
            let line = json!({
                "row": name, "program": program.name,
                "nanoseconds": nanoseconds, "allocations": allocations,
            });
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// A whole number without a point.
fn short(number: f64) -> String {
    if number.fract() < 0.005 { format!("{number:.0}") } else { format!("{number:.1}") }
}

/// What is not as it has to be: this project comes first in each row, and allocates nothing.
pub fn complaint(rows: &[Row]) -> Option<String> {
    let mut text = String::new();
    for Row { name, figures, .. } in rows {
        let Some((Some(ours), theirs)) = figures.split_first() else { continue };
        if ours.allocations > 0.0 {
            let _ = writeln!(text, "{name}: {} allocations", ours.allocations);
        }
        if theirs.iter().flatten().any(|other| other.nanoseconds <= ours.nanoseconds) {
            let _ = writeln!(text, "{name}: not the fastest");
        }
    }
    (!text.is_empty()).then_some(text)
}
