//! Paths that are run in this program, in rounds that are all alike: what some rounds take more than one is counted. No socket
//! and no other program has a say in it, so that it is the same in each run.

use anyhow::{Context as _, Result};

use crate::callgrind::Callgrind;
use crate::{HotPath, codec, tables};

/// How many rounds are counted, as a rule; a first one, in which buffers grow, is not.
const ROUNDS: u64 = 4;

/// A path of this program.
pub(crate) struct Part {
    name: String,
    /// How many of what the figure is for a round has.
    units: u64,
    rounds: u64,
    run: Box<Run>,
}

/// Runs so many rounds.
type Run = dyn Fn(u64) -> Result<()> + Send + Sync;

impl Part {
    pub(crate) fn new(
        name: String,
        units: u64,
        run: impl Fn(u64) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { name, units, rounds: ROUNDS, run: Box::new(run) }
    }

    /// The same with more rounds: what differs between two runs counts for less.
    pub(crate) fn with_rounds(self, rounds: u64) -> Self {
        Self { rounds, ..self }
    }

    fn count(&self, callgrind: &Callgrind) -> Result<u64> {
        let program = std::env::current_exe()?;
        let rounds =
            |rounds: u64| callgrind.run(&program, &["--rounds", &self.name, &rounds.to_string()]);
        let (with, without) = (rounds(1 + self.rounds)?, rounds(1)?);
        let counted = with.checked_sub(without).context("fewer rounds took more")?;
        Ok(counted / (self.rounds * self.units))
    }
}

fn parts() -> impl Iterator<Item = Part> {
    codec::parts().into_iter().chain(tables::parts())
}

/// Every path of this program.
pub(crate) fn paths() -> Vec<HotPath> {
    let path = |part: Part| HotPath {
        name: part.name.clone(),
        count: Box::new(move |callgrind| part.count(callgrind)),
    };
    parts().map(path).collect()
}

/// Runs so many rounds of one path.
pub(crate) fn run(name: &str, rounds: u64) -> Result<()> {
    let part = parts().find(|part| part.name == name);
    let part = part.with_context(|| format!("no path «{name}»"))?;
    (part.run)(rounds)
}
