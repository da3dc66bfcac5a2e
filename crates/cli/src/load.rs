//! Configuration files, read and parsed.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use yottabgp_config::{Configuration, Diagnostic, Environment, Places, Source};
use yottabgp_daemon::Machine;
use yottabgp_os::privilege::Identity;

pub(crate) use crate::root::place;

/// The largest configuration that is read, in octets: what never ends, as /dev/zero, is not read until memory does.
const LARGEST: u64 = 1 << 30;

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
    let (name, octets, machine) = read(path)?;
    let (source, replaced) = Source::from_bytes(name, octets);
    let (configuration, mut diagnostics) =
        match yottabgp_config::parse(&source, &machine, environment) {
            Ok((configuration, warnings)) => (Some(configuration), warnings),
            Err(diagnostics) => (None, diagnostics),
        };
    diagnostics.extend(replaced);
    Ok(Loaded { source, configuration, diagnostics })
}

/// What `parse_with_places` says.
pub(crate) type Parsed = Result<(Configuration, Places, Vec<Diagnostic>), Vec<Diagnostic>>;

/// Reads a file as [`file`] does, and also says where the parts are. Programs are looked at as the user that will run
/// them; `None` for this one.
pub(crate) fn prove(
    path: &Path,
    environment: &Environment,
    user: Option<Identity>,
) -> Result<(Source, Parsed, Option<Diagnostic>)> {
    let (name, octets, machine) = read(path)?;
    let machine = machine.proving(user);
    let (source, replaced) = Source::from_bytes(name, octets);
    let parsed = yottabgp_config::parse_with_places(&source, &machine, environment);
    Ok((source, parsed, replaced))
}

/// The name and the octets of a file, and what its words mean on this machine.
fn read(path: &Path) -> Result<(String, Vec<u8>, Machine)> {
    let (name, octets) = octets(path)?;
    if path == Path::new("-") {
        return Ok((name, octets, Machine::for_file(path)));
    }
    // As the daemon does it: relative programs are beside the file itself, not beside a link to it.
    let path = place(path);
    let real = path.canonicalize().unwrap_or(path);
    Ok((name, octets, Machine::for_file(&real)))
}

/// The name and the octets of a file, or of standard input for `-`.
pub(crate) fn octets(path: &Path) -> Result<(String, Vec<u8>)> {
    if path == Path::new("-") {
        let mut stdin = std::io::stdin().lock();
        if stdin.is_terminal() {
            bail!("- is standard input, and nothing is piped into it");
        }
        let mut octets = Vec::new();
        (&mut stdin).take(LARGEST + 1).read_to_end(&mut octets).context("standard input")?;
        if octets.len() as u64 > LARGEST {
            bail!("standard input has more than {} MiB: that is no configuration", LARGEST >> 20);
        }
        return Ok(("standard input".to_owned(), octets));
    }
    let path = place(path);
    let name = path.display().to_string();
    let read = || {
        let mut octets = Vec::new();
        std::fs::File::open(&path)?.take(LARGEST + 1).read_to_end(&mut octets)?;
        Ok(octets)
    };
    let octets = read().map_err(|error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            anyhow::anyhow!("{name} is not an exabgp config file (file not found)")
        }
        _ => anyhow::Error::new(error).context(format!("{name} can not be read")),
    })?;
    if octets.len() as u64 > LARGEST {
        bail!("{name} has more than {} MiB: that is no configuration", LARGEST >> 20);
    }
    Ok((name, octets))
}
