//! `decode`: messages in hexadecimal, or of a file, shown as the JSON that a helper process would get, or as commands.

mod decoder;
pub(crate) mod noted;
mod output;
pub(crate) mod parallel;
mod sessions;
mod shown;

pub(crate) use decoder::{Decoder, Lines, MOST_TEXT, View};
pub(crate) use output::Output;
pub(crate) use shown::{Sessions, Shown};

use std::io::{BufRead, IsTerminal as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use yottabgp_config::Environment;

use crate::capture::mrt::{Block, Blocks};
use crate::capture::{Format, input};

/// What `decode` is told.
#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The payload is an NLRI alone
    #[arg(short, long)]
    pub(crate) nlri: bool,
    /// The payload is an UPDATE (found out by itself)
    #[arg(short, long)]
    pub(crate) update: bool,
    /// The payload is an OPEN (found out by itself)
    #[arg(short, long)]
    pub(crate) open: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) debug: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// Decode as the neighbors of this file would: one line for each
    #[arg(short, long, value_name = "FILE")]
    pub(crate) configuration: Option<PathBuf>,
    /// The families of the session: "ipv4 unicast" …
    #[arg(short, long, value_name = "FAMILIES")]
    pub(crate) family: Option<String>,
    /// NLRI have path identifiers (ADD-PATH)
    #[arg(short = 'i', long)]
    pub(crate) path_information: bool,
    /// Unknown attributes in hexadecimal
    #[arg(short, long)]
    pub(crate) generic: bool,
    /// JSON (it always is)
    #[arg(short, long)]
    pub(crate) json: bool,
    /// Show the command that announces it
    #[arg(short = 'm', long)]
    pub(crate) command: bool,
    /// Read the messages of a packet capture (pcap, pcapng) or of an MRT file, compressed or not; `-` is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "payload")]
    pub(crate) read: Option<PathBuf>,
    /// How many threads decode an MRT file: all cores, unless told otherwise
    #[arg(short, long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Hexadecimal, with or without colons and blanks; standard input, a message a line, when absent
    #[arg(value_name = "HEX")]
    pub(crate) payload: Vec<String>,
}

/// Shows every message. Says whether all of them could be read.
pub(crate) fn run(arguments: &DecodeArgs, environment: &Environment) -> Result<bool> {
    let decoder = Decoder::new(arguments, environment)?;
    if !arguments.payload.is_empty() {
        let mut output = Output::default();
        let good = decoder.payload(&arguments.payload.join(" "), "", &mut output);
        output.write()?;
        return Ok(good);
    }
    let path = arguments.read.as_deref().unwrap_or(Path::new("-"));
    if input::is_standard_input(path) && std::io::stdin().is_terminal() {
        bail!("no payload: give hexadecimal as argument, or a message a line on standard input");
    }
    let mut input = input::open(path, &ProgressBar::hidden())?;
    show(&decoder, &mut *input, parallel::threads(arguments.threads))
}

/// Shows the messages of a capture or an MRT file, or of lines of hexadecimal digits.
fn show(decoder: &Decoder, input: &mut (dyn BufRead + Send), threads: usize) -> Result<bool> {
    match Format::of(input.fill_buf()?) {
        Some(Format::Mrt) => {
            let worker =
                || DecodesBlocks { decoder: decoder.clone(), sessions: Sessions::default() };
            parallel::read(&mut Blocks::new(input), threads, &worker)
        }
        Some(Format::Packets) => {
            let (mut sessions, mut output) = (Sessions::default(), Output::default());
            let mut shown = Shown::new(decoder, &mut sessions, &mut output).at_once();
            crate::capture::packets(input, &mut shown)?;
            let good = shown.good;
            output.write()?;
            Ok(good)
        }
        None => lines(decoder, input),
    }
}

/// Shows what each line says, when it comes.
fn lines(decoder: &Decoder, input: &mut (dyn BufRead + Send)) -> Result<bool> {
    let (mut good, mut output) = (true, Output::default());
    for (number, line) in input.split(b'\n').enumerate() {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            good &= decoder.payload(line, &format!(" (line {})", number + 1), &mut output);
            output.write()?;
        }
    }
    Ok(good)
}

/// Shows blocks of an MRT file.
struct DecodesBlocks {
    decoder: Decoder,
    sessions: Sessions,
}

impl parallel::Worker for DecodesBlocks {
    fn show(&mut self, block: &Block, output: &mut Output) -> Result<bool> {
        let mut shown = Shown::new(&self.decoder, &mut self.sessions, output);
        block.read(&mut shown)?;
        Ok(shown.good)
    }
}
