//! The results as a table of Markdown, and what they have to fulfil.

use std::fmt::Write;
use std::path::Path;

use crate::Figure;
use crate::programs::PROGRAMS;

const BEGIN: &str = "<!-- codec:begin -->";
const END: &str = "<!-- codec:end -->";

type Row = Vec<Option<Figure>>;

/// The table, with a line on how it came about.
pub fn table(names: &[String], rows: &[Row], rounds: usize) -> String {
    let mut text = format!(
        "Nanoseconds of processor time for one UPDATE, and allocations; the median of {rounds} rounds, {}.\n\n",
        machine()
    );
    let heads: Vec<_> = PROGRAMS.iter().map(|program| program.name).collect();
    let _ = writeln!(text, "| | {} |", heads.join(" | "));
    let _ = writeln!(text, "|---|{}", "---:|".repeat(heads.len()));
    for (name, row) in names.iter().zip(rows) {
        let cells: Vec<_> = row
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

/// A whole number without a point.
fn short(number: f64) -> String {
    if number.fract() < 0.005 { format!("{number:.0}") } else { format!("{number:.1}") }
}

fn machine() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.into(), |(_, name)| name.to_owned())
}

/// Puts the table between the two marks of a file.
pub fn write(path: &Path, table: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let missing = || format!("no {BEGIN} … {END} in it");
    let (before, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    std::fs::write(path, format!("{before}{BEGIN}\n{table}{END}{after}"))
        .map_err(|error| error.to_string())
}

/// What is not as it has to be: this project comes first in each row, and allocates nothing.
pub fn complaint(names: &[String], rows: &[Row]) -> Option<String> {
    let mut text = String::new();
    for (name, row) in names.iter().zip(rows) {
        let (ours, theirs) = row.split_first()?;
        let ours = ours.as_ref()?;
        if ours.allocations > 0.0 {
            let _ = writeln!(text, "{name}: {} allocations", ours.allocations);
        }
        if theirs.iter().flatten().any(|other| other.nanoseconds <= ours.nanoseconds) {
            let _ = writeln!(text, "{name}: not the fastest");
        }
    }
    (!text.is_empty()).then_some(text)
}
