//! What peers do with routes of the codec's cases otherwise than others, and why that is no fault of what they are sent.

/// A difference.
#[derive(Debug)]
pub struct Differs {
    /// The peer.
    pub peer: &'static str,
    /// The family.
    pub family: &'static str,
    /// Hexadecimal digits with which the NLRI begins, or that are in it after a star.
    pub octets: &'static str,
    /// Members of our JSON that it does not show so; none when it does not take the route.
    pub members: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

impl Differs {
    /// Whether it is about an NLRI with these hexadecimal digits.
    pub fn is_about(&self, digits: &str) -> bool {
        match self.octets.strip_prefix('*') {
            Some(part) => digits.contains(part),
            None => digits.starts_with(self.octets),
        }
    }
}

/// A route that the peer does not take.
const fn refuses(
    peer: &'static str,
    family: &'static str,
    octets: &'static str,
    reason: &'static str,
) -> Differs {
    Differs { peer, family, octets, members: &[], reason }
}

/// Members that the peer does not show, or otherwise.
const fn shows(
    peer: &'static str,
    family: &'static str,
    octets: &'static str,
    members: &'static [&'static str],
    reason: &'static str,
) -> Differs {
    Differs { peer, family, octets, members, reason }
}

const WITHDRAWN_LABEL: &str =
    "a label that withdraws (RFC 8277 section 2.4) says nothing in an announcement";
const NO_BOTTOM: &str = "reads labels up to the bottom of the stack, though one alone may lack the bit (RFC 8277 section 2.2)";
const OFFSET: &str =
    "reads all octets of the length: RFC 8956 section 3.1 has those behind the offset alone";
const EMPTY_FLOW: &str = "takes no flow without components";
const UNKNOWN_TYPE: &str = "does not know the route type, and stops the family";
const MULTICAST: &str = "takes no destination that is a group";

/// The table.
pub const DIFFERENCES: &[Differs] = &[
    shows("gobgp", "ipv4 nlri-mpls", "30800000", &["label"], WITHDRAWN_LABEL),
    refuses("gobgp", "ipv4 nlri-mpls", "30000640", NO_BOTTOM),
    refuses("gobgp", "ipv4 mpls-vpn", "*00090001", "knows no such type of route distinguisher"),
    shows("gobgp", "ipv4 mpls-vpn", "70800000", &["label"], WITHDRAWN_LABEL),
    refuses("gobgp", "ipv4 flow", "00", EMPTY_FLOW),
    refuses("gobgp", "ipv4 flow", "f003", "takes no length of two octets below 240"),
    shows(
        "gobgp",
        "ipv4 flow",
        "0501110affff",
        &["destination-ipv4", "string"],
        "clears the bits behind the prefix",
    ),
    refuses("gobgp", "ipv6 flow", "18012000", OFFSET),
    refuses("gobgp", "ipv6 flow", "16010c05", OFFSET),
    refuses("gobgp", "ipv4 rtc", "20", "takes membership of 0 and 96 bits alone"),
    refuses("gobgp", "ipv4 rtc", "40", "takes membership of 0 and 96 bits alone"),
    refuses("gobgp", "ipv4 rtc", "2a", "takes membership of 0 and 96 bits alone"),
    shows("gobgp", "ipv4 mup", "0100031c", &["source_ip"], "does not show the source"),
    shows("gobgp", "ipv4 mup", "010004", &["endpoint_len"], "does not show the length"),
    shows("gobgp", "ipv6 mup", "010004", &["endpoint_len"], "does not show the length"),
    shows("gobgp", "ipv4 mup", "01000410", &["teid"], "cuts a TEID to whole octets"),
    refuses("gobgp", "ipv6 mup", "01000328", "takes no endpoint of the other address family"),
    refuses("gobgp", "ipv6 mup", "01000320", "takes no endpoint of the other address family"),
    shows("gobgp", "ipv6 mup", "01000420", &["tlvs"], "does not show TLVs"),
    refuses("gobgp", "ipv4 mup", "020009", "knows no other architecture"),
    refuses("gobgp", "ipv6 mup", "010005", UNKNOWN_TYPE),
    shows("gobgp", "l2vpn evpn", "", &["esi"], "names the type of an ESI apart from its octets"),
    refuses(
        "gobgp",
        "l2vpn evpn",
        "01190000fffe00000064010203",
        "wants zero in the last octet of an ESI of LACP (RFC 7432 section 5)",
    ),
    refuses("gobgp", "l2vpn evpn", "0116", "wants a label"),
    shows("gobgp", "l2vpn evpn", "011c", &["label"], "takes one label"),
    refuses("gobgp", "l2vpn evpn", "06", UNKNOWN_TYPE),
    refuses("gobgp", "l2vpn evpn", "07", UNKNOWN_TYPE),
    refuses("gobgp", "l2vpn evpn", "08", UNKNOWN_TYPE),
    refuses("gobgp", "l2vpn evpn", "09", UNKNOWN_TYPE),
    refuses("gobgp", "l2vpn evpn", "0a", UNKNOWN_TYPE),
    refuses("gobgp", "l2vpn evpn", "0b", UNKNOWN_TYPE),
    refuses("gobgp", "l2vpn evpn", "63", UNKNOWN_TYPE),
    shows(
        "gobgp",
        "l2vpn vpls",
        "001100020000fde8",
        &["base"],
        "wants the bit of the bottom of the stack",
    ),
    refuses("gobgp", "l2vpn vpls", "0013", "takes nothing behind the label base"),
    refuses("gobgp", "l2vpn vpls", "000c", "knows no auto-discovery of RFC 6074"),
    shows(
        "gobgp",
        "ipv4 sr-policy",
        "",
        &["endpoint"],
        "logs the octets of the endpoint as characters",
    ),
    shows(
        "gobgp",
        "ipv6 sr-policy",
        "",
        &["endpoint"],
        "logs the octets of the endpoint as characters",
    ),
    shows(
        "gobgp",
        "bgp-ls bgp-ls",
        "",
        &[
            "protocol-id",
            "l3-routing-topology",
            "autonomous-system",
            "bgp-ls-identifier",
            "ospf-area-id",
            "confederation-member",
            "generic-tlv-900",
        ],
        "shows the gist of an NLRI, not all of it",
    ),
    shows(
        "gobgp",
        "bgp-ls bgp-ls",
        "0002",
        &["interface-addresses", "neighbor-addresses"],
        "shows the first address of a link",
    ),
    refuses("gobgp", "bgp-ls bgp-ls", "00030012", "takes no prefix without descriptors of a node"),
    refuses("gobgp", "bgp-ls bgp-ls", "00030011", "takes no prefix without descriptors of a node"),
    refuses("gobgp", "bgp-ls bgp-ls", "0005", UNKNOWN_TYPE),
    refuses("gobgp", "bgp-ls bgp-ls", "0006", UNKNOWN_TYPE),
    refuses("gobgp", "bgp-ls bgp-ls", "0007", UNKNOWN_TYPE),
    refuses("gobgp", "bgp-ls bgp-ls", "0063", UNKNOWN_TYPE),
    refuses("frr", "ipv4 nlri-mpls", "30000640", NO_BOTTOM),
    refuses("frr", "ipv4 nlri-mpls", "1c000031e0", MULTICAST),
    shows(
        "frr",
        "ipv4 mpls-vpn",
        "*00090001",
        &["rd"],
        "knows no such type of route distinguisher",
    ),
    shows("frr", "ipv4 mpls-vpn", "70800000", &["label"], WITHDRAWN_LABEL),
    refuses("frr", "ipv4 mpls-vpn", "70000640", "takes one label"),
    refuses("frr", "ipv4 flow", "00", EMPTY_FLOW),
    refuses("frr", "ipv4 flow", "0d0487", "takes no operator that compares nothing"),
    refuses("frr", "ipv4 flow", "060487", "takes no operator that compares nothing"),
    refuses("frr", "ipv4 flow", "140900", "takes no operator that compares nothing"),
    refuses("frr", "ipv4 flow", "0304c9", "takes no first operator with the and bit"),
    refuses("frr", "ipv6 flow", "18012000", OFFSET),
    refuses("frr", "ipv6 flow", "16010c05", OFFSET),
    refuses("frr", "l2vpn evpn", "0116", "wants a label"),
    refuses("frr", "l2vpn evpn", "011c", "takes one label"),
    refuses("frr", "l2vpn evpn", "031d", "takes no originator of IPv6"),
    shows("frr", "l2vpn evpn", "05", &["gateway"], "does not show the gateway"),
    refuses("frr", "l2vpn evpn", "06", UNKNOWN_TYPE),
    refuses("frr", "l2vpn evpn", "07", UNKNOWN_TYPE),
    refuses("frr", "l2vpn evpn", "08", UNKNOWN_TYPE),
    refuses("frr", "l2vpn evpn", "09", UNKNOWN_TYPE),
    refuses("frr", "l2vpn evpn", "0a", UNKNOWN_TYPE),
    refuses("frr", "l2vpn evpn", "0b", UNKNOWN_TYPE),
    refuses("frr", "l2vpn evpn", "63", UNKNOWN_TYPE),
    refuses("bird", "ipv4 multicast", "18e00000", MULTICAST),
    refuses("bird", "ipv6 multicast", "10ff02", MULTICAST),
    refuses(
        "bird",
        "ipv4 nlri-mpls",
        "30800000",
        "takes it as a withdrawal (RFC 8277 section 2.4)",
    ),
    refuses("bird", "ipv4 nlri-mpls", "30000000", NO_BOTTOM),
    refuses("bird", "ipv4 nlri-mpls", "30000640", NO_BOTTOM),
    refuses("bird", "ipv4 nlri-mpls", "1c000031e0", MULTICAST),
    refuses("bird", "ipv4 mpls-vpn", "70800000", NO_BOTTOM),
    refuses("bird", "ipv4 flow", "00", EMPTY_FLOW),
    refuses("bird", "ipv4 flow", "0a05b1", "takes no longer values than a component needs"),
    refuses("bird", "ipv4 flow", "0304c9", "takes no first operator with the and bit"),
    refuses("bird", "ipv4 flow", "0501110affff", "takes no prefix with bits behind it"),
    refuses("bird", "ipv6 flow", "16010c05", OFFSET),
];
