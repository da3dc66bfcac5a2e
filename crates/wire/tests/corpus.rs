//! Replays the corpus of the fuzz targets, and every truncation of it, so that what fuzzing found stays mended; and what the
//! case files make for them. With `FUZZ_SEEDS=FOLDER` the latter is written there, for the fuzzer to start from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs)]

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/fuzz_targets/shared/cases.rs"]
mod cases;
#[path = "../../../fuzz/fuzz_targets/shared/wire.rs"]
mod wire;

#[test]
fn the_corpus_is_read_without_a_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in wire::TARGETS {
        let folder = corpus.join(name);
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
}

#[test]
fn the_cases_are_read_by_the_targets() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let seeds = cases::seeds(&cases);
    for (name, target) in wire::TARGETS {
        let mut count = 0;
        for seed in seeds.iter().filter(|seed| seed.target == *name) {
            target(&seed.data);
            count += 1;
        }
        assert!(count > 0 || ["message", "open"].contains(name), "no case for {name}");
    }
    if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
        for (number, seed) in seeds.iter().enumerate() {
            let folder = Path::new(&folder).join(seed.target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("case-{number}")), &seed.data).unwrap();
        }
    }
}
