//! What the fuzz target of `mrt` checks. Here, so that a normal test can replay the corpus.

use yottabgp_mrt::{Content, Precision, Record, Unwritable};

/// A file: every record is read or refused, the routes of a table dump become UPDATEs, and what was read and is written again
/// is read as the same.
pub(crate) fn mrt(mut data: &[u8]) {
    let _ = Record::starts(data);
    while let Ok(Some((record, length))) = Record::take(data) {
        let _ = (record.count(), record.index());
        if let Ok(content) = record.read() {
            if let Content::Rib(rib) = &content {
                for entry in &rib.entries {
                    let mut body = Vec::new();
                    let _ = rib.update(entry, &mut body);
                }
            }
            write(record.seconds, &content);
        }
        data = &data[length..];
    }
}

fn write(seconds: u32, content: &Content<'_>) {
    let mut out = Vec::new();
    let written = match content {
        Content::Message(message) => message.push(seconds, Precision::Microseconds, &mut out),
        Content::StateChange(change) => change.push(seconds, Precision::Microseconds, &mut out),
        Content::PeerIndexTable(table) => table.push(seconds, &mut out),
        Content::Rib(rib) => rib.push(seconds, 0, &mut out),
        Content::Other => return,
    };
    match written {
        Ok(()) => {}
        // Of TABLE_DUMP, which is not written.
        Err(Unwritable::OldEntry | Unwritable::Nlri(_)) => {
            assert!(out.is_empty());
            return;
        }
        Err(error) => panic!("{error}: {content:?}"),
    }
    let Ok(Some((record, length))) = Record::take(&out) else { panic!("no record: {out:?}") };
    assert_eq!((record.seconds, length), (seconds, out.len()));
    assert_eq!(record.read().as_ref(), Ok(content));
}
