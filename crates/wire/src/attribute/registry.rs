//! The path attributes. Adding one is a file beside this one and a line here.

use super::{
    AttributeType, aggregator, aigp, as_path, as4_aggregator, as4_path, atomic_aggregate, attr_set,
    bfd_discriminator, bgp_ls, cluster_list, communities, d_path, extended_communities,
    ipv6_extended_communities, large_communities, local_preference, med, mp_reach, mp_unreach,
    next_hop, only_to_customer, opaque, origin, originator_id, pe_distinguisher_labels, pmsi,
    prefix_sid, tunnel_encap,
};

/// Every known attribute, by ascending code.
pub const TABLE: &[&AttributeType] = &[
    &origin::ROW,
    &as_path::ROW,
    &next_hop::ROW,
    &med::ROW,
    &local_preference::ROW,
    &atomic_aggregate::ROW,
    &aggregator::ROW,
    &communities::ROW,
    &originator_id::ROW,
    &cluster_list::ROW,
    &mp_reach::ROW,
    &mp_unreach::ROW,
    &extended_communities::ROW,
    &as4_path::ROW,
    &as4_aggregator::ROW,
    &opaque::CONNECTOR,
    &pmsi::ROW,
    &tunnel_encap::ROW,
    &opaque::TRAFFIC_ENGINEERING,
    &ipv6_extended_communities::ROW,
    &aigp::ROW,
    &pe_distinguisher_labels::ROW,
    &bgp_ls::ROW,
    &large_communities::ROW,
    &opaque::BGPSEC_PATH,
    &opaque::COMMUNITY_CONTAINER,
    &only_to_customer::ROW,
    &d_path::ROW,
    &opaque::SFP,
    &bfd_discriminator::ROW,
    &opaque::NEXT_HOP_DEPENDENT,
    &prefix_sid::ROW,
    &opaque::BIER,
    &opaque::EDGE_METADATA,
    &attr_set::ROW,
];

/// Writes an attribute after a blank, from its value.
pub type WriteCommand = fn(&[u8], &mut Vec<u8>);

/// What is written instead of the text of events where that can not be read.
pub const COMMANDS: &[(u8, WriteCommand)] =
    &[(pmsi::ROW.code, pmsi::command), (prefix_sid::ROW.code, prefix_sid::command)];

/// The rows by code: every attribute of every UPDATE is looked up.
static BY_CODE: [Option<&AttributeType>; 256] = by_code();

const fn by_code() -> [Option<&'static AttributeType>; 256] {
    let mut rows: [Option<&'static AttributeType>; 256] = [None; 256];
    let mut index = 0;
    while index < TABLE.len() {
        #[expect(clippy::indexing_slicing, reason = "a constant table filled by its own bounds")]
        {
            rows[TABLE[index].code as usize] = Some(TABLE[index]);
        }
        index += 1;
    }
    rows
}

/// Those that are sent where a set lacks them, by ascending code: every UPDATE that is written is compared with them.
pub static DEFAULTS: [&AttributeType; COUNT_OF_DEFAULTS] = defaults();

const COUNT_OF_DEFAULTS: usize = {
    let (mut count, mut index) = (0, 0);
    #[expect(clippy::indexing_slicing, reason = "a constant table, walked by its own bounds")]
    while index < TABLE.len() {
        count += TABLE[index].default.is_some() as usize;
        index += 1;
    }
    count
};

const fn defaults() -> [&'static AttributeType; COUNT_OF_DEFAULTS] {
    let mut rows = [&origin::ROW; COUNT_OF_DEFAULTS];
    let (mut count, mut index) = (0, 0);
    #[expect(clippy::indexing_slicing, reason = "constant tables, walked by their own bounds")]
    while index < TABLE.len() {
        if TABLE[index].default.is_some() {
            rows[count] = TABLE[index];
            count += 1;
        }
        index += 1;
    }
    rows
}

/// The row of a code.
#[inline]
pub fn row(code: u8) -> Option<&'static AttributeType> {
    BY_CODE.get(usize::from(code)).copied().flatten()
}

/// Rows by what [`place`] makes of their keywords: every keyword of every line is looked up. Where several have one place, it is
/// the first one's.
static BY_KEYWORD: [Option<&AttributeType>; PLACES] = by_keyword();

const PLACES: usize = 128;

/// Where a keyword stands in [`BY_KEYWORD`].
#[inline]
const fn place(word: &[u8]) -> usize {
    match word {
        [first, .., last] => (*first as usize + *last as usize + word.len() * 5) % PLACES,
        _ => 0,
    }
}

const fn by_keyword() -> [Option<&'static AttributeType>; PLACES] {
    let mut rows: [Option<&'static AttributeType>; PLACES] = [None; PLACES];
    let mut index = 0;
    #[expect(clippy::indexing_slicing, reason = "constant tables, walked by their own bounds")]
    while index < TABLE.len() {
        let mut word = 0;
        while word < TABLE[index].keywords.len() {
            let at = place(TABLE[index].keywords[word].as_bytes());
            if rows[at].is_none() {
                rows[at] = Some(TABLE[index]);
            }
            word += 1;
        }
        index += 1;
    }
    rows
}

/// The row of a keyword of configuration and commands.
pub fn keyword(word: &str) -> Option<&'static AttributeType> {
    let has = |row: &&AttributeType| row.keywords.contains(&word);
    let first = BY_KEYWORD.get(place(word.as_bytes())).copied().flatten().filter(has);
    first.or_else(|| TABLE.iter().copied().find(has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_keywords_are_unique() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
        let mut words: Vec<&str> = TABLE.iter().flat_map(|row| row.keywords).copied().collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }

    #[test]
    fn every_keyword_is_found() {
        let words =
            || TABLE.iter().flat_map(|row| row.keywords.iter().map(move |word| (*row, *word)));
        for (row, word) in words() {
            assert_eq!(keyword(word).map(|found| found.code), Some(row.code), "{word}");
        }
        // Those of nearly all lines at once.
        for word in [
            "med",
            "as-path",
            "origin",
            "community",
            "local-preference",
            "large-community",
            "extended-community",
        ] {
            let at = BY_KEYWORD[place(word.as_bytes())];
            assert!(
                at.is_some_and(|row| row.keywords.contains(&word)),
                "{word} has to be looked for"
            );
        }
        assert!(keyword("").is_none() && keyword("x").is_none() && keyword("nonsense").is_none());
    }

    #[test]
    fn what_has_a_keyword_can_be_read() {
        for row in TABLE {
            assert_eq!(row.keywords.is_empty(), row.parse.is_none(), "{}", row.name);
        }
    }
}
