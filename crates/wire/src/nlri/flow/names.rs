//! The names of values: protocols, ICMP types and codes, TCP flags, fragment bits, Ethernet types.
//!
//! What is shown is what ExaBGP shows; more names can be written.

/// Names with their values.
pub(super) type Names = &'static [(&'static str, u16)];

/// Protocols that are shown by name.
pub(super) static PROTOCOLS: Names = &[
    ("icmp", 1),
    ("igmp", 2),
    ("tcp", 6),
    ("egp", 8),
    ("udp", 17),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ospf", 89),
    ("ipip", 94),
    ("pim", 103),
    ("sctp", 132),
];

/// Protocols that are shown as numbers (IANA "Assigned Internet Protocol Numbers").
pub(super) static MORE_PROTOCOLS: Names = &[
    ("hop-by-hop", 0),
    ("ipv4", 4),
    ("ipencap", 4),
    ("igp", 9),
    ("dccp", 33),
    ("ipv6", 41),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("icmp6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("eigrp", 88),
    ("vrrp", 112),
    ("l2tp", 115),
    ("udplite", 136),
    ("mpls-in-ip", 137),
    ("ethernet", 143),
];

/// ICMP types that are shown by name.
pub(super) static ICMP_TYPES: Names = &[
    ("echo-reply", 0),
    ("unreachable", 3),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicit", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp", 13),
    ("timestamp-reply", 14),
    ("photuris", 40),
    ("experimental-mobility", 41),
    ("extended-echo-request", 42),
    ("extended-echo-reply", 43),
    ("experimental-one", 253),
    ("experimental-two", 254),
];

/// Other names of ICMP types.
pub(super) static MORE_ICMP_TYPES: Names = &[
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("router-solicitation", 10),
    ("information-request", 15),
    ("information-reply", 16),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
    ("traceroute", 30),
];

/// ICMP codes, of several types.
pub(super) static ICMP_CODES: Names = &[
    ("network-unreachable", 0),
    ("host-unreachable", 1),
    ("protocol-unreachable", 2),
    ("port-unreachable", 3),
    ("fragmentation-needed", 4),
    ("source-route-failed", 5),
    ("destination-network-unknown", 6),
    ("destination-host-unknown", 7),
    ("source-host-isolated", 8),
    ("destination-network-prohibited", 9),
    ("destination-host-prohibited", 10),
    ("network-unreachable-for-tos", 11),
    ("host-unreachable-for-tos", 12),
    ("communication-prohibited-by-filtering", 13),
    ("host-precedence-violation", 14),
    ("precedence-cutoff-in-effect", 15),
    ("redirect-for-network", 0),
    ("redirect-for-host", 1),
    ("redirect-for-tos-and-net", 2),
    ("redirect-for-tos-and-host", 3),
    ("ttl-eq-zero-during-transit", 0),
    ("ttl-eq-zero-during-reassembly", 1),
    ("required-option-missing", 1),
    ("ip-header-bad", 2),
];

/// ICMPv6 types (IANA "ICMPv6 type Numbers").
pub(super) static ICMPV6_TYPES: Names = &[
    ("unreachable", 1),
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("multicast-listener-query", 130),
    ("multicast-listener-report", 131),
    ("multicast-listener-done", 132),
    ("router-solicit", 133),
    ("router-solicitation", 133),
    ("router-advertisement", 134),
    ("neighbor-solicit", 135),
    ("neighbor-solicitation", 135),
    ("neighbor-advertisement", 136),
    ("redirect", 137),
    ("multicast-listener-report-v2", 143),
    ("experimental-mobility", 150),
    ("extended-echo-request", 160),
    ("extended-echo-reply", 161),
];

/// ICMPv6 codes, of several types.
pub(super) static ICMPV6_CODES: Names = &[
    ("no-route", 0),
    ("network-unreachable", 0),
    ("communication-prohibited", 1),
    ("communication-prohibited-by-filtering", 1),
    ("beyond-scope", 2),
    ("address-unreachable", 3),
    ("host-unreachable", 3),
    ("port-unreachable", 4),
    ("source-address-failed-policy", 5),
    ("reject-route", 6),
    ("hop-limit-exceeded", 0),
    ("ttl-eq-zero-during-transit", 0),
    ("reassembly-time-exceeded", 1),
    ("ttl-eq-zero-during-reassembly", 1),
    ("erroneous-header", 0),
    ("unrecognized-next-header", 1),
    ("unrecognized-option", 2),
];

/// TCP flags: those of the octet that values of one octet are about, and the one above.
pub(super) static TCP_FLAGS: Names = &[
    ("fin", 1),
    ("syn", 2),
    ("rst", 4),
    ("push", 8),
    ("ack", 16),
    ("urg", 32),
    ("ece", 64),
    ("cwr", 128),
    ("ns", 256),
];

/// Other names of TCP flags.
pub(super) static TCP_FLAG_ALIASES: Names = &[("urgent", 32), ("psh", 8)];

/// Fragment bits.
pub(super) static FRAGMENT: Names =
    &[("dont-fragment", 1), ("is-fragment", 2), ("first-fragment", 4), ("last-fragment", 8)];

/// Ethernet types.
pub(super) static ETHERNET_TYPES: Names = &[
    ("ipv4", 0x0800),
    ("arp", 0x0806),
    ("vlan", 0x8100),
    ("ipv6", 0x86dd),
    ("mpls", 0x8847),
    ("lldp", 0x88cc),
];
