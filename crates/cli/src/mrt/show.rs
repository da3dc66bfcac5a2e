//! `mrt show`: what files have, line by line.

use std::io::{IsTerminal as _, stdin, stdout};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use yottabgp_config::Environment;

use super::bgpdump::OneLine;
use super::filter::{Filter, FilterArgs, Filtered};
use super::progress;
use super::text::Text;
use crate::capture::mrt::{Block, Blocks};
use crate::capture::{Format, input};
use crate::decode::parallel::{self, Worker};
use crate::decode::{Decoder, Output, Sessions, Shown, View};

/// What `mrt show` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Files may be compressed by gzip, bzip2 or zstd. What can not be read is said with its octet, and what follows it is shown as \
    far as it can be found; the exit status is 1 then."
)]
pub(crate) struct ShowArgs {
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Lines for people: a route each, in the words of commands
    #[arg(long, group = "form")]
    text: bool,
    /// The commands that send the routes, for a helper or `yottabgp run`
    #[arg(long, group = "form")]
    commands: bool,
    /// The lines of `bgpdump -m`
    #[arg(long, group = "form")]
    bgpdump: bool,
    /// Unknown attributes in hexadecimal
    #[arg(long, conflicts_with = "form")]
    generic: bool,
    /// Without a progress bar
    #[arg(short, long)]
    quiet: bool,
    /// How many threads decode: all cores, unless told otherwise
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    filter: FilterArgs,
}

/// Shows every file. Says whether everything could be read.
pub(crate) fn run(arguments: &ShowArgs, environment: &Environment) -> Result<bool> {
    let filter = arguments.filter.filter()?;
    let view = match arguments {
        ShowArgs { text: true, .. } => View::Lines(&Text),
        ShowArgs { bgpdump: true, .. } => View::Lines(&OneLine),
        ShowArgs { commands: true, .. } => View::Commands,
        _ => View::Events,
    };
    let decoder = Decoder::of(view, environment, arguments.generic).telling_way();
    let bar = progress::bar(arguments.quiet, stdout().is_terminal());
    let several = arguments.files.len() > 1;
    let threads = parallel::threads(arguments.threads);
    let mut good = true;
    for path in &arguments.files {
        let name = path.display().to_string();
        bar.set_message(name.clone());
        bar.set_position(0);
        let place = if several { name.as_str() } else { "" };
        let worker = || Show::new(&decoder, &filter);
        let shown = file(path, &bar, place, |blocks| parallel::read(blocks, threads, &worker));
        match shown {
            Ok(shown) => good &= shown,
            Err(error) if several && !crate::out::is_broken_pipe(&error) => {
                crate::out::warn(format!("error: {error:#}"));
                good = false;
            }
            Err(error) => {
                bar.finish_and_clear();
                return Err(error);
            }
        }
    }
    bar.finish_and_clear();
    Ok(good)
}

/// Opens an MRT file, compressed or not, and gives its blocks to `read`. `place` is what is said of the file where something in it is
/// wrong.
pub(super) fn file<T>(
    path: &Path,
    bar: &ProgressBar,
    place: &str,
    read: impl FnOnce(&mut Blocks<'_>) -> Result<T>,
) -> Result<T> {
    if input::is_standard_input(path) && stdin().is_terminal() {
        bail!("standard input is a terminal: give the name of an MRT file");
    }
    let mut input = input::open(path, bar)?;
    let name = || format!("{} can not be read", path.display());
    let head = input.fill_buf().with_context(name)?;
    match Format::of(head) {
        Some(Format::Mrt) => {}
        Some(Format::Packets) => {
            let name = path.display();
            bail!("{name} is a packet capture: `yottabgp decode --read {name}` shows it");
        }
        None if head.is_empty() => {}
        None => bail!("{} is not an MRT file: it does not begin with a record", path.display()),
    }
    read(&mut Blocks::new(&mut *input).of_all(place))
}

/// Shows what is wanted of blocks.
struct Show<'s> {
    decoder: Decoder,
    filter: &'s Filter,
    sessions: Sessions,
    body: Vec<u8>,
}

impl<'s> Show<'s> {
    fn new(decoder: &Decoder, filter: &'s Filter) -> Self {
        let sessions = Sessions::default();
        Self { decoder: decoder.clone(), filter, sessions, body: Vec::new() }
    }
}

impl Worker for Show<'_> {
    fn show(&mut self, block: &Block, output: &mut Output) -> Result<bool> {
        let mut shown = Shown::new(&self.decoder, &mut self.sessions, output);
        block.read(&mut Filtered::new(self.filter, &mut shown, &mut self.body))?;
        Ok(shown.good)
    }
}
