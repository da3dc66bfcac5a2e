//! Our own sessions told to BMP stations (RFC 7854, RFC 8671): what peers send, before any policy, and what they are sent.
//!
//! Each station has a task that owns its connection ([`connection`]). What happens is queued for it where it happens
//! ([`Stations::event`]); what it has missed is told piece by piece ([`telling`]).

mod connection;
mod messages;
mod queue;
mod station;
mod statistics;
mod telling;
mod told;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tracing::info;
use yottabgp_api::answer::StationStatus;
use yottabgp_config::{BmpStation, Neighbor};
use yottabgp_session::event::Event;
use yottabgp_wire::codes::MessageType;

use crate::core::{Core, PeerId, Shared};
use crate::observers::Observed;
use crate::turns;
pub(crate) use station::{State, Station};

/// How long stations have to take their Termination when the program ends.
const FAREWELL: Duration = Duration::from_millis(1200);

/// Names a station for as long as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StationId(u64);

/// All stations.
#[derive(Debug, Default)]
pub(crate) struct Stations {
    all: Vec<(StationId, Station, Option<JoinHandle<()>>)>,
}

impl Stations {
    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Station> {
        self.all.iter().map(|(_, station, _)| station)
    }

    fn get(&self, id: StationId) -> Option<&Station> {
        self.all.iter().find(|(other, ..)| *other == id).map(|(_, station, _)| station)
    }

    fn get_mut(&mut self, id: StationId) -> Option<&mut Station> {
        self.all.iter_mut().find(|(other, ..)| *other == id).map(|(_, station, _)| station)
    }

    fn remove(&mut self, id: StationId) {
        self.all.retain(|(other, ..)| *other != id);
    }

    fn about(&self, neighbor: &Neighbor) -> impl Iterator<Item = &Station> {
        let address = neighbor.peer.address;
        let stay = self.iter().filter(|station| station.ending.is_none());
        stay.filter(move |station| station.settings.is_about(address))
    }

    /// Whether one that stays wants what this neighbor is sent.
    pub(crate) fn want_sent(&self, neighbor: &Neighbor) -> bool {
        self.about(neighbor).any(|station| station.settings.adj_rib_out)
    }

    /// Whether one that stays wants the Adj-RIB-In of this neighbor.
    pub(crate) fn want_table(&self, neighbor: &Neighbor) -> bool {
        self.about(neighbor).any(|station| station.settings.adj_rib_in)
    }

    /// Whether one is being told of the Adj-RIB-In of this peer, which must not lag behind then.
    pub(crate) fn need_table(&self, peer: PeerId) -> bool {
        self.iter().any(|station| station.sessions.get(&peer).is_some_and(told::Told::needs_table))
    }

    /// Queues what happened for those who are to be told of it.
    pub(crate) fn event(&mut self, of: &Observed<'_>, event: &Event<'_>) {
        let stations = self.all.iter_mut().map(|(_, station, _)| station);
        match event {
            Event::Message { direction, kind: MessageType::UPDATE, header, body, .. } => {
                stations.for_each(|station| station.update(of, *direction, [*header, *body]));
            }
            Event::Up(up) => stations.for_each(|station| station.up(of, up)),
            Event::Down { ending, .. } => stations.for_each(|station| station.down(of, ending)),
            _ => {}
        }
    }
}

/// What settings would make of the stations.
pub(crate) fn fates(
    core: &Core,
    stations: &[BmpStation],
) -> Vec<(&'static str, String, &'static str)> {
    let before = core.observers.stations.iter().filter(|station| station.ending.is_none());
    let before: Vec<&BmpStation> = before.map(|station| &*station.settings).collect();
    let fate = |now: &BmpStation| match before.iter().find(|old| old.address == now.address) {
        Some(old) if *old == now => KEPT,
        Some(_) => "made anew",
        None => "opened",
    };
    let kind = "bmp station";
    let is_gone = |old: &&&BmpStation| stations.iter().all(|now| now.address != old.address);
    let gone = before.iter().filter(is_gone);
    let gone = gone.map(|old| (kind, old.address.to_string(), "closed"));
    stations.iter().map(|now| (kind, now.address.to_string(), fate(now))).chain(gone).collect()
}

const KEPT: &str = "kept";

/// How many of them would change.
pub(crate) fn changes(core: &Core, stations: &[BmpStation]) -> u64 {
    fates(core, stations).iter().filter(|(.., fate)| *fate != KEPT).count() as u64
}

/// Brings the stations to these settings: those that are the same keep their connection.
pub(crate) fn apply(shared: &Shared, stations: Vec<BmpStation>) {
    let mut core = shared.borrow_mut();
    let core = &mut *core;
    let had_table: Vec<PeerId> = core.peers_with_table();
    for (_, station, _) in &mut core.observers.stations.all {
        if station.ending.is_none() && !stations.contains(&station.settings) {
            info!(target: "yottabgp::bmp", "station {} is no longer configured", station.settings.address);
            end(station, "the configuration has changed");
        }
    }
    for settings in stations {
        let is_it = |station: &Station| station.ending.is_none() && *station.settings == settings;
        if core.observers.stations.iter().any(is_it) {
            continue;
        }
        info!(target: "yottabgp::bmp", "station {} is configured", settings.address);
        let id = StationId(core.next_id());
        let address = settings.address;
        let station = Station::new(Arc::new(settings));
        let wake = station.wake.clone();
        let name = format!("station {address}");
        let task = turns::spawn(name, connection::run(shared.clone(), id, wake));
        core.observers.stations.all.push((id, station, Some(task)));
    }
    core.subscribe_all();
    core.settle_tables(&had_table);
}

/// Lets a station end: it is told no more than that.
fn end(station: &mut Station, why: &'static str) {
    if matches!(station.state, State::Connected(_)) {
        station.push(|out| messages::push_termination(why, out));
    }
    station.ending = Some(why);
    station.wake.notify_one();
}

/// Ends all of them, and waits a little for their last words.
pub(crate) async fn stop_all(shared: &Shared) {
    let tasks: Vec<_> = {
        let mut core = shared.borrow_mut();
        let all = core.observers.stations.all.iter_mut();
        all.filter_map(|(_, station, task)| {
            end(station, "the program ends");
            task.take()
        })
        .collect()
    };
    let _ = tokio::time::timeout(FAREWELL, async {
        for task in tasks {
            let _ = task.await;
        }
    })
    .await;
}

impl Core {
    /// How the stations are, for `show bmp stations`.
    pub(crate) fn station_states(&self) -> impl Iterator<Item = StationStatus<'_>> {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.observers.stations.iter().map(move |station| {
            let (state, connected) = match station.state {
                State::Waiting => ("waiting", None),
                State::Connecting => ("connecting", None),
                State::Connected(since) => ("connected", Some(since.elapsed())),
            };
            StationStatus {
                address: station.settings.address,
                state,
                connected,
                trouble: station.trouble.as_deref(),
                sessions: count(station.told()),
                owed: count(station.owed()),
                waiting: count(station.waiting()),
                messages: station.counts.messages,
                octets: station.counts.octets,
                connections: station.counts.connections,
                resynchronised: station.counts.resynchronised,
            }
        })
    }

    /// Peers whose Adj-RIB-In is kept for stations alone.
    fn peers_with_table(&self) -> Vec<PeerId> {
        let stations = &self.observers.stations;
        let kept = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.neighbor.adj_rib_in && stations.want_table(&peer.neighbor));
        kept.map(|(id, _)| *id).collect()
    }

    /// Peers whose Adj-RIB-In a station wants from now on are asked for their routes again; nobody keeps what nobody wants.
    fn settle_tables(&mut self, before: &[PeerId]) {
        let now = self.peers_with_table();
        for id in before.iter().filter(|id| !now.contains(id)) {
            if let Some(peer) = self.peers.get_mut(id) {
                self.remainder.add(peer.rib_in.forget());
            }
        }
        for id in now.iter().filter(|id| !before.contains(id)) {
            let families = self.peers.get(id).and_then(|peer| peer.session.negotiated());
            for family in families.map(|agreed| agreed.families.clone()).unwrap_or_default() {
                // A peer that can not be asked tells when the session is made again.
                self.with_session(*id, |session, events| {
                    let _ = session.refresh(Instant::now(), family, events);
                });
            }
        }
    }

    /// A connection is about to be made. What it is to be made with; [`None`] when the station is to be told no more.
    fn begin_connecting(&mut self, id: StationId) -> Option<Arc<BmpStation>> {
        let station = self.observers.stations.get_mut(id)?;
        if station.ending.is_some() {
            return None;
        }
        station.state = State::Connecting;
        Some(station.settings.clone())
    }

    fn is_station_ending(&self, id: StationId) -> bool {
        self.observers.stations.get(id).is_none_or(|station| station.ending.is_some())
    }

    /// A connection is made: the station is told who we are, and owed everything else.
    fn begin_telling(&mut self, id: StationId) {
        let host = yottabgp_os::hostname::hostname();
        let Some(station) = self.observers.stations.get_mut(id) else { return };
        let settings = station.settings.clone();
        let name = settings.name.as_deref().unwrap_or(&host);
        let program = concat!("YottaBGP ", env!("CARGO_PKG_VERSION"));
        let description = settings.description.as_deref().unwrap_or(program);
        station.connected(Instant::now(), name, description);
        for (peer_id, peer) in self.peers.iter() {
            if let Some(up) = peer.session.up()
                && settings.is_about(peer.neighbor.peer.address)
            {
                station.add(*peer_id, &up);
            }
        }
    }
}
