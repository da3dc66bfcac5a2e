//! Replays the corpus of the fuzz target, and every truncation of it, so that what fuzzing found stays mended.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/fuzz_targets/shared/mrt.rs"]
mod target;

#[test]
fn the_corpus_is_read_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/mrt");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut count = 0;
    for file in files {
        let data = fs::read(file.unwrap().path()).unwrap();
        for end in 0..=data.len() {
            target::mrt(&data[..end]);
        }
        count += 1;
    }
    assert!(count > 0, "{folder:?} has no file");
}
