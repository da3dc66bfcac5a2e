//! The programs of `bench/` that measure without a daemon: they are built by themselves, and say what they measured as lines of
//! JSON.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::number;
use crate::bench::program::{OURS, Program};
use crate::bench::record::Record;

/// Such a program, and what it is to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crates {
    /// The rows with this in their names.
    Codec(&'static str),
    /// The file of this option.
    Offline(&'static str),
}

/// Two threads of a program, whose figures stand beside those of one.
const TWO_THREADS: &str = ", 2 threads";
const ONE_THREAD: &str = ", 1 thread";

impl Crates {
    const fn manifest(self) -> &'static str {
        match self {
            Self::Codec(_) => "bench/codec/Cargo.toml",
            Self::Offline(_) => "bench/offline/Cargo.toml",
        }
    }

    /// Builds it: a release, by its own lock file.
    pub(crate) fn build(self) -> Result<()> {
        let words = ["build", "--release", "--locked", "--manifest-path", self.manifest()];
        if !crate::cargo(&words, &[])? {
            bail!("{} can not be built", self.manifest());
        }
        Ok(())
    }

    /// Runs it, with as much as is said. Gives a record for each program, ours first.
    pub(crate) fn run(
        self,
        ours: &Program,
        version: &str,
        scenario: &str,
        count: u32,
    ) -> Result<Vec<Record>> {
        let folder = TempDir::with_prefix("yottabgp-bench-")?;
        let path = folder.path().join("figures");
        let words = ["run", "--release", "--locked", "--manifest-path", self.manifest()];
        let number = count.to_string();
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(crate::root()).args(words).args(["--quiet", "--", "--json"]).arg(&path);
        match self {
            // All rows each time: what runs between two that are compared has a say in both.
            Self::Codec(_) => command.args(["--rounds", &number]),
            Self::Offline(file) => {
                let other = if file == "updates" { "--routes" } else { "--updates" };
                command.args([&format!("--{file}"), &number, other, "0", "--runs", "1"]);
                command.arg("--program").arg(ours.path())
            }
        };
        let output = command.output().with_context(|| self.manifest())?;
        if !output.status.success() {
            bail!("{}: {}", self.manifest(), String::from_utf8_lossy(&output.stderr).trim());
        }
        let lines = lines(&path)?;
        let mut records = match self {
            Self::Codec(rows) => codec(&lines, rows),
            Self::Offline(_) => offline(&lines),
        };
        for record in &mut records {
            record.scenario = scenario.into();
            record.count = count.into();
            if record.program == OURS {
                record.version = version.into();
            }
        }
        Ok(records)
    }
}

fn lines(path: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.lines().map(|line| serde_json::from_str(line).context("not JSON")).collect()
}

/// A record without figures. A crate's version is a part of its name.
fn empty(name: &str) -> Record {
    let program = if name == "yottabgp-wire" { OURS } else { name };
    let version = name.split(", ").next().unwrap_or_default();
    Record { program: program.into(), version: version.into(), ..Record::default() }
}

/// The record of a program: the one that there is, or a new one.
fn of<'r>(records: &'r mut Vec<Record>, name: &str) -> Option<&'r mut Record> {
    let record = empty(name);
    let place = records.iter().position(|one| one.program == record.program);
    if place.is_none() {
        records.push(record);
    }
    match place {
        Some(place) => records.get_mut(place),
        None => records.last_mut(),
    }
}

/// A figure for each shape of UPDATEs, and the most allocations; the rate is that of all shapes one after the other.
fn codec(lines: &[Value], rows: &str) -> Vec<Record> {
    let mut records = Vec::new();
    for line in lines {
        let name = line["program"].as_str().unwrap_or_default();
        let row = line["row"].as_str().unwrap_or_default();
        let Some(shape) = row.strip_suffix(rows) else { continue };
        let shape = shape.trim_end_matches([',', ' ']);
        let Some(record) = of(&mut records, name) else { continue };
        let nanoseconds = number(line, "nanoseconds");
        record.more.insert(format!("{shape} ns"), nanoseconds.round().into());
        let most = record.more.get("allocations").and_then(Value::as_f64).unwrap_or(0.0);
        let allocations = most.max((number(line, "allocations") * 10.0).round() / 10.0);
        record.more.insert("allocations".into(), allocations.into());
        record.seconds += nanoseconds / 1e9;
    }
    for record in &mut records {
        let shapes = record.more.len().saturating_sub(1) as f64;
        record.rate = shapes / record.seconds;
        record.seconds = 0.0;
    }
    records
}

/// Seconds and rate of one thread, and beside them the seconds of two.
fn offline(lines: &[Value]) -> Vec<Record> {
    let mut records = Vec::new();
    for line in lines {
        let name = line["program"].as_str().unwrap_or_default();
        let (seconds, cpu) = (number(line, "seconds"), number(line, "cpu"));
        if let Some(name) = name.strip_suffix(TWO_THREADS) {
            if let Some(record) = of(&mut records, name) {
                let more = [("two threads s", seconds), ("two threads CPU s", cpu)];
                let rounded = |value: f64| Value::from((value * 1e3).round() / 1e3);
                record.more.extend(more.map(|(name, value)| (name.to_owned(), rounded(value))));
            }
            continue;
        }
        let name = name.strip_suffix(ONE_THREAD).unwrap_or(name);
        if let Some(record) = of(&mut records, name) {
            record.seconds = seconds;
            record.cpu = cpu;
            record.rate = number(line, "count") / seconds;
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_of_the_codec_are_one_record_for_each_program() {
        let line = |row: &str, program: &str, nanoseconds: f64, allocations: f64| json!({ "row": row, "program": program, "nanoseconds": nanoseconds, "allocations": allocations });
        let lines = [
            line("IPv4, to values", "yottabgp-wire", 100.0, 0.0),
            line("IPv4, to values", "other 1", 400.0, 2.25),
            line("IPv6, to values", "yottabgp-wire", 300.0, 0.0),
            line("IPv6, to JSON", "yottabgp-wire", 900.0, 1.0),
        ];
        let records = codec(&lines, "to values");
        let [ours, other] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((ours.program.as_str(), ours.rate), (OURS, 5e6));
        assert_eq!(ours.more["IPv4 ns"], 100.0);
        assert_eq!(
            (ours.more["IPv6 ns"].as_f64(), ours.more["allocations"].as_f64()),
            (Some(300.0), Some(0.0))
        );
        assert_eq!(
            (other.program.as_str(), other.more["allocations"].as_f64()),
            ("other 1", Some(2.3))
        );
    }

    #[test]
    fn two_threads_stand_beside_one() {
        let line = |program: &str, seconds: f64| json!({ "file": "UPDATEs", "count": 100, "program": program, "seconds": seconds, "cpu": 2.0 });
        let lines = [
            line("yottabgp, 1 thread", 2.0),
            line("yottabgp, 2 threads", 1.0),
            line("other 1, elements", 8.0),
        ];
        let records = offline(&lines);
        let [ours, other] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((ours.seconds, ours.rate, ours.cpu), (2.0, 50.0, 2.0));
        assert_eq!(ours.more["two threads s"], 1.0);
        assert_eq!((other.program.as_str(), other.rate), ("other 1, elements", 12.5));
    }
}
