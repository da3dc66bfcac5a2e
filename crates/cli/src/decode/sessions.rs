//! The sessions that messages are read for.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Result, bail};
use yottabgp_api::event::{Label, Way};
use yottabgp_config::Environment;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::negotiated::Negotiated;

use crate::{context, validate};

/// A session that messages are read for: each shows them once.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) label: Label,
    pub(super) negotiated: Negotiated,
    /// What events say of the way of its messages.
    pub(super) way: Way,
}

/// The session of ExaBGP's `decode`: everything is negotiated that needs no agreement on how octets are read.
pub(super) fn made_up() -> Session {
    let negotiated = Negotiated::permissive();
    let label = Label::new(
        Some(Ipv4Addr::LOCALHOST.into()),
        Ipv4Addr::LOCALHOST.into(),
        Some(negotiated.local_as),
        Some(negotiated.peer_as),
        Ipv4Addr::LOCALHOST,
    );
    Session { label, negotiated, way: Way::In }
}

/// The sessions of the neighbors of a file.
pub(super) fn of_configuration(path: &Path, environment: &Environment) -> Result<Vec<Session>> {
    let configuration = validate::load_or_say(path, environment)?;
    let mut sessions = Vec::new();
    for neighbor in &configuration.neighbors {
        let negotiated = context::of_neighbor(neighbor)?;
        let known = |asn: Option<Asn>| asn.unwrap_or(negotiated.local_as);
        let label = Label::new(
            neighbor.local_address,
            neighbor.peer.address,
            Some(known(neighbor.settings.local_as)),
            Some(neighbor.settings.peer_as.unwrap_or(negotiated.peer_as)),
            neighbor.settings.router_id,
        );
        sessions.push(Session { label, negotiated, way: Way::In });
    }
    if sessions.is_empty() {
        bail!("{} has no neighbor whose messages could be decoded", path.display());
    }
    Ok(sessions)
}
