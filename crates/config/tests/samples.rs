//! The configurations of ExaBGP's own suite load. They are kept beside this project, not in it: without them the test
//! says so and passes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

use std::path::{Path, PathBuf};

use yottabgp_config::loader::Program;
use yottabgp_config::{Environment, Loader, Source, diagnostic, parse};

struct Files {
    directory: String,
}

impl Loader for Files {
    fn directory(&self) -> &str {
        &self.directory
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn program(&self, path: &str) -> Program {
        // Python may not be on this machine, and is not run.
        if path.ends_with("/python3") || Path::new(path).is_file() {
            Program::Executable
        } else {
            Program::Missing
        }
    }
}

fn suite() -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/qa");
    if directory.is_dir() {
        return Some(directory);
    }
    println!("skipped: there is no {}", directory.display());
    None
}

fn load(path: &Path) -> Result<yottabgp_config::Configuration, String> {
    let text = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    let (source, _) = Source::from_bytes(name, text);
    let files = Files { directory: path.parent().unwrap().to_string_lossy().into_owned() };
    match parse(&source, &files, &Environment::default()) {
        Ok((configuration, warnings)) => {
            if !warnings.is_empty() {
                println!("{}", diagnostic::render_all(&warnings, &source, false));
            }
            Ok(configuration)
        }
        Err(errors) => Err(diagnostic::render_all(&errors, &source, false)),
    }
}

#[test]
fn every_configuration_loads() {
    let Some(suite) = suite() else { return };
    let mut failed = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(suite.join("data/conf")).unwrap() {
        let path = entry.unwrap().path();
        count += 1;
        if let Err(error) = load(&path) {
            failed.push(format!("{}:\n{error}", path.display()));
        }
    }
    assert!(count > 0);
    assert!(failed.is_empty(), "{} of {count}:\n{}", failed.len(), failed.join("\n"));
}
