//! A neighbor: what is missing, what excludes what, and its name.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_session::settings::Settings;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::prefix::Prefix;

use super::{Context, api, capability, family, mrt, routes, security};
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::draft::NeighborDraft;
use crate::model::{Neighbor, Process};

/// Makes a neighbor of what is said about it. `None`, and an error, when something is missing or can not be read.
pub(crate) fn resolve(
    draft: NeighborDraft,
    processes: &[Process],
    files: &mut mrt::Files,
    context: &mut Context<'_>,
) -> Option<Neighbor> {
    let header = draft.header;
    // What can not be read was reported; the rest is looked at all the same, so that one run reports every mistake.
    let known_peer = draft.peer.get().copied();
    let peer = known_peer.unwrap_or(NOBODY);
    let local_address = draft.local_address.get().copied().flatten();
    let local_v4 = match local_address {
        Some(IpAddr::V4(address)) => Some(address),
        _ => None,
    };
    let router_id = draft.router_id.get().copied().or(local_v4);

    let mut missing = Vec::new();
    let no_local_address =
        draft.local_address.is_missing() || draft.local_address.get().is_some_and(Option::is_none);
    if draft.listen.get().is_some() && no_local_address {
        missing.push("local-address");
    }
    if draft.local_as.is_missing() {
        missing.push("local-as");
    }
    if draft.peer_as.is_missing() {
        missing.push("peer-as");
    }
    // A local address that can not be read might have been the identifier.
    let local_is_read = draft.local_address.is_missing() || draft.local_address.get().is_some();
    if router_id.is_none() && draft.router_id.is_missing() && local_is_read {
        missing.push("router-id");
    }
    if !missing.is_empty() {
        let message = format!("incomplete neighbor, missing {}", missing.join(", "));
        context.problems.push(Diagnostic::error(header, message).help(help_for(&missing)));
    }
    let is_complete = missing.is_empty() && known_peer.is_some() && router_id.is_some();
    if let (Some(address), Some(peer)) = (local_address, known_peer)
        && address.is_ipv4() != peer.address.is_ipv4()
        && let Some(at) = draft.local_address.at()
    {
        let message = "local-address and peer-address must be of the same family";
        context.problems.push(Diagnostic::error(at.span, message).related(header, "the peer"));
    }
    let router_id = router_id.unwrap_or(Ipv4Addr::UNSPECIFIED);
    if router_id.is_unspecified()
        && let Some(at) = draft.router_id.at()
    {
        let warning = Diagnostic::warning(at.span, "peers refuse the router-id 0.0.0.0 (RFC 6286)");
        context.problems.push(warning.help("give an address of this router"));
    }

    let environment = context.environment;
    let passive = draft.passive.or(false) || environment.bgp.passive;
    if peer.length != yottabgp_wire::prefix::longest(peer.afi()) && !passive {
        let message = "can only use ip ranges for the peer address with passive neighbors";
        context.problems.push(Diagnostic::error(header, message).help("add 'passive true;'"));
    }

    let families = family::resolve(&draft, context);
    let capability = capability::resolve(&draft, &families, context);
    let multisession = draft.capability.multi_session.or(false);
    let settings = Settings {
        local_as: draft.local_as.get().copied().flatten(),
        peer_as: draft.peer_as.get().copied().flatten(),
        router_id,
        hold_time: draft.hold_time.or(180),
        multisession,
        // ExaBGP 4 shows the name and does not send it.
        host_name: draft
            .host_name
            .get()
            .filter(|_| context.dialect != Dialect::ExaBgp4)
            .cloned()
            .unwrap_or_default(),
        domain_name: draft.domain_name.or(String::new()),
        local_link_local: draft.local_link_local.get().copied(),
        passive,
        manual_eor: draft.manual_eor.or(false),
        group_updates: draft.group_updates.or(context.dialect != Dialect::ExaBgp34),
        open_wait: environment.bgp.openwait,
        attempts: environment.tcp.attempts,
        families,
        ..capability
    };
    let adj_rib_out = adj_rib_out(&draft, &settings, context);
    if draft.host_name.get().is_none_or(String::is_empty)
        && let Some(at) = draft.domain_name.at()
    {
        let warning = Diagnostic::warning(at.span, "without host-name, domain-name is not sent");
        context.problems.push(warning.help("add 'host-name NAME;'"));
    }
    if !settings.operational
        && let Some(at) = draft.operational.first()
    {
        let message = "OPERATIONAL messages are not sent without the capability operational";
        let warning = Diagnostic::warning(at.span, message);
        context.problems.push(warning.help("add 'operational;' to capability { … }"));
    }
    let security = security::resolve(&draft, context);
    let mrt = mrt::resolve(&draft.mrt, files, context);
    if let Some(at) = draft.adj_rib_in.at()
        && !at.value
        && mrt.as_ref().is_some_and(|recording| recording.table.is_some())
    {
        let message = "without adj-rib-in the table that is written has no route of this neighbor";
        let warning = Diagnostic::warning(at.span, message);
        context.problems.push(warning.help("write 'adj-rib-in true;'"));
    }
    let peer_text = text_of(peer);
    let neighbor = Neighbor {
        name: name(&peer_text, local_address, &settings),
        peer,
        local_address,
        description: draft.description.or(String::new()),
        listen: draft.listen.get().copied(),
        connect: draft.connect.get().copied().or(environment.tcp.connect),
        source_interface: draft.source_interface.get().cloned().filter(|name| !name.is_empty()),
        outgoing_ttl: draft.outgoing_ttl.get().copied().flatten(),
        incoming_ttl: draft.incoming_ttl.get().copied().flatten(),
        md5_password: security.md5_password,
        md5_base64: security.md5_base64,
        // Without a local address, ExaBGP listens nowhere.
        md5_ip: draft.md5_ip.get().copied().filter(|_| local_address.is_some()),
        tcp_ao: security.tcp_ao,
        rate_limit: draft.rate_limit.get().copied().flatten(),
        auto_flush: draft.auto_flush.or(true),
        adj_rib_in: draft.adj_rib_in.or(true),
        adj_rib_out,
        api: api::resolve(&draft, &peer_text, processes, context),
        mrt,
        operational: draft.operational.iter().map(|at| at.value.clone()).collect(),
        routes: routes::resolve(draft.routes, header, peer, &settings, context),
        settings,
    };
    is_complete.then_some(neighbor)
}

/// Stands for a peer whose address can not be read.
const NOBODY: Prefix = Prefix { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), length: 128 };

fn help_for(missing: &[&str]) -> String {
    let mut help = String::from("add ");
    for (index, keyword) in missing.iter().enumerate() {
        let value = match *keyword {
            "local-as" | "peer-as" => "AS NUMBER",
            _ => "ADDRESS",
        };
        let _ = write!(help, "{}'{keyword} {value};'", if index == 0 { "" } else { ", " });
    }
    help
}

/// Routes are kept when the peer may ask for them again.
fn adj_rib_out(draft: &NeighborDraft, settings: &Settings, context: &mut Context<'_>) -> bool {
    let wanted = draft.adj_rib_out.or(true);
    if !wanted
        && settings.route_refresh
        && let Some(at) = draft.adj_rib_out.at()
    {
        let warning =
            Diagnostic::warning(at.span, "route-refresh needs adj-rib-out, which is taken as true");
        context
            .problems
            .push(warning.help("write 'adj-rib-out true;', or 'route-refresh disable;'"));
    }
    wanted || settings.route_refresh
}

/// A peer's address; with its length when it is a range.
pub(crate) fn text_of(peer: Prefix) -> String {
    if peer.length == yottabgp_wire::prefix::longest(peer.afi()) {
        peer.address.to_string()
    } else {
        peer.to_string()
    }
}

/// The key of the peer, as ExaBGP writes it.
fn name(peer: &str, local_address: Option<IpAddr>, settings: &Settings) -> String {
    let asn = |asn: Option<Asn>| asn.map_or_else(|| "auto".to_owned(), |asn| asn.to_string());
    let families = if settings.multisession {
        let names = settings.families.iter().map(|family| family.to_string().replace(' ', "-"));
        names.collect::<Vec<_>>().join("/")
    } else {
        "in-open".to_owned()
    };
    format!(
        "neighbor {peer} local-ip {} local-as {} peer-as {} router-id {} family-allowed {families}",
        local_address.map_or_else(|| "auto".to_owned(), |address| address.to_string()),
        asn(settings.local_as),
        asn(settings.peer_as),
        settings.router_id,
    )
}
