//! The path attributes. Adding one is a file beside this one and a line here.

use super::AttributeType;

/// Every known attribute, by ascending code.
pub const TABLE: &[&AttributeType] = &[];

/// The row of a code.
pub fn row(code: u8) -> Option<&'static AttributeType> {
    TABLE.iter().find(|row| row.code == code).copied()
}

/// The row of a keyword of configuration and commands.
pub fn keyword(word: &str) -> Option<&'static AttributeType> {
    TABLE.iter().find(|row| row.keywords.contains(&word)).copied()
}
