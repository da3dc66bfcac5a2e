//! Code points as open newtypes: each has one table, unknown values survive a round trip and still print.

pub mod error;

use std::fmt;

/// Makes an open newtype with named values and `name()`. Where it is used, `std::fmt` is `fmt`.
#[macro_export]
macro_rules! code_points {
    ($(#[$attribute:meta])* $type:ident($repr:ty) { $($(#[$doc:meta])* $constant:ident = $value:literal, $name:literal;)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub $repr);

        impl $type {
            $($(#[$doc])* pub const $constant: Self = Self($value);)*

            /// Every named value, in the order of the table.
            pub const NAMED: &'static [(Self, &'static str)] = &[$((Self($value), $name)),*];

            /// The name, if the value has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }

            /// The value with this name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self($value)),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}({})", stringify!($type), self.0),
                }
            }
        }
    };
}

code_points! {
    /// An address family identifier (IANA "Address Family Numbers").
    Afi(u16) {
        /// IP version 4.
        IPV4 = 1, "ipv4";
        /// IP version 6.
        IPV6 = 2, "ipv6";
        /// Layer 2 VPN.
        L2VPN = 25, "l2vpn";
        /// BGP-LS (RFC 9552).
        BGP_LS = 16388, "bgp-ls";
    }
}

impl fmt::Display for Afi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown-afi-0x{:04x}", self.0),
        }
    }
}

code_points! {
    /// A subsequent address family identifier (IANA "SAFI Values").
    Safi(u8) {
        /// Unicast forwarding (RFC 4760).
        UNICAST = 1, "unicast";
        /// Multicast forwarding (RFC 4760).
        MULTICAST = 2, "multicast";
        /// Labelled unicast (RFC 8277).
        NLRI_MPLS = 4, "nlri-mpls";
        /// Multicast VPN (RFC 6514).
        MCAST_VPN = 5, "mcast-vpn";
        /// VPLS (RFC 4761).
        VPLS = 65, "vpls";
        /// Ethernet VPN (RFC 7432).
        EVPN = 70, "evpn";
        /// BGP-LS (RFC 9552).
        BGP_LS = 71, "bgp-ls";
        /// BGP-LS in a VPN (RFC 9552).
        BGP_LS_VPN = 72, "bgp-ls-vpn";
        /// Segment routing policy (RFC 9830).
        SR_POLICY = 73, "sr-policy";
        /// Mobile user plane (draft-ietf-bess-mup-safi).
        MUP = 85, "mup";
        /// Labelled VPN (RFC 4364).
        MPLS_VPN = 128, "mpls-vpn";
        /// Route target constraint (RFC 4684).
        RTC = 132, "rtc";
        /// Flow specification (RFC 8955).
        FLOW = 133, "flow";
        /// Flow specification in a VPN (RFC 8955).
        FLOW_VPN = 134, "flow-vpn";
    }
}

impl fmt::Display for Safi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown safi {}", self.0),
        }
    }
}

/// An AFI and a SAFI: what capability 1 negotiates and an MP attribute carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family {
    /// The address family.
    pub afi: Afi,
    /// The subsequent address family.
    pub safi: Safi,
}

impl Family {
    /// IPv4 unicast.
    pub const IPV4_UNICAST: Self = Self::new(Afi::IPV4, Safi::UNICAST);
    /// IPv4 multicast.
    pub const IPV4_MULTICAST: Self = Self::new(Afi::IPV4, Safi::MULTICAST);
    /// IPv6 unicast.
    pub const IPV6_UNICAST: Self = Self::new(Afi::IPV6, Safi::UNICAST);
    /// IPv6 multicast.
    pub const IPV6_MULTICAST: Self = Self::new(Afi::IPV6, Safi::MULTICAST);

    /// A family of these two.
    pub const fn new(afi: Afi, safi: Safi) -> Self {
        Self { afi, safi }
    }

    /// The families that ExaBGP can name: what `family { all; }` and an absent `family` section mean, in its order.
    pub const ALL: &'static [Self] = &[
        Self::IPV4_UNICAST,
        Self::IPV4_MULTICAST,
        Self::new(Afi::IPV4, Safi::NLRI_MPLS),
        Self::new(Afi::IPV4, Safi::MCAST_VPN),
        Self::new(Afi::IPV4, Safi::SR_POLICY),
        Self::new(Afi::IPV4, Safi::MUP),
        Self::new(Afi::IPV4, Safi::MPLS_VPN),
        Self::new(Afi::IPV4, Safi::RTC),
        Self::new(Afi::IPV4, Safi::FLOW),
        Self::new(Afi::IPV4, Safi::FLOW_VPN),
        Self::IPV6_UNICAST,
        Self::IPV6_MULTICAST,
        Self::new(Afi::IPV6, Safi::NLRI_MPLS),
        Self::new(Afi::IPV6, Safi::MCAST_VPN),
        Self::new(Afi::IPV6, Safi::SR_POLICY),
        Self::new(Afi::IPV6, Safi::MUP),
        Self::new(Afi::IPV6, Safi::MPLS_VPN),
        Self::new(Afi::IPV6, Safi::FLOW),
        Self::new(Afi::IPV6, Safi::FLOW_VPN),
        Self::new(Afi::L2VPN, Safi::VPLS),
        Self::new(Afi::L2VPN, Safi::EVPN),
        Self::new(Afi::BGP_LS, Safi::BGP_LS),
        Self::new(Afi::BGP_LS, Safi::BGP_LS_VPN),
    ];

    /// Reads the two words of a family; `labeled-unicast` is another name of `nlri-mpls`.
    pub fn from_words(afi: &str, safi: &str) -> Option<Self> {
        let afi = Afi::named(&afi.to_ascii_lowercase())?;
        let safi = match safi.to_ascii_lowercase().as_str() {
            "labeled-unicast" => Safi::NLRI_MPLS,
            name => Safi::named(name)?,
        };
        let family = Self::new(afi, safi);
        // What has a type of its own has words, even if ExaBGP does not know it.
        let known = || !crate::nlri::registry::row(family).families.is_empty();
        (Self::ALL.contains(&family) || known()).then_some(family)
    }

    /// Reads the two words of any family: names, or numbers for what has none (`16397 133`).
    pub fn from_code_points(afi: &str, safi: &str) -> Option<Self> {
        let afi = Afi::named(&afi.to_ascii_lowercase()).or_else(|| afi.parse().ok().map(Afi))?;
        let safi = match safi.to_ascii_lowercase().as_str() {
            "labeled-unicast" => Safi::NLRI_MPLS,
            name => Safi::named(name).or_else(|| name.parse().ok().map(Safi))?,
        };
        Some(Self::new(afi, safi))
    }

    /// Writes the words of a command that name the family: `ipv4 unicast`, or `family 16397 133` for one without names.
    pub fn push_command(self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        // Writing to memory can not fail.
        let _ = match (self.afi.name(), self.safi.name()) {
            (Some(afi), Some(safi)) if Self::ALL.contains(&self) => write!(out, "{afi} {safi}"),
            _ => write!(out, "family {} {}", self.afi.0, self.safi.0),
        };
    }

    /// The octets `AFI(2) SAFI(1)`.
    pub const fn octets(self) -> [u8; 3] {
        let [high, low] = self.afi.0.to_be_bytes();
        [high, low, self.safi.0]
    }
}

impl fmt::Display for Family {
    /// `ipv4 unicast`, the form of JSON keys and commands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.afi, self.safi)
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

code_points! {
    /// A BGP message type (IANA "BGP Message Types"). The names are the API's short ones.
    MessageType(u8) {
        /// OPEN (RFC 4271).
        OPEN = 1, "open";
        /// UPDATE (RFC 4271).
        UPDATE = 2, "update";
        /// NOTIFICATION (RFC 4271).
        NOTIFICATION = 3, "notification";
        /// KEEPALIVE (RFC 4271).
        KEEPALIVE = 4, "keepalive";
        /// ROUTE-REFRESH (RFC 2918).
        ROUTE_REFRESH = 5, "refresh";
        /// OPERATIONAL (draft-ietf-idr-operational-message; ExaBGP's code).
        OPERATIONAL = 6, "operational";
    }
}

code_points! {
    /// A capability code (IANA "Capability Codes"). The names are those of ExaBGP's sent OPENs, or the RFC's words.
    CapabilityCode(u8) {
        /// Multiprotocol extensions (RFC 2858, RFC 4760).
        MULTIPROTOCOL = 1, "multiprotocol";
        /// Route refresh (RFC 2918).
        ROUTE_REFRESH = 2, "route-refresh";
        /// Outbound route filtering (RFC 5291).
        OUTBOUND_ROUTE_FILTERING = 3, "outbound-route-filtering";
        /// A next hop of another address family (RFC 8950).
        NEXT_HOP = 5, "nexthop";
        /// Messages of up to 65535 octets (RFC 8654).
        EXTENDED_MESSAGE = 6, "extended-message";
        /// BGPsec (RFC 8205).
        BGPSEC = 7, "bgpsec";
        /// Multiple labels (RFC 8277).
        MULTIPLE_LABELS = 8, "multiple-labels";
        /// BGP role (RFC 9234).
        BGP_ROLE = 9, "bgp-role";
        /// Graceful restart (RFC 4724).
        GRACEFUL_RESTART = 64, "graceful-restart";
        /// Four-octet AS numbers (RFC 6793).
        ASN4 = 65, "asn4";
        /// Dynamic capability (draft-ietf-idr-dynamic-cap).
        DYNAMIC = 67, "dynamic-capability";
        /// Multi-session (draft-ietf-idr-bgp-multisession).
        MULTISESSION = 68, "multisession";
        /// Several paths (RFC 7911).
        ADD_PATH = 69, "add-path";
        /// Enhanced route refresh (RFC 7313).
        ENHANCED_ROUTE_REFRESH = 70, "enhanced-route-refresh";
        /// Long-lived graceful restart (RFC 9494).
        LONG_LIVED_GRACEFUL_RESTART = 71, "long-lived-graceful-restart";
        /// Routing policy distribution (draft-ietf-idr-rpd).
        ROUTING_POLICY_DISTRIBUTION = 72, "routing-policy-distribution";
        /// Fully qualified domain name (draft-walton-bgp-hostname-capability).
        HOSTNAME = 73, "hostname";
        /// Software version (draft-abraitis-bgp-version-capability).
        SOFTWARE_VERSION = 75, "software-version";
        /// The most paths that are wanted (draft-abraitis-idr-addpath-paths-limit).
        PATHS_LIMIT = 76, "paths-limit";
        /// Link-local next hops (draft-ietf-idr-linklocal-capability).
        LINK_LOCAL_NEXT_HOP = 77, "link-local-nexthop";
        /// Route refresh, before it had a code (Cisco).
        ROUTE_REFRESH_CISCO = 128, "route-refresh-cisco";
        /// Multi-session, before it had a code (Cisco).
        MULTISESSION_CISCO = 131, "multisession-cisco";
        /// OPERATIONAL messages (draft-ietf-idr-operational-message; ExaBGP's code).
        OPERATIONAL = 185, "operational";
    }
}

code_points! {
    /// What an OPERATIONAL message says (draft-ietf-idr-operational-message section 4).
    OperationalType(u16) {
        /// Advisory demand message.
        ADM = 1, "ADM";
        /// Advisory static message.
        ASM = 2, "ASM";
        /// Reachable prefix count query.
        RPCQ = 3, "RPCQ";
        /// Reachable prefix count reply.
        RPCP = 4, "RPCP";
        /// Adj-RIB-Out prefix count query.
        APCQ = 5, "APCQ";
        /// Adj-RIB-Out prefix count reply.
        APCP = 6, "APCP";
        /// Loc-RIB prefix count query.
        LPCQ = 7, "LPCQ";
        /// Loc-RIB prefix count reply.
        LPCP = 8, "LPCP";
        /// Simple state query.
        SSQ = 9, "SSQ";
        /// Dropped update prefixes.
        DUP = 10, "DUP";
        /// Malformed update prefixes.
        MUP = 11, "MUP";
        /// Malformed update dump.
        MUD = 12, "MUD";
        /// Simple state response.
        SSP = 13, "SSP";
        /// Maximum permitted.
        MP = 65534, "MP";
        /// Not satisfied.
        NS = 65535, "NS";
    }
}
