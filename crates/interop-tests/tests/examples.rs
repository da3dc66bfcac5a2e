//! Plays the scenarios of `examples`: each is a lab of routers, services and failures that checks by itself what it sees.
//!
//! `cargo test -p yottabgp-interop --test examples`, as root. The program is `YOTTABGP_PROGRAM`, or what cargo built.
#![allow(clippy::print_stderr, reason = "the report of a test program")]

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The exit status of a lab that lacks something.
const SKIPPED: i32 = 77;

/// How many there are.
const LABS: usize = 9;

fn main() {
    let mut arguments = Arguments::from_args();
    // Most of it is waiting for timers, but each lab is a dozen processes.
    arguments.test_threads.get_or_insert(2);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut labs = Vec::new();
    find(&folder, &mut labs);
    labs.sort_unstable();
    let found = labs.len();
    let mut trials: Vec<Trial> = labs
        .into_iter()
        .map(|lab| {
            let place = lab.parent().and_then(|place| place.strip_prefix(&folder).ok());
            let name = place.unwrap_or(&lab).to_string_lossy().into_owned();
            Trial::ignorable_test(name.clone(), move || play(&name, &lab))
        })
        .collect();
    trials.push(Trial::test("all_are_there", move || {
        if found == LABS { Ok(()) } else { Err(Failed::from(format!("{found} labs"))) }
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

/// Adds the labs in a folder, which are files called `run`, and those in the folders of it.
fn find(folder: &Path, labs: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, labs);
        } else if entry.file_name() == "run" {
            labs.push(path);
        }
    }
}

fn play(name: &str, lab: &Path) -> Result<Completion, Failed> {
    let program = yottabgp_testkit::speaker::program()?;
    let output = Command::new(lab).env("YOTTABGP_PROGRAM", program).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => Ok(Completion::Completed),
        Some(SKIPPED) => {
            eprintln!("{name}: {}", text.trim());
            Ok(Completion::ignored_with(text.trim().to_owned()))
        }
        _ => Err(Failed::from(format!("{text}{}", String::from_utf8_lossy(&output.stderr)))),
    }
}
