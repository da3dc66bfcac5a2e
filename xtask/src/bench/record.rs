//! The results of runs, a line of JSON each, and what may be quoted of them.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::program::Program;
use super::scenario::Scenario;

/// The share of the machine that others may have used in a run that is quoted.
pub(crate) const CALM: f64 = 0.10;

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    pub(crate) scenario: String,
    pub(crate) program: String,
    /// The program's version, with its name.
    pub(crate) version: String,
    /// Routes.
    pub(crate) count: u64,
    pub(crate) seconds: f64,
    pub(crate) rate: f64,
    pub(crate) cpu: f64,
    /// MiB.
    pub(crate) peak: f64,
    /// The share of the machine that other programs used meanwhile, 0 to 1.
    pub(crate) others: f64,
    pub(crate) more: Map<String, Value>,
    /// Why there are no figures.
    pub(crate) failed: Option<String>,
}

impl Record {
    /// A record without figures.
    pub(crate) fn of(scenario: &Scenario, program: &Program, version: &str, count: u32) -> Self {
        let (scenario, program) = (scenario.name.into(), program.name.clone());
        Self { scenario, program, version: version.into(), count: count.into(), ..Self::default() }
    }

    /// A line of the file.
    pub(crate) fn line(&self) -> String {
        json!({
            "scenario": self.scenario, "program": self.program, "version": self.version,
            "count": self.count, "seconds": self.seconds, "rate": self.rate, "cpu": self.cpu,
            "peak_mib": self.peak, "others": self.others, "more": self.more, "failed": self.failed,
        })
        .to_string()
    }

    /// Reads such a line.
    pub(crate) fn read(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).context("not JSON")?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let number = |name: &str| value[name].as_f64().unwrap_or(0.0);
        Ok(Self {
            scenario: text("scenario").context("no scenario")?,
            program: text("program").context("no program")?,
            version: text("version").unwrap_or_default(),
            count: value["count"].as_u64().unwrap_or(0),
            seconds: number("seconds"),
            rate: number("rate"),
            cpu: number("cpu"),
            peak: number("peak_mib"),
            others: number("others"),
            more: value["more"].as_object().cloned().unwrap_or_default(),
            failed: text("failed"),
        })
    }
}

/// What a program came to in a scenario: medians of its runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) program: String,
    pub(crate) version: String,
    pub(crate) count: u64,
    /// Runs that the medians are of, and all there were.
    pub(crate) used: usize,
    pub(crate) runs: usize,
    /// Whether those runs were calm. If not, their times and rates are not quoted.
    pub(crate) calm: bool,
    pub(crate) seconds: f64,
    pub(crate) rate: f64,
    pub(crate) cpu: f64,
    pub(crate) peak: f64,
    pub(crate) others: f64,
    pub(crate) more: Vec<(String, f64)>,
    pub(crate) failed: Option<String>,
}

impl Summary {
    /// Of the runs of one program in one scenario: of the calm ones, where there are any.
    pub(crate) fn of(records: &[&Record]) -> Option<Self> {
        let last = records.last()?;
        let good: Vec<&Record> =
            records.iter().copied().filter(|record| record.failed.is_none()).collect();
        let still: Vec<&Record> =
            good.iter().copied().filter(|record| record.others <= CALM).collect();
        let calm = !still.is_empty();
        let used = if calm { still } else { good };
        let of = |figure: &dyn Fn(&Record) -> f64| {
            median(used.iter().map(|record| figure(record)).collect())
        };
        let names = used.first().map(|record| record.more.keys().cloned().collect::<Vec<_>>());
        let more = names.unwrap_or_default().into_iter().map(|name| {
            let value = of(&|record| record.more.get(&name).and_then(Value::as_f64).unwrap_or(0.0));
            (name, value)
        });
        Some(Self {
            more: more.collect(),
            program: last.program.clone(),
            version: last.version.clone(),
            count: last.count,
            used: used.len(),
            runs: records.len(),
            calm,
            seconds: of(&|record| record.seconds),
            rate: of(&|record| record.rate),
            cpu: of(&|record| record.cpu),
            peak: of(&|record| record.peak),
            others: of(&|record| record.others),
            failed: if used.is_empty() { last.failed.clone() } else { None },
        })
    }
}

/// The middle one, or what is between the two in the middle; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or(0.0);
    match middle.checked_sub(1).and_then(|below| values.get(below)) {
        Some(lower) if values.len().is_multiple_of(2) => f64::midpoint(*lower, upper),
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seconds: f64, others: f64) -> Record {
        Record {
            scenario: "json".into(),
            program: "yottabgp".into(),
            version: "yottabgp 1".into(),
            count: 10,
            seconds,
            rate: 10.0 / seconds,
            cpu: 0.5,
            peak: 7.0,
            others,
            more: Map::from_iter([("messages".to_owned(), json!(3.0))]),
            failed: None,
        }
    }

    #[test]
    fn medians_are_of_calm_runs_alone() {
        let all = [record(1.0, 0.0), record(9.0, 0.5), record(2.0, 0.1), record(3.0, 0.05)];
        let summary = Summary::of(&all.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((summary.seconds, summary.used, summary.runs), (2.0, 3, 4));
        assert!(summary.calm);
    }

    #[test]
    fn without_a_calm_run_there_is_nothing_to_quote() {
        let all = [record(1.0, 0.4), record(2.0, 0.2)];
        let summary = Summary::of(&all.iter().collect::<Vec<_>>()).unwrap();
        assert!(!summary.calm);
        assert_eq!((summary.used, summary.others.to_string().as_str()), (2, "0.30000000000000004"));
    }

    #[test]
    fn a_run_that_failed_says_why() {
        let failed = Record { failed: Some("it ended".into()), ..record(0.0, 0.0) };
        let summary = Summary::of(&[&failed]).unwrap();
        assert_eq!(summary.failed.as_deref(), Some("it ended"));
        let both = [failed, record(1.0, 0.0)];
        let summary = Summary::of(&both.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((summary.failed, summary.used), (None, 1));
    }

    #[test]
    fn a_line_can_be_read_again() {
        let record = record(1.5, 0.03);
        assert_eq!(Record::read(&record.line()).unwrap(), record);
    }
}
