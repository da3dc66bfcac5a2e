//! The invariants of ARCHITECTURE.md that a text search can check.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file below a folder.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                rust_files(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn sources(krate: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("crates").join(krate).join("src"), &mut files);
    assert!(!files.is_empty(), "crate {krate} has no source: was it renamed?");
    // Tests may measure and print.
    files.retain(|path| !path.ends_with("tests.rs"));
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The lines of a file that are neither comments nor in its tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Every place in these crates that has one of these words.
fn found(crates: &[&str], words: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for krate in crates {
        for (path, text) in sources(krate) {
            for (number, line) in code(&text) {
                for word in words {
                    if line.contains(word) {
                        places.push(format!("{}:{}: {word}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    places
}

const PURE: &[&str] = &["wire", "session", "rib", "config", "api", "health", "bmp", "mrt"];

#[test]
fn protocol_code_does_no_io_and_reads_no_clock() {
    let words = [
        "tokio",
        "Instant::now",
        "SystemTime::now",
        "std::fs",
        "File::open",
        "TcpStream",
        "UdpSocket",
        "UnixStream",
        "std::process",
        "std::env::var",
        "std::thread",
        "println!",
        "eprintln!",
    ];
    assert_eq!(found(PURE, &words), Vec::<String>::new());
}

#[test]
fn the_runtime_is_in_one_crate_and_the_unsafe_in_another() {
    let mut others = PURE.to_vec();
    others.push("os");
    assert_eq!(found(&others, &["tokio::"]), Vec::<String>::new());
    others.pop();
    others.extend(["daemon", "cli", "bench"]);
    assert_eq!(found(&others, &["unsafe "]), Vec::<String>::new());
}

#[test]
fn only_wire_knows_the_types_one_by_one() {
    let others = ["session", "rib", "config", "api", "os", "daemon", "bench", "cli"];
    let wire = root().join("crates/wire/src");
    let mut words = Vec::new();
    for folder in ["nlri", "attribute", "community"] {
        for entry in fs::read_dir(wire.join(folder)).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
            // What all types of a folder share is for everybody.
            if !["mod", "registry", "set", "render", "opaque", "tests"].contains(&&*name) {
                words.push(format!("{folder}::{name}"));
            }
        }
    }
    assert!(words.len() > 20, "{words:?}");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(found(&others, &words), Vec::<String>::new());
}

#[test]
fn every_module_says_what_it_is() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    let silent: Vec<_> = files
        .into_iter()
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            !text.lines().find(|line| !line.starts_with("#!")).unwrap_or("").starts_with("//!")
        })
        .collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}

#[test]
fn dependencies_run_one_way() {
    let allowed: &[(&str, &[&str])] = &[
        ("wire", &[]),
        ("session", &["wire"]),
        ("rib", &["wire"]),
        ("health", &["wire"]),
        ("bmp", &["wire"]),
        ("mrt", &["wire"]),
        ("config", &["wire", "session", "rib", "health"]),
        ("api", &["wire", "session", "rib"]),
        ("os", &[]),
        ("bench", &["wire"]),
        ("daemon", &["wire", "session", "rib", "config", "api", "health", "bmp", "mrt", "os"]),
    ];
    for (krate, allowed) in allowed {
        let manifest = root().join("crates").join(krate).join("Cargo.toml");
        let text = fs::read_to_string(manifest).unwrap();
        let normal = text.split("[dev-dependencies]").next().unwrap();
        for line in normal.lines() {
            if let Some(name) = line.strip_prefix("yottabgp-") {
                let name = name.split(['.', ' ', '=']).next().unwrap();
                assert!(allowed.contains(&name), "{krate} must not depend on {name}");
            }
        }
    }
}

#[test]
fn no_file_names_the_machine_it_was_written_on() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    for path in files {
        if path.ends_with("tidy.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in ["/root/", "/Users/"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}
