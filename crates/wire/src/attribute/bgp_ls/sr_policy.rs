//! TLVs about candidate paths of segment routing policies: RFC 9857 section 5.

use super::schema::{Field, Kind, SUB_TLVS, Tlv, field, reserved};

/// A label, or an SRv6 SID when the first bit of the flags (D) is set.
const BINDING: Kind = Kind::WideIf(0, 0x80, &Kind::Label);

const TYPE: Field = field("type", Kind::Number(1));
const FLAGS: Field = field("flags", Kind::Flags(2, &["S", "E", "V", "R", "A"]));
const MPLS: Field = field("label", Kind::Label);
const SRV6: Field = field("sid", Kind::Ipv6);
const ALGORITHM: Field = field("algorithm", Kind::Number(1));
const NODE_4: Field = field("node", Kind::Ipv4);
const NODE_6: Field = field("node", Kind::Ipv6);
const LOCAL_4: Field = field("local-address", Kind::Ipv4);
const REMOTE_4: Field = field("remote-address", Kind::Ipv4);
const LOCAL_6: Field = field("local-address", Kind::Ipv6);
const REMOTE_6: Field = field("remote-address", Kind::Ipv6);
const LOCAL_ID: Field = field("local-interface", Kind::Number(4));
const REMOTE_ID: Field = field("remote-interface", Kind::Number(4));

/// The segment types A to K (section 5.7.1), numbered from 1.
const SEGMENTS: &[&[Field]] = &[
    &[TYPE, reserved(1), FLAGS, MPLS, ALGORITHM, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, SRV6, ALGORITHM, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, MPLS, ALGORITHM, NODE_4, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, MPLS, ALGORITHM, NODE_6, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, MPLS, NODE_4, LOCAL_ID, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, MPLS, LOCAL_4, REMOTE_4, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, MPLS, LOCAL_6, LOCAL_ID, REMOTE_6, REMOTE_ID, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, MPLS, LOCAL_6, REMOTE_6, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, SRV6, ALGORITHM, NODE_6, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, SRV6, LOCAL_6, LOCAL_ID, REMOTE_6, REMOTE_ID, SUB_TLVS],
    &[TYPE, reserved(1), FLAGS, SRV6, LOCAL_6, REMOTE_6, SUB_TLVS],
];

/// The rows.
pub const ROWS: &[Tlv] = &[
    Tlv::new(
        1201,
        "sr-binding-sids",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(2, &["D", "B", "U", "L", "F"])),
                reserved(2),
                field("binding-sid", BINDING),
                field("specified-sid", BINDING),
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(
        1202,
        "sr-candidate-path-state",
        Kind::Struct(
            &[
                field("priority", Kind::Number(1)),
                reserved(1),
                field(
                    "flags",
                    Kind::Flags(2, &["S", "A", "B", "E", "V", "O", "D", "C", "I", "T", "U"]),
                ),
                field("preference", Kind::Number(4)),
            ],
            &[],
        ),
    )
    .added(),
    Tlv::new(1203, "sr-candidate-path-name", Kind::Name).added(),
    Tlv::new(
        1204,
        "sr-candidate-path-constraints",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(2, &["D", "P", "U", "A", "T", "S", "F", "H"])),
                reserved(2),
                field("multi-topology-id", Kind::Number(2)),
                ALGORITHM,
                reserved(1),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .added(),
    Tlv::new(
        1205,
        "sr-segment-lists",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(2, &["D", "E", "C", "V", "R", "F", "A", "T", "M"])),
                reserved(2),
                field("multi-topology-id", Kind::Number(2)),
                ALGORITHM,
                reserved(1),
                field("weight", Kind::Number(4)),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(1206, "segments", Kind::Switch(SEGMENTS)).merged().added(),
    Tlv::new(
        1207,
        "segment-list-metrics",
        Kind::Struct(
            &[
                TYPE,
                field("flags", Kind::Flags(1, &["M", "A", "B", "V"])),
                reserved(2),
                field("margin", Kind::Number(4)),
                field("bound", Kind::Number(4)),
                field("value", Kind::Number(4)),
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(
        1208,
        "affinity-constraint",
        Kind::Struct(
            &[field("groups", Kind::Counted(&["exclude-any", "include-any", "include-all"], 4, 1))],
            &[],
        ),
    )
    .added(),
    Tlv::new(1209, "srlg-constraint", Kind::List(&Kind::Number(4))).added(),
    Tlv::new(1210, "bandwidth-constraint", Kind::Float).added(),
    Tlv::new(
        1211,
        "disjoint-group-constraint",
        Kind::Struct(
            &[
                field("request-flags", Kind::Flags(1, &["S", "N", "L", "F", "I"])),
                field("status-flags", Kind::Flags(1, &["S", "N", "L", "F", "I", "X"])),
                reserved(2),
                field("group", Kind::Hex),
            ],
            &[],
        ),
    )
    .added(),
    Tlv::new(
        1212,
        "srv6-binding-sids",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(2, &["B", "U", "F"])),
                reserved(2),
                field("binding-sid", Kind::Ipv6),
                field("specified-sid", Kind::Ipv6),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(1213, "sr-policy-name", Kind::Name).added(),
    Tlv::new(
        1214,
        "bidirectional-group-constraint",
        Kind::Struct(
            &[field("flags", Kind::Flags(2, &["R", "C"])), reserved(2), field("group", Kind::Hex)],
            &[],
        ),
    )
    .added(),
    Tlv::new(
        1215,
        "metric-constraints",
        Kind::Struct(
            &[
                TYPE,
                field("flags", Kind::Flags(1, &["O", "M", "A", "B"])),
                reserved(2),
                field("margin", Kind::Number(4)),
                field("bound", Kind::Number(4)),
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(1216, "segment-list-bandwidth", Kind::Float).added(),
    Tlv::new(1217, "segment-list-identifier", Kind::Number(4)).added(),
];
