//! `migrate conf`: a configuration rewritten, and proved to mean the same.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use yottabgp_config::migrate::{self, Migrated};
use yottabgp_config::{Diagnostic, Environment, Source, diagnostic};

use super::{ConfArgs, backwards};
use crate::{fmt, load, out};

/// Rewrites the file. Says whether the result loads.
pub(super) fn run(arguments: &ConfArgs, environment: &Environment) -> Result<bool> {
    let (from, to) = (arguments.from, arguments.to);
    if from.0 > to.0 {
        return Err(backwards(&from, &to));
    }
    let path = &arguments.configuration;
    let (name, octets) = load::octets(path)?;
    let (source, replaced) = Source::from_bytes(name, octets);
    if let Some(warning) = replaced {
        if arguments.inplace {
            bail!("{} is not UTF-8, and is left as it is", source.name);
        }
        out::warn(warning.render(&source, out::is_coloured()));
    }
    let result = migrate::configuration(&source, from.0, to.0, arguments.wrap_api, environment);
    let result = result.map_err(|errors| {
        out::warn(diagnostic::render_all(&errors, &source, out::is_coloured()).trim_end());
        anyhow::anyhow!("{} can not be read, and is left as it is", source.name)
    })?;
    if arguments.dry_run {
        out::text(report(&result, arguments))?;
    } else if arguments.verbose {
        out::warn(report(&result, arguments).trim_end());
    }
    for doubt in &result.doubts {
        out::warn(format!("warning: {doubt}"));
    }
    let loads = !result.diagnostics.iter().any(Diagnostic::is_error);
    let new = Source { name: format!("{} for {}", source.name, to.0.name()), text: result.text };
    if !result.diagnostics.is_empty() {
        let shown = diagnostic::render_all(&result.diagnostics, &new, out::is_coloured());
        out::warn(shown.trim_end());
    }
    if arguments.dry_run {
        return Ok(loads);
    }
    match &arguments.output {
        Some(output) => fs::write(output, &new.text)
            .with_context(|| format!("{} can not be written", output.display()))?,
        None if arguments.inplace => {
            if path == Path::new("-") {
                bail!("standard input can not be written back");
            }
            if !loads {
                bail!("the result does not load: {} is left as it is", source.name);
            }
            if new.text != source.text {
                let path = load::place(path);
                let backup = keep(&path)?;
                fmt::replace(&path, &new.text)?;
                out::warn(format!(
                    "{} is written; {} is as it was",
                    path.display(),
                    backup.display()
                ));
            }
        }
        None => out::text(&new.text)?,
    }
    if !loads {
        out::warn("error: the result does not load as it is");
    }
    Ok(loads)
}

/// What was changed.
fn report(result: &Migrated, arguments: &ConfArgs) -> String {
    let mut text = format!("Migration: {} -> {}\n", arguments.from.0.name(), arguments.to.0.name());
    if result.changes.is_empty() {
        return text + "No changes needed.\n";
    }
    text += &format!("Changes ({}):\n", result.changes.len());
    for change in &result.changes {
        text += &format!("  - {change}\n");
    }
    text
}

/// Keeps a copy of a file, for those who may read the file; nothing that is there is written over. Returns its name.
fn keep(path: &Path) -> Result<PathBuf> {
    let permissions = fs::metadata(path)?.permissions();
    let octets = fs::read(path)?;
    let mut number = 1;
    loop {
        let backup = backup(path, number);
        let named = || format!("{} can not be written", backup.display());
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&backup) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error).with_context(named),
            Ok(mut file) => {
                file.write_all(&octets).and_then(|()| file.sync_all()).with_context(named)?;
                file.set_permissions(permissions).with_context(named)?;
                return Ok(backup);
            }
        }
    }
}

/// The name of the copy that is kept; those of one second have numbers.
fn backup(path: &Path, number: u32) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    let now = yottabgp_os::local_time::LocalTime::at(std::time::SystemTime::now());
    name.push(format!(
        ".{:04}{:02}{:02}-{:02}{:02}{:02}",
        now.year,
        now.month + 1,
        now.day,
        now.hour,
        now.minute,
        now.second
    ));
    if number > 1 {
        name.push(format!("-{number}"));
    }
    name.push(".bak");
    name.into()
}
