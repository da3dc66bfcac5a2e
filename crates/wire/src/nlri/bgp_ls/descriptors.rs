//! The descriptors that NLRI consist of, as rows: RFC 9552 section 5.2, RFC 9086 section 4, RFC 9514 section 6, RFC 9857
//! section 4.1, draft-ietf-idr-bgpls-inter-as-topology-ext.

use crate::attribute::bgp_ls::schema::{Kind, Schema, Tlv, field, reserved};

/// Local Node Descriptors.
pub const LOCAL_NODE: u16 = 256;
/// Remote Node Descriptors.
pub const REMOTE_NODE: u16 = 257;
/// Link Local/Remote Identifiers.
pub const LINK_IDENTIFIERS: u16 = 258;
/// Multi-Topology Identifier.
pub const TOPOLOGIES: u16 = 263;
/// OSPF Route Type.
pub const OSPF_ROUTE_TYPE: u16 = 264;
/// IP Reachability Information.
pub const REACHABILITY: u16 = 265;
/// Autonomous System of a node.
pub const AUTONOMOUS_SYSTEM: u16 = 512;
/// IGP Router-ID of a node.
pub const ROUTER_ID: u16 = 515;
/// SRv6 SID Information.
pub const SRV6_SID: u16 = 518;
/// SR Policy Candidate Path Descriptor.
pub const CANDIDATE_PATH: u16 = 554;

/// All but the prefix, which depends on the type of the NLRI.
const ROWS: &[Tlv] = &[
    Tlv::new(LOCAL_NODE, "local-node", Kind::SubTlvs),
    Tlv::new(REMOTE_NODE, "remote-node", Kind::SubTlvs),
    Tlv::new(
        LINK_IDENTIFIERS,
        "link-identifiers",
        Kind::Struct(
            &[field("link-local-id", Kind::Number(4)), field("link-remote-id", Kind::Number(4))],
            &[],
        ),
    ),
    Tlv::new(259, "interface-address", Kind::Ipv4),
    Tlv::new(260, "neighbor-address", Kind::Ipv4),
    Tlv::new(261, "interface-address", Kind::Ipv6).beside(259),
    Tlv::new(262, "neighbor-address", Kind::Ipv6).beside(260),
    Tlv::new(TOPOLOGIES, "multi-topology-ids", Kind::List(&Kind::Topology)),
    Tlv::new(OSPF_ROUTE_TYPE, "ospf-route-type", Kind::Number(1)),
    Tlv::new(270, "remote-asn", Kind::Number(4)),
    Tlv::new(271, "remote-asbr", Kind::Ipv4),
    Tlv::new(272, "remote-asbr", Kind::Ipv6).beside(271),
    Tlv::new(AUTONOMOUS_SYSTEM, "autonomous-system", Kind::Number(4)),
    Tlv::new(513, "bgp-ls-identifier", Kind::Number(4)),
    Tlv::new(514, "ospf-area-id", Kind::Ip),
    Tlv::new(ROUTER_ID, "router-id", Kind::RouterId),
    Tlv::new(516, "bgp-router-id", Kind::Ipv4),
    Tlv::new(517, "confederation-member", Kind::Number(4)),
    Tlv::new(SRV6_SID, "srv6-sid", Kind::Ipv6),
    Tlv::new(
        CANDIDATE_PATH,
        "candidate-path",
        Kind::Struct(
            &[
                field("protocol-origin", Kind::Number(1)),
                field("flags", Kind::Flags(1, &["E", "O"])),
                reserved(2),
                field("endpoint", Kind::WideIf(1, 0x80, &Kind::Ipv4)),
                field("color", Kind::Number(4)),
                field("originator-asn", Kind::Number(4)),
                field("originator-address", Kind::WideIf(1, 0x40, &Kind::Ipv4)),
                field("discriminator", Kind::Number(4)),
            ],
            &[],
        ),
    ),
    Tlv::new(1028, "local-router-id", Kind::Ipv4),
    Tlv::new(1029, "local-router-id", Kind::Ipv6).beside(1028),
];

const PREFIX_4: &[Tlv] = &[Tlv::new(REACHABILITY, "prefix", Kind::Prefix(false))];
const PREFIX_6: &[Tlv] = &[Tlv::new(REACHABILITY, "prefix", Kind::Prefix(true))];

/// The descriptors of IPv4 prefixes, and of all that is no prefix.
pub const VERSION_4: Schema = Schema {
    row: |code| PREFIX_4.iter().chain(ROWS).find(|row| row.code == code),
    rows: || &[PREFIX_4, ROWS],
};

/// The descriptors of IPv6 prefixes.
pub const VERSION_6: Schema = Schema {
    row: |code| PREFIX_6.iter().chain(ROWS).find(|row| row.code == code),
    rows: || &[PREFIX_6, ROWS],
};
