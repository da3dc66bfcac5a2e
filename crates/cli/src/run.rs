//! `run`: a command for a running daemon, or several.
//!
//! The exit status is true: 0 when every command was done, 1 when one was refused, was not answered, or found no daemon.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use yottabgp_api::command::expand_shortcuts;
use yottabgp_config::Environment;

use crate::client::{Daemon, Reach, connect};
use crate::out;

/// What `run` is told.
#[derive(Default, Debug, Args)]
#[command(
    after_help = "Exit status: 0 when every command was done, 1 when one was refused or not answered, 2 when the \
    command line is wrong. Words may be shortened: 's n s' is 'show neighbor summary'."
)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Send the commands of a file, one a line; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "command")]
    pub(crate) batch: Option<PathBuf>,
    /// Accepted for ExaBGP's sake
    #[arg(long, hide = true)]
    pub(crate) no_color: bool,
    /// The command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Sends the command, or the commands of a file. Says whether all of them were done.
pub(crate) fn run(arguments: &RunArgs, environment: &Environment) -> Result<bool> {
    let mut daemon = connect(&arguments.reach, environment, None)?;
    if let Some(path) = &arguments.batch {
        return batch(path, &mut daemon);
    }
    let written = in_lines(&arguments.command);
    let mut commands: Vec<&str> =
        written.lines().map(str::trim).filter(|command| !command.is_empty()).collect();
    if commands.is_empty() {
        out::warn("no command given, sending \"help\"");
        commands.push("help");
    }
    let mut good = true;
    for command in commands {
        good &= one(command, &mut daemon)?;
    }
    Ok(good)
}

/// The words of one command; or a line for each of them, where every one is a command as a whole: `run 'announce …' 'withdraw …'`.
fn in_lines(words: &[String]) -> String {
    let each = words.len() > 1 && words.iter().all(|word| word.trim().contains(' '));
    words.join(if each { "\n" } else { " " })
}

/// Sends one command, its shortcuts written out, and prints its answer.
pub(crate) fn one(command: &str, daemon: &mut Daemon) -> Result<bool> {
    ask(&written_out(command)?, daemon, b"")
}

/// The same as `exabgpcli`, which was ExaBGP 4's: who reads its tables of routes word by word finds `neighbor` before the
/// peer. Which release they look like is as well chosen with `exabgp.api.json`.
pub(crate) fn one_of_exabgpcli(command: &str, daemon: &mut Daemon) -> Result<bool> {
    let command = written_out(command)?;
    let routes = command.starts_with("show adj-rib");
    ask(&command, daemon, if routes { b"neighbor " } else { b"" })
}

/// Writes shortcuts out, and says so if there are any.
fn written_out(command: &str) -> Result<String> {
    let expanded = expand_shortcuts(command);
    if expanded.split_whitespace().ne(command.split_whitespace()) {
        out::line(format!("command: {expanded}"))?;
    }
    Ok(expanded)
}

/// Sends a command and prints its answer; lines that begin with an IP address have `before_address` before it.
fn ask(command: &str, daemon: &mut Daemon, before_address: &[u8]) -> Result<bool> {
    let answer = daemon.ask(command, |line| {
        if before_address.is_empty() || !begins_with_address(line) {
            return out::line(line);
        }
        out::line([before_address, line].concat())
    })?;
    let complaint = answer.complaint(command);
    if let Some(complaint) = &complaint {
        out::warn(complaint);
    }
    Ok(complaint.is_none())
}

fn begins_with_address(line: &[u8]) -> bool {
    let word = line.split(|octet| *octet == b' ').next().and_then(|word| str::from_utf8(word).ok());
    word.is_some_and(|word| word.parse::<IpAddr>().is_ok())
}

/// Sends each line of a file, but blank ones and comments.
fn batch(path: &Path, daemon: &mut Daemon) -> Result<bool> {
    let name = path.display();
    let lines: Box<dyn io::BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).with_context(|| format!("{name}"))?))
    };
    out::line(format!("Executing commands from {name}..."))?;
    let (mut commands, mut errors) = (0, 0);
    for (number, line) in lines.lines().enumerate() {
        let line = line.with_context(|| format!("{name}:{}", number + 1))?;
        let command = line.trim();
        if command.is_empty() || command.starts_with('#') {
            continue;
        }
        let expanded = expand_shortcuts(command);
        out::line(format!("[{}] {expanded}", number + 1))?;
        commands += 1;
        errors += u32::from(!ask(&expanded, daemon, b"")?);
    }
    out::line(format!("Batch execution complete: {commands} commands, {errors} errors"))?;
    Ok(errors == 0)
}
