//! ExaBGP's own test data, as far as it needs no daemon: decoding, encoding, configuration files.
//!
//! The suite is kept beside the repository; without it nothing is tested here, and it says so.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail"
)]

use std::path::Path;
use std::process::Command;

#[test]
fn exabgp_suite_without_sessions() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/qa");
    if !suite.join("conformance").exists() {
        println!("SKIPPED: {} is not there", suite.display());
        return;
    }
    // The families of this version: the list grows with them.
    let list = std::fs::read_to_string(suite.join("stage-unicast.txt")).unwrap();
    let suites = ["decoding/", "json/", "encode/", "parsing/"];
    let wanted: Vec<&str> =
        list.lines().filter(|name| suites.iter().any(|suite| name.starts_with(suite))).collect();
    assert!(wanted.len() > 200, "{} names", wanted.len());
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("names");
    std::fs::write(&names, wanted.join("\n")).unwrap();
    let output = Command::new(suite.join("conformance"))
        .args(["--program", env!("CARGO_BIN_EXE_yottabgp"), "--only"])
        .arg(format!("@{}", names.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
