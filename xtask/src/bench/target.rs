//! What this program is to reach, and whether it did: a row for each target, and how a row is held against what was measured.

use super::record::Summary;
use super::scenario::Scenario;
use super::table::figure;

use Figure::{Cpu, Each, Ended, More, Peak, Rate, Seconds};
use Of::{Best, Nothing, Own, Program, Scenario as Other};

/// The targets of all scenarios.
pub(crate) const TARGETS: &[Target] = &[
    least("announce", Rate, 500.0, Program("ExaBGP")),
    least("announce", Rate, 70.0, Program("GoBGP")),
    least("announce-ack", Rate, HALF, Other("announce", Rate)),
    least("announce-attributes", Rate, HALF, Other("announce", Rate)),
    least("announce-ipv6", Rate, HALF, Other("announce", Rate)),
    least("announce-vpn", Rate, HALF, Other("announce", Rate)),
    least("announce-flow", Rate, HALF, Other("announce", Rate)),
    least("announce-v6", Rate, HALF, Other("announce", Rate)),
    most("latency", More("p50 ms"), 1.0 / 15.0, Program("ExaBGP")),
    most("latency", More("p99 ms"), 1.0 / 8.0, Program("ExaBGP")),
    most("latency", More("p50 ms"), 3.0, Other("limits", More("relay p50 ms"))),
    most("latency", More("p99 ms"), 3.0, Other("limits", More("relay p99 ms"))),
    least("json", Rate, 200.0, Program("ExaBGP")),
    least("json", Rate, 30.0, Program("GoBGP")),
    least("json", Rate, HALF, Other("limits", More("JSON of a table into a pipe, routes/s"))),
    least("json-single", Rate, 400.0, Program("ExaBGP")),
    least(
        "json-single",
        Rate,
        HALF,
        Other("limits", More("JSON of single routes into a pipe, routes/s")),
    ),
    least("rib", Rate, 1.5, Program("BIRD")),
    most("rib", Peak, 1.0, Program("BIRD")),
    least("fan-10", Rate, 4.0, Best),
    least("fan-100", Rate, 4.0, Best),
    least("static-100k", Rate, 10.0, Best),
    most("static-100k", Cpu, 1.0, Program("BIRD")),
    most("static-1m", Seconds, 1.5, Nothing),
    most("static-1m", Peak, 300.0, Nothing),
    most("template", More("times"), 3.0, Nothing),
    most("reload", Seconds, HALF, Own(More("start s"))),
    least("bounce", Rate, 3.0, Program("BIRD")),
    most("bounce", More("KEEPALIVE late ms"), 20.0, Nothing),
    most("sessions", Seconds, 2.0, Nothing),
    most("sessions", More("KiB a peer"), 60.0, Nothing),
    most("sessions", More("idle CPU %"), 1.0, Nothing),
    least("slow", Ended, 1.0, Nothing),
    most("slow", Peak, 100.0, Nothing),
    most("idle", Seconds, 1.0, Program("BIRD")),
    most("idle", More("resident MiB"), 8.0, Nothing),
    most("idle", More("wake-ups/s"), 5.0, Nothing),
    most("codec-values", Each(" ns"), 1.0, Best),
    most("codec-json", Each(" ns"), 1.0, Best),
    most("codec-json", More("allocations"), 0.0, Nothing),
    most("codec-octets", Each(" ns"), 1.0, Best),
    least("offline-updates", Rate, 2.0, Best),
    most("offline-updates", Cpu, HALF, Best),
    most("offline-updates", More("two threads s"), 0.6, Own(Seconds)),
    least("offline-table", Rate, 2.0, Best),
    most("offline-table", Cpu, HALF, Best),
    most("offline-table", More("two threads s"), 0.6, Own(Seconds)),
];

const HALF: f64 = 0.5;

/// One of the figures of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Rate,
    Seconds,
    /// CPU seconds a route.
    Cpu,
    /// MiB.
    Peak,
    /// One of the others, by its name.
    More(&'static str),
    /// All of the others whose names end so: the worst of them counts.
    Each(&'static str),
    /// That it came to its end, with nothing lost: 1.
    Ended,
}

/// What a figure is a multiple of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Nothing: it is a number.
    Nothing,
    /// The same figure of another program.
    Program(&'static str),
    /// That of the best of the other programs.
    Best,
    /// Another figure of the same run.
    Own(Figure),
    /// A figure of this program in another scenario.
    Scenario(&'static str, Figure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    AtLeast,
    AtMost,
}

/// A figure that this program is to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) scenario: &'static str,
    figure: Figure,
    bound: Bound,
    factor: f64,
    of: Of,
}

const fn least(scenario: &'static str, figure: Figure, factor: f64, of: Of) -> Target {
    Target { scenario, figure, bound: Bound::AtLeast, factor, of }
}

const fn most(scenario: &'static str, figure: Figure, factor: f64, of: Of) -> Target {
    Target { scenario, figure, bound: Bound::AtMost, factor, of }
}

/// Whether a target was met: with what there was instead of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Met(String),
    Missed(String),
    /// And why not.
    NotMeasured(String),
}

/// What each program came to, scenario by scenario.
pub(crate) type Summaries = [(&'static Scenario, Vec<Summary>)];

/// Why there is no number to compare.
type Missing = Result<f64, String>;

impl Target {
    /// The target in words.
    pub(crate) fn words(&self) -> String {
        if self.figure == Ended {
            return "it comes to its end, and nothing is lost".into();
        }
        let bound = if self.bound == Bound::AtLeast { "at least" } else { "at most" };
        let name = self.figure.name();
        let of = match self.of {
            Nothing => return format!("{name} {bound} {}", self.factor),
            Program(program) => program.to_owned(),
            Best => "the best other".into(),
            Own(own) => own.name().to_owned(),
            Other(scenario, own) if own == self.figure => format!("`{scenario}`"),
            Other(scenario, own) => format!("`{scenario}`: {}", own.name()),
        };
        let times = 1.0 / self.factor;
        if self.factor < 1.0 && (times - times.round()).abs() < 1e-6 {
            return format!("{name} {bound} 1/{} of {of}", times.round());
        }
        format!("{name} {bound} {} × {of}", self.factor)
    }

    /// Holds it against what was measured.
    pub(crate) fn verdict(&self, all: &Summaries) -> Verdict {
        let Some((scenario, summaries)) = all.iter().find(|(one, _)| one.name == self.scenario)
        else {
            return Verdict::NotMeasured("not run".into());
        };
        let Some(ours) = summaries.first().filter(|first| scenario.is_ours(first)) else {
            return Verdict::NotMeasured("not run".into());
        };
        if let Some(why) = &ours.failed {
            return Verdict::Missed(format!("failed: {}", why.lines().next().unwrap_or_default()));
        }
        let value = match self.of {
            Nothing if self.figure != Ended && !scenario.is_full(ours) => {
                Err("fewer routes than the target is for".into())
            }
            _ => self.value(ours, summaries.get(1..).unwrap_or_default(), all),
        };
        let value = match value {
            Ok(value) => value,
            Err(why) => return Verdict::NotMeasured(why),
        };
        let is_met = match self.bound {
            Bound::AtLeast => value >= self.factor,
            Bound::AtMost => value <= self.factor,
        };
        let words = match (self.figure, self.of) {
            (Ended, _) => "it did".into(),
            (_, Nothing) => figure(value),
            _ => format!("{} ×", figure(value)),
        };
        if is_met { Verdict::Met(words) } else { Verdict::Missed(words) }
    }

    /// The figure, or how many times the other it is.
    fn value(&self, ours: &Summary, others: &[Summary], all: &Summaries) -> Missing {
        if let Each(suffix) = self.figure {
            return self.worst(suffix, ours, others);
        }
        let value = self.figure.of(ours)?;
        let of = match self.of {
            Nothing => return Ok(value),
            Program(name) => {
                let found = others.iter().find(|other| other.program == name);
                self.figure.of(found.ok_or_else(|| format!("{name} was not run"))?)?
            }
            Best => self.pick(others.iter().filter_map(|other| self.figure.of(other).ok()))?,
            Own(own) => own.of(ours)?,
            Other(name, own) => {
                let found = all.iter().find(|(scenario, _)| scenario.name == name);
                let first = found.and_then(|(_, summaries)| summaries.first());
                own.of(first.ok_or_else(|| format!("`{name}` was not run"))?)?
            }
        };
        if of > 0.0 { Ok(value / of) } else { Err("there is nothing to compare with".into()) }
    }

    /// The worst of several figures, each against the best of the others.
    fn worst(&self, suffix: &str, ours: &Summary, others: &[Summary]) -> Missing {
        let mut worst: Option<f64> = None;
        for (name, value) in ours.more.iter().filter(|(name, _)| name.ends_with(suffix)) {
            let same = |other: &Summary| {
                let found = other.more.iter().find(|(of_other, _)| of_other == name);
                found.map(|(_, value)| *value).filter(|_| other.failed.is_none())
            };
            let ratio = value / self.pick(others.iter().filter_map(same))?;
            worst = Some(match (worst, self.bound) {
                (None, _) => ratio,
                (Some(worst), Bound::AtLeast) => worst.min(ratio),
                (Some(worst), Bound::AtMost) => worst.max(ratio),
            });
        }
        worst.ok_or_else(|| "not run".into())
    }

    /// The best of some figures.
    fn pick(&self, values: impl Iterator<Item = f64>) -> Missing {
        let best = match self.bound {
            Bound::AtLeast => values.max_by(f64::total_cmp),
            Bound::AtMost => values.min_by(f64::total_cmp),
        };
        best.ok_or_else(|| "no other can be quoted".into())
    }
}

impl Figure {
    const fn name(self) -> &'static str {
        match self {
            Rate => "a second",
            Seconds => "s",
            Cpu => "CPU seconds a route",
            Peak => "peak MiB",
            More(name) => name,
            Each(_) => "each",
            Ended => "ended",
        }
    }

    /// Its value, unless the run was disturbed and it is one of time.
    fn of(self, summary: &Summary) -> Missing {
        let program = &summary.program;
        if summary.failed.is_some() {
            return Err(format!("{program} failed"));
        }
        let is_of_time = match self {
            Rate | Seconds => true,
            More(name) => is_of_time(name),
            Cpu | Peak | Each(_) | Ended => false,
        };
        if is_of_time && !summary.calm {
            return Err(format!("{program} was disturbed"));
        }
        match self {
            Rate => Ok(summary.rate),
            Seconds => Ok(summary.seconds),
            Cpu => Ok(summary.cpu / (summary.count as f64).max(1.0)),
            Peak => Ok(summary.peak),
            Ended | Each(_) => Ok(1.0),
            More(name) => {
                let found = summary.more.iter().find(|(other, _)| other == name);
                found.map(|(_, value)| *value).ok_or_else(|| format!("{program} has no {name}"))
            }
        }
    }
}

/// Whether a figure moves with what else the machine does.
pub(crate) fn is_of_time(name: &str) -> bool {
    [" s", " ms", "/s"].iter().any(|unit| name.ends_with(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::scenario::SCENARIOS;

    fn summary(program: &str, rate: f64, calm: bool) -> Summary {
        Summary {
            program: program.into(),
            version: program.into(),
            count: 1_000_000,
            used: 1,
            runs: 1,
            calm,
            seconds: 1e6 / rate,
            rate,
            cpu: 1.0,
            peak: 10.0,
            others: 0.0,
            more: vec![("start s".into(), 4.0)],
            failed: None,
        }
    }

    fn of(name: &str, summaries: Vec<Summary>) -> Vec<(&'static Scenario, Vec<Summary>)> {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        vec![(scenario, summaries)]
    }

    #[test]
    fn every_target_is_of_a_scenario_and_says_what_it_wants() {
        for target in TARGETS {
            let named = |name: &str| SCENARIOS.iter().any(|scenario| scenario.name == name);
            assert!(named(target.scenario), "{}", target.scenario);
            if let Other(name, _) = target.of {
                assert!(named(name), "{name}");
            }
        }
        let words: Vec<String> = TARGETS.iter().map(Target::words).collect();
        assert_eq!(words[0], "a second at least 500 × ExaBGP");
        assert_eq!(words[2], "a second at least 1/2 of `announce`");
        assert!(words.contains(&"p99 ms at most 1/8 of ExaBGP".into()), "{words:?}");
        assert!(words.contains(&"peak MiB at most 300".into()), "{words:?}");
        assert!(words.contains(&"each at most 1 × the best other".into()), "{words:?}");
    }

    #[test]
    fn a_multiple_of_another_program() {
        let target = least("announce", Rate, 70.0, Program("GoBGP"));
        let with = |other| of("announce", vec![summary("yottabgp", 700.0, true), other]);
        let verdict = |other| target.verdict(&with(other));
        assert_eq!(verdict(summary("GoBGP", 10.0, true)), Verdict::Met("70.0 ×".into()));
        assert_eq!(verdict(summary("GoBGP", 14.0, true)), Verdict::Missed("50.0 ×".into()));
        let not = |why: &str| Verdict::NotMeasured(why.into());
        assert_eq!(verdict(summary("GoBGP", 14.0, false)), not("GoBGP was disturbed"));
        assert_eq!(verdict(summary("BIRD", 14.0, true)), not("GoBGP was not run"));
        assert_eq!(target.verdict(&[]), not("not run"));
    }

    #[test]
    fn memory_and_processor_time_can_be_quoted_of_a_disturbed_run() {
        let both = vec![summary("yottabgp", 1.0, false), summary("BIRD", 1.0, false)];
        let rib = of("rib", both);
        assert_eq!(
            most("rib", Peak, 1.0, Program("BIRD")).verdict(&rib),
            Verdict::Met("1.00 ×".into())
        );
        assert!(matches!(least("rib", Rate, 1.0, Best).verdict(&rib), Verdict::NotMeasured(_)));
    }

    #[test]
    fn a_number_is_for_all_the_routes_and_a_run_that_failed_misses() {
        let target = most("static-1m", Seconds, 1.5, Nothing);
        let mut ours = summary("yottabgp", 1e6, true);
        assert_eq!(
            target.verdict(&of("static-1m", vec![ours.clone()])),
            Verdict::Met("1.00".into())
        );
        ours.count = 1_000;
        let fewer = target.verdict(&of("static-1m", vec![ours.clone()]));
        assert!(matches!(fewer, Verdict::NotMeasured(_)), "{fewer:?}");
        ours.failed = Some("it ended".into());
        let failed = target.verdict(&of("static-1m", vec![ours]));
        assert_eq!(failed, Verdict::Missed("failed: it ended".into()));
    }

    #[test]
    fn a_part_of_another_figure_of_the_same_run() {
        let target = most("reload", Seconds, HALF, Own(More("start s")));
        let verdict = |rate| target.verdict(&of("reload", vec![summary("yottabgp", rate, true)]));
        assert_eq!(verdict(1e6), Verdict::Met("0.250 ×".into()));
        assert_eq!(verdict(2e5), Verdict::Missed("1.25 ×".into()));
    }
}
