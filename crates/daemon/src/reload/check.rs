//! What a reload would do, told and not done: `reload --check`, `yottabgp diff`.

use tokio::time::timeout;
use yottabgp_api::Encoding;
use yottabgp_api::answer::{
    self, KeywordView, ReloadSummary, RouteChange, reload_neighbor, reload_route, reload_thing,
};
use yottabgp_api::command::Refusal;
use yottabgp_config::reload::Difference;
use yottabgp_config::{Configuration, Neighbor};
use yottabgp_rib::adj_rib_out::configuration::Effect;

use super::plan::{Fate, Plan, Step, Target};
use super::table::{Look, Statements};
use super::{Reloads, Sessions, count};
use crate::bmp;
use crate::core::{Core, PeerId, Shared};
use crate::execute::PATIENCE;
use crate::files::{Loaded, Text};
use crate::health::services;
use crate::outbox::Outbox;
use crate::{helpers, listen, monitoring};

/// Octets that are written at once.
const PIECE: usize = 64 * 1024;

/// Where the lines go.
struct Report<'a> {
    outbox: &'a Outbox,
    encoding: Encoding,
    piece: Vec<u8>,
}

impl Report<'_> {
    /// Hands over what there is, and waits for the reader: but not for ever.
    async fn write(&mut self, least: usize) -> Result<(), Refusal> {
        if self.piece.len() < least || self.piece.is_empty() {
            return Ok(());
        }
        let taken = self.outbox.answer(&self.piece);
        taken.map_err(|refused| Refusal::Other(refused.to_string()))?;
        self.piece.clear();
        let room = timeout(PATIENCE, self.outbox.room()).await;
        room.map_err(|_| Refusal::Other("the answer was cut short: nobody reads it".to_owned()))
    }
}

/// Ends with the check, however that ends.
struct Checking<'a>(&'a Shared);

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        if let Ok(mut core) = self.0.try_borrow_mut() {
            core.reloads.is_checking = false;
        }
    }
}

impl Reloads {
    /// Begins a check, unless it could say nothing that is true. Returns which reload it follows.
    fn check(&mut self) -> Result<u64, Refusal> {
        let refuse = |reason: &str| Err(Refusal::Other(reason.to_owned()));
        if self.is_running {
            return refuse("a reload is under way: ask again when it is done");
        }
        if self.is_checking {
            return refuse("another check is under way: ask again when it is done");
        }
        self.is_checking = true;
        Ok(self.number)
    }
}

/// Tells what a reload would do now, with the configuration file as it is, or with a text in its place.
pub(crate) async fn check(
    shared: &Shared,
    text: Option<Text>,
    encoding: Encoding,
    outbox: &Outbox,
) -> Result<(), Refusal> {
    let number = shared.borrow_mut().reloads.check()?;
    let checking = Checking(shared);
    let loading = {
        let core = shared.borrow();
        core.files.load_aside(text, &core.environment)
    };
    let mut report = Report { outbox, encoding, piece: Vec::new() };
    let loaded = loading.await.unwrap_or_else(|_| Err("it could not be read".to_owned()));
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(reason) => {
            let (what, details) = reason.split_once('\n').unwrap_or((&reason, ""));
            report.piece.extend_from_slice(details.as_bytes());
            report.write(0).await?;
            return Err(Refusal::Other(what.trim_end_matches(':').to_owned()));
        }
    };
    tell(shared, loaded, number, &mut report).await?;
    drop(checking);
    Ok(())
}

async fn tell(
    shared: &Shared,
    loaded: Loaded,
    number: u64,
    report: &mut Report<'_>,
) -> Result<(), Refusal> {
    let Loaded { configuration, superseded } = loaded;
    let Configuration { processes, healthchecks, bmp, mrt: recording, neighbors, .. } =
        configuration;
    let encoding = report.encoding;
    let mut summary = ReloadSummary::default();
    let (plan, selectors) = {
        let core = shared.borrow();
        for (name, fate) in helpers::fates(&core, &processes, helpers::Changed::Keep) {
            reload_thing("process", &name, fate.name(), encoding, &mut report.piece);
        }
        summary.processes = helpers::changes(&core, &processes, helpers::Changed::Keep);
        for (address, fate) in listen::fates(&core, &neighbors) {
            reload_thing("listen", &address.to_string(), fate, encoding, &mut report.piece);
        }
        summary.listeners = listen::changes(&core, &neighbors);
        let stations = bmp.as_ref().map(|bmp| &bmp.stations[..]).unwrap_or_default();
        let routers = bmp::fates(&core, bmp.as_ref());
        for (kind, name, fate) in routers.into_iter().chain(monitoring::fates(&core, stations)) {
            reload_thing(kind, &name, fate, encoding, &mut report.piece);
        }
        summary.bmp = bmp::changes(&core, bmp.as_ref()) + monitoring::changes(&core, stations);
        for (name, fate) in services::fates(&core, &healthchecks) {
            reload_thing("healthcheck", &name, fate, encoding, &mut report.piece);
            summary.healthchecks += 1;
        }
        if let Some(fate) = core.observers.recorder.fate(recording.as_ref()) {
            reload_thing("mrt", "all neighbors", fate, encoding, &mut report.piece);
            summary.recordings += 1;
        }
        let plan = Plan::new(&core, neighbors, superseded, Sessions::Keep);
        let selectors = Selectors::new(&plan, &core);
        (plan, selectors)
    };
    plan.count(&mut summary);
    for range in &plan.fates {
        neighbor(&range.name, range.fate, &range.differences, report);
    }
    for step in plan.steps {
        neighbor(step.name(), step.fate(), &step.differences, report);
        report.write(PIECE).await?;
        let Some((id, neighbor, statements)) = table_of(shared, step) else { continue };
        let selector = selectors.of(&neighbor);
        let mut look = Look::new(id, statements);
        let mut more = true;
        while more {
            let piece = &mut report.piece;
            more = look.next(shared, &neighbor, |told| {
                count(&mut summary, told.effect, 1);
                if matches!(told.effect, Effect::Announce | Effect::Withdraw) {
                    let change = RouteChange {
                        selector,
                        announce: told.effect == Effect::Announce,
                        nlri: told.nlri,
                        next_hop: told.next_hop,
                        attributes: told.attributes,
                    };
                    reload_route(&change, encoding, piece);
                }
            });
            report.write(PIECE).await?;
            tokio::task::yield_now().await;
        }
    }
    let overtaken = {
        let reloads = &shared.borrow().reloads;
        reloads.is_running || reloads.number != number
    };
    if overtaken {
        return Err(Refusal::Other("there was a reload meanwhile: ask again".to_owned()));
    }
    answer::reload_summary(&summary, encoding, &mut report.piece);
    report.write(0).await
}

/// The routes that a step is about: none where they go with the session, or wait for it.
fn table_of(shared: &Shared, step: Step) -> Option<(Option<PeerId>, Box<Neighbor>, Statements)> {
    match step.target {
        Target::Add { neighbor, statements } => Some((None, neighbor, statements)),
        Target::Keep { id, neighbor, statements, .. } => {
            let core = shared.borrow();
            let waits = core.peers.get(&id)?.later.is_some() && statements.of_range().is_some();
            (!waits).then_some((Some(id), neighbor, statements))
        }
        Target::Remove { .. } => None,
    }
}

fn neighbor(name: &str, fate: Fate, differences: &[Difference], report: &mut Report<'_>) {
    let keywords: Vec<KeywordView<'_>> = differences
        .iter()
        .map(|Difference { keyword, old, new, .. }| KeywordView { keyword, old, new })
        .collect();
    reload_neighbor(name, fate.name(), &keywords, report.encoding, &mut report.piece);
}

/// The words that select each neighbor: its address, where no other has the same.
struct Selectors(Vec<(String, String)>);

impl Selectors {
    fn new(plan: &Plan, core: &Core) -> Self {
        let mut all: Vec<(std::net::IpAddr, String)> = Vec::new();
        for step in &plan.steps {
            let address = match &step.target {
                Target::Add { neighbor, .. } | Target::Keep { neighbor, .. } => {
                    neighbor.peer.address
                }
                Target::Remove { id, .. } => match core.peers.get(id) {
                    Some(peer) => peer.key.peer,
                    None => continue,
                },
            };
            all.push((address, step.name().to_owned()));
        }
        all.sort_unstable();
        let words = all.chunk_by(|(a, _), (b, _)| a == b).flat_map(|run| {
            run.iter().map(|(address, name)| match run {
                [_] => (name.clone(), format!("neighbor {address}")),
                _ => (name.clone(), name.clone()),
            })
        });
        let mut words: Vec<_> = words.collect();
        words.sort_unstable();
        Self(words)
    }

    fn of<'a>(&'a self, neighbor: &'a Neighbor) -> &'a str {
        let found = self.0.binary_search_by(|(name, _)| name.as_str().cmp(&neighbor.name));
        found.ok().and_then(|at| self.0.get(at)).map_or(&neighbor.name, |(_, words)| words)
    }
}
