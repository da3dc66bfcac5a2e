//! What the file says, before templates, defaults and checks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::Span;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::prefix::Prefix;

use crate::model::{Healthcheck, MessageFlags, Process, TcpAoAlgorithm};
use crate::recording::{FileName, Recorded};
use crate::routes::Routes;
use crate::section::bmp::BmpDraft;
use crate::slot::{At, Inheritance, Slot, draft};

/// The whole file.
#[derive(Clone, Debug, Default)]
pub(crate) struct RootDraft {
    /// `process`.
    pub(crate) processes: Vec<At<Process>>,
    /// `healthcheck`.
    pub(crate) healthchecks: Vec<At<Healthcheck>>,
    /// `bmp`.
    pub(crate) bmp: Option<At<BmpDraft>>,
    /// `mrt`.
    pub(crate) mrt: MrtDraft,
    /// `template { neighbor NAME }`.
    pub(crate) templates: Vec<Template>,
    /// `neighbor`, in the order of the file.
    pub(crate) neighbors: Vec<NeighborDraft>,
    /// Whether there is a `group`, which may have no neighbor.
    pub(crate) has_group: bool,
    /// What the processes of groups are told of every neighbor.
    pub(crate) api: Vec<ApiDraft>,
}

/// A template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Its name.
    pub(crate) name: String,
    /// The header.
    pub(crate) span: Span,
    /// What it says.
    pub(crate) neighbor: NeighborDraft,
}

draft! {
    /// A neighbor, or the content of a template.
    NeighborDraft {
        /// The peer: the header, or the old statement.
        peer: Prefix = "peer-address";
        /// `None` for auto.
        local_address: Option<IpAddr> = "local-address";
        local_link_local: Ipv6Addr = "local-link-local";
        /// `None` for auto.
        local_as: Option<Asn> = "local-as";
        /// `None` for auto.
        peer_as: Option<Asn> = "peer-as";
        router_id: Ipv4Addr = "router-id";
        description: String = "description";
        host_name: String = "host-name";
        domain_name: String = "domain-name";
        hold_time: u16 = "hold-time";
        rate_limit: Option<NonZeroU32> = "rate-limit";
        passive: bool = "passive";
        listen: u16 = "listen";
        connect: u16 = "connect";
        source_interface: String = "source-interface";
        outgoing_ttl: Option<u8> = "outgoing-ttl";
        incoming_ttl: Option<u8> = "incoming-ttl";
        md5_password: String = "md5-password";
        md5_base64: bool = "md5-base64";
        md5_ip: IpAddr = "md5-ip";
        group_updates: bool = "group-updates";
        auto_flush: bool = "auto-flush";
        adj_rib_in: bool = "adj-rib-in";
        adj_rib_out: bool = "adj-rib-out";
        manual_eor: bool = "manual-eor";
    }
    plain {
        /// The header.
        header: Span;
        /// `inherit`.
        templates: Vec<At<String>>;
        family: FamilyDraft;
        capability: CapabilityDraft;
        tcp_ao: TcpAoDraft;
        add_path: AddPathDraft;
        mrt: MrtDraft;
        next_hop: Vec<At<(Family, Afi)>>;
        api: Vec<ApiDraft>;
        operational: Vec<At<Operational<'static>>>;
        routes: Routes;
        /// Processes of ExaBGP 3.4, which stand in neighbors and groups, with what they are told.
        processes: Vec<(At<Process>, ApiDraft)>;
        /// Neighbors of a group of ExaBGP 3.4.
        members: Vec<NeighborDraft>;
        /// What processes without a name ask for, in ExaBGP 3.4.
        nameless: Vec<ApiDraft>;
    }
}

draft! {
    /// `family { … }`
    FamilyDraft {
        /// `all;`
        all: () = "all";
        /// `minimal;` of 3.4: the families of the routes.
        minimal: () = "minimal";
    }
    plain {
        list: Vec<At<Family>>;
    }
}

draft! {
    /// `capability { … }`
    CapabilityDraft {
        asn4: bool = "asn4";
        route_refresh: bool = "route-refresh";
        /// Seconds, 0 for the hold time; `None` for disable.
        graceful_restart: Option<u16> = "graceful-restart";
        graceful_restart_notification: bool = "graceful-restart-notification";
        long_lived_graceful_restart: Option<u32> = "long-lived-graceful-restart";
        add_path: AddPathMode = "add-path";
        multi_session: bool = "multi-session";
        operational: OperationalCapability = "operational";
        aigp: bool = "aigp";
        extended_message: bool = "extended-message";
        software_version: bool = "software-version";
        next_hop: bool = "nexthop";
        link_local_next_hop: bool = "link-local-nexthop";
        role: u8 = "role";
        role_strict: bool = "role-strict";
    }
}

impl FamilyDraft {
    /// Whether there is any statement.
    pub(crate) fn says_anything(&self) -> bool {
        !self.list.is_empty() || self.all.at().is_some() || self.minimal.at().is_some()
    }
}

/// How OPERATIONAL messages are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationalCapability {
    /// Not at all.
    Off,
    /// By capability 185.
    On,
    /// By capability 71, as ExaBGP 3.4 does.
    ExaBgp34,
}

draft! {
    /// `tcp-ao { … }`
    TcpAoDraft {
        key_id: u8 = "keyid";
        algorithm: TcpAoAlgorithm = "algorithm";
        password: String = "password";
        base64: bool = "base64";
    }
}

draft! {
    /// `add-path { … }`
    AddPathDraft {
        /// `all;`
        all: () = "all";
    }
    plain {
        /// Families with their limit.
        list: Vec<At<(Family, Option<u16>)>>;
    }
}

draft! {
    /// `mrt { … }`
    MrtDraft {
        updates: FileName = "updates";
        rotate: u32 = "rotate";
        messages: Recorded = "messages";
        received: bool = "received";
        sent: bool = "sent";
        table: FileName = "table";
        table_interval: u32 = "table-interval";
    }
    plain {
        /// The header, if there is a section.
        header: Option<Span>;
    }
}

/// `api [NAME] { … }`
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiDraft {
    pub(crate) neighbor_changes: Slot<bool>,
    pub(crate) negotiated: Slot<bool>,
    pub(crate) fsm: Slot<bool>,
    pub(crate) signal: Slot<bool>,
    /// Empty when it has none.
    pub(crate) name: String,
    /// The header.
    pub(crate) span: Span,
    pub(crate) processes: Vec<At<String>>,
    pub(crate) processes_match: Vec<At<String>>,
    pub(crate) receive: MessageFlags,
    pub(crate) send: MessageFlags,
}

impl NeighborDraft {
    /// Inherits what a template says: single values unless there are own ones, and lists after the own entries.
    pub(crate) fn inherit(&mut self, template: &Self, about: &mut Inheritance<'_>) {
        self.inherit_slots(template, about);
        self.family.inherit_slots(&template.family, about);
        self.capability.inherit_slots(&template.capability, about);
        self.tcp_ao.inherit_slots(&template.tcp_ao, about);
        self.add_path.inherit_slots(&template.add_path, about);
        self.mrt.inherit_slots(&template.mrt, about);
        self.mrt.header = self.mrt.header.or(template.mrt.header);
        inherit_list(&mut self.family.list, &template.family.list, |family| *family);
        inherit_list(&mut self.add_path.list, &template.add_path.list, |(family, _)| *family);
        inherit_list(&mut self.next_hop, &template.next_hop, |pair| *pair);
        self.api.extend(template.api.iter().cloned());
        self.operational.extend(template.operational.iter().cloned());
        self.routes.inherit(&template.routes);
    }
}

impl NeighborDraft {
    /// The same as [`Self::inherit`] for a template that nobody else inherits: long lists are not copied.
    pub(crate) fn absorb(&mut self, mut template: Self, about: &mut Inheritance<'_>) {
        let mut routes = std::mem::take(&mut template.routes);
        let mut api = std::mem::take(&mut template.api);
        let mut operational = std::mem::take(&mut template.operational);
        self.inherit(&template, about);
        self.routes.append(&mut routes);
        self.api.append(&mut api);
        self.operational.append(&mut operational);
    }
}

/// Adds the entries whose key is not there yet.
fn inherit_list<T: Copy, K: PartialEq>(own: &mut Vec<At<T>>, template: &[At<T>], key: fn(&T) -> K) {
    for entry in template {
        if !own.iter().any(|at| key(&at.value) == key(&entry.value)) {
            own.push(*entry);
        }
    }
}
