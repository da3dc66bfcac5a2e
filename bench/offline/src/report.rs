//! The results as a table of Markdown, or as lines of JSON.

use std::fmt::Write as _;

use serde_json::json;

use crate::Figure;
use crate::files::Made;

/// What a program took for each file, run by run.
pub struct Row {
    name: String,
    figures: Vec<Vec<Figure>>,
}

impl Row {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), figures: Vec::new() }
    }

    pub fn add(&mut self, column: usize, figure: Figure) {
        if self.figures.len() <= column {
            self.figures.push(Vec::new());
        }
        self.figures[column].push(figure);
    }

    /// The medians of wall and processor time, in seconds.
    fn medians(&self, column: usize) -> (f64, f64) {
        let median = |of: fn(&Figure) -> f64| {
            let mut all: Vec<f64> = self.figures[column].iter().map(of).collect();
            all.sort_unstable_by(f64::total_cmp);
            all[all.len() / 2]
        };
        (
            median(|figure| figure.wall.as_secs_f64()),
            median(|figure| figure.processor.as_secs_f64()),
        )
    }
}

/// The table, with a line on how it came about.
pub fn table(files: &[Made], rows: &[Row], runs: usize) -> String {
    let mut text =
        format!("The median of {runs} runs; seconds, with the processor time in brackets.\n\n");
    let heads: Vec<_> = files
        .iter()
        .map(|file| format!("{} {}, {} MB", file.count, file.name, file.octets / 1_000_000))
        .collect();
    let _ = writeln!(text, "| | {} |", heads.join(" | "));
    let _ = writeln!(text, "|---|{}", "---:|".repeat(heads.len()));
    for row in rows {
        let cells: Vec<_> = (0..files.len())
            .map(|column| {
                let (wall, processor) = row.medians(column);
                let rate = files[column].count as f64 / wall;
                format!("{wall:.2} ({processor:.2}), {:.0} a second", rate)
            })
            .collect();
        let _ = writeln!(text, "| {} | {} |", row.name, cells.join(" | "));
    }
    text
}

/// A line of JSON for each program and file: medians.
pub fn lines(files: &[Made], rows: &[Row]) -> String {
    let mut text = String::new();
    for (column, file) in files.iter().enumerate() {
        for row in rows {
            let (seconds, cpu) = row.medians(column);
            let line = json!({
                "file": file.name, "count": file.count, "program": row.name,
                "seconds": seconds, "cpu": cpu,
            });
            let _ = writeln!(text, "{line}");
        }
    }
    text
}
