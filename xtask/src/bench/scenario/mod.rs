//! What is measured.

mod announce;
mod crates;
mod limits;
mod many;
mod receive;
mod rows;
mod start;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::machine::Usage;
use super::program::{Kind, OURS, Program};
use super::record::Summary;
use super::run::Run;

pub(crate) use crates::Crates;
pub(crate) use rows::SCENARIOS;

/// How much there is of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sizes {
    /// As in the table
    Full,
    /// A tenth, for a look
    Quick,
    /// As little as shows that it works
    Small,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    /// The most a second.
    Rate,
    /// The fewest seconds.
    Seconds,
    /// The least of one of the other figures.
    Least(&'static str),
    /// Nothing.
    Nothing,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    /// Routes, messages or commands a second; 0 is none.
    pub(crate) rate: f64,
    pub(crate) usage: Usage,
    /// Other figures, by their names in the table.
    pub(crate) more: Map<String, Value>,
}

impl Outcome {
    /// So many in so many seconds.
    fn of(count: f64, seconds: f64, usage: Usage) -> Self {
        let rate = if seconds > 0.0 { count / seconds } else { 0.0 };
        Self { seconds, rate, usage, more: Map::new() }
    }

    fn with(mut self, name: &str, value: f64) -> Self {
        self.more.insert(name.into(), ((value * 1e6).round() / 1e6).into());
        self
    }
}

/// A scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What happens, in the table.
    pub(crate) title: &'static str,
    /// How many routes each program gets. One that is not named can not do it, or not in reasonable time.
    pub(crate) sizes: &'static [(Kind, u32)],
    /// Why not, in the table; empty where it is for this program alone.
    pub(crate) lacking: &'static str,
    pub(crate) compare: Compare,
    pub(crate) step: Step,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A helper announces lines of some form.
    Announce {
        form: &'static str,
        acknowledge: bool,
    },
    /// The same, one line at a time.
    Latency,
    /// A load arrives, and a helper is told.
    Json(&'static str),
    /// A table arrives, and nobody is told.
    Rib,
    /// Routes to so many peers.
    Fan(u32),
    /// The start with static routes.
    Static,
    /// Static routes that neighbors share.
    Template,
    Reload,
    Bounce,
    Sessions,
    /// A helper that reads slowly.
    Slow,
    Idle,
    /// No program at all.
    Limits,
    /// `bench/codec`: the rows with this in their names.
    Codec(&'static str),
    /// `bench/offline`: the file of this option.
    Offline(&'static str),
}

impl Step {
    /// The program of `bench/` that does it, where one does.
    pub(crate) const fn crates(self) -> Option<Crates> {
        match self {
            Self::Codec(rows) => Some(Crates::Codec(rows)),
            Self::Offline(file) => Some(Crates::Offline(file)),
            _ => None,
        }
    }

    /// Runs one program.
    pub(crate) fn run(self, program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
        match self {
            Self::Announce { form, acknowledge } => {
                announce::helper(program, run, count, form, acknowledge)
            }
            Self::Latency => announce::latency(program, run, count),
            Self::Json(load) => receive::json(program, run, count, load),
            Self::Rib => receive::rib(program, run, count),
            Self::Fan(peers) => many::fan(program, run, count, peers),
            Self::Static => start::with_routes(program, run, count),
            Self::Template => start::template(program, run, count),
            Self::Reload => start::reload(program, run, count),
            Self::Bounce => many::bounce(program, run, count),
            Self::Sessions => many::sessions(program, run, count),
            Self::Slow => receive::slow(program, run, count),
            Self::Idle => start::idle(program, run),
            Self::Limits => limits::all(program, run, count),
            Self::Codec(_) | Self::Offline(_) => bail!("a program of bench/ does that"),
        }
    }
}

impl Scenario {
    /// How many routes a program gets, if it can do it at all.
    pub(crate) fn count(&self, kind: Kind, sizes: Sizes) -> Option<u32> {
        let full = self.full(kind)?;
        Some(match sizes {
            Sizes::Full => full,
            Sizes::Quick => (full / 10).max(full.min(1_000)),
            Sizes::Small => full.min(200),
        })
    }

    fn full(&self, kind: Kind) -> Option<u32> {
        self.sizes.iter().find(|(one, _)| *one == kind).map(|(_, count)| *count)
    }

    /// Whether these are the figures of this program.
    pub(crate) fn is_ours(&self, summary: &Summary) -> bool {
        summary.program == OURS
    }

    /// Whether there were as many routes as there are in the table.
    pub(crate) fn is_full(&self, summary: &Summary) -> bool {
        self.full(Kind::Ours).map(u64::from) == Some(summary.count)
    }
}

/// A number of what a tool said.
fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(0.0)
}

/// Seconds between two times that tools said.
fn between(from: &Value, to: &Value) -> f64 {
    let (from, to) = (from.as_u64().unwrap_or(0), to.as_u64().unwrap_or(0));
    to.saturating_sub(from) as f64 / 1e9
}
