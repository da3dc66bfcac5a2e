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
    let differs = concat!("@", env!("CARGO_MANIFEST_DIR"), "/../../.ci/differs.txt");
    let output = Command::new(suite.join("conformance"))
        .args(["--program", env!("CARGO_BIN_EXE_yottabgp"), "--skip", differs])
        .args(
            ["decoding", "json", "encode", "parsing", "migrate"]
                .iter()
                .flat_map(|name| ["--suite", name]),
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
