//! TLVs about nodes: RFC 9552 section 5.3.1, RFC 8814, RFC 9085 section 2.1, RFC 9247, RFC 9351, RFC 9514.

use super::json::push_array;
use super::schema::{Kind, SUB_TLVS, Tlv, field, reserved};
use crate::io::text::{push, push_decimal};

/// The rows.
pub const ROWS: &[Tlv] = &[
    Tlv::new(263, "multi-topology-ids", Kind::List(&Kind::Topology)).added(),
    Tlv::new(266, "node-msd", Kind::List(&Kind::Pair)).added(),
    Tlv::new(267, "link-msd", Kind::List(&Kind::Pair)).added(),
    Tlv::new(1024, "node-flags", Kind::Flags(1, &["O", "T", "E", "B", "R", "V"])),
    Tlv::new(1025, "opaque", Kind::Opaque),
    Tlv::new(1026, "node-name", Kind::Name),
    Tlv::new(1027, "area-ids", Kind::Area).merged(),
    Tlv::new(1028, "local-router-ids", Kind::Ipv4).merged(),
    Tlv::new(1029, "local-router-ids", Kind::Ipv6).merged().beside(1028),
    Tlv::new(1030, "remote-router-ids", Kind::Ipv4).merged(),
    Tlv::new(1031, "remote-router-ids", Kind::Ipv6).merged().beside(1030),
    Tlv::new(1032, "s-bfd-discriminators", Kind::List(&Kind::Number(4))).added(),
    Tlv::new(
        1034,
        "sr-capabilities",
        Kind::Struct(
            &[
                field("sr-capability-flags", Kind::Flags(1, &["I", "V"])),
                reserved(1),
                field("sids", Kind::SidRanges),
            ],
            &[],
        ),
    )
    .spread(),
    Tlv::new(1035, "sr-algorithms", Kind::List(&Kind::Number(1))).json(algorithms),
    Tlv::new(
        1036,
        "sr-local-block",
        Kind::Struct(
            &[field("flags", Kind::Flags(1, &[])), reserved(1), field("sids", Kind::SidRanges)],
            &[],
        ),
    )
    .added(),
    Tlv::new(1037, "srms-preference", Kind::Number(1)).added(),
    Tlv::new(
        1038,
        "srv6-capabilities",
        Kind::Struct(&[field("flags", Kind::Flags(2, &["", "O"])), reserved(2), SUB_TLVS], &[]),
    )
    .json(srv6_capabilities),
    Tlv::new(
        1039,
        "flex-algo-definitions",
        Kind::Struct(
            &[
                field("algorithm", Kind::Number(1)),
                field("metric-type", Kind::Number(1)),
                field("calculation-type", Kind::Number(1)),
                field("priority", Kind::Number(1)),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(1040, "exclude-any-affinity", Kind::List(&Kind::Number(4))).added(),
    Tlv::new(1041, "include-any-affinity", Kind::List(&Kind::Number(4))).added(),
    Tlv::new(1042, "include-all-affinity", Kind::List(&Kind::Number(4))).added(),
    Tlv::new(1043, "definition-flags", Kind::OpenFlags(&["M"])).added(),
    Tlv::new(1045, "exclude-srlg", Kind::List(&Kind::Number(4))).added(),
    Tlv::new(
        1046,
        "flex-algo-unsupported",
        Kind::Struct(
            &[field("protocol-id", Kind::Number(1)), field("sub-tlv-types", Kind::Hex)],
            &[],
        ),
    )
    .added(),
    Tlv::new(1161, "sid-label", Kind::Sid).added(),
];

/// Without any algorithm ExaBGP shows the one that everybody has.
fn algorithms(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    push_array(out, if value.is_empty() { &[0] } else { value }, |algorithm, out| {
        push_decimal(out, u64::from(*algorithm));
        Some(())
    })
}

/// The O-flag is the second bit (RFC 9514 section 3.1).
fn srv6_capabilities(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    push(out, "{\"flags\": {\"O\": ");
    out.push(b'0' + (value.first()? >> 6 & 1));
    push(out, "}}");
    Some(())
}
