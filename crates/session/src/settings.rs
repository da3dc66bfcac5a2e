//! What a neighbor's configuration says about its session.

use std::net::{Ipv4Addr, Ipv6Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, CapabilityCode, Family};

/// Whether path identifiers are offered (RFC 7911 section 4): the two low bits of the capability's Send/Receive field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddPathMode {
    /// We can receive several paths.
    pub receive: bool,
    /// We can send several paths.
    pub send: bool,
}

/// What is agreed upon at the start of a session, and how the session behaves. A change of any of these needs a new
/// session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Our AS; `None` to take the peer's, from its OPEN.
    pub local_as: Option<Asn>,
    /// The peer's AS; `None` to accept any.
    pub peer_as: Option<Asn>,
    /// Our BGP identifier.
    pub router_id: Ipv4Addr,
    /// Seconds: 0 or 3 to 65535.
    pub hold_time: u16,
    /// The families of the multiprotocol capability, in this order.
    pub families: Vec<Family>,
    /// Capability 65.
    pub asn4: bool,
    /// Capabilities 2 and 70.
    pub route_refresh: bool,
    /// Capability 64: the restart time in seconds; `None` to leave it out. 0 stands for the hold time.
    pub graceful_restart: Option<u16>,
    /// The N bit of capability 64 (RFC 8538): a NOTIFICATION need not end the use of routes. Means nothing without
    /// [`Self::graceful_restart`].
    pub graceful_restart_notification: bool,
    /// Capability 71 (RFC 9494): the stale time in seconds for every family.
    pub long_lived_graceful_restart: Option<u32>,
    /// Capability 69.
    pub add_path: AddPathMode,
    /// The families of capability 69, with the limit of capability 76; empty for all of [`Self::families`].
    pub add_path_families: Vec<(Family, Option<u16>)>,
    /// Capability 5: families that may have a next hop of another address family.
    pub next_hop: Vec<(Family, Afi)>,
    /// Capability 68.
    pub multisession: bool,
    /// Capability 185.
    pub operational: bool,
    /// Whether OPERATIONAL messages are agreed upon by the code of ExaBGP 3.4, 71, which IANA gave to
    /// [`Self::long_lived_graceful_restart`].
    pub operational_of_exabgp_3_4: bool,
    /// Whether AIGP is sent and accepted; `None` for what the kind of session suggests.
    pub aigp: Option<bool>,
    /// Capability 6.
    pub extended_message: bool,
    /// Capability 75: the text.
    pub software_version: Option<String>,
    /// Capability 73; left out when the host name is empty.
    pub host_name: String,
    /// Capability 73.
    pub domain_name: String,
    /// Capability 77.
    pub link_local_next_hop: bool,
    /// The link-local address sent as the second next hop.
    pub local_link_local: Option<Ipv6Addr>,
    /// Capability 9 (RFC 9234): 0 provider, 1 route server, 2 route server client, 3 customer, 4 peer.
    pub role: Option<u8>,
    /// Whether a peer without a role is refused (RFC 9234 section 4.2).
    pub role_strict: bool,
    /// Never dials.
    pub passive: bool,
    /// No End-of-RIB of our own.
    pub manual_eor: bool,
    /// Several NLRI in one UPDATE where they share attributes.
    pub group_updates: bool,
    /// Seconds to wait for the peer's OPEN.
    pub open_wait: u16,
    /// How many times to dial; 0 for ever.
    pub attempts: u32,
}

impl Settings {
    /// The capability by which OPERATIONAL messages are agreed upon.
    pub const fn operational_code(&self) -> CapabilityCode {
        if self.operational_of_exabgp_3_4 {
            CapabilityCode::LONG_LIVED_GRACEFUL_RESTART
        } else {
            CapabilityCode::OPERATIONAL
        }
    }
}

impl Default for Settings {
    /// ExaBGP's defaults.
    fn default() -> Self {
        Self {
            local_as: None,
            peer_as: None,
            router_id: Ipv4Addr::UNSPECIFIED,
            hold_time: 180,
            families: Family::ALL.to_vec(),
            asn4: true,
            route_refresh: false,
            graceful_restart: None,
            graceful_restart_notification: false,
            long_lived_graceful_restart: None,
            add_path: AddPathMode::default(),
            add_path_families: Vec::new(),
            next_hop: Vec::new(),
            multisession: false,
            operational: false,
            operational_of_exabgp_3_4: false,
            aigp: None,
            extended_message: true,
            software_version: None,
            host_name: String::new(),
            domain_name: String::new(),
            link_local_next_hop: false,
            local_link_local: None,
            role: None,
            role_strict: false,
            passive: false,
            manual_eor: false,
            group_updates: true,
            open_wait: 60,
            attempts: 0,
        }
    }
}
