//! Configuration files, read and parsed.

use std::io::{IsTerminal as _, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use nix::unistd::{AccessFlags, access};
use yottabgp_config::{Configuration, Diagnostic, Environment, Loader, Program, Source};

use crate::root;

/// A file and what it says.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The text.
    pub(crate) source: Source,
    /// What it means; without one there is an error among the diagnostics.
    pub(crate) configuration: Option<Configuration>,
    /// Warnings and errors.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads a file, or standard input for `-`. Fails only when there is nothing to parse.
pub(crate) fn file(path: &Path, environment: &Environment) -> Result<Loaded> {
    let (name, octets, directory) = read(path)?;
    let (source, replaced) = Source::from_bytes(name, octets);
    let machine = Machine { directory };
    let (configuration, mut diagnostics) =
        match yottabgp_config::parse(&source, &machine, environment) {
            Ok((configuration, warnings)) => (Some(configuration), warnings),
            Err(diagnostics) => (None, diagnostics),
        };
    diagnostics.extend(replaced);
    Ok(Loaded { source, configuration, diagnostics })
}

/// The name, the octets and the folder of a file.
fn read(path: &Path) -> Result<(String, Vec<u8>, String)> {
    if path == Path::new("-") {
        let mut stdin = std::io::stdin().lock();
        if stdin.is_terminal() {
            bail!("- is standard input, and nothing is piped into it");
        }
        let mut octets = Vec::new();
        stdin.read_to_end(&mut octets).context("standard input")?;
        return Ok(("standard input".to_owned(), octets, String::new()));
    }
    let path = place(path);
    let name = path.display().to_string();
    let octets = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            anyhow::anyhow!("{name} is not an exabgp config file (file not found)")
        }
        _ => anyhow::Error::new(error).context(format!("{name} can not be read")),
    })?;
    // As the daemon does it: relative programs are beside the file itself, not beside a link to it.
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    let directory = real.parent().unwrap_or(Path::new("")).display().to_string();
    Ok((name, octets, directory))
}

/// `etc/exabgp/FILE` is below the root of the installation unless it is here.
fn place(path: &Path) -> PathBuf {
    if path.starts_with("etc/exabgp") && !path.exists() {
        return root::folder().join(path);
    }
    path.to_owned()
}

/// The machine that a configuration asks about.
#[derive(Debug)]
struct Machine {
    /// The folder of the file.
    directory: String,
}

impl Loader for Machine {
    fn directory(&self) -> &str {
        &self.directory
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn program(&self, path: &str) -> Program {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Program::Missing,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                return Program::Missing;
            }
            Err(error) => return Program::Unreadable(error.to_string()),
        };
        let kind = metadata.file_type();
        let mode = metadata.mode();
        if kind.is_dir() {
            Program::Directory
        } else if !kind.is_file() {
            Program::NotAFile
        } else if mode & 0o4000 != 0 {
            Program::SetUserId
        } else if mode & 0o2000 != 0 {
            Program::SetGroupId
        } else if access(path, AccessFlags::X_OK).is_err() {
            Program::NotExecutable
        } else {
            Program::Executable
        }
    }
}
