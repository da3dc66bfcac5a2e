//! What a configuration means, after defaults, templates and checks.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use yottabgp_health::Options;
use yottabgp_session::settings::Settings;
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::prefix::Prefix;

use crate::configured::ConfiguredRoutes;
use crate::dialect::Dialect;
use crate::flags::flags;
use crate::recording::Recording;

/// A whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What the file was read as.
    pub dialect: Dialect,
    /// The helper processes, in the order of the file.
    pub processes: Vec<Process>,
    /// The services that are checked, in the order of the file.
    pub healthchecks: Vec<Healthcheck>,
    /// BMP, where there is a section.
    pub bmp: Option<Bmp>,
    /// What is recorded of all neighbors.
    pub mrt: Option<Recording>,
    /// The neighbors, in the order of the file.
    pub neighbors: Vec<Neighbor>,
}

impl Configuration {
    /// Whether the neighbors, processes and BMP are the same: the dialect is but how they were written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.processes == other.processes
            && self.bmp == other.bmp
            && self.mrt == other.mrt
            && self.neighbors == other.neighbors
    }
}

/// In what form a helper process gets its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoder {
    /// Lines of words.
    #[default]
    Text,
    /// Lines of JSON.
    Json,
}

impl Encoder {
    /// The name in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// A helper process: `process NAME { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: Arc<str>,
    /// The program, as a path, and its arguments; no shell is involved. Never empty.
    pub run: Vec<String>,
    /// The form of its events.
    pub encoder: Encoder,
    /// Which release of ExaBGP its events look like, if that was chosen for it.
    pub layout: Option<Layout>,
    /// Whether it is started again when it ends.
    pub respawn: bool,
}

/// A service that the daemon checks: `healthcheck NAME { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Healthcheck {
    /// Its name.
    pub name: Arc<str>,
    /// Its options.
    pub options: Options,
    /// The same as they were written: keyword and value.
    pub written: Vec<(&'static str, Option<String>)>,
}

/// BMP in the daemon: `bmp { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bmp {
    /// Where routers connect to.
    pub listen: Vec<SocketAddr>,
    /// Routers that wait to be connected to.
    pub connect: Vec<SocketAddr>,
    /// The processes that are told what routers tell.
    pub processes: Vec<Arc<str>>,
    /// What they are told: at least one form, and one kind of message.
    pub receive: BmpFlags,
    /// Whether routes are kept.
    pub table: bool,
    /// How long kept routes stay when the connection to their router is lost, in seconds.
    pub stale_time: u32,
    /// How many routers may be connected to each address at once.
    pub routers: u32,
    /// The stations that are told of our own sessions.
    pub stations: Vec<BmpStation>,
}

/// A BMP station that is told of our own sessions: `station ADDRESS { … }` in the section `bmp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BmpStation {
    /// Where it is.
    pub address: SocketAddr,
    /// The address to connect from.
    pub local_address: Option<IpAddr>,
    /// Whether it is told what peers send.
    pub adj_rib_in: bool,
    /// Whether it is told what peers are sent.
    pub adj_rib_out: bool,
    /// The neighbors of which it is told; all when there are none.
    pub neighbors: Vec<IpAddr>,
    /// Seconds between reports of what is counted; 0 for none.
    pub statistics_interval: u32,
    /// How much may wait to be read by it, in mebibytes.
    pub queue: u32,
    /// Who tells it: the host's name when there is none.
    pub name: Option<String>,
    /// What tells it: the program when there is none.
    pub description: Option<String>,
}

impl BmpStation {
    /// Whether it is told of the neighbor with this address.
    pub fn is_about(&self, neighbor: IpAddr) -> bool {
        self.neighbors.is_empty() || self.neighbors.contains(&neighbor)
    }

    /// How much may wait to be read by it, in octets.
    pub fn queue_octets(&self) -> usize {
        usize::try_from(self.queue).unwrap_or(usize::MAX).saturating_mul(1024 * 1024)
    }
}

/// A neighbor: `neighbor ADDRESS { … }`, templates included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// The key of the peer in commands and in the RIB:
    /// `neighbor 192.0.2.1 local-ip auto local-as 1 peer-as 2 router-id 192.0.2.9 family-allowed in-open`.
    pub name: String,
    /// The peer's address; shorter than a host prefix for a range of peers, which is always passive. Host bits may be
    /// set; they do not count.
    pub peer: Prefix,
    /// The address to connect from and to be connected to; `None` for whatever the system chooses.
    pub local_address: Option<IpAddr>,
    /// The session itself.
    pub settings: Settings,
    /// For people.
    pub description: String,
    /// A port to listen on for this neighbor alone.
    pub listen: Option<u16>,
    /// The peer's port; `None` for the one of the environment, or 179.
    pub connect: Option<u16>,
    /// The interface that the connection is bound to.
    pub source_interface: Option<String>,
    /// The TTL (hop limit) of what is sent.
    pub outgoing_ttl: Option<u8>,
    /// The least TTL (hop limit) of what is accepted (RFC 5082).
    pub incoming_ttl: Option<u8>,
    /// The key of TCP MD5 (RFC 2385), at most 80 octets; base64 is decoded already.
    pub md5_password: Option<Vec<u8>>,
    /// Whether the password was, and is printed, as base64.
    pub md5_base64: bool,
    /// The local address of listening sockets, where it is not [`Self::local_address`].
    pub md5_ip: Option<IpAddr>,
    /// TCP-AO (RFC 5925).
    pub tcp_ao: Option<TcpAo>,
    /// How many messages are handled in a second.
    pub rate_limit: Option<NonZeroU32>,
    /// Whether routes are sent at once, and not at `flush`.
    pub auto_flush: bool,
    /// Whether received routes are kept.
    pub adj_rib_in: bool,
    /// Whether sent routes are kept, to be sent again.
    pub adj_rib_out: bool,
    /// Who is told what, and who may command.
    pub api: Vec<ApiBlock>,
    /// What is recorded of it, in files besides those of all neighbors.
    pub mrt: Option<Recording>,
    /// The OPERATIONAL messages that each session starts with.
    pub operational: Vec<Operational<'static>>,
    /// The routes of the file, own ones first and then those of templates.
    pub routes: ConfiguredRoutes,
}

impl Neighbor {
    /// Whether this stands for a range of peers.
    pub fn is_range(&self) -> bool {
        self.peer.length != yottabgp_wire::prefix::longest(self.peer.afi())
    }

    /// The address that listening sockets of this neighbor are bound to.
    pub fn listen_address(&self) -> Option<IpAddr> {
        self.md5_ip.or(self.local_address)
    }
}

/// A key of TCP-AO (RFC 5925); the same key identifier is used both ways.
#[derive(Clone, PartialEq, Eq)]
pub struct TcpAo {
    /// The key identifier (KeyID).
    pub key_id: u8,
    /// The algorithm.
    pub algorithm: TcpAoAlgorithm,
    /// The master key, at most 80 octets; base64 is decoded already.
    pub key: Vec<u8>,
    /// Whether the key was, and is printed, as base64.
    pub base64: bool,
}

impl std::fmt::Debug for TcpAo {
    /// Leaves the key out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpAo")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The algorithms of TCP-AO (RFC 5926, RFC 5925).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcpAoAlgorithm {
    /// `hmac-sha-1-96`
    HmacSha1,
    /// `aes-128-cmac-96`
    Aes128Cmac,
    /// `hmac-sha-256`
    HmacSha256,
}

impl TcpAoAlgorithm {
    /// Every algorithm with its name.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("hmac-sha-1-96", Self::HmacSha1),
        ("aes-128-cmac-96", Self::Aes128Cmac),
        ("hmac-sha-256", Self::HmacSha256),
    ];

    /// The name in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac-sha-1-96",
            Self::Aes128Cmac => "aes-128-cmac-96",
            Self::HmacSha256 => "hmac-sha-256",
        }
    }
}

/// `api [NAME] { … }` of a neighbor: these processes are told these events of the neighbor, and may command it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiBlock {
    /// Its name; empty when it has none.
    pub name: String,
    /// The processes, those that [`Self::processes_match`] found included.
    pub processes: Vec<Arc<str>>,
    /// The regular expressions of `processes-match`, as they were written.
    pub processes_match: Vec<String>,
    /// Up, down, connected.
    pub neighbor_changes: bool,
    /// What the OPENs agreed upon.
    pub negotiated: bool,
    /// Each change of state.
    pub fsm: bool,
    /// Signals of the operating system.
    pub signal: bool,
    /// Messages from the peer.
    pub receive: MessageFlags,
    /// Messages to the peer.
    pub send: MessageFlags,
}

flags! {
    /// The flags of `receive { … }` and `send { … }`.
    MessageFlags(u16) {
        /// The decoded form.
        PARSED = 0, "parsed";
        /// Header and body in hexadecimal.
        PACKETS = 1, "packets";
        /// Both in one event.
        CONSOLIDATE = 2, "consolidate";
        /// OPEN messages.
        OPEN = 3, "open";
        /// UPDATE messages.
        UPDATE = 4, "update";
        /// NOTIFICATION messages.
        NOTIFICATION = 5, "notification";
        /// KEEPALIVE messages.
        KEEPALIVE = 6, "keepalive";
        /// ROUTE-REFRESH messages.
        REFRESH = 7, "refresh";
        /// OPERATIONAL messages.
        OPERATIONAL = 8, "operational";
    }
}

flags! {
    /// The flags of `receive { … }` in the section `bmp`.
    BmpFlags(u32) {
        /// The decoded form.
        PARSED = 0, "parsed";
        /// Header and body of BGP messages in hexadecimal.
        PACKETS = 1, "packets";
        /// Both in one event.
        CONSOLIDATE = 2, "consolidate";
        /// Initiation.
        INITIATION = 3, "initiation";
        /// Termination.
        TERMINATION = 4, "termination";
        /// Peer Up.
        PEER_UP = 5, "peer-up";
        /// Peer Down, and the end of the connection.
        PEER_DOWN = 6, "peer-down";
        /// Route Monitoring.
        ROUTE_MONITORING = 7, "route-monitoring";
        /// Route Mirroring.
        ROUTE_MIRRORING = 8, "route-mirroring";
        /// Statistics.
        STATISTICS = 9, "statistics";
        /// Messages of other types.
        UNKNOWN = 10, "unknown";
        /// OPEN messages that are mirrored.
        OPEN = 11, "open";
        /// UPDATE messages.
        UPDATE = 12, "update";
        /// NOTIFICATION messages that are mirrored.
        NOTIFICATION = 13, "notification";
        /// KEEPALIVE messages that are mirrored.
        KEEPALIVE = 14, "keepalive";
        /// ROUTE-REFRESH messages that are mirrored.
        REFRESH = 15, "refresh";
        /// OPERATIONAL messages that are mirrored.
        OPERATIONAL = 16, "operational";
    }
}

impl BmpFlags {
    /// Every kind of message that a router sends: what holds when none is named.
    pub const EVERYTHING: Self = Self(
        Self::INITIATION.0
            | Self::TERMINATION.0
            | Self::PEER_UP.0
            | Self::PEER_DOWN.0
            | Self::ROUTE_MONITORING.0
            | Self::ROUTE_MIRRORING.0
            | Self::STATISTICS.0
            | Self::UNKNOWN.0,
    );

    /// Those that say in what form messages are told.
    const FORMS: Self = Self(Self::PARSED.0 | Self::PACKETS.0 | Self::CONSOLIDATE.0);

    /// The same with the decoded form when no form is named, and every kind of message when none is.
    #[must_use]
    pub const fn completed(mut self) -> Self {
        if self.0 & Self::FORMS.0 == 0 {
            self.0 |= Self::PARSED.0;
        }
        if self.0 & !Self::FORMS.0 == 0 {
            self.0 |= Self::EVERYTHING.0;
        }
        self
    }
}
