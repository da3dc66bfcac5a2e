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
mod target;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use machine::Machine;
use program::{Kind, Program};
use record::Record;
use run::Run;
use scenario::{Crates, SCENARIOS, Scenario, Sizes};

/// What `bench` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Needs root, for a network of its own; a release build (cargo build --release); the others from \
.ci/install-peers. Examples:
  cargo xtask bench --markdown docs/performance.md --check
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
    /// Give a run up after so long
    #[arg(long, default_value_t = 40.0, value_name = "SECONDS")]
    limit: f64,
    /// Begin no run when so much time is over
    #[arg(long, default_value_t = 13.0, value_name = "MINUTES")]
    within: f64,
    /// Fail when a target is missed
    #[arg(long)]
    check: bool,
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
        return publish(arguments, &records.collect::<Result<Vec<_>>>()?);
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
    let unbuilt = build(&scenarios, &programs);
    own_network()?;
    let versions = programs.iter().map(Program::version).collect();
    let out = match &arguments.out {
        Some(path) => Some(
            File::options()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| path.display().to_string())?,
        ),
        None => None,
    };
    let mut bench = Bench {
        arguments,
        programs,
        versions,
        tools,
        unbuilt,
        out,
        records: Vec::new(),
        slow: Vec::new(),
        end: Instant::now() + Duration::from_secs_f64(arguments.within * 60.0),
    };
    let began = Instant::now();
    bench.all(&scenarios)?;
    eprintln!("{} s", began.elapsed().as_secs());
    let good = publish(arguments, &bench.records)?;
    Ok(good && bench.records.iter().all(|record| record.failed.is_none()))
}

/// Builds the programs of `bench/` that are needed: now, as there is no other network later. Gives those that could not be.
fn build(scenarios: &[&Scenario], programs: &[Program]) -> Vec<Crates> {
    if programs.first().is_none_or(|program| program.name != program::OURS) {
        return Vec::new();
    }
    let needed = scenarios.iter().filter_map(|scenario| scenario.step.crates());
    needed.filter(|crates| crates.build().is_err()).collect()
}

/// A program other than ours that took as long for a run has only one.
const SLOW: Duration = Duration::from_secs(8);

/// What is measured, and what has been.
struct Bench<'a> {
    arguments: &'a BenchArgs,
    programs: Vec<Program>,
    versions: Vec<String>,
    tools: PathBuf,
    /// What could not be built.
    unbuilt: Vec<Crates>,
    out: Option<File>,
    records: Vec<Record>,
    /// Scenarios and programs that have one run only.
    slow: Vec<(&'static str, String)>,
    /// When no run begins any more.
    end: Instant,
}

impl Bench<'_> {
    /// Every scenario once, and then again, as long as there is time: all have been measured when the others are repeated.
    fn all(&mut self, scenarios: &[&'static Scenario]) -> Result<()> {
        let runs = self.arguments.runs.unwrap_or(if self.arguments.quick { 1 } else { 3 });
        for pass in 0..runs {
            for scenario in scenarios {
                // Programs inside of scenarios: what disturbs one disturbs the next as well.
                for index in 0..self.programs.len() {
                    if Instant::now() >= self.end {
                        eprintln!(
                            "the time is over: run {} of {runs}, {}",
                            pass + 1,
                            scenario.name
                        );
                        return Ok(());
                    }
                    self.one(scenario, index, pass)?;
                }
            }
        }
        Ok(())
    }

    /// One run of one program, if it is to have one.
    fn one(&mut self, scenario: &'static Scenario, index: usize, pass: usize) -> Result<()> {
        let quick = if self.arguments.quick { Sizes::Quick } else { Sizes::Full };
        let sizes = self.arguments.sizes.unwrap_or(quick);
        let (Some(program), Some(version)) = (self.programs.get(index), self.versions.get(index))
        else {
            return Ok(());
        };
        let Some(count) = scenario.count(program.kind, sizes) else { return Ok(()) };
        // What failed once would fail again, after as long a time.
        let failed = |record: &Record| {
            record.scenario == scenario.name
                && record.program == program.name
                && record.failed.is_some()
        };
        let is_slow = self.slow.contains(&(scenario.name, program.name.clone()));
        if is_slow || self.records.iter().any(failed) {
            return Ok(());
        }
        let began = Instant::now();
        let records = match scenario.step.crates() {
            // They make their own rounds, beside all that they compare us with.
            Some(_) if pass > 0 || index > 0 || program.name != program::OURS => return Ok(()),
            Some(crates) => self.crates(crates, scenario, program, version, count),
            None => {
                let most = Duration::from_secs_f64(self.arguments.quiet_wait);
                machine::wait_for_quiet(self.arguments.quiet, most);
                vec![self.measure(scenario, program, version, count)]
            }
        };
        if program.kind != Kind::Ours && began.elapsed() > SLOW {
            self.slow.push((scenario.name, program.name.clone()));
        }
        for record in records {
            eprintln!("{}", record.line());
            if let Some(out) = &mut self.out {
                writeln!(out, "{}", record.line())?;
            }
            self.records.push(record);
        }
        Ok(())
    }

    /// A program of `bench/`, which has figures of others, too.
    fn crates(
        &self,
        crates: Crates,
        scenario: &Scenario,
        program: &Program,
        version: &str,
        count: u32,
    ) -> Vec<Record> {
        let before = Machine::now();
        let outcome = if self.unbuilt.contains(&crates) {
            Err(anyhow!("it could not be built"))
        } else {
            crates.run(program, version, scenario.name, count)
        };
        let others = (before.others() * 1e3).round() / 1e3;
        match outcome {
            Ok(records) => records.into_iter().map(|record| Record { others, ..record }).collect(),
            Err(error) => {
                let failed = Some(format!("{error:#}"));
                vec![Record { others, failed, ..Record::of(scenario, program, version, count) }]
            }
        }
    }

    /// A program, with our tools around it.
    fn measure(&self, scenario: &Scenario, program: &Program, version: &str, count: u32) -> Record {
        let before = Machine::now();
        let limit = Duration::from_secs_f64(self.arguments.limit);
        let outcome = Run::new(&self.tools, limit).and_then(|mut run| {
            let outcome = scenario.step.run(program, &mut run, count);
            // What it used counts as ours when it has ended.
            drop(run);
            outcome
        });
        let others = (before.others() * 1e3).round() / 1e3;
        let mut record = Record { others, ..Record::of(scenario, program, version, count) };
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
}

/// Prints both tables, and puts them where they belong. Says whether that is well: targets count if that was asked for.
fn publish(arguments: &BenchArgs, records: &[Record]) -> Result<bool> {
    let all = table::summed_up(records);
    let (targets, is_missed) = table::targets(&all);
    let tables = format!("{targets}\n{}", table::table(&all));
    println!("{tables}");
    if let Some(page) = &arguments.markdown {
        yottabgp_bench_markers::insert(page, "bench", &tables)?;
    }
    Ok(!(arguments.check && is_missed))
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
