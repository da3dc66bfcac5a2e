//! How long an UPDATE takes from octets to values, to JSON and back to octets, and how often memory is allocated for it: this
//! project's codec beside those of other crates, all in one process.
//!
//! `cargo run --release --manifest-path bench/codec/Cargo.toml [-- --rounds N] [--markdown FILE] [--only PROGRAM]`
//!
//! In each round every program goes through every batch once, one program after the other and in a new order, so that what
//! disturbs the machine disturbs all. Times are the processor time of the thread; the median of the rounds counts.

mod allocations;
mod messages;
mod programs;
mod report;
mod stored;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use messages::Batch;
use nix::time::{ClockId, clock_gettime};
use programs::{Output, PROGRAMS, Run};
use yottabgp_testkit::updates::Random;

const USAGE: &str = "usage: yottabgp-bench-codec [--rounds N] [--markdown FILE] [--json FILE] [--only PROGRAM] [--row PART]
  --rounds N         how often each program goes through each batch; the median counts (default 301)
  --markdown FILE    put the table into FILE, between `<!-- codec:begin -->` and `<!-- codec:end -->`
  --json FILE        write a line of JSON for each figure, and no table
  --only PROGRAM     one program alone, to be profiled
  --row PART         the rows with this in their name";

/// One cell of the table.
pub struct Figure {
    /// Nanoseconds of an UPDATE.
    pub nanoseconds: f64,
    /// Allocations of an UPDATE, once buffers have their size.
    pub allocations: f64,
}

/// One program on one row.
struct Cell {
    row: usize,
    program: usize,
    run: Run,
    times: Vec<Duration>,
    allocations: u64,
}

/// What is asked for.
struct Wanted {
    rounds: usize,
    markdown: Option<PathBuf>,
    json: Option<PathBuf>,
    only: String,
    row: String,
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let rows = measure(&wanted);
    if let Some(path) = &wanted.json {
        return match std::fs::write(path, report::lines(&rows)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("{}: {error}", path.display())),
        };
    }
    let table = report::table(&rows, wanted.rounds);
    print!("{table}");
    if let Some(page) = &wanted.markdown
        && let Err(error) = yottabgp_bench_markers::insert(page, "codec", &table)
    {
        return failed(&error.to_string());
    }
    report::complaint(&rows).map_or(ExitCode::SUCCESS, |complaint| failed(&complaint))
}

fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}

fn wanted() -> Option<Wanted> {
    let (only, row) = (String::new(), String::new());
    let mut wanted = Wanted { rounds: 301, markdown: None, json: None, only, row };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--rounds" => wanted.rounds = value.parse().ok().filter(|rounds| *rounds > 0)?,
            "--only" => wanted.only = value,
            "--row" => wanted.row = value,
            "--markdown" => wanted.markdown = Some(value.into()),
            "--json" => wanted.json = Some(value.into()),
            _ => return None,
        }
    }
    Some(wanted)
}

/// Every program on every batch, round by round.
fn measure(wanted: &Wanted) -> Vec<report::Row> {
    let batches = messages::batches();
    let mut rows = rows(&batches);
    rows.retain(|row| row.name.contains(&wanted.row));
    let mut cells = cells(&rows);
    cells.retain(|cell| PROGRAMS[cell.program].name.contains(&wanted.only));
    let messages = |row: usize, rows: &[report::Row]| &batches[rows[row].batch].messages;
    // What is kept for the rounds is made first, before memory is in pieces.
    cells.sort_by_key(|cell| rows[cell.row].output != Output::Octets);
    // Whoever comes first in memory is slower, by up to a half: that is one that is not measured.
    let mut nobody = PROGRAMS.last().and_then(|program| (program.make)(Output::Octets));
    if let (Some(run), Some(batch)) = (&mut nobody, batches.first()) {
        run(&batch.messages);
    }
    for cell in &mut cells {
        (cell.run)(messages(cell.row, &rows));
    }
    for cell in &mut cells {
        // Buffers have grown by then.
        let messages = messages(cell.row, &rows);
        cell.allocations = allocations::count(|| {
            (cell.run)(messages);
        });
    }
    // What was done just before is still in the caches: nobody is to come after the same one always.
    let (mut order, mut random): (Vec<usize>, _) = ((0..cells.len()).collect(), Random::default());
    for _ in 0..wanted.rounds {
        for place in (1..order.len()).rev() {
            order.swap(place, random.below(place as u32 + 1) as usize);
        }
        for index in &order {
            let cell = &mut cells[*index];
            let messages = messages(cell.row, &rows);
            let before = now();
            (cell.run)(messages);
            cell.times.push(now() - before);
        }
    }
    for cell in &mut cells {
        cell.times.sort_unstable();
        let count = messages(cell.row, &rows).len() as f64;
        rows[cell.row].figures[cell.program] = Some(Figure {
            nanoseconds: cell.times[wanted.rounds / 2].as_nanos() as f64 / count,
            allocations: cell.allocations as f64 / count,
        });
    }
    drop(nobody);
    rows
}

/// Every batch, for each output that can be compared.
fn rows(batches: &[Batch]) -> Vec<report::Row> {
    let row = |(batch, (output, words)): (usize, (Output, &str))| {
        let name = format!("{}, {words}", batches[batch].name);
        report::Row { name, batch, output, figures: PROGRAMS.iter().map(|_| None).collect() }
    };
    let all = (0..batches.len()).flat_map(|batch| Output::ALL.map(|output| (batch, output)));
    all.filter(|(batch, (output, _))| *output != Output::Octets || batches[*batch].comes_back)
        .map(row)
        .collect()
}

/// Every program on every row, where it has such an output.
fn cells(rows: &[report::Row]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, report::Row { output, .. }) in rows.iter().enumerate() {
        for (program, one) in PROGRAMS.iter().enumerate() {
            if let Some(run) = (one.make)(*output) {
                cells.push(Cell { row, program, run, times: Vec::new(), allocations: 0 });
            }
        }
    }
    cells
}

/// The processor time of this thread.
fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}
