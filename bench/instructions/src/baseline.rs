//! The committed figures, and the comparison with them.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// So many percent are no change.
const TOLERANCE: u64 = 3;

/// So many are none where the baseline is of another processor: what the program finds out about it may differ.
const TOLERANCE_ELSEWHERE: u64 = 8;

/// How to write the baseline anew.
const UPDATE: &str = "cargo xtask instructions --update";

/// What a line begins with whose figure depends on how much is read or sent at once: it is told, and not held to the baseline.
const VARIES: &str = "~";

/// Figures of a file: a line each, the count and the name, maybe behind a [`VARIES`]; `#` begins a comment, `# of ` what they
/// were counted with, and `# on ` the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// The compiler, the C library and valgrind.
    pub(crate) environment: String,
    processor: String,
    /// Percent that are no change.
    tolerance: u64,
    counts: Vec<Row>,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: String,
    count: u64,
    varies: bool,
}

/// What became of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// About as before.
    Same,
    /// More than it may be.
    Worse,
    /// So much less that the baseline has to say so: it would hide as much getting worse again.
    Better,
    /// It may be anything.
    Varies,
    /// Not in the baseline.
    New,
}

/// Every path beside the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    tolerance: u64,
    rows: Vec<(String, Option<u64>, u64, Change)>,
}

impl Default for Baseline {
    fn default() -> Self {
        let (environment, processor) = (String::new(), String::new());
        Self { environment, processor, tolerance: TOLERANCE, counts: Vec::new() }
    }
}

impl Baseline {
    /// Reads a file; one that is not there has no figures.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let mut baseline = Self::default();
        for (number, line) in text.lines().enumerate() {
            if let Some(environment) = line.strip_prefix("# of ") {
                environment.clone_into(&mut baseline.environment);
            }
            if let Some(processor) = line.strip_prefix("# on ") {
                processor.clone_into(&mut baseline.processor);
            }
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let figure = line.trim().strip_prefix(VARIES);
            let split = figure.unwrap_or(line).trim().split_once(' ');
            let Some((Ok(count), name)) = split.map(|(count, name)| (count.parse(), name)) else {
                bail!("line {}: «{line}» is not a count and a name", number + 1);
            };
            let name = name.trim().to_owned();
            baseline.counts.push(Row { name, count, varies: figure.is_some() });
        }
        Ok(baseline)
    }

    /// Puts new figures in the place of the old ones; with `partly`, what was not counted stays as it is.
    pub(crate) fn with(&self, counts: &[(String, u64)], partly: bool) -> Self {
        let mut all = if partly { self.counts.clone() } else { Vec::new() };
        for (name, count) in counts {
            match all.iter_mut().find(|row| row.name == *name) {
                Some(row) => row.count = *count,
                None => {
                    let varies = self.of(name).is_some_and(|row| row.varies);
                    all.push(Row { name: name.clone(), count: *count, varies });
                }
            }
        }
        Self { counts: all, ..self.clone() }
    }

    /// To be compared with figures of this processor.
    pub(crate) fn seen_on(mut self, processor: &str) -> Self {
        if self.processor != processor {
            self.tolerance = TOLERANCE_ELSEWHERE;
        }
        self
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path, environment: &str, processor: &str) -> Result<()> {
        let mut text = format!(
            "# Instructions of the hot paths. Written by: {UPDATE}\n# of {environment}\n# on {processor}\n"
        );
        for Row { name, count, varies } in &self.counts {
            let mark = if *varies { VARIES } else { " " };
            text.push_str(&format!("{mark}{count:>9} {name}\n"));
        }
        std::fs::write(path, text).with_context(|| path.display().to_string())
    }

    fn of(&self, name: &str) -> Option<&Row> {
        self.counts.iter().find(|row| row.name == name)
    }

    /// Whether a path takes more than it may.
    pub(crate) fn is_worse(&self, name: &str, count: u64) -> bool {
        change(self.of(name), count, self.tolerance) == Change::Worse
    }

    /// Compares.
    pub(crate) fn compare(&self, counts: &[(String, u64)]) -> Verdict {
        let row = |(name, count): &(String, u64)| {
            let before = self.of(name);
            (
                name.clone(),
                before.map(|row| row.count),
                *count,
                change(before, *count, self.tolerance),
            )
        };
        Verdict { tolerance: self.tolerance, rows: counts.iter().map(row).collect() }
    }
}

fn change(before: Option<&Row>, count: u64, tolerance: u64) -> Change {
    let Some(Row { count: before, varies, .. }) = before else { return Change::New };
    if *varies {
        Change::Varies
    } else if count * 100 > before * (100 + tolerance) {
        Change::Worse
    } else if count * 100 < before * (100 - tolerance) {
        Change::Better
    } else {
        Change::Same
    }
}

impl Verdict {
    /// Whether nothing got worse.
    pub(crate) fn is_good(&self) -> bool {
        !self.has(Change::Worse)
    }

    fn has(&self, change: Change) -> bool {
        self.rows.iter().any(|row| row.3 == change)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tolerance = self.tolerance;
        writeln!(f, "instructions   baseline  change  path")?;
        for (name, before, count, change) in &self.rows {
            let (before, percent) = match before {
                Some(before) => {
                    let difference = (*count as f64 / (*before).max(1) as f64 - 1.0) * 100.0;
                    (before.to_string(), format!("{difference:+.1}%"))
                }
                None => ("-".to_owned(), "-".to_owned()),
            };
            let word = match change {
                Change::Same => "",
                Change::Worse => "   WORSE",
                Change::Better => "   better",
                Change::Varies => "   varies",
                Change::New => "   new",
            };
            writeln!(f, "{count:>12} {before:>10} {percent:>7}  {name}{word}")?;
        }
        if self.has(Change::Worse) {
            writeln!(
                f,
                "more than {tolerance}% worse: make it as it was, or say in the commit why it has to be, with the new baseline"
            )?;
        }
        if self.has(Change::Better) || self.has(Change::New) {
            writeln!(f, "more than {tolerance}% better, or new: commit the new baseline")?;
        }
        if self.has(Change::Worse) || self.has(Change::Better) || self.has(Change::New) {
            writeln!(f, "{UPDATE}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "# a comment\n# of rustc 1\n      1000 a line, plain\n       200 an UPDATE\n";

    fn verdict(count: u64) -> Verdict {
        Baseline::parse(FILE).unwrap().compare(&[("a line, plain".to_owned(), count)])
    }

    #[test]
    fn five_percent_more_fail_and_two_do_not() {
        for (count, good) in [(1050, false), (1031, false), (1030, true), (1020, true), (900, true)]
        {
            assert_eq!(verdict(count).is_good(), good, "{count}");
        }
        let text = verdict(1050).to_string();
        assert!(text.contains("+5.0%  a line, plain   WORSE"), "{text}");
        assert!(text.contains(UPDATE), "{text}");
    }

    #[test]
    fn another_processor_has_more_room() {
        let baseline = Baseline::parse(&format!("# on one\n{FILE}")).unwrap();
        let counts = [("a line, plain".to_owned(), 1050)];
        assert!(!baseline.clone().seen_on("one").compare(&counts).is_good());
        let elsewhere = baseline.seen_on("another");
        assert!(elsewhere.compare(&counts).is_good());
        assert!(!elsewhere.compare(&[("a line, plain".to_owned(), 1090)]).is_good());
    }

    #[test]
    fn what_got_better_is_to_be_committed() {
        let text = verdict(950).to_string();
        assert!(text.contains("commit the new baseline") && text.contains(UPDATE), "{text}");
        assert!(!verdict(980).to_string().contains(UPDATE));
        let new = Baseline::default().compare(&[("x".to_owned(), 1)]);
        assert!(new.is_good() && new.to_string().contains("x   new"));
    }

    #[test]
    fn what_varies_is_told_and_stays_marked() {
        let baseline = Baseline::parse("~ 100 a bounce\n 100 a line\n").unwrap();
        let counts = [("a bounce".to_owned(), 500), ("a line".to_owned(), 101)];
        let verdict = baseline.compare(&counts);
        assert!(verdict.is_good());
        assert!(verdict.to_string().contains("+400.0%  a bounce   varies"), "{verdict}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.txt");
        baseline.with(&counts, false).write(&path, "rustc 1", "a processor").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("~      500 a bounce\n       101 a line\n"), "{text}");
    }

    #[test]
    fn a_file_is_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.txt");
        assert_eq!(Baseline::read(&path).unwrap(), Baseline::default());
        let baseline = Baseline::parse(FILE).unwrap();
        let partly = baseline.with(&[("an UPDATE".to_owned(), 7)], true);
        partly.write(&path, "rustc 2", "a processor").unwrap();
        let read = Baseline::read(&path).unwrap();
        assert_eq!(read.environment, "rustc 2");
        let count = |name| read.of(name).map(|row| row.count);
        assert_eq!((count("a line, plain"), count("an UPDATE")), (Some(1000), Some(7)));
        // What is not measured any more leaves the file when all is measured.
        assert_eq!(baseline.with(&[("new".to_owned(), 1)], false).counts.len(), 1);
        assert!(Baseline::parse("twelve paths").is_err());
    }
}
