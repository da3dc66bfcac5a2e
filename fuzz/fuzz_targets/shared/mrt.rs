//! What the fuzz target of `mrt` checks. Here, so that a normal test can replay the corpus.

use yottabgp_mrt::{Content, Record};

/// A file: every record is read or refused, and the routes of a table dump become UPDATEs.
pub(crate) fn mrt(mut data: &[u8]) {
    let _ = Record::starts(data);
    while let Ok(Some((record, length))) = Record::take(data) {
        let _ = (record.count(), record.index());
        if let Ok(Content::Rib(rib)) = record.read() {
            for entry in &rib.entries {
                let mut body = Vec::new();
                let _ = rib.update(entry, &mut body);
            }
        }
        data = &data[length..];
    }
}
