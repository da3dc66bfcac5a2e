//! `fmt`: configuration files in the usual layout.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use yottabgp_config::{Source, diagnostic, format};

use crate::{load, out};

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Change nothing: name the files that are laid out otherwise, and end with status 1 if there are any
    #[arg(short, long, conflicts_with = "write")]
    pub(crate) check: bool,
    /// Write each file back, if it changes; without it the result goes to standard output
    #[arg(short, long)]
    pub(crate) write: bool,
    /// The blanks for each level
    #[arg(short, long, value_name = "BLANKS", default_value_t = format::INDENT, value_parser = indent)]
    pub(crate) indent: usize,
    /// Configuration files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) configurations: Vec<PathBuf>,
}

fn indent(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(blanks) if blanks <= 16 => Ok(blanks),
        _ => Err("0 to 16 blanks".to_owned()),
    }
}

/// Lays out each file. Says whether all of them could be read and, with `--check`, are as they should be.
pub(crate) fn run(arguments: &FmtArgs) -> Result<bool> {
    let mut good = true;
    for path in &arguments.configurations {
        good &= match file(path, arguments) {
            Ok(good) => good,
            Err(error) if out::is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                out::warn(format!("error: {error:#}"));
                false
            }
        };
    }
    Ok(good)
}

fn file(path: &Path, arguments: &FmtArgs) -> Result<bool> {
    let (name, octets) = load::octets(path)?;
    let text = String::from_utf8(octets).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{name}: octet {at} is not UTF-8: the file is left as it is")
    })?;
    let source = Source { name, text };
    let text = match format::format(&source, arguments.indent) {
        Ok(text) => text,
        Err(errors) => {
            out::warn(diagnostic::render_all(&errors, &source, out::is_coloured()).trim_end());
            bail!("{} can not be read, and is left as it is", source.name);
        }
    };
    let same = text == source.text;
    if arguments.check {
        if !same {
            out::line(&source.name)?;
        }
        return Ok(same);
    }
    if !arguments.write {
        out::text(text)?;
    } else if path == Path::new("-") {
        bail!("standard input can not be written back");
    } else if !same {
        replace(&load::place(path), &text)?;
    }
    Ok(true)
}

/// Writes a file anew: it is the old one or the new one at any time, and has the same mode and owner.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    let named = || format!("{} can not be written", path.display());
    let path = path.canonicalize().with_context(named)?;
    let metadata = fs::metadata(&path).with_context(named)?;
    let mut temporary = path.clone().into_os_string();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = (|| {
        let mut file = fs::File::create_new(&temporary)?;
        let mode = metadata.permissions().mode();
        file.set_permissions(fs::Permissions::from_mode(mode & 0o7777))?;
        // Only root may give files away; for others the file is theirs already, or becomes theirs.
        let (user, group) = (
            std::os::unix::fs::MetadataExt::uid(&metadata),
            std::os::unix::fs::MetadataExt::gid(&metadata),
        );
        let _ = std::os::unix::fs::fchown(&file, Some(user), Some(group));
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(named)
}
