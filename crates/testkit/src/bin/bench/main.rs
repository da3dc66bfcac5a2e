//! Compares a program with ExaBGP, side by side; `bench/compare` runs it.
//!
//! The same binary is the helper process of the programs compared: `announce` and `count`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers: a panic is a report"
)]

mod compare;
mod helper;
mod load;
mod report;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use yottabgp_testkit::speaker;

const USAGE: &str = "\
usage: bench/compare [OPTIONS]

  --program FILE    the program compared (YOTTABGP_PROGRAM, or what cargo built)
  --exabgp FILE     ExaBGP (EXABGP, target/exabgp, or in PATH)
  --routes N        routes in each scenario (100000)
  --runs N          runs of each, of which the best counts (3)
  --limit SECONDS   the most one run may take (120)
  --only LETTERS    scenarios: a announce by a helper, b receive to a helper, c static
                    routes of the configuration, i idle (abci)
  --markdown FILE   put the table into FILE too, between the lines
                    `<!-- bench:begin -->` and `<!-- bench:end -->`
Needs root, for a network of its own.";

/// What was asked for.
#[derive(Debug, Clone)]
struct Options {
    program: Option<PathBuf>,
    exabgp: Option<PathBuf>,
    routes: u32,
    runs: usize,
    limit: Duration,
    only: String,
    markdown: Option<PathBuf>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        program: None,
        exabgp: None,
        routes: 100_000,
        runs: 3,
        limit: Duration::from_secs(120),
        only: "abci".into(),
        markdown: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let bad = |_| format!("{word}: not a number");
        match word.as_str() {
            "--program" => options.program = Some(value()?.into()),
            "--exabgp" => options.exabgp = Some(value()?.into()),
            "--routes" => options.routes = value()?.parse().map_err(bad)?,
            "--runs" => options.runs = value()?.parse().map_err(bad)?,
            "--limit" => options.limit = Duration::from_secs(value()?.parse().map_err(bad)?),
            "--only" => options.only = value()?,
            "--markdown" => options.markdown = Some(value()?.into()),
            "--help" | "-h" => return Err(USAGE.into()),
            _ => return Err(format!("{word}?\n{USAGE}")),
        }
    }
    Ok(options)
}

fn run() -> Result<(), String> {
    let options = options()?;
    let program = match &options.program {
        Some(path) => path.clone(),
        None => speaker::program()?,
    };
    let exabgp = options.exabgp.clone().or_else(speaker::exabgp);
    let exabgp = exabgp.ok_or("no ExaBGP: .ci/install-peers installs it, or give --exabgp")?;
    let table = compare::compare(&options, &program, &exabgp)?;
    println!("{table}");
    if let Some(path) = &options.markdown {
        report::insert(path, &table)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(helper::WORD) {
        helper::main(words);
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
