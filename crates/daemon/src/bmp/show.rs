//! `show bmp`: what routers told, written bit by bit.

use yottabgp_api::Encoding;
use yottabgp_api::answer::{
    BmpPeerView, BmpRouteView, BmpRouterView, bmp_peer, bmp_route, bmp_router,
};
use yottabgp_api::command::{BmpTable, Refusal, ShowBmp};
use yottabgp_api::event::ProcessId;
use yottabgp_bmp::{PeerHeader, RibView, SessionKey};
use yottabgp_wire::layout::Layout;

use super::service::{RouterId, RouterState};
use super::tables::{At, View};
use crate::core::{Core, Shared};
use crate::execute::PATIENCE;
use crate::outbox::Outbox;
use crate::table::PIECE;

/// Routes that are looked at before others may do something: few of them may be asked for.
const MOST_LOOKED_AT: usize = 8192;

/// Writes what is asked for, and waits for the reader between the pieces: but not for ever, since its commands are not read
/// meanwhile.
pub(crate) async fn write(
    shared: &Shared,
    id: ProcessId,
    show: ShowBmp,
    encoding: Encoding,
    outbox: &Outbox,
) -> Result<(), Refusal> {
    let layout = {
        let core = shared.borrow();
        core.senders.get(&id).map_or(core.version.layout(), |sender| sender.format.layout)
    };
    let routers: Vec<RouterId> = {
        let core = shared.borrow();
        let routers = core.bmp.routers.iter().filter(|(_, state)| is_meant(&show, state));
        routers.map(|(id, _)| *id).collect()
    };
    let mut answer = Answer { outbox, piece: Vec::new() };
    for router in routers {
        if show.table == BmpTable::Routers {
            if let Some(state) = shared.borrow().bmp.routers.get(&router) {
                bmp_router(&view(state), encoding, &mut answer.piece);
            }
            answer.give().await?;
            continue;
        }
        let sessions: Vec<SessionKey> = {
            let core = shared.borrow();
            let Some(state) = core.bmp.routers.get(&router) else { continue };
            sessions(state, &show)
        };
        for key in sessions {
            if show.table == BmpTable::Peers {
                if let Some(state) = shared.borrow().bmp.routers.get(&router) {
                    bmp_peer(&peer(state, &view(state), &key), encoding, &mut answer.piece);
                }
                answer.give().await?;
                continue;
            }
            let tables: Vec<PeerHeader> = {
                let core = shared.borrow();
                let Some(state) = core.bmp.routers.get(&router) else { break };
                let tables = state.tables.of(&key).iter().map(|table| table.peer);
                tables.filter(|peer| is_table(&show, peer)).collect()
            };
            for table in tables {
                let mut from = Some(At::default());
                while let Some(next) = from {
                    from = shared.borrow().routes_of_router(
                        (router, &table, next),
                        &show,
                        (layout, encoding),
                        &mut answer.piece,
                    );
                    answer.give().await?;
                }
            }
        }
    }
    answer.flush().await
}

/// Lines on their way.
struct Answer<'a> {
    outbox: &'a Outbox,
    piece: Vec<u8>,
}

impl Answer<'_> {
    /// Gives what is enough for a piece.
    async fn give(&mut self) -> Result<(), Refusal> {
        if self.piece.len() < PIECE {
            // Much may be looked at for nothing.
            tokio::task::yield_now().await;
            return Ok(());
        }
        self.flush().await?;
        if tokio::time::timeout(PATIENCE, self.outbox.room()).await.is_err() {
            return Err(Refusal::Other("the table was cut short: nobody reads it".to_owned()));
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Refusal> {
        self.outbox.answer(&self.piece).map_err(|refused| Refusal::Other(refused.to_string()))?;
        self.piece.clear();
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// Whether the router is asked for.
fn is_meant(show: &ShowBmp, state: &RouterState) -> bool {
    let router = &state.router;
    show.router.as_ref().is_none_or(|wanted| {
        router.name() == Some(wanted.as_str())
            || wanted.parse().is_ok_and(|address: std::net::IpAddr| address == router.address())
    })
}

/// The sessions that are asked for, in order.
fn sessions(state: &RouterState, show: &ShowBmp) -> Vec<SessionKey> {
    let mut keys: Vec<SessionKey> = state.router.sessions().map(|(key, _)| *key).collect();
    let others = state.tables.sessions().map(|(key, _)| *key);
    let others: Vec<_> = others.filter(|key| state.router.session(key).is_none()).collect();
    keys.extend(others);
    keys.retain(|key| show.peer.is_none_or(|peer| peer == key.address));
    keys.sort_by_key(|key| (key.address, key.kind.0, key.distinguisher));
    keys
}

fn is_table(show: &ShowBmp, peer: &PeerHeader) -> bool {
    let (rib, policy) = table_of(peer);
    show.rib.is_none_or(|wanted| wanted == rib)
        && show.policy.is_none_or(|wanted| policy == Some(wanted))
}

/// The table, and the side of the policy where it has one.
fn table_of(peer: &PeerHeader) -> (&'static str, Option<&'static str>) {
    let policy = (peer.view != RibView::LocRib).then(|| peer.policy.name());
    (peer.view.name(), policy)
}

fn view(state: &RouterState) -> BmpRouterView<'_> {
    let counts = state.router.counts();
    BmpRouterView {
        address: state.router.address(),
        port: state.router.port(),
        name: state.router.name(),
        description: state.router.description(),
        is_connected: !state.is_lost,
        seconds: state.since.elapsed().as_secs(),
        sessions: state.router.sessions().filter(|(_, session)| session.is_up).count(),
        routes: state.tables.count(),
        messages: (counts.messages, counts.malformed),
    }
}

fn peer<'a>(
    state: &'a RouterState,
    router: &'a BmpRouterView<'a>,
    key: &SessionKey,
) -> BmpPeerView<'a> {
    let session = state.router.session(key);
    let tables = state.tables.of(key);
    let of_table = |table: &View| {
        let ((rib, policy), (routes, stale)) = (table_of(&table.peer), table.count());
        (rib, policy, routes, stale)
    };
    BmpPeerView {
        router,
        kind: key.kind.name().map_or_else(|| key.kind.0.to_string(), str::to_owned),
        distinguisher: key.distinguisher(),
        address: key.address,
        asn: session
            .map(|session| session.asn)
            .or(tables.first().map(|table| table.peer.asn))
            .unwrap_or_default(),
        local_address: session.and_then(|session| session.local_address),
        local_as: session.and_then(|session| session.local_as),
        local_router_id: session
            .map_or(std::net::Ipv4Addr::UNSPECIFIED, |session| session.local_router_id),
        is_up: session.is_some_and(|session| session.is_up),
        tables: tables.iter().map(of_table).collect(),
    }
}

impl Core {
    /// Renders routes from a place of a table on. Returns the place to go on from.
    fn routes_of_router(
        &self,
        (router, of, from): (RouterId, &PeerHeader, At),
        show: &ShowBmp,
        (layout, encoding): (Layout, Encoding),
        out: &mut Vec<u8>,
    ) -> Option<At> {
        let state = self.bmp.routers.get(&router)?;
        let key = of.session();
        let table = state.tables.view(&key, of.view, of.policy)?;
        let distinguisher = key.distinguisher();
        let mut from = from;
        let mut looked_at = 0;
        while out.len() < PIECE && looked_at < MOST_LOOKED_AT {
            looked_at += 1;
            let (next, (nlri, attributes, is_stale)) = table.next(from)?;
            from = next;
            let is_shown = show.families.shows(nlri.family)
                && show.prefix.is_none_or(|prefix| prefix.shows(nlri));
            if is_shown {
                let route = BmpRouteView {
                    router: (state.router.address(), state.router.name()),
                    peer: key.address,
                    distinguisher: &distinguisher,
                    table: table_of(of),
                    is_stale,
                    nlri,
                    next_hop: self.store.next_hop(attributes).address(),
                    attributes: self.store.set(attributes),
                };
                bmp_route(&route, show.extensive, layout, encoding, out);
            }
        }
        Some(from)
    }
}
