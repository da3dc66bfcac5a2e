//! The routes of one neighbor's section, put into its Adj-RIB-Out, or only compared with it: slice by slice, so that others
//! have their turn.

use std::ops::Range;
use std::sync::Arc;

use tracing::warn;
use yottabgp_api::answer::ReloadSummary;
use yottabgp_config::{ConfiguredRoute, ConfiguredRoutes, Neighbor};
use yottabgp_rib::adj_rib_out::AdjRibOut;
use yottabgp_rib::adj_rib_out::configuration::{Before, Configured, Effect, Marks};
use yottabgp_rib::store::{AttributeStore, AttributesId};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

use super::{Turns, count};
use crate::core::{Core, PeerId, Shared};
use crate::peer;
use crate::peer::tables::{Basis, TableId};

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

    pub(super) fn of(range: &peer::Range) -> Self {
        let (routes, superseded) = (range.routes.clone(), range.superseded.clone());
        Self { routes, superseded, is_of_range: true }
    }

    /// Whether they are the same lists.
    pub(super) fn are(&self, other: &Self) -> bool {
        self.routes.are_those_of(&other.routes) && self.superseded == other.superseded
    }

    /// Whether none is to the same as another.
    fn are_once(&self) -> bool {
        self.superseded.is_empty()
    }

    /// Those of a range.
    pub(super) fn of_range(&self) -> Option<ConfiguredRoutes> {
        self.is_of_range.then(|| self.routes.clone())
    }

    /// Slices, in order.
    fn into_slices(self) -> Slices {
        self.into_slices_without(Vec::new())
    }

    /// The same, without some places of each list, in ascending order.
    fn into_slices_without(self, out: Vec<Vec<Range<usize>>>) -> Slices {
        Slices { statements: self, out, list: 0, at: 0, run: 0, before: 0 }
    }
}

/// Routes that are taken slice by slice.
struct Slices {
    statements: Statements,
    /// The list, and the place in it.
    list: usize,
    at: usize,
    /// Of each list, the places that are left out, and which of them come next.
    out: Vec<Vec<Range<usize>>>,
    run: usize,
    /// How many routes are in the lists before it.
    before: usize,
}

/// What comes next of a list.
enum Next<'a, 'b> {
    /// So many routes that are left out.
    Out(u32),
    /// A route, and whether it is superseded.
    Route(&'b ConfiguredRoute<'a>, bool),
}

impl Slices {
    /// Shows the routes of the next slice. Returns whether there may be more.
    fn next(&mut self, mut each: impl FnMut(Next<'_, '_>)) -> bool {
        let Statements { routes, superseded, .. } = &self.statements;
        let Some(list) = routes.lists().get(self.list) else { return false };
        let out = self.out.get(self.list).map_or(&[][..], Vec::as_slice);
        let mut room = SLICE;
        while room > 0 && self.at < list.len() {
            let next = out.get(self.run);
            if let Some(out) = next.filter(|out| out.start == self.at) {
                each(Next::Out(u32::try_from(out.len()).unwrap_or(u32::MAX)));
                (self.at, self.run) = (out.end, self.run + 1);
                continue;
            }
            let end = next.map_or(list.len(), |out| out.start).min(self.at.saturating_add(room));
            for at in self.at..end {
                let Some(route) = list.get(at) else { break };
                let place = u32::try_from(self.before + at).unwrap_or(u32::MAX);
                // There are next to none.
                let is_superseded =
                    !superseded.is_empty() && superseded.binary_search(&place).is_ok();
                each(Next::Route(&route, is_superseded));
            }
            room = room.saturating_sub(end - self.at);
            self.at = end;
        }
        if self.at >= list.len() {
            self.before += list.len();
            (self.list, self.at, self.run) = (self.list + 1, 0, 0);
        }
        self.list < routes.lists().len()
    }
}

/// What the statements of a table and those before have in common: routes that the very same text says, which stand in the
/// table as they did. They need no look.
struct Common {
    before: ConfiguredRoutes,
    /// Of each list, the places of those routes.
    out_before: Vec<Vec<Range<usize>>>,
    out: Vec<Vec<Range<usize>>>,
}

impl Common {
    /// Compares lists by what was noted of them when they were read.
    fn new(before: ConfiguredRoutes, routes: &ConfiguredRoutes) -> Self {
        let places = |start: u32, count: u32| start as usize..start as usize + count as usize;
        let mut out_before: Vec<Vec<Range<usize>>> = vec![Vec::new(); before.lists().len()];
        let mut out = Vec::new();
        for list in routes.lists() {
            let mut of_list = Vec::new();
            for (old, of_old) in before.lists().iter().zip(&mut out_before) {
                // A text that was there once may be there twice: it stands for its list only once.
                if let Some(runs) = list.kept_of(old).filter(|_| of_old.is_empty()) {
                    of_list = runs.iter().map(|run| places(run.to, run.count)).collect();
                    of_old.extend(runs.iter().map(|run| places(run.from, run.count)));
                    of_old.sort_unstable_by_key(|places| places.start);
                    break;
                }
            }
            out.push(of_list);
        }
        Self { before, out_before, out }
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

/// A step through the routes of a neighbor.
enum Step<'a> {
    /// So many routes are left out.
    Out(u32),
    /// A route, with the attributes that it has at the neighbor.
    Route(Configured<'a>, AttributesId),
}

/// Whether there may be more.
struct Put {
    more: bool,
    /// Whether the neighbor can have all of them.
    all: bool,
}

/// Gives the routes of the next slice to `take`.
fn put(
    slices: &mut Slices,
    neighbor: &Neighbor,
    store: &mut AttributeStore,
    mut take: impl FnMut(&mut AttributeStore, &Step<'_>),
) -> Put {
    let mut recent = Recent::new();
    let mut all = true;
    let more = slices.next(|next| {
        let (route, superseded) = match next {
            Next::Out(count) => return take(store, &Step::Out(count)),
            Next::Route(route, superseded) => (route, superseded),
        };
        let found = recent.of(route, || {
            let next_hop = peer::resolve(neighbor, route.next_hop, route.family)?;
            Ok::<_, String>(store.intern(&route.attributes, next_hop))
        });
        match found {
            Ok((attributes, old)) => {
                if let Some(old) = old {
                    store.release(old);
                }
                take(store, &Step::Route(configured(route, superseded), attributes));
            }
            Err(reason) => {
                all = false;
                warn!(target: "yottabgp::configuration", "{reason}");
            }
        }
    });
    recent.into_all().for_each(|attributes| store.release(attributes));
    Put { more, all }
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
    let (mut before, since, common) = {
        let mut core = shared.borrow_mut();
        let Some((table, _)) = tables_of(&core, peers).into_iter().next() else { return };
        let Some(table) = core.tables.get_mut(table) else { return };
        let stands = |basis: &Basis| table.rib.stands(basis.since) && statements.are_once();
        let basis = table.basis.take().filter(stands);
        let common = basis.map(|basis| Common::new(basis.routes, &statements.routes));
        let since = table.rib.moment();
        (table.rib.begin_configuration(), since, common)
    };
    let (routes, are_once) = (statements.routes.clone(), statements.are_once());
    let out = common.as_ref().map(|common| common.out.clone()).unwrap_or_default();
    let mut slices = statements.into_slices_without(out);
    let (mut more, mut can_have_all) = (true, true);
    while more {
        {
            let mut core = shared.borrow_mut();
            let found = tables_of(&core, peers);
            let Core { peers: all, tables, store, .. } = &mut *core;
            let Some(peer) = peers.iter().find_map(|id| all.get(id)) else { break };
            let put = put(&mut slices, &peer.neighbor, store, |store, step| {
                let (route, attributes) = match step {
                    Step::Out(count) => return before.leave_out(*count),
                    Step::Route(route, attributes) => (route, *attributes),
                };
                for (table, peers) in &found {
                    let Some(table) = tables.get_mut(*table) else { continue };
                    let effect = table.rib.configure(store, &mut before, route, attributes);
                    count(summary, effect, *peers);
                }
            });
            (more, can_have_all) = (put.more, can_have_all && put.all);
        }
        turn(turns).await;
    }
    match common {
        Some(common) => {
            let end = End { shared, peers, turns };
            end.with(common, routes.clone(), &mut before, summary).await;
        }
        None => end(shared, peers, turns, summary).await,
    }
    let mut core = shared.borrow_mut();
    before.forget(&mut core.store);
    for (table, _) in tables_of(&core, peers).into_iter().filter(|_| can_have_all && are_once) {
        if let Some(table) = core.tables.get_mut(table) {
            table.basis = Some(Basis { routes: routes.clone(), since });
        }
    }
}

/// Withdraws what the section does not have any more: every route of the table is looked at.
async fn end(shared: &Shared, peers: &[PeerId], turns: Turns, summary: &mut ReloadSummary) {
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
}

/// The end of a section that has much in common with what there was before.
struct End<'a> {
    shared: &'a Shared,
    peers: &'a [PeerId],
    turns: Turns,
}

impl End<'_> {
    /// Withdraws what the section does not have any more: only routes that are not in both are looked at.
    async fn with(
        &self,
        common: Common,
        routes: ConfiguredRoutes,
        before: &mut Before,
        summary: &mut ReloadSummary,
    ) {
        let Common { before: old, out_before, out } = common;
        self.each(old, out_before, before, |store, before, rib, nlri, peers| {
            if let Some(effect) = rib.end_route(store, before, nlri) {
                count(summary, effect, peers);
            }
        })
        .await;
        self.each(routes, out, before, |_, before, rib, nlri, _| rib.end_name(before, nlri)).await;
    }

    /// Shows routes, and each table that is to have them.
    async fn each(
        &self,
        routes: ConfiguredRoutes,
        out: Vec<Vec<Range<usize>>>,
        before: &mut Before,
        mut show: impl FnMut(&mut AttributeStore, &mut Before, &mut AdjRibOut, &Nlri<'_>, u64),
    ) {
        let mut slices = Statements::own(routes, Arc::default()).into_slices_without(out);
        before.rewind();
        let mut more = true;
        while more {
            {
                let mut core = self.shared.borrow_mut();
                let found = tables_of(&core, self.peers);
                let Core { tables, store, .. } = &mut *core;
                more = slices.next(|next| {
                    let nlri = match next {
                        Next::Out(count) => return before.leave_out(count),
                        Next::Route(route, _) => route.nlri(),
                    };
                    let Some(nlri) = nlri else { return };
                    for (table, peers) in &found {
                        if let Some(table) = tables.get_mut(*table) {
                            show(store, before, &mut table.rib, &nlri, *peers);
                        }
                    }
                });
            }
            turn(self.turns).await;
        }
    }
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
        let put = put(&mut slices, neighbor, store, |store, step| {
            if let Step::Route(route, attributes) = step {
                table.configure(store, &mut before, route, *attributes);
            }
        });
        more = put.more;
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
            *routes_left = slices.next(|next| {
                let Next::Route(route, superseded) = next else { return };
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
