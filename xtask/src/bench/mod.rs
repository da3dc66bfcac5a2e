//! `bench`: measures this program and others side by side.
//!
//! Every run has a network of its own with nothing but a loopback. The tools are `yottabgp bench`, so both sides of every program
//! are the same, and check that every route came, and no other. Processor time and memory are those of the program and its
//! children without the helpers that it was given, by `/proc`. What others used of the machine meanwhile stands beside each
//! figure, and a time that was taken while they used much of it is not quoted.

mod machine;
mod program;
mod record;
mod run;
mod scenario;
mod table;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Map;

use machine::Machine;
use program::Program;
use record::Record;
use run::Run;
use scenario::{SCENARIOS, Scenario, Sizes};

/// What `bench` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Needs root, for a network of its own; a release build (cargo build --release); the others from \
.ci/install-peers. Examples:
  cargo xtask bench --markdown docs/performance.md
  cargo xtask bench --quick --scenario announce,json --only yottabgp,ExaBGP
  cargo xtask bench --program before=/tmp/yottabgp --only yottabgp,before --scenario rib
  cargo xtask bench --table bench.jsonl"
)]
pub(crate) struct BenchArgs {
    /// Only these scenarios, by name, or by how their names begin
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    scenario: Vec<String>,
    /// Only these programs
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Vec<String>,
    /// Another program, which takes the same configuration
    #[arg(long, value_name = "NAME=PATH")]
    program: Vec<String>,
    /// The yottabgp that is measured; what cargo built when absent
    #[arg(long, value_name = "PATH")]
    yottabgp: Option<PathBuf>,
    /// The program whose `bench` measures, where it is not that one
    #[arg(long, value_name = "PATH")]
    tools: Option<PathBuf>,
    /// ExaBGP; target/exabgp when absent
    #[arg(long, value_name = "PATH")]
    exabgp: Option<PathBuf>,
    /// Runs of each
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// How much there is of everything
    #[arg(long, value_enum, value_name = "SIZES")]
    sizes: Option<Sizes>,
    /// One run of each, a tenth of the routes
    #[arg(long)]
    quick: bool,
    /// Begin a run when less than this share of the machine is used
    #[arg(long, default_value_t = 0.3, value_name = "SHARE")]
    quiet: f64,
    /// Wait no longer for that
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS")]
    quiet_wait: f64,
    /// Add the results to this file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Put the table into this file, between its marks
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// The table of such a file of results; nothing is measured
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Scenarios and programs
    #[arg(long)]
    list: bool,
}

/// Measures what was asked for. Says whether every run came to its end.
pub(crate) fn run(arguments: &BenchArgs) -> Result<bool> {
    if let Some(path) = &arguments.table {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let records = text.lines().enumerate().map(|(number, line)| {
            Record::read(line).with_context(|| format!("{}:{}", path.display(), number + 1))
        });
        publish(arguments, &records.collect::<Result<Vec<_>>>()?)?;
        return Ok(true);
    }
    let ours = match &arguments.yottabgp {
        Some(path) => std::path::absolute(path)?,
        None => built()?,
    };
    let tools = match &arguments.tools {
        Some(path) => std::path::absolute(path)?,
        None => ours.clone(),
    };
    let exabgp =
        arguments.exabgp.clone().unwrap_or_else(|| root().join("target/exabgp/bin/exabgp"));
    let exabgp = Some(exabgp.as_path()).filter(|path| path.exists());
    let programs = Program::all(&ours, exabgp, &arguments.program)?;
    if arguments.list {
        list(&programs);
        return Ok(true);
    }
    let programs = chosen(programs, &arguments.only)?;
    let scenarios = wanted(&arguments.scenario)?;
    own_network()?;
    let sizes = arguments.sizes.unwrap_or(if arguments.quick { Sizes::Quick } else { Sizes::Full });
    let runs = arguments.runs.unwrap_or(if arguments.quick { 1 } else { 3 });
    let mut out = match &arguments.out {
        Some(path) => Some(
            File::options()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| path.display().to_string())?,
        ),
        None => None,
    };
    let began = Instant::now();
    let versions: Vec<String> = programs.iter().map(Program::version).collect();
    let mut records: Vec<Record> = Vec::new();
    for scenario in scenarios {
        for _ in 0..runs {
            // Programs inside of runs: what disturbs one disturbs the next as well.
            for (program, version) in programs.iter().zip(&versions) {
                let Some(count) = scenario.count(program.kind, sizes) else { continue };
                // What failed once would fail again, after as long a time.
                let failed = |record: &Record| {
                    record.scenario == scenario.name
                        && record.program == program.name
                        && record.failed.is_some()
                };
                if records.iter().any(failed) {
                    continue;
                }
                machine::wait_for_quiet(
                    arguments.quiet,
                    Duration::from_secs_f64(arguments.quiet_wait),
                );
                let record = measure(scenario, program, version, count, &tools);
                eprintln!("{}", record.line());
                if let Some(out) = &mut out {
                    writeln!(out, "{}", record.line())?;
                }
                records.push(record);
            }
        }
    }
    eprintln!("{} s", began.elapsed().as_secs());
    publish(arguments, &records)?;
    Ok(records.iter().all(|record| record.failed.is_none()))
}

/// One run.
fn measure(
    scenario: &Scenario,
    program: &Program,
    version: &str,
    count: u32,
    tools: &Path,
) -> Record {
    let before = Machine::now();
    let outcome = Run::new(tools).and_then(|mut run| {
        let outcome = (scenario.run)(program, &mut run, count);
        // What it used counts as ours when it has ended.
        drop(run);
        outcome
    });
    let others = (before.others() * 1e3).round() / 1e3;
    let mut record = Record {
        scenario: scenario.name.into(),
        program: program.name.clone(),
        version: version.into(),
        count: count.into(),
        seconds: 0.0,
        rate: 0.0,
        cpu: 0.0,
        peak: 0.0,
        others,
        more: Map::new(),
        failed: None,
    };
    match outcome {
        Ok(outcome) => {
            record.seconds = outcome.seconds;
            record.rate = outcome.rate;
            record.cpu = (outcome.usage.cpu * 1e3).round() / 1e3;
            record.peak = (outcome.usage.peak * 1e3).round() / 1e3;
            record.more = outcome.more;
        }
        Err(error) => record.failed = Some(format!("{error:#}")),
    }
    record
}

/// Prints the table, and puts it where it belongs.
fn publish(arguments: &BenchArgs, records: &[Record]) -> Result<()> {
    let table = table::table(records);
    println!("{table}");
    if let Some(path) = &arguments.markdown {
        table::insert(path, &table)?;
    }
    Ok(())
}

fn list(programs: &[Program]) {
    for scenario in SCENARIOS {
        let each = programs.iter().filter_map(|program| {
            Some(format!("{} {}", program.name, scenario.count(program.kind, Sizes::Full)?))
        });
        println!("{:20} {}", scenario.name, scenario.title);
        println!("{:20}   {}", "", each.collect::<Vec<_>>().join(", "));
    }
}

/// The programs that were asked for.
fn chosen(programs: Vec<Program>, only: &[String]) -> Result<Vec<Program>> {
    for name in only {
        if !programs.iter().any(|program| program.name.eq_ignore_ascii_case(name)) {
            bail!("--only {name}: no such program; see --list");
        }
    }
    let is_wanted = |program: &Program| {
        only.is_empty() || only.iter().any(|name| program.name.eq_ignore_ascii_case(name))
    };
    Ok(programs.into_iter().filter(is_wanted).collect())
}

/// The scenarios that were asked for.
fn wanted(names: &[String]) -> Result<Vec<&'static Scenario>> {
    let begins = |scenario: &Scenario, name: &str| {
        scenario.name == name
            || scenario.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
    };
    for name in names {
        if !SCENARIOS.iter().any(|scenario| begins(scenario, name)) {
            bail!("--scenario {name}: there is none; see --list");
        }
    }
    let is_wanted =
        |scenario: &&Scenario| names.is_empty() || names.iter().any(|name| begins(scenario, name));
    Ok(SCENARIOS.iter().filter(is_wanted).collect())
}

/// The root of the repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.map(Path::to_owned).unwrap_or_default()
}

/// The release that cargo built, or else the build for measuring.
fn built() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), PathBuf::from);
    let builds = ["release", "quick"].map(|profile| target.join(profile).join("yottabgp"));
    let found = builds.into_iter().find(|path| path.exists());
    found.context("nothing is built: cargo build --release, or give --yottabgp PATH")
}

/// Goes into a network that has nothing but a loopback, and may have many sessions.
fn own_network() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET).context("a network of its own needs root")?;
    for words in [
        "link set lo up",
        "address add 192.0.2.254/24 dev lo",
        "address add 2001:db8::fe/64 dev lo nodad",
    ] {
        let status = Command::new("ip").args(words.split(' ')).status().context("ip (iproute2)")?;
        if !status.success() {
            bail!("ip {words}: {status}");
        }
    }
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_found_by_name_and_by_how_it_begins() {
        let names = |words: &[&str]| -> Vec<&str> {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            wanted(&words).unwrap().iter().map(|scenario| scenario.name).collect()
        };
        assert_eq!(names(&["json"]), ["json", "json-single"]);
        assert_eq!(names(&["json-single", "rib"]), ["json-single", "rib"]);
        assert_eq!(names(&[]).len(), SCENARIOS.len());
        assert!(wanted(&["js".into()]).is_err());
    }
}
