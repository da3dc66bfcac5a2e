//! The extended community types. Adding one is a file beside this one and a line here.

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE};
use super::{
    bandwidth, consistent_hash, encapsulation, interface_set, l2_info, mac_mobility, mup, origin,
    redirect, redirect_to_next_hop, redirect_to_next_hop_ietf, route_target_record, target,
    traffic_action, traffic_mark, traffic_rate,
};

/// Every known extended community.
pub const TABLE: &[&ExtendedCommunityType] = &[
    &target::ROW,
    &origin::ROW,
    &bandwidth::ROW,
    &consistent_hash::ROW,
    &encapsulation::ROW,
    &interface_set::ROW,
    &l2_info::ROW,
    &mac_mobility::ROW,
    &mup::ROW,
    &redirect::ROW,
    &redirect_to_next_hop::ROW,
    &redirect_to_next_hop_ietf::ROW,
    &route_target_record::ROW,
    &traffic_action::ROW,
    &traffic_mark::ROW,
    &traffic_rate::ROW,
];

/// The row of a community; whether it is transitive makes no difference.
pub fn row(community: [u8; 8]) -> Option<&'static ExtendedCommunityType> {
    let [kind, subtype, ..] = community;
    let kind = kind & !NON_TRANSITIVE;
    TABLE.iter().find(|row| row.types.contains(&(kind, subtype))).copied()
}

/// The row of a keyword.
pub fn keyword(word: &str) -> Option<&'static ExtendedCommunityType> {
    TABLE.iter().find(|row| row.keywords.contains(&word)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::community::extended::{parse_word, push_text};

    /// Words of each row, and what is not in a row, as ExaBGP shows them.
    #[test]
    fn text_of_every_row() {
        for (value, text) in [
            (0x0002_fffe_0000_0064, "target:65534:100"),
            (0x0003_fffe_0102_0304, "origin:65534:1.2.3.4"),
            (0x0013_fffe_0000_0064, "rtrecord:65534:100"),
            (0x0113_0102_0304_0005, "rtrecord:1.2.3.4:5"),
            (0x8006_fffe_4120_0000, "rate-limit:10"),
            (0x800c_0000_4120_0000, "rate-limit:10:packets"),
            (0x8006_0000_c120_0000, "rate-limit:0"),
            (0x8006_0000_5368_d4a5, "rate-limit:999999995904"),
            (0x8006_0000_7f80_0000, "0x800600007F800000"),
            (0x8007_0000_0000_0003, "action sample-terminal"),
            (0x8007_0000_0000_0001, "action terminal"),
            (0x8007_0000_0000_0000, "action "),
            (0x8008_fffe_0000_0064, "redirect:65534:100"),
            (0x8208_0001_0000_0064, "redirect:65536:100"),
            (0x8208_0000_0046_0064, "redirect:70L:100"),
            (0x8108_0102_0304_0064, "redirect:1.2.3.4:100"),
            (0x8009_0000_0000_000a, "mark 10"),
            (0x800a_0400_05dc_0000, "l2info:4:0:1500:0"),
            (0x800b_0000_0000_0000, "0x800B000000000000"),
            (0x010c_0102_0304_0001, "copy-to-nexthop-ietf 1.2.3.4 (with copy)"),
            (0x010c_0102_0304_0000, "redirect-to-nexthop-ietf 1.2.3.4"),
            (0x0800_0000_0000_0000, "redirect-to-nexthop"),
            (0x0800_0000_0000_0001, "copy-to-nexthop"),
            (0x030c_0000_0000_0008, "encap:VXLAN"),
            (0x030c_0000_0000_0063, "encap:encap:UNKNOWN-99"),
            (0x0314_0000_0005_0000, "consistentHashSortOrder:5"),
            (0x0600_0100_0000_0005, "mac-mobility:5:sticky"),
            (0x0600_0000_0000_0005, "mac-mobility:5"),
            (0x0702_0000_0001_4001, "interface-set:input:1:1"),
            (0x4702_0000_0001_8002, "interface-set:output:1:2"),
            (0x0702_0000_0001_0002, "interface-set:0:1:2"),
            (0x0c00_0001_0000_0002, "mup:1:2"),
            (0x4004_fffe_4cee_6b28, "0x4004FFFE4CEE6B28"),
            (0x0302_fffe_0000_0064, "0x0302FFFE00000064"),
        ] {
            let mut out = Vec::new();
            push_text(u64::to_be_bytes(value), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text, "{value:#018x}");
        }
    }

    #[test]
    fn words_of_every_row_that_reads_some() {
        for (word, value) in [
            ("redirect:1300:83000", 0x8008_0514_0001_4438),
            ("l2info:1:2:13398:30864", 0x800a_0102_3456_7890),
            ("l2info:19:0:1500:111", 0x800a_1300_05dc_006f),
            ("mup:10:10", 0x0c00_000a_0000_000a),
            ("redirect-to-nexthop", 0x0800_0000_0000_0000),
            ("bandwidth:65534:125000000", 0x4004_fffe_4cee_6b28),
        ] {
            assert_eq!(parse_word(word), Ok(u64::to_be_bytes(value)), "{word}");
        }
        for wrong in [
            "redirect:65536:65536",
            "l2info:256:0:0:0",
            "l2info:1:2:3",
            "mup:65536:1",
            "redirect-to-nexthop:1:2",
            "bandwidth:1:x",
        ] {
            assert!(parse_word(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_type_and_no_keyword_is_in_two_rows() {
        let mut types: Vec<_> = TABLE.iter().flat_map(|row| row.types).collect();
        let mut words: Vec<_> = TABLE.iter().flat_map(|row| row.keywords).collect();
        let counts = (types.len(), words.len());
        types.sort_unstable();
        types.dedup();
        words.sort_unstable();
        words.dedup();
        assert_eq!((types.len(), words.len()), counts);
        assert!(types.iter().all(|(kind, _)| kind & NON_TRANSITIVE == 0));
    }
}
