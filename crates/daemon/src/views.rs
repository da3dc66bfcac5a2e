//! What `show neighbor`, `status` and `queue-status` say.

use yottabgp_api::answer::{
    self, CapabilityView, FamilyView, MessageCounts, NeighborView, QueueView, StatusView,
};
use yottabgp_api::command::NeighborForm;
use yottabgp_api::{Encoding, Version};
use yottabgp_config::print::{self, Secrets};
use yottabgp_session::statistics::Messages;
use yottabgp_wire::capability::Capabilities;
use yottabgp_wire::codes::{CapabilityCode as Code, MessageType};
use yottabgp_wire::negotiated::Direction;

use crate::core::{Core, PeerId};
use crate::peer::PeerState;
use crate::server::since_epoch;

impl Core {
    pub(crate) fn show_neighbors(
        &self,
        selected: &[PeerId],
        form: NeighborForm,
        version: Version,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) {
        let peers: Vec<&PeerState> = selected.iter().filter_map(|id| self.peers.get(id)).collect();
        let configurations: Vec<String> = peers
            .iter()
            .map(|peer| match form {
                NeighborForm::Configuration => print::neighbor(&peer.neighbor, Secrets::Hidden),
                NeighborForm::Old => print::old::neighbor(&peer.neighbor),
                _ => String::new(),
            })
            .collect();
        let views = peers.iter().zip(&configurations).map(|(peer, text)| view(peer, text));
        answer::show_neighbors(views, form, version, encoding, out);
    }

    pub(crate) fn status(&self, encoding: Encoding, out: &mut Vec<u8>) {
        let release = self.environment.version.as_deref().unwrap_or(env!("CARGO_PKG_VERSION"));
        let peers: Vec<_> =
            self.peers.values().map(|peer| (&peer.key, peer.session.state())).collect();
        let uptime = self.started.elapsed();
        let view = StatusView {
            version: release,
            uuid: &self.uuid,
            pid: std::process::id(),
            uptime,
            start: since_epoch().saturating_sub(uptime),
            peers: &peers,
        };
        answer::status(&view, encoding, out);
    }

    pub(crate) fn queue_status(&self, encoding: Encoding, out: &mut Vec<u8>) {
        let queues: Vec<QueueView<'_>> = self
            .senders
            .values()
            .filter(|sender| !sender.is_client)
            .map(|sender| {
                let bytes = sender.outbox.unread() as u64;
                let acks = sender.outbox.counted_acks();
                QueueView { name: &sender.name, items: acks + u64::from(bytes > 0), bytes }
            })
            .collect();
        answer::queue_status(&queues, encoding, out);
    }
}

fn view<'a>(peer: &'a PeerState, configuration: &'a str) -> NeighborView<'a> {
    let settings = &peer.neighbor.settings;
    let negotiated = peer.session.negotiated();
    let opens = peer.session.opens();
    let duration = match (peer.session.established_since(), peer.session.ended()) {
        (Some(since), _) => since.elapsed(),
        (None, Some(ended)) => ended.at.elapsed(),
        (None, None) => peer.created.elapsed(),
    };
    // As ExaBGP lists them, whatever their order in the file.
    let mut families = settings.families.clone();
    families.sort_unstable();
    let families = families
        .iter()
        .map(|family| FamilyView {
            family: *family,
            negotiated: negotiated.map(|n| n.has_family(*family)),
            add_path_send: negotiated.map(|n| n.has_path_id(*family, Direction::Send)),
            add_path_receive: negotiated.map(|n| n.has_path_id(*family, Direction::Receive)),
        })
        .collect();
    NeighborView {
        key: &peer.key,
        state: peer.session.state(),
        duration,
        local_address: peer.neighbor.local_address.or(negotiated.map(|n| n.local_address)),
        local_as: settings.local_as.or(negotiated.map(|n| n.local_as)),
        peer_as: settings.peer_as.or(negotiated.map(|n| n.peer_as)),
        local_router_id: settings.router_id,
        peer_router_id: negotiated.map(|n| n.peer_router_id),
        local_hold_time: settings.hold_time,
        peer_hold_time: opens.map(|(_, theirs)| theirs.hold_time),
        local_capabilities: CapabilityView {
            asn4: settings.asn4,
            route_refresh: settings.route_refresh,
            multi_session: settings.multisession,
            operational: settings.operational,
            add_path: settings.add_path.send || settings.add_path.receive,
            extended_message: settings.extended_message,
            graceful_restart: settings.graceful_restart.is_some(),
        },
        peer_capabilities: opens.map(|(_, theirs)| capabilities(&theirs.capabilities)),
        families,
        sent: counts(&peer.session.statistics().sent),
        received: counts(&peer.session.statistics().received),
        prefixes_received: peer.counts.announced,
        prefixes_withdrawn: peer.counts.withdrawn,
        configuration,
    }
}

/// What an OPEN announces.
fn capabilities(capabilities: &Capabilities) -> CapabilityView {
    CapabilityView {
        asn4: capabilities.has(Code::ASN4),
        route_refresh: capabilities.has(Code::ROUTE_REFRESH),
        multi_session: capabilities.has(Code::MULTISESSION),
        operational: capabilities.has(Code::OPERATIONAL),
        add_path: capabilities.has(Code::ADD_PATH),
        extended_message: capabilities.has(Code::EXTENDED_MESSAGE),
        graceful_restart: capabilities.has(Code::GRACEFUL_RESTART),
    }
}

fn counts(messages: &Messages) -> MessageCounts {
    let known = MessageCounts {
        open: messages.of(MessageType::OPEN),
        notification: messages.of(MessageType::NOTIFICATION),
        keepalive: messages.of(MessageType::KEEPALIVE),
        update: messages.of(MessageType::UPDATE),
        refresh: messages.of(MessageType::ROUTE_REFRESH),
        other: 0,
    };
    let sum = known.open + known.notification + known.keepalive + known.update + known.refresh;
    MessageCounts { other: messages.total().saturating_sub(sum), ..known }
}
