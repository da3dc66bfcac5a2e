//! `diff FILE` and `run reload --check`: what a reload of the running daemon would do.
//!
//! `diff` reads the file itself, with the rights of whoever calls it and from the folder that it is called in, and sends the
//! text: the daemon compares it as if it stood in its own configuration file, beside which helper programs are looked for.
//!
//! Exit status as of `diff`(1): 0 when nothing would change, 1 when something would, 2 when it could not be told.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use yottabgp_api::answer::is_change;
use yottabgp_config::Environment;

use crate::client::{Answer, Daemon, Reach, connect};
use crate::{load, out};

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// JSON: one object a line
    #[arg(short, long)]
    pub(crate) json: bool,
    /// The name of the socket
    #[arg(long, value_name = "NAME")]
    pub(crate) pipename: Option<String>,
    /// The configuration file; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Whether `run` is asked for a check.
pub(crate) fn is_check(command: &[String]) -> bool {
    let command = command.join(" ");
    let words: Vec<&str> = command.split_whitespace().collect();
    let words = words.strip_prefix(&["daemon"]).unwrap_or(&words);
    matches!(words, ["reload", "--check" | "check", rest @ ..] if !rest.contains(&"-"))
}

/// `run reload --check`.
pub(crate) fn check(reach: &Reach, command: &[String], environment: &Environment) -> u8 {
    status(connect(reach, environment, None).and_then(|mut daemon| {
        let command = command.join(" ");
        ask(&mut daemon, command.trim(), b"")
    }))
}

/// `diff FILE`.
pub(crate) fn run(arguments: &DiffArgs, environment: &Environment) -> u8 {
    status(compare(arguments, environment))
}

fn compare(arguments: &DiffArgs, environment: &Environment) -> Result<Option<bool>> {
    let octets = read(&arguments.file)?;
    // Whoever shares a pipe could be left with half of a file.
    let reach = Reach { pipename: arguments.pipename.clone(), pipe: false, socket: true };
    let mut daemon = connect(&reach, environment, None)?;
    let name = match arguments.file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => arguments.file.display().to_string().replace(['"', '\\', '\n'], "?"),
    };
    let form = if arguments.json { "json" } else { "text" };
    ask(&mut daemon, &format!("reload --check - \"{name}\" {form}"), &stuffed(&octets))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut octets = Vec::new();
        std::io::stdin().lock().read_to_end(&mut octets).context("standard input")?;
        return Ok(octets);
    }
    let path = load::place(path);
    std::fs::read(&path).with_context(|| format!("{} can not be read", path.display()))
}

/// The lines as they are sent: those that begin with a dot have one more, and a dot ends them.
fn stuffed(octets: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(octets.len() + 3);
    for line in octets.split(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
        sent.push(b'\n');
    }
    sent.extend_from_slice(b".\n");
    sent
}

/// Prints the answer. Whether anything would change; `None` when the daemon could not tell.
fn ask(daemon: &mut Daemon, command: &str, more: &[u8]) -> Result<Option<bool>> {
    let mut change = None;
    let text = [command.as_bytes(), b"\n", more].concat();
    let answer = daemon.ask_with(command, &text, |line| {
        change = is_change(&String::from_utf8_lossy(line)).or(change);
        out::line(line)
    })?;
    if let Some(complaint) = answer.complaint(command) {
        out::warn(complaint);
    }
    Ok(change.filter(|_| answer == Answer::Done))
}

fn status(result: Result<Option<bool>>) -> u8 {
    match result {
        Ok(Some(false)) => 0,
        Ok(Some(true)) => 1,
        Ok(None) => 2,
        Err(error) => {
            out::warn(format!("error: {error:#}"));
            2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed() {
        assert_eq!(stuffed(b"a\n.b\n."), b"a\n..b\n..\n.\n");
        assert_eq!(stuffed(b""), b"\n.\n");
    }
}
