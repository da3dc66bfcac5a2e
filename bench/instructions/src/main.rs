//! How many instructions of user space the hot paths take, counted by valgrind's callgrind and compared with `baseline.txt`.
//!
//! `cargo xtask instructions [--update]`
//!
//! The daemon runs as users run it, under callgrind, with a peer and helpers that are not: the figures are those of the
//! program that is shipped, and know nothing of its inside. Those that depend on how much is read or sent at once are only
//! told. What stands behind them, and the codec, is called in this very program, in pieces of one size. Counts hardly move with
//! what else the machine does, so that one run is enough and a few percent can be told; times can not do that.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod baseline;
mod callgrind;
mod codec;
mod daemon;
mod lines;
mod offline;
mod peer;
mod rounds;
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use crate::baseline::Baseline;
use crate::callgrind::Callgrind;

/// Counts the instructions of the hot paths, and compares them with the baseline.
#[derive(Debug, Parser)]
struct Arguments {
    /// Write the baseline anew
    #[arg(long)]
    update: bool,
    /// The program to measure [default: target/release/yottabgp, or `YOTTABGP_PROGRAM`]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Only paths with this in their name
    #[arg(long, value_name = "PART", default_value = "")]
    only: String,
    /// How many run at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Keep callgrind's files in this folder, for `callgrind_annotate`
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Run a path of this program: what callgrind looks at
    #[arg(long, hide = true, num_args = 2, value_names = ["NAME", "ROUNDS"])]
    rounds: Option<Vec<String>>,
}

/// One path: its name, and how its instructions are counted.
struct HotPath {
    name: String,
    count: Box<Count>,
}

/// Counts the instructions of one of what a path is about.
type Count = dyn Fn(&Callgrind) -> Result<u64> + Send + Sync;

/// What was counted of each path, in their order.
type Counts = Vec<(String, u64)>;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether nothing got worse.
fn run(arguments: &Arguments) -> Result<bool> {
    if let Some([name, number]) = arguments.rounds.as_deref() {
        rounds::run(name, number.parse()?)?;
        return Ok(true);
    }
    let Some(callgrind) = Callgrind::find(arguments.program.as_deref(), arguments.keep.as_deref())?
    else {
        println!(
            "SKIPPED: valgrind is not there: the instructions of the hot paths are not counted"
        );
        return Ok(true);
    };
    let mut paths: Vec<HotPath> = rounds::paths();
    paths.extend(offline::paths());
    paths.extend(daemon::paths());
    paths.retain(|path| path.name.contains(&arguments.only));
    if paths.is_empty() {
        bail!("no path has «{}» in its name", arguments.only);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.txt");
    let processor = callgrind::processor();
    let before = Baseline::read(&file)?.seen_on(&processor);
    let counts = count(&callgrind, &paths, &before, arguments)?;
    let verdict = before.compare(&counts);
    print!("{verdict}");
    if arguments.update {
        let partly = !arguments.only.is_empty();
        before.with(&counts, partly).write(&file, &callgrind.environment(), &processor)?;
        println!("written: {}", file.display());
        return Ok(true);
    }
    if before.environment != callgrind.environment() {
        // Another compiler makes other instructions of the same lines: that says nothing of the change.
        println!(
            "NOT COMPARED: the baseline is of {}\nthis is                       {}",
            before.environment,
            callgrind.environment()
        );
        return Ok(true);
    }
    Ok(verdict.is_good())
}

/// Counts every path, some at a time. What is worse than the baseline is counted again: the least counts.
fn count(
    callgrind: &Callgrind,
    paths: &[HotPath],
    before: &Baseline,
    arguments: &Arguments,
) -> Result<Counts> {
    const TRIES: usize = 3;
    let next = Mutex::new(paths.iter().enumerate());
    let results = Mutex::new(vec![None; paths.len()]);
    std::thread::scope(|scope| {
        let worker = || -> Result<()> {
            loop {
                let Some((index, path)) = next.lock().ok().and_then(|mut next| next.next()) else {
                    return Ok(());
                };
                let mut least = u64::MAX;
                for _ in 0..TRIES {
                    let counted = (path.count)(callgrind).with_context(|| path.name.clone())?;
                    least = least.min(counted);
                    if !before.is_worse(&path.name, least) {
                        break;
                    }
                }
                eprintln!("{least:>10} {}", path.name);
                if let Ok(mut results) = results.lock()
                    && let Some(result) = results.get_mut(index)
                {
                    *result = Some(least);
                }
            }
        };
        let workers: Vec<_> = (0..arguments.jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => bail!("a worker panicked"),
        })
    })?;
    let results = results.into_inner().unwrap_or_default();
    let counted = paths.iter().zip(results);
    Ok(counted.filter_map(|(path, count)| Some((path.name.clone(), count?))).collect())
}
