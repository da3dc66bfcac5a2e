//! The components that a rule is made of: one row for each type and address family.
//!
//! The types of IPv4 and IPv6 are those of the IANA registry "Flow Spec Component Types" (RFC 8955 section 4.2.2, RFC 8956 section 3),
//! those of Ethernet those that implementations of draft-ietf-idr-flowspec-l2vpn agree on.

use super::names::{self, Names};
use crate::codes::Afi;

/// One type of component.
#[derive(Debug)]
pub(super) struct ComponentType {
    /// The type octet.
    pub(super) kind: u8,
    /// The name in JSON and text, and the word that reads it.
    pub(super) name: &'static str,
    /// What comes after the type octet.
    pub(super) form: Form,
}

/// What comes after the type octet.
#[derive(Debug)]
pub(super) enum Form {
    /// IPv4: `length(1) prefix`; IPv6: `length(1) offset(1) pattern`.
    Prefix,
    /// `length(1) address`: an Ethernet address.
    HardwareAddress,
    /// A list of numeric operators and values.
    Numeric(Values),
    /// A list of bitmask operators and values.
    Bitmask(Values),
}

/// The values of a list.
#[derive(Debug)]
pub(super) struct Values {
    /// The largest that can be written.
    pub(super) most: u64,
    /// The octets that a value is sent with at least: 1 or 4.
    pub(super) sent_octets: usize,
    /// The octets that a value may have at most where the RFC says MUST; 8 where it says SHOULD or nothing.
    pub(super) most_octets: usize,
    /// Names that are shown, and read.
    pub(super) shown: Names,
    /// Names that are read only.
    pub(super) read: Names,
}

/// Numbers without names.
const fn numbers(most: u64) -> Values {
    Values { most, sent_octets: 1, most_octets: 8, shown: &[], read: &[] }
}

const fn numeric(
    kind: u8,
    name: &'static str,
    most: u64,
    shown: Names,
    read: Names,
) -> ComponentType {
    ComponentType { kind, name, form: Form::Numeric(Values { shown, read, ..numbers(most) }) }
}

const fn prefix(kind: u8, name: &'static str) -> ComponentType {
    ComponentType { kind, name, form: Form::Prefix }
}

const fn port(kind: u8, name: &'static str) -> ComponentType {
    numeric(kind, name, 0xffff, &[], super::services::PORTS)
}

/// The type of the destination prefix.
pub(super) const DESTINATION: u8 = 1;
/// The type of the source prefix.
pub(super) const SOURCE: u8 = 2;
/// The type of the protocol.
pub(super) const PROTOCOL: u8 = 3;
/// The type of the ICMP type.
pub(super) const ICMP_TYPE: u8 = 7;
/// The type of the ICMP code.
pub(super) const ICMP_CODE: u8 = 8;
/// The type of the DSCP or traffic class.
pub(super) const DSCP: u8 = 11;
/// The type of the fragment bits.
pub(super) const FRAGMENT: u8 = 12;
/// The type of the IPv6 flow label.
pub(super) const FLOW_LABEL: u8 = 13;

const TCP_FLAGS: ComponentType = ComponentType {
    kind: 9,
    name: "tcp-flags",
    form: Form::Bitmask(Values {
        most_octets: 2,
        shown: names::TCP_FLAGS,
        read: names::TCP_FLAG_ALIASES,
        ..numbers(0xffff)
    }),
};

const fn fragment(most: u64) -> ComponentType {
    let values = Values { most_octets: 1, shown: names::FRAGMENT, ..numbers(most) };
    ComponentType { kind: FRAGMENT, name: "fragment", form: Form::Bitmask(values) }
}

const fn differentiated_services(name: &'static str, most: u64) -> ComponentType {
    let values = Values { most_octets: 1, ..numbers(most) };
    ComponentType { kind: DSCP, name, form: Form::Numeric(values) }
}

const PORT: ComponentType = port(4, "port");
const DESTINATION_PORT: ComponentType = port(5, "destination-port");
const SOURCE_PORT: ComponentType = port(6, "source-port");
const PACKET_LENGTH: ComponentType = numeric(10, "packet-length", 0xffff, &[], &[]);

/// The components of IPv4 (RFC 8955), by type.
static IPV4: &[ComponentType] = &[
    prefix(DESTINATION, "destination-ipv4"),
    prefix(SOURCE, "source-ipv4"),
    numeric(PROTOCOL, "protocol", 0xff, names::PROTOCOLS, names::MORE_PROTOCOLS),
    PORT,
    DESTINATION_PORT,
    SOURCE_PORT,
    numeric(ICMP_TYPE, "icmp-type", 0xff, names::ICMP_TYPES, names::MORE_ICMP_TYPES),
    numeric(ICMP_CODE, "icmp-code", 0xff, &[], names::ICMP_CODES),
    TCP_FLAGS,
    PACKET_LENGTH,
    differentiated_services("dscp", 63),
    fragment(0x0f),
];

/// The components of IPv6 (RFC 8956), by type. ICMPv6 types are shown as numbers: ExaBGP shows the names that the numbers have in
/// IPv4.
static IPV6: &[ComponentType] = &[
    prefix(DESTINATION, "destination-ipv6"),
    prefix(SOURCE, "source-ipv6"),
    numeric(PROTOCOL, "next-header", 0xff, names::PROTOCOLS, names::MORE_PROTOCOLS),
    PORT,
    DESTINATION_PORT,
    SOURCE_PORT,
    numeric(ICMP_TYPE, "icmp-type", 0xff, &[], names::ICMPV6_TYPES),
    numeric(ICMP_CODE, "icmp-code", 0xff, &[], names::ICMPV6_CODES),
    TCP_FLAGS,
    PACKET_LENGTH,
    differentiated_services("traffic-class", 0xff),
    fragment(0x0f),
    ComponentType {
        kind: FLOW_LABEL,
        name: "flow-label",
        form: Form::Numeric(Values { sent_octets: 4, ..numbers(0xf_ffff) }),
    },
];

/// The components of Ethernet, by type.
static L2VPN: &[ComponentType] = &[
    numeric(14, "ethernet-type", 0xffff, &[], names::ETHERNET_TYPES),
    ComponentType { kind: 15, name: "source-mac", form: Form::HardwareAddress },
    ComponentType { kind: 16, name: "destination-mac", form: Form::HardwareAddress },
    numeric(17, "llc-dsap", 0xff, &[], &[]),
    numeric(18, "llc-ssap", 0xff, &[], &[]),
    numeric(19, "llc-control", 0xffff, &[], &[]),
    numeric(20, "snap", 0xff_ffff_ffff, &[], &[]),
    numeric(21, "vlan-id", 0xfff, &[], &[]),
    numeric(22, "vlan-priority", 7, &[], &[]),
    numeric(23, "inner-vlan-id", 0xfff, &[], &[]),
    numeric(24, "inner-vlan-priority", 7, &[], &[]),
    numeric(25, "vlan-dei", 1, &[], &[]),
    numeric(26, "inner-vlan-dei", 1, &[], &[]),
];

/// The components of an address family, by type.
pub(super) fn table(afi: Afi) -> &'static [ComponentType] {
    match afi {
        Afi::IPV4 => IPV4,
        Afi::IPV6 => IPV6,
        Afi::L2VPN => L2VPN,
        _ => &[],
    }
}

/// The component of a type.
pub(super) fn row(afi: Afi, kind: u8) -> Option<&'static ComponentType> {
    let table = table(afi);
    let first = table.first()?.kind;
    table.get(usize::from(kind.checked_sub(first)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_type() {
        for afi in [Afi::IPV4, Afi::IPV6, Afi::L2VPN] {
            for component in table(afi) {
                assert_eq!(row(afi, component.kind).unwrap().name, component.name);
            }
        }
        assert!(row(Afi::IPV4, 0).is_none());
        assert!(row(Afi::IPV4, FLOW_LABEL).is_none());
        assert!(row(Afi::L2VPN, 13).is_none());
        assert!(row(Afi::BGP_LS, 1).is_none());
    }

    #[test]
    fn names_are_once_in_a_list_and_within_its_range() {
        for component in [Afi::IPV4, Afi::IPV6, Afi::L2VPN].map(table).iter().copied().flatten() {
            if let Form::Numeric(values) | Form::Bitmask(values) = &component.form {
                let mut names: Vec<_> = values.shown.iter().chain(values.read).collect();
                assert!(names.iter().all(|(_, value)| u64::from(*value) <= values.most));
                let all = names.len();
                names.sort_unstable();
                names.dedup_by_key(|(name, _)| *name);
                assert_eq!(names.len(), all, "{}", component.name);
            }
        }
    }
}
