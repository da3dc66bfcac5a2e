//! TLVs of segment routing over IPv6: RFC 9514.

use super::link::push_no_flags;
use super::schema::{Field, Kind, SUB_TLVS, Tlv, field, number, reserved};
use crate::io::text::{push, push_decimal};

const FLAGS: Field = field("flags", Kind::Flags(1, &["B", "S", "P"]));

/// The rows.
pub const ROWS: &[Tlv] = &[
    Tlv::new(
        1106,
        "srv6-endx",
        Kind::Struct(
            &[
                field("behavior", Kind::Number(2)),
                FLAGS,
                field("algorithm", Kind::Number(1)),
                field("weight", Kind::Number(1)),
                reserved(1),
                field("sid", Kind::Ipv6),
                SUB_TLVS,
            ],
            &[1, 0, 2, 3, 5, 6],
        ),
    )
    .merged(),
    Tlv::new(
        1107,
        "srv6-lan-endx-isis",
        Kind::Struct(
            &[
                field("behavior", Kind::Number(2)),
                FLAGS,
                field("algorithm", Kind::Number(1)),
                field("weight", Kind::Number(1)),
                reserved(1),
                field("neighbor-id", Kind::SystemId),
                field("sid", Kind::Ipv6),
                SUB_TLVS,
            ],
            &[1, 5, 0, 2, 3, 6, 7],
        ),
    )
    .merged(),
    Tlv::new(
        1108,
        "srv6-lan-endx-ospf",
        Kind::Struct(
            &[
                field("behavior", Kind::Number(2)),
                FLAGS,
                field("algorithm", Kind::Number(1)),
                field("weight", Kind::Number(1)),
                reserved(1),
                field("neighbor-id", Kind::Ipv4),
                field("sid", Kind::Ipv6),
                SUB_TLVS,
            ],
            &[1, 5, 0, 2, 3, 6, 7],
        ),
    )
    .merged(),
    Tlv::new(
        1162,
        "srv6-locators",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(1, &["D"])),
                field("algorithm", Kind::Number(1)),
                reserved(2),
                field("metric", Kind::Number(4)),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .merged(),
    Tlv::new(
        1250,
        "srv6-endpoint-behavior",
        Kind::Struct(
            &[
                field("endpoint-behavior", Kind::Number(2)),
                field("flags", Kind::Number(1)),
                field("algorithm", Kind::Number(1)),
            ],
            &[],
        ),
    )
    .json(behavior),
    Tlv::new(
        1251,
        "srv6-bgp-peer-node-sid",
        Kind::Struct(
            &[
                FLAGS,
                field("weight", Kind::Number(1)),
                reserved(2),
                field("peer-asn", Kind::Number(4)),
                field("peer-bgp-identifier", Kind::Ipv4),
            ],
            &[],
        ),
    )
    .added(),
    Tlv::new(
        1252,
        "srv6-sid-structure",
        Kind::Struct(
            &[
                field("loc_block_len", Kind::Number(1)),
                field("loc_node_len", Kind::Number(1)),
                field("func_len", Kind::Number(1)),
                field("arg_len", Kind::Number(1)),
            ],
            &[],
        ),
    ),
];

fn behavior(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (behavior, [_, algorithm]) = value.split_last_chunk()?;
    push(out, "{\"endpoint-behavior\": ");
    push_decimal(out, number(behavior)?);
    push(out, ", \"flags\": ");
    push_no_flags(out)?;
    push(out, ", \"algorithm\": ");
    push_decimal(out, u64::from(*algorithm));
    out.push(b'}');
    Some(())
}
