//! The extended community types. Adding one is a file beside this one and a line here.

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE};
use super::{
    bandwidth, bgp_data_collection, color, consistent_hash, cost, default_gateway, df_election,
    e_tree, encapsulation, es_import, esi_label, evi_route_target, extranet_separation,
    extranet_source, indirection_identifier, interface_set, l2_info, l2vpn_identifier,
    layer2_attributes, mac_mobility, multicast_flags, mup, origin, origin_validation,
    ospf_domain_identifier, ospf_route_type, ospf_router_identifier, pmsi_flags, qos_marking,
    redirect, redirect_to_next_hop, redirect_to_next_hop_ietf, route_target_record, router_mac,
    segmented_next_hop, service_carving, service_function_pool, source_active_rp, source_as,
    target, traffic_action, traffic_mark, traffic_rate, transport_class, vpn_distinguisher,
    vrf_recursive_next_hop, vrf_route_import,
};

/// Every known extended community.
pub const TABLE: &[&ExtendedCommunityType] = &[
    &target::ROW,
    &origin::ROW,
    &bandwidth::ROW,
    &bgp_data_collection::ROW,
    &color::ROW,
    &consistent_hash::ROW,
    &cost::ROW,
    &default_gateway::ROW,
    &df_election::ROW,
    &e_tree::ROW,
    &encapsulation::ROW,
    &es_import::ROW,
    &esi_label::ROW,
    &evi_route_target::ROW,
    &extranet_separation::ROW,
    &extranet_source::ROW,
    &indirection_identifier::ROW,
    &interface_set::ROW,
    &l2_info::ROW,
    &l2vpn_identifier::ROW,
    &layer2_attributes::ROW,
    &mac_mobility::ROW,
    &multicast_flags::ROW,
    &mup::ROW,
    &origin_validation::ROW,
    &ospf_domain_identifier::ROW,
    &ospf_route_type::ROW,
    &ospf_router_identifier::ROW,
    &pmsi_flags::ROW,
    &qos_marking::ROW,
    &redirect::ROW,
    &redirect_to_next_hop::ROW,
    &redirect_to_next_hop_ietf::ROW,
    &route_target_record::ROW,
    &router_mac::ROW,
    &segmented_next_hop::ROW,
    &service_carving::ROW,
    &service_function_pool::ROW,
    &source_active_rp::ROW,
    &source_as::ROW,
    &traffic_action::ROW,
    &traffic_mark::ROW,
    &traffic_rate::ROW,
    &transport_class::ROW,
    &vpn_distinguisher::ROW,
    &vrf_recursive_next_hop::ROW,
    &vrf_route_import::ROW,
];

/// How many types there are without [`NON_TRANSITIVE`].
const KINDS: usize = 128;

/// The type without [`NON_TRANSITIVE`], and the bit above it moved into its place.
#[inline]
const fn place(kind: u8) -> usize {
    let below = NON_TRANSITIVE - 1;
    ((kind & below) | ((kind >> 1) & !below)) as usize
}

/// By [`place`] and subtype the number of the row in [`TABLE`], from 1; 0 for none. Every community of every UPDATE is looked up.
static BY_TYPE: [[u8; 256]; KINDS] = by_type();

const fn by_type() -> [[u8; 256]; KINDS] {
    let mut rows = [[0; 256]; KINDS];
    let mut index = TABLE.len();
    #[expect(clippy::indexing_slicing, reason = "constant tables, walked by their own bounds")]
    while index > 0 {
        let mut one = 0;
        while one < TABLE[index - 1].types.len() {
            let (kind, subtype) = TABLE[index - 1].types[one];
            // From the last to the first: of two rows that have it, it is the first one's.
            rows[place(kind)][subtype as usize] = index as u8;
            one += 1;
        }
        index -= 1;
    }
    rows
}

/// The row of a community; whether it is transitive makes no difference.
#[inline]
pub fn row(community: [u8; 8]) -> Option<&'static ExtendedCommunityType> {
    let [kind, subtype, ..] = community;
    let number = *BY_TYPE.get(place(kind))?.get(usize::from(subtype))?;
    TABLE.get(usize::from(number).checked_sub(1)?).copied()
}

/// The row of a keyword.
pub fn keyword(word: &str) -> Option<&'static ExtendedCommunityType> {
    TABLE.iter().find(|row| row.keywords.contains(&word)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::community::extended::{Usual, parse, parse_word, push_exact, push_text};
    use crate::io::tokens::{Span, Tokens, split_command};
    use proptest::prelude::*;

    #[test]
    fn every_type_finds_its_row_and_no_other_type_does() {
        assert!(TABLE.len() < 256);
        for (kind, subtype) in (0..=255).flat_map(|kind| (0..=255).map(move |sub| (kind, sub))) {
            let type_of = (kind & !NON_TRANSITIVE, subtype);
            let searched: Vec<_> = TABLE
                .iter()
                .filter(|row| row.types.contains(&type_of))
                .map(|row| row.types)
                .collect();
            let found = row([kind, subtype, 0, 0, 0, 0, 0, 0]);
            // So the types of a row are its name.
            assert!(searched.len() <= 1, "{kind:02x} {subtype:02x}");
            assert_eq!(found.map(|row| row.types), searched.first().copied());
        }
    }

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
            (0x4004_fffe_4cee_6b28, "bandwidth:65534:125000000"),
            (0x0004_fffe_4cee_6b28, "transitive:bandwidth:65534:125000000"),
            (0x4004_fffe_ffc0_0000, "0x4004FFFEFFC00000"),
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

    proptest! {
        #[test]
        fn whatever_a_row_writes_is_read_back(value: [u8; 6], mask: [bool; 6], bit: bool) {
            let mut value = value;
            value.iter_mut().zip(mask).filter(|(_, zero)| *zero).for_each(|(octet, _)| *octet = 0);
            let [a, b, c, d, e, f] = value;
            for row in TABLE {
                for (kind, subtype) in row.types {
                    let kind = if bit { kind | NON_TRANSITIVE } else { *kind };
                    let community = [kind, *subtype, a, b, c, d, e, f];
                    let (mut text, mut exact) = (Vec::new(), Vec::new());
                    push_exact(community, &mut exact);
                    let exact = String::from_utf8(exact).unwrap();
                    prop_assert_eq!(read(&exact), Some(community), "{}", exact);
                    push_text(community, &mut text);
                    let text = String::from_utf8(text).unwrap();
                    if row.usual != Usual::Unsaid {
                        prop_assert_eq!(text, exact);
                    }
                }
            }
        }
    }

    fn read(text: &str) -> Option<[u8; 8]> {
        let mut words = Vec::new();
        split_command(text, &mut words);
        let mut tokens = Tokens::new(text, &words, Span::default());
        parse(&mut tokens).ok().filter(|_| tokens.is_done())
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
