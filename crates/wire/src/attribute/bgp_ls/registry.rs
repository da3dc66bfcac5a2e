//! The TLVs of the BGP-LS attribute. Adding one is a row in the file of its subject.

use super::schema::{Schema, Tlv};
use super::{link, node, prefix, sr_policy, srv6};

/// The TLVs by subject.
pub const TABLES: &[&[Tlv]] = &[node::ROWS, link::ROWS, prefix::ROWS, srv6::ROWS, sr_policy::ROWS];

/// The schema of the attribute.
pub const ATTRIBUTE: Schema = Schema { row, rows: || TABLES };

/// One more than the highest type with a row.
const END: usize = 1253;

/// The table and the row of each type, both counted from 1.
static BY_CODE: [(u8, u8); END] = by_code();

const fn by_code() -> [(u8, u8); END] {
    let mut places = [(0, 0); END];
    let mut table = 0;
    while table < TABLES.len() {
        #[expect(clippy::indexing_slicing, reason = "a constant table filled by its own bounds")]
        {
            let rows = TABLES[table];
            let mut row = 0;
            while row < rows.len() {
                places[rows[row].code as usize] = (table as u8 + 1, row as u8 + 1);
                row += 1;
            }
        }
        table += 1;
    }
    places
}

/// The row of a type.
pub fn row(code: u16) -> Option<&'static Tlv> {
    let (table, row) = BY_CODE.get(usize::from(code))?;
    TABLES.get(usize::from(*table).checked_sub(1)?)?.get(usize::from(*row).checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_type() {
        for row in TABLES.iter().copied().flatten() {
            let found = super::row(row.code).map(|found| (found.code, found.name));
            assert_eq!(found, Some((row.code, row.name)));
            assert!(row.name != "tlv" && (super::row(row.group).is_some()));
        }
    }

    #[test]
    fn every_row_is_documented() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/grammar.md");
        let grammar = std::fs::read_to_string(path).unwrap();
        for row in TABLES.iter().copied().flatten() {
            let line = grammar.lines().find(|line| line.contains(&format!("`{}` (", row.name)));
            let line = line.unwrap_or_else(|| panic!("{} is not in grammar.md", row.name));
            assert!(line.contains(&row.code.to_string()), "{}", row.code);
        }
    }
}
