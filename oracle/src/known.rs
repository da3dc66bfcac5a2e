//! Which decoder knows what, and what it is known to read otherwise.

use yottabgp_testkit::cases::{Case, Subject};

/// A decoder and what it knows.
#[derive(Debug)]
pub struct Decoder {
    /// Its name.
    pub name: &'static str,
    /// Families, by their numbers.
    pub families: &'static [(u16, u8)],
    /// Attributes, by their codes.
    pub attributes: &'static [u8],
}

/// The decoders.
pub const DECODERS: &[Decoder] = &[
    Decoder {
        name: "tshark",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (2, 2),
            (1, 4),
            (2, 4),
            (1, 5),
            (2, 5),
            (25, 65),
            (25, 70),
            (16388, 71),
            (16388, 72),
            (1, 128),
            (2, 128),
            (1, 132),
            (1, 133),
            (2, 133),
            (1, 134),
            (2, 134),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 23, 26, 29, 32, 36, 40, 128],
    },
    Decoder {
        name: "netgauze",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (2, 2),
            (1, 4),
            (2, 4),
            (25, 70),
            (16388, 71),
            (16388, 72),
            (1, 128),
            (2, 128),
            (1, 132),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 25, 26, 29, 32, 35, 40],
    },
    Decoder {
        name: "rustbgpd",
        families: &[
            (1, 1),
            (2, 1),
            (1, 4),
            (2, 4),
            (25, 70),
            (16388, 71),
            (16388, 72),
            (1, 128),
            (2, 128),
            (1, 132),
            (1, 133),
            (2, 133),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 25, 32, 35],
    },
    Decoder {
        name: "zettabgp",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (1, 4),
            (2, 4),
            (1, 5),
            (25, 65),
            (25, 70),
            (1, 128),
            (2, 128),
            (1, 133),
            (2, 133),
            (1, 134),
            (2, 134),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 32, 35, 128],
    },
    Decoder {
        name: "bgpkit",
        // It reads FlowSpec and VPN as plain prefixes (D-PATH goes with VPN), and keeps 22, 23, 29 and 40 as octets.
        families: &[(1, 1), (1, 2), (2, 1), (2, 2), (1, 4), (2, 4)],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 25, 26, 32, 35, 38],
    },
];

impl Decoder {
    /// Whether it knows what a case is about.
    pub fn knows(&self, case: &Case) -> bool {
        match case.subject {
            Subject::Nlri { afi, safi } => self.families.contains(&(afi, safi)),
            Subject::Attribute(code) => self.attributes.contains(&code),
        }
    }
}

/// Something that a decoder is known to read otherwise.
#[derive(Debug)]
pub struct Exception {
    /// The decoder.
    pub decoder: &'static str,
    /// The name of the cases (`l2vpn evpn`, `attribute 40`), or a star.
    pub about: &'static str,
    /// What is not held against it.
    pub what: What,
    /// Why.
    pub reason: &'static str,
}

/// What is not compared.
#[derive(Debug)]
pub enum What {
    /// Anything, where the octets begin with these hexadecimal digits, or have them after a star.
    Octets(&'static str),
    /// What it complains about, where that has these words.
    Complaint(&'static str),
    /// Members of our JSON with these names, and what is below.
    Members(&'static [&'static str]),
    /// Any value: it keeps octets.
    Values,
    /// What it writes again.
    Again,
}

impl Exception {
    /// Whether it is about what a decoder makes of a case.
    pub fn is_about(&self, decoder: &str, case: &Case) -> bool {
        self.decoder == decoder && (self.about == "*" || self.about == case.name)
    }

    /// Whether it excuses a whole case.
    pub fn excuses(&self, digits: &str) -> bool {
        match self.what {
            What::Octets(octets) => match octets.strip_prefix('*') {
                Some(part) => digits.contains(part),
                None => digits.starts_with(octets),
            },
            _ => false,
        }
    }
}

const fn row(
    decoder: &'static str,
    about: &'static str,
    what: What,
    reason: &'static str,
) -> Exception {
    Exception { decoder, about, what, reason }
}

use What::{Again, Complaint, Members, Octets, Values};

const RESERVED: &str = "warns of bits that had no meaning yet";
const OLD: &str = "does not know the later forms";
const DISTINGUISHER: &str = "has what stands in the place of the type for a part of the number";
const FLAGS: &str = "shows flags as one number";
const OCTETS_ALONE: &str = "keeps octets, and writes them again";
const NO_BOTTOM: &str =
    "wants the bottom of the stack, which one label alone may lack (RFC 8277 section 2.2)";
const ONE_LABEL: &str = "takes one label, though the length says that there are more";
const OFFSET: &str =
    "reads all octets of the length: RFC 8956 section 3.1 has those behind the offset alone";
const NORMAL: &str = "writes the normal form: the case is another one";
const NAMED: &str = "gives well-known communities names of its own";
const LENGTHS: &str = "leaves out the lengths of addresses (RFC 6514 section 4.3)";

/// The exceptions.
pub const EXCEPTIONS: &[Exception] = &[
    row("tshark", "attribute 29", Complaint("Reserved flag"), RESERVED),
    row(
        "tshark",
        "attribute 29",
        Complaint("it should be 4 bytes"),
        "wants four octets of old metrics",
    ),
    row("tshark", "attribute 22", Members(&["pmsi"]), "shows tunnels of PIM and IPv6 as octets"),
    row(
        "tshark",
        "attribute 23",
        Members(&["segments", "binding-sid", "binding-sid-2", "srv6-binding-sid", "mpls"]),
        "does not look into segments, binding SIDs and the sub-TLVs of MPLS",
    ),
    row("tshark", "attribute 23", Complaint("malformed"), OLD),
    row(
        "tshark",
        "attribute 29",
        Members(&[
            "loss-percent",
            "maximum-link-bandwidth",
            "maximum-reservable-link-bandwidth",
            "unreserved-bandwidth",
            "unidirectional-residual-bandwidth",
            "unidirectional-available-bandwidth",
            "unidirectional-utilized-bandwidth",
        ]),
        "shows other units",
    ),
    row(
        "tshark",
        "attribute 29",
        Members(&["sr-adj-lan", "application-specific", "sr-prefix-ranges"]),
        OLD,
    ),
    row(
        "tshark",
        "attribute 40",
        Members(&["attribute-not-implemented-99", "sub-sub-tlv-9"]),
        "does not show what it does not know",
    ),
    row(
        "tshark",
        "attribute 23",
        Members(&["unknown-subtlv-128", "unknown-subtlv-99"]),
        "does not show what it does not know",
    ),
    row("tshark", "l2vpn vpls", Octets("001100020000fde8"), NO_BOTTOM),
    row(
        "tshark",
        "bgp-ls bgp-ls-vpn",
        Complaint("tlv mismatch"),
        "does not expect the distinguisher",
    ),
    row("tshark", "bgp-ls bgp-ls", Complaint("actual: 265"), "does not take an order of its own"),
    row("tshark", "l2vpn evpn", Octets("0116"), "wants a label"),
    row("tshark", "l2vpn evpn", Octets("011c"), ONE_LABEL),
    row("tshark", "l2vpn evpn", Octets("08"), OLD),
    row("tshark", "ipv4 flow", Octets("140900"), "takes no TCP flags of two octets"),
    row("tshark", "ipv4 flow", Octets("0a05b1"), "takes no values longer than need be"),
    row("tshark", "ipv4 flow", Octets("0501110affff"), NORMAL),
    row("tshark", "ipv6 flow", Octets("1801200020010db80268"), OFFSET),
    row("tshark", "ipv6 flow", Octets("16010c05"), OFFSET),
    row("tshark", "ipv6 flow-vpn", Members(&["flow-label", "string"]), "does not show flow labels"),
    row("tshark", "ipv4 nlri-mpls", Octets("30800000"), "shows a label that withdraws by a name"),
    row("tshark", "ipv4 mpls-vpn", Octets("70800000"), "shows a label that withdraws by a name"),
    row("tshark", "ipv4 mpls-vpn", Octets("*00090001"), OLD),
    row("tshark", "ipv4 nlri-mpls", Octets("30000640"), NO_BOTTOM),
    row("tshark", "ipv4 nlri-mpls", Octets("18000647"), "takes no label without a prefix"),
    row("tshark", "ipv4 mcast-vpn", Octets("0118"), "shows no originator of IPv6"),
    row("tshark", "ipv6 mcast-vpn", Complaint("malformed"), "takes wildcards of IPv4 alone"),
    row("tshark", "ipv4 rtc", Octets("20"), "takes membership of 0 and 96 bits alone"),
    row("tshark", "ipv4 rtc", Octets("40"), "takes membership of 0 and 96 bits alone"),
    row("tshark", "l2vpn vpls", Octets("000c"), "knows no auto-discovery of RFC 6074"),
    row("netgauze", "attribute 29", Members(&["flags", "node-flags", "loss-percent"]), FLAGS),
    row("netgauze", "attribute 29", Octets("04000001ff"), "clears reserved flags"),
    row("netgauze", "attribute 29", Members(&["area-ids"]), "shows octets"),
    row("netgauze", "ipv4 rtc", Octets("2a"), "writes whole octets alone"),
    row(
        "netgauze",
        "attribute 29",
        Octets("04840004"),
        "writes a length before the forwarding address",
    ),
    row("netgauze", "attribute 29", Octets("0445"), "writes one octet of two for the protection"),
    row("netgauze", "attribute 29", Complaint("UnexpectedEof"), "wants four octets of old metrics"),
    row("netgauze", "attribute 29", Complaint("Utf8Error"), "wants a name of UTF-8"),
    row("netgauze", "bgp-ls bgp-ls", Members(&["protocol-id"]), "shows the name of the protocol"),
    row(
        "netgauze",
        "bgp-ls bgp-ls-vpn",
        Members(&["protocol-id"]),
        "shows the name of the protocol",
    ),
    row("netgauze", "l2vpn evpn", Octets("0116"), "wants a label"),
    row("netgauze", "l2vpn evpn", Octets("011c"), ONE_LABEL),
    row("netgauze", "l2vpn evpn", Octets("*180a00000100000000"), NORMAL),
    row("netgauze", "ipv4 multicast", Complaint("InvalidMulticastNetwork"), "takes groups alone"),
    row("netgauze", "ipv4 nlri-mpls", Octets("48000640"), ONE_LABEL),
    row("netgauze", "ipv4 mpls-vpn", Octets("70000640"), ONE_LABEL),
    row(
        "netgauze",
        "ipv4 rtc",
        Members(&["length", "origin"]),
        "shows the kind of membership, not its length",
    ),
    row("rustbgpd", "attribute 22", Complaint("unassigned"), OLD),
    row("rustbgpd", "bgp-ls bgp-ls", Values, OCTETS_ALONE),
    row("rustbgpd", "bgp-ls bgp-ls-vpn", Values, OCTETS_ALONE),
    row("rustbgpd", "l2vpn evpn", Complaint("payload length"), ONE_LABEL),
    row(
        "rustbgpd",
        "l2vpn evpn",
        Members(&["label", "label2"]),
        "shows network identifiers, the label with its lower bits",
    ),
    row("rustbgpd", "l2vpn evpn", Octets("*180a00000100000000"), NORMAL),
    row("rustbgpd", "ipv4 flow", Octets("00"), "takes no flow without components"),
    row("rustbgpd", "ipv4 flow", Octets("0a05b1"), NORMAL),
    row("rustbgpd", "ipv4 flow", Octets("0304c9"), NORMAL),
    row("rustbgpd", "ipv4 flow", Octets("f003"), NORMAL),
    row("rustbgpd", "ipv4 flow", Octets("0501110affff"), NORMAL),
    row("rustbgpd", "ipv6 flow", Octets("1801200020010db80268"), OFFSET),
    row("rustbgpd", "ipv6 flow", Octets("16010c05"), OFFSET),
    row("rustbgpd", "ipv4 nlri-mpls", Octets("30800000"), NO_BOTTOM),
    row("rustbgpd", "ipv4 nlri-mpls", Octets("30000000"), NO_BOTTOM),
    row("rustbgpd", "ipv4 nlri-mpls", Octets("30000640"), NO_BOTTOM),
    row("rustbgpd", "ipv4 mpls-vpn", Octets("70800000"), NO_BOTTOM),
    row("zettabgp", "l2vpn evpn", Members(&["esi"]), "shows an identifier of eight octets"),
    row("zettabgp", "l2vpn evpn", Octets("0116"), "wants a label"),
    row(
        "zettabgp",
        "l2vpn evpn",
        Again,
        "writes every label as the bottom of the stack, and one of them",
    ),
    row("zettabgp", "l2vpn evpn", Octets("053a"), "takes no prefix of IPv6"),
    row("zettabgp", "l2vpn evpn", Octets("*00010a000001"), DISTINGUISHER),
    row("zettabgp", "ipv4 flow", Octets("0a05b1"), "takes no values longer than need be"),
    row("zettabgp", "ipv4 flow", Octets("0304c9"), NORMAL),
    row("zettabgp", "ipv4 flow", Octets("f003"), NORMAL),
    row("zettabgp", "ipv6 flow", Octets("1801200020010db80268"), OFFSET),
    row("zettabgp", "ipv6 flow", Octets("16010c05"), OFFSET),
    row("zettabgp", "ipv6 flow-vpn", Octets("*0001c0000201"), DISTINGUISHER),
    row("zettabgp", "ipv4 nlri-mpls", Again, "writes every label as the bottom of the stack"),
    row("zettabgp", "ipv4 nlri-mpls", Octets("30000640"), NO_BOTTOM),
    row("zettabgp", "ipv4 mpls-vpn", Octets("700006410001"), DISTINGUISHER),
    row("zettabgp", "ipv4 mpls-vpn", Octets("700006410002"), DISTINGUISHER),
    row("zettabgp", "ipv4 mpls-vpn", Octets("700006410009"), DISTINGUISHER),
    row(
        "zettabgp",
        "ipv4 mpls-vpn",
        Octets("70800000"),
        "writes every label as the bottom of the stack",
    ),
    row("zettabgp", "ipv4 mcast-vpn", Again, LENGTHS),
    row("zettabgp", "ipv4 mcast-vpn", Complaint("BgpMVPN"), LENGTHS),
    row("zettabgp", "l2vpn vpls", Again, "writes the label base of two octets"),
    row("zettabgp", "l2vpn vpls", Octets("00110001"), DISTINGUISHER),
    row("zettabgp", "l2vpn vpls", Octets("00110002"), DISTINGUISHER),
    row("tshark", "attribute 36", Members(&["d-path"]), "shows the first domain"),
    row("tshark", "community", Octets("ffff"), NAMED),
    row("netgauze", "community", Octets("ffff"), NAMED),
    row("rustbgpd", "community", Octets("ffff"), NAMED),
    row("zettabgp", "community", Octets("ffff"), NAMED),
    row("bgpkit", "community", Octets("ffff"), NAMED),
    row("tshark", "attribute 26", Complaint("malformed"), "takes no TLVs of other types"),
    row(
        "netgauze",
        "extended",
        Octets("030d000000000001"),
        "writes zero where the value is to be ignored",
    ),
    row(
        "netgauze",
        "extended",
        Octets("0604000005dc0001"),
        "writes zero where the value is to be ignored",
    ),
    row("zettabgp", "community", Octets("fde90001fde90002fde90002"), "removes duplicates"),
    row("zettabgp", "extended", Octets("*80090000"), OCTETS_ALONE),
    row("bgpkit", "extended", Octets("*80090000"), OCTETS_ALONE),
    row(
        "bgpkit",
        "attribute 38",
        Members(&["tlvs"]),
        "shows what it does not know without its value",
    ),
    row("netgauze", "extended6", Values, OCTETS_ALONE),
    row("rustbgpd", "extended6", Values, OCTETS_ALONE),
    row("zettabgp", "extended6", Values, OCTETS_ALONE),
    row("bgpkit", "extended6", Values, OCTETS_ALONE),
    row("netgauze", "extended", Octets("0009"), "writes a source AS as a route target"),
    row("netgauze", "extended", Octets("0209"), "writes a source AS as a route target"),
    row(
        "rustbgpd",
        "attribute 2",
        Complaint("ProhibitedAsSet"),
        "refuses sets of AS numbers (RFC 9774)",
    ),
    row("rustbgpd", "attribute 2", Complaint("unknown AS_PATH segment"), "takes no confederations"),
    row("rustbgpd", "extended", Octets("*80090000"), OCTETS_ALONE),
    row("zettabgp", "attribute 22", Members(&["pmsi"]), "shows no address of IPv6"),
    row("zettabgp", "attribute 2", Again, "writes a sequence as a set, and a set as a sequence"),
    row("zettabgp", "attribute 2", Complaint("ProtocolError"), "takes no confederations"),
    row("zettabgp", "attribute 6", Again, "writes four octets"),
    row("zettabgp", "attribute 7", Again, "writes four octets"),
    row("zettabgp", "attribute 35", Again, "sets the partial bit"),
    row("zettabgp", "large", Again, "sets the partial bit"),
    row("bgpkit", "ipv4 nlri-mpls", Octets("30800000"), NO_BOTTOM),
    row("bgpkit", "ipv4 nlri-mpls", Octets("30000000"), NO_BOTTOM),
    row("bgpkit", "ipv4 nlri-mpls", Octets("30000640"), NO_BOTTOM),
    row("bgpkit", "ipv4 nlri-mpls", Octets("18000647"), "does not keep the traffic class"),
];
