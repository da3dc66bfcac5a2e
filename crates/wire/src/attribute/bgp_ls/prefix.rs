//! TLVs about prefixes: RFC 9552 section 5.3.3, RFC 9085 section 2.3, RFC 9351.

use super::json::push_flags;
use super::link::push_sids;
use super::schema::{Kind, SUB_TLVS, Tlv, field, reserved};
use crate::io::text::{push, push_decimal};

/// Flags of a Prefix-SID, as IS-IS has them (RFC 8667 section 2.1.1).
const PREFIX_SID: &[&str] = &["R", "N", "P", "E", "V", "L"];

/// The rows.
pub const ROWS: &[Tlv] = &[
    Tlv::new(
        1044,
        "flex-algo-prefix-metrics",
        Kind::Struct(
            &[
                field("algorithm", Kind::Number(1)),
                field("flags", Kind::Flags(1, &["E"])),
                reserved(2),
                field("metric", Kind::Number(4)),
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(1152, "igp-flags", Kind::Flags(1, &["D", "N", "L", "P"])),
    Tlv::new(1153, "igp-route-tags", Kind::List(&Kind::Number(4))),
    Tlv::new(1154, "igp-extended-route-tags", Kind::List(&Kind::Number(8))),
    Tlv::new(1155, "prefix-metric", Kind::AnyNumber(&[4, 3, 2, 1])),
    Tlv::new(1156, "ospf-forwarding-address", Kind::Ip),
    Tlv::new(1157, "opaque-prefix", Kind::Opaque),
    Tlv::new(
        1158,
        "sr-prefix-sids",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(1, PREFIX_SID)),
                field("algorithm", Kind::Number(1)),
                reserved(2),
                field("sid", Kind::Sid),
            ],
            &[],
        ),
    )
    .merged()
    .json(prefix_sid),
    Tlv::new(
        1159,
        "sr-prefix-ranges",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(1, &["F", "M", "S", "D", "A"])),
                reserved(1),
                field("range-size", Kind::Number(2)),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(1170, "sr-prefix-attribute-flags", Kind::OpenFlags(&["X", "R", "N"])),
    Tlv::new(1171, "sr-source-router-id", Kind::Ip),
    Tlv::new(1174, "source-ospf-router-id", Kind::Ip).added(),
];

fn prefix_sid(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (&[flags, algorithm, _, _], sid) = value.split_first_chunk()?;
    push(out, "{\"sr-prefix-flags\": ");
    push_flags(PREFIX_SID, &[flags], out);
    push(out, ", ");
    push_sids(flags >> 2 & 3, sid, out, |_| {})?;
    push(out, ", \"sr-algorithm\": ");
    push_decimal(out, u64::from(algorithm));
    out.push(b'}');
    Some(())
}
