//! What is sent to a peer, and in which order: refreshed families, what is sent once, then the list of changes, window by
//! window: withdrawals, then announcements by group.

use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::registry;

use super::chunks::{Chunk, Key};
use super::window::{Group, Window};
use super::{AdjRibOut, CONFIGURED, LONELY, Member, Sending, WANTED, WITHDRAWN};
use crate::store::AttributeStore;
use crate::table::RouteId;

/// How many routes of a group go to the encoder at once.
const CHUNK: usize = 8192;

/// How many withdrawals go to the encoder at once while each has its own UPDATE.
const FEW: usize = 64;

impl AdjRibOut {
    /// Appends messages for a peer until nothing is pending or `out` has more than `limit` octets: by how much, the window says.
    /// Returns whether more is pending.
    pub fn fill(
        &mut self,
        store: &mut AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> bool {
        let refreshes =
            |table: &Self| table.session(member).is_some_and(|one| !one.refreshes.is_empty());
        while out.len() < limit && refreshes(self) {
            self.fill_refresh(store, member, sending, out);
        }
        if sending.holding {
            return refreshes(self);
        }
        while out.len() < limit && !refreshes(self) {
            let Some(session) = self.session_mut(member) else { break };
            let Some(once) = session.alone.pop_front() else { break };
            let (set, next_hop) = (store.set(once.attributes), store.next_hop(once.attributes));
            let Sending { encoder, negotiated, .. } = sending;
            let sent = match once.nlri() {
                None => encoder.attributes_only(negotiated, set, next_hop, out),
                Some(nlri) => {
                    encoder.announce(negotiated, false, set, next_hop, nlri.family, [nlri], out)
                }
            };
            if let Err(error) = sent {
                session.refuse(error.to_string());
            }
            store.release(once.attributes);
        }
        while out.len() < limit && self.is_behind(member) {
            self.fill_window(store, member, sending, out);
        }
        if self.is_pending(member) {
            return true;
        }
        let version = self.version;
        if let Some(session) = self.session_mut(member).filter(|session| session.established) {
            session.seen = version;
            session.beginning = None;
            session.ahead.clear();
        }
        let end = self.last;
        let mut sessions = self.sessions.iter().flatten().filter(|session| session.established);
        if sessions.all(|session| session.at == end) {
            self.chunks.clear();
        }
        self.bury(store)
    }

    /// Whether changes are all that is left for a peer, and there are some.
    fn is_behind(&self, member: Member) -> bool {
        self.session(member).is_some_and(|session| {
            session.established
                && session.at != self.last
                && session.refreshes.is_empty()
                && session.alone.is_empty()
        })
    }

    /// Sends the next window, encoded now or for another one before.
    fn fill_window(
        &mut self,
        store: &mut AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        out: &mut Vec<u8>,
    ) {
        let Some(session) = self.session(member) else { return };
        if self.established < 2 || !session.ahead.is_empty() {
            self.encode_window(store, member, sending, out);
            return;
        }
        let begins = session.beginning.is_some() && !self.graves.is_empty();
        let mut key = Key {
            at: session.at,
            version: self.version,
            beginning: session.beginning,
            spoke: session.spoke,
            heard: if begins { session.heard } else { 0 },
            seen: if self.withdrawn.is_empty() { 0 } else { session.seen },
            context: 0,
        };
        key.context = self.chunks.context(sending);
        if let Some(Chunk { octets, to, speaks, .. }) = self.chunks.find(&key) {
            out.extend_from_slice(octets);
            let (to, speaks) = (*to, *speaks);
            self.arrive(member, to, speaks);
            return;
        }
        let start = out.len();
        if let Some((to, speaks)) = self.encode_window(store, member, sending, out) {
            let octets = out.get(start..).unwrap_or_default().into();
            self.chunks.keep(Chunk { key, octets, to, speaks });
        }
    }

    /// Encodes the next window. Returns its last route and whether it announces anything, if others may be sent the same.
    fn encode_window(
        &mut self,
        store: &mut AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        out: &mut Vec<u8>,
    ) -> Option<(RouteId, bool)> {
        let session = self.session_mut(member)?;
        let mut at = session.at;
        // What was the end of something may have moved away, so that it ends where the session is already.
        session.beginning = session.beginning.filter(|end| *end != at);
        session.ahead.retain(|(_, end)| *end != at);
        let mut ahead = std::mem::take(&mut session.ahead);
        let (beginning, spoke, heard, seen) =
            (session.beginning, session.spoke, session.heard, session.seen);
        let mut window = std::mem::take(&mut self.window);
        window.clear();
        let mut gone = Vec::new();
        while let Some(id) = self.after(at) {
            at = id;
            let (Some(route), Some(nlri)) = (self.table.get(id), self.table.nlri(id)) else {
                break;
            };
            let octets = nlri.bytes.len();
            let mut is_ahead = ahead.iter().any(|(family, _)| *family == nlri.family);
            if route.is(WITHDRAWN) && spoke && (beginning.is_none() || route.born < heard) {
                let is_due = !route.is(WANTED)
                    || self.withdrawn.get(&id).is_some_and(|one| seen < one.before);
                if is_due {
                    is_ahead = false;
                    gone.push(id);
                    let carries = registry::row(nlri.family).withdraws_with_attributes;
                    let set = route.attributes.filter(|_| carries);
                    window.count(octets + 32 + set.map_or(0, |set| store.set(set).len()));
                }
            }
            if let Some(attributes) = route.attributes
                && route.is(WANTED)
                && !is_ahead
            {
                let configured = route.is(CONFIGURED);
                let lonely = !sending.group;
                window.push(store, id, attributes, nlri.family, configured, lonely, octets);
            }
            if !ahead.is_empty() {
                ahead.retain(|(_, end)| *end != id);
            }
            if beginning == Some(id) || window.is_full() {
                break;
            }
        }
        if let Some(session) = self.session_mut(member) {
            session.ahead = ahead;
        }
        window.sort(beginning.is_some());
        self.send_withdrawals(store, member, sending, &gone, out);
        let (speaks, refused) = self.send_groups(store, member, sending, &window, out);
        self.arrive(member, at, speaks);
        if !self.cache {
            self.keep_nothing(store, &window, CONFIGURED, &refused);
        }
        self.window = window;
        refused.is_empty().then_some((at, speaks))
    }

    /// A session has come as far as this.
    fn arrive(&mut self, member: Member, at: RouteId, speaks: bool) {
        self.hear(member);
        self.hold(at);
        if speaks {
            self.speak(member);
        }
        if let Some(session) = self.session_mut(member) {
            session.at = at;
            if session.beginning == Some(at) {
                session.beginning = None;
            }
        }
    }

    fn send_withdrawals(
        &mut self,
        store: &AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        gone: &[RouteId],
        out: &mut Vec<u8>,
    ) {
        let group = sending.group && gone.len() > LONELY;
        // Those of one family go together, and where withdrawals carry attributes, those of one set.
        let kind_of = |id: RouteId| {
            let family = self.table.nlri(id)?.family;
            let with_attributes = registry::row(family).withdraws_with_attributes;
            let carried = self.withdrawn.get(&id).and_then(|one| one.attributes);
            let attributes = carried.or(self.table.get(id)?.attributes);
            Some((family, attributes.filter(|_| with_attributes)))
        };
        let mut refused = Vec::new();
        for same in gone.chunk_by(|a, b| kind_of(*a) == kind_of(*b)) {
            let Some((family, attributes)) = same.first().and_then(|id| kind_of(*id)) else {
                continue;
            };
            let set = attributes.map_or(&[][..], |attributes| store.set(attributes));
            let next_hop =
                attributes.map_or(NextHop::Absent, |attributes| store.next_hop(attributes));
            for chunk in same.chunks(if group { CHUNK } else { FEW }) {
                let nlri = chunk.iter().filter_map(|id| self.table.nlri(*id));
                let Sending { encoder, negotiated, .. } = sending;
                let sent = encoder.withdraw(negotiated, group, set, next_hop, family, nlri, out);
                refused.extend(sent.err());
            }
        }
        if let Some(session) = self.session_mut(member) {
            refused.into_iter().for_each(|error| session.refuse(error.to_string()));
        }
    }

    /// Sends the groups of a window. Returns whether anything was announced, and what could not be.
    pub(super) fn send_groups(
        &mut self,
        store: &AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        window: &Window,
        out: &mut Vec<u8>,
    ) -> (bool, Vec<RouteId>) {
        let mut speaks = false;
        let mut refused = Vec::new();
        for group in window.groups() {
            if !sending.negotiated.has_family(group.family) {
                continue;
            }
            let mut members = window.members(group).peekable();
            while members.peek().is_some() {
                let nlri = members.by_ref().take(CHUNK).filter_map(|id| self.table.nlri(id));
                let before = out.len();
                let (set, next_hop) =
                    (store.set(group.attributes), store.next_hop(group.attributes));
                let Sending { encoder, negotiated, group: packs, .. } = sending;
                let sent =
                    encoder.announce(negotiated, *packs, set, next_hop, group.family, nlri, out);
                if sent.is_err() {
                    // One of them does not fit: the others need not suffer for it.
                    out.truncate(before);
                    self.send_each(store, sending, window, group, &mut refused, out);
                    break;
                }
            }
            speaks = true;
        }
        let stuck = refused.iter().map(|(id, _)| *id).collect();
        self.can_not_be_sent(store, member, sending, refused, out);
        (speaks, stuck)
    }

    /// Sends every route of a window in a message of its own, in order.
    pub(super) fn send_singly(
        &mut self,
        store: &AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        window: &Window,
        out: &mut Vec<u8>,
    ) -> Vec<RouteId> {
        let mut refused = Vec::new();
        for id in window.routes() {
            self.send_one(store, sending, id, &mut refused, out);
        }
        if window.routes().next().is_some() {
            self.speak(member);
        }
        let stuck = refused.iter().map(|(id, _)| *id).collect();
        self.can_not_be_sent(store, member, sending, refused, out);
        stuck
    }

    fn send_each(
        &self,
        store: &AttributeStore,
        sending: &mut Sending<'_>,
        window: &Window,
        group: &Group,
        refused: &mut Vec<(RouteId, String)>,
        out: &mut Vec<u8>,
    ) {
        for id in window.members(group) {
            self.send_one(store, sending, id, refused, out);
        }
    }

    fn send_one(
        &self,
        store: &AttributeStore,
        sending: &mut Sending<'_>,
        id: RouteId,
        refused: &mut Vec<(RouteId, String)>,
        out: &mut Vec<u8>,
    ) {
        let (Some(nlri), Some(route)) = (self.table.nlri(id), self.table.get(id)) else { return };
        let Some(attributes) = route.attributes else { return };
        let (set, next_hop) = (store.set(attributes), store.next_hop(attributes));
        let Sending { encoder, negotiated, .. } = sending;
        let sent = encoder.announce(negotiated, false, set, next_hop, nlri.family, [nlri], out);
        if let Err(error) = sent {
            refused.push((id, error.to_string()));
        }
    }

    /// Routes can not go out in this session. If the peer has older ones, they are withdrawn: they are not true any more.
    fn can_not_be_sent(
        &mut self,
        store: &AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        refused: Vec<(RouteId, String)>,
        out: &mut Vec<u8>,
    ) {
        let Some(session) = self.session(member).filter(|_| !refused.is_empty()) else { return };
        let (spoke, heard) = (session.spoke, session.heard);
        let mut gone = Vec::new();
        for (id, reason) in refused {
            let told = self.table.get(id).is_some_and(|route| spoke && route.born < heard);
            if told {
                gone.push(id);
            }
            if let Some(session) = self.session_mut(member) {
                session.refuse(reason);
            }
        }
        self.send_withdrawals(store, member, sending, &gone, out);
    }

    /// Without a cache, routes are forgotten once they went out, or have no family in this session; but not those with one of
    /// these flags, nor those that could not be sent.
    pub(super) fn keep_nothing(
        &mut self,
        store: &mut AttributeStore,
        window: &Window,
        but: u8,
        stuck: &[RouteId],
    ) {
        for id in window.routes().filter(|id| !stuck.contains(id)) {
            let Some(route) = self.table.get_mut(id).filter(|route| !route.is(but)) else {
                continue;
            };
            route.flags &= !WANTED;
            self.unlink(id);
            self.forget_if_idle(store, id);
        }
    }
}
