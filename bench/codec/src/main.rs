//! How long an UPDATE takes from octets to values and to JSON, and how often memory is allocated for it: this project's codec
//! beside those of other crates, all in one process.
//!
//! `cargo run --release --manifest-path bench/codec/Cargo.toml [-- --rounds N] [--markdown FILE] [--only PROGRAM]`
//!
//! In each round every program reads every batch once, one program after the other and in a new order, so that what disturbs
//! the machine disturbs all. Times are the processor time of the thread; the median of the rounds counts.

mod allocations;
mod messages;
mod programs;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use messages::Batch;
use nix::time::{ClockId, clock_gettime};
use programs::{Output, PROGRAMS, Run};

const USAGE: &str = "usage: yottabgp-bench-codec [--rounds N] [--markdown FILE] [--only PROGRAM] [--batch PART]
  --rounds N         how often each program reads each batch; the median counts (default 301)
  --markdown FILE    put the table into FILE, between `<!-- codec:begin -->` and `<!-- codec:end -->`
  --only PROGRAM     one program alone, to be profiled
  --batch PART       the batches with this in their name";

/// One cell of the table.
pub struct Figure {
    /// Nanoseconds of an UPDATE.
    pub nanoseconds: f64,
    /// Allocations of an UPDATE, once buffers have their size.
    pub allocations: f64,
}

/// One program on one batch.
struct Cell {
    batch: usize,
    row: usize,
    program: usize,
    run: Run,
    times: Vec<Duration>,
    allocations: u64,
}

fn main() -> ExitCode {
    let (mut rounds, mut markdown) = (301, None);
    let (mut only, mut part) = (String::new(), String::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match (word.as_str(), words.next()) {
            ("--rounds", Some(number)) if number.parse::<usize>().is_ok_and(|n| n > 0) => {
                rounds = number.parse().unwrap_or(rounds);
            }
            ("--only", Some(name)) => only = name,
            ("--batch", Some(name)) => part = name,
            ("--markdown", Some(path)) => markdown = Some(PathBuf::from(path)),
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::FAILURE;
            }
        }
    }
    let mut batches = messages::batches();
    batches.retain(|batch| batch.name.contains(&part));
    let mut cells = cells(&batches);
    cells.retain(|cell| PROGRAMS[cell.program].name.contains(&only));
    for cell in &mut cells {
        let messages = &batches[cell.batch].messages;
        // The first time buffers grow.
        (cell.run)(messages);
        cell.allocations = allocations::count(|| {
            (cell.run)(messages);
        });
    }
    for round in 0..rounds {
        let count = cells.len();
        for step in 0..count {
            // Neighbours in the list are the programs on one batch: each comes first in some rounds.
            let cell = &mut cells[(step + round) % count];
            let messages = &batches[cell.batch].messages;
            let before = now();
            (cell.run)(messages);
            cell.times.push(now() - before);
        }
    }
    let mut rows: Vec<Vec<Option<Figure>>> = Vec::new();
    rows.resize_with(2 * batches.len(), || PROGRAMS.iter().map(|_| None).collect());
    for cell in &mut cells {
        cell.times.sort_unstable();
        let count = batches[cell.batch].messages.len() as f64;
        rows[cell.row][cell.program] = Some(Figure {
            nanoseconds: cell.times[rounds / 2].as_nanos() as f64 / count,
            allocations: cell.allocations as f64 / count,
        });
    }
    let names: Vec<String> = batches
        .iter()
        .flat_map(|batch| {
            [format!("{}, to values", batch.name), format!("{}, to JSON", batch.name)]
        })
        .collect();
    let table = report::table(&names, &rows, rounds);
    print!("{table}");
    if let Some(path) = markdown
        && let Err(error) = report::write(&path, &table)
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    match report::complaint(&names, &rows) {
        None => ExitCode::SUCCESS,
        Some(complaint) => {
            eprintln!("{complaint}");
            ExitCode::FAILURE
        }
    }
}

/// Every program on every batch, for each output that it has.
fn cells(batches: &[Batch]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for batch in 0..batches.len() {
        for (place, output) in [Output::Values, Output::Json].into_iter().enumerate() {
            for (program, row) in PROGRAMS.iter().enumerate() {
                if let Some(run) = (row.make)(output) {
                    let (row, times) = (2 * batch + place, Vec::new());
                    cells.push(Cell { batch, row, program, run, times, allocations: 0 });
                }
            }
        }
    }
    cells
}

/// The processor time of this thread.
fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}
