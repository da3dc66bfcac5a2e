//! TLVs about links: RFC 9552 section 5.3.2, RFC 8571, RFC 9085 section 2.2, RFC 9086, RFC 9104, RFC 9294.

use std::io::Write as _;

use super::json::{push_array, push_flags, push_float, push_hex};
use super::schema::{Kind, SUB_TLVS, Tlv, field, number, reserved};
use crate::io::text::{push, push_decimal, push_hex_lower, push_ipv4};

/// Flags of an adjacency, as IS-IS has them (RFC 8667 section 2.2.1).
const ADJACENCY: &[&str] = &["F", "B", "V", "L", "S", "P"];

/// Flags of a BGP peering segment (RFC 9086 section 5).
const PEERING: &[&str] = &["V", "L", "B", "P"];

/// `flags weight reserved SID`.
const PEERING_SID: Kind = Kind::Struct(
    &[
        field("flags", Kind::Flags(1, PEERING)),
        field("weight", Kind::Number(1)),
        reserved(2),
        field("sid", Kind::Sid),
    ],
    &[],
);

/// Numbers that have an "anomalous" bit before them (RFC 8571).
const ANOMALOUS: Kind = Kind::Flags(1, &["A"]);

/// The rows.
pub const ROWS: &[Tlv] = &[
    Tlv::new(
        258,
        "link-local-remote-identifiers",
        Kind::Struct(
            &[field("local-id", Kind::Number(4)), field("remote-id", Kind::Number(4))],
            &[],
        ),
    ),
    Tlv::new(1088, "admin-group-mask", Kind::Number(4)),
    Tlv::new(1089, "maximum-link-bandwidth", Kind::Float),
    Tlv::new(1090, "maximum-reservable-link-bandwidth", Kind::Float),
    Tlv::new(1091, "unreserved-bandwidth", Kind::Array(8, &Kind::Float)),
    Tlv::new(1092, "te-metric", Kind::AnyNumber(&[4, 3, 2, 1])),
    Tlv::new(
        1093,
        "link-protection-flags",
        // The bits of RFC 5307 section 1.2: the first name is of the least significant one.
        Kind::Flags(
            2,
            &[
                "",
                "",
                "Enhanced",
                "Dedicated 1+1",
                "Dedicated 1:1",
                "Shared",
                "Unprotected",
                "ExtraTrafic",
            ],
        ),
    )
    .json(protection),
    Tlv::new(1094, "mpls-mask", Kind::Flags(1, &["LDP", "RSVP-TE"])),
    Tlv::new(1095, "igp-metric", Kind::AnyNumber(&[3, 2, 1])),
    Tlv::new(1096, "shared-risk-link-groups", Kind::List(&Kind::Number(4))),
    Tlv::new(1097, "opaque-link", Kind::Opaque),
    Tlv::new(1098, "link-name", Kind::Name),
    Tlv::new(
        1099,
        "sr-adjs",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(1, ADJACENCY)),
                field("weight", Kind::Number(1)),
                reserved(2),
                field("sid", Kind::Sid),
            ],
            &[],
        ),
    )
    .merged()
    .json(adjacency),
    Tlv::new(
        1100,
        "sr-adj-lan",
        Kind::Struct(
            &[
                field("flags", Kind::Flags(1, ADJACENCY)),
                field("weight", Kind::Number(1)),
                reserved(2),
                field("neighbor", Kind::Neighbor),
                field("sid", Kind::Sid),
            ],
            &[],
        ),
    )
    .merged()
    .json(lan_adjacency),
    Tlv::new(1101, "peer-node-sids", PEERING_SID).merged().added(),
    Tlv::new(1102, "peer-adj-sids", PEERING_SID).merged().added(),
    Tlv::new(1103, "peer-set-sids", PEERING_SID).merged().added(),
    Tlv::new(1105, "rtm-capability", Kind::Hex).added(),
    Tlv::new(
        1114,
        "unidirectional-link-delay",
        Kind::Struct(&[field("flags", ANOMALOUS), field("delay-us", Kind::Number(3))], &[]),
    )
    .json(delay),
    Tlv::new(
        1115,
        "minmax-unidirectional-link-delay",
        Kind::Struct(
            &[
                field("flags", ANOMALOUS),
                field("min-delay-us", Kind::Number(3)),
                reserved(1),
                field("max-delay-us", Kind::Number(3)),
            ],
            &[],
        ),
    )
    .json(delays),
    Tlv::new(1116, "unidirectional-delay-variation", Kind::Number(4)).json(variation),
    Tlv::new(
        1117,
        "unidirectional-link-loss",
        Kind::Struct(&[field("flags", ANOMALOUS), field("loss", Kind::Number(3))], &[]),
    )
    .json(loss),
    Tlv::new(1118, "unidirectional-residual-bandwidth", Kind::Float),
    Tlv::new(1119, "unidirectional-available-bandwidth", Kind::Float),
    Tlv::new(1120, "unidirectional-utilized-bandwidth", Kind::Float),
    Tlv::new(1121, "graceful-link-shutdown", Kind::Empty).added(),
    Tlv::new(
        1122,
        "application-specific",
        Kind::Struct(
            &[
                field(
                    "applications",
                    Kind::Counted(&["standard-applications", "user-applications"], 1, 2),
                ),
                SUB_TLVS,
            ],
            &[],
        ),
    )
    .merged()
    .added(),
    Tlv::new(
        1172,
        "l2-bundle-members",
        Kind::Struct(&[field("member", Kind::Number(4)), SUB_TLVS], &[]),
    )
    .merged()
    .added(),
    Tlv::new(1173, "extended-admin-group", Kind::List(&Kind::Number(4))).added(),
];

/// The capabilities that a link has, in the order of ExaBGP.
fn protection(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let turned = value.first()?.reverse_bits();
    let names =
        ["ExtraTrafic", "Unprotected", "Shared", "Dedicated 1:1", "Dedicated 1+1", "Enhanced"];
    push_flags(&names, &[turned], out);
    Some(())
}

/// Writes `"sids"`, and `"undecoded-sids"` after what `between` writes: the flags say whether it is a label (V and L) or an
/// index (neither).
pub fn push_sids(
    flags: u8,
    sid: &[u8],
    out: &mut Vec<u8>,
    between: impl FnOnce(&mut Vec<u8>),
) -> Option<()> {
    let sid_is_read = matches!((flags, sid.len()), (3, 3) | (0, 4));
    push(out, "\"sids\": [");
    if sid_is_read {
        push_decimal(out, number(sid)?);
    }
    out.push(b']');
    between(out);
    push(out, ", \"undecoded-sids\": [");
    if !sid_is_read {
        push_hex(out, sid);
    }
    out.push(b']');
    Some(())
}

fn adjacency(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (&[flags, weight, _, _], sid) = value.split_first_chunk()?;
    push(out, "{\"flags\": ");
    push_flags(ADJACENCY, &[flags], out);
    push(out, ", ");
    push_sids(flags >> 4 & 3, sid, out, |out| {
        push(out, ", \"weight\": ");
        push_decimal(out, u64::from(weight));
    })?;
    out.push(b'}');
    Some(())
}

/// A neighbour of IS-IS has a system identifier of six octets, one of OSPF a Router-ID of four.
fn lan_adjacency(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (&[flags, weight, _, _], rest) = value.split_first_chunk()?;
    let (neighbor, sid) = rest.split_at_checked(if rest.len() > 8 { 6 } else { 4 })?;
    push(out, "{\"flags\": ");
    push_flags(ADJACENCY, &[flags], out);
    let _ = write!(out, ", \"weight\": {weight}, ");
    if let Ok(octets) = <[u8; 4]>::try_from(neighbor) {
        push(out, "\"neighbor-id\": \"");
        push_ipv4(out, octets.into());
    } else {
        push(out, "\"system-id\": \"");
        push_hex_lower(out, neighbor);
    }
    push(out, "\", \"sid\": ");
    push_decimal(out, number(sid)?);
    push(out, ", \"undecoded\": []}");
    Some(())
}

fn anomalous(first: u8, out: &mut Vec<u8>) {
    push(out, ", \"anomalous\": ");
    push(out, if first & 0x80 == 0 { "false}" } else { "true}" });
}

fn delay(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (first, delay) = value.split_first()?;
    push(out, "{\"delay-us\": ");
    push_decimal(out, number(delay)?);
    anomalous(*first, out);
    Some(())
}

fn delays(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let &[first, a, b, c, _, d, e, f] = value else { return None };
    push(out, "{\"min-delay-us\": ");
    push_decimal(out, number(&[a, b, c])?);
    push(out, ", \"max-delay-us\": ");
    push_decimal(out, number(&[d, e, f])?);
    anomalous(first, out);
    Some(())
}

/// Eight bits are reserved.
fn variation(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    push_decimal(out, number(value)? & 0xff_ffff);
    Some(())
}

/// In units of 0.000003 percent.
fn loss(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (first, loss) = value.split_first()?;
    push(out, "{\"loss-percent\": ");
    push_float(f64::from(u32::try_from(number(loss)?).ok()?) * 0.000_003, out);
    anomalous(*first, out);
    Some(())
}

/// Writes an array of flags that has no names: ExaBGP's way for octets of which no bit is defined.
pub fn push_no_flags(out: &mut Vec<u8>) -> Option<()> {
    push_array(out, [(); 0], |(), _| Some(()))
}
