//! ROUTE-REFRESH (RFC 2918, RFC 7313): a family is sent again, from the beginning of the list to what was its end when that
//! began, before anything else.
//!
//! What was still to be sent of it is sent on the way, and not once more after it. While changes are held back, only what the
//! peer has is sent.

use yottabgp_wire::codes::Family;
use yottabgp_wire::message::route_refresh::{RouteRefresh, subtype};
use yottabgp_wire::negotiated::Refresh as RefreshMode;

use super::{AdjRibOut, CONFIGURED, LONELY, Member, Sending, WANTED, WITHDRAWN};
use crate::store::AttributeStore;
use crate::table::{NONE, RouteId};

/// A family that is sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refresh {
    family: Family,
    started: bool,
    /// The last route that was looked at.
    pub(super) at: RouteId,
    /// The last route to look at.
    pub(super) end: RouteId,
    /// Whether it has come to what the session was not sent yet.
    overtakes: bool,
}

impl AdjRibOut {
    /// Sends the routes of a family again, or those of every negotiated family: with the markers of RFC 7313 where they
    /// were negotiated.
    pub fn refresh(&mut self, member: Member, families: &[Family]) {
        let Some(session) = self.session_mut(member).filter(|session| session.established) else {
            return;
        };
        for family in families {
            // A refresh that has not begun answers the second request too.
            let waits = |refresh: &Refresh| refresh.family == *family && !refresh.started;
            if !session.refreshes.iter().any(waits) {
                session.refreshes.push_back(Refresh {
                    family: *family,
                    started: false,
                    at: NONE,
                    end: NONE,
                    overtakes: false,
                });
            }
        }
    }

    /// Sends one piece of the first refresh.
    pub(super) fn fill_refresh(
        &mut self,
        store: &mut AttributeStore,
        member: Member,
        sending: &mut Sending<'_>,
        out: &mut Vec<u8>,
    ) {
        let last = self.last;
        let Some(session) = self.session_mut(member) else { return };
        let place = session.at;
        let Some(refresh) = session.refreshes.front_mut() else { return };
        let family = refresh.family;
        if !sending.negotiated.has_family(family) {
            session.refreshes.pop_front();
            return;
        }
        let markers = sending.negotiated.refresh == RefreshMode::Enhanced;
        if !refresh.started {
            refresh.started = true;
            refresh.end = last;
            if markers {
                RouteRefresh { family, subtype: subtype::BEGIN }.encode(out);
            }
            self.hold(last);
        }
        let Some(session) = self.session(member) else { return };
        let Some(&Refresh { mut at, end, mut overtakes, .. }) = session.refreshes.front() else {
            return;
        };
        let (heard, holding) = (session.heard, sending.holding);
        // As ExaBGP sends them, but for large tables.
        let lonely = !sending.group || self.table.len() <= LONELY;
        let mut window = std::mem::take(&mut self.window);
        window.clear();
        while at != end && !window.is_full() {
            overtakes |= at == place;
            let Some(id) = self.after(at) else { break };
            at = id;
            let (Some(route), Some(nlri)) = (self.table.get(id), self.table.nlri(id)) else {
                break;
            };
            let is_due = !holding || !overtakes || route.born < heard;
            if let Some(attributes) = route.attributes
                && nlri.family == family
                && route.is(WANTED)
                && is_due
            {
                window.push(store, id, attributes, family, false, lonely, nlri.bytes.len());
            }
        }
        overtakes |= at == place;
        window.sort(true);
        let refused = if lonely {
            self.send_singly(store, member, sending, &window, out)
        } else {
            let (speaks, refused) = self.send_groups(store, member, sending, &window, out);
            if speaks {
                self.speak(member);
            }
            refused
        };
        if !holding {
            self.hear(member);
        }
        self.hold(at);
        let is_done = at == end || self.after(at).is_none();
        if let Some(session) = self.session_mut(member) {
            if is_done {
                session.refreshes.pop_front();
                if overtakes && !holding && place != end {
                    session.ahead.retain(|(other, _)| *other != family);
                    session.ahead.push((family, end));
                }
            } else if let Some(refresh) = session.refreshes.front_mut() {
                (refresh.at, refresh.overtakes) = (at, overtakes);
            }
        }
        if is_done && markers {
            RouteRefresh { family, subtype: subtype::END }.encode(out);
        }
        if !self.cache {
            // What is to be withdrawn before it is announced will be announced once more.
            self.keep_nothing(store, &window, CONFIGURED | WITHDRAWN, &refused);
        }
        self.window = window;
    }
}
