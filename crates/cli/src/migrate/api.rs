//! `migrate api`: lines of helpers, translated.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use anyhow::{Context as _, Result};
use yottabgp_api::migrate;

use super::{ApiArgs, backwards, bridge};
use crate::out;

/// The longest line that is translated, in octets; a longer one passes as it is.
const LONGEST_LINE: usize = 16 << 20;

/// Translates lines, or runs a helper between translations.
pub(super) fn run(arguments: &ApiArgs) -> Result<bool> {
    let (from, to) = (arguments.from.0, arguments.to.0);
    if from > to {
        return Err(backwards(&arguments.from, &arguments.to));
    }
    if !arguments.exec.is_empty() {
        let status = bridge::run(&arguments.exec, from, to, arguments.verbose)?;
        std::process::exit(status);
    }
    let translate = |line: &str| say(arguments.verbose, line, migrate::command(line, from, to));
    let stdout = io::stdout().lock();
    match &arguments.input {
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("{} can not be read", path.display()))?;
            pump(file, stdout, translate)?;
        }
        None => pump(io::stdin().lock(), stdout, translate)?,
    }
    Ok(true)
}

/// Says that a line was changed.
pub(super) fn say(verbose: bool, old: &str, new: Cow<'_, str>) -> String {
    if verbose && old != new {
        out::warn(format!("{old} -> {new}"));
    }
    new.into_owned()
}

/// Copies lines, each translated, until the end; as soon as they are there.
pub(super) fn pump(
    mut from: impl Read,
    mut to: impl Write,
    translate: impl Fn(&str) -> String,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    let (mut waiting, mut out) = (Vec::new(), Vec::new());
    // Inside of a line that is too long.
    let mut passing = false;
    let line = |octets: &[u8], out: &mut Vec<u8>| match std::str::from_utf8(octets) {
        Ok(text) => out.extend_from_slice(translate(text).as_bytes()),
        Err(_) => out.extend_from_slice(octets),
    };
    loop {
        let count = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        let read = buffer.get(..count).unwrap_or_default();
        out.clear();
        let mut rest = read;
        while let Some(at) = rest.iter().position(|octet| *octet == b'\n') {
            let (head, tail) = rest.split_at(at);
            waiting.extend_from_slice(head);
            // Its last piece may be what makes it too long.
            if passing || waiting.len() > LONGEST_LINE {
                out.append(&mut waiting);
            } else {
                line(&waiting, &mut out);
            }
            out.push(b'\n');
            waiting.clear();
            passing = false;
            rest = tail.get(1..).unwrap_or_default();
        }
        waiting.extend_from_slice(rest);
        passing |= waiting.len() > LONGEST_LINE;
        if passing {
            out.append(&mut waiting);
        }
        if count == 0 && !waiting.is_empty() {
            line(&waiting, &mut out);
        }
        to.write_all(&out)?;
        to.flush()?;
        if count == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the octets one at a time.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            self.0 = rest;
            buffer[0] = *first;
            Ok(1)
        }
    }

    #[test]
    fn lines_are_translated_whatever_their_pieces() {
        let input = b"a\n\nb\xff\nlast";
        let upper = |line: &str| line.to_uppercase();
        for slow in [true, false] {
            let mut out = Vec::new();
            if slow {
                pump(Slowly(input), &mut out, upper).unwrap();
            } else {
                pump(&input[..], &mut out, upper).unwrap();
            }
            assert_eq!(out, b"A\n\nb\xff\nLAST");
        }
        let long = "x".repeat(LONGEST_LINE + 100) + "y\nz\n";
        let mut out = Vec::new();
        pump(long.as_bytes(), &mut out, upper).unwrap();
        assert!(out.starts_with(b"xx") && out.ends_with(b"xy\nZ\n") && out.len() == long.len());
    }
}
