//! The routes of one neighbor's section, put into its Adj-RIB-Out, or only compared with it: slice by slice, so that others
//! have their turn.

use std::sync::Arc;

use tracing::warn;
use yottabgp_api::answer::ReloadSummary;
use yottabgp_config::{ConfiguredRoute, ConfiguredRoutes, Neighbor};
use yottabgp_rib::adj_rib_out::AdjRibOut;
use yottabgp_rib::adj_rib_out::configuration::{Configured, Effect, Marks};
use yottabgp_rib::store::{AttributeStore, AttributesId};
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
pub(super) struct Statements {
    routes: ConfiguredRoutes,
    superseded: Arc<[u32]>,
    is_of_range: bool,
}

impl Statements {
    pub(super) const fn own(routes: ConfiguredRoutes, superseded: Arc<[u32]>) -> Self {
        Self { routes, superseded, is_of_range: false }
    }

    pub(super) fn of(range: &Range) -> Self {
        let (routes, superseded) = (range.routes.clone(), range.superseded.clone());
        Self { routes, superseded, is_of_range: true }
    }

    /// Whether they are the same lists.
    pub(super) fn are(&self, other: &Self) -> bool {
        self.routes.are_those_of(&other.routes) && self.superseded == other.superseded
    }

    /// Those of a range.
    pub(super) fn of_range(&self) -> Option<ConfiguredRoutes> {
        self.is_of_range.then(|| self.routes.clone())
    }

    /// Slices, in order.
    fn into_slices(self) -> Slices {
        Slices { statements: self, list: 0, at: 0, before: 0 }
    }
}

/// Routes that are taken slice by slice.
struct Slices {
    statements: Statements,
    /// The list, and the place in it.
    list: usize,
    at: usize,
    /// How many routes are in the lists before it.
    before: usize,
}

impl Slices {
    /// Shows the routes of the next slice, and whether each is superseded. Returns whether there may be more.
    fn next(&mut self, mut each: impl FnMut(&ConfiguredRoute<'_>, bool)) -> bool {
        let Statements { routes, superseded, .. } = &self.statements;
        let Some(list) = routes.lists().get(self.list) else { return false };
        let end = list.len().min(self.at.saturating_add(SLICE));
        for at in self.at..end {
            let Some(route) = list.get(at) else { break };
            let place = u32::try_from(self.before + at).unwrap_or(u32::MAX);
            // There are next to none.
            let is_superseded = !superseded.is_empty() && superseded.binary_search(&place).is_ok();
            each(&route, is_superseded);
        }
        self.at = end;
        if end == list.len() {
            self.before += list.len();
            (self.list, self.at) = (self.list + 1, 0);
        }
        self.list < routes.lists().len()
    }
}

/// The attributes of the terms that were met last, while a slice is gone through: most routes have those of another one
/// near by.
struct Recent([Option<(usize, AttributesId)>; Self::MOST]);

impl Recent {
    const MOST: usize = 256;

    const fn new() -> Self {
        Self([None; Self::MOST])
    }

    /// Those of these terms: `find` is asked when they are not known. Returns also what is no longer remembered.
    fn of<E>(
        &mut self,
        route: &ConfiguredRoute<'_>,
        find: impl FnOnce() -> Result<AttributesId, E>,
    ) -> Result<(AttributesId, Option<AttributesId>), E> {
        let terms = std::ptr::from_ref(route.terms()).addr();
        let place = self.0.get_mut(route.number() as usize % Self::MOST);
        match place {
            Some(Some((known, attributes))) if *known == terms => Ok((*attributes, None)),
            place => {
                let attributes = find()?;
                let old = place.and_then(|place| place.replace((terms, attributes)));
                Ok((attributes, old.map(|(_, old)| old)))
            }
        }
    }

    fn into_all(self) -> impl Iterator<Item = AttributesId> {
        self.0.into_iter().flatten().map(|(_, attributes)| attributes)
    }
}

/// A route as the table takes it.
fn configured<'a>(route: &ConfiguredRoute<'a>, superseded: bool) -> Configured<'a> {
    let terms = route.terms();
    let watchdog = terms.watchdog.as_deref();
    let parked = terms.withdraw && watchdog.is_some();
    Configured { nlri: route.nlri(), watchdog, parked, superseded }
}

/// Gives the routes of the next slice to `take`, with the attributes that they have at a neighbor. Returns whether there may
/// be more.
fn put(
    slices: &mut Slices,
    neighbor: &Neighbor,
    store: &mut AttributeStore,
    mut take: impl FnMut(&mut AttributeStore, &Configured<'_>, AttributesId),
) -> bool {
    let mut recent = Recent::new();
    let more = slices.next(|route, superseded| {
        let found = recent.of(route, || {
            let next_hop = peer::resolve(neighbor, route.next_hop, route.family)?;
            Ok::<_, String>(store.intern(&route.attributes, next_hop))
        });
        match found {
            Ok((attributes, old)) => {
                if let Some(old) = old {
                    store.release(old);
                }
                take(store, &configured(route, superseded), attributes);
            }
            Err(reason) => warn!(target: "yottabgp::configuration", "{reason}"),
        }
    });
    recent.into_all().for_each(|attributes| store.release(attributes));
    more
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
    let mut before = {
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
            more = put(&mut slices, &peer.neighbor, store, |store, route, attributes| {
                for (table, peers) in &found {
                    let Some(table) = tables.get_mut(*table) else { continue };
                    let effect = table.rib.configure(store, &mut before, route, attributes);
                    count(summary, effect, *peers);
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
    routes: ConfiguredRoutes,
) {
    let mut before = table.begin_configuration();
    let mut slices = Statements::own(routes, Arc::default()).into_slices();
    let mut more = true;
    while more {
        more = put(&mut slices, neighbor, store, |store, route, attributes| {
            table.configure(store, &mut before, route, attributes);
        });
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
            let store = &core.store;
            let mut recent = Recent::new();
            *routes_left = slices.next(|route, superseded| {
                // What can not be told is said when it is done.
                let resolve = || peer::resolve(neighbor, route.next_hop, route.family).ok();
                let found = recent.of(route, || match resolve() {
                    None => Err(None),
                    Some(next_hop) => store.find(&route.attributes, next_hop).ok_or(Some(next_hop)),
                });
                let found = match found {
                    Ok((attributes, _)) => Some(attributes),
                    Err(Some(_)) => None,
                    Err(None) => return,
                };
                let what = configured(route, superseded);
                let effect = table.would_configure(marks, &what, found);
                let attributes = &route.terms().attributes;
                let next_hop = match effect {
                    Effect::Same | Effect::Unseen => NextHop::Absent,
                    Effect::Announce | Effect::Withdraw => resolve().unwrap_or_default(),
                };
                tell(&Told { effect, nlri: what.nlri, next_hop, attributes });
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
