//! The case files: what one thing looks like as bytes, as text, as JSON of both versions and as a command, what is refused
//! about it, and that no cut or changed octet of it does harm.
//!
//! A file has blocks of `key: value` lines, separated by empty lines; `#` starts a comment line. The first key says what the
//! block is about:
//!
//! - `family: l2vpn evpn` and `hex:` one NLRI without path identifier;
//! - `attribute: 40` and `hex:` its value;
//! - `extended:`, `extended6:`, `community:` or `large:` the octets of one community.
//!
//! Faces: `json:` (of version 6, and of 4 unless `json4:` differs), `text:` of events, `command:` (the words of commands, or
//! `-` when only octets can say it), `also:` another spelling, `refused: WORDS => part of the error`,
//! `malformed: HEX => part of the error`, `next-hop:` an address that the JSON needs; of an attribute and of a community also
//! `json-3.4:`, `text-4:` and so on, in a layout.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod cases {
    pub(crate) mod runner;
}

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "case") {
            out.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut out = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), &mut out);
    out.sort();
    out
}

#[test]
fn every_case_holds() {
    let only = std::env::var("CASE").unwrap_or_default();
    let blocks: Vec<_> = all()
        .into_iter()
        .filter(|path| path.to_string_lossy().contains(&only))
        .flat_map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let place = move |(line, block)| (format!("{}:{line}", path.display()), block);
            cases::runner::blocks(&text).into_iter().map(place).collect::<Vec<_>>()
        })
        .collect();
    assert!(!blocks.is_empty());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some((place, block)) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let errors = cases::runner::run(block).into_iter();
            wrong.extend(errors.map(|error| format!("{place}: {error}")));
        }
        wrong
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_row_has_a_case() {
    let blocks: Vec<_> = all()
        .iter()
        .flat_map(|path| cases::runner::blocks(&fs::read_to_string(path).unwrap()))
        .map(|(_, block)| block)
        .collect();
    let missing = cases::runner::rows_without_case(&blocks);
    assert!(missing.is_empty(), "no case for {missing:?}");
}
