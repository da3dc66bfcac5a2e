//! Our OPEN from the settings, and what it agrees upon with the peer's.

use std::net::{IpAddr, Ipv4Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::bgp_role;
use yottabgp_wire::capability::graceful_restart::GracefulRestartCapability;
use yottabgp_wire::capability::long_lived_graceful_restart::LongLivedFamily;
use yottabgp_wire::capability::{Capabilities, add_path};
use yottabgp_wire::codes::{Afi, CapabilityCode, Family, Safi, error};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::{Open, VERSION};
use yottabgp_wire::negotiated::{AddPath, GracefulRestart, Negotiated, Refresh};

use crate::settings::Settings;

/// The families whose paths are identified (RFC 7911) unless others are asked for, in ExaBGP's order.
const ADD_PATH: [Family; 8] = [
    Family::IPV4_UNICAST,
    Family::IPV6_UNICAST,
    Family::new(Afi::IPV4, Safi::NLRI_MPLS),
    Family::new(Afi::IPV6, Safi::NLRI_MPLS),
    Family::new(Afi::IPV4, Safi::MPLS_VPN),
    Family::new(Afi::IPV6, Safi::MPLS_VPN),
    Family::new(Afi::IPV4, Safi::MUP),
    Family::new(Afi::IPV6, Safi::MUP),
];

/// The families that may have a next hop of IPv6 (RFC 8950 section 4).
const IPV6_NEXT_HOP: [Family; 4] = [
    Family::IPV4_UNICAST,
    Family::IPV4_MULTICAST,
    Family::new(Afi::IPV4, Safi::NLRI_MPLS),
    Family::new(Afi::IPV4, Safi::MPLS_VPN),
];

/// The ends of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Ours.
    pub local: IpAddr,
    /// The peer's.
    pub peer: IpAddr,
}

/// Why the peer's OPEN is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{explanation}")]
pub struct Refusal {
    /// What the peer is told.
    pub notification: Notification<'static>,
    /// What is wrong, for people.
    pub explanation: String,
}

impl Refusal {
    fn new(subcode: u8, data: impl Into<Vec<u8>>, explanation: impl Into<String>) -> Self {
        Self {
            notification: Notification::with_data(error::OPEN, subcode, data.into()),
            explanation: explanation.into(),
        }
    }
}

/// Our OPEN: the capabilities in ExaBGP's order. `restarted` is the R bit of graceful restart (RFC 4724 section 3).
pub fn announce(settings: &Settings, local_as: Asn, restarted: bool) -> Open {
    let mut capabilities = Capabilities::new();
    announce_routes(settings, local_as, &mut capabilities);
    announce_restart(settings, restarted, &mut capabilities);
    announce_messages(settings, &mut capabilities);
    announce_names(settings, &mut capabilities);
    if settings.link_local_next_hop {
        capabilities.announce_flag(CapabilityCode::LINK_LOCAL_NEXT_HOP);
    }
    if let Some(role) = settings.role {
        capabilities.announce_role(role);
    }
    if settings.multisession {
        capabilities.announce_multisession([CapabilityCode::MULTIPROTOCOL]);
    }
    Open {
        version: VERSION,
        asn: local_as.two_octets(),
        hold_time: settings.hold_time,
        router_id: settings.router_id,
        capabilities,
    }
}

/// What routes there are, and how they are written.
fn announce_routes(settings: &Settings, local_as: Asn, capabilities: &mut Capabilities) {
    capabilities.announce_multiprotocol(settings.families.iter().copied());
    if settings.asn4 {
        capabilities.announce_asn4(local_as);
    }
    let next_hop = settings.next_hop.iter().copied();
    capabilities.announce_next_hop(
        next_hop.filter(|(family, afi)| IPV6_NEXT_HOP.contains(family) && *afi == Afi::IPV6),
    );
    let mut mode = 0;
    if settings.add_path.receive {
        mode |= add_path::RECEIVE;
    }
    if settings.add_path.send {
        mode |= add_path::SEND;
    }
    if mode == 0 {
        return;
    }
    let families = add_path_families(settings);
    capabilities.announce_add_path(families.iter().map(|(family, _)| (*family, mode)));
    if settings.add_path.receive {
        capabilities.announce_paths_limit(
            families.iter().filter_map(|(family, limit)| limit.map(|limit| (*family, limit))),
        );
    }
}

/// The families whose paths are identified, each with the most paths that are wanted.
fn add_path_families(settings: &Settings) -> Vec<(Family, Option<u16>)> {
    let chosen = &settings.add_path_families;
    let usual = ADD_PATH.into_iter().filter_map(|family| {
        if chosen.is_empty() {
            return settings.families.contains(&family).then_some((family, None));
        }
        chosen.iter().find(|(other, _)| *other == family).copied()
    });
    let others = chosen.iter().filter(|(family, _)| !ADD_PATH.contains(family)).copied();
    usual.chain(others).collect()
}

fn announce_restart(settings: &Settings, restarted: bool, capabilities: &mut Capabilities) {
    let Some(time) = settings.graceful_restart else { return };
    capabilities.announce_graceful_restart(&GracefulRestartCapability {
        restarted,
        notification: settings.graceful_restart_notification,
        time: if time == 0 { settings.hold_time } else { time },
        families: settings.families.iter().map(|family| (*family, true)).collect(),
    });
    // Means nothing without capability 64 (RFC 9494 section 4.2).
    if let Some(stale_time) = settings.long_lived_graceful_restart {
        let families = settings.families.iter();
        capabilities.announce_long_lived_graceful_restart(families.map(|family| LongLivedFamily {
            family: *family,
            forwarding: true,
            stale_time,
        }));
    }
}

fn announce_messages(settings: &Settings, capabilities: &mut Capabilities) {
    if settings.route_refresh {
        capabilities.announce_flag(CapabilityCode::ROUTE_REFRESH);
        capabilities.announce_flag(CapabilityCode::ENHANCED_ROUTE_REFRESH);
    }
    if settings.operational {
        capabilities.announce_flag(settings.operational_code());
    }
    if settings.extended_message {
        capabilities.announce_flag(CapabilityCode::EXTENDED_MESSAGE);
    }
}

fn announce_names(settings: &Settings, capabilities: &mut Capabilities) {
    if !settings.host_name.is_empty() {
        capabilities.announce_hostname(&settings.host_name, &settings.domain_name);
    }
    if let Some(version) = &settings.software_version {
        capabilities.announce_software_version(version);
    }
}

/// The AS number of an OPEN's sender: of capability 65, if it is there.
pub fn their_as(open: &Open) -> Asn {
    open.capabilities.asn4().unwrap_or(Asn(open.asn.into()))
}

/// Judges the peer's OPEN (RFC 4271 section 6.2 and its successors) and says what both agree upon.
pub fn negotiate(
    settings: &Settings,
    ours: &Open,
    theirs: &Open,
    ends: Ends,
) -> Result<Negotiated, Refusal> {
    let local_as = settings.local_as.unwrap_or_else(|| their_as(ours));
    let peer_as = check_as(settings, theirs)?;
    check_identifier(ours, theirs, local_as == peer_as)?;
    check_hold_time(theirs)?;
    check_multisession(ours, theirs)?;
    if local_as != peer_as {
        check_role(settings, theirs)?;
    }
    let both = |code| ours.capabilities.has(code) && theirs.capabilities.has(code);
    Ok(Negotiated {
        local_as,
        peer_as,
        local_router_id: ours.router_id,
        peer_router_id: theirs.router_id,
        local_address: ends.local,
        peer_address: ends.peer,
        local_link_local: settings.local_link_local,
        hold_time: ours.hold_time.min(theirs.hold_time),
        message_size: if both(CapabilityCode::EXTENDED_MESSAGE) { 65535 } else { 4096 },
        asn4: both(CapabilityCode::ASN4),
        families: families(settings, theirs),
        disabled: Vec::new(),
        add_path: paths(ours, theirs),
        next_hop: next_hops(settings, ours, theirs),
        refresh: refresh(ours, theirs),
        operational: settings.operational && both(settings.operational_code()),
        multisession: both(CapabilityCode::MULTISESSION),
        link_local_next_hop: both(CapabilityCode::LINK_LOCAL_NEXT_HOP),
        // On by default within an AS, off between two (RFC 7311 section 3.2).
        aigp: settings.aigp.unwrap_or(local_as == peer_as),
        graceful_restart: graceful_restart(ours, theirs),
    })
}

/// The peer's AS number has to be the one expected, not 0 (RFC 7607), and the same in both places that have it.
fn check_as(settings: &Settings, theirs: &Open) -> Result<Asn, Refusal> {
    let peer_as = their_as(theirs);
    let data = match theirs.capabilities.asn4() {
        Some(asn) => asn.0.to_be_bytes().to_vec(),
        None => theirs.asn.to_be_bytes().to_vec(),
    };
    let refuse = |explanation| Refusal::new(error::open::BAD_PEER_AS, data.clone(), explanation);
    if let Some(expected) = settings.peer_as
        && expected != peer_as
    {
        return Err(refuse(format!("the peer's AS is {peer_as}, and {expected} was expected")));
    }
    if peer_as == Asn(0) {
        return Err(refuse("the peer's AS is 0".to_owned()));
    }
    let field = Asn(theirs.asn.into());
    if field != peer_as && field != Asn::TRANS {
        return Err(refuse(format!(
            "the peer's AS is {field} in its OPEN and {peer_as} in its capability 65"
        )));
    }
    Ok(peer_as)
}

/// A BGP identifier is not 0, and within an AS it is ours alone (RFC 6286 section 2.2).
fn check_identifier(ours: &Open, theirs: &Open, internal: bool) -> Result<(), Refusal> {
    let identifier = theirs.router_id;
    let explanation = if identifier == Ipv4Addr::UNSPECIFIED {
        "the peer's BGP identifier is 0.0.0.0".to_owned()
    } else if internal && identifier == ours.router_id {
        format!("the peer's BGP identifier is ours, {identifier}, and so is its AS")
    } else {
        return Ok(());
    };
    Err(Refusal::new(error::open::BAD_BGP_IDENTIFIER, identifier.octets(), explanation))
}

fn check_hold_time(theirs: &Open) -> Result<(), Refusal> {
    match theirs.hold_time {
        seconds @ 1..=2 => Err(Refusal::new(
            error::open::UNACCEPTABLE_HOLD_TIME,
            seconds.to_be_bytes(),
            format!("the peer's hold time is {seconds} seconds: it has to be 0, or 3 or more"),
        )),
        _ => Ok(()),
    }
}

/// With multi-session, both sides have to mean the same session.
fn check_multisession(ours: &Open, theirs: &Open) -> Result<(), Refusal> {
    let Some(mut our_codes) = ours.capabilities.multisession() else { return Ok(()) };
    let Some(mut their_codes) = theirs.capabilities.multisession() else {
        return Err(Refusal::new(
            error::open::GROUPING_REQUIRED,
            [],
            "the peer does not know multi-session, which is required here",
        ));
    };
    let sorted = |open: &Open| {
        let mut families = open.capabilities.multiprotocol();
        families.sort_unstable();
        families
    };
    our_codes.sort_unstable();
    their_codes.sort_unstable();
    if our_codes != their_codes || sorted(ours) != sorted(theirs) {
        return Err(Refusal::new(
            error::open::GROUPING_CONFLICT,
            [],
            "the peer's multi-session identifier is not ours",
        ));
    }
    Ok(())
}

/// The roles of two ASes have to be each other's counterparts (RFC 9234 section 4.2).
fn check_role(settings: &Settings, theirs: &Open) -> Result<(), Refusal> {
    let Some(ours) = settings.role else { return Ok(()) };
    let name = |role: u8| bgp_role::NAMES.get(usize::from(role)).copied().unwrap_or("unassigned");
    let explanation = match theirs.capabilities.role() {
        None if settings.role_strict => "the peer has no role, and one is required".to_owned(),
        None => return Ok(()),
        // Provider and customer, route server and its client, peer and peer.
        Some(theirs) if matches!((ours, theirs), (0, 3) | (3, 0) | (1, 2) | (2, 1) | (4, 4)) => {
            return Ok(());
        }
        Some(theirs) => {
            format!("the peer's role is {}, and ours is {}", name(theirs), name(ours))
        }
    };
    Err(Refusal::new(error::open::ROLE_MISMATCH, [], explanation))
}

/// The families of both, in the peer's order. Who announces none speaks of IPv4 unicast (RFC 4760 section 1).
fn families(settings: &Settings, theirs: &Open) -> Vec<Family> {
    let mut families = theirs.capabilities.multiprotocol();
    if !theirs.capabilities.has(CapabilityCode::MULTIPROTOCOL) {
        families.push(Family::IPV4_UNICAST);
    }
    families.retain(|family| settings.families.contains(family));
    families
}

/// Identifiers are sent where one side can send and the other can receive them (RFC 7911 section 4).
fn paths(ours: &Open, theirs: &Open) -> AddPath {
    let (ours, theirs) = (ours.capabilities.add_path(), theirs.capabilities.add_path());
    let common = |our_bit: u8, their_bit: u8| {
        let ours = ours.iter().filter(|(_, mode)| mode & our_bit != 0);
        ours.map(|(family, _)| *family)
            .filter(|family| {
                theirs.iter().any(|(other, mode)| other == family && mode & their_bit != 0)
            })
            .collect()
    };
    AddPath {
        send: common(add_path::SEND, add_path::RECEIVE),
        receive: common(add_path::RECEIVE, add_path::SEND),
        everywhere: false,
    }
}

/// What both announce, and the IPv4 next hops of IPv6 routes that are configured: RFC 8950 has no way to announce those,
/// and ExaBGP sends them to whoever has the capability at all.
fn next_hops(settings: &Settings, ours: &Open, theirs: &Open) -> Vec<(Family, Afi)> {
    let mut next_hops = ours.capabilities.next_hop();
    let theirs = theirs.capabilities.next_hop();
    next_hops.retain(|conversion| theirs.contains(conversion));
    if !next_hops.is_empty() {
        let configured = settings.next_hop.iter().copied();
        next_hops.extend(
            configured.filter(|(family, afi)| family.afi == Afi::IPV6 && *afi == Afi::IPV4),
        );
    }
    next_hops
}

fn refresh(ours: &Open, theirs: &Open) -> Refresh {
    let enhanced = |open: &Open| open.capabilities.has(CapabilityCode::ENHANCED_ROUTE_REFRESH);
    let normal = |open: &Open| {
        open.capabilities.has(CapabilityCode::ROUTE_REFRESH)
            || open.capabilities.has(CapabilityCode::ROUTE_REFRESH_CISCO)
    };
    if enhanced(ours) && enhanced(theirs) {
        Refresh::Enhanced
    } else if normal(ours) && normal(theirs) {
        Refresh::Normal
    } else {
        Refresh::Absent
    }
}

fn graceful_restart(ours: &Open, theirs: &Open) -> GracefulRestart {
    let Some(theirs) = theirs.capabilities.graceful_restart() else {
        return GracefulRestart::default();
    };
    let ours = ours.capabilities.graceful_restart();
    GracefulRestart {
        negotiated: ours.is_some(),
        peer_restarted: theirs.restarted,
        notification: theirs.notification && ours.is_some_and(|ours| ours.notification),
        peer_time: theirs.time,
        peer_families: theirs.families,
    }
}
