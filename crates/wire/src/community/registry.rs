//! The extended community types. Adding one is a file beside this one and a line here.

use super::extended::ExtendedCommunityType;
use super::{origin, target};

/// Every known extended community.
pub const TABLE: &[&ExtendedCommunityType] = &[&target::ROW, &origin::ROW];

/// The row of a community; whether it is transitive makes no difference.
pub fn row(community: [u8; 8]) -> Option<&'static ExtendedCommunityType> {
    let [kind, subtype, ..] = community;
    let kind = kind & !super::extended::NON_TRANSITIVE;
    TABLE.iter().find(|row| row.types.contains(&(kind, subtype))).copied()
}

/// The row of a keyword.
pub fn keyword(word: &str) -> Option<&'static ExtendedCommunityType> {
    TABLE.iter().find(|row| row.keywords.contains(&word)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(
            types.iter().all(|(kind, _)| kind & crate::community::extended::NON_TRANSITIVE == 0)
        );
    }
}
