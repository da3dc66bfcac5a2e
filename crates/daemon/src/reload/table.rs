//! The routes of one neighbor's section, put into its Adj-RIB-Out, or only compared with it: slice by slice, so that others
//! have their turn.

use std::rc::Rc;
use std::vec;

use tracing::warn;
use yottabgp_api::answer::ReloadSummary;
use yottabgp_config::{ConfiguredRoute, Neighbor};
use yottabgp_rib::adj_rib_out::AdjRibOut;
use yottabgp_rib::adj_rib_out::configuration::{Configured, Effect, Marks};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

use super::{Turns, count};
use crate::core::{Core, PeerId, Shared};
use crate::peer::tables::TableId;
use crate::peer::{self, Range};

/// Routes between two turns of others: a millisecond or so, some of them in a debug build.
const SLICE: usize = 1024;

/// The routes of a section, and which of them a later one is to the same as.
#[derive(Debug)]
pub(super) enum Statements {
    /// Those of one neighbor: each is freed once it is done.
    Own { routes: Vec<ConfiguredRoute>, superseded: Vec<u32> },
    /// Those of a range.
    Shared { routes: Rc<[ConfiguredRoute]>, superseded: Rc<[u32]> },
}

impl Statements {
    pub(super) const fn own(routes: Vec<ConfiguredRoute>, superseded: Vec<u32>) -> Self {
        Self::Own { routes, superseded }
    }

    pub(super) fn of(range: &Range) -> Self {
        Self::Shared { routes: range.routes.clone(), superseded: range.superseded.clone() }
    }

    /// Whether they are the same.
    pub(super) fn are(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }

    fn parts(&self) -> (&[ConfiguredRoute], &[u32]) {
        match self {
            Self::Own { routes, superseded } => (routes, superseded),
            Self::Shared { routes, superseded } => (routes, superseded),
        }
    }

    /// Those of a range.
    pub(super) fn shared(&self) -> Option<Rc<[ConfiguredRoute]>> {
        match self {
            Self::Own { .. } => None,
            Self::Shared { routes, .. } => Some(routes.clone()),
        }
    }

    /// Slices, in order.
    fn into_slices(self) -> Slices {
        match self {
            Self::Own { routes, superseded } => Slices {
                routes: Source::Own(routes.into_iter()),
                at: 0,
                superseded: superseded.into(),
            },
            Self::Shared { routes, superseded } => {
                Slices { routes: Source::Shared(routes), at: 0, superseded }
            }
        }
    }
}

enum Source {
    Own(vec::IntoIter<ConfiguredRoute>),
    Shared(Rc<[ConfiguredRoute]>),
}

/// Routes that are taken slice by slice.
struct Slices {
    routes: Source,
    at: usize,
    superseded: Rc<[u32]>,
}

impl Slices {
    /// Shows the routes of the next slice, and whether each is superseded. Returns whether there may be more.
    fn next(&mut self, mut each: impl FnMut(&ConfiguredRoute, bool)) -> bool {
        let mut at = self.at;
        let superseded = &self.superseded;
        let mut show = |route: &ConfiguredRoute| {
            let place = u32::try_from(at).unwrap_or(u32::MAX);
            at += 1;
            // There are next to none.
            each(route, !superseded.is_empty() && superseded.binary_search(&place).is_ok());
        };
        match &mut self.routes {
            Source::Own(routes) => routes.take(SLICE).for_each(|route| show(&route)),
            Source::Shared(routes) => {
                let rest = routes.get(self.at..).unwrap_or_default();
                rest.iter().take(SLICE).for_each(show);
            }
        }
        let more = at - self.at == SLICE;
        self.at = at;
        more
    }
}

/// A route as the table takes it, unless its next hop can not be told.
fn configured<'a>(
    neighbor: &Neighbor,
    route: &'a ConfiguredRoute,
    superseded: bool,
) -> Result<Configured<'a>, String> {
    let next_hop = peer::resolve(neighbor, route.next_hop, route.family)?;
    Ok(Configured {
        nlri: route.nlri(),
        attributes: &route.attributes,
        next_hop,
        watchdog: route.watchdog.as_deref(),
        parked: route.withdraw && route.watchdog.is_some(),
        superseded,
    })
}

/// Announces the routes of the section to peers that have a table in common, and withdraws those that it does not have any
/// more: what did not change is not sent. A command may part them meanwhile: then each table goes on from where it was.
pub(super) async fn fill(
    shared: &Shared,
    peers: &[PeerId],
    statements: Statements,
    turns: Turns,
    summary: &mut ReloadSummary,
) {
    let before = {
        let mut core = shared.borrow_mut();
        let Some((table, _)) = tables_of(&core, peers).into_iter().next() else { return };
        match core.tables.get_mut(table) {
            Some(table) => table.rib.begin_configuration(),
            None => return,
        }
    };
    let mut slices = statements.into_slices();
    let mut more = true;
    while more {
        {
            let mut core = shared.borrow_mut();
            let found = tables_of(&core, peers);
            let Core { peers: all, tables, store, .. } = &mut *core;
            let Some(peer) = peers.iter().find_map(|id| all.get(id)) else { break };
            more = slices.next(|route, superseded| {
                match configured(&peer.neighbor, route, superseded) {
                    Ok(route) => {
                        for (table, peers) in &found {
                            let Some(table) = tables.get_mut(*table) else { continue };
                            let effect = table.rib.configure(store, &before, &route);
                            count(summary, effect, *peers);
                        }
                    }
                    Err(reason) => warn!(target: "yottabgp::configuration", "{reason}"),
                }
            });
        }
        turn(turns).await;
    }
    let mut place = 0;
    loop {
        {
            let mut core = shared.borrow_mut();
            let found = tables_of(&core, peers);
            let Core { tables, store, .. } = &mut *core;
            let mut end = None;
            for (table, peers) in &found {
                let Some(table) = tables.get_mut(*table) else { continue };
                let Some(to) = slice_of(&table.rib, place) else { continue };
                end = end.max(Some(to));
                let gone = |effect| count(summary, effect, *peers);
                table.rib.end_configuration(store, place..to, gone);
            }
            let Some(end) = end else { break };
            place = end;
        }
        turn(turns).await;
    }
    before.forget(&mut shared.borrow_mut().store);
}

/// The tables of these peers, and how many of them have each.
fn tables_of(core: &Core, peers: &[PeerId]) -> Vec<(TableId, u64)> {
    let mut tables: Vec<(TableId, u64)> = Vec::new();
    for peer in peers.iter().filter_map(|id| core.peers.get(id)) {
        match tables.iter_mut().find(|(table, _)| *table == peer.table) {
            Some((_, peers)) => *peers += 1,
            None => tables.push((peer.table, 1)),
        }
    }
    tables
}

/// Where the slice of the table ends that begins here.
fn slice_of(table: &AdjRibOut, place: u32) -> Option<u32> {
    let step = u32::try_from(SLICE).unwrap_or(u32::MAX);
    (place < table.end()).then(|| place.saturating_add(step).min(table.end()))
}

async fn turn(turns: Turns) {
    if turns == Turns::Shared {
        tokio::task::yield_now().await;
    }
}

/// The same of a peer alone, at once: one of a range, whose session is up now.
pub(crate) fn configure(
    table: &mut AdjRibOut,
    neighbor: &Neighbor,
    store: &mut AttributeStore,
    routes: &[ConfiguredRoute],
) {
    let before = table.begin_configuration();
    for route in routes {
        match configured(neighbor, route, false) {
            Ok(route) => {
                table.configure(store, &before, &route);
            }
            Err(reason) => warn!(target: "yottabgp::configuration", "{reason}"),
        }
    }
    let end = table.end();
    table.end_configuration(store, 0..end, |_| {});
    before.forget(store);
}

/// A change that is only told.
pub(super) struct Told<'a> {
    pub(super) effect: Effect,
    pub(super) nlri: Option<Nlri<'a>>,
    pub(super) next_hop: NextHop,
    pub(super) attributes: &'a [u8],
}

/// A walk through what [`fill`] would do.
pub(super) struct Look {
    /// The peer, if it is there.
    id: Option<PeerId>,
    slices: Slices,
    marks: Marks,
    routes_left: bool,
    place: u32,
    /// Of a peer that is new.
    empty: AdjRibOut,
}

impl Look {
    pub(super) fn new(id: Option<PeerId>, statements: Statements) -> Self {
        Self {
            id,
            slices: statements.into_slices(),
            marks: Marks::default(),
            routes_left: true,
            place: 0,
            empty: AdjRibOut::new(true),
        }
    }

    /// Tells the changes of the next slice. Returns whether there may be more.
    pub(super) fn next(
        &mut self,
        shared: &Shared,
        neighbor: &Neighbor,
        mut tell: impl FnMut(&Told<'_>),
    ) -> bool {
        let core = shared.borrow();
        let Self { id, slices, marks, routes_left, place, empty } = self;
        let found = id.map(|id| core.peers.get(&id).and_then(|peer| core.rib_out(peer)));
        let table = match found {
            Some(Some(table)) => table,
            Some(None) => return false,
            None => empty,
        };
        if *routes_left {
            *routes_left = slices.next(|route, superseded| {
                // What can not be told is said when it is done.
                let Ok(route) = configured(neighbor, route, superseded) else { return };
                let effect = table.would_configure(&core.store, marks, &route);
                let Configured { nlri, next_hop, attributes, .. } = route;
                tell(&Told { effect, nlri, next_hop, attributes });
            });
            return true;
        }
        let Some(end) = slice_of(table, *place) else { return false };
        for (nlri, effect) in table.would_withdraw(marks, *place..end) {
            tell(&Told { effect, nlri: Some(nlri), next_hop: NextHop::Absent, attributes: &[] });
        }
        *place = end;
        true
    }
}
