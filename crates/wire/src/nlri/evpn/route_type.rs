//! The EVPN route types (IANA "EVPN Route Types"). Adding one is a row here.

use super::Route;
use super::address::{GROUP, IP, ORIGINATOR, ROUTER, SOURCE};
use super::ethernet::{ESI, MAC, TAG};
use super::field::Field;
use super::label::{LABEL, LABELS, SECOND_LABEL};
use super::octets::{FLAGS, MAXIMUM_RESPONSE_TIME, RD, REGION, RESERVED, ROUTE_KEY};
use super::prefix::{GATEWAY, PREFIX};
use crate::io::reader::{Fault, WireError};

/// A route type.
pub(super) struct RouteType {
    /// The code on the wire.
    pub(super) code: u8,
    /// The name in JSON.
    pub(super) name: &'static str,
    /// The word in text.
    pub(super) word: &'static str,
    /// The fields in the order of the wire, and whether each is of the route key: the rest may change without making
    /// another route.
    pub(super) layout: &'static [(&'static Field, bool)],
    /// Places in `layout` in the order of JSON.
    pub(super) members: &'static [usize],
    /// What the fields must have in common.
    pub(super) check: fn(&Route<'_>) -> Result<(), WireError>,
}

impl RouteType {
    /// Whether it has a field.
    pub(super) fn has(&self, field: &Field) -> bool {
        self.layout.iter().any(|(own, _)| std::ptr::eq(*own, field))
    }
}

/// Every type that can be read.
pub(super) static TABLE: &[RouteType] = &[
    // RFC 7432 section 7.1.
    RouteType {
        code: 1,
        name: "Ethernet Auto-Discovery",
        word: "ethernet-ad",
        layout: &[(&RD, true), (&ESI, true), (&TAG, true), (&LABELS, false)],
        members: &[0, 1, 2, 3],
        check: |_| Ok(()),
    },
    // RFC 7432 section 7.2.
    RouteType {
        code: 2,
        name: "MAC/IP advertisement",
        word: "mac-ip",
        layout: &[
            (&RD, true),
            (&ESI, false),
            (&TAG, true),
            (&MAC, true),
            (&IP, true),
            (&LABEL, false),
            (&SECOND_LABEL, false),
        ],
        members: &[0, 1, 2, 3, 5, 4, 6],
        check: |_| Ok(()),
    },
    // RFC 7432 section 7.3.
    RouteType {
        code: 3,
        name: "Inclusive Multicast Ethernet Tag",
        word: "multicast",
        layout: &[(&RD, true), (&TAG, true), (&ROUTER, true)],
        members: &[0, 1, 2],
        check: |_| Ok(()),
    },
    // RFC 7432 section 7.4.
    RouteType {
        code: 4,
        name: "Ethernet Segment",
        word: "ethernet-segment",
        layout: &[(&RD, true), (&ESI, true), (&ROUTER, true)],
        members: &[0, 1, 2],
        check: |_| Ok(()),
    },
    // RFC 9136 section 3.1.
    RouteType {
        code: 5,
        name: "IP Prefix Advertisement",
        word: "ip-prefix",
        layout: &[
            (&RD, true),
            (&ESI, false),
            (&TAG, true),
            (&PREFIX, true),
            (&GATEWAY, false),
            (&LABEL, false),
        ],
        members: &[0, 1, 2, 5, 3, 4],
        check: one_overlay_index,
    },
    // RFC 9251 section 9.1.
    RouteType {
        code: 6,
        name: "Selective Multicast Ethernet Tag",
        word: "smet",
        layout: &[
            (&RD, true),
            (&TAG, true),
            (&SOURCE, true),
            (&GROUP, true),
            (&ORIGINATOR, true),
            (&FLAGS, false),
        ],
        members: &[0, 1, 2, 3, 4, 5],
        check: source_and_group,
    },
    // RFC 9251 section 9.2.
    RouteType {
        code: 7,
        name: "Multicast Membership Report Synch",
        word: "join-sync",
        layout: &[
            (&RD, true),
            (&ESI, true),
            (&TAG, true),
            (&SOURCE, true),
            (&GROUP, true),
            (&ORIGINATOR, true),
            (&FLAGS, false),
        ],
        members: &[0, 1, 2, 3, 4, 5, 6],
        check: source_and_group,
    },
    // RFC 9251 section 9.3.
    RouteType {
        code: LEAVE_SYNCH,
        name: "Multicast Leave Synch",
        word: "leave-sync",
        layout: &[
            (&RD, true),
            (&ESI, true),
            (&TAG, true),
            (&SOURCE, true),
            (&GROUP, true),
            (&ORIGINATOR, true),
            (&RESERVED, false),
            (&MAXIMUM_RESPONSE_TIME, false),
            (&FLAGS, false),
        ],
        members: &[0, 1, 2, 3, 4, 5, 7, 8],
        check: source_and_group,
    },
    // RFC 9572 section 3.1.
    RouteType {
        code: 9,
        name: "Per-Region I-PMSI A-D",
        word: "per-region-i-pmsi",
        layout: &[(&RD, true), (&TAG, true), (&REGION, true)],
        members: &[0, 1, 2],
        check: |_| Ok(()),
    },
    // RFC 9572 section 3.2.
    RouteType {
        code: 10,
        name: "S-PMSI A-D",
        word: "s-pmsi",
        layout: &[(&RD, true), (&TAG, true), (&SOURCE, true), (&GROUP, true), (&ORIGINATOR, true)],
        members: &[0, 1, 2, 3, 4],
        check: source_and_group,
    },
    // RFC 9572 section 3.3.
    RouteType {
        code: 11,
        name: "Leaf A-D",
        word: "leaf-ad",
        layout: &[(&ROUTE_KEY, true), (&ORIGINATOR, true)],
        members: &[0, 1],
        check: |_| Ok(()),
    },
];

const LEAVE_SYNCH: u8 = 8;

/// The type with a code.
pub(super) fn of(code: u8) -> Option<&'static RouteType> {
    TABLE.iter().find(|kind| kind.code == code)
}

/// Whether a route is of a form that drafts had and routers still send: Leave Synch routes without the flags at their end.
/// They are no error, but shown as octets.
pub(super) fn is_of_draft(bytes: &[u8], error: WireError) -> bool {
    bytes.first() == Some(&LEAVE_SYNCH)
        && error.offset == bytes.len()
        && error.field == super::octets::FLAGS_FIELD
}

/// Source and group are of one address family.
fn source_and_group(route: &Route<'_>) -> Result<(), WireError> {
    let of = |field: &Field| {
        let mut fields = route.fields();
        fields.find(|(own, ..)| std::ptr::eq(*own, field)).map_or(0, |(.., part)| part.len())
    };
    match (of(&SOURCE), of(&GROUP)) {
        (source, group) if source == group || source <= 1 || group <= 1 => Ok(()),
        (_, group) => Err(WireError {
            field: "multicast group of a source of the other address family",
            offset: super::HEADER,
            fault: Fault::Length(group - 1),
        }),
    }
}

/// An IP prefix route resolves over an ESI or a gateway, never both (RFC 9136 section 3.2).
fn one_overlay_index(route: &Route<'_>) -> Result<(), WireError> {
    let (segment, gateway) = (route.part(1), route.part(4));
    let is_given = |octets: &[u8]| octets.iter().any(|octet| *octet != 0);
    if is_given(segment) && is_given(gateway) {
        let before = (0..4).map(|index| route.part(index).len()).sum::<usize>();
        let value = gateway.last_chunk::<4>().map_or(0, |octets| u32::from_be_bytes(*octets));
        return Err(WireError {
            field: "gateway address beside an ESI",
            offset: super::HEADER + before,
            fault: Fault::Invalid(value.into()),
        });
    }
    Ok(())
}
