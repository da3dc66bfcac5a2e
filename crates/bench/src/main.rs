//! Measures YottaBGP and ExaBGP side by side, in one run on one machine.
//!
//! Every scenario gives both programs the same configuration and the same load; the peer and the helper are this program
//! itself, so that neither is favoured. The peer counts each route once: a run that does not end with exactly the
//! routes that were asked for says how many there were.
#![allow(clippy::print_stdout, reason = "the report of a program for developers")]

mod helper;
mod peer;
mod program;
mod scenario;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;

use crate::program::Program;
use crate::scenario::{SCENARIOS, Sample};

/// Measures YottaBGP and ExaBGP side by side.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program to measure.
    #[arg(long, default_value = "target/release/yottabgp")]
    program: PathBuf,
    /// ExaBGP, to compare with; without it only the program is measured.
    #[arg(long)]
    exabgp: Option<PathBuf>,
    /// Routes of each scenario.
    #[arg(long, default_value_t = 100_000)]
    routes: u32,
    /// Runs of each scenario; the best counts.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Seconds after which a run is ended, and reported as far as it came.
    #[arg(long, default_value_t = 120)]
    limit: u64,
    /// Only scenarios with this in their name.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    if let Some(mode) = words.get(1).filter(|word| word.starts_with("helper-")) {
        return helper::run(mode, words.get(2..).unwrap_or_default());
    }
    let arguments = Arguments::parse();
    let mut programs = vec![Program::new("YottaBGP", arguments.program.canonicalize()?)];
    if let Some(path) = &arguments.exabgp {
        programs.push(Program::new("ExaBGP", std::path::absolute(path)?));
    }
    let limit = Duration::from_secs(arguments.limit);
    println!(
        "| scenario | program | seconds | routes | routes/s | CPU s | peak MB | MB at the end |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for scenario in SCENARIOS {
        if arguments.only.as_ref().is_some_and(|part| !scenario.name.contains(part.as_str())) {
            continue;
        }
        let mut rates = Vec::new();
        for program in &programs {
            let mut best: Option<Sample> = None;
            for _ in 0..arguments.runs {
                let sample = (scenario.run)(program, arguments.routes, limit)?;
                if best.as_ref().is_none_or(|best| sample.rate() > best.rate()) {
                    best = Some(sample);
                }
            }
            let Some(sample) = best else { continue };
            println!(
                "| {} | {} | {:.3} | {}{} | {:.0} | {:.2} | {:.1} | {:.1} |",
                scenario.name,
                program.name,
                sample.time.as_secs_f64(),
                sample.routes,
                if sample.routes < arguments.routes { " (ended)" } else { "" },
                sample.rate(),
                sample.usage.cpu,
                sample.usage.peak,
                sample.usage.resident,
            );
            rates.push(sample.rate());
        }
        if let [ours, theirs] = rates[..] {
            println!("| {} | ratio | | | **{:.0} x** | | | |", scenario.name, ours / theirs);
        }
    }
    Ok(())
}
