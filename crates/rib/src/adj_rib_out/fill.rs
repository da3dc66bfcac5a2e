//! What is sent of an Adj-RIB-Out, and in which order: refreshed families, withdrawals, what is sent once, announcements by
//! group.

use yottabgp_wire::message::route_refresh::{RouteRefresh, subtype};
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Negotiated, Refresh as RefreshMode};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::registry;

use super::{
    AdjRibOut, CHUNK, CONFIGURED, LONELY_WITHDRAWALS, MOST_REFUSED, Refresh, SENT, WANTED,
    WITHDRAWING,
};
use crate::pending::Pending;
use crate::store::AttributeStore;
use crate::table::RouteId;

impl AdjRibOut {
    /// Appends messages until nothing is pending or `out` has more than `limit` octets. Returns whether more is pending.
    ///
    /// Order: refreshed families, withdrawals, announcements by group. While `holding`, only what the peer has is sent
    /// again when it asks for it: changes wait.
    #[expect(clippy::too_many_arguments, reason = "each is one thing of a session")]
    pub fn fill(
        &mut self,
        store: &mut AttributeStore,
        encoder: &mut UpdateEncoder,
        negotiated: &Negotiated,
        group_updates: bool,
        holding: bool,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> bool {
        while out.len() < limit && !self.refreshes.is_empty() {
            self.fill_refresh(store, encoder, negotiated, holding, out, limit);
        }
        if holding {
            return !self.refreshes.is_empty();
        }
        while out.len() < limit && !self.withdrawals.is_empty() {
            self.fill_withdrawals(store, encoder, negotiated, group_updates, out);
        }
        while out.len() < limit {
            let Some(once) = self.alone.pop_front() else { break };
            let attributes = once.attributes;
            let (set, next_hop) = (store.set(attributes), store.next_hop(attributes));
            let sent = match once.nlri() {
                None => encoder.attributes_only(negotiated, set, next_hop, out),
                Some(nlri) => {
                    encoder.announce(negotiated, false, set, next_hop, nlri.family, [nlri], out)
                }
            };
            if let Err(error) = sent {
                self.refuse(error.to_string());
            }
            store.release(attributes);
        }
        while out.len() < limit && self.pending.len() > 0 {
            self.fill_group(store, encoder, negotiated, group_updates, out);
        }
        self.is_pending()
    }

    fn fill_refresh(
        &mut self,
        store: &mut AttributeStore,
        encoder: &mut UpdateEncoder,
        negotiated: &Negotiated,
        holding: bool,
        out: &mut Vec<u8>,
        limit: usize,
    ) {
        let Some(&Refresh { family, started, .. }) = self.refreshes.front() else { return };
        if !negotiated.has_family(family) {
            self.refreshes.pop_front();
            return;
        }
        let markers = negotiated.refresh == RefreshMode::Enhanced;
        if markers && !started {
            RouteRefresh { family, subtype: subtype::BEGIN }.encode(out);
        }
        if let Some(refresh) = self.refreshes.front_mut() {
            refresh.started = true;
        }
        while out.len() < limit {
            let Some(refresh) = self.refreshes.front_mut() else { return };
            let Some(id) = self.table.next_from(refresh.from) else {
                if markers {
                    RouteRefresh { family, subtype: subtype::END }.encode(out);
                }
                self.refreshes.pop_front();
                return;
            };
            refresh.from = id + 1;
            let Some(nlri) = self.table.nlri(id).filter(|nlri| nlri.family == family) else {
                continue;
            };
            let Some(attributes) = self
                .table
                .get(id)
                .filter(|route| route.is(WANTED) && (route.is(SENT) || !holding))
                .and_then(|route| route.attributes)
            else {
                continue;
            };
            let (set, next_hop) = (store.set(attributes), store.next_hop(attributes));
            let sent = encoder.announce(
                negotiated,
                false,
                set,
                next_hop,
                family,
                std::iter::once(nlri),
                out,
            );
            match sent {
                // One that waited to be sent has been, unless its withdrawal must come before it.
                Ok(_) if !self.table.get(id).is_some_and(|route| route.is(WITHDRAWING)) => {
                    self.pending.remove(&mut self.table, id);
                    self.spoke = true;
                    self.settle(store, id, true);
                }
                Ok(_) => {}
                Err(error) => self.can_not_be_sent(id, error.to_string()),
            }
        }
    }

    fn fill_withdrawals(
        &mut self,
        store: &mut AttributeStore,
        encoder: &mut UpdateEncoder,
        negotiated: &Negotiated,
        group_updates: bool,
        out: &mut Vec<u8>,
    ) {
        let group = group_updates && self.withdrawals.len() > LONELY_WITHDRAWALS;
        // Those of one family go together, and where withdrawals carry attributes, those of one set.
        let kind_of = |id: Option<&RouteId>| {
            let id = id?;
            let family = self.table.nlri(*id)?.family;
            let with_attributes = registry::row(family).withdraws_with_attributes;
            let carried = self.carried.get(id).copied();
            let attributes = carried.or(self.table.get(*id)?.attributes);
            Some((family, attributes.filter(|_| with_attributes)))
        };
        let kind = kind_of(self.withdrawals.front());
        let same = self
            .withdrawals
            .iter()
            .take(if group { CHUNK } else { 64 })
            .take_while(|id| kind_of(Some(id)) == kind)
            .count();
        self.chunk.clear();
        self.chunk.extend(self.withdrawals.drain(..same.max(1)));
        if let Some((family, attributes)) = kind.filter(|kind| negotiated.has_family(kind.0)) {
            let set = attributes.map_or(&[][..], |attributes| store.set(attributes));
            let next_hop =
                attributes.map_or(NextHop::Absent, |attributes| store.next_hop(attributes));
            let nlri = self.chunk.iter().filter_map(|id| self.table.nlri(*id));
            let sent = encoder.withdraw(negotiated, group, set, next_hop, family, nlri, out);
            if let Err(error) = sent {
                self.refuse(error.to_string());
            }
        }
        let chunk = std::mem::take(&mut self.chunk);
        for id in &chunk {
            if let Some(route) = self.table.get_mut(*id) {
                route.flags &= !(WITHDRAWING | SENT);
            }
            if let Some(attributes) = self.carried.remove(id) {
                store.release(attributes);
            }
            self.forget_if_idle(store, *id);
        }
        self.chunk = chunk;
    }

    fn fill_group(
        &mut self,
        store: &mut AttributeStore,
        encoder: &mut UpdateEncoder,
        negotiated: &Negotiated,
        group_updates: bool,
        out: &mut Vec<u8>,
    ) {
        let Some((group, first)) = self.pending.front() else { return };
        self.chunk.clear();
        let mut next = Some(first);
        while let Some(id) = next
            && self.chunk.len() < CHUNK
        {
            self.chunk.push(id);
            next = Pending::after(&mut self.table, id);
        }
        let known = negotiated.has_family(group.family);
        let mut whole = true;
        if known {
            let (set, next_hop) = (store.set(group.attributes), store.next_hop(group.attributes));
            let nlri = self.chunk.iter().filter_map(|id| self.table.nlri(*id));
            let result =
                encoder.announce(negotiated, group_updates, set, next_hop, group.family, nlri, out);
            whole = result.is_ok();
        }
        let chunk = std::mem::take(&mut self.chunk);
        for id in &chunk {
            self.pending.remove(&mut self.table, *id);
            if !whole {
                // One of them does not fit: the others need not suffer for it.
                let (set, next_hop) =
                    (store.set(group.attributes), store.next_hop(group.attributes));
                let nlri = self.table.nlri(*id).into_iter();
                let alone =
                    encoder.announce(negotiated, false, set, next_hop, group.family, nlri, out);
                if let Err(error) = alone {
                    self.can_not_be_sent(*id, error.to_string());
                    continue;
                }
            }
            self.spoke |= known;
            self.settle(store, *id, known);
        }
        self.chunk = chunk;
    }

    /// A route went out, or has no family in this session. Without a cache it is forgotten now.
    fn settle(&mut self, store: &mut AttributeStore, id: RouteId, sent: bool) {
        let Some(route) = self.table.get_mut(id) else { return };
        if sent {
            route.flags |= SENT;
        }
        if !self.cache && !route.is(CONFIGURED) {
            route.flags &= !(WANTED | SENT);
            self.forget_if_idle(store, id);
        }
    }

    fn refuse(&mut self, reason: String) {
        if self.refused.len() < MOST_REFUSED {
            self.refused.push(reason);
        }
    }

    /// A route can not go out in this session. If the peer has an older one, it is withdrawn: it is not true any more.
    fn can_not_be_sent(&mut self, id: RouteId, reason: String) {
        self.refuse(reason);
        self.pending.remove(&mut self.table, id);
        if let Some(route) = self.table.get_mut(id)
            && route.is(SENT)
            && !route.is(WITHDRAWING)
        {
            route.flags |= WITHDRAWING;
            self.withdrawals.push_back(id);
        }
    }
}
