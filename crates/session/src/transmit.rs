//! What is to be written: our own messages first, then what the source has, then End-of-RIB.

use std::time::Instant;

use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::HEADER_LENGTH;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::update::{Update, encode};
use yottabgp_wire::negotiated::{Direction, Negotiated};

use crate::connection::Stage;
use crate::established::Established;
use crate::event::{ConnectionId, Decoded, Event, Source};
use crate::link::{Context, Link, Message};
use crate::peer::Peer;

/// The octets that a source is asked for at once. KEEPALIVEs go between.
const CHUNK: usize = 64 * 1024;

impl Peer {
    /// Whether messages of [`Source`]s are told as events, too. All others always are.
    pub const fn report_sent_updates(&mut self, report: bool) {
        self.report_sent = report;
    }

    /// Appends what is to be written on a connection to `out`. To be called when the socket can take it, after every
    /// verb, and once more for a connection that [`Action::Close`](crate::Action::Close) names. Returns whether there
    /// is more.
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        id: ConnectionId,
        out: &mut Vec<u8>,
        source: &mut (impl Source + ?Sized),
        events: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        if let Some(mut rest) = self.take_closing(id) {
            out.append(&mut rest);
            return false;
        }
        let report = self.report_sent;
        let Some((connection, mut context)) = self.with_context(id, now, events) else {
            return false;
        };
        let start = out.len();
        let link = &mut connection.link;
        link.take_queue(out);
        let more = match &mut connection.stage {
            Stage::OpenSent(_) | Stage::OpenConfirm(_) => false,
            Stage::Established(state) => state.transmit(link, out, source, report, &mut context),
        };
        link.transmitted(now, out.len() - start);
        more
    }
}

impl Established {
    fn transmit(
        &mut self,
        link: &mut Link,
        out: &mut Vec<u8>,
        source: &mut (impl Source + ?Sized),
        report: bool,
        context: &mut Context<'_>,
    ) -> bool {
        let negotiated = &*self.opened.negotiated;
        let start = out.len();
        let more = source.fill(negotiated, out, start + CHUNK);
        if out.len() > start {
            link.restart_keepalive(context);
            tell_messages(out.get(start..).unwrap_or_default(), negotiated, report, context);
        }
        if more {
            return true;
        }
        if source.is_incomplete() {
            return false;
        }
        if !self.started {
            self.started = true;
            self.finish_start(link, out, context);
        }
        let negotiated = &*self.opened.negotiated;
        for family in self.ends_of_rib.drain(..) {
            send_end_of_rib(family, negotiated, out, context);
        }
        false
    }

    /// What follows the routes that the session starts with: End-of-RIB for every family, or a KEEPALIVE without any.
    fn finish_start(&mut self, link: &mut Link, out: &mut Vec<u8>, context: &mut Context<'_>) {
        let negotiated = &self.opened.negotiated;
        if context.settings.manual_eor {
            return;
        }
        if negotiated.families.is_empty() {
            link.send_keepalive(context, negotiated);
            link.take_queue(out);
        }
        self.ends_of_rib.splice(0..0, negotiated.families.iter().copied());
    }
}

fn send_end_of_rib(
    family: Family,
    negotiated: &Negotiated,
    out: &mut Vec<u8>,
    context: &mut Context<'_>,
) {
    let start = out.len();
    encode::end_of_rib(family, out);
    tell_messages(out.get(start..).unwrap_or_default(), negotiated, true, context);
}

/// Counts whole messages that are about to be sent, and tells them if somebody wants to know.
fn tell_messages(
    mut octets: &[u8],
    negotiated: &Negotiated,
    report: bool,
    context: &mut Context<'_>,
) {
    while let Some(header) = octets.first_chunk::<HEADER_LENGTH>() {
        let [.., high, low, kind] = *header;
        let length = usize::from(u16::from_be_bytes([high, low])).max(HEADER_LENGTH);
        let (message, rest) = octets.split_at_checked(length).unwrap_or((octets, &[]));
        octets = rest;
        let kind = MessageType(kind);
        if !report {
            context.statistics.count(Direction::Send, kind);
            continue;
        }
        let body = message.get(HEADER_LENGTH..).unwrap_or_default();
        let message = Message { kind, header, body };
        let update;
        let decoded = match kind {
            MessageType::UPDATE => match Update::decode(body, negotiated, Direction::Send) {
                Ok(decoded) => {
                    update = decoded;
                    Decoded::Update(&update)
                }
                Err(_) => Decoded::None,
            },
            MessageType::ROUTE_REFRESH => match RouteRefresh::decode(body) {
                Ok(refresh) => Decoded::RouteRefresh(refresh),
                Err(_) => Decoded::None,
            },
            _ => Decoded::None,
        };
        context.message(Direction::Send, message, Some(negotiated), decoded);
    }
}
