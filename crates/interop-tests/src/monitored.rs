//! The peer tells our BMP station what it receives from us: the station's events, and its table, amount to what we announce, through
//! withdrawals, the end of the session and that of the peer itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use yottabgp_testkit::process::Running;
use yottabgp_testkit::route::{Route, difference};
use yottabgp_testkit::speaker::{program, read_route};
use yottabgp_testkit::wait::{PATIENCE, poll, until};
use yottabgp_testkit::{Program, events};

use crate::lab::{Lab, STATION};
use crate::peer::Outcome;
use crate::routes::half;

/// Routes of each family.
const MANY: u32 = 1000;

/// A station that runs.
struct Station {
    _running: Running,
    /// Where its events go.
    file: PathBuf,
    /// So many lines of it are read.
    read: usize,
    events: events::Table,
    told: Vec<String>,
    /// The control socket of a daemon, which has a table.
    control: Option<PathBuf>,
}

impl Station {
    /// `yottabgp bmp`.
    fn command(lab: &Lab) -> Outcome<Self> {
        let file = lab.path("station.json");
        let (address, port) = STATION;
        let running = Program::new(program()?, &file)
            .arguments(["bmp", "--listen"])
            .argument(format!("{address}:{port}"))
            .start(&lab.pair.right)
            .map_err(|error| error.to_string())?;
        Ok(Self::new(running, file, None))
    }

    /// A daemon with a section `bmp` and no neighbor, whose helper writes to a file.
    fn section(lab: &Lab) -> Outcome<Self> {
        let (file, control) = (lab.path("station.json"), lab.path("station.control"));
        let (script, text) = (lab.path("station.sh"), lab.path("station.conf"));
        let write = |path: &Path, text: String| {
            std::fs::write(path, text).map_err(|error| error.to_string())
        };
        write(&file, String::new())?;
        write(&script, format!("exec cat > {}\n", file.display()))?;
        let (address, port) = STATION;
        write(
            &text,
            format!(
                "process file {{ run /bin/sh {}; encoder json; }}\nbmp {{ listen {address}:{port}; processes [ file ]; table true; }}\n",
                script.display()
            ),
        )?;
        let running = Program::new(program()?, lab.path("station.log"))
            .environment("exabgp_daemon_user", "root")
            .environment("exabgp_daemon_drop", "false")
            .environment("exabgp_api_socketpath", &control)
            .arguments(["server"])
            .argument(&text)
            .start(&lab.pair.right)
            .map_err(|error| error.to_string())?;
        let station = Self::new(running, file, Some(control));
        until("the station takes commands", || station.ask("show bmp routers").is_ok());
        Ok(station)
    }

    fn new(running: Running, file: PathBuf, control: Option<PathBuf>) -> Self {
        let (events, told) = (events::Table::default(), Vec::new());
        Self { _running: running, file, read: 0, events, told, control }
    }

    /// What the events amount to.
    fn events(&mut self) -> Outcome<BTreeSet<Route>> {
        let text = std::fs::read_to_string(&self.file).map_err(|error| error.to_string())?;
        // The last line may not be there as a whole.
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        for line in whole.lines().skip(self.read) {
            self.events.read(line)?;
            self.told.push(line.to_owned());
        }
        self.read = self.told.len();
        Ok(self.events.routes())
    }

    fn ask(&self, words: &str) -> Outcome<String> {
        let mut command = Command::new(program()?);
        if let Some(control) = &self.control {
            command.env("exabgp_api_socketpath", control);
        }
        let output = command.arg("run").args(words.split(' ')).output();
        let output = output.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(text) } else { Err(format!("{words}: {text}")) }
    }

    /// What is kept and not stale.
    fn table(&self) -> Outcome<BTreeSet<Route>> {
        let text = self.ask("show bmp routes extensive")?;
        text.lines()
            .filter(|line| !line.contains(" stale "))
            .map(|line| read_route(line).ok_or_else(|| format!("not a route: {line}")))
            .collect()
    }

    /// Waits until the events amount to these routes, and the table, if there is one, has them.
    fn tells(&mut self, expected: &BTreeSet<Route>) -> Outcome {
        let await_equal = |ask: &mut dyn FnMut() -> Outcome<BTreeSet<Route>>| -> Outcome {
            let mut last = None;
            let equal = poll(PATIENCE, || {
                last = match ask() {
                    Ok(found) => difference(expected, &found),
                    Err(error) => Some(error),
                };
                last.is_none().then_some(())
            });
            equal.ok_or_else(|| last.unwrap_or_default())
        };
        await_equal(&mut || self.events()).map_err(|error| format!("the events: {error}"))?;
        if self.control.is_some() {
            await_equal(&mut || self.table()).map_err(|error| format!("the table: {error}"))?;
        }
        Ok(())
    }

    /// Waits until the last statistics say this.
    fn counts(&mut self, expected: &[(&str, usize)]) -> Outcome {
        let mut last = None;
        let equal = poll(PATIENCE, || {
            if let Err(error) = self.events() {
                last = Some(error);
                return None;
            }
            let of = |line: &&String| {
                events::member(line, &["bmp", "message"]).is_some_and(|it| it == "statistics")
            };
            last = self.told.iter().rfind(of).cloned();
            let said =
                |name| events::member(last.as_ref()?, &["bmp", "statistics", name])?.parse().ok();
            expected.iter().all(|(name, count)| said(*name) == Some(*count)).then_some(())
        });
        equal.ok_or_else(|| {
            let last = last.unwrap_or_else(|| "none".to_owned());
            format!("the statistics are to say {expected:?}, the last are: {last}")
        })
    }

    /// How often a session came to be so.
    fn states(&self, state: &str) -> usize {
        let is = |line: &&String| {
            events::member(line, &["neighbor", "state"]).is_some_and(|found| found == state)
        };
        self.told.iter().filter(is).count()
    }
}

/// With the station of the command line.
pub(crate) fn by_command(lab: &mut Lab) -> Outcome {
    let station = Station::command(lab)?;
    watch(lab, station)
}

/// With the station of a daemon.
pub(crate) fn by_section(lab: &mut Lab) -> Outcome {
    let station = Station::section(lab)?;
    watch(lab, station)
}

fn watch(lab: &mut Lab, mut station: Station) -> Outcome {
    let shown = |lab: &Lab, routes: &BTreeSet<Route>| -> BTreeSet<Route> {
        routes.iter().map(|route| lab.peer.told(route.clone())).collect()
    };
    let ours = lab.our_routes(MANY);
    lab.start()?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    station.tells(&shown(lab, &ours))?;
    let kept = half(&ours);
    lab.we_withdraw(ours.difference(&kept))?;
    lab.they_have(&kept)?;
    station.tells(&shown(lab, &kept))?;
    station.counts(&lab.peer.counts(kept.len(), 0))?;
    // What the peer does not take is counted.
    let own = lab.us.settings.peer_as;
    let looped = ours.difference(&kept).next().cloned().map(|mut route| {
        route.attributes.as_path.push(own);
        route
    });
    let looped = BTreeSet::from_iter(looped);
    lab.we_announce(&looped)?;
    station.counts(&lab.peer.counts(kept.len(), looped.len()))?;
    lab.we_withdraw(looped.iter())?;
    lab.they_have(&kept)?;
    station.tells(&shown(lab, &kept))?;
    if station.states("up") != 1 {
        return Err(format!("one session came up: {:?}", station.told.first()));
    }

    // Our end goes and comes; then the peer, and with it its connection to the station.
    lab.us.stop();
    station.tells(&BTreeSet::new())?;
    let mark = lab.us.relay.mark();
    lab.us.settings.routes = kept.clone();
    lab.us.start(&lab.pair.left);
    lab.await_up(mark)?;
    lab.they_have(&kept)?;
    station.tells(&shown(lab, &kept))?;
    let mark = lab.us.relay.mark();
    lab.peer.stop();
    lab.us.await_state(mark, "down");
    station.tells(&BTreeSet::new())?;
    lab.peer.start(&lab.pair.right)?;
    lab.they_have(&kept)?;
    station.tells(&shown(lab, &kept))?;

    for name in ["initiation", "peer-up", "route-monitoring", "peer-down"] {
        let is = |line: &String| events::member(line, &["bmp", "message"]).as_deref() == Some(name);
        if !station.told.iter().any(is) {
            return Err(format!("no {name} was told"));
        }
    }
    if let Some(line) = station.told.iter().find(|line| line.contains("\"error\"")) {
        return Err(format!("not read: {line}"));
    }
    Ok(())
}
