//! `bench/compare` still works: a small comparison of the program with itself.
#![allow(clippy::print_stderr, reason = "a test that cannot run says so")]

use std::process::Command;

use yottabgp_testkit::{Namespace, speaker};

#[test]
fn a_small_comparison_counts_every_route() {
    if let Err(reason) = Namespace::new() {
        eprintln!("SKIPPED: {reason}");
        return;
    }
    let program = match speaker::program() {
        Ok(program) => program,
        Err(reason) => {
            eprintln!("SKIPPED: {reason}");
            return;
        }
    };
    let output = Command::new(env!("CARGO_BIN_EXE_yottabgp-bench"))
        .args(["--routes", "300", "--runs", "1", "--limit", "20", "--program"])
        .arg(&program)
        .arg("--exabgp")
        .arg(&program)
        .output()
        .unwrap();
    let (table, runs) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{runs}");
    // Four scenarios of two programs, each with all of its routes.
    assert_eq!(runs.matches(" 300 routes,").count(), 8, "{runs}");
    assert_eq!(table.matches("VmHWM").count(), 4, "{table}");
}
