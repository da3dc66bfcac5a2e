//! Replays the corpus of the fuzz target, and every truncation of it, so that what fuzzing found stays mended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs)]

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/fuzz_targets/shared/cases.rs"]
mod cases;
#[path = "../../../fuzz/fuzz_targets/shared/config.rs"]
mod config;

#[test]
fn the_corpus_is_read_without_a_panic() {
    replay("configuration", config::configuration);
}

#[test]
fn the_corpus_is_laid_out_without_a_change() {
    replay("format", config::format);
    replay("configuration", config::format);
}

/// Gives each file of a corpus, and every truncation of it, to a target.
fn replay(corpus: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(corpus);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut count = 0;
    for file in files {
        let data = fs::read(file.unwrap().path()).unwrap();
        for end in 0..=data.len() {
            target(&data[..end]);
        }
        count += 1;
    }
    assert!(count > 0, "{folder:?} has no file");
}

#[test]
fn the_cases_are_read_by_the_target() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/cases");
    let seeds = cases::seeds(&cases);
    let mut count = 0;
    for seed in seeds.iter().filter(|seed| seed.target == "configuration") {
        config::configuration(&seed.data);
        count += 1;
    }
    assert!(count > 0);
}
